// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a module, and the next one in its place: SYS.SHUTDOWN leaves
 * hand-off data, P-SEAMLDR loads, SYS.UPDATE takes the data over.
 */
#include "model_internal.h"

/*
 * Shuts the door first and counts who is inside afterwards, so LPs that come
 * meanwhile are answered SYS_SHUTDOWN even if this then has to be undone.
 */
static bool leave_running_state(struct tdxmod *m)
{
	int state = m->state;

	/* Full barrier: pairs with the one in tdxmod_seamcall(). */
	smp_store_mb(m->state, TDXMOD_SYS_SHUTDOWN);
	if (atomic_read(&m->nr_inside) == 1)
		return true;
	tdxmod_set_state(m, state);
	return false;
}

/* SYS.RD tells both and takes no lock. */
static void set_handoff(struct tdxmod *m, bool valid, u32 size)
{
	WRITE_ONCE(m->handoff_valid, valid);
	WRITE_ONCE(m->handoff.size, size);
}

static void save_handoff(struct tdxmod *m, u32 hv)
{
	struct tdxmod_handoff *h = &m->handoff;

	WRITE_ONCE(h->hv, hv);
	h->hkid = m->hkid;
	h->package_mask = m->package_mask;
	h->nr_tdmrs = m->nr_tdmrs;
	memcpy(h->kot, m->kot, sizeof(h->kot));
	memcpy(h->tdmrs, m->tdmrs, sizeof(h->tdmrs));
	set_handoff(m, true, TDXMOD_HANDOFF_SIZE);
}

static bool can_write(const struct tdxmod_build *build, u64 hv)
{
	return hv >= build->min_update_hv && hv <= build->module_hv &&
	       (!build->no_downgrade || hv == build->module_hv);
}

/* TDH.SYS.SHUTDOWN: RCX hand-off version. */
u64 tdxmod_sys_shutdown(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status = TDX_SYS_BUSY;

	if (!can_write(&m->build, regs->rcx))
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	if (leave_running_state(m)) {
		save_handoff(m, regs->rcx);
		status = TDX_SUCCESS;
	}
	tdxmod_unlock_global(m);
	return status;
}

/* All but what was handed off. */
void tdxmod_forget(struct tdxmod *m)
{
	atomic_set(&m->nr_init_lps, 0);
	m->hkid = 0;
	m->nr_tdmrs = 0;
	m->packages_done = 0;
	m->package_mask = 0;
	memset(m->lp_done, 0, sizeof(m->lp_done));
	memset(m->kot, 0, sizeof(m->kot));
	memset(m->tdmrs, 0, sizeof(m->tdmrs));
	tdxmod_set_state(m, TDXMOD_SYSINIT_PENDING);
}

bool tdxmod_reload(struct tdxmod *m)
{
	if (tdxmod_get_state(m) != TDXMOD_SYS_SHUTDOWN)
		return false;

	tdxmod_forget(m);
	return true;
}

static u64 take_over(struct tdxmod *m)
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
	memcpy(m->tdmrs, h->tdmrs, sizeof(m->tdmrs));
	set_handoff(m, false, 0);
	tdxmod_set_state(m, TDXMOD_SYS_READY);
	return TDX_SUCCESS;
}

/*
 * TDH.SYS.UPDATE instead of SYS.CONFIG, KEY.CONFIG and TDMR.INIT: the cursors
 * of the TDMRs go on where they were.
 */
u64 tdxmod_sys_update(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status;

	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	status = take_over(m);
	tdxmod_unlock_global(m);
	return status;
}

/*
 * TDH.SYS.DISABLE, leaf 69, exists with TDXMOD_SYS_DISABLE only.  1.5.01 does
 * not have it, so this behaviour is the model's: possible in every state, and
 * final as SYS.SHUTDOWN is, but with nothing handed on to a next module.  As
 * there, LP.SHUTDOWN remains the one leaf that still succeeds afterwards.
 */
u64 tdxmod_sys_disable(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status = TDX_SYS_BUSY;

	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	if (leave_running_state(m)) {
		set_handoff(m, false, 0);
		status = TDX_SUCCESS;
	}
	tdxmod_unlock_global(m);
	return status;
}
