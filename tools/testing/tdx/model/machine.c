// SPDX-License-Identifier: GPL-2.0-only
/* A platform with a TDX module. */
#include <err.h>
#include <stdlib.h>

#include "machine.h"

/* Pages of machines that are gone: making new ones takes fuzzers too long. */
static struct machine_page *machine_spare;

u64 *machine_word(struct machine *mc, u64 pa)
{
	u64 base = ALIGN_DOWN(pa, SZ_4K), offset = pa % SZ_4K / sizeof(u64);
	struct machine_page **slot, *page;

	slot = &mc->pages[base / SZ_4K * 0x9E3779B97F4A7C15ULL >> 56];
	for (page = *slot; page; page = page->next) {
		if (page->pa == base)
			return &page->words[offset];
	}
	page = machine_spare ?: malloc(sizeof(*page));
	if (!page)
		err(2, "malloc");
	if (machine_spare)
		machine_spare = page->next;
	memset(page->words, 0, sizeof(page->words));
	page->next = *slot;
	page->pa = base;
	*slot = page;
	return &page->words[offset];
}

u64 *machine_describe_tdmr(struct machine *mc, unsigned int i, u64 base, u64 pamt)
{
	const u64 info[] = {
		base, SZ_1G,
		pamt, 0x1000,
		pamt + MACHINE_PAMT_2M, 0x2000,
		pamt + MACHINE_PAMT_4K, 0x400000,
	};
	u64 pa = MACHINE_TDMR_INFO + i * 512;

	*machine_word(mc, MACHINE_POINTERS + i * sizeof(u64)) = pa;
	return (u64 *)memcpy(machine_word(mc, pa), info, sizeof(info)) + ARRAY_SIZE(info);
}

static void *machine_get_page(void *ctx, u64 pa)
{
	struct machine *mc = ctx;

	if (mc->hook)
		mc->hook(pa);
	return pa < mc->memory_end ? machine_word(mc, pa) : NULL;
}

static enum tdxmod_pconfig machine_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	struct machine *mc = ctx;
	/* Keys of TDs come when the module is ready, and its own key before. */
	bool of_td = READ_ONCE(mc->module.state) == TDXMOD_SYS_READY;
	bool is_global = hkid == mc->module.hkid;

	if (mc->hook)
		mc->hook(~0ULL);
	if (of_td == is_global)
		WRITE_ONCE(mc->wrong_hkid, true);
	if (!mc->keyfail[lp].left)
		return TDXMOD_PCONFIG_OK;
	mc->keyfail[lp].left--;
	return mc->keyfail[lp].result;
}

static bool machine_rdrand(void *ctx, u64 *value)
{
	struct machine *mc = ctx;

	if (mc->hook)
		mc->hook(~0ULL);
	*value = mc->random;
	return !mc->no_entropy;
}

static void machine_release_pamts(void *ctx)
{
	struct machine *mc = ctx;

	mc->released = tdxmod_visit_pamts(&mc->module, 0, 0, NULL, NULL);
}

static void machine_set_page_type(void *ctx, u64 pa, u8 type)
{
	struct machine *mc = ctx;

	if (type != TDXMOD_PT_NDA)
		atomic_inc(&mc->td_pages);
	else
		atomic_dec(&mc->td_pages);
}

static void machine_forget(struct machine *mc)
{
	struct machine_page *page;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mc->pages); i++) {
		while ((page = mc->pages[i])) {
			mc->pages[i] = page->next;
			page->next = machine_spare;
			machine_spare = page;
		}
	}
	memset(mc, 0, sizeof(*mc));
}

int machine_init(struct machine *mc, const struct tdxmod_platform *platform)
{
	static const struct tdxmod_ops ops = {
		.page = machine_get_page,
		.pconfig = machine_pconfig,
		.rdrand = machine_rdrand,
		.release_pamts = machine_release_pamts,
		.set_page_type = machine_set_page_type,
	};
	struct tdxmod_platform p = *platform;
	unsigned int lp;

	machine_forget(mc);
	mc->memory_end = ~0ULL;
	mc->random = 1;
	p.lp_package = mc->lp_package;
	for (lp = 0; lp < p.nr_lps && lp < TDXMOD_MAX_LPS; lp++)
		mc->lp_package[lp] = lp * p.nr_packages / p.nr_lps;
	return tdxmod_init(&mc->module, &p, &ops, mc);
}
