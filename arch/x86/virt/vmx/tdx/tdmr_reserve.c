// SPDX-License-Identifier: GPL-2.0-only
/*
 * What in the TDMRs is reserved: what the module cannot use, and the PAMTs.
 *
 *	CMRs		|=====|  |==========|  |===|
 *	PAMTs		   |p|             |p|
 *	reserved	   |r|   |r|       |rrrr|	those that touch are one
 *
 * Nothing else: the module asks only that what is not reserved is convertible,
 * whether or not the page allocator has it.
 */
#include <linux/errno.h>
#include <linux/minmax.h>

#include "tdmr_layout.h"

static u64 tdmr_end(const struct tdmr_plan *plan)
{
	return plan->base + plan->size;
}

/**
 * tdmr_pamt_bytes - memory that the three PAMTs of a TDMR take
 * @plan: the TDMR
 *
 * Return: bytes, a multiple of 4 KiB.
 */
u64 tdmr_pamt_bytes(const struct tdmr_plan *plan)
{
	return plan->pamt_size[TDMR_4K] + plan->pamt_size[TDMR_2M] +
	       plan->pamt_size[TDMR_1G];
}

static const struct tdmr_plan *pamt_at(const struct tdmr_layout *layout,
				       u64 addr)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];

		if (plan->pamt_base && addr >= plan->pamt_base &&
		    addr - plan->pamt_base < tdmr_pamt_bytes(plan))
			return plan;
	}

	return NULL;
}

/* The first byte at or after @addr that no PAMT occupies: PAMTs may touch. */
static u64 skip_pamts(const struct tdmr_layout *layout, u64 addr)
{
	const struct tdmr_plan *plan;

	while ((plan = pamt_at(layout, addr)))
		addr = plan->pamt_base + tdmr_pamt_bytes(plan);

	return addr;
}

/* The first byte at or after @addr that is in a CMR; @limit if none before it. */
static u64 skip_hole(const struct tdmr_layout *layout, u64 addr, u64 limit)
{
	unsigned int i;

	for (i = 0; i < layout->nr_cmrs; i++) {
		if (layout->cmrs[i].end > addr)
			return min(max(addr, layout->cmrs[i].start), limit);
	}

	return limit;
}

/* The first byte at or after @addr that need not be reserved. */
static u64 next_usable(const struct tdmr_layout *layout, u64 addr, u64 limit)
{
	u64 prev;

	do {
		prev = addr;
		addr = skip_hole(layout, addr, limit);
		addr = skip_pamts(layout, addr);
	} while (addr != prev && addr < limit);

	return min(addr, limit);
}

/* The first byte after usable @addr that must be reserved. */
static u64 usable_end(const struct tdmr_layout *layout, u64 addr, u64 limit)
{
	unsigned int i;
	u64 end = limit;

	for (i = 0; i < layout->nr_cmrs; i++) {
		if (layout->cmrs[i].end > addr) {
			end = min(end, layout->cmrs[i].end);
			break;
		}
	}

	for (i = 0; i < layout->nr_plans; i++) {
		if (layout->plans[i].pamt_base > addr)
			end = min(end, layout->plans[i].pamt_base);
	}

	return end;
}

/**
 * tdmr_areas - what must be reserved in a TDMR
 * @layout: planned; PAMTs without a place are not there
 * @plan: one of its TDMRs
 * @areas: out, room for the module's limit; may be NULL
 *
 * Return: how many areas; more than the limit if it is exceeded.
 */
unsigned int tdmr_areas(const struct tdmr_layout *layout,
			const struct tdmr_plan *plan, struct tdmr_area *areas)
{
	unsigned int max = layout->limits.max_reserved;
	u64 limit = tdmr_end(plan);
	u64 addr = plan->base;
	unsigned int nr = 0;

	while (addr < limit && nr <= max) {
		u64 next = next_usable(layout, addr, limit);

		if (next > addr) {
			if (areas && nr < max)
				areas[nr] = (struct tdmr_area) {
					.offset = addr - plan->base,
					.size = next - addr,
				};
			nr++;
		}

		addr = next < limit ? usable_end(layout, next, limit) : limit;
	}

	return nr;
}

/**
 * tdmr_layout_reserve - reserve holes and PAMTs, wherever these are now
 * @layout: planned, every PAMT has a place
 *
 * Return: 0; -ENOSPC when a TDMR has more than the module takes, and @layout
 * names it.
 */
int tdmr_layout_reserve(struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		struct tdmr_plan *plan = &layout->plans[i];

		plan->nr_rsvd = tdmr_areas(layout, plan, plan->rsvd);
		if (plan->nr_rsvd > layout->limits.max_reserved) {
			layout->trouble = TDMR_NO_RESERVED;
			layout->bad_start = plan->base;
			layout->bad_end = tdmr_end(plan);
			return -ENOSPC;
		}
	}

	return 0;
}
