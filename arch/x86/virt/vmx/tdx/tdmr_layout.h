/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which TDMRs cover the memory, where their PAMTs go, and what in them is
 * reserved.  Pure: compiled in user space too, and allocates nothing.
 *
 *	tdmr_layout_plan()	chooses the TDMRs
 *	tdmr_layout_place()	proposes a place for each PAMT
 *	tdmr_layout_reserve()	reserves holes and PAMTs, wherever these are now
 *	tdmr_layout_order()	says which are to be initialised first
 */
#ifndef _X86_VIRT_TDX_TDMR_LAYOUT_H
#define _X86_VIRT_TDX_TDMR_LAYOUT_H

#include <linux/sizes.h>
#include <linux/types.h>

#include "tdmr_balance.h"

/* What the module reports as convertible memory is at most so many ranges. */
#define TDMR_MAX_CMRS	32

/* Nodes are numbered below this, as Linux numbers them. */
#define TDMR_MAX_NODES	1024

/* TDMRs that a layout uses at most, whatever the module would take. */
#define TDMR_MAX_PLANS	TDMR_MAX_PIECES

/* Page sizes in the order in which their PAMTs lie in memory. */
enum tdmr_level {
	TDMR_4K,
	TDMR_2M,
	TDMR_1G,
	TDMR_NR_LEVELS,
};

/* Of a kernel with huge pages. */
#define TDMR_USUAL_PAGEBLOCK	((u64)SZ_2M)

/**
 * struct tdmr_range - memory that the page allocator may hand out
 * @start: first byte
 * @end: first byte after it
 * @node: NUMA node
 */
struct tdmr_range {
	u64 start;
	u64 end;
	int node;
};

/**
 * struct tdmr_limits - what the module can take, from its metadata
 * @max_tdmrs: TDMRs
 * @max_reserved: reserved areas in each of them
 * @entry_size: bytes of a PAMT entry for each page size
 */
struct tdmr_limits {
	unsigned int max_tdmrs;
	unsigned int max_reserved;
	unsigned int entry_size[TDMR_NR_LEVELS];
};

/**
 * struct tdmr_area - a reserved area
 * @offset: from the base of its TDMR, bytes
 * @size: bytes
 */
struct tdmr_area {
	u64 offset;
	u64 size;
};

/**
 * struct tdmr_plan - one TDMR
 * @base: first byte, 1 GiB aligned
 * @size: bytes, a multiple of 1 GiB
 * @node: the node of most of its memory, on whose CPUs its lane runs
 * @pamt_size: bytes of PAMT for each page size, multiples of 4 KiB
 * @pamt_base: where the three PAMTs are, one after the other in the order of
 *	&enum tdmr_level; 0 while they have no place
 * @rsvd: reserved areas, ascending and not touching
 * @nr_rsvd: how many of them
 */
struct tdmr_plan {
	u64 base;
	u64 size;
	int node;
	u64 pamt_size[TDMR_NR_LEVELS];
	u64 pamt_base;
	struct tdmr_area *rsvd;
	unsigned int nr_rsvd;
};

/* There is no layout unless the gap is bridged. */
#define TDMR_KEPT	(~0U)

/**
 * struct tdmr_run - consecutive GiB of a node that must be covered
 * @start: first GiB
 * @end: first GiB after it
 * @node: whose memory it is
 * @parted: 0 if the gap before it may be bridged, %TDMR_KEPT if it must be; else
 *	it must not be, and this counts the gaps that were given up before it
 * @cost: of bridging the gap before it
 * @dearest: the highest @cost in the block of runs that begins with it, see
 *	tdmr_gaps.c
 *
 * Also a span: GiB that become one TDMR, or several.  It has neither @parted nor
 * costs.
 */
struct tdmr_run {
	u32 start;
	u32 end;
	int node;
	u32 parted;
	u64 cost;
	u64 dearest;
};

/**
 * struct tdmr_stretch - contiguous memory of one node
 * @first: index of its first range
 * @bytes: its length
 */
struct tdmr_stretch {
	unsigned int first;
	u64 bytes;
};

/* Why there is no layout. */
enum tdmr_trouble {
	TDMR_FINE,
	TDMR_BAD_LIMITS,	/* a limit is 0, or pageblocks are none */
	TDMR_BAD_RANGE,		/* empty, unaligned, out of order, beyond 2^52 */
	TDMR_BAD_NODE,		/* it, or its home, is negative or too large */
	TDMR_BAD_CMR,		/* empty, unaligned, out of order, too many */
	TDMR_OUTSIDE_CMRS,	/* memory that the module cannot use */
	TDMR_NO_TDMRS,		/* more are needed than the module takes */
	TDMR_NO_RESERVED,	/* more areas are needed than the module takes */
	TDMR_NO_PAMT,		/* nowhere to put a PAMT */
};

/**
 * struct tdmr_layout - all TDMRs of a host
 * @limits: of the module
 * @ranges: the memory, ascending and disjoint, multiples of 4 KiB
 * @nr_ranges: how many of them
 * @cmrs: convertible memory, ascending; the memory takes its place if empty
 * @nr_cmrs: how many of them
 * @lanes: CPUs of each node that will work on lanes
 * @home: the node whose CPUs work on the lanes of each of %TDMR_MAX_NODES nodes;
 *	NULL if those are its own
 * @pageblock: bytes of the blocks that are isolated as a whole when a PAMT is
 *	allocated in them: a power of two, 4 KiB or more
 * @plans: room for %TDMR_MAX_PLANS
 * @areas: room for %TDMR_MAX_PLANS times @limits.max_reserved
 * @runs: scratch, room for @nr_ranges
 * @nr_plans: out, TDMRs in use
 * @makespan: out, GiB that the busiest CPU works on if CPUs take the largest TDMR
 *	that is left
 * @parts: out, the convertible memory of use: CMRs that touch are one, those
 *	without memory are none
 * @nr_parts: out, how many of them
 * @nr_runs: scratch, how many of them
 * @mixed: scratch, @runs know what it costs if TDMRs mix nodes
 * @parted: scratch, some of @runs are parted or kept
 * @spans: scratch, the TDMRs before they are cut into lanes
 * @nr_spans: scratch, how many of them
 * @longest: scratch, the longest stretches of memory
 * @nr_longest: scratch, how many of them
 * @node_sum: scratch
 * @balance: scratch
 * @trouble: out, what is wrong
 * @bad_start: out, first byte of the range that @trouble is about
 * @bad_end: out, first byte after that range
 *
 * The caller sets what is marked neither out nor scratch; the rest is 0 at first.
 */
struct tdmr_layout {
	struct tdmr_limits limits;
	const struct tdmr_range *ranges;
	unsigned int nr_ranges;
	struct tdmr_range cmrs[TDMR_MAX_CMRS];
	unsigned int nr_cmrs;
	unsigned int lanes[TDMR_MAX_NODES];
	const int *home;
	u64 pageblock;
	struct tdmr_plan *plans;
	struct tdmr_area *areas;
	struct tdmr_run *runs;
	unsigned int nr_plans;
	u32 makespan;
	struct tdmr_range parts[TDMR_MAX_CMRS];
	unsigned int nr_parts;
	unsigned int nr_runs;
	bool mixed;
	bool parted;
	struct tdmr_run spans[TDMR_MAX_PLANS];
	unsigned int nr_spans;
	struct tdmr_stretch longest[TDMR_MAX_PLANS];
	unsigned int nr_longest;
	u64 node_sum[TDMR_MAX_NODES];
	struct tdmr_balance balance;
	enum tdmr_trouble trouble;
	u64 bad_start;
	u64 bad_end;
};

/**
 * tdmr_pamt_bytes - memory that the three PAMTs of a TDMR take
 * @plan: the TDMR
 *
 * Return: bytes, a multiple of 4 KiB.
 */
static inline u64 tdmr_pamt_bytes(const struct tdmr_plan *plan)
{
	return plan->pamt_size[TDMR_4K] + plan->pamt_size[TDMR_2M] +
	       plan->pamt_size[TDMR_1G];
}

static inline u64 tdmr_pamt_end(const struct tdmr_plan *plan)
{
	return plan->pamt_base + tdmr_pamt_bytes(plan);
}

int tdmr_layout_plan(struct tdmr_layout *layout);
int tdmr_layout_place(struct tdmr_layout *layout);
u64 tdmr_layout_row(const struct tdmr_layout *layout, int node, u64 *base);
bool tdmr_layout_row_lower(struct tdmr_layout *layout, int node);
bool tdmr_layout_place_lower(struct tdmr_layout *layout, unsigned int i);
bool tdmr_layout_fits(const struct tdmr_layout *layout);
int tdmr_layout_reserve(struct tdmr_layout *layout);
void tdmr_layout_order(const struct tdmr_layout *layout,
		       unsigned int order[TDMR_MAX_PLANS]);

#endif /* _X86_VIRT_TDX_TDMR_LAYOUT_H */
