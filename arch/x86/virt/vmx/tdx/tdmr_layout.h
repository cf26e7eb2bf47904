/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which TDMRs cover the memory, and what in them is reserved.  Pure: compiled
 * in user space too.
 */
#ifndef _X86_VIRT_TDX_TDMR_LAYOUT_H
#define _X86_VIRT_TDX_TDMR_LAYOUT_H

#include <linux/types.h>

/* Page sizes in the order in which their PAMTs lie in memory. */
enum tdmr_level {
	TDMR_4K,
	TDMR_2M,
	TDMR_1G,
	TDMR_NR_LEVELS,
};

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
 * @node: where its PAMT is best placed
 * @pamt_size: bytes of PAMT for each page size, multiples of 4 KiB
 * @pamt_base: where the caller placed them, one after the other in the order
 *	of &enum tdmr_level
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

/**
 * struct tdmr_layout - all TDMRs of a host
 * @limits: of the module, set by the caller
 * @plans: room for @limits.max_tdmrs, given by the caller
 * @areas: room for @limits.max_tdmrs times @limits.max_reserved, given by the
 *	caller
 * @nr_plans: TDMRs in use
 * @bad_start: with an error, first byte of the range it is about
 * @bad_end: with an error, first byte after that range
 */
struct tdmr_layout {
	struct tdmr_limits limits;
	struct tdmr_plan *plans;
	struct tdmr_area *areas;
	unsigned int nr_plans;
	u64 bad_start;
	u64 bad_end;
};

u64 tdmr_pamt_bytes(const struct tdmr_plan *plan);
int tdmr_layout_cover(struct tdmr_layout *layout,
		      const struct tdmr_range *ranges, unsigned int nr);
int tdmr_layout_reserve(struct tdmr_layout *layout,
			const struct tdmr_range *ranges, unsigned int nr);

#endif /* _X86_VIRT_TDX_TDMR_LAYOUT_H */
