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
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/cpufeature.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/lockdep.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/syscore_ops.h>
#include <linux/workqueue.h>

#include <asm/virt.h>

#include "seamcall_internal.h"
#include "steps.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/* Only code on the CPU itself writes this: work items, CPU hot-plug and shutdown. */
static DEFINE_PER_CPU(bool, tdx_lp_is_ready);

/*
 * A real-time task that never sleeps prevents the work items of its CPU from running.
 * Wait for this time, then fail.
 */
#define TDX_LP_SECONDS	10

/* TDH.SYS.DISABLE fails if it makes no progress for this time. */
#define TDX_DISABLE_SECONDS	10

/**
 * struct tdx_lp_call - a function to run on a CPU
 * @work: the work item
 * @done: complete when the function has returned
 *
 * Locking: cpu_hotplug_lock.
 */
struct tdx_lp_call {
	struct work_struct work;
	struct completion done;
};

static DEFINE_PER_CPU(struct tdx_lp_call, tdx_lp_call);

/* Protected by cpu_hotplug_lock.  Shutdown reads it when no attempt can change it. */
static enum cpuhp_state tdx_lp_state = CPUHP_INVALID;

/*
 * Attempt that CPU failures are reported to; NULL unless CPUs are being started.
 * Protected by cpu_hotplug_lock.
 */
static struct tdx_attempt *tdx_lp_attempt;

/* An update of the module has failed. */
static bool tdx_module_is_lost;

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

	/*
	 * Prevent new SEAMCALLs on this CPU before it leaves VMX operation.  The CPU may
	 * have failed to enter TDX, come online without TDX, or been shut down.
	 */
	if (!this_cpu_xchg(tdx_lp_is_ready, false))
		return 0;

	scoped_guard(preempt)
		ret = tdx_offline_cpu(cpu);
	if (ret)
		this_cpu_write(tdx_lp_is_ready, true);

	return ret;
}

static void tdx_lp_start(struct work_struct *work)
{
	/* tdx_lp_attempt records the first error. */
	tdx_lp_online(raw_smp_processor_id());
	complete(&container_of(work, struct tdx_lp_call, work)->done);
}

static void tdx_lp_stop(struct work_struct *work)
{
	/* tdx_offline_cpu() fails only while TDs exist. */
	WARN_ON_ONCE(tdx_lp_offline(raw_smp_processor_id()));
	complete(&container_of(work, struct tdx_lp_call, work)->done);
}

static void tdx_lp_check(struct work_struct *work)
{
	complete(&container_of(work, struct tdx_lp_call, work)->done);
}

/* Returns false if the CPU has not run the work item, and will not run it. */
static bool tdx_lp_wait(unsigned int cpu, unsigned long end)
{
	struct tdx_lp_call *call = per_cpu_ptr(&tdx_lp_call, cpu);
	unsigned long now = jiffies;

	if (wait_for_completion_timeout(&call->done,
					time_before(now, end) ? end - now : 0))
		return true;
	if (cancel_work(&call->work))
		return false;
	/* The work item has begun. */
	while (!wait_for_completion_timeout(&call->done, TDX_LP_SECONDS * HZ))
		pr_warn("CPU %u does not end its work item: move the real-time task that occupies it\n",
			cpu);

	return true;
}

/*
 * Run @func at the same time on all online CPUs, or on those in TDX.  Use work items,
 * since CR4.VMXE may change only in task context, and tdx_seamcall_retry() may sleep.
 * Returns a CPU that does not run work items, or nr_cpu_ids.
 */
static unsigned int tdx_lps_each(work_func_t func, bool in_tdx)
{
	unsigned int cpu, stuck = nr_cpu_ids;
	unsigned long end;

	lockdep_assert_cpus_held();

	for_each_online_cpu(cpu) {
		struct tdx_lp_call *call = per_cpu_ptr(&tdx_lp_call, cpu);

		INIT_WORK(&call->work, func);
		init_completion(&call->done);
		if (in_tdx && !per_cpu(tdx_lp_is_ready, cpu))
			complete(&call->done);
		else
			schedule_work_on(cpu, &call->work);
	}

	end = jiffies + TDX_LP_SECONDS * HZ;
	for_each_online_cpu(cpu) {
		if (!tdx_lp_wait(cpu, end))
			stuck = cpu;
	}

	return stuck;
}

static int tdx_lp_fail_stuck(struct tdx_attempt *a, unsigned int cpu)
{
	return tdx_fail(a, -EBUSY,
			"CPU %u runs no work items, a real-time task may occupy it: move the task, or take the CPU offline",
			cpu);
}

/**
 * tdx_lps_start - take all online CPUs into TDX, and later CPUs as they come online
 * @a: the attempt
 *
 * Context: may sleep; cpu_hotplug_lock is held.
 *
 * Return: 0; the errno of the status of TDH.SYS.LP.INIT on the CPU that failed first;
 * -EOPNOTSUPP, -EBUSY or -EFAULT if a CPU cannot enter VMX operation; -EBUSY if a CPU
 * runs no work items; -ENOSPC if CPU hot-plug has no free state.  After an error, no CPU
 * is in TDX.
 */
int tdx_lps_start(struct tdx_attempt *a)
{
	unsigned int stuck;
	int ret;

	lockdep_assert_cpus_held();

	ret = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_AP_ONLINE_DYN, "virt/tdx:online",
						   tdx_lp_online, tdx_lp_offline);
	if (ret < 0)
		return tdx_fail(a, ret, "CPUs cannot be prepared for TDX");
	tdx_lp_state = ret;

	tdx_lp_attempt = a;
	stuck = tdx_lps_each(tdx_lp_start, false);
	tdx_lp_attempt = NULL;

	if (stuck < nr_cpu_ids)
		tdx_lp_fail_stuck(a, stuck);
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
	unsigned int stuck;

	lockdep_assert_cpus_held();

	/* A failed attempt that could not be undone has taken the CPUs out already. */
	if (tdx_lp_state == CPUHP_INVALID)
		return;

	while ((stuck = tdx_lps_each(tdx_lp_stop, true)) < nr_cpu_ids)
		pr_warn("CPU %u runs no work items and cannot leave TDX: move the real-time task that occupies it\n",
			stuck);
	cpuhp_remove_state_nocalls_cpuslocked(tdx_lp_state);
	tdx_lp_state = CPUHP_INVALID;
}

/**
 * tdx_lps_check - check that all CPUs run work items, which tdx_lps_stop() needs
 * @a: the attempt
 *
 * Context: may sleep; takes cpu_hotplug_lock.
 *
 * Return: 0; -EBUSY if a CPU does not.
 */
int tdx_lps_check(struct tdx_attempt *a)
{
	unsigned int stuck;

	cpus_read_lock();
	stuck = tdx_lps_each(tdx_lp_check, false);
	cpus_read_unlock();

	return stuck < nr_cpu_ids ? tdx_lp_fail_stuck(a, stuck) : 0;
}

/**
 * tdx_lps_await - wait until all CPUs run work items, which tdx_lps_stop() needs
 * @a: the attempt
 *
 * Context: may sleep; takes cpu_hotplug_lock, but does not hold it for long.
 */
void tdx_lps_await(const struct tdx_attempt *a)
{
	unsigned int stuck;

	for (;;) {
		cpus_read_lock();
		stuck = tdx_lps_each(tdx_lp_check, false);
		cpus_read_unlock();
		if (stuck == nr_cpu_ids || tdx_attempt_stopped(a))
			return;
		pr_warn("CPU %u runs no work items: move the real-time task that occupies it, or take the CPU offline\n",
			stuck);
	}
}

/**
 * tdx_lps_forget - record that the module is in its state after boot
 *
 * Context: no CPU makes SEAMCALLs.
 */
void tdx_lps_forget(void)
{
	unsigned int cpu;

	memset(&tdx_module_state, 0, sizeof(tdx_module_state));
	for_each_possible_cpu(cpu)
		per_cpu(tdx_lp_initialized, cpu) = false;
}

/* Record that an update has shut the module down, or that a test has reset it. */
void tdx_module_set_lost(bool lost)
{
	WRITE_ONCE(tdx_module_is_lost, lost);
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
	return READ_ONCE(tdx_module_is_lost);
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
	/* Step 1 and tdx_lp_disable_module() make SEAMCALLs on a CPU that is not ready. */
	if (this_cpu_xchg(tdx_lp_is_ready, false))
		tdx_shutdown_cpu(NULL);
	else
		tdx_cpu_flush_cache();
}

/**
 * tdx_lp_disable_module - call TDH.SYS.DISABLE until it has succeeded or failed
 * @a: the attempt, whose stop ends the function early; or NULL
 * @status: gets the last status
 * @begun: set if the module has begun to disable itself but has not ended
 *
 * TDX_INTERRUPTED_RESUMABLE means that the call has made progress.  TDX_SYS_BUSY means that
 * the module waits for another SEAMCALL to end, and rejects new ones.  After either, giving
 * up gains nothing, so the function gives up only %TDX_DISABLE_SECONDS after the last
 * progress.
 *
 * Context: may sleep.
 *
 * Return: 0; -EOPNOTSUPP, -EBUSY or -EFAULT if this CPU cannot enter VMX operation.
 */
int tdx_lp_disable_module(const struct tdx_attempt *a, u64 *status, bool *begun)
{
	unsigned long end = jiffies + TDX_DISABLE_SECONDS * HZ;
	struct tdx_module_args args = {};
	int ret;

	guard(migrate)();

	ret = x86_virt_get_ref(X86_FEATURE_VMX);
	if (ret)
		return ret;

	*begun = false;
	do {
		*status = seamcall(TDH_SYS_DISABLE, &args);
		if (!tdx_status_is_retryable(*status))
			break;
		*begun = true;
		if (*status == TDX_INTERRUPTED_RESUMABLE)
			end = jiffies + TDX_DISABLE_SECONDS * HZ;
		else
			usleep_range(TDX_SEAMCALL_PAUSE_US, 2 * TDX_SEAMCALL_PAUSE_US);
		cond_resched();
	} while (time_before(jiffies, end) && !(a && tdx_attempt_stopped(a)));

	if (*status)
		trace_tdx_seamcall_error(TDH_SYS_DISABLE, *status, 0);
	else
		*begun = false;
	x86_virt_put_ref(X86_FEATURE_VMX);

	return 0;
}

/*
 * The kernel registers this before the first SEAMCALL, so that a reboot during bring-up
 * also disables the module.  tdx_bringup_stop() has stopped bring-up before.
 */
VISIBLE_IF_KUNIT void tdx_lps_shutdown(void *unused)
{
	char text[SEAM_TEXT_LEN];
	bool begun;
	u64 status;

	/* A module that has no PAMTs may reject the call, which does no harm. */
	if ((tdx_lp_state != CPUHP_INVALID || tdx_module_state.sysinit_done) &&
	    !tdx_lp_disable_module(NULL, &status, &begun) && status &&
	    tdx_tdmr_list.nr_consumed_tdmrs) {
		seam_status_describe(text, sizeof(text), TDH_SYS_DISABLE, status);
		pr_err("%s\n", text);
	}
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
