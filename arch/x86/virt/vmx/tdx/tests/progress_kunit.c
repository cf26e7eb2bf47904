// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of progress.c on a layout of three TDMRs: two of node 0, one of node 2.
 * No module is needed.
 */
#include <kunit/test.h>

#include <linux/numa.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../bringup.h"

#define CALLS_PER_GIB	256

static const struct tdmr tdmrs[] = {
	{ .size = SZ_1G, .node = 0 },
	{ .size = 2ULL * SZ_1G, .node = 0 },
	{ .size = SZ_1G, .node = 2 },
};

static int progress_init(struct kunit *test)
{
	struct tdx_bringup *tb = kunit_kzalloc(test, sizeof(*tb), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tb);
	memcpy(tb->layout.tdmrs, tdmrs, sizeof(tdmrs));
	tb->layout.nr_tdmrs = ARRAY_SIZE(tdmrs);
	test->priv = tb;

	return 0;
}

static void expect_progress(struct kunit *test, int node, u64 done, u64 total,
			    unsigned int unfinished, unsigned int lanes)
{
	struct tdx_lanes_progress progress;

	tdx_progress_read(test->priv, node, &progress);
	KUNIT_EXPECT_EQ(test, progress.bytes.done, done);
	KUNIT_EXPECT_EQ(test, progress.bytes.total, total);
	KUNIT_EXPECT_EQ(test, progress.unfinished, unfinished);
	KUNIT_EXPECT_EQ(test, progress.lanes, lanes);
}

static void expect_of(struct kunit *test, enum tdx_status status, u64 done,
		      u64 total)
{
	struct tdx_progress progress;

	tdx_progress_of(test->priv, status, &progress);
	KUNIT_EXPECT_EQ(test, progress.done, done);
	KUNIT_EXPECT_EQ(test, progress.total, total);
}

static void count_calls(struct tdmr_lane *tl, unsigned int calls)
{
	while (calls--)
		tdx_progress_count(tl, false);
}

/* Without a layout no progress is shown; the next attempt begins with none. */
static void progress_test_without_layout(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	expect_progress(test, NUMA_NO_NODE, 0, 0, 0, 0);
	expect_of(test, TDX_STATUS_UNKNOWN, 0, 0);

	tdx_progress_begin(tb);
	tdx_progress_count(&tb->lanes[0], true);
	tdx_progress_forget(tb);
	expect_progress(test, NUMA_NO_NODE, 0, 0, 0, 0);
	expect_of(test, TDX_STATUS_ERROR, 0, 0);

	/* The next attempt begins with nothing. */
	tdx_progress_begin(tb);
	expect_progress(test, NUMA_NO_NODE, 0, 4ULL * SZ_1G, 3, 3);
}

/* Progress grows by 4 MiB with each call. */
static void progress_test_calls_count(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	tdx_progress_begin(tb);
	count_calls(&tb->lanes[0], 1);
	count_calls(&tb->lanes[1], CALLS_PER_GIB);
	expect_progress(test, NUMA_NO_NODE, (u64)SZ_1G + SZ_4M, 4ULL * SZ_1G, 3, 3);
	expect_of(test, TDX_STATUS_INITIALIZING, (u64)SZ_1G + SZ_4M, 4ULL * SZ_1G);
}

/* Progress is shown for each node. */
static void progress_test_nodes(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	tdx_progress_begin(tb);
	count_calls(&tb->lanes[1], 3);
	tdx_progress_count(&tb->lanes[2], true);
	expect_progress(test, 0, 3 * SZ_4M, 3ULL * SZ_1G, 2, 2);
	expect_progress(test, 1, 0, 0, 0, 0);
	expect_progress(test, 2, SZ_1G, SZ_1G, 0, 1);
}

/* The module says when a TDMR is done, not the number of calls. */
static void progress_test_module_ends_lanes(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	tdx_progress_begin(tb);

	count_calls(&tb->lanes[2], 2 * CALLS_PER_GIB);
	expect_progress(test, 2, SZ_1G - SZ_4M, SZ_1G, 1, 1);
	tdx_progress_count(&tb->lanes[2], true);
	expect_progress(test, 2, SZ_1G, SZ_1G, 0, 1);

	count_calls(&tb->lanes[0], 7);
	tdx_progress_count(&tb->lanes[0], true);
	expect_progress(test, 0, SZ_1G, 3ULL * SZ_1G, 1, 2);
}

/* Progress reaches the total only when TDX is up. */
static void progress_test_all_only_when_ready(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;
	u64 total = 4ULL * SZ_1G;
	unsigned int i;

	tdx_progress_begin(tb);
	for (i = 0; i < ARRAY_SIZE(tdmrs); i++)
		tdx_progress_count(&tb->lanes[i], true);

	expect_of(test, TDX_STATUS_INITIALIZING, total - SZ_4M, total);
	expect_of(test, TDX_STATUS_INITIALIZED, total, total);
}

static struct kunit_case progress_cases[] = {
	KUNIT_CASE(progress_test_without_layout),
	KUNIT_CASE(progress_test_calls_count),
	KUNIT_CASE(progress_test_nodes),
	KUNIT_CASE(progress_test_module_ends_lanes),
	KUNIT_CASE(progress_test_all_only_when_ready),
	{}
};

static struct kunit_suite progress_suite = {
	.name = "tdx_progress",
	.init = progress_init,
	.test_cases = progress_cases,
};

kunit_test_suite(progress_suite);

MODULE_DESCRIPTION("KUnit tests of the progress of TDX bring-up");
MODULE_LICENSE("GPL");
