// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HKID of a TD, from TDH.MNG.CREATE to TDH.MNG.KEY.FREEID.
 *
 * MNG.CREATE makes the TDR and assigns an HKID to the TD.  MNG.KEY.CONFIG programs a key
 * on each package.  After MNG.VPFLUSHDONE no leaf uses the key, and PHYMEM.CACHE.WB must
 * write back the caches of each package.  Then MNG.KEY.FREEID gives the HKID back.
 */
#include "model_td.h"

/* The KOT has one exclusive holder or any number of readers.  No call waits for it. */
static bool tdxmod_lock_kot(struct tdxmod *m)
{
	return atomic_cmpxchg_acquire(&m->kot_lock, 0, -1) == 0;
}

static void tdxmod_unlock_kot(struct tdxmod *m)
{
	atomic_set_release(&m->kot_lock, 0);
}

static struct tdxmod_kot_entry *tdxmod_td_kot(struct tdxmod *m, const struct tdxmod_tdr *tdr)
{
	return &m->kot[tdr->hkid % TDXMOD_MAX_HKIDS];
}

static u64 tdxmod_assign_hkid(struct tdxmod *m, struct tdxmod_page *page, u32 hkid)
{
	struct tdxmod_tdr *tdr = page->memory;
	u64 uuid;

	if (m->kot[hkid].state != TDXMOD_HKID_FREE)
		return TDX_HKID_NOT_FREE;
	memset(page->memory, 0, SZ_4K);
	if (!m->ops->rdrand(m->ctx, &uuid))
		return TDX_RND_NO_ENTROPY;

	m->kot[hkid].state = TDXMOD_HKID_ASSIGNED;
	tdr->hkid = hkid;
	tdxmod_take_page(m, page, TDXMOD_PT_TDR, 0);
	return TDX_SUCCESS;
}

/* RCX page for the TDR, RDX HKID. */
u64 tdxmod_mng_create(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page tdr;
	u64 status;

	/* Bits 63:16 must be 0.  A larger value is no private HKID. */
	if (!tdxmod_is_private_hkid(m, regs->rdx))
		return TDX_OPERAND_INVALID + TDX_RDX;
	status = tdxmod_lock_page(m, regs->rcx, TDXMOD_PT_NDA, true, TDX_RCX, &tdr);
	if (status)
		return status;
	status = TDX_OPERAND_BUSY + TDX_KOT;
	if (tdxmod_lock_kot(m)) {
		status = tdxmod_assign_hkid(m, &tdr, regs->rdx);
		tdxmod_unlock_kot(m);
	}
	tdxmod_unlock_page(&tdr);
	return status;
}

static u64 tdxmod_configure_td_key(struct tdxmod *m, unsigned int lp, struct tdxmod_tdr *tdr)
{
	u32 package = BIT(m->platform.lp_package[lp]);
	u64 status;

	if (tdr->state != TDXMOD_TD_HKID_ASSIGNED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (tdr->package_mask & package)
		return TDX_KEY_CONFIGURED;
	status = tdxmod_program_key(m, lp, tdr->hkid);
	if (status)
		return status;

	tdr->package_mask |= package;
	if (tdr->package_mask == m->package_mask)
		tdr->state = TDXMOD_TD_KEYS_CONFIGURED;
	return TDX_SUCCESS;
}

/* RCX TDR.  Unlike SYS.KEY.CONFIG, the leaf holds no global lock. */
u64 tdxmod_mng_key_config(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page tdr;
	u64 status = tdxmod_lock_page(m, regs->rcx, TDXMOD_PT_TDR, true, TDX_RCX, &tdr);

	if (status)
		return status;
	status = tdxmod_configure_td_key(m, lp, tdr.memory);
	tdxmod_unlock_page(&tdr);
	return status;
}

/* A TD without a complete TDCS has no vCPU. */
static bool tdxmod_has_associated_vcpus(const struct tdxmod *m, const struct tdxmod_tdr *tdr)
{
	u32 states = BIT(TDXMOD_OP_INITIALIZED) | BIT(TDXMOD_OP_RUNNABLE);
	struct tdxmod_tdcs *tdcs;

	return !tdxmod_get_tdcs(m, tdr, states, &tdcs) && atomic_read(&tdcs->nr_associated);
}

static u64 tdxmod_flush_hkid(struct tdxmod *m, struct tdxmod_tdr *tdr)
{
	struct tdxmod_kot_entry *entry = tdxmod_td_kot(m, tdr);

	if (tdr->state != TDXMOD_TD_HKID_ASSIGNED && tdr->state != TDXMOD_TD_KEYS_CONFIGURED)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (tdxmod_has_associated_vcpus(m, tdr))
		return TDX_FLUSHVP_NOT_DONE;

	/* Also packages without a key of this TD */
	atomic_set(&entry->dirty_packages, m->package_mask);
	entry->state = TDXMOD_HKID_FLUSHED;
	tdr->state = TDXMOD_TD_BLOCKED;
	return TDX_SUCCESS;
}

/* RCX TDR. */
u64 tdxmod_mng_vpflushdone(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page tdr;
	u64 status = tdxmod_lock_page(m, regs->rcx, TDXMOD_PT_TDR, true, TDX_RCX, &tdr);

	if (status)
		return status;
	status = TDX_OPERAND_BUSY + TDX_KOT;
	if (tdxmod_lock_kot(m)) {
		status = tdxmod_flush_hkid(m, tdr.memory);
		tdxmod_unlock_kot(m);
	}
	tdxmod_unlock_page(&tdr);
	return status;
}

/* Notes the HKIDs that a complete call makes clean.  Later ones need another call. */
static bool tdxmod_begin_cache_wb(const struct tdxmod *m, struct tdxmod_cache_wb *wb)
{
	bool any = false;
	u32 hkid;

	wb->parts_done = 0;
	for (hkid = 0; hkid < TDXMOD_MAX_HKIDS; hkid++)
		any |= m->kot[hkid].state == TDXMOD_HKID_FLUSHED;
	for (hkid = 0; any && hkid < TDXMOD_MAX_HKIDS; hkid++)
		wb->hkids[hkid] = m->kot[hkid].state == TDXMOD_HKID_FLUSHED;
	return any;
}

/* Packages may be here at the same time. */
static void tdxmod_finish_cache_wb(struct tdxmod *m, struct tdxmod_cache_wb *wb, u32 package)
{
	u32 hkid;

	wb->parts_done = 0;
	for (hkid = 0; hkid < TDXMOD_MAX_HKIDS; hkid++) {
		if (wb->hkids[hkid])
			atomic_andnot(BIT(package), &m->kot[hkid].dirty_packages);
	}
}

/* In the model, an interrupt is pending after each part of the cache. */
static u64 tdxmod_step_cache_wb(struct tdxmod *m, u32 package, bool resume)
{
	struct tdxmod_cache_wb *wb = &m->cache_wb[package];

	if (resume && !wb->parts_done)
		return TDX_WBCACHE_RESUME_ERROR;
	if (!resume && !tdxmod_begin_cache_wb(m, wb))
		return TDX_NO_HKID_READY_TO_WBCACHE;
	if (++wb->parts_done < m->platform.cache_parts)
		return TDX_INTERRUPTED_RESUMABLE;
	tdxmod_finish_cache_wb(m, wb, package);
	return TDX_SUCCESS;
}

/* RCX 0 to start, 1 to resume. */
u64 tdxmod_cache_wb(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u32 package = m->platform.lp_package[lp];
	tdxmod_atomic_t *lock = &m->cache_wb[package].lock;
	u64 status = TDX_OPERAND_BUSY + TDX_KOT;

	if (regs->rcx > 1)
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (atomic_cmpxchg_acquire(lock, 0, 1))
		return TDX_OPERAND_BUSY + TDX_WBCACHE;
	if (atomic_inc_unless_negative(&m->kot_lock)) {
		status = tdxmod_step_cache_wb(m, package, regs->rcx);
		atomic_dec_return_release(&m->kot_lock);
	}
	atomic_set_release(lock, 0);
	return status;
}

static u64 tdxmod_free_hkid(struct tdxmod *m, struct tdxmod_tdr *tdr)
{
	struct tdxmod_kot_entry *entry = tdxmod_td_kot(m, tdr);

	if (atomic_read(&entry->dirty_packages))
		return TDX_WBCACHE_NOT_COMPLETE;
	entry->state = TDXMOD_HKID_FREE;
	tdr->state = TDXMOD_TD_TEARDOWN;
	return TDX_SUCCESS;
}

/* RCX TDR. */
u64 tdxmod_mng_key_freeid(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page page;
	struct tdxmod_tdr *tdr;
	u64 status = tdxmod_lock_page(m, regs->rcx, TDXMOD_PT_TDR, true, TDX_RCX, &page);

	if (status)
		return status;
	tdr = page.memory;
	status = TDX_OPERAND_BUSY + TDX_KOT;
	if (tdr->state != TDXMOD_TD_BLOCKED) {
		status = TDX_LIFECYCLE_STATE_INCORRECT;
	} else if (tdxmod_lock_kot(m)) {
		status = tdxmod_free_hkid(m, tdr);
		tdxmod_unlock_kot(m);
	}
	tdxmod_unlock_page(&page);
	return status;
}
