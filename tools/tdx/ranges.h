/* SPDX-License-Identifier: GPL-2.0-only */
/* Lists of address ranges. */
#ifndef _TDXCTL_RANGES_H
#define _TDXCTL_RANGES_H

#include <stddef.h>

#include "tdmr_layout.h"

struct ranges {
	struct tdmr_range *v;
	size_t nr;
	size_t room;
};

void ranges_add(struct ranges *r, u64 start, u64 end, int node);
void ranges_free(struct ranges *r);
unsigned int ranges_tidy(struct ranges *r);
u64 ranges_bytes(const struct ranges *r);

#endif /* _TDXCTL_RANGES_H */
