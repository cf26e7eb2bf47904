// SPDX-License-Identifier: GPL-2.0-only
/* A platform with a TDX module. */
#include "machine.h"

static void *get_page(void *ctx, u64 pa)
{
	struct machine *mc = ctx;

	return store_page(&mc->memory, pa);
}

static enum tdxmod_pconfig do_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	struct machine *mc = ctx;

	if (hkid != mc->module.hkid)
		mc->wrong_hkid++;
	if (!mc->keyfail[lp].left)
		return TDXMOD_PCONFIG_OK;
	mc->keyfail[lp].left--;
	return mc->keyfail[lp].result;
}

static bool do_rdrand(void *ctx, u64 *value)
{
	struct machine *mc = ctx;

	*value = mc->random;
	return !mc->no_entropy;
}

static const struct tdxmod_ops ops = {
	.page = get_page,
	.pconfig = do_pconfig,
	.rdrand = do_rdrand,
};

int machine_init(struct machine *mc, const struct tdxmod_platform *platform)
{
	struct tdxmod_platform p = *platform;
	unsigned int lp;

	memset(mc, 0, sizeof(*mc));
	mc->random = 1;
	p.lp_package = mc->lp_package;
	for (lp = 0; lp < p.nr_lps && lp < TDXMOD_MAX_LPS; lp++)
		mc->lp_package[lp] = lp * p.nr_packages / p.nr_lps;
	return tdxmod_init(&mc->module, &p, &ops, mc);
}

void machine_exit(struct machine *mc)
{
	store_clear(&mc->memory);
}

void machine_skip_init(struct machine *mc, unsigned int nr_lps)
{
	struct tdxmod *m = &mc->module;

	m->state = TDXMOD_SYSINIT_DONE;
	memset(m->lp_done, true, nr_lps);
	atomic_set(&m->nr_init_lps, nr_lps);
}
