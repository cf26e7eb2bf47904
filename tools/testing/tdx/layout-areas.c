// SPDX-License-Identifier: GPL-2.0-only
/*
 * For how many GiB is there room for PAMTs, if these take areas: of each GiB that
 * they are in no more than holes leave of them, however memory is cut into TDMRs.
 */
#include <string.h>

#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-areas.h"
#include "layout-stretches.h"

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
 * Of which GiB PAMTs take an area if they are in a stretch that begins in one and
 * ends in the next.
 */
enum border {
	OF_NEITHER,
	OF_LOWER,
	OF_UPPER,
	OF_BOTH,
	NR_BORDERS,
};

static bool crosses_border(const struct stretch *s)
{
	return takes_area(s) && !ends_in(s, s->start / SZ_1G);
}

/* GiB whose PAMTs find room in what of a stretch is in @gib. */
static u64 value_in(const struct stretch *s, u64 gib, enum border lower,
		    enum border upper, const struct tdmr_limits *limits)
{
	if (s->start / SZ_1G != gib)
		return lower == OF_UPPER ?
		       min(s->all, value_of(limits, s->end - gib * SZ_1G)) : 0;
	if (!crosses_border(s) || upper == OF_BOTH)
		return s->all;
	if (upper != OF_LOWER)
		return 0;

	return min(s->all, value_of(limits, (gib + 1) * SZ_1G - s->start));
}

#define IMPOSSIBLE	(-(s64)BIT_ULL(40))

/*
 * GiB whose PAMTs find room in the @nr stretches of @gib: with an area for each,
 * or for two in a row, with nothing but a gap in between.  Those in the first that
 * are in the GiB below, too, count there, but take an area here.
 */
static s64 best_in_gib(const struct stretch *s, unsigned int nr, u64 gib,
		       enum border lower, enum border upper,
		       const struct tdmr_limits *limits)
{
	unsigned int areas = cover.max_areas - cover_areas(gib, gib + 1);
	s64 before[MAX_AREAS + 1] = {}, last[MAX_AREAS + 1] = {};
	s64 now[MAX_AREAS + 1], value, last_value = 0;
	unsigned int i, a;

	for (i = 0; i < nr; i++) {
		bool must = !i && lower == OF_BOTH;
		bool limited = takes_area(&s[i]);

		value = value_in(&s[i], gib, lower, upper, limits);
		for (a = 0; a <= areas; a++) {
			now[a] = must ? IMPOSSIBLE :
				 last[a] + (limited ? 0 : value);
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

/* The same with all below, for whatever is best at the border there. */
static s64 best_up_to(const s64 *below, const struct stretch *s, unsigned int nr,
		      u64 gib, enum border upper, const struct tdmr_limits *limits)
{
	s64 most = IMPOSSIBLE;
	enum border lower;

	for (lower = OF_NEITHER; lower < NR_BORDERS; lower++) {
		if (below[lower] >= 0)
			most = max(most, below[lower] +
				   best_in_gib(s, nr, gib, lower, upper, limits));
	}

	return most;
}

/* And of all memory. */
s64 gibs_with_areas(const struct tdmr_limits *limits)
{
	s64 best[NR_BORDERS] = { 0, IMPOSSIBLE, IMPOSSIBLE, IMPOSSIBLE };
	unsigned int i, first, next;
	s64 below[NR_BORDERS];
	enum border upper;
	u64 gib;

	for (i = 0, first = 0; i < nr_stretches; i = next) {
		gib = stretches[i].start / SZ_1G;
		for (next = i; next < nr_stretches; next++) {
			if (stretches[next].start / SZ_1G != gib)
				break;
		}

		memcpy(below, best, sizeof(below));
		for (upper = OF_NEITHER; upper < NR_BORDERS; upper++) {
			if (upper == OF_NEITHER || crosses_border(&stretches[next - 1]))
				best[upper] = best_up_to(below, &stretches[first],
							 next - first, gib, upper, limits);
			else
				best[upper] = IMPOSSIBLE;
		}
		first = crosses_border(&stretches[next - 1]) ? next - 1 : next;
	}

	return best[OF_NEITHER];
}
