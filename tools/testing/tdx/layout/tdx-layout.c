// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner of TDMRs on a description of a machine.
 *
 *   tdx-layout [--vector] < DESCRIPTION
 *
 * "tdxctl plan" reads the same descriptions.  Prints the TDMRs with their PAMTs and
 * reserved areas, and the GiB that the busiest CPU works on beside a bound for all
 * layouts; with --vector a test vector instead.
 *
 * Exit 0, or 1 with one line on standard error.
 */
#include <stdio.h>
#include <string.h>

#include <linux/minmax.h>

#include "describe.h"
#include "judge.h"
#include "layout.h"
#include "module.h"

static void print_tdmr(const struct tdmr_layout *layout, const struct tdmr *tdmr)
{
	static const char *const names[TDMR_NR_LEVELS] = {
		[TDMR_1G] = "pamt1g", [TDMR_2M] = "pamt2m", [TDMR_4K] = "pamt4k",
	};
	struct tdmr_area area = {};
	int level;

	printf("tdmr 0x%llx 0x%llx node=%d\n", tdmr->base, tdmr->size, tdmr->node);
	for (level = TDMR_1G; level >= TDMR_4K; level--)
		printf("%s 0x%llx 0x%llx\n", names[level], tdmr->pamt[level].base,
		       tdmr->pamt[level].size);
	while (tdmr_next_area(layout, tdmr, &area))
		printf("rsvd 0x%llx 0x%llx\n", area.offset, area.size);
}

static int print_layout(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	u32 makespan = layout_makespan(host, layout);
	unsigned int i;

	for (i = 0; i < layout->nr_tdmrs; i++)
		print_tdmr(layout, &layout->tdmrs[i]);
	/* A TDMR of several nodes may be faster than the bound. */
	printf("makespan GiB=%u best=%u\n", makespan, min(makespan, judge_best(host)));

	return 0;
}

static int print_vector(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	if (!module_print_vector(host, layout))
		return 0;

	fprintf(stderr, "memory ends at 0x%llx, a vector's platform needs a KeyID bit above it\n",
		host->ranges[host->nr_ranges - 1].end);
	return 1;
}

static int plan(struct tdmr_host *host, bool vector)
{
	static struct tdmr_layout layout;
	char words[256];

	if (vector)
		host->limits.max_reserved = min(host->limits.max_reserved,
						(unsigned int)TDMR_INFO_AREAS);
	if (!layout_make(&layout, host))
		return vector ? print_vector(host, &layout) : print_layout(host, &layout);

	layout_trouble(&layout, host, words, sizeof(words));
	fprintf(stderr, "%s\n", words);
	return 1;
}

int main(int argc, char **argv)
{
	bool vector = argc == 2 && !strcmp(argv[1], "--vector");
	static struct description d;
	int ret = 1;

	if (argc > 1 && !vector) {
		fprintf(stderr, "usage: tdx-layout [--vector] < DESCRIPTION\n");
		return 1;
	}

	description_init(&d);
	if (!description_read(&d, stdin, "standard input"))
		ret = plan(&d.host, vector);
	description_free(&d);

	/* The disk may be full, for example. */
	if (fflush(stdout) || ferror(stdout)) {
		perror("standard output");
		ret = 1;
	}

	return ret;
}
