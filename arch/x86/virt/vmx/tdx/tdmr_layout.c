// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choose the TDMRs that cover a host's memory.
 *
 * One TDMR is one lane of initialisation, so the choice decides how parallel
 * that can be.  The module sets the frame: TDMRs are whole GiB, ascending and
 * disjoint, at most 64; in each at most 16 areas are reserved; and what is not
 * reserved is convertible memory, inside the CMRs.
 *
 *	memory     |####|    |##########|           |####|	node 0, 0, 1
 *	CMRs       |=====|  |===========|           |====|
 *	GiB        |       |       |       |       |       |
 *	runs       [               )[node 0)       [node 1 )
 *	TDMRs      [0      )[1     )[2     )       [3      )
 *	reserved        |rr| |r|        |rr|       |rr|  |r|	+ PAMTs
 *
 * The memory says which GiB are covered; a GiB of several nodes belongs to the
 * one with most memory in it.  Consecutive GiB of a node are a run.  The CMRs
 * say what in them is reserved: memory that the page allocator does not have,
 * ACPI tables for example, needs no area as long as it is convertible, which
 * is what keeps fragmented firmware maps within 16 areas.
 *
 * Then, in this order:
 *
 * - A run with more holes than a TDMR has areas, one kept for its PAMT, is cut
 *   at the last GiB that still goes.
 * - More runs than TDMRs are joined over the smallest gaps, which costs the GiB
 *   of the gap.  Mixing nodes counts as much as a gap of 1.5 GiB.
 * - What TDMRs remain cut the runs into lanes, see tdmr_balance.c.
 *
 * Cost: linear in the ranges, with a factor of some 40 when runs are joined.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "tdmr_layout.h"

#define MAX_PA		(1ULL << 52)
#define PAGE_BYTES	((u64)SZ_4K)
#define GIB_SHIFT	30

static u64 gib(u64 n)
{
	return n << GIB_SHIFT;
}

static int trouble(struct tdmr_layout *layout, enum tdmr_trouble trouble,
		   u64 start, u64 end)
{
	layout->trouble = trouble;
	layout->bad_start = start;
	layout->bad_end = end;

	switch (trouble) {
	case TDMR_NO_TDMRS:
	case TDMR_NO_RESERVED:
	case TDMR_NO_PAMT:
		return -ENOSPC;
	case TDMR_OUTSIDE_CMRS:
		return -ERANGE;
	default:
		return -EINVAL;
	}
}

static int check_limits(struct tdmr_layout *layout)
{
	const struct tdmr_limits *limits = &layout->limits;

	if (limits->max_tdmrs && limits->max_reserved &&
	    limits->entry_size[TDMR_4K] && limits->entry_size[TDMR_2M] &&
	    limits->entry_size[TDMR_1G])
		return 0;

	return trouble(layout, TDMR_BAD_LIMITS, 0, 0);
}

/* Pages, ascending and disjoint.  Returns the first that is not, or @nr. */
static unsigned int first_bad(const struct tdmr_range *ranges, unsigned int nr)
{
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (ranges[i].start >= ranges[i].end || ranges[i].start < end ||
		    ranges[i].end > MAX_PA ||
		    (ranges[i].start | ranges[i].end) & (PAGE_BYTES - 1))
			break;
		end = ranges[i].end;
	}

	return i;
}

static int check_ranges(struct tdmr_layout *layout)
{
	const struct tdmr_range *ranges = layout->ranges;
	unsigned int i = first_bad(ranges, layout->nr_ranges);

	if (!layout->nr_ranges)
		return trouble(layout, TDMR_BAD_RANGE, 0, 0);
	if (i < layout->nr_ranges)
		return trouble(layout, TDMR_BAD_RANGE, ranges[i].start,
			       ranges[i].end);

	for (i = 0; i < layout->nr_ranges; i++) {
		if (ranges[i].node < 0 || ranges[i].node >= TDMR_MAX_NODES)
			return trouble(layout, TDMR_BAD_NODE, ranges[i].start,
				       ranges[i].end);
	}

	return 0;
}

/* Add to the CMRs; touching ones become one. */
static bool add_cmr(struct tdmr_range *cmrs, unsigned int *nr, u64 start, u64 end)
{
	if (*nr && cmrs[*nr - 1].end == start) {
		cmrs[*nr - 1].end = end;
		return true;
	}

	if (*nr == TDMR_MAX_CMRS)
		return false;

	cmrs[*nr] = (struct tdmr_range) { .start = start, .end = end };
	(*nr)++;
	return true;
}

static int cmrs_from_memory(struct tdmr_layout *layout)
{
	const struct tdmr_range *range = layout->ranges;
	unsigned int i;

	for (i = 0; i < layout->nr_ranges; i++, range++) {
		if (!add_cmr(layout->cmrs, &layout->nr_cmrs, range->start,
			     range->end))
			return trouble(layout, TDMR_BAD_CMR, range->start,
				       range->end);
	}

	return 0;
}

static int check_cmrs(struct tdmr_layout *layout)
{
	unsigned int i, nr = 0;

	if (!layout->nr_cmrs)
		return cmrs_from_memory(layout);

	if (layout->nr_cmrs > TDMR_MAX_CMRS)
		return trouble(layout, TDMR_BAD_CMR, 0, 0);

	i = first_bad(layout->cmrs, layout->nr_cmrs);
	if (i < layout->nr_cmrs)
		return trouble(layout, TDMR_BAD_CMR, layout->cmrs[i].start,
			       layout->cmrs[i].end);

	for (i = 0; i < layout->nr_cmrs; i++)
		add_cmr(layout->cmrs, &nr, layout->cmrs[i].start,
			layout->cmrs[i].end);
	layout->nr_cmrs = nr;

	return 0;
}

/* Every page that the page allocator has must be one that the module takes. */
static int check_convertible(struct tdmr_layout *layout)
{
	const struct tdmr_range *range = layout->ranges;
	const struct tdmr_range *cmr = layout->cmrs;
	const struct tdmr_range *end = cmr + layout->nr_cmrs;
	unsigned int i;

	for (i = 0; i < layout->nr_ranges; i++, range++) {
		while (cmr < end && cmr->end <= range->start)
			cmr++;
		if (cmr == end || range->start < cmr->start)
			return trouble(layout, TDMR_OUTSIDE_CMRS, range->start,
				       cmr == end ? range->end :
				       min(range->end, cmr->start));
		if (range->end > cmr->end)
			return trouble(layout, TDMR_OUTSIDE_CMRS, cmr->end,
				       range->end);
	}

	return 0;
}

/* The runs while they are made; @owned counts bytes of the last GiB's owner. */
struct run_maker {
	struct tdmr_run *runs;
	unsigned int nr;
	u64 owned;
};

static u64 bytes_in_gib(const struct tdmr_range *range, u32 g)
{
	return min(range->end, gib((u64)g + 1)) - max(range->start, gib(g));
}

static void append_run(struct run_maker *m, u32 start, u32 end, int node)
{
	struct tdmr_run *last = m->nr ? &m->runs[m->nr - 1] : NULL;

	if (last && last->end == start && last->node == node)
		last->end = end;
	else
		m->runs[m->nr++] = (struct tdmr_run) { start, end, node };
}

/* A GiB that the runs have already: who has more of it? */
static void share_gib(struct run_maker *m, const struct tdmr_range *range, u32 g)
{
	struct tdmr_run *last = &m->runs[m->nr - 1];
	u64 bytes = bytes_in_gib(range, g);

	if (last->node == range->node) {
		m->owned += bytes;
		return;
	}
	if (bytes <= m->owned)
		return;

	last->end--;
	if (last->start == last->end)
		m->nr--;
	append_run(m, g, g + 1, range->node);
	m->owned = bytes;
}

static void add_range(struct run_maker *m, const struct tdmr_range *range)
{
	u32 start = range->start >> GIB_SHIFT;
	u32 end = (range->end - 1 + gib(1)) >> GIB_SHIFT;

	if (m->nr && m->runs[m->nr - 1].end > start)
		share_gib(m, range, start++);
	if (start >= end)
		return;

	append_run(m, start, end, range->node);
	m->owned = bytes_in_gib(range, end - 1);
}

static unsigned int make_runs(struct tdmr_layout *layout)
{
	struct run_maker m = { .runs = layout->runs };
	unsigned int i;

	for (i = 0; i < layout->nr_ranges; i++)
		add_range(&m, &layout->ranges[i]);

	return m.nr;
}

/* Holes between and around the CMRs, in the GiB from @start to @end. */
static unsigned int count_holes(const struct tdmr_layout *layout, u32 start,
				u32 end)
{
	u64 from = gib(start), to = gib(end);
	unsigned int i, holes = 0;

	for (i = 0; i < layout->nr_cmrs && from < to; i++) {
		const struct tdmr_range *cmr = &layout->cmrs[i];

		if (cmr->end <= from)
			continue;
		if (cmr->start >= to)
			break;
		if (cmr->start > from)
			holes++;
		from = cmr->end;
	}

	return holes + (from < to);
}

/*
 * One area is for the PAMT, except in a single GiB that has none to spare: its
 * PAMT must touch a hole or go elsewhere.
 */
static bool holes_fit(const struct tdmr_layout *layout, u32 start, u32 end)
{
	unsigned int max = layout->limits.max_reserved;

	return count_holes(layout, start, end) < max + (end - start == 1);
}

/* The last GiB up to which a TDMR from @start has areas enough. */
static u32 last_fitting(const struct tdmr_layout *layout, u32 start, u32 end)
{
	u32 lo = start, hi = end, mid;

	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		if (holes_fit(layout, start, mid))
			lo = mid;
		else
			hi = mid - 1;
	}

	return lo;
}

/*
 * Cut runs with too many holes.  Each cut has a hole of its own, of which there
 * are at most one more than CMRs: so much room is there behind the runs.
 */
static int cut_runs(struct tdmr_layout *layout, unsigned int *nr)
{
	struct tdmr_run *runs = layout->runs;
	unsigned int i;
	u32 at;

	for (i = 0; i < *nr; i++) {
		if (holes_fit(layout, runs[i].start, runs[i].end))
			continue;

		at = last_fitting(layout, runs[i].start, runs[i].end);
		if (at == runs[i].start)
			return trouble(layout, TDMR_NO_RESERVED, gib(at),
				       gib((u64)at + 1));

		memmove(&runs[i + 1], &runs[i], (*nr - i) * sizeof(*runs));
		(*nr)++;
		runs[i].end = at;
		runs[i + 1].start = at;
	}

	return 0;
}

/* What joining two neighbours costs, in half GiB. */
static u64 cost_of_joining(const struct tdmr_run *a, const struct tdmr_run *b)
{
	return 2 * (u64)(b->start - a->end) + (a->node == b->node ? 0 : 3);
}

/*
 * Join neighbours for which that costs less than @cost, and the first @extra
 * of those for which it costs as much, from @from into @to.  They may be the
 * same.  Without @to, only counts.
 */
static unsigned int join_runs(const struct tdmr_layout *layout,
			      const struct tdmr_run *from, unsigned int nr,
			      struct tdmr_run *to, u64 cost, unsigned int extra)
{
	struct tdmr_run run = from[0];
	u32 most = run.end - run.start;
	unsigned int i, out = 0;

	for (i = 1; i < nr; i++) {
		struct tdmr_run next = from[i];
		u64 price = cost_of_joining(&run, &next);

		if ((price < cost || (price == cost && extra)) &&
		    holes_fit(layout, run.start, next.end)) {
			extra -= price == cost;
			run.end = next.end;
			/* The node of the largest part. */
			if (next.end - next.start > most) {
				most = next.end - next.start;
				run.node = next.node;
			}
			continue;
		}

		if (to)
			to[out] = run;
		out++;
		run = next;
		most = run.end - run.start;
	}

	if (to)
		to[out] = run;
	return out + 1;
}

/* Join runs, the cheapest first, until @max are left. */
static int join_cheapest(struct tdmr_layout *layout, unsigned int *nr,
			 unsigned int max)
{
	struct tdmr_run *runs = layout->runs;
	u64 lo = 0, hi = 2 * (u64)U32_MAX, mid;
	unsigned int extra;

	if (*nr <= max)
		return 0;

	if (join_runs(layout, runs, *nr, NULL, hi, 0) > max)
		return trouble(layout, TDMR_NO_TDMRS, layout->ranges[0].start,
			       layout->ranges[layout->nr_ranges - 1].end);

	/* The least price up to which all must be joined. */
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (join_runs(layout, runs, *nr, NULL, mid + 1, 0) <= max)
			hi = mid;
		else
			lo = mid + 1;
	}

	/* Of those at that price only as many as it takes. */
	extra = join_runs(layout, runs, *nr, NULL, lo, 0) - max;
	if (join_runs(layout, runs, *nr, NULL, lo, extra) > max)
		extra = UINT_MAX;
	*nr = join_runs(layout, runs, *nr, runs, lo, extra);

	return 0;
}

/* Nodes of the runs under numbers without gaps. */
static u32 node_index(const struct tdmr_run *runs, unsigned int i, u32 *nr_nodes,
		      const u32 *index)
{
	unsigned int j;

	for (j = 0; j < i; j++) {
		if (runs[j].node == runs[i].node)
			return index[j];
	}

	return (*nr_nodes)++;
}

static void cut_into_lanes(struct tdmr_layout *layout, unsigned int nr,
			   unsigned int max)
{
	struct tdmr_balance *b = &layout->balance;
	const struct tdmr_run *runs = layout->runs;
	unsigned int i;

	b->nr_runs = nr;
	b->max_pieces = max;
	b->nr_nodes = 0;
	for (i = 0; i < nr; i++) {
		b->size[i] = runs[i].end - runs[i].start;
		b->node[i] = node_index(runs, i, &b->nr_nodes, b->node);
		b->lanes[b->node[i]] = max(layout->lanes[runs[i].node], 1U);
	}

	tdmr_balance(b);
}

static void size_pamts(struct tdmr_plan *plan, const struct tdmr_limits *limits)
{
	static const u64 page_size[TDMR_NR_LEVELS] = { SZ_4K, SZ_2M, SZ_1G };
	int level;

	for (level = TDMR_4K; level < TDMR_NR_LEVELS; level++) {
		u64 bytes = plan->size / page_size[level] *
			    limits->entry_size[level];

		plan->pamt_size[level] = (bytes + PAGE_BYTES - 1) &
					 ~(PAGE_BYTES - 1);
	}
}

static void fill_plans(struct tdmr_layout *layout)
{
	const struct tdmr_balance *b = &layout->balance;
	u64 start = 0;
	unsigned int i;

	for (i = 0; i < b->nr_pieces; i++) {
		const struct tdmr_piece *piece = &b->pieces[i];
		struct tdmr_plan *plan = &layout->plans[i];

		if (!i || piece->run != b->pieces[i - 1].run)
			start = layout->runs[piece->run].start;

		*plan = (struct tdmr_plan) {
			.base = gib(start),
			.size = gib(piece->size),
			.node = layout->runs[piece->run].node,
			.rsvd = &layout->areas[i * layout->limits.max_reserved],
		};
		size_pamts(plan, &layout->limits);
		start += piece->size;
	}

	layout->nr_plans = b->nr_pieces;
	layout->makespan = b->makespan;
	layout->bound = b->bound;
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
	unsigned int max, nr;
	int ret;

	layout->nr_plans = 0;
	trouble(layout, TDMR_FINE, 0, 0);

	ret = check_limits(layout);
	if (ret)
		return ret;
	ret = check_ranges(layout);
	if (ret)
		return ret;
	ret = check_cmrs(layout);
	if (ret)
		return ret;
	ret = check_convertible(layout);
	if (ret)
		return ret;

	nr = make_runs(layout);
	ret = cut_runs(layout, &nr);
	if (ret)
		return ret;

	max = min_t(unsigned int, layout->limits.max_tdmrs, TDMR_MAX_PLANS);
	ret = join_cheapest(layout, &nr, max);
	if (ret)
		return ret;

	cut_into_lanes(layout, nr, max);
	fill_plans(layout);

	return 0;
}
