// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDX module: how a SEAMCALL finds its leaf, and which leaf is possible
 * in which state.
 *
 * Behaviour is that of TDX 1.5.01 wherever no TDXMOD_* difference is set.
 * Two things are not modelled: what the module finds out about the CPU by
 * CPUID and MSRs, and the leaves that manage TDs, which are answered as leaves
 * that do not exist.
 */
#include "model_internal.h"
#include "model_leaves.h"

/* In TDX_FEATURES0: version 1 of VP.INIT takes the x2APIC ID of the vCPU. */
#define TOPOLOGY_ENUM	BIT_ULL(20)

static u64 dispatch(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

bool tdxmod_seamcall(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_regs out = *regs;

	if (lp >= m->platform.nr_lps || READ_ONCE(m->dead) || !READ_ONCE(m->seam_ready))
		return false;

	/*
	 * Counted before the state is looked at, fully ordered: SYS.SHUTDOWN
	 * changes the state and then counts, so one of the two notices.
	 */
	atomic_inc_return(&m->nr_inside);
	out.rax = dispatch(m, lp, &out);
	atomic_dec_return(&m->nr_inside);

	if (out.rax == TDXMOD_NO_ANSWER)
		return false;
	*regs = out;
	return true;
}

static bool takes_version(const struct tdxmod *m, unsigned int leaf)
{
	switch (leaf) {
	case LEAF_VP_INIT:
		return m->platform.features0 & TOPOLOGY_ENUM;
	case 3:
	case 11:
	case 23:
	case 26:
	case 30:
		return true;
	default:
		return false;
	}
}

/* Leaves that test the state themselves; all others need SYS_READY. */
static bool possible_before_ready(const struct tdxmod *m, unsigned int leaf)
{
	switch (leaf) {
	case LEAF_KEY_CONFIG:
	case LEAF_SYS_INFO:
	case LEAF_SYS_INIT:
	case LEAF_SYS_RD:
	case LEAF_LP_INIT:
	case LEAF_SYS_RDALL:
	case LEAF_LP_SHUTDOWN:
	case LEAF_SYS_CONFIG:
	case LEAF_SYS_UPDATE:
		return true;
	case LEAF_SYS_DISABLE:
		return tdxmod_differs(m, TDXMOD_SYS_DISABLE);
	default:
		return false;
	}
}

/*
 * In 1.5.01 SYS.CONFIG waits for every LP, so later leaves need not ask.  A
 * module that does not wait has to ask.
 */
static bool needs_lp_init(const struct tdxmod *m, unsigned int leaf, int state)
{
	if (!tdxmod_differs(m, TDXMOD_LP_INIT_RELAXED))
		return false;

	switch (leaf) {
	case LEAF_KEY_CONFIG:
	case LEAF_SYS_CONFIG:
	case LEAF_SYS_UPDATE:
		return state != TDXMOD_SYSINIT_PENDING;
	default:
		return !possible_before_ready(m, leaf);
	}
}

/* Deprecated in 1.5: nothing to do and always possible. */
static u64 lp_shutdown(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	return TDX_SUCCESS;
}

static tdxmod_leaf_fn find_leaf(const struct tdxmod *m, unsigned int leaf)
{
	switch (leaf) {
	case LEAF_PAGE_RDMD:
		return tdxmod_page_rdmd;
	case LEAF_KEY_CONFIG:
		return tdxmod_key_config;
	case LEAF_SYS_INFO:
		return tdxmod_sys_info;
	case LEAF_SYS_INIT:
		return tdxmod_sys_init;
	case LEAF_SYS_RD:
		return tdxmod_sys_rd;
	case LEAF_LP_INIT:
		return tdxmod_lp_init;
	case LEAF_TDMR_INIT:
		return tdxmod_tdmr_init;
	case LEAF_SYS_RDALL:
		return tdxmod_sys_rdall;
	case LEAF_LP_SHUTDOWN:
		return lp_shutdown;
	case LEAF_SYS_CONFIG:
		return tdxmod_sys_config;
	case LEAF_SYS_SHUTDOWN:
		return tdxmod_sys_shutdown;
	case LEAF_SYS_UPDATE:
		return tdxmod_sys_update;
	case LEAF_SYS_DISABLE:
		return tdxmod_differs(m, TDXMOD_SYS_DISABLE) ? tdxmod_sys_disable : NULL;
	default:
		return NULL;
	}
}

/* A refusal here leaves every register but RAX as it was. */
static u64 dispatch(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	unsigned int version = (regs->rax >> 16) & 0xff;
	unsigned int leaf = regs->rax & 0xffff;
	int state = tdxmod_get_state(m);
	tdxmod_leaf_fn fn;

	if (regs->rax >> 24)
		return TDX_OPERAND_INVALID;
	if (version && !takes_version(m, leaf))
		return TDX_OPERAND_INVALID;
	if (state == TDXMOD_SYS_SHUTDOWN && leaf != LEAF_LP_SHUTDOWN)
		return TDX_SYS_SHUTDOWN;
	if (state != TDXMOD_SYS_READY && !possible_before_ready(m, leaf))
		return TDX_SYS_NOT_READY;

	fn = find_leaf(m, leaf);
	if (!fn)
		return TDX_OPERAND_INVALID;
	if (needs_lp_init(m, leaf, state) && !tdxmod_lp_done(m, lp))
		return TDX_SYS_LP_INIT_NOT_DONE;
	return fn(m, lp, regs);
}
