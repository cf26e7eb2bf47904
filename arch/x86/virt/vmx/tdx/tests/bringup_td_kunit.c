// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the audit of TDs.  They make the SEAMCALLs of KVM, which needs a CPU with VMX.
 * Each test breaks a rule and expects exactly one report.
 */
#include <kunit/test.h>

#include <linux/cpufeature.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include "../emulator/emulator.h"
#include "../emulator/internal.h"
#include "../enable.h"
#include "../seamcall_internal.h"
#include "bringup_fixture.h"

/* The first KeyID is the global one. */
#define TD_KEYID	(tdx_emu_params.mktme_keyids + 2)

struct td_call {
	u64 leaf;
	u64 rcx;
	u64 rdx;
	u64 status;
};

static int td_make_call(void *data)
{
	struct td_call *call = data;
	struct tdx_module_args args = { .rcx = call->rcx, .rdx = call->rdx };

	call->status = __seamcall_ret(call->leaf, &args);

	return 0;
}

static u64 td_call_on(unsigned int cpu, u64 leaf, u64 rcx, u64 rdx)
{
	struct td_call call = { .leaf = leaf, .rcx = rcx, .rdx = rdx };

	smp_call_on_cpu(cpu, td_make_call, &call, false);

	return call.status;
}

static u64 td_call(struct page *tdr, u64 leaf, u64 rdx)
{
	return td_call_on(0, leaf, page_to_phys(tdr), rdx);
}

static struct page *td_create(struct kunit *test)
{
	struct page *tdr = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tdr);
	KUNIT_ASSERT_EQ(test, td_call(tdr, LEAF_MNG_CREATE, TD_KEYID), 0ULL);

	return tdr;
}

static void td_write_back_caches(struct kunit *test)
{
	unsigned long seen = 0;
	unsigned int cpu;
	u64 status;

	for_each_online_cpu(cpu) {
		if (__test_and_set_bit(topology_logical_package_id(cpu), &seen))
			continue;
		status = td_call_on(cpu, LEAF_CACHE_WB, 0, 0);
		while (status == TDX_EMU_INTERRUPTED_RESUMABLE)
			status = td_call_on(cpu, LEAF_CACHE_WB, 1, 0);
		KUNIT_EXPECT_EQ(test, status, 0ULL);
	}
}

/* The caller has ended the use of the KeyID by MNG.VPFLUSHDONE. */
static void td_reclaim(struct kunit *test, struct page *tdr)
{
	td_write_back_caches(test);
	KUNIT_EXPECT_EQ(test, td_call(tdr, LEAF_MNG_KEY_FREEID, 0), 0ULL);
	KUNIT_EXPECT_EQ(test, td_call(tdr, LEAF_PAGE_RECLAIM, 0), 0ULL);
}

static void td_destroy(struct kunit *test, struct page *tdr)
{
	KUNIT_EXPECT_EQ(test, td_call(tdr, LEAF_MNG_VPFLUSHDONE, 0), 0ULL);
	td_reclaim(test, tdr);
}

/* The reset clears the reports, since the fixture accepts none. */
static void td_expect_one_report(struct kunit *test, enum tdx_audit rule)
{
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit(rule), 1ULL);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 1ULL);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(test->priv), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
}

/* A host that keeps the rules gets its page and KeyID back without a report. */
static void td_test_clean(struct kunit *test)
{
	struct page *tdr = td_create(test);

	td_destroy(test, tdr);
	KUNIT_EXPECT_EQ(test, page_count(tdr), 1);
	__free_page(tdr);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(test->priv), 0);
}

/* A page that is freed while a TD has it is reported. */
static void td_test_page_freed(struct kunit *test)
{
	struct page *tdr = td_create(test);

	__free_page(tdr);
	td_destroy(test, tdr);
	td_expect_one_report(test, TDX_AUDIT_TD_PAGE);
}

/* A module that is disabled while there is a TD is reported. */
static void td_test_disabled(struct kunit *test)
{
	struct page *tdr = td_create(test);

	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(test->priv), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit(TDX_AUDIT_TD_PAGE), 1ULL);
	/* The reference of the emulator, and that of this test */
	put_page(tdr);
	__free_page(tdr);
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
}

/* A KeyID for a second TD is reported. */
static void td_test_keyid_in_use(struct kunit *test)
{
	struct page *tdr = td_create(test);
	struct page *second = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, second);
	KUNIT_EXPECT_NE(test, td_call(second, LEAF_MNG_CREATE, TD_KEYID), 0ULL);
	__free_page(second);
	td_destroy(test, tdr);
	__free_page(tdr);
	td_expect_one_report(test, TDX_AUDIT_TD_KEYID);
}

/* A KeyID that is freed before the caches are written back is reported. */
static void td_test_caches_dirty(struct kunit *test)
{
	struct page *tdr = td_create(test);

	KUNIT_EXPECT_EQ(test, td_call(tdr, LEAF_MNG_VPFLUSHDONE, 0), 0ULL);
	KUNIT_EXPECT_NE(test, td_call(tdr, LEAF_MNG_KEY_FREEID, 0), 0ULL);
	td_reclaim(test, tdr);
	__free_page(tdr);
	td_expect_one_report(test, TDX_AUDIT_TD_KEYID);
}

/* An address with a KeyID that was freed is reported. */
static void td_test_keyid_freed(struct kunit *test)
{
	struct page *tdr = td_create(test);
	u64 pa = page_to_phys(tdr) | (u64)TD_KEYID << boot_cpu_data.x86_phys_bits;

	td_destroy(test, tdr);
	KUNIT_EXPECT_EQ(test, td_call_on(0, LEAF_PAGE_WBINVD, pa, 0), 0ULL);
	__free_page(tdr);
	td_expect_one_report(test, TDX_AUDIT_TD_KEYID);
}

static int td_test_init(struct kunit *test)
{
	int ret = bringup_fixture_init(test);

	return ret ?: bringup_try(test->priv);
}

static struct kunit_case td_cases[] = {
	KUNIT_CASE(td_test_clean),
	KUNIT_CASE(td_test_page_freed),
	KUNIT_CASE(td_test_disabled),
	KUNIT_CASE(td_test_keyid_in_use),
	KUNIT_CASE(td_test_caches_dirty),
	KUNIT_CASE(td_test_keyid_freed),
	{}
};

static struct kunit_suite td_suite = {
	.name = "tdx_bringup_td",
	.init = td_test_init,
	.exit = bringup_fixture_exit,
	.test_cases = td_cases,
};

kunit_test_suite(td_suite);
