// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner in user space, against the table that KUnit uses in the kernel,
 * and against the clock.  Speaks TAP; exit 0 only if every test passed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <linux/bits.h>

#include "../../../arch/x86/virt/vmx/tdx/tests/tdmr_layout_cases.h"
#include "layout-map.h"

/* What 4096 ranges may take. */
#define MAX_MS	5.0

static int nr_tests, nr_failed;
static struct layout_room room;
static struct layout_map map;

static void report(bool ok, const char *what)
{
	printf("%sok %d - %s\n", ok ? "" : "not ", ++nr_tests, what);
	nr_failed += !ok;
}

static void print_layout(const struct tdmr_layout *layout)
{
	unsigned int i, j;

	printf("# trouble %d [0x%llx, 0x%llx) makespan %u\n", layout->trouble,
	       layout->bad_start, layout->bad_end, layout->makespan);
	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];

		printf("# TDMR 0x%llx 0x%llx node %d PAMT 0x%llx reserved",
		       plan->base, plan->size, plan->node, plan->pamt_base);
		for (j = 0; j < plan->nr_rsvd; j++)
			printf(" 0x%llx 0x%llx", plan->rsvd[j].offset,
			       plan->rsvd[j].size);
		printf("\n");
	}
}

static void test_case(const struct layout_case *c)
{
	const char *how = layout_case_differs(c, &room);

	report(!how, c->name);
	if (!how)
		return;
	printf("# got %s\n", how);
	print_layout(&room.layout);
}

/* As many ranges as can be, @step apart and @size long, under @nr CMRs. */
static void fill_map(u64 step, u64 size, unsigned int nr)
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
		.nr_ranges = LAYOUT_MAX_RANGES,
		.plans = map.plans,
		.areas = map.areas,
		.runs = map.runs,
	};

	for (i = 0; i < LAYOUT_MAX_RANGES; i++)
		map.ranges[i] = (struct tdmr_range) {
			.start = (i + 1) * step,
			.end = (i + 1) * step + size,
			.node = i * LAYOUT_MAX_NODES / LAYOUT_MAX_RANGES,
		};
	for (i = 0; i < LAYOUT_MAX_NODES; i++)
		layout->lanes[i] = 12;

	layout->nr_cmrs = nr;
	for (i = 0; i < layout->nr_cmrs; i++)
		layout->cmrs[i] = (struct tdmr_range) {
			.start = (1 + i * LAYOUT_MAX_RANGES / nr) * step,
			.end = (1 + (i + 1) * LAYOUT_MAX_RANGES / nr) *
			       step - SZ_4K,
		};
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);

	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* The best of some: what others do on this CPU is not the planner's. */
static void test_time(const char *what)
{
	double start, took, best = 1e9;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < 10; i++) {
		start = milliseconds();
		ret |= layout_case_plan(&map.layout);
		took = milliseconds() - start;
		best = took < best ? took : best;
	}

	report(!ret && best < MAX_MS, what);
	printf("# %.2f ms for %u ranges, %u TDMRs\n", best,
	       map.layout.nr_ranges, map.layout.nr_plans);
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layout_cases); i++)
		test_case(&layout_cases[i]);

	report(layout_sizes_are_right(&room), "PAMTs are whole pages");
	report(layout_places_descend(&room), "other places are below");
	report(layout_trouble_without_case() == TDMR_FINE,
	       "each reason to refuse has a case");

	fill_map(M(128), M(127), 1);
	test_time("4096 ranges in one CMR are planned in time");
	fill_map(M(128), M(127), TDMR_MAX_CMRS);
	test_time("4096 ranges in 32 CMRs are planned in time");
	fill_map(G(4), G(2), TDMR_MAX_CMRS);
	test_time("4096 ranges with gaps to bridge are planned in time");

	printf("1..%d\n", nr_tests);
	return nr_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
