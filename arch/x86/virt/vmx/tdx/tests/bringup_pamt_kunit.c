// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the memory for PAMTs: at the planned place, at any other place, or missing.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/jiffies.h>
#include <linux/lanework.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../enable.h"
#include "../emulator/internal.h"
#include "../seamcall_internal.h"
#include "bringup_fixture.h"

static unsigned int nr_wqs;

static struct workqueue_struct *no_wq(const char *name)
{
	nr_wqs += !strcmp(name, "tdx_pamt_alloc");

	return NULL;
}

static bool is_zeroed(void)
{
	return true;
}

static bool is_not_zeroed(void)
{
	return false;
}

/* Stubs work only in the thread of the test, so let it run the lanes. */
static void stub_take(struct kunit *test, int (*take)(u64 base, u64 size))
{
	kunit_activate_static_stub(test, lanework_alloc_wq, no_wq);
	kunit_activate_static_stub(test, tdx_pamt_take, *take);
}

static void unstub_take(struct kunit *test)
{
	kunit_deactivate_static_stub(test, tdx_pamt_take);
	kunit_deactivate_static_stub(test, lanework_alloc_wq);
}

static unsigned int nr_takes;

static int take_nothing(u64 base, u64 size)
{
	nr_takes++;

	return -EBUSY;
}

static u64 find_nothing(u64 size, int node)
{
	return 0;
}

/* Without memory for PAMTs, bring-up fails with a hint, and can succeed later. */
static void bringup_test_no_pamt(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	tb->attempt.hint = ", or be patient";
	stub_take(test, take_nothing);
	kunit_activate_static_stub(test, tdx_pamt_find, find_nothing);
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), -ENOMEM);
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->attempt.reason, "PAMT"));
	KUNIT_EXPECT_NOT_NULL(test, strstr(tb->attempt.reason, tb->attempt.hint));
	KUNIT_EXPECT_FALSE(test, tb->attempt.configured);
	bringup_expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_CONFIG), 0ULL);

	kunit_deactivate_static_stub(test, tdx_pamt_find);
	unstub_take(test);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(tb), 0);
}

/*
 * The stubs below only record memory for PAMTs, which the kernel may be using.  A
 * bring-up with them must fail before the module gets that memory.
 */
struct take {
	u64 base;
	u64 size;
	u64 held;	/* bytes that were not freed */
};

static struct {
	u64 max_size;		/* largest allocation that succeeds */
	u64 full_start;		/* from here on, allocations fail, */
	u64 full_end;		/* up to here */
	struct take takes[2 * TDMR_MAX];
	unsigned int nr;
	unsigned int strays;	/* frees of memory that was not allocated */
} counted;

static int counted_take(u64 base, u64 size)
{
	if (size > counted.max_size || counted.nr == ARRAY_SIZE(counted.takes) ||
	    (base < counted.full_end && base + size > counted.full_start))
		return -EBUSY;

	counted.takes[counted.nr++] = (struct take) {
		.base = base,
		.size = size,
		.held = size,
	};

	return 0;
}

/* The caller may free several allocations together. */
static void counted_put(u64 base, u64 size)
{
	u64 end = base + size;
	struct take *take;

	for (take = counted.takes; take < counted.takes + counted.nr; take++) {
		if (!take->held || take->base < base || take->base + take->size > end)
			continue;
		size -= take->held;
		take->held = 0;
	}
	counted.strays += !!size;
}

static void count_from_now(void)
{
	memset(&counted, 0, sizeof(counted));
	counted.max_size = U64_MAX;
}

static void undo_steps(struct tdx_bringup *tb)
{
	tdx_steps_undo(&tb->steps);
}

/* Bring TDX up and down, and return the TDMRs of this host. */
static const struct tdmr_layout *find_tdmrs(struct kunit *test)
{
	struct tdmr_layout *layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, layout);
	KUNIT_ASSERT_EQ(test, tdx_host_run(tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0ULL);
	*layout = tb->steps.layout.tdmrs;
	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_renew(tb, undo_steps), 0);

	return layout;
}

/* Return the size of the largest PAMT.  A row of PAMTs is larger. */
static u64 max_pamt(const struct tdmr_layout *layout)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < layout->nr_tdmrs; i++)
		bytes = max(bytes, tdmr_pamt_bytes(&layout->tdmrs[i]));

	return bytes;
}

static u64 node_bytes(const struct tdmr_layout *layout, int node)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < layout->nr_tdmrs; i++) {
		if (layout->tdmrs[i].node == node)
			bytes += tdmr_pamt_bytes(&layout->tdmrs[i]);
	}

	return bytes;
}

static bool check_nothing(u64 base, u64 size)
{
	return true;
}

/* An attempt that gets as far as TDH.SYS.CONFIG fails there. */
static void expect_all_given_back(struct kunit *test, int error)
{
	struct tdx_bringup *tb = test->priv;
	unsigned int i;

	bringup_inject(test, TDH_SYS_CONFIG, 0, 1, 0xC0000A0000000000ULL);
	stub_take(test, counted_take);
	kunit_activate_static_stub(test, tdx_pamt_check, check_nothing);
	kunit_activate_static_stub(test, tdx_pamt_put, counted_put);
	kunit_activate_static_stub(test, tdx_pamt_find, find_nothing);
	tdx_attempt_begin(&tb->attempt, "initialization");
	KUNIT_EXPECT_EQ(test, tdx_host_run(tb), error);
	kunit_deactivate_static_stub(test, tdx_pamt_find);
	kunit_deactivate_static_stub(test, tdx_pamt_put);
	kunit_deactivate_static_stub(test, tdx_pamt_check);
	unstub_take(test);
	tdx_emulator_inject_clear();

	bringup_expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, counted.strays, 0);
	for (i = 0; i < counted.nr; i++)
		KUNIT_EXPECT_EQ_MSG(test, counted.takes[i].held, 0, "from 0x%llx on",
				    counted.takes[i].base);
}

static void expect_rows(struct kunit *test, const struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < counted.nr; i++) {
		const struct take *take = &counted.takes[i];

		KUNIT_EXPECT_EQ(test, take->size,
				node_bytes(layout, pfn_to_nid(PHYS_PFN(take->base))));
	}
}

/* A page that is in use moves the PAMTs of its node, and no others. */
static void bringup_test_pamt_one_taken(struct kunit *test)
{
	const struct tdmr_layout *layout = find_tdmrs(test);
	struct take *free;
	unsigned int nr, i;

	count_from_now();
	expect_all_given_back(test, -EIO);
	expect_rows(test, layout);
	nr = counted.nr;
	KUNIT_ASSERT_GT(test, nr, 0U);
	free = kunit_kmalloc_array(test, nr, sizeof(*free), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, free);
	memcpy(free, counted.takes, nr * sizeof(*free));

	count_from_now();
	counted.full_start = free[nr - 1].base;
	counted.full_end = counted.full_start + PAGE_SIZE;
	expect_all_given_back(test, -EIO);
	expect_rows(test, layout);
	KUNIT_ASSERT_EQ(test, counted.nr, nr);
	for (i = 0; i < nr - 1; i++)
		KUNIT_EXPECT_EQ(test, counted.takes[i].base, free[i].base);
	KUNIT_EXPECT_LT(test, counted.takes[nr - 1].base, free[nr - 1].base);
}

/* Return the number of allocations for PAMTs in a TDMR. */
static unsigned int nr_taken_in(const struct tdmr *tdmr)
{
	unsigned int i, nr = 0;

	for (i = 0; i < counted.nr; i++)
		nr += counted.takes[i].base >= tdmr->base &&
		      counted.takes[i].base < tdmr_end_of(tdmr);

	return nr;
}

/* If no node has room for all its PAMTs together, each PAMT is in its own TDMR. */
static void bringup_test_pamt_alone(struct kunit *test)
{
	const struct tdmr_layout *layout = find_tdmrs(test);
	unsigned int i;

	KUNIT_ASSERT_GT(test, layout->nr_tdmrs, 1U);
	count_from_now();
	counted.max_size = max_pamt(layout);
	expect_all_given_back(test, -EIO);
	KUNIT_EXPECT_EQ(test, counted.nr, layout->nr_tdmrs);
	for (i = 0; i < layout->nr_tdmrs; i++)
		KUNIT_EXPECT_EQ_MSG(test, nr_taken_in(&layout->tdmrs[i]), 1, "TDMR %u", i);
}

/* If the last PAMT cannot be allocated, bring-up frees the others. */
static void bringup_test_pamt_one_missing(struct kunit *test)
{
	const struct tdmr_layout *layout = find_tdmrs(test);

	KUNIT_ASSERT_GT(test, layout->nr_tdmrs, 1U);
	count_from_now();
	counted.max_size = max_pamt(layout);
	counted.full_start = layout->tdmrs[layout->nr_tdmrs - 1].base;
	counted.full_end = U64_MAX;
	expect_all_given_back(test, -ENOMEM);
	KUNIT_EXPECT_EQ(test, counted.nr, layout->nr_tdmrs - 1);
}

static struct tdx_bringup *stopped;

static int stop_and_take_nothing(u64 base, u64 size)
{
	WRITE_ONCE(stopped->attempt.stop, true);

	return take_nothing(base, size);
}

static void expect_one_take(struct kunit *test, int (*take)(u64 base, u64 size))
{
	stopped = test->priv;
	nr_takes = 0;

	stub_take(test, take);
	KUNIT_EXPECT_EQ(test, tdx_host_run(stopped), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, nr_takes, 1);
	bringup_expect_nothing_held(test);
}

/* A reboot ends the search for a place for the PAMTs of a node. */
static void bringup_test_pamt_stop(struct kunit *test)
{
	expect_one_take(test, stop_and_take_nothing);
}

static u64 max_bytes;

static int stop_when_alone(u64 base, u64 size)
{
	return size > max_bytes ? -ENXIO : stop_and_take_nothing(base, size);
}

/* A reboot ends the search for a place for a single PAMT. */
static void bringup_test_pamt_stop_alone(struct kunit *test)
{
	max_bytes = max_pamt(find_tdmrs(test));
	expect_one_take(test, stop_when_alone);
}

/* If no page can be migrated, bring-up tries a few places, and then accepts any other. */
static void bringup_test_pamt_few_places(struct kunit *test)
{
	const struct tdmr_layout *layout;

	nr_takes = 0;
	stub_take(test, take_nothing);
	layout = find_tdmrs(test);
	KUNIT_EXPECT_GT(test, nr_takes, 1);
	/* The limit applies to each PAMT, and to the row of each node. */
	KUNIT_EXPECT_LE(test, nr_takes,
			TDX_PAMT_PLACES * (layout->nr_tdmrs + num_online_nodes()));
}

static unsigned long no_time(void)
{
	return jiffies;
}

/* After a while, bring-up tries no further place. */
static void bringup_test_pamt_late(struct kunit *test)
{
	const struct tdmr_layout *layout;

	nr_takes = 0;
	stub_take(test, take_nothing);
	kunit_activate_static_stub(test, tdx_pamt_check, check_nothing);
	kunit_activate_static_stub(test, tdx_pamt_deadline, no_time);
	layout = find_tdmrs(test);
	KUNIT_EXPECT_GT(test, nr_takes, 1);
	KUNIT_EXPECT_LE(test, nr_takes, layout->nr_tdmrs + num_online_nodes());
}

static int nr_checks;

static bool reject_place(u64 base, u64 size)
{
	nr_checks++;

	return false;
}

/* After a while, bring-up checks no further place. */
static void bringup_test_pamt_late_check(struct kunit *test)
{
	const struct tdmr_layout *layout;

	nr_checks = 0;
	kunit_activate_static_stub(test, tdx_pamt_check, reject_place);
	kunit_activate_static_stub(test, tdx_pamt_deadline, no_time);
	layout = find_tdmrs(test);
	/* One for the rows of nodes and, if there are more TDMRs, one for those of TDMRs */
	KUNIT_EXPECT_EQ(test, nr_checks, layout->nr_tdmrs > num_online_nodes() ? 2 : 1);
}

/* The end of a host with 512 GiB, which does not exist */
#define PIECES_END	(513ULL * SZ_1G)

/* The row of PAMTs has eight pieces.  A second node, if any, has 1 GiB and one TDMR. */
static void pieces_make_layout(struct kunit *test, struct tdx_layout *layout,
			       unsigned int nr_nodes)
{
	static const struct tdmr_range ranges[] = {
		{ .start = SZ_1G, .end = PIECES_END },
		{ .start = PIECES_END, .end = PIECES_END + SZ_1G, .node = 1 },
	};
	static const struct tdmr_node nodes[] = { { .cpus = 2 }, { .cpus = 1, .home = 1 } };

	layout->host = (struct tdmr_host) {
		.limits = { 64, 16, { 16, 16, 16 } },
		.ranges = ranges,
		.nr_ranges = nr_nodes,
		.nodes = nodes,
		.nr_nodes = nr_nodes,
		.block = SZ_4M,
	};
	KUNIT_ASSERT_EQ(test, tdmr_plan(&layout->host, &layout->tdmrs), 0);
	KUNIT_ASSERT_EQ(test, tdmr_place(&layout->host, &layout->tdmrs), 0);
	KUNIT_ASSERT_EQ(test, layout->tdmrs.nr_rows, nr_nodes);
	KUNIT_ASSERT_EQ(test, tdmr_row_pieces(&layout->tdmrs.rows[0]), TDMR_ROW_PIECES);
}

static void pieces_stub(struct kunit *test, int (*take)(u64 base, u64 size))
{
	count_from_now();
	stub_take(test, take);
	kunit_activate_static_stub(test, tdx_pamt_is_zeroed, is_zeroed);
	kunit_activate_static_stub(test, tdx_pamt_check, check_nothing);
	kunit_activate_static_stub(test, tdx_pamt_put, counted_put);
	kunit_activate_static_stub(test, tdx_pamt_find, find_nothing);
}

static u64 pieces_held(void)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < counted.nr; i++)
		bytes += counted.takes[i].held;

	return bytes;
}

/* If a piece is in use, its row moves, and the kernel gives the other pieces back. */
static void bringup_test_pamt_pieces(struct kunit *test)
{
	struct tdx_layout *layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	struct tdx_bringup *tb = test->priv;
	const struct tdmr_row *row;
	unsigned int i;
	u64 place;

	KUNIT_ASSERT_NOT_NULL(test, layout);
	pieces_make_layout(test, layout, 1);
	row = &layout->tdmrs.rows[0];
	place = row->base;

	pieces_stub(test, counted_take);
	counted.full_start = place + tdmr_row_cut(&layout->host, row, TDMR_ROW_PIECES, 2);
	counted.full_end = counted.full_start + PAGE_SIZE;
	KUNIT_ASSERT_EQ(test, tdx_pamts_alloc(&tb->attempt, layout), 0);
	/* Two pieces of the place, then all of the next one. */
	KUNIT_EXPECT_EQ(test, counted.nr, 2 + TDMR_ROW_PIECES);
	KUNIT_EXPECT_LE(test, tdmr_row_end(row), place);
	KUNIT_EXPECT_EQ(test, pieces_held(), row->size);
	KUNIT_EXPECT_EQ(test, atomic64_read(&layout->pamt_taken), row->size);
	for (i = 0; i < TDMR_ROW_PIECES; i++) {
		const struct take *take = &counted.takes[2 + i];
		u64 cut = tdmr_row_cut(&layout->host, row, TDMR_ROW_PIECES, i);

		KUNIT_EXPECT_EQ(test, take->base, row->base + cut);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED(cut, layout->host.block));
		KUNIT_EXPECT_GE(test, take->size, TDMR_PIECE_MIN);
	}

	tdx_pamts_free(layout);
	KUNIT_EXPECT_EQ(test, pieces_held(), 0ULL);
	KUNIT_EXPECT_EQ(test, counted.strays, 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&layout->pamt_taken), 0);
}

/* Without zeroing, a row has one piece, and only lanes for large rows are worth their cost. */
static void bringup_test_pamt_not_zeroed(struct kunit *test)
{
	struct tdx_layout *layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, layout);
	nr_wqs = 0;
	kunit_activate_static_stub(test, tdx_pamt_is_zeroed, is_not_zeroed);
	kunit_activate_static_stub(test, lanework_alloc_wq, no_wq);
	KUNIT_ASSERT_EQ(test, tdx_host_run(tb), 0);
	KUNIT_EXPECT_EQ(test, nr_wqs, 0);

	pieces_make_layout(test, layout, 1);
	pieces_stub(test, counted_take);
	kunit_activate_static_stub(test, tdx_pamt_is_zeroed, is_not_zeroed);
	KUNIT_ASSERT_EQ(test, tdx_pamts_alloc(&tb->attempt, layout), 0);
	KUNIT_EXPECT_EQ(test, nr_wqs, 1);
	KUNIT_EXPECT_EQ(test, counted.nr, 1);
	tdx_pamts_free(layout);
	KUNIT_EXPECT_EQ(test, pieces_held(), 0ULL);
}

static int stop_after_three(u64 base, u64 size)
{
	if (counted.nr == 2)
		WRITE_ONCE(stopped->attempt.stop, true);

	return counted_take(base, size);
}

/* A reboot ends the allocation within a piece, and no piece stays allocated. */
static void bringup_test_pamt_stop_in_row(struct kunit *test)
{
	struct tdx_layout *layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, layout);
	stopped = test->priv;
	pieces_make_layout(test, layout, 1);
	pieces_stub(test, stop_after_three);
	KUNIT_EXPECT_EQ(test, tdx_pamts_alloc(&stopped->attempt, layout), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, counted.nr, 3);
	KUNIT_EXPECT_EQ(test, pieces_held(), 0ULL);
	KUNIT_EXPECT_EQ(test, atomic64_read(&layout->pamt_taken), 0);
	KUNIT_EXPECT_NULL(test, layout->pamts);
}

static bool pieces_check_nothing(u64 base, u64 size)
{
	return false;
}

/* A place that fails the check costs no attempt to allocate it. */
static void bringup_test_pamt_check_first(struct kunit *test)
{
	struct tdx_layout *layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, layout);
	pieces_make_layout(test, layout, 1);
	pieces_stub(test, counted_take);
	kunit_activate_static_stub(test, tdx_pamt_check, pieces_check_nothing);
	KUNIT_EXPECT_EQ(test, tdx_pamts_alloc(&tb->attempt, layout), -ENOMEM);
	KUNIT_EXPECT_EQ(test, counted.nr, 0);
}

static int take_nothing_of_node_1(u64 base, u64 size)
{
	nr_takes += base >= PIECES_END;

	return -EBUSY;
}

/* If a row is split, the row of another TDMR is not tried at the same places again. */
static void bringup_test_pamt_places_once(struct kunit *test)
{
	struct tdx_layout *layout = kunit_kzalloc(test, sizeof(*layout), GFP_KERNEL);
	struct tdx_bringup *tb = test->priv;

	KUNIT_ASSERT_NOT_NULL(test, layout);
	pieces_make_layout(test, layout, 2);
	pieces_stub(test, take_nothing_of_node_1);
	nr_takes = 0;
	KUNIT_EXPECT_EQ(test, tdx_pamts_alloc(&tb->attempt, layout), -ENOMEM);
	KUNIT_EXPECT_EQ(test, nr_takes, TDX_PAMT_PLACES);
}

/* The check finds a single page that cannot be moved away. */
static void bringup_test_pamt_check(struct kunit *test)
{
	u64 base = tdx_pamt_find(SZ_4M, first_online_node);

	KUNIT_ASSERT_NE(test, base, 0ULL);
	tdx_pamt_put(base, SZ_4M - PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, tdx_pamt_check(base, SZ_4M));
	tdx_pamt_put(base + SZ_4M - PAGE_SIZE, PAGE_SIZE);
}

/* The check finds a gigantic page, which could move only to another gigantic page. */
static void bringup_test_pamt_gigantic(struct kunit *test)
{
	struct hstate *h = size_to_hstate(SZ_1G);
	struct folio *folio = NULL;
	int node;

	for_each_online_node(node) {
		if (h && !folio)
			folio = list_first_entry_or_null(&h->hugepage_freelists[node],
							 struct folio, lru);
	}
	if (!folio)
		kunit_skip(test, "needs hugepagesz=1G hugepages=1");
	KUNIT_EXPECT_FALSE(test, tdx_pamt_check(PFN_PHYS(folio_pfn(folio)), SZ_4M));
}

/* A PAMT cannot be allocated from reserved pages or outside the memory. */
static void bringup_test_pamt_no_memory_there(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, tdx_pamt_take_range(0, PAGE_SIZE), -ENXIO);
	KUNIT_EXPECT_EQ(test, tdx_pamt_take_range(PFN_PHYS(max_pfn), PAGE_SIZE),
			-ENXIO);
}

static struct kunit_case bringup_pamt_cases[] = {
	KUNIT_CASE(bringup_test_no_pamt),
	KUNIT_CASE(bringup_test_pamt_one_taken),
	KUNIT_CASE(bringup_test_pamt_alone),
	KUNIT_CASE(bringup_test_pamt_one_missing),
	KUNIT_CASE(bringup_test_pamt_stop),
	KUNIT_CASE(bringup_test_pamt_stop_alone),
	KUNIT_CASE(bringup_test_pamt_few_places),
	KUNIT_CASE(bringup_test_pamt_late),
	KUNIT_CASE(bringup_test_pamt_late_check),
	KUNIT_CASE(bringup_test_pamt_pieces),
	KUNIT_CASE(bringup_test_pamt_not_zeroed),
	KUNIT_CASE(bringup_test_pamt_stop_in_row),
	KUNIT_CASE(bringup_test_pamt_check_first),
	KUNIT_CASE(bringup_test_pamt_places_once),
	KUNIT_CASE(bringup_test_pamt_check),
	KUNIT_CASE(bringup_test_pamt_gigantic),
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
