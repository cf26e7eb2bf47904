// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of each stretch of memory can be PAMTs, by what the TDMRs there have of
 * areas.
 */
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-stretches.h"

#define PAGE		((u64)SZ_4K)

static u64 pages(u64 bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
}

u64 pamt_of(const struct tdmr_limits *limits, u64 gibs)
{
	return pages(gibs * 262144 * limits->entry_size[TDMR_4K]) +
	       pages(gibs * 512 * limits->entry_size[TDMR_2M]) +
	       pages(gibs * limits->entry_size[TDMR_1G]);
}

/* The largest TDMR whose PAMT goes into @bytes. */
u64 value_of(const struct tdmr_limits *limits, u64 bytes)
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

struct stretch stretches[MAX_RANGES];
unsigned int nr_stretches;

u64 size_limit;

/* The fewest TDMRs then, and where each ends. */
static unsigned int nr_fewest;
static u64 fewest_ends[64];

/*
 * Can one TDMR with at most @areas have all GiB from @first to @last?  With as
 * few TDMRs as there can be before it, as far right as it can begin.
 */
static bool can_have(u64 first, u64 last, unsigned int areas)
{
	u64 limit = cover.blocks[cover.nr_blocks - 1].end;
	unsigned int before, after;
	u64 start, end;

	if (last >= limit || cover_areas(first, last + 1) > areas)
		return false;

	for (before = 0; before <= nr_fewest; before++) {
		start = cover_next(before ? fewest_ends[before - 1] : 0);
		start = min(start, first);
		end = cover_farthest(start, min(limit, start + size_limit), areas);
		if (end <= last)
			continue;
		after = cover_fewest(end, cover.max_areas, size_limit, cover.max_tdmrs, NULL);
		if (before + 1 + after <= cover.max_tdmrs)
			return true;
	}

	return false;
}

/* Can every TDMR have an area for PAMTs, whatever else there is? */
static bool all_have_spare;

static bool can_have_spare(u64 gib)
{
	return cover_areas(gib, gib + 1) < cover.max_areas &&
	       (all_have_spare || can_have(gib, gib, cover.max_areas - 1));
}

/*
 * The GiB where a hole from @start to @end, between a stretch and other memory,
 * is nearest, if one TDMR can have it together with the stretch's GiB at @gib.
 */
static u64 nearest_hole(u64 start, u64 end, u64 gib)
{
	unsigned int i;

	for (i = 0; i < cover.nr_holes; i++) {
		u64 first = cover.holes[i].start / SZ_1G;
		u64 last = (cover.holes[i].end - 1) / SZ_1G;
		u64 near = last < gib ? last : max(first, gib);

		if (cover.holes[i].start < end && cover.holes[i].end > start &&
		    can_have(min(near, gib), max(near, gib), cover.max_areas))
			return near;
	}

	return NO_HOLE;
}

/* In that GiB, can PAMTs be in the area of the hole below, or above? */
static bool can_be_above(const struct stretch *s, u64 gib)
{
	return s->below != NO_HOLE &&
	       can_have(min(s->below, gib), gib, cover.max_areas);
}

static bool can_be_below(const struct stretch *s, u64 gib)
{
	return s->above != NO_HOLE &&
	       can_have(gib, max(s->above, gib), cover.max_areas);
}

/*
 * Can PAMTs leave nothing of a stretch, so that it is one area with the holes
 * around it?  Each is rounded up to pages, three times.
 */
static bool can_be_filled(const struct stretch *s,
			  const struct tdmr_limits *limits)
{
	u64 gib = 262144ULL * limits->entry_size[TDMR_4K] +
		  512ULL * limits->entry_size[TDMR_2M] +
		  limits->entry_size[TDMR_1G];

	return (s->end - s->start) % gib < 3 * PAGE * cover.max_tdmrs;
}

/* Of a stretch of so many GiB enough can be used, if any. */
#define LONG_STRETCH	1024

static bool is_long(const struct stretch *s)
{
	u64 first = s->start / SZ_1G, last = (s->end - 1) / SZ_1G;

	return last - first > LONG_STRETCH &&
	       (can_have_spare(first) || can_have_spare(last) ||
		can_have_spare(first + (last - first) / 2));
}

/*
 * How much of a stretch can be PAMTs, and how much of it in a row?  In a GiB
 * that has no area to spare they must be in that of a hole, and go on from
 * there: from the one below up to the last GiB that a TDMR has together with it,
 * and then through GiB with areas to spare; from the one above likewise.  From
 * both they meet only if they leave nothing.
 */
static void measure_room(struct stretch *s, const struct tdmr_limits *limits)
{
	u64 first = s->start / SZ_1G, last = (s->end - 1) / SZ_1G;
	u64 all = 0, most = 0, from = s->start, to = s->end;
	u64 gib, start, end;
	bool spare, above, below;

	for (gib = first; gib <= last; gib++) {
		start = max(s->start, gib * SZ_1G);
		end = min(s->end, (gib + 1) * SZ_1G);
		spare = can_have_spare(gib);
		above = !spare && can_be_above(s, gib);
		below = !spare && !above && can_be_below(s, gib);

		if (spare || above || below)
			all += end - start;
		if (!spare && !above)
			from = end;
		most = max(most, end - from);
	}

	for (gib = last + 1; gib-- > first && most < all;) {
		if (!can_have_spare(gib) && !can_be_below(s, gib))
			to = max(s->start, gib * SZ_1G);
		most = max(most, to - max(s->start, gib * SZ_1G));
	}

	if (all == s->end - s->start && can_be_filled(s, limits))
		most = all;
	s->row = most;
	s->bytes = all;
}

static void measure_stretch(struct stretch *s, const struct tdmr_limits *limits)
{
	if (s->start >= s->end)
		return;

	if (is_long(s)) {
		s->row = s->end - s->start;
		s->bytes = s->row;
	} else {
		measure_room(s, limits);
	}

	s->largest = value_of(limits, s->row);
	s->all = s->row == s->bytes ? s->largest : value_of(limits, s->bytes);
}

static void measure_all(const struct tdmr_layout *layout)
{
	const struct tdmr_range *r = layout->ranges;
	unsigned int nr = layout->nr_ranges;
	unsigned int i, first;
	u64 below, above;

	nr_stretches = 0;
	for (i = 0; i < nr; i++) {
		first = i;
		while (i + 1 < nr && r[i].end == r[i + 1].start &&
		       r[i].node == r[i + 1].node)
			i++;

		below = first ? r[first - 1].end : 0;
		above = i + 1 < nr ? r[i + 1].start : END;

		/* The first page of all is nobody's. */
		stretches[nr_stretches++] = (struct stretch) {
			.start = max(r[first].start, PAGE),
			.end = max(r[i].end, PAGE),
			.below = nearest_hole(below, r[first].start,
					      r[first].start / SZ_1G),
			.above = nearest_hole(r[i].end, above,
					      (r[i].end - 1) / SZ_1G),
		};
		measure_stretch(&stretches[nr_stretches - 1], &layout->limits);
	}
}

/* Find what room there is if no TDMR has more than @gibs; is there a cover then? */
bool find_stretches(const struct tdmr_layout *layout, u64 gibs)
{
	size_limit = gibs;
	nr_fewest = cover_fewest(0, cover.max_areas, gibs, cover.max_tdmrs, fewest_ends);
	if (nr_fewest > cover.max_tdmrs)
		return false;

	all_have_spare = cover.max_areas > 1 &&
			 cover_fewest(0, cover.max_areas - 1, gibs, cover.max_tdmrs, NULL) - 1 <
			 cover.max_tdmrs;
	measure_all(layout);

	return true;
}
