/* SPDX-License-Identifier: GPL-2.0-only */
/* Descriptions of machines for the TDMR planner, in the text format of tdxctl(1). */
#ifndef _TDXCTL_DESCRIBE_H
#define _TDXCTL_DESCRIBE_H

#include <stdbool.h>
#include <stdio.h>

#include "tdmr.h"

/* Nodes are 0 to 1023, as in the kernel with NODES_SHIFT=10. */
#define DESCRIPTION_MAX_NODES	1024

/* The source of the memory ranges, which determines their precision. */
enum memory_source {
	MEMORY_FROM_FILE,
	MEMORY_FROM_IOMEM,
	MEMORY_FROM_BLOCKS,	/* holes inside memory blocks are unknown */
};

/* A machine.  It contains pointers into itself: do not copy it. */
struct description {
	struct tdmr_host host;		/* input of the planner; points to @ranges and @nodes */
	struct tdmr_range *ranges;	/* memory of the machine */
	struct tdmr_node nodes[DESCRIPTION_MAX_NODES];	/* complete after description_read() */
	/* Without it, description_read() counts one CPU for a node with memory. */
	bool lanes_given[DESCRIPTION_MAX_NODES];
	bool limits_given;		/* the description has a limits line */
	enum memory_source memory_from;
	u64 added;			/* bytes that a driver added after boot */
	char error[256];		/* why the description cannot be read */
};

void *array_grow(void *array, size_t nr, size_t size);

void description_init(struct description *d);
void description_free(struct description *d);
void description_add_mem(struct description *d, u64 start, u64 end, int node);
void description_find_homes(struct description *d);
int description_read(struct description *d, FILE *stream, const char *name);
void description_write(const struct description *d, FILE *stream);

#endif /* _TDXCTL_DESCRIBE_H */
