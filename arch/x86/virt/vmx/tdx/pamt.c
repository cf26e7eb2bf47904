// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 3, second half: memory for the PAMTs, and giving it back.
 *
 * The module keeps 16 bytes for every page that it may manage.  Linux chooses
 * where; each of the three PAMTs of a TDMR must be contiguous.  They are one
 * allocation, so that they need one reserved area and not three.
 */
#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/pfn.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "bringup.h"

VISIBLE_IF_KUNIT struct page *tdx_pamt_pages(u64 size, int node)
{
	KUNIT_STATIC_STUB_REDIRECT(tdx_pamt_pages, size, node);

	return alloc_contig_pages(PFN_DOWN(size), GFP_KERNEL, node,
				  &node_online_map);
}

static int alloc_one(struct tdx_bringup *tb, struct tdmr_plan *plan)
{
	u64 size = tdmr_pamt_bytes(plan);
	struct page *pages;

	pages = tdx_pamt_pages(size, plan->node);
	if (!pages)
		return tdx_bringup_fail(tb, -ENOMEM,
					"no %llu KB of contiguous memory for the PAMT of [0x%llx, 0x%llx): free memory or use tdx_host=sync",
					size / SZ_1K, plan->base,
					plan->base + plan->size);

	plan->pamt_base = page_to_phys(pages);

	return 0;
}

static void free_one(struct tdmr_plan *plan)
{
	if (!plan->pamt_base)
		return;

	free_contig_range(PHYS_PFN(plan->pamt_base),
			  PFN_DOWN(tdmr_pamt_bytes(plan)));
	plan->pamt_base = 0;
}

/**
 * tdx_pamts_free - give back PAMTs that the module has not been told of
 * @tb: the bring-up
 *
 * Context: may sleep.  The runner of @tb.
 */
void tdx_pamts_free(struct tdx_bringup *tb)
{
	unsigned int i = tb->layout.nr_plans;

	while (i--)
		free_one(&tb->layout.plans[i]);
}

/**
 * tdx_pamts_alloc - allocate the PAMTs of all TDMRs
 * @tb: the bring-up; its layout covers the memory
 *
 * Context: may sleep, and long.  The runner of @tb.
 *
 * Return: 0; -ENOMEM without contiguous memory; -ESHUTDOWN when the system
 * goes down meanwhile.  Nothing is left allocated then.
 */
int tdx_pamts_alloc(struct tdx_bringup *tb)
{
	unsigned int i;
	int ret;

	for (i = 0; i < tb->layout.nr_plans; i++) {
		ret = tdx_bringup_stopped(tb) ? -ESHUTDOWN :
			alloc_one(tb, &tb->layout.plans[i]);
		if (ret)
			goto err_free;
	}

	return 0;

err_free:
	tdx_pamts_free(tb);
	return ret;
}

/* 256 MB of PAMT for each 64 GB: let others run in between. */
static void clear_one(const struct tdmr_plan *plan)
{
	u64 end = plan->pamt_base + tdmr_pamt_bytes(plan);
	u64 pa, size;

	for (pa = plan->pamt_base; pa < end; pa += size) {
		size = min_t(u64, end - pa, SZ_1M);
		tdx_quirk_reset_paddr(pa, size);
		cond_resched();
	}
}

/**
 * tdx_pamts_clear - make memory that the module has written to normal again
 * @tb: the bring-up; caches are flushed, and no SEAMCALL will write to a PAMT
 *
 * Where partial writes poison, the kernel could not use the memory otherwise.
 *
 * Context: may sleep, and long.  The runner of @tb.
 */
void tdx_pamts_clear(struct tdx_bringup *tb)
{
	unsigned int i;

	for (i = 0; i < tb->layout.nr_plans; i++)
		clear_one(&tb->layout.plans[i]);
}

/**
 * tdx_pamts_bytes - memory that all PAMTs take
 * @tb: the bring-up
 *
 * Return: bytes.
 */
u64 tdx_pamts_bytes(const struct tdx_bringup *tb)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < tb->layout.nr_plans; i++)
		bytes += tdmr_pamt_bytes(&tb->layout.plans[i]);

	return bytes;
}
