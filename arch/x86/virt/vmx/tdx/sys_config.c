// SPDX-License-Identifier: GPL-2.0-only
/*
 * Steps 4 and 5: tell the module its TDMRs and its KeyID.
 *
 * TDH.SYS.CONFIG is the point of no return: it succeeds once, and only a
 * reload of the module undoes it.  Refused, it leaves nothing behind that the
 * same call with the same KeyID would mind.
 */
#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "bringup.h"

/* TDMR_INFO has as many slots for reserved areas as the module can take. */
static size_t tdmr_info_size(const struct tdmr_limits *limits)
{
	size_t size = sizeof(struct tdmr_info) +
		      sizeof(struct tdmr_reserved_area) * limits->max_reserved;

	return ALIGN(size, TDMR_INFO_ALIGNMENT);
}

static struct tdmr_info *tdmr_info(const struct tdmr_info_list *list, int i)
{
	return list->tdmrs + i * list->tdmr_sz;
}

static void encode_one(struct tdmr_info *info, const struct tdmr_layout *layout,
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
 * tdx_tdmrs_encode - write the TDMRs down as the module reads them
 * @tb: the bring-up; its layout is complete
 *
 * Context: may sleep.  The runner of @tb.
 *
 * Return: 0 or -ENOMEM.
 */
int tdx_tdmrs_encode(struct tdx_bringup *tb)
{
	struct tdmr_info_list *list = &tb->tdmrs;
	unsigned int i;

	list->tdmr_sz = tdmr_info_size(&tb->host.limits);
	list->max_tdmrs = tb->layout.nr_tdmrs;

	/* Each TDMR_INFO must be contiguous; all together is simpler. */
	list->tdmrs = alloc_pages_exact(list->max_tdmrs * list->tdmr_sz,
					GFP_KERNEL | __GFP_ZERO);
	if (!list->tdmrs)
		return tdx_bringup_fail(tb, -ENOMEM, "out of memory for %d TDMRs",
					list->max_tdmrs);

	for (i = 0; i < tb->layout.nr_tdmrs; i++)
		encode_one(tdmr_info(list, i), &tb->layout, &tb->layout.tdmrs[i]);
	list->nr_consumed_tdmrs = tb->layout.nr_tdmrs;

	return 0;
}

/**
 * tdx_tdmrs_free - undo tdx_tdmrs_encode()
 * @tb: the bring-up
 *
 * Context: any.  The runner of @tb.
 */
void tdx_tdmrs_free(struct tdx_bringup *tb)
{
	free_pages_exact(tb->tdmrs.tdmrs, tb->tdmrs.max_tdmrs * tb->tdmrs.tdmr_sz);
	memset(&tb->tdmrs, 0, sizeof(tb->tdmrs));
}

/**
 * tdx_sys_config - step 5 of bring-up
 * @tb: the bring-up; TDMRs encoded, every LP initialised
 *
 * Context: may sleep.  The runner of @tb, with cpu_hotplug_lock held so that
 * the LPs stay what they are.
 *
 * Return: 0; -ENOMEM; -ENXIO when the module misses an LP; -EINVAL when it
 * refuses a TDMR; else the errno of the status.  It can be tried again then.
 */
int tdx_sys_config(struct tdx_bringup *tb)
{
	struct tdmr_info_list *list = &tb->tdmrs;
	struct tdx_module_args args = {};
	size_t size;
	u64 *array;
	u64 status;
	int i;

	/* kmalloc() aligns powers of two to themselves. */
	size = roundup_pow_of_two(list->nr_consumed_tdmrs * sizeof(*array));
	size = max_t(size_t, size, TDMR_INFO_PA_ARRAY_ALIGNMENT);
	array = kzalloc(size, GFP_KERNEL);
	if (!array)
		return tdx_bringup_fail(tb, -ENOMEM, "out of memory for TDMR pointers");

	for (i = 0; i < list->nr_consumed_tdmrs; i++)
		array[i] = __pa(tdmr_info(list, i));

	args.rcx = __pa(array);
	args.rdx = list->nr_consumed_tdmrs;
	args.r8 = tdx_host_global_keyid();
	status = tdx_seamcall_retry(TDH_SYS_CONFIG, &args);
	kfree(array);

	if (seam_status_class(status) != SEAM_SUCCESS)
		return tdx_bringup_fail_seam(tb, TDH_SYS_CONFIG, status,
					     "%d TDMRs",
					     list->nr_consumed_tdmrs);

	return 0;
}
