/* SPDX-License-Identifier: GPL-2.0-only */
/* The TDMRs that kernels without a planner choose. */
#ifndef _TDXCTL_UPSTREAM_H
#define _TDXCTL_UPSTREAM_H

#include "describe.h"

/* Why such a kernel fails on a machine, where that is certain. */
enum upstream_verdict {
	UPSTREAM_FITS,
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
 * @bad_start: TDMR with more holes than reserved areas
 * @bad_end: its end
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
