// SPDX-License-Identifier: GPL-2.0-only
/*
 * This host brings TDX up on request, and only then.
 *
 * Run as root on a kernel with the options in `config`.  The module in test_modules
 * makes the requests.  With the emulated TDX module (tdx_emulator=on on the kernel
 * command line), the tests also check the SEAMCALLs and the handling of errors.  Without
 * it, only the tests of `host` run, which leave TDX initialized on real hardware until
 * reboot.
 *
 * Each test resets the emulated module.  Nothing else may request TDX meanwhile.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define TASKS		64
#define STORM_ROUNDS	10
#define TDX_HOST	"/sys/module/tdx_host"

/* No request was made.  These tests come first: a reset would hide calls. */

FIXTURE(idle) {
};

FIXTURE_SETUP(idle)
{
	const char *missing = missing_emulator() ?: missing_test_module();

	if (missing)
		SKIP(return, "%s", missing);
	if (!status_is("unknown"))
		SKIP(return, "TDX was requested before this test");
}

FIXTURE_TEARDOWN(idle)
{
	EXPECT_EQ(0, test_module_unload());
}

TEST_F(idle, nothing_is_called)
{
	EXPECT_EQ(0, all_calls());
}

TEST_F(idle, tdx_host_calls_nothing)
{
	if (!access(TDX_HOST, F_OK) && system("rmmod tdx_host"))
		SKIP(return, "module tdx-host is built in, or in use");
	if (system("modprobe -q tdx-host"))
		SKIP(return, "no module tdx-host: CONFIG_TDX_HOST_SERVICES=m");

	EXPECT_EQ(0, access(TDX_HOST, F_OK));
	EXPECT_EQ(0, all_calls());
	EXPECT_TRUE(status_is("unknown"));
	EXPECT_EQ(0, system("rmmod tdx_host"));
}

TEST_F(idle, a_subscriber_calls_nothing)
{
	EXPECT_EQ(0, test_call("subscribe"));
	EXPECT_EQ(0, all_calls());
	EXPECT_TRUE(status_is("unknown"));
	EXPECT_EQ(0, request_callbacks());
	EXPECT_EQ(0, test_call("cancel"));
}

/* These tests also run on real hardware. */

FIXTURE(host) {
};

FIXTURE_SETUP(host)
{
	const char *missing = missing_test_module();

	if (missing)
		SKIP(return, "%s", missing);
}

FIXTURE_TEARDOWN(host)
{
	EXPECT_EQ(0, test_module_unload());
}

TEST_F_TIMEOUT(host, comes_up, TIMEOUT)
{
	int ret = enable_tdx();

	if (ret == -ENODEV) {
		EXPECT_TRUE(status_is("unknown"));
		SKIP(return, "no TDX on this host (see dmesg)");
	}

	EXPECT_EQ(0, ret);
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(0, enable_tdx());
}

FIXTURE(emulated) {
};

FIXTURE_SETUP(emulated)
{
	set_up(_metadata);
}

FIXTURE_TEARDOWN(emulated)
{
	tear_down(_metadata);
}

TEST_F_TIMEOUT(emulated, enabled_again, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, enable_tdx());
	expect_one_initialization(_metadata);

	calls = all_calls();
	EXPECT_EQ(0, enable_tdx());
	EXPECT_EQ(calls, all_calls());
}

static bool stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);

	return !sched_setaffinity(0, sizeof(set), &set);
}

/* Wait until @go is closed for writing.  Run on any CPU if @cpu is negative. */
static void enable_at_signal(const int go[2], int cpu)
{
	char nothing;

	close(go[1]);
	if (cpu >= 0 && !stay_on(cpu))
		_exit(EXIT_FAILURE);
	if (read(go[0], &nothing, 1))
		_exit(EXIT_FAILURE);

	_exit(!!enable_tdx());
}

FIXTURE(processes) {
};

FIXTURE_VARIANT(processes) {
	/* Start processes on all CPUs in turn. */
	bool pinned;
};

FIXTURE_VARIANT_ADD(processes, anywhere) {
	.pinned = false,
};

FIXTURE_VARIANT_ADD(processes, pinned) {
	.pinned = true,
};

FIXTURE_SETUP(processes)
{
	set_up(_metadata);
}

FIXTURE_TEARDOWN(processes)
{
	tear_down(_metadata);
}

TEST_F_TIMEOUT(processes, enable_at_once, TIMEOUT)
{
	int go[2], i, succeeded = 0;
	long cpus = online_cpus();
	pid_t pids[TASKS];

	ASSERT_EQ(0, pipe(go));
	for (i = 0; i < TASKS; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			enable_at_signal(go, variant->pinned ? i % cpus : -1);
	}
	close(go[0]);
	close(go[1]);

	for (i = 0; i < TASKS; i++)
		succeeded += !exit_status(pids[i]);
	EXPECT_EQ(TASKS, succeeded);
	expect_one_initialization(_metadata);
}

TEST_F_TIMEOUT(emulated, goes_on_when_a_waiter_is_killed, TIMEOUT)
{
	pid_t pid;

	/* TDH.SYS.KEY.CONFIG alone takes seconds: the waiter dies before that. */
	ASSERT_EQ(0, emulator_dilate(SLOW));

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(!!enable_tdx());

	while (status_is("unknown"))
		usleep(1000);
	kill_waiter(_metadata, pid);
	hurry(_metadata);
	EXPECT_EQ(0, enable_tdx());
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(emulated, subscribers_are_called_back_once, TIMEOUT)
{
	ASSERT_EQ(0, test_call("subscribe"));
	ASSERT_EQ(0, enable_tdx());
	EXPECT_EQ(1, request_callbacks_reach(1));
	EXPECT_EQ(0, test_read("result"));

	EXPECT_EQ(0, enable_tdx());
	EXPECT_EQ(1, request_callbacks());
}

TEST_F_TIMEOUT(emulated, late_subscribers_are_called_back, TIMEOUT)
{
	ASSERT_EQ(0, enable_tdx());
	ASSERT_EQ(0, test_call("subscribe"));
	EXPECT_EQ(1, request_callbacks_reach(1));
	EXPECT_EQ(0, test_read("result"));
}

TEST_F_TIMEOUT(emulated, cancelled_subscribers_are_not_called_back, TIMEOUT)
{
	ASSERT_EQ(0, test_call("subscribe"));
	ASSERT_EQ(0, test_call("cancel"));
	ASSERT_EQ(0, enable_tdx());
	usleep(100 * 1000);
	EXPECT_EQ(0, request_callbacks());
}

TEST_F_TIMEOUT(emulated, the_test_module_is_reloaded, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, enable_tdx());
	calls = all_calls();

	ASSERT_EQ(0, test_module_unload());
	ASSERT_EQ(0, test_module_load(""));
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(0, enable_tdx());
	EXPECT_EQ(calls, all_calls());

	/* The module cancels its subscription when it is unloaded. */
	ASSERT_EQ(0, emulator_reset());
	ASSERT_EQ(0, test_call("subscribe"));
	ASSERT_EQ(0, test_module_unload());
	ASSERT_EQ(0, test_module_load(""));
	EXPECT_EQ(0, enable_tdx());
	expect_one_initialization(_metadata);
}

/* CPUs go offline and come back during bring-up. */

FIXTURE(storm) {
	long cpu;
};

FIXTURE_SETUP(storm)
{
	self->cpu = spare_cpu();
	if (!geteuid() && self->cpu < 0)
		SKIP(return, "no CPU to spare: CONFIG_HOTPLUG_CPU=y, two in a package");

	set_up(_metadata);
}

FIXTURE_TEARDOWN(storm)
{
	tear_down(_metadata);
}

/* Step 7 lasts until the CPU has gone and come back in all rounds. */
TEST_F_TIMEOUT(storm, of_a_cpu, TIMEOUT)
{
	int i;

	start_slowly(_metadata);
	for (i = 0; i < STORM_ROUNDS; i++) {
		ASSERT_EQ(0, cpu_set_online(self->cpu, false));
		ASSERT_EQ(0, cpu_set_online(self->cpu, true));
	}
	hurry(_metadata);
	EXPECT_EQ(0, enable_tdx());
	expect_one_initialization(_metadata);
}

/* A SEAMCALL that fails for a while is repeated, and the initialization succeeds. */

FIXTURE(passing) {
};

FIXTURE_VARIANT(passing) {
	unsigned int leaf;
	unsigned long long status;
	unsigned int skip;
	unsigned int count;
};

#define PASSING(name)	FIXTURE_VARIANT_ADD(passing, name)

PASSING(entropy_at_lp_init) { TDH_SYS_LP_INIT, 0x8000020300000000, 1, 2 };
PASSING(contended_sys_config) { TDH_SYS_CONFIG, 0x8000020200000000, 0, 1 };
PASSING(contended_key_config) { TDH_SYS_KEY_CONFIG, 0x8000020200000000, 0, 3 };
PASSING(key_table_busy) { TDH_SYS_KEY_CONFIG, 0x80000200000000BB, 0, 1 };
PASSING(entropy_at_key_config) { TDH_SYS_KEY_CONFIG, 0x8000080000000000, 0, 2 };
PASSING(tdmr_busy) { TDH_SYS_TDMR_INIT, 0x8000020000000001, 100, 3 };

FIXTURE_SETUP(passing)
{
	set_up(_metadata);
}

FIXTURE_TEARDOWN(passing)
{
	tear_down(_metadata);
}

TEST_F_TIMEOUT(passing, is_repeated, TIMEOUT)
{
	ASSERT_EQ(0, emulator_inject(variant->leaf, variant->status,
				     variant->skip, variant->count));
	EXPECT_EQ(0, enable_tdx());
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_LE(variant->skip + variant->count + 1, calls_of(variant->leaf));
}

/* After an error that could be undone, another attempt can succeed. */

FIXTURE(undone) {
};

FIXTURE_VARIANT(undone) {
	unsigned int leaf;
	unsigned long long status;
	unsigned int skip;
	int error;
};

#define UNDONE(name)	FIXTURE_VARIANT_ADD(undone, name)

UNDONE(no_module) { TDH_SYS_INIT, 0x8000FF00FFFF0000, 0, -ENODEV };
UNDONE(not_enabled_by_bios) { TDH_SYS_INIT, 0x8000FF000000000D, 0, -EOPNOTSUPP };
UNDONE(not_in_vmx) { TDH_SYS_INIT, 0x8000FF0000000006, 0, -EACCES };
UNDONE(old_bios) { TDH_SYS_INIT, 0xC000090000000000, 0, -EOPNOTSUPP };
UNDONE(initialized_before) { TDH_SYS_INIT, 0xC000050000000000, 0, -EPERM };
UNDONE(no_entropy) { TDH_SYS_LP_INIT, 0x8000020300000000, 0, -EAGAIN };
UNDONE(other_cpus_differ) { TDH_SYS_LP_INIT, 0xC00009200000003B, 1, -EOPNOTSUPP };
UNDONE(old_module) { TDH_SYS_RD, 0xC000050500000000, 0, -ENODATA };
UNDONE(field_unknown) { TDH_SYS_RD, 0xC0000C0000000000, 5, -ENODATA };
UNDONE(lp_missing) { TDH_SYS_CONFIG, 0xC000050C00000000, 0, -ENXIO };
UNDONE(operand_invalid) { TDH_SYS_CONFIG, 0xC000010000000001, 0, -EIO };
UNDONE(tdmr_outside_cmrs) { TDH_SYS_CONFIG, 0xC0000A0200000000, 0, -EIO };
UNDONE(pamt_overlap) { TDH_SYS_CONFIG, 0xC0000A1200000102, 0, -EIO };
UNDONE(module_stays_busy) { TDH_SYS_CONFIG, 0x8000020200000000, 0, -EBUSY };
UNDONE(status_unknown) { TDH_SYS_CONFIG, 0xC000050100000000, 0, -EIO };
UNDONE(keys_contended) { TDH_SYS_KEY_CONFIG, 0x8000020200000000, 0, -EBUSY };
UNDONE(keys_without_entropy) { TDH_SYS_KEY_CONFIG, 0x8000080000000000, 0, -EAGAIN };
UNDONE(keys_refused) { TDH_SYS_KEY_CONFIG, 0xC000050700000000, 0, -EPERM };
UNDONE(first_tdmr_refused) { TDH_SYS_TDMR_INIT, 0xC000010000000001, 0, -EIO };
UNDONE(tdmr_refused_halfway) { TDH_SYS_TDMR_INIT, 0xC000010000000001, 300, -EIO };
UNDONE(module_gone) { TDH_SYS_TDMR_INIT, 0x8000FF00FFFF0000, 10, -ENODEV };

FIXTURE_SETUP(undone)
{
	set_up(_metadata);
}

FIXTURE_TEARDOWN(undone)
{
	tear_down(_metadata);
}

TEST_F_TIMEOUT(undone, may_be_repeated, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, test_call("subscribe"));
	ASSERT_EQ(0, emulator_inject(variant->leaf, variant->status,
				     variant->skip, ALWAYS));
	EXPECT_EQ(variant->error, enable_tdx());
	EXPECT_TRUE(status_is("unknown"));
	EXPECT_EQ(1, request_callbacks_reach(1));
	EXPECT_EQ(variant->error, test_read("result"));

	/* tdx_enable() does not repeat the attempt. */
	ASSERT_EQ(0, emulator_inject_nothing());
	calls = all_calls();
	EXPECT_EQ(variant->error, enable_tdx());
	EXPECT_EQ(calls, all_calls());

	EXPECT_EQ(0, try_tdx());
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(2, request_callbacks_reach(2));
	EXPECT_EQ(0, test_read("result"));
}

/* An error after TDH.SYS.CONFIG is final if the module cannot be disabled. */

FIXTURE(final) {
};

FIXTURE_SETUP(final)
{
	set_up(_metadata);
}

FIXTURE_TEARDOWN(final)
{
	tear_down(_metadata);
}

TEST_F_TIMEOUT(final, ends_in_error, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, test_call("subscribe"));
	ASSERT_EQ(0, emulator_inject(TDH_SYS_TDMR_INIT, OPERAND_INVALID, 300, ALWAYS));
	ASSERT_EQ(0, emulator_inject(TDH_SYS_DISABLE, OPERAND_INVALID, 0, 1));
	EXPECT_EQ(-EIO, enable_tdx());
	EXPECT_TRUE(status_is("error"));
	EXPECT_EQ(1, request_callbacks_reach(1));
	EXPECT_EQ(-EIO, test_read("result"));

	ASSERT_EQ(0, emulator_inject_nothing());
	calls = all_calls();
	EXPECT_EQ(-EIO, try_tdx());
	EXPECT_EQ(calls, all_calls());
	EXPECT_TRUE(status_is("error"));

	ASSERT_EQ(0, emulator_reset());
	EXPECT_EQ(0, enable_tdx());
	expect_one_initialization(_metadata);
}

TEST_HARNESS_MAIN
