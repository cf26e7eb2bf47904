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

static void describe(struct tdx_bringup *tb)
{
	const struct tdx_sys_info_tdmr *info = &tb->sysinfo.tdmr;
	struct tdmr_layout *layout = &tb->layout;

	layout->limits = (struct tdmr_limits) {
		.max_tdmrs = info->max_tdmrs,
		.max_reserved = info->max_reserved_per_tdmr,
		.entry_size[TDMR_4K] = info->pamt_4k_entry_size,
		.entry_size[TDMR_2M] = info->pamt_2m_entry_size,
		.entry_size[TDMR_1G] = info->pamt_1g_entry_size,
	};
	layout->ranges = tb->ranges;
	layout->nr_ranges = tb->nr_ranges;
	memcpy(layout->cmrs, tb->cmrs, sizeof(layout->cmrs));
	layout->nr_cmrs = tb->nr_cmrs;
	layout->pageblock = pageblock_nr_pages * PAGE_SIZE;
}

/* Nodes that have no CPUs share those of another. */
static int find_homes(struct tdx_bringup *tb)
{
	struct tdmr_layout *layout = &tb->layout;
	int node, *home;

	static_assert(MAX_NUMNODES <= TDMR_MAX_NODES);

	home = kvcalloc(TDMR_MAX_NODES, sizeof(*home), GFP_KERNEL);
	if (!home)
		return -ENOMEM;

	layout->home = home;
	for_each_online_node(node) {
		home[node] = tdx_layout_home(node);
		layout->lanes[node] = nr_workers(node);
	}

	return 0;
}

static int alloc_room(struct tdx_bringup *tb)
{
	struct tdmr_layout *layout = &tb->layout;

	layout->plans = kvcalloc(TDMR_MAX_PLANS, sizeof(*layout->plans),
				 GFP_KERNEL);
	layout->areas = kvcalloc(array_size(TDMR_MAX_PLANS,
					    tb->sysinfo.tdmr.max_reserved_per_tdmr),
				 sizeof(*layout->areas), GFP_KERNEL);
	layout->runs = kvcalloc(tb->nr_ranges, sizeof(*layout->runs),
				GFP_KERNEL);
	if (layout->plans && layout->areas && layout->runs && !find_homes(tb))
		return 0;

	return tdx_bringup_fail(tb, -ENOMEM, "out of memory for the TDMR layout");
}

/* What the planner says, with the limit, or with what to do where that is known. */
static int fail_layout(struct tdx_bringup *tb, int err)
{
	const struct tdmr_layout *layout = &tb->layout;
	const struct tdmr_limits *limits = &layout->limits;
	u64 start = layout->bad_start, end = layout->bad_end;

	switch (layout->trouble) {
	case TDMR_BAD_LIMITS:
		return tdx_bringup_fail(tb, err,
			"the module reports a limit of 0: TDMRs %u, reserved areas %u, PAMT entries of %u, %u and %u bytes",
			limits->max_tdmrs, limits->max_reserved,
			limits->entry_size[TDMR_4K], limits->entry_size[TDMR_2M],
			limits->entry_size[TDMR_1G]);
	case TDMR_BAD_CMR:
		if (layout->nr_cmrs)
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
	case TDMR_NO_TDMRS:
		return tdx_bringup_fail(tb, err,
			"memory [0x%llx, 0x%llx): TDMRs exhausted, the module takes %u",
			start, end, limits->max_tdmrs);
	case TDMR_NO_RESERVED:
		return tdx_bringup_fail(tb, err,
			"memory [0x%llx, 0x%llx): reserved areas exhausted, a TDMR has %u",
			start, end, limits->max_reserved);
	case TDMR_NO_PAMT:
		return tdx_bringup_fail(tb, err,
			"TDMR [0x%llx, 0x%llx): no memory of a node is long enough for its PAMT and leaves areas enough, of which a TDMR has %u",
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
	kvfree(tb->layout.home);
	kvfree(tb->layout.runs);
	kvfree(tb->layout.areas);
	kvfree(tb->layout.plans);
	memset(&tb->layout, 0, sizeof(tb->layout));
}

/**
 * tdx_layout_plan - choose the TDMRs, and a place for each PAMT
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

	describe(tb);

	ret = alloc_room(tb);
	if (ret)
		goto err_free;

	ret = tdmr_layout_plan(&tb->layout);
	if (!ret)
		ret = tdmr_layout_place(&tb->layout);
	if (ret) {
		fail_layout(tb, ret);
		goto err_free;
	}

	return 0;

err_free:
	tdx_layout_free(tb);
	return ret;
}

/**
 * tdx_layout_reserve - reserve holes and PAMTs
 * @tb: the bring-up; its PAMTs are allocated
 *
 * Context: any.  The runner of @tb.
 *
 * Return: 0, or -ENOSPC when the reserved areas of a TDMR do not suffice.
 */
int tdx_layout_reserve(struct tdx_bringup *tb)
{
	int ret = tdmr_layout_reserve(&tb->layout);

	return ret ? fail_layout(tb, ret) : 0;
}
