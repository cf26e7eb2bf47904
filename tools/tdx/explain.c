// SPDX-License-Identifier: GPL-2.0-only
/* What the figures of a plan rest on, in sentences. */
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "plan.h"

/* What logs of kernels that do all of it serially show for the whole, a GiB. */
#define LEAST_US_PER_GIB	2400
#define MOST_US_PER_GIB		4300

static void explain_whole(struct plan *p)
{
	notes_add(&p->assumed,
		  "Times are of TDH.SYS.TDMR.INIT. The whole of bringing up TDX also allocates PAMTs, flushes caches and makes other calls: logs of hosts with kernels up to 7.3, which do all of it serially, show %.1f to %.1f ms for each GiB, here %.3g to %.3g s, of which a quarter to a half is for PAMTs. What this kernel takes for those was not measured on hardware.",
		  LEAST_US_PER_GIB / 1e3, MOST_US_PER_GIB / 1e3,
		  p->total.gib * (LEAST_US_PER_GIB / 1e6),
		  p->total.gib * (MOST_US_PER_GIB / 1e6));
}

static void explain_time(struct plan *p)
{
	explain_whole(p);
	if (p->call_ns == DEFAULT_CALL_NS)
		notes_add(&p->assumed,
			  "A call of TDH.SYS.TDMR.INIT takes 7 us, which Intel gave in 2022 for one host of 2 sockets and 64 GB; not measured on this machine.");
	else
		notes_add(&p->assumed,
			  "A call of TDH.SYS.TDMR.INIT takes %.10g us, as --call-us says.",
			  p->call_ns / 1000.0);
	notes_add(&p->assumed, "A GiB takes %u calls, 4 MiB each.", CALLS_PER_GIB);
	notes_add(&p->assumed,
		  "CPUs at work do not slow each other down.");
}

static void explain_limits(struct plan *p)
{
	const struct tdmr_limits *limits = &p->description.limits;

	notes_add(&p->assumed,
		  "The module takes %u TDMRs of %u reserved areas each%s.",
		  limits->max_tdmrs, limits->max_reserved,
		  p->description.limits_given ? "" : ", as known ones do");
	notes_add(&p->assumed,
		  "PAMTs have %u bytes for each page of 4 KiB, 2 MiB and 1 GiB, in contiguous memory that is taken until the host is rebooted. Dynamic PAMTs, which modules and kernels to come may have, take far less memory and time.",
		  limits->entry_size[TDMR_4K]);
}

static void explain_cmrs(struct plan *p)
{
	if (!p->description.nr_cmrs)
		notes_add(&p->assumed,
			  "No CMRs are given: what is memory is what is convertible.");
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

/* If there are such nodes, say so: @what they are, which, and what of it. */
static void note_nodes(struct plan *p, const char *what, const char *so,
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
		notes_add(&p->notes, "%s: %s%s.", what, list, so);
	free(list);
}

static void explain_nodes(struct plan *p)
{
	notes_add(&p->assumed,
		  "A TDMR is a lane: one CPU works on it at a time. All CPUs of a node that are not isolated work on its TDMRs, the largest first.");

	note_nodes(p, "Nodes without CPUs",
		   "; those of the nearest node that has CPUs work for them, too",
		   has_no_cpu);
	note_nodes(p, "Nodes without a CPU that may work",
		   "; times are as if one did", has_idle_cpus);
	note_nodes(p, "Nodes with an unknown number of CPUs",
		   "; times are as if they had one", cpus_unknown);
	note_nodes(p, "Nodes without memory", "; their CPUs have nothing to do",
		   has_no_memory);
	note_nodes(p, "Nodes whose memory is in TDMRs of other nodes", "",
		   has_no_tdmr);
}

static void explain_upstream(struct plan *p)
{
	const struct upstream *u = &p->upstream;

	notes_add(&p->assumed,
		  "Kernels up to 7.3 make one TDMR per memory range and work on them serially; a worker for each is on any CPU that is free.");

	switch (u->verdict) {
	case UPSTREAM_NO_TDMRS:
		notes_add(&p->notes,
			  "Kernels up to 7.3 cannot bring up TDX here: they need %u TDMRs, and the module takes %u.",
			  u->nr_tdmrs, p->description.limits.max_tdmrs);
		break;
	case UPSTREAM_NO_RESERVED:
		notes_add(&p->notes,
			  "Kernels up to 7.3 cannot bring up TDX here (\"reserved areas exhausted\"): their TDMR [0x%llx, 0x%llx) has %u holes, and the module takes %u reserved areas.",
			  u->bad_start, u->bad_end, u->holes,
			  p->description.limits.max_reserved);
		break;
	case UPSTREAM_UNKNOWN:
		notes_add(&p->notes,
			  "Whether kernels up to 7.3 can bring up TDX here depends on holes that cannot be seen: ask again as root.");
		break;
	case UPSTREAM_FITS:
		if (u->bad_end)
			notes_add(&p->notes,
				  "Kernels up to 7.3 may fail here: their TDMR [0x%llx, 0x%llx) has %u holes, as many as the module takes reserved areas, and fails if a PAMT lies there.",
				  u->bad_start, u->bad_end, u->holes);
		break;
	}
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
