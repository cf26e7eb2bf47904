// SPDX-License-Identifier: GPL-2.0-only
/*
 * Stretches: contiguous memory of one node.
 *
 *	ranges		|  0  |  1  | 2 |   |3|4 |
 *	node		   0     0    1      1 1
 *	stretches	[           )[   )  [    )
 *
 * A PAMT lies in one of them.  If there are thousands, most are too short for one.
 * So the longest are listed: as many as there can be PAMTs, which is enough even if
 * each needs one of its own.
 */
#include "tdmr_internal.h"

/**
 * tdmr_stretch_start - the first range of a stretch
 * @layout: its ranges are in order
 * @i: index of a range in the stretch
 *
 * Return: index of the first range.
 */
unsigned int tdmr_stretch_start(const struct tdmr_layout *layout,
				unsigned int i)
{
	const struct tdmr_range *ranges = layout->ranges;

	while (i && ranges[i - 1].end == ranges[i].start &&
	       ranges[i - 1].node == ranges[i].node)
		i--;

	return i;
}

/**
 * tdmr_stretch_end - the first range behind a stretch
 * @layout: its ranges are in order
 * @i: index of a range in the stretch
 *
 * Return: one more than the index of the last range.
 */
unsigned int tdmr_stretch_end(const struct tdmr_layout *layout, unsigned int i)
{
	const struct tdmr_range *ranges = layout->ranges;

	for (i++; i < layout->nr_ranges; i++) {
		if (ranges[i - 1].end != ranges[i].start ||
		    ranges[i - 1].node != ranges[i].node)
			break;
	}

	return i;
}

static void list_stretch(struct tdmr_layout *layout, unsigned int first,
			 u64 bytes)
{
	struct tdmr_stretch *longest = layout->longest;
	unsigned int i;

	if (layout->nr_longest < TDMR_MAX_PLANS)
		layout->nr_longest++;
	else if (bytes <= longest[TDMR_MAX_PLANS - 1].bytes)
		return;

	for (i = layout->nr_longest - 1; i && longest[i - 1].bytes < bytes; i--)
		longest[i] = longest[i - 1];
	longest[i] = (struct tdmr_stretch) { .first = first, .bytes = bytes };
}

/**
 * tdmr_find_longest - list the longest stretches
 * @layout: its ranges are in order
 *
 * The longest first; of those that are alike, the highest in memory.
 */
void tdmr_find_longest(struct tdmr_layout *layout)
{
	unsigned int i = layout->nr_ranges;
	u64 end;

	layout->nr_longest = 0;
	while (i--) {
		end = layout->ranges[i].end;
		i = tdmr_stretch_start(layout, i);
		list_stretch(layout, i, end - layout->ranges[i].start);
	}
}
