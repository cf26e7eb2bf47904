/* SPDX-License-Identifier: GPL-2.0-only */
/* How many PAMTs have areas.  Knows nothing of how the planner works. */
#ifndef _TDX_TEST_LAYOUT_AREAS_H
#define _TDX_TEST_LAYOUT_AREAS_H

#include "layout-cover.h"

/* More areas than for all holes and PAMTs no TDMR needs. */
#define MAX_AREAS	(MAX_HOLES + TDMR_MAX_PLANS)

s64 gibs_with_areas(const struct tdmr_limits *limits);

#endif /* _TDX_TEST_LAYOUT_AREAS_H */
