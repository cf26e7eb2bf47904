// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cover memory with TDMRs and say what in them is reserved.
 *
 * The module wants every page that is not reserved to be convertible memory,
 * TDMRs on 1 GiB boundaries that ascend and do not overlap, and every PAMT
 * either outside all TDMRs or inside a reserved area.
 *
 *	memory     |####|    |#########|          |####|
 *	1 GiB grid |       |       |       |       |       |
 *	TDMRs      [0              )[1     )       [2      )
 *	reserved        |rrrr|         |rrr|       |rr|  |r|   + PAMTs
 *
 * One TDMR for each memory range, less what its predecessor has covered.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "tdmr_layout.h"

#define PAMT_ALIGN	((u64)SZ_4K)
#define TDMR_ALIGN	((u64)SZ_1G)

static u64 round_up_to(u64 value, u64 unit)
{
	return (value + unit - 1) & ~(unit - 1);
}

static u64 round_down_to(u64 value, u64 unit)
{
	return value & ~(unit - 1);
}

static u64 tdmr_end(const struct tdmr_plan *plan)
{
	return plan->base + plan->size;
}

static int layout_error(struct tdmr_layout *layout, int err, u64 start, u64 end)
{
	layout->bad_start = start;
	layout->bad_end = end;
	return err;
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

static bool limits_valid(const struct tdmr_limits *limits)
{
	return limits->max_tdmrs && limits->max_reserved &&
	       limits->entry_size[TDMR_4K] && limits->entry_size[TDMR_2M] &&
	       limits->entry_size[TDMR_1G];
}

static int check_ranges(struct tdmr_layout *layout,
			const struct tdmr_range *ranges, unsigned int nr)
{
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct tdmr_range *range = &ranges[i];

		if (range->start >= range->end || range->start < end ||
		    (range->start | range->end) & (PAMT_ALIGN - 1))
			return layout_error(layout, -EINVAL, range->start,
					    range->end);
		end = range->end;
	}

	/* Rounding the last one up to 1 GiB must not wrap. */
	if (end > ~0ULL - TDMR_ALIGN)
		return layout_error(layout, -EINVAL, ranges[nr - 1].start, end);

	return 0;
}

static void size_pamts(struct tdmr_plan *plan, const struct tdmr_limits *limits)
{
	static const u64 page_size[TDMR_NR_LEVELS] = { SZ_4K, SZ_2M, SZ_1G };
	int level;

	for (level = TDMR_4K; level < TDMR_NR_LEVELS; level++) {
		u64 entries = plan->size / page_size[level];

		plan->pamt_size[level] =
			round_up_to(entries * limits->entry_size[level],
				    PAMT_ALIGN);
	}
}

/**
 * tdmr_layout_cover - choose the TDMRs
 * @layout: limits and room given; plans filled, PAMTs not yet placed
 * @ranges: memory, ascending, disjoint, multiples of 4 KiB
 * @nr: how many of them
 *
 * Return: 0; -EINVAL for limits of zero, no memory or a range that is empty,
 * unaligned or out of order; -ENOSPC when the TDMRs do not suffice.  With an
 * error about a range, @layout names it.
 */
int tdmr_layout_cover(struct tdmr_layout *layout,
		      const struct tdmr_range *ranges, unsigned int nr)
{
	const struct tdmr_limits *limits = &layout->limits;
	u64 covered = 0;
	unsigned int i;
	int ret;

	layout->nr_plans = 0;
	layout->bad_start = 0;
	layout->bad_end = 0;

	if (!nr || !limits_valid(limits))
		return -EINVAL;

	ret = check_ranges(layout, ranges, nr);
	if (ret)
		return ret;

	for (i = 0; i < nr; i++) {
		u64 start = round_down_to(ranges[i].start, TDMR_ALIGN);
		u64 end = round_up_to(ranges[i].end, TDMR_ALIGN);
		struct tdmr_plan *plan;

		start = max(start, covered);
		if (start >= end)
			continue;

		if (layout->nr_plans == limits->max_tdmrs)
			return layout_error(layout, -ENOSPC, ranges[i].start,
					    ranges[i].end);

		plan = &layout->plans[layout->nr_plans];
		plan->base = start;
		plan->size = end - start;
		plan->node = ranges[i].node;
		plan->pamt_base = 0;
		plan->rsvd = &layout->areas[layout->nr_plans *
					    limits->max_reserved];
		plan->nr_rsvd = 0;
		size_pamts(plan, limits);

		layout->nr_plans++;
		covered = end;
	}

	return 0;
}

static const struct tdmr_plan *pamt_at(const struct tdmr_layout *layout,
				       u64 addr)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];

		if (addr >= plan->pamt_base &&
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

/* The first byte at or after @addr that is memory; @limit if none before it. */
static u64 skip_hole(const struct tdmr_range *ranges, unsigned int nr,
		     u64 addr, u64 limit)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (ranges[i].end > addr)
			return min(max(addr, ranges[i].start), limit);
	}

	return limit;
}

/* The first byte at or after @addr that TDs may be given. */
static u64 next_usable(const struct tdmr_layout *layout,
		       const struct tdmr_range *ranges, unsigned int nr,
		       u64 addr, u64 limit)
{
	u64 prev;

	do {
		prev = addr;
		addr = skip_hole(ranges, nr, addr, limit);
		addr = skip_pamts(layout, addr);
	} while (addr != prev && addr < limit);

	return min(addr, limit);
}

/* The first byte after usable @addr that is not. */
static u64 usable_end(const struct tdmr_layout *layout,
		      const struct tdmr_range *ranges, unsigned int nr,
		      u64 addr, u64 limit)
{
	u64 end = addr;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (ranges[i].start <= end && end < ranges[i].end)
			end = ranges[i].end;
	}
	end = min(end, limit);

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];

		if (plan->pamt_base > addr && plan->pamt_base < end)
			end = plan->pamt_base;
	}

	return end;
}

static int reserve_one(struct tdmr_layout *layout, struct tdmr_plan *plan,
		       const struct tdmr_range *ranges, unsigned int nr)
{
	u64 limit = tdmr_end(plan);
	u64 addr = plan->base;

	plan->nr_rsvd = 0;

	while (addr < limit) {
		u64 next = next_usable(layout, ranges, nr, addr, limit);

		if (next > addr) {
			if (plan->nr_rsvd == layout->limits.max_reserved)
				return layout_error(layout, -ENOSPC, plan->base,
						    limit);

			plan->rsvd[plan->nr_rsvd].offset = addr - plan->base;
			plan->rsvd[plan->nr_rsvd].size = next - addr;
			plan->nr_rsvd++;
		}

		addr = next;
		if (addr < limit)
			addr = usable_end(layout, ranges, nr, addr, limit);
	}

	return 0;
}

/**
 * tdmr_layout_reserve - say what in the TDMRs is reserved
 * @layout: covered, with every PAMT placed
 * @ranges: as given to tdmr_layout_cover()
 * @nr: how many of them
 *
 * Holes and PAMTs that touch share one reserved area.
 *
 * Return: 0; -ENOSPC when the reserved areas of a TDMR do not suffice, and
 * @layout names the TDMR.
 */
int tdmr_layout_reserve(struct tdmr_layout *layout,
			const struct tdmr_range *ranges, unsigned int nr)
{
	unsigned int i;
	int ret;

	for (i = 0; i < layout->nr_plans; i++) {
		ret = reserve_one(layout, &layout->plans[i], ranges, nr);
		if (ret)
			return ret;
	}

	return 0;
}
