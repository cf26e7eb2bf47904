// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdx_enable_async(), tdx_enable_wait() and tdx_enable_cancel(): they return at once,
 * each request gets one result, and a callback runs once.
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on the
 * kernel command line.  The module in test_modules makes the requests.  Like KVM, it
 * can make one when it is loaded (async=1), can wait for each TD, and cancels its
 * request when it is unloaded.  Each test resets the emulated TDX module.  Nothing else
 * may request TDX meanwhile.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define LONG		100
#define CALLS		1000
#define THREADS		1000
#define RELOADS		20
#define STARTS		15

FIXTURE(async) {
};

FIXTURE_SETUP(async)
{
	set_up(_metadata);
}

FIXTURE_TEARDOWN(async)
{
	tear_down(_metadata);
}

TEST_F_TIMEOUT(async, comes_up_in_the_background, TIMEOUT)
{
	ASSERT_EQ(0, test_call("async"));
	EXPECT_EQ(1, request_callbacks_reach(1));
	EXPECT_EQ(0, test_read("result"));
	expect_one_initialization(_metadata);
}

TEST_F_TIMEOUT(async, wait_returns_the_result, TIMEOUT)
{
	EXPECT_EQ(-ECANCELED, test_call("wait"));

	start_slowly(_metadata);
	EXPECT_EQ(0, request_callbacks());
	hurry(_metadata);
	EXPECT_EQ(0, test_call("wait"));
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(1, request_callbacks());

	/* The request keeps its result. */
	EXPECT_EQ(0, test_call("wait"));
	EXPECT_EQ(1, request_callbacks());
}

TEST_F_TIMEOUT(async, bad_requests_are_rejected, TIMEOUT)
{
	EXPECT_EQ(-EINVAL, test_call("async_copy"));
	EXPECT_EQ(0, all_calls());
	EXPECT_TRUE(status_is("unknown"));

	start_slowly(_metadata);
	EXPECT_EQ(-EBUSY, test_call("async"));
	hurry(_metadata);
	EXPECT_EQ(0, test_call("wait"));
	EXPECT_EQ(1, request_callbacks());
}

/* Metadata is known after step 1. */
TEST_F_TIMEOUT(async, metadata_is_early, TIMEOUT)
{
	long max_tdmrs;

	EXPECT_GT(0, test_read("metadata"));
	start_slowly(_metadata);
	max_tdmrs = test_read("metadata");
	EXPECT_LT(0, max_tdmrs);
	hurry(_metadata);
	EXPECT_EQ(0, test_call("wait"));
	EXPECT_EQ(max_tdmrs, test_read("metadata"));
}

TEST_F_TIMEOUT(async, metadata_is_read_once, TIMEOUT)
{
	long max_tdmrs, reads;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_CONFIG, OPERAND_INVALID, 0, 1));
	ASSERT_EQ(0, test_call("async"));
	EXPECT_EQ(-EIO, test_call("wait"));
	EXPECT_TRUE(status_is("unknown"));
	max_tdmrs = test_read("metadata");
	EXPECT_LT(0, max_tdmrs);

	reads = calls_of(TDH_SYS_RD);
	ASSERT_EQ(0, test_call("async"));
	EXPECT_EQ(0, test_call("wait"));
	EXPECT_EQ(max_tdmrs, test_read("metadata"));
	EXPECT_EQ(reads, calls_of(TDH_SYS_RD));
}

TEST_F_TIMEOUT(async, a_final_error_is_returned_again, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_TDMR_INIT, OPERAND_INVALID, 8, 1));
	ASSERT_EQ(0, emulator_inject(TDH_SYS_DISABLE, OPERAND_INVALID, 0, 1));
	ASSERT_EQ(0, test_call("async"));
	EXPECT_EQ(-EIO, test_call("wait"));
	EXPECT_TRUE(status_is("error"));
	EXPECT_GT(0, test_read("metadata"));

	calls = all_calls();
	ASSERT_EQ(0, test_call("async"));
	EXPECT_EQ(-EIO, test_call("wait"));
	EXPECT_EQ(2, request_callbacks());
	EXPECT_EQ(-EIO, test_call("subscribe"));
	EXPECT_EQ(-EIO, test_call("probe"));
	EXPECT_EQ(-EIO, test_call("get"));
	EXPECT_EQ(calls, all_calls());
}

/* The only request is cancelled after TDH.SYS.CONFIG. */
TEST_F_TIMEOUT(async, goes_on_without_requests, TIMEOUT)
{
	start_slowly(_metadata);
	EXPECT_EQ(0, test_call("cancel"));
	EXPECT_EQ(-ECANCELED, test_call("wait"));
	hurry(_metadata);

	EXPECT_TRUE(status_becomes("initialized"));
	EXPECT_EQ(0, request_callbacks());
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(async, a_request_is_used_again, TIMEOUT)
{
	int i;

	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, test_call("async"));
		EXPECT_EQ(0, test_call("wait"));
		EXPECT_EQ(i, request_callbacks());
	}
	expect_one_initialization(_metadata);

	/* Cancelling a completed request keeps its result. */
	EXPECT_EQ(0, test_call("cancel"));
	EXPECT_EQ(0, test_call("cancel"));
	EXPECT_EQ(0, test_call("wait"));
}

TEST_F_TIMEOUT(async, a_waiter_is_killed, TIMEOUT)
{
	pid_t pid;

	start_slowly(_metadata);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(!!test_call("wait"));

	usleep(200 * 1000);
	kill_waiter(_metadata, pid);

	/* The request stays in use. */
	EXPECT_EQ(-EBUSY, test_call("async"));
	hurry(_metadata);
	EXPECT_EQ(0, test_call("wait"));
	EXPECT_EQ(1, request_callbacks());
}

/* A probe during an initialization waits for step 1 alone. */
TEST_F_TIMEOUT(async, a_probe_joins_step_1, TIMEOUT)
{
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, test_call("async"));
	EXPECT_EQ(0, test_call("probe"));
	EXPECT_LT(0, test_read("metadata"));
	EXPECT_EQ(0, calls_of(TDH_SYS_CONFIG));
	hurry(_metadata);
	EXPECT_EQ(0, test_call("wait"));
}

/* Like KVM, whose module is loaded and unloaded, and which waits for each TD. */

TEST_F_TIMEOUT(async, a_module_makes_a_request_when_loaded, TIMEOUT)
{
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, test_module_unload());
	ASSERT_EQ(0, test_module_load("async=1"));
	hurry(_metadata);

	EXPECT_EQ(0, enable_tdx());
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(async, only_a_module_tries_again, TIMEOUT)
{
	ASSERT_EQ(0, emulator_inject(TDH_SYS_CONFIG, OPERAND_INVALID, 0, 1));
	ASSERT_EQ(0, test_module_unload());
	ASSERT_EQ(0, test_module_load("async=1"));
	EXPECT_EQ(-EIO, test_call("wait"));

	/* The creation of a TD gets the last result. */
	EXPECT_EQ(-EIO, enable_tdx());
	EXPECT_EQ(-EIO, test_call("get"));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));

	ASSERT_EQ(0, test_module_unload());
	ASSERT_EQ(0, test_module_load("async=1"));
	EXPECT_EQ(0, test_call("wait"));
	EXPECT_EQ(2, calls_of(TDH_SYS_CONFIG));
	EXPECT_EQ(0, enable_tdx());
}

/* The probe makes the calls of step 1, and the initialization does not repeat them. */
TEST_F_TIMEOUT(async, a_probe_is_step_1, TIMEOUT)
{
	long reads;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_INIT, 0x8000FF00FFFF0000, 0, 1));
	EXPECT_EQ(-ENODEV, test_call("probe"));
	EXPECT_TRUE(sysfs_error_is("TDH.SYS.INIT: TDX_SEAMCALL_VMFAILINVALID", -ENODEV));
	EXPECT_EQ(-ENODEV, enable_tdx());
	EXPECT_EQ(1, all_calls());

	EXPECT_EQ(0, test_call("probe"));
	EXPECT_LT(0, test_read("metadata"));
	EXPECT_TRUE(status_is("unknown"));
	EXPECT_EQ(1, calls_of(TDH_SYS_LP_INIT));
	reads = calls_of(TDH_SYS_RD);
	EXPECT_EQ(0, try_tdx());
	EXPECT_EQ(0, test_call("probe"));
	EXPECT_EQ(reads, calls_of(TDH_SYS_RD));
}

TEST_F_TIMEOUT(async, a_module_is_unloaded_meanwhile, TIMEOUT)
{
	start_slowly(_metadata);
	ASSERT_EQ(0, test_module_unload());
	ASSERT_EQ(0, test_module_load(""));
	hurry(_metadata);
	EXPECT_TRUE(status_becomes("initialized"));
	EXPECT_EQ(0, request_callbacks());
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(async, a_module_is_reloaded_many_times, TIMEOUT)
{
	int i;

	for (i = 0; i < RELOADS; i++) {
		ASSERT_EQ(0, test_module_unload());
		ASSERT_EQ(0, test_module_load("async=1"));
	}
	EXPECT_EQ(0, enable_tdx());
	expect_one_initialization(_metadata);
}

struct latency {
	long median_ns;
	long max_ns;
};

static void measure(struct __test_metadata *_metadata, const char *what,
		    unsigned int calls, struct latency *latency)
{
	ASSERT_EQ(0, test_write(what, calls));
	latency->median_ns = test_read("median_ns");
	latency->max_ns = test_read("max_ns");
}

/* The call takes about as long as queue_work(), so it waits for nothing. */
static void expect_fast(struct __test_metadata *_metadata, const char *when)
{
	struct latency request, work;

	measure(_metadata, "latency", CALLS, &request);
	measure(_metadata, "latency_floor", CALLS, &work);
	EXPECT_GT(10 * work.median_ns, request.median_ns);
	TH_LOG("tdx_enable_async() %s, %d calls: median %ld ns, maximum %ld ns",
	       when, CALLS, request.median_ns, request.max_ns);
	TH_LOG("queue_work(), %d calls: median %ld ns, maximum %ld ns",
	       CALLS, work.median_ns, work.max_ns);
}

TEST_F_TIMEOUT(async, returns_at_once, TIMEOUT)
{
	start_slowly(_metadata);
	expect_fast(_metadata, "while TDX comes up");
	hurry(_metadata);
	EXPECT_EQ(0, test_call("wait"));
	expect_fast(_metadata, "with TDX up");
}

static int compare_latency(const void *a, const void *b)
{
	const struct latency *x = a, *y = b;

	return x->median_ns < y->median_ns ? -1 : x->median_ns > y->median_ns;
}

/*
 * A call that starts an initialization wakes a worker, perhaps on another CPU.  In a
 * virtual machine that takes long while the real CPUs are busy.  So the fastest call
 * counts, and it is compared with the fastest initialization; the time of queue_work()
 * is printed for comparison.
 */
TEST_F_TIMEOUT(async, the_first_call_returns_at_once, TIMEOUT)
{
	struct latency first[STARTS], work[STARTS];
	long since, took, fastest = LONG_MAX;
	int i;

	ASSERT_EQ(0, emulator_dilate(LONG));
	for (i = 0; i < STARTS; i++) {
		ASSERT_EQ(0, emulator_reset());
		measure(_metadata, "latency_floor", 1, &work[i]);
		measure(_metadata, "latency", 1, &first[i]);
		EXPECT_FALSE(status_is("unknown"));
		since = now_ns();
		ASSERT_EQ(0, enable_tdx());
		took = now_ns() - since;
		if (took < fastest)
			fastest = took;
	}
	qsort(first, STARTS, sizeof(first[0]), compare_latency);
	qsort(work, STARTS, sizeof(work[0]), compare_latency);
	EXPECT_GT(fastest / 100, first[0].median_ns);
	TH_LOG("tdx_enable_async() that starts, %d calls: minimum %ld ns, median %ld ns",
	       STARTS, first[0].median_ns, first[STARTS / 2].median_ns);
	TH_LOG("queue_work(), %d calls: minimum %ld ns, median %ld ns",
	       STARTS, work[0].median_ns, work[STARTS / 2].median_ns);
}

TEST_F_TIMEOUT(async, threads_make_requests_of_all_kinds, TIMEOUT)
{
	EXPECT_EQ(0, test_write("mixed", THREADS));
	expect_one_initialization(_metadata);
}

TEST_HARNESS_MAIN
