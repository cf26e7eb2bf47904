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

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-areas.h"
#include "layout-feasible.h"
#include "layout-stretches.h"

static u64 values[MAX_RANGES];

static int by_value(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? 1 : x > y ? -1 : 0;
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
		if (!gibs || !find_stretches(layout, gibs))
			return false;
		gibs = largest_tdmr();
	} while (gibs < size_limit);

	return sizes_have_room() && few_have_room(layout) &&
	       gibs_with_areas(&layout->limits) >=
	       (s64)gibs_to_cover(cover.max_tdmrs) &&
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
