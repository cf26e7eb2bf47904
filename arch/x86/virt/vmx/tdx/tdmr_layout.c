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

/* Touching ones become one. */
static bool add_part(struct tdmr_layout *layout, u64 start, u64 end)
{
	struct tdmr_range *parts = layout->parts;
	unsigned int nr = layout->nr_parts;

	if (nr && parts[nr - 1].end == start) {
		parts[nr - 1].end = end;
		return true;
	}

	if (nr == TDMR_MAX_CMRS)
		return false;

	parts[nr] = (struct tdmr_range) { .start = start, .end = end };
	layout->nr_parts++;
	return true;
}

static int parts_from_memory(struct tdmr_layout *layout)
{
	const struct tdmr_range *range = layout->ranges;
	unsigned int i;

	for (i = 0; i < layout->nr_ranges; i++, range++) {
		if (!add_part(layout, range->start, range->end))
			return trouble(layout, TDMR_BAD_CMR, range->start,
				       range->end);
	}

	return 0;
}

static int parts_from_cmrs(struct tdmr_layout *layout)
{
	const struct tdmr_range *cmr = layout->cmrs;
	unsigned int i;

	if (layout->nr_cmrs > TDMR_MAX_CMRS)
		return trouble(layout, TDMR_BAD_CMR, 0, 0);

	i = first_bad(cmr, layout->nr_cmrs);
	if (i < layout->nr_cmrs)
		return trouble(layout, TDMR_BAD_CMR, cmr[i].start, cmr[i].end);

	for (i = 0; i < layout->nr_cmrs; i++, cmr++)
		add_part(layout, cmr->start, cmr->end);

	return 0;
}

static int make_parts(struct tdmr_layout *layout)
{
	layout->nr_parts = 0;

	return layout->nr_cmrs ? parts_from_cmrs(layout) :
				 parts_from_memory(layout);
}

/* Every page that the page allocator has must be one that the module takes. */
static int check_convertible(struct tdmr_layout *layout)
{
	const struct tdmr_range *range = layout->ranges;
	const struct tdmr_range *part = layout->parts;
	const struct tdmr_range *end = part + layout->nr_parts;
	unsigned int i;

	for (i = 0; i < layout->nr_ranges; i++, range++) {
		while (part < end && part->end <= range->start)
			part++;
		if (part == end || range->start < part->start)
			return trouble(layout, TDMR_OUTSIDE_CMRS, range->start,
				       part == end ? range->end :
				       min(range->end, part->start));
		if (range->end > part->end)
			return trouble(layout, TDMR_OUTSIDE_CMRS, part->end,
				       range->end);
	}

	return 0;
}

/**
 * tdmr_range_after - the first range that ends after an address
 * @layout: its ranges are in order
 * @addr: the address
 *
 * Return: index of the range, @layout->nr_ranges if there is none.
 */
unsigned int tdmr_range_after(const struct tdmr_layout *layout, u64 addr)
{
	unsigned int lo = 0, hi = layout->nr_ranges, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (layout->ranges[mid].end > addr)
			hi = mid;
		else
			lo = mid + 1;
	}

	return lo;
}

/*
 * A part without memory may as well be reserved: the holes around it are one
 * then.
 */
static void drop_unused_parts(struct tdmr_layout *layout)
{
	unsigned int i, r, nr = 0;

	for (i = 0; i < layout->nr_parts; i++) {
		r = tdmr_range_after(layout, layout->parts[i].start);
		if (r < layout->nr_ranges &&
		    layout->ranges[r].start < layout->parts[i].end)
			layout->parts[nr++] = layout->parts[i];
	}

	layout->nr_parts = nr;
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

/* The GiB up to which a TDMR from @start has at most @max holes. */
static u32 reach(const struct tdmr_layout *layout, u32 start, unsigned int max)
{
	u64 from = gib(start);
	unsigned int i, holes = 0;

	for (i = 0; i < layout->nr_parts; i++) {
		const struct tdmr_range *part = &layout->parts[i];

		if (part->end <= from)
			continue;
		if (part->start > from && holes++ == max)
			return from >> GIB_SHIFT;
		from = part->end;
	}

	/* Behind the last there is a hole without end. */
	return holes == max ? from >> GIB_SHIFT : U32_MAX;
}

/* Is there a GiB with more than @max holes?  No TDMR can have it. */
static int check_holes(struct tdmr_layout *layout, unsigned int nr,
		       unsigned int max)
{
	const struct tdmr_run *run = layout->runs;
	unsigned int i;
	u32 at, end;

	for (i = 0; i < nr; i++, run++) {
		for (at = run->start; at < run->end; at = end) {
			end = reach(layout, at, max);
			if (end == at)
				return trouble(layout, TDMR_NO_RESERVED,
					       gib(at), gib((u64)at + 1));
		}
	}

	return 0;
}

/*
 * What it costs to have run @i and the one before it in one TDMR, in half GiB.
 * Of gaps that cost the same the first is the cheapest, so no two are equal.
 */
static u64 gap_cost(const struct tdmr_run *runs, unsigned int nr, unsigned int i)
{
	const struct tdmr_run *a = &runs[i - 1], *b = &runs[i];
	u64 cost = 2 * (u64)(b->start - a->end) + (a->node == b->node ? 0 : 3);

	return cost * nr + i;
}

/* Cover the runs while that takes at most @max TDMRs of @max_holes holes. */
struct cover {
	struct tdmr_layout *layout;
	unsigned int max;
	unsigned int max_holes;
	unsigned int nr;
	u32 reach;	/* of the last TDMR */
	u32 most;	/* GiB that the node of the last TDMR has in one run */
};

static void open_span(struct cover *c, u32 start, int node)
{
	c->layout->spans[c->nr++] = (struct tdmr_run) { start, start, node };
	c->reach = reach(c->layout, start, c->max_holes);
	c->most = 0;
}

/* Let the last TDMR go on as far as it can.  Returns how far it got. */
static u32 extend_span(struct cover *c, const struct tdmr_run *run, u32 start)
{
	struct tdmr_run *span = &c->layout->spans[c->nr - 1];
	u32 end = min(run->end, c->reach);

	if (end <= start)
		return start;

	span->end = end;
	if (end - start > c->most) {
		c->most = end - start;
		span->node = run->node;
	}

	return end;
}

/*
 * Bridges gaps that cost less than @cost.  Each TDMR reaches as far as it can,
 * so that they are as few as can be.
 */
static bool cover(struct cover *c, unsigned int nr, u64 cost)
{
	const struct tdmr_run *runs = c->layout->runs;
	unsigned int i;
	u32 at;

	c->nr = 0;
	for (i = 0; i < nr; i++) {
		at = runs[i].start;
		if (i && gap_cost(runs, nr, i) < cost)
			at = extend_span(c, &runs[i], at);

		while (at < runs[i].end) {
			if (c->nr == c->max)
				return false;
			open_span(c, at, runs[i].node);
			at = extend_span(c, &runs[i], at);
		}
	}

	return true;
}

/* As many TDMRs as there may be, bridging only the cheapest gaps. */
static int cover_cheaply(struct tdmr_layout *layout, unsigned int nr,
			 unsigned int max, unsigned int max_holes)
{
	struct cover c = {
		.layout = layout,
		.max = max,
		.max_holes = max_holes,
	};
	u64 lo = 0, hi = U64_MAX, mid;
	int ret;

	ret = check_holes(layout, nr, max_holes);
	if (ret)
		return ret;

	if (!cover(&c, nr, hi))
		return trouble(layout, TDMR_NO_TDMRS, layout->ranges[0].start,
			       layout->ranges[layout->nr_ranges - 1].end);

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (cover(&c, nr, mid))
			hi = mid;
		else
			lo = mid + 1;
	}

	cover(&c, nr, hi);
	layout->nr_spans = c.nr;

	return 0;
}

/*
 * One area of each TDMR is kept for its PAMT if that can be; if not, PAMTs must
 * touch a hole or go elsewhere, see tdmr_place.c.
 */
static int cover_memory(struct tdmr_layout *layout, unsigned int max)
{
	unsigned int nr = make_runs(layout);
	unsigned int areas = layout->limits.max_reserved;

	if (!cover_cheaply(layout, nr, max, areas - 1))
		return 0;

	return cover_cheaply(layout, nr, max, areas);
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

static void cut_into_lanes(struct tdmr_layout *layout, unsigned int max)
{
	struct tdmr_balance *b = &layout->balance;
	const struct tdmr_run *runs = layout->spans;
	unsigned int i;

	b->nr_runs = layout->nr_spans;
	b->max_pieces = max;
	b->nr_nodes = 0;
	for (i = 0; i < b->nr_runs; i++) {
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
			start = layout->spans[piece->run].start;

		*plan = (struct tdmr_plan) {
			.base = gib(start),
			.size = gib(piece->size),
			.node = layout->spans[piece->run].node,
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
	unsigned int max;
	int ret;

	layout->nr_plans = 0;
	trouble(layout, TDMR_FINE, 0, 0);

	ret = check_limits(layout);
	if (ret)
		return ret;
	ret = check_ranges(layout);
	if (ret)
		return ret;
	ret = make_parts(layout);
	if (ret)
		return ret;
	ret = check_convertible(layout);
	if (ret)
		return ret;
	drop_unused_parts(layout);

	max = min_t(unsigned int, layout->limits.max_tdmrs, TDMR_MAX_PLANS);
	ret = cover_memory(layout, max);
	if (ret)
		return ret;

	trouble(layout, TDMR_FINE, 0, 0);
	cut_into_lanes(layout, max);
	fill_plans(layout);

	return 0;
}
