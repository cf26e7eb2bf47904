// SPDX-License-Identifier: GPL-2.0-only
/*
 * Propose a place for each PAMT.
 *
 * The best is at the top of the memory of its own TDMR and node: local to the
 * CPUs that work on it, away from the PAMTs of others, and often against a hole, so that
 * it needs no reserved area of its own.
 *
 *	memory	|#################|   hole
 *	PAMT	             |pppp|
 *
 * Allocating a range isolates whole pageblocks, which two lanes at the same
 * time must not both want: no two PAMTs share one.
 *
 * A TDMR without an area to spare takes a PAMT only where it touches a hole.
 * Where a TDMR has no place, another takes its PAMT in, of the same node if that
 * can be.
 *
 * When all that is full, PAMTs are packed: they touch, and so share areas and
 * pageblocks, wherever in memory that is.
 *
 * Of PAMTs that go elsewhere the largest comes first: what has room for it has
 * room for the others.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "tdmr_layout.h"

#define PAGEBLOCK	((u64)SZ_2M)

/* Borders between TDMRs that are tried when nothing else helps. */
#define MAX_RECUTS	64

/**
 * struct search - for a place of a PAMT
 * @layout: planned
 * @plan: whose PAMT, which has no place
 * @host: the TDMR in which it is to be; NULL for no matter where
 * @spare: @host has an area left, so any place will do; without @host, areas
 *	that are left may be used
 * @near: only memory of the node of @plan
 * @ceiling: the PAMT must end at or below
 * @block: bytes of the blocks that PAMTs must not share
 */
struct search {
	struct tdmr_layout *layout;
	struct tdmr_plan *plan;
	const struct tdmr_plan *host;
	bool spare;
	bool near;
	u64 ceiling;
	u64 block;
};

static u64 block_down(const struct search *s, u64 addr)
{
	return addr & ~(s->block - 1);
}

static u64 block_up(const struct search *s, u64 addr)
{
	return block_down(s, addr + s->block - 1);
}

static u64 pamt_end(const struct tdmr_plan *plan)
{
	return plan->pamt_base + tdmr_pamt_bytes(plan);
}

/* The highest PAMT that has one of the blocks of @start to @end. */
static const struct tdmr_plan *pamt_in(const struct search *s, u64 start,
				       u64 end)
{
	const struct tdmr_plan *found = NULL;
	unsigned int i;

	start = block_down(s, start);
	end = block_up(s, end);

	for (i = 0; i < s->layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &s->layout->plans[i];

		if (!plan->pamt_base || pamt_end(plan) <= start ||
		    plan->pamt_base >= end)
			continue;
		if (!found || plan->pamt_base > found->pamt_base)
			found = plan;
	}

	return found;
}

static bool fits_in(const struct tdmr_layout *layout,
		    const struct tdmr_plan *host)
{
	return tdmr_areas(layout, host, NULL) <= layout->limits.max_reserved;
}

static unsigned int areas_without(const struct search *s,
				  const struct tdmr_plan *host)
{
	u64 base = s->plan->pamt_base;
	unsigned int areas;

	s->plan->pamt_base = 0;
	areas = tdmr_areas(s->layout, host, NULL);
	s->plan->pamt_base = base;

	return areas;
}

/* Have the TDMRs in which the PAMT is now areas enough? */
static bool areas_suffice(const struct search *s)
{
	const struct tdmr_plan *host = s->host;
	unsigned int i;

	if (host)
		return s->spare || fits_in(s->layout, host);

	for (i = 0; i < s->layout->nr_plans; i++) {
		host = &s->layout->plans[i];
		if (host->base >= pamt_end(s->plan) ||
		    host->base + host->size <= s->plan->pamt_base)
			continue;
		if (!fits_in(s->layout, host))
			return false;
		if (!s->spare && tdmr_areas(s->layout, host, NULL) >
				 areas_without(s, host))
			return false;
	}

	return true;
}

/* Address 0 is no place: it says that there is none. */
static bool try_at(const struct search *s, u64 base)
{
	if (!base)
		return false;

	s->plan->pamt_base = base;
	if (areas_suffice(s))
		return true;

	s->plan->pamt_base = 0;
	return false;
}

/* Anywhere from @start to @end, as high as other PAMTs let it. */
static bool try_anywhere(const struct search *s, u64 start, u64 end)
{
	u64 bytes = tdmr_pamt_bytes(s->plan);
	const struct tdmr_plan *other;

	while (end > start && end - start >= bytes) {
		other = pamt_in(s, end - bytes, end);
		if (!other)
			return try_at(s, end - bytes);
		end = min(end, block_down(s, other->pamt_base));
	}

	return false;
}

static bool try_exactly(const struct search *s, u64 start, u64 end, u64 base)
{
	u64 bytes = tdmr_pamt_bytes(s->plan);

	return base >= start && base < end && end - base >= bytes &&
	       !pamt_in(s, base, base + bytes) && try_at(s, base);
}

/* From @start to @end, where it may touch what is reserved already. */
static bool try_touching(const struct search *s, u64 start, u64 end)
{
	u64 bytes = tdmr_pamt_bytes(s->plan);
	unsigned int i;

	if (end < start || end - start < bytes)
		return false;
	if (try_exactly(s, start, end, end - bytes) ||
	    try_exactly(s, start, end, start))
		return true;

	for (i = 0; i < s->layout->nr_plans; i++) {
		const struct tdmr_plan *other = &s->layout->plans[i];

		if (!other->pamt_base || other->pamt_base >= end ||
		    pamt_end(other) <= start)
			continue;
		if (try_exactly(s, start, end,
				block_down(s, other->pamt_base) - bytes) ||
		    try_exactly(s, start, end, block_up(s, pamt_end(other))))
			return true;
	}

	return false;
}

/* The first of the ranges that end in range @i without a gap or another node. */
static unsigned int stretch_start(const struct tdmr_layout *layout,
				  unsigned int i)
{
	const struct tdmr_range *ranges = layout->ranges;

	while (i && ranges[i - 1].end == ranges[i].start &&
	       ranges[i - 1].node == ranges[i].node)
		i--;

	return i;
}

/* In the memory of GiB-aligned @base to @limit, from the top. */
static bool search_memory(const struct search *s, u64 base, u64 limit)
{
	const struct tdmr_layout *layout = s->layout;
	unsigned int first = tdmr_range_after(layout, base);
	unsigned int i = tdmr_range_after(layout, limit - 1);
	u64 start, end;

	/* One past the last range that begins below @limit. */
	if (i < layout->nr_ranges && layout->ranges[i].start < limit)
		i++;

	limit = min(limit, s->ceiling);

	while (i-- > first) {
		end = min(layout->ranges[i].end, limit);
		i = stretch_start(layout, i);
		start = max(layout->ranges[i].start, base);
		if (s->near && layout->ranges[i].node != s->plan->node)
			continue;
		if (s->spare ? try_anywhere(s, start, end) :
			       try_touching(s, start, end))
			return true;
	}

	return false;
}

static bool place_in(struct search *s, const struct tdmr_plan *host)
{
	s->host = host;
	s->spare = tdmr_areas(s->layout, host, NULL) <
		   s->layout->limits.max_reserved;

	return search_memory(s, host->base, host->base + host->size);
}

/* In another TDMR, the nearest first. */
static bool place_elsewhere(struct search *s)
{
	struct tdmr_plan *plans = s->layout->plans;
	unsigned int self = s->plan - plans;
	unsigned int far, side, i;

	for (far = 1; far < s->layout->nr_plans; far++) {
		for (side = 0; side < 2; side++) {
			i = side ? self + far : self - far;
			/* Wraps to a large number below the first. */
			if (i < s->layout->nr_plans && place_in(s, &plans[i]))
				return true;
		}
	}

	return false;
}

/* Remember the place of @s->plan if there is more room for others than so far. */
static void note_place(struct search *s, u64 *most, u64 *base, u64 room)
{
	if (room > *most) {
		*most = room;
		*base = s->plan->pamt_base;
	}
	s->plan->pamt_base = 0;
}

/*
 * Where most others can touch it: in the longest memory, at the end where the
 * next memory is long enough for one of them too.
 */
static bool place_for_company(struct search *s)
{
	const struct tdmr_range *ranges = s->layout->ranges;
	u64 bytes = tdmr_pamt_bytes(s->plan);
	u64 most = 0, base = 0, above = 0, below, start, end;
	unsigned int i = s->layout->nr_ranges;

	s->spare = true;
	while (i--) {
		end = ranges[i].end;
		i = stretch_start(s->layout, i);
		start = ranges[i].start;
		below = i ? ranges[i - 1].end -
			    ranges[stretch_start(s->layout, i - 1)].start : 0;

		if (above >= bytes && end - start + above > most &&
		    try_exactly(s, start, end, end - bytes))
			note_place(s, &most, &base, end - start + above);
		if (below >= bytes && end - start + below > most &&
		    try_exactly(s, start, end, start))
			note_place(s, &most, &base, end - start + below);
		if (end - start > most && try_touching(s, start, end))
			note_place(s, &most, &base, end - start);
		above = end - start;
	}

	s->plan->pamt_base = base;
	return base;
}

/* Where it needs no area if that can be; in any TDMR, or in two. */
static bool pack_one(struct tdmr_layout *layout, struct tdmr_plan *plan)
{
	struct search s = {
		.layout = layout,
		.plan = plan,
		.ceiling = U64_MAX,
		.block = SZ_4K,
	};

	return search_memory(&s, 0, U64_MAX) || place_for_company(&s);
}

/* The largest without a place; NULL when all have one. */
static struct tdmr_plan *next_to_place(const struct tdmr_layout *layout)
{
	struct tdmr_plan *found = NULL;
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		struct tdmr_plan *plan = &layout->plans[i];

		if (!plan->pamt_base && (!found || plan->size > found->size))
			found = plan;
	}

	return found;
}

static bool place_at_home(struct tdmr_layout *layout, struct tdmr_plan *plan,
			  u64 ceiling)
{
	struct search near = {
		.layout = layout,
		.plan = plan,
		.near = true,
		.ceiling = ceiling,
		.block = PAGEBLOCK,
	};
	struct search any = near;

	any.near = false;

	return place_in(&near, plan) || place_in(&any, plan);
}

static bool place_away(struct tdmr_layout *layout, struct tdmr_plan *plan)
{
	struct search near = {
		.layout = layout,
		.plan = plan,
		.near = true,
		.ceiling = U64_MAX,
		.block = PAGEBLOCK,
	};
	struct search any = near;

	any.near = false;

	return place_elsewhere(&near) || place_elsewhere(&any);
}

static struct tdmr_plan *place_all(struct tdmr_layout *layout)
{
	struct tdmr_plan *plan;
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++)
		place_at_home(layout, &layout->plans[i], U64_MAX);

	while ((plan = next_to_place(layout))) {
		if (!place_away(layout, plan) && !pack_one(layout, plan))
			break;
	}

	return plan;
}

static struct tdmr_plan *pack_all(struct tdmr_layout *layout)
{
	struct tdmr_plan *plan;
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++)
		layout->plans[i].pamt_base = 0;

	while ((plan = next_to_place(layout))) {
		if (!pack_one(layout, plan))
			break;
	}

	return plan;
}

/* GiB of the largest TDMR whose PAMT goes into so much memory. */
static u32 size_for(const struct tdmr_layout *layout, u64 bytes)
{
	u32 lo = 0, hi = min_t(u64, bytes / SZ_1M, U32_MAX), mid;
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

/* Keep the @max largest, the largest first. */
static void keep_largest(u32 *sizes, unsigned int max, u32 size)
{
	unsigned int i;

	if (size <= sizes[max - 1])
		return;

	for (i = max - 1; i && sizes[i - 1] < size; i--)
		sizes[i] = sizes[i - 1];
	sizes[i] = size;
}

/* What has room in the longest stretches of memory, each alone. */
static void sizes_with_room(const struct tdmr_layout *layout, u32 *sizes,
			    unsigned int max)
{
	unsigned int i = layout->nr_ranges;
	u64 end;

	memset(sizes, 0, max * sizeof(*sizes));
	while (i--) {
		end = layout->ranges[i].end;
		i = stretch_start(layout, i);
		keep_largest(sizes, max,
			     size_for(layout, end - layout->ranges[i].start));
	}
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

/* With the border before TDMR @i elsewhere: one of the two has areas to spare then. */
static struct tdmr_plan *pack_recut(struct tdmr_layout *layout, unsigned int i,
				    struct tdmr_plan *failed,
				    unsigned int *tries)
{
	struct tdmr_plan *a = &layout->plans[i - 1], *b = &layout->plans[i];
	const struct tdmr_plan was[] = { *a, *b };
	u32 end = (b->base + b->size) / SZ_1G, at;

	if (a->base + a->size != b->base)
		return failed;

	for (at = a->base / SZ_1G + 1; at < end && failed && *tries; at++) {
		*a = was[0];
		*b = was[1];
		tdmr_layout_recut(layout, i, at);
		if (!fits_in(layout, a) || !fits_in(layout, b))
			continue;
		failed = pack_all(layout);
		--*tries;
	}
	if (failed) {
		*a = was[0];
		*b = was[1];
	}

	return failed;
}

/* With TDMRs that fit the memory there is, be they good lanes or not. */
static struct tdmr_plan *pack_others(struct tdmr_layout *layout)
{
	unsigned int max = min_t(unsigned int, layout->limits.max_tdmrs,
				 TDMR_MAX_PLANS);
	unsigned int tries = MAX_RECUTS;
	u32 sizes[TDMR_MAX_PLANS];
	struct tdmr_plan *failed;
	unsigned int i;

	tdmr_layout_shrink(layout);
	failed = pack_all(layout);
	for (i = 1; i < layout->nr_plans && failed && tries; i++)
		failed = pack_recut(layout, i, failed, &tries);

	sizes_with_room(layout, sizes, max);
	/* Uncut ones have less to round up: at last those. */
	for (i = 0; i < 4 && failed; i++) {
		if (tdmr_layout_resize(layout, sizes, i < 2))
			failed = pack_all(layout);
		reverse(sizes, max);
	}

	return failed;
}

/**
 * tdmr_layout_place - propose a place for each PAMT
 * @layout: planned, no PAMT has a place
 *
 * May choose other TDMRs, with smaller PAMTs, when there is no place for these.
 *
 * Return: 0; -ENOSPC when there is no place for one, and @layout names its
 * TDMR.
 */
int tdmr_layout_place(struct tdmr_layout *layout)
{
	const struct tdmr_plan *failed = place_all(layout);

	if (failed)
		failed = pack_all(layout);
	if (failed)
		failed = pack_others(layout);
	if (!failed)
		return 0;

	layout->trouble = TDMR_NO_PAMT;
	layout->bad_start = failed->base;
	layout->bad_end = failed->base + failed->size;

	return -ENOSPC;
}

/**
 * tdmr_layout_place_lower - propose another place for a PAMT
 * @layout: planned
 * @i: index of its TDMR
 *
 * The next one below where it is now, in its own TDMR.
 *
 * Return: true; false when there is none, and the PAMT has no place then.
 */
bool tdmr_layout_place_lower(struct tdmr_layout *layout, unsigned int i)
{
	struct tdmr_plan *plan = &layout->plans[i];
	u64 ceiling = plan->pamt_base;

	plan->pamt_base = 0;

	return place_at_home(layout, plan, ceiling);
}

/**
 * tdmr_layout_fits - are there areas for all PAMTs where they are now?
 * @layout: planned
 *
 * Return: true if tdmr_layout_reserve() would succeed.
 */
bool tdmr_layout_fits(const struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		if (!fits_in(layout, &layout->plans[i]))
			return false;
	}

	return true;
}
