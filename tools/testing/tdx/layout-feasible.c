// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is there any layout at all?  That takes TDMRs, see layout-cover.c, and room for
 * their PAMTs, each in memory of one node, one after the other.
 *
 * The last is a packing problem; what is tested is that the TDMRs, which may
 * then be cut at any GiB, find room each in a stretch of memory of its own, or
 * several in one; few TDMRs exactly.  No layout exists if that fails.  That PAMTs
 * leave nothing of a stretch, and the holes around it become one, gives no TDMR
 * an area.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-cover.h"
#include "layout-feasible.h"

/* More areas than for all holes and PAMTs no TDMR needs. */
#define MAX_AREAS	(MAX_HOLES + TDMR_MAX_PLANS)
#define PAGE		((u64)SZ_4K)

static u64 values[MAX_RANGES];

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
	u64 row;	/* bytes for a PAMT */
	u64 bytes;	/* and for all together */
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

	for (i = 0; i < cover.nr_blocks; i++) {
		sum += cover.blocks[i].end - cover.blocks[i].start;
		values[i] = i ? cover.blocks[i].start - cover.blocks[i - 1].end : 0;
	}

	if (cover.nr_blocks > max) {
		qsort(values + 1, cover.nr_blocks - 1, sizeof(*values), by_value);
		for (i = max; i < cover.nr_blocks; i++)
			sum += values[i];
	}

	return sum;
}

static bool ends_in(const struct stretch *s, u64 gib)
{
	return s->end > gib * SZ_1G && s->end <= (gib + 1) * SZ_1G;
}

/*
 * Do PAMTs in a stretch take an area to spare of a GiB that it is in?  Not where
 * a hole is; and it may be any of many.
 */
static bool takes_area(const struct stretch *s)
{
	u64 gib = s->start / SZ_1G;

	if (s->below != NO_HOLE || s->above != NO_HOLE)
		return false;
	if (ends_in(s, gib))
		return true;

	return s + 1 < &stretches[nr_stretches] &&
	       ends_in(s, gib + 1) && s[1].start / SZ_1G == gib + 1;
}

/*
 * GiB whose PAMTs find room in @nr stretches of one GiB with @areas: one for
 * each stretch, or for two in a row, with nothing but a gap in between.
 */
static u64 best_in_gib(const struct stretch *s, unsigned int nr,
		       unsigned int areas)
{
	u64 before[MAX_AREAS + 1] = {}, last[MAX_AREAS + 1] = {};
	u64 now[MAX_AREAS + 1] = {};
	u64 value, last_value = 0;
	unsigned int i, a;

	for (i = 0; i < nr; i++) {
		bool limited = takes_area(&s[i]);

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

/* One that reaches into the next GiB counts in both, and takes an area of each. */
static u64 gibs_with_areas(void)
{
	unsigned int i, next, first;
	u64 gib, sum = 0;

	for (i = 0; i < nr_stretches; i = next) {
		gib = stretches[i].start / SZ_1G;
		for (next = i; next < nr_stretches; next++) {
			if (stretches[next].start / SZ_1G != gib)
				break;
		}
		first = i;
		if (i && ends_in(&stretches[i - 1], gib) &&
		    takes_area(&stretches[i - 1]))
			first--;
		sum += best_in_gib(&stretches[first], next - first,
				   cover.max_areas - cover_areas(gib, gib + 1));
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
	u64 limit = cover.blocks[cover.nr_blocks - 1].end;
	unsigned int n, l;

	for (n = 0; n < cover.max_tdmrs; n++) {
		for (l = 0; l <= n && l <= max_large; l++) {
			u64 at = cover_next(far[n][l]), end;

			if (at == END)
				return true;
			end = cover_farthest(at, min(limit, at + small),
					     cover.max_areas);
			far[n + 1][l] = max(far[n + 1][l], end);
			far[n + 1][l + 1] = cover_farthest(at, min(limit, at + large),
							   cover.max_areas);
		}
	}

	for (l = 0; l <= n && l <= max_large; l++) {
		if (cover_next(far[n][l]) == END)
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

	if (cover.max_tdmrs > FEW_TDMRS)
		return true;

	for (i = 0; i < nr_stretches; i++)
		values[i] = stretches[i].largest;
	qsort(values, nr_stretches, sizeof(*values), by_value);

	for (i = 1; i < cover.max_tdmrs && i < nr_stretches; i++) {
		larger = larger_with_room(values[i]);
		if (larger < cover.max_tdmrs &&
		    !can_cover(larger, values[i], values[0]))
			return false;
	}

	return true;
}

/* Find what room there is if no TDMR has more than @gibs; is there a cover then? */
static bool find_room(const struct tdmr_layout *layout, u64 gibs)
{
	size_limit = gibs;
	nr_fewest = cover_fewest(0, cover.max_areas, gibs, cover.max_tdmrs, fewest_ends);
	if (nr_fewest > cover.max_tdmrs)
		return false;

	all_have_spare = cover.max_areas > 1 &&
			 cover_fewest(0, cover.max_areas - 1, gibs, cover.max_tdmrs, NULL) - 1 <
			 cover.max_tdmrs;
	find_stretches(layout);

	return true;
}

/* What of a stretch is left for PAMTs, and for one of them. */
struct room {
	u64 row;
	u64 bytes;
};

static struct room rooms[MAX_RANGES];
static unsigned int nr_rooms;

static int by_row(const void *a, const void *b)
{
	const struct room *x = a, *y = b;

	return x->row < y->row ? 1 : x->row > y->row ? -1 : 0;
}

/* The largest rooms; of those that are left out, none is better in any respect. */
static void find_rooms(unsigned int max)
{
	unsigned int i;

	for (i = 0; i < nr_stretches; i++)
		rooms[i] = (struct room) { stretches[i].row, stretches[i].bytes };
	qsort(rooms, nr_stretches, sizeof(*rooms), by_row);

	for (i = nr_stretches - 1; i--;)
		rooms[i].bytes = max(rooms[i].bytes, rooms[i + 1].bytes);
	nr_rooms = min(max, nr_stretches);
}

/* Tried so often; what is not refuted then counts as possible. */
#define MAX_TRIES	100000

static unsigned int nr_tries;

static u64 gibs_in(const struct room *room, const struct tdmr_limits *limits)
{
	return value_of(limits, min(room->row, room->bytes));
}

static u64 most_with_room(const struct tdmr_limits *limits)
{
	unsigned int i;
	u64 most = 0;

	for (i = 0; i < nr_rooms; i++)
		most = max(most, gibs_in(&rooms[i], limits));

	return most;
}

/*
 * Can at most @left TDMRs have all from @at on, each with its PAMT in a room?  Of
 * every size: what one does not take of a room may be another's.
 */
static bool can_put(const struct tdmr_limits *limits, u64 at, unsigned int left)
{
	u64 limit = cover.blocks[cover.nr_blocks - 1].end;
	unsigned int i;
	u64 end, bytes;
	bool ok;

	at = cover_next(at);
	if (at == END || !left)
		return at == END;
	/* More than are left, or 0: not even if each had the largest room. */
	if (cover_fewest(at, cover.max_areas, most_with_room(limits), left, NULL) - 1 >=
	    left)
		return false;

	for (i = 0; i < nr_rooms; i++) {
		end = at + gibs_in(&rooms[i], limits);
		end = cover_farthest(at, min(limit, end), cover.max_areas);
		for (; end > at; end--) {
			end = cover_trim(end);
			if (!nr_tries)
				return true;
			nr_tries--;
			bytes = pamt_of(limits, end - at);
			rooms[i].bytes -= bytes;
			ok = can_put(limits, end, left - 1);
			rooms[i].bytes += bytes;
			if (ok)
				return true;
		}
	}

	return false;
}

/* Exactly, but for areas, where there are few TDMRs. */
static bool few_have_room(const struct tdmr_layout *layout)
{
	u64 gibs = 0;
	unsigned int i, max;

	for (i = 0; i < cover.nr_blocks; i++)
		gibs += cover.blocks[i].end - cover.blocks[i].start;
	max = min_t(u64, cover.max_tdmrs, gibs);
	if (max > FEW_TDMRS)
		return true;

	find_rooms(max);
	nr_tries = MAX_TRIES;

	return can_put(&layout->limits, 0, max);
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

	return sizes_have_room() && few_have_room(layout) &&
	       gibs_with_areas() >= gibs_to_cover(cover.max_tdmrs) &&
	       gibs_with_room(cover.max_tdmrs) >= gibs_to_cover(cover.max_tdmrs);
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

	cover.max_tdmrs = min(layout->limits.max_tdmrs, 64U);
	cover.max_areas = min_t(unsigned int, layout->limits.max_reserved, MAX_AREAS);
	cover_find(layout);

	fewest = cover_fewest(0, cover.max_areas, END, cover.max_tdmrs, NULL);
	if (!fewest)
		return GIB_WITH_TOO_MANY_HOLES;
	if (fewest > cover.max_tdmrs)
		return TOO_FEW_TDMRS;

	return room_suffices(layout) ? FEASIBLE : NO_ROOM_FOR_PAMTS;
}
