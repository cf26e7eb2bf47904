// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choose other TDMRs where the memory has no places for the PAMTs of those that were
 * planned, even if lanes become unequal.
 *
 * First TDMRs as small as can be.  Then with a border between two of them moved, so
 * that one has areas to spare.  At last TDMRs of sizes whose PAMTs fit the longest
 * stretches of memory: in several orders, and if they are few in the best; with as
 * many holes as there are areas, and with an area to spare in each.
 *
 * Cost: that of placing all PAMTs packed, up to 14 times with 64 TDMRs, more
 * often with fewer.
 */
#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "tdmr_internal.h"

/*
 * PAMTs that are placed anew, at most, for trying other borders between TDMRs
 * when nothing else helps.
 */
#define MAX_ANEW	256

/* TDMRs for which the best order is found: it takes 2^n steps. */
#define MAX_ORDERED	7

/* GiB of the largest TDMR whose PAMT goes into so much memory. */
static u32 size_for(const struct tdmr_layout *layout, u64 bytes)
{
	u64 least = (u64)(SZ_1G / SZ_4K) * layout->limits.entry_size[TDMR_4K];
	u32 lo = 0, hi = min_t(u64, bytes / least, TDMR_ANY_SIZE), mid;
	struct tdmr_plan plan;

	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		tdmr_size_pamts(&plan, mid, &layout->limits);
		if (tdmr_pamt_bytes(&plan) <= bytes)
			lo = mid;
		else
			hi = mid - 1;
	}

	return lo;
}

/* What has room in the longest stretches of memory, each alone. */
static void sizes_with_room(const struct tdmr_layout *layout, u32 *sizes,
			    unsigned int max)
{
	unsigned int i;

	memset(sizes, 0, max * sizeof(*sizes));
	for (i = 0; i < max && i < layout->nr_longest; i++)
		sizes[i] = size_for(layout, layout->longest[i].bytes);
}

static void reverse(u32 *v, unsigned int nr)
{
	unsigned int i, j;
	u32 x;

	for (i = 0, j = nr - 1; i < j; i++, j--) {
		x = v[i];
		v[i] = v[j];
		v[j] = x;
	}
}

/* One after the TDMR of @size GiB that begins at the first memory from GiB @at on. */
static u32 tdmr_after(const struct tdmr_layout *layout, u32 at, u32 size,
		      unsigned int max_holes)
{
	unsigned int i = tdmr_range_after(layout, tdmr_gib(at));
	u32 start;

	if (i == layout->nr_ranges)
		return U32_MAX;

	start = layout->ranges[i].start >> TDMR_GIB_SHIFT;
	start = max(start, at);

	return min(tdmr_reach(layout, start, max_holes), start + size);
}

/*
 * Few TDMRs, in that order of which they cover most: for each set of sizes, how
 * far they get, and which of them then comes last.
 */
static void order_sizes(const struct tdmr_layout *layout, u32 *sizes,
			unsigned int nr, unsigned int max_holes)
{
	u32 end[1 << MAX_ORDERED] = { }, was[MAX_ORDERED], after;
	u8 last[1 << MAX_ORDERED];
	unsigned int set, i;

	for (set = 1; set < 1U << nr; set++) {
		for (i = 0; i < nr; i++) {
			if (!(set & BIT(i)))
				continue;
			after = tdmr_after(layout, end[set & ~BIT(i)], sizes[i],
					   max_holes);
			if (after >= end[set]) {
				end[set] = after;
				last[set] = i;
			}
		}
	}

	memcpy(was, sizes, nr * sizeof(*sizes));
	for (set--, i = nr; i--; set &= ~BIT(last[set]))
		sizes[i] = was[last[set]];
}

/**
 * struct border - between two TDMRs, to be moved
 * @layout: planned
 * @i: the second
 * @was: what they are
 * @start: GiB where the first begins
 * @end: GiB where the second ends
 */
struct border {
	struct tdmr_layout *layout;
	unsigned int i;
	struct tdmr_plan was[2];
	u32 start;
	u32 end;
};

static void put_back(const struct border *border)
{
	struct tdmr_plan *b = &border->layout->plans[border->i];

	b[-1] = border->was[0];
	b[0] = border->was[1];
}

static void move_border(const struct border *border, u32 at)
{
	put_back(border);
	tdmr_layout_recut(border->layout, border->i, at);
}

/*
 * The first GiB of a border that leaves the first TDMR more holes than areas, or
 * the second, if @second, no more: the farther up it is, the more has the first.
 */
static u32 first_border(const struct border *border, bool second)
{
	const struct tdmr_plan *b = &border->layout->plans[border->i];
	u32 lo = border->start + 1, hi = border->end, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		move_border(border, mid);
		if (tdmr_fits_in(border->layout, second ? b : b - 1) == second)
			hi = mid;
		else
			lo = mid + 1;
	}

	return lo;
}

/* With the border before TDMR @i elsewhere: one of the two has areas to spare then. */
static struct tdmr_plan *pack_recut(struct tdmr_layout *layout, unsigned int i,
				    struct tdmr_plan *failed,
				    unsigned int *tries)
{
	const struct tdmr_plan *a = &layout->plans[i - 1], *b = &layout->plans[i];
	const struct border border = {
		.layout = layout,
		.i = i,
		.was = { *a, *b },
		.start = a->base / SZ_1G,
		.end = (b->base + b->size) / SZ_1G,
	};
	u32 at, end;

	if (a->base + a->size != b->base)
		return failed;

	at = first_border(&border, true);
	end = first_border(&border, false);
	for (; at < end && failed && *tries; at++, --*tries) {
		move_border(&border, at);
		failed = tdmr_pack_all(layout);
	}
	if (failed)
		put_back(&border);

	return failed;
}

/* With TDMRs as large as the PAMTs that have room, and so many holes at most. */
static struct tdmr_plan *pack_resized(struct tdmr_layout *layout,
				      unsigned int max_holes,
				      struct tdmr_plan *failed)
{
	unsigned int max = min_t(unsigned int, layout->limits.max_tdmrs,
				 TDMR_MAX_PLANS);
	u32 sizes[TDMR_MAX_PLANS];
	unsigned int i;

	sizes_with_room(layout, sizes, max);
	/* Uncut ones have less to round up: at last those. */
	for (i = 0; i < 4 && failed; i++) {
		if (tdmr_layout_resize(layout, sizes, max_holes, i < 2))
			failed = tdmr_pack_all(layout);
		reverse(sizes, max);
	}
	if (failed && max <= MAX_ORDERED) {
		order_sizes(layout, sizes, max, max_holes);
		if (tdmr_layout_resize(layout, sizes, max_holes, false))
			failed = tdmr_pack_all(layout);
	}

	return failed;
}

/**
 * tdmr_reshape - choose TDMRs whose PAMTs have places, and place these
 * @layout: planned
 *
 * Return: a TDMR whose PAMT has no place, NULL if all have one.
 */
struct tdmr_plan *tdmr_reshape(struct tdmr_layout *layout)
{
	unsigned int max_holes = layout->limits.max_reserved;
	struct tdmr_plan *failed;
	unsigned int tries, i;

	tdmr_layout_shrink(layout);
	failed = tdmr_pack_all(layout);
	tries = MAX_ANEW / layout->nr_plans;
	for (i = 1; i < layout->nr_plans && failed && tries; i++)
		failed = pack_recut(layout, i, failed, &tries);

	if (failed)
		failed = pack_resized(layout, max_holes, failed);
	if (failed)
		failed = pack_resized(layout, max_holes - 1, failed);

	return failed;
}
