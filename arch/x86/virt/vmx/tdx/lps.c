// SPDX-License-Identifier: GPL-2.0-only
/*
 * Take LPs into TDX and out of it: VMX operation, TDH.SYS.LP.INIT, CPU hot-plug, sleep
 * and shutdown.
 *
 * A CPU may make SEAMCALLs when it is in VMX operation and its LP is initialized.
 * Module updates use tdx_cpu_enable() instead, with interrupts off.  The code here may
 * sleep between repeated calls, and allows another attempt after an error.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <kunit/visibility.h>

#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpufeature.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/syscore_ops.h>
#include <linux/workqueue.h>

#include <asm/virt.h>

#include "seamcall_internal.h"
#include "steps.h"
#include "trace.h"

/* Only code on the CPU itself writes this: work items, CPU hot-plug and shutdown. */
static DEFINE_PER_CPU(bool, tdx_lp_is_ready);

/* Protected by cpu_hotplug_lock. */
static DEFINE_PER_CPU(struct work_struct, tdx_lp_work);

/* Protected by cpu_hotplug_lock.  Shutdown reads it without, when no attempt runs. */
static enum cpuhp_state tdx_lp_state = CPUHP_INVALID;

/*
 * Attempt that CPU failures are reported to; NULL unless CPUs are being started.
 * Protected by cpu_hotplug_lock.
 */
static struct tdx_attempt *tdx_lp_attempt;

/* Bring-up has succeeded.  After that, only a failed module update shuts TDX down. */
static bool tdx_lps_in_use;

/* Tell if the same call may succeed later: the module was busy, or entropy was short. */
bool tdx_status_is_retryable(u64 status)
{
	enum seam_class class = seam_status_class(status);

	return class == SEAM_CONTENDED || class == SEAM_ENTROPY;
}

/**
 * tdx_seamcall_retry - make a SEAMCALL, and repeat it while it may succeed later
 * @leaf: RAX
 * @args: registers; gets the registers of the last call
 *
 * A call does not wait for a lock of the module: it fails, and has to be repeated.
 *
 * Context: may sleep.  All CPUs that the caller may run on are in VMX operation.
 *
 * Return: the status of the last call.
 */
u64 tdx_seamcall_retry(u64 leaf, struct tdx_module_args *args)
{
	struct tdx_module_args out;
	unsigned int try;
	u64 status;

	might_sleep();

	for (try = 0; try < TDX_SEAMCALL_TRIES; try++) {
		if (try)
			usleep_range(TDX_SEAMCALL_PAUSE_US, 2 * TDX_SEAMCALL_PAUSE_US);

		out = *args;
		status = seamcall_ret(leaf, &out);
		if (seam_status_class(status) != SEAM_SUCCESS)
			trace_tdx_seamcall_error(leaf, status, args->rcx);
		if (!tdx_status_is_retryable(status))
			break;
	}
	*args = out;

	return status;
}

/*
 * Step 1 makes this call, on one CPU; later CPUs find the module initialized.  Record
 * only success, so that another attempt repeats the call after an error.
 */
static u64 tdx_lp_sys_init(void)
{
	struct tdx_module_args args = {};
	u64 status;

	if (tdx_module_state.sysinit_done && !tdx_module_state.sysinit_ret)
		return TDX_SUCCESS;

	status = tdx_seamcall_retry(TDH_SYS_INIT, &args);
	if (!status) {
		tdx_module_state.sysinit_done = true;
		tdx_module_state.sysinit_ret = 0;
	}

	return status;
}

/* Returns the status; @leaf gets the leaf of the last call, if there was a call. */
static u64 tdx_lp_try_init(u64 *leaf)
{
	struct tdx_module_args args = {};
	u64 status;

	if (__this_cpu_read(tdx_lp_initialized))
		return TDX_SUCCESS;

	*leaf = TDH_SYS_INIT;
	status = tdx_lp_sys_init();
	if (status)
		return status;

	*leaf = TDH_SYS_LP_INIT;
	status = tdx_seamcall_retry(TDH_SYS_LP_INIT, &args);
	if (!status)
		__this_cpu_write(tdx_lp_initialized, true);

	return status;
}

/**
 * tdx_lp_init - initialize the module, unless it is initialized, and this LP
 * @a: the attempt
 *
 * Context: may sleep; migration is disabled, and the CPU is in VMX operation.
 *
 * Return: 0, or the errno of the status of TDH.SYS.INIT or TDH.SYS.LP.INIT.
 */
int tdx_lp_init(struct tdx_attempt *a)
{
	u64 leaf, status;

	status = tdx_lp_try_init(&leaf);
	if (status)
		return tdx_fail_seam(a, leaf, status, "CPU %u", raw_smp_processor_id());

	return 0;
}

static int tdx_lp_fail(unsigned int cpu, u64 leaf, u64 status)
{
	char text[SEAM_TEXT_LEN];

	if (tdx_lp_attempt)
		return tdx_fail_seam(tdx_lp_attempt, leaf, status, "CPU %u", cpu);

	seam_status_describe(text, sizeof(text), leaf, status);
	pr_err("CPU %u stays offline, TDX cannot use it: %s\n", cpu, text);

	return seam_status_errno(leaf, status);
}

static int tdx_lp_online(unsigned int cpu)
{
	u64 leaf, status;
	int ret;

	/* After a failed update of the module, CPUs come online without TDX. */
	if (tdx_module_lost())
		return 0;

	ret = x86_virt_get_ref(X86_FEATURE_VMX);
	if (ret)
		return !tdx_lp_attempt ? ret :
		       tdx_fail(tdx_lp_attempt, ret, "CPU %u cannot enter VMX operation", cpu);

	status = tdx_lp_try_init(&leaf);
	if (status) {
		x86_virt_put_ref(X86_FEATURE_VMX);
		return tdx_lp_fail(cpu, leaf, status);
	}
	this_cpu_write(tdx_lp_is_ready, true);

	return 0;
}

static int tdx_lp_offline(unsigned int cpu)
{
	int ret;

	/* The CPU failed to enter TDX, came online without TDX, or was shut down. */
	if (!this_cpu_read(tdx_lp_is_ready))
		return 0;

	/* Prevent new SEAMCALLs on this CPU before it leaves VMX operation. */
	this_cpu_write(tdx_lp_is_ready, false);
	scoped_guard(preempt)
		ret = tdx_offline_cpu(cpu);
	if (ret)
		this_cpu_write(tdx_lp_is_ready, true);

	return ret;
}

static void tdx_lp_start(struct work_struct *unused)
{
	/* tdx_lp_attempt records the first error. */
	tdx_lp_online(raw_smp_processor_id());
}

static void tdx_lp_stop(struct work_struct *unused)
{
	/* tdx_offline_cpu() fails only while TDs exist. */
	WARN_ON_ONCE(tdx_lp_offline(raw_smp_processor_id()));
}

/*
 * Run @func on all online CPUs at the same time.  Use work items, since CR4.VMXE may
 * change only in task context, and tdx_seamcall_retry() may sleep.
 */
static void tdx_lps_each(work_func_t func)
{
	unsigned int cpu;

	lockdep_assert_cpus_held();

	for_each_online_cpu(cpu) {
		INIT_WORK(per_cpu_ptr(&tdx_lp_work, cpu), func);
		schedule_work_on(cpu, per_cpu_ptr(&tdx_lp_work, cpu));
	}
	for_each_online_cpu(cpu)
		flush_work(per_cpu_ptr(&tdx_lp_work, cpu));
}

/**
 * tdx_lps_start - take all online CPUs into TDX, and later CPUs as they come online
 * @a: the attempt
 *
 * Context: may sleep; cpu_hotplug_lock is held.
 *
 * Return: 0; the errno of the status of TDH.SYS.LP.INIT on the CPU that failed first;
 * -EOPNOTSUPP, -EBUSY or -EFAULT if a CPU cannot enter VMX operation; -ENOSPC if CPU
 * hot-plug has no free state.  After an error, no CPU is in TDX.
 */
int tdx_lps_start(struct tdx_attempt *a)
{
	int ret;

	lockdep_assert_cpus_held();

	ret = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_AP_ONLINE_DYN, "virt/tdx:online",
						   tdx_lp_online, tdx_lp_offline);
	if (ret < 0)
		return tdx_fail(a, ret, "CPUs cannot be prepared for TDX");
	tdx_lp_state = ret;

	tdx_lp_attempt = a;
	tdx_lps_each(tdx_lp_start);
	tdx_lp_attempt = NULL;

	ret = READ_ONCE(a->error);
	if (ret)
		tdx_lps_stop();

	return ret;
}

/**
 * tdx_lps_stop - take all CPUs out of TDX
 *
 * Context: may sleep; cpu_hotplug_lock is held, and no CPU makes SEAMCALLs any more.
 */
void tdx_lps_stop(void)
{
	lockdep_assert_cpus_held();

	tdx_lps_each(tdx_lp_stop);
	cpuhp_remove_state_nocalls_cpuslocked(tdx_lp_state);
	tdx_lp_state = CPUHP_INVALID;
}

/* Record that bring-up has succeeded, or that the worker undoes it. */
void tdx_lps_set_in_use(bool in_use)
{
	WRITE_ONCE(tdx_lps_in_use, in_use);
}

/**
 * tdx_module_lost - tell if a failed update has shut the module down
 *
 * Context: any.
 *
 * Return: true if TDX was up and cannot be used until a reboot.
 */
bool tdx_module_lost(void)
{
	return READ_ONCE(tdx_lps_in_use) && !tdx_get_sysinfo();
}

/**
 * tdx_lp_ready - tell if this CPU may make any SEAMCALL
 *
 * Context: the caller disables preemption until after the SEAMCALL.
 *
 * Return: true if it is in VMX operation and its LP is initialized.
 */
bool tdx_lp_ready(void)
{
	lockdep_assert_preemption_disabled();

	return __this_cpu_read(tdx_lp_is_ready);
}

static void tdx_lp_shutdown(void *unused)
{
	/* Step 1 and tdx_lps_disable_module() make SEAMCALLs on a CPU that is not ready. */
	if (!this_cpu_read(tdx_lp_is_ready)) {
		tdx_cpu_flush_cache();
		return;
	}

	this_cpu_write(tdx_lp_is_ready, false);
	tdx_shutdown_cpu(NULL);
}

static void tdx_lps_disable_module(void)
{
	guard(preempt)();

	if (x86_virt_get_ref(X86_FEATURE_VMX))
		return;

	tdx_sys_disable();
	x86_virt_put_ref(X86_FEATURE_VMX);
}

/*
 * The kernel registers this before the first SEAMCALL, so that a reboot during bring-up
 * also disables the module.  tdx_bringup_stop() has stopped bring-up before.
 */
VISIBLE_IF_KUNIT void tdx_lps_shutdown(void *unused)
{
	if (tdx_lp_state != CPUHP_INVALID || tdx_module_state.sysinit_done)
		tdx_lps_disable_module();
	on_each_cpu(tdx_lp_shutdown, NULL, 1);
}

VISIBLE_IF_KUNIT int tdx_lps_suspend(void *unused)
{
	if (this_cpu_read(tdx_lp_is_ready))
		x86_virt_put_ref(X86_FEATURE_VMX);

	return 0;
}

VISIBLE_IF_KUNIT void tdx_lps_resume(void *unused)
{
	if (this_cpu_read(tdx_lp_is_ready))
		WARN_ON_ONCE(x86_virt_get_ref(X86_FEATURE_VMX));
}

static const struct syscore_ops tdx_lps_syscore_ops = {
	.suspend = tdx_lps_suspend,
	.resume = tdx_lps_resume,
	.shutdown = tdx_lps_shutdown,
};

static struct syscore tdx_lps_syscore = {
	.ops = &tdx_lps_syscore_ops,
};

static int __init tdx_lps_syscore_init(void)
{
	if (cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM))
		register_syscore(&tdx_lps_syscore);

	return 0;
}
arch_initcall(tdx_lps_syscore_init);
