// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is there any layout at all?  What the module demands, taken from its rules
 * and from nothing that the planner does:
 *
 * - A GiB with memory is in a TDMR.  What in it is not convertible is reserved,
 *   at most so many areas; an area may go over what is no memory.
 * - TDMRs are at most so many.  A TDMR that is part of another has no more
 *   areas than that, so the fewest are those that each reach as far as can be.
 * - The PAMTs of a TDMR are in memory of one node, one after the other.
 *
 * The last is a packing problem; what is tested is that the TDMRs, which may
 * then be cut at any GiB, find room each in a stretch of memory of its own, or
 * several in one without loss.  No layout exists if that fails.
 */
#include <stdlib.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-feasible.h"

#define MAX_RANGES	4096
#define MAX_HOLES	(TDMR_MAX_CMRS + 1)
#define END		(1ULL << 53)

/* Whole GiB with memory in each of them, as many one after another as go. */
struct block {
	u64 start;
	u64 end;
};

/* What is not convertible; holes of one group have no memory in between. */
struct hole {
	u64 start;
	u64 end;
	unsigned int group;
};

static struct block blocks[MAX_RANGES];
static unsigned int nr_blocks;
static struct hole holes[MAX_HOLES];
static unsigned int nr_holes;
static u64 values[MAX_RANGES];

static void find_blocks(const struct tdmr_layout *layout)
{
	unsigned int i;

	nr_blocks = 0;
	for (i = 0; i < layout->nr_ranges; i++) {
		u64 start = layout->ranges[i].start / SZ_1G;
		u64 end = (layout->ranges[i].end + SZ_1G - 1) / SZ_1G;

		if (nr_blocks && blocks[nr_blocks - 1].end >= start)
			blocks[nr_blocks - 1].end = end;
		else
			blocks[nr_blocks++] = (struct block) { start, end };
	}
}

static bool memory_between(const struct tdmr_layout *layout, u64 start, u64 end)
{
	unsigned int lo = 0, hi = layout->nr_ranges;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (layout->ranges[mid].end > start)
			hi = mid;
		else
			lo = mid + 1;
	}

	return lo < layout->nr_ranges && layout->ranges[lo].start < end;
}

static void add_hole(const struct tdmr_layout *layout, u64 start, u64 end)
{
	struct hole *last = nr_holes ? &holes[nr_holes - 1] : NULL;

	if (start == end)
		return;

	holes[nr_holes] = (struct hole) { start, end, 0 };
	if (last)
		holes[nr_holes].group = last->group +
			memory_between(layout, last->end, start);
	nr_holes++;
}

static void find_holes(const struct tdmr_layout *layout)
{
	const struct tdmr_range *cmrs = layout->cmrs;
	unsigned int nr = layout->nr_cmrs;
	unsigned int i;
	u64 at = 0;

	/* Without CMRs the memory is what is convertible. */
	if (!nr) {
		cmrs = layout->ranges;
		nr = layout->nr_ranges;
	}

	nr_holes = 0;
	for (i = 0; i < nr; i++) {
		add_hole(layout, at, cmrs[i].start);
		at = cmrs[i].end;
	}
	add_hole(layout, at, END);
}

/* Areas that the holes in a TDMR take. */
static unsigned int areas_of(u64 start, u64 end)
{
	unsigned int i, areas = 0, group = ~0U;

	for (i = 0; i < nr_holes; i++) {
		if (holes[i].end <= start * SZ_1G || holes[i].start >= end * SZ_1G ||
		    holes[i].group == group)
			continue;
		group = holes[i].group;
		areas++;
	}

	return areas;
}

/* The largest @end for which a TDMR from @start is allowed. */
static u64 farthest(u64 start, u64 end, unsigned int max)
{
	u64 lo = start, mid;

	while (lo < end) {
		mid = lo + (end - lo + 1) / 2;
		if (areas_of(start, mid) <= max)
			lo = mid;
		else
			end = mid - 1;
	}

	return lo;
}

/* The fewest TDMRs that cover all blocks; 0 if none do. */
static unsigned int fewest_tdmrs(unsigned int max_areas)
{
	u64 end = blocks[nr_blocks - 1].end;
	u64 covered = 0;
	unsigned int i, n = 0;

	for (i = 0; i < nr_blocks; i++) {
		u64 at = max(covered, blocks[i].start);

		while (at < blocks[i].end) {
			covered = farthest(at, end, max_areas);
			if (covered == at)
				return 0;
			at = covered;
			n++;
		}
	}

	return n;
}

static u64 pages(u64 bytes)
{
	return (bytes + SZ_4K - 1) / SZ_4K * SZ_4K;
}

static u64 pamt_of(const struct tdmr_limits *limits, u64 gibs)
{
	return pages(gibs * 262144 * limits->entry_size[TDMR_4K]) +
	       pages(gibs * 512 * limits->entry_size[TDMR_2M]) +
	       pages(gibs * limits->entry_size[TDMR_1G]);
}

/* The largest TDMR whose PAMT goes into @bytes. */
static u64 value_of(const struct tdmr_limits *limits, u64 bytes)
{
	u64 lo = 0, hi = bytes / SZ_4M + 1, mid;

	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		if (pamt_of(limits, mid) <= bytes)
			lo = mid;
		else
			hi = mid - 1;
	}

	return lo;
}

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* GiB whose PAMTs find room if there are @max TDMRs, of whatever size. */
static u64 gibs_with_room(const struct tdmr_layout *layout, unsigned int max)
{
	const struct tdmr_range *r = layout->ranges;
	unsigned int i, nr = 0;
	u64 start, sum = 0;

	for (i = 0; i < layout->nr_ranges; i++) {
		/* The first page of all is nobody's. */
		start = max(r[i].start, (u64)SZ_4K);
		while (i + 1 < layout->nr_ranges && r[i].end == r[i + 1].start &&
		       r[i].node == r[i + 1].node)
			i++;
		if (r[i].end > start)
			values[nr++] = value_of(&layout->limits, r[i].end - start);
	}

	qsort(values, nr, sizeof(*values), by_value);
	for (i = 0; i < nr && i < max; i++)
		sum += values[i];

	return sum;
}

/* GiB in @max TDMRs: all with memory, and the smallest gaps that it takes. */
static u64 gibs_to_cover(unsigned int max)
{
	u64 sum = 0;
	unsigned int i;

	for (i = 0; i < nr_blocks; i++) {
		sum += blocks[i].end - blocks[i].start;
		values[i] = i ? blocks[i].start - blocks[i - 1].end : 0;
	}

	if (nr_blocks > max) {
		qsort(values + 1, nr_blocks - 1, sizeof(*values), by_value);
		for (i = max; i < nr_blocks; i++)
			sum += values[i];
	}

	return sum;
}

/**
 * layout_feasible - is there a layout?
 * @layout: the planner's inputs, well-formed; memory within the CMRs
 *
 * Return: %FEASIBLE, or why there is none.
 */
enum feasible layout_feasible(const struct tdmr_layout *layout)
{
	unsigned int max = min(layout->limits.max_tdmrs, 64U);
	unsigned int fewest;

	find_blocks(layout);
	find_holes(layout);

	fewest = fewest_tdmrs(layout->limits.max_reserved);
	if (!fewest)
		return GIB_WITH_TOO_MANY_HOLES;
	if (fewest > max)
		return TOO_FEW_TDMRS;
	if (gibs_with_room(layout, max) < gibs_to_cover(max))
		return NO_ROOM_FOR_PAMTS;

	return FEASIBLE;
}
