// SPDX-License-Identifier: GPL-2.0-only
/*
 * LPs in TDX and out of it: VMX operation, TDH.SYS.LP.INIT, CPU hot-plug, sleep and
 * shutdown.
 *
 * A CPU may make SEAMCALLs when it is in VMX operation and its LP is initialized.
 * Upstream's tdx_cpu_enable() serves updates of the module, which run with
 * interrupts off.  Here calls may be repeated with pauses in between, and after an
 * error the module can be asked again.
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

/* Written on the CPU itself: by work items, CPU hot-plug and shutdown. */
static DEFINE_PER_CPU(bool, tdx_lp_is_ready);

/* Used with cpu_hotplug_lock held. */
static DEFINE_PER_CPU(struct work_struct, tdx_lp_work);

/* Protected by cpu_hotplug_lock. */
static enum cpuhp_state tdx_lp_state = CPUHP_INVALID;

/*
 * The attempt that takes all CPUs into TDX, with cpu_hotplug_lock held; NULL when a
 * CPU comes online later.
 */
static struct tdx_attempt *tdx_lp_attempt;

/*
 * Bring-up has succeeded.  From then on, only an update of the module that fails
 * can take the module away.
 */
static bool tdx_lps_in_use;

/* The module was busy, or the CPU had no entropy: the same call may succeed later. */
bool tdx_status_is_retryable(u64 status)
{
	enum seam_class class = seam_status_class(status);

	return class == SEAM_CONTENDED || class == SEAM_ENTROPY;
}

/**
 * tdx_seamcall_retry - make a SEAMCALL, and repeat it while that may help
 * @leaf: RAX
 * @args: registers; gets those of the last call
 *
 * The locks of the module do not queue: a contender must come again.
 *
 * Context: may sleep.  All CPUs that the caller may run on are in VMX operation.
 *
 * Return: the last status.
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
 * Step 1 initializes the module, on one CPU.  CPUs that follow find it initialized.
 * Only success is recorded: after an error the module can be asked again.
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

/* Returns the status, and the leaf that gave it. */
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
 * tdx_lp_init - initialize the module, if it is not, and this LP
 * @a: the attempt
 *
 * Context: may sleep; migration disabled; the CPU in VMX operation.
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

	/* An update of the module has failed.  The CPU can be used without TDX. */
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

	/* Shutdown has taken this CPU out of TDX already. */
	if (!this_cpu_read(tdx_lp_is_ready))
		return 0;

	/* The CPU leaves VMX operation, so no SEAMCALL may start on it. */
	this_cpu_write(tdx_lp_is_ready, false);
	scoped_guard(preempt)
		ret = tdx_offline_cpu(cpu);
	if (ret)
		this_cpu_write(tdx_lp_is_ready, true);

	return ret;
}

static void tdx_lp_start(struct work_struct *unused)
{
	/* The attempt has the first error. */
	tdx_lp_online(raw_smp_processor_id());
}

static void tdx_lp_stop(struct work_struct *unused)
{
	/* A CPU refuses only while there are TDs. */
	WARN_ON_ONCE(tdx_lp_offline(raw_smp_processor_id()));
}

/*
 * All online CPUs at the same time, in work items: CR4.VMXE is changed in task
 * context only, and calls that are repeated sleep in between.
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
 * tdx_lps_start - take all online CPUs into TDX, and those that come online
 * @a: the attempt
 *
 * Context: may sleep; cpu_hotplug_lock held.
 *
 * Return: 0; the errno of the status of TDH.SYS.LP.INIT on the CPU that failed
 * first; -EOPNOTSUPP, -EBUSY or -EFAULT if a CPU cannot enter VMX operation;
 * -ENOSPC without a free hot-plug state.  No CPU is in TDX then.
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
 * Context: may sleep; cpu_hotplug_lock held; no SEAMCALL is made any more.
 */
void tdx_lps_stop(void)
{
	lockdep_assert_cpus_held();

	tdx_lps_each(tdx_lp_stop);
	cpuhp_remove_state_nocalls_cpuslocked(tdx_lp_state);
	tdx_lp_state = CPUHP_INVALID;
}

/* Bring-up has succeeded, or is undone. */
void tdx_lps_set_in_use(bool in_use)
{
	WRITE_ONCE(tdx_lps_in_use, in_use);
}

/**
 * tdx_module_lost - has an update of the module cost it?
 *
 * An update at run time that fails half-way leaves a module that is shut down.
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
 * tdx_lp_ready - may this CPU make any SEAMCALL?
 *
 * Context: preemption disabled until after the call.
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
	/* Step 1, and disabling the module, make calls on a CPU that is not ready. */
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
 * Registered before the first SEAMCALL, so that a reboot during bring-up disables
 * the module, too.  Bring-up has stopped by then.
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
