// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner of TDMRs on its own.
 *
 *   tdx-layout [--vector] < DESCRIPTION
 *
 * Descriptions are those that "tdxctl plan" reads.  Prints the TDMRs with their
 * PAMTs and reserved areas, and the GiB that the busiest CPU works on beside
 * the least that could be; with --vector a test vector instead.
 *
 * Exit 0, or 1 with one line on standard error.
 */
#include <stdio.h>
#include <string.h>

#include <linux/minmax.h>

#include "best.h"
#include "describe.h"
#include "layout.h"
#include "layout-info.h"
#include "layout-vector.h"

static void print_tdmr(const struct tdmr_plan *plan)
{
	static const char *const pamt[TDMR_NR_LEVELS] = {
		[TDMR_1G] = "pamt1g", [TDMR_2M] = "pamt2m", [TDMR_4K] = "pamt4k",
	};
	u64 base = plan->pamt_base + tdmr_pamt_bytes(plan);
	unsigned int i;
	int level;

	printf("tdmr 0x%llx 0x%llx node=%d\n", plan->base, plan->size,
	       plan->node);

	for (level = TDMR_1G; level >= TDMR_4K; level--) {
		base -= plan->pamt_size[level];
		printf("%s 0x%llx 0x%llx\n", pamt[level], base,
		       plan->pamt_size[level]);
	}

	for (i = 0; i < plan->nr_rsvd; i++)
		printf("rsvd 0x%llx 0x%llx\n", plan->rsvd[i].offset,
		       plan->rsvd[i].size);
}

static int print_layout(struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++)
		print_tdmr(&layout->plans[i]);
	printf("makespan GiB=%u best=%u\n", layout->makespan,
	       layout_best(layout));

	return 0;
}

static int print(struct tdmr_layout *layout, bool vector)
{
	if (!vector)
		return print_layout(layout);
	if (!layout_vector_print(layout))
		return 0;

	fprintf(stderr, "memory ends at 0x%llx, a vector's platform needs a KeyID bit below 2^%u\n",
		layout->ranges[layout->nr_ranges - 1].end, LAYOUT_MAX_PA);
	return 1;
}

static int run(struct description *d, bool vector)
{
	struct tdmr_layout layout;
	char words[256];
	int ret;

	/* A TDMR_INFO has no room for more. */
	if (vector)
		d->limits.max_reserved = min_t(unsigned int,
					       d->limits.max_reserved,
					       LAYOUT_INFO_AREAS);

	ret = layout_make(&layout, d);
	if (ret) {
		layout_trouble(&layout, d, words, sizeof(words));
		fprintf(stderr, "%s\n", words);
		ret = 1;
	} else {
		ret = print(&layout, vector);
	}

	layout_free(&layout);
	return ret;
}

/* What could not be written, to a full disk for example, is a failure. */
static int finish(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;

	perror("standard output");
	return 1;
}

int main(int argc, char **argv)
{
	bool vector = argc == 2 && !strcmp(argv[1], "--vector");
	struct description d;
	int ret = 1;

	if (argc > 1 && !vector) {
		fprintf(stderr, "usage: tdx-layout [--vector] < DESCRIPTION\n");
		return 1;
	}

	description_init(&d);
	if (!description_read(&d, stdin, "standard input"))
		ret = run(&d, vector);
	description_free(&d);

	return ret ?: finish();
}
