/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the planner must make of which memory: small maps, each with a picture,
 * and what it must refuse.  One table for KUnit and for the runner in user
 * space.
 *
 * In the pictures, '#' is memory, '=' a CMR, 'P' a PAMT and 'r' other reserved.
 */
#ifndef _X86_VIRT_TDX_TDMR_LAYOUT_CASES_H
#define _X86_VIRT_TDX_TDMR_LAYOUT_CASES_H

#include <linux/bits.h>
#include <linux/sizes.h>
#include <linux/types.h>

#include "../tdmr_layout.h"

#define G(n)	((u64)(n) * SZ_1G)
#define M(n)	((u64)(n) * SZ_1M)
#define K(n)	((u64)(n) * 1024)

/* The three PAMTs of a TDMR of that many GiB, up to 256, 16 bytes an entry. */
#define PAMT(n)	(K(4096 + 8) * (n) + K(4))

#define LAYOUT_CASE_NODES	4
#define LAYOUT_CASE_RANGES	(TDMR_MAX_CMRS + 1)
#define LAYOUT_CASE_TDMRS	4
#define LAYOUT_CASE_AREAS	4

struct layout_want_area {
	u64 start;
	u64 end;
};

/**
 * struct layout_want - a TDMR that must come out
 * @start: first GiB
 * @size: GiB
 * @node: its node
 * @pamt: where its PAMTs must be
 * @rsvd: the areas in it, from address 0; after the last an empty one
 */
struct layout_want {
	u32 start;
	u32 size;
	int node;
	u64 pamt;
	struct layout_want_area rsvd[LAYOUT_CASE_AREAS + 1];
};

/**
 * struct layout_case - a map, and what must become of it
 * @name: of the case
 * @max_tdmrs: of the module
 * @max_reserved: of the module
 * @lanes: CPUs of the first nodes
 * @homeless: nodes, from the last on, whose CPUs are those of node 0
 * @pageblock: of the kernel; 0 for the usual
 * @ranges: memory
 * @nr_ranges: how many ranges
 * @nr_islands: in place of ranges, so many of 1 MiB, and as much before each
 * @cmrs: CMRs
 * @nr_cmrs: how many CMRs
 * @want: the TDMRs
 * @nr_want: how many TDMRs; 0 if it must be refused
 * @makespan: GiB of the busiest CPU
 * @trouble: why it must be refused
 * @bad: what the refusal must name
 */
struct layout_case {
	const char *name;
	unsigned int max_tdmrs;
	unsigned int max_reserved;
	unsigned int lanes[LAYOUT_CASE_NODES];
	unsigned int homeless;
	u64 pageblock;
	struct tdmr_range ranges[LAYOUT_CASE_RANGES];
	unsigned int nr_ranges;
	unsigned int nr_islands;
	struct tdmr_range cmrs[TDMR_MAX_CMRS];
	unsigned int nr_cmrs;
	struct layout_want want[LAYOUT_CASE_TDMRS];
	unsigned int nr_want;
	u32 makespan;
	enum tdmr_trouble trouble;
	struct layout_want_area bad;
};

#define LIMITS(tdmrs, reserved)	.max_tdmrs = (tdmrs), .max_reserved = (reserved)
#define LANES(...)		.lanes = { __VA_ARGS__ }
#define MEMORY(nr, ...)		.nr_ranges = (nr), .ranges = { __VA_ARGS__ }
#define CMRS(nr, ...)		.nr_cmrs = (nr), .cmrs = { __VA_ARGS__ }
#define REFUSED(why, from, to)	.trouble = (why), .bad = { (from), (to) }

static const struct layout_case layout_cases[] = {
	/*
	 * 0|r ################ P|2G
	 */
	{ "one range without CMRs", LIMITS(1, 16), LANES(1),
	  MEMORY(1, { M(1), G(2), 0 }),
	  .nr_want = 1, .want = {
		{ 0, 2, 0, G(2) - PAMT(2),
		  { { 0, M(1) }, { G(2) - PAMT(2), G(2) } } },
	  }, .makespan = 2 },

	/*
	 *	 |=============================|
	 *	0|####   ##   ##|1G########P0P1 |rrrr|2G
	 */
	{ "what is convertible is not reserved, memory or not",
	  LIMITS(2, 3), LANES(2),
	  MEMORY(3, { 0, M(256), 0 }, { M(512), M(768), 0 },
		 { M(800), M(1536), 0 }),
	  CMRS(1, { 0, M(1600), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 1, 0, M(1536) - 2 * PAMT(1), { } },
		{ 1, 1, 0, M(1536) - PAMT(1),
		  { { M(1536) - 2 * PAMT(1), G(2) } } },
	  }, .makespan = 1 },

	/*
	 *	 |=======|   |====|   |=======|
	 *	0|######P|rrrrrrrrrrrrrrrr|	1G	no memory in the second
	 */
	{ "holes with no memory in between are one", LIMITS(1, 1), LANES(1),
	  MEMORY(1, { 0, M(512), 0 }),
	  CMRS(2, { 0, M(512), 0 }, { M(600), M(700), 0 }),
	  .nr_want = 1, .want = {
		{ 0, 1, 0, M(512) - PAMT(1), { { M(512) - PAMT(1), G(1) } } },
	  }, .makespan = 1 },

	/*
	 *	0|### node 0 ##|1G## 0 ##|## 1 ##|2G## node 1 ##|3G
	 */
	{ "a GiB of two nodes goes to the one that has more of it",
	  LIMITS(2, 16), LANES(1, 1),
	  MEMORY(2, { 0, M(1640), 0 }, { M(1640), G(3), 1 }),
	  .nr_want = 2, .want = {
		{ 0, 2, 0, M(1640) - PAMT(2),
		  { { M(1640) - PAMT(2), M(1640) } } },
		{ 2, 1, 1, G(3) - PAMT(1), { { G(3) - PAMT(1), G(3) } } },
	  }, .makespan = 2 },

	/*
	 *	0|## node 0 ##|### node 1 ###|## node 0 ##|1G
	 */
	{ "a GiB of nodes in turn: all that one has of it counts",
	  LIMITS(1, 16), LANES(1, 1),
	  MEMORY(3, { 0, M(300), 0 }, { M(300), M(700), 1 },
		 { M(700), G(1), 0 }),
	  .nr_want = 1, .want = {
		{ 0, 1, 0, G(1) - PAMT(1), { { G(1) - PAMT(1), G(1) } } },
	  }, .makespan = 1 },

	/*
	 *	0|##|##|####|####P0P1P2P3|12G	three CPUs: 4, 4, 2 + 2
	 */
	{ "more lanes than CPUs where that takes no longer",
	  LIMITS(4, 16), LANES(3), MEMORY(1, { 0, G(12), 0 }),
	  .nr_want = 4, .want = {
		{ 0, 2, 0, G(12) - 2 * PAMT(4) - 2 * PAMT(2), { } },
		{ 2, 2, 0, G(12) - 2 * PAMT(4) - PAMT(2), { } },
		{ 4, 4, 0, G(12) - 2 * PAMT(4), { } },
		{ 8, 4, 0, G(12) - PAMT(4),
		  { { G(12) - 2 * PAMT(4) - 2 * PAMT(2), G(12) } } },
	  }, .makespan = 4 },

	/*
	 *	0|## 0 P0|2G## 1 ##|5G 1 P1P2|6G	two CPUs, both of node 0:
	 *						3 and 2 + 1
	 */
	{ "nodes that share CPUs", LIMITS(3, 16), LANES(2, 0, 0, 0),
	  MEMORY(2, { 0, G(2), 0 }, { G(2), G(6), 1 }), .homeless = 3,
	  .nr_want = 3, .want = {
		{ 0, 2, 0, G(2) - PAMT(2), { { G(2) - PAMT(2), G(2) } } },
		{ 2, 3, 1, G(6) - PAMT(3) - PAMT(1), { } },
		{ 5, 1, 1, G(6) - PAMT(1),
		  { { G(6) - PAMT(3) - PAMT(1), G(6) } } },
	  }, .makespan = 3 },

	/*
	 *	0|     |1G## 0 ##|3G## 1 ##|5G |6G## 1 P|8G	one TDMR for all
	 */
	{ "the node that has most of a TDMR, be it in two parts",
	  LIMITS(1, 16), LANES(1, 1),
	  MEMORY(3, { G(1), G(3), 0 }, { G(3), G(5), 1 }, { G(6), G(8), 1 }),
	  .nr_want = 1, .want = {
		{ 1, 7, 1, G(8) - PAMT(7),
		  { { G(5), G(6) }, { G(8) - PAMT(7), G(8) } } },
	  }, .makespan = 7 },

	/*
	 *	0|####|   |2G##|   |2.5G##P0P1|4G	with one hole in each, an
	 *	 [       2G)[                )		area is left for the PAMTs
	 */
	{ "cut where there would be too many holes", LIMITS(2, 2), LANES(2),
	  MEMORY(3, { 0, M(1536), 0 }, { M(1792), M(2304), 0 },
		 { M(2560), G(4), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 2, 0, G(4) - 2 * PAMT(2), { { M(1536), M(1792) } } },
		{ 2, 2, 0, G(4) - PAMT(2),
		  { { M(2304), M(2560) }, { G(4) - 2 * PAMT(2), G(4) } } },
	  }, .makespan = 2 },

	/*
	 *	0|####|   |1.5G##############|4.5G   |5G##P|   |6G
	 *	 [                3G)[          5G)[     )	with one hole in each
	 */
	{ "no more time where no gap is bridged", LIMITS(3, 2), LANES(3),
	  MEMORY(3, { 0, G(1), 0 }, { M(1536), M(4608), 0 },
		 { G(5), M(5632), 0 }),
	  .nr_want = 3, .want = {
		{ 0, 3, 0, M(5632) - PAMT(3) - PAMT(2) - PAMT(1),
		  { { G(1), M(1536) } } },
		{ 3, 2, 0, M(5632) - PAMT(2) - PAMT(1),
		  { { M(4608), G(5) } } },
		{ 5, 1, 0, M(5632) - PAMT(1),
		  { { M(5632) - PAMT(3) - PAMT(2) - PAMT(1), G(6) } } },
	  }, .makespan = 3 },

	/*
	 *	0|## ####|2G## ####|3G## ####|4G ...	a hole in each GiB
	 *	 [              3G)[            6G)
	 */
	{ "no more time where TDMRs end because of holes", LIMITS(2, 5), LANES(2),
	  MEMORY(7, { 0, M(512), 0 }, { M(768), M(1536), 0 },
		 { M(1792), M(2560), 0 }, { M(2816), M(3584), 0 },
		 { M(3840), M(4608), 0 }, { M(4864), M(5632), 0 },
		 { M(5888), G(6), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 3, 0, G(6) - 2 * PAMT(3),
		  { { M(512), M(768) }, { M(1536), M(1792) },
		    { M(2560), M(2816) } } },
		{ 3, 3, 0, G(6) - PAMT(3),
		  { { M(3584), M(3840) }, { M(4608), M(4864) },
		    { M(5632), M(5888) }, { G(6) - 2 * PAMT(3), G(6) } } },
	  }, .makespan = 3 },

	/*
	 *	0|######P|rrrrr|##|rrrr|1G
	 */
	{ "as many holes as areas: the PAMT goes against one",
	  LIMITS(1, 2), LANES(1),
	  MEMORY(2, { 0, M(512), 0 }, { M(768), M(770), 0 }),
	  .nr_want = 1, .want = {
		{ 0, 1, 0, M(512) - PAMT(1),
		  { { M(512) - PAMT(1), M(768) }, { M(770), G(1) } } },
	  }, .makespan = 1 },

	/*
	 *	0|r ################ P |r|1G	the last page is missing
	 */
	{ "no PAMT in a pageblock with a hole", LIMITS(1, 16), LANES(1),
	  MEMORY(1, { M(1), G(1) - K(4), 0 }),
	  .nr_want = 1, .want = {
		{ 0, 1, 0, M(1022) - PAMT(1),
		  { { 0, M(1) }, { M(1022) - PAMT(1), M(1022) },
		    { G(1) - K(4), G(1) } } },
	  }, .makespan = 1 },

	{ "pageblocks of another size", LIMITS(1, 16), LANES(1),
	  MEMORY(1, { M(1), G(1) - K(4), 0 }), .pageblock = M(4),
	  .nr_want = 1, .want = {
		{ 0, 1, 0, M(1020) - PAMT(1),
		  { { 0, M(1) }, { M(1020) - PAMT(1), M(1020) },
		    { G(1) - K(4), G(1) } } },
	  }, .makespan = 1 },

	/*
	 *	0|#|r|#|rrr|1G ##### P0 ## P1|rr|2G
	 *
	 * P0 is of the first GiB and its node, whose memory is too little for it.
	 * It is below the pageblocks of P1.
	 */
	{ "no place in a TDMR: its PAMT goes to the next",
	  LIMITS(2, 3), LANES(1, 1),
	  MEMORY(3, { 0, M(2), 0 }, { M(3), M(5), 0 },
		 { G(1), M(1536), 1 }),
	  .nr_want = 2, .want = {
		{ 0, 1, 0, M(1530) - PAMT(1),
		  { { M(2), M(3) }, { M(5), G(1) } } },
		{ 1, 1, 1, M(1536) - PAMT(1),
		  { { M(1530) - PAMT(1), M(1530) },
		    { M(1536) - PAMT(1), G(2) } } },
	  }, .makespan = 1 },

	/*
	 *	 |==============================|
	 *	0|     #P1P0   |1G#             |2G
	 *
	 * Memory of 10 MiB: two PAMTs have room in it, but share a pageblock.
	 */
	{ "PAMTs are packed where nothing else has room",
	  LIMITS(2, 1), LANES(1, 1),
	  MEMORY(2, { M(1000), M(1010), 0 }, { G(1), M(1026), 1 }),
	  CMRS(1, { 0, G(2), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 1, 0, M(1010) - PAMT(1),
		  { { M(1010) - 2 * PAMT(1), M(1010) } } },
		{ 1, 1, 1, M(1010) - 2 * PAMT(1), { } },
	  }, .makespan = 1 },

	/*
	 *	0|### 0 ###|1G##### 1 P1|2G## 0 P0P2|3G
	 */
	{ "PAMTs of a node are side by side, not those of others",
	  LIMITS(3, 16), LANES(2, 1),
	  MEMORY(3, { 0, G(1), 0 }, { G(1), G(2), 1 }, { G(2), G(3), 0 }),
	  .nr_want = 3, .want = {
		{ 0, 1, 0, G(3) - 2 * PAMT(1), { } },
		{ 1, 1, 1, G(2) - PAMT(1), { { G(2) - PAMT(1), G(2) } } },
		{ 2, 1, 0, G(3) - PAMT(1),
		  { { G(3) - 2 * PAMT(1), G(3) } } },
	  }, .makespan = 1 },

	/*
	 *	0|###### P0P1|1G |##|r|##|rrr|2G
	 *
	 * In what is at the top there is room for one, not for both.
	 */
	{ "PAMTs are side by side where there is room for all",
	  LIMITS(2, 4), LANES(2),
	  MEMORY(3, { 0, G(1), 0 }, { M(1030), M(1036), 0 },
		 { M(1100), M(1106), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 1, 0, G(1) - 2 * PAMT(1),
		  { { G(1) - 2 * PAMT(1), G(1) } } },
		{ 1, 1, 0, G(1) - PAMT(1),
		  { { G(1), M(1030) }, { M(1036), M(1100) },
		    { M(1106), G(2) } } },
	  }, .makespan = 1 },

	/*
	 *	0| P0P0P0P0 |  #	1G
	 *
	 * The PAMTs of two TDMRs would be a page too long, be there CPUs for two.
	 */
	{ "a lane is given up where its PAMT would need a page more",
	  LIMITS(64, 16), LANES(2, 1),
	  MEMORY(2, { M(512), M(512) + PAMT(2), 0 },
		 { M(1100), M(1100) + K(4), 1 }),
	  .nr_want = 1, .want = {
		{ 0, 2, 0, M(512),
		  { { 0, M(1100) }, { M(1100) + K(4), G(2) } } },
	  }, .makespan = 2 },

	/*
	 *	0| # node 0 |1G | # node 1 |2G | # |3G | PPPP |4G
	 *	 [                                             )
	 *
	 * The PAMT of one TDMR has room, those of two have not.
	 */
	{ "a node that has most memory of no TDMR", LIMITS(64, 16), LANES(4, 4),
	  MEMORY(4, { M(512), M(513), 0 }, { M(1536), M(1537), 1 },
		 { M(2560), M(2561), 1 }, { M(3584), M(3584) + PAMT(4), 1 }),
	  .nr_want = 1, .want = {
		{ 0, 4, 1, M(3584),
		  { { 0, M(512) }, { M(513), M(1536) }, { M(1537), M(2560) },
		    { M(2561), G(4) } } },
	  }, .makespan = 4 },

	/*
	 *	 |========|r|=====|rrrrr|=====|rrrrr|=====|
	 *	0| #P0P1 # | | #   | 1G  |  #  | 2G  |  #  |	3G
	 *
	 * In two TDMRs with three areas; [0, 2G) would have none to spare.
	 */
	{ "a border is moved where PAMTs would have no area else",
	  LIMITS(2, 3), LANES(2),
	  MEMORY(5, { M(100), M(140), 0 }, { M(200), M(202), 0 },
		 { M(500), M(502), 0 }, { M(1150), M(1152), 0 },
		 { M(2170), M(2172), 0 }),
	  CMRS(4, { 0, M(300), 0 }, { M(400), M(900), 0 },
	       { M(1124), M(1224), 0 }, { M(2148), M(2248), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 1, 0, M(140) - PAMT(2) - PAMT(1),
		  { { M(140) - PAMT(2) - PAMT(1), M(140) },
		    { M(300), M(400) }, { M(900), G(1) } } },
		{ 1, 2, 0, M(140) - PAMT(2),
		  { { G(1), M(1124) }, { M(1224), M(2148) },
		    { M(2248), G(3) } } },
	  }, .makespan = 2 },

	/*
	 *	 |==|rrr|=======================|rrr|
	 *	0|# |   |# ####|1G  #P1  P0#  # |   |2G
	 *
	 * [0, 1G) has no area to spare, so no PAMT can touch another at its end.
	 */
	{ "PAMTs that touch over a gap are not of two TDMRs", LIMITS(2, 2),
	  LANES(2),
	  MEMORY(7, { M(2), M(4), 0 }, { M(298), M(300), 0 },
		 { M(700), M(702), 0 }, { M(1016), G(1), 0 },
		 { M(1026), M(1032), 0 }, { M(1034), M(1040), 0 },
		 { M(1098), M(1100), 0 }),
	  CMRS(2, { M(1), M(300), 0 }, { M(700), M(1100), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 1, 0, M(1034), { { 0, M(1) }, { M(300), M(700) } } },
		{ 1, 1, 0, M(1032) - PAMT(1),
		  { { M(1032) - PAMT(1), M(1034) + PAMT(1) },
		    { M(1100), G(2) } } },
	  }, .makespan = 1 },

	/*
	 *	 |=======|rr|	     |=====================|
	 *	1G|##### |  |5G	  20G|#####  # #P1  P0# |23G
	 *
	 * [1G, 5G) has no area to spare, [20G, 23G) has one.  The longest memory has
	 * room for either PAMT; only the last two together have it for both.
	 */
	{ "PAMTs share an area where the smaller one has room beside the larger",
	  LIMITS(2, 1), LANES(1),
	  MEMORY(8, { G(1), G(1) + M(2), 0 }, { G(2), G(2) + M(2), 0 },
		 { G(3), G(3) + M(2), 0 }, { G(4), G(4) + M(2), 0 },
		 { G(20), G(20) + M(24), 0 }, { G(21), G(21) + M(2), 0 },
		 { G(22), G(22) + M(16), 0 },
		 { G(22) + M(20), G(22) + M(38), 0 }),
	  CMRS(2, { G(1), G(5) - M(2), 0 }, { G(20), G(23), 0 }),
	  .nr_want = 2, .want = {
		{ 1, 4, 0, G(22) + M(20), { { G(5) - M(2), G(5) } } },
		{ 20, 3, 0, G(22) + M(16) - PAMT(3),
		  { { G(22) + M(16) - PAMT(3), G(22) + M(20) + PAMT(4) } } },
	  }, .makespan = 7 },

	/*
	 *	3G| P0 |4G	6G|  #  |7G P1P1 |8G
	 *
	 * Room for PAMTs of one GiB and of two, in that order.
	 */
	{ "TDMRs as large as their PAMTs have room", LIMITS(3, 16), LANES(1),
	  MEMORY(3, { M(3584), M(3584) + PAMT(1), 0 },
		 { M(6656), M(6656) + K(4), 0 },
		 { M(7680), M(7680) + PAMT(2), 0 }),
	  CMRS(1, { 0, G(8), 0 }),
	  .nr_want = 2, .want = {
		{ 3, 1, 0, M(3584), { { M(3584), M(3584) + PAMT(1) } } },
		{ 6, 2, 0, M(7680), { { M(7680), M(7680) + PAMT(2) } } },
	  }, .makespan = 3 },

	/*
	 *	0| P1 P0 |1G#|r|#|r|#|2G	5G|#|r|#|6G	12G|#|r|#|13G
	 *	 [                      )	 [                          )
	 *
	 * [0, 6G) and [12G, 13G) are faster, but would have no area for PAMTs.
	 */
	{ "TDMRs with an area to spare for their PAMTs", LIMITS(2, 3), LANES(1),
	  MEMORY(9, { M(256), M(256) + PAMT(8), 0 },
		 { M(512), M(512) + PAMT(6), 0 },
		 { M(1100), M(1100) + K(4), 0 }, { M(1300), M(1300) + K(4), 0 },
		 { M(1500), M(1500) + K(4), 0 }, { M(5200), M(5200) + K(4), 0 },
		 { M(5300), M(5300) + K(4), 0 },
		 { M(12300), M(12300) + K(4), 0 },
		 { M(12400), M(12400) + K(4), 0 }),
	  CMRS(5, { 0, M(1200), 0 }, { M(1210), M(1400), 0 },
	       { M(1410), M(5220), 0 }, { M(5230), M(12388), 0 },
	       { M(12398), G(13), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 2, 0, M(512),
		  { { M(256), M(512) + PAMT(2) }, { M(1200), M(1210) },
		    { M(1400), M(1410) } } },
		{ 5, 8, 0, M(256),
		  { { M(5220), M(5230) }, { M(12388), M(12398) } } },
	  }, .makespan = 10 },

	/*
	 *	0|####|1G  2G|#####|3G		6G|##P0P1|7G
	 *	 [                 )		  [      )
	 */
	{ "too many runs: the smallest gap is bridged", LIMITS(2, 16), LANES(1),
	  MEMORY(3, { 0, G(1), 0 }, { G(2), G(3), 0 }, { G(6), G(7), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 3, 0, G(7) - PAMT(1) - PAMT(3), { { G(1), G(2) } } },
		{ 6, 1, 0, G(7) - PAMT(1),
		  { { G(7) - PAMT(1) - PAMT(3), G(7) } } },
	  }, .makespan = 4 },

	/*
	 *	0|####|1G  2G|#####|3G   4G|####|5G  6G|##P0P1|7G
	 *	 [                 )       [                  )
	 */
	{ "equal gaps: not all on one side", LIMITS(2, 16), LANES(2),
	  MEMORY(4, { 0, G(1), 0 }, { G(2), G(3), 0 }, { G(4), G(5), 0 },
		 { G(6), G(7), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 3, 0, G(7) - 2 * PAMT(3), { { G(1), G(2) } } },
		{ 4, 3, 0, G(7) - PAMT(3),
		  { { G(5), G(6) }, { G(7) - 2 * PAMT(3), G(7) } } },
	  }, .makespan = 3 },

	/*
	 *	0|## node 0 P|1G## node 1 ##|2G   3G|## node 1 P|4G
	 *	 [           )[                                )
	 */
	{ "rather a gap than two nodes in a TDMR", LIMITS(2, 16), LANES(1, 1),
	  MEMORY(3, { 0, G(1), 0 }, { G(1), G(2), 1 }, { G(3), G(4), 1 }),
	  .nr_want = 2, .want = {
		{ 0, 1, 0, G(1) - PAMT(1), { { G(1) - PAMT(1), G(1) } } },
		{ 1, 3, 1, G(4) - PAMT(3),
		  { { G(2), G(3) }, { G(4) - PAMT(3), G(4) } } },
	  }, .makespan = 3 },

	/*
	 *	0|####|1G  2G|##########|12G	two TDMRs of 6 GiB, the gap
	 *	 [           6G)[      )	included, rather than 1 and 10
	 */
	{ "a short run is joined over a gap when TDMRs are scarce",
	  LIMITS(2, 16), LANES(2),
	  MEMORY(2, { 0, G(1), 0 }, { G(2), G(12), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 6, 0, G(12) - 2 * PAMT(6), { { G(1), G(2) } } },
		{ 6, 6, 0, G(12) - PAMT(6),
		  { { G(12) - 2 * PAMT(6), G(12) } } },
	  }, .makespan = 6 },

	/*
	 *	0|####|1G  2G|## P0P1|6G	3 GiB are possible, for PAMT of
	 *	 [    )      [       )		a GiB that is no memory
	 */
	{ "a gap is not bridged for one GiB of time", LIMITS(2, 16), LANES(2),
	  MEMORY(2, { 0, G(1), 0 }, { G(2), G(6), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 1, 0, G(6) - PAMT(4) - PAMT(1), { } },
		{ 2, 4, 0, G(6) - PAMT(4),
		  { { G(6) - PAMT(4) - PAMT(1), G(6) } } },
	  }, .makespan = 4 },

	/*
	 *	0|## node 0 ## P|10G  12G|# 1 #|15G  16G|# 1 # P|19G
	 *	 [              )        [                      )
	 */
	{ "gaps are bridged on the node that has time for it",
	  LIMITS(2, 16), LANES(1, 1),
	  MEMORY(3, { 0, G(10), 0 }, { G(12), G(15), 1 },
		 { G(16), G(19), 1 }),
	  .nr_want = 2, .want = {
		{ 0, 10, 0, G(10) - PAMT(10), { { G(10) - PAMT(10), G(10) } } },
		{ 12, 7, 1, G(19) - PAMT(7),
		  { { G(15), G(16) }, { G(19) - PAMT(7), G(19) } } },
	  }, .makespan = 10 },

	/*
	 *	0|####|2G  4G|##|6G  7G|########P0P1|17G
	 *	 [    )      [                      )
	 */
	{ "of a node's gaps the cheapest are bridged", LIMITS(2, 16), LANES(1),
	  MEMORY(3, { 0, G(2), 0 }, { G(4), G(6), 0 }, { G(7), G(17), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 2, 0, G(17) - PAMT(13) - PAMT(2), { } },
		{ 4, 13, 0, G(17) - PAMT(13),
		  { { G(6), G(7) }, { G(17) - PAMT(13) - PAMT(2), G(17) } } },
	  }, .makespan = 15 },

	/*
	 *	0|#|r|#|3G   6G|#|r|#|r|# P0P1|rrrrrr|#|16G
	 *	 [     )       [                        )
	 *
	 * The gap of 4 GiB must be bridged, or [0, 11G) has four holes.
	 */
	{ "where the dearest gap must be bridged, the next need not",
	  LIMITS(2, 3), LANES(1),
	  MEMORY(6, { 0, G(1), 0 }, { G(2), G(3), 0 }, { G(6), G(7), 0 },
		 { G(8), G(9), 0 }, { G(10), G(11), 0 }, { G(15), G(16), 0 }),
	  .nr_want = 2, .want = {
		{ 0, 3, 0, G(11) - PAMT(10) - PAMT(3), { { G(1), G(2) } } },
		{ 6, 10, 0, G(11) - PAMT(10),
		  { { G(7), G(8) }, { G(9), G(10) },
		    { G(11) - PAMT(10) - PAMT(3), G(15) } } },
	  }, .makespan = 13 },

	/* What is no list of memory. */
	{ "no memory", LIMITS(64, 16), REFUSED(TDMR_BAD_RANGE, 0, 0) },
	{ "an empty range", LIMITS(64, 16),
	  MEMORY(2, { 0, G(1), 0 }, { G(2), G(2), 0 }),
	  REFUSED(TDMR_BAD_RANGE, G(2), G(2)) },
	{ "a range that ends before it starts", LIMITS(64, 16),
	  MEMORY(1, { G(2), G(1), 0 }), REFUSED(TDMR_BAD_RANGE, G(2), G(1)) },
	{ "ranges that overlap", LIMITS(64, 16),
	  MEMORY(2, { 0, G(2), 0 }, { G(1), G(3), 0 }),
	  REFUSED(TDMR_BAD_RANGE, G(1), G(3)) },
	{ "ranges out of order", LIMITS(64, 16),
	  MEMORY(2, { G(4), G(5), 0 }, { G(1), G(2), 0 }),
	  REFUSED(TDMR_BAD_RANGE, G(1), G(2)) },
	{ "a range that starts within a page", LIMITS(64, 16),
	  MEMORY(1, { 512, G(1), 0 }), REFUSED(TDMR_BAD_RANGE, 512, G(1)) },
	{ "a range that ends within a page", LIMITS(64, 16),
	  MEMORY(1, { 0, G(1) + 1, 0 }), REFUSED(TDMR_BAD_RANGE, 0, G(1) + 1) },
	{ "a range that no address reaches", LIMITS(64, 16),
	  MEMORY(1, { G(1), BIT_ULL(52) + K(4), 0 }),
	  REFUSED(TDMR_BAD_RANGE, G(1), BIT_ULL(52) + K(4)) },
	{ "a node below the first", LIMITS(64, 16),
	  MEMORY(2, { 0, G(1), 0 }, { G(1), G(2), -1 }),
	  REFUSED(TDMR_BAD_NODE, G(1), G(2)) },
	{ "a node beyond the last", LIMITS(64, 16),
	  MEMORY(2, { 0, G(1), 0 }, { G(1), G(2), TDMR_MAX_NODES }),
	  REFUSED(TDMR_BAD_NODE, G(1), G(2)) },

	/* What is no module. */
	{ "no TDMRs", LIMITS(0, 16), MEMORY(1, { 0, G(1), 0 }),
	  REFUSED(TDMR_BAD_LIMITS, 0, 0) },
	{ "no reserved areas", LIMITS(64, 0), MEMORY(1, { 0, G(1), 0 }),
	  REFUSED(TDMR_BAD_LIMITS, 0, 0) },
	{ "pageblocks whose size is no power of two", LIMITS(1, 1), LANES(1),
	  MEMORY(1, { 0, G(1), 0 }), .pageblock = M(3),
	  REFUSED(TDMR_BAD_LIMITS, 0, 0) },
	{ "CMRs that overlap", LIMITS(64, 16), MEMORY(1, { 0, G(1), 0 }),
	  CMRS(2, { 0, G(2), 0 }, { G(1), G(3), 0 }),
	  REFUSED(TDMR_BAD_CMR, G(1), G(3)) },
	{ "CMRs out of order", LIMITS(64, 16), MEMORY(1, { 0, G(1), 0 }),
	  CMRS(2, { G(2), G(3), 0 }, { 0, G(1), 0 }),
	  REFUSED(TDMR_BAD_CMR, 0, G(1)) },
	{ "more CMRs than there can be", LIMITS(64, 16),
	  MEMORY(1, { M(1), M(2), 0 }), .nr_cmrs = TDMR_MAX_CMRS + 1,
	  REFUSED(TDMR_BAD_CMR, 0, 0) },
	{ "more ranges than CMRs, and no CMRs", LIMITS(64, 16),
	  .nr_islands = TDMR_MAX_CMRS + 1, REFUSED(TDMR_BAD_CMR, M(65), M(66)) },

	/* What the module cannot use: the part that it cannot is named. */
	{ "memory below the CMRs", LIMITS(64, 16), MEMORY(1, { 0, G(1), 0 }),
	  CMRS(1, { M(1), G(1), 0 }), REFUSED(TDMR_OUTSIDE_CMRS, 0, M(1)) },
	{ "memory between the CMRs", LIMITS(64, 16), MEMORY(1, { 0, G(4), 0 }),
	  CMRS(2, { 0, G(1), 0 }, { G(2), G(4), 0 }),
	  REFUSED(TDMR_OUTSIDE_CMRS, G(1), G(2)) },
	{ "memory above the CMRs", LIMITS(64, 16),
	  MEMORY(2, { 0, G(1), 0 }, { G(2), G(3), 0 }),
	  CMRS(1, { 0, G(1), 0 }), REFUSED(TDMR_OUTSIDE_CMRS, G(2), G(3)) },

	/* What the module's limits do not allow. */
	{ "more runs than TDMRs, and a hole too many to join them",
	  LIMITS(1, 1), MEMORY(2, { 0, G(1), 0 }, { G(2), M(2560), 0 }),
	  REFUSED(TDMR_NO_TDMRS, 0, M(2560)) },
	{ "a GiB with more holes than areas", LIMITS(64, 2),
	  MEMORY(4, { 0, G(1), 0 }, { M(1025), M(1026), 0 },
		 { M(1027), M(1028), 0 }, { M(1029), G(4), 0 }),
	  REFUSED(TDMR_NO_RESERVED, G(1), G(2)) },
	{ "no room for a PAMT", LIMITS(64, 16),
	  MEMORY(2, { M(1), M(5), 0 }, { M(6), M(10), 0 }),
	  REFUSED(TDMR_NO_PAMT, 0, G(1)) },
	{ "room for a PAMT at address 0 only", LIMITS(64, 16),
	  MEMORY(1, { 0, PAMT(1), 0 }), REFUSED(TDMR_NO_PAMT, 0, G(1)) },
};

#endif /* _X86_VIRT_TDX_TDMR_LAYOUT_CASES_H */
