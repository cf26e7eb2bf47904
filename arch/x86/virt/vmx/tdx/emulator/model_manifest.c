// SPDX-License-Identifier: GPL-2.0-only
/*
 * What P-SEAMLDR demands of the parameters of INSTALL and of the SIGSTRUCT of
 * a module, in the order in which it looks.
 */
#include "model_internal.h"

#define CPUID_STEPPING		0xfU
#define FAULT_WRAPPERS_SIZE	(32 * 16)

static bool is_zero(const u8 *bytes, size_t size)
{
	while (size && !*bytes) {
		bytes++;
		size--;
	}
	return !size;
}

#define IS_ZERO(array)	is_zero(array, sizeof(array))

/* A copy, which the host cannot change any more; zeros without memory. */
static void take_copy(const struct tdxmod *m, u64 pa, void *to, size_t size)
{
	const void *from = tdxmod_memory(m, pa);

	if (from)
		memcpy(to, from, size);
	else
		memset(to, 0, size);
}

static bool pages_are_shared(const struct tdxmod *m, const struct pseamldr_params *p)
{
	u64 i;

	for (i = 0; i < p->nr_pages; i++) {
		if (!tdxmod_pa_is_shared(m, p->page_pas[i], SZ_4K))
			return false;
	}
	return tdxmod_pa_is_shared(m, p->sigstruct_pa, SZ_4K);
}

u64 tdxmod_check_params(struct tdxmod *m, u64 pa)
{
	struct pseamldr_params *p = &m->loader.params;

	if (!tdxmod_pa_is_shared(m, pa, sizeof(*p)))
		return PSEAMLDR_EBADPARAM;

	take_copy(m, pa, p, sizeof(*p));
	if (p->version || !IS_ZERO(p->reserved) || p->scenario > PSEAMLDR_SCENARIO_UPDATE ||
	    !p->nr_pages || p->nr_pages > PSEAMLDR_MAX_PAGES || !pages_are_shared(m, p))
		return PSEAMLDR_EBADPARAM;
	if (p->scenario == PSEAMLDR_SCENARIO_UPDATE && !m->loader.was_ready)
		return PSEAMLDR_EBADPARAM;
	return TDX_SUCCESS;
}

static bool form_is_good(const struct pseamldr_sigstruct *sig)
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

static bool content_is_good(const struct pseamldr_sigstruct *sig)
{
	return sig->module_vendor == TDXMOD_VENDOR_ID &&
	       !(sig->module_type & ~PSEAMLDR_SIG_DEBUG) && !sig->attributes &&
	       sig->nr_cpuids <= PSEAMLDR_SIG_MAX_CPUIDS &&
	       sig->min_update_hv <= sig->module_hv &&
	       IS_ALIGNED(sig->gdt_idt_offset, SZ_4K) &&
	       !sig->gdt_idt_offset == !sig->fault_wrapper_offset;
}

/* Tables of exceptions, if any, lie within the image. */
static bool tables_are_inside(const struct tdxmod *m)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	u64 size = m->loader.params.nr_pages * SZ_4K;

	return sig->gdt_idt_offset <= size - SZ_4K &&
	       sig->fault_wrapper_offset <= size - FAULT_WRAPPERS_SIZE;
}

static bool key_is_known(const struct pseamldr_sigstruct *sig)
{
	size_t i;

	for (i = 0; i < sizeof(sig->modulus); i++) {
		if (sig->modulus[i] != PSEAMLDR_MODEL_KEY)
			return false;
	}
	return true;
}

/* No step back, and no other line of modules. */
static u64 check_svn(const struct tdxmod *m)
{
	const struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	const struct pseamldr_extend *now = &m->loader.extend;

	if (!sig->major_svn)
		return PSEAMLDR_EUNSUPPORTED;
	/* What was there has left keys and caches, and there is no CLEANUP. */
	if (m->loader.params.scenario == PSEAMLDR_SCENARIO_LOAD)
		return PSEAMLDR_ECLEANUPREQ;
	if (sig->major_svn != now->major_svn)
		return PSEAMLDR_EUNSUPPORTED;
	return sig->minor_svn < now->minor_svn ? PSEAMLDR_EBADSIG : TDX_SUCCESS;
}

/* All packages have the same CPU; its stepping does not matter. */
static bool cpu_is_supported(const struct tdxmod *m)
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

static bool signature_is_good(const struct pseamldr_sigstruct *sig)
{
	const size_t size = PSEAMLDR_HASH_SIZE;
	u8 digest[PSEAMLDR_HASH_SIZE];

	tdxmod_image_digest(sig, digest);
	return !memcmp(sig->signature, digest, size) &&
	       is_zero(sig->signature + size, sizeof(sig->signature) - size);
}

u64 tdxmod_check_manifest(struct tdxmod *m)
{
	struct pseamldr_sigstruct *sig = &m->loader.sigstruct;
	u64 status;

	take_copy(m, m->loader.params.sigstruct_pa, sig, sizeof(*sig));
	if (!form_is_good(sig) || !content_is_good(sig) || !key_is_known(sig))
		return PSEAMLDR_EBADSIG;
	/* This platform is not unlocked for debugging. */
	if (sig->module_type & PSEAMLDR_SIG_DEBUG)
		return PSEAMLDR_EBADSIG;
	status = check_svn(m);
	if (status)
		return status;
	if (!tables_are_inside(m) || !sig->nr_cpuids)
		return PSEAMLDR_EBADSIG;
	if (!cpu_is_supported(m))
		return PSEAMLDR_EUNSUPCPU;
	return signature_is_good(sig) ? TDX_SUCCESS : PSEAMLDR_EBADSIG;
}
