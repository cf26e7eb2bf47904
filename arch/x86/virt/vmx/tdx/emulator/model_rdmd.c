// SPDX-License-Identifier: GPL-2.0-only
/* TDH.PHYMEM.PAGE.RDMD: what the PAMT in memory says of a page. */
#include "model_internal.h"

#define LOCK_EXCLUSIVE		BIT_ULL(0)

/*
 * What the module locks shared while it reads.  Nothing in this model holds
 * an entry exclusively, and a shared lock taken and given back leaves the
 * word as it was: to look at it is enough, and the PAMT stays untouched.
 */
static bool is_busy(u64 word)
{
	return word & LOCK_EXCLUSIVE;
}

static unsigned int type_of(u64 word)
{
	return (word >> 16) & 0xff;
}

/* Page number of the TD's root page, 40 bits. */
static u64 owner_of(u64 word)
{
	return (word >> 24) << 12;
}

/* The TDMR of a page, if the GiB around the page is finished. */
static const struct tdxmod_tdmr *find_block(const struct tdxmod *m, u64 pa)
{
	const struct tdxmod_tdmr *t;
	unsigned int i;
	u64 next;

	for (i = 0; i < m->nr_tdmrs; i++) {
		t = &m->tdmrs[i];
		if (pa < t->base || pa - t->base >= t->size)
			continue;
		/* Pairs with the release in init_locked(). */
		next = smp_load_acquire(&t->next);
		return pa < ALIGN_DOWN(next, SZ_1G) ? t : NULL;
	}
	return NULL;
}

static u64 entry_address(const struct tdxmod_tdmr *t, enum tdxmod_level level, u64 pa)
{
	u64 index = (pa - t->base) >> tdxmod_page_shift(level);

	return t->pamt[level].base + index * TDXMOD_PAMT_ENTRY_SIZE;
}

/* From the largest page downwards, to the first that is in use as such. */
static u64 walk(const struct tdxmod *m, const struct tdxmod_tdmr *t, u64 pa,
		struct tdxmod_regs *regs)
{
	u64 entry, word;
	int level;

	for (level = TDXMOD_1G; level >= TDXMOD_4K; level--) {
		entry = entry_address(t, level, pa);
		word = tdxmod_read64(m, entry);
		if (is_busy(word))
			return TDX_OPERAND_BUSY + TDX_RCX;
		if (level == TDXMOD_4K || type_of(word) != TDXMOD_PT_NDA)
			break;
	}

	regs->rcx = type_of(word);
	regs->rdx = owner_of(word);
	regs->r8 = level;
	if (regs->rcx == TDXMOD_PT_REG || regs->rcx == TDXMOD_PT_EPT)
		regs->r9 = tdxmod_read64(m, entry + sizeof(u64));
	return TDX_SUCCESS;
}

/* RCX page; out: RCX type, RDX owner, R8 level, R9 epoch. */
u64 tdxmod_page_rdmd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	const struct tdxmod_tdmr *t;
	u64 pa = regs->rcx;

	regs->rcx = 0;
	regs->rdx = 0;
	regs->r8 = 0;
	regs->r9 = 0;
	regs->r10 = 0;
	regs->r11 = 0;

	if (!IS_ALIGNED(pa, SZ_4K) || !tdxmod_pa_is_plain(m, pa))
		return TDX_OPERAND_INVALID + TDX_RCX;
	t = find_block(m, pa);
	if (!t)
		return TDX_OPERAND_ADDR_RANGE_ERROR + TDX_RCX;
	return walk(m, t, pa, regs);
}
