// SPDX-License-Identifier: GPL-2.0-only
/* TDH.SYS.KEY.CONFIG: the key of the global HKID, package by package. */
#include "model_internal.h"

static u64 program_key(struct tdxmod *m, unsigned int lp)
{
	switch (m->ops->pconfig(m->ctx, lp, m->hkid)) {
	case TDXMOD_PCONFIG_OK:
		return TDX_SUCCESS;
	case TDXMOD_PCONFIG_ENTROPY:
		return TDX_KEY_GENERATION_FAILED;
	case TDXMOD_PCONFIG_BUSY:
		return TDX_OPERAND_BUSY + TDX_KET;
	default:
		/*
		 * The module executes UD2, and SEAM is gone for all LPs.
		 * Nobody will come to release its locks.
		 */
		WRITE_ONCE(m->dead, true);
		return TDXMOD_NO_ANSWER;
	}
}

static u64 configure_package(struct tdxmod *m, unsigned int lp)
{
	u32 package = BIT(m->platform.lp_package[lp]);
	u64 status;

	if (m->state != TDXMOD_SYSCONFIG_DONE)
		return TDX_SYS_KEY_CONFIG_NOT_PENDING;
	if (m->package_mask & package)
		return TDX_KEY_CONFIGURED;

	status = program_key(m, lp);
	if (status)
		return status;

	m->package_mask |= package;
	if (++m->packages_done == m->platform.nr_packages)
		tdxmod_set_state(m, TDXMOD_SYS_READY);
	return TDX_SUCCESS;
}

/*
 * The global lock is held over PCONFIG, so packages cannot be done in
 * parallel.
 */
u64 tdxmod_key_config(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status;

	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	status = configure_package(m, lp);
	tdxmod_unlock_global(m);
	return status;
}
