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
#include <sys/types.h>

/* Leaves that tests count, or inject a status into */
#define TDH_SYS_KEY_CONFIG	31
#define TDH_SYS_INIT		33
#define TDH_SYS_RD		34
#define TDH_SYS_LP_INIT		35
#define TDH_SYS_TDMR_INIT	36
#define TDH_SYS_CONFIG		45
#define TDH_SYS_DISABLE		69

#define SYSFS		"/sys/kernel/tdx"
#define TRACING		"/sys/kernel/tracing"

/* Any file in /sys or /proc */
int write_file(const char *path, const char *text);
const char *read_line(const char *path);

/* The test module, see test_modules/tdx_test.c */
int test_module_load(const char *options);
int test_module_unload(void);
int test_write(const char *file, unsigned int number);
int test_call(const char *file);
long test_read(const char *file);
int enable_tdx(void);
int try_tdx(void);
long request_callbacks(void);
long request_callbacks_reach(long wanted);

/* The emulated TDX module */
bool emulator_present(void);
int emulator_reset(void);
int emulator_inject(unsigned int leaf, unsigned long long status,
		    unsigned int skip, unsigned int count);
int emulator_inject_nothing(void);
int emulator_dilate(unsigned int factor);
long calls_of(unsigned int leaf);
long all_calls(void);
const char *audit_report(void);

#define MAX_LEAVES	64

/* A leaf, and its number of calls */
struct leaf {
	unsigned int nr;
	char name[32];
	long calls;
};

int leaves_called(struct leaf leaves[MAX_LEAVES]);

/* The kernel's fault injection, which answers SEAMCALLs in place of the module */
bool faults_present(void);
int fail_seamcalls(unsigned int leaf, unsigned long long status,
		   unsigned int skip, unsigned int times);
int fail_no_seamcalls(void);

/* /sys/kernel/tdx */
int sysfs_enable(const char *text);
bool status_is(const char *word);
bool status_becomes(const char *word);
const char *sysfs_error(void);
bool sysfs_error_is(const char *words, int error);

/* Linux */
long now_ns(void);
int exit_status(pid_t pid);
long online_cpus(void);
long packages(void);
long spare_cpu(void);
int cpu_set_online(long cpu, bool online);
long gib_with_memory(void);
long free_pages(void);
void shrink_slabs(void);

#endif /* _TDX_HOST_MACHINE_H */
