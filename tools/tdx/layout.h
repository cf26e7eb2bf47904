/* SPDX-License-Identifier: GPL-2.0-only */
/* Run the TDMR planner on a host, and describe the reason if it finds no layout. */
#ifndef _TDXCTL_LAYOUT_H
#define _TDXCTL_LAYOUT_H

#include <stddef.h>

#include "tdmr.h"

/* A call of TDH.SYS.TDMR.INIT initializes 4 MiB. */
#define LAYOUT_CALLS_PER_GIB	256

/*
 * Logs of four hosts with 256 GiB to 2 TiB and kernels up to 7.3 fit 110 ms plus 2.4 ms
 * for each GiB.
 */
#define LAYOUT_OTHER_MS		110.0

/**
 * struct layout_speed - the speed of a host
 * @zero_ms: ms in which a CPU allocates and zeroes a GiB
 * @alloc_ms: ms of an allocation under global locks of mm, whatever its size
 * @call_ns: ns of a TDH.SYS.TDMR.INIT call
 */
struct layout_speed {
	double zero_ms;
	double alloc_ms;
	double call_ns;
};

/* The parts of an initialization. */
enum layout_part {
	LAYOUT_PAMT,	/* allocation of memory for PAMTs */
	LAYOUT_TDMR,	/* TDH.SYS.TDMR.INIT */
	LAYOUT_OTHER,	/* LP.INIT, SYS.CONFIG, flushes of caches, keys */
	LAYOUT_TOTAL,
	LAYOUT_NR_PARTS,
};

/**
 * struct layout_time - the time of an initialization
 * @ms: ms of each part
 */
struct layout_time {
	double ms[LAYOUT_NR_PARTS];
};

int layout_make(struct tdmr_layout *layout, const struct tdmr_host *host);
u32 layout_makespan(const struct tdmr_host *host, const struct tdmr_layout *layout);
void layout_predict(struct layout_time *ours, struct layout_time *upstream,
		    const struct tdmr_host *host, const struct tdmr_layout *layout,
		    const struct layout_speed *speed);
void layout_trouble(const struct tdmr_layout *layout, const struct tdmr_host *host,
		    char *words, size_t size);

#endif /* _TDXCTL_LAYOUT_H */
