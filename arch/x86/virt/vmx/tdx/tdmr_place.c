// SPDX-License-Identifier: GPL-2.0-only
/*
 * Propose a place for each PAMT.
 *
 * The best is where all PAMTs of a node are side by side, see tdmr_row.c.  Where
 * that has no room, each goes to the top of the memory of its own TDMR and node:
 * local too, and often against a hole, so that it needs no reserved area of its
 * own.
 *
 *	memory	|#################|   hole
 *	PAMT	             |pppp|
 *
 * To allocate a range, all pageblocks that it has a part of are isolated, which
 * fails if one of them has a page that cannot be moved: one that is allocated, or
 * one in a hole.  So two allocations share none, and none is shared with a hole.
 *
 *	pageblocks	|       |       |       |       |
 *	memory		|###########################| hole
 *	PAMT		              |ppppppppp|	not to the very end
 *
 * A TDMR without an area to spare takes a PAMT only where it touches a hole.
 * Where a TDMR has no place, another takes its PAMT in, of the same node if that
 * can be.
 *
 * When all that is full, PAMTs are packed: they touch each other and holes, and so
 * share areas and pageblocks, wherever in memory that is.  It is a layout that the
 * module accepts; whether the memory can be allocated is another matter.
 *
 * Of PAMTs that go elsewhere the largest comes first: what has room for it has
 * room for the others.
 *
 * Cost: a search for each node, and one for each PAMT that is in no row, see
 * tdmr_search.c.  To be packed, PAMTs are compared with the longest stretches of
 * memory only, 64 times 64 at most, unless none of these will do.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "tdmr_search.h"

static bool has_spare(const struct tdmr_layout *layout,
		      const struct tdmr_plan *host)
{
	return tdmr_areas(layout, host, NULL) < layout->limits.max_reserved;
}

static bool place_in(struct pamt_search *s, const struct tdmr_plan *host,
		     bool spare, bool near)
{
	s->host = host;
	s->spare = spare;
	s->near = near;
	s->far = !near;

	return pamt_search_memory(s, host->base, host->base + host->size);
}

/* Which TDMRs have an area to spare. */
struct hosts {
	bool spare[TDMR_MAX_PLANS];
};

/* There are other PAMTs from @start to @end now. */
static void look_at_hosts(const struct tdmr_layout *layout, struct hosts *hosts,
			  u64 start, u64 end)
{
	const struct tdmr_plan *host = layout->plans;
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++, host++) {
		if (host->base < end && host->base + host->size > start)
			hosts->spare[i] = has_spare(layout, host);
	}
}

/* In another TDMR, the nearest first. */
static bool place_elsewhere(struct pamt_search *s, const struct hosts *hosts,
			    bool near)
{
	struct tdmr_plan *plans = s->layout->plans;
	unsigned int self = s->plan - plans;
	unsigned int far, side, i;

	for (far = 1; far < s->layout->nr_plans; far++) {
		for (side = 0; side < 2; side++) {
			i = side ? self + far : self - far;
			/* Wraps to a large number below the first. */
			if (i < s->layout->nr_plans &&
			    place_in(s, &plans[i], hosts->spare[i], near))
				return true;
		}
	}

	return false;
}

/* The largest without a place, but for @but; NULL when all others have one. */
static struct tdmr_plan *next_to_place(const struct tdmr_layout *layout,
				       const struct tdmr_plan *but)
{
	struct tdmr_plan *found = NULL;
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		struct tdmr_plan *plan = &layout->plans[i];

		if (!plan->pamt_base && plan != but &&
		    (!found || plan->size > found->size))
			found = plan;
	}

	return found;
}

/**
 * struct company - the place of a PAMT that has most room around it for others
 * @next: bytes of the next of these, 0 if there is none
 * @room: bytes
 * @base: the place, 0 while there is none
 */
struct company {
	u64 next;
	u64 room;
	u64 base;
};

static void note_place(struct pamt_search *s, struct company *best, u64 room)
{
	if (room > best->room) {
		best->room = room;
		best->base = s->plan->pamt_base;
	}
	s->plan->pamt_base = 0;
}

/*
 * Bytes of the stretch from range @i on, if a PAMT at @touching in it can touch
 * one at @addr: in the same TDMR, or with an area to spare.
 */
static u64 room_beside(const struct pamt_search *s, const struct hosts *hosts,
		       unsigned int i, u64 touching, u64 addr)
{
	const struct tdmr_range *ranges = s->layout->ranges;
	unsigned int host = pamt_host_of(s->layout, touching);

	if (host != pamt_host_of(s->layout, addr) && !hosts->spare[host])
		return 0;

	return ranges[tdmr_stretch_end(s->layout, i) - 1].end - ranges[i].start;
}

/* Has a TDMR that has memory from @start to @end an area to spare? */
static bool any_spare(const struct tdmr_layout *layout, const struct hosts *hosts,
		      u64 start, u64 end)
{
	unsigned int i;

	for (i = pamt_host_of(layout, start); i < layout->nr_plans; i++) {
		if (layout->plans[i].base >= end)
			break;
		if (hosts->spare[i])
			return true;
	}

	return false;
}

/* In the stretch from range @i on, at an end or where it touches others. */
static void try_company(struct pamt_search *s, const struct hosts *hosts,
			unsigned int i, struct company *best)
{
	const struct tdmr_range *ranges = s->layout->ranges;
	unsigned int next = tdmr_stretch_end(s->layout, i);
	u64 start = ranges[i].start, end = ranges[next - 1].end;
	u64 bytes = tdmr_pamt_bytes(s->plan);
	u64 above = 0, below = 0;

	if (end - start < bytes)
		return;
	if (!any_spare(s->layout, hosts, start, end) && !pamt_can_touch(s, i))
		return;
	if (next < s->layout->nr_ranges)
		above = room_beside(s, hosts, next, ranges[next].start, end - 1);
	if (i)
		below = room_beside(s, hosts, tdmr_stretch_start(s->layout, i - 1),
				    ranges[i - 1].end - 1, start);

	if (above >= best->next && end - start + above > best->room &&
	    pamt_try_exactly(s, start, end, end - bytes))
		note_place(s, best, end - start + above);
	if (below >= best->next && end - start + below > best->room &&
	    pamt_try_exactly(s, start, end, start))
		note_place(s, best, end - start + below);
	if (end - start > best->room && pamt_try_touching(s, start, end))
		note_place(s, best, end - start);
}

/* In any stretch; in those of TDMRs with no area to spare, where it touches. */
static void try_all(struct pamt_search *s, const struct hosts *hosts,
		    struct company *best)
{
	const struct tdmr_layout *layout = s->layout;
	unsigned int n = layout->nr_plans, first, i;

	while (n-- && !best->base) {
		const struct tdmr_plan *host = &layout->plans[n];

		first = tdmr_range_after(layout, host->base);
		i = pamt_first_beyond(layout, host->base + host->size);
		while (i > first && !best->base) {
			i = tdmr_stretch_start(layout, i - 1);
			try_company(s, hosts, i, best);
			if (!hosts->spare[n])
				i = pamt_skip_to_reserved(s, i);
		}
	}
}

/*
 * Where most others can touch it: in the longest memory, at the end where the
 * next memory is long enough for the next of them too.
 */
static bool place_for_company(struct pamt_search *s, const struct hosts *hosts)
{
	const struct tdmr_layout *layout = s->layout;
	const struct tdmr_plan *next = next_to_place(layout, s->plan);
	struct company best = { .next = next ? tdmr_pamt_bytes(next) : 0 };
	u64 bytes = tdmr_pamt_bytes(s->plan);
	unsigned int i;

	s->spare = true;
	for (i = 0; i < layout->nr_longest; i++) {
		if (layout->longest[i].bytes < bytes)
			break;
		try_company(s, hosts, layout->longest[i].first, &best);
	}
	if (i == TDMR_MAX_PLANS)
		try_all(s, hosts, &best);

	s->plan->pamt_base = best.base;
	return best.base != 0;
}

/* Where it needs no area if that can be; in any TDMR, or in two. */
static bool pack_one(struct tdmr_layout *layout, struct tdmr_plan *plan,
		     const struct hosts *hosts)
{
	struct pamt_search s = {
		.layout = layout,
		.plan = plan,
		.ceiling = U64_MAX,
		.block = SZ_4K,
	};

	tdmr_find_pamts(&s.pamts, layout, 0, U64_MAX);

	return pamt_search_memory(&s, 0, U64_MAX) || place_for_company(&s, hosts);
}

static bool place_at_home(struct tdmr_layout *layout, struct tdmr_plan *plan,
			  u64 ceiling)
{
	struct pamt_search s = {
		.layout = layout,
		.plan = plan,
		.ceiling = ceiling,
		.block = layout->pageblock,
	};
	bool spare = has_spare(layout, plan);

	tdmr_find_pamts(&s.pamts, layout, 0, U64_MAX);

	return place_in(&s, plan, spare, true) || place_in(&s, plan, spare, false);
}

static bool place_away(struct tdmr_layout *layout, struct tdmr_plan *plan,
		       const struct hosts *hosts)
{
	struct pamt_search s = {
		.layout = layout,
		.plan = plan,
		.ceiling = U64_MAX,
		.block = layout->pageblock,
	};

	tdmr_find_pamts(&s.pamts, layout, 0, U64_MAX);

	return place_elsewhere(&s, hosts, true) || place_elsewhere(&s, hosts, false);
}

/* Place all without a place, @packed or not.  Returns one that has none then. */
static struct tdmr_plan *place_others(struct tdmr_layout *layout, bool packed)
{
	struct tdmr_plan *plan;
	struct hosts hosts;

	look_at_hosts(layout, &hosts, 0, U64_MAX);
	while ((plan = next_to_place(layout, NULL))) {
		if ((packed || !place_away(layout, plan, &hosts)) &&
		    !pack_one(layout, plan, &hosts))
			break;
		look_at_hosts(layout, &hosts, plan->pamt_base, tdmr_pamt_end(plan));
	}

	return plan;
}

static struct tdmr_plan *place_all(struct tdmr_layout *layout)
{
	unsigned int i;

	tdmr_place_rows(layout);
	for (i = 0; i < layout->nr_plans; i++) {
		if (!layout->plans[i].pamt_base)
			place_at_home(layout, &layout->plans[i], U64_MAX);
	}

	return place_others(layout, false);
}

/**
 * tdmr_pack_all - place all PAMTs anew, packed
 * @layout: planned
 *
 * Return: a TDMR whose PAMT has no place, NULL if all have one.
 */
struct tdmr_plan *tdmr_pack_all(struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++)
		layout->plans[i].pamt_base = 0;

	return place_others(layout, true);
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
	const struct tdmr_plan *failed;

	tdmr_find_longest(layout);
	failed = place_all(layout);
	if (failed)
		failed = tdmr_pack_all(layout);
	if (failed)
		failed = tdmr_reshape(layout);
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
 * The next one below where it is now, or the highest if it has none, in its own
 * TDMR.
 *
 * Return: true; false when there is none, and the PAMT has no place then.
 */
bool tdmr_layout_place_lower(struct tdmr_layout *layout, unsigned int i)
{
	struct tdmr_plan *plan = &layout->plans[i];
	u64 ceiling = plan->pamt_base ?: U64_MAX;

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
		if (!tdmr_fits_in(layout, &layout->plans[i]))
			return false;
	}

	return true;
}
