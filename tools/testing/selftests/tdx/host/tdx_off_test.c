// SPDX-License-Identifier: GPL-2.0-only
/*
 * Switching TDX off through /sys/kernel/tdx/enable, and on again.
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on the
 * kernel command line.  Each test resets the emulated TDX module.  Nothing else may
 * request TDX meanwhile.  TDX_OFF_CYCLES is the number of cycles of the longest test.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define CYCLES		40

/* Half the PAMTs of one GiB: mm and workqueues free some memory much later. */
#define SLACK_PAGES	512

FIXTURE(off) {
};

FIXTURE_SETUP(off)
{
	set_up(_metadata);
}

FIXTURE_TEARDOWN(off)
{
	tear_down(_metadata);
}

static void expect_off(struct __test_metadata *_metadata)
{
	long calls = all_calls();

	EXPECT_TRUE(status_is("unknown"));
	EXPECT_STREQ("0 0", read_line(SYSFS "/progress"));
	EXPECT_TRUE(sysfs_error_is("switched off by root", -ESHUTDOWN))
		TH_LOG("%s", sysfs_error());
	EXPECT_GT(0, test_read("metadata"));
	EXPECT_STREQ("", audit_report());

	/* Only root and loading KVM start again. */
	EXPECT_EQ(-ESHUTDOWN, enable_tdx());
	EXPECT_EQ(-ESHUTDOWN, test_call("get"));
	EXPECT_EQ(calls, all_calls());
}

TEST_F_TIMEOUT(off, and_on_again, TIMEOUT)
{
	ASSERT_EQ(0, enable_tdx());
	ASSERT_EQ(0, sysfs_enable("0\n"));
	expect_off(_metadata);

	ASSERT_EQ(0, sysfs_enable("1"));
	ASSERT_TRUE(status_becomes("initialized"));
	EXPECT_STREQ("", sysfs_error());
	EXPECT_EQ(0, enable_tdx());
	EXPECT_EQ(2, calls_of(TDH_SYS_CONFIG));
}

/* Off before the first request, and twice: no call is made. */
TEST_F_TIMEOUT(off, while_off, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, sysfs_enable("0"));
	EXPECT_EQ(0, all_calls());
	expect_off(_metadata);
	EXPECT_EQ(0, try_tdx());

	ASSERT_EQ(0, sysfs_enable("0"));
	calls = all_calls();
	ASSERT_EQ(0, sysfs_enable("0"));
	EXPECT_EQ(calls, all_calls());
	expect_off(_metadata);
}

TEST_F_TIMEOUT(off, not_during_an_attempt, TIMEOUT)
{
	start_slowly(_metadata);
	EXPECT_EQ(-EBUSY, sysfs_enable("0"));
	hurry(_metadata);
	EXPECT_EQ(0, test_call("wait"));
	EXPECT_EQ(0, calls_of(TDH_SYS_DISABLE));
}

TEST_F_TIMEOUT(off, not_while_a_td_exists, TIMEOUT)
{
	ASSERT_EQ(0, test_call("get"));
	ASSERT_EQ(0, test_call("get"));
	EXPECT_EQ(-EBUSY, sysfs_enable("0"));
	ASSERT_EQ(0, test_call("put"));
	EXPECT_EQ(-EBUSY, sysfs_enable("0"));
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(0, calls_of(TDH_SYS_DISABLE));

	ASSERT_EQ(0, test_call("put"));
	ASSERT_EQ(0, sysfs_enable("0"));
	expect_off(_metadata);
}

TEST_F_TIMEOUT(off, subscribers_are_called_back, TIMEOUT)
{
	ASSERT_EQ(0, test_call("subscribe"));
	ASSERT_EQ(0, enable_tdx());
	EXPECT_EQ(1, request_callbacks_reach(1));
	ASSERT_EQ(0, sysfs_enable("0"));
	EXPECT_EQ(2, request_callbacks());
	EXPECT_EQ(-ESHUTDOWN, test_read("result"));
	ASSERT_EQ(0, try_tdx());
	EXPECT_EQ(3, request_callbacks_reach(3));
	EXPECT_EQ(0, test_read("result"));
}

/* A module that rejects the call stays up, and the writer gets the errno. */
TEST_F_TIMEOUT(off, rejected, TIMEOUT)
{
	ASSERT_EQ(0, enable_tdx());
	ASSERT_EQ(0, emulator_inject(TDH_SYS_DISABLE, OPERAND_INVALID, 0, 1));
	EXPECT_EQ(-EIO, sysfs_enable("0"));
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(0, enable_tdx());
	EXPECT_LT(0, test_read("metadata"));
	ASSERT_EQ(0, sysfs_enable("0"));
	expect_off(_metadata);
}

/* Off continues if the writer is killed, and a request that arrives meanwhile follows it. */
TEST_F_TIMEOUT(off, goes_on_without_the_writer, TIMEOUT)
{
	pid_t pid;

	ASSERT_EQ(0, enable_tdx());
	ASSERT_EQ(0, emulator_dilate(10 * SLOW));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(!!sysfs_enable("0"));
	ASSERT_TRUE(status_becomes("disabling"));
	EXPECT_EQ(-EBUSY, sysfs_enable("0"));
	EXPECT_EQ(-ESHUTDOWN, enable_tdx());
	ASSERT_EQ(0, kill(pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, exit_status(pid));
	ASSERT_EQ(0, sysfs_enable("1"));
	EXPECT_TRUE(status_is("disabling"));

	ASSERT_EQ(0, emulator_dilate(1));
	ASSERT_TRUE(status_becomes("initialized"));
	EXPECT_EQ(2, calls_of(TDH_SYS_CONFIG));
}

/*
 * KASAN keeps two pages for the stack of each worker that has ended, until vmalloc purges
 * its areas.  That is after hundreds of cycles.
 */
static bool has_kasan(void)
{
	return !system("grep -q ' kasan_report$' /proc/kallsyms");
}

/* Free memory has no trend, and no PAMT stays allocated. */
TEST_F_TIMEOUT(off, many_times, 10 * TIMEOUT)
{
	const char *text = getenv("TDX_OFF_CYCLES");
	int i, cycles = text ? atoi(text) : CYCLES;
	long early = 0, now = 0;

	ASSERT_LE(10, cycles);
	for (i = 1; i <= cycles; i++) {
		ASSERT_EQ(0, try_tdx());
		ASSERT_EQ(0, sysfs_enable("0"));
		ASSERT_STREQ("", audit_report())
			TH_LOG("cycle %d", i);
		if (i != cycles / 10 && i != cycles)
			continue;
		shrink_slabs();
		now = free_pages();
		if (i < cycles)
			early = now;
	}
	if (!has_kasan())
		EXPECT_LE(early - SLACK_PAGES, now);
	TH_LOG("%d cycles, free pages: %ld after a tenth, %ld now", cycles, early, now);
}

/* A CPU that a real-time task occupies all the time */

#define RT_RUNTIME	"/proc/sys/kernel/sched_rt_runtime_us"

struct occupied {
	long cpu;
	pid_t pid;
	char fair_runtime[64];
	char rt_limit[32];
	char fair_limit[32];
};

FIXTURE(occupied) {
	struct occupied o;
};

/* The scheduler lets no other task run on the CPU. */
static void allow_occupation(struct __test_metadata *_metadata, struct occupied *o)
{
	snprintf(o->fair_runtime, sizeof(o->fair_runtime),
		 "/sys/kernel/debug/sched/fair_server/cpu%ld/runtime", o->cpu);
	strcpy(o->rt_limit, read_line(RT_RUNTIME));
	strcpy(o->fair_limit, read_line(o->fair_runtime));
	ASSERT_EQ(0, write_file(RT_RUNTIME, "-1"));
	ASSERT_EQ(0, write_file(o->fair_runtime, "0"));
}

/*
 * The allocation of PAMTs waits for CPUs that hold pages in batches, and this CPU no longer
 * takes part in that.  MADV_COLD empties the batches of the CPU that calls it.
 */
static void occupy(long cpu)
{
	struct sched_param param = { .sched_priority = 50 };
	size_t size = sysconf(_SC_PAGESIZE);
	cpu_set_t set;
	void *page;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	page = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || sched_setaffinity(0, sizeof(set), &set) ||
	    sched_setscheduler(0, SCHED_FIFO, &param) || madvise(page, size, MADV_COLD))
		_exit(EXIT_FAILURE);
	for (;;)
		;
}

static void start_to_occupy(struct __test_metadata *_metadata, struct occupied *o)
{
	o->pid = fork();
	ASSERT_LE(0, o->pid);
	if (!o->pid)
		occupy(o->cpu);
	sleep(1);
	ASSERT_EQ(0, waitpid(o->pid, NULL, WNOHANG));
}

static void stop_to_occupy(struct __test_metadata *_metadata, struct occupied *o)
{
	ASSERT_EQ(0, kill(o->pid, SIGKILL));
	EXPECT_EQ(-SIGKILL, exit_status(o->pid));
}

FIXTURE_SETUP(occupied)
{
	self->o.cpu = spare_cpu();
	if (!geteuid() && self->o.cpu < 0)
		SKIP(return, "no CPU to spare: CONFIG_HOTPLUG_CPU=y, two in a package");

	set_up(_metadata);
	if (!_metadata->exit_code)
		allow_occupation(_metadata, &self->o);
}

FIXTURE_TEARDOWN(occupied)
{
	EXPECT_EQ(0, write_file(RT_RUNTIME, self->o.rt_limit));
	EXPECT_EQ(0, write_file(self->o.fair_runtime, self->o.fair_limit));
	tear_down(_metadata);
}

static void expect_named(struct __test_metadata *_metadata, long cpu)
{
	char words[64];

	snprintf(words, sizeof(words), "CPU %ld runs no work items", cpu);
	EXPECT_TRUE(sysfs_error_is(words, -EBUSY))
		TH_LOG("%s", sysfs_error());
}

TEST_F_TIMEOUT(occupied, cpu_is_named, TIMEOUT)
{
	start_to_occupy(_metadata, &self->o);
	EXPECT_EQ(-EBUSY, enable_tdx());
	expect_named(_metadata, self->o.cpu);
	EXPECT_EQ(0, calls_of(TDH_SYS_CONFIG));
	stop_to_occupy(_metadata, &self->o);
	ASSERT_EQ(0, try_tdx());

	/* Off fails before it changes anything. */
	start_to_occupy(_metadata, &self->o);
	EXPECT_EQ(-EBUSY, sysfs_enable("0"));
	expect_named(_metadata, self->o.cpu);
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(0, calls_of(TDH_SYS_DISABLE));
	stop_to_occupy(_metadata, &self->o);
	ASSERT_EQ(0, sysfs_enable("0"));
	expect_off(_metadata);
}

TEST_HARNESS_MAIN
