// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a bring-up pause while the system is frozen, wherever it is then, and do
 * those who wait for it neither see that nor hinder it?
 *
 * The system is taken as far towards suspend-to-idle as to freeze all tasks, a
 * second long, at random points of bring-ups that last a few.
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on
 * the kernel command line.  Nobody else should ask for TDX meanwhile.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define TRACING		"/sys/kernel/tracing"
#define EVENTS		TRACING "/events"
#define PM_TEST		"/sys/power/pm_test"
#define PM_TEST_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define PM_STATE	"/sys/power/state"

#define SLOW		1000
#define ROUNDS		12
#define FOR_EVER	0x7fffffff	/* ms, 24 days */

/* What the trace tells of a round. */
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

static int clear_trace(void)
{
	int fd = open(TRACING "/trace", O_WRONLY | O_TRUNC);

	return fd < 0 ? fd : close(fd);
}

FIXTURE_SETUP(freezer)
{
	if (!geteuid() && access(PM_TEST, F_OK))
		SKIP(return, "no " PM_TEST ": CONFIG_SUSPEND=y, CONFIG_PM_DEBUG=y");
	if (!geteuid() && access(EVENTS "/power/suspend_resume", F_OK))
		SKIP(return, "no " EVENTS "/power: CONFIG_FTRACE=y, tracefs");

	start_afresh(_metadata);
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
	EXPECT_EQ(0, clear_trace());
	end_clean(_metadata);
}

static long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000000L + now.tv_nsec / 1000;
}

/* How long a bring-up takes up to step 7, and in all. */
static void take_times(struct __test_metadata *_metadata, long *before_us,
		       long *in_all_us)
{
	long start = now_us();

	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, ask_async());
	while (!calls_of(TDH_SYS_TDMR_INIT))
		usleep(1000);
	*before_us = now_us() - start;
	ASSERT_EQ(0, wait_for_request(FOR_EVER));
	*in_all_us = now_us() - start;
}

/* Step 6 takes most of the time before step 7: as many points are ahead of it. */
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

/* Waits in tdx_enable(), with no lock held. */
static pid_t wait_beside(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(ask_freezable() ? EXIT_FAILURE : EXIT_SUCCESS);

	return pid;
}

/* Between the end of freezing and the beginning of thawing, all is at rest. */
static void look_at(const char *line, struct freeze *freeze, bool *frozen,
		    int *running)
{
	const char *phase = strstr(line, ": tdx_phase_begin: phase=");

	if (strstr(line, ": suspend_resume: freeze_processes[0] end")) {
		*frozen = true;
		freeze->times++;
		freeze->lanes += *running;
	} else if (strstr(line, ": suspend_resume: thaw_processes[0] begin")) {
		*frozen = false;
	} else if (*frozen && (strstr(line, ": tdx_") || strstr(line, ": lanework_"))) {
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
			look_at(line, freeze, &frozen, &running);
	}
	if (file)
		fclose(file);
}

/* True if TDX was not up by then. */
static bool freeze_at(struct __test_metadata *_metadata, long us)
{
	long told = request_told();
	struct freeze freeze;
	bool in_time;
	int status;
	pid_t pid;

	ASSERT_EQ(0, emulator_reset());
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, clear_trace());

	ASSERT_EQ(0, ask_async());
	pid = wait_beside();
	ASSERT_LT(0, pid);
	usleep(us);
	in_time = status_is("initializing");
	ASSERT_EQ(0, write_file(PM_STATE, "freeze"));
	ASSERT_EQ(0, emulator_dilate(1));

	EXPECT_EQ(0, wait_for_request(FOR_EVER));
	EXPECT_EQ(told + 1, request_told_reaches(told + 1));
	EXPECT_EQ(0, request_told_result());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	expect_one_initialisation(_metadata);

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
