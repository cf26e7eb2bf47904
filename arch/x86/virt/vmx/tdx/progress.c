// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far a bring-up is, for whoever wants to know while the lanes run.
 *
 * What counts is calls of TDH.SYS.TDMR.INIT, 4 MiB each: the address that the
 * module answers moves once per GiB only.  Each lane counts its own, so that a
 * step costs a store to memory that nobody else writes; a reader adds up.
 *
 * Readers take no lock.  One that is held up from one attempt into the next may
 * see some of each, but never more done than there is.
 */
#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/numa.h>
#include <linux/sizes.h>

#include "bringup.h"

#define CALL_BYTES	((u64)SZ_4M)

/**
 * tdx_progress_begin - the layout is known: nothing of it is done
 * @tb: the bring-up
 *
 * Context: any.  The runner of @tb, before there are lanes.
 */
void tdx_progress_begin(struct tdx_bringup *tb)
{
	unsigned int i;

	for (i = 0; i < tb->layout.nr_tdmrs; i++) {
		const struct tdmr *tdmr = &tb->layout.tdmrs[i];
		struct tdmr_lane *tl = &tb->lanes[i];

		WRITE_ONCE(tl->done, 0);
		WRITE_ONCE(tl->size, tdmr->size);
		WRITE_ONCE(tl->node, tdmr->node);
	}

	/* Whoever sees the number sees that many. */
	smp_store_release(&tb->nr_counted, tb->layout.nr_tdmrs);
}

/**
 * tdx_progress_forget - there is no layout any more
 * @tb: the bring-up
 *
 * Context: any.  The runner of @tb.
 */
void tdx_progress_forget(struct tdx_bringup *tb)
{
	WRITE_ONCE(tb->nr_counted, 0);
}

/**
 * tdx_progress_count - a call for a TDMR has succeeded
 * @tl: its lane
 * @last: it was the last one
 *
 * Context: any.  The lane's step.
 */
void tdx_progress_count(struct tdmr_lane *tl, bool last)
{
	u64 most = last ? tl->size : tl->size - CALL_BYTES;
	u64 done = last ? tl->size : tl->done + CALL_BYTES;

	/* A lane is unfinished as long as the module wants more calls. */
	WRITE_ONCE(tl->done, min(done, most));
}

/**
 * tdx_progress_read - how far is the memory of a node, or all?
 * @tb: the bring-up
 * @node: whose memory; %NUMA_NO_NODE: all
 * @progress: out; all zero while there is no layout
 *
 * Context: any; no locks.
 */
void tdx_progress_read(const struct tdx_bringup *tb, int node,
		       struct tdx_lanes_progress *progress)
{
	unsigned int i, nr;

	*progress = (struct tdx_lanes_progress) {};

	/* Pairs with the release in tdx_progress_begin(). */
	nr = smp_load_acquire(&tb->nr_counted);
	for (i = 0; i < nr; i++) {
		const struct tdmr_lane *tl = &tb->lanes[i];
		u64 size = READ_ONCE(tl->size);
		u64 done = min(READ_ONCE(tl->done), size);

		if (node != NUMA_NO_NODE && node != READ_ONCE(tl->node))
			continue;

		progress->bytes.done += done;
		progress->bytes.total += size;
		progress->unfinished += done < size;
		progress->lanes++;
	}
}

/**
 * tdx_progress_of - how far is a bring-up in that state?
 * @tb: the bring-up
 * @status: its state, read before
 * @progress: out
 *
 * The lanes end a moment before the module is ready.  Whoever waits for the
 * last byte waits for the module, so the last call counts with the state.
 *
 * Context: any; no locks.
 */
void tdx_progress_of(const struct tdx_bringup *tb, enum tdx_status status,
		     struct tdx_progress *progress)
{
	struct tdx_lanes_progress all;

	tdx_progress_read(tb, NUMA_NO_NODE, &all);
	*progress = all.bytes;

	if (status != TDX_STATUS_INITIALIZED && progress->total)
		progress->done = min(progress->done,
				     progress->total - CALL_BYTES);
}
