// SPDX-License-Identifier: GPL-2.0-only
/* Tests of switching TDX off, and of undoing an attempt that has configured the module. */
#include <kunit/test.h>

#include <linux/list.h>

#include "../emulator/emulator.h"
#include "../enable.h"
#include "bringup_fixture.h"

#define SYS_BUSY	0x8000020200000000ULL
#define RESUMABLE	0x8000000300000000ULL
#define REJECTED	0xC000010000000000ULL

/* TDX_FEATURES0 of the emulator without SYS_DISABLE */
#define FIELD_FEATURES0	0x0A00000300000008ULL
#define NO_SYS_DISABLE	0x1f0ebfULL

/* After off, the host and the module are as after boot, and TDX can come up again. */
static void off_test_again(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	int i;

	for (i = 1; i <= 3; i++) {
		KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
		KUNIT_EXPECT_NOT_NULL(test, tdx_get_sysinfo());
		KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_INIT), (u64)i);

		KUNIT_ASSERT_EQ(test, tdx_bringup_disable(tb), 0);
		KUNIT_EXPECT_EQ(test, tdx_bringup_status(tb, NULL), TDX_STATUS_UNKNOWN);
		KUNIT_EXPECT_NULL(test, tdx_bringup_metadata(tb));
		bringup_expect_nothing_held(test);
		KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), 0);
	}
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_INIT), 3ULL);
}

static void expect_up(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	KUNIT_EXPECT_EQ(test, tdx_bringup_status(tb, NULL), TDX_STATUS_INITIALIZED);
	KUNIT_EXPECT_NOT_NULL(test, tdx_get_sysinfo());
	KUNIT_EXPECT_TRUE(test, bringup_in_vmx(0));
	KUNIT_EXPECT_FALSE(test, list_empty(&tdx_memlist));
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(tb), 0);
}

/* If the module rejects TDH.SYS.DISABLE, TDX stays up, and off can be repeated. */
static void off_test_rejected(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
	/* A module update changes this copy alone. */
	tdx_sysinfo.version.update_version = 77;
	bringup_inject(test, TDH_SYS_DISABLE, 0, 1, REJECTED);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), -EIO);
	expect_up(test);
	KUNIT_EXPECT_EQ(test, tdx_sysinfo.version.update_version, 77);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), 0);
	bringup_expect_nothing_held(test);
}

/* A module without TDH.SYS.DISABLE stays up. */
static void off_test_missing(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	bringup_inject_field(test, FIELD_FEATURES0, NO_SYS_DISABLE);
	KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), -EOPNOTSUPP);
	expect_up(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_DISABLE), 0ULL);
}

/* Bring-up hides that the module is busy for a while, or needs several calls. */
static void off_test_slow(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
	bringup_inject(test, TDH_SYS_DISABLE, 0, TDX_SEAMCALL_TRIES - 1, SYS_BUSY);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), 0);

	/* Progress does not count as a failed try. */
	tdx_emulator_inject_clear();
	KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
	bringup_inject(test, TDH_SYS_DISABLE, 0, 2 * TDX_SEAMCALL_TRIES, RESUMABLE);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), 0);
	bringup_expect_nothing_held(test);
}

/* A shutdown does not wait until the module has disabled itself. */
static void off_test_stop(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	bool begun;
	u64 status;

	KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
	bringup_inject(test, TDH_SYS_DISABLE, 0, BRINGUP_ALWAYS, RESUMABLE);
	tdx_bringup_stop(tb);
	KUNIT_EXPECT_EQ(test, tdx_lp_disable_module(&tb->attempt, &status, &begun), 0);
	KUNIT_EXPECT_EQ(test, status, RESUMABLE);
	KUNIT_EXPECT_TRUE(test, begun);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_DISABLE), 1ULL);
}

/* The module may still write to the PAMTs: they stay allocated, and the error is final. */
static void expect_pamts_kept(struct kunit *test, int error)
{
	struct tdx_bringup *tb = test->priv;

	KUNIT_EXPECT_EQ(test, tdx_bringup_status(tb, NULL), TDX_STATUS_ERROR);
	KUNIT_EXPECT_GT(test, tb->steps.layout.tdmrs.nr_tdmrs, 0);
	KUNIT_EXPECT_GT(test, tdx_tdmr_list.nr_consumed_tdmrs, 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0ULL);
	KUNIT_EXPECT_NULL(test, tdx_get_sysinfo());
	KUNIT_EXPECT_FALSE(test, bringup_in_vmx(0));
	KUNIT_EXPECT_TRUE(test, list_empty(&tdx_memlist));
	KUNIT_EXPECT_EQ(test, bringup_try(tb), error);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), error);
}

/* A module that begins to disable itself and does not end is lost. */
static void off_test_lost(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
	bringup_inject(test, TDH_SYS_DISABLE, 0, BRINGUP_ALWAYS, SYS_BUSY);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), -EBUSY);
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->attempt.reason, "TDH.SYS.DISABLE"));
	expect_pamts_kept(test, -EBUSY);
}

static void expect_not_undone(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	bringup_inject(test, TDH_SYS_TDMR_INIT, 5, BRINGUP_ALWAYS, REJECTED);
	KUNIT_EXPECT_EQ(test, bringup_try(tb), -EIO);
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->attempt.reason, "TDH.SYS.TDMR.INIT"));
	expect_pamts_kept(test, -EIO);
}

/* If the module rejects TDH.SYS.DISABLE, a failed attempt keeps its PAMTs. */
static void off_test_undo_rejected(struct kunit *test)
{
	bringup_inject(test, TDH_SYS_DISABLE, 0, BRINGUP_ALWAYS, REJECTED);
	expect_not_undone(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_DISABLE), 1ULL);
}

/* If the module has no TDH.SYS.DISABLE, a failed attempt keeps its PAMTs, too. */
static void off_test_undo_missing(struct kunit *test)
{
	bringup_inject_field(test, FIELD_FEATURES0, NO_SYS_DISABLE);
	expect_not_undone(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_DISABLE), 0ULL);
}

/* The crash of a kernel disables the module, and harms nothing after off. */
static void off_test_crash(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	u64 calls;

	KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_disable(tb), 0);
	calls = tdx_emulator_total_calls();
	tdx_sys_disable();
	KUNIT_EXPECT_EQ(test, tdx_emulator_total_calls(), calls);

	KUNIT_ASSERT_EQ(test, bringup_try(tb), 0);
	tdx_sys_disable();
	KUNIT_EXPECT_GT(test, tdx_emulator_total_calls(), calls);
}

/* A probe makes no other CPU enter VMX operation, and off ends its effects, too. */
static void off_test_probe(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_bringup_probe(tb), 0);
	KUNIT_EXPECT_NOT_NULL(test, tdx_bringup_metadata(tb));
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_LP_INIT), 1ULL);
	bringup_expect_nothing_held(test);

	KUNIT_EXPECT_EQ(test, bringup_try(tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_probe(tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_status(tb, NULL), TDX_STATUS_UNKNOWN);
}

static struct kunit_case off_cases[] = {
	KUNIT_CASE(off_test_again),
	KUNIT_CASE(off_test_rejected),
	KUNIT_CASE(off_test_missing),
	KUNIT_CASE(off_test_slow),
	KUNIT_CASE(off_test_stop),
	KUNIT_CASE_SLOW(off_test_lost),
	KUNIT_CASE(off_test_undo_rejected),
	KUNIT_CASE(off_test_undo_missing),
	KUNIT_CASE(off_test_crash),
	KUNIT_CASE(off_test_probe),
	{}
};

static struct kunit_suite off_suite = {
	.name = "tdx_bringup_off",
	.init = bringup_fixture_init,
	.exit = bringup_fixture_exit,
	.test_cases = off_cases,
};

kunit_test_suite(off_suite);
