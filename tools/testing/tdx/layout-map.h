/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory maps at random, of every kind that a host may have and many that none
 * has.  What is random comes from the caller: a generator of numbers, or the
 * input of a fuzzer.
 */
#ifndef _TDX_TEST_LAYOUT_MAP_H
#define _TDX_TEST_LAYOUT_MAP_H

#include "tdmr_layout.h"

#define LAYOUT_MAX_RANGES	4096
#define LAYOUT_MAX_NODES	8

/* Gives a number below @n, which is not 0. */
struct layout_dice {
	u64 (*roll)(struct layout_dice *dice, u64 n);
};

/**
 * struct layout_map - a host's memory, and room to plan it in
 * @layout: the planner's inputs; its pointers are into what follows
 * @ranges: memory
 * @plans: room for the TDMRs
 * @areas: room for their reserved areas
 * @runs: room for what the planner works on
 * @home: whose CPUs work for a node
 */
struct layout_map {
	struct tdmr_layout layout;
	struct tdmr_range ranges[LAYOUT_MAX_RANGES];
	struct tdmr_plan plans[TDMR_MAX_PLANS];
	struct tdmr_area areas[TDMR_MAX_PLANS * 16];
	struct tdmr_run runs[LAYOUT_MAX_RANGES];
	int home[TDMR_MAX_NODES];
};

void layout_map_roll(struct layout_map *map, struct layout_dice *dice);
void layout_map_shorten(struct layout_map *map, struct layout_dice *dice);
void layout_map_print(const struct layout_map *map);

#endif /* _TDX_TEST_LAYOUT_MAP_H */
