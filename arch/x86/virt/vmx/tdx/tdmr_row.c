// SPDX-License-Identifier: GPL-2.0-only
/*
 * Place all PAMTs of a node side by side, at the top of its memory.
 *
 *	memory	|##########################|   hole
 *	TDMRs	|    1   |    2   |    3   |
 *	PAMTs	                  |11122333|
 *
 * Wherever they are on the node, they are as near to the CPUs that work on them as
 * the memory that they describe.  Side by side they need one reserved area for all
 * or, against a hole, none; and one allocation, each of which drains the per-CPU
 * lists of all CPUs and waits for that.
 */
#include <linux/limits.h>

#include "tdmr_search.h"

/**
 * struct row - the TDMRs of a node
 * @first: of them
 * @last: of them; there may be others' in between
 * @bytes: all their PAMTs
 */
struct row {
	struct tdmr_plan *first;
	struct tdmr_plan *last;
	u64 bytes;
};

static struct row find_row(const struct tdmr_layout *layout, int node)
{
	struct row row = { };
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		struct tdmr_plan *plan = &layout->plans[i];

		if (plan->node != node)
			continue;
		if (!row.first)
			row.first = plan;
		row.last = plan;
		row.bytes += tdmr_pamt_bytes(plan);
	}

	return row;
}

/* All at @base, from where each has what it takes; 0 for nowhere. */
static void put_row(const struct row *row, u64 base)
{
	struct tdmr_plan *plan;

	for (plan = row->first; plan <= row->last; plan++) {
		if (plan->node != row->first->node)
			continue;
		plan->pamt_base = base;
		if (base)
			base = tdmr_pamt_end(plan);
	}
}

/* For the search they are one PAMT, of the first. */
static bool place_row(struct tdmr_layout *layout, int node, u64 ceiling)
{
	struct row row = find_row(layout, node);
	struct tdmr_plan *first = row.first;
	struct pamt_search s = {
		.layout = layout,
		.plan = first,
		.spare = true,
		.near = true,
		.ceiling = ceiling,
		.block = layout->pageblock,
	};
	u64 own = first->pamt_size[TDMR_4K];
	bool found;

	put_row(&row, 0);
	tdmr_find_pamts(&s.pamts, layout, 0, U64_MAX);
	first->pamt_size[TDMR_4K] += row.bytes - tdmr_pamt_bytes(first);
	found = pamt_search_memory(&s, first->base,
				   row.last->base + row.last->size);
	first->pamt_size[TDMR_4K] = own;
	if (found)
		put_row(&row, first->pamt_base);

	return found;
}

/**
 * tdmr_place_rows - place PAMTs side by side wherever a node has room for that
 * @layout: planned, no PAMT has a place
 */
void tdmr_place_rows(struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];
		struct row row = find_row(layout, plan->node);

		if (plan == row.first && plan != row.last)
			place_row(layout, plan->node, U64_MAX);
	}
}

/**
 * tdmr_layout_row - are the PAMTs of a node side by side?
 * @layout: planned
 * @node: which has a TDMR
 * @base: out, where the first begins
 *
 * Return: bytes of all of them; 0 if they are not side by side, or only one.
 */
u64 tdmr_layout_row(const struct tdmr_layout *layout, int node, u64 *base)
{
	struct row row = find_row(layout, node);
	const struct tdmr_plan *plan;
	u64 end;

	*base = row.first->pamt_base;
	if (row.first == row.last || !*base)
		return 0;

	end = *base;
	for (plan = row.first; plan <= row.last; plan++) {
		if (plan->node != node)
			continue;
		if (plan->pamt_base != end)
			return 0;
		end = tdmr_pamt_end(plan);
	}

	return row.bytes;
}

/**
 * tdmr_layout_row_lower - propose another place for all PAMTs of a node
 * @layout: planned
 * @node: whose PAMTs are side by side
 *
 * The next one below where they are now.
 *
 * Return: true; false when there is none, and no PAMT of @node has a place then.
 */
bool tdmr_layout_row_lower(struct tdmr_layout *layout, int node)
{
	return place_row(layout, node, find_row(layout, node).first->pamt_base);
}
