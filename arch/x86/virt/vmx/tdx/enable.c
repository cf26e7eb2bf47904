// SPDX-License-Identifier: GPL-2.0-only
/*
 * What kernel code may call to have TDX, and when the boot does.
 *
 * There is one TDX module, so there is one bring-up, shared by all who ask.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/array_size.h>
#include <linux/cleanup.h>
#include <linux/cpufeature.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sched/clock.h>
#include <linux/string.h>
#include <linux/suspend.h>

#include "bringup.h"

/* When a host with TDX initialises its module. */
enum host_mode {
	HOST_ONDEMAND,
	HOST_ASYNC,
	HOST_SYNC,
	HOST_OFF,
};

static enum host_mode host_mode __ro_after_init;

static int __init parse_host_mode(char *arg)
{
	static const char * const words[] __initconst = {
		[HOST_ONDEMAND]	= "ondemand",
		[HOST_ASYNC]	= "async",
		[HOST_SYNC]	= "sync",
		[HOST_OFF]	= "off",
	};
	int mode;

	if (!arg)
		return -EINVAL;

	mode = match_string(words, ARRAY_SIZE(words), arg);
	if (mode >= 0)
		host_mode = mode;
	else
		pr_err("tdx_host=%s ignored: ondemand, async, sync or off\n", arg);

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

/**
 * tdx_host_hint - would it have helped to initialise TDX at boot?
 *
 * For failures that come from what the host has done since then.
 *
 * Context: any.
 *
 * Return: what to add to the reason; empty if it was tried at boot.
 */
const char *tdx_host_hint(void)
{
	return host_mode == HOST_ONDEMAND ? ", or boot with tdx_host=async" : "";
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

/* Before anything is frozen, so that what must be waited for can run. */
static int hold_for_sleep(struct notifier_block *nb, unsigned long action,
			  void *data)
{
	switch (action) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		return notifier_from_errno(tdx_bringup_hold(&host));
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		tdx_bringup_release(&host);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block pm_nb = {
	.notifier_call = hold_for_sleep,
};

static int __init host_init(void)
{
	int ret;

	tdx_bringup_init(&host, tdx_bringup_run);

	if (!cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM))
		return 0;

	ret = register_reboot_notifier(&reboot_nb);
	if (ret)
		return ret;

	ret = register_pm_notifier(&pm_nb);
	if (ret)
		goto err_reboot;

	return 0;

err_reboot:
	unregister_reboot_notifier(&reboot_nb);
	return ret;
}
early_initcall(host_init);

/* What a CPU must have beyond TDX itself, for Linux to use TDX; or NULL. */
static const char *what_is_missing(void)
{
	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return "XSAVE is required for TDX";
	if (!cpu_feature_enabled(X86_FEATURE_MOVDIR64B))
		return "MOVDIR64B is required for TDX";
	if (!cpu_feature_enabled(X86_FEATURE_SELFSNOOP))
		return "Self-snoop is required for TDX";

	return NULL;
}

static int check_platform(void)
{
	const char *missing;

	if (!cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM)) {
		if (host_mode == HOST_OFF)
			pr_info_once("switched off by tdx_host=off\n");
		else
			pr_info_once("TDX not supported by the host platform: not enabled in the BIOS, or see above\n");
		return -ENODEV;
	}

	missing = what_is_missing();
	if (missing) {
		pr_err_once("%s\n", missing);
		return -EOPNOTSUPP;
	}

	return 0;
}

/**
 * tdx_host_lost - has an update of the module cost it?
 *
 * One at run time that fails half-way leaves a module that is shut down, of
 * which nobody tells.
 *
 * Context: any.
 *
 * Return: true if TDX was up and cannot be used until a reboot.
 */
bool tdx_host_lost(void)
{
	return tdx_bringup_status(&host) == TDX_STATUS_INITIALIZED &&
	       !tdx_get_sysinfo();
}

/**
 * tdx_host_updated - an update of the module at run time has ended
 *
 * If that has cost the module, whoever asks from now on is told so.
 *
 * Context: may sleep, briefly.
 */
void tdx_host_updated(void)
{
	guard(mutex)(&host.lock);

	if (!tdx_host_lost() || host.result)
		return;

	pr_err("an update of the TDX module has failed: no TDX until reboot\n");
	host.result = -ESHUTDOWN;
	tdx_sysfs_status_changed(&host);
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

	return tdx_bringup_sync(&host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable, "kvm-intel,tdx_test");

/**
 * tdx_enable_async - have TDX initialised, and be told when it is over
 * @req: initialised, and not in use
 *
 * Starts the initialisation of the TDX module, or joins one that runs.  The
 * result is told to the callback of @req, and by tdx_enable_wait().  Where it is
 * there already, it is told soon.
 *
 * Never waits for anything that takes long, so it may be called with locks held
 * that the initialisation takes.
 *
 * Context: may sleep, briefly.  Also from a callback, that of @req itself, too.
 * Who asks again there whatever the result was is called back for ever.
 *
 * Return:
 * * 0		- accepted.  The result is one of tdx_enable()'s, -EINTR and
 *   -EDEADLK apart.
 * * -EINVAL	- @req is not initialised.
 * * -EBUSY	- @req is in use.
 * * -ENODEV	- no TDX on this platform, or switched off: the log says which.
 */
int tdx_enable_async(struct tdx_enable_request *req)
{
	might_sleep();

	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	if (check_platform())
		return -ENODEV;

	return tdx_bringup_request(&host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_async, "kvm-intel,tdx_test");

/**
 * tdx_enable_subscribe - be told when somebody has TDX initialised
 * @req: initialised, and not in use
 *
 * Never starts an initialisation.  Joins one that runs; if TDX is up, the
 * result is told soon; else @req waits for the next attempt.
 *
 * Context: as tdx_enable_async().
 *
 * Return: 0 if @req was accepted; -EINVAL if it is not initialised; -EBUSY if
 * it is in use; -ENODEV where nobody ever will; the errno of an initialisation
 * that failed for good; -ESHUTDOWN when the system goes down, or a module
 * update has failed.
 */
int tdx_enable_subscribe(struct tdx_enable_request *req)
{
	might_sleep();

	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	if (check_platform())
		return -ENODEV;

	return tdx_bringup_subscribe(&host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_subscribe, "tdx-host,tdx_test");

/**
 * tdx_enable_wait - sleep until a request is over
 * @req: initialised, and not freed meanwhile
 * @timeout: how long, in jiffies; MAX_SCHEDULE_TIMEOUT for ever, 0 not at all
 *
 * Over is a request when its callback, if it has one, has returned.  Of a
 * request that is over already the result is returned at once, as often as is
 * asked.  Any number of tasks may wait.  If the request is used again before
 * one of them has looked, that one waits for the new result.
 *
 * Context: may sleep; the task may be frozen meanwhile.  No lock may be held
 * that the initialisation or a callback takes, see tdx_enable().
 *
 * Return:
 * * what the request was told, see tdx_enable_async()
 * * -EINVAL	- @req is not initialised.
 * * -ECANCELED	- it was never accepted, or it was cancelled since.
 * * -ETIMEDOUT	- not over yet; it stays in use.
 * * -EINTR	- the task was killed; the request stays in use.
 * * -EDEADLK	- called from the callback of a request, of @req itself or of
 *   one that keeps @req waiting.
 */
int tdx_enable_wait(struct tdx_enable_request *req, unsigned long timeout)
{
	return tdx_bringup_wait(&host, req, timeout);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_wait, "kvm-intel,tdx_test");

/**
 * tdx_enable_cancel - withdraw a request
 * @req: the request: in use, over, never accepted, or not even initialised
 *
 * The initialisation goes on.  A request that is over keeps its result; nothing
 * is done to one that is not initialised.
 *
 * Context: may sleep.  Outside callbacks it returns when the callback of @req
 * neither runs nor will: the request may be freed and the module with the
 * callback unloaded.  Inside the callback of any request, at once.  No lock may
 * be held that the callback takes.
 */
void tdx_enable_cancel(struct tdx_enable_request *req)
{
	tdx_bringup_cancel(&host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_cancel, "kvm-intel,tdx-host,tdx_test");

/**
 * tdx_enable_metadata - what the TDX module can do
 *
 * Known as soon as the module has been asked, which is long before TDX is
 * ready: that it is ready is what tdx_get_sysinfo() tells.  An initialisation
 * that fails and may be repeated leaves it known: the module is the same.
 *
 * Context: any.
 *
 * Return: metadata that stays in place and as it is, the version apart, which
 * an update of the module changes; NULL if nobody has asked yet, or the module
 * cannot be used until a reboot.
 */
const struct tdx_sys_info *tdx_enable_metadata(void)
{
	const struct tdx_sys_info *ready = tdx_get_sysinfo();

	/* The one that updates of the module keep right. */
	if (ready)
		return ready;

	return tdx_host_lost() ? NULL : tdx_bringup_metadata(&host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_metadata, "kvm-intel,tdx_test");

/**
 * tdx_enable_status - how far is this host?
 * @progress: out, how much of its memory the module knows; or NULL
 *
 * @progress belongs to the state that is returned: all is done exactly when
 * that is %TDX_STATUS_INITIALIZED.  It never falls during an attempt.
 *
 * Context: any.
 *
 * Return: the state at some moment during the call.
 */
enum tdx_status tdx_enable_status(struct tdx_progress *progress)
{
	enum tdx_status status = tdx_bringup_status(&host);

	/* Of what the module knew nothing is left. */
	if (tdx_host_lost()) {
		if (progress)
			*progress = (struct tdx_progress) {};
		return TDX_STATUS_ERROR;
	}

	if (progress)
		tdx_progress_of(&host, status, progress);

	return status;
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_status, "tdx_test");

/**
 * tdx_host_error - why is TDX not there?
 * @reason: out, in words; empty if there is no error
 * @size: of @reason; %TDX_REASON_LEN is enough for every text
 *
 * Context: may sleep, briefly.
 *
 * Return: the errno, or 0.
 */
int tdx_host_error(char *reason, size_t size)
{
	const char *missing = what_is_missing();

	if (host_mode == HOST_OFF) {
		strscpy(reason, "switched off by tdx_host=off", size);
		return -ENODEV;
	}
	if (missing) {
		strscpy(reason, missing, size);
		return -EOPNOTSUPP;
	}
	if (tdx_host_lost()) {
		strscpy(reason, "a module update has failed and the module is shut down: reboot",
			size);
		return -ESHUTDOWN;
	}

	return tdx_bringup_error(&host, reason, size);
}

static int __init show_host(void)
{
	/* For one that is off, to be told from one without TDX. */
	if (host_mode != HOST_OFF &&
	    !cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM))
		return 0;

	return tdx_sysfs_init(&host);
}
arch_initcall(show_host);

static void __init enable_and_go_on(void)
{
	static struct tdx_enable_request boot_request;

	tdx_enable_request_init(&boot_request, NULL);
	tdx_enable_async(&boot_request);
}

static int __init enable_at_boot(void)
{
	if (host_mode != HOST_ASYNC && host_mode != HOST_SYNC)
		return 0;

	WRITE_ONCE(host.boot_since_ns, local_clock());
	if (host_mode == HOST_ASYNC)
		enable_and_go_on();
	else
		tdx_enable();
	WRITE_ONCE(host.boot_until_ns, local_clock());

	return 0;
}
subsys_initcall(enable_at_boot);

#ifdef CONFIG_TDX_EMULATOR
static void forget_host(struct tdx_bringup *tb)
{
	tdx_host_set_ready(NULL);
	if (tb->status == TDX_STATUS_INITIALIZED)
		tdx_bringup_forget(tb);
	tdx_host_reset();
}

/**
 * tdx_bringup_reset - be as after boot, for tests on a module that can forget
 *
 * Context: may sleep.  Nobody makes a SEAMCALL meanwhile.
 *
 * Return: 0, or -EBUSY while an attempt or a callback runs, or with TDs.
 */
int tdx_bringup_reset(void)
{
	if (tdx_host_in_use())
		return -EBUSY;

	return tdx_bringup_renew(&host, forget_host);
}
#endif
