// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where bring-up and the rest of TDX host support meet: part of tdx.c.
 *
 * The data that KVM, memory hot-plug, machine checks, module update and
 * shutdown look at belong to tdx.c.  Bring-up fills them through the functions
 * here, and has the CPUs taken into and out of TDX by those that were there.
 */
#include <kunit/visibility.h>

#include "bringup.h"

/*
 * This CPU is in VMX operation for TDX and its LP is initialised.  Written in
 * work items of bring-up, in CPU hot-plug callbacks and at shutdown, on the CPU
 * itself.
 */
static DEFINE_PER_CPU(bool, lp_ready);

static enum cpuhp_state lp_cpuhp_state = CPUHP_INVALID;

/* Whom a failing CPU is reported to while all are started; else NULL. */
static struct tdx_bringup *lp_reporter;

/* Of any CPU while all are started: the errno that the reporter gave. */
static int lp_error;

/* Of each CPU; used by one bring-up at a time, with cpu_hotplug_lock held. */
static DEFINE_PER_CPU(struct work_struct, lp_work);

/*
 * Called by one CPU at a time until it has succeeded: step 1 does it, on one.
 * LPs that are started at once, and CPUs that come online, find it done.
 */
static u64 sys_init_once(void)
{
	struct tdx_module_args args = {};
	u64 status;

	if (tdx_module_state.sysinit_done && !tdx_module_state.sysinit_ret)
		return TDX_SUCCESS;

	status = tdx_seamcall_retry(TDH_SYS_INIT, &args);
	if (status)
		return status;

	/* Only success is final: the module can be asked again after any error. */
	tdx_module_state.sysinit_done = true;
	tdx_module_state.sysinit_ret = 0;

	return TDX_SUCCESS;
}

/* The CPU must be in VMX operation and remain the current one. */
static u64 lp_init_once(u64 *leaf)
{
	struct tdx_module_args args = {};
	u64 status;

	if (__this_cpu_read(tdx_lp_initialized))
		return TDX_SUCCESS;

	*leaf = TDH_SYS_INIT;
	status = sys_init_once();
	if (status)
		return status;

	*leaf = TDH_SYS_LP_INIT;
	status = tdx_seamcall_retry(TDH_SYS_LP_INIT, &args);
	if (status)
		return status;

	__this_cpu_write(tdx_lp_initialized, true);
	return TDX_SUCCESS;
}

/**
 * tdx_host_lp_init - initialise the module, if need be, and this LP
 * @tb: the bring-up
 *
 * Context: may sleep; migration disabled; the CPU in VMX operation.
 *
 * Return: 0 or the errno of the status of TDH.SYS.INIT or TDH.SYS.LP.INIT.
 */
int tdx_host_lp_init(struct tdx_bringup *tb)
{
	u64 leaf, status;

	status = lp_init_once(&leaf);
	if (status)
		return tdx_bringup_fail_seam(tb, leaf, status, "CPU %u",
					     raw_smp_processor_id());

	return 0;
}

/**
 * tdx_host_with_vmx - do something on this CPU in VMX operation
 * @fn: what to do
 * @tb: the bring-up
 *
 * Context: may sleep; migration disabled.
 *
 * Return: what @fn returns, or -EOPNOTSUPP, -EBUSY or -EFAULT when VMX
 * operation cannot be entered.
 */
int tdx_host_with_vmx(int (*fn)(struct tdx_bringup *tb), struct tdx_bringup *tb)
{
	int ret;

	ret = x86_virt_get_ref(X86_FEATURE_VMX);
	if (ret)
		return tdx_bringup_fail(tb, ret, "CPU %u cannot enter VMX operation",
					raw_smp_processor_id());

	ret = fn(tb);
	x86_virt_put_ref(X86_FEATURE_VMX);

	return ret;
}

static int report_lp(unsigned int cpu, u64 leaf, u64 status)
{
	char text[SEAM_TEXT_LEN];

	if (lp_reporter)
		return tdx_bringup_fail_seam(lp_reporter, leaf, status,
					     "CPU %u", cpu);

	seam_status_describe(text, sizeof(text), leaf, status);
	pr_err("CPU %u stays offline, TDX cannot use it: %s\n", cpu, text);

	return seam_status_errno(leaf, status);
}

static int lp_online(unsigned int cpu)
{
	u64 leaf, status;
	int ret;

	/* The host has lost TDX, not this CPU: do without. */
	if (tdx_host_lost())
		return 0;

	ret = x86_virt_get_ref(X86_FEATURE_VMX);
	if (ret)
		return lp_reporter ?
			tdx_bringup_fail(lp_reporter, ret,
					 "CPU %u cannot enter VMX operation",
					 cpu) : ret;

	status = lp_init_once(&leaf);
	if (status) {
		x86_virt_put_ref(X86_FEATURE_VMX);
		return report_lp(cpu, leaf, status);
	}

	this_cpu_write(lp_ready, true);
	return 0;
}

static int lp_offline(unsigned int cpu)
{
	int ret;

	/* Shutdown has taken this CPU out of TDX already. */
	if (!this_cpu_read(lp_ready))
		return 0;

	/* Leaves VMX operation, so no SEAMCALL may start here any more. */
	this_cpu_write(lp_ready, false);

	/* Flushing this CPU's cache wants preemption off. */
	scoped_guard(preempt)
		ret = tdx_offline_cpu(cpu);
	if (ret)
		this_cpu_write(lp_ready, true);

	return ret;
}

/*
 * On all online CPUs at the same time, isolated ones too.  In work items and
 * not in interrupts: CR4.VMXE is changed in task context only, and calls that
 * are repeated sleep in between.
 */
static void on_each_lp(work_func_t func)
{
	unsigned int cpu;

	lockdep_assert_cpus_held();

	for_each_online_cpu(cpu) {
		INIT_WORK(per_cpu_ptr(&lp_work, cpu), func);
		schedule_work_on(cpu, per_cpu_ptr(&lp_work, cpu));
	}

	for_each_online_cpu(cpu)
		flush_work(per_cpu_ptr(&lp_work, cpu));
}

static void start_lp(struct work_struct *unused)
{
	int ret = lp_online(raw_smp_processor_id());

	/* All that fail have the same: report.c answers with the first. */
	if (ret)
		WRITE_ONCE(lp_error, ret);
}

/* Only where there are TDs may a CPU refuse. */
static void stop_lp(struct work_struct *unused)
{
	WARN_ON_ONCE(lp_offline(raw_smp_processor_id()));
}

static int start_lps(struct tdx_bringup *tb)
{
	lp_error = 0;
	lp_reporter = tb;
	on_each_lp(start_lp);
	lp_reporter = NULL;

	return lp_error;
}

/**
 * tdx_host_start_lps - initialise every online LP, and those that come online
 * @tb: the bring-up
 *
 * Those that are online all at once; each that comes online by CPU hot-plug.
 *
 * Context: may sleep; cpu_hotplug_lock held.
 *
 * Return: 0; the errno of the status of TDH.SYS.LP.INIT on the CPU that failed
 * first; -ENOSPC without a free hot-plug state.  No LP can be used then.
 */
int tdx_host_start_lps(struct tdx_bringup *tb)
{
	int ret;

	lockdep_assert_cpus_held();

	ret = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_AP_ONLINE_DYN,
						   "virt/tdx:online",
						   lp_online, lp_offline);
	if (ret < 0)
		return tdx_bringup_fail(tb, ret, "CPUs cannot be prepared for TDX");
	lp_cpuhp_state = ret;

	ret = start_lps(tb);
	if (ret)
		tdx_host_stop_lps();

	return ret;
}

/**
 * tdx_host_stop_lps - undo tdx_host_start_lps()
 *
 * Context: may sleep; cpu_hotplug_lock held; no SEAMCALL is made any more.
 */
void tdx_host_stop_lps(void)
{
	lockdep_assert_cpus_held();

	on_each_lp(stop_lp);
	cpuhp_remove_state_nocalls_cpuslocked(lp_cpuhp_state);
	lp_cpuhp_state = CPUHP_INVALID;
}

/**
 * tdx_host_lp_ready - may this CPU make any SEAMCALL?
 *
 * Context: preemption disabled from before the question until after the call.
 *
 * Return: true when it is in VMX operation and its LP is initialised.
 */
bool tdx_host_lp_ready(void)
{
	lockdep_assert_preemption_disabled();

	return __this_cpu_read(lp_ready);
}

/**
 * tdx_host_global_keyid - the KeyID that protects the module's own data
 *
 * Return: the first private KeyID.
 */
u32 tdx_host_global_keyid(void)
{
	return tdx_global_keyid;
}

/**
 * tdx_host_set_memory - say which memory may come online from now on
 * @blocks: list of struct tdx_memblock, ascending; empty for no restriction;
 *	gets the former list in exchange
 *
 * Context: mem_hotplug_lock held.
 */
void tdx_host_set_memory(struct list_head *blocks)
{
	LIST_HEAD(former);

	list_splice_init(&tdx_memlist, &former);
	list_splice_init(blocks, &tdx_memlist);
	list_splice(&former, blocks);
}

/**
 * tdx_host_set_tdmrs - say where the PAMTs are, for machine checks
 * @tdmrs: TDMRs with their PAMTs; NULL for none
 *
 * Context: any.
 */
void tdx_host_set_tdmrs(const struct tdmr_info_list *tdmrs)
{
	if (!tdmrs) {
		WRITE_ONCE(tdx_tdmr_list.nr_consumed_tdmrs, 0);
		return;
	}

	tdx_tdmr_list.tdmrs = tdmrs->tdmrs;
	tdx_tdmr_list.tdmr_sz = tdmrs->tdmr_sz;
	tdx_tdmr_list.max_tdmrs = tdmrs->max_tdmrs;
	/* Pairs with smp_rmb() in is_pamt_page(). */
	smp_wmb();
	WRITE_ONCE(tdx_tdmr_list.nr_consumed_tdmrs, tdmrs->nr_consumed_tdmrs);
}

/**
 * tdx_host_set_ready - let tdx_get_sysinfo() answer
 * @sysinfo: the module's metadata; NULL: not ready any more
 *
 * Context: any.
 */
void tdx_host_set_ready(const struct tdx_sys_info *sysinfo)
{
	if (sysinfo)
		tdx_sysinfo = *sysinfo;

	/* Whoever sees the flag sees the data. */
	smp_store_release(&tdx_module_state.initialized, !!sysinfo);
}

static void lp_shutdown(void *unused)
{
	/* Step 1, and disabling the module, make calls on a CPU that may not be ready. */
	if (!this_cpu_read(lp_ready)) {
		tdx_cpu_flush_cache();
		return;
	}

	this_cpu_write(lp_ready, false);
	tdx_shutdown_cpu(NULL);
}

static void disable_module(void)
{
	guard(preempt)();

	if (x86_virt_get_ref(X86_FEATURE_VMX))
		return;

	tdx_sys_disable();
	x86_virt_put_ref(X86_FEATURE_VMX);
}

/*
 * Registered before the first SEAMCALL, so that a reboot in the middle of
 * bring-up disables the module too, however far it was.  Bring-up has stopped
 * by then, see tdx_bringup_stop().  Where nobody has asked for TDX there is
 * nothing to disable.
 */
VISIBLE_IF_KUNIT void tdx_host_shutdown(void *unused)
{
	if (lp_cpuhp_state != CPUHP_INVALID || tdx_module_state.sysinit_done)
		disable_module();
	on_each_cpu(lp_shutdown, NULL, 1);
}

VISIBLE_IF_KUNIT int tdx_host_suspend(void *unused)
{
	if (this_cpu_read(lp_ready))
		x86_virt_put_ref(X86_FEATURE_VMX);

	return 0;
}

VISIBLE_IF_KUNIT void tdx_host_resume(void *unused)
{
	if (this_cpu_read(lp_ready))
		WARN_ON_ONCE(x86_virt_get_ref(X86_FEATURE_VMX));
}

static const struct syscore_ops host_syscore_ops = {
	.suspend = tdx_host_suspend,
	.resume = tdx_host_resume,
	.shutdown = tdx_host_shutdown,
};

static struct syscore host_syscore = {
	.ops = &host_syscore_ops,
};

static int __init host_syscore_init(void)
{
	if (cpu_feature_enabled(X86_FEATURE_TDX_HOST_PLATFORM))
		register_syscore(&host_syscore);

	return 0;
}
arch_initcall(host_syscore_init);

#ifdef CONFIG_TDX_EMULATOR
/**
 * tdx_host_in_use - are there TDs?
 *
 * Context: any.
 *
 * Return: true if a guest has a KeyID.
 */
bool tdx_host_in_use(void)
{
	return !ida_is_empty(&tdx_guest_keyid_pool);
}

/**
 * tdx_host_reset - forget the module, as a reboot does
 *
 * Context: no LP is in VMX operation for TDX.
 */
void tdx_host_reset(void)
{
	int cpu;

	memset(&tdx_module_state, 0, sizeof(tdx_module_state));
	for_each_possible_cpu(cpu)
		per_cpu(tdx_lp_initialized, cpu) = false;
}
#endif
