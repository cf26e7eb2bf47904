// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the seven steps, on the emulated module: every call they make can be
 * made to fail, and each failure must give back what was taken.
 *
 * The bring-up under test is the suite's own and runs in the test's own thread;
 * what the rest of the kernel sees of it is reset after each test.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/lanework.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include <asm/mce.h>

#include "../bringup.h"
#include "../emulator/emulator.h"
#include "../seamcall_internal.h"

#define CALL_BYTES	((u64)SZ_4M)

/* Longer than anything here takes, also where CPUs are emulated and shared. */
#define PATIENCE	(60 * HZ)

#define ALWAYS	UINT_MAX

static int bringup_init(struct kunit *test)
{
	struct tdx_bringup *tb;

	if (!tdx_emulator_active())
		kunit_skip(test, "needs tdx_emulator=on");

	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);

	tb = kunit_kzalloc(test, sizeof(*tb), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tb);
	tdx_bringup_init(tb, tdx_bringup_run);
	test->priv = tb;

	return 0;
}

static void bringup_exit(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	if (!tb)
		return;

	/* The module first: while it is up it wants its PAMTs. */
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
	if (tb->layout.plans)
		tdx_bringup_forget(tb);
}

static u64 tdmr_bytes(const struct tdx_bringup *tb)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < tb->layout.nr_plans; i++)
		bytes += tb->layout.plans[i].size;

	return bytes;
}

static void expect_no_audit(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0ULL);
}

/* Outside VMX operation the instruction itself fails. */
static int in_vmx(void *unused)
{
	struct tdx_module_args args = {};

	return __seamcall(TDH_SYS_LP_INIT, &args) != TDX_SEAMCALL_UD;
}

static void expect_no_vmx(struct kunit *test)
{
	unsigned int cpu, nr = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		nr += smp_call_on_cpu(cpu, in_vmx, NULL, false);
	cpus_read_unlock();

	KUNIT_EXPECT_EQ_MSG(test, nr, 0, "CPUs left in VMX operation");
}

static void expect_nothing_held(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	expect_no_vmx(test);
	KUNIT_EXPECT_NULL(test, tb->ranges);
	KUNIT_EXPECT_NULL(test, tb->layout.plans);
	KUNIT_EXPECT_NULL(test, tb->layout.areas);
	KUNIT_EXPECT_NULL(test, tb->tdmrs.tdmrs);
	KUNIT_EXPECT_NULL(test, tdx_get_sysinfo());
}

static void inject(struct kunit *test, u64 leaf, unsigned int skip,
		   unsigned int count, u64 status)
{
	const struct tdx_emulator_fault fault = {
		.leaf = leaf,
		.any_rdx = true,
		.skip = skip,
		.count = count,
		.status = status,
	};

	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
}

static void bringup_test_success(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_bringup_run(tb), 0);
	KUNIT_EXPECT_NOT_NULL(test, tdx_get_sysinfo());
	KUNIT_EXPECT_EQ(test, tdx_get_sysinfo()->tdmr.max_tdmrs, 64);

	/* Each thing exactly as often as it is needed. */
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_INIT), 1ULL);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_LP_INIT),
			(u64)num_online_cpus());
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 1ULL);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_KEY_CONFIG),
			(u64)topology_max_packages());
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_TDMR_INIT),
			tdmr_bytes(tb) / CALL_BYTES);
	expect_no_audit(test);
}

static u64 tdmr_calls_on_node(int node)
{
	unsigned int cpu;
	u64 calls = 0;

	for_each_cpu(cpu, cpumask_of_node(node))
		calls += tdx_emulator_calls_on(cpu, TDH_SYS_TDMR_INIT);

	return calls;
}

/* Calls that the TDMRs at home on a node need. */
static u64 tdmr_calls_of_node(const struct tdx_bringup *tb, int node)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < tb->layout.nr_plans; i++) {
		if (tdx_layout_home(tb->layout.plans[i].node) == node)
			bytes += tb->layout.plans[i].size;
	}

	return bytes / CALL_BYTES;
}

/* Each node does its own TDMRs, all of them, and no others. */
static void bringup_test_nodes(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	int node;

	if (num_node_state(N_CPU) < 2)
		kunit_skip(test, "needs two nodes with CPUs");

	KUNIT_ASSERT_EQ(test, tdx_bringup_run(tb), 0);
	for_each_node_state(node, N_CPU)
		KUNIT_EXPECT_EQ_MSG(test, tdmr_calls_on_node(node),
				    tdmr_calls_of_node(tb, node), "node %d",
				    node);
	expect_no_audit(test);
}

/* One answer for ever, at one call of bring-up. */
struct failure {
	const char *name;
	u64 leaf;
	unsigned int skip;
	u64 status;
	int error;
	bool final;
};

static const struct failure failures[] = {
	{ "module not loaded", TDH_SYS_INIT, 0, TDX_FAULT_VMFAIL, -ENODEV },
	{ "SEAM off", TDH_SYS_INIT, 0, TDX_FAULT_GP, -EOPNOTSUPP },
	{ "not in VMX operation", TDH_SYS_INIT, 0, TDX_FAULT_UD, -EACCES },
	{ "SYS.INIT bad MSR", TDH_SYS_INIT, 0, 0xC00009210000010AULL, -EOPNOTSUPP },
	{ "SYS.INIT busy", TDH_SYS_INIT, 0, 0x8000020200000000ULL, -EBUSY },
	{ "SYS.INIT no entropy", TDH_SYS_INIT, 0, 0x8000020300000000ULL, -EAGAIN },
	{ "first LP.INIT", TDH_SYS_LP_INIT, 0, 0xC000092000000122ULL, -EOPNOTSUPP },
	{ "other LP.INIT", TDH_SYS_LP_INIT, 1, 0xC000092000000122ULL, -EOPNOTSUPP },
	{ "LP.INIT busy", TDH_SYS_LP_INIT, 1, 0x8000020200000000ULL, -EBUSY },
	{ "no SYS.RD", TDH_SYS_RD, 0, 0xC000050500000000ULL, -ENODATA },
	{ "field unknown", TDH_SYS_RD, 5, 0xC0000C0000000000ULL, -ENODATA },
	{ "field not readable", TDH_SYS_RD, 20, 0xC0000C0200000000ULL, -ENODATA },
	{ "LP missing", TDH_SYS_CONFIG, 0, 0xC000050C00000000ULL, -ENXIO },
	{ "CONFIG busy", TDH_SYS_CONFIG, 0, 0x8000020200000000ULL, -EBUSY },
	{ "bad KeyID", TDH_SYS_CONFIG, 0, 0xC000010000000008ULL, -EINVAL },
	{ "invalid TDMR", TDH_SYS_CONFIG, 0, 0xC0000A0000000000ULL, -EINVAL },
	{ "TDMR order", TDH_SYS_CONFIG, 0, 0xC0000A0100000001ULL, -EINVAL },
	{ "TDMR outside CMRs", TDH_SYS_CONFIG, 0, 0xC0000A0200000000ULL, -EINVAL },
	{ "invalid PAMT", TDH_SYS_CONFIG, 0, 0xC0000A1000000000ULL, -EINVAL },
	{ "PAMT outside CMRs", TDH_SYS_CONFIG, 0, 0xC0000A1100000100ULL, -EINVAL },
	{ "PAMT overlap", TDH_SYS_CONFIG, 0, 0xC0000A1200000102ULL, -EINVAL },
	{ "invalid reserved", TDH_SYS_CONFIG, 0, 0xC0000A2000000100ULL, -EINVAL },
	{ "reserved order", TDH_SYS_CONFIG, 0, 0xC0000A2100000100ULL, -EINVAL },
	{ "unknown status", TDH_SYS_CONFIG, 0, 0xC0007F0000000000ULL, -EIO },
	{ "key busy", TDH_SYS_KEY_CONFIG, 0, 0x80000200000000BBULL, -EBUSY, true },
	{ "no key entropy", TDH_SYS_KEY_CONFIG, 0, 0x8000080000000000ULL, -EAGAIN, true },
	{ "key order", TDH_SYS_KEY_CONFIG, 0, 0xC000050700000000ULL, -EPERM, true },
	{ "TDMR not ready", TDH_SYS_TDMR_INIT, 0, 0xC000050500000000ULL, -EPERM, true },
	{ "TDMR half-way", TDH_SYS_TDMR_INIT, 100, 0xC000010000000001ULL, -EINVAL, true },
	{ "TDMR busy", TDH_SYS_TDMR_INIT, 7, 0x8000020000000001ULL, -EBUSY, true },
	{ "module dies", TDH_SYS_TDMR_INIT, 9, TDX_FAULT_VMFAIL, -ENODEV, true },
};

static void failure_desc(const struct failure *failure, char *desc)
{
	strscpy(desc, failure->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(failure, failures, failure_desc);

static void bringup_test_failure(struct kunit *test)
{
	const struct failure *failure = test->param_value;
	struct tdx_bringup *tb = test->priv;
	const char *leaf = seam_leaf_name(failure->leaf);

	if (failure->leaf == TDH_SYS_LP_INIT &&
	    failure->skip >= num_online_cpus())
		kunit_skip(test, "needs two CPUs");

	inject(test, failure->leaf, failure->skip, ALWAYS, failure->status);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), failure->error);
	KUNIT_EXPECT_EQ(test, tb->configured, failure->final);
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->reason, leaf));
	expect_nothing_held(test);
	expect_no_audit(test);
	if (failure->final)
		return;

	/* The module was left as it was: the next attempt can succeed. */
	tdx_emulator_inject_clear();
	tb->reason[0] = '\0';
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), 0);
	expect_no_audit(test);
}

/* What passes by itself must not be seen from outside. */
struct passing {
	const char *name;
	u64 leaf;
	unsigned int skip;
	unsigned int count;
	u64 status;
};

static const struct passing passings[] = {
	{ "SYS.INIT busy", TDH_SYS_INIT, 0, 3, 0x8000020200000000ULL },
	{ "SYS.INIT entropy", TDH_SYS_INIT, 0, 12, 0x8000020300000000ULL },
	{ "LP.INIT busy", TDH_SYS_LP_INIT, 0, 2, 0x8000020200000000ULL },
	{ "CONFIG busy", TDH_SYS_CONFIG, 0, 2, 0x8000020200000000ULL },
	{ "KEY.CONFIG busy", TDH_SYS_KEY_CONFIG, 0, 3, 0x8000020200000000ULL },
	{ "key table busy", TDH_SYS_KEY_CONFIG, 0, 3, 0x80000200000000BBULL },
	{ "key entropy", TDH_SYS_KEY_CONFIG, 0, 5, 0x8000080000000000ULL },
	{ "TDMR busy", TDH_SYS_TDMR_INIT, 10, 2, 0x8000020000000001ULL },
};

static void passing_desc(const struct passing *passing, char *desc)
{
	strscpy(desc, passing->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(passing, passings, passing_desc);

static void bringup_test_passing(struct kunit *test)
{
	const struct passing *passing = test->param_value;
	struct tdx_bringup *tb = test->priv;

	inject(test, passing->leaf, passing->skip, passing->count,
	       passing->status);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), 0);
	KUNIT_EXPECT_STREQ(test, tb->reason, "");
	expect_no_audit(test);
}

/* A TDMR that somebody else has finished is finished. */
static void bringup_test_tdmr_already(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	inject(test, TDH_SYS_TDMR_INIT, 0, 1, 0x00000A0300000000ULL);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), 0);
}

static bool take_nothing(u64 base, u64 size)
{
	return false;
}

static u64 find_nothing(u64 size, int node)
{
	return 0;
}

static void bringup_test_no_pamt(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	kunit_activate_static_stub(test, tdx_pamt_take, take_nothing);
	kunit_activate_static_stub(test, tdx_pamt_find, find_nothing);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->reason, "PAMT"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->reason, "tdx_host=async"));
	KUNIT_EXPECT_FALSE(test, tb->configured);
	expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 0ULL);

	kunit_deactivate_static_stub(test, tdx_pamt_find);
	kunit_deactivate_static_stub(test, tdx_pamt_take);
	tb->reason[0] = '\0';
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), 0);
	expect_no_audit(test);
}

/* Where no planned place can be had, any will do. */
static void bringup_test_pamt_anywhere(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	kunit_activate_static_stub(test, tdx_pamt_take, take_nothing);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), 0);
	expect_no_audit(test);
}

/* What the PAMTs of a bring-up had, which is undone then. */
struct places {
	unsigned int nr;
	u64 base[TDMR_MAX_PLANS];
	u64 bytes[TDMR_MAX_PLANS];
	u64 last_tdmr;
};

static void bring_up_and_down(struct kunit *test, struct places *places)
{
	struct tdx_bringup *tb = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, tdx_bringup_run(tb), 0);
	expect_no_audit(test);

	places->nr = tb->layout.nr_plans;
	for (i = 0; i < places->nr; i++) {
		places->base[i] = tb->layout.plans[i].pamt_base;
		places->bytes[i] = tdmr_pamt_bytes(&tb->layout.plans[i]);
		places->last_tdmr = tb->layout.plans[i].base;
	}

	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_renew(tb, tdx_bringup_forget), 0);
}

static struct places *alloc_places(struct kunit *test)
{
	struct places *places;

	places = kunit_kzalloc(test, sizeof(*places), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, places);

	return places;
}

static void give_back(const struct places *places, unsigned int i)
{
	free_contig_range(PHYS_PFN(places->base[i]),
			  PFN_DOWN(places->bytes[i]));
}

/* One is in the way of a PAMT: that goes elsewhere, and no other does. */
static void bringup_test_pamt_one_taken(struct kunit *test)
{
	struct places *free = alloc_places(test), *taken = alloc_places(test);
	unsigned int i, last;

	bring_up_and_down(test, free);
	last = free->nr - 1;

	KUNIT_ASSERT_TRUE(test, tdx_pamt_take(free->base[last], free->bytes[last]));
	bring_up_and_down(test, taken);
	give_back(free, last);

	for (i = 0; i < last; i++)
		KUNIT_EXPECT_EQ(test, taken->base[i], free->base[i]);
	KUNIT_EXPECT_NE(test, taken->base[last], free->base[last]);
}

/* Of the TDMR in which nothing can be had. */
static u64 full_base;

static bool take_below_full(u64 base, u64 size)
{
	return base < full_base &&
	       !alloc_contig_range(PHYS_PFN(base), PHYS_PFN(base + size),
				   ACR_FLAGS_NONE, GFP_KERNEL | __GFP_NOWARN);
}

/* The last cannot be had at all: what the others have is given back. */
static void bringup_test_pamt_one_missing(struct kunit *test)
{
	struct places *places = alloc_places(test);
	struct tdx_bringup *tb = test->priv;
	unsigned int i, taken = 0;

	bring_up_and_down(test, places);
	full_base = places->last_tdmr;

	kunit_activate_static_stub(test, tdx_pamt_take, take_below_full);
	kunit_activate_static_stub(test, tdx_pamt_find, find_nothing);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), -ENOMEM);
	expect_nothing_held(test);
	kunit_deactivate_static_stub(test, tdx_pamt_find);
	kunit_deactivate_static_stub(test, tdx_pamt_take);

	for (i = 0; i < places->nr; i++) {
		if (!tdx_pamt_take(places->base[i], places->bytes[i]))
			break;
		taken++;
	}
	KUNIT_EXPECT_EQ(test, taken, places->nr);
	while (taken--)
		give_back(places, taken);
}

static int online_in_package(unsigned int package, unsigned int except)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (cpu != except && topology_logical_package_id(cpu) == package)
			return cpu;
	}

	return -1;
}

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

	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), -ENXIO);
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->reason, "no online CPU"));
	KUNIT_EXPECT_FALSE(test, tb->configured);
	expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 0ULL);

	for_each_cpu(cpu, off)
		KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	free_cpumask_var(off);

	tb->reason[0] = '\0';
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), 0);
	expect_no_audit(test);
}

/* CPUs come and go once TDX is up: each must be able to make calls again. */
static void bringup_test_cpu_returns(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	unsigned int cpu = cpumask_last(cpu_online_mask);
	u64 lp_inits;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	KUNIT_ASSERT_EQ(test, tdx_bringup_run(tb), 0);
	lp_inits = tdx_emulator_calls(TDH_SYS_LP_INIT);

	KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);

	/* The LP was initialised before: once is enough. */
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_LP_INIT), lp_inits);
	expect_no_audit(test);
}

static struct workqueue_struct *no_wq(const char *name)
{
	return NULL;
}

/* Lanes that are queued where calls cannot be made yet. */
static struct {
	struct lanework job;
	struct work_struct work;
	bool armed;
	atomic_t put_off;
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
	lanework_start(&early.job);
}

/* Comes before the state of TDX: the LP becomes ready when this has returned. */
static int before_lp(unsigned int cpu)
{
	unsigned long end = jiffies + PATIENCE;

	if (!early.armed)
		return 0;

	early.armed = false;
	schedule_work_on(cpu, &early.work);
	while (atomic_read(&early.put_off) < 3 && time_before(jiffies, end))
		usleep_range(1000, 2000);

	return 0;
}

static void prepare_early(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	unsigned int i;

	early = (typeof(early)) { .armed = true };
	INIT_WORK(&early.work, start_early);

	/* Without a workqueue the lanes run where they are started. */
	kunit_activate_static_stub(test, lanework_alloc_wq, no_wq);
	KUNIT_ASSERT_EQ(test, lanework_init(&early.job, "tdx_early", early_step), 0);
	kunit_deactivate_static_stub(test, lanework_alloc_wq);

	for (i = 0; i < tb->layout.nr_plans; i++)
		lanework_add(&early.job, &tb->lanes[i].lane, NUMA_NO_NODE);
}

static void lanes_before_lp(struct kunit *test)
{
	unsigned int cpu = cpumask_last(cpu_online_mask);
	struct tdx_bringup *tb = test->priv;
	u64 calls;

	KUNIT_ASSERT_EQ(test, tdx_bringup_run(tb), 0);
	calls = tdx_emulator_calls_on(cpu, TDH_SYS_TDMR_INIT);

	KUNIT_ASSERT_EQ(test, remove_cpu(cpu), 0);
	prepare_early(test);
	KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	flush_work(&early.work);

	/* One call for each: it is done already.  None before its time. */
	KUNIT_EXPECT_EQ(test, lanework_wait(&early.job), 0);
	KUNIT_EXPECT_GE(test, atomic_read(&early.put_off), 3);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls_on(cpu, TDH_SYS_TDMR_INIT),
			calls + tb->layout.nr_plans);
	KUNIT_EXPECT_EQ(test, lanework_free(&early.job), 0);
	expect_no_audit(test);
}

static void bringup_test_lanes_before_lp(struct kunit *test)
{
	int state;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	/* Before bring-up, so that its own state comes behind. */
	state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "virt/tdx:test",
					  before_lp, NULL);
	KUNIT_ASSERT_GT(test, state, 0);
	lanes_before_lp(test);
	cpuhp_remove_state_nocalls(state);
}

static int stop_after_calls(void *data)
{
	struct tdx_bringup *tb = data;

	while (!kthread_should_stop() && tdx_emulator_calls(TDH_SYS_TDMR_INIT) < 4)
		usleep_range(100, 200);
	tdx_bringup_stop(tb);

	while (!kthread_should_stop())
		usleep_range(100, 200);

	return 0;
}

static void bringup_test_stop(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	struct task_struct *stopper;
	u64 all;

	stopper = kthread_run(stop_after_calls, tb, "tdx-stopper");
	KUNIT_ASSERT_FALSE(test, IS_ERR(stopper));
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), -ESHUTDOWN);
	kthread_stop(stopper);

	/* The module is half-way: its PAMTs are its own. */
	all = tdmr_bytes(tb) / CALL_BYTES;
	KUNIT_EXPECT_TRUE(test, tb->configured);
	KUNIT_EXPECT_NOT_NULL(test, tb->layout.plans);
	KUNIT_EXPECT_LT(test, tdx_emulator_calls(TDH_SYS_TDMR_INIT), all);
	expect_no_audit(test);
}

/* Nothing to be undone is begun once the system goes down. */
static void bringup_test_stop_before(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	tdx_bringup_stop(tb);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), -ESHUTDOWN);
	KUNIT_EXPECT_FALSE(test, tb->configured);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 0ULL);
	expect_nothing_held(test);
	expect_no_audit(test);
}

static const char *mce_text(u64 addr)
{
	struct mce m = {
		.cpuvendor = X86_VENDOR_INTEL,
		.status = MCI_STATUS_ADDRV | MCI_STATUS_MISCV | BIT(7),
		.misc = MCI_MISC_ADDR_PHYS << 6 | PAGE_SHIFT,
		.addr = addr,
	};

	if (!mce_is_memory_error(&m) || !mce_usable_address(&m))
		return ERR_PTR(-EOPNOTSUPP);

	/* As in the machine check. */
	guard(preempt)();

	return tdx_dump_mce_info(&m);
}

static void bringup_test_mce(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	const struct tdmr_plan *plan;
	u64 pamt;

	if (IS_ERR(mce_text(0)))
		kunit_skip(test, "needs CONFIG_X86_MCE_INTEL");

	KUNIT_ASSERT_EQ(test, tdx_bringup_run(tb), 0);
	plan = &tb->layout.plans[tb->layout.nr_plans - 1];
	pamt = plan->pamt_base;

	KUNIT_EXPECT_NOT_NULL(test, mce_text(pamt));
	KUNIT_EXPECT_NOT_NULL(test, mce_text(pamt + tdmr_pamt_bytes(plan) - 1));
	KUNIT_EXPECT_NULL(test, mce_text(__pa(tb)));
}

static struct kunit_case bringup_cases[] = {
	KUNIT_CASE(bringup_test_success),
	KUNIT_CASE(bringup_test_nodes),
	KUNIT_CASE_PARAM(bringup_test_failure, failure_gen_params),
	KUNIT_CASE_PARAM(bringup_test_passing, passing_gen_params),
	KUNIT_CASE(bringup_test_tdmr_already),
	KUNIT_CASE(bringup_test_no_pamt),
	KUNIT_CASE(bringup_test_pamt_anywhere),
	KUNIT_CASE(bringup_test_pamt_one_taken),
	KUNIT_CASE(bringup_test_pamt_one_missing),
	KUNIT_CASE(bringup_test_package_offline),
	KUNIT_CASE(bringup_test_cpu_returns),
	KUNIT_CASE(bringup_test_lanes_before_lp),
	KUNIT_CASE(bringup_test_stop),
	KUNIT_CASE(bringup_test_stop_before),
	KUNIT_CASE(bringup_test_mce),
	{}
};

static struct kunit_suite bringup_suite = {
	.name = "tdx_bringup",
	.init = bringup_init,
	.exit = bringup_exit,
	.test_cases = bringup_cases,
};

kunit_test_suite(bringup_suite);

MODULE_DESCRIPTION("KUnit tests of the steps of TDX bring-up");
MODULE_LICENSE("GPL");
