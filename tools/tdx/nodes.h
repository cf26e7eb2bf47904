/* SPDX-License-Identifier: GPL-2.0-only */
/* The NUMA nodes that this machine has, their CPUs and memory blocks. */
#ifndef _TDXCTL_NODES_H
#define _TDXCTL_NODES_H

#include "ranges.h"

/**
 * struct node - a NUMA node
 * @id: its number
 * @online: CPUs that are online
 * @cpus: those of them that are not isolated
 * @home: whose CPUs work on its memory: its own, or the nearest if it has none
 * @bytes: memory that the kernel manages there, less than there is
 */
struct node {
	unsigned int id;
	unsigned int online;
	unsigned int cpus;
	const struct node *home;
	u64 bytes;
};

/**
 * struct nodes - the nodes of a machine
 * @v: the nodes, ascending
 * @nr: how many, at least 1
 * @numa: sysfs lists nodes; without, @v is one that stands for all
 * @blocks: which memory is whose, in blocks of sysfs; none if it does not tell
 * @shared: blocks that belong to more than one node
 */
struct nodes {
	struct node *v;
	size_t nr;
	bool numa;
	struct ranges blocks;
	unsigned int shared;
};

void nodes_read(struct nodes *nodes);
void nodes_free(struct nodes *nodes);
void nodes_own(const struct nodes *nodes, const struct ranges *ram,
	       struct ranges *owned);

#endif /* _TDXCTL_NODES_H */
