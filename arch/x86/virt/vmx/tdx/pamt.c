// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 3, second half: memory for the PAMTs, and giving it back.
 *
 * The module keeps 16 bytes for every page that it may manage.  Linux chooses
 * where; each PAMT must be contiguous.  The PAMTs of a node are one row, which is
 * one allocation and needs one reserved area.
 *
 * The layout proposes a place for each row: local memory, where reserved areas
 * suffice.  The kernel moves other users of that memory away.  If it cannot, the
 * next place below is tried, then a row for each TDMR alone, and at last any
 * memory.  ZONE_MOVABLE is left alone: PAMTs stay while TDX is on.
 *
 * Memory hot-plug is held off during each allocation, so that pages do not go away
 * between the look at them and the allocation, but not from one to the next.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "steps.h"

/*
 * What alloc_contig_range() takes for granted: memory, of one zone, and not the
 * kernel's for good.  Movable memory is refused: PAMTs would pin it.
 */
static bool tdx_pamt_range_is_plain(unsigned long pfn, unsigned long nr)
{
	struct zone *zone = NULL;
	struct page *page;

	for (; nr; nr--, pfn++) {
		page = pfn_to_online_page(pfn);
		if (!page || PageReserved(page) || is_zone_movable_page(page))
			return false;
		if (zone && page_zone(page) != zone)
			return false;
		zone = page_zone(page);
		if (pageblock_aligned(pfn))
			cond_resched();
	}

	return true;
}

VISIBLE_IF_KUNIT int tdx_pamt_take_range(u64 base, u64 size)
{
	unsigned long pfn = PHYS_PFN(base), nr = PFN_DOWN(size);
	int ret = -ENXIO;

	get_online_mems();
	if (tdx_pamt_range_is_plain(pfn, nr))
		ret = alloc_contig_range(pfn, pfn + nr, ACR_FLAGS_NONE,
					 GFP_KERNEL | __GFP_NOWARN);
	put_online_mems();

	return ret;
}

/* The memory at the place that was planned; -ENXIO if no PAMT can ever be there. */
VISIBLE_IF_KUNIT int tdx_pamt_take(u64 base, u64 size)
{
	KUNIT_STATIC_STUB_REDIRECT(tdx_pamt_take, base, size);

	return tdx_pamt_take_range(base, size);
}

/* Memory anywhere, best on @node; 0 for none. */
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

/* Take a row at its place or at one of the next places below. */
static bool tdx_pamt_take_row(struct tdx_attempt *a, struct tdx_layout *layout, unsigned int i)
{
	struct tdmr_row *row = &layout->tdmrs.rows[i];
	unsigned int places = TDX_PAMT_PLACES;
	int ret;

	if (!row->base)
		tdmr_row_lower(&layout->host, &layout->tdmrs, i);

	while (row->base && places && !tdx_attempt_stopped(a)) {
		ret = tdx_pamt_take(row->base, row->size);
		if (!ret)
			return true;
		/* Places without usable memory cost no time. */
		if (ret != -ENXIO)
			places--;
		tdmr_row_lower(&layout->host, &layout->tdmrs, i);
		cond_resched();
	}
	row->base = 0;

	return false;
}

/* All rows that get memory at a place of the layout; others have no place then. */
static void tdx_pamt_take_rows(struct tdx_attempt *a, struct tdx_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->tdmrs.nr_rows; i++) {
		if (tdx_pamt_take_row(a, layout, i) || tdmr_row_owner(&layout->tdmrs, i))
			continue;
		tdmr_row_split(&layout->tdmrs, i);
		tdx_pamt_take_row(a, layout, i);
	}
}

/* Any memory will do, if the reserved areas of its TDMR suffice. */
static int tdx_pamt_find_row(struct tdx_attempt *a, struct tdx_layout *layout, unsigned int i)
{
	const struct tdmr *tdmr = tdmr_row_owner(&layout->tdmrs, i);
	struct tdmr_row *row = &layout->tdmrs.rows[i];

	if (tdx_attempt_stopped(a))
		return -ESHUTDOWN;

	row->base = tdx_pamt_find(row->size, row->node);
	if (!row->base)
		return tdx_fail(a, -ENOMEM,
				"no %llu KB of contiguous memory for the PAMT of [0x%llx, 0x%llx): free memory%s",
				row->size / SZ_1K, tdmr->base, tdmr_end_of(tdmr),
				a->hint);

	tdmr = tdmr_find_full(&layout->tdmrs, 0, U64_MAX, layout->host.limits.max_reserved);
	if (tdmr)
		return tdx_fail(a, -ENOSPC,
				"TDMR [0x%llx, 0x%llx): reserved areas exhausted, it has %u: free memory%s",
				tdmr->base, tdmr_end_of(tdmr),
				layout->host.limits.max_reserved, a->hint);

	return 0;
}

/**
 * tdx_pamts_free - free all PAMTs, which the module does not know
 * @layout: the layout
 *
 * Context: may sleep.  The worker.
 */
void tdx_pamts_free(struct tdx_layout *layout)
{
	unsigned int i = layout->tdmrs.nr_rows;

	while (i--) {
		struct tdmr_row *row = &layout->tdmrs.rows[i];

		if (row->base)
			tdx_pamt_put(row->base, row->size);
		row->base = 0;
	}
}

/**
 * tdx_pamts_alloc - allocate the PAMTs of all TDMRs
 * @a: the attempt
 * @layout: its TDMRs are planned
 *
 * Context: may sleep, for seconds; takes mem_hotplug_lock for reading, again and
 * again.  The worker.
 *
 * Return: 0; -ENOMEM without contiguous memory; -ENOSPC if reserved areas do not
 * suffice where memory is; -ESHUTDOWN if the system goes down.  Nothing is
 * allocated after an error.
 */
int tdx_pamts_alloc(struct tdx_attempt *a, struct tdx_layout *layout)
{
	unsigned int i;
	int ret = 0;

	tdx_pamt_take_rows(a, layout);
	for (i = 0; i < layout->tdmrs.nr_rows && !ret; i++) {
		if (!layout->tdmrs.rows[i].base)
			ret = tdx_pamt_find_row(a, layout, i);
	}
	if (ret)
		tdx_pamts_free(layout);

	return ret;
}

/* There are 256 MB of PAMT for each 64 GB: other tasks must run in between. */
static void tdx_pamt_clear_row(const struct tdmr_row *row)
{
	u64 pa, size;

	for (pa = row->base; pa < tdmr_row_end(row); pa += size) {
		size = min_t(u64, tdmr_row_end(row) - pa, SZ_1M);
		tdx_quirk_reset_paddr(pa, size);
		cond_resched();
	}
}

/**
 * tdx_pamts_clear - make memory that the module has written normal again
 * @layout: the layout; caches are flushed, and no SEAMCALL will write to a PAMT
 *
 * Where partial writes poison memory, the kernel could not use it otherwise.
 *
 * Context: may sleep, for seconds.  The worker.
 */
void tdx_pamts_clear(const struct tdx_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->tdmrs.nr_rows; i++)
		tdx_pamt_clear_row(&layout->tdmrs.rows[i]);
}

/* Bytes of all PAMTs. */
u64 tdx_pamts_bytes(const struct tdx_layout *layout)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < layout->tdmrs.nr_rows; i++)
		bytes += layout->tdmrs.rows[i].size;

	return bytes;
}
