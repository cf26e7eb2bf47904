// SPDX-License-Identifier: GPL-2.0-only
/*
 * No SEAMCALL while the system sleeps.
 *
 * The work item of an attempt cannot be freezable: it waits for lanes, which
 * are, and the freezer would wait for it.  So it is held between steps, before
 * anything is frozen.
 */
#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/wait.h>

#include "bringup.h"

static bool held(struct tdx_bringup *tb)
{
	return READ_ONCE(tb->hold) && !READ_ONCE(tb->stop);
}

static void rest_while_held(struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->lock);

	while (held(tb)) {
		WRITE_ONCE(tb->resting, true);
		wake_up_all(&tb->idle);
		mutex_unlock(&tb->lock);

		wait_event_idle(tb->idle, !held(tb));

		mutex_lock(&tb->lock);
		WRITE_ONCE(tb->resting, false);
	}
}

/**
 * tdx_bringup_pause - a moment between steps at which an attempt can be held
 * @tb: the bring-up
 *
 * Context: may sleep, for as long as the system does.  The runner of @tb,
 * without locks.
 *
 * Return: 0 to go on; -ESHUTDOWN to make no further SEAMCALL.
 */
int tdx_bringup_pause(struct tdx_bringup *tb)
{
	guard(mutex)(&tb->lock);

	rest_while_held(tb);

	return tb->stop ? -ESHUTDOWN : 0;
}

/**
 * tdx_bringup_rest - say whether an attempt can be left to the freezer
 * @tb: the bring-up
 * @resting: true while only freezable work is waited for
 *
 * Context: may sleep, briefly.  The runner of @tb.
 */
void tdx_bringup_rest(struct tdx_bringup *tb, bool resting)
{
	guard(mutex)(&tb->lock);

	WRITE_ONCE(tb->resting, resting);
	wake_up_all(&tb->idle);
}

static bool quiet(struct tdx_bringup *tb)
{
	return tdx_bringup_status(tb) != TDX_STATUS_INITIALIZING ||
	       READ_ONCE(tb->resting);
}

/**
 * tdx_bringup_hold - have no attempt go on, because the system will sleep
 * @tb: the bring-up
 *
 * Requests are accepted meanwhile.
 *
 * Context: may sleep until the step that runs ends.
 *
 * Return: 0, and no SEAMCALL is made outside freezable work until
 * tdx_bringup_release(); -EINTR when killed, and nothing is held.
 */
int tdx_bringup_hold(struct tdx_bringup *tb)
{
	int ret;

	tdx_bringup_might_wait(tb);

	scoped_guard(mutex, &tb->lock)
		WRITE_ONCE(tb->hold, true);

	ret = wait_event_killable(tb->idle, quiet(tb));
	if (!ret)
		return 0;

	tdx_bringup_release(tb);
	return -EINTR;
}

/**
 * tdx_bringup_release - let attempts go on
 * @tb: the bring-up
 *
 * Context: may sleep, briefly.
 */
void tdx_bringup_release(struct tdx_bringup *tb)
{
	guard(mutex)(&tb->lock);

	WRITE_ONCE(tb->hold, false);
	wake_up_all(&tb->idle);
}
