/* SPDX-License-Identifier: GPL-2.0-only */
/* Is there any layout at all?  Knows nothing of how the planner works. */
#ifndef _TDX_TEST_LAYOUT_FEASIBLE_H
#define _TDX_TEST_LAYOUT_FEASIBLE_H

#include "tdmr_layout.h"

enum feasible {
	FEASIBLE,
	GIB_WITH_TOO_MANY_HOLES,
	TOO_FEW_TDMRS,
	NO_ROOM_FOR_PAMTS,
	NR_REASONS,
};

enum feasible layout_feasible(const struct tdmr_layout *layout);

#endif /* _TDX_TEST_LAYOUT_FEASIBLE_H */
