// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of where PAMTs come from: the planned place, any other, or none.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/pfn.h>

#include "../bringup.h"
#include "../emulator/emulator.h"
#include "../seamcall_internal.h"
#include "bringup_fixture.h"

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
	bringup_expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 0ULL);

	kunit_deactivate_static_stub(test, tdx_pamt_find);
	kunit_deactivate_static_stub(test, tdx_pamt_take);
	tb->reason[0] = '\0';
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), 0);
	bringup_expect_no_audit(test);
}

/* Where no planned place can be had, any will do. */
static void bringup_test_pamt_anywhere(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	kunit_activate_static_stub(test, tdx_pamt_take, take_nothing);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), 0);
	bringup_expect_no_audit(test);
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
	bringup_expect_no_audit(test);

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
	bringup_expect_nothing_held(test);
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

static struct kunit_case bringup_pamt_cases[] = {
	KUNIT_CASE(bringup_test_no_pamt),
	KUNIT_CASE(bringup_test_pamt_anywhere),
	KUNIT_CASE(bringup_test_pamt_one_taken),
	KUNIT_CASE(bringup_test_pamt_one_missing),
	{}
};

static struct kunit_suite bringup_pamt_suite = {
	.name = "tdx_bringup_pamt",
	.init = bringup_fixture_init,
	.exit = bringup_fixture_exit,
	.test_cases = bringup_pamt_cases,
};

kunit_test_suite(bringup_pamt_suite);

MODULE_DESCRIPTION("KUnit tests of the PAMTs of TDX bring-up");
MODULE_LICENSE("GPL");
