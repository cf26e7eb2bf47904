// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDH.SYS.CONFIG and TDH.SYS.KEY.CONFIG.
 *
 * SYS.CONFIG checks the TDMRs of the host one after another.  The checks have the
 * same order as in the module, because the first failure determines the status.
 */
#include "model_internal.h"

#define PTR_ARRAY_ALIGN		512
#define TDMR_INFO_ALIGN		512

/* The TDMR_INFO structure in host memory. */
struct tdxmod_tdmr_info {
	u64 base;
	u64 size;
	struct tdxmod_range pamt_1g;
	struct tdxmod_range pamt_2m;
	struct tdxmod_range pamt_4k;
	struct tdxmod_range rsvd[TDXMOD_MAX_RESERVED];
};

/* Adds up to three bytes of detail to a status, the first in the lowest byte. */
static u64 tdxmod_detail(u64 status, unsigned int a, unsigned int b, unsigned int c)
{
	return status | a | b << 8 | c << 16;
}

static bool tdxmod_range_wraps(u64 base, u64 size)
{
	return base + size < base;
}

static u64 tdxmod_range_end(const struct tdxmod_range *r)
{
	return r->base + r->size;
}

/* This and the following functions check TDMR @i.  The TDMRs before it are valid. */
static u64 tdxmod_check_tdmr(const struct tdxmod *m, unsigned int i)
{
	const struct tdxmod_tdmr *t = &m->tdmrs[i];

	if (tdxmod_range_wraps(t->base, t->size))
		return tdxmod_detail(TDX_INVALID_TDMR, i, 0, 0);
	/* Descending and overlapping TDMRs have the same status. */
	if (i && t->base < t[-1].base + t[-1].size)
		return tdxmod_detail(TDX_NON_ORDERED_TDMR, i, 0, 0);
	if (!t->size || !IS_ALIGNED(t->base | t->size, SZ_1G) ||
	    !tdxmod_pa_is_plain(m, t->base) ||
	    !tdxmod_pa_is_plain(m, t->base + t->size - 1))
		return tdxmod_detail(TDX_INVALID_TDMR, i, 0, 0);
	return TDX_SUCCESS;
}

static u64 tdxmod_check_reserved(const struct tdxmod *m, unsigned int i, unsigned int j)
{
	const struct tdxmod_range *r = &m->tdmrs[i].rsvd[j];
	bool last = j == TDXMOD_MAX_RESERVED - 1;

	if (!r->size) {
		/* An empty slot ends the list. */
		if (!last && r[1].size)
			return tdxmod_detail(TDX_NON_ORDERED_RESERVED_IN_TDMR, i, j, 0);
		return TDX_SUCCESS;
	}
	if (tdxmod_range_wraps(r->base, r->size))
		return tdxmod_detail(TDX_INVALID_RESERVED_IN_TDMR, i, j, 0);
	if (j && r->base < tdxmod_range_end(&r[-1]))
		return tdxmod_detail(TDX_NON_ORDERED_RESERVED_IN_TDMR, i, j, 0);
	if (!IS_ALIGNED(r->base | r->size, SZ_4K) || tdxmod_range_end(r) > m->tdmrs[i].size)
		return tdxmod_detail(TDX_INVALID_RESERVED_IN_TDMR, i, j, 0);
	return TDX_SUCCESS;
}

static u64 tdxmod_check_all_reserved(const struct tdxmod *m, unsigned int i)
{
	unsigned int j;
	u64 status;

	for (j = 0; j < TDXMOD_MAX_RESERVED; j++) {
		status = tdxmod_check_reserved(m, i, j);
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

/* Returns the minimum size of a PAMT in bytes.  The module accepts larger PAMTs. */
static u64 tdxmod_pamt_min_size(const struct tdxmod_tdmr *t, enum tdxmod_level level)
{
	return (t->size >> tdxmod_page_shift(level)) * TDXMOD_PAMT_ENTRY_SIZE;
}

static u64 tdxmod_check_pamts(const struct tdxmod *m, unsigned int i)
{
	int level;

	for (level = TDXMOD_1G; level >= TDXMOD_4K; level--) {
		const struct tdxmod_range *p = &m->tdmrs[i].pamt[level];

		if (tdxmod_range_wraps(p->base, p->size) ||
		    !IS_ALIGNED(p->base | p->size, SZ_4K) ||
		    !tdxmod_pa_is_plain(m, p->base) ||
		    p->size < tdxmod_pamt_min_size(&m->tdmrs[i], level) ||
		    !tdxmod_pa_is_plain(m, tdxmod_range_end(p) - 1))
			return tdxmod_detail(TDX_INVALID_PAMT, i, level, 0);
	}
	return TDX_SUCCESS;
}

static bool tdxmod_meets_a_pamt(const struct tdxmod_range *range, const struct tdxmod_tdmr *t)
{
	return tdxmod_overlap(range, &t->pamt[TDXMOD_4K]) ||
	       tdxmod_overlap(range, &t->pamt[TDXMOD_2M]) ||
	       tdxmod_overlap(range, &t->pamt[TDXMOD_1G]);
}

static u64 tdxmod_check_pamts_disjoint(const struct tdxmod *m, unsigned int i)
{
	const struct tdxmod_range *pamt = m->tdmrs[i].pamt;
	unsigned int j;
	int level;

	for (j = 0; j < i; j++) {
		for (level = TDXMOD_4K; level <= TDXMOD_1G; level++) {
			if (tdxmod_meets_a_pamt(&pamt[level], &m->tdmrs[j]))
				return tdxmod_detail(TDX_PAMT_OVERLAP, i, level, j);
		}
	}

	if (tdxmod_overlap(&pamt[TDXMOD_4K], &pamt[TDXMOD_2M]) ||
	    tdxmod_overlap(&pamt[TDXMOD_4K], &pamt[TDXMOD_1G]))
		return tdxmod_detail(TDX_PAMT_OVERLAP, i, TDXMOD_4K, i);
	if (tdxmod_overlap(&pamt[TDXMOD_2M], &pamt[TDXMOD_1G]))
		return tdxmod_detail(TDX_PAMT_OVERLAP, i, TDXMOD_2M, i);
	return TDX_SUCCESS;
}

/*
 * Gets part @n of the memory between the reserved areas of a TDMR.  A part may be
 * empty.  Returns false after the last part.
 */
static bool tdxmod_get_usable_part(const struct tdxmod_tdmr *t, unsigned int n,
				   struct tdxmod_range *part)
{
	u64 start = 0, end = t->size;

	if (n > TDXMOD_MAX_RESERVED || (n && !t->rsvd[n - 1].size))
		return false;

	if (n)
		start = tdxmod_range_end(&t->rsvd[n - 1]);
	if (n < TDXMOD_MAX_RESERVED && t->rsvd[n].size)
		end = t->rsvd[n].base;
	part->base = t->base + start;
	part->size = end - start;
	return true;
}

static bool tdxmod_meets_usable_part(const struct tdxmod_range *range, const struct tdxmod_tdmr *t)
{
	struct tdxmod_range part;
	unsigned int n;

	for (n = 0; tdxmod_get_usable_part(t, n, &part); n++) {
		if (tdxmod_overlap(range, &part))
			return true;
	}
	return false;
}

/* A PAMT of TDMR @owner must not overlap memory that TDMR @other provides for TDs. */
static u64 tdxmod_check_pamts_outside(const struct tdxmod *m, unsigned int owner,
				      unsigned int other)
{
	int level;

	for (level = TDXMOD_4K; level <= TDXMOD_1G; level++) {
		if (tdxmod_meets_usable_part(&m->tdmrs[owner].pamt[level], &m->tdmrs[other]))
			return tdxmod_detail(TDX_PAMT_OVERLAP, owner, level, other);
	}
	return TDX_SUCCESS;
}

static u64 tdxmod_check_pamts_reserved(const struct tdxmod *m, unsigned int i)
{
	unsigned int j;
	u64 status;

	for (j = 0; j <= i; j++) {
		status = tdxmod_check_pamts_outside(m, i, j);
		if (!status && j < i)
			status = tdxmod_check_pamts_outside(m, j, i);
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

/* Adjacent CMRs count as one CMR, even with unused slots between them. */
static bool tdxmod_range_is_convertible(const struct tdxmod *m, const struct tdxmod_range *range)
{
	u64 covered = range->base;
	unsigned int i;

	for (i = 0; i < m->platform.nr_cmrs; i++) {
		const struct tdxmod_range *cmr = &m->platform.cmrs[i];

		if (covered < cmr->base || covered - cmr->base >= cmr->size)
			continue;
		covered = tdxmod_range_end(cmr);
		if (covered >= tdxmod_range_end(range))
			return true;
	}
	return false;
}

static u64 tdxmod_check_convertible(const struct tdxmod *m, unsigned int i)
{
	const struct tdxmod_tdmr *t = &m->tdmrs[i];
	struct tdxmod_range part;
	unsigned int n;
	int level;

	for (level = TDXMOD_1G; level >= TDXMOD_4K; level--) {
		if (!tdxmod_range_is_convertible(m, &t->pamt[level]))
			return tdxmod_detail(TDX_PAMT_OUTSIDE_CMRS, i, level, 0);
	}
	for (n = 0; tdxmod_get_usable_part(t, n, &part); n++) {
		if (part.size && !tdxmod_range_is_convertible(m, &part))
			return tdxmod_detail(TDX_TDMR_OUTSIDE_CMRS, i, 0, 0);
	}
	return TDX_SUCCESS;
}

/* Copies the TDMR before the checks, because the host may write to it at any time. */
static void tdxmod_fetch_tdmr(const struct tdxmod *m, u64 pa, struct tdxmod_tdmr *tdmr)
{
	const void *memory = tdxmod_memory(m, pa);
	struct tdxmod_tdmr_info raw = {};

	if (memory)
		memcpy(&raw, memory, sizeof(raw));

	memset(tdmr, 0, sizeof(*tdmr));
	tdmr->base = raw.base;
	tdmr->size = raw.size;
	tdmr->pamt[TDXMOD_4K] = raw.pamt_4k;
	tdmr->pamt[TDXMOD_2M] = raw.pamt_2m;
	tdmr->pamt[TDXMOD_1G] = raw.pamt_1g;
	memcpy(tdmr->rsvd, raw.rsvd, sizeof(tdmr->rsvd));
	tdmr->next = raw.base;
}

static u64 tdxmod_accept_tdmr(struct tdxmod *m, unsigned int i, u64 pa)
{
	static u64 (*const checks[])(const struct tdxmod *m, unsigned int i) = {
		tdxmod_check_tdmr,
		tdxmod_check_all_reserved,
		tdxmod_check_pamts,
		tdxmod_check_pamts_disjoint,
		tdxmod_check_pamts_reserved,
		tdxmod_check_convertible,
	};
	unsigned int j;
	u64 status;

	if (!tdxmod_pa_is_shared(m, pa, TDMR_INFO_ALIGN))
		return TDX_OPERAND_INVALID + TDX_RCX;

	tdxmod_fetch_tdmr(m, pa, &m->tdmrs[i]);
	for (j = 0; j < ARRAY_SIZE(checks); j++) {
		status = checks[j](m, i);
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

/* On failure, @nr_tdmrs does not change, so the TDMRs accepted so far have no effect. */
static u64 tdxmod_accept_tdmrs(struct tdxmod *m, u64 array, unsigned int count)
{
	unsigned int i;
	u64 status;

	for (i = 0; i < count; i++) {
		status = tdxmod_accept_tdmr(m, i, tdxmod_read64(m, array + i * sizeof(u64)));
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

bool tdxmod_is_private_hkid(const struct tdxmod *m, u64 hkid)
{
	return hkid >= m->platform.hkid_start &&
	       hkid - m->platform.hkid_start < m->platform.hkid_count;
}

/* RCX array of pointers to TDMR_INFO, RDX their number, R8 global HKID. */
u64 tdxmod_sys_config(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 array = regs->rcx, count = regs->rdx, hkid = regs->r8;
	u64 status;

	if (m->state != TDXMOD_SYSINIT_DONE || !tdxmod_all_lps_done(m))
		return TDX_SYS_CONFIG_NOT_PENDING;
	if (!tdxmod_pa_is_shared(m, array, PTR_ARRAY_ALIGN))
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (!count || count > tdxmod_max_tdmrs(m))
		return TDX_OPERAND_INVALID + TDX_RDX;
	/* Bits 63:16 of R8 must be 0.  A larger value is no private HKID. */
	if (!tdxmod_is_private_hkid(m, hkid))
		return TDX_OPERAND_INVALID + TDX_R8;

	/*
	 * If SYS.CONFIG rejects a TDMR, the HKID stays reserved.  TDs cannot use
	 * it even if a second SYS.CONFIG takes another HKID.
	 */
	m->kot[hkid].state = TDXMOD_HKID_RESERVED;
	m->hkid = hkid;

	status = tdxmod_accept_tdmrs(m, array, count);
	if (status)
		return status;

	m->nr_tdmrs = count;
	tdxmod_set_state(m, TDXMOD_SYSCONFIG_DONE);
	return TDX_SUCCESS;
}

/* Programs a key for @hkid on the package of @lp. */
u64 tdxmod_program_key(struct tdxmod *m, unsigned int lp, u32 hkid)
{
	switch (m->ops->pconfig(m->ctx, lp, hkid)) {
	case TDXMOD_PCONFIG_OK:
		return TDX_SUCCESS;
	case TDXMOD_PCONFIG_ENTROPY:
		return TDX_KEY_GENERATION_FAILED;
	case TDXMOD_PCONFIG_BUSY:
		return TDX_OPERAND_BUSY + TDX_KET;
	default:
		return tdxmod_die(m);
	}
}

/* The leaf holds the global lock during PCONFIG, so packages cannot run in parallel. */
u64 tdxmod_key_config(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u32 package = BIT(m->platform.lp_package[lp]);
	u64 status;

	if (m->state != TDXMOD_SYSCONFIG_DONE)
		return TDX_SYS_KEY_CONFIG_NOT_PENDING;
	if (m->package_mask & package)
		return TDX_KEY_CONFIGURED;

	status = tdxmod_program_key(m, lp, m->hkid);
	if (status)
		return status;

	m->package_mask |= package;
	if (++m->packages_done == m->platform.nr_packages)
		tdxmod_set_state(m, TDXMOD_SYS_READY);
	return TDX_SUCCESS;
}
