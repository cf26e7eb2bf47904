// SPDX-License-Identifier: GPL-2.0-only
/* Hosts that tests make, and what the planner makes of them. */
#include <stdio.h>
#include <string.h>

#include "hosts.h"
#include "judge.h"
#include "layout.h"

/**
 * host_init - make a host without memory or CPUs, with the limits of modules today
 * @t: the host
 * @nr_nodes: number of nodes
 */
void host_init(struct test_host *t, unsigned int nr_nodes)
{
	unsigned int i;

	memset(t, 0, sizeof(*t));
	t->host = (struct tdmr_host) {
		.limits = {
			.max_tdmrs = 64,
			.max_reserved = 16,
			.entry_size = { 16, 16, 16 },
		},
		.ranges = t->ranges,
		.nodes = t->nodes,
		.nr_nodes = nr_nodes,
		.pageblock = SZ_2M,
	};
	for (i = 0; i < nr_nodes; i++)
		t->nodes[i].home = i;
}

/**
 * host_add_range - add memory; what is empty or has no room is left out
 * @t: the host
 * @start: first byte
 * @end: first byte after it
 * @node: its node
 */
void host_add_range(struct test_host *t, u64 start, u64 end, int node)
{
	if (start < end && t->host.nr_ranges < HOST_MAX_RANGES)
		t->ranges[t->host.nr_ranges++] = (struct tdmr_range) { start, end, node };
}

/**
 * host_add_cmr - add convertible memory
 * @t: the host
 * @start: first byte
 * @end: first byte after it
 */
void host_add_cmr(struct test_host *t, u64 start, u64 end)
{
	t->host.cmrs[t->host.nr_cmrs++] = (struct tdmr_range) { start, end, 0 };
}

/**
 * host_print - print a host as tdx-simulate reads it
 * @t: the host
 */
void host_print(const struct test_host *t)
{
	const struct tdmr_host *host = &t->host;
	unsigned int i;

	printf("limits max_tdmrs=%u max_reserved=%u\n", host->limits.max_tdmrs,
	       host->limits.max_reserved);
	for (i = 0; i < host->nr_nodes; i++) {
		printf("lanes %u %u\n", i, host->nodes[i].cpus);
		/* A description cannot say so of any node. */
		if (host->nodes[i].home != (int)i)
			printf("# the CPUs of node %d work for node %u\n",
			       host->nodes[i].home, i);
	}
	for (i = 0; i < host->nr_cmrs; i++)
		printf("cmr 0x%llx 0x%llx\n", host->cmrs[i].start,
		       host->cmrs[i].end - host->cmrs[i].start);
	for (i = 0; i < host->nr_ranges; i++)
		printf("mem 0x%llx 0x%llx %d\n", host->ranges[i].start,
		       host->ranges[i].end, host->ranges[i].node);
}

/**
 * host_judge - plan a host, and judge what the planner does
 * @host: any host, its homes valid
 * @layout: gets the layout, or the trouble
 *
 * Return: what is wrong; NULL if nothing is.
 */
const char *host_judge(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	enum tdmr_trouble trouble = judge_input(host);
	const char *wrong;

	if (layout_make(layout, host)) {
		if (trouble != layout->trouble &&
		    (trouble != TDMR_FINE || layout->trouble < TDMR_NO_RESERVED))
			return "refused for another reason";
		return NULL;
	}
	if (trouble != TDMR_FINE)
		return "invalid input is accepted";

	wrong = judge_layout(host, layout);
	if (!wrong && module_refuses(host, layout))
		wrong = "the module refuses the layout";

	return wrong;
}
