// SPDX-License-Identifier: GPL-2.0-only
/*
 * Do the events of tdx_bringup tell what a bring-up does?
 *
 * Run as root with the emulated TDX module (tdx_emulator=on on the kernel
 * command line), which is reset after each test.  Nobody else should ask for
 * TDX, or trace, meanwhile.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../kselftest_harness.h"
#include "machine.h"

#define TRACING		"/sys/kernel/tracing"
#define TIMEOUT		300
#define TIMEOUT_MS	(TIMEOUT * 1000)
#define FOR_EVER	1000000

static int write_tracing(const char *name, const char *text)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), TRACING "/%s", name);
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0;
	close(fd);

	return ret;
}

static const char *missing(void)
{
	if (geteuid())
		return "not root";
	if (!emulator_present())
		return "no emulated TDX module: CONFIG_TDX_EMULATOR=y, tdx_emulator=on";
	if (!emulator_can_reset())
		return "no reset of the emulated TDX module: CONFIG_KUNIT=y";
	if (!shown())
		return "no " SHOWN ": CONFIG_TDX_BRINGUP=y";
	if (access(TRACING "/events/tdx_bringup", F_OK))
		return "no " TRACING "/events/tdx_bringup: CONFIG_FTRACE=y, tracefs";

	return NULL;
}

FIXTURE(traced) {
	char events[1 << 16];
};

FIXTURE_SETUP(traced)
{
	const char *lack = missing();

	if (lack)
		SKIP(return, "%s", lack);

	ASSERT_EQ(0, emulator_reset());
	ASSERT_EQ(0, write_tracing("trace", "\n"));
	ASSERT_EQ(0, write_tracing("events/tdx_bringup/enable", "1"));
}

FIXTURE_TEARDOWN(traced)
{
	EXPECT_EQ(0, write_tracing("events/tdx_bringup/enable", "0"));
	EXPECT_EQ(0, write_tracing("trace", "\n"));
	EXPECT_EQ(0, emulator_reset());
}

/* The events without task, CPU and time, a line each. */
static void read_events(char *events, size_t size)
{
	FILE *file = fopen(TRACING "/trace", "r");
	char line[512], *event;
	size_t n = 0;

	events[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		event = strstr(line, ": tdx_");
		if (line[0] != '#' && event)
			n += snprintf(events + n, n < size ? size - n : 0,
				      "%s", event + 2);
	}
	if (file)
		fclose(file);
}

TEST_F_TIMEOUT(traced, phases_in_order, TIMEOUT)
{
	static const char * const phases[] = {
		"metadata", "memory", "PAMT", "LP.INIT", "SYS.CONFIG",
		"KEY.CONFIG", "TDMR.INIT",
	};
	char expected[1024] = "";
	size_t i;

	for (i = 0; i < ARRAY_SIZE(phases); i++)
		snprintf(expected + strlen(expected),
			 sizeof(expected) - strlen(expected),
			 "tdx_phase_begin: phase=%s\n"
			 "tdx_phase_end: phase=%s error=0\n",
			 phases[i], phases[i]);

	ASSERT_EQ(0, shown_enable("1"));
	ASSERT_EQ(0, shown_wait(TIMEOUT_MS));
	read_events(self->events, sizeof(self->events));
	EXPECT_STREQ(expected, self->events);
}

TEST_F_TIMEOUT(traced, what_is_tried_again, TIMEOUT)
{
	const char *found, *wanted =
		"tdx_seamcall_error: leaf=31 status=0x8000020200000000 rcx=0x0\n";
	int times = 0;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_KEY_CONFIG, 0x8000020200000000, 0, 3));
	ASSERT_EQ(0, shown_enable("1"));
	ASSERT_EQ(0, shown_wait(TIMEOUT_MS));
	EXPECT_TRUE(shown_status_is("initialized"));

	read_events(self->events, sizeof(self->events));
	for (found = self->events; (found = strstr(found, wanted)); found++)
		times++;
	EXPECT_EQ(3, times)
		TH_LOG("%s", self->events);
}

TEST_F_TIMEOUT(traced, what_ends_a_lane, TIMEOUT)
{
	static const char wanted[] =
		"tdx_seamcall_error: leaf=36 status=0xc000010000000001 rcx=";
	const char *found;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_TDMR_INIT, 0xC000010000000001, 10,
				     FOR_EVER));
	ASSERT_EQ(0, shown_enable("1"));
	ASSERT_EQ(0, shown_wait(TIMEOUT_MS));
	EXPECT_TRUE(shown_status_is("error"));

	read_events(self->events, sizeof(self->events));
	found = strstr(self->events, wanted);
	ASSERT_NE(NULL, found)
		TH_LOG("%s", self->events);
	/* A TDMR: whole GiB. */
	EXPECT_EQ(0, strtoull(found + strlen(wanted), NULL, 16) % (1024 << 20));
	EXPECT_NE(NULL, strstr(self->events,
			       "tdx_phase_end: phase=TDMR.INIT error=-22\n"));
}

TEST_HARNESS_MAIN
