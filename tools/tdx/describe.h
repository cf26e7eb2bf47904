/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the planner needs to know of a machine, and the text that says it:
 *
 *	mem 0xSTART 0xEND NODE			memory, the end exclusive
 *	cmr 0xBASE 0xSIZE			what the module can use
 *	limits max_tdmrs=N max_reserved=N	of the module
 *	lanes NODE N				CPUs of a node
 *
 * In any order, but memory and CMRs ascending.  Empty lines are skipped, and
 * what follows a '#'.
 */
#ifndef _TDXCTL_DESCRIBE_H
#define _TDXCTL_DESCRIBE_H

#include <stdbool.h>
#include <stdio.h>

#include "tdmr_layout.h"

/* What modules have today, and what is taken where nothing else is said. */
#define DESCRIPTION_MAX_TDMRS		64
#define DESCRIPTION_MAX_RESERVED	16
#define DESCRIPTION_ENTRY_SIZE		16

/* How well the memory is known, the best first. */
enum memory_source {
	MEMORY_FROM_FILE,
	MEMORY_FROM_IOMEM,
	MEMORY_FROM_BLOCKS,	/* without the holes in memory blocks */
	MEMORY_FROM_TOTALS,	/* how much, but not where */
};

/**
 * struct description - what is known of a machine
 * @mem: the memory that the page allocator may hand out
 * @nr_mem: how many ranges
 * @room: ranges that @mem has room for
 * @memory_from: what says so
 * @cmrs: convertible memory
 * @nr_cmrs: how many ranges; 0 if not known
 * @limits: of the module
 * @limits_given: @limits are the machine's own, not taken for granted
 * @lanes: CPUs of each node
 * @lanes_given: is it known how many?
 * @home: the node whose CPUs work for each: it itself, unless it has none
 */
struct description {
	struct tdmr_range *mem;
	unsigned int nr_mem;
	unsigned int room;
	enum memory_source memory_from;
	struct tdmr_range cmrs[TDMR_MAX_CMRS];
	unsigned int nr_cmrs;
	struct tdmr_limits limits;
	bool limits_given;
	unsigned int lanes[TDMR_MAX_NODES];
	bool lanes_given[TDMR_MAX_NODES];
	int home[TDMR_MAX_NODES];
};

void description_init(struct description *d);
void description_free(struct description *d);
int description_add_mem(struct description *d, u64 start, u64 end, int node);
int description_read(struct description *d, FILE *stream, const char *name);
void description_find_homes(struct description *d);
void description_write(const struct description *d, FILE *stream);

#endif /* _TDXCTL_DESCRIBE_H */
