// SPDX-License-Identifier: GPL-2.0-only
/*
 * P-SEAMLDR: says what is loaded, and loads another module in its place.
 *
 * INSTALL is called once on every LP of the platform, and does its work in the
 * call of the last.  From the first of these calls on, the module that was
 * there answers nothing any more.  If INSTALL fails before it has written to
 * the module's memory, that module is back, shut down as it was; later, there
 * is none.
 *
 * Not modelled: SHUTDOWN, SEAMINFO and CLEANUP, how much room there is in the
 * SEAM range, and modules signed for debugging.
 */
#include "model_internal.h"

#define FEATURES0_CLEANUP	BIT_ULL(1)

static bool enter(struct tdxmod *m)
{
	return atomic_cmpxchg_acquire(&m->loader.inside, 0, 1) == 0;
}

static void leave(struct tdxmod *m)
{
	atomic_set_release(&m->loader.inside, 0);
}

/* RCX: 256 bytes for the answer. */
static u64 tell_info(struct tdxmod *m, u64 pa)
{
	struct pseamldr_info *info;

	if (!tdxmod_pa_is_shared(m, pa, sizeof(*info)))
		return PSEAMLDR_EBADPARAM;

	info = tdxmod_memory(m, pa);
	if (!info)
		return TDX_SUCCESS;

	memset(info, 0, sizeof(*info));
	info->vendor_id = TDXMOD_VENDOR_ID;
	info->build_date = TDXMOD_BUILD_DATE;
	info->minor_version = TDXMOD_MINOR_VERSION;
	info->major_version = TDXMOD_MAJOR_VERSION;
	info->nr_remaining_updates = m->loader.nr_remaining;
	info->extend = m->loader.extend;
	info->extend.seam_ready = m->seam_ready;
	info->features0 = FEATURES0_CLEANUP;
	return TDX_SUCCESS;
}

/* The calls of the LPs that make one installation. */
static u64 gather(struct tdxmod *m, unsigned int lp)
{
	struct tdxmod_loader *l = &m->loader;

	if (l->lp_called[lp])
		return PSEAMLDR_EBADCALL;

	if (!l->nr_called) {
		l->was_ready = m->seam_ready;
		WRITE_ONCE(m->seam_ready, false);
	}
	l->lp_called[lp] = true;
	l->nr_called++;
	return TDX_SUCCESS;
}

static void scatter(struct tdxmod *m)
{
	memset(m->loader.lp_called, 0, sizeof(m->loader.lp_called));
	m->loader.nr_called = 0;
}

static bool handoff_is_good(const struct tdxmod *m)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;

	return m->handoff_valid &&
	       m->handoff.size <= (m->build.nr_handoff_pages + 1U) * SZ_4K - sizeof(u64) &&
	       m->handoff.hv >= sig->min_update_hv && m->handoff.hv <= sig->module_hv;
}

/* Until now nothing has been written to the memory of the module. */
static u64 check_all(struct tdxmod *m, u64 pa)
{
	u64 random, status;

	status = tdxmod_check_params(m, pa);
	if (status)
		return status;
	status = tdxmod_check_manifest(m);
	if (status)
		return status;
	/* Where in the address space the module will lie. */
	if (!m->ops->rdrand(m->ctx, &random))
		return PSEAMLDR_ENOENTROPY;
	if (!m->loader.nr_remaining)
		return PSEAMLDR_EBADCALL;
	if (!handoff_is_good(m))
		return PSEAMLDR_EBADHANDOFF;
	return TDX_SUCCESS;
}

static void record_module(struct tdxmod *m)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	struct pseamldr_extend *extend = &m->loader.extend;

	extend->minor_svn = sig->minor_svn;
	extend->major_svn = sig->major_svn;
	memcpy(extend->hash, sig->hash, sizeof(extend->hash));
	m->loader.nr_remaining--;
}

static void record_nothing(struct tdxmod *m)
{
	struct pseamldr_extend *extend = &m->loader.extend;

	memset(extend, 0, sizeof(*extend));
	extend->p_seamldr_ready = true;
}

static u64 replace_module(struct tdxmod *m, u64 pa, bool *lost)
{
	u64 status;

	status = check_all(m, pa);
	if (status) {
		WRITE_ONCE(m->seam_ready, m->loader.was_ready);
		return status;
	}

	status = tdxmod_load_image(m);
	if (status) {
		record_nothing(m);
		*lost = true;
		return status;
	}

	record_module(m);
	WRITE_ONCE(m->seam_ready, true);
	return TDX_SUCCESS;
}

/* RCX: a page of struct pseamldr_params; only that of the last LP is read. */
static u64 install(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	bool lost = false;
	u64 status;

	status = gather(m, lp);
	if (!status && m->loader.nr_called == m->platform.nr_lps) {
		status = replace_module(m, regs->rcx, &lost);
		scatter(m);
	}
	regs->rdx = lost;
	return status;
}

static u64 call(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	switch (regs->rax) {
	case PSEAMLDR_INFO:
		return tell_info(m, regs->rcx);
	case PSEAMLDR_INSTALL:
		return install(m, lp, regs);
	default:
		return PSEAMLDR_EBADPARAM;
	}
}

bool tdxmod_seamldr(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	if (lp >= m->platform.nr_lps || READ_ONCE(m->dead))
		return false;
	if (!enter(m))
		return false;
	regs->rax = call(m, lp, regs);
	leave(m);
	return true;
}
