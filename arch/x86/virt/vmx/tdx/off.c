// SPDX-License-Identifier: GPL-2.0-only
/*
 * Count the users of TDX, and ask the worker to switch TDX off when there are none.
 */
#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include "enable.h"

/* See tdx_host_update_begin(). */
int tdx_bringup_try_get(struct tdx_bringup *tb)
{
	guard(mutex)(&tb->lock);

	if (!tdx_bringup_final(tb))
		return -ENXIO;
	if (!tb->result)
		tb->users++;

	return tb->result;
}

/* See tdx_get(). */
int tdx_bringup_get(struct tdx_bringup *tb)
{
	int ret;

	/* Root may switch TDX off in between. */
	while (!(ret = tdx_bringup_sync(tb))) {
		ret = tdx_bringup_try_get(tb);
		if (ret != -ENXIO)
			break;
	}

	return ret;
}

/* See tdx_put(). */
void tdx_bringup_put(struct tdx_bringup *tb)
{
	guard(mutex)(&tb->lock);

	if (!WARN_ON_ONCE(!tb->users))
		tb->users--;
}

/* See tdx_host_update_end(). */
void tdx_bringup_lose(struct tdx_bringup *tb)
{
	guard(mutex)(&tb->lock);

	tb->result = -ESHUTDOWN;
	tdx_bringup_set_status(tb, TDX_STATUS_ERROR);
	tdx_bringup_queue(tb);
}

/* Returns 0 if TDX may be switched off now. */
static int tdx_bringup_can_disable(struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->lock);

	switch (tb->status) {
	case TDX_STATUS_INITIALIZED:
		if (tb->attempt.stop)
			return -ESHUTDOWN;
		return tb->users || READ_ONCE(tb->attempt.hold) ? -EBUSY :
								  tb->ops->can_disable(tb);
	case TDX_STATUS_UNKNOWN:
		return tb->probing ? -EBUSY : 0;
	case TDX_STATUS_ERROR:
		return tb->result;
	default:
		return -EBUSY;
	}
}

/* See tdx_disable(). */
int tdx_bringup_disable(struct tdx_bringup *tb)
{
	int ret;

	tdx_bringup_might_wait(tb);
	scoped_guard(mutex, &tb->lock) {
		ret = tdx_bringup_can_disable(tb);
		if (ret)
			return ret;
		tdx_attempt_begin(&tb->attempt, "disabling");
		tb->result = -ESHUTDOWN;
		if (tb->status == TDX_STATUS_INITIALIZED)
			tdx_bringup_set_status(tb, TDX_STATUS_DISABLING);
		tdx_bringup_queue(tb);
		if (tb->status == TDX_STATUS_UNKNOWN)
			return 0;
	}

	/* A writer of the file in sysfs holds locks, so the freezer must wait for it. */
	if (wait_event_killable(tb->attempt.changed,
				READ_ONCE(tb->status) != TDX_STATUS_DISABLING))
		return -EINTR;

	guard(mutex)(&tb->lock);

	return tb->off_result;
}
