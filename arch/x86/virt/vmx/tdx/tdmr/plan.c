// SPDX-License-Identifier: GPL-2.0-only
/*
 * Choose the TDMRs that cover the memory of a host.
 *
 * Each TDMR is a lane of TDH.SYS.TDMR.INIT, so the TDMRs determine how parallel the
 * initialization is.  The module requires that TDMRs are whole GiB, ascending and
 * disjoint.  Today's modules accept up to 64 TDMRs, with up to 16 reserved areas each.
 *
 *	memory     |####|    |##########|           |####|	node 0, 0, 1
 *	CMRs       |=====|  |===========|           |====|
 *	GiB        |       |       |       |       |       |
 *	spans      [               )[node 0)       [node 1 )
 *	TDMRs      [0      )[1     )[2     )       [3      )
 *	reserved        |rr| |r|        |rr|       |rr|  |r|	+ PAMTs
 *
 * TDMRs cover each GiB that contains memory of the page allocator.  A GiB with memory of
 * two nodes belongs to the first node.  Reserved areas cover memory that is not
 * convertible.  Convertible memory that the page allocator does not have, such as ACPI
 * tables, needs no reserved area, so 16 areas suffice for fragmented firmware maps.
 *
 * Consecutive GiB of a node form a span.  The planner cuts spans into TDMRs of equal
 * size.  Each cut adds a TDMR to a span of the node whose CPUs have the most work.  A span
 * may bridge gaps in memory: that saves TDMRs, but the module also initializes the GiB
 * of the gap.  The planner tries a few limits for gaps, and takes the best.
 */
#include <linux/align.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "tdmr.h"

#define TDMR_GIB_SHIFT	30

/* The limit that bridges all gaps, also gaps between nodes. */
#define TDMR_ALL_GAPS	U32_MAX

static u32 tdmr_gib_up(u64 addr)
{
	return (addr + SZ_1G - 1) >> TDMR_GIB_SHIFT;
}

static unsigned int tdmr_most(const struct tdmr_host *host)
{
	return min_t(unsigned int, host->limits.max_tdmrs, TDMR_MAX);
}

static int tdmr_home(const struct tdmr_host *host, int node)
{
	return host->nodes[node].home;
}

/* Find spans that bridge gaps of up to @gap GiB.  Returns false for too many spans. */
static bool tdmr_find_spans(const struct tdmr_host *host, struct tdmr_layout *layout,
			    u32 gap)
{
	struct tdmr_span *span = NULL;
	u32 start, end, at = 0;
	unsigned int i;

	layout->nr_spans = 0;
	for (i = 0; i < host->nr_ranges; i++) {
		const struct tdmr_range *range = &host->ranges[i];

		start = max_t(u32, range->start >> TDMR_GIB_SHIFT, at);
		end = tdmr_gib_up(range->end);
		if (start >= end)
			continue;
		at = end;

		if (span && (gap == TDMR_ALL_GAPS ||
			     (span->node == range->node && start - span->end <= gap))) {
			span->end = end;
			continue;
		}
		if (layout->nr_spans == tdmr_most(host))
			return false;

		span = &layout->spans[layout->nr_spans++];
		*span = (struct tdmr_span) {
			.start = start,
			.end = end,
			.node = range->node,
			.nr = 1,
		};
	}
	layout->spans[layout->nr_spans].nr = 0;

	return true;
}

/* Returns the number of GiB of TDMR @i of a span.  No TDMR is larger than the last. */
static u32 tdmr_span_size(const struct tdmr_span *span, unsigned int i)
{
	return (span->end - span->start + i) / span->nr;
}

static u32 tdmr_span_largest(const struct tdmr_span *span)
{
	return tdmr_span_size(span, span->nr - 1);
}

/* Insert @size into @sizes, which are in descending order. */
static void tdmr_add_size(u32 *sizes, unsigned int nr, u32 size)
{
	for (; nr && sizes[nr - 1] < size; nr--)
		sizes[nr] = sizes[nr - 1];
	sizes[nr] = size;
}

/* Returns the GiB of the busiest CPU, if each CPU takes the largest remaining TDMR. */
static u32 tdmr_busiest(const u32 *sizes, unsigned int nr, unsigned int cpus)
{
	u32 load[TDMR_MAX] = {};
	unsigned int i, cpu, least;
	u32 most = 0;

	cpus = clamp(cpus, 1U, nr);
	for (i = 0; i < nr; i++) {
		least = 0;
		for (cpu = 1; cpu < cpus && load[least]; cpu++) {
			if (load[cpu] < load[least])
				least = cpu;
		}
		load[least] += sizes[i];
		most = max(most, load[least]);
	}

	return most;
}

/* Update @time and @idle in all spans of a home. */
static void tdmr_load_home(const struct tdmr_host *host, struct tdmr_layout *layout,
			   int home)
{
	unsigned int i, nr = 0, cpus = host->nodes[home].cpus;
	struct tdmr_span *span;
	u32 time, sizes[TDMR_MAX];

	for (span = layout->spans; span->nr; span++) {
		for (i = 0; i < span->nr && tdmr_home(host, span->node) == home; i++)
			tdmr_add_size(sizes, nr++, tdmr_span_size(span, i));
	}

	time = tdmr_busiest(sizes, nr, cpus);
	for (span = layout->spans; span->nr; span++) {
		if (tdmr_home(host, span->node) == home) {
			span->time = time;
			span->idle = cpus > nr;
		}
	}
}

/*
 * Find the span with the largest TDMR: among spans of the busiest homes or, with @more,
 * preferably among spans of homes with idle CPUs.
 */
static struct tdmr_span *tdmr_next_cut(struct tdmr_layout *layout, u32 time, bool more)
{
	struct tdmr_span *span, *found = NULL;

	for (span = layout->spans; span->nr; span++) {
		if (tdmr_span_largest(span) == 1 || (!more && span->time < time))
			continue;
		if (!found || (more && span->idle > found->idle) ||
		    (span->idle == found->idle &&
		     tdmr_span_largest(span) > tdmr_span_largest(found)))
			found = span;
	}

	return found;
}

/*
 * Cut the spans until the limit of TDMRs is reached or no span can be cut.  Keep the
 * best cut: the first with the shortest time or, with @more, the last that is no slower.
 */
static void tdmr_cut_more(const struct tdmr_host *host, struct tdmr_layout *layout,
			  u32 *least, bool more)
{
	struct tdmr_span *span;
	unsigned int nr = 0;
	u32 time;

	for (span = layout->spans; span->nr; span++)
		nr += span->nr;

	for (;;) {
		time = 0;
		for (span = layout->spans; span->nr; span++)
			time = max(time, span->time);
		if (time < *least + more) {
			*least = time;
			for (span = layout->spans; span->nr; span++)
				span->best = span->nr;
		}

		span = tdmr_next_cut(layout, time, more);
		if (!span || nr == tdmr_most(host))
			break;
		span->nr++;
		nr++;
		tdmr_load_home(host, layout, tdmr_home(host, span->node));
	}

	for (span = layout->spans; span->nr; span++)
		span->nr = span->best;
	for (span = layout->spans; span->nr; span++)
		tdmr_load_home(host, layout, tdmr_home(host, span->node));
}

/* Cut all spans.  Returns the GiB of the busiest CPU. */
static u32 tdmr_cut_spans(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	u32 least = U32_MAX - 1;
	struct tdmr_span *span;

	for (span = layout->spans; span->nr; span++)
		span->nr = 1;
	for (span = layout->spans; span->nr; span++)
		tdmr_load_home(host, layout, tdmr_home(host, span->node));

	tdmr_cut_more(host, layout, &least, false);
	tdmr_cut_more(host, layout, &least, true);

	return least;
}

/*
 * Try the limits 0, 4 GiB (the hole below 4 GiB is smaller), 32 GiB and so on.  Take a
 * larger limit only if the busiest CPU then initializes at least 2 GiB less, since sizes are
 * rounded to a GiB.
 */
static u32 tdmr_best_gap(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	u32 last = tdmr_gib_up(host->ranges[host->nr_ranges - 1].end);
	u32 gap, time, best = TDMR_ALL_GAPS, least = U32_MAX;
	unsigned int nr_spans = 0;

	for (gap = 0; gap < last; gap = gap ? 8 * gap : 4) {
		if (!tdmr_find_spans(host, layout, gap) || layout->nr_spans == nr_spans)
			continue;
		nr_spans = layout->nr_spans;

		time = tdmr_cut_spans(host, layout);
		if (time + 1 < least) {
			least = time;
			best = gap;
		}
	}

	return best;
}

/* Add a TDMR from @start to @end, without the GiB at its ends that have no memory. */
static void tdmr_add(const struct tdmr_host *host, struct tdmr_layout *layout,
		     u32 start, u32 end)
{
	static const u64 page_size[TDMR_NR_LEVELS] = { SZ_4K, SZ_2M, SZ_1G };
	const struct tdmr_range *ranges = host->ranges;
	struct tdmr *tdmr = &layout->tdmrs[layout->nr_tdmrs];
	unsigned int first = 0, last;
	int level;

	while (tdmr_gib_up(ranges[first].end) <= start)
		first++;
	start = max_t(u32, start, ranges[first].start >> TDMR_GIB_SHIFT);
	if (start >= end)
		return;

	for (last = first; last + 1 < host->nr_ranges; last++) {
		if (ranges[last + 1].start >> TDMR_GIB_SHIFT >= end)
			break;
	}
	end = min(end, tdmr_gib_up(ranges[last].end));

	*tdmr = (struct tdmr) {
		.base = (u64)start << TDMR_GIB_SHIFT,
		.size = (u64)(end - start) << TDMR_GIB_SHIFT,
		.node = ranges[first].node,
	};
	for (level = 0; level < TDMR_NR_LEVELS; level++)
		tdmr->pamt[level].size = ALIGN(tdmr->size / page_size[level] *
					       host->limits.entry_size[level], SZ_4K);
	layout->nr_tdmrs++;
}

static void tdmr_add_all(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	struct tdmr_span *span;
	unsigned int i;
	u32 start, end;

	for (span = layout->spans; span->nr; span++) {
		for (start = span->start, i = 0; i < span->nr; i++, start = end) {
			end = start + tdmr_span_size(span, i);
			tdmr_add(host, layout, start, end);
		}
	}
}

/* Add a row for each node. */
static void tdmr_add_rows(struct tdmr_layout *layout)
{
	unsigned int i, j;

	for (i = 0; i < layout->nr_tdmrs; i++) {
		struct tdmr *tdmr = &layout->tdmrs[i];

		for (j = 0; j < layout->nr_rows; j++) {
			if (layout->rows[j].node == tdmr->node)
				break;
		}
		if (j == layout->nr_rows)
			layout->nr_rows++;
		layout->rows[j].node = tdmr->node;
		layout->rows[j].size += tdmr_pamt_bytes(tdmr);
		tdmr->row = j;
	}
}

/**
 * tdmr_plan - choose the TDMRs
 * @host: the host
 * @layout: gets the TDMRs, and rows for their PAMTs that have no place yet
 *
 * Return: 0; -EINVAL if the input is invalid; -ERANGE if memory is outside the CMRs;
 * -ENOSPC if a TDMR has more holes than the module has reserved areas.  After an error,
 * @layout has the reason and the range.
 */
int tdmr_plan(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	struct tdmr_span *span = layout->spans;
	const struct tdmr *full;
	u32 gap;
	int ret;

	*layout = (struct tdmr_layout) {};

	ret = tdmr_check(host, layout);
	if (ret)
		return ret;

	gap = tdmr_best_gap(host, layout);
	tdmr_find_spans(host, layout, gap);
	if (gap != TDMR_ALL_GAPS)
		tdmr_cut_spans(host, layout);
	else	/* Small TDMRs contain less memory of other nodes. */
		span->nr = min(tdmr_most(host), span->end - span->start);
	tdmr_add_all(host, layout);
	tdmr_add_rows(layout);

	full = tdmr_find_full(layout, 0, U64_MAX, host->limits.max_reserved);
	if (full)
		return tdmr_refuse(layout, TDMR_NO_RESERVED, full->base, tdmr_end_of(full));

	return 0;
}

/**
 * tdmr_order - sort the TDMRs for initialization, the largest first
 * @layout: the layout, planned
 * @order: gets the indices of the TDMRs; TDMRs of equal size keep their order
 */
void tdmr_order(const struct tdmr_layout *layout, unsigned int order[TDMR_MAX])
{
	const struct tdmr *tdmrs = layout->tdmrs;
	unsigned int i, j;

	for (i = 0; i < layout->nr_tdmrs; i++) {
		for (j = i; j && tdmrs[order[j - 1]].size < tdmrs[i].size; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}
}
