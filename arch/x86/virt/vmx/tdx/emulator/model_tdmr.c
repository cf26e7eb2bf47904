// SPDX-License-Identifier: GPL-2.0-only
/*
 * PAMTs, and TDH.SYS.TDMR.INIT.  A call, on any LP, writes the entries of 4 MiB of a
 * TDMR.
 *
 * An entry has 16 bytes: u16 lock, u8 type, 5 bytes owner, u64 epoch.  TDMR.INIT
 * sets the type RSVD in the 4 KiB entry of a page in a reserved area, and clears
 * all other bytes.
 */
#include "model_internal.h"

#define STEP			SZ_4M
#define LINE_SIZE		64
#define ENTRIES_PER_LINE	(LINE_SIZE / TDXMOD_PAMT_ENTRY_SIZE)

u64 tdxmod_pamt_address(const struct tdxmod_tdmr *t, enum tdxmod_level level, u64 offset)
{
	return t->pamt[level].base +
	       (offset >> tdxmod_page_shift(level)) * TDXMOD_PAMT_ENTRY_SIZE;
}

static void tdxmod_mark_reserved(const struct tdxmod *m, const struct tdxmod_tdmr *t, u64 offset)
{
	u64 page, end, *entry;
	unsigned int i;

	for (i = 0; i < TDXMOD_MAX_RESERVED && t->rsvd[i].size; i++) {
		page = max(offset, t->rsvd[i].base);
		end = min(offset + STEP, t->rsvd[i].base + t->rsvd[i].size);
		for (; page < end; page += SZ_4K) {
			entry = tdxmod_memory(m, tdxmod_pamt_address(t, TDXMOD_4K, page));
			if (entry)
				WRITE_ONCE(*entry, ENTRY_WORD(TDXMOD_PT_RSVD, 0ULL));
		}
	}
}

/* Writes four pages of entries.  Hardware uses MOVDIR64B, which bypasses the cache. */
static void tdxmod_write_4k_entries(const struct tdxmod *m, const struct tdxmod_tdmr *t,
				    u64 offset)
{
	u64 pa = tdxmod_pamt_address(t, TDXMOD_4K, offset);
	u64 end = tdxmod_pamt_address(t, TDXMOD_4K, offset + STEP);
	void *page;

	for (; pa < end; pa += SZ_4K) {
		page = tdxmod_memory(m, pa);
		if (page)
			memset(page, 0, SZ_4K);
	}
	tdxmod_mark_reserved(m, t, offset);
}

/*
 * Hardware writes these entries by way of the cache.  A write of the first entry of
 * a cache line clears the whole line, even beyond the end of the TDMR.
 */
static void tdxmod_write_large_entry(const struct tdxmod *m, const struct tdxmod_tdmr *t,
				     enum tdxmod_level level, u64 offset)
{
	u64 pa = tdxmod_pamt_address(t, level, offset);
	void *entry = tdxmod_memory(m, pa);

	if (entry)
		memset(entry, 0, IS_ALIGNED(pa, LINE_SIZE) ? LINE_SIZE :
		       TDXMOD_PAMT_ENTRY_SIZE);
}

static u64 tdxmod_init_step(const struct tdxmod *m, struct tdxmod_tdmr *t, u64 *next)
{
	u64 offset = t->next - t->base;

	if (offset >= t->size)
		return TDX_TDMR_ALREADY_INITIALIZED;

	tdxmod_write_4k_entries(m, t, offset);
	tdxmod_write_large_entry(m, t, TDXMOD_2M, offset);
	tdxmod_write_large_entry(m, t, TDXMOD_2M, offset + SZ_2M);
	if (IS_ALIGNED(offset + STEP, SZ_1G))
		tdxmod_write_large_entry(m, t, TDXMOD_1G, offset);

	/* A reader that observes the new @next observes all entries before it. */
	smp_store_release(&t->next, t->next + STEP);
	/* The module makes memory usable in units of 1 GiB. */
	*next = ALIGN_DOWN(t->next, SZ_1G);
	return TDX_SUCCESS;
}

struct tdxmod_tdmr *tdxmod_find_tdmr(struct tdxmod *m, u64 base)
{
	unsigned int i;

	for (i = 0; i < m->nr_tdmrs; i++) {
		if (m->tdmrs[i].base == base)
			return &m->tdmrs[i];
	}
	return NULL;
}

/* RCX base of the TDMR; out: RDX next address to initialize, rounded down to 1 GiB. */
u64 tdxmod_tdmr_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_tdmr *t;
	u64 status;

	regs->rdx = 0;

	/* Bases are aligned and have KeyID 0, so invalid addresses match none. */
	t = tdxmod_find_tdmr(m, regs->rcx);
	if (!t)
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (atomic_cmpxchg_acquire(&t->lock, 0, 1))
		return TDX_OPERAND_BUSY + TDX_RCX;
	status = tdxmod_init_step(m, t, &regs->rdx);
	atomic_set_release(&t->lock, 0);
	return status;
}

static const struct tdxmod_tdmr *tdxmod_get_given_tdmr(const struct tdxmod *m, unsigned int i)
{
	if (i < m->nr_tdmrs)
		return &m->tdmrs[i];
	i -= m->nr_tdmrs;
	return m->handoff_valid && i < m->handoff.nr_tdmrs ? &m->handoff.tdmrs[i] : NULL;
}

u64 tdxmod_visit_pamts(const struct tdxmod *m, u64 first, u64 nr,
		       void (*visit)(void *arg, u64 pa), void *arg)
{
	const struct tdxmod_tdmr *t;
	unsigned int i, level;
	u64 start = 0;

	for (i = 0; (t = tdxmod_get_given_tdmr(m, i)); i++) {
		for (level = 0; level < TDXMOD_NR_LEVELS; level++) {
			u64 end = start + t->pamt[level].size / SZ_4K;
			u64 page = max(first, start);

			for (; page < end && page - first < nr; page++)
				visit(arg, t->pamt[level].base + (page - start) * SZ_4K);
			start = end;
		}
	}
	return start;
}

u64 tdxmod_pamt_entry(const struct tdxmod *m, unsigned int tdmr,
		      enum tdxmod_level level, u64 index, u8 *type)
{
	const struct tdxmod_tdmr *t = &m->tdmrs[tdmr];
	u64 done;
	unsigned int i;

	if (tdmr >= m->nr_tdmrs)
		return 0;
	/* Pairs with the release in tdxmod_init_step(). */
	done = (smp_load_acquire(&t->next) - t->base) >> tdxmod_page_shift(level);
	done = ALIGN(done, ENTRIES_PER_LINE);
	if (index >= done)
		return 0;

	*type = TDXMOD_PT_NDA;
	for (i = 0; level == TDXMOD_4K && i < TDXMOD_MAX_RESERVED && t->rsvd[i].size; i++) {
		u64 start = t->rsvd[i].base / SZ_4K, end = start + t->rsvd[i].size / SZ_4K;

		if (index < start)
			return min(done, start) - index;
		if (index < end) {
			*type = TDXMOD_PT_RSVD;
			return min(done, end) - index;
		}
	}
	return done - index;
}
