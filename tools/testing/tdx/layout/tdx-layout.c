// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner of TDMRs on a description of a machine.
 *
 *   tdx-layout < DESCRIPTION
 *
 * "tdxctl plan" reads the same descriptions.  Prints the TDMRs with their PAMTs and
 * reserved areas, and the GiB that the busiest CPU works on beside a bound for all
 * layouts.  The model of the TDX module must accept the layout.
 *
 * Exit 0, or 1 with one line on standard error.
 */
#include <stdio.h>

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

static void print_layout(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	u32 makespan = layout_makespan(host, layout);
	unsigned int i;

	for (i = 0; i < layout->nr_tdmrs; i++)
		print_tdmr(layout, &layout->tdmrs[i]);
	/* A TDMR of several nodes may be faster than the bound. */
	printf("makespan GiB=%u best=%u\n", makespan, min(makespan, judge_best(host)));
}

static int plan(const struct tdmr_host *host)
{
	char words[256] = "the model of the TDX module refuses the layout";
	static struct tdmr_layout layout;

	if (layout_make(&layout, host)) {
		layout_trouble(&layout, host, words, sizeof(words));
	} else if (!module_refuses(host, &layout)) {
		print_layout(host, &layout);
		return 0;
	}

	fprintf(stderr, "%s\n", words);
	return 1;
}

int main(void)
{
	static struct description d;
	int ret = 1;

	description_init(&d);
	if (!description_read(&d, stdin, "standard input"))
		ret = plan(&d.host);
	description_free(&d);

	return ret;
}
