// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does asking for TDX return at once, and is everybody told what he must be
 * told, once?
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on
 * the kernel command line.  What asks is the module in test_modules: as KVM
 * does, it asks when it is loaded (with ask=1), waits for each TD, and withdraws
 * its request when it is unloaded.  The emulated TDX module is reset after each
 * test.  Nobody else should ask for TDX meanwhile.
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define FOR_EVER	0x7fffffff	/* ms, 24 days */
#define SLOW		1000
#define LONG		100
#define CALLS		1000
#define THREADS		1000
#define RELOADS		20
#define STARTS		15

/* Statuses of TDH.SYS.CONFIG and TDH.SYS.TDMR.INIT */
#define OPERAND_INVALID	0xC000010000000001

FIXTURE(async) {
	long told;
};

FIXTURE_SETUP(async)
{
	start_afresh(_metadata);
	self->told = request_told();
}

FIXTURE_TEARDOWN(async)
{
	end_clean(_metadata);
}

/* Until the module is busy with TDMRs, and then so that it stays so. */
static void start_slowly(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, ask_async());
	EXPECT_FALSE(status_is("unknown"));
	while (calls_of(TDH_SYS_TDMR_INIT) < 8)
		usleep(1000);
	ASSERT_EQ(0, emulator_dilate(10 * SLOW));
	ASSERT_TRUE(status_is("initializing"));
}

/* What is in flight, or will be, need not take as long any more. */
static void hurry(struct __test_metadata *_metadata)
{
	EXPECT_TRUE(status_is("initializing"));
	ASSERT_EQ(0, emulator_dilate(1));
}

TEST_F_TIMEOUT(async, comes_up_in_the_background, TIMEOUT)
{
	ASSERT_EQ(0, ask_async());
	EXPECT_EQ(self->told + 1, request_told_reaches(self->told + 1));
	EXPECT_EQ(0, request_told_result());
	expect_one_initialisation(_metadata);
}

TEST_F_TIMEOUT(async, wait_has_the_result, TIMEOUT)
{
	start_slowly(_metadata);
	hurry(_metadata);
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(self->told + 1, request_told());

	/* And has it still. */
	EXPECT_EQ(0, wait_for_request(0));
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(self->told + 1, request_told());
}

TEST_F_TIMEOUT(async, wait_times_out, TIMEOUT)
{
	EXPECT_EQ(-ECANCELED, wait_for_request(FOR_EVER));

	start_slowly(_metadata);
	EXPECT_EQ(-ETIMEDOUT, wait_for_request(0));
	EXPECT_EQ(-ETIMEDOUT, wait_for_request(50));
	EXPECT_EQ(self->told, request_told());
	hurry(_metadata);
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(self->told + 1, request_told());
}

TEST_F_TIMEOUT(async, bad_requests_are_refused, TIMEOUT)
{
	EXPECT_EQ(-EINVAL, ask_async_uninitialised());
	EXPECT_EQ(0, calls_in_all());
	EXPECT_TRUE(status_is("unknown"));

	start_slowly(_metadata);
	EXPECT_EQ(-EBUSY, ask_async());
	hurry(_metadata);
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(self->told + 1, request_told());
}

/* The module was asked what it can do long before it is ready. */
TEST_F_TIMEOUT(async, metadata_is_early, TIMEOUT)
{
	long max_tdmrs;

	EXPECT_GT(0, metadata_max_tdmrs());
	start_slowly(_metadata);
	max_tdmrs = metadata_max_tdmrs();
	EXPECT_LT(0, max_tdmrs);
	hurry(_metadata);
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(max_tdmrs, metadata_max_tdmrs());
}

TEST_F_TIMEOUT(async, metadata_outlives_what_may_be_repeated, TIMEOUT)
{
	long max_tdmrs, reads;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_CONFIG, OPERAND_INVALID, 0, 1));
	ASSERT_EQ(0, ask_async());
	EXPECT_EQ(-EINVAL, wait_for_request(FOR_EVER));
	EXPECT_TRUE(status_is("unknown"));
	max_tdmrs = metadata_max_tdmrs();
	EXPECT_LT(0, max_tdmrs);

	/* And is not read again. */
	reads = calls_of(TDH_SYS_RD);
	ASSERT_EQ(0, ask_async());
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(max_tdmrs, metadata_max_tdmrs());
	EXPECT_EQ(reads, calls_of(TDH_SYS_RD));
}

TEST_F_TIMEOUT(async, a_final_error_is_told_at_once, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_TDMR_INIT, OPERAND_INVALID, 8, 1));
	ASSERT_EQ(0, ask_async());
	EXPECT_EQ(-EINVAL, wait_for_request(FOR_EVER));
	EXPECT_TRUE(status_is("error"));
	EXPECT_GT(0, metadata_max_tdmrs());

	calls = calls_in_all();
	ASSERT_EQ(0, ask_async());
	EXPECT_EQ(-EINVAL, wait_for_request(FOR_EVER));
	EXPECT_EQ(self->told + 2, request_told());
	EXPECT_EQ(calls, calls_in_all());
}

/* All who asked have left, and the module knows its TDMRs already. */
TEST_F_TIMEOUT(async, goes_on_alone, TIMEOUT)
{
	start_slowly(_metadata);
	EXPECT_EQ(0, cancel_request());
	EXPECT_EQ(-ECANCELED, wait_for_request(FOR_EVER));
	hurry(_metadata);

	EXPECT_TRUE(status_becomes("initialized"));
	EXPECT_EQ(self->told, request_told());
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(async, a_request_is_used_again, TIMEOUT)
{
	int i;

	for (i = 1; i <= 3; i++) {
		ASSERT_EQ(0, ask_async());
		EXPECT_EQ(0, wait_for_request(FOR_EVER));
		EXPECT_EQ(self->told + i, request_told());
	}
	expect_one_initialisation(_metadata);

	/* What is over can be cancelled, and keeps its result. */
	EXPECT_EQ(0, cancel_request());
	EXPECT_EQ(0, cancel_request());
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
}

TEST_F_TIMEOUT(async, a_callback_asks_again, TIMEOUT)
{
	ASSERT_EQ(0, emulator_inject(TDH_SYS_CONFIG, OPERAND_INVALID, 0, 1));
	ASSERT_EQ(0, do_in_callback(ASK_AGAIN));
	ASSERT_EQ(0, ask_async());
	EXPECT_EQ(self->told + 2, request_told_reaches(self->told + 2));
	EXPECT_EQ(0, request_told_result());
	EXPECT_EQ(2, calls_of(TDH_SYS_CONFIG));
	EXPECT_TRUE(status_is("initialized"));
}

TEST_F_TIMEOUT(async, a_callback_cancels_itself, TIMEOUT)
{
	ASSERT_EQ(0, do_in_callback(CANCEL_MYSELF));
	ASSERT_EQ(0, ask_async());
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(self->told + 1, request_told());
	expect_one_initialisation(_metadata);
}

TEST_F_TIMEOUT(async, a_callback_waits_for_itself, TIMEOUT)
{
	ASSERT_EQ(0, do_in_callback(WAIT_FOR_MYSELF));
	ASSERT_EQ(0, ask_async());
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(-EDEADLK, request_inside_result());
}

TEST_F_TIMEOUT(async, a_waiter_is_killed, TIMEOUT)
{
	int status;
	pid_t pid;

	start_slowly(_metadata);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(wait_for_request(FOR_EVER) ? EXIT_FAILURE : EXIT_SUCCESS);

	usleep(200 * 1000);
	ASSERT_EQ(0, waitpid(pid, &status, WNOHANG));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));

	/* The request is as it was. */
	EXPECT_EQ(-EBUSY, ask_async());
	hurry(_metadata);
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(self->told + 1, request_told());
}

/* As KVM: its module comes and goes, and each TD waits. */

TEST_F_TIMEOUT(async, a_module_asks_when_loaded, TIMEOUT)
{
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, asker_unload());
	ASSERT_EQ(0, asker_load_asking());
	hurry(_metadata);

	EXPECT_EQ(0, ask());
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(async, a_td_tries_again, TIMEOUT)
{
	ASSERT_EQ(0, emulator_inject(TDH_SYS_CONFIG, OPERAND_INVALID, 0, 2));
	ASSERT_EQ(0, asker_unload());
	ASSERT_EQ(0, asker_load_asking());
	EXPECT_EQ(-EINVAL, wait_for_request(FOR_EVER));

	EXPECT_EQ(-EINVAL, ask());
	EXPECT_EQ(0, ask());
	EXPECT_EQ(3, calls_of(TDH_SYS_CONFIG));
	EXPECT_TRUE(status_is("initialized"));
}

TEST_F_TIMEOUT(async, a_module_is_unloaded_in_flight, TIMEOUT)
{
	start_slowly(_metadata);
	ASSERT_EQ(0, asker_unload());
	ASSERT_EQ(0, asker_load());
	hurry(_metadata);
	EXPECT_TRUE(status_becomes("initialized"));
	EXPECT_EQ(0, request_told());
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(async, a_module_is_reloaded_all_the_time, TIMEOUT)
{
	int i;

	for (i = 0; i < RELOADS; i++) {
		ASSERT_EQ(0, asker_unload());
		ASSERT_EQ(0, asker_load_asking());
	}
	EXPECT_EQ(0, ask());
	expect_one_initialisation(_metadata);
}

/* Hardly longer than to have a worker do nothing, which waits for nothing. */
static void expect_fast(struct __test_metadata *_metadata, const char *when)
{
	struct latency latency, floor;

	ASSERT_EQ(0, time_requests(CALLS, &latency));
	ASSERT_EQ(0, time_floor(CALLS, &floor));
	EXPECT_GT(10 * floor.median_ns, latency.median_ns);
	TH_LOG("tdx_enable_async() %s, %d calls: median %ld ns, most %ld ns",
	       when, CALLS, latency.median_ns, latency.most_ns);
	TH_LOG("queue_work() of nothing, %d calls: median %ld ns, most %ld ns",
	       CALLS, floor.median_ns, floor.most_ns);
}

TEST_F_TIMEOUT(async, returns_at_once, TIMEOUT)
{
	start_slowly(_metadata);
	expect_fast(_metadata, "while TDX comes up");
	hurry(_metadata);
	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	expect_fast(_metadata, "with TDX up");
}

static int compare(const void *a, const void *b)
{
	const struct latency *x = a, *y = b;

	return x->median_ns < y->median_ns ? -1 : x->median_ns > y->median_ns;
}

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000000000L + now.tv_nsec;
}

/*
 * The call that starts it all wakes a worker, on another CPU perhaps.  Where the
 * CPUs are emulated by few, that takes as long as one of these is busy: so the
 * fastest call tells, and what queue_work() alone takes is told beside it.  It is
 * measured by what it does not wait for, made long enough for that.
 */
TEST_F_TIMEOUT(async, the_first_call_returns_at_once, TIMEOUT)
{
	struct latency first[STARTS], floor[STARTS];
	long since, took, least = LONG_MAX;
	int i;

	ASSERT_EQ(0, emulator_dilate(LONG));
	for (i = 0; i < STARTS; i++) {
		ASSERT_EQ(0, emulator_reset());
		ASSERT_EQ(0, time_floor(1, &floor[i]));
		ASSERT_EQ(0, time_requests(1, &first[i]));
		EXPECT_FALSE(status_is("unknown"));
		since = now_ns();
		ASSERT_EQ(0, ask());
		took = now_ns() - since;
		if (took < least)
			least = took;
	}
	qsort(first, STARTS, sizeof(first[0]), compare);
	qsort(floor, STARTS, sizeof(floor[0]), compare);
	EXPECT_GT(least / 100, first[0].median_ns);
	TH_LOG("tdx_enable_async() that starts, %d calls: least %ld ns, median %ld ns",
	       STARTS, first[0].median_ns, first[STARTS / 2].median_ns);
	TH_LOG("queue_work() of nothing, %d calls: least %ld ns, median %ld ns",
	       STARTS, floor[0].median_ns, floor[STARTS / 2].median_ns);
}

TEST_F_TIMEOUT(async, asked_in_all_ways, TIMEOUT)
{
	long before = mixed_requests();

	EXPECT_EQ(0, ask_mixed(THREADS));
	EXPECT_EQ(before + 10 * THREADS, mixed_requests());
	expect_one_initialisation(_metadata);
}

TEST_HARNESS_MAIN
