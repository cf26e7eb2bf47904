// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 3, first half: have the TDMRs planned for this host.
 *
 * What the planner works on comes from the host: the memory, the module's
 * limits and its CMRs, and how many CPUs there are to work on each node.
 */
#include <linux/cpumask.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/pageblock-flags.h>
#include <linux/sched/isolation.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "bringup.h"

/* Isolated CPUs do no unbound work, and lanes are unbound work. */
static bool may_work(unsigned int cpu)
{
	return cpu_online(cpu) && housekeeping_test_cpu(cpu, HK_TYPE_DOMAIN) &&
	       housekeeping_test_cpu(cpu, HK_TYPE_WQ);
}

/**
 * tdx_layout_home - whose CPUs work on a node's memory
 * @node: the node
 *
 * Context: any.
 *
 * Return: @node, or the nearest that has CPUs.
 */
int tdx_layout_home(int node)
{
	return node_state(node, N_CPU) ? node : numa_nearest_node(node, N_CPU);
}

static unsigned int nr_workers(int node)
{
	unsigned int cpu, nr = 0;

	for_each_cpu(cpu, cpumask_of_node(node))
		nr += may_work(cpu);

	return nr;
}

/* Nodes that have no CPUs share those of another. */
static int find_homes(struct tdmr_host *host)
{
	struct tdmr_node *nodes;
	int node;

	nodes = kvcalloc(nr_node_ids, sizeof(*nodes), GFP_KERNEL);
	if (!nodes)
		return -ENOMEM;

	for_each_online_node(node) {
		nodes[node].home = tdx_layout_home(node);
		nodes[node].cpus = nr_workers(node);
	}
	host->nodes = nodes;
	host->nr_nodes = nr_node_ids;

	return 0;
}

static int describe(struct tdx_bringup *tb)
{
	const struct tdx_sys_info_tdmr *info = &tb->sysinfo.tdmr;
	struct tdmr_host *host = &tb->host;

	host->limits = (struct tdmr_limits) {
		.max_tdmrs = info->max_tdmrs,
		.max_reserved = info->max_reserved_per_tdmr,
		.entry_size[TDMR_4K] = info->pamt_4k_entry_size,
		.entry_size[TDMR_2M] = info->pamt_2m_entry_size,
		.entry_size[TDMR_1G] = info->pamt_1g_entry_size,
	};
	host->ranges = tb->ranges;
	host->nr_ranges = tb->nr_ranges;
	memcpy(host->cmrs, tb->cmrs, sizeof(host->cmrs));
	host->nr_cmrs = tb->nr_cmrs;
	host->pageblock = pageblock_nr_pages * PAGE_SIZE;

	if (find_homes(host))
		return tdx_bringup_fail(tb, -ENOMEM, "out of memory for the TDMR layout");

	return 0;
}

/* What the planner says, with the limit, or with what to do where that is known. */
static int fail_layout(struct tdx_bringup *tb, int err)
{
	const struct tdmr_layout *layout = &tb->layout;
	const struct tdmr_limits *limits = &tb->host.limits;
	u64 start = layout->bad_start, end = layout->bad_end;

	switch (layout->trouble) {
	case TDMR_BAD_LIMITS:
		return tdx_bringup_fail(tb, err,
			"the module reports a limit of 0: TDMRs %u, reserved areas %u, PAMT entries of %u, %u and %u bytes",
			limits->max_tdmrs, limits->max_reserved,
			limits->entry_size[TDMR_4K], limits->entry_size[TDMR_2M],
			limits->entry_size[TDMR_1G]);
	case TDMR_BAD_CMR:
		if (tb->host.nr_cmrs)
			return tdx_bringup_fail(tb, err,
				"CMR [0x%llx, 0x%llx): empty, not whole pages, or not behind the one before",
				start, end);
		return tdx_bringup_fail(tb, err,
			"memory [0x%llx, 0x%llx): the module reports no CMRs, and there may be %d ranges then",
			start, end, TDMR_MAX_CMRS);
	case TDMR_OUTSIDE_CMRS:
		return tdx_bringup_fail(tb, err,
			"memory [0x%llx, 0x%llx): TDX cannot use this memory; if it was hot-added, remove it%s",
			start, end, tdx_host_hint());
	case TDMR_NO_RESERVED:
		return tdx_bringup_fail(tb, err,
			"memory [0x%llx, 0x%llx): reserved areas exhausted, a TDMR has %u",
			start, end, limits->max_reserved);
	case TDMR_NO_PAMT:
		return tdx_bringup_fail(tb, err,
			"TDMR [0x%llx, 0x%llx): no memory is long enough for its PAMT where one of the %u reserved areas of each TDMR is left",
			start, end, limits->max_reserved);
	default:
		return tdx_bringup_fail(tb, err,
			"memory [0x%llx, 0x%llx): not a range of whole pages of a NUMA node",
			start, end);
	}
}

/**
 * tdx_layout_free - undo tdx_layout_plan()
 * @tb: the bring-up
 *
 * Context: may sleep.  The runner of @tb.
 */
void tdx_layout_free(struct tdx_bringup *tb)
{
	kvfree(tb->host.nodes);
	memset(&tb->host, 0, sizeof(tb->host));
	memset(&tb->layout, 0, sizeof(tb->layout));
}

/**
 * tdx_layout_plan - choose the TDMRs, and a place for each row of PAMTs
 * @tb: the bring-up; its memory is claimed, its metadata read
 *
 * Context: may sleep.  The runner of @tb.
 *
 * Return: 0; -ENOMEM; -ERANGE for memory outside the CMRs; -ENOSPC when the
 * module's limits do not suffice; -EINVAL for input that cannot be right.
 */
int tdx_layout_plan(struct tdx_bringup *tb)
{
	int ret;

	ret = describe(tb);
	if (ret)
		return ret;

	ret = tdmr_plan(&tb->host, &tb->layout);
	if (!ret)
		ret = tdmr_place(&tb->host, &tb->layout);
	if (ret) {
		fail_layout(tb, ret);
		tdx_layout_free(tb);
	}

	return ret;
}
