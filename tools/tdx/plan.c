// SPDX-License-Identifier: GPL-2.0-only
/*
 * What bringing up TDX would take: the planner's layout, and what follows from
 * it for each node and for the whole machine.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/minmax.h>

#include "alloc.h"
#include "best.h"
#include "layout.h"
#include "plan.h"

/* The node in @p, added if it is new. */
static struct plan_node *node_of(struct plan *p, unsigned int id)
{
	size_t i = p->nr_nodes;

	while (i-- > 0) {
		if (p->nodes[i].id == id)
			return &p->nodes[i];
	}

	p->nodes[p->nr_nodes] = (struct plan_node) {
		.id = id,
		.home = p->description.home[id],
	};
	return &p->nodes[p->nr_nodes++];
}

static int compare(const void *a, const void *b)
{
	const struct plan_node *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void find_nodes(struct plan *p)
{
	const struct description *d = &p->description;
	unsigned int i;

	p->nodes = calloc(TDMR_MAX_NODES, sizeof(*p->nodes));
	if (!p->nodes)
		out_of_memory();

	for (i = 0; i < d->nr_mem; i++)
		node_of(p, d->mem[i].node)->memory += d->mem[i].end - d->mem[i].start;
	for (i = 0; i < TDMR_MAX_NODES; i++) {
		if (d->lanes[i])
			node_of(p, i)->cpus = d->lanes[i];
	}

	qsort(p->nodes, p->nr_nodes, sizeof(*p->nodes), compare);
}

/* Whose memory is at @addr? */
static int node_at(const struct plan *p, u64 addr)
{
	const struct tdmr_range *range = p->layout.ranges;

	while (addr >= range->end)
		range++;

	return range->node;
}

static void add_tdmrs(struct plan *p)
{
	unsigned int i;

	for (i = 0; i < p->layout.nr_plans; i++) {
		const struct tdmr_plan *tdmr = &p->layout.plans[i];
		struct plan_node *node = node_of(p, tdmr->node);

		node->tdmrs++;
		node->gib += tdmr->size >> 30;
		node_of(p, node_at(p, tdmr->pamt_base))->pamt += tdmr_pamt_bytes(tdmr);
	}
}

/* As the planner has it: one if there are none, or it is not known. */
static unsigned int cpus_at(const struct plan *p, unsigned int home)
{
	return max(p->description.lanes[home], 1U);
}

/* Where the CPUs of a node work for others as well, the time is that of all. */
static void time_nodes(struct plan *p)
{
	const int *home = p->description.home;
	struct tdmr_piece pieces[TDMR_MAX_PIECES] = {};
	unsigned int nr = p->layout.nr_plans;
	size_t i;

	for (i = 0; i < nr; i++) {
		pieces[i].node = home[p->layout.plans[i].node];
		pieces[i].size = p->layout.plans[i].size >> 30;
	}

	for (i = 0; i < p->nr_nodes; i++) {
		struct plan_node *node = &p->nodes[i];
		unsigned int cpus = cpus_at(p, node->home);

		node->workers = min(node->tdmrs, cpus);
		if (node->tdmrs)
			node->makespan = tdmr_makespan(pieces, nr, node->home, cpus);
	}
}

/* CPUs that work for several nodes count once. */
static unsigned int all_workers(const struct plan *p)
{
	unsigned int tdmrs[TDMR_MAX_NODES] = {};
	unsigned int i, workers = 0;

	for (i = 0; i < p->nr_nodes; i++)
		tdmrs[p->nodes[i].home] += p->nodes[i].tdmrs;
	for (i = 0; i < TDMR_MAX_NODES; i++)
		workers += min(tdmrs[i], cpus_at(p, i));

	return workers;
}

static void sum_up(struct plan *p)
{
	struct plan_node *total = &p->total;
	size_t i;

	for (i = 0; i < p->nr_nodes; i++) {
		total->memory += p->nodes[i].memory;
		total->gib += p->nodes[i].gib;
		total->tdmrs += p->nodes[i].tdmrs;
		total->cpus += p->nodes[i].cpus;
		total->pamt += p->nodes[i].pamt;
		total->makespan = max(total->makespan, p->nodes[i].makespan);
	}
	total->workers = all_workers(p);
}

/* As the planner has it: a node whose CPUs are not known has one. */
static unsigned int count_workers(const struct plan *p)
{
	unsigned int workers = 0;
	size_t i;

	for (i = 0; i < p->nr_nodes; i++) {
		bool known = p->description.lanes_given[p->nodes[i].id];

		workers += known ? p->nodes[i].cpus : 1;
	}

	return max(workers, 1U);
}

/**
 * plan_make - all figures of a machine
 * @p: has the description, and a time for a call; gets the rest
 *
 * Says on standard error why there is no plan.  Give @p back by plan_free()
 * whatever is returned.
 *
 * Return: 0 or a negative errno.
 */
int plan_make(struct plan *p)
{
	char words[256];
	int ret;

	ret = layout_make(&p->layout, &p->description);
	if (ret) {
		layout_trouble(&p->layout, &p->description, words, sizeof(words));
		fprintf(stderr, "tdxctl: %s%sno layout: %s\n", p->source ?: "",
			p->source ? ": " : "", words);
		return ret;
	}

	p->best = layout_best(&p->layout);
	find_nodes(p);
	add_tdmrs(p);
	time_nodes(p);
	sum_up(p);
	upstream_shape(&p->upstream, &p->description, count_workers(p));

	return 0;
}

void plan_free(struct plan *p)
{
	layout_free(&p->layout);
	description_free(&p->description);
	notes_free(&p->assumed);
	notes_free(&p->notes);
	free(p->nodes);
}

/**
 * plan_ns - how long one CPU works on some GiB
 * @p: the plan
 * @gib: the GiB
 *
 * Return: nanoseconds.
 */
u64 plan_ns(const struct plan *p, u32 gib)
{
	return (u64)gib * CALLS_PER_GIB * p->call_ns;
}
