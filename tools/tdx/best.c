// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least time in which the CPUs could be done with any layout at all.
 *
 * That S GiB are enough for each CPU is refuted, and then so is less:
 *
 * - By the GiB: the CPUs of a node have S each.
 * - By the TDMRs: those of at most S GiB that bridge all gaps they can are the
 *   fewest, and a node of as many CPUs needs no more.
 * - By both, for nodes with fewer CPUs than that: with so many TDMRs, so many
 *   gaps are not bridged, and the GiB of the others count.
 * - By search, for these.  Gaps are bridged or not; where there would be more
 *   holes than areas, a TDMR ends and another begins.
 *   Say that two runs belong together when some CPU works on both; then runs and
 *   CPUs fall into groups.  A group of R runs on K CPUs can do with R + K - 1
 *   TDMRs, one CPU filled after the other, and not with fewer.  So all ways to
 *   group the runs are tried.
 *
 * The search ends after so many steps; what it has not refuted by then counts
 * as possible, and the result is a bound that may not be reached.  So it may
 * where cuts that holes force do not fit those between CPUs.
 */
#include <stdlib.h>

#include <linux/minmax.h>

#include "best.h"
#include "tdmr_internal.h"

#define MAX_RUNS	TDMR_MAX_PIECES
#define MAX_STEPS	50000

struct search {
	const struct tdmr_layout *layout;
	u64 span;
	u64 cpus;
	u64 max_tdmrs;
	u64 size[MAX_RUNS];	/* of runs, or what bridges made of them */
	u64 gap[MAX_RUNS];	/* before a run that may be bridged, else 0 */
	u32 end[MAX_RUNS];	/* GiB behind a run */
	unsigned int nr_runs;
	u64 joined[MAX_RUNS];
	unsigned int nr_joined;
	u64 item[MAX_RUNS];	/* the same, the largest first */
	u64 group[MAX_RUNS];	/* GiB in each */
	unsigned int nr_groups;
	unsigned long steps;
};

static u64 div_up(u64 a, u64 b)
{
	return (a + b - 1) / b;
}

/*
 * Put item @i and all after it into groups, with @tdmrs and @cpus in use.  Each
 * takes one TDMR at least.
 */
static bool can_group(struct search *s, unsigned int i, u64 tdmrs, u64 cpus)
{
	unsigned int g;

	if (tdmrs + s->nr_joined - i > s->max_tdmrs || cpus > s->cpus)
		return false;
	if (i == s->nr_joined || !s->steps)
		return true;
	s->steps--;

	for (g = 0; g <= s->nr_groups; g++) {
		bool new = g == s->nr_groups;
		u64 before = new ? 0 : div_up(s->group[g], s->span);
		u64 more;
		bool ok;

		if (new)
			s->group[s->nr_groups++] = 0;
		s->group[g] += s->item[i];
		more = div_up(s->group[g], s->span) - before;
		ok = can_group(s, i + 1, tdmrs + more + !new, cpus + more);
		s->group[g] -= s->item[i];
		if (ok)
			return true;
		if (new) {
			s->nr_groups--;
			break;
		}
	}

	return false;
}

static bool can_group_joined(struct search *s)
{
	unsigned int i, j;

	for (i = 0; i < s->nr_joined; i++) {
		for (j = i; j && s->item[j - 1] < s->joined[i]; j--)
			s->item[j] = s->item[j - 1];
		s->item[j] = s->joined[i];
	}
	s->nr_groups = 0;

	return can_group(s, 0, 0, 0);
}

/*
 * TDMRs that begin for run @i, the one before it reaching to GiB @reach at most:
 * more when the holes of the module's areas end one.  Moves @reach on.
 */
static u64 begin_tdmrs(const struct search *s, unsigned int i, u32 *reach)
{
	u64 nr = 0;

	while (*reach < s->end[i]) {
		*reach = tdmr_reach(s->layout, *reach,
				    s->layout->limits.max_reserved);
		nr++;
	}

	return nr;
}

static bool can_join(struct search *s, unsigned int i, u64 gibs, u64 tdmrs,
		     u32 reach);

/* Run @i with a bridge over the gap before it. */
static bool can_bridge(struct search *s, unsigned int i, u64 gibs, u64 tdmrs,
		       u32 reach)
{
	u64 *last;
	bool ok;

	/* A TDMR that ends in the gap need not have any of it. */
	if (!s->gap[i] || reach <= s->end[i] - s->size[i])
		return false;

	last = &s->joined[s->nr_joined - 1];
	tdmrs += begin_tdmrs(s, i, &reach);
	*last += s->gap[i] + s->size[i];
	ok = can_join(s, i + 1, gibs + s->gap[i], tdmrs, reach);
	*last -= s->gap[i] + s->size[i];

	return ok;
}

/*
 * Bridge the gap before run @i, or not, and so on; @gibs and @tdmrs are in use,
 * of which the last goes to GiB @reach at most.
 */
static bool can_join(struct search *s, unsigned int i, u64 gibs, u64 tdmrs,
		     u32 reach)
{
	bool ok;

	if (gibs > s->cpus * s->span || tdmrs > s->max_tdmrs)
		return false;
	if (i == s->nr_runs)
		return s->nr_joined + s->cpus - 1 <= s->max_tdmrs ||
		       can_group_joined(s);
	if (!s->steps)
		return true;
	s->steps--;

	if (can_bridge(s, i, gibs, tdmrs, reach))
		return true;

	s->joined[s->nr_joined++] = s->size[i];
	reach = s->end[i] - s->size[i];
	tdmrs += begin_tdmrs(s, i, &reach);
	ok = can_join(s, i + 1, gibs, tdmrs, reach);
	s->nr_joined--;

	return ok;
}

static bool list_runs(struct search *s, int home)
{
	const struct tdmr_run *runs = s->layout->runs;
	unsigned int i;

	s->nr_runs = 0;
	for (i = 0; i < s->layout->nr_runs; i++) {
		if (tdmr_home(s->layout, runs[i].node) != home)
			continue;
		if (s->nr_runs == MAX_RUNS)
			return false;
		s->gap[s->nr_runs] = i && runs[i - 1].node == runs[i].node ?
				     runs[i].start - runs[i - 1].end : 0;
		s->end[s->nr_runs] = runs[i].end;
		s->size[s->nr_runs++] = runs[i].end - runs[i].start;
	}

	return true;
}

/* The fewest TDMRs from @tdmrs on with which the CPUs at @home are in time. */
static u64 search_fewest(struct search *s, int home, u64 tdmrs, u64 max)
{
	unsigned int i;
	u64 gibs = 0;

	if (!list_runs(s, home))
		return tdmrs;

	for (i = 0; i < s->nr_runs; i++)
		gibs += s->size[i];

	for (s->max_tdmrs = tdmrs; s->max_tdmrs <= max; s->max_tdmrs++) {
		s->nr_joined = 0;
		if (can_join(s, 0, gibs, 0, 0))
			break;
	}

	return s->max_tdmrs;
}

static int by_size(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? 1 : x > y ? -1 : 0;
}

/*
 * The fewest TDMRs of which the CPUs at @home can do all GiB: of the gaps all are
 * bridged but the largest, one for each TDMR more than there must be.
 */
static u64 fewest_by_gibs(const struct search *s, int home)
{
	const struct tdmr_run *runs = s->layout->runs;
	u64 *gaps = calloc(s->layout->nr_runs, sizeof(*gaps));
	unsigned int i, nr_gaps = 0;
	u64 gibs = 0, nr = 0;

	if (!gaps)
		abort();

	for (i = 0; i < s->layout->nr_runs; i++) {
		if (tdmr_home(s->layout, runs[i].node) != home)
			continue;
		gibs += runs[i].end - runs[i].start;
		if (i && runs[i - 1].node == runs[i].node)
			gaps[nr_gaps++] = runs[i].start - runs[i - 1].end;
		else
			nr++;
	}

	for (i = 0; i < nr_gaps; i++)
		gibs += gaps[i];
	qsort(gaps, nr_gaps, sizeof(*gaps), by_size);
	for (i = 0; i < nr_gaps && gibs > s->cpus * s->span; i++, nr++)
		gibs -= gaps[i];

	free(gaps);
	return nr;
}

/* Of the spans, those with @i's home from @i on; 0 if there was one before. */
static u64 count_spans(const struct tdmr_layout *layout, unsigned int i)
{
	const struct tdmr_run *spans = layout->spans;
	int home = tdmr_home(layout, spans[i].node);
	unsigned int j;
	u64 nr = 0;

	for (j = 0; j < layout->nr_spans; j++) {
		if (tdmr_home(layout, spans[j].node) != home)
			continue;
		if (j < i)
			return 0;
		nr++;
	}

	return nr;
}

/* With so many GiB for each CPU as a TDMR may have. */
static bool may_be(struct tdmr_cover *c)
{
	struct tdmr_layout *layout = c->layout;
	struct search s = {
		.layout = layout,
		.span = c->max_size,
		.steps = MAX_STEPS,
	};
	u64 nr, need, left = c->max_nr;
	unsigned int i;
	int home;

	if (!tdmr_cover_runs(c))
		return false;
	if (c->mixed)
		return true;

	/* What each home needs at least, and of that what it can do with. */
	left -= layout->nr_spans;
	for (i = 0; i < layout->nr_spans; i++) {
		nr = count_spans(layout, i);
		home = tdmr_home(layout, layout->spans[i].node);
		s.cpus = tdmr_cpus(layout, home);
		if (nr <= s.cpus)
			continue;
		need = max(nr, fewest_by_gibs(&s, home));
		need = search_fewest(&s, home, need, nr + left);
		if (need > nr + left)
			return false;
		left -= need - nr;
	}

	return true;
}

/* TDMRs may not suffice unless they reach over nodes. */
static bool needs_mixing(struct tdmr_cover *c)
{
	c->mixed = false;

	return !tdmr_cover_runs(c);
}

/* GiB for each CPU at the home that has most of them to do. */
static u64 busiest(const struct tdmr_layout *layout)
{
	u64 *gibs = calloc(TDMR_MAX_NODES, sizeof(*gibs));
	const struct tdmr_run *runs = layout->runs;
	unsigned int i;
	u64 most = 1;

	if (!gibs)
		abort();
	for (i = 0; i < layout->nr_runs; i++) {
		int home = tdmr_home(layout, runs[i].node);

		gibs[home] += runs[i].end - runs[i].start;
		most = max(most, div_up(gibs[home], tdmr_cpus(layout, home)));
	}
	free(gibs);

	return most;
}

/**
 * layout_bound - a time that no layout is done before
 * @layout: planned; its scratch is used
 *
 * What can be said at once: layout_best() is no less.
 *
 * Return: GiB of the busiest CPU, at most @layout->makespan.
 */
u32 layout_bound(struct tdmr_layout *layout)
{
	struct tdmr_cover c = tdmr_any_cover(layout);

	c.mixed = needs_mixing(&c);
	c.max_size = layout->makespan;
	tdmr_find_least(&c, &c.max_size, c.mixed ? 1 : busiest(layout),
			tdmr_cover_runs);

	return c.max_size;
}

/**
 * layout_best - the least time that any layout could take
 * @layout: planned; its scratch is used
 *
 * Return: GiB of the busiest CPU, at most @layout->makespan.
 */
u32 layout_best(struct tdmr_layout *layout)
{
	struct tdmr_cover c = tdmr_any_cover(layout);
	u32 bound = layout_bound(layout);

	/* What is refuted for some time is so for less. */
	c.mixed = needs_mixing(&c);
	c.max_size = layout->makespan;
	tdmr_find_least(&c, &c.max_size, bound, may_be);

	return c.max_size;
}
