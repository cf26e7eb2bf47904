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
 * several in one without loss.  No layout exists if that fails.  That PAMTs leave
 * nothing of a stretch, and the holes around it become one, gives no TDMR an area.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-feasible.h"

#define MAX_RANGES	4096
#define MAX_AREAS	16
#define MAX_HOLES	(TDMR_MAX_CMRS + 1)
#define END		BIT_ULL(53)
#define PAGE		((u64)SZ_4K)

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

static unsigned int max_tdmrs, max_areas;
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

/* The first GiB with memory from @gib on; %END if there is none. */
static u64 next_covered(u64 gib)
{
	unsigned int lo = 0, hi = nr_blocks;

	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (blocks[mid].end > gib)
			hi = mid;
		else
			lo = mid + 1;
	}

	return lo < nr_blocks ? max(gib, blocks[lo].start) : END;
}

/*
 * The fewest TDMRs of at most @max_gibs that cover all blocks from @at on, at
 * most @max + 1 are counted; 0 if none do.  @ends: out, where each ends.
 */
static unsigned int fewest_tdmrs(u64 at, unsigned int max_areas, u64 max_gibs,
				 unsigned int max, u64 *ends)
{
	u64 limit = blocks[nr_blocks - 1].end;
	unsigned int n = 0;
	u64 end;

	for (at = next_covered(at); at != END && n <= max; at = next_covered(end)) {
		end = farthest(at, min(limit, at + max_gibs), max_areas);
		if (end == at)
			return 0;
		if (ends && n < max)
			ends[n] = end;
		n++;
	}

	return n;
}

static u64 pages(u64 bytes)
{
	return (bytes + PAGE - 1) / PAGE * PAGE;
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

/* Memory of one node without gaps. */
struct stretch {
	u64 start;
	u64 end;
	u64 below;	/* GiB of a hole, with no memory in between */
	u64 above;
	u64 largest;	/* GiB of the largest TDMR whose PAMT finds room */
	u64 all;	/* and of all together */
};

#define NO_HOLE	END

static struct stretch stretches[MAX_RANGES];
static unsigned int nr_stretches;

/* The largest TDMR that there can be; the fewest then, and where each ends. */
static u64 size_limit;
static unsigned int nr_fewest;
static u64 fewest_ends[64];

/*
 * Can one TDMR with at most @areas have all GiB from @first to @last?  With as
 * few TDMRs as there can be before it, as far right as it can begin.
 */
static bool can_have(u64 first, u64 last, unsigned int areas)
{
	u64 limit = blocks[nr_blocks - 1].end;
	unsigned int before, after;
	u64 start, end;

	if (last >= limit || areas_of(first, last + 1) > areas)
		return false;

	for (before = 0; before <= nr_fewest; before++) {
		start = next_covered(before ? fewest_ends[before - 1] : 0);
		start = min(start, first);
		end = farthest(start, min(limit, start + size_limit), areas);
		if (end <= last)
			continue;
		after = fewest_tdmrs(end, max_areas, size_limit, max_tdmrs, NULL);
		if (before + 1 + after <= max_tdmrs)
			return true;
	}

	return false;
}

/* Can every TDMR have an area for PAMTs, whatever else there is? */
static bool all_have_spare;

static bool can_have_spare(u64 gib)
{
	return areas_of(gib, gib + 1) < max_areas &&
	       (all_have_spare || can_have(gib, gib, max_areas - 1));
}

/*
 * The GiB where a hole from @start to @end, between a stretch and other memory,
 * is nearest, if one TDMR can have it together with the stretch's GiB at @gib.
 */
static u64 nearest_hole(u64 start, u64 end, u64 gib)
{
	unsigned int i;

	for (i = 0; i < nr_holes; i++) {
		u64 first = holes[i].start / SZ_1G;
		u64 last = (holes[i].end - 1) / SZ_1G;
		u64 near = last < gib ? last : max(first, gib);

		if (holes[i].start < end && holes[i].end > start &&
		    can_have(min(near, gib), max(near, gib), max_areas))
			return near;
	}

	return NO_HOLE;
}

/* In that GiB, can PAMTs be in the area of the hole below, or above? */
static bool can_be_above(const struct stretch *s, u64 gib)
{
	return s->below != NO_HOLE &&
	       can_have(min(s->below, gib), gib, max_areas);
}

static bool can_be_below(const struct stretch *s, u64 gib)
{
	return s->above != NO_HOLE &&
	       can_have(gib, max(s->above, gib), max_areas);
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

	return (s->end - s->start) % gib < 3 * PAGE * max_tdmrs;
}

/* Of so long a stretch enough can be used. */
#define LONG_STRETCH	1024

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
	s->largest = value_of(limits, most);
	s->all = value_of(limits, all);
}

static void measure_stretch(struct stretch *s, const struct tdmr_limits *limits)
{
	if (s->start >= s->end)
		return;

	if ((s->end - s->start) / SZ_1G > LONG_STRETCH) {
		s->largest = value_of(limits, s->end - s->start);
		s->all = s->largest;
	} else {
		measure_room(s, limits);
	}
}

static void find_stretches(const struct tdmr_layout *layout)
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

/* GiB whose PAMTs find room if there are @max TDMRs, of whatever size. */
static u64 gibs_with_room(unsigned int max)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < nr_stretches; i++)
		values[i] = stretches[i].all;

	qsort(values, nr_stretches, sizeof(*values), by_value);
	for (i = 0; i < nr_stretches && i < max; i++)
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

/*
 * GiB whose PAMTs find room in @nr stretches of one GiB with @areas: one for
 * each stretch, or for two in a row, with nothing but a gap in between.  Where a
 * hole is, or across GiB, it is not so limited.
 */
static u64 best_in_gib(const struct stretch *s, unsigned int nr,
		       unsigned int areas)
{
	u64 before[MAX_AREAS + 1] = {}, last[MAX_AREAS + 1] = {};
	u64 now[MAX_AREAS + 1] = {};
	u64 value, last_value = 0;
	unsigned int i, a;

	for (i = 0; i < nr; i++) {
		bool limited = s[i].below == NO_HOLE && s[i].above == NO_HOLE &&
			       s[i].start / SZ_1G == (s[i].end - 1) / SZ_1G;

		value = s[i].all;
		for (a = 0; a <= areas; a++) {
			now[a] = last[a] + (limited ? 0 : value);
			if (!a || !limited)
				continue;
			now[a] = max(now[a], last[a - 1] + value);
			if (i)
				now[a] = max(now[a],
					     before[a - 1] + last_value + value);
		}
		last_value = value;
		memcpy(before, last, sizeof(last));
		memcpy(last, now, sizeof(now));
	}

	return last[areas];
}

static u64 gibs_with_areas(void)
{
	unsigned int i, next;
	u64 gib, sum = 0;

	for (i = 0; i < nr_stretches; i = next) {
		gib = stretches[i].start / SZ_1G;
		for (next = i; next < nr_stretches; next++) {
			if (stretches[next].start / SZ_1G != gib)
				break;
		}
		sum += best_in_gib(&stretches[i], next - i,
				   max_areas - areas_of(gib, gib + 1));
	}

	return sum;
}

static u64 largest_tdmr(void)
{
	u64 most = 0;
	unsigned int i;

	for (i = 0; i < nr_stretches; i++)
		most = max(most, stretches[i].largest);

	return most;
}

#define FEW_TDMRS	8

/*
 * Can the blocks be covered by TDMRs of which at most @max_large have more than
 * @small GiB?  Of covers with as many of each the farthest is the best.
 */
static bool can_cover(unsigned int max_large, u64 small, u64 large)
{
	u64 far[FEW_TDMRS + 1][FEW_TDMRS + 1] = {};
	u64 limit = blocks[nr_blocks - 1].end;
	unsigned int n, l;

	for (n = 0; n < max_tdmrs; n++) {
		for (l = 0; l <= n && l <= max_large; l++) {
			u64 at = next_covered(far[n][l]);

			if (at == END)
				return true;
			far[n + 1][l] = max(far[n + 1][l],
					    farthest(at, min(limit, at + small), max_areas));
			far[n + 1][l + 1] = farthest(at, min(limit, at + large),
						     max_areas);
		}
	}

	for (l = 0; l <= n && l <= max_large; l++) {
		if (next_covered(far[n][l]) == END)
			return true;
	}

	return false;
}

/* TDMRs of more than @gibs that have room. */
static u64 larger_with_room(u64 gibs)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < nr_stretches; i++) {
		if (stretches[i].largest > gibs)
			sum += stretches[i].all / (gibs + 1);
	}

	return sum;
}

/*
 * Of TDMRs larger than some room, are there few enough?  A larger room takes as
 * many of them as go into it.
 */
static bool sizes_have_room(void)
{
	unsigned int i;
	u64 larger;

	if (max_tdmrs > FEW_TDMRS)
		return true;

	for (i = 0; i < nr_stretches; i++)
		values[i] = stretches[i].largest;
	qsort(values, nr_stretches, sizeof(*values), by_value);

	for (i = 1; i < max_tdmrs && i < nr_stretches; i++) {
		larger = larger_with_room(values[i]);
		if (larger < max_tdmrs &&
		    !can_cover(larger, values[i], values[0]))
			return false;
	}

	return true;
}

/* Find what room there is if no TDMR has more than @gibs; is there a cover then? */
static bool find_room(const struct tdmr_layout *layout, u64 gibs)
{
	size_limit = gibs;
	nr_fewest = fewest_tdmrs(0, max_areas, gibs, max_tdmrs, fewest_ends);
	if (nr_fewest > max_tdmrs)
		return false;

	all_have_spare = max_areas > 1 &&
			 fewest_tdmrs(0, max_areas - 1, gibs, max_tdmrs, NULL) - 1 <
			 max_tdmrs;
	find_stretches(layout);

	return true;
}

/* No TDMR is larger than any room; and then there may be less room. */
static bool room_suffices(const struct tdmr_layout *layout)
{
	u64 gibs = END;

	do {
		if (!gibs || !find_room(layout, gibs))
			return false;
		gibs = largest_tdmr();
	} while (gibs < size_limit);

	return sizes_have_room() &&
	       gibs_with_areas() >= gibs_to_cover(max_tdmrs) &&
	       gibs_with_room(max_tdmrs) >= gibs_to_cover(max_tdmrs);
}

/**
 * layout_feasible - is there a layout?
 * @layout: the planner's inputs, well-formed; memory within the CMRs
 *
 * Return: %FEASIBLE, or why there is none.
 */
enum feasible layout_feasible(const struct tdmr_layout *layout)
{
	unsigned int fewest;

	max_tdmrs = min(layout->limits.max_tdmrs, 64U);
	max_areas = layout->limits.max_reserved;
	find_blocks(layout);
	find_holes(layout);

	fewest = fewest_tdmrs(0, max_areas, END, max_tdmrs, NULL);
	if (!fewest)
		return GIB_WITH_TOO_MANY_HOLES;
	if (fewest > max_tdmrs)
		return TOO_FEW_TDMRS;

	return room_suffices(layout) ? FEASIBLE : NO_ROOM_FOR_PAMTS;
}
