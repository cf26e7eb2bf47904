// SPDX-License-Identifier: GPL-2.0-only
/*
 * Second half of step 3: allocate memory for the PAMTs, and free it.
 *
 * The module keeps 16 bytes for every page that it may manage.  Linux chooses the
 * memory for them; each PAMT must be contiguous.  The PAMTs of a node are one row, which
 * is one allocation and needs one reserved area.
 *
 * The layout proposes a place for each row: local memory, where reserved areas suffice.
 * The kernel moves other users of that memory away.  If it cannot, it tries the next
 * places below, then a row for each TDMR, and at last any memory.  It does not use
 * ZONE_MOVABLE, since PAMTs remain allocated while TDX is up.
 *
 * Each allocation holds mem_hotplug_lock, so that the pages stay online between the
 * check and the allocation.  Between two allocations, memory may be hot-plugged.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <linux/cpufeature.h>
#include <linux/gfp.h>
#include <linux/lanework.h>
#include <linux/limits.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "steps.h"

/* A lane clears a piece of this size, so that all CPUs of a node take part. */
#define TDX_PAMT_PIECE	((u64)SZ_64M)

/*
 * alloc_contig_range() expects online, unreserved memory of one zone.  Also reject
 * ZONE_MOVABLE, since a PAMT would pin its memory.
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

/* Allocate memory at the planned place.  Returns -ENXIO if a PAMT must not be there. */
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

/* Allocate a row at its place or at one of the next places below. */
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
		/* A place without usable memory costs no time, so do not count it. */
		if (ret != -ENXIO)
			places--;
		tdmr_row_lower(&layout->host, &layout->tdmrs, i);
		cond_resched();
	}
	row->base = 0;

	return false;
}

/* Allocate rows at places of the layout.  A row without memory has no place afterwards. */
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

/* Allocate a row in any memory, provided that no TDMR needs too many reserved areas. */
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

/* Divide the memory of the rows into pieces, which lanes clear. */
static int tdx_pamt_divide(struct tdx_attempt *a, struct tdx_layout *layout)
{
	struct tdx_pamt_piece *piece;
	unsigned int i, nr = 0;
	u64 pa;

	if (!boot_cpu_has_bug(X86_BUG_TDX_PW_MCE))
		return 0;

	for (i = 0; i < layout->tdmrs.nr_rows; i++)
		nr += DIV_ROUND_UP(layout->tdmrs.rows[i].size, TDX_PAMT_PIECE);
	piece = kvmalloc_objs(*piece, nr);
	if (!piece)
		return tdx_fail(a, -ENOMEM, "out of memory for %u pieces of PAMT", nr);

	layout->pieces = piece;
	layout->nr_pieces = nr;
	for (i = 0; i < layout->tdmrs.nr_rows; i++) {
		const struct tdmr_row *row = &layout->tdmrs.rows[i];

		for (pa = row->base; pa < tdmr_row_end(row); pa = piece++->end) {
			piece->pa = pa;
			piece->end = min(pa + TDX_PAMT_PIECE, tdmr_row_end(row));
		}
	}

	return 0;
}

/**
 * tdx_pamts_free - free all PAMTs, which the module must not use
 * @layout: the layout
 *
 * Context: may sleep.  The worker calls this.
 */
void tdx_pamts_free(struct tdx_layout *layout)
{
	unsigned int i = layout->tdmrs.nr_rows;

	kvfree(layout->pieces);
	layout->pieces = NULL;
	layout->nr_pieces = 0;

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
 * @layout: the layout, with planned TDMRs
 *
 * Context: may sleep, for seconds; takes mem_hotplug_lock for reading, once for each
 * allocation.  The worker calls this.
 *
 * Return: 0; -ENOMEM without contiguous memory; -ENOSPC if a TDMR has too few reserved
 * areas for a PAMT in the available memory; -ESHUTDOWN if the system goes down.  After
 * an error, no PAMT is allocated.
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
	if (!ret)
		ret = tdx_pamt_divide(a, layout);
	if (ret)
		tdx_pamts_free(layout);

	return ret;
}

static int tdx_pamt_clear_next(struct lane *lane)
{
	struct tdx_pamt_piece *piece = container_of(lane, struct tdx_pamt_piece, lane);
	u64 size = min_t(u64, piece->end - piece->pa, SZ_1M);

	tdx_quirk_reset_paddr(piece->pa, size);
	piece->pa += size;

	return piece->pa < piece->end ? LANE_MORE : LANE_DONE;
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
	struct lanework lanes;
	unsigned int i;

	if (!layout->nr_pieces)
		return;

	if (WARN_ON_ONCE(lanework_init(&lanes, "tdx_pamt_clear", tdx_pamt_clear_next)))
		return;

	for (i = 0; i < layout->nr_pieces; i++) {
		struct tdx_pamt_piece *piece = &layout->pieces[i];

		lanework_add(&lanes, &piece->lane,
			     tdx_layout_home(pfn_to_nid(PHYS_PFN(piece->pa))));
	}

	if (!lanework_start(&lanes))
		lanework_wait(&lanes);
	lanework_free(&lanes);
}

u64 tdx_pamts_bytes(const struct tdx_layout *layout)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < layout->tdmrs.nr_rows; i++)
		bytes += layout->tdmrs.rows[i].size;

	return bytes;
}
