// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: a map that the input chooses, and then some of its numbers
 * changed to any others, so that it may be no map at all.
 *
 * What is refused as malformed is refused by name; all else is planned as it
 * must be, or there is no layout.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/sizes.h>

#include "layout-check.h"
#include "layout-feasible.h"
#include "layout-map.h"

struct input {
	struct layout_dice dice;
	const u8 *data;
	size_t left;
};

static struct layout_map map;

#define REQUIRE(condition)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "not so: %s, line %d\n",	\
				#condition, __LINE__);			\
			layout_map_print(&map);				\
			fflush(stdout);					\
			abort();					\
		}							\
	} while (0)

static u64 take(struct input *in, unsigned int bytes)
{
	u64 value = 0;

	while (bytes-- && in->left) {
		value = value << 8 | *in->data++;
		in->left--;
	}

	return value;
}

/* As many bytes as the number may need. */
static u64 roll(struct layout_dice *dice, u64 n)
{
	unsigned int bytes = 1;

	while (bytes < 8 && n >> (8 * bytes))
		bytes++;

	return take((struct input *)dice, bytes) % n;
}

static u64 take_address(struct input *in, u64 old)
{
	switch (take(in, 1) % 5) {
	case 0:
		return take(in, 8);
	case 1:
		return old + SZ_4K;
	case 2:
		return old - SZ_4K;
	case 3:
		return old / SZ_1G * SZ_1G;
	default:
		return old ^ 1ULL << take(in, 1) % 64;
	}
}

static void spoil_range(struct input *in, struct tdmr_range *range)
{
	switch (take(in, 1) % 3) {
	case 0:
		range->start = take_address(in, range->start);
		break;
	case 1:
		range->end = take_address(in, range->end);
		break;
	default:
		range->node = take(in, 2) - 1;
		break;
	}
}

static void spoil(struct input *in)
{
	struct tdmr_layout *layout = &map.layout;

	switch (take(in, 1) % 8) {
	case 0:
		layout->limits.max_tdmrs = take(in, 2);
		break;
	case 1:
		layout->limits.max_reserved = take(in, 1) % 17;
		break;
	case 2:
		layout->nr_ranges = take(in, 2) % (layout->nr_ranges + 1);
		break;
	case 3:
		layout->nr_cmrs = take(in, 1) % (layout->nr_cmrs + 1);
		break;
	case 4:
		spoil_range(in, &layout->cmrs[take(in, 1) % TDMR_MAX_CMRS]);
		break;
	default:
		spoil_range(in, &map.ranges[take(in, 2) % LAYOUT_MAX_RANGES]);
		break;
	}
}

static bool is_list(const struct tdmr_range *r, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (r[i].start >= r[i].end || r[i].end > 1ULL << 52 ||
		    r[i].start % SZ_4K || r[i].end % SZ_4K ||
		    (i && r[i].start < r[i - 1].end))
			return false;
	}

	return nr;
}

static bool are_nodes(const struct tdmr_range *r, unsigned int nr)
{
	while (nr--) {
		if (r[nr].node < 0 || r[nr].node >= TDMR_MAX_NODES)
			return false;
	}

	return true;
}

/* Of the ranges, the parts that no CMR has. */
static bool is_convertible(const struct tdmr_layout *layout)
{
	unsigned int i, c = 0;

	for (i = 0; i < layout->nr_ranges; i++) {
		u64 at = layout->ranges[i].start;

		while (at < layout->ranges[i].end) {
			while (c < layout->nr_cmrs && layout->cmrs[c].end <= at)
				c++;
			if (c == layout->nr_cmrs || layout->cmrs[c].start > at)
				return false;
			at = layout->cmrs[c].end;
		}
	}

	return true;
}

/* In place of CMRs, memory may be of so many parts. */
static bool few_parts(const struct tdmr_layout *layout)
{
	unsigned int i, parts = 1;

	for (i = 1; i < layout->nr_ranges; i++)
		parts += layout->ranges[i].start != layout->ranges[i - 1].end;

	return parts <= TDMR_MAX_CMRS;
}

static enum tdmr_trouble expected_trouble(const struct tdmr_layout *layout)
{
	if (!layout->limits.max_tdmrs || !layout->limits.max_reserved)
		return TDMR_BAD_LIMITS;
	if (!is_list(layout->ranges, layout->nr_ranges))
		return TDMR_BAD_RANGE;
	if (!are_nodes(layout->ranges, layout->nr_ranges))
		return TDMR_BAD_NODE;
	if (layout->nr_cmrs ? !is_list(layout->cmrs, layout->nr_cmrs) :
			      !few_parts(layout))
		return TDMR_BAD_CMR;
	if (layout->nr_cmrs && !is_convertible(layout))
		return TDMR_OUTSIDE_CMRS;

	return TDMR_FINE;
}

/* A copy of @old, behind whose end the sanitizer looks. */
static void *copy(const void *old, size_t size)
{
	void *new = malloc(size);

	if (!new)
		abort();

	return memcpy(new, old, size);
}

/* No array has room for more than the planner may use. */
static void fit_arrays(struct tdmr_layout *layout)
{
	unsigned int nr = layout->nr_ranges;

	layout->ranges = copy(map.ranges, nr * sizeof(*map.ranges));
	layout->runs = copy(map.runs, nr * sizeof(*map.runs));
	layout->plans = copy(map.plans, TDMR_MAX_PLANS * sizeof(*map.plans));
	layout->areas = copy(map.areas, TDMR_MAX_PLANS *
			     layout->limits.max_reserved * sizeof(*map.areas));
}

static void free_arrays(struct tdmr_layout *layout)
{
	free((void *)layout->ranges);
	free(layout->runs);
	free(layout->plans);
	free(layout->areas);
}

static int plan(struct tdmr_layout *layout)
{
	int ret = tdmr_layout_plan(layout);

	if (!ret)
		ret = tdmr_layout_place(layout);
	if (!ret)
		ret = tdmr_layout_reserve(layout);

	return ret;
}

/* Addresses that leave no KeyID bit are beyond what the model can be asked. */
static bool model_can_judge(const struct tdmr_layout *layout)
{
	return layout->ranges[layout->nr_ranges - 1].end <= 1ULL << 51 &&
	       (!layout->nr_cmrs ||
		layout->cmrs[layout->nr_cmrs - 1].end <= 1ULL << 51) &&
	       (layout->nr_cmrs || layout->nr_ranges <= TDMR_MAX_CMRS);
}

static void try_map(struct tdmr_layout *layout)
{
	enum tdmr_trouble trouble = expected_trouble(layout);
	int ret = plan(layout);

	if (trouble != TDMR_FINE) {
		REQUIRE(ret && layout->trouble == trouble);
		return;
	}
	if (!model_can_judge(layout))
		return;

	REQUIRE(!ret == (layout_feasible(layout) == FEASIBLE));
	if (!ret)
		REQUIRE(!layout_check(layout));
}

int fuzz_one_input(const u8 *data, size_t size);

int fuzz_one_input(const u8 *data, size_t size)
{
	struct input in = { .dice.roll = roll, .data = data, .left = size };
	unsigned int n = take(&in, 1) % 4;

	layout_map_roll(&map, &in.dice);
	while (n--)
		spoil(&in);

	fit_arrays(&map.layout);
	try_map(&map.layout);
	free_arrays(&map.layout);

	return 0;
}
