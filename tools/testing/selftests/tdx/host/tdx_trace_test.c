// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace events of tdx_bringup show the phases and the errors of a bring-up.
 *
 * Run as root with the emulated TDX module (tdx_emulator=on on the kernel command
 * line), which each test resets.  Nothing else may request TDX, or trace, meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

FIXTURE(traced) {
	char events[1 << 16];
};

FIXTURE_SETUP(traced)
{
	if (!geteuid() && access(TRACING "/events/tdx_bringup", F_OK))
		SKIP(return, "no " TRACING "/events/tdx_bringup: CONFIG_FTRACE=y, tracefs");

	reset_emulator(_metadata);
	if (_metadata->exit_code)
		return;

	ASSERT_EQ(0, write_file(TRACING "/trace", "\n"));
	ASSERT_EQ(0, write_file(TRACING "/events/tdx_bringup/enable", "1"));
}

FIXTURE_TEARDOWN(traced)
{
	EXPECT_EQ(0, write_file(TRACING "/events/tdx_bringup/enable", "0"));
	EXPECT_EQ(0, write_file(TRACING "/trace", "\n"));
	EXPECT_EQ(0, emulator_reset());
}

/* The events, a line each, without task, CPU and time */
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

	ASSERT_EQ(0, sysfs_enable("1"));
	ASSERT_TRUE(status_becomes("initialized"));
	read_events(self->events, sizeof(self->events));
	EXPECT_STREQ(expected, self->events);
}

TEST_F_TIMEOUT(traced, calls_that_are_repeated, TIMEOUT)
{
	const char *found, *wanted =
		"tdx_seamcall_error: leaf=31 status=0x8000020200000000 rcx=0x0\n";
	int times = 0;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_KEY_CONFIG, SYS_BUSY, 0, 3));
	ASSERT_EQ(0, sysfs_enable("1"));
	ASSERT_TRUE(status_becomes("initialized"));

	read_events(self->events, sizeof(self->events));
	for (found = self->events; (found = strstr(found, wanted)); found++)
		times++;
	EXPECT_EQ(3, times)
		TH_LOG("%s", self->events);
}

TEST_F_TIMEOUT(traced, an_error_that_ends_a_lane, TIMEOUT)
{
	static const char wanted[] =
		"tdx_seamcall_error: leaf=36 status=0xc000010000000001 rcx=";
	const char *found;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_TDMR_INIT, OPERAND_INVALID, 10,
				     ALWAYS));
	ASSERT_EQ(0, sysfs_enable("1"));
	ASSERT_TRUE(status_becomes("unknown"));

	read_events(self->events, sizeof(self->events));
	found = strstr(self->events, wanted);
	ASSERT_NE(NULL, found)
		TH_LOG("%s", self->events);
	/* RCX is the base of a TDMR, which is on a GiB boundary. */
	EXPECT_EQ(0, strtoull(found + strlen(wanted), NULL, 16) % (1024 << 20));
	EXPECT_NE(NULL, strstr(self->events,
			       "tdx_phase_end: phase=TDMR.INIT error=-5\n"));
	EXPECT_NE(NULL, strstr(self->events,
			       "tdx_phase_end: phase=PAMT free error=0\n"));
}

TEST_HARNESS_MAIN
