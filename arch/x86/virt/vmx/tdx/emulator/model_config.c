// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDH.SYS.CONFIG: the host's TDMRs, checked one after another and each check
 * in the module's order, because the first that fails names the status.
 */
#include "model_internal.h"

#define PTR_ARRAY_ALIGN		512
#define TDMR_INFO_ALIGN		512

/* The structure that the host fills, as it lies in memory. */
struct tdmr_info {
	u64 base;
	u64 size;
	struct tdxmod_range pamt_1g;
	struct tdxmod_range pamt_2m;
	struct tdxmod_range pamt_4k;
	struct tdxmod_range rsvd[TDXMOD_MAX_RESERVED];
};

/* One TDMR under test; those before it are already in m->tdmrs[]. */
struct candidate {
	const struct tdxmod *m;
	unsigned int index;
	struct tdxmod_tdmr tdmr;
};

/* Up to three bytes of detail, first one lowest. */
static u64 info(u64 status, unsigned int a, unsigned int b, unsigned int c)
{
	return status | a | b << 8 | c << 16;
}

static bool wraps(u64 base, u64 size)
{
	return base + size < base;
}

static u64 end_of(const struct tdxmod_range *r)
{
	return r->base + r->size;
}

static const struct tdxmod_tdmr *tdmr_at(const struct candidate *c, unsigned int j)
{
	return j == c->index ? &c->tdmr : &c->m->tdmrs[j];
}

static u64 check_order(const struct candidate *c)
{
	const struct tdxmod_tdmr *t = &c->tdmr, *prev;

	if (!c->index)
		return TDX_SUCCESS;
	prev = tdmr_at(c, c->index - 1);
	/* Descending and overlapping TDMRs are one status. */
	if (t->base < prev->base + prev->size)
		return info(TDX_NON_ORDERED_TDMR, c->index, 0, 0);
	return TDX_SUCCESS;
}

static u64 check_tdmr(const struct candidate *c)
{
	const struct tdxmod_tdmr *t = &c->tdmr;
	u64 status;

	if (wraps(t->base, t->size))
		return info(TDX_INVALID_TDMR, c->index, 0, 0);
	status = check_order(c);
	if (status)
		return status;
	if (!t->size || !IS_ALIGNED(t->base | t->size, SZ_1G) ||
	    !tdxmod_pa_is_plain(c->m, t->base) ||
	    !tdxmod_pa_is_plain(c->m, t->base + t->size - 1))
		return info(TDX_INVALID_TDMR, c->index, 0, 0);
	return TDX_SUCCESS;
}

static u64 check_reserved(const struct candidate *c, unsigned int j)
{
	const struct tdxmod_range *r = &c->tdmr.rsvd[j];
	bool last = j == TDXMOD_MAX_RESERVED - 1;

	if (!r->size) {
		/* Empty slots end the list. */
		if (!last && r[1].size)
			return info(TDX_NON_ORDERED_RESERVED_IN_TDMR, c->index, j, 0);
		return TDX_SUCCESS;
	}
	if (wraps(r->base, r->size))
		return info(TDX_INVALID_RESERVED_IN_TDMR, c->index, j, 0);
	if (j && r->base < end_of(&r[-1]))
		return info(TDX_NON_ORDERED_RESERVED_IN_TDMR, c->index, j, 0);
	if (!IS_ALIGNED(r->base | r->size, SZ_4K) || end_of(r) > c->tdmr.size)
		return info(TDX_INVALID_RESERVED_IN_TDMR, c->index, j, 0);
	return TDX_SUCCESS;
}

static u64 check_all_reserved(const struct candidate *c)
{
	unsigned int j;
	u64 status;

	for (j = 0; j < TDXMOD_MAX_RESERVED; j++) {
		status = check_reserved(c, j);
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

/* Bytes of PAMT that a TDMR needs at a level.  More is accepted. */
static u64 pamt_min_size(const struct tdxmod_tdmr *t, enum tdxmod_level level)
{
	return (t->size >> tdxmod_page_shift(level)) * TDXMOD_PAMT_ENTRY_SIZE;
}

static u64 check_pamts(const struct candidate *c)
{
	int level;

	for (level = TDXMOD_1G; level >= TDXMOD_4K; level--) {
		const struct tdxmod_range *p = &c->tdmr.pamt[level];

		if (wraps(p->base, p->size) ||
		    !IS_ALIGNED(p->base | p->size, SZ_4K) ||
		    !tdxmod_pa_is_plain(c->m, p->base) ||
		    p->size < pamt_min_size(&c->tdmr, level) ||
		    !tdxmod_pa_is_plain(c->m, end_of(p) - 1))
			return info(TDX_INVALID_PAMT, c->index, level, 0);
	}
	return TDX_SUCCESS;
}

static bool meets_a_pamt(const struct tdxmod_range *range, const struct tdxmod_tdmr *t)
{
	return tdxmod_overlap(range, &t->pamt[TDXMOD_4K]) ||
	       tdxmod_overlap(range, &t->pamt[TDXMOD_2M]) ||
	       tdxmod_overlap(range, &t->pamt[TDXMOD_1G]);
}

static u64 check_pamts_disjoint(const struct candidate *c)
{
	const struct tdxmod_range *pamt = c->tdmr.pamt;
	unsigned int j;
	int level;

	for (j = 0; j < c->index; j++) {
		for (level = TDXMOD_4K; level <= TDXMOD_1G; level++) {
			if (meets_a_pamt(&pamt[level], tdmr_at(c, j)))
				return info(TDX_PAMT_OVERLAP, c->index, level, j);
		}
	}

	if (tdxmod_overlap(&pamt[TDXMOD_4K], &pamt[TDXMOD_2M]) ||
	    tdxmod_overlap(&pamt[TDXMOD_4K], &pamt[TDXMOD_1G]))
		return info(TDX_PAMT_OVERLAP, c->index, TDXMOD_4K, c->index);
	if (tdxmod_overlap(&pamt[TDXMOD_2M], &pamt[TDXMOD_1G]))
		return info(TDX_PAMT_OVERLAP, c->index, TDXMOD_2M, c->index);
	return TDX_SUCCESS;
}

/* Walks the usable parts of a TDMR: what its reserved areas leave of it. */
struct usable {
	const struct tdxmod_tdmr *tdmr;
	unsigned int area;
	u64 offset;
	bool done;
	struct tdxmod_range part;
};

static bool next_usable(struct usable *u)
{
	const struct tdxmod_tdmr *t = u->tdmr;

	while (!u->done) {
		const struct tdxmod_range *r = &t->rsvd[u->area];
		u64 start = u->offset, end;

		u->done = u->area == TDXMOD_MAX_RESERVED || !r->size;
		if (u->done) {
			end = t->size;
		} else {
			end = r->base;
			u->offset = end_of(r);
			u->area++;
		}
		if (start < end) {
			u->part.base = t->base + start;
			u->part.size = end - start;
			return true;
		}
	}
	return false;
}

static bool meets_usable(const struct tdxmod_range *range, const struct tdxmod_tdmr *t)
{
	struct usable u = { .tdmr = t };

	while (next_usable(&u)) {
		if (tdxmod_overlap(range, &u.part))
			return true;
	}
	return false;
}

/* Does a PAMT of TDMR @owner lie in memory that TDMR @other gives to TDs? */
static u64 check_pamts_outside(const struct candidate *c, unsigned int owner,
			       unsigned int other)
{
	int level;

	for (level = TDXMOD_4K; level <= TDXMOD_1G; level++) {
		if (meets_usable(&tdmr_at(c, owner)->pamt[level], tdmr_at(c, other)))
			return info(TDX_PAMT_OVERLAP, owner, level, other);
	}
	return TDX_SUCCESS;
}

static u64 check_pamts_reserved(const struct candidate *c)
{
	unsigned int j;
	u64 status;

	for (j = 0; j <= c->index; j++) {
		status = check_pamts_outside(c, c->index, j);
		if (!status && j < c->index)
			status = check_pamts_outside(c, j, c->index);
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

/* CMRs that touch count as one; unused slots between them do not part them. */
static bool is_convertible(const struct tdxmod *m, const struct tdxmod_range *range)
{
	u64 covered = range->base;
	unsigned int i;

	for (i = 0; i < m->platform.nr_cmrs; i++) {
		const struct tdxmod_range *cmr = &m->platform.cmrs[i];

		if (covered < cmr->base || covered - cmr->base >= cmr->size)
			continue;
		covered = end_of(cmr);
		if (covered >= end_of(range))
			return true;
	}
	return false;
}

static u64 check_convertible(const struct candidate *c)
{
	struct usable u = { .tdmr = &c->tdmr };
	int level;

	for (level = TDXMOD_1G; level >= TDXMOD_4K; level--) {
		if (!is_convertible(c->m, &c->tdmr.pamt[level]))
			return info(TDX_PAMT_OUTSIDE_CMRS, c->index, level, 0);
	}
	while (next_usable(&u)) {
		if (!is_convertible(c->m, &u.part))
			return info(TDX_TDMR_OUTSIDE_CMRS, c->index, 0, 0);
	}
	return TDX_SUCCESS;
}

static u64 check_candidate(const struct candidate *c)
{
	static u64 (*const checks[])(const struct candidate *c) = {
		check_tdmr,
		check_all_reserved,
		check_pamts,
		check_pamts_disjoint,
		check_pamts_reserved,
		check_convertible,
	};
	unsigned int i;
	u64 status;

	for (i = 0; i < ARRAY_SIZE(checks); i++) {
		status = checks[i](c);
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

/* Copied before it is looked at: the host may write to it meanwhile. */
static void fetch_tdmr(const struct tdxmod *m, u64 pa, struct tdxmod_tdmr *tdmr)
{
	const void *memory = tdxmod_memory(m, pa);
	struct tdmr_info raw = {};

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

static u64 accept_tdmr(struct tdxmod *m, unsigned int index, u64 pa)
{
	struct candidate c = { .m = m, .index = index };
	u64 status;

	if (!tdxmod_pa_is_shared(m, pa, TDMR_INFO_ALIGN))
		return TDX_OPERAND_INVALID + TDX_RCX;
	fetch_tdmr(m, pa, &c.tdmr);
	status = check_candidate(&c);
	if (!status)
		m->tdmrs[index] = c.tdmr;
	return status;
}

/* A failure leaves rows behind, but no count of them: nobody can see them. */
static u64 accept_tdmrs(struct tdxmod *m, u64 array, unsigned int count)
{
	unsigned int i;
	u64 status;

	for (i = 0; i < count; i++) {
		status = accept_tdmr(m, i, tdxmod_read64(m, array + i * sizeof(u64)));
		if (status)
			return status;
	}
	return TDX_SUCCESS;
}

static bool is_private_hkid(const struct tdxmod *m, u64 hkid)
{
	return hkid >= m->platform.hkid_start &&
	       hkid - m->platform.hkid_start < m->platform.hkid_count;
}

static u64 configure(struct tdxmod *m, u64 array, u64 count, u64 hkid)
{
	u64 status;

	if (m->state != TDXMOD_SYSINIT_DONE || !tdxmod_all_lps_done(m))
		return TDX_SYS_CONFIG_NOT_PENDING;
	if (!tdxmod_pa_is_shared(m, array, PTR_ARRAY_ALIGN))
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (!count || count > tdxmod_max_tdmrs(m))
		return TDX_OPERAND_INVALID + TDX_RDX;
	/* R8 63:16 must be 0, and no HKID reaches that far. */
	if (!is_private_hkid(m, hkid))
		return TDX_OPERAND_INVALID + TDX_R8;

	/*
	 * Not undone when a TDMR is refused: repeated with another HKID, this
	 * one is lost for TDs.
	 */
	m->kot[hkid] = 1;
	m->hkid = hkid;

	status = accept_tdmrs(m, array, count);
	if (status)
		return status;

	m->nr_tdmrs = count;
	tdxmod_set_state(m, TDXMOD_SYSCONFIG_DONE);
	return TDX_SUCCESS;
}

/* RCX array of pointers to TDMR_INFO, RDX their number, R8 global HKID. */
u64 tdxmod_sys_config(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status;

	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	status = configure(m, regs->rcx, regs->rdx, regs->r8);
	tdxmod_unlock_global(m);
	return status;
}
