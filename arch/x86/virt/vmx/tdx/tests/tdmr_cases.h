/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small hosts, each with the layout that it must get, or the reason for its rejection.
 * KUnit and user space share this table.
 *
 * A layout is a text.  Each TDMR has a line with "first GiB-end GiB@node" and the bases of
 * its PAMTs for 4K, 2M and 1G pages, followed by a line for each reserved area.
 * In the pictures, '#' is memory, '=' a CMR, 'P' a PAMT and 'r' a reserved area.
 */
#ifndef _X86_VIRT_TDX_TDMR_CASES_H
#define _X86_VIRT_TDX_TDMR_CASES_H

#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/sizes.h>
#include <linux/sprintf.h>
#include <linux/string.h>
#include <linux/types.h>

#include "../tdmr/tdmr.h"

#define G(n)	((u64)(n) * SZ_1G)
#define M(n)	((u64)(n) * SZ_1M)
#define K(n)	((u64)(n) * 1024)

#define TDMR_CASE_NODES		4
#define TDMR_CASE_RANGES	(TDMR_MAX_CMRS + 1)
#define TDMR_CASE_TEXT		1024

/* A host, and its layout or the reason for its rejection */
struct tdmr_case {
	const char *name;
	unsigned int max_tdmrs;
	unsigned int max_reserved;	/* areas in each TDMR */
	unsigned int cpus[TDMR_CASE_NODES];
	unsigned int homeless;		/* number of last nodes, which use the CPUs of node 0 */
	u64 block;			/* its size in bytes; 0 for 2 MiB */
	struct tdmr_range ranges[TDMR_CASE_RANGES];
	unsigned int nr_ranges;
	unsigned int nr_islands;	/* of 1 MiB, with holes of 1 MiB, instead of @ranges */
	struct tdmr_range cmrs[TDMR_MAX_CMRS];
	unsigned int nr_cmrs;
	enum tdmr_trouble trouble;
	u64 bad_start;			/* of the range that the planner rejects */
	u64 bad_end;
	const char *want;
};

#define LIMITS(tdmrs, reserved)	.max_tdmrs = (tdmrs), .max_reserved = (reserved)
#define CPUS(...)		.cpus = { __VA_ARGS__ }
#define MEMORY(nr, ...)		.nr_ranges = (nr), .ranges = { __VA_ARGS__ }
#define CMRS(nr, ...)		.nr_cmrs = (nr), .cmrs = { __VA_ARGS__ }
#define REFUSED(why, from, to)	.trouble = (why), .bad_start = (from), .bad_end = (to)

static const struct tdmr_case tdmr_cases[] = {
	/*
	 *	0|r ############### PP|2G
	 */
	{ "one range without CMRs", LIMITS(1, 16), CPUS(1),
	  MEMORY(1, { M(1), G(2), 0 }),
	  .want =
		"0-2@0 pamt 0x7f600000 0x7fe00000 0x7fe04000\n"
		" 0x0-0x100000\n"
		" 0x7f600000-0x7fe05000\n" },
	/*
	 *	 |=============================|
	 *	0|####   ##   ##|1G########PPPP|rrrr|2G
	 */
	{ "convertible memory is not reserved", LIMITS(2, 3), CPUS(2),
	  MEMORY(3, { 0, M(256), 0 }, { M(512), M(768), 0 }, { M(800), M(1536), 0 }),
	  CMRS(1, { 0, M(1600), 0 }),
	  .want =
		"0-1@0 pamt 0x5f600000 0x5fe00000 0x5fe02000\n"
		"1-2@0 pamt 0x5fa00000 0x5fe03000 0x5fe05000\n"
		" 0x5f600000-0x5fe06000\n"
		" 0x64000000-0x80000000\n" },
	/*
	 *	 |=======|   |====|   |=======|
	 *	0|#####PP|		      |1G
	 */
	{ "a CMR without memory is reserved with the holes around it",
	  LIMITS(1, 2), CPUS(1), MEMORY(1, { 0, M(512), 0 }),
	  CMRS(2, { 0, M(512), 0 }, { M(600), M(700), 0 }),
	  .want =
		"0-1@0 pamt 0x1fa00000 0x1fe00000 0x1fe02000\n"
		" 0x1fa00000-0x1fe03000\n"
		" 0x20000000-0x40000000\n" },
	/*
	 *	0|### node 0 ##|1G## 0 ##|## 1 ##|2G## node 1 ##|3G
	 */
	{ "a GiB of two nodes belongs to the first", LIMITS(2, 16), CPUS(1, 1),
	  MEMORY(2, { 0, M(1400), 0 }, { M(1400), G(3), 1 }),
	  .want =
		"0-2@0 pamt 0x56e00000 0x57600000 0x57604000\n"
		" 0x56e00000-0x57605000\n"
		"2-3@1 pamt 0xbfa00000 0xbfe00000 0xbfe02000\n"
		" 0xbfa00000-0xbfe03000\n" },
	/* Two TDMRs of 2 GiB for each CPU. */
	{ "more TDMRs than CPUs where that takes no longer",
	  LIMITS(7, 16), CPUS(3), MEMORY(1, { 0, G(12), 0 }),
	  .want =
		"0-1@0 pamt 0x2fce00000 0x2ffe00000 0x2ffe02000\n"
		"1-2@0 pamt 0x2fd200000 0x2ffe03000 0x2ffe05000\n"
		"2-4@0 pamt 0x2fd600000 0x2ffe06000 0x2ffe0a000\n"
		"4-6@0 pamt 0x2fde00000 0x2ffe0b000 0x2ffe0f000\n"
		"6-8@0 pamt 0x2fe600000 0x2ffe10000 0x2ffe14000\n"
		"8-10@0 pamt 0x2fee00000 0x2ffe15000 0x2ffe19000\n"
		"10-12@0 pamt 0x2ff600000 0x2ffe1a000 0x2ffe1e000\n"
		" 0x2fce00000-0x2ffe1f000\n" },
	/* With five TDMRs, one CPU would have two of them, 5 GiB. */
	{ "no more TDMRs than CPUs where that takes longer",
	  LIMITS(5, 16), CPUS(4), MEMORY(1, { 0, G(12), 0 }),
	  .want =
		"0-3@0 pamt 0x2fce00000 0x2ffe00000 0x2ffe06000\n"
		"3-6@0 pamt 0x2fda00000 0x2ffe07000 0x2ffe0d000\n"
		"6-9@0 pamt 0x2fe600000 0x2ffe0e000 0x2ffe14000\n"
		"9-12@0 pamt 0x2ff200000 0x2ffe15000 0x2ffe1b000\n"
		" 0x2fce00000-0x2ffe1c000\n" },
	/* Both CPUs belong to node 0. */
	{ "a node without CPUs", LIMITS(3, 16), CPUS(2), .homeless = 3,
	  MEMORY(2, { 0, G(2), 0 }, { G(2), G(6), 1 }),
	  .want =
		"0-2@0 pamt 0x7f600000 0x7fe00000 0x7fe04000\n"
		" 0x7f600000-0x7fe05000\n"
		"2-4@1 pamt 0x17ee00000 0x17fe00000 0x17fe04000\n"
		"4-6@1 pamt 0x17f600000 0x17fe05000 0x17fe09000\n"
		" 0x17ee00000-0x17fe0a000\n" },
	/* Each CPU gets 2 GiB. */
	{ "a node with more CPUs gets more TDMRs", LIMITS(4, 16), CPUS(1, 3),
	  MEMORY(2, { 0, G(2), 0 }, { G(2), G(8), 1 }),
	  .want =
		"0-2@0 pamt 0x7f600000 0x7fe00000 0x7fe04000\n"
		" 0x7f600000-0x7fe05000\n"
		"2-4@1 pamt 0x1fe600000 0x1ffe00000 0x1ffe04000\n"
		"4-6@1 pamt 0x1fee00000 0x1ffe05000 0x1ffe09000\n"
		"6-8@1 pamt 0x1ff600000 0x1ffe0a000 0x1ffe0e000\n"
		" 0x1fe600000-0x1ffe0f000\n" },
	/*
	 *	0|##|1G  |4G ##|5G
	 */
	{ "TDMRs do not cover a gap that need not be bridged",
	  LIMITS(2, 16), CPUS(1), MEMORY(2, { 0, G(1), 0 }, { G(4), G(5), 0 }),
	  .want =
		"0-1@0 pamt 0x13f600000 0x13fe00000 0x13fe02000\n"
		"4-5@0 pamt 0x13fa00000 0x13fe03000 0x13fe05000\n"
		" 0x13f600000-0x13fe06000\n" },
	/*
	 *	0|##|1G |2G ############|14G	four CPUs: 4, 4, 3, 3
	 */
	{ "a gap is bridged where TDMRs are scarce",
	  LIMITS(4, 16), CPUS(4), MEMORY(2, { 0, G(1), 0 }, { G(2), G(14), 0 }),
	  .want =
		"0-1@0 pamt 0x37ca00000 0x37fe00000 0x37fe02000\n"
		"2-6@0 pamt 0x37ce00000 0x37fe03000 0x37fe0b000\n"
		"6-10@0 pamt 0x37de00000 0x37fe0c000 0x37fe14000\n"
		"10-14@0 pamt 0x37ee00000 0x37fe15000 0x37fe1d000\n"
		" 0x37ca00000-0x37fe1e000\n" },
	/*
	 *	0|##|1G |2G ########|10G	five TDMRs: 1 and four of 2
	 */
	{ "a gap is not bridged for one GiB of time",
	  LIMITS(4, 16), CPUS(4), MEMORY(2, { 0, G(1), 0 }, { G(2), G(10), 0 }),
	  .want =
		"0-1@0 pamt 0x27da00000 0x27fe00000 0x27fe02000\n"
		"2-4@0 pamt 0x27de00000 0x27fe03000 0x27fe07000\n"
		"4-7@0 pamt 0x27e600000 0x27fe08000 0x27fe0e000\n"
		"7-10@0 pamt 0x27f200000 0x27fe0f000 0x27fe15000\n"
		" 0x27da00000-0x27fe16000\n" },
	/*
	 *	0|#  #  #  |106G  |212G  #|319G		one span cut in three
	 */
	{ "a TDMR without memory is left out", LIMITS(3, 16), CPUS(3),
	  MEMORY(4, { 0, G(1), 0 }, { G(34), G(35), 0 }, { G(68), G(69), 0 },
		 { G(318), G(319), 0 }),
	  .want =
		"0-69@0 pamt 0x4fae600000 0x4fbfe00000 0x4fbfe8a000\n"
		" 0x40000000-0x880000000\n"
		" 0x8c0000000-0x1100000000\n"
		"318-319@0 pamt 0x4fbfa00000 0x4fbfe8b000 0x4fbfe8d000\n"
		" 0x4fae600000-0x4fbfe8e000\n" },
	/* The nodes alternate; without mixing they need five TDMRs. */
	{ "nodes are mixed where TDMRs do not suffice", LIMITS(3, 16), CPUS(1, 1),
	  MEMORY(5, { 0, G(3), 0 }, { G(3), G(6), 1 }, { G(6), G(7), 0 },
		 { G(7), G(8), 1 }, { G(8), G(9), 0 }),
	  .want =
		"0-3@0 pamt 0x23e600000 0x23fe00000 0x23fe06000\n"
		"3-6@1 pamt 0x17f200000 0x17fe00000 0x17fe06000\n"
		" 0x17f200000-0x17fe07000\n"
		"6-9@0 pamt 0x23f200000 0x23fe07000 0x23fe0d000\n"
		" 0x23e600000-0x23fe0e000\n" },
	/*
	 *	0|r ################ PP |r|1G	the last page is missing
	 */
	{ "no PAMT in a block with a hole", LIMITS(1, 16), CPUS(1),
	  MEMORY(1, { M(1), G(1) - K(4), 0 }),
	  .want =
		"0-1@0 pamt 0x3f800000 0x3fc00000 0x3fc02000\n"
		" 0x0-0x100000\n"
		" 0x3f800000-0x3fc03000\n"
		" 0x3ffff000-0x40000000\n" },
	{ "blocks of another size", LIMITS(1, 16), CPUS(1), .block = M(4),
	  MEMORY(1, { M(1), G(1) - K(4), 0 }),
	  .want =
		"0-1@0 pamt 0x3f400000 0x3f800000 0x3f802000\n"
		" 0x0-0x100000\n"
		" 0x3f400000-0x3f803000\n"
		" 0x3ffff000-0x40000000\n" },
	/*
	 *	0|### 0 ###|1G##### 1 PP|2G## 0 PPPP|3G
	 */
	{ "the PAMTs of a node are one row", LIMITS(3, 16), CPUS(2, 1),
	  MEMORY(3, { 0, G(1), 0 }, { G(1), G(2), 1 }, { G(2), G(3), 0 }),
	  .want =
		"0-1@0 pamt 0xbf600000 0xbfe00000 0xbfe02000\n"
		"1-2@1 pamt 0x7fa00000 0x7fe00000 0x7fe02000\n"
		" 0x7fa00000-0x7fe03000\n"
		"2-3@0 pamt 0xbfa00000 0xbfe03000 0xbfe05000\n"
		" 0xbf600000-0xbfe06000\n" },
	/*
	 *	0|#### P0|   |1G  |##P1|  |2G
	 *
	 * The row needs 12 MiB, and the largest range has 8 MiB.
	 */
	{ "each TDMR has its row where the node has no room for one",
	  LIMITS(2, 16), CPUS(2),
	  MEMORY(2, { M(2), M(10), 0 }, { G(1), G(1) + M(8), 0 }),
	  .want =
		"0-1@0 pamt 0x400000 0x800000 0x802000\n"
		" 0x0-0x200000\n"
		" 0x400000-0x803000\n"
		" 0xa00000-0x40000000\n"
		"1-2@0 pamt 0x40200000 0x40600000 0x40602000\n"
		" 0x40200000-0x40603000\n"
		" 0x40800000-0x80000000\n" },
	/*
	 *	0|#|r|#|rrr|1G ##### P1 P0 |rr|2G
	 */
	{ "a PAMT without room on its node goes to another",
	  LIMITS(2, 3), CPUS(1, 1),
	  MEMORY(3, { 0, M(2), 0 }, { M(3), M(5), 0 }, { G(1), M(1536), 1 }),
	  .want =
		"0-1@0 pamt 0x5f400000 0x5f800000 0x5f802000\n"
		" 0x200000-0x300000\n"
		" 0x500000-0x40000000\n"
		"1-2@1 pamt 0x5fa00000 0x5fe00000 0x5fe02000\n"
		" 0x5f400000-0x5f803000\n"
		" 0x5fa00000-0x5fe03000\n"
		" 0x60000000-0x80000000\n" },
	/*
	 *	0|##########P|1G|#|2G #|3G
	 *
	 * TDMR [2G, 3G) at the top has no spare area.
	 */
	{ "no PAMT in a TDMR without a spare area", LIMITS(3, 2), CPUS(3),
	  MEMORY(3, { 0, G(1), 0 }, { M(2100), M(2120), 0 }, { M(2600), G(3), 0 }),
	  .want =
		"0-1@0 pamt 0x3f600000 0x3fe00000 0x3fe02000\n"
		" 0x3f600000-0x3fe06000\n"
		"2-3@0 pamt 0x3fa00000 0x3fe03000 0x3fe05000\n"
		" 0x80000000-0x83400000\n"
		" 0x84800000-0xa2800000\n" },

	{ "no memory", LIMITS(64, 16), REFUSED(TDMR_BAD_RANGE, 0, 0) },
	{ "an empty range", LIMITS(64, 16),
	  MEMORY(2, { 0, M(1), 0 }, { M(2), M(2), 0 }),
	  REFUSED(TDMR_BAD_RANGE, M(2), M(2)) },
	{ "a range that ends before it starts", LIMITS(64, 16),
	  MEMORY(1, { M(2), M(1), 0 }), REFUSED(TDMR_BAD_RANGE, M(2), M(1)) },
	{ "ranges that overlap", LIMITS(64, 16),
	  MEMORY(2, { 0, M(2), 0 }, { M(1), M(3), 0 }),
	  REFUSED(TDMR_BAD_RANGE, M(1), M(3)) },
	{ "ranges out of order", LIMITS(64, 16),
	  MEMORY(2, { M(2), M(3), 0 }, { 0, M(1), 0 }),
	  REFUSED(TDMR_BAD_RANGE, 0, M(1)) },
	{ "a range that starts within a page", LIMITS(64, 16),
	  MEMORY(1, { 1, M(1), 0 }), REFUSED(TDMR_BAD_RANGE, 1, M(1)) },
	{ "a range that ends within a page", LIMITS(64, 16),
	  MEMORY(1, { 0, M(1) + 512, 0 }), REFUSED(TDMR_BAD_RANGE, 0, M(1) + 512) },
	{ "a range beyond all addresses", LIMITS(64, 16),
	  MEMORY(1, { G(1), BIT_ULL(52) + K(4), 0 }),
	  REFUSED(TDMR_BAD_RANGE, G(1), BIT_ULL(52) + K(4)) },
	{ "a negative node", LIMITS(64, 16),
	  MEMORY(1, { 0, G(1), -1 }), REFUSED(TDMR_BAD_NODE, 0, G(1)) },
	{ "a node beyond the last", LIMITS(64, 16),
	  MEMORY(2, { 0, G(1), 0 }, { G(1), G(2), TDMR_CASE_NODES }),
	  REFUSED(TDMR_BAD_NODE, G(1), G(2)) },
	{ "no TDMRs", LIMITS(0, 16), MEMORY(1, { 0, G(1), 0 }),
	  REFUSED(TDMR_BAD_LIMITS, 0, 0) },
	{ "no reserved areas", LIMITS(64, 0), MEMORY(1, { 0, G(1), 0 }),
	  REFUSED(TDMR_BAD_LIMITS, 0, 0) },
	{ "a block that is no power of two", LIMITS(1, 1), .block = M(3),
	  MEMORY(1, { 0, G(1), 0 }), REFUSED(TDMR_BAD_LIMITS, 0, 0) },
	{ "CMRs that overlap", LIMITS(64, 16), MEMORY(1, { 0, G(1), 0 }),
	  CMRS(2, { 0, G(2), 0 }, { G(1), G(3), 0 }),
	  REFUSED(TDMR_BAD_CMR, G(1), G(3)) },
	{ "CMRs out of order", LIMITS(64, 16), MEMORY(1, { 0, G(1), 0 }),
	  CMRS(2, { G(1), G(2), 0 }, { 0, G(1), 0 }),
	  REFUSED(TDMR_BAD_CMR, 0, G(1)) },
	{ "too many CMRs", LIMITS(64, 16), MEMORY(1, { M(1), M(2), 0 }),
	  .nr_cmrs = TDMR_MAX_CMRS + 1, REFUSED(TDMR_BAD_CMR, 0, 0) },
	{ "no CMRs, and too many ranges", LIMITS(64, 16),
	  .nr_islands = TDMR_MAX_CMRS + 1,
	  REFUSED(TDMR_BAD_CMR, M(2 * TDMR_MAX_CMRS + 1), M(2 * TDMR_MAX_CMRS + 2)) },
	{ "memory below the CMRs", LIMITS(64, 16), MEMORY(1, { 0, G(1), 0 }),
	  CMRS(1, { M(1), G(1), 0 }), REFUSED(TDMR_OUTSIDE_CMRS, 0, M(1)) },
	{ "memory between the CMRs", LIMITS(64, 16), MEMORY(1, { 0, G(4), 0 }),
	  CMRS(2, { 0, G(1), 0 }, { G(2), G(4), 0 }),
	  REFUSED(TDMR_OUTSIDE_CMRS, G(1), G(2)) },
	{ "memory above the CMRs", LIMITS(64, 16),
	  MEMORY(2, { 0, G(1), 0 }, { G(2), G(3), 0 }), CMRS(1, { 0, G(2), 0 }),
	  REFUSED(TDMR_OUTSIDE_CMRS, G(2), G(3)) },
	{ "more holes in a GiB than reserved areas", LIMITS(64, 2), CPUS(1),
	  MEMORY(3, { M(1), M(2), 0 }, { M(3), M(4), 0 }, { M(5), G(1), 0 }),
	  REFUSED(TDMR_NO_RESERVED, 0, G(1)) },
	{ "no memory for a PAMT", LIMITS(64, 16), CPUS(1),
	  MEMORY(1, { M(1), M(3), 0 }), REFUSED(TDMR_NO_PAMT, 0, G(1)) },
	{ "no reserved area for a PAMT", LIMITS(64, 1), CPUS(1),
	  MEMORY(1, { 0, M(512), 0 }), REFUSED(TDMR_NO_PAMT, 0, G(1)) },
	{ "memory for a PAMT at address 0 only", LIMITS(64, 16), CPUS(1),
	  MEMORY(1, { 0, M(6), 0 }), REFUSED(TDMR_NO_PAMT, 0, G(1)) },
};

/* Memory to plan a case in */
struct tdmr_case_room {
	struct tdmr_host host;
	struct tdmr_layout layout;
	struct tdmr_range ranges[TDMR_CASE_RANGES];
	struct tdmr_node nodes[TDMR_CASE_NODES];
	char text[TDMR_CASE_TEXT];
};

static inline void tdmr_case_fill(const struct tdmr_case *c, struct tdmr_case_room *room)
{
	struct tdmr_host *host = &room->host;
	unsigned int i;

	memset(room, 0, sizeof(*room));
	memcpy(room->ranges, c->ranges, sizeof(room->ranges));
	for (i = 0; i < c->nr_islands; i++)
		room->ranges[i] = (struct tdmr_range) { M(2 * i + 1), M(2 * i + 2), 0 };
	for (i = 0; i < TDMR_CASE_NODES; i++)
		room->nodes[i] = (struct tdmr_node) {
			.cpus = c->cpus[i],
			.home = i < TDMR_CASE_NODES - c->homeless ? i : 0,
		};

	host->limits = (struct tdmr_limits) {
		.max_tdmrs = c->max_tdmrs,
		.max_reserved = c->max_reserved,
		.entry_size = { 16, 16, 16 },
	};
	host->ranges = room->ranges;
	host->nr_ranges = c->nr_ranges + c->nr_islands;
	memcpy(host->cmrs, c->cmrs, sizeof(host->cmrs));
	host->nr_cmrs = c->nr_cmrs;
	host->nodes = room->nodes;
	host->nr_nodes = TDMR_CASE_NODES;
	host->block = c->block ?: SZ_2M;
}

static inline int tdmr_case_plan(struct tdmr_case_room *room)
{
	int ret = tdmr_plan(&room->host, &room->layout);

	if (!ret)
		ret = tdmr_place(&room->host, &room->layout);
	if (!ret)
		tdmr_settle(&room->layout);

	return ret;
}

static inline void tdmr_case_print(struct tdmr_case_room *room)
{
	const struct tdmr_layout *layout = &room->layout;
	struct tdmr_area area;
	unsigned int i;
	int at = 0;

#define PRINT(...) \
	(at += scnprintf(room->text + at, sizeof(room->text) - at, __VA_ARGS__))
	for (i = 0; i < layout->nr_tdmrs; i++) {
		const struct tdmr *tdmr = &layout->tdmrs[i];

		PRINT("%llu-%llu@%d pamt 0x%llx 0x%llx 0x%llx\n", tdmr->base / SZ_1G,
		      tdmr_end_of(tdmr) / SZ_1G, tdmr->node, tdmr->pamt[TDMR_4K].base,
		      tdmr->pamt[TDMR_2M].base, tdmr->pamt[TDMR_1G].base);
		area = (struct tdmr_area) {};
		while (tdmr_next_area(layout, tdmr, &area))
			PRINT(" 0x%llx-0x%llx\n", tdmr->base + area.offset,
			      tdmr->base + area.offset + area.size);
	}
#undef PRINT
}

/* Return the errno that callers get; the layout has the reason. */
static inline int tdmr_case_errno(enum tdmr_trouble trouble)
{
	switch (trouble) {
	case TDMR_FINE:
		return 0;
	case TDMR_OUTSIDE_CMRS:
		return -ERANGE;
	case TDMR_NO_RESERVED:
	case TDMR_NO_PAMT:
		return -ENOSPC;
	default:
		return -EINVAL;
	}
}

static inline const struct tdmr_case *tdmr_case_named(const char *name)
{
	const struct tdmr_case *c = tdmr_cases;

	while (strcmp(c->name, name))
		c++;

	return c;
}

/* Check that a row moves down until no place is left, and is split for each TDMR then. */
static inline const char *tdmr_case_rows(struct tdmr_case_room *room)
{
	struct tdmr_layout *layout = &room->layout;
	const struct tdmr_row *row = &layout->rows[0], *other = &layout->rows[1];
	u64 last = G(3), size = 2 * (M(4) + K(12));
	unsigned int places = 0;

	tdmr_case_fill(tdmr_case_named("the PAMTs of a node are one row"), room);
	if (tdmr_case_plan(room) || layout->nr_rows != 2 || tdmr_row_owner(layout, 0))
		return "not a row for each of two nodes";

	do {
		places++;
		if (row->size != size || tdmr_row_end(row) > last || row->base % SZ_2M)
			return "a place that is not below the one before";
		if (row->base < G(2) && tdmr_row_end(row) > G(1))
			return "a place on another node";
		if (tdmr_find_full(layout, 0, G(3), 1))
			return "a place that needs another reserved area";
		last = row->base;
	} while (tdmr_row_lower(&room->host, layout, 0));
	if (row->base || places != 2 * (G(1) / M(10)))
		return "another number of places";

	tdmr_row_split(layout, 0);
	if (layout->nr_rows != 3 || layout->tdmrs[0].row != 0 || layout->tdmrs[1].row != 1 ||
	    layout->tdmrs[2].row != 2 || tdmr_row_owner(layout, 2) != &layout->tdmrs[2] ||
	    row->size != size / 2 || layout->rows[2].size != size / 2 || !other->base)
		return "not a row for each TDMR";
	if (!tdmr_row_lower(&room->host, layout, 0) || row->base != G(1) - M(6))
		return "a row that is not at the top of its TDMR";

	return NULL;
}

/* Check that PAMTs consist of whole pages for any size of their entries. */
static inline const char *tdmr_case_sizes(struct tdmr_case_room *room)
{
	static const unsigned int sizes[TDMR_NR_LEVELS] = { 16, 24, 4097 };
	const struct tdmr_pamt *pamt = room->layout.tdmrs[0].pamt;

	tdmr_case_fill(&tdmr_cases[0], room);
	memcpy(room->host.limits.entry_size, sizes, sizeof(sizes));
	if (tdmr_case_plan(room) || pamt[TDMR_4K].size != M(8) ||
	    pamt[TDMR_2M].size != K(24) || pamt[TDMR_1G].size != K(12))
		return "another size";

	/* With the maximum of memory, PAMTs can be larger than the memory. */
	room->ranges[0].end = BIT_ULL(52);
	room->host.limits.entry_size[TDMR_4K] = 5000;
	if (tdmr_case_plan(room) != -ENOSPC || room->layout.trouble != TDMR_NO_PAMT)
		return "PAMTs larger than the memory";

	return NULL;
}

/* Check the order: the largest TDMR first, and the lowest of equal ones first. */
static inline const char *tdmr_case_order(struct tdmr_case_room *room)
{
	static const unsigned int want[] = { 2, 3, 4, 5, 6, 0, 1 };
	unsigned int order[TDMR_MAX];

	tdmr_case_fill(tdmr_case_named("more TDMRs than CPUs where that takes no longer"),
		       room);
	if (tdmr_case_plan(room))
		return "refused";
	tdmr_order(&room->layout, order);

	return memcmp(order, want, sizeof(want)) ? "another order" : NULL;
}

/* Return the difference between the layout and the table; NULL if there is none. */
static inline const char *tdmr_case_run(const struct tdmr_case *c, struct tdmr_case_room *room)
{
	const struct tdmr_layout *layout = &room->layout;
	int ret;

	tdmr_case_fill(c, room);
	ret = tdmr_case_plan(room);
	tdmr_case_print(room);

	if (layout->trouble != c->trouble)
		return "another reason for a rejection, or none";
	if (ret != tdmr_case_errno(c->trouble))
		return "another errno";
	if (layout->bad_start != c->bad_start || layout->bad_end != c->bad_end)
		return "the refusal names another range";
	if (!ret && strcmp(room->text, c->want))
		return "another layout";

	return NULL;
}

#endif /* _X86_VIRT_TDX_TDMR_CASES_H */
