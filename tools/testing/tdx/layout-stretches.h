/* SPDX-License-Identifier: GPL-2.0-only */
/* How much of which memory PAMTs can have.  Knows nothing of how the planner works. */
#ifndef _TDX_TEST_LAYOUT_STRETCHES_H
#define _TDX_TEST_LAYOUT_STRETCHES_H

#include "layout-cover.h"

#define NO_HOLE	END

/* Memory of one node without gaps. */
struct stretch {
	u64 start;
	u64 end;
	u64 below;	/* GiB of a hole, with no memory in between */
	u64 above;
	u64 row;	/* bytes for a PAMT */
	u64 bytes;	/* and for all together */
	u64 largest;	/* GiB of the largest TDMR whose PAMT finds room */
	u64 all;	/* and of all together */
};

extern struct stretch stretches[MAX_RANGES];
extern unsigned int nr_stretches;

/* The largest TDMR that there can be. */
extern u64 size_limit;

u64 pamt_of(const struct tdmr_limits *limits, u64 gibs);
u64 value_of(const struct tdmr_limits *limits, u64 bytes);
bool find_stretches(const struct tdmr_layout *layout, u64 gibs);

#endif /* _TDX_TEST_LAYOUT_STRETCHES_H */
