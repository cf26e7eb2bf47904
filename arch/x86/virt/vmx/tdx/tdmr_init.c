// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 7: have the module initialise its PAMTs.
 *
 * TDH.SYS.TDMR.INIT does 4 MiB of a TDMR a call and keeps the place itself, so
 * any CPU may make the next call and nothing is lost by stopping in between.
 * The module takes calls for different TDMRs at the same time, and refuses a
 * second one for the same: each TDMR is a lane.
 *
 * RDX tells how far it is, but moves once per GiB only, and is 0 when another
 * caller finished the TDMR: the status comes first.
 */
#include <kunit/visibility.h>

#include <linux/errno.h>
#include <linux/lanework.h>
#include <linux/preempt.h>

#include "bringup.h"
#include "seamcall_internal.h"
#include "trace.h"

/*
 * One call, unless this CPU cannot make it.  No lock keeps CPUs from coming and
 * going, and a kernel thread may run on one that is only half there: the test
 * and the call must be on the same CPU.
 */
static bool call_here(struct tdx_module_args *args, u64 *status)
{
	guard(preempt)();

	if (!tdx_host_lp_ready())
		return false;

	*status = __seamcall_dirty_cache(__seamcall_ret, TDH_SYS_TDMR_INIT, args);

	return true;
}

static int judge(struct tdmr_lane *tl, u64 status, u64 next)
{
	u64 end = tdmr_end_of(tl->tdmr);

	/* Somebody else's doing: no two calls of ours meet. */
	if (tdx_status_retryable(status) && ++tl->tries < TDX_SEAMCALL_TRIES)
		return LANE_NOT_HERE;

	switch (seam_status_class(status)) {
	case SEAM_SUCCESS:
		tl->tries = 0;
		tdx_progress_count(tl, next >= end);
		return next < end ? LANE_MORE : LANE_DONE;
	case SEAM_ALREADY:
		tdx_progress_count(tl, true);
		return LANE_DONE;
	default:
		return tdx_bringup_fail_seam(tl->tb, TDH_SYS_TDMR_INIT, status,
					     "TDMR [0x%llx, 0x%llx)",
					     tl->tdmr->base, end);
	}
}

VISIBLE_IF_KUNIT int tdx_tdmr_init_next(struct lane *lane)
{
	struct tdmr_lane *tl = container_of(lane, struct tdmr_lane, lane);
	struct tdx_module_args args = { .rcx = tl->tdmr->base };
	u64 status;

	if (tdx_bringup_stopped(tl->tb))
		return -ESHUTDOWN;

	if (!call_here(&args, &status))
		return LANE_NOT_HERE;
	if (seam_status_class(status) != SEAM_SUCCESS)
		trace_tdx_seamcall_error(TDH_SYS_TDMR_INIT, status,
					 tl->tdmr->base);

	return judge(tl, status, args.rdx);
}

static void add_lanes(struct tdx_bringup *tb, struct lanework *job)
{
	unsigned int order[TDMR_MAX];
	unsigned int i;

	tdmr_order(&tb->layout, order);

	for (i = 0; i < tb->layout.nr_tdmrs; i++) {
		struct tdmr_lane *tl = &tb->lanes[order[i]];

		tl->tb = tb;
		tl->tdmr = &tb->layout.tdmrs[order[i]];
		tl->tries = 0;
		lanework_add(job, &tl->lane, tdx_layout_home(tl->tdmr->node));
	}
}

static int run(struct lanework *job)
{
	int ret;

	ret = lanework_start(job);
	if (ret)
		return ret;

	return lanework_wait(job);
}

/**
 * tdx_tdmrs_init - step 7 of bring-up
 * @tb: the bring-up, the module is in SYS_READY
 *
 * Context: may sleep, and long; takes cpu_hotplug_lock.  The runner of @tb,
 * without locks.
 *
 * Return: 0; -ESHUTDOWN when the system goes down meanwhile; else the errno of
 * the status.  No SEAMCALL is in flight any more.
 */
int tdx_tdmrs_init(struct tdx_bringup *tb)
{
	struct lanework job;
	int ret;

	ret = lanework_init(&job, "tdx_tdmr_init", tdx_tdmr_init_next);
	if (ret)
		return ret;

	add_lanes(tb, &job);
	tb->nr_lanes = job.nr_lanes;
	ret = run(&job);
	lanework_free(&job);

	return ret;
}
