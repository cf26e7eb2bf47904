// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX on demand: what other kernel code may call, and the moment at which the boot
 * does.  A host has one TDX module, so all callers share one state.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/array_size.h>
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpufeature.h>
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/string.h>
#include <linux/suspend.h>

#include "enable.h"

/* The moment at which a host initializes its module. */
enum tdx_boot_mode {
	TDX_BOOT_ONDEMAND,
	TDX_BOOT_ASYNC,
	TDX_BOOT_SYNC,
	TDX_BOOT_OFF,
};

static enum tdx_boot_mode tdx_boot_mode __ro_after_init;

static int __init tdx_boot_parse(char *arg)
{
	static const char * const words[] __initconst = {
		[TDX_BOOT_ONDEMAND]	= "ondemand",
		[TDX_BOOT_ASYNC]	= "async",
		[TDX_BOOT_SYNC]		= "sync",
		[TDX_BOOT_OFF]		= "off",
	};
	int mode;

	if (!arg)
		return -EINVAL;

	mode = match_string(words, ARRAY_SIZE(words), arg);
	if (mode >= 0)
		tdx_boot_mode = mode;
	else
		pr_err("tdx_host=%s ignored: ondemand, async, sync or off\n", arg);

	return 0;
}
early_param("tdx_host", tdx_boot_parse);

/**
 * tdx_host_off - is TDX switched off on the command line?
 *
 * Context: any, after the early parameters.
 *
 * Return: true for tdx_host=off.
 */
bool __init tdx_host_off(void)
{
	return tdx_boot_mode == TDX_BOOT_OFF;
}

/* The TDX module of this host. */
static struct tdx_bringup tdx_host;

/* Run the steps of a host; see tdx_steps_run(). */
int tdx_host_run(struct tdx_bringup *tb)
{
	return tdx_steps_run(&tb->attempt, &tb->steps);
}

static int tdx_host_reboot(struct notifier_block *nb, unsigned long action, void *data)
{
	tdx_bringup_stop(&tdx_host);

	return NOTIFY_DONE;
}

static struct notifier_block tdx_host_reboot_nb = {
	.notifier_call = tdx_host_reboot,
};

/* The notifier runs before anything is frozen.  A host with TDX never hibernates. */
static int tdx_host_pm(struct notifier_block *nb, unsigned long action, void *data)
{
	switch (action) {
	case PM_SUSPEND_PREPARE:
		return notifier_from_errno(tdx_bringup_hold(&tdx_host));
	case PM_POST_SUSPEND:
		tdx_bringup_release(&tdx_host);
		return NOTIFY_OK;
	default:
		return NOTIFY_DONE;
	}
}

static struct notifier_block tdx_host_pm_nb = {
	.notifier_call = tdx_host_pm,
};

static int __init tdx_host_init(void)
{
	int ret;

	tdx_bringup_init(&tdx_host, tdx_host_run);
	tdx_host.notify = tdx_sysfs_notify;
	if (tdx_boot_mode == TDX_BOOT_ONDEMAND)
		tdx_host.attempt.hint = ", or boot with tdx_host=async";
	if (!cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM))
		return 0;

	ret = register_reboot_notifier(&tdx_host_reboot_nb);
	if (ret)
		return ret;

	ret = register_pm_notifier(&tdx_host_pm_nb);
	if (ret)
		unregister_reboot_notifier(&tdx_host_reboot_nb);

	return ret;
}
early_initcall(tdx_host_init);

/* A feature that Linux needs for TDX and that the CPU lacks; NULL if it has all. */
static const char *tdx_host_missing(void)
{
	if (!cpu_feature_enabled(X86_FEATURE_XSAVE))
		return "XSAVE is required for TDX";
	if (!cpu_feature_enabled(X86_FEATURE_MOVDIR64B))
		return "MOVDIR64B is required for TDX";
	if (!cpu_feature_enabled(X86_FEATURE_SELFSNOOP))
		return "Self-snoop is required for TDX";

	return NULL;
}

static int tdx_host_check(void)
{
	const char *missing = tdx_host_missing();

	if (!cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM)) {
		if (tdx_boot_mode == TDX_BOOT_OFF)
			pr_info_once("switched off by tdx_host=off\n");
		else
			pr_info_once("TDX not supported by the host platform: not enabled in the BIOS, or see above\n");
		return -ENODEV;
	}
	if (missing) {
		pr_err_once("%s\n", missing);
		return -EOPNOTSUPP;
	}

	return 0;
}

/**
 * tdx_host_updated - an update of the module at run time has ended
 *
 * If it has cost the module, later requests fail.
 *
 * Context: may sleep, briefly.
 */
void tdx_host_updated(void)
{
	guard(mutex)(&tdx_host.lock);

	if (!tdx_module_lost() || tdx_host.result)
		return;

	pr_err("an update of the TDX module has failed: no TDX until reboot\n");
	tdx_host.result = -ESHUTDOWN;
	tdx_sysfs_notify();
}

/**
 * tdx_enable - initialize the TDX module, and wait for it
 *
 * Starts the initialization of the TDX module, or joins one that runs, and sleeps
 * until it ends.  Once it has succeeded this returns at once.
 *
 * Context: may sleep for as long as the initialization takes, seconds on large
 * hosts.  A killed caller returns early; the initialization goes on.  No lock may be
 * held that it takes, cpu_hotplug_lock and mem_hotplug_lock above all.  Not from the
 * callback of a request.
 *
 * Return:
 * * 0		- TDX guests can be created.
 * * -ENODEV	- no TDX here: BIOS, tdx_host=off, or no module loaded.
 * * -EOPNOTSUPP - the CPU or the module lacks a feature that Linux needs, or SEAM is
 *   off.
 * * -ENODATA	- the module is too old.
 * * -ENOMEM	- no memory, or none that is contiguous enough for a PAMT.
 * * -ENOSPC	- the module has too few reserved areas for this memory, or CPU hot-plug
 *   has no state left.
 * * -ERANGE	- the module cannot use some of the memory.
 * * -ENXIO	- a package has no online CPU, or the module misses an LP.
 * * -EINVAL	- the memory cannot be covered, or the module refused the TDMRs.
 * * -EBUSY	- the module stayed busy, or another user has VMX.
 * * -EAGAIN	- the CPU stayed without entropy.
 * * -EPERM	- the module is in a state in which it cannot be initialized.
 * * -EFAULT	- a CPU cannot enter VMX operation.
 * * -EACCES	- a SEAMCALL outside VMX operation.
 * * -EIO	- the module gave an unknown answer.
 * * -EINTR	- the caller was killed.
 * * -ESHUTDOWN	- the system goes down, or a module update has failed.
 *
 * The log has the reason in words.  An error is final only if the module had
 * accepted its TDMRs, see &enum tdx_status.
 */
int tdx_enable(void)
{
	return tdx_host_check() ?: tdx_bringup_sync(&tdx_host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable, "kvm-intel,tdx_test");

/**
 * tdx_enable_async - initialize the TDX module in the background
 * @req: the request, initialized and not in use
 *
 * Starts the initialization of the TDX module, or joins one that runs.  The callback
 * of @req, and tdx_enable_wait(), get its result; soon if the result is known already.
 *
 * Never waits for the initialization, so locks may be held that it takes.
 *
 * Context: may sleep, briefly.  Not from the callback of @req.
 *
 * Return:
 * * 0		- accepted.  The result is one of tdx_enable()'s except -EINTR.
 * * -EINVAL	- @req is not initialized.
 * * -EBUSY	- @req is in use.
 * * -ENODEV	- no TDX on this platform, or switched off: the log says which.
 */
int tdx_enable_async(struct tdx_enable_request *req)
{
	might_sleep();

	if (!tdx_enable_request_valid(req))
		return -EINVAL;
	if (tdx_host_check())
		return -ENODEV;

	return tdx_bringup_request(&tdx_host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_async, "kvm-intel,tdx_test");

/**
 * tdx_enable_subscribe - get told when TDX is up
 * @req: the request, initialized and not in use
 *
 * Never starts an initialization.  The callback of @req runs when TDX is up, soon if
 * it is up already, or when it never will be.
 *
 * Context: as tdx_enable_async().
 *
 * Return: 0 if @req was accepted; -EINVAL if it is not initialized; -EBUSY if it is
 * in use; -ENODEV without TDX; the errno of an initialization that failed for good;
 * -ESHUTDOWN if the system goes down, or a module update has failed.
 */
int tdx_enable_subscribe(struct tdx_enable_request *req)
{
	might_sleep();

	if (!tdx_enable_request_valid(req))
		return -EINVAL;
	if (tdx_host_check())
		return -ENODEV;

	return tdx_bringup_subscribe(&tdx_host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_subscribe, "tdx-host,tdx_test");

/**
 * tdx_enable_wait - sleep until a request has its result
 * @req: the request; not freed meanwhile
 *
 * If the request has a callback, until that has returned.  The result stays: any
 * number of tasks may wait, any number of times.
 *
 * Context: may sleep; the task may be frozen meanwhile.  No lock may be held that the
 * initialization or a callback takes, see tdx_enable().  Not from a callback.
 *
 * Return: the result, see tdx_enable_async(); -EINVAL if @req is not initialized;
 * -ECANCELED if it was never accepted or was cancelled; -EINTR if the task is killed,
 * and @req stays in use.
 */
int tdx_enable_wait(struct tdx_enable_request *req)
{
	return tdx_bringup_wait(&tdx_host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_wait, "kvm-intel,tdx_test");

/**
 * tdx_enable_cancel - withdraw a request
 * @req: the request: in use, over, never accepted, or not even initialized
 *
 * The initialization goes on.  A request that has its result keeps it.
 *
 * Context: may sleep.  Returns when the callback of @req neither runs nor will: the
 * request may be freed, and the module with the callback unloaded.  No lock may be
 * held that the initialization or a callback takes.  Not from a callback.
 */
void tdx_enable_cancel(struct tdx_enable_request *req)
{
	tdx_bringup_cancel(&tdx_host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_cancel, "kvm-intel,tdx-host,tdx_test");

/**
 * tdx_enable_metadata - the metadata of the TDX module
 *
 * Known after step 1, long before TDX is up, which tdx_get_sysinfo() tells.
 *
 * Context: any.
 *
 * Return: the metadata, which stays in place and constant, except for the version,
 * which an update of the module changes; NULL if the module was not asked yet, or
 * cannot be used until a reboot.
 */
const struct tdx_sys_info *tdx_enable_metadata(void)
{
	const struct tdx_sys_info *ready = tdx_get_sysinfo();

	/* An update of the module keeps this copy right. */
	if (ready)
		return ready;

	return tdx_module_lost() ? NULL : tdx_bringup_metadata(&tdx_host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_metadata, "kvm-intel,tdx_test");

/**
 * tdx_enable_status - the state of TDX on this host
 * @progress: gets the memory that the module has initialized; or NULL
 *
 * @progress belongs to the state: all is done exactly in %TDX_STATUS_INITIALIZED.  It
 * never falls during an attempt.
 *
 * Context: any.
 *
 * Return: the state at some moment during the call.
 */
enum tdx_status tdx_enable_status(struct tdx_progress *progress)
{
	if (!tdx_module_lost())
		return tdx_bringup_status(&tdx_host, progress);

	if (progress)
		*progress = (struct tdx_progress) {};

	return TDX_STATUS_ERROR;
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_status, "tdx_test");

/**
 * tdx_host_error - the reason why TDX is not up
 * @reason: gets the reason in words; empty if there is no error
 * @size: size of @reason; %TDX_REASON_LEN is enough
 *
 * Context: may sleep, briefly.
 *
 * Return: the errno, or 0.
 */
int tdx_host_error(char *reason, size_t size)
{
	const char *missing = tdx_host_missing();
	int ret;

	if (tdx_boot_mode == TDX_BOOT_OFF) {
		strscpy(reason, "switched off by tdx_host=off", size);
		return -ENODEV;
	}
	if (missing) {
		strscpy(reason, missing, size);
		return -EOPNOTSUPP;
	}
	if (tdx_module_lost()) {
		strscpy(reason, "a module update has failed and the module is shut down: reboot",
			size);
		return -ESHUTDOWN;
	}

	ret = tdx_attempt_error(&tdx_host.attempt, reason, size);
	if (!ret && tdx_bringup_status(&tdx_host, NULL) == TDX_STATUS_ERROR) {
		strscpy(reason, "stopped for shutdown", size);
		ret = -ESHUTDOWN;
	}

	return ret;
}

static int __init tdx_host_init_sysfs(void)
{
	/* A host that is switched off must be told from one without TDX. */
	if (tdx_boot_mode != TDX_BOOT_OFF &&
	    !cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM))
		return 0;

	return tdx_sysfs_init();
}
arch_initcall(tdx_host_init_sysfs);

static int __init tdx_enable_at_boot(void)
{
	static struct tdx_enable_request request;

	if (tdx_boot_mode == TDX_BOOT_SYNC)
		tdx_enable();
	if (tdx_boot_mode == TDX_BOOT_ASYNC) {
		tdx_enable_request_init(&request, NULL);
		tdx_enable_async(&request);
	}

	return 0;
}
subsys_initcall(tdx_enable_at_boot);

#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST
static void tdx_host_forget(struct tdx_bringup *tb)
{
	int cpu;

	if (tb->status == TDX_STATUS_INITIALIZED)
		tdx_steps_undo(&tb->steps);

	memset(&tdx_module_state, 0, sizeof(tdx_module_state));
	for_each_possible_cpu(cpu)
		per_cpu(tdx_lp_initialized, cpu) = false;
}

/**
 * tdx_host_reset - return to the state after boot, for a module that can forget
 *
 * Context: may sleep.  No SEAMCALL is made meanwhile.
 *
 * Return: 0; -EBUSY during an attempt or a callback, or with TDs.
 */
int tdx_host_reset(void)
{
	if (!ida_is_empty(&tdx_guest_keyid_pool))
		return -EBUSY;

	return tdx_bringup_renew(&tdx_host, tdx_host_forget);
}
#endif
