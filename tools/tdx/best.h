/* SPDX-License-Identifier: GPL-2.0-only */
/* The best that any layout could do, to measure the planner by. */
#ifndef _TDXCTL_BEST_H
#define _TDXCTL_BEST_H

#include "tdmr_layout.h"

u32 layout_bound(struct tdmr_layout *layout);
u32 layout_best(struct tdmr_layout *layout);

#endif /* _TDXCTL_BEST_H */
