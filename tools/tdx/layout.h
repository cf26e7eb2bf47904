/* SPDX-License-Identifier: GPL-2.0-only */
/* Run the TDMR planner on a host, and describe the reason if it finds no layout. */
#ifndef _TDXCTL_LAYOUT_H
#define _TDXCTL_LAYOUT_H

#include <stddef.h>

#include "tdmr.h"

int layout_make(struct tdmr_layout *layout, const struct tdmr_host *host);
u32 layout_makespan(const struct tdmr_host *host, const struct tdmr_layout *layout);
u64 layout_busiest_pamt(const struct tdmr_host *host, const struct tdmr_layout *layout,
			unsigned int *pieces);
void layout_trouble(const struct tdmr_layout *layout, const struct tdmr_host *host,
		    char *words, size_t size);

#endif /* _TDXCTL_LAYOUT_H */
