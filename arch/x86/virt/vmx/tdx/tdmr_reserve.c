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

#include "tdmr_internal.h"

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
 * struct inside - what there is in a TDMR
 * @layout: of all
 * @pamts: that are in it, or a part of them
 */
struct inside {
	const struct tdmr_layout *layout;
	struct tdmr_pamts pamts;
};

/* The first PAMT that ends after @addr. */
static unsigned int pamt_after(const struct tdmr_pamts *pamts, u64 addr)
{
	unsigned int i = tdmr_pamts_below(pamts, addr + 1);

	return i && tdmr_pamt_end(pamts->pamt[i - 1]) > addr ? i - 1 : i;
}

/* The first byte at or after @addr that no PAMT occupies: PAMTs may touch. */
static u64 skip_pamts(const struct inside *in, u64 addr)
{
	const struct tdmr_pamts *pamts = &in->pamts;
	unsigned int i;

	for (i = pamt_after(pamts, addr); i < pamts->nr; i++) {
		if (pamts->pamt[i]->pamt_base > addr)
			break;
		addr = tdmr_pamt_end(pamts->pamt[i]);
	}

	return addr;
}

/**
 * tdmr_part_after - the first part of the convertible memory behind an address
 * @layout: its convertible memory is known
 * @addr: the address, behind which the part ends
 *
 * Return: index of the part, @layout->nr_parts if there is none.
 */
unsigned int tdmr_part_after(const struct tdmr_layout *layout, u64 addr)
{
	unsigned int lo = 0, hi = layout->nr_parts, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (layout->parts[mid].end > addr)
			hi = mid;
		else
			lo = mid + 1;
	}

	return lo;
}

static const struct tdmr_range *part_after(const struct tdmr_layout *layout,
					   u64 addr)
{
	unsigned int i = tdmr_part_after(layout, addr);

	return i < layout->nr_parts ? &layout->parts[i] : NULL;
}

/* The first byte at or after @addr that must be reserved. */
static u64 next_reserved(const struct inside *in, u64 addr)
{
	const struct tdmr_range *part = part_after(in->layout, addr);
	unsigned int i;

	if (!part || addr < part->start)
		return addr;

	i = pamt_after(&in->pamts, addr);
	if (i == in->pamts.nr)
		return part->end;

	return min(max(in->pamts.pamt[i]->pamt_base, addr), part->end);
}

/**
 * tdmr_reserved_below - where ends what must be reserved?
 * @layout: planned
 * @pamts: all that have places
 * @addr: an address
 *
 * Return: @addr if the byte below it must be reserved, else the end of the last
 * that must; 0 if there is none.
 */
u64 tdmr_reserved_below(const struct tdmr_layout *layout,
			const struct tdmr_pamts *pamts, u64 addr)
{
	const struct tdmr_range *part = part_after(layout, addr - 1);
	u64 found = part ? min(part->start, addr) : addr;
	unsigned int nr = tdmr_pamts_below(pamts, addr);

	if (!nr)
		return found;

	return max(found, min(addr, tdmr_pamt_end(pamts->pamt[nr - 1])));
}

/* The first byte at or after @addr that must not be reserved. */
static u64 next_kept(const struct inside *in, u64 addr)
{
	const struct tdmr_layout *layout = in->layout;
	unsigned int i = tdmr_range_after(layout, addr);

	while (i < layout->nr_ranges) {
		addr = skip_pamts(in, max(addr, layout->ranges[i].start));
		if (addr < layout->ranges[i].end)
			return addr;
		i++;
	}

	return U64_MAX;
}

/* The first byte at or after @addr that need not be reserved. */
static u64 next_usable(const struct inside *in, u64 addr, u64 limit)
{
	const struct tdmr_range *part;

	while (addr < limit && next_reserved(in, addr) == addr) {
		part = part_after(in->layout, addr);
		addr = part ? max(addr, part->start) : limit;
		addr = skip_pamts(in, addr);
	}

	return min(addr, limit);
}

/* The end of an area at @addr: nothing that is kept, but all before that. */
static u64 area_end(const struct inside *in, u64 addr, u64 limit)
{
	u64 kept = min(next_kept(in, addr), limit);

	while (addr < kept) {
		addr = next_usable(in, addr, limit);
		if (next_reserved(in, addr) >= kept)
			break;
		addr = next_reserved(in, addr);
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
	struct inside in;
	unsigned int nr = 0;
	u64 addr, end;

	in.layout = layout;
	tdmr_find_pamts(&in.pamts, layout, plan->base, limit);
	addr = next_reserved(&in, plan->base);
	while (addr < limit && nr <= max) {
		end = area_end(&in, addr, limit);
		if (areas && nr < max)
			areas[nr] = (struct tdmr_area) {
				.offset = addr - plan->base,
				.size = end - addr,
			};
		nr++;
		addr = next_reserved(&in, end);
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
