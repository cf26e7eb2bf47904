// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module comes to life: what MCHECK hands it, SYS.INIT once for the
 * platform, LP.INIT once for each LP.
 *
 * The module probes MSRs and CPUID here; a model has no CPU, so of these
 * steps only those remain whose input is in struct tdxmod_platform.
 */
#include "model_internal.h"

static bool fits(const struct tdxmod_platform *p)
{
	return p->nr_packages && p->nr_packages <= TDXMOD_MAX_PACKAGES &&
	       p->nr_lps && p->nr_lps <= TDXMOD_MAX_LPS && p->lp_package &&
	       p->nr_cmrs <= TDXMOD_MAX_CMRS &&
	       p->maxpa >= 36 && p->maxpa <= 52 && p->keyid_bits <= 15;
}

/* What was in flash: 1.5.01. */
static void load_from_flash(struct tdxmod *m)
{
	struct pseamldr_extend *extend = &m->loader.extend;

	m->build.date = TDXMOD_BUILD_DATE;
	m->build.major_version = TDXMOD_MAJOR_VERSION;
	m->build.minor_version = TDXMOD_MINOR_VERSION;
	m->build.update_version = TDXMOD_UPDATE_VERSION;
	m->build.nr_handoff_pages = 13;
	m->seam_ready = true;

	extend->valid = GENMASK_ULL(8, 0);
	extend->major_svn = 1;
	extend->minor_svn = 5;
	extend->p_seamldr_ready = true;
	m->loader.nr_remaining = TDXMOD_MAX_UPDATES;
}

int tdxmod_init(struct tdxmod *m, const struct tdxmod_platform *platform,
		const struct tdxmod_ops *ops, void *ctx)
{
	if (!fits(platform))
		return -1;

	memset(m, 0, sizeof(*m));
	m->platform = *platform;
	m->ops = ops;
	m->ctx = ctx;
	load_from_flash(m);
	return 0;
}

/* A slot of size 0 is unused and its base means nothing. */
static bool cmrs_are_valid(const struct tdxmod *m)
{
	const struct tdxmod_platform *p = &m->platform;
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < p->nr_cmrs; i++) {
		const struct tdxmod_range *cmr = &p->cmrs[i];

		if (!cmr->size)
			continue;
		if (cmr->base + cmr->size < cmr->base ||
		    !IS_ALIGNED(cmr->base | cmr->size, SZ_4K) ||
		    !tdxmod_pa_is_plain(m, cmr->base) ||
		    !tdxmod_pa_is_plain(m, cmr->base + cmr->size - 1) ||
		    cmr->base < end)
			return false;
		end = cmr->base + cmr->size;
	}
	return true;
}

static u64 init_platform(struct tdxmod *m, u64 attributes)
{
	u64 hkid_end = (u64)m->platform.hkid_start + m->platform.hkid_count;
	u64 canary;

	if (attributes)
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (m->state != TDXMOD_SYSINIT_PENDING)
		return TDX_SYS_INIT_NOT_PENDING;
	if (hkid_end > TDXMOD_MAX_HKIDS)
		return TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED + TDXMOD_MAX_HKIDS;
	if (!cmrs_are_valid(m))
		return TDX_CMR_LIST_INVALID;
	if (m->misfit)
		return TDX_SYS_INCOMPATIBLE_SIGSTRUCT;
	if (!m->ops->rdrand(m->ctx, &canary))
		return TDX_RND_NO_ENTROPY;

	atomic_set(&m->nr_init_lps, 0);
	m->packages_done = 0;
	tdxmod_set_state(m, TDXMOD_SYSINIT_DONE);
	return TDX_SUCCESS;
}

/* TDH.SYS.INIT: RCX attributes, all reserved. */
u64 tdxmod_sys_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 attributes = regs->rcx;
	u64 status;

	/* Details of a CPUID mismatch, which a model never meets. */
	regs->rcx = 0;
	regs->rdx = 0;
	regs->r8 = 0;
	regs->r9 = 0;
	regs->r10 = 0;

	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	status = init_platform(m, attributes);
	tdxmod_unlock_global(m);
	return status;
}

static bool lp_init_is_pending(const struct tdxmod *m)
{
	int state = tdxmod_get_state(m);

	if (tdxmod_differs(m, TDXMOD_LP_INIT_LATE))
		return state != TDXMOD_SYSINIT_PENDING && state != TDXMOD_SYS_SHUTDOWN;
	return state == TDXMOD_SYSINIT_DONE;
}

static u64 init_lp(struct tdxmod *m, unsigned int lp)
{
	unsigned int package = m->platform.lp_package[lp];
	u64 canary;

	if (!lp_init_is_pending(m))
		return TDX_SYS_LP_INIT_NOT_PENDING;
	if (tdxmod_lp_done(m, lp))
		return TDX_SYS_LP_INIT_DONE;
	/* Half of the canary is used, and 0 would be none. */
	if (!m->ops->rdrand(m->ctx, &canary) || !(u32)canary)
		return TDX_RND_NO_ENTROPY;
	if (package >= TDXMOD_MAX_PACKAGES)
		return TDX_INVALID_PKG_ID + package;

	WRITE_ONCE(m->lp_done[lp], true);
	atomic_inc(&m->nr_init_lps);
	return TDX_SUCCESS;
}

/* TDH.SYS.LP.INIT: any number of LPs at the same time. */
u64 tdxmod_lp_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status;

	regs->rcx = 0;
	regs->rdx = 0;
	regs->r8 = 0;

	if (!tdxmod_lock_global_shared(m))
		return TDX_SYS_BUSY;
	status = init_lp(m, lp);
	tdxmod_unlock_global_shared(m);
	return status;
}

/* All that MCHECK knows of, whether the host has them online or not. */
bool tdxmod_all_lps_done(const struct tdxmod *m)
{
	return tdxmod_differs(m, TDXMOD_LP_INIT_RELAXED) ||
	       (unsigned int)atomic_read(&m->nr_init_lps) >= m->platform.nr_lps;
}
