// SPDX-License-Identifier: GPL-2.0-only
/*
 * The PAMTs that have places, by address: so that those around an address are found
 * without a look at each of them.
 */
#include "tdmr_internal.h"

static void add_pamt(struct tdmr_pamts *pamts, const struct tdmr_plan *plan)
{
	unsigned int i;

	for (i = pamts->nr++; i; i--) {
		if (pamts->pamt[i - 1]->pamt_base < plan->pamt_base)
			break;
		pamts->pamt[i] = pamts->pamt[i - 1];
	}
	pamts->pamt[i] = plan;
}

/**
 * tdmr_find_pamts - which PAMTs are where?
 * @pamts: out
 * @layout: planned; PAMTs without a place are not there
 * @start: of the memory in which they are, or a part of them
 * @end: behind it
 *
 * What gets a place afterwards is not noticed.
 */
void tdmr_find_pamts(struct tdmr_pamts *pamts, const struct tdmr_layout *layout,
		     u64 start, u64 end)
{
	const struct tdmr_plan *plan = layout->plans;
	unsigned int i;

	pamts->nr = 0;
	for (i = 0; i < layout->nr_plans; i++, plan++) {
		if (plan->pamt_base && plan->pamt_base < end &&
		    tdmr_pamt_end(plan) > start)
			add_pamt(pamts, plan);
	}
}

/**
 * tdmr_pamts_below - how many begin below an address?
 * @pamts: which do not overlap, so all but the last of these end below it, too
 * @addr: the address
 *
 * Return: the number of PAMTs.
 */
unsigned int tdmr_pamts_below(const struct tdmr_pamts *pamts, u64 addr)
{
	unsigned int lo = 0, hi = pamts->nr, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (pamts->pamt[mid]->pamt_base < addr)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}
