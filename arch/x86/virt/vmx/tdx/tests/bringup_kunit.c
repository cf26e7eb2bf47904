// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the seven steps on the emulated module.  A test can make any call fail, and
 * each failure must free all that the attempt has allocated.
 */
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>
#include <linux/nodemask.h>
#include <linux/sizes.h>
#include <linux/time64.h>
#include <linux/topology.h>
#include <linux/workqueue.h>

#include <asm/mce.h>

#include "../enable.h"
#include "../emulator/internal.h"
#include "../seamcall_internal.h"
#include "bringup_fixture.h"

#define CALL_BYTES	((u64)SZ_4M)

static u64 tdmr_bytes(const struct tdx_bringup *tb)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < tb->steps.layout.tdmrs.nr_tdmrs; i++)
		bytes += tb->steps.layout.tdmrs.tdmrs[i].size;

	return bytes;
}

static void expect_progress(struct kunit *test, u64 wanted)
{
	struct tdx_bringup *tb = test->priv;
	u64 done, total;

	tdx_steps_progress(&tb->steps, &done, &total);
	KUNIT_EXPECT_EQ(test, done, wanted);
	KUNIT_EXPECT_EQ(test, total, tdmr_bytes(tb));
}

/* TDX comes up with only the necessary calls, and all memory is initialized then. */
static void bringup_test_success(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_host_run(tb), 0);
	KUNIT_EXPECT_NOT_NULL(test, tdx_get_sysinfo());
	KUNIT_EXPECT_EQ(test, tdx_get_sysinfo()->tdmr.max_tdmrs, 64);

	/* Bring-up makes each call exactly as often as necessary. */
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_INIT), 1ULL);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_LP_INIT),
			(u64)num_online_cpus());
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 1ULL);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_KEY_CONFIG),
			(u64)topology_max_packages());
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_TDMR_INIT),
			tdmr_bytes(tb) / CALL_BYTES);
	expect_progress(test, tdmr_bytes(tb));
}

static u64 tdmr_calls_on_node(int node)
{
	unsigned int cpu;
	u64 calls = 0;

	for_each_cpu(cpu, cpumask_of_node(node))
		calls += tdx_emulator_calls_on(cpu, TDH_SYS_TDMR_INIT);

	return calls;
}

/* Return the number of calls for the TDMRs that belong to a node. */
static u64 tdmr_calls_of_node(const struct tdx_bringup *tb, int node)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < tb->steps.layout.tdmrs.nr_tdmrs; i++) {
		if (tdx_layout_home(tb->steps.layout.tdmrs.tdmrs[i].node) == node)
			bytes += tb->steps.layout.tdmrs.tdmrs[i].size;
	}

	return bytes / CALL_BYTES;
}

/* The CPUs of each node initialize all TDMRs of that node, and no others. */
static void bringup_test_nodes(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	int node;

	if (num_node_state(N_CPU) < 2)
		kunit_skip(test, "needs two nodes with CPUs");

	KUNIT_ASSERT_EQ(test, tdx_host_run(tb), 0);
	for_each_node_state(node, N_CPU)
		KUNIT_EXPECT_EQ_MSG(test, tdmr_calls_on_node(node),
				    tdmr_calls_of_node(tb, node), "node %d",
				    node);
}

/* A status that a leaf returns after @skip calls */
struct answer {
	const char *name;
	u64 leaf;
	unsigned int skip;
	u64 status;
	/* If each later call returns it: the errno of the attempt */
	int error;
	/* If bring-up hides the status: the number of calls that return it */
	unsigned int count;
};

static const struct answer failures[] = {
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
	{ "LP missing", TDH_SYS_CONFIG, 0, 0xC000050C00000000ULL, -ENXIO },
	{ "CONFIG busy", TDH_SYS_CONFIG, 0, 0x8000020200000000ULL, -EBUSY },
	{ "invalid TDMR", TDH_SYS_CONFIG, 0, 0xC0000A0000000000ULL, -EIO },
	{ "unknown status", TDH_SYS_CONFIG, 0, 0xC0007F0000000000ULL, -EIO },
	{ "key busy", TDH_SYS_KEY_CONFIG, 0, 0x80000200000000BBULL, -EBUSY },
	{ "no key entropy", TDH_SYS_KEY_CONFIG, 0, 0x8000080000000000ULL, -EAGAIN },
	{ "key order", TDH_SYS_KEY_CONFIG, 0, 0xC000050700000000ULL, -EPERM },
	{ "TDMR not ready", TDH_SYS_TDMR_INIT, 0, 0xC000050500000000ULL, -EPERM },
	{ "TDMR half-way", TDH_SYS_TDMR_INIT, 100, 0xC000010000000001ULL, -EIO },
	{ "TDMR busy", TDH_SYS_TDMR_INIT, 7, 0x8000020000000001ULL, -EBUSY },
	{ "module dies", TDH_SYS_TDMR_INIT, 9, TDX_FAULT_VMFAIL, -ENODEV },
};

KUNIT_ARRAY_PARAM_DESC(failure, failures, name);

/* A failed call determines the errno and the reason, and bring-up frees all memory. */
static void bringup_test_failure(struct kunit *test)
{
	const struct answer *failure = test->param_value;
	struct tdx_bringup *tb = test->priv;
	char text[SEAM_TEXT_LEN];

	if (failure->leaf == TDH_SYS_LP_INIT &&
	    failure->skip >= num_online_cpus())
		kunit_skip(test, "needs two CPUs");

	bringup_inject(test, failure->leaf, failure->skip, BRINGUP_ALWAYS, failure->status);
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), failure->error);
	KUNIT_EXPECT_FALSE(test, tb->attempt.configured);
	seam_status_describe(text, sizeof(text), failure->leaf, failure->status);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(tb->attempt.reason, text), "reason: %s",
				  tb->attempt.reason);
	bringup_expect_nothing_held(test);

	/* The module is as before, or has been disabled: the next attempt can succeed. */
	tdx_emulator_inject_clear();
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(tb), 0);
	KUNIT_EXPECT_STREQ(test, tb->attempt.reason, "");
}

/* Bring-up repeats a call that stays busy with pauses, up to a maximum number of tries. */
static void bringup_test_tries(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	ktime_t start = ktime_get();

	bringup_inject(test, TDH_SYS_INIT, 0, BRINGUP_ALWAYS, 0x8000020200000000ULL);
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), -EBUSY);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_INIT),
			(u64)TDX_SEAMCALL_TRIES);
	KUNIT_EXPECT_GE(test, ktime_us_delta(ktime_get(), start),
			(s64)(TDX_SEAMCALL_TRIES - 1) * TDX_SEAMCALL_PAUSE_US);
}

/* Each attempt has its own reason and result, independent of earlier attempts. */
static void bringup_test_reasons(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	char reason[TDX_REASON_LEN];

	bringup_inject(test, TDH_SYS_INIT, 0, BRINGUP_ALWAYS, TDX_FAULT_VMFAIL);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(tb), -ENODEV);
	KUNIT_EXPECT_EQ(test, tdx_attempt_error(&tb->attempt, reason, sizeof(reason)), -ENODEV);
	KUNIT_EXPECT_NOT_NULL(test, strstr(reason, "TDH.SYS.INIT"));
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(reason, "CPU "), "reason: %s", reason);

	tdx_emulator_inject_clear();
	bringup_inject(test, TDH_SYS_CONFIG, 0, BRINGUP_ALWAYS, 0xC0000A0000000000ULL);
	KUNIT_EXPECT_EQ(test, bringup_try(tb), -EIO);
	KUNIT_EXPECT_EQ(test, tdx_attempt_error(&tb->attempt, reason, sizeof(reason)), -EIO);
	KUNIT_EXPECT_NOT_NULL(test, strstr(reason, "TDH.SYS.CONFIG"));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(reason, " TDMRs: "), "reason: %s", reason);
	KUNIT_EXPECT_EQ(test, tdx_bringup_status(tb, NULL), TDX_STATUS_UNKNOWN);
	bringup_expect_nothing_held(test);

	tdx_emulator_inject_clear();
	KUNIT_EXPECT_EQ(test, bringup_try(tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_attempt_error(&tb->attempt, reason, sizeof(reason)), 0);
	KUNIT_EXPECT_STREQ(test, reason, "");
}

/* Temporary errors, which bring-up must hide from callers */
static const struct answer passings[] = {
	{ "SYS.INIT busy", TDH_SYS_INIT, 0, 0x8000020200000000ULL, .count = 3 },
	{ "SYS.INIT entropy", TDH_SYS_INIT, 0, 0x8000020300000000ULL, .count = 12 },
	{ "LP.INIT busy", TDH_SYS_LP_INIT, 0, 0x8000020200000000ULL, .count = 2 },
	{ "CONFIG busy", TDH_SYS_CONFIG, 0, 0x8000020200000000ULL, .count = 2 },
	{ "KEY.CONFIG busy", TDH_SYS_KEY_CONFIG, 0, 0x8000020200000000ULL, .count = 3 },
	{ "key table busy", TDH_SYS_KEY_CONFIG, 0, 0x80000200000000BBULL, .count = 3 },
	{ "key entropy", TDH_SYS_KEY_CONFIG, 0, 0x8000080000000000ULL, .count = 5 },
	{ "TDMR busy", TDH_SYS_TDMR_INIT, 10, 0x8000020000000001ULL, .count = 2 },
};

KUNIT_ARRAY_PARAM_DESC(passing, passings, name);

/* Bring-up repeats a call with a temporary error, and reports no error. */
static void bringup_test_passing(struct kunit *test)
{
	const struct answer *passing = test->param_value;
	struct tdx_bringup *tb = test->priv;

	bringup_inject(test, passing->leaf, passing->skip, passing->count, passing->status);
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), 0);
	KUNIT_EXPECT_STREQ(test, tb->attempt.reason, "");
}

/* A TDMR is done if the module reports that it is already initialized. */
static void bringup_test_tdmr_already(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	bringup_inject(test, TDH_SYS_TDMR_INIT, 0, 1, 0x00000A0300000000ULL);
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), 0);
	expect_progress(test, tdmr_bytes(tb));
}

/* Metadata that bring-up must reject. */
struct bad_metadata {
	const char *name;
	u64 field;
	u64 value;
	int error;
	const char *reason;
};

static const struct bad_metadata bad_metadata[] = {
	/* TDX_FEATURES0 of the emulator without NO_RBP_MOD */
	{ "clobbers RBP", 0x0A00000300000008ULL, 0x1b0ebfULL, -EOPNOTSUPP, "clobbers RBP" },
	/* CMR_SIZE of the first CMR */
	{ "memory outside CMRs", 0x9000000300000100ULL, SZ_1M, -ERANGE,
	  "TDX cannot use this memory" },
};

KUNIT_ARRAY_PARAM_DESC(bad_metadata, bad_metadata, name);

/* Bring-up fails before TDH.SYS.CONFIG if it cannot use the module or the memory. */
static void bringup_test_bad_metadata(struct kunit *test)
{
	const struct bad_metadata *bad = test->param_value;
	struct tdx_bringup *tb = test->priv;

	bringup_inject_field(test, bad->field, bad->value);
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), bad->error);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(tb->attempt.reason, bad->reason), "reason: %s",
				  tb->attempt.reason);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 0ULL);
	bringup_expect_nothing_held(test);
}

/* Bring-up uses the first CMRs if the module reports more than it can store. */
static void bringup_test_many_cmrs(struct kunit *test)
{
	const u64 num_cmrs = 0x9000000100000000ULL;

	bringup_inject_field(test, num_cmrs, TDMR_MAX_CMRS + 1);
	KUNIT_EXPECT_EQ(test, tdx_host_run(test->priv), 0);
}

struct stopper {
	struct work_struct work;
	struct tdx_bringup *tb;
	u64 calls;		/* calls of TDH.SYS.TDMR.INIT before the stop */
};

static void stop_after_calls(struct work_struct *work)
{
	struct stopper *s = container_of(work, struct stopper, work);

	read_poll_timeout(tdx_emulator_calls, s->calls, s->calls >= 4, 200, BRINGUP_PATIENCE_US,
			  false, TDH_SYS_TDMR_INIT);
	tdx_bringup_stop(s->tb);
}

/* A stop ends step 7 after the running calls, each of which initializes 4 MiB. */
static void bringup_test_stop(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	const u64 tdmr_ns = tdx_emu_params.tdmr_ns;
	struct stopper s = { .tb = tb };

	INIT_WORK_ONSTACK(&s.work, stop_after_calls);
	schedule_work(&s.work);
	/* Slow calls: none ends between the last count of calls and the stop. */
	tdx_emu_params.tdmr_ns = NSEC_PER_SEC;
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), -ESHUTDOWN);
	tdx_emu_params.tdmr_ns = tdmr_ns;
	flush_work(&s.work);
	destroy_work_on_stack(&s.work);

	/* The module is half initialized and still owns its PAMTs. */
	KUNIT_EXPECT_TRUE(test, tb->attempt.configured);
	KUNIT_EXPECT_GT(test, tb->steps.layout.tdmrs.nr_tdmrs, 0);
	/* Each lane finishes the call that it has begun, and makes no other. */
	KUNIT_EXPECT_LE(test, tdx_emulator_calls(TDH_SYS_TDMR_INIT),
			s.calls + tb->steps.layout.tdmrs.nr_tdmrs);
	/* All PAMTs are allocated, which is the first half. */
	expect_progress(test, (tdmr_bytes(tb) +
			       tdx_emulator_calls(TDH_SYS_TDMR_INIT) * CALL_BYTES) / 2);
}

/* Bring-up starts no step once the system shuts down. */
static void bringup_test_stop_before(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	tdx_bringup_stop(tb);
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), -ESHUTDOWN);
	KUNIT_EXPECT_FALSE(test, tb->attempt.configured);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 0ULL);
	bringup_expect_nothing_held(test);
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

	/* The machine check handler also runs with preemption off. */
	guard(preempt)();

	return tdx_dump_mce_info(&m);
}

/* The machine check handler recognizes PAMT memory. */
static void bringup_test_mce(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	const struct tdmr *tdmr;
	const struct tdmr_pamt *pamt;
	int level;

	if (IS_ERR(mce_text(0)))
		kunit_skip(test, "needs CONFIG_X86_MCE_INTEL");

	KUNIT_ASSERT_EQ(test, tdx_host_run(tb), 0);
	tdmr = &tb->steps.layout.tdmrs.tdmrs[0];
	for (level = 0; level < TDMR_NR_LEVELS; level++) {
		pamt = &tdmr->pamt[level];
		KUNIT_EXPECT_NOT_NULL(test, mce_text(pamt->base));
		KUNIT_EXPECT_NOT_NULL(test, mce_text(pamt->base + pamt->size - 1));
	}
	KUNIT_EXPECT_NULL(test, mce_text(__pa(tb)));
}

static struct kunit_case bringup_cases[] = {
	KUNIT_CASE(bringup_test_success),
	KUNIT_CASE(bringup_test_nodes),
	KUNIT_CASE_PARAM(bringup_test_failure, failure_gen_params),
	KUNIT_CASE(bringup_test_tries),
	KUNIT_CASE(bringup_test_reasons),
	KUNIT_CASE_PARAM(bringup_test_passing, passing_gen_params),
	KUNIT_CASE(bringup_test_tdmr_already),
	KUNIT_CASE_PARAM(bringup_test_bad_metadata, bad_metadata_gen_params),
	KUNIT_CASE(bringup_test_many_cmrs),
	KUNIT_CASE(bringup_test_stop),
	KUNIT_CASE(bringup_test_stop_before),
	KUNIT_CASE(bringup_test_mce),
	{}
};

static struct kunit_suite bringup_suite = {
	.name = "tdx_bringup",
	.init = bringup_fixture_init,
	.exit = bringup_fixture_exit,
	.test_cases = bringup_cases,
};

kunit_test_suite(bringup_suite);
