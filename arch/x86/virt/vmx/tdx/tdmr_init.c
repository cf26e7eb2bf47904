// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 7: have the module initialise its PAMTs.
 *
 * TDH.SYS.TDMR.INIT does 4 MiB of a TDMR a call and keeps the place itself, so
 * any CPU may make the next call and nothing is lost by stopping in between.
 * RDX tells how far it is, but moves once per GiB only, and is 0 when another
 * caller finished the TDMR: the status comes first.
 */
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "bringup.h"
#include "seamcall_internal.h"

/*
 * One call, or -EAGAIN on a CPU that cannot make it.  No lock keeps CPUs from
 * coming and going, and a kernel thread may run on one that is only half
 * there: the test and the call must be on the same CPU.
 */
static int init_next(struct tdx_module_args *args, u64 *status)
{
	guard(preempt)();

	if (!tdx_host_lp_ready())
		return -EAGAIN;

	*status = __seamcall_dirty_cache(__seamcall_ret, TDH_SYS_TDMR_INIT, args);

	return 0;
}

static int init_one(struct tdx_bringup *tb, const struct tdmr_plan *plan)
{
	u64 end = plan->base + plan->size;
	unsigned int tries = 0;
	u64 status;

	for (;;) {
		struct tdx_module_args args = { .rcx = plan->base };

		if (tdx_bringup_stopped(tb))
			return -ESHUTDOWN;

		if (init_next(&args, &status)) {
			schedule_timeout_uninterruptible(1);
			continue;
		}

		if (tdx_status_retryable(status) &&
		    ++tries < TDX_SEAMCALL_TRIES) {
			usleep_range(TDX_SEAMCALL_PAUSE_US,
				     2 * TDX_SEAMCALL_PAUSE_US);
			continue;
		}

		switch (seam_status_class(status)) {
		case SEAM_SUCCESS:
			if (args.rdx >= end)
				return 0;
			tries = 0;
			break;
		case SEAM_ALREADY:
			return 0;
		default:
			return tdx_bringup_fail_seam(tb, TDH_SYS_TDMR_INIT, status,
						     "TDMR [0x%llx, 0x%llx)",
						     plan->base, end);
		}

		cond_resched();
	}
}

/**
 * tdx_tdmrs_init - step 7 of bring-up
 * @tb: the bring-up, the module is in SYS_READY
 *
 * Context: may sleep, and long.  The runner of @tb, without locks.
 *
 * Return: 0; -ESHUTDOWN when the system goes down meanwhile; else the errno of
 * the status.
 */
int tdx_tdmrs_init(struct tdx_bringup *tb)
{
	unsigned int i;
	int ret;

	for (i = 0; i < tb->layout.nr_plans; i++) {
		ret = init_one(tb, &tb->layout.plans[i]);
		if (ret)
			return ret;
	}

	return 0;
}
