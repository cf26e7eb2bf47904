// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX on demand: the functions for other kernel code, and the tdx_host= parameter.  A
 * host has one TDX module, so all callers share one state.
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

/* The values of tdx_host=, which select when Linux initializes the module. */
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
 * tdx_host_off - tell if tdx_host=off is on the command line
 *
 * Context: any, after the kernel has parsed early parameters.
 *
 * Return: true for tdx_host=off.
 */
bool __init tdx_host_off(void)
{
	return tdx_boot_mode == TDX_BOOT_OFF;
}

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

/* PM calls this before the freezer starts.  A host with TDX never hibernates. */
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

/* Name a feature that Linux needs for TDX and that the CPU lacks, or return NULL. */
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
 * tdx_host_updated - handle the end of a module update
 *
 * If the update has shut the module down for good, later requests fail.
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
 * tdx_enable - initialize the TDX module, and wait for the result
 *
 * Starts the initialization of the TDX module, or joins a running one, and sleeps until
 * it ends.  Returns at once if the module is initialized.
 *
 * Context: may sleep until the initialization ends, which takes seconds on large hosts.
 * If the calling task is killed, the function returns and the initialization continues.
 * The caller must hold no lock that the initialization takes, in particular not
 * cpu_hotplug_lock or mem_hotplug_lock, and must not be the callback of a request.
 *
 * Return:
 * * 0		- KVM can create TDX guests.
 * * -ENODEV	- the platform has no TDX, tdx_host=off is set, or no module is loaded.
 * * -EOPNOTSUPP - the CPU or the module lacks a feature that Linux needs, or the
 *   platform configuration does not support TDX.
 * * -ENODATA	- the module is too old.
 * * -ENOMEM	- the kernel has no memory, or no contiguous memory for a PAMT.
 * * -ENOSPC	- the module has too few reserved areas for this memory, no memory fits a
 *   PAMT, or CPU hot-plug has no free state.
 * * -ERANGE	- the module cannot use some of the memory.
 * * -ENXIO	- a package has no online CPU, or an LP is not initialized.
 * * -EINVAL	- the memory map or the metadata is invalid, or the module rejected TDMRs.
 * * -EBUSY	- the module stayed busy, or VMX is in use.
 * * -EAGAIN	- the CPU had no entropy.
 * * -EPERM	- the state of the module does not allow the initialization.
 * * -EFAULT	- a CPU cannot enter VMX operation.
 * * -EACCES	- a CPU made a SEAMCALL outside VMX operation.
 * * -EIO	- the module returned an unknown status.
 * * -EINTR	- the calling task was killed.
 * * -ESHUTDOWN	- the system goes down, or the module is shut down.
 *
 * The log has the reason in words.  An error is final only after the module has accepted
 * its TDMRs, see &enum tdx_status.
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
 * Starts the initialization of the TDX module, or joins a running one.  The callback of
 * @req and tdx_enable_wait() get the result, soon if the result is final already.
 *
 * Does not wait for the initialization, so the caller may hold locks that the
 * initialization takes.
 *
 * Context: may sleep, briefly.  The callback of @req must not call this with @req.
 *
 * Return:
 * * 0		- accepted.  The result is one of tdx_enable()'s except -EINTR.
 * * -EINVAL	- @req is not initialized.
 * * -EBUSY	- @req is in use.
 * * -ENODEV	- TDX is off, or the CPU lacks TDX or a feature that Linux needs for it;
 *   the log has the reason.
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
 * tdx_enable_subscribe - ask for a callback when TDX is up
 * @req: the request, initialized and not in use
 *
 * Does not start an initialization.  The callback of @req runs when TDX is up, soon if
 * TDX is up already; or when an error is final or the system goes down.
 *
 * Context: as tdx_enable_async().
 *
 * Return: 0 if @req was accepted; -EINVAL if @req is not initialized; -EBUSY if @req is
 * in use; -ENODEV as tdx_enable_async(); the errno of an initialization that failed for
 * good; -ESHUTDOWN if the system goes down or a module update has failed.
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
 * @req: the request, which the caller must not free meanwhile
 *
 * If the request has a callback, the function waits until the callback has returned.
 * Any number of tasks may wait for a request, any number of times.
 *
 * Context: may sleep; the freezer may freeze the task.  The caller must hold no lock
 * that the initialization or a callback takes, and must not be a callback.
 *
 * Return: the result, see tdx_enable_async(); -EINVAL if @req is not initialized;
 * -ECANCELED if @req was never accepted or was cancelled; -EINTR if the task was killed,
 * and @req stays in use.
 */
int tdx_enable_wait(struct tdx_enable_request *req)
{
	return tdx_bringup_wait(&tdx_host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_wait, "kvm-intel,tdx_test");

/**
 * tdx_enable_cancel - withdraw a request
 * @req: the request, in any state; the function ignores an uninitialized request
 *
 * The initialization continues.  A request that has its result keeps it.
 *
 * After return, the callback of @req neither runs nor will run: the caller may free @req
 * and unload the module with the callback.
 *
 * Context: may sleep until a running callback returns.  The caller must hold no lock
 * that the initialization or a callback takes, and must not be a callback.
 */
void tdx_enable_cancel(struct tdx_enable_request *req)
{
	tdx_bringup_cancel(&tdx_host, req);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_cancel, "kvm-intel,tdx-host,tdx_test");

/**
 * tdx_enable_metadata - get the metadata of the TDX module
 *
 * The metadata is available after step 1; tdx_get_sysinfo() returns it when TDX is up.
 *
 * Context: any.
 *
 * Return: the metadata; NULL if step 1 has not succeeded, or if TDX is unusable until a
 * reboot.  The data stays in place and constant, with one exception: a module update
 * changes the version in data that the function returns when TDX is up.
 */
const struct tdx_sys_info *tdx_enable_metadata(void)
{
	const struct tdx_sys_info *ready = tdx_get_sysinfo();

	/* An update of the module changes this copy, but not that of tdx_bringup. */
	if (ready)
		return ready;

	return tdx_module_lost() ? NULL : tdx_bringup_metadata(&tdx_host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_metadata, "kvm-intel,tdx_test");

/**
 * tdx_enable_status - get the state of TDX on this host
 * @progress: gets the memory that the module has initialized, in bytes; may be NULL
 *
 * @progress matches the returned state: unless both numbers are 0, done equals total
 * exactly in %TDX_STATUS_INITIALIZED.  During an attempt, done never decreases.
 *
 * Context: any.
 *
 * Return: the state at a moment during the call.
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
 * tdx_host_error - get the reason why TDX is not up
 * @reason: gets the reason in words; empty without an error
 * @size: size of @reason; %TDX_REASON_LEN is enough
 *
 * Context: may sleep, briefly.
 *
 * Return: the errno; 0 without an error.
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
	/* Operators must be able to tell tdx_host=off from a host without TDX. */
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
 * tdx_host_reset - return to the state after boot, when the emulator is reset
 *
 * Context: may sleep.  The caller makes sure that no CPU makes a SEAMCALL meanwhile.
 *
 * Return: 0; -EBUSY during an attempt or a callback, or while TDs exist.
 */
int tdx_host_reset(void)
{
	if (!ida_is_empty(&tdx_guest_keyid_pool))
		return -EBUSY;

	return tdx_bringup_renew(&tdx_host, tdx_host_forget);
}
#endif
