/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How to cut runs of GiB into TDMRs so that the CPUs of each node finish early.
 * Pure: compiled in user space too.
 */
#ifndef _X86_VIRT_TDX_TDMR_BALANCE_H
#define _X86_VIRT_TDX_TDMR_BALANCE_H

#include <linux/types.h>

/* Pieces, and so runs and nodes, are at most so many. */
#define TDMR_MAX_PIECES	64

/**
 * struct tdmr_piece - a part of a run that becomes one TDMR
 * @run: index of the run
 * @node: its node, as an index below &tdmr_balance.nr_nodes
 * @size: GiB
 */
struct tdmr_piece {
	u32 run;
	u32 node;
	u32 size;
};

/**
 * struct tdmr_balance - what is to be cut, and how
 * @size: GiB of each run, not all 0
 * @node: node of each run, below @nr_nodes
 * @nr_runs: runs, at least 1, at most @max_pieces
 * @lanes: CPUs of each node, at least 1
 * @nr_nodes: nodes, at most %TDMR_MAX_PIECES
 * @max_pieces: at most %TDMR_MAX_PIECES
 * @pieces: out, in the order of the runs
 * @nr_pieces: out
 * @trial: scratch
 */
struct tdmr_balance {
	u32 size[TDMR_MAX_PIECES];
	u32 node[TDMR_MAX_PIECES];
	u32 nr_runs;
	u32 lanes[TDMR_MAX_PIECES];
	u32 nr_nodes;
	u32 max_pieces;
	struct tdmr_piece pieces[TDMR_MAX_PIECES];
	u32 nr_pieces;
	struct tdmr_piece trial[TDMR_MAX_PIECES];
};

u32 tdmr_cut_node(struct tdmr_balance *b, u32 node, u32 span, u32 max);
void tdmr_balance(struct tdmr_balance *b);
u32 tdmr_makespan(const struct tdmr_piece *pieces, u32 nr, u32 node, u32 lanes);

#endif /* _X86_VIRT_TDX_TDMR_BALANCE_H */
