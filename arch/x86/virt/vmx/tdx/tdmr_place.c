// SPDX-License-Identifier: GPL-2.0-only
/*
 * Propose a place for each PAMT.
 *
 * The best is at the top of the memory of its own TDMR: local to the CPUs that
 * work on it, away from the PAMTs of others, and against a hole where there is
 * one, so that it needs no reserved area of its own.
 *
 *	memory	|#################|   hole
 *	PAMT	             |pppp|
 *
 * Allocating a range isolates whole pageblocks, which two lanes at the same
 * time must not both want: no two PAMTs share one.
 *
 * Where a TDMR has no room, or no reserved area left, another takes it in,
 * one of the same node first.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "tdmr_layout.h"

#define PAGEBLOCK	((u64)SZ_2M)

static u64 block_down(u64 addr)
{
	return addr & ~(PAGEBLOCK - 1);
}

static u64 block_up(u64 addr)
{
	return block_down(addr + PAGEBLOCK - 1);
}

/*
 * A PAMT that wants one of the pageblocks from @start to @end; the one with the
 * highest address.
 */
static const struct tdmr_plan *pamt_in(const struct tdmr_layout *layout,
				       u64 start, u64 end)
{
	const struct tdmr_plan *found = NULL;
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];

		if (!plan->pamt_base ||
		    block_up(plan->pamt_base + tdmr_pamt_bytes(plan)) <= start ||
		    block_down(plan->pamt_base) >= end)
			continue;
		if (!found || plan->pamt_base > found->pamt_base)
			found = plan;
	}

	return found;
}

/* Put @plan's PAMT at @base if @host has an area for it. */
static bool try_at(struct tdmr_layout *layout, struct tdmr_plan *plan,
		   const struct tdmr_plan *host, u64 base)
{
	plan->pamt_base = base;
	if (tdmr_areas(layout, host, NULL) <= layout->limits.max_reserved)
		return true;

	plan->pamt_base = 0;
	return false;
}

/* Below @end, in the memory from @start; as high as other PAMTs let it. */
static bool try_below(struct tdmr_layout *layout, struct tdmr_plan *plan,
		      const struct tdmr_plan *host, u64 start, u64 end)
{
	u64 bytes = tdmr_pamt_bytes(plan);
	const struct tdmr_plan *other;

	while (end > start && end - start >= bytes) {
		other = pamt_in(layout, block_down(end - bytes), block_up(end));
		if (!other)
			return try_at(layout, plan, host, end - bytes);
		end = min(end, block_down(other->pamt_base));
	}

	return false;
}

/* At the very bottom, against a hole below. */
static bool try_bottom(struct tdmr_layout *layout, struct tdmr_plan *plan,
		       const struct tdmr_plan *host, u64 start, u64 end)
{
	u64 bytes = tdmr_pamt_bytes(plan);

	return end > start && end - start >= bytes && start &&
	       !pamt_in(layout, block_down(start), block_up(start + bytes)) &&
	       try_at(layout, plan, host, start);
}

/* The first range that ends after @addr. */
static unsigned int range_after(const struct tdmr_layout *layout, u64 addr)
{
	unsigned int lo = 0, hi = layout->nr_ranges, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (layout->ranges[mid].end > addr)
			hi = mid;
		else
			lo = mid + 1;
	}

	return lo;
}

/* Anywhere in @host below @ceiling, as high as can be. */
static bool place_in(struct tdmr_layout *layout, struct tdmr_plan *plan,
		     const struct tdmr_plan *host, u64 ceiling)
{
	unsigned int first = range_after(layout, host->base);
	unsigned int i = range_after(layout, host->base + host->size - 1);
	u64 start, end;

	/* One past the last range that begins in the TDMR. */
	if (i < layout->nr_ranges &&
	    layout->ranges[i].start < host->base + host->size)
		i++;

	ceiling = min(ceiling, host->base + host->size);

	while (i-- > first) {
		start = max(layout->ranges[i].start, host->base);
		end = min(layout->ranges[i].end, ceiling);
		if (try_below(layout, plan, host, start, end) ||
		    try_bottom(layout, plan, host, start, end))
			return true;
	}

	return false;
}

/* In another TDMR, of the same node or not, the nearest first. */
static bool place_elsewhere(struct tdmr_layout *layout, unsigned int self,
			    bool same_node)
{
	struct tdmr_plan *plan = &layout->plans[self];
	unsigned int far, side;

	for (far = 1; far < layout->nr_plans; far++) {
		for (side = 0; side < 2; side++) {
			unsigned int i = side ? self + far : self - far;

			/* Wraps to a large number below the first. */
			if (i >= layout->nr_plans)
				continue;
			if ((layout->plans[i].node == plan->node) == same_node &&
			    place_in(layout, plan, &layout->plans[i], U64_MAX))
				return true;
		}
	}

	return false;
}

/**
 * tdmr_layout_place - propose a place for each PAMT
 * @layout: planned
 *
 * Return: 0; -ENOSPC when there is no place for one, and @layout names its
 * TDMR.
 */
int tdmr_layout_place(struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		struct tdmr_plan *plan = &layout->plans[i];

		if (place_in(layout, plan, plan, U64_MAX) ||
		    place_elsewhere(layout, i, true) ||
		    place_elsewhere(layout, i, false))
			continue;

		layout->trouble = TDMR_NO_PAMT;
		layout->bad_start = plan->base;
		layout->bad_end = plan->base + plan->size;
		return -ENOSPC;
	}

	return 0;
}

/**
 * tdmr_layout_place_lower - propose another place for a PAMT
 * @layout: planned
 * @i: index of its TDMR
 *
 * The next one below where it is now, in its own TDMR.
 *
 * Return: true; false when there is none, and the PAMT has no place then.
 */
bool tdmr_layout_place_lower(struct tdmr_layout *layout, unsigned int i)
{
	struct tdmr_plan *plan = &layout->plans[i];
	u64 ceiling = plan->pamt_base;

	plan->pamt_base = 0;

	return place_in(layout, plan, plan, ceiling);
}

/**
 * tdmr_layout_fits - are there areas for all PAMTs where they are now?
 * @layout: planned
 *
 * Return: true if tdmr_layout_reserve() would succeed.
 */
bool tdmr_layout_fits(const struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		if (tdmr_areas(layout, &layout->plans[i], NULL) >
		    layout->limits.max_reserved)
			return false;
	}

	return true;
}
