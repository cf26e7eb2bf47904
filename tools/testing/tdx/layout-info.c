// SPDX-License-Identifier: GPL-2.0-only
/* A layout as TDH.SYS.CONFIG reads it. */
#include <linux/minmax.h>

#include "layout-info.h"

/**
 * layout_info_words - the TDMR_INFO of a TDMR
 * @plan: the TDMR, with at most %LAYOUT_INFO_AREAS areas
 * @words: out
 *
 * Return: words up to the last that is not zero.
 */
unsigned int layout_info_words(const struct tdmr_plan *plan,
			       u64 words[LAYOUT_INFO_WORDS])
{
	u64 pamt_2m = plan->pamt_base + plan->pamt_size[TDMR_4K];
	u64 pamt_1g = pamt_2m + plan->pamt_size[TDMR_2M];
	unsigned int i, n = 0;

	words[n++] = plan->base;
	words[n++] = plan->size;
	words[n++] = pamt_1g;
	words[n++] = plan->pamt_size[TDMR_1G];
	words[n++] = pamt_2m;
	words[n++] = plan->pamt_size[TDMR_2M];
	words[n++] = plan->pamt_base;
	words[n++] = plan->pamt_size[TDMR_4K];
	for (i = 0; i < plan->nr_rsvd; i++) {
		words[n++] = plan->rsvd[i].offset;
		words[n++] = plan->rsvd[i].size;
	}

	return n;
}

static u64 highest_byte(const struct tdmr_layout *layout)
{
	const struct tdmr_plan *last = &layout->plans[layout->nr_plans - 1];
	u64 end = last->base + last->size;

	if (layout->nr_cmrs)
		end = max(end, layout->cmrs[layout->nr_cmrs - 1].end);

	return end - 1;
}

/**
 * layout_keyid_bits - how many KeyID bits leave a layout its addresses?
 * @layout: complete
 *
 * Return: %LAYOUT_KEYID_BITS if they do, else fewer, 0 if none can be.
 */
unsigned int layout_keyid_bits(const struct tdmr_layout *layout)
{
	u64 highest = highest_byte(layout);
	unsigned int bits = LAYOUT_KEYID_BITS;

	while (bits && highest >> (LAYOUT_MAX_PA - bits))
		bits--;

	return bits;
}
