// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which GiB have memory, and of which node.
 *
 * A GiB of several nodes belongs to the one with most memory in it.  Consecutive
 * GiB of a node are a run.
 */
#include <linux/minmax.h>
#include <linux/string.h>

#include "tdmr_internal.h"

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

	sum[range->node] += min(range->end, tdmr_gib((u64)g + 1)) -
			    max(range->start, tdmr_gib(g));
	if (sum[range->node] > sum[s->node])
		s->node = range->node;
}

/**
 * tdmr_find_runs - find the GiB that are to be covered
 * @layout: its memory is in order; gets the runs, and an empty @node_sum
 */
void tdmr_find_runs(struct tdmr_layout *layout)
{
	struct shared_gib s = { .layout = layout };
	unsigned int i;
	u32 first, last;

	layout->nr_runs = 0;
	memset(layout->node_sum, 0, sizeof(layout->node_sum));

	for (i = 0; i < layout->nr_ranges; i++) {
		first = layout->ranges[i].start >> TDMR_GIB_SHIFT;
		last = (layout->ranges[i].end - 1) >> TDMR_GIB_SHIFT;

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

/**
 * tdmr_main_node - whose is most of the memory of some GiB?
 * @layout: its memory is in order, its @node_sum empty
 * @start: first GiB
 * @end: first GiB after them; there is memory in between
 *
 * Return: the node; of two with as much, the one that has it first.
 */
int tdmr_main_node(struct tdmr_layout *layout, u32 start, u32 end)
{
	unsigned int first = tdmr_range_after(layout, tdmr_gib(start)), i;
	const struct tdmr_range *ranges = layout->ranges;
	u64 *sum = layout->node_sum;
	int node = ranges[first].node;

	for (i = first; i < layout->nr_ranges; i++) {
		const struct tdmr_range *range = &ranges[i];

		if (range->start >= tdmr_gib(end))
			break;
		sum[range->node] += min(range->end, tdmr_gib(end)) -
				    max(range->start, tdmr_gib(start));
		if (sum[range->node] > sum[node])
			node = range->node;
	}
	while (i-- > first)
		sum[ranges[i].node] = 0;

	return node;
}
