// SPDX-License-Identifier: GPL-2.0-only
/*
 * Manage the requests for TDX, and the state of a host.
 *
 *	            request          all steps done
 *	UNKNOWN ------------> INITIALIZING ------------> INITIALIZED
 *	 ^   ^                  |       |                 |
 *	 |   +------------------+       +---> ERROR       | off
 *	 |     error that could be undone       ^         v
 *	 +--------------------------------------|--- DISABLING
 *	                                        +---------+
 *	                              SYS.DISABLE failed halfway
 *
 * A module update that fails leads from INITIALIZED to ERROR.
 *
 * One attempt runs at a time, in a work item, the worker.  A request that arrives
 * meanwhile joins the attempt and gets its result.  The worker first wakes tasks that
 * wait for requests without a callback, and then runs callbacks, one after another.  An
 * attempt runs to its end even if callers cancel all requests.
 *
 * After an attempt has failed, or after off, only tdx_bringup_request() and
 * tdx_bringup_probe() start again.  tdx_bringup_sync() serves tasks without privileges
 * and returns the last result.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "enable.h"

/*
 * A reboot and a suspend wait for the running step for this time.  A PAMT allocation,
 * TDH.SYS.DISABLE, or a CPU that runs no work items, can take longer.
 */
#define TDX_STOP_SECONDS	10

/* The worker works towards another status. */
static bool tdx_status_is_transient(enum tdx_status status)
{
	switch (status) {
	case TDX_STATUS_INITIALIZING:
	case TDX_STATUS_DISABLING:
		return true;
	default:
		return false;
	}
}

/* A request gets the present result, and starts no attempt. */
bool tdx_bringup_final(const struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->lock);

	return tb->status == TDX_STATUS_INITIALIZED || tb->status == TDX_STATUS_ERROR;
}

/* The last attempt has a result, and no new one runs. */
static bool tdx_bringup_settled(const struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->lock);

	return tb->status != TDX_STATUS_INITIALIZING &&
	       (tb->status == TDX_STATUS_INITIALIZED || tb->result);
}

/* Set the status, and wake all tasks that wait for it. */
void tdx_bringup_set_status(struct tdx_bringup *tb, enum tdx_status status)
{
	lockdep_assert_held(&tb->lock);

	WRITE_ONCE(tb->status, status);
	wake_up_all(&tb->attempt.changed);
	if (tb->ops->notify)
		tb->ops->notify();
}

static int tdx_bringup_attempt(struct tdx_bringup *tb, int (*run)(struct tdx_bringup *tb))
{
	int result;

	tdx_attempt_begin(&tb->attempt, "initialization");
	result = tdx_attempt_pause(&tb->attempt);

	return result ?: run(tb);
}

/*
 * Drops the lock around the callback.  The owner may free @req once its completion is
 * done.
 */
static void tdx_request_call(struct tdx_bringup *tb, struct tdx_enable_request *req, int result)
{
	lockdep_assert_held(&tb->lock);

	req->result = result;
	if (req->complete) {
		WRITE_ONCE(tb->calling, req);
		wake_up_all(&tb->attempt.changed);
		mutex_unlock(&tb->lock);
		req->complete(req, result);
		mutex_lock(&tb->lock);
		WRITE_ONCE(tb->calling, NULL);
	}
	/* A subscriber stays on its list unless it was cancelled meanwhile. */
	if (list_empty(&req->node))
		complete_all(&req->done);
}

static void tdx_request_end(struct tdx_bringup *tb, struct tdx_enable_request *req, int result)
{
	list_del_init(&req->node);
	tdx_request_call(tb, req, result);
}

/* End requests without a callback first, so that their tasks wait for no callback. */
static void tdx_requests_end(struct tdx_bringup *tb, struct list_head *requests, int result)
{
	struct tdx_enable_request *req, *next;

	list_for_each_entry_safe(req, next, requests, node) {
		if (!req->complete)
			tdx_request_end(tb, req, result);
	}
	while (!list_empty(requests))
		tdx_request_end(tb, list_first_entry(requests, struct tdx_enable_request, node),
				result);
}

/* Find a subscriber that has not got the present result. */
static struct tdx_enable_request *tdx_subscriber_next(struct tdx_bringup *tb)
{
	struct tdx_enable_request *req;

	if (!tdx_bringup_settled(tb))
		return NULL;

	list_for_each_entry(req, &tb->subscribers, node) {
		if (req->result != tb->result)
			return req;
	}

	return NULL;
}

static void tdx_subscribers_tell(struct tdx_bringup *tb)
{
	struct tdx_enable_request *req;

	while ((req = tdx_subscriber_next(tb)))
		tdx_request_call(tb, req, tb->result);
}

/* Let the worker look at the status and the requests. */
void tdx_bringup_queue(struct tdx_bringup *tb)
{
	queue_work(system_dfl_wq, &tb->work);
}

static void tdx_bringup_end_attempt(struct tdx_bringup *tb, int result)
{
	/* Step 1 is a part of the attempt. */
	WRITE_ONCE(tb->probing, false);
	tb->result = result;
	if (!result)
		tdx_bringup_set_status(tb, TDX_STATUS_INITIALIZED);
	else if (tb->attempt.configured)
		tdx_bringup_set_status(tb, TDX_STATUS_ERROR);
	else
		tdx_bringup_set_status(tb, TDX_STATUS_UNKNOWN);
}

/* A request may have started an attempt meanwhile. */
static void tdx_bringup_end_probe(struct tdx_bringup *tb, int result)
{
	if (result && tb->status == TDX_STATUS_UNKNOWN)
		tb->result = result;
	WRITE_ONCE(tb->probing, false);
	tdx_bringup_set_status(tb, tb->status);
}

static void tdx_bringup_end_off(struct tdx_bringup *tb, int result)
{
	tb->off_result = result;
	if (result) {
		/* A probe would clear the error. */
		WRITE_ONCE(tb->probing, false);
		/* While the system goes down, subscribers must not bring users back. */
		tb->result = tb->attempt.lost || tb->attempt.stop ? result : 0;
		tdx_bringup_set_status(tb, tb->attempt.lost ? TDX_STATUS_ERROR :
							       TDX_STATUS_INITIALIZED);
	} else if (list_empty(&tb->requests) || tb->attempt.stop) {
		tdx_bringup_set_status(tb, TDX_STATUS_UNKNOWN);
	} else {
		tdx_bringup_set_status(tb, TDX_STATUS_INITIALIZING);
	}
	/* A request or a probe may have come meanwhile. */
	tdx_bringup_queue(tb);
}

/*
 * Do what the status asks for.  Returns with the lock held, in the critical section in
 * which the attempt ends: a later request may start the next attempt, and then gets the
 * result of that attempt.
 */
static void tdx_bringup_act(struct tdx_bringup *tb)
{
	int result;

	switch (READ_ONCE(tb->status)) {
	case TDX_STATUS_INITIALIZING:
		result = tdx_bringup_attempt(tb, tb->ops->run);
		mutex_lock(&tb->lock);
		tdx_bringup_end_attempt(tb, result);
		break;
	case TDX_STATUS_DISABLING:
		/* Users of TDX go before TDX does. */
		scoped_guard(mutex, &tb->lock)
			tdx_subscribers_tell(tb);
		result = tdx_attempt_pause(&tb->attempt) ?: tb->ops->off(tb);
		mutex_lock(&tb->lock);
		tdx_bringup_end_off(tb, result);
		break;
	default:
		if (!READ_ONCE(tb->probing)) {
			mutex_lock(&tb->lock);
			break;
		}
		result = tdx_bringup_attempt(tb, tb->ops->probe);
		mutex_lock(&tb->lock);
		tdx_bringup_end_probe(tb, result);
	}
}

static void tdx_bringup_tell(struct tdx_bringup *tb)
{
	LIST_HEAD(requests);
	int result = tb->result;

	lockdep_assert_held(&tb->lock);

	if (tdx_status_is_transient(tb->status))
		return;

	/* In all other cases, requests wait for the next attempt. */
	if (tb->attempt.stop && !tdx_bringup_settled(tb))
		result = -ESHUTDOWN;
	if (result || tdx_bringup_final(tb))
		list_splice_init(&tb->requests, &requests);

	/* A callback must not run while the system sleeps: it may create a device. */
	mutex_unlock(&tb->lock);
	tdx_attempt_pause(&tb->attempt);
	mutex_lock(&tb->lock);

	tdx_requests_end(tb, &requests, result);
	tdx_subscribers_tell(tb);
}

static void tdx_bringup_work(struct work_struct *work)
{
	struct tdx_bringup *tb = container_of(work, struct tdx_bringup, work);

	lock_map_acquire(&tb->map);
	tdx_attempt_set(&tb->attempt, &tb->attempt.active, true);
	/* Each attempt begins with the same check, which then sees a stop. */
	tdx_attempt_pause(&tb->attempt);

	tdx_bringup_act(tb);
	tdx_bringup_tell(tb);
	mutex_unlock(&tb->lock);

	tdx_attempt_set(&tb->attempt, &tb->attempt.active, false);
	lock_map_release(&tb->map);
}

/* Let lockdep check that the caller holds no lock that the worker takes. */
void tdx_bringup_might_wait(struct tdx_bringup *tb)
{
	might_sleep();
	lock_map_acquire(&tb->map);
	lock_map_release(&tb->map);
}

static void tdx_bringup_init_lockdep(struct tdx_bringup *tb)
{
	static struct lock_class_key key;

	lockdep_init_map(&tb->map, "tdx_bringup", &key, 0);
	if (!IS_ENABLED(CONFIG_LOCKDEP))
		return;

	/* Teach lockdep the locks of an attempt before the first attempt runs. */
	lock_map_acquire(&tb->map);
	cpus_read_lock();
	get_online_mems();
	put_online_mems();
	cpus_read_unlock();
	lock_map_release(&tb->map);
}

/**
 * tdx_bringup_init - initialize the state of a host
 * @tb: the memory for the state
 * @ops: what the worker does
 *
 * Context: may sleep.
 */
void tdx_bringup_init(struct tdx_bringup *tb, const struct tdx_bringup_ops *ops)
{
	memset(tb, 0, sizeof(*tb));
	mutex_init(&tb->lock);
	INIT_LIST_HEAD(&tb->requests);
	INIT_LIST_HEAD(&tb->subscribers);
	INIT_WORK(&tb->work, tdx_bringup_work);
	tb->ops = ops;
	tdx_attempt_init(&tb->attempt);
	tdx_bringup_init_lockdep(tb);
}

static int tdx_request_add(struct tdx_bringup *tb, struct tdx_enable_request *req,
			   struct list_head *requests)
{
	lockdep_assert_held(&tb->lock);

	if (!completion_done(&req->done))
		return -EBUSY;

	reinit_completion(&req->done);
	list_add_tail(&req->node, requests);

	return 0;
}

/* Start an attempt, or join one.  During off, the attempt starts afterwards. */
static int tdx_request_start(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	int ret;

	ret = tdx_request_add(tb, req, &tb->requests);
	if (ret)
		return ret;

	if (tb->status == TDX_STATUS_UNKNOWN && !tb->attempt.stop)
		tdx_bringup_set_status(tb, TDX_STATUS_INITIALIZING);
	/* The worker also passes on a result that is final already. */
	tdx_bringup_queue(tb);

	return 0;
}

/* See tdx_enable_async(). */
int tdx_bringup_request(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	guard(mutex)(&tb->lock);

	return tdx_request_start(tb, req);
}

/* See tdx_enable_subscribe(). */
int tdx_bringup_subscribe(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	int ret;

	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	guard(mutex)(&tb->lock);

	if (tdx_bringup_final(tb) && tb->result)
		return tb->result;
	if (tb->attempt.stop)
		return -ESHUTDOWN;

	ret = tdx_request_add(tb, req, &tb->subscribers);
	if (ret)
		return ret;

	req->result = -ECANCELED;
	tdx_bringup_queue(tb);

	return 0;
}

/* See tdx_enable_wait(). */
int tdx_bringup_wait(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	tdx_bringup_might_wait(tb);
	if (wait_for_completion_state(&req->done, TASK_KILLABLE | TASK_FREEZABLE))
		return -EINTR;

	return req->result;
}

/* See tdx_enable_cancel(). */
void tdx_bringup_cancel(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	if (!tdx_enable_request_valid(req))
		return;

	tdx_bringup_might_wait(tb);
	scoped_guard(mutex, &tb->lock) {
		list_del_init(&req->node);
		if (!completion_done(&req->done) && tb->calling != req) {
			req->result = -ECANCELED;
			complete_all(&req->done);
		}
	}
	wait_for_completion(&req->done);
}

/* See tdx_enable(). */
int tdx_bringup_sync(struct tdx_bringup *tb)
{
	struct tdx_enable_request req;
	int ret;

	tdx_bringup_might_wait(tb);
	tdx_enable_request_init(&req, NULL);
	scoped_guard(mutex, &tb->lock) {
		if (tdx_bringup_settled(tb))
			return tb->result;
		ret = tdx_request_start(tb, &req);
		if (ret)
			return ret;
	}

	ret = tdx_bringup_wait(tb, &req);
	/* If the task was killed, the request is still in use. */
	tdx_bringup_cancel(tb, &req);

	return ret;
}

static bool tdx_bringup_known(const struct tdx_bringup *tb)
{
	/* Pairs with tdx_steps_read(). */
	return smp_load_acquire(&tb->steps.known);
}

static bool tdx_bringup_probed(const struct tdx_bringup *tb)
{
	if (READ_ONCE(tb->status) == TDX_STATUS_INITIALIZING)
		return tdx_bringup_known(tb);

	return !READ_ONCE(tb->probing);
}

/* See tdx_enable_probe(). */
int tdx_bringup_probe(struct tdx_bringup *tb)
{
	tdx_bringup_might_wait(tb);
	scoped_guard(mutex, &tb->lock) {
		if (tdx_bringup_final(tb))
			return tb->result;
		if (tb->status == TDX_STATUS_UNKNOWN && tdx_bringup_known(tb))
			return 0;
		/* The task could not be frozen while it waits for the worker. */
		if (READ_ONCE(tb->attempt.hold))
			return -EBUSY;
		WRITE_ONCE(tb->probing, true);
		tdx_bringup_queue(tb);
	}

	/* The caller may hold locks, so the freezer must wait for it. */
	if (wait_event_killable(tb->attempt.changed, tdx_bringup_probed(tb)))
		return -EINTR;

	guard(mutex)(&tb->lock);

	return tdx_bringup_known(tb) && tb->status != TDX_STATUS_ERROR ? 0 : tb->result;
}

/* Neither a probe, an attempt nor off runs; each sees @stop if it begins after a callback. */
static bool tdx_bringup_idle(const struct tdx_bringup *tb)
{
	return READ_ONCE(tb->calling) ||
	       (!tdx_status_is_transient(READ_ONCE(tb->status)) &&
		!READ_ONCE(tb->probing));
}

/**
 * tdx_bringup_stop - stop bring-up for good, because the system goes down
 * @tb: the host
 *
 * Waiting requests get -ESHUTDOWN, unless the running attempt ends with another result.
 * A step that does not end in time makes no SEAMCALL any more.
 *
 * Context: may sleep until the worker has noticed the stop, but not longer than
 * %TDX_STOP_SECONDS.
 */
void tdx_bringup_stop(struct tdx_bringup *tb)
{
	tdx_bringup_might_wait(tb);
	scoped_guard(mutex, &tb->lock)
		tdx_attempt_set(&tb->attempt, &tb->attempt.stop, true);
	tdx_bringup_queue(tb);
	if (!wait_event_timeout(tb->attempt.changed, tdx_bringup_idle(tb),
				TDX_STOP_SECONDS * HZ))
		pr_warn("the running step has not ended after %d s: shutdown continues\n",
			TDX_STOP_SECONDS);
}

static bool tdx_bringup_quiet(const struct tdx_bringup *tb)
{
	return !READ_ONCE(tb->attempt.active) || READ_ONCE(tb->attempt.resting);
}

/**
 * tdx_bringup_hold - hold the worker, because the system will sleep
 * @tb: the host
 *
 * Callers can still make requests.
 *
 * Context: may sleep until the running step or callback ends, but not longer than
 * %TDX_STOP_SECONDS.
 *
 * Return: 0, and until tdx_bringup_release() bring-up makes SEAMCALLs only in freezable
 * work, and no callback runs; -EINTR if the task was killed, or -EBUSY if the step did
 * not end in time or a task waits for off or for a probe: the worker is not held.
 */
int tdx_bringup_hold(struct tdx_bringup *tb)
{
	long ret;

	tdx_bringup_might_wait(tb);
	/* tdx_bringup_probe() and tdx_bringup_disable() check @hold under the lock. */
	scoped_guard(mutex, &tb->lock)
		tdx_attempt_set(&tb->attempt, &tb->attempt.hold, true);
	ret = wait_event_killable_timeout(tb->attempt.changed, tdx_bringup_quiet(tb),
					  TDX_STOP_SECONDS * HZ);
	/* The freezer cannot freeze a task that waits for off or for a probe. */
	if (ret > 0 && !READ_ONCE(tb->probing) &&
	    READ_ONCE(tb->status) != TDX_STATUS_DISABLING)
		return 0;

	tdx_bringup_release(tb);
	if (ret > 0)
		return -EBUSY;
	if (ret)
		return -EINTR;

	pr_warn("the running step takes longer than %d s: the system cannot sleep yet\n",
		TDX_STOP_SECONDS);

	return -EBUSY;
}

/* Let attempts continue after tdx_bringup_hold(). */
void tdx_bringup_release(struct tdx_bringup *tb)
{
	tdx_attempt_set(&tb->attempt, &tb->attempt.hold, false);
}

/* See tdx_enable_status(). */
enum tdx_status tdx_bringup_status(const struct tdx_bringup *tb, struct tdx_progress *progress)
{
	enum tdx_status status = READ_ONCE(tb->status);

	if (!progress)
		return status;
	if (status == TDX_STATUS_ERROR) {
		*progress = (struct tdx_progress) {};
		return status;
	}

	tdx_steps_progress(&tb->steps, &progress->done, &progress->total);
	/* Lanes end before the state changes: until then, withhold the last call. */
	if (status != TDX_STATUS_INITIALIZED && progress->total)
		progress->done = min(progress->done, progress->total - TDX_TDMR_CALL_BYTES);

	return status;
}

/* See tdx_enable_metadata(). */
const struct tdx_sys_info *tdx_bringup_metadata(const struct tdx_bringup *tb)
{
	if (READ_ONCE(tb->status) == TDX_STATUS_ERROR || !tdx_bringup_known(tb))
		return NULL;

	return &tb->steps.module.sysinfo;
}

#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST
static bool tdx_bringup_renewable(struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->lock);

	return !tdx_status_is_transient(tb->status) && !tb->calling && !tb->users &&
	       list_empty(&tb->requests) && !tdx_subscriber_next(tb);
}

/**
 * tdx_bringup_renew - return to the state after boot, for tests
 * @tb: the host
 * @forget: frees the resources of @tb
 *
 * Subscribers remain subscribed.
 *
 * Context: may sleep, as long as @forget does.
 *
 * Return: 0; -EBUSY while an attempt or a callback runs or is about to run, or while
 * TDX has users.
 */
int tdx_bringup_renew(struct tdx_bringup *tb, void (*forget)(struct tdx_bringup *tb))
{
	scoped_guard(mutex, &tb->lock) {
		if (!tdx_bringup_renewable(tb))
			return -EBUSY;
		/* Keep the worker and requests away. */
		tdx_bringup_set_status(tb, TDX_STATUS_ERROR);
	}

	forget(tb);

	guard(mutex)(&tb->lock);

	tb->steps.known = false;
	tb->attempt.configured = false;
	tb->attempt.lost = false;
	tb->attempt.printed[0] = '\0';
	tdx_attempt_begin(&tb->attempt, "initialization");
	tb->result = 0;
	tdx_bringup_set_status(tb, TDX_STATUS_UNKNOWN);

	return 0;
}

/**
 * tdx_bringup_exit - stop a host before its memory is freed, for tests
 * @tb: the host
 *
 * Context: may sleep until the worker is idle.
 */
void tdx_bringup_exit(struct tdx_bringup *tb)
{
	tdx_bringup_stop(tb);
	flush_work(&tb->work);
}
#endif
