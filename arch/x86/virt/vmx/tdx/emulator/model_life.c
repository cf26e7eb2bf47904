// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life cycle of a module: boot, SYS.INIT once for the platform, LP.INIT once for
 * each LP, and SYS.SHUTDOWN or SYS.DISABLE.  SYS.SHUTDOWN stores hand-off data,
 * P-SEAMLDR loads the next module, and SYS.UPDATE of the next module restores the
 * data.  After SYS.DISABLE, the same module starts again.
 *
 * SYS.INIT and LP.INIT of the module also check MSRs and CPUID.  The model has no
 * CPU, so it checks only the members of struct tdxmod_platform.
 */
#include "model_internal.h"

static bool tdxmod_platform_fits(const struct tdxmod_platform *p)
{
	return p->nr_packages && p->nr_packages <= TDXMOD_MAX_PACKAGES &&
	       p->nr_lps && p->nr_lps <= TDXMOD_MAX_LPS && p->lp_package &&
	       p->nr_cmrs <= TDXMOD_MAX_CMRS &&
	       p->maxpa >= 36 && p->maxpa <= 52 && p->keyid_bits <= 15;
}

/* The module in flash is 1.5.01. */
static void tdxmod_load_from_flash(struct tdxmod *m)
{
	struct pseamldr_extend *extend = &m->loader.extend;

	m->build.date = TDXMOD_BUILD_DATE;
	m->build.major_version = TDXMOD_MAJOR_VERSION;
	m->build.minor_version = TDXMOD_MINOR_VERSION;
	m->build.update_version = 1;
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
	if (!tdxmod_platform_fits(platform))
		return -1;

	memset(m, 0, sizeof(*m));
	m->platform = *platform;
	m->ops = ops;
	m->ctx = ctx;
	tdxmod_load_from_flash(m);
	return 0;
}

/* A slot of size 0 is unused, and its base is ignored. */
static bool tdxmod_cmrs_are_valid(const struct tdxmod *m)
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

static u64 tdxmod_init_platform(struct tdxmod *m, u64 attributes)
{
	u64 hkid_end = (u64)m->platform.hkid_start + m->platform.hkid_count;
	u64 canary;

	if (attributes)
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (m->state != TDXMOD_SYSINIT_PENDING)
		return TDX_SYS_INIT_NOT_PENDING;
	if (hkid_end > TDXMOD_MAX_HKIDS)
		return TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED + TDXMOD_MAX_HKIDS;
	if (!tdxmod_cmrs_are_valid(m))
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

/* RCX: attributes, all reserved.  Out: RCX to R10 are 0, as without a CPUID mismatch. */
u64 tdxmod_sys_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 attributes = regs->rcx;
	u64 status;

	regs->rcx = 0;
	regs->rdx = 0;
	regs->r8 = 0;
	regs->r9 = 0;
	regs->r10 = 0;

	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	status = tdxmod_init_platform(m, attributes);
	tdxmod_unlock_global(m);
	return status;
}

static bool tdxmod_lp_init_is_pending(const struct tdxmod *m)
{
	int state = tdxmod_get_state(m);

	if (tdxmod_differs(m, TDXMOD_LP_INIT_LATE))
		return state != TDXMOD_SYSINIT_PENDING && state != TDXMOD_SYS_SHUTDOWN;
	return state == TDXMOD_SYSINIT_DONE;
}

static u64 tdxmod_init_lp(struct tdxmod *m, unsigned int lp)
{
	unsigned int package = m->platform.lp_package[lp];
	u64 canary;

	if (!tdxmod_lp_init_is_pending(m))
		return TDX_SYS_LP_INIT_NOT_PENDING;
	if (tdxmod_lp_done(m, lp))
		return TDX_SYS_LP_INIT_DONE;
	/* The module uses the low half of the canary, which must not be 0. */
	if (!m->ops->rdrand(m->ctx, &canary) || !(u32)canary)
		return TDX_RND_NO_ENTROPY;
	if (package >= TDXMOD_MAX_PACKAGES)
		return TDX_INVALID_PKG_ID + package;

	WRITE_ONCE(m->lp_done[lp], true);
	atomic_inc(&m->nr_init_lps);
	return TDX_SUCCESS;
}

/* Any number of LPs may be in this leaf. */
u64 tdxmod_lp_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status;

	regs->rcx = 0;
	regs->rdx = 0;
	regs->r8 = 0;

	if (!atomic_inc_unless_negative(&m->global))
		return TDX_SYS_BUSY;
	status = tdxmod_init_lp(m, lp);
	atomic_dec_return_release(&m->global);
	return status;
}

/* Each LP that MCHECK found needs LP.INIT, even if it is offline in the host. */
bool tdxmod_all_lps_done(const struct tdxmod *m)
{
	return tdxmod_differs(m, TDXMOD_LP_INIT_RELAXED) ||
	       (unsigned int)atomic_read(&m->nr_init_lps) >= m->platform.nr_lps;
}

/* A leaf that reads 1 observes all writes of the LPs that have left. */
static bool tdxmod_is_alone(const struct tdxmod *m)
{
	return atomic_read_acquire(&m->nr_inside) == 1;
}

/*
 * Changes the state first, and then reads the number of LPs in the module.  An LP
 * that enters in between gets SYS_SHUTDOWN, even if this function then fails.
 */
static bool tdxmod_stop(struct tdxmod *m)
{
	int state = m->state;

	/* Full barrier: pairs with the one in tdxmod_seamcall(). */
	smp_store_mb(m->state, TDXMOD_SYS_SHUTDOWN);
	if (tdxmod_is_alone(m))
		return true;
	tdxmod_set_state(m, state);
	return false;
}

/* SYS.RD reads both members without a lock. */
static void tdxmod_set_handoff(struct tdxmod *m, bool valid, u32 size)
{
	WRITE_ONCE(m->handoff_valid, valid);
	WRITE_ONCE(m->handoff.size, size);
}

static void tdxmod_save_handoff(struct tdxmod *m, u32 hv)
{
	struct tdxmod_handoff *h = &m->handoff;

	WRITE_ONCE(h->hv, hv);
	h->hkid = m->hkid;
	h->package_mask = m->package_mask;
	h->nr_tdmrs = m->nr_tdmrs;
	memcpy(h->kot, m->kot, sizeof(h->kot));
	memcpy(h->cache_wb, m->cache_wb, sizeof(h->cache_wb));
	memcpy(h->tdmrs, m->tdmrs, sizeof(h->tdmrs));
	tdxmod_set_handoff(m, true, TDXMOD_HANDOFF_SIZE);
}

static bool tdxmod_can_write_handoff(const struct tdxmod_build *build, u64 hv)
{
	return hv >= build->min_update_hv && hv <= build->module_hv &&
	       (!build->no_downgrade || hv == build->module_hv);
}

/* RCX: hand-off version. */
u64 tdxmod_sys_shutdown(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status = TDX_SYS_BUSY;

	if (!tdxmod_can_write_handoff(&m->build, regs->rcx))
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	if (tdxmod_stop(m)) {
		tdxmod_save_handoff(m, regs->rcx);
		status = TDX_SUCCESS;
	}
	tdxmod_unlock_global(m);
	return status;
}

static void tdxmod_overwrite_page(void *arg, u64 pa)
{
	void *page = tdxmod_memory(arg, pa);

	if (page)
		memset(page, 0, SZ_4K);
}

/*
 * 1.5.01 has no leaf 69.  What public mail says about it: it locks new calls out,
 * overwrites the memory of the module, makes progress in each call, and leaves the
 * module as after boot.  These are assumptions, which no source of a module confirms:
 * the leaf is allowed in any state, even before SYS.INIT and after SYS.SHUTDOWN; other
 * leaves get SYS_SHUTDOWN meanwhile; the number of pages in a call is constant.
 */
u64 tdxmod_sys_disable(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 nr_pages;

	/* Full barrier: pairs with the one in tdxmod_seamcall(). */
	smp_store_mb(m->disabling, true);
	if (!tdxmod_is_alone(m))
		return TDX_SYS_BUSY;

	nr_pages = tdxmod_visit_pamts(m, m->nr_overwritten, TDXMOD_DISABLE_PAGES,
				      tdxmod_overwrite_page, m);
	WRITE_ONCE(m->nr_overwritten, m->nr_overwritten + TDXMOD_DISABLE_PAGES);
	if (m->nr_overwritten < nr_pages)
		return TDX_INTERRUPTED_RESUMABLE;

	if (m->ops->release_pamts)
		m->ops->release_pamts(m->ctx);
	tdxmod_set_handoff(m, false, 0);
	tdxmod_forget(m);
	return TDX_SUCCESS;
}

/* Resets everything except hand-off data. */
void tdxmod_forget(struct tdxmod *m)
{
	atomic_set(&m->nr_init_lps, 0);
	m->hkid = 0;
	m->nr_tdmrs = 0;
	m->packages_done = 0;
	m->package_mask = 0;
	memset(m->lp_done, 0, sizeof(m->lp_done));
	memset(m->kot, 0, sizeof(m->kot));
	memset(m->cache_wb, 0, sizeof(m->cache_wb));
	memset(m->tdmrs, 0, sizeof(m->tdmrs));
	WRITE_ONCE(m->nr_overwritten, 0);
	tdxmod_set_state(m, TDXMOD_SYSINIT_PENDING);
	/* Pairs with tdxmod_get_dispatch_state(). */
	smp_store_release(&m->disabling, false);
}

bool tdxmod_reload(struct tdxmod *m)
{
	if (tdxmod_get_state(m) != TDXMOD_SYS_SHUTDOWN)
		return false;

	tdxmod_forget(m);
	return true;
}

/*
 * Replaces SYS.CONFIG, KEY.CONFIG and TDMR.INIT after an update.  TDMR.INIT then
 * continues at the address that each TDMR had reached.  TDs continue, too: their state
 * is in their pages, and the hand-off data have their HKIDs.
 */
u64 tdxmod_sys_update(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	const struct tdxmod_handoff *h = &m->handoff;

	if (m->state != TDXMOD_SYSINIT_DONE || !tdxmod_all_lps_done(m))
		return TDX_SYS_STATE_INCORRECT;
	if (!m->handoff_valid || h->hv < m->build.min_update_hv ||
	    h->hv > m->build.module_hv)
		return TDX_SYS_INVALID_HANDOFF;

	m->hkid = h->hkid;
	m->package_mask = h->package_mask;
	m->nr_tdmrs = h->nr_tdmrs;
	memcpy(m->kot, h->kot, sizeof(m->kot));
	memcpy(m->cache_wb, h->cache_wb, sizeof(m->cache_wb));
	memcpy(m->tdmrs, h->tdmrs, sizeof(m->tdmrs));
	tdxmod_set_handoff(m, false, 0);
	tdxmod_set_state(m, TDXMOD_SYS_READY);
	return TDX_SUCCESS;
}
