/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine under test: the module that asks for TDX, the emulated TDX
 * module, and what Linux says of memory and CPUs.
 *
 * Functions that return int return 0 or a negative errno; those that return
 * long return a number, which is negative if there was none to be had.
 */
#ifndef _TDX_HOST_MACHINE_H
#define _TDX_HOST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* Leaves that tests count, or have answered wrongly */
#define TDH_SYS_KEY_CONFIG	31
#define TDH_SYS_INIT		33
#define TDH_SYS_RD		34
#define TDH_SYS_LP_INIT		35
#define TDH_SYS_TDMR_INIT	36
#define TDH_SYS_CONFIG		45

/* Any file of the kernel's */
int write_file(const char *path, const char *text);

/* The test module, see test_modules/main.c */
bool asker_present(void);
int asker_load(void);
int asker_unload(void);
int ask(void);
long ask_freezable(void);
int ask_in_parallel(unsigned int threads);
int parallel_results(int *asked, int *succeeded);
int asker_subscribe(void);
int asker_cancel(void);
long asker_completions(void);
long asker_completions_reach(long wanted);
long asker_result(void);
bool status_is(const char *word);
bool status_becomes(const char *word);

/* Its request, see test_modules/request.c */
enum in_callback {
	DO_NOTHING,
	ASK_AGAIN,
	CANCEL_MYSELF,
	WAIT_FOR_MYSELF,
};

int asker_load_asking(void);
int ask_async(void);
int ask_async_uninitialised(void);
int wait_for_request(unsigned int ms);
int cancel_request(void);
int do_in_callback(enum in_callback what);
long request_told(void);
long request_told_reaches(long wanted);
long request_told_result(void);
long request_inside_result(void);
long metadata_max_tdmrs(void);

/* How long calls take, see test_modules/latency.c */
struct latency {
	long median_ns;
	long most_ns;
};

int time_requests(unsigned int nr, struct latency *latency);
int time_floor(unsigned int nr, struct latency *latency);

/* Its threads, see test_modules/mixed.c */
int ask_mixed(unsigned int threads);
long mixed_requests(void);

/* The emulated TDX module */
bool emulator_present(void);
bool emulator_can_reset(void);
int emulator_reset(void);
int emulator_inject(unsigned int leaf, unsigned long long status,
		    unsigned int skip, unsigned int count);
int emulator_inject_nothing(void);
int emulator_dilate(unsigned int factor);
long calls_of(unsigned int leaf);
long calls_in_all(void);
long audit_reports(char *rule, size_t size);

/* Its leaves, as many as were called */
struct leaf {
	unsigned int nr;
	char name[32];
	long calls;
};

int leaves_called(struct leaf *leaves, size_t room);

/* The kernel's fault injection: SEAMCALLs answered by it, not by the module */
bool faults_present(void);
int fail_seamcalls(unsigned int leaf, unsigned long long status,
		   unsigned int skip, int times);
int fail_no_seamcalls(void);

/* /sys/kernel/tdx, what operators see */
#define SHOWN	"/sys/kernel/tdx"

bool shown(void);
int shown_enable(const char *text);
bool shown_status_is(const char *word);
int shown_pair(const char *path, unsigned long long *first,
	       unsigned long long *second);
int shown_error(char *line, size_t size);
int shown_wait(int timeout_ms);

/* Linux */
bool tdx_host_present(void);
int tdx_host_load(void);
int tdx_host_unload(void);
long online_cpus(void);
long packages(void);
long spare_cpu(void);
int cpu_set_online(long cpu, bool online);
long gib_with_memory(void);
long free_pages(void);
void shrink_slabs(void);
long quarantined_pages(void);

#endif /* _TDX_HOST_MACHINE_H */
