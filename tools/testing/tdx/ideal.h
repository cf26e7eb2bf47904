/* SPDX-License-Identifier: GPL-2.0-only */
/* The best that any TDMRs of whole GiB allow, found without the planner. */
#ifndef _TDX_TEST_IDEAL_H
#define _TDX_TEST_IDEAL_H

#define IDEAL_MAX_RUNS		64
/* Of one node; what is tried doubles, and more, with each. */
#define IDEAL_NODE_RUNS		12
#define IDEAL_MAX_NODES		64
#define IDEAL_MAX_TDMRS		64

/**
 * struct ideal_host - memory and CPUs
 * @nr_runs: runs: GiB of a node, one after another
 * @size: GiB of each run
 * @node: node of each run
 * @cpus: CPUs of each node, at least 1
 * @max_tdmrs: TDMRs, at least @nr_runs, at most %IDEAL_MAX_TDMRS
 */
struct ideal_host {
	unsigned int nr_runs;
	unsigned int size[IDEAL_MAX_RUNS];
	unsigned int node[IDEAL_MAX_RUNS];
	unsigned int cpus[IDEAL_MAX_NODES];
	unsigned int max_tdmrs;
};

unsigned int ideal_makespan(const struct ideal_host *host);

#endif /* _TDX_TEST_IDEAL_H */
