// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choose the TDMRs that cover a host's memory.
 *
 * One TDMR is one lane of initialisation, so the choice decides how parallel
 * that can be.  The module sets the frame: TDMRs are whole GiB, ascending and
 * disjoint, and their number is limited (64 in the modules of today), as is the
 * number of reserved areas in each (16); whatever is not reserved must be
 * convertible memory, that is inside the CMRs.
 *
 *	memory     |####|    |##########|           |####|	node 0, 0, 1
 *	CMRs       |=====|  |===========|           |====|
 *	GiB        |       |       |       |       |       |
 *	runs       [               )[node 0)       [node 1 )
 *	TDMRs      [0      )[1     )[2     )       [3      )
 *	reserved        |rr| |r|        |rr|       |rr|  |r|	+ PAMTs
 *
 * The memory decides which GiB are covered; a GiB of several nodes belongs to the
 * node that has most of it.  Consecutive GiB of a node are a run.  The CMRs decide
 * what is reserved: memory that the page allocator does not have, ACPI tables for
 * example, needs no area as long as it is convertible.  That keeps fragmented
 * firmware maps within 16 areas.
 *
 * The planner's parts, in the order in which they are used:
 *
 *	tdmr_check.c	is the input what it must be?
 *	tdmr_runs.c	which GiB have memory, and of which node
 *	tdmr_gaps.c	what it costs to bridge the gaps between runs
 *	tdmr_cover.c	how few TDMRs cover the runs, within some limits
 *	tdmr_join.c	which gaps between runs are bridged by one TDMR
 *	tdmr_balance.c	how the runs are cut into lanes for the CPUs
 *	tdmr_place.c	where the PAMTs go: tdmr_row.c, tdmr_search.c, in what
 *			tdmr_stretch.c and tdmr_pamts.c find in memory
 *	tdmr_reshape.c	other TDMRs, if there is no place for these
 *	tdmr_reserve.c	what in the TDMRs is reserved
 *	tdmr_order.c	which TDMRs are initialised first
 *
 * Cost: linear in the ranges, with a factor of some 50 because limits are found by
 * bisection, plus a constant for tdmr_balance.c.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "tdmr_internal.h"

/* What of GiB @start to @end is memory, and whose: @run is the first behind @start. */
static struct tdmr_run trim(struct tdmr_layout *layout, unsigned int run,
			    u32 start, u32 end)
{
	const struct tdmr_run *r = &layout->runs[run];
	struct tdmr_run part = { .start = max(start, r->start) };

	for (; run < layout->nr_runs && r->start < end; run++, r++)
		part.end = min(end, r->end);
	if (part.start < part.end)
		part.node = tdmr_main_node(layout, part.start, part.end);

	return part;
}

static void add_plan(struct tdmr_layout *layout, const struct tdmr_run *part)
{
	unsigned int i = layout->nr_plans++;
	struct tdmr_plan *plan = &layout->plans[i];

	*plan = (struct tdmr_plan) {
		.base = tdmr_gib(part->start),
		.node = part->node,
		.rsvd = &layout->areas[i * layout->limits.max_reserved],
	};
	tdmr_size_pamts(plan, part->end - part->start, &layout->limits);
}

static u32 makespan_of(struct tdmr_layout *layout)
{
	struct tdmr_piece *pieces = layout->balance.trial;
	unsigned int i, nr = layout->nr_plans;
	u32 node, most = 0;

	for (i = 0; i < nr; i++)
		pieces[i] = (struct tdmr_piece) {
			.node = tdmr_home(layout, layout->plans[i].node),
			.size = layout->plans[i].size >> TDMR_GIB_SHIFT,
		};

	for (i = 0; i < nr; i++) {
		node = pieces[i].node;
		if (i && node == pieces[i - 1].node)
			continue;
		most = max(most, tdmr_makespan(pieces, nr, node,
					       tdmr_cpus(layout, node)));
	}

	return most;
}

/* The pieces become TDMRs, but for the GiB of gaps at their ends. */
static void fill_plans(struct tdmr_layout *layout)
{
	const struct tdmr_balance *b = &layout->balance;
	unsigned int i, run = 0;
	struct tdmr_run part;
	u32 start = 0, end;

	layout->nr_plans = 0;
	for (i = 0; i < b->nr_pieces; i++) {
		const struct tdmr_piece *piece = &b->pieces[i];

		if (!i || piece->run != b->pieces[i - 1].run)
			start = layout->spans[piece->run].start;
		end = start + piece->size;

		while (layout->runs[run].end <= start)
			run++;
		part = trim(layout, run, start, end);
		if (part.start < end)
			add_plan(layout, &part);
		start = end;
	}

	layout->makespan = makespan_of(layout);
}

/**
 * tdmr_layout_plan - choose the TDMRs
 * @layout: what is known of the host and the module; gets the TDMRs, their
 *	PAMTs' sizes but not their places
 *
 * Return: 0; else @layout has the trouble and the range: -EINVAL for input that
 * is not as it must be, -ERANGE for memory outside the CMRs, -ENOSPC when the
 * module's TDMRs or reserved areas do not suffice.
 */
int tdmr_layout_plan(struct tdmr_layout *layout)
{
	int ret;

	layout->nr_plans = 0;
	tdmr_refuse(layout, TDMR_FINE, 0, 0);

	ret = tdmr_check_inputs(layout);
	if (ret)
		return ret;

	tdmr_find_runs(layout);
	tdmr_price_gaps(layout, false);
	ret = tdmr_join_runs(layout);
	if (ret)
		return ret;

	tdmr_refuse(layout, TDMR_FINE, 0, 0);
	fill_plans(layout);

	return 0;
}

/* Spans that a size limit cut from one run: make them alike. */
static void even_out_spans(struct tdmr_layout *layout, unsigned int max_holes)
{
	struct tdmr_run *spans = layout->spans;
	unsigned int i, n;
	u32 half;

	/* From the end: the last is the short one. */
	for (n = layout->nr_spans; n > 1; n--) {
		for (i = layout->nr_spans - 1; i; i--) {
			struct tdmr_run *a = &spans[i - 1], *b = &spans[i];

			half = a->start + (b->end - a->start + 1) / 2;
			if (a->end == b->start && half < a->end &&
			    tdmr_reach(layout, half, max_holes) >= b->end) {
				a->end = half;
				b->start = half;
			}
		}
	}
}

/**
 * tdmr_layout_shrink - make the largest TDMR as small as can be
 * @layout: planned
 *
 * Not for balance: so that its PAMT is small.  The PAMTs have no places then.
 */
void tdmr_layout_shrink(struct tdmr_layout *layout)
{
	struct tdmr_cover c = tdmr_any_cover(layout);

	tdmr_find_least(&c, &c.max_size, 1, tdmr_can_cover);
	c.max_cost = tdmr_too_dear(layout);
	tdmr_find_cost(&c, tdmr_can_cover);
	tdmr_cover_runs(&c);
	even_out_spans(layout, c.max_holes);
	tdmr_cut_spans(layout, c.max_nr);
	fill_plans(layout);
}

/**
 * tdmr_layout_resize - choose TDMRs of other sizes
 * @layout: planned
 * @sizes: GiB that each TDMR may have at most, one after another
 * @max_holes: holes that each may have at most
 * @cut: into lanes, where there are TDMRs to spare: more PAMTs, smaller ones
 *
 * Return: false if they do not cover the memory, and @layout is as it was;
 * otherwise the PAMTs have no places then.
 */
bool tdmr_layout_resize(struct tdmr_layout *layout, const u32 *sizes,
			unsigned int max_holes, bool cut)
{
	struct tdmr_cover c = tdmr_any_cover(layout);

	c.sizes = sizes;
	c.max_holes = max_holes;
	if (!tdmr_can_cover(&c))
		return false;

	c.max_cost = tdmr_too_dear(layout);
	tdmr_find_cost(&c, tdmr_can_cover);
	tdmr_cover_runs(&c);
	tdmr_cut_spans(layout, cut ? c.max_nr : layout->nr_spans);
	fill_plans(layout);

	return true;
}

/* To be GiB @start to @end, of which the first or the last has memory. */
static void move_plan(struct tdmr_layout *layout, struct tdmr_plan *plan,
		      u32 start, u32 end)
{
	struct tdmr_run part;
	unsigned int run = 0;

	while (layout->runs[run].end <= start)
		run++;

	part = trim(layout, run, start, end);
	plan->base = tdmr_gib(part.start);
	plan->node = part.node;
	tdmr_size_pamts(plan, part.end - part.start, &layout->limits);
}

/**
 * tdmr_layout_recut - move the border between two TDMRs
 * @layout: planned
 * @i: the second, which touches the first
 * @border: GiB at which the first ends and the second begins
 *
 * The PAMTs have no places then.
 */
void tdmr_layout_recut(struct tdmr_layout *layout, unsigned int i, u32 border)
{
	struct tdmr_plan *a = &layout->plans[i - 1], *b = &layout->plans[i];
	u32 end = (b->base + b->size) >> TDMR_GIB_SHIFT;

	move_plan(layout, a, a->base >> TDMR_GIB_SHIFT, border);
	move_plan(layout, b, border, end);

	for (i = 0; i < layout->nr_plans; i++)
		layout->plans[i].pamt_base = 0;
	layout->makespan = makespan_of(layout);
}
