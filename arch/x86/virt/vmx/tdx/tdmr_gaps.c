// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to bridge the gaps between runs, and which are not bridged.
 *
 * Of thousands of gaps a TDMR ends at the first that it may not bridge.  That one
 * is found in steps of blocks: a block of 2^k runs begins with each run whose
 * number is an odd multiple of 2^k, and its first run knows the most that a gap
 * before one of its runs costs.
 *
 *	run	1   2   3   4   5   6   7   8
 *	blocks	[  )[      )[              )
 *		        [  )    [  )[      )
 *
 * From run 1 on: no gap of block 2 to 3 is too dear, so on to block 4 to 7; one
 * there is, but not that before run 4, so on to run 5.
 *
 * A gap that must not be bridged is dearer than any limit.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "tdmr_internal.h"

#define TIE_BITS	16
#define GOLDEN_SECTION	40503	/* times 2^16, odd */

/*
 * What it costs to have run @i and the one before it in one TDMR, in half GiB:
 * mixing nodes counts as much as a gap of 1.5 GiB.  No two of 2^16 gaps cost the
 * same; of many gaps of one size, those that cost least lie evenly among the others,
 * as multiples of the golden section do.
 */
static u64 gap_cost(const struct tdmr_layout *layout, unsigned int i)
{
	const struct tdmr_run *a = &layout->runs[i - 1], *b = &layout->runs[i];
	u64 cost = 2 * (u64)(b->start - a->end) + (a->node == b->node ? 0 : 3);

	return cost << TIE_BITS | (u16)(i * GOLDEN_SECTION);
}

/* The first run of the next larger block that has run @i, which is not 0. */
static unsigned int block_around(unsigned int i)
{
	return i & (i - 1);
}

/* The first run behind the block of run @i, which is not 0. */
static unsigned int block_end(const struct tdmr_layout *layout, unsigned int i)
{
	return min(i + (i & -i), layout->nr_runs);
}

static bool may_ever_bridge(const struct tdmr_layout *layout, unsigned int i)
{
	const struct tdmr_run *run = &layout->runs[i];

	return (!run->parted || run->parted == TDMR_KEPT) &&
	       (layout->mixed || run->node == run[-1].node);
}

/* Of the gap before run @i and the blocks in its block, which are smaller. */
static void price_block(struct tdmr_layout *layout, unsigned int i)
{
	unsigned int end = block_end(layout, i), step;
	struct tdmr_run *runs = layout->runs;
	u64 most = U64_MAX;

	if (may_ever_bridge(layout, i)) {
		most = runs[i].cost;
		for (step = 1; i + step < end; step *= 2)
			most = max(most, runs[i + step].dearest);
	}

	runs[i].dearest = most;
}

/**
 * tdmr_price_gaps - find out what gaps cost
 * @layout: its runs are known
 * @mixed: those between nodes may be bridged too
 */
void tdmr_price_gaps(struct tdmr_layout *layout, bool mixed)
{
	unsigned int i;

	layout->mixed = mixed;
	for (i = layout->nr_runs - 1; i; i--) {
		layout->runs[i].cost = gap_cost(layout, i);
		price_block(layout, i);
	}
}

/**
 * tdmr_too_dear - a limit of costs that lets all gaps be bridged
 * @layout: its runs are known
 *
 * Return: more than any gap costs.
 */
u64 tdmr_too_dear(const struct tdmr_layout *layout)
{
	const struct tdmr_run *last = &layout->runs[layout->nr_runs - 1];

	return (2 * (u64)last->end + 4) << TIE_BITS;
}

/**
 * tdmr_nearest_cost - what gap costs nearly so much?
 * @layout: its gaps have prices
 * @cost: so much
 * @below: less than that
 *
 * Return: of what gaps cost, if @below, the most below @cost, or 0; else the
 * least that is not, or %U64_MAX.
 */
u64 tdmr_nearest_cost(const struct tdmr_layout *layout, u64 cost, bool below)
{
	u64 nearest = below ? 0 : U64_MAX, gap;
	unsigned int i;

	for (i = 1; i < layout->nr_runs; i++) {
		gap = layout->runs[i].cost;
		if (below && gap < cost)
			nearest = max(nearest, gap);
		if (!below && gap >= cost)
			nearest = min(nearest, gap);
	}

	return nearest;
}

/**
 * tdmr_bridge_gaps - how many gaps does a TDMR bridge?
 * @c: the limits
 * @i: the run that it begins in
 * @reach: GiB at which it must end
 *
 * Return: the first run behind that it has nothing of.
 */
unsigned int tdmr_bridge_gaps(const struct tdmr_cover *c, unsigned int i,
			      u32 reach)
{
	const struct tdmr_run *runs = c->layout->runs;
	unsigned int end;

	for (i++; i < c->layout->nr_runs; i = end) {
		end = block_end(c->layout, i);
		if (runs[i].dearest < c->max_cost && runs[end - 1].start < reach)
			continue;
		if (runs[i].start >= reach || runs[i].cost >= c->max_cost ||
		    !may_ever_bridge(c->layout, i))
			break;
		end = i + 1;
	}

	return i;
}

/**
 * tdmr_dearest_gap - the dearest gap that is bridged, and need not be
 * @layout: its spans cover the runs
 * @home: within a node that has its CPUs there
 *
 * Return: the run behind it, 0 if there is none.
 */
unsigned int tdmr_dearest_gap(const struct tdmr_layout *layout, int home)
{
	const struct tdmr_run *runs = layout->runs, *span = layout->spans;
	unsigned int i, found = 0;

	for (i = 1; i < layout->nr_runs; i++) {
		if (tdmr_home(layout, runs[i].node) != home || runs[i].parted ||
		    runs[i].cost <= runs[found].cost)
			continue;
		while (span->end <= runs[i].start)
			span++;
		if (span->start < runs[i].start)
			found = i;
	}

	return found;
}

/* Keep the @nr dearest gaps, by their runs, as a heap: the first costs least. */
static void keep_gap(const struct tdmr_run *runs, unsigned int *heap,
		     unsigned int nr, unsigned int gap)
{
	unsigned int i, child;

	if (runs[gap].cost <= runs[heap[0]].cost)
		return;

	for (i = 0; 2 * i + 1 < nr; i = child) {
		child = 2 * i + 1;
		if (child + 1 < nr &&
		    runs[heap[child + 1]].cost < runs[heap[child]].cost)
			child++;
		if (runs[heap[child]].cost >= runs[gap].cost)
			break;
		heap[i] = heap[child];
	}
	heap[i] = gap;
}

static void set_parted(struct tdmr_layout *layout, unsigned int i, u32 parted)
{
	layout->runs[i].parted = parted;
	for (; i; i = block_around(i))
		price_block(layout, i);
}

/**
 * tdmr_give_up - give up the dearest gaps within nodes of one home
 * @layout: its gaps have prices
 * @dearest: the run behind the dearest; the others cost less
 * @nr: so many, 1 to %TDMR_MAX_PLANS
 * @parted: what is noted of them
 */
void tdmr_give_up(struct tdmr_layout *layout, unsigned int dearest,
		  unsigned int nr, u32 parted)
{
	const struct tdmr_run *runs = layout->runs;
	unsigned int heap[TDMR_MAX_PLANS] = { };
	int home = tdmr_home(layout, runs[dearest].node);
	unsigned int i;

	for (i = 1; i < layout->nr_runs; i++) {
		if (tdmr_home(layout, runs[i].node) != home || runs[i].parted ||
		    runs[i - 1].node != runs[i].node)
			continue;
		if (runs[i].cost <= runs[dearest].cost)
			keep_gap(runs, heap, nr, i);
	}

	layout->parted = true;
	for (i = 0; i < nr; i++) {
		if (heap[i])
			set_parted(layout, heap[i], parted);
	}
}

/**
 * tdmr_take_back - bridge gaps within nodes of one home again
 * @layout: its gaps have prices
 * @home: their home
 * @nr: those that were given up as the @nr-th or later
 */
void tdmr_take_back(struct tdmr_layout *layout, int home, u32 nr)
{
	const struct tdmr_run *runs = layout->runs;
	unsigned int i;

	for (i = 1; i < layout->nr_runs; i++) {
		if (runs[i].parted >= nr && runs[i].parted != TDMR_KEPT &&
		    tdmr_home(layout, runs[i].node) == home)
			set_parted(layout, i, 0);
	}
}

/**
 * tdmr_take_all_back - bridge gaps again, whatever was given up or kept
 * @layout: its gaps have prices
 */
void tdmr_take_all_back(struct tdmr_layout *layout)
{
	unsigned int i;

	if (!layout->parted)
		return;

	layout->parted = false;
	for (i = 1; i < layout->nr_runs; i++) {
		if (layout->runs[i].parted)
			set_parted(layout, i, 0);
	}
}
