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
 * who only subscribed.  Callbacks run in the work item too.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpufeature.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/memory_hotplug.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "bringup.h"

/* When a host with TDX initialises its module. */
enum host_mode {
	HOST_ONDEMAND,
	HOST_SYNC,
	HOST_OFF,
};

static enum host_mode host_mode __ro_after_init;

static int __init parse_host_mode(char *arg)
{
	if (!arg)
		return -EINVAL;

	if (!strcmp(arg, "ondemand"))
		host_mode = HOST_ONDEMAND;
	else if (!strcmp(arg, "sync"))
		host_mode = HOST_SYNC;
	else if (!strcmp(arg, "off"))
		host_mode = HOST_OFF;
	else
		pr_err("tdx_host=%s ignored: ondemand, sync or off\n", arg);

	return 0;
}
early_param("tdx_host", parse_host_mode);

/**
 * tdx_host_off - is TDX switched off on the command line?
 *
 * Context: any, after the early parameters.
 *
 * Return: true for tdx_host=off.
 */
bool __init tdx_host_off(void)
{
	return host_mode == HOST_OFF;
}

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

static void might_wait(struct tdx_bringup *tb)
{
	might_sleep();
	attempt_begins(tb);
	attempt_ends(tb);
}

static enum tdx_status status_of(const struct tdx_bringup *tb)
{
	return READ_ONCE(tb->status);
}

static int run_attempt(struct tdx_bringup *tb)
{
	int result;

	tb->reason[0] = '\0';
	if (tdx_bringup_stopped(tb))
		return -ESHUTDOWN;

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

	tb->result = result;
	WRITE_ONCE(tb->status, status);
	wake_up_all(&tb->idle);
}

/* Callbacks run without the lock: they may ask again, cancel, and sleep. */
static void tell(struct tdx_bringup *tb, struct list_head *told)
{
	struct tdx_enable_request *req;

	lockdep_assert_held(&tb->lock);
	tb->completer = current;

	while (!list_empty(told)) {
		req = list_first_entry(told, struct tdx_enable_request, node);
		list_del_init(&req->node);
		WRITE_ONCE(tb->completing, req);
		mutex_unlock(&tb->lock);

		/* May free or reuse the request: not touched afterwards. */
		callback_begins(tb);
		req->complete(req, tb->result);
		callback_ends(tb);

		mutex_lock(&tb->lock);
		WRITE_ONCE(tb->completing, NULL);
		wake_up_all(&tb->idle);
	}

	tb->completer = NULL;
}

static bool final(const struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->lock);

	return tb->status == TDX_STATUS_INITIALIZED ||
	       tb->status == TDX_STATUS_ERROR;
}

static void bringup_work(struct work_struct *work)
{
	struct tdx_bringup *tb = container_of(work, struct tdx_bringup, work);
	bool attempt = status_of(tb) == TDX_STATUS_INITIALIZING;
	LIST_HEAD(told);
	int result = 0;

	if (attempt)
		result = run_attempt(tb);

	guard(mutex)(&tb->lock);

	if (attempt)
		end_attempt(tb, result);

	/*
	 * Taken in one piece with the end of the attempt: who asks afterwards
	 * may start the next one and is to be told of that.  Without an attempt
	 * there is something to tell only if the result is final.
	 */
	if (attempt || final(tb))
		list_splice_init(&tb->requests, &told);

	tell(tb, &told);
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

/**
 * tdx_bringup_request - ask for the result of an attempt
 * @tb: the bring-up
 * @req: the request, with its callback set and on no list
 * @start: start an attempt if none runs and TDX is not up; else wait for one
 *
 * Context: may sleep, briefly.
 *
 * Return: 0 if @req was accepted; -ESHUTDOWN when the system goes down.
 */
int tdx_bringup_request(struct tdx_bringup *tb, struct tdx_enable_request *req,
			bool start)
{
	guard(mutex)(&tb->lock);

	if (tdx_bringup_stopped(tb))
		return -ESHUTDOWN;

	list_add_tail(&req->node, &tb->requests);

	if (tb->status == TDX_STATUS_UNKNOWN) {
		if (!start)
			return 0;
		WRITE_ONCE(tb->status, TDX_STATUS_INITIALIZING);
	}

	/* Also for a result that is there already: never on this stack. */
	queue_work(system_dfl_wq, &tb->work);

	return 0;
}

/**
 * tdx_bringup_cancel - withdraw a request
 * @tb: the bring-up
 * @req: the request
 *
 * Context: may sleep until a running callback of @req returns, unless called
 * by that callback.
 */
void tdx_bringup_cancel(struct tdx_bringup *tb, struct tdx_enable_request *req)
{
	bool inside, busy;

	might_sleep();

	/* A callback that runs may ask again before it returns. */
	do {
		mutex_lock(&tb->lock);
		list_del_init(&req->node);
		inside = tb->completer == current;
		busy = tb->completing == req && !inside;
		mutex_unlock(&tb->lock);

		if (!inside) {
			callback_begins(tb);
			callback_ends(tb);
		}
		if (busy)
			wait_event(tb->idle, READ_ONCE(tb->completing) != req);
	} while (busy);
}

/* A request of somebody who sleeps until it is completed. */
struct sync_request {
	struct tdx_enable_request req;
	struct completion done;
	int result;
};

static void sync_complete(struct tdx_enable_request *req, int result)
{
	struct sync_request *sync = container_of(req, struct sync_request, req);

	sync->result = result;
	complete(&sync->done);
}

/* The result if there is one already, -EINPROGRESS if one must be waited for. */
static int result_now(struct tdx_bringup *tb)
{
	guard(mutex)(&tb->lock);

	if (final(tb))
		return tb->result;

	/* The work item that would complete the request is the caller's own. */
	return tb->completer == current ? -EDEADLK : -EINPROGRESS;
}

/**
 * tdx_bringup_sync - start or join an attempt and sleep until it is over
 * @tb: the bring-up
 *
 * Context: may sleep, and long.  No lock that an attempt takes is held.
 *
 * Return: the result of the attempt; -EINTR when killed; -EDEADLK from within
 * a callback; -ESHUTDOWN when the system goes down.
 */
int tdx_bringup_sync(struct tdx_bringup *tb)
{
	struct sync_request sync = {
		.req.complete = sync_complete,
		.req.node = LIST_HEAD_INIT(sync.req.node),
		.done = COMPLETION_INITIALIZER_ONSTACK(sync.done),
	};
	int ret;

	might_wait(tb);

	ret = result_now(tb);
	if (ret != -EINPROGRESS)
		return ret;

	ret = tdx_bringup_request(tb, &sync.req, true);
	if (ret)
		return ret;

	ret = wait_for_completion_state(&sync.done,
					TASK_KILLABLE | TASK_FREEZABLE);
	if (ret) {
		tdx_bringup_cancel(tb, &sync.req);
		return -EINTR;
	}

	return sync.result;
}

/**
 * tdx_bringup_stop - stop for good, because the system goes down
 * @tb: the bring-up
 *
 * Context: may sleep until the SEAMCALLs in flight and the step around them end.
 */
void tdx_bringup_stop(struct tdx_bringup *tb)
{
	might_wait(tb);

	mutex_lock(&tb->lock);
	WRITE_ONCE(tb->stop, true);
	mutex_unlock(&tb->lock);

	wait_event(tb->idle, status_of(tb) != TDX_STATUS_INITIALIZING);
}

/* The one TDX module of this host. */
static struct tdx_bringup host;

static int stop_for_reboot(struct notifier_block *nb, unsigned long action,
			   void *data)
{
	tdx_bringup_stop(&host);

	return NOTIFY_DONE;
}

static struct notifier_block reboot_nb = {
	.notifier_call = stop_for_reboot,
};

static int __init host_init(void)
{
	tdx_bringup_init(&host, tdx_bringup_run);

	if (!cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM))
		return 0;

	return register_reboot_notifier(&reboot_nb);
}
early_initcall(host_init);

/* What a CPU must have beyond TDX itself, for Linux to use TDX. */
static int check_platform(void)
{
	if (!cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM)) {
		if (host_mode == HOST_OFF)
			pr_info_once("switched off by tdx_host=off\n");
		else
			pr_info_once("TDX not supported by the host platform: not enabled in the BIOS, or see above\n");
		return -ENODEV;
	}

	if (!cpu_feature_enabled(X86_FEATURE_XSAVE)) {
		pr_err_once("XSAVE is required for TDX\n");
		return -EOPNOTSUPP;
	}

	if (!cpu_feature_enabled(X86_FEATURE_MOVDIR64B)) {
		pr_err_once("MOVDIR64B is required for TDX\n");
		return -EOPNOTSUPP;
	}

	if (!cpu_feature_enabled(X86_FEATURE_SELFSNOOP)) {
		pr_err_once("Self-snoop is required for TDX\n");
		return -EOPNOTSUPP;
	}

	return 0;
}

/*
 * An update at run time that fails half-way leaves a module that is shut down,
 * of which nobody tells.
 */
static bool lost_in_update(void)
{
	return status_of(&host) == TDX_STATUS_INITIALIZED && !tdx_get_sysinfo();
}

/**
 * tdx_host_lost - has an update of the module cost it?
 *
 * Context: any.
 *
 * Return: true if TDX was up and cannot be used until a reboot.
 */
bool tdx_host_lost(void)
{
	return lost_in_update();
}

/**
 * tdx_enable - have TDX ready for use
 *
 * Starts the initialisation of the TDX module, or joins one that runs, and
 * sleeps until it is over.  Once it has succeeded this returns at once.
 *
 * Context: may sleep for as long as the initialisation takes, seconds on large
 * hosts.  A killed caller returns early; the initialisation goes on.  No lock
 * may be held that it takes, cpu_hotplug_lock and mem_hotplug_lock above all.
 * Not from the callback of a request.
 *
 * Return:
 * * 0		- TDX guests can be created.
 * * -ENODEV	- no TDX here: BIOS, tdx_host=off, or no module loaded.
 * * -EOPNOTSUPP - the CPU or the module lacks what Linux needs, or SEAM is off.
 * * -ENODATA	- the module is too old to answer what Linux must know.
 * * -ENOMEM	- no memory, or none contiguous enough for a PAMT.
 * * -ENOSPC	- the memory needs more TDMRs or reserved areas than there are,
 *   or CPU hot-plug has no state left.
 * * -ERANGE	- there is memory that the module cannot use.
 * * -ENXIO	- a package without an online CPU, or the module misses an LP.
 * * -EINVAL	- the memory cannot be covered, or the module refused the TDMRs.
 * * -EBUSY	- the module stayed busy, or somebody else has VMX.
 * * -EAGAIN	- the CPU stayed without entropy.
 * * -EPERM	- the module is in a state in which it cannot be initialised.
 * * -EFAULT	- VMX operation cannot be entered.
 * * -EACCES	- a SEAMCALL outside VMX operation.
 * * -EIO	- the module gave an answer that is not known.
 * * -EINTR	- killed while waiting.
 * * -ESHUTDOWN	- the system goes down, or a module update has failed.
 * * -EDEADLK	- called from the callback of a request.
 *
 * The log has the reason in words.  An error is final only if the module had
 * accepted its TDMRs by then, see &enum tdx_status; else ask again.
 */
int tdx_enable(void)
{
	int ret;

	ret = check_platform();
	if (ret)
		return ret;

	ret = tdx_bringup_sync(&host);
	if (!ret && lost_in_update()) {
		pr_err_once("an update of the TDX module has failed: no TDX until reboot\n");
		return -ESHUTDOWN;
	}

	return ret;
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable, "kvm-intel,tdx_test");

static int final_error(void)
{
	if (lost_in_update())
		return -ESHUTDOWN;

	guard(mutex)(&host.lock);

	return host.status == TDX_STATUS_ERROR ? host.result : 0;
}

/**
 * tdx_enable_subscribe - be told when somebody has TDX initialised
 * @req: with its callback set, and not in use
 *
 * Never starts an initialisation.  Joins one that runs; if TDX is up, @req is
 * completed soon; else it waits for the next attempt.
 *
 * Context: may sleep, briefly.
 *
 * Return: 0 if @req was accepted; -EINVAL without a callback; -ENODEV where
 * nobody ever will; the errno of an initialisation that failed for good;
 * -ESHUTDOWN when the system goes down, or a module update has failed.
 */
int tdx_enable_subscribe(struct tdx_enable_request *req)
{
	int ret;

	if (!req || !req->complete)
		return -EINVAL;

	if (check_platform())
		return -ENODEV;

	/* Nothing will ever be told, so that who asks again is not asked again. */
	ret = final_error();
	if (ret)
		return ret;

	INIT_LIST_HEAD(&req->node);

	return tdx_bringup_request(&host, req, false);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_subscribe, "tdx-host,tdx_test");

/**
 * tdx_enable_cancel - withdraw a request
 * @req: a request that was accepted at some time
 *
 * The initialisation goes on.
 *
 * Context: may sleep.  Outside the request's callback it returns when the
 * callback neither runs nor will; inside it, at once.
 */
void tdx_enable_cancel(struct tdx_enable_request *req)
{
	tdx_bringup_cancel(&host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_cancel, "tdx-host,tdx_test");

/**
 * tdx_enable_status - how far is this host?
 *
 * Context: any.
 *
 * Return: the state at some moment during the call.
 */
enum tdx_status tdx_enable_status(void)
{
	if (lost_in_update())
		return TDX_STATUS_ERROR;

	return status_of(&host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_status, "tdx_test");

static int __init enable_at_boot(void)
{
	if (host_mode == HOST_SYNC)
		tdx_enable();

	return 0;
}
subsys_initcall(enable_at_boot);

#ifdef CONFIG_TDX_EMULATOR
/**
 * tdx_bringup_reset - be as after boot, for tests on a module that can forget
 *
 * Context: may sleep.  Nobody makes a SEAMCALL meanwhile.
 *
 * Return: 0, or -EBUSY while an attempt or a callback runs, or with TDs.
 */
int tdx_bringup_reset(void)
{
	guard(mutex)(&host.lock);

	if (host.status == TDX_STATUS_INITIALIZING || host.completer ||
	    tdx_host_in_use())
		return -EBUSY;

	tdx_host_set_ready(NULL);
	if (host.status == TDX_STATUS_INITIALIZED)
		tdx_bringup_forget(&host);
	tdx_host_reset();

	host.configured = false;
	host.result = 0;
	host.said[0] = '\0';
	WRITE_ONCE(host.status, TDX_STATUS_UNKNOWN);

	return 0;
}
#endif
