// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner in user space, against the table that KUnit uses in the kernel.
 * Speaks TAP; exit 0 only if every test passed.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/bits.h>

#include "../../../arch/x86/virt/vmx/tdx/tests/tdmr_layout_checks.h"

static int nr_tests, nr_failed;
static struct layout_room room;

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

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layout_cases); i++)
		test_case(&layout_cases[i]);

	report(layout_sizes_are_right(&room), "PAMTs are whole pages");
	report(layout_huge_entries_are_refused(&room),
	       "PAMTs larger than the memory are refused");
	report(layout_places_descend(&room), "other places are below");
	report(layout_rows_descend(&room), "other places of all PAMTs of a node are below");
	report(layout_order_is_right(&room), "the longest TDMR comes first");
	report(layout_lack_of_areas_is_told(&room),
	       "a TDMR that lacks areas is named");
	report(layout_trouble_without_case() == TDMR_FINE,
	       "each reason to refuse has a case");

	printf("1..%d\n", nr_tests);
	return nr_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
