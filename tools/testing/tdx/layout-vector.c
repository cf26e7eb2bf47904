// SPDX-License-Identifier: GPL-2.0-only
/*
 * A layout as a test vector: one SYS.CONFIG, which the module must accept.
 *
 * The structures lie in memory that the layout knows, outside the PAMTs.  Where
 * does not matter to SYS.CONFIG, which only reads them.
 */
#include <errno.h>
#include <stdio.h>

#include <linux/sizes.h>

#include "layout-info.h"
#include "layout-vector.h"

static bool meets_pamt(const struct tdmr_layout *layout, u64 start, u64 end)
{
	unsigned int i;

	for (i = 0; i < layout->nr_plans; i++) {
		const struct tdmr_plan *plan = &layout->plans[i];

		if (plan->pamt_base < end &&
		    plan->pamt_base + tdmr_pamt_bytes(plan) > start)
			return true;
	}

	return false;
}

/* Room for all structures; where there is none, over a PAMT. */
static u64 find_room(const struct tdmr_layout *layout)
{
	u64 size = (1 + TDMR_MAX_PLANS) * LAYOUT_INFO_ALIGN;
	unsigned int i;

	for (i = 0; i < layout->nr_ranges; i++) {
		const struct tdmr_range *range = &layout->ranges[i];
		u64 at;

		for (at = range->start; range->end - at >= size; at += SZ_1M) {
			if (!meets_pamt(layout, at, at + size))
				return at;
			if (range->end - at <= SZ_1M)
				break;
		}
	}

	return layout->plans[0].pamt_base;
}

static void print_words(u64 at, const u64 *words, unsigned int nr)
{
	unsigned int i;

	printf("mem 0x%llx", at);
	for (i = 0; i < nr; i++)
		printf(" 0x%llx", words[i]);
	putchar('\n');
}

static void print_platform(const struct tdmr_layout *layout, unsigned int bits)
{
	unsigned int i, hkids = 1U << (bits - 1);

	printf("vector layout\n");
	printf("platform packages=1 lps=1 maxpa=%u keyid_bits=%u",
	       LAYOUT_MAX_PA, bits);
	printf(" private_hkid_start=%u private_hkid_count=%u\n", hkids, hkids);

	/* The memory in their place if there are none. */
	for (i = 0; i < layout->nr_cmrs; i++)
		printf("cmr 0x%llx 0x%llx\n", layout->cmrs[i].start,
		       layout->cmrs[i].end - layout->cmrs[i].start);
	for (i = 0; i < layout->nr_parts && !layout->nr_cmrs; i++)
		printf("cmr 0x%llx 0x%llx\n", layout->parts[i].start,
		       layout->parts[i].end - layout->parts[i].start);
}

/**
 * layout_vector_print - print a layout as a test vector
 * @layout: complete
 *
 * Return: 0; -ERANGE when no KeyID bits can be above its addresses, and nothing
 * is printed.
 */
int layout_vector_print(const struct tdmr_layout *layout)
{
	unsigned int bits = layout_keyid_bits(layout);
	u64 words[LAYOUT_INFO_WORDS], pointers[TDMR_MAX_PLANS];
	u64 at = find_room(layout);
	unsigned int i, nr;

	if (!bits)
		return -ERANGE;

	print_platform(layout, bits);

	for (i = 0; i < layout->nr_plans; i++)
		pointers[i] = at + (i + 1) * LAYOUT_INFO_ALIGN;
	print_words(at, pointers, layout->nr_plans);

	for (i = 0; i < layout->nr_plans; i++) {
		nr = layout_info_words(&layout->plans[i], words);
		print_words(pointers[i], words, nr);
	}

	printf("call 0 TDH.SYS.CONFIG rcx=0x%llx rdx=0x%x r8=0x%x\n", at,
	       layout->nr_plans, 1U << (bits - 1));
	printf("ret rax=0x0\n");
	printf("end\n");

	return 0;
}
