// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of where PAMTs come from: the planned place, any other, or none.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>

#include "../bringup.h"
#include "../emulator/emulator.h"
#include "../seamcall_internal.h"
#include "bringup_fixture.h"

static int take_nothing(u64 base, u64 size)
{
	return -EBUSY;
}

static u64 find_nothing(u64 size, int node)
{
	return 0;
}

/* Without memory for PAMTs bring-up fails, names tdx_host=async, and can be repeated. */
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
	u64 tdmr[TDMR_MAX_PLANS];
	int node[TDMR_MAX_PLANS];
};

static void bring_up_and_down(struct kunit *test, struct places *places)
{
	struct tdx_bringup *tb = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, tdx_bringup_run(tb), 0);
	bringup_expect_no_audit(test);

	places->nr = tb->layout.nr_plans;
	for (i = 0; i < places->nr; i++) {
		const struct tdmr_plan *plan = &tb->layout.plans[i];

		places->base[i] = plan->pamt_base;
		places->bytes[i] = tdmr_pamt_bytes(plan);
		places->tdmr[i] = plan->base;
		places->node[i] = plan->node;
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

/* Is the PAMT of TDMR @i right after that of the TDMR before it of its node? */
static bool is_beside(const struct places *places, unsigned int i)
{
	unsigned int before = i;

	while (before--) {
		if (places->node[before] == places->node[i])
			return places->base[i] ==
			       places->base[before] + places->bytes[before];
	}

	return true;
}

static void give_page_back(void *base)
{
	free_contig_range(PHYS_PFN(*(u64 *)base), 1);
}

/* Where a page is in the way, the PAMTs of that node go elsewhere, and no others. */
static void bringup_test_pamt_one_taken(struct kunit *test)
{
	struct places *free = alloc_places(test), *taken = alloc_places(test);
	unsigned int i, last;

	bring_up_and_down(test, free);
	last = free->nr - 1;

	KUNIT_ASSERT_EQ(test, tdx_pamt_take(free->base[last], PAGE_SIZE), 0);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, give_page_back,
							   &free->base[last]));
	bring_up_and_down(test, taken);

	for (i = 0; i < free->nr; i++) {
		KUNIT_EXPECT_TRUE(test, is_beside(free, i));
		KUNIT_EXPECT_TRUE(test, is_beside(taken, i));
		if (free->node[i] == free->node[last])
			KUNIT_EXPECT_LT(test, taken->base[i], free->base[i]);
		else
			KUNIT_EXPECT_EQ(test, taken->base[i], free->base[i]);
	}
}

/* No more than that can be had at once, and nothing from there on. */
static u64 max_bytes, full_base;

static int take_little(u64 base, u64 size)
{
	return size <= max_bytes && base < full_base ?
	       tdx_pamt_take_range(base, size) : -EBUSY;
}

static void limit_to_one(const struct places *places)
{
	unsigned int i;

	max_bytes = 0;
	for (i = 0; i < places->nr; i++)
		max_bytes = max(max_bytes, places->bytes[i]);
	full_base = U64_MAX;
}

/* Where no node has room for all its PAMTs together, each is in its own TDMR. */
static void bringup_test_pamt_alone(struct kunit *test)
{
	struct places *places = alloc_places(test);
	unsigned int i;

	bring_up_and_down(test, places);
	KUNIT_ASSERT_GT(test, places->nr, 1U);
	limit_to_one(places);

	kunit_activate_static_stub(test, tdx_pamt_take, take_little);
	bring_up_and_down(test, places);
	for (i = 0; i < places->nr; i++) {
		KUNIT_EXPECT_GE(test, places->base[i], places->tdmr[i]);
		if (i + 1 < places->nr)
			KUNIT_EXPECT_LT(test, places->base[i],
					places->tdmr[i + 1]);
	}
}

/* Where the last PAMT cannot be had, the others are given back. */
static void bringup_test_pamt_one_missing(struct kunit *test)
{
	struct places *places = alloc_places(test), *again = alloc_places(test);
	struct tdx_bringup *tb = test->priv;
	unsigned int i;

	bring_up_and_down(test, places);
	limit_to_one(places);
	full_base = places->tdmr[places->nr - 1];

	kunit_activate_static_stub(test, tdx_pamt_take, take_little);
	kunit_activate_static_stub(test, tdx_pamt_find, find_nothing);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(tb), -ENOMEM);
	bringup_expect_nothing_held(test);
	kunit_deactivate_static_stub(test, tdx_pamt_find);
	kunit_deactivate_static_stub(test, tdx_pamt_take);
	tb->reason[0] = '\0';

	bring_up_and_down(test, again);
	for (i = 0; i < places->nr; i++)
		KUNIT_EXPECT_EQ(test, again->base[i], places->base[i]);
}

static struct tdx_bringup *stopped;
static unsigned int nr_takes;

static int stop_and_take_nothing(u64 base, u64 size)
{
	WRITE_ONCE(stopped->stop, true);
	nr_takes++;

	return -EBUSY;
}

static void expect_one_take(struct kunit *test, int (*take)(u64 base, u64 size))
{
	stopped = test->priv;
	nr_takes = 0;

	kunit_activate_static_stub(test, tdx_pamt_take, *take);
	KUNIT_EXPECT_EQ(test, tdx_bringup_run(stopped), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, nr_takes, 1);
	bringup_expect_nothing_held(test);
}

/* A reboot does not wait until all places of a node's PAMTs were tried. */
static void bringup_test_pamt_stop(struct kunit *test)
{
	expect_one_take(test, stop_and_take_nothing);
}

static int stop_when_alone(u64 base, u64 size)
{
	return size > max_bytes ? -ENXIO : stop_and_take_nothing(base, size);
}

/* A reboot does not wait until all places of one PAMT were tried. */
static void bringup_test_pamt_stop_alone(struct kunit *test)
{
	struct places *places = alloc_places(test);

	bring_up_and_down(test, places);
	limit_to_one(places);
	expect_one_take(test, stop_when_alone);
}

static int count_and_take_nothing(u64 base, u64 size)
{
	nr_takes++;

	return -EBUSY;
}

/* Where nothing can be moved, the search ends before all places were tried. */
static void bringup_test_pamt_few_places(struct kunit *test)
{
	struct places *places = alloc_places(test);

	bring_up_and_down(test, places);
	nr_takes = 0;

	kunit_activate_static_stub(test, tdx_pamt_take, count_and_take_nothing);
	bring_up_and_down(test, places);
	KUNIT_EXPECT_GT(test, nr_takes, 1);
	/* So many for each, and for each node. */
	KUNIT_EXPECT_LE(test, nr_takes,
			TDX_PAMT_PLACES * (places->nr + num_online_nodes()));
}

/* A PAMT cannot be taken from the kernel's own pages or where no memory is. */
static void bringup_test_pamt_no_memory_there(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, tdx_pamt_take_range(0, PAGE_SIZE), -ENXIO);
	KUNIT_EXPECT_EQ(test, tdx_pamt_take_range(PFN_PHYS(max_pfn), PAGE_SIZE),
			-ENXIO);
}

static struct kunit_case bringup_pamt_cases[] = {
	KUNIT_CASE(bringup_test_no_pamt),
	KUNIT_CASE(bringup_test_pamt_anywhere),
	KUNIT_CASE(bringup_test_pamt_one_taken),
	KUNIT_CASE(bringup_test_pamt_alone),
	KUNIT_CASE(bringup_test_pamt_one_missing),
	KUNIT_CASE(bringup_test_pamt_stop),
	KUNIT_CASE(bringup_test_pamt_stop_alone),
	KUNIT_CASE(bringup_test_pamt_few_places),
	KUNIT_CASE(bringup_test_pamt_no_memory_there),
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
