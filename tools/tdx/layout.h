/* SPDX-License-Identifier: GPL-2.0-only */
/* The planner, run on a description. */
#ifndef _TDXCTL_LAYOUT_H
#define _TDXCTL_LAYOUT_H

#include <stddef.h>

#include "describe.h"
#include "tdmr_layout.h"

int layout_make(struct tdmr_layout *layout, const struct description *d);
void layout_free(struct tdmr_layout *layout);
void layout_trouble(const struct tdmr_layout *layout,
		    const struct description *d, char *words, size_t size);

#endif /* _TDXCTL_LAYOUT_H */
