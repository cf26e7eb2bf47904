/* SPDX-License-Identifier: GPL-2.0-only */
/* The TDMRs that kernels without a planner choose. */
#ifndef _TDXCTL_UPSTREAM_H
#define _TDXCTL_UPSTREAM_H

#include "describe.h"

/* Does such a kernel fail on a machine, and why? */
enum upstream_verdict {
	UPSTREAM_FITS,
	UPSTREAM_UNKNOWN,
	UPSTREAM_NO_TDMRS,
	UPSTREAM_NO_RESERVED,
};

/**
 * struct upstream - one TDMR per memory range
 * @nr_tdmrs: how many that gives
 * @workers: one for each, but no more than CPUs
 * @makespan: GiB of the busiest of them
 * @pamt: bytes
 * @verdict: would the module take them?
 * @bad_start: of the first TDMR with more holes than reserved areas; if none has,
 *	of the first with as many
 * @bad_end: its end; 0 if there is none
 * @holes: how many it has
 */
struct upstream {
	unsigned int nr_tdmrs;
	unsigned int workers;
	u32 makespan;
	u64 pamt;
	enum upstream_verdict verdict;
	u64 bad_start;
	u64 bad_end;
	unsigned int holes;
};

void upstream_shape(struct upstream *u, const struct description *d,
		    unsigned int cpus);

#endif /* _TDXCTL_UPSTREAM_H */
