// SPDX-License-Identifier: GPL-2.0-only
/*
 * Physical addresses as the module sees them: the KeyID sits in the top bits,
 * and what a host may name is decided by it and by SEAMRR.
 */
#include "model_internal.h"

static u64 strip_keyid(const struct tdxmod *m, u64 pa)
{
	return pa & (BIT_ULL(m->platform.maxpa - m->platform.keyid_bits) - 1);
}

static u64 keyid_of(const struct tdxmod *m, u64 pa)
{
	return pa >> (m->platform.maxpa - m->platform.keyid_bits);
}

/* An address of the module's own tables: in range and without a KeyID. */
bool tdxmod_pa_is_plain(const struct tdxmod *m, u64 pa)
{
	return strip_keyid(m, pa) == pa;
}

/*
 * An address of host memory, naturally aligned for @size: KeyID 0 and the
 * MKTME KeyIDs below the private ones are the host's.
 */
bool tdxmod_pa_is_shared(const struct tdxmod *m, u64 pa, u64 size)
{
	struct tdxmod_range range = { strip_keyid(m, pa), size };

	return IS_ALIGNED(pa, size) &&
	       !(pa >> m->platform.maxpa) &&
	       !tdxmod_overlap(&range, &m->platform.seamrr) &&
	       keyid_of(m, pa) < m->platform.hkid_start;
}

/* Neither range wraps.  An empty one overlaps nothing. */
bool tdxmod_overlap(const struct tdxmod_range *a, const struct tdxmod_range *b)
{
	return a->size && b->size &&
	       a->base < b->base + b->size && b->base < a->base + a->size;
}

/* The bytes at @pa up to the end of its 4 KiB page; NULL: no memory there. */
void *tdxmod_memory(const struct tdxmod *m, u64 pa)
{
	u64 plain = strip_keyid(m, pa);
	char *page = m->ops->page(m->ctx, ALIGN_DOWN(plain, SZ_4K));

	return page ? page + (plain & (SZ_4K - 1)) : NULL;
}

u64 tdxmod_read64(const struct tdxmod *m, u64 pa)
{
	const u64 *word = tdxmod_memory(m, pa);

	return word ? READ_ONCE(*word) : 0;
}

void tdxmod_write64(const struct tdxmod *m, u64 pa, u64 value)
{
	u64 *word = tdxmod_memory(m, pa);

	if (word)
		WRITE_ONCE(*word, value);
}
