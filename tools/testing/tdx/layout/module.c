// SPDX-License-Identifier: GPL-2.0-only
/* Give a layout to the model of the TDX module, as TDH.SYS.CONFIG reads it. */
#include <stdlib.h>

#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "../model/machine.h"
#include "../model/target.h"
#include "judge.h"

/* The least width of a physical address that a KeyID is part of. */
#define MODULE_MAXPA		52
#define MODULE_KEYID_BITS	6

/* Write the TDMR_INFO of a TDMR, and the pointer to it. */
static void module_describe_tdmr(const struct tdmr_layout *layout, unsigned int i)
{
	const struct tdmr *tdmr = &layout->tdmrs[i];
	u64 words[8 + 2 * TDXMOD_MAX_RESERVED];
	u64 pa = MACHINE_TDMR_INFO + i * 512;
	struct tdmr_area area = {};
	unsigned int n = 0;
	int level;

	words[n++] = tdmr->base;
	words[n++] = tdmr->size;
	for (level = TDMR_1G; level >= TDMR_4K; level--) {
		words[n++] = tdmr->pamt[level].base;
		words[n++] = tdmr->pamt[level].size;
	}
	while (n < ARRAY_SIZE(words) && tdmr_next_area(layout, tdmr, &area)) {
		words[n++] = area.offset;
		words[n++] = area.size;
	}
	target_model.write(pa, words, n);
	target_model.write(MACHINE_POINTERS + i * sizeof(pa), &pa, 1);
}

/* KeyID bits that leave the layout its addresses; 0 if even one does not. */
static unsigned int module_keyid_bits(const struct tdmr_host *host,
				      const struct tdmr_layout *layout)
{
	const struct tdmr *last = &layout->tdmrs[layout->nr_tdmrs - 1];
	u64 end = last->base + last->size;
	unsigned int bits = MODULE_KEYID_BITS;

	if (host->nr_cmrs)
		end = max(end, host->cmrs[host->nr_cmrs - 1].end);
	while (bits && (end - 1) >> (MODULE_MAXPA - bits))
		bits--;

	return bits;
}

/* The model gets the CMRs of the host, or else the planner's parts of the memory. */
static void module_add_cmrs(const struct tdmr_host *host, const struct tdmr_layout *layout,
			    struct tdxmod_platform *p)
{
	const struct tdmr_range *cmrs = host->nr_cmrs ? host->cmrs : layout->parts;
	unsigned int i;

	p->nr_cmrs = host->nr_cmrs ?: layout->nr_parts;
	for (i = 0; i < p->nr_cmrs; i++)
		p->cmrs[i] = (struct tdxmod_range) {
			cmrs[i].start, cmrs[i].end - cmrs[i].start,
		};
}

/**
 * module_refuses - does TDH.SYS.CONFIG of the model refuse a layout?
 * @host: the host
 * @layout: its layout, complete
 *
 * The model cannot tell if no bit of an address is left for KeyIDs, or if the host has
 * more reserved areas than a TDMR_INFO.
 *
 * Return: true if it does.
 */
bool module_refuses(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	unsigned int i, bits = module_keyid_bits(host, layout);
	struct tdxmod_platform p = {
		.nr_packages = 1,
		.nr_lps = 1,
		.maxpa = MODULE_MAXPA,
		.keyid_bits = bits,
	};
	struct tdxmod_regs regs = {
		.rax = LEAF_SYS_CONFIG,
		.rcx = MACHINE_POINTERS,
		.rdx = layout->nr_tdmrs,
	};

	if (!bits || host->limits.max_reserved > TDXMOD_MAX_RESERVED)
		return false;

	p.hkid_start = 1U << (bits - 1);
	p.hkid_count = p.hkid_start;
	regs.r8 = p.hkid_start;
	module_add_cmrs(host, layout, &p);
	if (!target_model.begin(&p, true, 1))
		abort();
	for (i = 0; i < layout->nr_tdmrs; i++)
		module_describe_tdmr(layout, i);
	if (target_model.seamcall(0, &regs))
		abort();

	return regs.rax;
}
