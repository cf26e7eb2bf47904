// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDH.SYS.TDMR.INIT: the PAMTs of a TDMR, 4 MiB of TDMR at a call, whichever
 * LP makes it.
 *
 * An entry is 16 bytes: u16 lock, u8 type, 5 bytes owner, u64 epoch.  A page
 * in a reserved area is of type RSVD at 4 KiB level; all else is zero.
 */
#include "model_internal.h"

#define STEP			SZ_4M
#define LINE_SIZE		64
#define ENTRIES_PER_LINE	(LINE_SIZE / TDXMOD_PAMT_ENTRY_SIZE)
#define ENTRIES_PER_PAGE	(SZ_4K / TDXMOD_PAMT_ENTRY_SIZE)

/* First word of an entry. */
static u64 entry_word(u8 type)
{
	return (u64)type << 16;
}

static u64 pamt_4k_entry(const struct tdxmod_tdmr *t, u64 index)
{
	return t->pamt[TDXMOD_4K].base + index * TDXMOD_PAMT_ENTRY_SIZE;
}

static void mark_reserved(const struct tdxmod *m, const struct tdxmod_tdmr *t, u64 offset)
{
	unsigned int i;
	u64 page, end;

	for (i = 0; i < TDXMOD_MAX_RESERVED && t->rsvd[i].size; i++) {
		page = max(offset, t->rsvd[i].base);
		end = min(offset + STEP, t->rsvd[i].base + t->rsvd[i].size);
		for (; page < end; page += SZ_4K)
			tdxmod_write64(m, pamt_4k_entry(t, page / SZ_4K),
				       entry_word(TDXMOD_PT_RSVD));
	}
}

/* On hardware four pages, by MOVDIR64B past the cache. */
static void write_4k_entries(const struct tdxmod *m, const struct tdxmod_tdmr *t, u64 offset)
{
	u64 index = offset / SZ_4K, end = index + STEP / SZ_4K;
	void *page;

	for (; index < end; index += ENTRIES_PER_PAGE) {
		page = tdxmod_memory(m, pamt_4k_entry(t, index));
		if (page)
			memset(page, 0, SZ_4K);
	}
	mark_reserved(m, t, offset);
}

/*
 * Through the cache, and the first entry of a cache line clears the whole of
 * it, behind the end of the TDMR too.
 */
static void write_large_entry(const struct tdxmod *m, const struct tdxmod_tdmr *t,
			      enum tdxmod_level level, u64 index)
{
	u64 pa = t->pamt[level].base + index * TDXMOD_PAMT_ENTRY_SIZE;
	void *entry = tdxmod_memory(m, pa);

	if (entry)
		memset(entry, 0, IS_ALIGNED(pa, LINE_SIZE) ? LINE_SIZE :
		       TDXMOD_PAMT_ENTRY_SIZE);
}

static void init_step(const struct tdxmod *m, const struct tdxmod_tdmr *t)
{
	u64 offset = t->next - t->base;

	write_4k_entries(m, t, offset);
	write_large_entry(m, t, TDXMOD_2M, offset / SZ_2M);
	write_large_entry(m, t, TDXMOD_2M, offset / SZ_2M + 1);
	if (IS_ALIGNED(offset + STEP, SZ_1G))
		write_large_entry(m, t, TDXMOD_1G, offset / SZ_1G);
}

static u64 init_locked(struct tdxmod *m, struct tdxmod_tdmr *t, u64 *next)
{
	if (t->next >= t->base + t->size)
		return TDX_TDMR_ALREADY_INITIALIZED;

	init_step(m, t);
	/* Whoever sees the cursor sees the entries before it. */
	smp_store_release(&t->next, t->next + STEP);
	/* Memory is usable by whole GiB only. */
	*next = ALIGN_DOWN(t->next, SZ_1G);
	return TDX_SUCCESS;
}

static struct tdxmod_tdmr *find_tdmr(struct tdxmod *m, u64 base)
{
	unsigned int i;

	for (i = 0; i < m->nr_tdmrs; i++) {
		if (m->tdmrs[i].base == base)
			return &m->tdmrs[i];
	}
	return NULL;
}

/* RCX base of the TDMR; out: RDX next address to be initialised. */
u64 tdxmod_tdmr_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_tdmr *t;
	u64 status;

	regs->rdx = 0;

	/* Bases are aligned and without KeyID: nothing else can match. */
	t = find_tdmr(m, regs->rcx);
	if (!t)
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (atomic_cmpxchg_acquire(&t->lock, 0, 1))
		return TDX_OPERAND_BUSY + TDX_RCX;
	status = init_locked(m, t, &regs->rdx);
	atomic_set_release(&t->lock, 0);
	return status;
}

static bool is_reserved(const struct tdxmod_tdmr *t, u64 offset)
{
	unsigned int i;

	for (i = 0; i < TDXMOD_MAX_RESERVED; i++) {
		if (offset >= t->rsvd[i].base &&
		    offset - t->rsvd[i].base < t->rsvd[i].size)
			return true;
	}
	return false;
}

bool tdxmod_pamt_entry(const struct tdxmod *m, unsigned int tdmr,
		       enum tdxmod_level level, u64 index, u8 *type)
{
	const struct tdxmod_tdmr *t = &m->tdmrs[tdmr];
	u64 done;

	if (tdmr >= m->nr_tdmrs)
		return false;
	/* Pairs with the release in init_locked(). */
	done = (smp_load_acquire(&t->next) - t->base) >> tdxmod_page_shift(level);
	if (index >= ALIGN(done, ENTRIES_PER_LINE))
		return false;
	*type = level == TDXMOD_4K && is_reserved(t, index * SZ_4K) ?
		TDXMOD_PT_RSVD : TDXMOD_PT_NDA;
	return true;
}
