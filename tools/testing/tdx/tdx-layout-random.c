// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner on random maps.
 *
 *   tdx-layout-random [-s] [MAPS [SEED]]	that many maps
 *   tdx-layout-random [-s] -p SEED		print the map of a seed
 *
 * With -s their ranges are short, with many gaps in between.
 *
 * Each map has a seed of its own, those from SEED on.  Exit 0 if every layout
 * is as it must be, and every refusal is confirmed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "best.h"
#include "layout-check.h"
#include "layout-feasible.h"
#include "layout-map.h"

struct seeded {
	struct layout_dice dice;
	u64 state;
};

struct totals {
	unsigned long maps;
	unsigned long planned;
	unsigned long refused[NR_REASONS];
	unsigned long shared;
	unsigned long mixed;
	unsigned long replanned;
	unsigned long within;
	unsigned long beyond;
	unsigned int most_beyond;
	unsigned long wrong;
};

/* Beyond the best, the makespan may be so many percent, and 2 GiB. */
#define MAX_BEYOND	25

static struct layout_map map;
static bool short_ranges;
static u32 planned_makespan;

/* splitmix64 */
static u64 roll(struct layout_dice *dice, u64 n)
{
	struct seeded *s = (struct seeded *)dice;
	u64 z = s->state += 0x9E3779B97F4A7C15ULL;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;

	return (z ^ (z >> 31)) % n;
}

static void make_map(u64 seed)
{
	struct seeded s = { .dice.roll = roll, .state = seed * 0xD1342543DE82EF95ULL };

	layout_map_roll(&map, &s.dice);
	if (short_ranges)
		layout_map_shorten(&map, &s.dice);
}

static int plan(void)
{
	struct tdmr_layout *layout = &map.layout;
	int ret = tdmr_layout_plan(layout);

	planned_makespan = layout->makespan;
	if (!ret)
		ret = tdmr_layout_place(layout);
	if (!ret)
		ret = tdmr_layout_reserve(layout);

	return ret;
}

/* The same again must come out the same. */
static bool plan_is_stable(void)
{
	static struct tdmr_plan plans[TDMR_MAX_PLANS];
	unsigned int nr = map.layout.nr_plans;

	memcpy(plans, map.plans, nr * sizeof(*plans));

	return !plan() && map.layout.nr_plans == nr &&
	       !memcmp(plans, map.plans, nr * sizeof(*plans));
}

static bool mixes_nodes(const struct tdmr_layout *layout)
{
	const struct tdmr_run *run = layout->runs;
	const struct tdmr_run *end = run + layout->nr_runs;
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];
		u64 first = plan->base / SZ_1G, last = first + plan->size / SZ_1G;

		while (run->end <= first)
			run++;
		for (; run < end && run->start < last; run++) {
			if (run->node != plan->node)
				return true;
			if (run->end > last)
				break;
		}
	}

	return false;
}

/*
 * Is it done within one GiB of the best?  That is a bound, and cannot always be
 * reached where there are dozens of gaps; where nodes must be mixed, or TDMRs
 * are shaped for their PAMTs, it says nothing.
 */
static const char *compare_to_best(struct totals *t)
{
	struct tdmr_layout *layout = &map.layout;
	unsigned int beyond;
	u32 best;

	if (layout->makespan != planned_makespan) {
		t->replanned++;
		return NULL;
	}
	if (mixes_nodes(layout)) {
		t->mixed++;
		return NULL;
	}

	/* The best is searched for only where that is of interest. */
	best = layout_bound(layout);
	if (layout->makespan > best + 1)
		best = layout_best(layout);
	if (layout->makespan <= best + 1) {
		t->within++;
		return NULL;
	}

	beyond = layout->makespan - best;
	t->beyond++;
	t->most_beyond = max(t->most_beyond, 100 * beyond / best);

	return beyond > 2 + best * MAX_BEYOND / 100 ?
	       "takes much longer than it need" : NULL;
}

static const char *try_map(struct totals *t)
{
	enum feasible feasible = layout_feasible(&map.layout);
	const char *wrong;
	int ret = plan();

	if (ret) {
		t->refused[feasible]++;
		return feasible == FEASIBLE ? "refused, but there is a layout" : NULL;
	}

	t->planned++;
	if (feasible != FEASIBLE)
		return "planned, but there is no layout";

	wrong = layout_check(&map.layout);
	if (wrong)
		return wrong;

	t->shared += layout_shares_pageblocks(&map.layout);
	wrong = compare_to_best(t);
	if (wrong)
		return wrong;

	return t->planned % 16 || plan_is_stable() ? NULL :
		"planned again, it is another";
}

/* Ten million take more than an hour. */
static void print_progress(const struct totals *t)
{
	if (!t->maps || t->maps % 1000000)
		return;

	printf("# %lu maps, wrong: %lu\n", t->maps, t->wrong);
	fflush(stdout);
}

static int try_maps(unsigned long nr, u64 seed)
{
	struct totals t = {};
	const char *wrong;

	for (; t.maps < nr; t.maps++, seed++) {
		print_progress(&t);
		make_map(seed);
		wrong = try_map(&t);
		if (!wrong)
			continue;
		printf("# seed %llu: %s (trouble %d)\n", seed, wrong,
		       map.layout.trouble);
		t.wrong++;
	}

	printf("%lu maps in %.1f s: %lu planned (%.2f %%), %lu of them with shared pageblocks\n",
	       t.maps, (double)clock() / CLOCKS_PER_SEC, t.planned,
	       100.0 * t.planned / t.maps, t.shared);
	printf("impossible: %lu by holes, %lu by TDMRs, %lu by room for PAMTs; wrong: %lu\n",
	       t.refused[GIB_WITH_TOO_MANY_HOLES], t.refused[TOO_FEW_TDMRS],
	       t.refused[NO_ROOM_FOR_PAMTS], t.wrong);
	printf("makespan: %lu within 1 GiB of the best, %lu beyond by at most %u %%; ",
	       t.within, t.beyond, t.most_beyond);
	printf("nodes mixed: %lu, shaped for PAMTs: %lu\n", t.mixed, t.replanned);

	return t.wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
	unsigned long nr = 200000;
	u64 seed = 0;

	if (argc > 1 && !strcmp(argv[1], "-s")) {
		short_ranges = true;
		argv++;
		argc--;
	}
	if (argc == 3 && !strcmp(argv[1], "-p")) {
		make_map(strtoull(argv[2], NULL, 0));
		layout_map_print(&map);
		return 0;
	}

	if (argc > 1)
		nr = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);

	return try_maps(nr, seed);
}
