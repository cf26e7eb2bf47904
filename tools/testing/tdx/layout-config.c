// SPDX-License-Identifier: GPL-2.0-only
/* What the model of the TDX module says to a layout. */
#include <stdlib.h>

#include <linux/sizes.h>

#include "../../../arch/x86/virt/vmx/tdx/emulator/model.h"
#include "layout-check.h"
#include "layout-info.h"

#define LEAF_SYS_CONFIG	45

/* Where the structures are: pages from 0 on, all else has no memory. */
#define POINTERS	0
#define INFOS		SZ_4K
#define HOST_BYTES	(SZ_4K + TDMR_MAX_PLANS * LAYOUT_INFO_ALIGN)

static u64 host[HOST_BYTES / sizeof(u64)];

static void *get_page(void *ctx, u64 pa)
{
	return pa < HOST_BYTES ? &host[pa / sizeof(u64)] : NULL;
}

static enum tdxmod_pconfig do_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	return TDXMOD_PCONFIG_OK;
}

static bool do_rdrand(void *ctx, u64 *value)
{
	*value = 1;
	return true;
}

static const struct tdxmod_ops ops = {
	.page = get_page,
	.pconfig = do_pconfig,
	.rdrand = do_rdrand,
};

static void write_structures(const struct tdmr_layout *layout)
{
	unsigned int i;

	memset(host, 0, sizeof(host));
	for (i = 0; i < layout->nr_plans; i++) {
		u64 at = INFOS + i * LAYOUT_INFO_ALIGN;

		host[POINTERS + i] = at;
		layout_info_words(&layout->plans[i], &host[at / sizeof(u64)]);
	}
}

/* The CMRs as the module has them: not those that the planner made of them. */
static void copy_cmrs(struct tdxmod_platform *p, const struct tdmr_layout *layout)
{
	const struct tdmr_range *cmrs = layout->cmrs;
	unsigned int i;

	p->nr_cmrs = layout->nr_cmrs;
	if (!p->nr_cmrs) {
		p->nr_cmrs = layout->nr_ranges;
		cmrs = layout->ranges;
	}

	for (i = 0; i < p->nr_cmrs; i++)
		p->cmrs[i] = (struct tdxmod_range) {
			cmrs[i].start, cmrs[i].end - cmrs[i].start,
		};
}

/**
 * layout_sys_config - what does the module's model say to a layout?
 * @layout: complete; without CMRs, of no more ranges than CMRs can be
 *
 * Return: the status of TDH.SYS.CONFIG.
 */
u64 layout_sys_config(const struct tdmr_layout *layout)
{
	static const u8 lp_package[] = { 0 };
	static struct tdxmod module;
	unsigned int bits = layout_keyid_bits(layout);
	struct tdxmod_platform p = {
		.nr_packages = 1,
		.nr_lps = 1,
		.lp_package = lp_package,
		.maxpa = LAYOUT_MAX_PA,
		.keyid_bits = bits,
		.hkid_start = 1U << (bits - 1),
		.hkid_count = 1U << (bits - 1),
	};
	struct tdxmod_regs regs = {
		.rax = LEAF_SYS_CONFIG,
		.rcx = POINTERS,
		.rdx = layout->nr_plans,
		.r8 = p.hkid_start,
	};

	write_structures(layout);
	copy_cmrs(&p, layout);

	if (!bits || tdxmod_init(&module, &p, &ops, NULL))
		abort();
	module.state = TDXMOD_SYSINIT_DONE;
	module.lp_done[0] = true;
	atomic_set(&module.nr_init_lps, 1);

	if (!tdxmod_seamcall(&module, 0, &regs))
		abort();

	return regs.rax;
}
