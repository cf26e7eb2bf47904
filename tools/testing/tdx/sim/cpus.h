/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated CPUs, and the tasks that share them.
 *
 * A task runs on the CPUs of one node.  It starts on the one with least to do,
 * or when others of the node are done if these are as many as may be.  CPUs that
 * would be idle take one that waits on another of their node, and those on one
 * CPU run in turn, a slice each.
 */
#ifndef _TDX_SIM_CPUS_H
#define _TDX_SIM_CPUS_H

#include <linux/compiler.h>
#include <linux/types.h>

/**
 * struct cpus_options - what is simulated
 * @nr_nodes: NUMA nodes
 * @cpus: CPUs of each
 * @slice_ns: how long a task runs before others on its CPU get their turn
 * @bytes_per_ns: what the memory of a node can take; 0: any amount
 * @worker_ns: how long it takes to create a worker, one after another; each
 *	node has one from the beginning
 * @trace: print a trace
 */
struct cpus_options {
	unsigned int nr_nodes;
	const unsigned int *cpus;
	double slice_ns;
	double bytes_per_ns;
	double worker_ns;
	bool trace;
};

void cpus_init(const struct cpus_options *options);
void cpus_free(void);
unsigned int cpus_nr(void);
unsigned int cpus_nr_of(int node);
void cpus_start(int node, unsigned int max, void (*function)(void *), void *arg);
void cpus_work(int memory_node, double ns, double bytes);
void cpus_run(void);
double cpus_now(void);
unsigned int cpus_here(void);
int cpus_node_here(void);
void __printf(1, 2) cpus_trace(const char *fmt, ...);

#endif /* _TDX_SIM_CPUS_H */
