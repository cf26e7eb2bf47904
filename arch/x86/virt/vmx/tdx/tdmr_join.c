// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which gaps between the runs of a node are bridged.
 *
 * A TDMR over a gap costs PAMT for its GiB and time for initialising them, but
 * one TDMR less.  When TDMRs are scarce that is worth it: the memory below 4 GiB
 * would take one of its own that a run of a terabyte has better use for.
 *
 *	runs	|##|  |################################|
 *	4 TDMRs	[0 )  [1         )[2        )[3        )	bridged they are
 *		[0       )[1       )[2       )[3       )	shorter
 *
 * Whether S GiB for each CPU suffice is decided for the CPUs of each node on their
 * own.  TDMRs of at most S that bridge all the gaps they can are the fewest, and the
 * best there is if each has a CPU to itself.  If not, the GiB of the gaps cost time:
 * so the dearest gaps are given up, one after another or, of hundreds, some at a
 * time, and the runs are packed on the CPUs, see tdmr_balance.c.
 *
 * The least S is searched for, and then the least that a gap may cost to be bridged
 * for that S.  If what is bridged then takes more than a thousandth of the memory,
 * S + 1 is tried with less of it.
 *
 * Nodes are mixed only if the TDMRs do not suffice otherwise.
 *
 * How far from the best: within one GiB if there are as many CPUs as TDMRs, or so
 * many TDMRs that no gap need be bridged; all known hosts have one or the other.
 * Where both are scarce, the choice of gaps to give up is a heuristic: of random
 * maps, most of which have dozens of gaps, 0.6 % are more than one GiB over a bound
 * of the best.  Where nodes are mixed, nothing is promised but the size of the
 * largest TDMR.  Time comes before memory: where a gap must be bridged for the time,
 * PAMTs may take more than a thousandth over those of one TDMR for each run.
 *
 * Cost: some 50 covers, each of which looks at all runs if nodes are mixed or the
 * nearest cost is wanted, and for each S as many more as look at MAX_VISITS runs.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "tdmr_internal.h"

/*
 * Runs that are looked at, at most, for giving up gaps at one value of S: all gaps of
 * 78 runs one by one, and 4096 runs within the time that a plan may take.
 */
#define MAX_VISITS	6144

/* Homes of the spans under numbers without gaps: the nodes of tdmr_balance.c. */
static u32 home_index(const struct tdmr_layout *layout, unsigned int i,
		      u32 *nr_homes, const u32 *index)
{
	const struct tdmr_run *spans = layout->spans;
	int home = tdmr_home(layout, spans[i].node);
	unsigned int j;

	for (j = 0; j < i; j++) {
		if (tdmr_home(layout, spans[j].node) == home)
			return index[j];
	}

	return (*nr_homes)++;
}

static void list_spans(struct tdmr_layout *layout, unsigned int max)
{
	struct tdmr_balance *b = &layout->balance;
	const struct tdmr_run *spans = layout->spans;
	unsigned int i;

	b->nr_runs = layout->nr_spans;
	b->max_pieces = max;
	b->nr_nodes = 0;
	for (i = 0; i < b->nr_runs; i++) {
		b->size[i] = spans[i].end - spans[i].start;
		b->node[i] = home_index(layout, i, &b->nr_nodes, b->node);
		b->lanes[b->node[i]] =
			tdmr_cpus(layout, tdmr_home(layout, spans[i].node));
	}
}

/**
 * tdmr_cut_spans - cut the spans into lanes
 * @layout: its spans cover the memory
 * @max: TDMRs it may have
 */
void tdmr_cut_spans(struct tdmr_layout *layout, unsigned int max)
{
	list_spans(layout, max);
	tdmr_balance(&layout->balance);
}

/* Spans that touch may be cut elsewhere, if that is not for the holes. */
static void merge_spans(struct tdmr_cover *c)
{
	struct tdmr_layout *layout = c->layout;
	struct tdmr_run *last = layout->spans;
	unsigned int i;

	for (i = 1; i < layout->nr_spans; i++) {
		const struct tdmr_run *span = &layout->spans[i];

		if (!c->mixed && last->end == span->start &&
		    last->node == span->node &&
		    tdmr_reach(layout, last->start, c->max_holes) >= span->end)
			last->end = span->end;
		else
			*++last = *span;
	}

	layout->nr_spans = last - layout->spans + 1;
}

static bool cover_and_merge(struct tdmr_cover *c)
{
	if (!tdmr_cover_runs(c))
		return false;

	merge_spans(c);
	list_spans(c->layout, c->max_nr);

	return true;
}

/* TDMRs of at most @span that a node's runs take, be it on how many CPUs. */
static u32 fewest_pieces(const struct tdmr_balance *b, u32 node, u32 span)
{
	u32 i, sum = 0;

	for (i = 0; i < b->nr_runs; i++) {
		if (b->node[i] == node)
			sum += (b->size[i] + span - 1) / span;
	}

	return sum;
}

static int home_of(const struct tdmr_layout *layout, u32 index)
{
	unsigned int i = 0;

	while (layout->balance.node[i] != index)
		i++;

	return tdmr_home(layout, layout->spans[i].node);
}

/*
 * Give up the dearest gaps, as the @nr-th, of those without which the holes and
 * the TDMRs still allow a cover: @batch at once, or the dearest alone.
 */
static bool give_up_gap(struct tdmr_cover *c, int home, u32 nr, u32 batch)
{
	struct tdmr_layout *layout = c->layout;
	unsigned int i;

	for (; c->tries; batch = 1) {
		i = tdmr_dearest_gap(layout, home);
		if (!i)
			break;
		tdmr_give_up(layout, i, batch, nr);
		c->tries--;
		if (cover_and_merge(c))
			return true;
		tdmr_take_back(layout, home, nr);
		if (batch == 1)
			layout->runs[i].parted = TDMR_KEPT;
		cover_and_merge(c);
	}

	return false;
}

/*
 * The same with gaps given up, the dearest first, while that may be fewer: so
 * many at a time that, of as many runs as there are, 64 can be.
 */
static u32 give_up_gaps(struct tdmr_cover *c, u32 index)
{
	struct tdmr_layout *layout = c->layout;
	struct tdmr_balance *b = &layout->balance;
	u32 best = 0, best_given = 0, given = 0, nr;
	u32 batch = 1 + TDMR_MAX_PLANS / (c->tries + 1);
	int home = home_of(layout, index);

	while (!best || fewest_pieces(b, index, c->max_size) < best) {
		nr = tdmr_cut_node(b, index, c->max_size, c->max_nr);
		if (nr && (!best || nr < best)) {
			best = nr;
			best_given = given;
		}
		if (!give_up_gap(c, home, given + 1, batch))
			break;
		given++;
	}

	if (given > best_given) {
		tdmr_take_back(layout, home, best_given + 1);
		cover_and_merge(c);
	}

	return best;
}

/* TDMRs that a node takes to be done in time; 0 if it cannot. */
static u32 node_pieces(struct tdmr_cover *c, u32 index)
{
	struct tdmr_balance *b = &c->layout->balance;
	u32 nr = tdmr_cut_node(b, index, c->max_size, c->max_nr);

	if (c->mixed || !c->tries ||
	    nr == fewest_pieces(b, index, c->max_size))
		return nr;

	return give_up_gaps(c, index);
}

static bool all_done_in_time(struct tdmr_cover *c)
{
	struct tdmr_layout *layout = c->layout;
	u32 index, nr, sum = 0;

	c->tries = MAX_VISITS / layout->nr_runs;
	tdmr_take_all_back(layout);
	if (!cover_and_merge(c))
		return false;

	for (index = 0; index < layout->balance.nr_nodes; index++) {
		nr = node_pieces(c, index);
		sum += nr;
		if (!nr || sum > c->max_nr)
			return false;
	}

	return true;
}

/* GiB that the CPUs of the busiest node have to do at least. */
static u64 busiest(struct tdmr_layout *layout)
{
	const struct tdmr_run *runs = layout->runs;
	u64 *sum = layout->node_sum;
	unsigned int i, cpus;
	u64 most = 0;
	int home;

	for (i = 0; i < layout->nr_runs; i++)
		sum[tdmr_home(layout, runs[i].node)] += runs[i].end - runs[i].start;

	for (i = 0; i < layout->nr_runs; i++) {
		home = tdmr_home(layout, runs[i].node);
		cpus = tdmr_cpus(layout, home);
		most = max(most, (sum[home] + cpus - 1) / cpus);
		sum[home] = 0;
	}

	return most;
}

/* Is there a GiB with more than @max holes?  No TDMR can have it. */
static int check_holes(struct tdmr_layout *layout, unsigned int max)
{
	const struct tdmr_run *run = layout->runs;
	unsigned int i;
	u32 at, end;

	for (i = 0; i < layout->nr_runs; i++, run++) {
		for (at = run->start; at < run->end; at = end) {
			end = tdmr_reach(layout, at, max);
			if (end == at)
				return tdmr_refuse(layout, TDMR_NO_RESERVED,
						   tdmr_gib(at),
						   tdmr_gib((u64)at + 1));
		}
	}

	return 0;
}

/* The least size of TDMRs, and so the time, with all gaps that help bridged. */
static int find_time(struct tdmr_cover *c, unsigned int max_holes)
{
	struct tdmr_layout *layout = c->layout;
	int ret;

	c->max_holes = max_holes;
	c->max_size = TDMR_ANY_SIZE;
	ret = check_holes(layout, max_holes);
	if (ret)
		return ret;

	c->mixed = false;
	if (!all_done_in_time(c)) {
		c->mixed = true;
		if (!all_done_in_time(c))
			return tdmr_refuse(layout, TDMR_NO_TDMRS,
					   layout->ranges[0].start,
					   layout->ranges[layout->nr_ranges - 1].end);
	}

	tdmr_find_least(c, &c->max_size, c->mixed ? 1 : busiest(layout),
			all_done_in_time);

	return 0;
}

/* Would it take less, by so many GiB, were there as many holes as areas? */
static bool takes_less(const struct tdmr_cover *c, u64 by)
{
	struct tdmr_cover more = *c;

	if (c->mixed)
		return true;
	if (c->max_size <= by)
		return false;

	more.max_holes = c->layout->limits.max_reserved;
	more.max_size -= by;

	return all_done_in_time(&more);
}

/*
 * One area of each TDMR is kept for its PAMT if that can be and takes no more than
 * one GiB longer; if not, PAMTs must touch a hole or go elsewhere, see tdmr_place.c.
 */
static int limit_holes(struct tdmr_cover *c)
{
	struct tdmr_layout *layout = c->layout;
	unsigned int max = layout->limits.max_reserved;
	struct tdmr_cover spare = *c;
	int ret;

	ret = find_time(&spare, max - 1);
	if (!ret && (layout->nr_parts < max - 1 || !takes_less(&spare, 2))) {
		*c = spare;
		return 0;
	}

	if (!find_time(c, max) &&
	    (ret || c->max_size + 1 < spare.max_size || c->mixed < spare.mixed))
		return 0;
	if (!ret)
		*c = spare;

	return ret;
}

static u64 gib_of(const struct tdmr_run *runs, unsigned int nr)
{
	u64 sum = 0;

	while (nr--)
		sum += runs[nr].end - runs[nr].start;

	return sum;
}

/* Bridge as little as can be: what the limits let be covered, they still do. */
static void find_cost(struct tdmr_cover *c)
{
	c->max_cost = tdmr_too_dear(c->layout);
	tdmr_find_cost(c, all_done_in_time);
	all_done_in_time(c);
}

/* With one GiB for each TDMR beside them, PAMTs grow by less than that too. */
static bool bridges_are_cheap(const struct tdmr_layout *layout)
{
	u64 memory = gib_of(layout->runs, layout->nr_runs);
	u64 bridged = gib_of(layout->spans, layout->nr_spans) - memory;

	return !bridged || bridged * 1000 + TDMR_MAX_PLANS <= memory;
}

/*
 * With a GiB more for each TDMR less needs to be bridged, unless areas that are
 * kept for PAMTs have taken a GiB already.  If that can be: packing is a heuristic,
 * and may find less with more time.
 */
static void bridge_less(struct tdmr_cover *c)
{
	struct tdmr_cover later = *c;

	later.max_size++;
	later.max_cost = tdmr_too_dear(c->layout);
	if (!takes_less(c, 1) && all_done_in_time(&later))
		*c = later;
	find_cost(c);
}

/**
 * tdmr_join_runs - choose the gaps to bridge, and cut what comes out into lanes
 * @layout: its runs are known
 *
 * Return: 0; -ENOSPC when the module's TDMRs or reserved areas do not suffice,
 * and @layout has the trouble and the range.
 */
int tdmr_join_runs(struct tdmr_layout *layout)
{
	struct tdmr_cover c = tdmr_any_cover(layout);
	int ret;

	ret = limit_holes(&c);
	if (ret)
		return ret;

	find_cost(&c);
	if (!bridges_are_cheap(layout))
		bridge_less(&c);

	tdmr_balance(&layout->balance);
	tdmr_take_all_back(layout);

	return 0;
}
