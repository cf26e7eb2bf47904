// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages in TDMRs.  A PAMT entry has the lock of a page, its type and its owner, which is
 * the root page (TDR) of a TD.
 */
#include "model_internal.h"

/* Returns the TDMR of a page, or NULL unless the GiB of the page is initialized. */
static const struct tdxmod_tdmr *tdxmod_find_usable_tdmr(const struct tdxmod *m, u64 pa)
{
	const struct tdxmod_tdmr *t;
	unsigned int i;
	u64 next;

	for (i = 0; i < m->nr_tdmrs; i++) {
		t = &m->tdmrs[i];
		if (pa < t->base || pa - t->base >= t->size)
			continue;
		/* Pairs with the release in tdxmod_init_step(). */
		next = smp_load_acquire(&t->next);
		return pa < ALIGN_DOWN(next, SZ_1G) ? t : NULL;
	}
	return NULL;
}

/*
 * Gets the PAMT entry of a page, and the level of the largest page that contains it and
 * is in use.  @entry gets NULL without memory.  Returns a status without operand.
 */
static u64 tdxmod_walk_pamts(const struct tdxmod *m, u64 pa, u64 **entry, int *level)
{
	const struct tdxmod_tdmr *t;
	u64 word;

	if (!IS_ALIGNED(pa, SZ_4K) || !tdxmod_pa_is_plain(m, pa))
		return TDX_OPERAND_INVALID;
	t = tdxmod_find_usable_tdmr(m, pa);
	if (!t)
		return TDX_OPERAND_ADDR_RANGE_ERROR;

	for (*level = TDXMOD_1G; *level >= TDXMOD_4K; (*level)--) {
		*entry = tdxmod_memory(m, tdxmod_pamt_address(t, *level, pa - t->base));
		word = *entry ? READ_ONCE(**entry) : 0;
		if (word & ENTRY_LOCK_EXCLUSIVE)
			return TDX_OPERAND_BUSY;
		if (*level == TDXMOD_4K || ENTRY_TYPE(word) != TDXMOD_PT_NDA)
			break;
	}
	return TDX_SUCCESS;
}

static void tdxmod_clear_outputs(struct tdxmod_regs *regs)
{
	regs->rcx = 0;
	regs->rdx = 0;
	regs->r8 = 0;
	regs->r9 = 0;
	regs->r10 = 0;
	regs->r11 = 0;
}

/*
 * RCX page; out: RCX type, RDX owner, R8 level, R9 epoch.  The shared lock that the
 * module holds meanwhile has no effect here, because the leaf reads the entry once.
 */
u64 tdxmod_page_rdmd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status, word, *entry, pa = regs->rcx;
	int level;

	tdxmod_clear_outputs(regs);
	status = tdxmod_walk_pamts(m, pa, &entry, &level);
	if (status)
		return status + TDX_RCX;

	word = entry ? READ_ONCE(*entry) : 0;
	regs->rcx = ENTRY_TYPE(word);
	regs->rdx = ENTRY_OWNER(word);
	regs->r8 = level;
	if (regs->rcx == TDXMOD_PT_REG || regs->rcx == TDXMOD_PT_EPT)
		regs->r9 = READ_ONCE(entry[1]);
	return TDX_SUCCESS;
}
