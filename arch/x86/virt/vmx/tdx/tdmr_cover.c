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
 * No cover under the same limits has fewer TDMRs: whatever a TDMR leaves out at its
 * front can only let it reach farther, since a part of a TDMR never has more holes
 * than the whole.
 *
 * Cost: for each TDMR, the square of the logarithm of the runs; where nodes are
 * mixed, linear in the ranges for finding out whose the TDMRs are.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "tdmr_internal.h"

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

/* Where the next TDMR must end, that begins at @start. */
static u32 next_reach(const struct tdmr_cover *c, u32 start)
{
	u64 size = c->sizes ? c->sizes[c->layout->nr_spans] : c->max_size;

	return min_t(u64, tdmr_reach(c->layout, start, c->max_holes),
		     start + size);
}

/**
 * tdmr_can_cover - do these limits let the runs be covered?
 * @c: the limits; its layout gets the spans, but not their nodes
 *
 * Return: true if so.
 */
bool tdmr_can_cover(struct tdmr_cover *c)
{
	struct tdmr_layout *layout = c->layout;
	const struct tdmr_run *runs = layout->runs;
	unsigned int i = 0, next;
	struct tdmr_run *span;
	u32 at = 0, reach;

	if (layout->mixed != c->mixed)
		tdmr_price_gaps(layout, c->mixed);

	for (layout->nr_spans = 0; i < layout->nr_runs; layout->nr_spans++) {
		if (layout->nr_spans == c->max_nr)
			return false;

		at = max(at, runs[i].start);
		reach = next_reach(c, at);
		next = tdmr_bridge_gaps(c, i, reach);
		span = &layout->spans[layout->nr_spans];
		*span = (struct tdmr_run) {
			.start = at,
			.end = min(runs[next - 1].end, reach),
			.node = runs[i].node,
		};

		/* On in the run that it ends in, or with the next. */
		i = span->end < runs[next - 1].end ? next - 1 : next;
		at = span->end;
	}

	return true;
}

static void name_nodes(struct tdmr_layout *layout)
{
	unsigned int i;

	for (i = 0; i < layout->nr_spans; i++) {
		struct tdmr_run *span = &layout->spans[i];

		span->node = tdmr_main_node(layout, span->start, span->end);
	}
}

/**
 * tdmr_cover_runs - cover the runs
 * @c: the limits; its layout gets the spans
 *
 * Return: true; false if these limits let them not be covered.
 */
bool tdmr_cover_runs(struct tdmr_cover *c)
{
	if (!tdmr_can_cover(c))
		return false;
	if (c->mixed)
		name_nodes(c->layout);

	return true;
}

/**
 * tdmr_find_least - find the least value of a limit that suffices
 * @c: the limits
 * @limit: one of them, with a value that suffices; gets the least
 * @lo: a value below which none does
 * @suffices: tells whether the limits suffice
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

/**
 * tdmr_find_cost - find the least costs of gaps that suffice
 * @c: the limits, with a value of @max_cost that suffices; it gets the least
 * @suffices: tells whether the limits suffice
 *
 * As tdmr_find_least(), but of all values only those matter that a gap costs.
 */
void tdmr_find_cost(struct tdmr_cover *c, bool (*suffices)(struct tdmr_cover *c))
{
	u64 lo = 0, hi = c->max_cost;

	while (lo < hi) {
		c->max_cost = lo + (hi - lo) / 2;
		if (suffices(c)) {
			hi = tdmr_nearest_cost(c->layout, c->max_cost, true);
			hi += !!hi;
		} else {
			lo = tdmr_nearest_cost(c->layout, c->max_cost, false) + 1;
		}
	}

	c->max_cost = hi;
}
