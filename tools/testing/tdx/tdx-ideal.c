// SPDX-License-Identifier: GPL-2.0-only
/*
 * The best that any TDMRs allow on a machine, found without the planner.
 *
 *   tdx-ideal < DESCRIPTION
 *
 * Descriptions are those that "tdxctl plan" reads.  Prints the GiB that the
 * busiest CPU must work on, and those it would if CPUs need not stay on their
 * node and TDMRs were without limit.
 *
 * Exit 0, or 1 with one line on standard error.
 */
#include <stdio.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "describe.h"
#include "ideal.h"

#define GIB	((u64)SZ_1G)

static u64 bytes_in(const struct description *d, u64 gib, int node)
{
	u64 start, end, bytes = 0;
	unsigned int i;

	for (i = 0; i < d->nr_mem; i++) {
		start = max(d->mem[i].start, gib * GIB);
		end = min(d->mem[i].end, (gib + 1) * GIB);
		if (d->mem[i].node == node && start < end)
			bytes += end - start;
	}

	return bytes;
}

/* Whose most of a GiB is, the first such; -1 if it is nobody's. */
static int node_of(const struct description *d, u64 gib)
{
	u64 bytes, most = 0;
	unsigned int i;
	int node = -1;

	for (i = 0; i < d->nr_mem; i++) {
		bytes = bytes_in(d, gib, d->mem[i].node);
		if (bytes > most) {
			most = bytes;
			node = d->mem[i].node;
		}
	}

	return node;
}

static int add_gib(struct ideal_host *host, int node, bool new)
{
	if (!new) {
		host->size[host->nr_runs - 1]++;
		return 0;
	}

	if (host->nr_runs == IDEAL_MAX_RUNS || node >= IDEAL_MAX_NODES)
		return -1;

	host->node[host->nr_runs] = node;
	host->size[host->nr_runs++] = 1;
	return 0;
}

static int find_runs(struct ideal_host *host, const struct description *d)
{
	u64 gib, end = (d->mem[d->nr_mem - 1].end + GIB - 1) / GIB;
	int node, before = -1;

	for (gib = d->mem[0].start / GIB; gib < end; gib++) {
		node = node_of(d, gib);
		if (node >= 0 && add_gib(host, node, node != before))
			return -1;
		before = node;
	}

	return 0;
}

static int check(const struct ideal_host *host)
{
	unsigned int count[IDEAL_MAX_NODES] = {};
	unsigned int i;

	for (i = 0; i < host->nr_runs; i++) {
		if (++count[host->node[i]] > IDEAL_NODE_RUNS)
			return -1;
	}

	return host->nr_runs > host->max_tdmrs ? -1 : 0;
}

static int describe(struct ideal_host *host, const struct description *d)
{
	unsigned int node;

	host->max_tdmrs = min_t(unsigned int, d->limits.max_tdmrs, IDEAL_MAX_TDMRS);
	for (node = 0; node < IDEAL_MAX_NODES; node++)
		host->cpus[node] = max(d->lanes[node], 1U);

	return d->nr_mem && !find_runs(host, d) && !check(host) ? 0 : -1;
}

static unsigned int anywhere(const struct ideal_host *host,
			     const struct description *d)
{
	unsigned int i, gib = 0, cpus = 0;

	for (i = 0; i < host->nr_runs; i++)
		gib += host->size[i];
	for (i = 0; i < IDEAL_MAX_NODES; i++)
		cpus += d->lanes[i];

	return (gib + max(cpus, 1U) - 1) / max(cpus, 1U);
}

int main(int argc, char **argv)
{
	struct ideal_host host = {};
	struct description d;
	int ret = 1;

	if (argc > 1) {
		fprintf(stderr, "usage: tdx-ideal < DESCRIPTION\n");
		return 1;
	}

	description_init(&d);
	if (!description_read(&d, stdin, "standard input")) {
		ret = describe(&host, &d) ? 1 : 0;
		if (ret)
			fprintf(stderr, "more nodes or ranges than can be tried\n");
		else
			printf("ideal GiB=%u anywhere=%u\n", ideal_makespan(&host),
			       anywhere(&host, &d));
	}
	description_free(&d);

	return ret;
}
