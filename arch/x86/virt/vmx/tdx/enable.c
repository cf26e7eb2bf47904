// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions with which other kernel code initializes TDX, and the tdx_host= parameter.
 * A host has one TDX module, so all callers share one state.
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
	TDX_BOOT_SYNC,
	TDX_BOOT_ASYNC,
	TDX_BOOT_OFF,
};

static enum tdx_boot_mode tdx_boot_mode __ro_after_init;

static int __init tdx_boot_parse(char *arg)
{
	static const char * const words[] __initconst = {
		[TDX_BOOT_ONDEMAND]	= "ondemand",
		[TDX_BOOT_SYNC]		= "sync",
		[TDX_BOOT_ASYNC]	= "async",
		[TDX_BOOT_OFF]		= "off",
	};
	int mode;

	if (!arg)
		return -EINVAL;

	mode = match_string(words, ARRAY_SIZE(words), arg);
	if (mode >= 0)
		tdx_boot_mode = mode;
	else
		pr_err("tdx_host=%s ignored: ondemand, sync, async or off\n", arg);

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

static int tdx_host_probe(struct tdx_bringup *tb)
{
	return tdx_steps_probe(&tb->attempt, &tb->steps);
}

int tdx_host_run(struct tdx_bringup *tb)
{
	return tdx_steps_run(&tb->attempt, &tb->steps);
}

static int tdx_host_disable(struct tdx_bringup *tb)
{
	return tdx_steps_off(&tb->attempt, &tb->steps);
}

static int tdx_host_can_disable(struct tdx_bringup *tb)
{
	return tdx_module_can_disable(&tb->steps.module) ? 0 : -EOPNOTSUPP;
}

const struct tdx_bringup_ops tdx_host_ops = {
	.probe = tdx_host_probe,
	.run = tdx_host_run,
	.off = tdx_host_disable,
	.can_disable = tdx_host_can_disable,
	.notify = tdx_sysfs_notify,
};

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

	tdx_bringup_init(&tdx_host, &tdx_host_ops);
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
 * tdx_host_update_begin - keep TDX up for a module update
 *
 * Does not wait for TDX: while TDX goes down, the callback that removes the device for
 * updates waits for a running update.
 *
 * Context: may sleep, briefly.
 *
 * Return: 0; -ENXIO if TDX is not up; -ESHUTDOWN if an earlier update has failed.
 */
int tdx_host_update_begin(void)
{
	return tdx_bringup_try_get(&tdx_host);
}

/**
 * tdx_host_update_end - handle the end of a module update
 *
 * If the update has shut the module down for good, later requests fail.
 *
 * Context: may sleep, briefly.
 */
void tdx_host_update_end(void)
{
	/* The reference excludes off. */
	if (!tdx_get_sysinfo() && !tdx_module_lost()) {
		pr_err("an update of the TDX module has failed: no TDX until reboot\n");
		tdx_module_set_lost(true);
		tdx_bringup_lose(&tdx_host);
	}
	tdx_bringup_put(&tdx_host);
}

/**
 * tdx_enable_probe - initialize the TDX module far enough to read its metadata
 *
 * Runs step 1 of the initialization on one CPU, which takes milliseconds and does not
 * depend on the amount of memory; or waits for step 1 of a running initialization.
 * tdx_enable_metadata() has the result.  Afterwards the caller knows if this kernel can
 * use the module.
 *
 * Context: may sleep; the freezer waits for the task.  The caller must hold no lock that
 * the initialization or a callback takes.
 *
 * Return: 0, or an errno of tdx_enable().
 */
int tdx_enable_probe(void)
{
	return tdx_host_check() ?: tdx_bringup_probe(&tdx_host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_probe, "kvm-intel,tdx_test");

/**
 * tdx_enable - initialize the TDX module, and wait for the result
 *
 * Starts the first initialization of the TDX module, or joins a running one, and sleeps
 * until it ends.  Otherwise returns the result of the last initialization at once: tasks
 * without privileges cause calls of this function, and must neither repeat an
 * initialization that failed, nor switch TDX on after root has switched it off.
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
 * * -EINVAL	- the memory map or the metadata is invalid.
 * * -EBUSY	- the module stayed busy, VMX is in use, or a CPU runs no work items.
 * * -EAGAIN	- the CPU had no entropy.
 * * -EPERM	- the state of the module does not allow the initialization.
 * * -EFAULT	- a CPU cannot enter VMX operation.
 * * -EACCES	- a CPU made a SEAMCALL outside VMX operation.
 * * -EIO	- the module has failed: it rejected a call or returned an unknown status.
 * * -EINTR	- the calling task was killed.
 * * -ESHUTDOWN	- root has switched TDX off, the system goes down, or an update of the
 *   module has failed.
 *
 * The log has the reason in words.  An error is final only if the module could not be
 * disabled afterwards, see &enum tdx_status.
 */
int tdx_enable(void)
{
	int ret;

	ret = tdx_host_check() ?: tdx_bringup_sync(&tdx_host);

	/* An update may have failed just now, or off may have begun. */
	return ret ?: tdx_get_sysinfo() ? 0 : -ESHUTDOWN;
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable, "tdx_test");

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
 * tdx_enable_subscribe - ask for callbacks when TDX goes up and down
 * @req: the request, initialized and not in use
 *
 * Does not start an initialization.  The callback of @req gets the result of each
 * initialization, soon if TDX is up already; and -ESHUTDOWN before TDX is switched off, and
 * after a module update has failed; but not the same result twice in a row.  The
 * subscription ends with tdx_enable_cancel().
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
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_subscribe, "kvm-intel,tdx-host,tdx_test");

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
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_wait, "tdx_test");

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
 * reboot.  The data stays in place.  It is constant as long as the caller has a reference
 * from tdx_get(), except that a module update changes the version.
 */
const struct tdx_sys_info *tdx_enable_metadata(void)
{
	const struct tdx_sys_info *ready = tdx_get_sysinfo();

	/* An update of the module changes this copy, but not that of tdx_bringup. */
	return ready ?: tdx_bringup_metadata(&tdx_host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_metadata, "kvm-intel,tdx_test");

/**
 * tdx_enable_status - get the state of TDX on this host
 * @progress: gets the progress in bytes of memory, may be NULL
 *
 * @progress matches the returned state: unless both numbers are 0, done equals total
 * exactly in %TDX_STATUS_INITIALIZED.
 *
 * Context: any.
 *
 * Return: the state at a moment during the call.
 */
enum tdx_status tdx_enable_status(struct tdx_progress *progress)
{
	return tdx_bringup_status(&tdx_host, progress);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_enable_status, "kvm-intel,tdx-host");

/**
 * tdx_get - make sure that TDX is up, and keep it up
 *
 * As tdx_enable(), but TDX then cannot be switched off, until tdx_put().
 *
 * Context: as tdx_enable().
 *
 * Return: 0, and the caller has a reference; else the errno of tdx_enable().
 */
int tdx_get(void)
{
	int ret;

	ret = tdx_host_check() ?: tdx_bringup_get(&tdx_host);
	/* The reference excludes off, but an update may have failed just now. */
	if (!ret && !tdx_get_sysinfo()) {
		tdx_bringup_put(&tdx_host);
		ret = -ESHUTDOWN;
	}

	return ret;
}
EXPORT_SYMBOL_FOR_MODULES(tdx_get, "kvm-intel,tdx_test");

/**
 * tdx_put - give back a reference from tdx_get()
 *
 * A caller that cannot take a page or a KeyID back from the module keeps its reference.
 *
 * Context: may sleep, briefly.
 */
void tdx_put(void)
{
	tdx_bringup_put(&tdx_host);
}
EXPORT_SYMBOL_FOR_MODULES(tdx_put, "kvm-intel,tdx_test");

/**
 * tdx_disable - switch TDX off, and wait for the result
 *
 * Disables the TDX module by TDH.SYS.DISABLE, takes all CPUs out of VMX operation, and
 * frees the PAMTs.  The module is then in its state after boot.  Afterwards tdx_enable()
 * fails, and tdx_enable_async() switches TDX on again.
 *
 * Context: as tdx_enable(), but the freezer waits for the task.  If the task is killed, the
 * function returns and TDX is switched off in the background.
 *
 * Return:
 * * 0		- TDX is off.  It may have been off before.
 * * -EBUSY	- nothing has changed: a TD or another user of tdx_get() exists, TDX is being
 *   initialized or disabled, the module is being updated, or the system is about to sleep;
 *   or, after some time, a CPU does not run work items, and TDX is up again.
 * * -EOPNOTSUPP - nothing has changed: the module has no TDH.SYS.DISABLE.
 * * -ENODEV	- the platform has no TDX, or tdx_host=off is set.
 * * -EINTR	- the calling task was killed.
 * * -ESHUTDOWN	- the system goes down, or an update of the module has failed.
 * * other	- the errno of the status of TDH.SYS.DISABLE.  TDX is up as before, unless the
 *   status is %TDX_STATUS_ERROR.
 */
int tdx_disable(void)
{
	return tdx_host_check() ?: tdx_bringup_disable(&tdx_host);
}

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
	if (ret)
		return ret;

	if (tdx_attempt_stopped(&tdx_host.attempt)) {
		strscpy(reason, "stopped for shutdown", size);
		return -ESHUTDOWN;
	}
	guard(mutex)(&tdx_host.lock);

	/* Nothing else has this result without an error of the attempt. */
	if (tdx_host.result == -ESHUTDOWN) {
		strscpy(reason, "switched off by root", size);
		return -ESHUTDOWN;
	}

	return 0;
}

/* See tdx_phase_ms(). */
unsigned int tdx_host_phase_ms(enum tdx_phase phase)
{
	return tdx_phase_ms(&tdx_host.steps, phase);
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
	/* TDX is up, or an error has left the PAMTs with the module. */
	if (tb->steps.layout.pamts)
		tdx_steps_undo(&tb->steps);
	tdx_lps_forget();
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
