// SPDX-License-Identifier: GPL-2.0-only
/*
 * What planning costs, by the number of memory ranges, up to 4096.
 *
 * Compiled with -fsanitize-coverage=trace-pc, it is counted in basic blocks
 * that the planner runs through: the same on every machine, however busy.  Twice
 * the ranges may cost hardly more than twice as much.  Compiled without, it is
 * timed, and 4096 ranges may take 5 ms.
 *
 * Speaks TAP; exit 0 only if every test passed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-map.h"

#define MIN_RANGES	512
#define MAX_MICROSECONDS	5000.0
#define MAX_GROWTH	2.5
/* Blocks that 4096 ranges may take: what a machine runs through in 5 ms. */
#define MAX_BLOCKS	17000000.0

/**
 * struct shape - of ranges in a row, in equal parts on some nodes
 * @name: what they are like
 * @step: MiB from one to the next
 * @size: MiB of each
 * @nr_cmrs: under so many CMRs
 * @cpus: of each node
 * @nr_nodes: nodes
 * @last: MiB more of the last
 * @spread: @step is that of the most ranges; fewer are farther apart
 * @growth: MiB that each step is longer than the one before
 */
struct shape {
	const char *name;
	u64 step;
	u64 size;
	unsigned int nr_cmrs;
	unsigned int cpus;
	unsigned int nr_nodes;
	u64 last;
	bool spread;
	u64 growth;
};

static const struct shape shapes[] = {
	{ "under one CMR", 128, 127, 1, 12, LAYOUT_MAX_NODES, 0, false, 0 },
	{ "under 32 CMRs", 128, 127, TDMR_MAX_CMRS, 12, LAYOUT_MAX_NODES, 0,
	  false, 0 },
	{ "with gaps to bridge", 4096, 2048, TDMR_MAX_CMRS, 12, LAYOUT_MAX_NODES,
	  0, false, 0 },
	{ "with gaps to bridge and few CPUs", 4096, 3072, TDMR_MAX_CMRS, 3,
	  LAYOUT_MAX_NODES, 0, false, 0 },
	{ "with gaps to bridge and one CPU", 4096, 3072, 1, 1, LAYOUT_MAX_NODES,
	  0, false, 0 },
	{ "too short for most PAMTs", 8200, 2048, TDMR_MAX_CMRS, 12, 1,
	  50 * 1024, true, 0 },
	{ "with room for one PAMT each", 7700, 2048, 1, 3, LAYOUT_MAX_NODES,
	  2048, true, 0 },
	{ "with gaps that grow", 2, 1, 1, 1, 1, 4 * SZ_1M, false, 100 },
};

static struct layout_map map;
static unsigned long nr_blocks;
static int nr_tests, nr_failed;

/* The compiler makes the calls. */
__attribute__((no_sanitize_coverage))
void __sanitizer_cov_trace_pc(void)
{
	nr_blocks++;
}

static void report(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++nr_tests, what);
	nr_failed += !ok;
}

/* Where range @i begins, or would begin. */
static u64 start_of(const struct shape *s, unsigned int nr, u64 i)
{
	unsigned int spread = s->spread ? LAYOUT_MAX_RANGES / nr : 1;

	return ((i + 1) * s->step * spread + i * (i + 1) / 2 * s->growth) * SZ_1M;
}

static void fill_map(const struct shape *s, unsigned int nr)
{
	struct tdmr_layout *layout = &map.layout;
	unsigned int i;

	*layout = (struct tdmr_layout) {
		.limits = {
			.max_tdmrs = TDMR_MAX_PLANS,
			.max_reserved = 16,
			.entry_size = { 16, 16, 16 },
		},
		.ranges = map.ranges,
		.nr_ranges = nr,
		.nr_cmrs = s->nr_cmrs,
		.plans = map.plans,
		.areas = map.areas,
		.runs = map.runs,
	};

	for (i = 0; i < nr; i++)
		map.ranges[i] = (struct tdmr_range) {
			.start = start_of(s, nr, i),
			.end = start_of(s, nr, i) + s->size * SZ_1M,
			.node = i * s->nr_nodes / nr,
		};
	map.ranges[nr - 1].end += s->last * SZ_1M;

	for (i = 0; i < LAYOUT_MAX_NODES; i++)
		layout->lanes[i] = s->cpus;
	for (i = 0; i < s->nr_cmrs; i++)
		layout->cmrs[i] = (struct tdmr_range) {
			.start = start_of(s, nr, i * nr / s->nr_cmrs),
			.end = start_of(s, nr, (i + 1) * nr / s->nr_cmrs) - SZ_4K,
		};
	layout->cmrs[s->nr_cmrs - 1].end += s->last * SZ_1M;
}

static double microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);

	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void plan(void)
{
	if (tdmr_layout_plan(&map.layout) || tdmr_layout_place(&map.layout) ||
	    tdmr_layout_reserve(&map.layout))
		abort();
}

static double count_blocks(void)
{
	nr_blocks = 0;
	plan();

	return nr_blocks;
}

/* The best of some: what others do on this CPU is not the planner's. */
static double measure_time(void)
{
	double start, best = 1e9;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		start = microseconds();
		plan();
		best = min(best, microseconds() - start);
	}

	return best;
}

static void test_blocks(const struct shape *s)
{
	double cost = 0, before;
	char name[128];
	bool linear = true;
	unsigned int nr;

	for (nr = MIN_RANGES; nr <= LAYOUT_MAX_RANGES; nr *= 2) {
		before = cost;
		fill_map(s, nr);
		cost = count_blocks();
		linear &= !before || cost <= MAX_GROWTH * before;
		printf("# %4u ranges: %.0f basic blocks\n", nr, cost);
	}

	snprintf(name, sizeof(name), "%u ranges %s are planned within %.0f basic blocks",
		 LAYOUT_MAX_RANGES, s->name, MAX_BLOCKS);
	report(cost <= MAX_BLOCKS, name);
	snprintf(name, sizeof(name), "twice the ranges %s cost at most %.1f times as much",
		 s->name, MAX_GROWTH);
	report(linear, name);
}

static void test_time(const struct shape *s)
{
	char name[128];
	double took;

	fill_map(s, LAYOUT_MAX_RANGES);
	took = measure_time();
	snprintf(name, sizeof(name), "%u ranges %s are planned in %.0f us, here %.0f",
		 LAYOUT_MAX_RANGES, s->name, MAX_MICROSECONDS, took);
	report(took <= MAX_MICROSECONDS, name);
}

int main(void)
{
	unsigned int i;
	bool counts;

	fill_map(&shapes[0], MIN_RANGES);
	counts = count_blocks();

	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (counts)
			test_blocks(&shapes[i]);
		else
			test_time(&shapes[i]);
	}

	printf("1..%d\n", nr_tests);
	return nr_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
