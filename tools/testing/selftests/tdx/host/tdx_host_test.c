// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does this host bring TDX up when it is asked to, and only then?
 *
 * Run as root on a kernel with the options in `config`.  What asks is the
 * module in test_modules.  With the emulated TDX module (tdx_emulator=on on
 * the kernel command line) it is also seen what was asked of the module, and
 * how failures end; without it only the tests of `host` are run, which on
 * real hardware leave TDX initialised until reboot.
 *
 * The emulated module is reset after each test.  Nobody else should ask for
 * TDX meanwhile.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define TASKS		64
#define STORM_ROUNDS	10

/* More than any bounded retry makes. */
#define FOR_EVER	1000000

/* Nobody has asked.  First, and without a reset that would hide calls. */

FIXTURE(unasked) {
};

FIXTURE_SETUP(unasked)
{
	const char *lack = missing();

	if (lack)
		SKIP(return, "%s", lack);
	if (!status_is("unknown"))
		SKIP(return, "somebody has asked for TDX before this test");
}

FIXTURE_TEARDOWN(unasked)
{
	EXPECT_EQ(0, asker_unload());
}

TEST_F(unasked, nothing_is_called)
{
	EXPECT_EQ(0, calls_in_all());
}

TEST_F(unasked, tdx_host_calls_nothing)
{
	if (tdx_host_present() && tdx_host_unload())
		SKIP(return, "module tdx-host is built in, or in use");
	if (tdx_host_load())
		SKIP(return, "no module tdx-host: CONFIG_TDX_HOST_SERVICES=m");

	EXPECT_TRUE(tdx_host_present());
	EXPECT_EQ(0, calls_in_all());
	EXPECT_TRUE(status_is("unknown"));
	EXPECT_EQ(0, tdx_host_unload());
}

TEST_F(unasked, a_subscriber_calls_nothing)
{
	long before = asker_completions();

	EXPECT_EQ(0, asker_subscribe());
	EXPECT_EQ(0, calls_in_all());
	EXPECT_TRUE(status_is("unknown"));
	EXPECT_EQ(before, asker_completions());
	EXPECT_EQ(0, asker_cancel());
}

/* Real hardware too. */

FIXTURE(host) {
};

FIXTURE_SETUP(host)
{
	const char *lack = missing_asker();

	if (lack)
		SKIP(return, "%s", lack);
}

FIXTURE_TEARDOWN(host)
{
	EXPECT_EQ(0, asker_unload());
}

TEST_F_TIMEOUT(host, comes_up, TIMEOUT)
{
	int ret = ask();

	if (ret == -ENODEV) {
		EXPECT_TRUE(status_is("unknown"));
		SKIP(return, "no TDX on this host (see dmesg)");
	}

	EXPECT_EQ(0, ret);
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(0, ask());
}

/* All goes well. */

FIXTURE(emulated) {
};

FIXTURE_SETUP(emulated)
{
	start_afresh(_metadata);
}

FIXTURE_TEARDOWN(emulated)
{
	end_clean(_metadata);
}

TEST_F_TIMEOUT(emulated, asked_again, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, ask());
	expect_one_initialisation(_metadata);

	calls = calls_in_all();
	EXPECT_EQ(0, ask());
	EXPECT_EQ(calls, calls_in_all());
}

TEST_F_TIMEOUT(emulated, asked_by_kernel_threads, TIMEOUT)
{
	int asked, succeeded;

	ASSERT_EQ(0, ask_in_parallel(TASKS));
	ASSERT_EQ(0, parallel_results(&asked, &succeeded));
	EXPECT_EQ(TASKS, asked);
	EXPECT_EQ(TASKS, succeeded);
	expect_one_initialisation(_metadata);
}

static bool stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);

	return !sched_setaffinity(0, sizeof(set), &set);
}

/* Asks when the other end of the pipe @go is closed; anywhere if @cpu is negative. */
static void ask_at_signal(const int go[2], int cpu)
{
	char nothing;

	close(go[1]);
	if (cpu >= 0 && !stay_on(cpu))
		_exit(EXIT_FAILURE);
	if (read(go[0], &nothing, 1))
		_exit(EXIT_FAILURE);

	_exit(ask() ? EXIT_FAILURE : EXIT_SUCCESS);
}

FIXTURE(processes) {
};

FIXTURE_VARIANT(processes) {
	bool pinned;
};

FIXTURE_VARIANT_ADD(processes, anywhere) {
	false,
};

/* One on each CPU, and the next again on the first. */
FIXTURE_VARIANT_ADD(processes, pinned) {
	true,
};

FIXTURE_SETUP(processes)
{
	start_afresh(_metadata);
}

FIXTURE_TEARDOWN(processes)
{
	end_clean(_metadata);
}

TEST_F_TIMEOUT(processes, ask, TIMEOUT)
{
	int go[2], i, status, succeeded = 0;
	long cpus = online_cpus();
	pid_t pids[TASKS];

	ASSERT_EQ(0, pipe(go));
	for (i = 0; i < TASKS; i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			ask_at_signal(go, variant->pinned ? i % cpus : -1);
	}
	close(go[0]);
	close(go[1]);

	for (i = 0; i < TASKS; i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		succeeded += WIFEXITED(status) && !WEXITSTATUS(status);
	}
	EXPECT_EQ(TASKS, succeeded);
	expect_one_initialisation(_metadata);
}

TEST_F_TIMEOUT(emulated, a_killed_waiter_stops_nothing, TIMEOUT)
{
	int status;
	pid_t pid;

	/* Seconds for the keys alone: the waiter dies long before. */
	ASSERT_EQ(0, emulator_dilate(1000));

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(ask() ? EXIT_FAILURE : EXIT_SUCCESS);

	while (status_is("unknown"))
		usleep(1000);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_TRUE(status_is("initializing"));

	ASSERT_EQ(0, emulator_dilate(1));
	EXPECT_EQ(0, ask());
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(emulated, subscribers_are_told_once, TIMEOUT)
{
	long before = asker_completions();

	ASSERT_EQ(0, asker_subscribe());
	ASSERT_EQ(0, ask());
	EXPECT_EQ(before + 1, asker_completions_reach(before + 1));
	EXPECT_EQ(0, asker_result());

	EXPECT_EQ(0, ask());
	EXPECT_EQ(before + 1, asker_completions());
}

TEST_F_TIMEOUT(emulated, late_subscribers_are_told, TIMEOUT)
{
	long before = asker_completions();

	ASSERT_EQ(0, ask());
	ASSERT_EQ(0, asker_subscribe());
	EXPECT_EQ(before + 1, asker_completions_reach(before + 1));
	EXPECT_EQ(0, asker_result());
}

TEST_F_TIMEOUT(emulated, who_cancels_is_not_told, TIMEOUT)
{
	long before = asker_completions();

	ASSERT_EQ(0, asker_subscribe());
	ASSERT_EQ(0, asker_cancel());
	ASSERT_EQ(0, ask());
	usleep(100 * 1000);
	EXPECT_EQ(before, asker_completions());
}

TEST_F_TIMEOUT(emulated, its_user_is_reloaded, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, ask());
	calls = calls_in_all();

	ASSERT_EQ(0, asker_unload());
	ASSERT_EQ(0, asker_load());
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(0, ask());
	EXPECT_EQ(calls, calls_in_all());

	/* A subscription must not outlive the module it calls back into. */
	ASSERT_EQ(0, emulator_reset());
	ASSERT_EQ(0, asker_subscribe());
	ASSERT_EQ(0, asker_unload());
	ASSERT_EQ(0, asker_load());
	EXPECT_EQ(0, ask());
	expect_one_initialisation(_metadata);
}

/* CPUs that come and go meanwhile */

static void turn_off_and_on(long cpu)
{
	int i, ret = 0;

	for (i = 0; i < STORM_ROUNDS && !ret; i++)
		ret = cpu_set_online(cpu, false) ?: cpu_set_online(cpu, true);

	_exit(ret ? EXIT_FAILURE : EXIT_SUCCESS);
}

FIXTURE(storm) {
	long cpu;
};

FIXTURE_SETUP(storm)
{
	self->cpu = spare_cpu();
	if (!geteuid() && self->cpu < 0)
		SKIP(return, "no CPU to spare: CONFIG_HOTPLUG_CPU=y, two in a package");

	start_afresh(_metadata);
}

FIXTURE_TEARDOWN(storm)
{
	end_clean(_metadata);
}

/* The rest of the bring-up is slow until the CPU has had its turns. */
TEST_F_TIMEOUT(storm, of_a_cpu, TIMEOUT)
{
	int status;
	pid_t pid;

	ASSERT_EQ(0, emulator_dilate(1000));
	ASSERT_EQ(0, ask_async());
	while (calls_of(TDH_SYS_TDMR_INIT) < 8)
		usleep(1000);
	ASSERT_EQ(0, emulator_dilate(10000));

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		turn_off_and_on(self->cpu);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	EXPECT_TRUE(status_is("initializing"));

	ASSERT_EQ(0, emulator_dilate(1));
	EXPECT_EQ(0, ask());
	expect_one_initialisation(_metadata);
}

/* The module, or the instruction, fails now and then: nobody is told. */

FIXTURE(passing) {
};

FIXTURE_VARIANT(passing) {
	unsigned int leaf;
	unsigned long long status;
	unsigned int skip;
	unsigned int count;
};

FIXTURE_VARIANT_ADD(passing, entropy_at_lp_init) {
	TDH_SYS_LP_INIT, 0x8000020300000000, 1, 2,
};

FIXTURE_VARIANT_ADD(passing, contended_sys_config) {
	TDH_SYS_CONFIG, 0x8000020200000000, 0, 1,
};

FIXTURE_VARIANT_ADD(passing, contended_key_config) {
	TDH_SYS_KEY_CONFIG, 0x8000020200000000, 0, 3,
};

FIXTURE_VARIANT_ADD(passing, key_table_busy) {
	TDH_SYS_KEY_CONFIG, 0x80000200000000BB, 0, 1,
};

FIXTURE_VARIANT_ADD(passing, entropy_at_key_config) {
	TDH_SYS_KEY_CONFIG, 0x8000080000000000, 0, 2,
};

FIXTURE_VARIANT_ADD(passing, tdmr_busy) {
	TDH_SYS_TDMR_INIT, 0x8000020000000001, 100, 3,
};

FIXTURE_SETUP(passing)
{
	start_afresh(_metadata);
}

FIXTURE_TEARDOWN(passing)
{
	end_clean(_metadata);
}

TEST_F_TIMEOUT(passing, is_repeated, TIMEOUT)
{
	ASSERT_EQ(0, emulator_inject(variant->leaf, variant->status,
				     variant->skip, variant->count));
	EXPECT_EQ(0, ask());
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_LE(variant->skip + variant->count + 1, calls_of(variant->leaf));
}

/* Fails before the module was configured: it may be asked again. */

FIXTURE(undone) {
};

FIXTURE_VARIANT(undone) {
	unsigned int leaf;
	unsigned long long status;
	unsigned int skip;
	int error;
};

FIXTURE_VARIANT_ADD(undone, no_module) {
	TDH_SYS_INIT, 0x8000FF00FFFF0000, 0, -ENODEV,
};

FIXTURE_VARIANT_ADD(undone, not_enabled_by_bios) {
	TDH_SYS_INIT, 0x8000FF000000000D, 0, -EOPNOTSUPP,
};

FIXTURE_VARIANT_ADD(undone, not_in_vmx) {
	TDH_SYS_INIT, 0x8000FF0000000006, 0, -EACCES,
};

FIXTURE_VARIANT_ADD(undone, old_bios) {
	TDH_SYS_INIT, 0xC000090000000000, 0, -EOPNOTSUPP,
};

FIXTURE_VARIANT_ADD(undone, initialised_before) {
	TDH_SYS_INIT, 0xC000050000000000, 0, -EPERM,
};

FIXTURE_VARIANT_ADD(undone, no_entropy) {
	TDH_SYS_LP_INIT, 0x8000020300000000, 0, -EAGAIN,
};

FIXTURE_VARIANT_ADD(undone, other_cpus_differ) {
	TDH_SYS_LP_INIT, 0xC00009200000003B, 1, -EOPNOTSUPP,
};

FIXTURE_VARIANT_ADD(undone, old_module) {
	TDH_SYS_RD, 0xC000050500000000, 0, -ENODATA,
};

FIXTURE_VARIANT_ADD(undone, field_unknown) {
	TDH_SYS_RD, 0xC0000C0000000000, 5, -ENODATA,
};

FIXTURE_VARIANT_ADD(undone, lp_missing) {
	TDH_SYS_CONFIG, 0xC000050C00000000, 0, -ENXIO,
};

FIXTURE_VARIANT_ADD(undone, operand_invalid) {
	TDH_SYS_CONFIG, 0xC000010000000001, 0, -EINVAL,
};

FIXTURE_VARIANT_ADD(undone, tdmr_outside_cmrs) {
	TDH_SYS_CONFIG, 0xC0000A0200000000, 0, -EINVAL,
};

FIXTURE_VARIANT_ADD(undone, pamt_overlap) {
	TDH_SYS_CONFIG, 0xC0000A1200000102, 0, -EINVAL,
};

FIXTURE_VARIANT_ADD(undone, module_stays_busy) {
	TDH_SYS_CONFIG, 0x8000020200000000, 0, -EBUSY,
};

FIXTURE_VARIANT_ADD(undone, status_unknown) {
	TDH_SYS_CONFIG, 0xC000050100000000, 0, -EIO,
};

FIXTURE_SETUP(undone)
{
	start_afresh(_metadata);
}

FIXTURE_TEARDOWN(undone)
{
	end_clean(_metadata);
}

TEST_F_TIMEOUT(undone, may_be_asked_again, TIMEOUT)
{
	long before = asker_completions();

	ASSERT_EQ(0, asker_subscribe());
	ASSERT_EQ(0, emulator_inject(variant->leaf, variant->status,
				     variant->skip, FOR_EVER));
	EXPECT_EQ(variant->error, ask());
	EXPECT_TRUE(status_is("unknown"));
	EXPECT_EQ(before + 1, asker_completions_reach(before + 1));
	EXPECT_EQ(variant->error, asker_result());

	ASSERT_EQ(0, emulator_inject_nothing());
	EXPECT_EQ(0, ask());
	EXPECT_TRUE(status_is("initialized"));
}

/* Fails after the module was configured: only a reset helps. */

FIXTURE(final) {
};

FIXTURE_VARIANT(final) {
	unsigned int leaf;
	unsigned long long status;
	unsigned int skip;
	int error;
};

FIXTURE_VARIANT_ADD(final, keys_contended) {
	TDH_SYS_KEY_CONFIG, 0x8000020200000000, 0, -EBUSY,
};

FIXTURE_VARIANT_ADD(final, keys_without_entropy) {
	TDH_SYS_KEY_CONFIG, 0x8000080000000000, 0, -EAGAIN,
};

FIXTURE_VARIANT_ADD(final, keys_refused) {
	TDH_SYS_KEY_CONFIG, 0xC000050700000000, 0, -EPERM,
};

FIXTURE_VARIANT_ADD(final, first_tdmr_refused) {
	TDH_SYS_TDMR_INIT, 0xC000010000000001, 0, -EINVAL,
};

FIXTURE_VARIANT_ADD(final, tdmr_refused_halfway) {
	TDH_SYS_TDMR_INIT, 0xC000010000000001, 300, -EINVAL,
};

FIXTURE_VARIANT_ADD(final, module_gone) {
	TDH_SYS_TDMR_INIT, 0x8000FF00FFFF0000, 10, -ENODEV,
};

FIXTURE_SETUP(final)
{
	start_afresh(_metadata);
}

FIXTURE_TEARDOWN(final)
{
	end_clean(_metadata);
}

TEST_F_TIMEOUT(final, ends_in_error, TIMEOUT)
{
	long calls;

	ASSERT_EQ(0, emulator_inject(variant->leaf, variant->status,
				     variant->skip, FOR_EVER));
	EXPECT_EQ(variant->error, ask());
	EXPECT_TRUE(status_is("error"));

	ASSERT_EQ(0, emulator_inject_nothing());
	calls = calls_in_all();
	EXPECT_EQ(variant->error, ask());
	EXPECT_EQ(calls, calls_in_all());
	EXPECT_TRUE(status_is("error"));

	ASSERT_EQ(0, emulator_reset());
	EXPECT_EQ(0, ask());
	expect_one_initialisation(_metadata);
}

TEST_HARNESS_MAIN
