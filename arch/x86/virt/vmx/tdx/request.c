// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who asks for TDX, and what they are told.
 *
 *	            request          all steps done
 *	UNKNOWN ------------> INITIALIZING ------------> INITIALIZED
 *	   ^                    |       |
 *	   +--------------------+       +--------------> ERROR
 *	    failed before SYS.CONFIG     failed after it
 *
 * One attempt runs at a time, in a work item.  Everybody who asks while it runs
 * joins it and is told its result; so does, without starting one, everybody
 * who only subscribed.  The work item tells them, too: first those who sleep,
 * then, one after another, those who want to be called back.  An attempt goes
 * on to its end when all who asked have left.
 *
 * A request is pending, or its callback runs, or it is at rest.  The last that
 * is done to it here is that it is not pending any more, or that its callback is
 * called: from then on it may be gone, or in use again.
 */
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/memory_hotplug.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/wait_bit.h>

#include "bringup.h"

static void attempt_begins(struct tdx_bringup *tb)
{
	lock_map_acquire(&tb->attempt_map);
}

static void attempt_ends(struct tdx_bringup *tb)
{
	lock_map_release(&tb->attempt_map);
}

static void callback_begins(struct tdx_bringup *tb)
{
	lock_map_acquire(&tb->callback_map);
}

static void callback_ends(struct tdx_bringup *tb)
{
	lock_map_release(&tb->callback_map);
}

static void init_lockdep(struct tdx_bringup *tb)
{
	static struct lock_class_key attempt_key, callback_key;

	lockdep_init_map(&tb->attempt_map, "tdx_bringup attempt", &attempt_key, 0);
	lockdep_init_map(&tb->callback_map, "tdx_bringup callback",
			 &callback_key, 0);
	if (!IS_ENABLED(CONFIG_LOCKDEP))
		return;

	/*
	 * Teach what an attempt takes before the first one: a caller that
	 * waits with one of these held is then reported the first time, and
	 * not when it meets CPU or memory hot-plug in the field.
	 */
	attempt_begins(tb);
	cpus_read_lock();
	get_online_mems();
	put_online_mems();
	cpus_read_unlock();
	attempt_ends(tb);
}

/* Is this a callback?  Only the task itself ever writes its own name there. */
static bool inside_callback(struct tdx_bringup *tb)
{
	return READ_ONCE(tb->completer) == current;
}

static void might_wait_for_callbacks(struct tdx_bringup *tb)
{
	might_sleep();
	if (inside_callback(tb))
		return;

	callback_begins(tb);
	callback_ends(tb);
}

/**
 * tdx_bringup_might_wait - say that an attempt may be waited for
 * @tb: the bring-up
 *
 * And for callbacks: an attempt begins when those of the one before have
 * returned.
 *
 * Context: may sleep.  No lock that an attempt or a callback takes is held, or
 * lockdep reports it.
 */
void tdx_bringup_might_wait(struct tdx_bringup *tb)
{
	might_wait_for_callbacks(tb);
	attempt_begins(tb);
	attempt_ends(tb);
}

static bool final(const struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->lock);

	return tb->status == TDX_STATUS_INITIALIZED ||
	       tb->status == TDX_STATUS_ERROR;
}

/**
 * tdx_bringup_status - how far is it?
 * @tb: the bring-up
 *
 * Context: any.
 *
 * Return: the state at some moment during the call.
 */
enum tdx_status tdx_bringup_status(const struct tdx_bringup *tb)
{
	return READ_ONCE(tb->status);
}

/**
 * tdx_bringup_metadata - what the module can do
 * @tb: the bring-up
 *
 * Context: any.
 *
 * Return: the answers of step 1, constant from then on; NULL before it and
 * after an attempt that failed for good.
 */
const struct tdx_sys_info *tdx_bringup_metadata(const struct tdx_bringup *tb)
{
	/* Pairs with tdx_bringup_publish(). */
	return smp_load_acquire(&tb->metadata);
}

/**
 * tdx_bringup_publish - let the answers of step 1 be seen
 * @tb: the bring-up, whose sysinfo is complete and does not change any more
 *
 * Context: any.  The runner of @tb.
 */
void tdx_bringup_publish(struct tdx_bringup *tb)
{
	/* Pairs with tdx_bringup_metadata(). */
	smp_store_release(&tb->metadata, &tb->sysinfo);
}

/* The attempt */

static void set_status(struct tdx_bringup *tb, enum tdx_status status)
{
	lockdep_assert_held(&tb->lock);

	WRITE_ONCE(tb->status, status);
	tdx_sysfs_status_changed(tb);
}

static int run_attempt(struct tdx_bringup *tb)
{
	int result;

	tdx_bringup_forget_error(tb);
	result = tdx_bringup_pause(tb);
	if (result)
		return result;

	attempt_begins(tb);
	result = tb->run(tb);
	attempt_ends(tb);

	return result;
}

static void end_attempt(struct tdx_bringup *tb, int result)
{
	enum tdx_status status;

	lockdep_assert_held(&tb->lock);

	if (!result)
		status = TDX_STATUS_INITIALIZED;
	else if (tb->configured)
		status = TDX_STATUS_ERROR;
	else
		status = TDX_STATUS_UNKNOWN;

	/* What the module could do is of no use until a reboot. */
	if (status == TDX_STATUS_ERROR)
		WRITE_ONCE(tb->metadata, NULL);
	/* The next attempt is not the boot's. */
	WRITE_ONCE(tb->boot_since_ns, 0);
	tb->result = result;
	set_status(tb, status);
	wake_up_all(&tb->idle);
}

/* Telling */

/* The request belongs to its owner from here on. */
static void settle(struct tdx_enable_request *req, int result)
{
	list_del_init(&req->node);
	WRITE_ONCE(req->result, result);
	/* Pairs with at_rest().  Only the address is used once this is stored. */
	store_release_wake_up(&req->pending, false);
}

/* They do not wait for the callbacks of others. */
static void tell_sleepers(struct tdx_bringup *tb, struct list_head *told,
			  int result)
{
	struct tdx_enable_request *req, *next;

	lockdep_assert_held(&tb->lock);

	list_for_each_entry_safe(req, next, told, node) {
		if (!req->complete)
			settle(req, result);
	}
}

/* Callbacks run without the lock: they may ask again, cancel, and sleep. */
static void call_back(struct tdx_bringup *tb, struct tdx_enable_request *req,
		      int result)
{
	void (*complete)(struct tdx_enable_request *, int) = req->complete;

	lockdep_assert_held(&tb->lock);

	/* Whoever finds it not pending finds that its callback runs. */
	WRITE_ONCE(tb->completing, req);
	settle(req, result);
	mutex_unlock(&tb->lock);

	callback_begins(tb);
	complete(req, result);
	callback_ends(tb);

	mutex_lock(&tb->lock);
	WRITE_ONCE(tb->completing, NULL);
	/* At least one of us and who goes to sleep sees what the other did. */
	smp_mb();
	/* @req may be gone: its address will do. */
	wake_up_var(&req->pending);
}

static void tell(struct tdx_bringup *tb, struct list_head *told, int result)
{
	lockdep_assert_held(&tb->lock);

	tell_sleepers(tb, told, result);

	WRITE_ONCE(tb->completer, current);
	while (!list_empty(told))
		call_back(tb, list_first_entry(told, struct tdx_enable_request,
					       node), result);
	WRITE_ONCE(tb->completer, NULL);
}

static void bringup_work(struct work_struct *work)
{
	struct tdx_bringup *tb = container_of(work, struct tdx_bringup, work);
	bool attempt = tdx_bringup_status(tb) == TDX_STATUS_INITIALIZING;
	LIST_HEAD(told);
	int result = 0;

	if (attempt)
		result = run_attempt(tb);

	guard(mutex)(&tb->lock);

	if (attempt)
		end_attempt(tb, result);
	else if (final(tb))
		result = tb->result;
	else if (tb->stop)
		result = -ESHUTDOWN;
	else
		/* The next attempt will have something to tell. */
		return;

	/*
	 * Taken in one piece with the end of the attempt: who asks afterwards
	 * may start the next one and is to be told of that.
	 */
	list_splice_init(&tb->requests, &told);
	tell(tb, &told, result);
}

/**
 * tdx_bringup_init - a bring-up that nobody has asked for yet
 * @tb: storage
 * @run: what an attempt does
 *
 * Context: may sleep.
 */
void tdx_bringup_init(struct tdx_bringup *tb, int (*run)(struct tdx_bringup *tb))
{
	memset(tb, 0, sizeof(*tb));
	mutex_init(&tb->lock);
	mutex_init(&tb->fail_lock);
	INIT_LIST_HEAD(&tb->requests);
	init_waitqueue_head(&tb->idle);
	INIT_WORK(&tb->work, bringup_work);
	tb->run = run;
	init_lockdep(tb);
}

/* Asking, waiting, withdrawing */

static void enqueue(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	lockdep_assert_held(&tb->lock);

	WRITE_ONCE(req->pending, true);
	list_add_tail(&req->node, &tb->requests);
}

/* Unbound: an attempt takes long, and no CPU in particular. */
static void queue(struct tdx_bringup *tb)
{
	queue_work(system_dfl_wq, &tb->work);
}

/**
 * tdx_bringup_request - ask for the result of an attempt
 * @tb: the bring-up
 * @req: the request
 *
 * Starts an attempt if none runs and there is no final result.
 *
 * Context: may sleep, briefly: the lock is never held for long.
 *
 * Return: 0 if @req was accepted; -EINVAL if it was not initialised; -EBUSY if
 * it is pending.
 */
int tdx_bringup_request(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	scoped_guard(mutex, &tb->lock) {
		if (req->pending)
			return -EBUSY;

		enqueue(tb, req);
		if (tb->status == TDX_STATUS_UNKNOWN && !tb->stop)
			set_status(tb, TDX_STATUS_INITIALIZING);
	}

	/*
	 * Also for a result that is there already: never on this stack.  Without
	 * the lock, which is the first that the worker takes.
	 */
	queue(tb);

	return 0;
}

/**
 * tdx_bringup_subscribe - ask for the result of an attempt that others start
 * @tb: the bring-up
 * @req: the request
 *
 * Context: may sleep, briefly.
 *
 * Return: 0 if @req was accepted; -EINVAL if it was not initialised; -EBUSY if
 * it is pending; the errno of an attempt that failed for good, or -ESHUTDOWN
 * when the system goes down: no attempt will follow, so that who subscribes
 * again in its callback is not called for ever.
 */
int tdx_bringup_subscribe(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	guard(mutex)(&tb->lock);

	if (req->pending)
		return -EBUSY;
	if (final(tb) && tb->result)
		return tb->result;
	if (tb->stop)
		return -ESHUTDOWN;

	enqueue(tb, req);
	if (final(tb))
		queue(tb);

	return 0;
}

static bool at_rest(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	/* Pairs with settle(). */
	return !smp_load_acquire(&req->pending) &&
	       READ_ONCE(tb->completing) != req;
}

/*
 * As wait_var_event_timeout(), but killable and freezable.  By the variable: a
 * thousand may sleep, and whoever tells one should not wake them all.
 */
static long sleep_until_rest(struct tdx_bringup *tb,
			     struct tdx_enable_request *req, long timeout)
{
	return ___wait_var_event(&req->pending,
				 ___wait_cond_timeout(at_rest(tb, req)),
				 (TASK_KILLABLE | TASK_FREEZABLE), 0, timeout,
				 __ret = schedule_timeout(__ret));
}

/**
 * tdx_bringup_wait - sleep until a request is at rest
 * @tb: the bring-up
 * @req: the request, which stays valid meanwhile
 * @timeout: in jiffies
 *
 * Context: may sleep.  No lock that an attempt or a callback takes is held.
 *
 * Return: what @req was told last, -ECANCELED if nothing since it was
 * initialised or cancelled; -EINVAL if it was not initialised; -ETIMEDOUT,
 * -EINTR when killed, or -EDEADLK from within a callback, and @req may be
 * pending still.
 */
int tdx_bringup_wait(struct tdx_bringup *tb, struct tdx_enable_request *req,
		     unsigned long timeout)
{
	long left;

	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	tdx_bringup_might_wait(tb);

	if (!at_rest(tb, req)) {
		/* Who would tell is the caller. */
		if (inside_callback(tb))
			return -EDEADLK;

		left = sleep_until_rest(tb, req,
					min(timeout, MAX_SCHEDULE_TIMEOUT));
		if (left < 0)
			return -EINTR;
		if (!left)
			return -ETIMEDOUT;
	}

	return READ_ONCE(req->result);
}

/* True if the callback of @req runs, and not on this stack. */
static bool withdraw(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	guard(mutex)(&tb->lock);

	if (req->pending)
		settle(req, -ECANCELED);

	return tb->completing == req && !inside_callback(tb);
}

/**
 * tdx_bringup_cancel - withdraw a request
 * @tb: the bring-up
 * @req: the request, in any state; not initialised, nothing is done
 *
 * Context: may sleep until a running callback of @req returns, unless called
 * by a callback.
 */
void tdx_bringup_cancel(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	if (!tdx_enable_request_valid(req))
		return;

	might_wait_for_callbacks(tb);

	/* A callback that runs may ask again before it returns. */
	while (withdraw(tb, req))
		wait_var_event(&req->pending, READ_ONCE(tb->completing) != req);
}

/* The result if it is final, else -EINPROGRESS. */
static int result_now(struct tdx_bringup *tb)
{
	guard(mutex)(&tb->lock);

	return final(tb) ? tb->result : -EINPROGRESS;
}

/**
 * tdx_bringup_sync - start or join an attempt and sleep until it is over
 * @tb: the bring-up
 *
 * Context: may sleep, and long.  No lock that an attempt or a callback takes is
 * held.
 *
 * Return: the result of the attempt; -EINTR when killed; -EDEADLK from within
 * a callback unless the result is final; -ESHUTDOWN when the system goes down.
 */
int tdx_bringup_sync(struct tdx_bringup *tb)
{
	struct tdx_enable_request req;
	int ret;

	tdx_bringup_might_wait(tb);

	ret = result_now(tb);
	if (ret != -EINPROGRESS)
		return ret;
	if (inside_callback(tb))
		return -EDEADLK;

	tdx_enable_request_init(&req, NULL);
	ret = tdx_bringup_request(tb, &req);
	if (ret)
		return ret;

	ret = tdx_bringup_wait(tb, &req, MAX_SCHEDULE_TIMEOUT);
	/* Only a killed caller leaves something to withdraw. */
	tdx_bringup_cancel(tb, &req);

	return ret;
}

/* Stopping, starting over */

/**
 * tdx_bringup_stop - stop for good, because the system goes down
 * @tb: the bring-up
 *
 * Whoever still waits for an attempt is told -ESHUTDOWN.
 *
 * Context: may sleep until the SEAMCALLs in flight and the step around them end.
 */
void tdx_bringup_stop(struct tdx_bringup *tb)
{
	tdx_bringup_might_wait(tb);

	scoped_guard(mutex, &tb->lock) {
		WRITE_ONCE(tb->stop, true);
		wake_up_all(&tb->idle);
		queue(tb);
	}

	wait_event(tb->idle, tdx_bringup_status(tb) != TDX_STATUS_INITIALIZING);
}

#if defined(CONFIG_TDX_EMULATOR) || defined(CONFIG_TDX_BRINGUP_KUNIT_TEST)
/**
 * tdx_bringup_renew - be as if nobody had asked yet, for tests
 * @tb: the bring-up
 * @forget: gives back what @tb holds; called under the lock
 *
 * Subscribers stay, and hear of the next attempt.
 *
 * Context: may sleep, for as long as @forget does.
 *
 * Return: 0, or -EBUSY while an attempt or a callback runs or is due.
 */
int tdx_bringup_renew(struct tdx_bringup *tb, void (*forget)(struct tdx_bringup *tb))
{
	guard(mutex)(&tb->lock);

	if (tb->status == TDX_STATUS_INITIALIZING || tb->completer ||
	    (final(tb) && !list_empty(&tb->requests)))
		return -EBUSY;

	forget(tb);

	WRITE_ONCE(tb->metadata, NULL);
	tb->configured = false;
	tb->result = 0;
	tb->said[0] = '\0';
	tdx_bringup_forget_error(tb);
	set_status(tb, TDX_STATUS_UNKNOWN);

	return 0;
}

/**
 * tdx_bringup_exit - end a bring-up whose storage goes away, for tests
 * @tb: the bring-up; nobody waits for it or will ask any more, except in
 *	callbacks, and these not for ever
 *
 * Whoever still waits for an attempt is told -ESHUTDOWN.
 *
 * Context: may sleep until a running attempt and all callbacks have ended.
 */
void tdx_bringup_exit(struct tdx_bringup *tb)
{
	tdx_bringup_stop(tb);

	/* A callback that asks again queues it again. */
	while (flush_work(&tb->work))
		;
}
#endif
