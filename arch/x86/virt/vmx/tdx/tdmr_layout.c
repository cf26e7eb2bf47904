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
 * - Each TDMR goes on from the first GiB that none has yet as far as its areas
 *   let it, but not over the gap to another run.  One area is kept for its
 *   PAMT if that can be.
 * - Are these more than the module takes, gaps are bridged, the cheapest first,
 *   which costs the GiB of the gap.  Mixing nodes counts as much as a gap of
 *   1.5 GiB.  Where all gaps may be bridged, no cover has fewer TDMRs: one that
 *   is part of another has no more holes than that, so none is ever too long.
 * - What TDMRs remain cut the runs into lanes, see tdmr_balance.c.
 *
 * Cost: linear in the ranges; with a factor of some 100 when gaps are bridged,
 * because the gaps to bridge are found by trying, for three sizes of TDMRs.
 */
#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "tdmr_layout.h"

#define MAX_PA		BIT_ULL(52)
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
	u64 at;

	for (i = 0; i < layout->nr_ranges; i++, range++) {
		for (at = range->start; at < range->end; at = part->end) {
			while (part < end && part->end <= at)
				part++;
			if (part < end && part->start <= at)
				continue;

			return trouble(layout, TDMR_OUTSIDE_CMRS, at,
				       part == end ? range->end :
				       min(range->end, part->start));
		}
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

static void append_run(struct tdmr_layout *layout, u32 start, u32 end, int node)
{
	unsigned int nr = layout->nr_runs;
	struct tdmr_run *last = nr ? &layout->runs[nr - 1] : NULL;

	if (last && last->end == start && last->node == node)
		last->end = end;
	else
		layout->runs[layout->nr_runs++] = (struct tdmr_run) {
			.start = start, .end = end, .node = node,
		};
}

/* The last GiB so far, which ranges from @first on share; @node has most. */
struct shared_gib {
	struct tdmr_layout *layout;
	bool open;
	u32 gib;
	unsigned int first;
	int node;
};

/* No range from @end on is in it. */
static void close_gib(struct shared_gib *s, unsigned int end)
{
	struct tdmr_layout *layout = s->layout;
	unsigned int i;

	if (!s->open)
		return;

	append_run(layout, s->gib, s->gib + 1, s->node);
	for (i = s->first; i < end; i++)
		layout->node_sum[layout->ranges[i].node] = 0;
	s->open = false;
}

static void share_gib(struct shared_gib *s, unsigned int i, u32 g)
{
	const struct tdmr_range *range = &s->layout->ranges[i];
	u64 *sum = s->layout->node_sum;

	if (!s->open || s->gib != g) {
		close_gib(s, i);
		s->open = true;
		s->gib = g;
		s->first = i;
		s->node = range->node;
	}

	sum[range->node] += min(range->end, gib((u64)g + 1)) -
			    max(range->start, gib(g));
	if (sum[range->node] > sum[s->node])
		s->node = range->node;
}

static void make_runs(struct tdmr_layout *layout)
{
	struct shared_gib s = { .layout = layout };
	unsigned int i;
	u32 first, last;

	layout->nr_runs = 0;
	memset(layout->node_sum, 0, sizeof(layout->node_sum));

	for (i = 0; i < layout->nr_ranges; i++) {
		first = layout->ranges[i].start >> GIB_SHIFT;
		last = (layout->ranges[i].end - 1) >> GIB_SHIFT;

		share_gib(&s, i, first);
		if (first == last)
			continue;

		close_gib(&s, i + 1);
		if (first + 1 < last)
			append_run(layout, first + 1, last,
				   layout->ranges[i].node);
		share_gib(&s, i, last);
	}

	close_gib(&s, layout->nr_ranges);
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
static int check_holes(struct tdmr_layout *layout, unsigned int max)
{
	const struct tdmr_run *run = layout->runs;
	unsigned int i;
	u32 at, end;

	for (i = 0; i < layout->nr_runs; i++, run++) {
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
static u64 gap_cost(const struct tdmr_layout *layout, unsigned int i)
{
	const struct tdmr_run *a = &layout->runs[i - 1], *b = &layout->runs[i];
	u64 cost = 2 * (u64)(b->start - a->end) + (a->node == b->node ? 0 : 3);

	return cost * layout->nr_runs + i;
}

/**
 * struct cover - what the TDMRs that cover the runs may be
 * @layout: the layout, whose spans they become
 * @max_nr: so many
 * @max_holes: so many in each
 * @max_size: so many GiB each
 * @sizes: so many GiB each, one after another, if not NULL
 * @max_joined: so many GiB each that has more than one run
 * @max_cost: a gap is bridged if it costs less
 * @reach: of the last, where it must end
 * @most: GiB of the run that gives the last its node
 */
struct cover {
	struct tdmr_layout *layout;
	unsigned int max_nr;
	unsigned int max_holes;
	u64 max_size;
	const u32 *sizes;
	u64 max_joined;
	u64 max_cost;
	u32 reach;
	u32 most;
};

#define NO_LIMIT	BIT_ULL(32)

static void open_span(struct cover *c, u32 start, int node)
{
	struct tdmr_layout *layout = c->layout;
	u64 size = c->sizes ? c->sizes[layout->nr_spans] : c->max_size;

	layout->spans[layout->nr_spans++] = (struct tdmr_run) {
		.start = start, .end = start, .node = node,
	};
	c->reach = min_t(u64, reach(layout, start, c->max_holes), start + size);
	c->most = 0;
}

/* Let the last TDMR go on as far as it can.  Returns how far it got. */
static u32 extend_span(struct cover *c, const struct tdmr_run *run, u32 start)
{
	struct tdmr_run *span = &c->layout->spans[c->layout->nr_spans - 1];
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

static bool may_join(const struct cover *c, unsigned int i)
{
	const struct tdmr_layout *layout = c->layout;

	return i && gap_cost(layout, i) < c->max_cost &&
	       layout->runs[i].end -
	       layout->spans[layout->nr_spans - 1].start <= c->max_joined;
}

/* Each TDMR reaches as far as it may, so that they are as few as can be. */
static bool cover_runs(struct cover *c)
{
	struct tdmr_layout *layout = c->layout;
	unsigned int i;
	u32 at;

	layout->nr_spans = 0;
	for (i = 0; i < layout->nr_runs; i++) {
		const struct tdmr_run *run = &layout->runs[i];

		at = run->start;
		if (may_join(c, i))
			at = extend_span(c, run, at);

		while (at < run->end) {
			if (layout->nr_spans == c->max_nr)
				return false;
			open_span(c, at, run->node);
			at = extend_span(c, run, at);
		}
	}

	return true;
}

/* The least value from @lo on of a limit of @c that lets the runs be covered. */
static void find_least(struct cover *c, u64 *limit, u64 lo)
{
	u64 hi = *limit;

	while (lo < hi) {
		*limit = lo + (hi - lo) / 2;
		if (cover_runs(c))
			hi = *limit;
		else
			lo = *limit + 1;
	}

	*limit = hi;
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
			.node = layout->spans[piece->run].node,
			.rsvd = &layout->areas[i * layout->limits.max_reserved],
		};
		tdmr_size_pamts(plan, piece->size, &layout->limits);
		start += piece->size;
	}

	layout->nr_plans = b->nr_pieces;
	layout->makespan = b->makespan;
	layout->bound = b->bound;
}

static struct cover any_cover(struct tdmr_layout *layout)
{
	return (struct cover) {
		.layout = layout,
		.max_nr = min_t(unsigned int, layout->limits.max_tdmrs,
				TDMR_MAX_PLANS),
		.max_holes = layout->limits.max_reserved,
		.max_size = NO_LIMIT,
		.max_joined = NO_LIMIT,
		.max_cost = U64_MAX,
	};
}

/*
 * One area of each TDMR is kept for its PAMT if that can be; if not, PAMTs must
 * touch a hole or go elsewhere, see tdmr_place.c.
 */
static int limit_holes(struct cover *c)
{
	struct tdmr_layout *layout = c->layout;
	unsigned int max = layout->limits.max_reserved;
	int ret;

	c->max_holes = max - 1;
	if (!check_holes(layout, c->max_holes) && cover_runs(c))
		return 0;

	c->max_holes = max;
	ret = check_holes(layout, c->max_holes);
	if (ret)
		return ret;
	if (cover_runs(c))
		return 0;

	return trouble(layout, TDMR_NO_TDMRS, layout->ranges[0].start,
		       layout->ranges[layout->nr_ranges - 1].end);
}

/* GiB that the CPUs of the busiest node have to do at least. */
static u64 busiest(struct tdmr_layout *layout)
{
	const struct tdmr_run *runs = layout->runs;
	u64 *sum = layout->node_sum;
	u64 most = 0;
	unsigned int i, lanes;

	for (i = 0; i < layout->nr_runs; i++)
		sum[runs[i].node] += runs[i].end - runs[i].start;

	for (i = 0; i < layout->nr_runs; i++) {
		lanes = max(layout->lanes[runs[i].node], 1U);
		most = max(most, sum[runs[i].node] / lanes);
		sum[runs[i].node] = 0;
	}

	return most;
}

/* No gap costs as much. */
static u64 too_dear(const struct tdmr_layout *layout)
{
	const struct tdmr_run *last = &layout->runs[layout->nr_runs - 1];

	return (2 * (u64)last->end + 4) * layout->nr_runs;
}

static void cover_and_cut(struct cover *c)
{
	cover_runs(c);
	cut_into_lanes(c->layout, c->max_nr);
}

/*
 * Bridge the cheapest gaps.  Cheap ones in a row would make one TDMR that takes
 * longer than all others, so the size of what is joined is limited too.  Tried
 * are the least limit that there can be, what the busiest CPU has to do in any
 * case, and none.  With a larger limit the gaps are cheaper, which is worth one
 * GiB of time.
 */
static void join_runs(struct cover *c)
{
	u64 limits[3], costs[ARRAY_SIZE(limits)];
	u32 makespan[ARRAY_SIZE(limits)];
	u32 best = U32_MAX;
	unsigned int i;

	c->max_cost = too_dear(c->layout);
	find_least(c, &c->max_joined, 1);
	limits[0] = c->max_joined;
	limits[1] = max(limits[0], busiest(c->layout));
	limits[2] = NO_LIMIT;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		c->max_joined = limits[i];
		find_least(c, &c->max_cost, 0);
		cover_and_cut(c);
		costs[i] = c->max_cost;
		makespan[i] = c->layout->balance.makespan;
		best = min(best, makespan[i]);
	}

	do {
		i--;
	} while (makespan[i] > best + 1);

	c->max_joined = limits[i];
	c->max_cost = costs[i];
	cover_and_cut(c);
}

static int cover_memory(struct tdmr_layout *layout)
{
	struct cover c = any_cover(layout);
	int ret;

	ret = limit_holes(&c);
	if (ret)
		return ret;

	c.max_cost = 0;
	if (cover_runs(&c))
		cut_into_lanes(layout, c.max_nr);
	else
		join_runs(&c);

	return 0;
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

	make_runs(layout);
	ret = cover_memory(layout);
	if (ret)
		return ret;

	trouble(layout, TDMR_FINE, 0, 0);
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
			    reach(layout, half, max_holes) >= b->end) {
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
	struct cover c = any_cover(layout);

	find_least(&c, &c.max_size, 1);
	c.max_cost = too_dear(layout);
	find_least(&c, &c.max_cost, 0);
	cover_runs(&c);
	even_out_spans(layout, c.max_holes);
	cut_into_lanes(layout, c.max_nr);
	fill_plans(layout);
}

/**
 * tdmr_layout_resize - choose TDMRs of other sizes
 * @layout: planned
 * @sizes: GiB that each TDMR may have at most, one after another
 *
 * Return: false if they do not cover the memory, and @layout is as it was;
 * otherwise the PAMTs have no places then.
 */
bool tdmr_layout_resize(struct tdmr_layout *layout, const u32 *sizes)
{
	struct cover c = any_cover(layout);

	c.sizes = sizes;
	if (!cover_runs(&c))
		return false;

	c.max_cost = too_dear(layout);
	find_least(&c, &c.max_cost, 0);
	cover_and_cut(&c);
	fill_plans(layout);

	return true;
}
