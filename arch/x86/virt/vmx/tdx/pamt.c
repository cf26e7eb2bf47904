// SPDX-License-Identifier: GPL-2.0-only
/*
 * Second half of step 3: allocate memory for the PAMTs, and free it.
 *
 * The module keeps 16 bytes for every page that it may manage.  Linux chooses the
 * memory for them; each PAMT must be contiguous.  The PAMTs of a node are one row, which
 * needs one reserved area.  If the kernel zeroes allocated memory, lanes allocate the
 * pieces of a row at the same time.
 *
 * The layout proposes a place for each row: local memory, where reserved areas suffice.
 * If the memory there is not available, the kernel tries the next places below, then a
 * row for each TDMR, and at last any memory.  It does not use ZONE_MOVABLE, since PAMTs
 * remain allocated while TDX is up.
 *
 * Each allocation holds mem_hotplug_lock, so that the pages stay online between the
 * check and the allocation.  Between two allocations, memory may be hot-plugged.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/container_of.h>
#include <linux/cpufeature.h>
#include <linux/gfp.h>
#include <linux/hugetlb.h>
#include <linux/jiffies.h>
#include <linux/lanework.h>
#include <linux/limits.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/page-isolation.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "steps.h"

/**
 * struct tdx_pamt_piece - a piece of a row
 *
 * Locking: the thread that runs the lane writes @cleared and @taken, and reads the rest.
 *
 * @lane: lane of the job
 * @row: index of the row
 * @base: address of the first byte
 * @size: bytes
 * @cleared: bytes that the lane has cleared
 * @taken: the piece is allocated
 */
struct tdx_pamt_piece {
	struct lane lane;
	unsigned int row;
	u64 base;
	u64 size;
	u64 cleared;
	bool taken;
};

/**
 * struct tdx_pamts - the memory of all rows
 *
 * Locking: the worker owns all while no lane runs.  Lanes own their pieces; any of them
 * sets @failed.
 *
 * @job: allocates or clears the pieces
 * @a: the attempt that allocates
 * @taken_bytes: counts allocated bytes, for the progress
 * @pieces: the pieces of @job
 * @nr_pieces: number of @pieces
 * @taken: for each row, the row is allocated
 * @failed: for each row, a piece of it cannot be allocated
 */
struct tdx_pamts {
	struct lanework job;
	struct tdx_attempt *a;
	atomic64_t *taken_bytes;
	struct tdx_pamt_piece pieces[TDMR_MAX * TDMR_ROW_PIECES];
	unsigned int nr_pieces;
	bool taken[TDMR_MAX];
	bool failed[TDMR_MAX];
};

/*
 * Like alloc_contig_pages(), reject a range that alloc_contig_range() could not empty.  A
 * gigantic page could only move to another gigantic page.
 */
static bool tdx_pamt_block_is_movable(struct zone *zone, unsigned long pfn, unsigned long end)
{
	guard(spinlock_irqsave)(&zone->lock);

	while (pfn < end) {
		struct page *page = pfn_to_online_page(pfn);
		unsigned long step = 1;

		if (!page || page_zone(page) != zone ||
		    page_is_unmovable(zone, page, PB_ISOLATE_MODE_OTHER, &step))
			return false;
		if (PageHuge(page) && folio_order(page_folio(page)) > MAX_PAGE_ORDER)
			return false;
		pfn += step;
	}

	return true;
}

/* Tell if all pages are online and in one zone, and if each is free or can be moved away. */
static bool tdx_pamt_range_is_movable(u64 base, u64 size)
{
	unsigned long pfn = PHYS_PFN(base), end = PHYS_PFN(base + size), next;
	struct page *page = pfn_to_online_page(pfn);

	if (!page || is_zone_movable_page(page))
		return false;

	for (; pfn < end; pfn = next) {
		next = min(end, ALIGN(pfn + 1, MAX_ORDER_NR_PAGES));
		if (!tdx_pamt_block_is_movable(page_zone(page), pfn, next))
			return false;
		cond_resched();
	}

	return true;
}

VISIBLE_IF_KUNIT int tdx_pamt_take_range(u64 base, u64 size)
{
	int ret = -ENXIO;

	get_online_mems();
	if (tdx_pamt_range_is_movable(base, size))
		ret = alloc_contig_range(PHYS_PFN(base), PHYS_PFN(base + size), ACR_FLAGS_NONE,
					 GFP_KERNEL | __GFP_NOWARN);
	put_online_mems();

	return ret;
}

/* Tell if a place can be tried.  Isolating pageblocks and moving pages is slow. */
VISIBLE_IF_KUNIT bool tdx_pamt_check(u64 base, u64 size)
{
	bool ret;

	KUNIT_STATIC_STUB_REDIRECT(tdx_pamt_check, base, size);

	get_online_mems();
	ret = tdx_pamt_range_is_movable(base, size);
	put_online_mems();

	return ret;
}

/* Allocate memory at a place.  Returns -ENXIO if the check fails. */
VISIBLE_IF_KUNIT int tdx_pamt_take(u64 base, u64 size)
{
	KUNIT_STATIC_STUB_REDIRECT(tdx_pamt_take, base, size);

	return tdx_pamt_take_range(base, size);
}

/* Allocate memory anywhere, preferably on @node.  Returns 0 without memory. */
VISIBLE_IF_KUNIT u64 tdx_pamt_find(u64 size, int node)
{
	struct page *pages;

	KUNIT_STATIC_STUB_REDIRECT(tdx_pamt_find, size, node);

	get_online_mems();
	pages = alloc_contig_pages(PFN_DOWN(size), GFP_KERNEL, node,
				   &node_online_map);
	put_online_mems();

	return pages ? page_to_phys(pages) : 0;
}

VISIBLE_IF_KUNIT void tdx_pamt_put(u64 base, u64 size)
{
	KUNIT_STATIC_STUB_REDIRECT(tdx_pamt_put, base, size);

	free_contig_range(PHYS_PFN(base), PFN_DOWN(size));
}

static int tdx_pamt_take_piece(struct lane *lane)
{
	struct tdx_pamt_piece *piece = container_of(lane, struct tdx_pamt_piece, lane);
	struct tdx_pamts *p = container_of(lane->job, struct tdx_pamts, job);

	if (tdx_attempt_stopped(p->a))
		return -ESHUTDOWN;

	if (READ_ONCE(p->failed[piece->row]))
		return LANE_DONE;
	if (tdx_pamt_take(piece->base, piece->size)) {
		WRITE_ONCE(p->failed[piece->row], true);
		return LANE_DONE;
	}
	piece->taken = true;
	atomic64_add(piece->size, p->taken_bytes);

	return LANE_DONE;
}

VISIBLE_IF_KUNIT bool tdx_pamt_is_zeroed(void)
{
	KUNIT_STATIC_STUB_REDIRECT(tdx_pamt_is_zeroed);

	return want_init_on_alloc(GFP_KERNEL);
}

static void tdx_pamts_divide_row(struct tdx_pamts *p, const struct tdx_layout *layout,
				 unsigned int i, unsigned int nr)
{
	const struct tdmr_row *row = &layout->tdmrs.rows[i];
	unsigned int j;

	for (j = 0; j < nr; j++) {
		u64 cut = tdmr_row_cut(&layout->host, row, nr, j);

		p->pieces[p->nr_pieces++] = (struct tdx_pamt_piece) {
			.row = i,
			.base = row->base + cut,
			.size = tdmr_row_cut(&layout->host, row, nr, j + 1) - cut,
		};
	}
}

/* Prepare a lane for each piece. */
static void tdx_pamts_init_job(struct tdx_pamts *p, const struct tdx_layout *layout,
			       const char *name, int (*step)(struct lane *lane))
{
	unsigned int i;

	lanework_init(&p->job, name, step);
	for (i = 0; i < p->nr_pieces; i++) {
		struct tdx_pamt_piece *piece = &p->pieces[i];

		lanework_add(&p->job, &piece->lane,
			     tdx_layout_home(layout->tdmrs.rows[piece->row].node));
	}
}

/* Give back the pieces of rows that are not complete. */
static void tdx_pamts_put_pieces(struct tdx_pamts *p)
{
	unsigned int i;

	for (i = 0; i < p->nr_pieces; i++) {
		struct tdx_pamt_piece *piece = &p->pieces[i];

		if (!piece->taken || p->taken[piece->row])
			continue;
		tdx_pamt_put(piece->base, piece->size);
		atomic64_sub(piece->size, p->taken_bytes);
	}
}

/*
 * Find a place that can be tried for each row without memory, and divide these rows into
 * pieces.  Returns false if no row has a place, if the time is up, or if the system goes
 * down.
 */
static bool tdx_pamts_propose(struct tdx_pamts *p, struct tdx_layout *layout,
			      unsigned long deadline)
{
	bool zeroed = tdx_pamt_is_zeroed();
	unsigned int i;

	p->nr_pieces = 0;
	for (i = 0; i < layout->tdmrs.nr_rows; i++) {
		struct tdmr_row *row = &layout->tdmrs.rows[i];

		if (p->taken[i])
			continue;
		if (p->failed[i])
			tdmr_row_lower(&layout->host, &layout->tdmrs, i);
		p->failed[i] = false;
		while (row->base && !tdx_pamt_check(row->base, row->size)) {
			if (tdx_attempt_stopped(p->a) || time_after_eq(jiffies, deadline))
				return false;
			tdmr_row_lower(&layout->host, &layout->tdmrs, i);
		}
		/* Without zeroing, each allocation costs more than the size adds. */
		if (row->base)
			tdx_pamts_divide_row(p, layout, i, zeroed ? tdmr_row_pieces(row) : 1);
	}

	return p->nr_pieces;
}

/* Take the pieces of all rows that have a place. */
static int tdx_pamts_take_pieces(struct tdx_pamts *p, struct tdx_layout *layout)
{
	unsigned int i;
	int ret;

	tdx_pamts_init_job(p, layout, "tdx_pamt_alloc", tdx_pamt_take_piece);
	/* The lanes are freezable. */
	tdx_attempt_rest(p->a, true);
	/* Few pages are not worth a workqueue. */
	if (tdx_pamt_is_zeroed() || layout->pamt_bytes > TDMR_SERIAL_MAX)
		ret = lanework_run(&p->job);
	else
		ret = lanework_run_serial(&p->job);
	tdx_attempt_rest(p->a, false);

	for (i = 0; i < p->nr_pieces; i++)
		p->taken[p->pieces[i].row] = !ret && !p->failed[p->pieces[i].row];
	tdx_pamts_put_pieces(p);

	/* The last lanes may have ended after the freezer came. */
	return ret ?: tdx_attempt_pause(p->a);
}

VISIBLE_IF_KUNIT unsigned long tdx_pamt_deadline(void)
{
	KUNIT_STATIC_STUB_REDIRECT(tdx_pamt_deadline);

	return jiffies + TDX_PAMT_SECONDS * HZ;
}

/* Allocate rows at places of the layout.  A row without memory has no place afterwards. */
static int tdx_pamts_take_rows(struct tdx_pamts *p, struct tdx_layout *layout)
{
	unsigned long deadline = tdx_pamt_deadline();
	unsigned int i, places = TDX_PAMT_PLACES;
	int ret = 0;

	while (tdx_pamts_propose(p, layout, deadline)) {
		ret = tdx_pamts_take_pieces(p, layout);
		if (ret || !--places || time_after_eq(jiffies, deadline))
			break;
	}

	for (i = 0; i < layout->tdmrs.nr_rows; i++) {
		p->failed[i] = false;
		if (!p->taken[i])
			layout->tdmrs.rows[i].base = 0;
	}

	return ret;
}

/* Give each TDMR a separate row, where a node has no room for all its PAMTs together. */
static bool tdx_pamts_split_rows(struct tdx_pamts *p, struct tdx_layout *layout)
{
	unsigned int i, nr = layout->tdmrs.nr_rows;

	for (i = 0; i < nr; i++) {
		if (p->taken[i] || tdmr_row_owner(&layout->tdmrs, i))
			continue;
		tdmr_row_split(&layout->tdmrs, i);
		tdmr_row_lower(&layout->host, &layout->tdmrs, i);
	}
	for (i = nr; i < layout->tdmrs.nr_rows; i++)
		tdmr_row_lower(&layout->host, &layout->tdmrs, i);

	return layout->tdmrs.nr_rows > nr;
}

/* Allocate a row in any memory, provided that no TDMR needs too many reserved areas. */
static int tdx_pamts_find_row(struct tdx_pamts *p, struct tdx_layout *layout, unsigned int i)
{
	const struct tdmr *tdmr = tdmr_row_owner(&layout->tdmrs, i);
	struct tdmr_row *row = &layout->tdmrs.rows[i];
	struct tdx_attempt *a = p->a;

	if (tdx_attempt_stopped(a))
		return -ESHUTDOWN;

	row->base = tdx_pamt_find(row->size, row->node);
	if (!row->base)
		return tdx_fail(a, -ENOMEM,
				"no %llu KB of contiguous memory for the PAMT of [0x%llx, 0x%llx), neither on node %d nor elsewhere: free memory%s",
				row->size / SZ_1K, tdmr->base, tdmr_end_of(tdmr), row->node,
				a->hint);
	p->taken[i] = true;
	atomic64_add(row->size, p->taken_bytes);

	tdmr = tdmr_find_full(&layout->tdmrs, 0, U64_MAX, layout->host.limits.max_reserved);
	if (tdmr)
		return tdx_fail(a, -ENOSPC,
				"TDMR [0x%llx, 0x%llx): reserved areas exhausted, it has %u: free memory%s",
				tdmr->base, tdmr_end_of(tdmr),
				layout->host.limits.max_reserved, a->hint);

	return 0;
}

static u64 tdx_pamts_bytes(const struct tdx_layout *layout)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < layout->tdmrs.nr_rows; i++)
		bytes += layout->tdmrs.rows[i].size;

	return bytes;
}

static int tdx_pamts_alloc_rows(struct tdx_pamts *p, struct tdx_layout *layout)
{
	unsigned int i;
	int ret;

	ret = tdx_pamts_take_rows(p, layout);
	if (!ret && tdx_pamts_split_rows(p, layout))
		ret = tdx_pamts_take_rows(p, layout);
	for (i = 0; i < layout->tdmrs.nr_rows && !ret; i++) {
		if (!p->taken[i])
			ret = tdx_pamts_find_row(p, layout, i);
	}

	return ret;
}

/**
 * tdx_pamts_alloc - allocate the PAMTs of all TDMRs, on lanes
 * @a: the attempt
 * @layout: the layout, with planned TDMRs; its @pamt_taken counts the progress
 *
 * The kernel tries up to %TDX_PAMT_PLACES places for a row, within %TDX_PAMT_SECONDS,
 * and as many for the row of each TDMR.  It migrates no more pages than these places
 * have.  A place with a page that cannot be migrated, as far as mm can tell, is not tried.
 *
 * Context: may sleep, for seconds; takes cpu_hotplug_lock, and mem_hotplug_lock for
 * reading, once for each allocation.  The worker calls this.
 *
 * Return: 0; -ENOMEM without contiguous memory; -ENOSPC if a TDMR has too few reserved
 * areas for a PAMT in the available memory; -ESHUTDOWN if the system goes down, at most
 * one piece later.  After an error, no PAMT is allocated.
 */
int tdx_pamts_alloc(struct tdx_attempt *a, struct tdx_layout *layout)
{
	int ret;

	layout->pamts = kvzalloc_obj(*layout->pamts);
	if (!layout->pamts)
		return tdx_fail(a, -ENOMEM, "out of memory for the list of PAMTs");

	WRITE_ONCE(layout->pamt_bytes, tdx_pamts_bytes(layout));
	layout->pamts->a = a;
	layout->pamts->taken_bytes = &layout->pamt_taken;
	ret = tdx_pamts_alloc_rows(layout->pamts, layout);
	if (ret)
		tdx_pamts_free(layout);

	return ret;
}

/**
 * tdx_pamts_free - free all PAMTs, which the module must not use
 * @layout: the layout
 *
 * Context: may sleep.  The worker calls this.
 */
void tdx_pamts_free(struct tdx_layout *layout)
{
	struct tdx_pamts *p = layout->pamts;
	unsigned int i;

	for (i = 0; i < layout->tdmrs.nr_rows; i++) {
		struct tdmr_row *row = &layout->tdmrs.rows[i];

		if (p->taken[i])
			tdx_pamt_put(row->base, row->size);
		row->base = 0;
	}
	atomic64_set(&layout->pamt_taken, 0);
	kvfree(p);
	layout->pamts = NULL;
}

static int tdx_pamt_clear_next(struct lane *lane)
{
	struct tdx_pamt_piece *piece = container_of(lane, struct tdx_pamt_piece, lane);
	u64 size = min_t(u64, piece->size - piece->cleared, SZ_1M);

	tdx_quirk_reset_paddr(piece->base + piece->cleared, size);
	piece->cleared += size;

	return piece->cleared < piece->size ? LANE_MORE : LANE_DONE;
}

/**
 * tdx_pamts_clear - prepare PAMT memory for use by the kernel, on lanes
 * @layout: the layout; caches are flushed, and no SEAMCALL writes to a PAMT any more
 *
 * On CPUs with the partial write erratum, the kernel could not use the memory otherwise.
 *
 * Context: may sleep, for seconds; takes cpu_hotplug_lock.  The worker calls this.
 */
void tdx_pamts_clear(struct tdx_layout *layout)
{
	struct tdx_pamts *p = layout->pamts;
	unsigned int i;

	if (!boot_cpu_has_bug(X86_BUG_TDX_PW_MCE))
		return;

	p->nr_pieces = 0;
	for (i = 0; i < layout->tdmrs.nr_rows; i++)
		tdx_pamts_divide_row(p, layout, i, tdmr_row_pieces(&layout->tdmrs.rows[i]));

	tdx_pamts_init_job(p, layout, "tdx_pamt_clear", tdx_pamt_clear_next);
	lanework_run(&p->job);
}
