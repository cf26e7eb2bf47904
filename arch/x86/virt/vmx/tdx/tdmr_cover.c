// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cover the runs with as few TDMRs as can be.
 *
 * Each TDMR begins at the first GiB that none has yet and goes on as far as its
 * size, its areas and the gaps to other runs let it:
 *
 *	runs	|######|   |########|        |#######|
 *	spans	[      ____   )[    )        [       )
 *		one gap bridged, the other too dear
 *
 * No cover under the same limits has fewer TDMRs: one that is part of another
 * has no more holes than that, so none is ever too long for those behind it.
 *
 * Cost: linear in the runs.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "tdmr_cover.h"

#define TIE_BITS	16
#define GOLDEN_SECTION	40503	/* times 2^16, odd */

/**
 * tdmr_any_cover - the limits of the module, and no others
 * @layout: checked
 *
 * Return: a cover that may bridge all gaps.
 */
struct tdmr_cover tdmr_any_cover(struct tdmr_layout *layout)
{
	return (struct tdmr_cover) {
		.layout = layout,
		.max_nr = min_t(unsigned int, layout->limits.max_tdmrs,
				TDMR_MAX_PLANS),
		.max_holes = layout->limits.max_reserved,
		.max_size = TDMR_ANY_SIZE,
		.max_cost = U64_MAX,
		.mixed = true,
	};
}

/**
 * tdmr_reach - how far does a TDMR get with so many holes?
 * @layout: its convertible memory is known
 * @start: first GiB of the TDMR
 * @max: holes it may have
 *
 * Return: the GiB at which it must end.
 */
u32 tdmr_reach(const struct tdmr_layout *layout, u32 start, unsigned int max)
{
	unsigned int i = tdmr_part_after(layout, tdmr_gib(start));
	const struct tdmr_range *part = &layout->parts[i];
	unsigned int nr = layout->nr_parts - i;

	if (!nr || part->start > tdmr_gib(start)) {
		if (!max)
			return start;
		max--;
	}

	/* There is a hole behind each; that behind the last is without end. */
	return max < nr ? part[max].end >> TDMR_GIB_SHIFT : U32_MAX;
}

/*
 * What it costs to have run @i and the one before it in one TDMR, in half GiB:
 * mixing nodes counts as much as a gap of 1.5 GiB.  No two are equal: of many
 * gaps of one size, those that cost least lie evenly among the others, as
 * multiples of the golden section do.
 */
static u64 gap_cost(const struct tdmr_layout *layout, unsigned int i)
{
	const struct tdmr_run *a = &layout->runs[i - 1], *b = &layout->runs[i];
	u64 cost = 2 * (u64)(b->start - a->end) + (a->node == b->node ? 0 : 3);

	return cost << TIE_BITS | (u16)(i * GOLDEN_SECTION);
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

static bool may_bridge(const struct tdmr_cover *c, unsigned int i, u64 cost)
{
	const struct tdmr_run *run = &c->layout->runs[i];

	return cost < c->max_cost &&
	       (!run->parted || run->parted == TDMR_KEPT) &&
	       (c->mixed || run->node == run[-1].node);
}

static void open_span(struct tdmr_cover *c, u32 start, int node)
{
	struct tdmr_layout *layout = c->layout;
	u64 size = c->sizes ? c->sizes[layout->nr_spans] : c->max_size;

	layout->spans[layout->nr_spans++] = (struct tdmr_run) {
		.start = start, .end = start, .node = node,
	};
	c->reach = min_t(u64, tdmr_reach(layout, start, c->max_holes),
			 start + size);
	c->most = 0;
}

/* Let the last TDMR go on as far as it can.  Returns how far it got. */
static u32 extend_span(struct tdmr_cover *c, const struct tdmr_run *run,
		       u32 start)
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

/* Bridge the gap before run @i if that can be.  Returns how far that got. */
static u32 bridge(struct tdmr_cover *c, unsigned int i)
{
	const struct tdmr_run *run = &c->layout->runs[i];
	u64 cost = gap_cost(c->layout, i);
	u32 end;

	if (!may_bridge(c, i, cost))
		return run->start;

	end = extend_span(c, run, run->start);
	if (end > run->start && run->node == c->watched && !run->parted &&
	    run->node == run[-1].node && cost > c->dearest_cost) {
		c->dearest = i;
		c->dearest_cost = cost;
	}

	return end;
}

/**
 * tdmr_cover_runs - cover the runs
 * @c: the limits; its layout gets the spans
 *
 * Return: true; false if these limits let them not be covered.
 */
bool tdmr_cover_runs(struct tdmr_cover *c)
{
	struct tdmr_layout *layout = c->layout;
	unsigned int i;
	u32 at;

	c->dearest = 0;
	c->dearest_cost = 0;
	layout->nr_spans = 0;
	for (i = 0; i < layout->nr_runs; i++) {
		const struct tdmr_run *run = &layout->runs[i];

		at = i ? bridge(c, i) : run->start;
		while (at < run->end) {
			if (layout->nr_spans == c->max_nr)
				return false;
			open_span(c, at, run->node);
			at = extend_span(c, run, at);
		}
	}

	return true;
}

/* A gap, by the run behind it. */
struct gap {
	unsigned int run;
	u64 cost;
};

/* Keep the @nr dearest, the dearest first. */
static void rank_gap(struct gap *ranked, unsigned int nr, struct gap gap)
{
	unsigned int i;

	if (gap.cost <= ranked[nr - 1].cost)
		return;

	for (i = nr - 1; i && ranked[i - 1].cost < gap.cost; i--)
		ranked[i] = ranked[i - 1];
	ranked[i] = gap;
}

/**
 * tdmr_give_up - give up the dearest gaps within the watched node
 * @c: the limits that the runs were covered with
 * @nr: so many, 1 to %TDMR_MAX_PLANS
 * @parted: what is noted of them
 *
 * The dearest is the one that is bridged; the others cost less.
 */
void tdmr_give_up(struct tdmr_cover *c, unsigned int nr, u32 parted)
{
	struct tdmr_run *runs = c->layout->runs;
	struct gap ranked[TDMR_MAX_PLANS] = { };
	struct gap gap;
	unsigned int i;

	for (i = 1; i < c->layout->nr_runs; i++) {
		if (runs[i].node != c->watched || runs[i].parted ||
		    runs[i - 1].node != c->watched)
			continue;
		gap.run = i;
		gap.cost = gap_cost(c->layout, i);
		if (gap.cost <= c->dearest_cost)
			rank_gap(ranked, nr, gap);
	}

	for (i = 0; i < nr && ranked[i].run; i++)
		runs[ranked[i].run].parted = parted;
}

/**
 * tdmr_find_least - find the least value of a limit that suffices
 * @c: the limits
 * @limit: one of them, with a value that suffices; gets the least
 * @lo: a value below which none does
 * @suffices: does it?
 */
void tdmr_find_least(struct tdmr_cover *c, u64 *limit, u64 lo,
		     bool (*suffices)(struct tdmr_cover *c))
{
	u64 hi = *limit, step = lo;

	/* It is near @lo more often than not. */
	while (lo < hi) {
		*limit = lo + min(step, (hi - lo) / 2);
		if (suffices(c)) {
			hi = *limit;
			step = hi;
		} else {
			lo = *limit + 1;
			step *= 2;
		}
	}

	*limit = hi;
}

/* Of what the gaps cost, the most below @cost, or 0; and the least that is not. */
static u64 nearest_cost(const struct tdmr_layout *layout, u64 cost, bool below)
{
	u64 nearest = below ? 0 : U64_MAX, gap;
	unsigned int i;

	for (i = 1; i < layout->nr_runs; i++) {
		gap = gap_cost(layout, i);
		if (below && gap < cost)
			nearest = max(nearest, gap);
		if (!below && gap >= cost)
			nearest = min(nearest, gap);
	}

	return nearest;
}

/**
 * tdmr_find_cost - find the least costs of gaps that suffice
 * @c: the limits, with a value of @max_cost that suffices; it gets the least
 * @suffices: does it?
 *
 * As tdmr_find_least(), but of all values only those matter that a gap costs.
 */
void tdmr_find_cost(struct tdmr_cover *c, bool (*suffices)(struct tdmr_cover *c))
{
	u64 lo = 0, hi = c->max_cost;

	while (lo < hi) {
		c->max_cost = lo + (hi - lo) / 2;
		if (suffices(c)) {
			hi = nearest_cost(c->layout, c->max_cost, true);
			hi += !!hi;
		} else {
			lo = nearest_cost(c->layout, c->max_cost, false) + 1;
		}
	}

	c->max_cost = hi;
}
