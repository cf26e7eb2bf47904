/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choose the TDMRs of a host, the memory for their PAMTs, and their reserved
 * areas.  The code is pure: it also compiles in user space, and allocates no
 * memory.
 *
 *	tdmr_plan()	chooses the TDMRs
 *	tdmr_place()	proposes a place for each row of PAMTs
 *	tdmr_settle()	gives each PAMT its part of a row
 *	tdmr_next_area()	lists the reserved areas of a TDMR
 *	tdmr_order()	sorts the TDMRs for initialization
 */
#ifndef _X86_VIRT_TDX_TDMR_H
#define _X86_VIRT_TDX_TDMR_H

#include <linux/sizes.h>
#include <linux/types.h>

/* The largest number of CMRs that the module reports. */
#define TDMR_MAX_CMRS	32

/* The largest number of TDMRs in a layout, even if the module accepts more. */
#define TDMR_MAX	64

/*
 * Lanes allocate a row in this number of pieces, or in fewer pieces of this size.  Each
 * allocation holds global locks of mm for 1 to 10 ms, as estimated for hundreds of CPUs,
 * and then zeroes its memory, 155 to 330 ms for each GiB, without locks.  More or smaller
 * pieces would gain little time for zeroing, and wait longer for the locks: for 2 sockets
 * with 2 TiB, tdx-simulate predicts 165 to 412 ms with 4 pieces, 95 to 327 ms with 8, and
 * 72 to 404 ms with 16.
 */
#define TDMR_ROW_PIECES		8
#define TDMR_PIECE_MIN		((u64)SZ_128M)

/*
 * If the kernel does not zero allocated memory, a row is one piece, and lanes allocate
 * rows only if these have more bytes in all.  1 GiB took 35 ms in a guest.
 */
#define TDMR_SERIAL_MAX		((u64)SZ_1G)

/* Page sizes, in the order of their PAMTs in a row. */
enum tdmr_level {
	TDMR_4K,
	TDMR_2M,
	TDMR_1G,
	TDMR_NR_LEVELS,
};

/**
 * struct tdmr_range - a range of memory
 * @start: address of the first byte
 * @end: address of the first byte after the range
 * @node: NUMA node; 0 for a CMR
 */
struct tdmr_range {
	u64 start;
	u64 end;
	int node;
};

/**
 * struct tdmr_node - the CPUs for the memory of a node
 * @cpus: number of CPUs of this node that initialize TDMRs
 * @home: the node whose CPUs initialize the TDMRs of this node: this node, or the
 *	nearest node with CPUs if this node has none
 */
struct tdmr_node {
	unsigned int cpus;
	int home;
};

/**
 * struct tdmr_limits - limits of the module, from its metadata
 * @max_tdmrs: number of TDMRs
 * @max_reserved: number of reserved areas in each TDMR
 * @entry_size: bytes of a PAMT entry for each page size
 */
struct tdmr_limits {
	unsigned int max_tdmrs;
	unsigned int max_reserved;
	unsigned int entry_size[TDMR_NR_LEVELS];
};

/**
 * struct tdmr_host - the host that a layout is for
 * @limits: limits of the module
 * @ranges: the memory of the page allocator: ascending, disjoint, whole pages
 * @nr_ranges: number of @ranges
 * @cmrs: convertible memory, ascending; without CMRs, all of @ranges is
 *	convertible
 * @nr_cmrs: number of @cmrs
 * @nodes: the CPUs for each node
 * @nr_nodes: number of @nodes; larger than each node number in @ranges
 * @block: bytes of a block that two allocations must not share, because the page
 *	allocator isolates it as a whole: a power of two, at least 4 KiB
 */
struct tdmr_host {
	struct tdmr_limits limits;
	const struct tdmr_range *ranges;
	unsigned int nr_ranges;
	struct tdmr_range cmrs[TDMR_MAX_CMRS];
	unsigned int nr_cmrs;
	const struct tdmr_node *nodes;
	unsigned int nr_nodes;
	u64 block;
};

/**
 * struct tdmr_area - a reserved area
 * @offset: bytes from the base of its TDMR
 * @size: bytes
 */
struct tdmr_area {
	u64 offset;
	u64 size;
};

/**
 * struct tdmr_pamt - the PAMT of a TDMR for one page size
 * @base: address of the first byte; 0 before tdmr_settle()
 * @size: bytes, a multiple of 4 KiB
 */
struct tdmr_pamt {
	u64 base;
	u64 size;
};

/**
 * struct tdmr - a TDMR
 * @base: address of the first byte, 1 GiB aligned
 * @size: bytes, a multiple of 1 GiB
 * @node: the node of the first memory in the TDMR
 * @row: index of the row that contains @pamt
 * @pamt: the PAMTs of the TDMR
 */
struct tdmr {
	u64 base;
	u64 size;
	int node;
	unsigned int row;
	struct tdmr_pamt pamt[TDMR_NR_LEVELS];
};

/**
 * struct tdmr_row - contiguous memory for the PAMTs of one or more TDMRs
 * @base: address of the first byte; 0 while the row has no place
 * @size: bytes
 * @node: the node of the TDMRs of the row
 */
struct tdmr_row {
	u64 base;
	u64 size;
	int node;
};

/* The reasons why the planner finds no layout. */
enum tdmr_trouble {
	TDMR_FINE,
	TDMR_BAD_LIMITS,	/* a limit is 0, or a block is not 2^n pages */
	TDMR_BAD_RANGE,		/* empty, unaligned, out of order, beyond 2^52 */
	TDMR_BAD_NODE,		/* the node or its home is negative or too large */
	TDMR_BAD_CMR,		/* empty, unaligned, out of order, too many */
	TDMR_OUTSIDE_CMRS,	/* memory that the module cannot use */
	TDMR_NO_RESERVED,	/* a TDMR needs more areas than the module accepts */
	TDMR_NO_PAMT,		/* no usable memory is long enough for a PAMT */
};

/**
 * struct tdmr_span - consecutive GiB that the planner cuts into TDMRs of equal size
 * @start: first GiB
 * @end: first GiB after the span
 * @node: node of the first memory in the span
 * @nr: number of TDMRs
 * @best: @nr in the best cut so far
 * @time: number of GiB that the busiest CPU of the home of @node initializes
 * @idle: the home of @node has a CPU without a TDMR
 */
struct tdmr_span {
	u32 start;
	u32 end;
	int node;
	unsigned int nr;
	unsigned int best;
	u32 time;
	bool idle;
};

/**
 * struct tdmr_layout - the TDMRs of a host
 * @tdmrs: the TDMRs, ascending
 * @nr_tdmrs: number of @tdmrs
 * @rows: memory for PAMTs
 * @nr_rows: number of @rows
 * @parts: convertible memory that @tdmrs use; adjacent CMRs are one part
 * @nr_parts: number of @parts
 * @spans: scratch space of tdmr_plan(); a span with 0 TDMRs terminates the list
 * @nr_spans: number of @spans
 * @trouble: the reason of an error
 * @bad_start: address of the first byte of the range that caused @trouble
 * @bad_end: address of the first byte after that range
 */
struct tdmr_layout {
	struct tdmr tdmrs[TDMR_MAX];
	unsigned int nr_tdmrs;
	struct tdmr_row rows[TDMR_MAX];
	unsigned int nr_rows;
	struct tdmr_range parts[TDMR_MAX_CMRS];
	unsigned int nr_parts;
	struct tdmr_span spans[TDMR_MAX + 1];
	unsigned int nr_spans;
	enum tdmr_trouble trouble;
	u64 bad_start;
	u64 bad_end;
};

static inline u64 tdmr_end_of(const struct tdmr *tdmr)
{
	return tdmr->base + tdmr->size;
}

static inline u64 tdmr_row_end(const struct tdmr_row *row)
{
	return row->base + row->size;
}

/* Bytes of all PAMTs of a TDMR. */
static inline u64 tdmr_pamt_bytes(const struct tdmr *tdmr)
{
	return tdmr->pamt[TDMR_4K].size + tdmr->pamt[TDMR_2M].size +
	       tdmr->pamt[TDMR_1G].size;
}

int tdmr_check(const struct tdmr_host *host, struct tdmr_layout *layout);
int tdmr_refuse(struct tdmr_layout *layout, enum tdmr_trouble trouble,
		u64 start, u64 end);

int tdmr_plan(const struct tdmr_host *host, struct tdmr_layout *layout);
void tdmr_order(const struct tdmr_layout *layout, unsigned int order[TDMR_MAX]);

int tdmr_place(const struct tdmr_host *host, struct tdmr_layout *layout);
unsigned int tdmr_row_pieces(const struct tdmr_row *row);
u64 tdmr_row_cut(const struct tdmr_host *host, const struct tdmr_row *row, unsigned int nr,
		 unsigned int i);
bool tdmr_row_lower(const struct tdmr_host *host, struct tdmr_layout *layout,
		    unsigned int i);
const struct tdmr *tdmr_row_owner(const struct tdmr_layout *layout, unsigned int i);
void tdmr_row_split(struct tdmr_layout *layout, unsigned int i);
void tdmr_settle(struct tdmr_layout *layout);
bool tdmr_next_area(const struct tdmr_layout *layout, const struct tdmr *tdmr,
		    struct tdmr_area *area);
const struct tdmr *tdmr_find_full(const struct tdmr_layout *layout, u64 start, u64 end,
				  unsigned int max);

#endif /* _X86_VIRT_TDX_TDMR_H */
