/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine under test: the test module, the emulated TDX module, and what Linux
 * reports about memory and CPUs.
 *
 * Functions that return int return 0 or a negative errno.  Functions that return long
 * return a number, or a negative one if it could not be read.
 */
#ifndef _TDX_HOST_MACHINE_H
#define _TDX_HOST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>

/* Leaves that tests count, or inject a status into */
#define TDH_SYS_KEY_CONFIG	31
#define TDH_SYS_INIT		33
#define TDH_SYS_RD		34
#define TDH_SYS_LP_INIT		35
#define TDH_SYS_TDMR_INIT	36
#define TDH_SYS_CONFIG		45

/* Any file in /sys or /proc */
int write_file(const char *path, const char *text);

/* The test module, see test_modules/tdx_test.c */
bool test_module_present(void);
int test_module_load(void);
int test_module_load_with_request(void);
int test_module_unload(void);
int enable_tdx(void);
long enable_freezable(void);
bool status_is(const char *word);
bool status_becomes(const char *word);

/* Its request */
int request_async(void);
int request_async_copy(void);
int request_subscribe(void);
int request_wait(void);
int request_cancel(void);
long request_callbacks(void);
long request_callbacks_reach(long wanted);
long request_result(void);
long metadata_max_tdmrs(void);

/* The duration of its calls */
struct latency {
	long median_ns;
	long max_ns;
};

int time_requests(unsigned int nr, struct latency *latency);
int time_queue_work(unsigned int nr, struct latency *latency);

/* Its threads */
int request_mixed(unsigned int threads);

/* The emulated TDX module */
bool emulator_present(void);
int emulator_reset(void);
int emulator_inject(unsigned int leaf, unsigned long long status,
		    unsigned int skip, unsigned int count);
int emulator_inject_nothing(void);
int emulator_dilate(unsigned int factor);
long calls_of(unsigned int leaf);
long all_calls(void);
long audit_reports(char *rule, size_t size);

/* A leaf, and its number of calls */
struct leaf {
	unsigned int nr;
	char name[32];
	long calls;
};

int leaves_called(struct leaf *leaves, size_t room);

/* The kernel's fault injection, which answers SEAMCALLs in place of the module */
bool faults_present(void);
int fail_seamcalls(unsigned int leaf, unsigned long long status,
		   unsigned int skip, int times);
int fail_no_seamcalls(void);

/* /sys/kernel/tdx */
#define SYSFS	"/sys/kernel/tdx"

bool sysfs_present(void);
int sysfs_enable(const char *text);
bool sysfs_status_is(const char *word);
int sysfs_progress(unsigned long long *done, unsigned long long *total);
int sysfs_error(char *line, size_t size);
int sysfs_wait(int timeout_ms);

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
