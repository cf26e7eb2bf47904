// SPDX-License-Identifier: GPL-2.0-only
/*
 * The judge of layouts.  It shares no code with the planner: it looks at the host
 * and at the TDMRs, not at the way from one to the other.
 */
#include <stdlib.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "judge.h"

#define MAX_PIECES	(TDMR_MAX * (TDMR_NR_LEVELS + 257))

/* Ranges that a check works on, ascending. */
struct set {
	struct tdmr_range range[MAX_PIECES];
	unsigned int nr;
};

static void set_add(struct set *set, u64 start, u64 end)
{
	if (start < end)
		set->range[set->nr++] = (struct tdmr_range) { start, end, 0 };
}

static int by_start(const void *a, const void *b)
{
	const struct tdmr_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void set_sort(struct set *set)
{
	qsort(set->range, set->nr, sizeof(*set->range), by_start);
}

static bool set_overlaps(const struct set *set)
{
	unsigned int i;

	for (i = 1; i < set->nr; i++) {
		if (set->range[i].start < set->range[i - 1].end)
			return true;
	}

	return false;
}

/* Is all of [@start, @end) in some of the ascending ranges? */
static bool ranges_cover(const struct tdmr_range *range, unsigned int nr, u64 start, u64 end)
{
	for (; nr && start < end; nr--, range++) {
		if (range->start <= start && range->end > start)
			start = range->end;
	}

	return start >= end;
}

static bool ranges_meet(const struct tdmr_range *range, unsigned int nr, u64 start, u64 end)
{
	for (; nr; nr--, range++) {
		if (range->start < end && range->end > start)
			return true;
	}

	return false;
}

static bool has_memory(const struct tdmr_host *host, const struct tdmr *tdmr)
{
	unsigned int i;

	for (i = 0; i < host->nr_ranges; i++) {
		const struct tdmr_range *range = &host->ranges[i];

		if (range->node == tdmr->node && range->start < tdmr->base + tdmr->size &&
		    range->end > tdmr->base)
			return true;
	}

	return false;
}

static const char *judge_tdmrs(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	u64 end = 0;
	unsigned int i;

	if (!layout->nr_tdmrs || layout->nr_tdmrs > host->limits.max_tdmrs)
		return "the number of TDMRs";

	for (i = 0; i < layout->nr_tdmrs; i++) {
		const struct tdmr *tdmr = &layout->tdmrs[i];

		if (!tdmr->size || (tdmr->base | tdmr->size) % SZ_1G || tdmr->base < end)
			return "a TDMR that is empty, unaligned or out of order";
		if (!has_memory(host, tdmr))
			return "a TDMR of a node that has no memory there";
		end = tdmr->base + tdmr->size;
	}

	return NULL;
}

static void collect_pamts(const struct tdmr_layout *layout, struct set *pamts)
{
	unsigned int i;
	int level;

	pamts->nr = 0;
	for (i = 0; i < layout->nr_tdmrs; i++) {
		for (level = 0; level < TDMR_NR_LEVELS; level++) {
			const struct tdmr_pamt *pamt = &layout->tdmrs[i].pamt[level];

			set_add(pamts, pamt->base, pamt->base + pamt->size);
		}
	}
	set_sort(pamts);
}

static const char *judge_pamts(const struct tdmr_host *host, const struct tdmr_layout *layout,
			       struct set *pamts)
{
	static const u64 page_size[] = { SZ_4K, SZ_2M, SZ_1G };
	unsigned int i, level;

	for (i = 0; i < layout->nr_tdmrs; i++) {
		const struct tdmr *tdmr = &layout->tdmrs[i];

		for (level = 0; level < TDMR_NR_LEVELS; level++) {
			u64 need = tdmr->size / page_size[level] *
				   host->limits.entry_size[level];

			if (tdmr->pamt[level].base % SZ_4K ||
			    tdmr->pamt[level].size != (need + SZ_4K - 1) / SZ_4K * SZ_4K)
				return "the size or the alignment of a PAMT";
		}
	}

	collect_pamts(layout, pamts);
	if (set_overlaps(pamts))
		return "PAMTs that overlap";
	for (i = 0; i < pamts->nr; i++) {
		if (!ranges_cover(host->ranges, host->nr_ranges, pamts->range[i].start,
				  pamts->range[i].end))
			return "a PAMT that is not in memory";
	}

	return NULL;
}

/* Of each TDMR what is not reserved goes to @used. */
static const char *judge_areas(const struct tdmr_host *host, const struct tdmr_layout *layout,
			       struct set *used)
{
	unsigned int i, nr;

	used->nr = 0;
	for (i = 0; i < layout->nr_tdmrs; i++) {
		const struct tdmr *tdmr = &layout->tdmrs[i];
		struct tdmr_area area = {};
		u64 at = 0;

		for (nr = 0; tdmr_next_area(layout, tdmr, &area); nr++) {
			if (!area.size || (area.offset | area.size) % SZ_4K ||
			    area.offset < at + !!nr)
				return "an area that is empty, unaligned or touches another";
			set_add(used, tdmr->base + at, tdmr->base + area.offset);
			at = area.offset + area.size;
		}
		if (nr > host->limits.max_reserved)
			return "the number of reserved areas";
		if (at > tdmr->size)
			return "an area that ends behind its TDMR";
		set_add(used, tdmr->base + at, tdmr->base + tdmr->size);
	}

	return NULL;
}

/* What TDs can get must be convertible, and with the PAMTs it is all memory. */
static const char *judge_used(const struct tdmr_host *host, struct set *used,
			      const struct set *pamts)
{
	const struct tdmr_range *cmrs = host->nr_cmrs ? host->cmrs : host->ranges;
	unsigned int i, nr = host->nr_cmrs ?: host->nr_ranges;

	for (i = 0; i < used->nr; i++) {
		const struct tdmr_range *range = &used->range[i];

		if (!ranges_cover(cmrs, nr, range->start, range->end))
			return "a hole that is not reserved";
		if (ranges_meet(pamts->range, pamts->nr, range->start, range->end))
			return "a PAMT that is not reserved";
	}

	for (i = 0; i < pamts->nr; i++)
		set_add(used, pamts->range[i].start, pamts->range[i].end);
	set_sort(used);
	for (i = 0; i < host->nr_ranges; i++) {
		if (!ranges_cover(used->range, used->nr, host->ranges[i].start,
				  host->ranges[i].end))
			return "memory that is in no TDMR, or reserved";
	}

	return NULL;
}

/* Two allocations never share a block, with each other or with a hole. */
static const char *judge_rows(const struct tdmr_host *host, const struct tdmr_layout *layout,
			      struct set *blocks)
{
	unsigned int i;

	blocks->nr = 0;
	for (i = 0; i < layout->nr_rows; i++) {
		const struct tdmr_row *row = &layout->rows[i];
		u64 start = row->base / host->block * host->block;
		u64 end = (row->base + row->size + host->block - 1) / host->block *
			  host->block;

		if (!ranges_cover(host->ranges, host->nr_ranges, start, end))
			return "a row that shares a block with a hole";
		set_add(blocks, start, end);
	}
	set_sort(blocks);

	return set_overlaps(blocks) ? "rows that share a block" : NULL;
}

/**
 * judge_layout - is the layout one that the module accepts and Linux can use?
 * @host: the host
 * @layout: planned, placed and settled
 *
 * Return: what is wrong; NULL if nothing is.
 */
const char *judge_layout(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	static struct set pamts, used, blocks;

	return judge_tdmrs(host, layout) ?:
	       judge_pamts(host, layout, &pamts) ?:
	       judge_areas(host, layout, &used) ?:
	       judge_used(host, &used, &pamts) ?:
	       judge_rows(host, layout, &blocks);
}

/**
 * judge_rows_are_local - are the PAMTs of each node one row, in its own memory?
 * @host: the host
 * @layout: a good layout
 *
 * Return: true if they are.
 */
bool judge_rows_are_local(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	unsigned int i, j;

	for (i = 0; i < layout->nr_rows; i++) {
		const struct tdmr_row *row = &layout->rows[i];

		for (j = 0; j < i; j++) {
			if (layout->rows[j].node == row->node)
				return false;
		}
		for (j = 0; j < host->nr_ranges; j++) {
			const struct tdmr_range *range = &host->ranges[j];

			if (range->node != row->node && range->start < row->base + row->size &&
			    range->end > row->base)
				return false;
		}
	}

	return true;
}

/* GiB with memory of all nodes at each home; a GiB of two nodes is the first's. */
static void count_gibs(const struct tdmr_host *host, u64 *gibs)
{
	u64 start, end, at = 0;
	unsigned int i;

	for (i = 0; i < host->nr_ranges; i++) {
		const struct tdmr_range *range = &host->ranges[i];

		start = max_t(u64, at, range->start / SZ_1G);
		end = (range->end + SZ_1G - 1) / SZ_1G;
		if (start >= end)
			continue;
		gibs[host->nodes[range->node].home] += end - start;
		at = end;
	}
}

/**
 * judge_best - a bound for the makespan of all layouts that keep nodes apart
 * @host: the host
 *
 * In @best GiB of time, the CPUs of each home must be able to do all its GiB, and
 * TDMRs of @best GiB must cover the memory: a larger one takes longer.  With fewer
 * TDMRs than nodes there is no such layout, and the bound is all GiB.
 *
 * Return: GiB.
 */
u32 judge_best(const struct tdmr_host *host)
{
	u64 *gibs = calloc(host->nr_nodes, sizeof(*gibs));
	u64 tdmrs, best, least = 1, all = 0;
	unsigned int i, cpus;

	if (!gibs)
		abort();

	count_gibs(host, gibs);
	for (i = 0; i < host->nr_nodes; i++) {
		cpus = max(host->nodes[i].cpus, 1U);
		least = max(least, (gibs[i] + cpus - 1) / cpus);
		all += gibs[i];
	}
	for (best = least; ; best++) {
		tdmrs = 0;
		for (i = 0; i < host->nr_nodes; i++)
			tdmrs += (gibs[i] + best - 1) / best;
		if (tdmrs <= host->limits.max_tdmrs || best >= all)
			break;
	}
	free(gibs);

	return best;
}

static bool is_list(const struct tdmr_range *r, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (r[i].start >= r[i].end || r[i].end > 1ULL << 52 ||
		    r[i].start % SZ_4K || r[i].end % SZ_4K ||
		    (i && r[i].start < r[i - 1].end))
			return false;
	}

	return nr;
}

static bool nodes_exist(const struct tdmr_host *host)
{
	unsigned int i;

	for (i = 0; i < host->nr_ranges; i++) {
		if (host->ranges[i].node < 0 || host->ranges[i].node >= (int)host->nr_nodes)
			return false;
	}

	return true;
}

/* Without CMRs, the ranges that do not touch take their place. */
static bool parts_suffice(const struct tdmr_host *host)
{
	unsigned int i, parts = 1;

	for (i = 1; i < host->nr_ranges; i++)
		parts += host->ranges[i].start != host->ranges[i - 1].end;

	return parts <= TDMR_MAX_CMRS;
}

/**
 * judge_input - is the host one for which a layout may exist?
 * @host: any host, its homes valid
 *
 * Return: what the planner must say of invalid input, or %TDMR_FINE.
 */
enum tdmr_trouble judge_input(const struct tdmr_host *host)
{
	unsigned int i;

	if (!host->limits.max_tdmrs || !host->limits.max_reserved)
		return TDMR_BAD_LIMITS;
	if (!is_list(host->ranges, host->nr_ranges))
		return TDMR_BAD_RANGE;
	if (!nodes_exist(host))
		return TDMR_BAD_NODE;
	if (host->nr_cmrs ? !is_list(host->cmrs, host->nr_cmrs) : !parts_suffice(host))
		return TDMR_BAD_CMR;
	for (i = 0; i < host->nr_ranges && host->nr_cmrs; i++) {
		if (!ranges_cover(host->cmrs, host->nr_cmrs, host->ranges[i].start,
				  host->ranges[i].end))
			return TDMR_OUTSIDE_CMRS;
	}

	return TDMR_FINE;
}
