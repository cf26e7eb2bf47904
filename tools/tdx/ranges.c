// SPDX-License-Identifier: GPL-2.0-only
/* Lists of address ranges. */
#include <stdlib.h>

#include "alloc.h"
#include "ranges.h"

void ranges_add(struct ranges *r, u64 start, u64 end, int node)
{
	r->v = grow(r->v, r->nr, &r->room, sizeof(*r->v));
	r->v[r->nr++] = (struct tdmr_range) { start, end, node };
}

void ranges_free(struct ranges *r)
{
	free(r->v);
	*r = (struct ranges) {};
}

/* Of those that start together the one of the lowest node comes first. */
static int compare(const void *a, const void *b)
{
	const struct tdmr_range *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->node - y->node;
}

/**
 * ranges_tidy - make ranges ascending, disjoint, and as few as can be
 * @r: the ranges
 *
 * What ranges of two nodes have in common stays with the first.
 *
 * Return: how many ranges of different nodes had something in common.
 */
unsigned int ranges_tidy(struct ranges *r)
{
	unsigned int common = 0;
	size_t i, nr = 0;

	if (r->nr)
		qsort(r->v, r->nr, sizeof(*r->v), compare);

	for (i = 0; i < r->nr; i++) {
		struct tdmr_range next = r->v[i];
		struct tdmr_range *last = nr ? &r->v[nr - 1] : NULL;

		if (last && next.start < last->end) {
			common += next.node != last->node;
			next.start = last->end;
		}
		if (next.start >= next.end)
			continue;
		if (last && next.start == last->end && next.node == last->node)
			last->end = next.end;
		else
			r->v[nr++] = next;
	}
	r->nr = nr;

	return common;
}

u64 ranges_bytes(const struct ranges *r)
{
	u64 bytes = 0;
	size_t i;

	for (i = 0; i < r->nr; i++)
		bytes += r->v[i].end - r->v[i].start;

	return bytes;
}
