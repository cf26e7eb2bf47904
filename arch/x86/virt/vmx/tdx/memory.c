// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 2: which memory TDs may be given, for good.
 *
 * KVM takes memory for TDs from the page allocator, which does not know what
 * the module can use.  So all memory that the page allocator has is made
 * usable, and from then on no other memory may come online.
 */
#include <linux/list.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "bringup.h"

static void free_blocks(struct list_head *blocks)
{
	struct tdx_memblock *block, *next;

	list_for_each_entry_safe(block, next, blocks, list) {
		list_del(&block->list);
		kfree(block);
	}
}

static int add_block(struct list_head *blocks, unsigned long start_pfn,
		     unsigned long end_pfn, int nid)
{
	struct tdx_memblock *block;

	block = kmalloc_obj(*block);
	if (!block)
		return -ENOMEM;

	block->start_pfn = start_pfn;
	block->end_pfn = end_pfn;
	block->nid = nid;
	list_add_tail(&block->list, blocks);

	return 0;
}

/* memblock gives its ranges in ascending order and disjoint. */
static int list_blocks(struct list_head *blocks, unsigned int *nr)
{
	unsigned long start_pfn, end_pfn;
	int i, nid, ret;

	for_each_mem_pfn_range(i, MAX_NUMNODES, &start_pfn, &end_pfn, &nid) {
		/*
		 * The first MiB is never convertible, and never given to the
		 * page allocator, but memblock has it.
		 */
		start_pfn = max(start_pfn, PHYS_PFN(SZ_1M));
		if (start_pfn >= end_pfn)
			continue;

		ret = add_block(blocks, start_pfn, end_pfn, nid);
		if (ret)
			return ret;

		(*nr)++;
	}

	return 0;
}

static struct tdmr_range *ranges_of(struct list_head *blocks, unsigned int nr)
{
	struct tdmr_range *ranges, *range;
	struct tdx_memblock *block;

	ranges = kvmalloc_objs(*ranges, nr);
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
 * tdx_memory_claim - step 2 of bring-up
 * @tb: the bring-up; fills its ranges
 *
 * Afterwards memory outside the list is refused when it wants to come online.
 *
 * Context: may sleep; takes mem_hotplug_lock for reading.  The runner of @tb.
 *
 * Return: 0 or -ENOMEM.
 */
int tdx_memory_claim(struct tdx_bringup *tb)
{
	LIST_HEAD(blocks);
	unsigned int nr = 0;
	int ret;

	/* No memory may come between the look at memblock and the list. */
	get_online_mems();

	ret = list_blocks(&blocks, &nr);
	if (ret)
		goto err_free;

	tb->ranges = ranges_of(&blocks, nr);
	if (!tb->ranges) {
		ret = -ENOMEM;
		goto err_free;
	}
	tb->nr_ranges = nr;

	tdx_host_set_memory(&blocks);
	put_online_mems();

	return 0;

err_free:
	free_blocks(&blocks);
	put_online_mems();
	return tdx_bringup_fail(tb, ret, "out of memory for the list of memory ranges");
}

/**
 * tdx_memory_forget_ranges - free what only the layout needs
 * @tb: the bring-up
 *
 * Context: may sleep.  The runner of @tb.
 */
void tdx_memory_forget_ranges(struct tdx_bringup *tb)
{
	kvfree(tb->ranges);
	tb->ranges = NULL;
	tb->nr_ranges = 0;
}

/**
 * tdx_memory_release - undo tdx_memory_claim()
 * @tb: the bring-up
 *
 * Context: may sleep; takes mem_hotplug_lock for reading.  The runner of @tb.
 */
void tdx_memory_release(struct tdx_bringup *tb)
{
	LIST_HEAD(none);

	get_online_mems();
	tdx_host_set_memory(&none);
	put_online_mems();
	free_blocks(&none);

	tdx_memory_forget_ranges(tb);
}
