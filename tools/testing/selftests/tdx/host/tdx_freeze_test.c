// SPDX-License-Identifier: GPL-2.0-only
/*
 * A bring-up pauses in any step while the system is frozen.  Tasks that wait for it
 * are frozen, too.
 *
 * The test begins suspend-to-idle at random points of bring-ups that last for seconds.
 * It freezes all tasks for a second and goes no further.
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on the
 * kernel command line.  Nothing else may request TDX meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define EVENTS		TRACING "/events"
#define PM_TEST		"/sys/power/pm_test"
#define PM_TEST_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define PM_STATE	"/sys/power/state"

#define ROUNDS		12

/* A round, from its trace: @lanes and @events are those of the frozen system. */
struct freeze {
	char phase[32];
	int times;
	int lanes;
	int events;
};

FIXTURE(freezer) {
	long before_us;
	long in_all_us;
};

static int watch(const char *on)
{
	return write_file(EVENTS "/tdx_bringup/enable", on) ?:
	       write_file(EVENTS "/lanework/enable", on) ?:
	       write_file(EVENTS "/power/suspend_resume/enable", on);
}

FIXTURE_SETUP(freezer)
{
	if (!geteuid() && access(PM_TEST, F_OK))
		SKIP(return, "no " PM_TEST ": CONFIG_SUSPEND=y, CONFIG_PM_DEBUG=y");
	if (!geteuid() && access(EVENTS "/power/suspend_resume", F_OK))
		SKIP(return, "no " EVENTS "/power: CONFIG_FTRACE=y, tracefs");

	set_up(_metadata);
	if (_metadata->exit_code)
		return;

	ASSERT_EQ(0, watch("1"));
	ASSERT_EQ(0, write_file(PM_TEST, "freezer"));
	ASSERT_EQ(0, write_file(PM_TEST_DELAY, "1"));
}

FIXTURE_TEARDOWN(freezer)
{
	EXPECT_EQ(0, write_file(PM_TEST, "none"));
	EXPECT_EQ(0, write_file(PM_TEST_DELAY, "5"));
	EXPECT_EQ(0, watch("0"));
	EXPECT_EQ(0, write_file(TRACING "/trace", "\n"));
	tear_down(_metadata);
}

/* Measure the time until step 7, and of the whole bring-up. */
static void take_times(struct __test_metadata *_metadata, long *before_us,
		       long *in_all_us)
{
	long start = now_ns();

	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, test_call("async"));
	while (!calls_of(TDH_SYS_TDMR_INIT))
		usleep(1000);
	*before_us = (now_ns() - start) / 1000;
	ASSERT_EQ(0, test_call("wait"));
	*in_all_us = (now_ns() - start) / 1000;
}

/* Step 6 takes most of the time before step 7, so choose a third of the points before it. */
static long random_point(long before_us, long in_all_us, int round)
{
	switch (round % 3) {
	case 0:
		return random() % (before_us / 8);
	case 1:
		return random() % before_us;
	default:
		return before_us + random() % (in_all_us - before_us);
	}
}

/*
 * No lane runs, and no lane or phase begins or ends, between the end of freezing and
 * thawing.  The worker may start a job meanwhile, whose lanes wait.
 */
static void read_event(const char *line, struct freeze *freeze, bool *frozen,
		       int *running)
{
	const char *phase = strstr(line, ": tdx_phase_begin: phase=");

	if (strstr(line, ": suspend_resume: freeze_processes[0] end")) {
		*frozen = true;
		freeze->times++;
		freeze->lanes += *running;
	} else if (strstr(line, ": suspend_resume: thaw_processes[0] begin")) {
		*frozen = false;
	} else if (*frozen && (strstr(line, ": tdx_") || strstr(line, ": lanework_lane_"))) {
		freeze->events++;
	}

	if (phase && !freeze->times)
		sscanf(strchr(phase, '='), "=%31s", freeze->phase);
	*running += !!strstr(line, ": lanework_lane_start");
	*running -= !!strstr(line, ": lanework_lane_stop");
}

static void read_trace(struct freeze *freeze)
{
	FILE *file = fopen(TRACING "/trace", "r");
	bool frozen = false;
	int running = 0;
	char line[512];

	memset(freeze, 0, sizeof(*freeze));
	while (file && fgets(line, sizeof(line), file)) {
		if (line[0] != '#')
			read_event(line, freeze, &frozen, &running);
	}
	if (file)
		fclose(file);
}

/* Return true if the system was frozen before TDX was up. */
static bool freeze_at(struct __test_metadata *_metadata, long us)
{
	long callbacks = request_callbacks();
	struct freeze freeze;
	bool in_time;
	pid_t pid;

	ASSERT_EQ(0, emulator_reset());
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, write_file(TRACING "/trace", "\n"));

	ASSERT_EQ(0, test_call("async"));
	pid = fork();
	ASSERT_LE(0, pid);
	/* This reader waits in tdx_enable() without a lock held. */
	if (!pid)
		_exit(!!test_read("ready"));
	usleep(us);
	in_time = status_is("initializing");
	ASSERT_EQ(0, write_file(PM_STATE, "freeze"));
	ASSERT_EQ(0, emulator_dilate(1));

	EXPECT_EQ(0, test_call("wait"));
	EXPECT_EQ(callbacks + 1, request_callbacks_reach(callbacks + 1));
	EXPECT_EQ(0, test_read("result"));
	EXPECT_EQ(0, exit_status(pid));
	expect_one_initialization(_metadata);

	read_trace(&freeze);
	EXPECT_EQ(1, freeze.times);
	EXPECT_EQ(0, freeze.lanes);
	EXPECT_EQ(0, freeze.events);
	TH_LOG("frozen after %ld ms: %s", us / 1000, in_time ? freeze.phase : "too late");

	return in_time;
}

TEST_F_TIMEOUT(freezer, at_random_points, TIMEOUT)
{
	unsigned int seed = time(NULL);
	int round, in_time = 0;

	srandom(seed);
	take_times(_metadata, &self->before_us, &self->in_all_us);
	TH_LOG("seed %u; step 7 after %ld of %ld ms", seed,
	       self->before_us / 1000, self->in_all_us / 1000);

	for (round = 0; round < ROUNDS; round++)
		in_time += freeze_at(_metadata, random_point(self->before_us,
							     self->in_all_us,
							     round));
	EXPECT_LE(ROUNDS / 2, in_time);
}

TEST_HARNESS_MAIN
