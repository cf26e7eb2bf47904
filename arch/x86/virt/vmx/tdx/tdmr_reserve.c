// SPDX-License-Identifier: GPL-2.0-only
/*
 * What in the TDMRs is reserved: what the module cannot use, and the PAMTs.
 *
 *	CMRs		|=======|   |=====|  |===|
 *	memory		|######|    |#####|  |###|
 *	PAMTs		 |p| |p|           |p|
 *	reserved	 |r| |rrrrrr|     |rrrr|
 *
 * Memory that the page allocator has must not be, all else may be: so what must
 * be reserved and has no memory in between is one area.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "tdmr_layout.h"

static u64 tdmr_end(const struct tdmr_plan *plan)
{
	return plan->base + plan->size;
}

/**
 * tdmr_size_pamts - how large are the PAMTs of a TDMR?
 * @plan: gets its size and theirs
 * @gibs: GiB of the TDMR
 * @limits: of the module
 */
void tdmr_size_pamts(struct tdmr_plan *plan, u32 gibs,
		     const struct tdmr_limits *limits)
{
	static const u64 page_size[TDMR_NR_LEVELS] = { SZ_4K, SZ_2M, SZ_1G };
	u64 bytes;
	int level;

	plan->size = (u64)gibs * SZ_1G;
	for (level = TDMR_4K; level < TDMR_NR_LEVELS; level++) {
		bytes = plan->size / page_size[level] *
			limits->entry_size[level];
		plan->pamt_size[level] = (bytes + SZ_4K - 1) & ~(SZ_4K - 1ULL);
	}
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

static u64 pamt_end(const struct tdmr_plan *plan)
{
	return plan->pamt_base + tdmr_pamt_bytes(plan);
}

static const struct tdmr_plan *pamt_at(const struct tdmr_layout *layout,
				       u64 addr)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];

		if (plan->pamt_base && addr >= plan->pamt_base &&
		    addr < pamt_end(plan))
			return plan;
	}

	return NULL;
}

/* The first byte at or after @addr that no PAMT occupies: PAMTs may touch. */
static u64 skip_pamts(const struct tdmr_layout *layout, u64 addr)
{
	const struct tdmr_plan *plan;

	while ((plan = pamt_at(layout, addr)))
		addr = pamt_end(plan);

	return addr;
}

/* The part of the convertible memory that ends after @addr. */
static const struct tdmr_range *part_after(const struct tdmr_layout *layout,
					   u64 addr)
{
	unsigned int i;

	for (i = 0; i < layout->nr_parts; i++) {
		if (layout->parts[i].end > addr)
			return &layout->parts[i];
	}

	return NULL;
}

/* The first byte at or after @addr that must be reserved. */
static u64 next_reserved(const struct tdmr_layout *layout, u64 addr)
{
	const struct tdmr_range *part = part_after(layout, addr);
	unsigned int i;
	u64 next;

	if (!part || addr < part->start || pamt_at(layout, addr))
		return addr;

	next = part->end;
	for (i = 0; i < layout->nr_plans; i++) {
		if (layout->plans[i].pamt_base > addr)
			next = min(next, layout->plans[i].pamt_base);
	}

	return next;
}

/* The first byte at or after @addr that must not be reserved. */
static u64 next_kept(const struct tdmr_layout *layout, u64 addr)
{
	unsigned int i = tdmr_range_after(layout, addr);

	while (i < layout->nr_ranges) {
		addr = skip_pamts(layout, max(addr, layout->ranges[i].start));
		if (addr < layout->ranges[i].end)
			return addr;
		i++;
	}

	return U64_MAX;
}

/* The first byte at or after @addr that need not be reserved. */
static u64 next_usable(const struct tdmr_layout *layout, u64 addr, u64 limit)
{
	const struct tdmr_range *part;

	while (addr < limit && next_reserved(layout, addr) == addr) {
		part = part_after(layout, addr);
		addr = part ? max(addr, part->start) : limit;
		addr = skip_pamts(layout, addr);
	}

	return min(addr, limit);
}

/* The end of an area at @addr: nothing that is kept, but all before that. */
static u64 area_end(const struct tdmr_layout *layout, u64 addr, u64 limit)
{
	u64 kept = min(next_kept(layout, addr), limit);

	while (addr < kept) {
		addr = next_usable(layout, addr, limit);
		if (next_reserved(layout, addr) >= kept)
			break;
		addr = next_reserved(layout, addr);
	}

	return addr;
}

/**
 * tdmr_areas - what must be reserved in a TDMR
 * @layout: planned; PAMTs without a place are not there
 * @plan: one of its TDMRs
 * @areas: out, room for the module's limit; may be NULL
 *
 * Return: how many areas, the fewest that can be; more than the limit if it is
 * exceeded.
 */
unsigned int tdmr_areas(const struct tdmr_layout *layout,
			const struct tdmr_plan *plan, struct tdmr_area *areas)
{
	unsigned int max = layout->limits.max_reserved;
	u64 limit = tdmr_end(plan);
	u64 addr = next_reserved(layout, plan->base);
	unsigned int nr = 0;
	u64 end;

	while (addr < limit && nr <= max) {
		end = area_end(layout, addr, limit);
		if (areas && nr < max)
			areas[nr] = (struct tdmr_area) {
				.offset = addr - plan->base,
				.size = end - addr,
			};
		nr++;
		addr = next_reserved(layout, end);
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
