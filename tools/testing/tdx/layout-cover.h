/* SPDX-License-Identifier: GPL-2.0-only */
/* How few TDMRs cover the memory.  Knows nothing of how the planner works. */
#ifndef _TDX_TEST_LAYOUT_COVER_H
#define _TDX_TEST_LAYOUT_COVER_H

#include <linux/bits.h>

#include "tdmr_layout.h"

#define MAX_RANGES	4096
#define MAX_HOLES	(TDMR_MAX_CMRS + 1)
#define END		BIT_ULL(53)

/* Whole GiB with memory in each of them, as many one after another as go. */
struct block {
	u64 start;
	u64 end;
};

/* What is not convertible; holes of one group have no memory in between. */
struct hole {
	u64 start;
	u64 end;
	unsigned int group;
};

/* Of the layout that is looked at. */
struct layout_cover {
	unsigned int max_tdmrs;
	unsigned int max_areas;
	struct block blocks[MAX_RANGES];
	unsigned int nr_blocks;
	struct hole holes[MAX_HOLES];
	unsigned int nr_holes;
};

extern struct layout_cover cover;

void cover_find(const struct tdmr_layout *layout);
unsigned int cover_areas(u64 start, u64 end);
u64 cover_farthest(u64 start, u64 end, unsigned int max);
u64 cover_next(u64 gib);
u64 cover_trim(u64 gib);
unsigned int cover_fewest(u64 at, unsigned int max_areas, u64 max_gibs,
			  unsigned int max, u64 *ends);

#endif /* _TDX_TEST_LAYOUT_COVER_H */
