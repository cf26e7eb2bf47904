// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that the module has got from the host.  A PAMT entry has the lock of a page, its
 * type and its owner, which is the root page (TDR) of a TD.  The module also locks the
 * entries of the 2 MiB page and the 1 GiB page, to keep them from a change of their size,
 * which no leaf of the model makes.  So the model only tests these locks.
 *
 * The host priority of hardware locks has an effect only on locks that a guest takes.
 */
#include "model_td.h"

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

/* A leaf that observes the lock as free observes all writes of the last holder. */
static bool tdxmod_trylock_entry(u64 *entry, bool exclusive)
{
	u64 new, old = READ_ONCE(*entry);

	do {
		if (old & (exclusive ? ENTRY_LOCK : ENTRY_LOCK_EXCLUSIVE))
			return false;
		new = old + (exclusive ? ENTRY_LOCK_EXCLUSIVE : ENTRY_LOCK_READER);
	} while (!try_cmpxchg(entry, &old, new));
	return true;
}

void tdxmod_unlock_page(struct tdxmod_page *page)
{
	u64 unit = page->exclusive ? ENTRY_LOCK_EXCLUSIVE : ENTRY_LOCK_READER;
	u64 old = READ_ONCE(*page->entry);

	do {
	} while (!try_cmpxchg(page->entry, &old, old - unit));
}

/* Locks a page of any type.  The model needs memory behind the page and its entry. */
static u64 tdxmod_lock_any_page(struct tdxmod *m, u64 pa, bool exclusive,
				struct tdxmod_page *page, int *level)
{
	u64 status = tdxmod_walk_pamts(m, pa, &page->entry, level);

	if (status)
		return status;
	page->pa = pa;
	page->memory = tdxmod_memory(m, pa);
	page->exclusive = exclusive;
	if (!page->entry || !page->memory)
		return TDX_OPERAND_ADDR_RANGE_ERROR;
	return tdxmod_trylock_entry(page->entry, exclusive) ? TDX_SUCCESS : TDX_OPERAND_BUSY;
}

static u8 tdxmod_page_type(const struct tdxmod_page *page)
{
	return ENTRY_TYPE(READ_ONCE(*page->entry));
}

/* Locks a 4 KiB page of type @type.  Statuses name @operand. */
u64 tdxmod_lock_page(struct tdxmod *m, u64 pa, u8 type, bool exclusive, unsigned int operand,
		     struct tdxmod_page *page)
{
	int level;
	u64 status = tdxmod_lock_any_page(m, pa, exclusive, page, &level);

	if (status)
		return status + operand;
	if (level == TDXMOD_4K && tdxmod_page_type(page) == type)
		return TDX_SUCCESS;
	tdxmod_unlock_page(page);
	return TDX_PAGE_METADATA_INCORRECT + operand;
}

/*
 * Locks the TDR of the TD that owns @child, which the caller has locked.  A TD with pages
 * has a TDR.  So its absence proves that the host has written to a PAMT.
 */
u64 tdxmod_lock_owner(struct tdxmod *m, const struct tdxmod_page *child, bool exclusive,
		      struct tdxmod_page *tdr)
{
	u64 pa = ENTRY_OWNER(READ_ONCE(*child->entry));
	u64 status = tdxmod_lock_page(m, pa, TDXMOD_PT_TDR, exclusive, TDX_TDR, tdr);

	return !status || status == TDX_OPERAND_BUSY + TDX_TDR ? status : tdxmod_die(m);
}

static void tdxmod_set_entry(struct tdxmod *m, struct tdxmod_page *page, u64 entry)
{
	WRITE_ONCE(*page->entry, entry | ENTRY_LOCK_EXCLUSIVE);
	if (m->ops->set_page_type)
		m->ops->set_page_type(m->ctx, page->pa, ENTRY_TYPE(entry));
}

/* Makes a page that is locked exclusively a page of the TD with the TDR at @owner. */
void tdxmod_take_page(struct tdxmod *m, struct tdxmod_page *page, u8 type, u64 owner)
{
	tdxmod_set_entry(m, page, ENTRY_WORD(type, owner));
}

bool tdxmod_is_td_entry(const struct tdxmod *m, unsigned int tdmr, u64 index,
			const u64 *words)
{
	u64 word = READ_ONCE(words[0]);
	u64 owner = ENTRY_OWNER(word);

	if (!tdxmod_find_usable_tdmr(m, m->tdmrs[tdmr].base + index * SZ_4K) ||
	    READ_ONCE(words[1]))
		return false;

	switch (ENTRY_TYPE(word)) {
	case TDXMOD_PT_TDR:
		return !owner;
	case TDXMOD_PT_NDA:
		return !owner || tdxmod_find_usable_tdmr(m, owner);
	case TDXMOD_PT_TDCX:
	case TDXMOD_PT_TDVPR:
		return tdxmod_find_usable_tdmr(m, owner);
	default:
		return false;
	}
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

static u64 tdxmod_reclaim_tdr(const struct tdxmod_page *page)
{
	const struct tdxmod_tdr *tdr = page->memory;

	if (tdr->state != TDXMOD_TD_TEARDOWN)
		return TDX_LIFECYCLE_STATE_INCORRECT;
	if (atomic_read(&tdr->nr_children))
		return TDX_TD_ASSOCIATED_PAGES_EXIST;
	return TDX_SUCCESS;
}

static u64 tdxmod_reclaim_child(struct tdxmod *m, const struct tdxmod_page *page)
{
	struct tdxmod_page owner;
	struct tdxmod_tdr *tdr;
	u64 status = tdxmod_lock_owner(m, page, false, &owner);

	if (status)
		return status;
	tdr = owner.memory;
	if (tdr->state == TDXMOD_TD_TEARDOWN)
		atomic_dec(&tdr->nr_children);
	else
		status = TDX_LIFECYCLE_STATE_INCORRECT;
	tdxmod_unlock_page(&owner);
	return status;
}

static u64 tdxmod_reclaim_page(struct tdxmod *m, struct tdxmod_page *page, int level,
			       struct tdxmod_regs *regs)
{
	u8 type = tdxmod_page_type(page);
	u64 status;

	if (type == TDXMOD_PT_NDA || type == TDXMOD_PT_RSVD)
		return TDX_PAGE_METADATA_INCORRECT + TDX_RCX;
	regs->rcx = type;
	regs->rdx = ENTRY_OWNER(READ_ONCE(*page->entry));
	regs->r8 = level;
	if (!IS_ALIGNED(page->pa, 1ULL << tdxmod_page_shift(level)))
		return TDX_OPERAND_INVALID + TDX_RCX;

	status = type == TDXMOD_PT_TDR ? tdxmod_reclaim_tdr(page) : tdxmod_reclaim_child(m, page);
	if (!status)
		tdxmod_set_entry(m, page, ENTRY_WORD(TDXMOD_PT_NDA, regs->rdx));
	return status;
}

/*
 * RCX page; out: RCX type, RDX owner, R8 level, even if the leaf fails after it has read
 * them.  The entry of a page that the host gets back keeps the owner.
 */
u64 tdxmod_page_reclaim(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page page;
	u64 status, pa = regs->rcx;
	int level;

	tdxmod_clear_outputs(regs);
	status = tdxmod_lock_any_page(m, pa, true, &page, &level);
	if (status)
		return status + TDX_RCX;
	status = tdxmod_reclaim_page(m, &page, level, regs);
	tdxmod_unlock_page(&page);
	return status;
}

/* RCX page, with the HKID of the cache lines that the module writes back. */
u64 tdxmod_page_wbinvd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page page;
	u64 status;

	if (regs->rcx >> m->platform.maxpa)
		return TDX_OPERAND_INVALID + TDX_RCX;
	status = tdxmod_lock_page(m, tdxmod_strip_keyid(m, regs->rcx), TDXMOD_PT_NDA, false,
				  TDX_RCX, &page);
	if (!status)
		tdxmod_unlock_page(&page);
	return status;
}
