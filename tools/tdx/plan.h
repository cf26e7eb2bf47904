/* SPDX-License-Identifier: GPL-2.0-only */
/* What bringing up TDX would take: the figures, for whoever prints them. */
#ifndef _TDXCTL_PLAN_H
#define _TDXCTL_PLAN_H

#include "describe.h"
#include "notes.h"
#include "upstream.h"

/* TDH.SYS.TDMR.INIT does 4 MiB. */
#define CALLS_PER_GIB	256

/* What Intel gave for a call, in the posting of the first TDX host patches. */
#define DEFAULT_CALL_NS	7000

/**
 * struct plan_node - a node's part
 * @id: its number
 * @memory: bytes
 * @gib: that its TDMRs cover
 * @tdmrs: how many
 * @cpus: of the node
 * @workers: CPUs that work on its TDMRs at the same time
 * @home: node whose CPUs work on its TDMRs
 * @pamt: bytes of its memory that PAMTs take
 * @makespan: GiB of the busiest CPU that works on them
 */
struct plan_node {
	unsigned int id;
	u64 memory;
	u32 gib;
	unsigned int tdmrs;
	unsigned int cpus;
	unsigned int workers;
	unsigned int home;
	u64 pamt;
	u32 makespan;
};

/**
 * struct plan - all figures
 * @source: what is planned for: the name of a file, or of the directory that has
 *	a copy of a machine's; NULL for this machine
 * @call_ns: time of a call
 * @description: the machine
 * @layout: the planner's
 * @best: GiB of the busiest CPU, less than which no layout has
 * @nodes: those with memory or CPUs, ascending
 * @nr_nodes: how many
 * @total: of all nodes
 * @upstream: one TDMR per memory range
 * @assumed: what is taken for granted
 * @notes: what else the user should know
 */
struct plan {
	const char *source;
	u64 call_ns;
	struct description description;
	struct tdmr_layout layout;
	u32 best;
	struct plan_node *nodes;
	size_t nr_nodes;
	struct plan_node total;
	struct upstream upstream;
	struct notes assumed;
	struct notes notes;
};

int plan_make(struct plan *p);
void plan_free(struct plan *p);
u64 plan_ns(const struct plan *p, u32 gib);
void plan_explain(struct plan *p);

#endif /* _TDXCTL_PLAN_H */
