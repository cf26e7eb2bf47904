// SPDX-License-Identifier: GPL-2.0-only
/*
 * In which order TDMRs are initialised where there are more than CPUs.
 *
 * The longest first: the makespan that the planner promises is that of CPUs
 * which take the largest TDMR left whenever they are free.
 */
#include "tdmr_layout.h"

/**
 * tdmr_layout_order - the TDMRs, longest first
 * @layout: its TDMRs are chosen
 * @order: out, indices of @layout->plans; those of one size ascend
 */
void tdmr_layout_order(const struct tdmr_layout *layout,
		       unsigned int order[TDMR_MAX_PLANS])
{
	const struct tdmr_plan *plans = layout->plans;
	unsigned int i, j;

	for (i = 0; i < layout->nr_plans; i++) {
		for (j = i; j && plans[order[j - 1]].size < plans[i].size; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}
