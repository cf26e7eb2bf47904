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
 * struct shape - of ranges in a row
 * @name: what they are like
 * @step: MiB from one to the next
 * @spread: that is with the most ranges; fewer are farther apart
 * @growth: MiB that each step is longer than the one before
 * @size: MiB of each
 * @nr_long: so many are longer, here and there
 * @long_size: MiB of those
 * @last: MiB more of the last
 * @nr_cmrs: under so many CMRs
 * @nr_nodes: on so many nodes, in equal parts
 * @in_turn: one after another on each node instead
 * @cpus: of each node
 */
struct shape {
	const char *name;
	u64 step;
	bool spread;
	u64 growth;
	u64 size;
	unsigned int nr_long;
	u64 long_size;
	u64 last;
	unsigned int nr_cmrs;
	unsigned int nr_nodes;
	bool in_turn;
	unsigned int cpus;
};

static const struct shape shapes[] = {
	{
		.name = "under one CMR",
		.step = 128, .size = 127,
		.nr_cmrs = 1, .nr_nodes = LAYOUT_MAX_NODES, .cpus = 12,
	}, {
		.name = "under 32 CMRs",
		.step = 128, .size = 127,
		.nr_cmrs = 32, .nr_nodes = LAYOUT_MAX_NODES, .cpus = 12,
	}, {
		.name = "with gaps to bridge",
		.step = 4096, .size = 2048,
		.nr_cmrs = 32, .nr_nodes = LAYOUT_MAX_NODES, .cpus = 12,
	}, {
		.name = "with gaps to bridge and few CPUs",
		.step = 4096, .size = 3072,
		.nr_cmrs = 32, .nr_nodes = LAYOUT_MAX_NODES, .cpus = 3,
	}, {
		.name = "with gaps to bridge and one CPU",
		.step = 4096, .size = 3072,
		.nr_cmrs = 1, .nr_nodes = LAYOUT_MAX_NODES, .cpus = 1,
	}, {
		.name = "too short for most PAMTs",
		.step = 8200, .spread = true, .size = 2048, .last = 50 * 1024,
		.nr_cmrs = 32, .nr_nodes = 1, .cpus = 12,
	}, {
		.name = "with room for one PAMT each",
		.step = 7700, .spread = true, .size = 2048, .last = 2048,
		.nr_cmrs = 1, .nr_nodes = LAYOUT_MAX_NODES, .cpus = 3,
	}, {
		.name = "with gaps that grow",
		.step = 2, .growth = 100, .size = 1, .last = 4 * SZ_1M,
		.nr_cmrs = 1, .nr_nodes = 1, .cpus = 1,
	}, {
		.name = "of which few have room for a PAMT",
		.step = 382, .spread = true, .size = 83, .last = 1213,
		.nr_long = 44, .long_size = 114,
		.nr_cmrs = 1, .nr_nodes = 2, .in_turn = true, .cpus = 5,
	}, {
		.name = "of which few have room for a small PAMT",
		.step = 29, .spread = true, .size = 6, .last = 1,
		.nr_long = 45, .long_size = 15,
		.nr_cmrs = 1, .nr_nodes = 2, .cpus = 1,
	},
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

static u64 size_of(const struct shape *s, unsigned int nr, unsigned int i)
{
	return s->nr_long && i % (nr / s->nr_long) == 0 ? s->long_size : s->size;
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
		.pageblock = TDMR_USUAL_PAGEBLOCK,
		.plans = map.plans,
		.areas = map.areas,
		.runs = map.runs,
	};

	for (i = 0; i < nr; i++)
		map.ranges[i] = (struct tdmr_range) {
			.start = start_of(s, nr, i),
			.end = start_of(s, nr, i) + size_of(s, nr, i) * SZ_1M,
			.node = s->in_turn ? i % s->nr_nodes :
					     i * s->nr_nodes / nr,
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
