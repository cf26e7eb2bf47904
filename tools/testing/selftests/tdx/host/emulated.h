/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Setup, teardown and checks for all tests on the emulated TDX module.  Include
 * kselftest_harness.h first.
 */
#ifndef _TDX_HOST_EMULATED_H
#define _TDX_HOST_EMULATED_H

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"

#define CALLS_PER_GIB	256

/* Seconds; a guest with a terabyte and without acceleration needs that long. */
#define TIMEOUT		300

/* Dilation: step 7 takes seconds for each GiB. */
#define SLOW		1000

/* More calls than any bounded retry makes */
#define ALWAYS		1000000

/* Statuses that many tests inject */
#define SYS_BUSY	0x8000020200000000
#define OPERAND_INVALID	0xC000010000000001

/* Return the reason why tests with the test module cannot run; NULL if they can. */
static inline const char *missing_test_module(void)
{
	if (geteuid())
		return "not root";
	if (test_read("callbacks") < 0 && test_module_load(""))
		return "no module tdx_test for this kernel";
	if (test_read("callbacks") < 0)
		return "no debugfs at /sys/kernel/debug";

	return NULL;
}

/* The same for tests on the emulated TDX module. */
static inline const char *missing_emulator(void)
{
	if (geteuid())
		return "not root";
	if (!emulator_present())
		return "no emulated TDX module: CONFIG_TDX_EMULATOR=y, tdx_emulator=on";

	return NULL;
}

/* Setup: return the emulated TDX module to its state after boot. */
static inline void reset_emulator(struct __test_metadata *_metadata)
{
	const char *missing = missing_emulator();
	int ret;

	if (missing)
		SKIP(return, "%s", missing);
	ret = emulator_reset();
	if (ret == -EOPNOTSUPP)
		SKIP(return, "no reset of the module: CONFIG_TDX_BRINGUP_KUNIT_TEST=y");
	ASSERT_EQ(0, ret);
}

/* Setup: do the same, and load the test module. */
static inline void set_up(struct __test_metadata *_metadata)
{
	const char *missing;

	reset_emulator(_metadata);
	if (_metadata->exit_code)
		return;

	missing = missing_test_module();
	if (missing)
		SKIP(return, "%s", missing);
	ASSERT_TRUE(status_is("unknown"));
	ASSERT_EQ(0, all_calls());
	ASSERT_EQ(0, request_callbacks());
}

/* Teardown after reset_emulator() */
static inline void tidy_emulator(struct __test_metadata *_metadata)
{
	EXPECT_STREQ("", audit_report());
	EXPECT_EQ(0, emulator_dilate(1));
	EXPECT_EQ(0, emulator_reset());
}

/* Teardown after set_up() */
static inline void tear_down(struct __test_metadata *_metadata)
{
	tidy_emulator(_metadata);
	EXPECT_EQ(0, test_module_unload());
}

/* Check that the module was initialized once, for any number of requests. */
static inline void expect_one_initialization(struct __test_metadata *_metadata)
{
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(1, calls_of(TDH_SYS_INIT));
	EXPECT_EQ(online_cpus(), calls_of(TDH_SYS_LP_INIT));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
	EXPECT_EQ(packages(), calls_of(TDH_SYS_KEY_CONFIG));
	EXPECT_EQ(gib_with_memory() * CALLS_PER_GIB, calls_of(TDH_SYS_TDMR_INIT));
}

/* Return in step 7, and make the rest of that step last for many seconds. */
static inline void start_slowly(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, test_call("async"));
	EXPECT_FALSE(status_is("unknown"));
	while (calls_of(TDH_SYS_TDMR_INIT) < 8)
		usleep(1000);
	ASSERT_EQ(0, emulator_dilate(10 * SLOW));
	ASSERT_TRUE(status_is("initializing"));
}

/* Make the rest of the initialization fast. */
static inline void hurry(struct __test_metadata *_metadata)
{
	EXPECT_TRUE(status_is("initializing"));
	ASSERT_EQ(0, emulator_dilate(1));
}

/* Kill a child that waits for TDX. */
static inline void kill_waiter(struct __test_metadata *_metadata, pid_t pid)
{
	ASSERT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, exit_status(pid));
	EXPECT_TRUE(status_is("initializing"));
}

#endif /* _TDX_HOST_EMULATED_H */
