// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDMRs that kernels without a planner choose: one for each memory range,
 * from the GiB that it begins in, or the next one not yet covered, to the GiB
 * that it ends in.  Every hole between ranges takes a reserved area, and the
 * holes alone can be more than there are; where they are as many, none is left for
 * PAMTs, which may or may not come to lie there.
 *
 *	memory	|####| |#|   |##########|
 *	GiB	|       |       |       |
 *	TDMRs	[0             )[1      )
 */
#include <stdlib.h>
#include <string.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "alloc.h"
#include "upstream.h"

#define GIB	((u64)SZ_1G)

static u64 pamt_bytes(const struct tdmr_limits *limits, u64 size)
{
	static const u64 page[TDMR_NR_LEVELS] = { SZ_4K, SZ_2M, SZ_1G };
	u64 bytes = 0;
	int level;

	for (level = 0; level < TDMR_NR_LEVELS; level++)
		bytes += (size / page[level] * limits->entry_size[level] +
			  SZ_4K - 1) & ~(SZ_4K - 1ULL);

	return bytes;
}

static unsigned int count_holes(const struct description *d, u64 start, u64 end)
{
	unsigned int i, holes = 0;
	u64 seen = start;

	for (i = 0; i < d->nr_mem && d->mem[i].start < end; i++) {
		if (d->mem[i].end < start)
			continue;
		holes += d->mem[i].start > seen;
		seen = d->mem[i].end;
	}

	return holes + (seen < end);
}

/* One more TDMR; @gib has the size of each. */
static void add_tdmr(struct upstream *u, const struct description *d, u32 *gib,
		     u64 start, u64 end)
{
	unsigned int holes = count_holes(d, start, end);

	gib[u->nr_tdmrs++] = (end - start) / GIB;
	u->pamt += pamt_bytes(&d->limits, end - start);

	if (u->holes > d->limits.max_reserved || holes < d->limits.max_reserved ||
	    holes <= u->holes)
		return;

	u->bad_start = start;
	u->bad_end = end;
	u->holes = holes;
}

static enum upstream_verdict judge(const struct upstream *u,
				   const struct description *d)
{
	if (u->nr_tdmrs > d->limits.max_tdmrs)
		return UPSTREAM_NO_TDMRS;
	if (u->holes > d->limits.max_reserved)
		return UPSTREAM_NO_RESERVED;
	if (d->memory_from == MEMORY_FROM_BLOCKS ||
	    d->memory_from == MEMORY_FROM_TOTALS)
		return UPSTREAM_UNKNOWN;

	return UPSTREAM_FITS;
}

static int descending(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x > y ? -1 : x < y;
}

/* Whoever is free takes the largest that is left. */
static u32 makespan(u32 *gib, unsigned int nr, unsigned int cpus)
{
	u32 *load = calloc(cpus, sizeof(*load));
	unsigned int i, j, least;
	u32 most = 0;

	if (!load)
		out_of_memory();

	qsort(gib, nr, sizeof(*gib), descending);
	for (i = 0; i < nr; i++) {
		for (least = 0, j = 1; j < cpus; j++) {
			if (load[j] < load[least])
				least = j;
		}
		load[least] += gib[i];
		most = max(most, load[least]);
	}
	free(load);

	return most;
}

/**
 * upstream_shape - one TDMR per memory range
 * @u: out
 * @d: the machine; the planner accepts it
 * @cpus: of the machine, at least 1
 */
void upstream_shape(struct upstream *u, const struct description *d,
		    unsigned int cpus)
{
	u32 *gib = calloc(d->nr_mem, sizeof(*gib));
	u64 covered = 0;
	unsigned int i;

	if (!gib)
		out_of_memory();

	memset(u, 0, sizeof(*u));
	for (i = 0; i < d->nr_mem; i++) {
		u64 start = max(d->mem[i].start & ~(GIB - 1), covered);
		u64 end = (d->mem[i].end + GIB - 1) & ~(GIB - 1);

		if (end <= covered)
			continue;
		add_tdmr(u, d, gib, start, end);
		covered = end;
	}

	u->verdict = judge(u, d);
	u->workers = min(cpus, u->nr_tdmrs);
	u->makespan = makespan(gib, u->nr_tdmrs, u->workers);
	free(gib);
}
