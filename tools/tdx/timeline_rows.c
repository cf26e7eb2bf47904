// SPDX-License-Identifier: GPL-2.0-only
/*
 * A row for each CPU on which lanes started.  Lanes may have run at the same time
 * there, in turn, or one of them went on elsewhere: they are put on levels.
 */
#include <stdlib.h>

#include "alloc.h"
#include "timeline.h"

static int by_node_and_cpu(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static int by_start(const void *a, const void *b)
{
	const struct bar *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->lane < y->lane ? -1 : x->lane > y->lane;
}

static size_t row_of(const struct timeline *t, unsigned int cpu)
{
	size_t i;

	for (i = 0; i < t->nr_rows; i++) {
		if (t->rows[i].cpu == cpu)
			break;
	}

	return i;
}

static void make_rows(struct timeline *t)
{
	size_t i, room = 0;

	for (i = 0; i < t->nr_bars; i++) {
		if (row_of(t, t->bars[i].cpu) < t->nr_rows)
			continue;
		t->rows = grow(t->rows, t->nr_rows, &room, sizeof(*t->rows));
		t->rows[t->nr_rows++] = (struct row) {
			.cpu = t->bars[i].cpu, .node = t->bars[i].node,
		};
	}
	qsort(t->rows, t->nr_rows, sizeof(*t->rows), by_node_and_cpu);
}

/* The lowest on which no earlier lane still runs. */
static unsigned int free_level(const struct timeline *t, const struct bar *bar)
{
	unsigned int level = 0;
	const struct bar *b = t->bars;

	while (b < bar) {
		if (b->row == bar->row && b->level == level && b->end > bar->start) {
			level++;
			b = t->bars;
		} else {
			b++;
		}
	}

	return level;
}

static void add_to_row(struct row *row, const struct bar *bar)
{
	double from = bar->start > row->end ? bar->start : row->end;

	if (bar->end > from)
		row->busy += bar->end - from;
	if (bar->end > row->end)
		row->end = bar->end;
	if (bar->level >= row->levels)
		row->levels = bar->level + 1;
}

/**
 * timeline_arrange - give each bar its place
 * @t: has been read
 */
void timeline_arrange(struct timeline *t)
{
	struct bar *bar;

	qsort(t->bars, t->nr_bars, sizeof(*t->bars), by_start);
	make_rows(t);

	for (bar = t->bars; bar < t->bars + t->nr_bars; bar++) {
		bar->row = row_of(t, bar->cpu);
		bar->level = free_level(t, bar);
		add_to_row(&t->rows[bar->row], bar);
	}
}
