// SPDX-License-Identifier: GPL-2.0-only
/*
 * A storm: TDX goes on and off in random order with all that can happen meanwhile.
 *
 * Each event is drawn from a seed (TDX_STORM_SEED, else the time, which the test
 * prints): on, off, tasks that wait for TDX and are killed, requests that are cancelled,
 * references, reloading of the module that makes requests, CPUs and memory that go
 * offline and online, the freezer, and SEAMCALLs that fail or are slow.  After each
 * TDX_STORM_EVENTS / 10 events all is put right, and TDX has to come up.
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on the
 * kernel command line.  Nothing else may request TDX meanwhile.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define EVENTS		300
#define ROUNDS		10
#define MAX_WAITERS	8
#define MAX_USERS	3

#define MEMORY		"/sys/devices/system/memory"

struct storm {
	long cpu;
	bool cpu_offline;
	long block;
	bool block_offline;
	pid_t waiters[MAX_WAITERS];
	int users;
	bool loaded;
	int ups;
	int offs;
};

FIXTURE(storm) {
	struct storm s;
};

static int block_set_online(long block, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), MEMORY "/memory%ld/online", block);

	return write_file(path, online ? "1" : "0");
}

/* Return a block of memory that can go offline and online again, or -1. */
static long spare_block(void)
{
	char path[64];
	long block;

	for (block = 1023; block > 0; block--) {
		snprintf(path, sizeof(path), MEMORY "/memory%ld/online", block);
		if (!access(path, W_OK) && !block_set_online(block, false))
			break;
	}
	if (block <= 0 || block_set_online(block, true))
		return -1;

	return block;
}

FIXTURE_SETUP(storm)
{
	set_up(_metadata);
	if (_metadata->exit_code)
		return;

	self->s.loaded = true;
	self->s.cpu = spare_cpu();
	self->s.block = spare_block();
}

FIXTURE_TEARDOWN(storm)
{
	tear_down(_metadata);
}

static void toggle_cpu(struct storm *s)
{
	if (s->cpu >= 0 && !cpu_set_online(s->cpu, s->cpu_offline))
		s->cpu_offline = !s->cpu_offline;
}

static void toggle_block(struct storm *s)
{
	if (s->block >= 0 && !block_set_online(s->block, s->block_offline))
		s->block_offline = !s->block_offline;
}

static void toggle_waiter(struct storm *s)
{
	pid_t *pid = &s->waiters[random() % MAX_WAITERS];

	if (*pid > 0) {
		kill(*pid, SIGKILL);
		exit_status(*pid);
		*pid = 0;
		return;
	}

	/* The freezer can freeze the reader of this file. */
	*pid = fork();
	if (!*pid)
		_exit(!!test_read("ready"));
}

/* Files of the test module are in use while a child waits. */
static void reload(struct storm *s)
{
	int i;

	for (i = 0; i < MAX_WAITERS; i++) {
		if (s->waiters[i] > 0)
			return;
	}
	if (s->users)
		return;

	if (s->loaded)
		s->loaded = test_module_unload();
	else
		s->loaded = !test_module_load(random() % 2 ? "async=1" : "");
}

static void toggle_user(struct storm *s)
{
	if (s->users == MAX_USERS || (s->users && random() % 2))
		s->users -= !test_call("put");
	else if (status_is("initialized"))
		s->users += !test_call("get");
}

static void inject(void)
{
	static const unsigned int leaves[] = {
		TDH_SYS_INIT, TDH_SYS_RD, TDH_SYS_LP_INIT, TDH_SYS_CONFIG,
		TDH_SYS_KEY_CONFIG, TDH_SYS_TDMR_INIT,
	};

	if (random() % 2)
		emulator_inject_nothing();
	else
		emulator_inject(leaves[random() % ARRAY_SIZE(leaves)],
				random() % 2 ? OPERAND_INVALID : SYS_BUSY, random() % 100,
				random() % 2 ? 1 : ALWAYS);
}

static void freeze(void)
{
	write_file("/sys/power/pm_test", "freezer");
	write_file("/sys/module/suspend/parameters/pm_test_delay", "0");
	write_file("/sys/power/state", "freeze");
	write_file("/sys/power/pm_test", "none");
}

static void make_event(struct storm *s)
{
	switch (random() % 16) {
	case 0 ... 2:
		sysfs_enable("1");
		break;
	case 3 ... 5:
		s->offs += !sysfs_enable("0");
		break;
	case 6:
		toggle_cpu(s);
		break;
	case 7:
		toggle_block(s);
		break;
	case 8:
	case 9:
		toggle_waiter(s);
		break;
	case 10:
		reload(s);
		break;
	case 11:
		if (s->loaded)
			toggle_user(s);
		break;
	case 12:
		inject();
		break;
	case 13:
		test_call(random() % 2 ? "async" : "subscribe");
		test_call("cancel");
		break;
	case 14:
		emulator_dilate(random() % 2 ? 1 : SLOW);
		break;
	case 15:
		if (!(random() % 8))
			freeze();
		break;
	}
	s->ups += status_is("initialized");
	usleep(random() % 20000);
}

/* Undo all that can keep TDX from coming up, and let it come up. */
static void calm_down(struct __test_metadata *_metadata, struct storm *s)
{
	int i;

	ASSERT_EQ(0, emulator_inject_nothing());
	ASSERT_EQ(0, emulator_dilate(1));
	for (i = 0; i < MAX_WAITERS; i++) {
		if (s->waiters[i] > 0)
			exit_status(s->waiters[i]);
		s->waiters[i] = 0;
	}
	if (!s->loaded)
		ASSERT_EQ(0, test_module_load(""));
	s->loaded = true;
	for (; s->users; s->users--)
		ASSERT_EQ(0, test_call("put"));
	if (s->cpu_offline)
		toggle_cpu(s);
	ASSERT_FALSE(s->cpu_offline);

	/* A running attempt may have met an error that was injected. */
	while (status_is("initializing"))
		usleep(10000);
	ASSERT_EQ(0, try_tdx())
		TH_LOG("%s", sysfs_error());
	ASSERT_TRUE(status_is("initialized"));
	ASSERT_STREQ("", audit_report());

	/* A block that was offline during the last attempt may be in no TDMR. */
	ASSERT_EQ(0, sysfs_enable("0"));
	if (s->block_offline)
		toggle_block(s);
	ASSERT_FALSE(s->block_offline);
	ASSERT_EQ(0, try_tdx());
	ASSERT_STREQ("", audit_report());
}

static long number_from(const char *name, long otherwise)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 0) : otherwise;
}

TEST_F_TIMEOUT(storm, passes, 100 * TIMEOUT)
{
	long events = number_from("TDX_STORM_EVENTS", EVENTS);
	long seed = number_from("TDX_STORM_SEED", time(NULL) % 1000000);
	long i;

	TH_LOG("TDX_STORM_SEED=%ld TDX_STORM_EVENTS=%ld", seed, events);
	srandom(seed);
	for (i = 1; i <= events; i++) {
		make_event(&self->s);
		if (!(i % (events / ROUNDS)))
			calm_down(_metadata, &self->s);
	}
	EXPECT_LT(0, self->s.ups);
	EXPECT_LT(0, self->s.offs);
	TH_LOG("TDX was up after %d events and went off %d times", self->s.ups, self->s.offs);
}

TEST_HARNESS_MAIN
