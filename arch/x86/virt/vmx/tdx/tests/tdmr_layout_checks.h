/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does the planner make of each case what it must, and what else must hold of a
 * layout?  For KUnit and for the runner in user space.
 */
#ifndef _X86_VIRT_TDX_TDMR_LAYOUT_CHECKS_H
#define _X86_VIRT_TDX_TDMR_LAYOUT_CHECKS_H

#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "tdmr_layout_cases.h"

/* What a case is planned in. */
struct layout_room {
	struct tdmr_layout layout;
	struct tdmr_range ranges[LAYOUT_CASE_RANGES];
	struct tdmr_plan plans[TDMR_MAX_PLANS];
	struct tdmr_area areas[TDMR_MAX_PLANS * 16];
	struct tdmr_run runs[LAYOUT_CASE_RANGES];
	int home[TDMR_MAX_NODES];
};

static inline void layout_case_fill(const struct layout_case *c,
				    struct layout_room *room)
{
	struct tdmr_layout *layout = &room->layout;
	unsigned int i;

	memset(room, 0, sizeof(*room));
	memcpy(room->ranges, c->ranges, sizeof(room->ranges));
	for (i = 0; i < c->nr_islands; i++)
		room->ranges[i] = (struct tdmr_range) {
			.start = M(2 * i + 1), .end = M(2 * i + 2),
		};

	layout->limits = (struct tdmr_limits) {
		.max_tdmrs = c->max_tdmrs,
		.max_reserved = c->max_reserved,
		.entry_size = { 16, 16, 16 },
	};
	layout->ranges = room->ranges;
	layout->nr_ranges = c->nr_ranges + c->nr_islands;
	memcpy(layout->cmrs, c->cmrs, sizeof(layout->cmrs));
	layout->nr_cmrs = c->nr_cmrs;
	layout->pageblock = c->pageblock ?: TDMR_USUAL_PAGEBLOCK;
	memcpy(layout->lanes, c->lanes, sizeof(c->lanes));
	for (i = 0; i < LAYOUT_CASE_NODES - c->homeless; i++)
		room->home[i] = i;
	layout->home = c->homeless ? room->home : NULL;
	layout->plans = room->plans;
	layout->areas = room->areas;
	layout->runs = room->runs;
}

/* What callers are told; the reason is in the layout. */
static inline int layout_errno(enum tdmr_trouble trouble)
{
	switch (trouble) {
	case TDMR_FINE:
		return 0;
	case TDMR_OUTSIDE_CMRS:
		return -ERANGE;
	case TDMR_NO_TDMRS:
	case TDMR_NO_RESERVED:
	case TDMR_NO_PAMT:
		return -ENOSPC;
	default:
		return -EINVAL;
	}
}

/* Plan, place and reserve. */
static inline int layout_case_plan(struct tdmr_layout *layout)
{
	int ret = tdmr_layout_plan(layout);

	if (!ret)
		ret = tdmr_layout_place(layout);
	if (!ret)
		ret = tdmr_layout_reserve(layout);

	return ret;
}

static inline bool layout_areas_differ(const struct tdmr_plan *plan,
				       const struct layout_want_area *want)
{
	unsigned int i;

	for (i = 0; i < plan->nr_rsvd; i++) {
		u64 start = plan->base + plan->rsvd[i].offset;

		if (start != want[i].start ||
		    start + plan->rsvd[i].size != want[i].end)
			return true;
	}

	return want[i].end != 0;
}

static inline const char *layout_tdmr_differs(const struct tdmr_plan *plan,
					      const struct layout_want *want)
{
	if (plan->base != G(want->start) || plan->size != G(want->size))
		return "another TDMR";
	if (plan->node != want->node)
		return "a TDMR of another node";
	if (plan->pamt_base != want->pamt ||
	    tdmr_pamt_bytes(plan) != PAMT(want->size))
		return "a PAMT at another place";
	if (layout_areas_differ(plan, want->rsvd))
		return "other reserved areas";

	return NULL;
}

/**
 * layout_case_differs - does a case come out as it must?
 * @c: the case
 * @room: for planning; has the layout then
 *
 * Return: how it differs, NULL if it does not.
 */
static inline const char *layout_case_differs(const struct layout_case *c,
					      struct layout_room *room)
{
	struct tdmr_layout *layout = &room->layout;
	const char *how;
	unsigned int i;
	int ret;

	layout_case_fill(c, room);
	ret = layout_case_plan(layout);

	if (layout->trouble != c->trouble)
		return "another reason to refuse it, or none";
	if (ret != layout_errno(c->trouble))
		return "another errno";
	if (layout->bad_start != c->bad.start || layout->bad_end != c->bad.end)
		return "refused, naming another range";
	if (ret)
		return NULL;

	if (layout->nr_plans != c->nr_want)
		return "another number of TDMRs";
	for (i = 0; i < c->nr_want; i++) {
		how = layout_tdmr_differs(&layout->plans[i], &c->want[i]);
		if (how)
			return how;
	}

	return layout->makespan == c->makespan ? NULL : "another makespan";
}

/* PAMTs are whole pages, whatever the size of their entries. */
static inline bool layout_sizes_are_right(struct layout_room *room)
{
	static const u32 sizes[TDMR_NR_LEVELS] = { 16, 24, 4097 };
	struct tdmr_plan *plan = room->plans;

	layout_case_fill(&layout_cases[0], room);
	memcpy(room->layout.limits.entry_size, sizes, sizeof(sizes));

	return !tdmr_layout_plan(&room->layout) &&
	       plan->pamt_size[TDMR_4K] == M(8) &&
	       plan->pamt_size[TDMR_2M] == K(24) &&
	       plan->pamt_size[TDMR_1G] == K(12);
}

/* PAMTs that are larger than the memory, of as much as there can be. */
static inline bool layout_huge_entries_are_refused(struct layout_room *room)
{
	layout_case_fill(&layout_cases[0], room);
	room->ranges[0].end = BIT_ULL(52);
	room->layout.limits.entry_size[TDMR_4K] = 5000;

	return layout_case_plan(&room->layout) == -ENOSPC &&
	       room->layout.trouble == TDMR_NO_PAMT;
}

/* Each place below the last, all in the TDMR, until there is none. */
static inline bool layout_places_descend(struct layout_room *room)
{
	struct tdmr_plan *plan = room->plans;
	unsigned int places = 0;
	u64 last = G(2);

	layout_case_fill(&layout_cases[0], room);
	if (layout_case_plan(&room->layout))
		return false;

	do {
		if (plan->pamt_base + tdmr_pamt_bytes(plan) > last ||
		    plan->pamt_base < M(1) || !tdmr_layout_fits(&room->layout))
			return false;
		last = plan->pamt_base;
		places++;
	} while (tdmr_layout_place_lower(&room->layout, 0));

	/* The first MiB is none, PAMTs are a little more than 4 pageblocks. */
	return !plan->pamt_base && places == (G(2) - M(2)) / M(10);
}

/* The layout of the case that has this name. */
static inline bool layout_case_named(struct layout_room *room, const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layout_cases); i++) {
		if (strcmp(layout_cases[i].name, name))
			continue;
		layout_case_fill(&layout_cases[i], room);
		return !layout_case_plan(&room->layout);
	}

	return false;
}

/*
 * Each place of all PAMTs of a node below the last, over TDMRs of others, until
 * there is none; from then on each has one of its own.
 */
static inline bool layout_rows_descend(struct layout_room *room)
{
	struct tdmr_layout *layout = &room->layout;
	unsigned int places = 0;
	u64 base, last = G(3);

	if (!layout_case_named(room, "PAMTs of a node are side by side, not those of others"))
		return false;

	do {
		if (tdmr_layout_row(layout, 0, &base) != 2 * PAMT(1) ||
		    base + 2 * PAMT(1) > last || !tdmr_layout_fits(layout) ||
		    (base < G(2) && base + 2 * PAMT(1) > G(1)))
			return false;
		last = base;
		places++;
	} while (tdmr_layout_row_lower(layout, 0));

	return places == 2 * (G(1) / M(10)) &&
	       !tdmr_layout_row(layout, 0, &base) &&
	       !tdmr_layout_row(layout, 1, &base) &&
	       tdmr_layout_place_lower(layout, 0) &&
	       layout->plans[0].pamt_base == G(1) - PAMT(1);
}

/* The longest first, and of those alike the lowest. */
static inline bool layout_order_is_right(struct layout_room *room)
{
	static const unsigned int want[] = { 2, 3, 0, 1 };
	unsigned int order[TDMR_MAX_PLANS];

	if (!layout_case_named(room, "more lanes than CPUs where that takes no longer"))
		return false;
	tdmr_layout_order(&room->layout, order);

	return !memcmp(order, want, sizeof(want));
}

/* Where a TDMR lacks an area, all say so, and callers learn which it is. */
static inline bool layout_lack_is_told(struct tdmr_layout *layout)
{
	const struct tdmr_plan *most = layout->plans;
	unsigned int i;

	for (i = 1; i < layout->nr_plans; i++) {
		if (layout->plans[i].nr_rsvd > most->nr_rsvd)
			most = &layout->plans[i];
	}
	if (!most->nr_rsvd)
		return true;

	layout->limits.max_reserved = most->nr_rsvd;
	if (!tdmr_layout_fits(layout) || tdmr_layout_reserve(layout))
		return false;

	layout->limits.max_reserved--;
	return !tdmr_layout_fits(layout) &&
	       tdmr_layout_reserve(layout) == -ENOSPC &&
	       layout->trouble == TDMR_NO_RESERVED &&
	       layout->bad_start == most->base &&
	       layout->bad_end == most->base + most->size;
}

static inline bool layout_lack_of_areas_is_told(struct layout_room *room)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layout_cases); i++) {
		layout_case_fill(&layout_cases[i], room);
		if (!layout_case_plan(&room->layout) &&
		    !layout_lack_is_told(&room->layout))
			return false;
	}

	return true;
}

/* The first reason to refuse without a case; TDMR_FINE if each has one. */
static inline enum tdmr_trouble layout_trouble_without_case(void)
{
	enum tdmr_trouble trouble;
	unsigned int i;

	for (trouble = TDMR_BAD_LIMITS; trouble <= TDMR_NO_PAMT; trouble++) {
		for (i = 0; i < ARRAY_SIZE(layout_cases); i++) {
			if (layout_cases[i].trouble == trouble)
				break;
		}
		if (i == ARRAY_SIZE(layout_cases))
			return trouble;
	}

	return TDMR_FINE;
}

#endif /* _X86_VIRT_TDX_TDMR_LAYOUT_CHECKS_H */
