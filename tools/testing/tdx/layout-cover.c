// SPDX-License-Identifier: GPL-2.0-only
/*
 * How few TDMRs cover the memory, taken from the module's rules and from nothing
 * that the planner does:
 *
 * - A GiB with memory is in a TDMR.  What in it is not convertible is reserved,
 *   at most so many areas; an area may go over what is no memory.
 * - TDMRs are at most so many.  A TDMR that is part of another has no more
 *   areas than that, so the fewest are those that each reach as far as can be.
 */
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-cover.h"

struct layout_cover cover;

static void find_blocks(const struct tdmr_layout *layout)
{
	unsigned int i;

	cover.nr_blocks = 0;
	for (i = 0; i < layout->nr_ranges; i++) {
		u64 start = layout->ranges[i].start / SZ_1G;
		u64 end = (layout->ranges[i].end + SZ_1G - 1) / SZ_1G;

		if (cover.nr_blocks && cover.blocks[cover.nr_blocks - 1].end >= start)
			cover.blocks[cover.nr_blocks - 1].end = end;
		else
			cover.blocks[cover.nr_blocks++] = (struct block) { start, end };
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
	struct hole *last = cover.nr_holes ? &cover.holes[cover.nr_holes - 1] : NULL;

	if (start == end)
		return;

	cover.holes[cover.nr_holes] = (struct hole) { start, end, 0 };
	if (last)
		cover.holes[cover.nr_holes].group = last->group +
			memory_between(layout, last->end, start);
	cover.nr_holes++;
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

	cover.nr_holes = 0;
	for (i = 0; i < nr; i++) {
		add_hole(layout, at, cmrs[i].start);
		at = cmrs[i].end;
	}
	add_hole(layout, at, END);
}

/* Areas that the holes in a TDMR take. */
unsigned int cover_areas(u64 start, u64 end)
{
	unsigned int i, areas = 0, group = ~0U;

	for (i = 0; i < cover.nr_holes; i++) {
		if (cover.holes[i].end <= start * SZ_1G || cover.holes[i].start >= end * SZ_1G ||
		    cover.holes[i].group == group)
			continue;
		group = cover.holes[i].group;
		areas++;
	}

	return areas;
}

/* The largest @end for which a TDMR from @start is allowed. */
u64 cover_farthest(u64 start, u64 end, unsigned int max)
{
	u64 lo = start, mid;

	while (lo < end) {
		mid = lo + (end - lo + 1) / 2;
		if (cover_areas(start, mid) <= max)
			lo = mid;
		else
			end = mid - 1;
	}

	return lo;
}

/* The first GiB with memory from @gib on; %END if there is none. */
u64 cover_next(u64 gib)
{
	unsigned int lo = 0, hi = cover.nr_blocks;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (cover.blocks[mid].end > gib)
			hi = mid;
		else
			lo = mid + 1;
	}

	return lo < cover.nr_blocks ? max(gib, cover.blocks[lo].start) : END;
}

/*
 * The fewest TDMRs of at most @max_gibs that cover all blocks from @at on, at
 * most @max + 1 are counted; 0 if none do.  @ends: out, where each ends.
 */
unsigned int cover_fewest(u64 at, unsigned int max_areas, u64 max_gibs,
			  unsigned int max, u64 *ends)
{
	u64 limit = cover.blocks[cover.nr_blocks - 1].end;
	unsigned int n = 0;
	u64 end;

	for (at = cover_next(at); at != END && n <= max; at = cover_next(end)) {
		end = cover_farthest(at, min(limit, at + max_gibs), max_areas);
		if (end == at)
			return 0;
		if (ends && n < max)
			ends[n] = end;
		n++;
	}

	return n;
}

/* Where the last memory before GiB @gib ends. */
u64 cover_trim(u64 gib)
{
	unsigned int lo = 0, hi = cover.nr_blocks, mid;

	while (hi - lo > 1) {
		mid = (lo + hi) / 2;
		if (cover.blocks[mid].start < gib)
			lo = mid;
		else
			hi = mid;
	}

	return min(gib, cover.blocks[lo].end);
}

/* Look at the memory of a layout. */
void cover_find(const struct tdmr_layout *layout)
{
	find_blocks(layout);
	find_holes(layout);
}
