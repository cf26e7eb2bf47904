// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps 2 and 3: list the memory that TDs may use, and cover it with TDMRs.
 *
 * KVM allocates memory for TDs from the page allocator, which does not distinguish
 * memory that the module can use.  So TDMRs cover all memory of the page allocator, and
 * after step 2 no other memory may come online.  TDMRs also cover memory that is offline
 * if the module can use it.
 */
#include <linux/cpumask.h>
#include <linux/lanework.h>
#include <linux/list.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/pfn.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "steps.h"

static bool tdx_memory_is_convertible(const struct tdx_module *module, u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; i < module->nr_cmrs; i++) {
		if (module->cmrs[i].start <= start && start < module->cmrs[i].end)
			start = module->cmrs[i].end;
	}

	return !module->nr_cmrs || start >= end;
}

/*
 * Copy @all to @blocks, except memory that is offline and not convertible, such as hot-added
 * memory of a device.  tdx_memory_notifier() keeps that memory offline while TDX is up.
 */
static int tdx_memory_select(struct list_head *all, struct list_head *blocks,
			     const struct tdx_module *module)
{
	struct tdx_memblock *block, *last = NULL;
	unsigned long pfn, next;
	int ret;

	list_for_each_entry(block, all, list) {
		for (pfn = block->start_pfn; pfn < block->end_pfn; pfn = next) {
			next = min(block->end_pfn, SECTION_ALIGN_UP(pfn + 1));
			if (!online_section_nr(pfn_to_section_nr(pfn)) &&
			    !tdx_memory_is_convertible(module, PFN_PHYS(pfn), PFN_PHYS(next)))
				continue;
			if (last && last->end_pfn == pfn && last->nid == block->nid) {
				last->end_pfn = next;
				continue;
			}
			ret = add_tdx_memblock(blocks, pfn, next, block->nid);
			if (ret)
				return ret;
			last = list_last_entry(blocks, struct tdx_memblock, list);
		}
	}

	return 0;
}

static int tdx_memory_list(struct list_head *blocks, const struct tdx_module *module)
{
	LIST_HEAD(all);
	int ret;

	ret = build_tdx_memlist(&all);
	if (ret)
		return ret;

	ret = tdx_memory_select(&all, blocks, module);
	free_tdx_memlist(&all);
	if (ret)
		free_tdx_memlist(blocks);

	return ret;
}

static struct tdmr_range *tdx_memory_ranges(struct list_head *blocks, unsigned int *nr)
{
	struct tdmr_range *ranges, *range;
	struct tdx_memblock *block;

	*nr = list_count_nodes(blocks);
	ranges = kvmalloc_objs(*ranges, *nr);
	if (!ranges)
		return NULL;

	range = ranges;
	list_for_each_entry(block, blocks, list) {
		range->start = PFN_PHYS(block->start_pfn);
		range->end = PFN_PHYS(block->end_pfn);
		range->node = block->nid;
		range++;
	}

	return ranges;
}

/**
 * tdx_memory_claim - step 2: list the memory, and keep other memory offline
 * @a: the attempt
 * @layout: gets the memory
 * @module: the CMRs
 *
 * Context: may sleep; takes mem_hotplug_lock for reading.  The worker calls this.
 *
 * Return: 0 or -ENOMEM.
 */
int tdx_memory_claim(struct tdx_attempt *a, struct tdx_layout *layout,
		     const struct tdx_module *module)
{
	LIST_HEAD(blocks);
	int ret;

	/* Prevent memory from coming online before the list is published. */
	get_online_mems();

	ret = tdx_memory_list(&blocks, module);
	if (ret)
		goto err_put;

	layout->host.ranges = tdx_memory_ranges(&blocks, &layout->host.nr_ranges);
	if (!layout->host.ranges) {
		ret = -ENOMEM;
		goto err_free;
	}

	list_splice(&blocks, &tdx_memlist);
	put_online_mems();

	return 0;

err_free:
	free_tdx_memlist(&blocks);
err_put:
	put_online_mems();
	return tdx_fail(a, ret, "out of memory for the list of memory ranges");
}

/**
 * tdx_memory_release - undo tdx_memory_claim()
 * @layout: the layout
 *
 * Context: may sleep; takes mem_hotplug_lock for reading.  The worker calls this.
 */
void tdx_memory_release(struct tdx_layout *layout)
{
	get_online_mems();
	free_tdx_memlist(&tdx_memlist);
	put_online_mems();

	kvfree(layout->host.ranges);
	layout->host.ranges = NULL;
}

/**
 * tdx_layout_home - find the node whose CPUs initialize the TDMRs of a node
 * @node: the node
 *
 * Context: any.
 *
 * Return: @node, or the nearest node that has CPUs.
 */
int tdx_layout_home(int node)
{
	return node_state(node, N_CPU) ? node : numa_nearest_node(node, N_CPU);
}

static int tdx_host_describe(struct tdmr_host *host, const struct tdx_module *module)
{
	const struct tdx_sys_info_tdmr *info = &module->sysinfo.tdmr;
	struct tdmr_node *nodes;
	int node;

	nodes = kvcalloc(nr_node_ids, sizeof(*nodes), GFP_KERNEL);
	if (!nodes)
		return -ENOMEM;

	for_each_online_node(node) {
		nodes[node].home = tdx_layout_home(node);
		nodes[node].cpus = lanework_workers(cpumask_of_node(node));
	}
	host->nodes = nodes;
	host->nr_nodes = nr_node_ids;
	/* A free block of the page allocator may be larger than a pageblock. */
	host->block = MAX_ORDER_NR_PAGES * PAGE_SIZE;
	memcpy(host->cmrs, module->cmrs, sizeof(host->cmrs));
	host->nr_cmrs = module->nr_cmrs;
	host->limits = (struct tdmr_limits) {
		.max_tdmrs = info->max_tdmrs,
		.max_reserved = info->max_reserved_per_tdmr,
		.entry_size[TDMR_4K] = info->pamt_4k_entry_size,
		.entry_size[TDMR_2M] = info->pamt_2m_entry_size,
		.entry_size[TDMR_1G] = info->pamt_1g_entry_size,
	};

	return 0;
}

/* Record the error of the planner, with the limit, and with advice if there is any. */
static int tdx_layout_fail(struct tdx_attempt *a, const struct tdx_layout *layout, int err)
{
	u64 start = layout->tdmrs.bad_start, end = layout->tdmrs.bad_end;
	const struct tdmr_limits *limits = &layout->host.limits;

	switch (layout->tdmrs.trouble) {
	case TDMR_BAD_LIMITS:
		return tdx_fail(a, err,
				"the module reports a limit of 0: TDMRs %u, reserved areas %u, PAMT entries of %u, %u and %u bytes",
				limits->max_tdmrs, limits->max_reserved,
				limits->entry_size[TDMR_4K], limits->entry_size[TDMR_2M],
				limits->entry_size[TDMR_1G]);
	case TDMR_BAD_CMR:
		if (layout->host.nr_cmrs)
			return tdx_fail(a, err,
					"CMR [0x%llx, 0x%llx): empty, not whole pages, or not behind the one before",
					start, end);
		return tdx_fail(a, err,
				"memory [0x%llx, 0x%llx): the module reports no CMRs, and there are more than %d ranges",
				start, end, TDMR_MAX_CMRS);
	case TDMR_OUTSIDE_CMRS:
		return tdx_fail(a, err,
				"memory [0x%llx, 0x%llx): TDX cannot use this memory; if it was hot-added, take it offline%s",
				start, end, a->hint);
	case TDMR_NO_RESERVED:
		return tdx_fail(a, err,
				"memory [0x%llx, 0x%llx): reserved areas exhausted, a TDMR has %u",
				start, end, limits->max_reserved);
	case TDMR_NO_PAMT:
		return tdx_fail(a, err,
				"TDMR [0x%llx, 0x%llx): no memory is long enough for its PAMT where one of the %u reserved areas of each TDMR is left",
				start, end, limits->max_reserved);
	default:
		return tdx_fail(a, err,
				"memory [0x%llx, 0x%llx): not a range of whole pages of a NUMA node",
				start, end);
	}
}

/**
 * tdx_layout_plan - step 3: choose the TDMRs, and a place for each row of PAMTs
 * @a: the attempt
 * @layout: has the memory; gets the TDMRs
 * @module: the limits and the CMRs
 *
 * Context: may sleep.  The worker calls this.
 *
 * Return: 0; -ENOMEM; -ERANGE if memory is outside the CMRs; -ENOSPC if the module has too
 * few reserved areas or no memory fits a PAMT; -EINVAL if the input is invalid.
 */
int tdx_layout_plan(struct tdx_attempt *a, struct tdx_layout *layout,
		    const struct tdx_module *module)
{
	int ret;

	ret = tdx_host_describe(&layout->host, module);
	if (ret)
		return tdx_fail(a, ret, "out of memory for the list of nodes");

	ret = tdmr_plan(&layout->host, &layout->tdmrs);
	if (!ret)
		ret = tdmr_place(&layout->host, &layout->tdmrs);
	if (ret) {
		tdx_layout_fail(a, layout, ret);
		tdx_layout_free(layout);
	}

	return ret;
}

/**
 * tdx_layout_free - undo tdx_layout_plan() and tdx_layout_encode()
 * @layout: the layout
 *
 * Context: may sleep.  The worker calls this.
 */
void tdx_layout_free(struct tdx_layout *layout)
{
	if (layout->infos.tdmrs)
		free_tdmr_list(&layout->infos);
	memset(&layout->infos, 0, sizeof(layout->infos));

	kvfree(layout->host.nodes);
	layout->host.nodes = NULL;
	memset(&layout->tdmrs, 0, sizeof(layout->tdmrs));
}

static void tdx_tdmr_encode(struct tdmr_info *info, const struct tdmr_layout *layout,
			    const struct tdmr *tdmr)
{
	struct tdmr_area area = {};
	unsigned int i;

	info->base = tdmr->base;
	info->size = tdmr->size;
	info->pamt_1g_base = tdmr->pamt[TDMR_1G].base;
	info->pamt_1g_size = tdmr->pamt[TDMR_1G].size;
	info->pamt_2m_base = tdmr->pamt[TDMR_2M].base;
	info->pamt_2m_size = tdmr->pamt[TDMR_2M].size;
	info->pamt_4k_base = tdmr->pamt[TDMR_4K].base;
	info->pamt_4k_size = tdmr->pamt[TDMR_4K].size;

	for (i = 0; tdmr_next_area(layout, tdmr, &area); i++) {
		info->reserved_areas[i].offset = area.offset;
		info->reserved_areas[i].size = area.size;
	}
}

/**
 * tdx_layout_encode - write the TDMRs in the format of the module
 * @a: the attempt
 * @layout: the layout, with allocated PAMTs
 *
 * Context: may sleep.  The worker calls this.
 *
 * Return: 0 or -ENOMEM.
 */
int tdx_layout_encode(struct tdx_attempt *a, struct tdx_layout *layout)
{
	struct tdx_sys_info_tdmr limits = {
		.max_tdmrs = layout->tdmrs.nr_tdmrs,
		.max_reserved_per_tdmr = layout->host.limits.max_reserved,
	};
	unsigned int i;
	int ret;

	ret = alloc_tdmr_list(&layout->infos, &limits);
	if (ret)
		return tdx_fail(a, ret, "out of memory for %u TDMRs", limits.max_tdmrs);

	tdmr_settle(&layout->tdmrs);
	for (i = 0; i < layout->tdmrs.nr_tdmrs; i++)
		tdx_tdmr_encode(tdmr_entry(&layout->infos, i), &layout->tdmrs,
				&layout->tdmrs.tdmrs[i]);
	layout->infos.nr_consumed_tdmrs = layout->tdmrs.nr_tdmrs;

	return 0;
}
