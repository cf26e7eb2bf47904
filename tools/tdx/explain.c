// SPDX-License-Identifier: GPL-2.0-only
/* What the figures of a plan rest on, in sentences. */
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "plan.h"

static void explain_time(struct plan *p)
{
	if (p->call_ns == DEFAULT_CALL_NS)
		notes_add(&p->assumed,
			  "A call of TDH.SYS.TDMR.INIT takes 7 us, which Intel gave in 2022 for one host of 2 sockets and 64 GB; not measured on this machine.");
	else
		notes_add(&p->assumed,
			  "A call of TDH.SYS.TDMR.INIT takes %g us, as --call-us says.",
			  p->call_ns / 1000.0);
	notes_add(&p->assumed, "A GiB takes %u calls, 4 MiB each.", CALLS_PER_GIB);
	notes_add(&p->assumed,
		  "How fast one lane is does not depend on how many others run.");
	notes_add(&p->assumed,
		  "Not in these times: allocating the PAMTs (25 to 45 %% of the whole in the logs of some hosts), flushing caches, and all other calls.");
}

static void explain_limits(struct plan *p)
{
	const struct tdmr_limits *limits = &p->description.limits;

	notes_add(&p->assumed,
		  "The module takes %u TDMRs of %u reserved areas each%s.",
		  limits->max_tdmrs, limits->max_reserved,
		  p->description.limits_given ? "" : ", as known ones do");
	notes_add(&p->assumed, "PAMT: %u bytes for each page of 4 KiB, 2 MiB and 1 GiB.",
		  limits->entry_size[TDMR_4K]);
}

static void explain_cmrs(struct plan *p)
{
	if (!p->description.nr_cmrs)
		notes_add(&p->assumed,
			  "No CMRs are given: the memory is taken as all that is convertible.");
}

static bool has_no_cpu(const struct plan *p, const struct plan_node *node)
{
	return node->home != node->id;
}

static bool has_idle_cpus(const struct plan *p, const struct plan_node *node)
{
	return node->home == node->id && !node->cpus &&
	       p->description.lanes_given[node->id];
}

static bool cpus_unknown(const struct plan *p, const struct plan_node *node)
{
	return !p->description.lanes_given[node->id];
}

static bool has_no_memory(const struct plan *p, const struct plan_node *node)
{
	return !node->memory;
}

static bool has_no_tdmr(const struct plan *p, const struct plan_node *node)
{
	return node->memory && !node->tdmrs;
}

/* Add @sentence if there are such nodes, and which they are. */
static void note_nodes(struct plan *p, const char *sentence,
		       bool (*such)(const struct plan *p,
				    const struct plan_node *node))
{
	const struct plan_node *node = p->nodes, *end = node + p->nr_nodes;
	char *list = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&list, &size);

	if (!stream)
		out_of_memory();

	for (; node < end; node++) {
		const struct plan_node *first = node;

		if (!such(p, node))
			continue;
		while (node + 1 < end && node[1].id == node->id + 1 &&
		       such(p, node + 1))
			node++;
		fprintf(stream, "%s%u", ftell(stream) ? ", " : "", first->id);
		if (node > first)
			fprintf(stream, "-%u", node->id);
	}

	if (fclose(stream))
		out_of_memory();
	if (size)
		notes_add(&p->notes, "%s: node %s.", sentence, list);
	free(list);
}

static void explain_nodes(struct plan *p)
{
	notes_add(&p->assumed,
		  "All CPUs of a node that are not isolated work on its TDMRs, each on one at a time, the largest first.");

	note_nodes(p, "Without a CPU, those of the nearest node also work on its TDMRs",
		   has_no_cpu);
	note_nodes(p, "No CPU may work on its TDMRs, one is taken nevertheless",
		   has_idle_cpus);
	note_nodes(p, "How many CPUs is not known, one is taken", cpus_unknown);
	note_nodes(p, "Without memory, its CPUs are not used", has_no_memory);
	note_nodes(p, "Its memory is in TDMRs of other nodes", has_no_tdmr);
}

static void explain_upstream(struct plan *p)
{
	const struct upstream *u = &p->upstream;

	notes_add(&p->assumed,
		  "Kernels up to 7.3 make one TDMR per memory range and work on them serially; a worker for each is on any CPU that is free.");

	if (u->verdict == UPSTREAM_NO_TDMRS)
		notes_add(&p->notes,
			  "One TDMR per memory range fails here: %u are needed, the module takes %u.",
			  u->nr_tdmrs, p->description.limits.max_tdmrs);
	if (u->verdict == UPSTREAM_NO_RESERVED)
		notes_add(&p->notes,
			  "One TDMR per memory range fails here: [0x%llx, 0x%llx) has %u holes between ranges, a TDMR has %u reserved areas.",
			  u->bad_start, u->bad_end, u->holes,
			  p->description.limits.max_reserved);
}

/**
 * plan_explain - add the sentences that belong to the figures
 * @p: made
 */
void plan_explain(struct plan *p)
{
	explain_time(p);
	explain_nodes(p);
	explain_limits(p);
	explain_cmrs(p);
	explain_upstream(p);
}
