// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner, run on a description: the arrays that it works in, its three
 * steps, and its refusals in words.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/sizes.h>

#include "layout.h"

static int alloc_arrays(struct tdmr_layout *layout)
{
	size_t areas = (size_t)TDMR_MAX_PLANS * layout->limits.max_reserved;

	/* One more of each: what has no elements is no failure. */
	layout->plans = calloc(TDMR_MAX_PLANS, sizeof(*layout->plans));
	layout->areas = calloc(areas + 1, sizeof(*layout->areas));
	layout->runs = calloc(layout->nr_ranges + 1, sizeof(*layout->runs));

	return layout->plans && layout->areas && layout->runs ? 0 : -ENOMEM;
}

/**
 * layout_make - plan, place the PAMTs, reserve
 * @layout: out; give it back by layout_free() whatever is returned
 * @d: the machine; must live as long as @layout
 *
 * Return: 0, -ENOMEM, or what the planner returns, with the trouble in @layout.
 */
int layout_make(struct tdmr_layout *layout, const struct description *d)
{
	int ret;

	memset(layout, 0, sizeof(*layout));
	layout->limits = d->limits;
	layout->ranges = d->mem;
	layout->nr_ranges = d->nr_mem;
	memcpy(layout->cmrs, d->cmrs, sizeof(layout->cmrs));
	layout->nr_cmrs = d->nr_cmrs;
	layout->pageblock = TDMR_USUAL_PAGEBLOCK;
	memcpy(layout->lanes, d->lanes, sizeof(layout->lanes));
	layout->home = d->home;

	ret = alloc_arrays(layout);
	if (!ret)
		ret = tdmr_layout_plan(layout);
	if (!ret)
		ret = tdmr_layout_place(layout);
	if (!ret)
		ret = tdmr_layout_reserve(layout);

	return ret;
}

void layout_free(struct tdmr_layout *layout)
{
	free(layout->plans);
	free(layout->areas);
	free(layout->runs);
}

static const char *what_is_wrong(const struct tdmr_layout *layout)
{
	u64 start = layout->bad_start, end = layout->bad_end;

	if (start >= end)
		return "is empty";
	if ((start | end) & (SZ_4K - 1))
		return "is not whole pages of 4 KiB";
	if (end > 1ULL << 52)
		return "ends beyond 2^52";
	return "overlaps or is below the one before it";
}

static int node_of_bad_range(const struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_ranges; i++) {
		if (layout->ranges[i].start == layout->bad_start)
			break;
	}

	return layout->ranges[i].node;
}

/* Bytes of the PAMT for which there is no place. */
static u64 bad_pamt(const struct tdmr_layout *layout)
{
	unsigned int i = layout->nr_plans - 1;

	while (i && layout->plans[i].base != layout->bad_start)
		i--;

	return tdmr_pamt_bytes(&layout->plans[i]);
}

/**
 * layout_trouble - say why there is no layout
 * @layout: what layout_make() refused
 * @d: the machine
 * @words: out
 * @size: room in @words
 */
void layout_trouble(const struct tdmr_layout *layout,
		    const struct description *d, char *words, size_t size)
{
	const struct tdmr_limits *limits = &layout->limits;
	char range[64];

	snprintf(range, sizeof(range), "[0x%llx, 0x%llx)", layout->bad_start,
		 layout->bad_end);

	switch (layout->trouble) {
	case TDMR_BAD_LIMITS:
		snprintf(words, size, "a limit is 0: max_tdmrs=%u max_reserved=%u",
			 limits->max_tdmrs, limits->max_reserved);
		break;
	case TDMR_BAD_RANGE:
		if (!layout->nr_ranges)
			snprintf(words, size, "there is no mem line");
		else
			snprintf(words, size, "memory %s %s", range,
				 what_is_wrong(layout));
		break;
	case TDMR_BAD_NODE:
		snprintf(words, size, "memory %s has node %d: nodes are 0 to %u",
			 range, node_of_bad_range(layout), TDMR_MAX_NODES - 1);
		break;
	case TDMR_BAD_CMR:
		if (d->nr_cmrs)
			snprintf(words, size, "CMR %s %s", range,
				 what_is_wrong(layout));
		else
			snprintf(words, size,
				 "memory has more than %u ranges, up to %s: cmr lines are needed",
				 TDMR_MAX_CMRS, range);
		break;
	case TDMR_OUTSIDE_CMRS:
		snprintf(words, size, "memory %s is outside all CMRs: the module cannot use it",
			 range);
		break;
	case TDMR_NO_TDMRS:
		snprintf(words, size, "memory %s needs more than the %u TDMRs of the module",
			 range, limits->max_tdmrs);
		break;
	case TDMR_NO_RESERVED:
		snprintf(words, size, "%s needs more than the %u reserved areas of a TDMR",
			 range, limits->max_reserved);
		break;
	case TDMR_NO_PAMT:
		snprintf(words, size,
			 "there is no memory for the PAMT of TDMR %s: %llu KiB in one piece and on one node, where the %u reserved areas of each TDMR suffice",
			 range, bad_pamt(layout) >> 10, limits->max_reserved);
		break;
	case TDMR_FINE:
		snprintf(words, size, "out of memory");
		break;
	}
}
