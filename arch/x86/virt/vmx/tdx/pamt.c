// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 3, second half: memory for the PAMTs, and giving it back.
 *
 * The module keeps 16 bytes for every page that it may manage.  Linux chooses
 * where; each of the three PAMTs of a TDMR must be contiguous.  They are one
 * allocation, so that they need one reserved area and not three.
 *
 * The layout has a place for each, of which it knows that it is local and that
 * reserved areas suffice: those of a node side by side, if it can.  What is there
 * is moved away; where that cannot be done, because the kernel has put there what
 * cannot move, the next place below is tried, then one for each PAMT alone, and
 * at last any.  Not in ZONE_MOVABLE: PAMTs stay until the machine is rebooted.
 *
 * One allocation for a node, and one after another: nearly all the time goes into
 * lru_cache_disable() in alloc_contig_range(), which waits for all CPUs, whatever
 * is allocated, and has a lock of its own.
 *
 * Memory hot-plug is held off during each allocation, so that pages do not go away
 * between the look at them and the allocation, but not from one to the next.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <linux/array_size.h>
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "bringup.h"

/*
 * What alloc_contig_range() takes for granted: memory, of one zone, and not the
 * kernel's for good.  Movable memory is refused: PAMTs would pin it.
 */
static bool range_is_plain(unsigned long pfn, unsigned long nr)
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
	if (range_is_plain(pfn, nr))
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

/* One place; @places counts down those in which it was worth trying. */
static bool take(u64 base, u64 size, unsigned int *places)
{
	int ret = tdx_pamt_take(base, size);

	if (ret != -ENXIO)
		--*places;
	cond_resched();

	return !ret;
}

static void forget_row(struct tdmr_layout *layout, int node)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		if (layout->plans[i].node == node)
			layout->plans[i].pamt_base = 0;
	}
}

/* All PAMTs of a node, where they are side by side; else they have no places then. */
static bool alloc_row(struct tdx_bringup *tb, int node)
{
	struct tdmr_layout *layout = &tb->layout;
	unsigned int places = TDX_PAMT_PLACES;
	u64 base, bytes;

	bytes = tdmr_layout_row(layout, node, &base);
	if (!bytes)
		return false;

	while (places && !tdx_bringup_stopped(tb)) {
		if (take(base, bytes, &places))
			return true;
		if (!tdmr_layout_row_lower(layout, node))
			break;
		tdmr_layout_row(layout, node, &base);
	}
	forget_row(layout, node);

	return false;
}

/*
 * At the planned place, or below it in the same TDMR.  Where it was planned, the PAMT
 * may have been all there was between a hole and another PAMT: these need an area
 * more if it is elsewhere, so look whether all fits then.
 */
static bool alloc_planned(struct tdx_bringup *tb, unsigned int i)
{
	struct tdmr_layout *layout = &tb->layout;
	struct tdmr_plan *plan = &layout->plans[i];
	u64 size = tdmr_pamt_bytes(plan);
	unsigned int places = TDX_PAMT_PLACES;

	if (!plan->pamt_base && !tdmr_layout_place_lower(layout, i))
		return false;

	while (places && !tdx_bringup_stopped(tb)) {
		if (take(plan->pamt_base, size, &places)) {
			if (tdmr_layout_fits(layout))
				return true;
			tdx_pamt_put(plan->pamt_base, size);
		}
		if (!tdmr_layout_place_lower(layout, i))
			break;
	}
	plan->pamt_base = 0;

	return false;
}

/* What others have planned where @taken has its memory now. */
static void forget_planned(struct tdmr_layout *layout, const unsigned long *has,
			   const struct tdmr_plan *taken)
{
	unsigned int i;

	for_each_clear_bit(i, has, layout->nr_plans) {
		struct tdmr_plan *plan = &layout->plans[i];

		if (plan != taken && plan->pamt_base < tdmr_pamt_end(taken) &&
		    tdmr_pamt_end(plan) > taken->pamt_base)
			plan->pamt_base = 0;
	}
}

/*
 * Wherever there is memory.  It may land in a TDMR that has no area left for
 * it: what landed so is held until another place was found, or it would be
 * found again.
 */
static bool alloc_anywhere(struct tdx_bringup *tb, const unsigned long *has,
			   unsigned int i)
{
	struct tdmr_plan *plan = &tb->layout.plans[i];
	u64 size = tdmr_pamt_bytes(plan);
	bool fits = false;
	unsigned int nr;
	u64 held[8];

	for (nr = 0; nr < ARRAY_SIZE(held); nr++) {
		if (tdx_bringup_stopped(tb))
			break;
		plan->pamt_base = tdx_pamt_find(size, plan->node);
		if (!plan->pamt_base)
			break;
		forget_planned(&tb->layout, has, plan);
		fits = tdmr_layout_fits(&tb->layout);
		if (fits)
			break;
		held[nr] = plan->pamt_base;
	}

	if (!fits)
		plan->pamt_base = 0;
	while (nr--)
		tdx_pamt_put(held[nr], size);

	return fits;
}

static int alloc_one(struct tdx_bringup *tb, const unsigned long *has,
		     unsigned int i)
{
	struct tdmr_plan *plan = &tb->layout.plans[i];

	if (alloc_planned(tb, i) || alloc_anywhere(tb, has, i))
		return 0;
	if (tdx_bringup_stopped(tb))
		return -ESHUTDOWN;

	return tdx_bringup_fail(tb, -ENOMEM,
				"no %llu KB of contiguous memory for the PAMT of [0x%llx, 0x%llx): free memory%s",
				tdmr_pamt_bytes(plan) / SZ_1K, plan->base,
				plan->base + plan->size, tdx_host_hint());
}

static void free_one(struct tdmr_plan *plan)
{
	if (!plan->pamt_base)
		return;

	tdx_pamt_put(plan->pamt_base, tdmr_pamt_bytes(plan));
	plan->pamt_base = 0;
}

/**
 * tdx_pamts_free - give back PAMTs that the module has not been told of
 * @tb: the bring-up
 *
 * Context: may sleep.  The runner of @tb.
 */
void tdx_pamts_free(struct tdx_bringup *tb)
{
	unsigned int i = tb->layout.nr_plans;

	while (i--)
		free_one(&tb->layout.plans[i]);
}

/* @has: out, the TDMRs whose PAMTs have memory; those of others have a place. */
static void alloc_rows(struct tdx_bringup *tb, unsigned long *has)
{
	struct tdmr_layout *layout = &tb->layout;
	nodemask_t tried = NODE_MASK_NONE;
	unsigned int i, j;
	int node;

	for (i = 0; i < layout->nr_plans; i++) {
		node = layout->plans[i].node;
		if (node_test_and_set(node, tried) || !alloc_row(tb, node))
			continue;
		for (j = i; j < layout->nr_plans; j++) {
			if (layout->plans[j].node == node)
				__set_bit(j, has);
		}
	}
}

static int alloc_others(struct tdx_bringup *tb, unsigned long *has)
{
	unsigned int i;
	int ret;

	for_each_clear_bit(i, has, tb->layout.nr_plans) {
		ret = alloc_one(tb, has, i);
		if (ret)
			return ret;
		__set_bit(i, has);
	}

	return 0;
}

/**
 * tdx_pamts_alloc - allocate the PAMTs of all TDMRs
 * @tb: the bring-up; its layout covers the memory
 *
 * Context: may sleep, and long.  The runner of @tb.
 *
 * Return: 0; -ENOMEM without contiguous memory; -ESHUTDOWN when the system
 * goes down meanwhile.  Nothing is left allocated then.
 */
int tdx_pamts_alloc(struct tdx_bringup *tb)
{
	DECLARE_BITMAP(has, TDMR_MAX_PLANS) = { };
	unsigned int i;
	int ret;

	alloc_rows(tb, has);
	ret = alloc_others(tb, has);
	if (!ret)
		return 0;

	for_each_clear_bit(i, has, tb->layout.nr_plans)
		tb->layout.plans[i].pamt_base = 0;
	tdx_pamts_free(tb);

	return ret;
}

/* 256 MB of PAMT for each 64 GB: let others run in between. */
static void clear_one(const struct tdmr_plan *plan)
{
	u64 end = plan->pamt_base + tdmr_pamt_bytes(plan);
	u64 pa, size;

	for (pa = plan->pamt_base; pa < end; pa += size) {
		size = min_t(u64, end - pa, SZ_1M);
		tdx_quirk_reset_paddr(pa, size);
		cond_resched();
	}
}

/**
 * tdx_pamts_clear - make memory that the module has written to normal again
 * @tb: the bring-up; caches are flushed, and no SEAMCALL will write to a PAMT
 *
 * Where partial writes poison, the kernel could not use the memory otherwise.
 *
 * Context: may sleep, and long.  The runner of @tb.
 */
void tdx_pamts_clear(struct tdx_bringup *tb)
{
	unsigned int i;

	for (i = 0; i < tb->layout.nr_plans; i++)
		clear_one(&tb->layout.plans[i]);
}

/**
 * tdx_pamts_bytes - memory that all PAMTs take
 * @tb: the bring-up
 *
 * Return: bytes.
 */
u64 tdx_pamts_bytes(const struct tdx_bringup *tb)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < tb->layout.nr_plans; i++)
		bytes += tdmr_pamt_bytes(&tb->layout.plans[i]);

	return bytes;
}
