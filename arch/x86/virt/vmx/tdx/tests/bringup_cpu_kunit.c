// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of bring-up with CPUs that go offline and come online.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/iopoll.h>
#include <linux/lanework.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include "../enable.h"
#include "../emulator/emulator.h"
#include "../seamcall_internal.h"
#include "bringup_fixture.h"

static int online_in_package(unsigned int package, unsigned int except)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu != except && topology_logical_package_id(cpu) == package)
			return cpu;
	}

	return -1;
}

/* Bring-up fails while a package has no online CPU, and succeeds afterwards. */
static void bringup_test_package_offline(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	unsigned int package = topology_max_packages() - 1;
	cpumask_var_t off;
	int cpu;

	if (!package)
		kunit_skip(test, "needs two packages");

	KUNIT_ASSERT_TRUE(test, zalloc_cpumask_var(&off, GFP_KERNEL));
	while ((cpu = online_in_package(package, nr_cpu_ids)) >= 0) {
		KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
		cpumask_set_cpu(cpu, off);
	}

	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), -ENXIO);
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->attempt.reason, "no online CPU"));
	KUNIT_EXPECT_FALSE(test, tb->attempt.configured);
	bringup_expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 0ULL);

	for_each_cpu(cpu, off)
		KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	free_cpumask_var(off);

	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(tb), 0);
}

/* A CPU that goes offline and comes back while TDX is up can make calls again. */
static void bringup_test_cpu_returns(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	unsigned int cpu = cpumask_last(cpu_online_mask);
	u64 lp_inits;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	KUNIT_ASSERT_EQ(test, tdx_host_run(tb), 0);
	lp_inits = tdx_emulator_calls(TDH_SYS_LP_INIT);

	KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);

	/* The LP is still initialized. */
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_LP_INIT), lp_inits);
}

/* Lanes that are queued on a CPU before its LP.INIT. */
static struct {
	struct lanework job;
	struct work_struct work;
	bool armed;
	atomic_t put_off;
	int result;
} early;

static int early_step(struct lane *lane)
{
	int ret = tdx_tdmr_init_next(lane);

	if (ret == LANE_NOT_HERE)
		atomic_inc(&early.put_off);

	return ret;
}

static void start_early(struct work_struct *unused)
{
	early.result = lanework_run_serial(&early.job);
}

/* This callback precedes that of TDX, so the LP is not ready before it returns. */
static int before_lp(unsigned int cpu)
{
	int put_off;

	if (!early.armed)
		return 0;

	early.armed = false;
	schedule_work_on(cpu, &early.work);
	read_poll_timeout(atomic_read, put_off, put_off >= 3, 1000, BRINGUP_PATIENCE_US, false,
			  &early.put_off);

	return 0;
}

static void prepare_early(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	unsigned int i;

	early = (typeof(early)) { .armed = true };
	INIT_WORK(&early.work, start_early);

	lanework_init(&early.job, "tdx_early", early_step);
	for (i = 0; i < tb->steps.layout.tdmrs.nr_tdmrs; i++)
		lanework_add(&early.job, &tb->steps.job.lanes[i].lane, NUMA_NO_NODE);
}

static void lanes_before_lp(struct kunit *test)
{
	unsigned int cpu = cpumask_last(cpu_online_mask);
	struct tdx_bringup *tb = test->priv;
	u64 calls;

	KUNIT_ASSERT_EQ(test, tdx_host_run(tb), 0);
	calls = tdx_emulator_calls_on(cpu, TDH_SYS_TDMR_INIT);

	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	prepare_early(test);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	flush_work(&early.work);

	/* Each lane makes one call, as its TDMR is done already, and none too early. */
	KUNIT_EXPECT_EQ(test, early.result, 0);
	KUNIT_EXPECT_GE(test, atomic_read(&early.put_off), 3);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls_on(cpu, TDH_SYS_TDMR_INIT),
			calls + tb->steps.layout.tdmrs.nr_tdmrs);
}

/* A lane makes no call on a CPU that comes online before its LP.INIT. */
static void bringup_test_lanes_before_lp(struct kunit *test)
{
	int state;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	/* Bring-up adds its own state later, so that state runs after this one. */
	state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "virt/tdx:test",
					  before_lp, NULL);
	KUNIT_ASSERT_GT(test, state, 0);
	lanes_before_lp(test);
	cpuhp_remove_state_nocalls(state);
}

static int wake_here(void *unused)
{
	tdx_lps_resume(NULL);

	return 0;
}

static void sleep_and_wake(struct kunit *test, bool in_vmx)
{
	KUNIT_EXPECT_EQ(test, bringup_in_vmx(0), in_vmx);
	KUNIT_EXPECT_EQ(test, smp_call_on_cpu(0, tdx_lps_suspend, NULL, false), 0);
	KUNIT_EXPECT_FALSE(test, bringup_in_vmx(0));
	smp_call_on_cpu(0, wake_here, NULL, false);
	KUNIT_EXPECT_EQ(test, bringup_in_vmx(0), in_vmx);
}

/* While the system sleeps, the last CPU is out of VMX operation, also before bring-up. */
static void bringup_test_sleep(struct kunit *test)
{
	sleep_and_wake(test, false);
	KUNIT_ASSERT_EQ(test, tdx_host_run(test->priv), 0);
	sleep_and_wake(test, true);
}

static void expect_shutdown(struct kunit *test, bool disables)
{
	tdx_lps_shutdown(NULL);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_DISABLE) > 0, disables);
	tdx_emulator_audit_shutdown();
}

/*
 * After a shutdown, the module is disabled, which takes several calls, all CPUs are out of
 * VMX operation, and all caches are clean.
 */
static void bringup_test_shutdown(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, tdx_host_run(test->priv), 0);
	expect_shutdown(test, true);
}

/* A shutdown disables the module even if an attempt has only asked for its metadata. */
static void bringup_test_shutdown_early(struct kunit *test)
{
	bringup_inject(test, TDH_SYS_RD, 0, 1, 0xC000050500000000ULL);
	KUNIT_ASSERT_EQ(test, tdx_host_run(test->priv), -ENODATA);
	expect_shutdown(test, true);
}

/* A shutdown before the first request makes no call, because there may be no module. */
static void bringup_test_shutdown_before(struct kunit *test)
{
	expect_shutdown(test, false);
	KUNIT_EXPECT_EQ(test, tdx_emulator_total_calls(), 0ULL);
}

static struct kunit_case bringup_cpu_cases[] = {
	KUNIT_CASE(bringup_test_package_offline),
	KUNIT_CASE(bringup_test_cpu_returns),
	KUNIT_CASE(bringup_test_lanes_before_lp),
	KUNIT_CASE(bringup_test_sleep),
	KUNIT_CASE(bringup_test_shutdown),
	KUNIT_CASE(bringup_test_shutdown_early),
	KUNIT_CASE(bringup_test_shutdown_before),
	{}
};

static struct kunit_suite bringup_cpu_suite = {
	.name = "tdx_bringup_cpu",
	.init = bringup_fixture_init,
	.exit = bringup_fixture_exit,
	.test_cases = bringup_cpu_cases,
};

kunit_test_suite(bringup_cpu_suite);
