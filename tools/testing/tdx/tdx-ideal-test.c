// SPDX-License-Identifier: GPL-2.0-only
/*
 * The best makespan, by trying each cut and each CPU, on all small hosts:
 * one or two nodes, up to three runs, up to 8 GiB.
 */
#include <stdio.h>

#include "ideal.h"

#define MAX_GIB		8
#define MAX_CPUS	3

struct search {
	const struct ideal_host *host;
	unsigned int load[2][MAX_CPUS];
	unsigned int best;
};

static void place(struct search *s, unsigned int run, unsigned int rest,
		  unsigned int tdmrs, unsigned int most);

/* Cut the next TDMR of @size off a run and give it to each CPU in turn. */
static void try_size(struct search *s, unsigned int run, unsigned int rest,
		     unsigned int size, unsigned int tdmrs, unsigned int most)
{
	unsigned int node = s->host->node[run];
	unsigned int cpu, load;

	for (cpu = 0; cpu < s->host->cpus[node]; cpu++) {
		load = s->load[node][cpu];
		s->load[node][cpu] += size;
		place(s, run, rest - size, tdmrs + 1,
		      load + size > most ? load + size : most);
		s->load[node][cpu] = load;
		/* The next CPU without work would be the same again. */
		if (!load)
			break;
	}
}

static void place(struct search *s, unsigned int run, unsigned int rest,
		  unsigned int tdmrs, unsigned int most)
{
	unsigned int size;

	if (tdmrs > s->host->max_tdmrs || most >= s->best)
		return;

	if (!rest) {
		if (++run == s->host->nr_runs) {
			s->best = most;
			return;
		}
		rest = s->host->size[run];
	}

	for (size = 1; size <= rest; size++)
		try_size(s, run, rest, size, tdmrs, most);
}

static unsigned int by_force(const struct ideal_host *host)
{
	struct search s = { .host = host, .best = MAX_GIB + 1 };

	place(&s, 0, host->size[0], 0, 0);

	return s.best;
}

static unsigned long hosts, wrong;

static void compare(const struct ideal_host *host)
{
	unsigned int found = ideal_makespan(host), best = by_force(host);
	unsigned int i;

	hosts++;
	if (found == best)
		return;

	wrong++;
	printf("# %u instead of %u GiB: %u and %u CPUs, %u TDMRs, runs", found,
	       best, host->cpus[0], host->cpus[1], host->max_tdmrs);
	for (i = 0; i < host->nr_runs; i++)
		printf(" %u of node %u", host->size[i], host->node[i]);
	printf("\n");
}

static void each_limit(struct ideal_host *host)
{
	for (host->max_tdmrs = host->nr_runs; host->max_tdmrs <= host->nr_runs + 4;
	     host->max_tdmrs++)
		compare(host);
}

static void each_cpus(struct ideal_host *host)
{
	for (host->cpus[0] = 1; host->cpus[0] <= MAX_CPUS; host->cpus[0]++) {
		for (host->cpus[1] = 1; host->cpus[1] <= MAX_CPUS; host->cpus[1]++)
			each_limit(host);
	}
}

static void each_run(struct ideal_host *host, unsigned int left)
{
	unsigned int run = host->nr_runs;

	if (run)
		each_cpus(host);
	if (run == 3)
		return;

	host->nr_runs = run + 1;
	for (host->size[run] = 1; host->size[run] <= left; host->size[run]++) {
		for (host->node[run] = 0; host->node[run] < 2; host->node[run]++)
			each_run(host, left - host->size[run]);
	}
	host->nr_runs = run;
}

int main(void)
{
	struct ideal_host host = {};

	each_run(&host, MAX_GIB);

	printf("1..1\n%sok 1 best makespans of %lu hosts\n", wrong ? "not " : "",
	       hosts);
	return wrong ? 1 : 0;
}
