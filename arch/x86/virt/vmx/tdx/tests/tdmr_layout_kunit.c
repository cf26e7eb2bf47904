// SPDX-License-Identifier: GPL-2.0-only
/* Tests of tdmr_layout.c: geometry, one picture a test. */
#include <kunit/test.h>

#include <linux/errno.h>
#include <linux/sizes.h>

#include "../tdmr_layout.h"

#define G(n)	((u64)(n) * SZ_1G)
#define M(n)	((u64)(n) * SZ_1M)

#define MAX_TDMRS	4
#define MAX_RSVD	3

struct room {
	struct tdmr_layout layout;
	struct tdmr_plan plans[MAX_TDMRS];
	struct tdmr_area areas[MAX_TDMRS * MAX_RSVD];
};

static int layout_init(struct kunit *test)
{
	struct room *room = kunit_kzalloc(test, sizeof(*room), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, room);
	room->layout = (struct tdmr_layout) {
		.limits = {
			.max_tdmrs = MAX_TDMRS,
			.max_reserved = MAX_RSVD,
			.entry_size = { 16, 16, 16 },
		},
		.plans = room->plans,
		.areas = room->areas,
	};
	test->priv = &room->layout;

	return 0;
}

static void expect_tdmr(struct kunit *test, unsigned int i, u64 base, u64 size,
			int node)
{
	struct tdmr_layout *layout = test->priv;

	KUNIT_EXPECT_EQ(test, layout->plans[i].base, base);
	KUNIT_EXPECT_EQ(test, layout->plans[i].size, size);
	KUNIT_EXPECT_EQ(test, layout->plans[i].node, node);
}

static void expect_rsvd(struct kunit *test, unsigned int i, unsigned int area,
			u64 offset, u64 size)
{
	struct tdmr_layout *layout = test->priv;

	KUNIT_EXPECT_EQ(test, layout->plans[i].rsvd[area].offset, offset);
	KUNIT_EXPECT_EQ(test, layout->plans[i].rsvd[area].size, size);
}

/*
 * memory	|1M ##### 2.5G|    |4G ########## 8G|
 * TDMRs	[0            3G)   [4G              8G)
 */
static void layout_test_cover(struct kunit *test)
{
	static const struct tdmr_range ranges[] = {
		{ M(1), M(2560), 0 }, { G(4), G(8), 1 },
	};
	struct tdmr_layout *layout = test->priv;

	KUNIT_ASSERT_EQ(test, tdmr_layout_cover(layout, ranges, 2), 0);
	KUNIT_ASSERT_EQ(test, layout->nr_plans, 2);
	expect_tdmr(test, 0, 0, G(3), 0);
	expect_tdmr(test, 1, G(4), G(4), 1);
}

/*
 * memory	|#### 1.25G|1.5G ## 1.75G|1.75G ### 3G|
 * TDMRs	[0                  2G)[2G         3G)
 */
static void layout_test_shared_gib(struct kunit *test)
{
	static const struct tdmr_range ranges[] = {
		{ M(1), M(1280), 0 }, { M(1536), M(1792), 1 }, { M(1792), G(3), 2 },
	};
	struct tdmr_layout *layout = test->priv;

	KUNIT_ASSERT_EQ(test, tdmr_layout_cover(layout, ranges, 3), 0);
	KUNIT_ASSERT_EQ(test, layout->nr_plans, 2);
	expect_tdmr(test, 0, 0, G(2), 0);
	expect_tdmr(test, 1, G(2), G(1), 2);
}

static void layout_test_pamt_sizes(struct kunit *test)
{
	static const struct tdmr_range ranges[] = { { 0, G(512), 0 } };
	struct tdmr_layout *layout = test->priv;

	KUNIT_ASSERT_EQ(test, tdmr_layout_cover(layout, ranges, 1), 0);
	KUNIT_EXPECT_EQ(test, layout->plans[0].pamt_size[TDMR_4K], G(2));
	KUNIT_EXPECT_EQ(test, layout->plans[0].pamt_size[TDMR_2M], M(4));
	KUNIT_EXPECT_EQ(test, layout->plans[0].pamt_size[TDMR_1G], 8192);
	KUNIT_EXPECT_EQ(test, tdmr_pamt_bytes(&layout->plans[0]),
			G(2) + M(4) + 8192);
}

/* 512 entries of 16 bytes for 1G pages would fit two pages, one entry half. */
static void layout_test_pamt_rounding(struct kunit *test)
{
	static const struct tdmr_range ranges[] = { { 0, G(1), 0 } };
	struct tdmr_layout *layout = test->priv;

	layout->limits.entry_size[TDMR_2M] = 24;
	KUNIT_ASSERT_EQ(test, tdmr_layout_cover(layout, ranges, 1), 0);
	KUNIT_EXPECT_EQ(test, layout->plans[0].pamt_size[TDMR_4K], M(4));
	KUNIT_EXPECT_EQ(test, layout->plans[0].pamt_size[TDMR_2M], 12288);
	KUNIT_EXPECT_EQ(test, layout->plans[0].pamt_size[TDMR_1G], 4096);
}

/*
 * memory	|1M ####### 1G|  |1.5G ###### 2G|
 * PAMT		          |P|
 * reserved	|r|       |rrrrr|	the PAMT touches the hole: one area
 */
static void layout_test_reserve_merges(struct kunit *test)
{
	static const struct tdmr_range ranges[] = {
		{ M(1), G(1), 0 }, { M(1536), G(2), 0 },
	};
	struct tdmr_layout *layout = test->priv;
	u64 pamts;

	KUNIT_ASSERT_EQ(test, tdmr_layout_cover(layout, ranges, 2), 0);
	KUNIT_ASSERT_EQ(test, layout->nr_plans, 2);

	/* Both PAMTs at the end of the first GiB, touching. */
	pamts = tdmr_pamt_bytes(&layout->plans[0]);
	layout->plans[1].pamt_base = G(1) - pamts;
	pamts += tdmr_pamt_bytes(&layout->plans[1]);
	layout->plans[0].pamt_base = G(1) - pamts;

	KUNIT_ASSERT_EQ(test, tdmr_layout_reserve(layout, ranges, 2), 0);
	KUNIT_ASSERT_EQ(test, layout->plans[0].nr_rsvd, 2);
	expect_rsvd(test, 0, 0, 0, M(1));
	expect_rsvd(test, 0, 1, G(1) - pamts, pamts);
	KUNIT_ASSERT_EQ(test, layout->plans[1].nr_rsvd, 1);
	expect_rsvd(test, 1, 0, 0, M(512));
}

/* A PAMT of one TDMR that begins in another and ends in itself. */
static void layout_test_reserve_straddles(struct kunit *test)
{
	static const struct tdmr_range ranges[] = {
		{ 0, G(1), 0 }, { G(1), G(2), 1 },
	};
	struct tdmr_layout *layout = test->priv;
	u64 pamts, low = M(1);

	KUNIT_ASSERT_EQ(test, tdmr_layout_cover(layout, ranges, 2), 0);
	KUNIT_ASSERT_EQ(test, layout->nr_plans, 2);
	pamts = tdmr_pamt_bytes(&layout->plans[1]);
	layout->plans[1].pamt_base = G(1) - low;
	layout->plans[0].pamt_base = M(16);

	KUNIT_ASSERT_EQ(test, tdmr_layout_reserve(layout, ranges, 2), 0);
	KUNIT_ASSERT_EQ(test, layout->plans[0].nr_rsvd, 2);
	expect_rsvd(test, 0, 0, M(16), tdmr_pamt_bytes(&layout->plans[0]));
	expect_rsvd(test, 0, 1, G(1) - low, low);
	KUNIT_ASSERT_EQ(test, layout->plans[1].nr_rsvd, 1);
	expect_rsvd(test, 1, 0, 0, pamts - low);
}

static void layout_test_reserve_exhausted(struct kunit *test)
{
	static const struct tdmr_range ranges[] = {
		{ M(1), M(2), 0 }, { M(3), M(4), 0 }, { M(5), M(6), 0 },
		{ M(7), M(64), 0 },
	};
	struct tdmr_layout *layout = test->priv;

	KUNIT_ASSERT_EQ(test, tdmr_layout_cover(layout, ranges, 4), 0);
	layout->plans[0].pamt_base = G(1);
	KUNIT_EXPECT_EQ(test, tdmr_layout_reserve(layout, ranges, 4), -ENOSPC);
	KUNIT_EXPECT_EQ(test, layout->bad_start, 0);
	KUNIT_EXPECT_EQ(test, layout->bad_end, G(1));
}

static void layout_test_tdmrs_exhausted(struct kunit *test)
{
	struct tdmr_range ranges[MAX_TDMRS + 1];
	struct tdmr_layout *layout = test->priv;
	int i;

	for (i = 0; i <= MAX_TDMRS; i++)
		ranges[i] = (struct tdmr_range) { G(2 * i), G(2 * i + 1), 0 };

	KUNIT_EXPECT_EQ(test, tdmr_layout_cover(layout, ranges, MAX_TDMRS), 0);
	KUNIT_EXPECT_EQ(test, tdmr_layout_cover(layout, ranges, MAX_TDMRS + 1),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, layout->bad_start, G(2 * MAX_TDMRS));
}

struct bad_ranges {
	const char *name;
	unsigned int nr;
	struct tdmr_range ranges[2];
};

static const struct bad_ranges bad_ranges[] = {
	{ "none", 0 },
	{ "empty", 1, { { G(1), G(1), 0 } } },
	{ "backwards", 1, { { G(2), G(1), 0 } } },
	{ "overlap", 2, { { 0, G(2), 0 }, { G(1), G(3), 0 } } },
	{ "unsorted", 2, { { G(4), G(5), 0 }, { G(1), G(2), 0 } } },
	{ "unaligned start", 1, { { 512, G(1), 0 } } },
	{ "unaligned end", 1, { { 0, G(1) + 1, 0 } } },
	{ "wraps", 1, { { 0, 0ULL - SZ_4K, 0 } } },
};

static void bad_ranges_desc(const struct bad_ranges *bad, char *desc)
{
	strscpy(desc, bad->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(bad_ranges, bad_ranges, bad_ranges_desc);

static void layout_test_bad_ranges(struct kunit *test)
{
	const struct bad_ranges *bad = test->param_value;

	KUNIT_EXPECT_EQ(test, tdmr_layout_cover(test->priv, bad->ranges, bad->nr),
			-EINVAL);
}

static void layout_test_bad_limits(struct kunit *test)
{
	static const struct tdmr_range ranges[] = { { 0, G(1), 0 } };
	struct tdmr_layout *layout = test->priv;
	struct tdmr_limits good = layout->limits;

	layout->limits.max_tdmrs = 0;
	KUNIT_EXPECT_EQ(test, tdmr_layout_cover(layout, ranges, 1), -EINVAL);
	layout->limits = good;
	layout->limits.max_reserved = 0;
	KUNIT_EXPECT_EQ(test, tdmr_layout_cover(layout, ranges, 1), -EINVAL);
	layout->limits = good;
	layout->limits.entry_size[TDMR_1G] = 0;
	KUNIT_EXPECT_EQ(test, tdmr_layout_cover(layout, ranges, 1), -EINVAL);
}

static struct kunit_case layout_cases[] = {
	KUNIT_CASE(layout_test_cover),
	KUNIT_CASE(layout_test_shared_gib),
	KUNIT_CASE(layout_test_pamt_sizes),
	KUNIT_CASE(layout_test_pamt_rounding),
	KUNIT_CASE(layout_test_reserve_merges),
	KUNIT_CASE(layout_test_reserve_straddles),
	KUNIT_CASE(layout_test_reserve_exhausted),
	KUNIT_CASE(layout_test_tdmrs_exhausted),
	KUNIT_CASE_PARAM(layout_test_bad_ranges, bad_ranges_gen_params),
	KUNIT_CASE(layout_test_bad_limits),
	{}
};

static struct kunit_suite layout_suite = {
	.name = "tdx_tdmr_layout",
	.init = layout_init,
	.test_cases = layout_cases,
};

kunit_test_suite(layout_suite);

MODULE_DESCRIPTION("KUnit tests of the TDMR layout");
MODULE_LICENSE("GPL");
