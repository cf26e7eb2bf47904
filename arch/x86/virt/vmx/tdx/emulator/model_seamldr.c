// SPDX-License-Identifier: GPL-2.0-only
/*
 * P-SEAMLDR reports which module is loaded, and replaces it by another.
 *
 * The host calls INSTALL once on every LP of the platform.  The last call installs
 * the module.  The first call makes the old module unavailable.  If the last call
 * fails before it writes to the memory of the module, the old module is available
 * again, in its old state.  If it fails later, the platform has no module.
 *
 * Not modeled: SHUTDOWN, SEAMINFO and CLEANUP, the size of the SEAM range, and
 * modules signed for debugging.
 */
#include <crypto/sha2.h>

#include "model_internal.h"

#define FEATURES0_CLEANUP	BIT_ULL(1)
#define CPUID_STEPPING		0xfU
#define FAULT_WRAPPERS_SIZE	(32 * 16)

static bool tdxmod_is_zero(const u8 *bytes, size_t size)
{
	while (size && !*bytes) {
		bytes++;
		size--;
	}
	return !size;
}

#define IS_ZERO(array)	tdxmod_is_zero(array, sizeof(array))

/* Returns the bytes at @pa, or zeros without memory. */
static const void *tdxmod_memory_or_zeros(const struct tdxmod *m, u64 pa)
{
	static const u8 zeros[SZ_4K];
	const void *memory = tdxmod_memory(m, pa);

	return memory ? memory : zeros;
}

static bool tdxmod_pages_are_shared(const struct tdxmod *m, const struct pseamldr_params *p)
{
	u64 i;

	for (i = 0; i < p->nr_pages; i++) {
		if (!tdxmod_pa_is_shared(m, p->page_pas[i], SZ_4K))
			return false;
	}
	return tdxmod_pa_is_shared(m, p->sigstruct_pa, SZ_4K);
}

/* Checks a copy, which the host cannot change. */
static u64 tdxmod_check_params(struct tdxmod *m, u64 pa)
{
	struct pseamldr_params *p = &m->loader.params;

	if (!tdxmod_pa_is_shared(m, pa, sizeof(*p)))
		return PSEAMLDR_EBADPARAM;

	memcpy(p, tdxmod_memory_or_zeros(m, pa), sizeof(*p));
	if (p->version || !IS_ZERO(p->reserved) || p->scenario > PSEAMLDR_SCENARIO_UPDATE ||
	    !p->nr_pages || p->nr_pages > PSEAMLDR_MAX_PAGES || !tdxmod_pages_are_shared(m, p))
		return PSEAMLDR_EBADPARAM;
	if (p->scenario == PSEAMLDR_SCENARIO_UPDATE && !m->loader.was_ready)
		return PSEAMLDR_EBADPARAM;
	return TDX_SUCCESS;
}

static bool tdxmod_sig_form_is_good(const struct pseamldr_sigstruct *sig)
{
	return IS_ZERO(sig->reserved0) && IS_ZERO(sig->reserved1) &&
	       IS_ZERO(sig->reserved2) && IS_ZERO(sig->reserved3) &&
	       sig->header_type == PSEAMLDR_SIG_HEADER_TYPE &&
	       sig->header_length == PSEAMLDR_SIG_HEADER_LENGTH &&
	       sig->header_version == PSEAMLDR_SIG_HEADER_VERSION &&
	       sig->size == PSEAMLDR_SIG_SIZE &&
	       sig->key_size == PSEAMLDR_SIG_KEY_SIZE &&
	       sig->modulus_size == PSEAMLDR_SIG_KEY_SIZE &&
	       sig->exponent_size == PSEAMLDR_SIG_EXPONENT_SIZE &&
	       sig->exponent == PSEAMLDR_SIG_EXPONENT;
}

/* The platform is not unlocked for debugging, so P-SEAMLDR refuses debug modules. */
static bool tdxmod_sig_content_is_good(const struct pseamldr_sigstruct *sig)
{
	return sig->module_vendor == TDXMOD_VENDOR_ID &&
	       !sig->module_type && !sig->attributes &&
	       sig->nr_cpuids <= PSEAMLDR_SIG_MAX_CPUIDS &&
	       sig->min_update_hv <= sig->module_hv &&
	       IS_ALIGNED(sig->gdt_idt_offset, SZ_4K) &&
	       !sig->gdt_idt_offset == !sig->fault_wrapper_offset;
}

static bool tdxmod_sig_key_is_known(const struct pseamldr_sigstruct *sig)
{
	size_t i;

	for (i = 0; i < sizeof(sig->modulus); i++) {
		if (sig->modulus[i] != PSEAMLDR_MODEL_KEY)
			return false;
	}
	return true;
}

/* Refuses a module with an older minor SVN, and a module with another major SVN. */
static u64 tdxmod_check_svn(const struct tdxmod *m)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	const struct pseamldr_extend *now = &m->loader.extend;

	if (!sig->major_svn)
		return PSEAMLDR_EUNSUPPORTED;
	/* A LOAD needs CLEANUP first, which the model does not implement. */
	if (m->loader.params.scenario == PSEAMLDR_SCENARIO_LOAD)
		return PSEAMLDR_ECLEANUPREQ;
	if (sig->major_svn != now->major_svn)
		return PSEAMLDR_EUNSUPPORTED;
	return sig->minor_svn < now->minor_svn ? PSEAMLDR_EBADSIG : TDX_SUCCESS;
}

/* The image must contain the exception tables, if any. */
static bool tdxmod_tables_are_inside(const struct tdxmod *m)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	u64 size = m->loader.params.nr_pages * SZ_4K;

	return sig->gdt_idt_offset <= size - SZ_4K &&
	       sig->fault_wrapper_offset <= size - FAULT_WRAPPERS_SIZE;
}

/* All packages have the same CPU model.  The stepping is ignored. */
static bool tdxmod_cpu_is_supported(const struct tdxmod *m)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	u32 cpu = m->platform.family_model_stepping & ~CPUID_STEPPING;
	u32 i;

	for (i = 0; i < sig->nr_cpuids; i++) {
		if ((sig->cpuids[i] & ~CPUID_STEPPING) == cpu)
			return true;
	}
	return false;
}

static bool tdxmod_signature_is_good(const struct pseamldr_sigstruct *sig)
{
	const size_t size = PSEAMLDR_HASH_SIZE;
	u8 digest[PSEAMLDR_HASH_SIZE];

	tdxmod_image_digest(sig, digest);
	return !memcmp(sig->signature, digest, size) &&
	       tdxmod_is_zero(sig->signature + size, sizeof(sig->signature) - size);
}

/* The order is that of P-SEAMLDR, because the first failure determines the status. */
static u64 tdxmod_check_sigstruct(struct tdxmod *m)
{
	struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	u64 status;

	memcpy(sig, tdxmod_memory_or_zeros(m, m->loader.params.sigstruct_pa), sizeof(*sig));
	if (!tdxmod_sig_form_is_good(sig) || !tdxmod_sig_content_is_good(sig) ||
	    !tdxmod_sig_key_is_known(sig))
		return PSEAMLDR_EBADSIG;
	status = tdxmod_check_svn(m);
	if (status)
		return status;
	if (!tdxmod_tables_are_inside(m) || !sig->nr_cpuids)
		return PSEAMLDR_EBADSIG;
	if (!tdxmod_cpu_is_supported(m))
		return PSEAMLDR_EUNSUPCPU;
	return tdxmod_signature_is_good(sig) ? TDX_SUCCESS : PSEAMLDR_EBADSIG;
}

static bool tdxmod_handoff_is_good(const struct tdxmod *m)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;

	return m->handoff_valid && !READ_ONCE(m->disabling) &&
	       m->handoff.size <= (m->build.nr_handoff_pages + 1U) * SZ_4K - sizeof(u64) &&
	       m->handoff.hv >= sig->min_update_hv && m->handoff.hv <= sig->module_hv;
}

/* None of these checks writes to the memory of the module. */
static u64 tdxmod_check_install(struct tdxmod *m, u64 pa)
{
	u64 random, status;

	status = tdxmod_check_params(m, pa);
	if (status)
		return status;
	status = tdxmod_check_sigstruct(m);
	if (status)
		return status;
	/* P-SEAMLDR randomizes the address of the module. */
	if (!m->ops->rdrand(m->ctx, &random))
		return PSEAMLDR_ENOENTROPY;
	if (!m->loader.nr_remaining)
		return PSEAMLDR_EBADCALL;
	if (!tdxmod_handoff_is_good(m))
		return PSEAMLDR_EBADHANDOFF;
	return TDX_SUCCESS;
}

static bool tdxmod_image_hash_is_good(const struct tdxmod *m)
{
	u8 hash[PSEAMLDR_HASH_SIZE];
	struct sha384_ctx ctx;
	u64 i;

	sha384_init(&ctx);
	for (i = 0; i < m->loader.params.nr_pages; i++)
		sha384_update(&ctx, tdxmod_memory_or_zeros(m, m->loader.params.page_pas[i]),
			      SZ_4K);
	sha384_final(&ctx, hash);
	return !memcmp(hash, m->loader.sigstruct.hash, sizeof(hash));
}

/* SYS.INIT of the module compares its build with its SIGSTRUCT. */
static bool tdxmod_build_fits(const struct tdxmod_build *build,
			      const struct pseamldr_sigstruct *sig)
{
	return build->module_hv == sig->module_hv &&
	       build->min_update_hv == sig->min_update_hv &&
	       build->nr_handoff_pages == sig->nr_handoff_pages &&
	       build->no_downgrade == sig->no_downgrade;
}

static u64 tdxmod_load_image(struct tdxmod *m)
{
	const struct tdxmod_image *image;

	if (!tdxmod_image_hash_is_good(m))
		return PSEAMLDR_EBADHASH;

	image = tdxmod_memory_or_zeros(m, m->loader.params.page_pas[0]);
	if (image->magic != TDXMOD_IMAGE_MAGIC)
		return PSEAMLDR_EBADPARAM;

	m->build = image->build;
	m->misfit = !tdxmod_build_fits(&image->build, &m->loader.sigstruct);
	tdxmod_forget(m);
	return TDX_SUCCESS;
}

static u64 tdxmod_replace_module(struct tdxmod *m, u64 pa, bool *lost)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	struct pseamldr_extend *extend = &m->loader.extend;
	u64 status;

	status = tdxmod_check_install(m, pa);
	if (status) {
		WRITE_ONCE(m->seam_ready, m->loader.was_ready);
		return status;
	}

	status = tdxmod_load_image(m);
	if (status) {
		memset(extend, 0, sizeof(*extend));
		extend->p_seamldr_ready = true;
		*lost = true;
		return status;
	}

	extend->minor_svn = sig->minor_svn;
	extend->major_svn = sig->major_svn;
	memcpy(extend->hash, sig->hash, sizeof(extend->hash));
	m->loader.nr_remaining--;
	WRITE_ONCE(m->seam_ready, true);
	return TDX_SUCCESS;
}

/* Counts the LPs that have called INSTALL, at most one call per LP. */
static u64 tdxmod_count_install(struct tdxmod *m, unsigned int lp)
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

/* RCX: a page with struct pseamldr_params.  P-SEAMLDR reads only that of the last LP. */
static u64 tdxmod_seamldr_install(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	bool lost = false;
	u64 status;

	status = tdxmod_count_install(m, lp);
	if (!status && m->loader.nr_called == m->platform.nr_lps) {
		status = tdxmod_replace_module(m, regs->rcx, &lost);
		memset(m->loader.lp_called, 0, sizeof(m->loader.lp_called));
		m->loader.nr_called = 0;
	}
	regs->rdx = lost;
	return status;
}

/* @pa: a buffer for struct pseamldr_info. */
static u64 tdxmod_seamldr_info(struct tdxmod *m, u64 pa)
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

static u64 tdxmod_seamldr_call(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	switch (regs->rax) {
	case PSEAMLDR_INFO:
		return tdxmod_seamldr_info(m, regs->rcx);
	case PSEAMLDR_INSTALL:
		return tdxmod_seamldr_install(m, lp, regs);
	default:
		return PSEAMLDR_EBADPARAM;
	}
}

bool tdxmod_seamldr(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	if (lp >= m->platform.nr_lps || READ_ONCE(m->dead))
		return false;
	if (atomic_cmpxchg_acquire(&m->loader.inside, 0, 1))
		return false;
	regs->rax = tdxmod_seamldr_call(m, lp, regs);
	atomic_set_release(&m->loader.inside, 0);
	return true;
}
