// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout as TDH.SYS.CONFIG reads it: given to the model of the TDX module, and
 * printed as a test vector.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "../../../../arch/x86/virt/vmx/tdx/emulator/model.h"
#include "module.h"

#define LEAF_SYS_CONFIG		45

/* TDMR_INFO and the array of pointers to them are aligned, so at this distance. */
#define INFO_ALIGN		512
#define INFO_WORDS		(8 + 2 * TDMR_INFO_AREAS)

/* The least width of a physical address that a KeyID is part of. */
#define MAX_PA			52
#define KEYID_BITS		6

/* The array of pointers is in the first page, which no CMR needs to have. */
#define INFOS			SZ_4K
#define STRUCTURES		(SZ_4K + TDMR_MAX * INFO_ALIGN)

static u64 structures[STRUCTURES / sizeof(u64)];

static void *module_page(void *ctx, u64 pa)
{
	return pa < STRUCTURES ? &structures[pa / sizeof(u64)] : NULL;
}

static enum tdxmod_pconfig module_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	return TDXMOD_PCONFIG_OK;
}

static bool module_rdrand(void *ctx, u64 *value)
{
	*value = 1;
	return true;
}

static const struct tdxmod_ops module_ops = {
	.page = module_page,
	.pconfig = module_pconfig,
	.rdrand = module_rdrand,
};

/* Returns the number of words up to the last that is not zero. */
static unsigned int module_info(const struct tdmr_layout *layout, const struct tdmr *tdmr,
				u64 words[INFO_WORDS])
{
	struct tdmr_area area = {};
	unsigned int n = 0;
	int level;

	words[n++] = tdmr->base;
	words[n++] = tdmr->size;
	for (level = TDMR_1G; level >= TDMR_4K; level--) {
		words[n++] = tdmr->pamt[level].base;
		words[n++] = tdmr->pamt[level].size;
	}
	while (n < INFO_WORDS && tdmr_next_area(layout, tdmr, &area)) {
		words[n++] = area.offset;
		words[n++] = area.size;
	}

	return n;
}

/* KeyID bits that leave the layout its addresses; 0 if even one does not. */
static unsigned int module_keyid_bits(const struct tdmr_host *host,
				      const struct tdmr_layout *layout)
{
	const struct tdmr *last = &layout->tdmrs[layout->nr_tdmrs - 1];
	u64 end = last->base + last->size;
	unsigned int bits = KEYID_BITS;

	if (host->nr_cmrs)
		end = max(end, host->cmrs[host->nr_cmrs - 1].end);
	while (bits && (end - 1) >> (MAX_PA - bits))
		bits--;

	return bits;
}

/* CMRs as the module has them; without any, the planner's parts of the memory. */
static void module_cmrs(const struct tdmr_host *host, const struct tdmr_layout *layout,
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
 * module_sys_config - call TDH.SYS.CONFIG of the model
 * @host: the host; its addresses leave a KeyID bit
 * @layout: its layout, complete
 *
 * Return: the status.
 */
u64 module_sys_config(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	static const u8 lp_package[] = { 0 };
	static struct tdxmod module;
	unsigned int i, bits = module_keyid_bits(host, layout);
	struct tdxmod_platform p = {
		.nr_packages = 1,
		.nr_lps = 1,
		.lp_package = lp_package,
		.maxpa = MAX_PA,
		.keyid_bits = bits,
		.hkid_start = 1U << (bits - 1),
		.hkid_count = 1U << (bits - 1),
	};
	struct tdxmod_regs regs = {
		.rax = LEAF_SYS_CONFIG,
		.rcx = 0,
		.rdx = layout->nr_tdmrs,
		.r8 = p.hkid_start,
	};

	memset(structures, 0, sizeof(structures));
	for (i = 0; i < layout->nr_tdmrs; i++) {
		structures[i] = INFOS + i * INFO_ALIGN;
		module_info(layout, &layout->tdmrs[i],
			    &structures[structures[i] / sizeof(u64)]);
	}
	module_cmrs(host, layout, &p);

	if (!bits || tdxmod_init(&module, &p, &module_ops, NULL))
		abort();
	module.state = TDXMOD_SYSINIT_DONE;
	module.lp_done[0] = true;
	atomic_set(&module.nr_init_lps, 1);
	if (!tdxmod_seamcall(&module, 0, &regs))
		abort();

	return regs.rax;
}

static bool module_meets_row(const struct tdmr_layout *layout, u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; i < layout->nr_rows; i++) {
		if (layout->rows[i].base < end && tdmr_row_end(&layout->rows[i]) > start)
			return true;
	}

	return false;
}

/* Memory for the structures: SYS.CONFIG only reads them, so a PAMT will do, too. */
static u64 module_find_room(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	u64 at, size = (1 + TDMR_MAX) * INFO_ALIGN;
	unsigned int i;

	for (i = 0; i < host->nr_ranges; i++) {
		for (at = host->ranges[i].start; at + size <= host->ranges[i].end; at += SZ_1M) {
			if (!module_meets_row(layout, at, at + size))
				return at;
		}
	}

	return layout->rows[0].base;
}

static void module_print_words(u64 at, const u64 *words, unsigned int nr)
{
	unsigned int i;

	printf("mem 0x%llx", at);
	for (i = 0; i < nr; i++)
		printf(" 0x%llx", words[i]);
	putchar('\n');
}

/**
 * module_print_vector - print a test vector: one SYS.CONFIG that must succeed
 * @host: the host
 * @layout: its layout, complete
 *
 * Return: 0; -ERANGE if its addresses leave no KeyID bit, and nothing is printed.
 */
int module_print_vector(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	unsigned int i, nr, hkids, bits = module_keyid_bits(host, layout);
	u64 at = module_find_room(host, layout);
	u64 words[INFO_WORDS], pointers[TDMR_MAX];
	struct tdxmod_platform p;

	if (!bits)
		return -ERANGE;

	hkids = 1U << (bits - 1);
	printf("vector layout\nplatform packages=1 lps=1 maxpa=%u keyid_bits=%u", MAX_PA, bits);
	printf(" private_hkid_start=%u private_hkid_count=%u\n", hkids, hkids);
	module_cmrs(host, layout, &p);
	for (i = 0; i < p.nr_cmrs; i++)
		printf("cmr 0x%llx 0x%llx\n", p.cmrs[i].base, p.cmrs[i].size);

	for (i = 0; i < layout->nr_tdmrs; i++)
		pointers[i] = at + (i + 1) * INFO_ALIGN;
	module_print_words(at, pointers, layout->nr_tdmrs);
	for (i = 0; i < layout->nr_tdmrs; i++) {
		nr = module_info(layout, &layout->tdmrs[i], words);
		module_print_words(pointers[i], words, nr);
	}
	printf("call 0 TDH.SYS.CONFIG rcx=0x%llx rdx=0x%x r8=0x%x\nret rax=0x0\nend\n", at,
	       layout->nr_tdmrs, hkids);

	return 0;
}
