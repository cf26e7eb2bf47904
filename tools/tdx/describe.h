/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text that describes a machine to the planner of TDMRs:
 *
 *	mem 0xSTART 0xEND NODE			memory, the end exclusive
 *	cmr 0xBASE 0xSIZE			memory that the module can use
 *	limits max_tdmrs=N max_reserved=N	limits of the module
 *	lanes NODE N				CPUs of a node
 *
 * The lines come in any order, but memory and CMRs ascend.  Empty lines and text
 * after a '#' are skipped.
 *
 * Memory of a node without a lanes line counts as having one CPU.  The nearest
 * node, by number, whose lanes line gives it CPUs works for a node with 0 lanes.
 */
#ifndef _TDXCTL_DESCRIBE_H
#define _TDXCTL_DESCRIBE_H

#include <stdbool.h>
#include <stdio.h>

#include "tdmr.h"

/* Nodes are 0 to 1023, as in the kernel. */
#define DESCRIPTION_MAX_NODES	1024

/* How well the memory is known. */
enum memory_source {
	MEMORY_FROM_FILE,
	MEMORY_FROM_IOMEM,
	MEMORY_FROM_BLOCKS,	/* without the holes in memory blocks */
};

/**
 * struct description - a machine
 * @host: what the planner needs; points to @ranges and @nodes
 * @ranges: its memory
 * @room: number of ranges that @ranges has room for
 * @nodes: its CPUs and homes, DESCRIPTION_MAX_NODES of them; after
 *	description_read() no more is to be done about either
 * @lanes_given: the node has a lanes line; if not, but memory, @nodes has 1 CPU
 * @limits_given: the limits are those of a module, not the usual ones
 * @memory_from: where the memory was read
 *
 * A description must not be copied, because it points into itself.
 */
struct description {
	struct tdmr_host host;
	struct tdmr_range *ranges;
	unsigned int room;
	struct tdmr_node nodes[DESCRIPTION_MAX_NODES];
	bool lanes_given[DESCRIPTION_MAX_NODES];
	bool limits_given;
	enum memory_source memory_from;
};

void description_init(struct description *d);
void description_free(struct description *d);
void description_add_mem(struct description *d, u64 start, u64 end, int node);
int description_read(struct description *d, FILE *stream, const char *name);
void description_write(const struct description *d, FILE *stream);

#endif /* _TDXCTL_DESCRIBE_H */
