// SPDX-License-Identifier: GPL-2.0-only
/*
 * Manage the requests for TDX, and the state of a host.
 *
 *	            request          all steps done
 *	UNKNOWN ------------> INITIALIZING ------------> INITIALIZED
 *	   ^                    |       |
 *	   +--------------------+       +--------------> ERROR
 *	    error before SYS.CONFIG      error after it
 *
 * One attempt runs at a time, in a work item, the worker.  A request that arrives
 * meanwhile joins the attempt and gets its result.  The worker first wakes tasks that
 * wait for requests without a callback, and then runs callbacks, one after another.  An
 * attempt runs to its end even if callers cancel all requests.
 */
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "enable.h"

static bool tdx_bringup_final(const struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->lock);

	return tb->status == TDX_STATUS_INITIALIZED || tb->status == TDX_STATUS_ERROR;
}

static void tdx_bringup_set_status(struct tdx_bringup *tb, enum tdx_status status)
{
	lockdep_assert_held(&tb->lock);

	WRITE_ONCE(tb->status, status);
	wake_up_all(&tb->attempt.changed);
	if (tb->notify)
		tb->notify();
}

static int tdx_bringup_attempt(struct tdx_bringup *tb)
{
	int result;

	tdx_attempt_begin(&tb->attempt);
	result = tdx_attempt_pause(&tb->attempt);

	return result ?: tb->run(tb);
}

static void tdx_bringup_set_result(struct tdx_bringup *tb, int result)
{
	lockdep_assert_held(&tb->lock);

	tb->result = result;
	if (!result)
		tdx_bringup_set_status(tb, TDX_STATUS_INITIALIZED);
	else if (tb->attempt.configured)
		tdx_bringup_set_status(tb, TDX_STATUS_ERROR);
	else
		tdx_bringup_set_status(tb, TDX_STATUS_UNKNOWN);
}

/*
 * Drops the lock around the callback.  The owner may free @req once its completion is
 * done.
 */
static void tdx_request_end(struct tdx_bringup *tb, struct tdx_enable_request *req, int result)
{
	lockdep_assert_held(&tb->lock);

	list_del_init(&req->node);
	req->result = result;
	if (!req->complete) {
		complete_all(&req->done);
		return;
	}

	WRITE_ONCE(tb->calling, req);
	wake_up_all(&tb->attempt.changed);
	mutex_unlock(&tb->lock);
	req->complete(req, result);
	mutex_lock(&tb->lock);
	WRITE_ONCE(tb->calling, NULL);
	complete_all(&req->done);
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

/*
 * The worker takes the requests in the same critical section in which the attempt ends.
 * A later request may start the next attempt, and then gets the result of that attempt.
 */
static void tdx_bringup_work(struct work_struct *work)
{
	struct tdx_bringup *tb = container_of(work, struct tdx_bringup, work);
	bool attempt = READ_ONCE(tb->status) == TDX_STATUS_INITIALIZING;
	LIST_HEAD(subscribers);
	LIST_HEAD(requests);
	int result = 0, final;

	lock_map_acquire(&tb->map);
	if (attempt)
		result = tdx_bringup_attempt(tb);

	mutex_lock(&tb->lock);
	if (attempt)
		tdx_bringup_set_result(tb, result);
	else if (tdx_bringup_final(tb))
		result = tb->result;
	else if (tb->attempt.stop)
		result = -ESHUTDOWN;

	/* In all other cases, requests wait for the next attempt. */
	if (attempt || tdx_bringup_final(tb) || tb->attempt.stop)
		list_splice_init(&tb->requests, &requests);
	if (tdx_bringup_final(tb) || tb->attempt.stop)
		list_splice_init(&tb->subscribers, &subscribers);
	/* Subscribers do not get an error after which an attempt may be repeated. */
	final = tdx_bringup_final(tb) ? tb->result : -ESHUTDOWN;

	tdx_requests_end(tb, &requests, result);
	tdx_requests_end(tb, &subscribers, final);
	mutex_unlock(&tb->lock);
	lock_map_release(&tb->map);
}

static void tdx_bringup_queue(struct tdx_bringup *tb)
{
	queue_work(system_dfl_wq, &tb->work);
}

/* Let lockdep check that the caller holds no lock that the worker takes. */
static void tdx_bringup_might_wait(struct tdx_bringup *tb)
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
 * @run: runs the steps
 *
 * Context: may sleep.
 */
void tdx_bringup_init(struct tdx_bringup *tb, int (*run)(struct tdx_bringup *tb))
{
	memset(tb, 0, sizeof(*tb));
	mutex_init(&tb->lock);
	INIT_LIST_HEAD(&tb->requests);
	INIT_LIST_HEAD(&tb->subscribers);
	INIT_WORK(&tb->work, tdx_bringup_work);
	tb->run = run;
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

/* See tdx_enable_async(). */
int tdx_bringup_request(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	int ret;

	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	scoped_guard(mutex, &tb->lock) {
		ret = tdx_request_add(tb, req, &tb->requests);
		if (ret)
			return ret;
		if (tb->status == TDX_STATUS_UNKNOWN && !tb->attempt.stop)
			tdx_bringup_set_status(tb, TDX_STATUS_INITIALIZING);
	}

	/* The worker also passes on a result that is final already. */
	tdx_bringup_queue(tb);

	return 0;
}

/* See tdx_enable_subscribe(). */
int tdx_bringup_subscribe(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	int ret;

	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	scoped_guard(mutex, &tb->lock) {
		if (tdx_bringup_final(tb) && tb->result)
			return tb->result;
		if (tb->attempt.stop)
			return -ESHUTDOWN;
		ret = tdx_request_add(tb, req, &tb->subscribers);
		if (ret)
			return ret;
	}
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
		if (!completion_done(&req->done) && tb->calling != req) {
			list_del_init(&req->node);
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
	scoped_guard(mutex, &tb->lock) {
		if (tdx_bringup_final(tb))
			return tb->result;
	}

	tdx_enable_request_init(&req, NULL);
	ret = tdx_bringup_request(tb, &req);
	if (ret)
		return ret;

	ret = tdx_bringup_wait(tb, &req);
	/* If the task was killed, the request is still in use. */
	tdx_bringup_cancel(tb, &req);

	return ret;
}

static bool tdx_bringup_idle(const struct tdx_bringup *tb)
{
	/* An attempt that begins after the running callback sees @stop and @hold. */
	return READ_ONCE(tb->status) != TDX_STATUS_INITIALIZING || READ_ONCE(tb->calling);
}

/**
 * tdx_bringup_stop - stop bring-up for good, because the system goes down
 * @tb: the host
 *
 * Waiting requests get -ESHUTDOWN, unless the running attempt ends with another result.
 *
 * Context: may sleep until the running attempt has noticed the stop and ended.
 */
void tdx_bringup_stop(struct tdx_bringup *tb)
{
	tdx_bringup_might_wait(tb);
	scoped_guard(mutex, &tb->lock)
		tdx_attempt_set(&tb->attempt, &tb->attempt.stop, true);
	tdx_bringup_queue(tb);
	wait_event(tb->attempt.changed, tdx_bringup_idle(tb));
}

/**
 * tdx_bringup_hold - hold attempts, because the system will sleep
 * @tb: the host
 *
 * Callers can still make requests.
 *
 * Context: may sleep until the running step ends.
 *
 * Return: 0, and bring-up makes SEAMCALLs only in freezable work until
 * tdx_bringup_release(); -EINTR if the task was killed, and attempts are not held.
 */
int tdx_bringup_hold(struct tdx_bringup *tb)
{
	int ret;

	tdx_bringup_might_wait(tb);
	tdx_attempt_set(&tb->attempt, &tb->attempt.hold, true);
	ret = wait_event_killable(tb->attempt.changed,
				  tdx_bringup_idle(tb) || READ_ONCE(tb->attempt.resting));
	if (!ret)
		return 0;

	tdx_bringup_release(tb);

	return -EINTR;
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

	tdx_steps_progress(&tb->steps, &progress->done, &progress->total);
	/* Lanes end before the state changes: until then, withhold the last call. */
	if (status != TDX_STATUS_INITIALIZED && progress->total)
		progress->done = min(progress->done, progress->total - TDX_TDMR_CALL_BYTES);

	return status;
}

/* See tdx_enable_metadata(). */
const struct tdx_sys_info *tdx_bringup_metadata(const struct tdx_bringup *tb)
{
	/* Pairs with tdx_steps_read(). */
	if (READ_ONCE(tb->status) == TDX_STATUS_ERROR || !smp_load_acquire(&tb->steps.known))
		return NULL;

	return &tb->steps.module.sysinfo;
}

#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST
/**
 * tdx_bringup_renew - return to the state after boot, for tests
 * @tb: the host
 * @forget: frees the resources of @tb; called under the lock
 *
 * Subscribers remain subscribed.
 *
 * Context: may sleep, as long as @forget does.
 *
 * Return: 0; -EBUSY while an attempt or a callback runs or is about to run.
 */
int tdx_bringup_renew(struct tdx_bringup *tb, void (*forget)(struct tdx_bringup *tb))
{
	guard(mutex)(&tb->lock);

	if (tb->status == TDX_STATUS_INITIALIZING || tb->calling ||
	    (tdx_bringup_final(tb) && !(list_empty(&tb->requests) &&
					list_empty(&tb->subscribers))))
		return -EBUSY;

	forget(tb);

	tb->steps.known = false;
	tb->attempt.configured = false;
	tb->attempt.printed[0] = '\0';
	tdx_attempt_begin(&tb->attempt);
	tb->result = 0;
	tdx_bringup_set_status(tb, TDX_STATUS_UNKNOWN);

	return 0;
}

/**
 * tdx_bringup_exit - stop a host before its memory is freed, for tests
 * @tb: the host
 *
 * Context: may sleep until the running attempt and all callbacks have ended.
 */
void tdx_bringup_exit(struct tdx_bringup *tb)
{
	tdx_bringup_stop(tb);
	flush_work(&tb->work);
}
#endif
