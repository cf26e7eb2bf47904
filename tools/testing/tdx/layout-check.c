// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every layout must be, whatever it was made from.  Looks at the memory
 * and at the TDMRs, not at how the planner came from one to the other.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-check.h"

#define PAGEBLOCK	((u64)SZ_2M)
#define MAX_RANGES	4096
#define MAX_SPANS	(TDMR_MAX_PLANS * 18)

struct span {
	u64 start;
	u64 end;
};

static struct span spans[MAX_SPANS];
static unsigned int nr_spans;

static void add_span(u64 start, u64 end)
{
	if (start < end)
		spans[nr_spans++] = (struct span) { start, end };
}

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void sort_spans(void)
{
	qsort(spans, nr_spans, sizeof(*spans), by_start);
}

static u64 pamt_end(const struct tdmr_plan *plan)
{
	return plan->pamt_base + tdmr_pamt_bytes(plan);
}

static const char *check_limits(const struct tdmr_layout *layout)
{
	unsigned int i;

	if (!layout->nr_plans || layout->nr_plans > layout->limits.max_tdmrs)
		return "more TDMRs than the module takes";
	for (i = 0; i < layout->nr_plans; i++) {
		if (layout->plans[i].nr_rsvd > layout->limits.max_reserved)
			return "more reserved areas than the module takes";
	}

	return NULL;
}

/* What TDs can get, and the PAMTs: together that must be all memory. */
static void collect_used(const struct tdmr_layout *layout)
{
	unsigned int i, j;

	nr_spans = 0;
	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];
		u64 at = plan->base;

		for (j = 0; j < plan->nr_rsvd; j++) {
			add_span(at, plan->base + plan->rsvd[j].offset);
			at = plan->base + plan->rsvd[j].offset + plan->rsvd[j].size;
		}
		add_span(at, plan->base + plan->size);
		add_span(plan->pamt_base, pamt_end(plan));
	}
	sort_spans();
}

static const char *check_covered(const struct tdmr_layout *layout)
{
	unsigned int i, s = 0;

	collect_used(layout);
	for (i = 0; i < layout->nr_ranges; i++) {
		u64 at = layout->ranges[i].start;

		while (at < layout->ranges[i].end) {
			while (s < nr_spans && spans[s].end <= at)
				s++;
			if (s == nr_spans || spans[s].start > at)
				return "memory that is in no TDMR, or reserved";
			at = spans[s].end;
		}
	}

	return NULL;
}

static bool in_memory(const struct tdmr_layout *layout, u64 start, u64 end)
{
	const struct tdmr_range *r = layout->ranges;
	unsigned int i;

	for (i = 0; i < layout->nr_ranges && start < end; i++) {
		if (r[i].start <= start && r[i].end > start)
			start = r[i].end;
	}

	return start >= end;
}

static const char *check_pamts(const struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];

		if (!plan->pamt_base)
			return "a PAMT without a place";
		if (!in_memory(layout, plan->pamt_base, pamt_end(plan)))
			return "a PAMT that is not in memory";
	}

	return NULL;
}

/* Memory that is allocated at once: of all PAMTs of a node, or of one. */
static void add_allocation(const struct tdmr_layout *layout,
			   const struct tdmr_plan *plan)
{
	u64 base, bytes = tdmr_layout_row(layout, plan->node, &base);

	if (!bytes)
		bytes = tdmr_pamt_bytes(plan);
	else if (plan->pamt_base != base)
		return;

	add_span(plan->pamt_base & ~(PAGEBLOCK - 1),
		 (plan->pamt_base + bytes + PAGEBLOCK - 1) & ~(PAGEBLOCK - 1));
}

/**
 * layout_shares_pageblocks - do allocations of PAMTs share a pageblock, with each
 * other or with what is no memory?
 * @layout: complete
 *
 * Return: true if so: the kernel could not make them.
 */
bool layout_shares_pageblocks(const struct tdmr_layout *layout)
{
	unsigned int i;

	nr_spans = 0;
	for (i = 0; i < layout->nr_plans; i++)
		add_allocation(layout, &layout->plans[i]);
	sort_spans();

	for (i = 0; i < nr_spans; i++) {
		if (i && spans[i].start < spans[i - 1].end)
			return true;
		if (!in_memory(layout, spans[i].start, spans[i].end))
			return true;
	}

	return false;
}

/* GiB with memory in each, one after another: spans of GiB. */
static void collect_runs(const struct tdmr_layout *layout)
{
	static struct span runs[MAX_RANGES];
	unsigned int i, nr = 0;

	for (i = 0; i < layout->nr_ranges; i++) {
		u64 start = layout->ranges[i].start / SZ_1G;
		u64 end = (layout->ranges[i].end - 1) / SZ_1G + 1;

		if (nr && runs[nr - 1].end >= start)
			runs[nr - 1].end = end;
		else
			runs[nr++] = (struct span) { start, end };
	}

	nr_spans = min_t(unsigned int, nr, MAX_SPANS);
	memcpy(spans, runs, nr_spans * sizeof(*spans));
}

static u64 pages(u64 bytes)
{
	return (bytes + SZ_4K - 1) / SZ_4K * SZ_4K;
}

/* Where no gap is bridged: less than a thousandth over one TDMR for each run. */
static const char *check_cost(const struct tdmr_layout *layout)
{
	u64 least = 0, cost = 0, gibs = 0, covered = 0;
	unsigned int i;

	collect_runs(layout);
	for (i = 0; i < nr_spans; i++) {
		u64 n = spans[i].end - spans[i].start;

		least += pages(n * SZ_4M) + pages(n * 512 * 16) + pages(n * 16);
		gibs += n;
	}
	for (i = 0; i < layout->nr_plans; i++) {
		cost += tdmr_pamt_bytes(&layout->plans[i]);
		covered += layout->plans[i].size / SZ_1G;
	}

	if (covered < gibs)
		return "a GiB with memory is in no TDMR";
	if (covered == gibs && (cost < least || cost - least >= least / 1000))
		return "too much memory for PAMTs";

	return NULL;
}

static int by_size(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/* Whose CPUs work on a TDMR? */
static int home_of(const struct tdmr_layout *layout, const struct tdmr_plan *plan)
{
	return layout->home ? layout->home[plan->node] : plan->node;
}

/* When does the busiest CPU end, each taking the largest TDMR that is left? */
static u64 home_makespan(const struct tdmr_layout *layout, int home)
{
	u64 size[TDMR_MAX_PLANS], load[TDMR_MAX_PLANS] = {};
	unsigned int cpus = max(layout->lanes[home], 1U);
	unsigned int i, c, least, n = 0;
	u64 most = 0;

	for (i = 0; i < layout->nr_plans; i++) {
		if (home_of(layout, &layout->plans[i]) == home)
			size[n++] = layout->plans[i].size / SZ_1G;
	}
	qsort(size, n, sizeof(*size), by_size);

	for (i = 0; i < n; i++) {
		for (c = 1, least = 0; c < cpus && c < TDMR_MAX_PLANS; c++) {
			if (load[c] < load[least])
				least = c;
		}
		load[least] += size[i];
		most = max(most, load[least]);
	}

	return most;
}

static const char *check_makespan(const struct tdmr_layout *layout)
{
	u64 makespan = 0;
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++)
		makespan = max(makespan,
			       home_makespan(layout,
					     home_of(layout, &layout->plans[i])));

	if (makespan != layout->makespan)
		return "the makespan is not what is said";

	return NULL;
}

/**
 * layout_check - is a layout as it must be?
 * @layout: complete
 *
 * Return: what is wrong, NULL if nothing is.
 */
const char *layout_check(const struct tdmr_layout *layout)
{
	static const char *(*const checks[])(const struct tdmr_layout *layout) = {
		check_limits,
		check_pamts,
		check_covered,
		check_cost,
		check_makespan,
	};
	const char *wrong;
	unsigned int i;

	for (i = 0; i < sizeof(checks) / sizeof(*checks); i++) {
		wrong = checks[i](layout);
		if (wrong)
			return wrong;
	}

	return layout_sys_config(layout) ? "SYS.CONFIG refuses it" : NULL;
}
