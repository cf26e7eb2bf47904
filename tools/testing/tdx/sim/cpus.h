/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Simulated CPUs, and the tasks that share them.
 *
 * A task runs on the CPUs of one node.  It starts at once, or when others of the node
 * are done if as many as may be have started.  Tasks share the CPUs of their node
 * evenly, as a fair scheduler has them do, and none runs on two CPUs at a time.
 */
#ifndef _TDX_SIM_CPUS_H
#define _TDX_SIM_CPUS_H

/* What is simulated. */
struct cpus_options {
	unsigned int nr_nodes;
	const unsigned int *cpus;	/* of each node */
	double bytes_per_ns;		/* what the memory of a node can take; 0: any amount */
	/* To create a worker, one after another.  Each node has one from the beginning. */
	double worker_ns;
};

/* A mutex, for all tasks or for those of a node */
struct cpus_lock {
	double free_at;		/* when its last holder releases it */
};

void cpus_init(const struct cpus_options *options);
unsigned int cpus_nr(void);
unsigned int cpus_nr_of(int node);
void cpus_start(int node, unsigned int max, void (*function)(void *), void *arg);
void cpus_work(int memory_node, double ns, double bytes);
void cpus_hold(struct cpus_lock *lock, double ns);
void cpus_run(void);
double cpus_now(void);

#endif /* _TDX_SIM_CPUS_H */
