// SPDX-License-Identifier: GPL-2.0-only
/*
 * The best makespan of TDMRs of whole GiB, exactly.
 *
 * Can a node's runs be cut so that its CPUs are done in M GiB, and into how few
 * TDMRs?  Look at runs and CPUs as linked where a CPU works on a part of a run:
 * what hangs together is a group of runs with sum S, on at least S / M CPUs
 * rounded up.  So many suffice: lay the runs of the group in a row and cut at
 * every multiple of M.  That makes one TDMR for each run and one more for each
 * CPU but the first, and fewer links would not hold a group together.  So what
 * is left is how to divide a node's runs into groups, and that is tried in all
 * ways.
 */
#include <string.h>

#include "ideal.h"

/* Less than any number of groups: impossible. */
#define NONE		(-1)

static unsigned int div_up(unsigned int a, unsigned int b)
{
	return a / b + !!(a % b);
}

/* The runs of one node. */
struct node_runs {
	unsigned int size[IDEAL_NODE_RUNS];
	unsigned int nr;
	unsigned int cpus;
};

static struct node_runs runs_of(const struct ideal_host *host, unsigned int node)
{
	struct node_runs runs = { .cpus = host->cpus[node] };
	unsigned int i;

	for (i = 0; i < host->nr_runs; i++) {
		if (host->node[i] == node)
			runs.size[runs.nr++] = host->size[i];
	}
	if (runs.cpus > IDEAL_MAX_TDMRS)
		runs.cpus = IDEAL_MAX_TDMRS;

	return runs;
}

static unsigned int sum_of(const struct node_runs *runs, unsigned int set)
{
	unsigned int i, sum = 0;

	for (i = 0; i < runs->nr; i++)
		sum += set & 1U << i ? runs->size[i] : 0;

	return sum;
}

/*
 * TDMRs that a node needs to be done in @span, more than any host has if it
 * cannot be.  groups[set][n]: the most groups into which the runs of the set can
 * be divided so that n CPUs do them.
 */
static unsigned int tdmrs_for(const struct node_runs *runs, unsigned int span)
{
	static signed char groups[1 << IDEAL_NODE_RUNS][IDEAL_MAX_TDMRS + 1];
	unsigned int all = (1U << runs->nr) - 1;
	unsigned int least = IDEAL_MAX_TDMRS + 1;
	unsigned int set, group, need, n;

	memset(groups, NONE, sizeof(groups));
	groups[0][0] = 0;

	for (set = 1; set <= all; set++) {
		/* The group of the first run of the set, in all ways. */
		for (group = set; group; group = (group - 1) & set) {
			if (!(group & set & -set))
				continue;
			need = div_up(sum_of(runs, group), span);
			for (n = need; n <= runs->cpus; n++) {
				signed char rest = groups[set & ~group][n - need];

				if (rest != NONE && rest + 1 > groups[set][n])
					groups[set][n] = rest + 1;
			}
		}
	}

	for (n = 0; n <= runs->cpus; n++) {
		if (groups[all][n] == NONE)
			continue;
		need = runs->nr + n - groups[all][n];
		if (need < least)
			least = need;
	}

	return least;
}

static int can_be_done(const struct ideal_host *host, unsigned int span)
{
	unsigned int node, sum = 0;

	for (node = 0; node < IDEAL_MAX_NODES; node++) {
		struct node_runs runs = runs_of(host, node);

		if (runs.nr)
			sum += tdmrs_for(&runs, span);
		if (sum > host->max_tdmrs)
			return 0;
	}

	return 1;
}

/**
 * ideal_makespan - when are the CPUs done at best?
 * @host: the host; no node has more than %IDEAL_NODE_RUNS runs
 *
 * Each CPU works on whole TDMRs of its node, which do not reach over gaps.
 *
 * Return: GiB of the busiest CPU.
 */
unsigned int ideal_makespan(const struct ideal_host *host)
{
	unsigned int lo = 1, hi = 1, mid, i;

	for (i = 0; i < host->nr_runs; i++)
		hi += host->size[i];

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (can_be_done(host, mid))
			hi = mid;
		else
			lo = mid + 1;
	}

	return hi;
}
