// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make the SEAMCALLs of steps 1, 5, 6 and 7.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <kunit/visibility.h>

#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sched/isolation.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include <asm/apic.h>
#include <asm/cpu.h>
#include <asm/virt.h>

#include "seamcall_internal.h"
#include "steps.h"
#include "trace.h"

/* The module has TDH.SYS.DISABLE. */
#define TDX_FEATURES0_SYS_DISABLE	BIT_ULL(53)

#define TDX_NUM_CMRS	0x9000000100000000ULL
#define TDX_CMR_BASE(i)	(0x9000000300000080ULL + (i))
#define TDX_CMR_SIZE(i)	(0x9000000300000100ULL + (i))

/* Step 1: the metadata */

/*
 * The attempt for which read_sys_metadata_field() and config_tdx_module() make
 * SEAMCALLs; NULL during an update of the module.  Only the worker writes it; an update
 * runs only after the last attempt has ended.
 */
static struct tdx_attempt *tdx_caller;

/**
 * tdx_sys_rd - call TDH.SYS.RD for read_sys_metadata_field()
 * @args: RDX has the field, R8 gets its value
 *
 * Context: may sleep in bring-up, but does not sleep during an update of the module.
 *
 * Return: 0; in bring-up, the errno of the status; else that of seamcall_prerr_ret().
 */
int tdx_sys_rd(struct tdx_module_args *args)
{
	u64 status, field = args->rdx;

	if (!tdx_caller)
		return seamcall_prerr_ret(TDH_SYS_RD, args);

	status = tdx_seamcall_retry(TDH_SYS_RD, args);
	if (status)
		return tdx_fail_seam(tdx_caller, TDH_SYS_RD, status, "metadata field 0x%llx",
				     field);

	return 0;
}

static int tdx_read_sysinfo(struct tdx_attempt *a, struct tdx_sys_info *sysinfo)
{
	int ret;

	ret = get_tdx_sys_info(sysinfo);
	if (ret)
		return tdx_fail(a, ret, "metadata: this kernel cannot use the module");

	/* Older modules clobber RBP, which this kernel uses as frame pointer. */
	if (!(sysinfo->features.tdx_features0 & TDX_FEATURES0_NO_RBP_MOD))
		return tdx_fail(a, -EOPNOTSUPP,
				"TDX module clobbers RBP: update the module");

	return 0;
}

/* Read the number of CMRs; 0 if the module lacks the field. */
static int tdx_read_nr_cmrs(struct tdx_attempt *a, u64 *nr)
{
	struct tdx_module_args args = { .rdx = TDX_NUM_CMRS };
	u64 status = tdx_seamcall_retry(TDH_SYS_RD, &args);

	*nr = status ? 0 : args.r8;
	if (!status || seam_status_errno(TDH_SYS_RD, status) == -ENODATA)
		return 0;

	return tdx_fail_seam(a, TDH_SYS_RD, status, "metadata field 0x%llx", TDX_NUM_CMRS);
}

/* Read the CMRs, except empty ones, which the module may count. */
static int tdx_read_cmrs(struct tdx_attempt *a, struct tdx_module *module)
{
	u64 nr, base, size;
	int ret, i;

	module->nr_cmrs = 0;
	ret = tdx_read_nr_cmrs(a, &nr);
	if (ret)
		return ret;

	for (i = 0; i < min_t(u64, nr, TDMR_MAX_CMRS); i++) {
		ret = read_sys_metadata_field(TDX_CMR_BASE(i), &base);
		if (ret)
			return ret;
		ret = read_sys_metadata_field(TDX_CMR_SIZE(i), &size);
		if (ret)
			return ret;
		if (size)
			module->cmrs[module->nr_cmrs++] = (struct tdmr_range) {
				.start = base,
				.end = base + size,
			};
	}

	return 0;
}

static int tdx_module_ask(struct tdx_attempt *a, struct tdx_module *module)
{
	int ret;

	ret = tdx_lp_init(a);
	if (ret)
		return ret;

	tdx_caller = a;
	ret = tdx_read_sysinfo(a, &module->sysinfo);
	if (!ret)
		ret = tdx_read_cmrs(a, module);
	tdx_caller = NULL;

	return ret;
}

/**
 * tdx_module_read - step 1: initialize the module, and read its metadata
 * @a: the attempt
 * @module: gets the metadata
 *
 * TDH.SYS.RD needs an initialized LP, so one CPU makes all calls.  That CPU is in VMX
 * operation only meanwhile, and the function does not disturb other CPUs.
 *
 * Context: may sleep.  The worker calls this.
 *
 * Return: 0; the errno of the status of TDH.SYS.INIT, TDH.SYS.LP.INIT or TDH.SYS.RD
 * (-ENODEV: no module is loaded, -ENODATA: the module is too old); -EOPNOTSUPP or
 * -EINVAL if this kernel cannot use the module; -EOPNOTSUPP, -EBUSY or -EFAULT if the
 * CPU cannot enter VMX operation.  After each error, the worker may call this again.
 */
int tdx_module_read(struct tdx_attempt *a, struct tdx_module *module)
{
	int ret;

	guard(migrate)();

	ret = x86_virt_get_ref(X86_FEATURE_VMX);
	if (ret)
		return tdx_fail(a, ret, "CPU %u cannot enter VMX operation",
				raw_smp_processor_id());

	ret = tdx_module_ask(a, module);
	x86_virt_put_ref(X86_FEATURE_VMX);

	return ret;
}

/* Step 5: the TDMRs */

/* Call TDH.SYS.CONFIG for config_tdx_module().  RDX has the number of TDMRs. */
int tdx_sys_config(struct tdx_module_args *args)
{
	u64 status, nr = args->rdx;

	status = tdx_seamcall_retry(TDH_SYS_CONFIG, args);
	if (status)
		return tdx_fail_seam(tdx_caller, TDH_SYS_CONFIG, status, "%llu TDMRs", nr);

	return 0;
}

/**
 * tdx_module_config - step 5: pass the TDMRs and the KeyID to the module
 * @a: the attempt
 * @infos: the TDMRs
 *
 * After success of TDH.SYS.CONFIG, only TDH.SYS.DISABLE leads back.  An error leaves the
 * state of the module unchanged.
 *
 * Context: may sleep.  The worker calls this with cpu_hotplug_lock held, so that the set
 * of LPs does not change.
 *
 * Return: 0; -ENOMEM; -ENXIO if an LP is not initialized; -EIO if the module rejects a TDMR;
 * else the errno of the status.
 */
int tdx_module_config(struct tdx_attempt *a, struct tdmr_info_list *infos)
{
	int ret;

	lockdep_assert_cpus_held();

	tdx_caller = a;
	ret = config_tdx_module(infos, tdx_global_keyid);
	tdx_caller = NULL;
	/* tdx_sys_config() has recorded any error but this one. */
	if (ret)
		return tdx_fail(a, ret, "out of memory for TDMR pointers");

	a->configured = true;

	return 0;
}

/* Step 6: the key of each package */

/* Package numbers are logical, since physical ones may be sparse and large. */
static int tdx_package_online_cpu(unsigned int package)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (topology_logical_package_id(cpu) == package)
			return cpu;
	}

	return -ENXIO;
}

/* Prefer a CPU that is not isolated: real-time tasks may run on isolated CPUs. */
static int tdx_package_key_cpu(unsigned int package)
{
	unsigned int cpu;

	guard(rcu)();

	for_each_cpu_and(cpu, cpu_online_mask, housekeeping_cpumask(HK_TYPE_DOMAIN)) {
		if (topology_logical_package_id(cpu) == package)
			return cpu;
	}

	return tdx_package_online_cpu(package);
}

/* A CPU that was never online has no topology yet, only an APIC id. */
static int tdx_package_present_cpu(unsigned int package)
{
	unsigned int cpu;

	for_each_present_cpu(cpu) {
		if (topology_get_logical_id(per_cpu(x86_cpu_to_apicid, cpu),
					    TOPO_PKG_DOMAIN) == package)
			return cpu;
	}

	return -ENXIO;
}

/**
 * tdx_packages_check - check that each package has an online CPU to configure its key
 * @a: the attempt
 *
 * Context: may sleep.  The worker calls this with cpu_hotplug_lock held.
 *
 * Return: 0, or -ENXIO for a package without an online CPU.
 */
int tdx_packages_check(struct tdx_attempt *a)
{
	unsigned int package;
	int cpu;

	lockdep_assert_cpus_held();

	for (package = 0; package < topology_max_packages(); package++) {
		if (tdx_package_online_cpu(package) >= 0)
			continue;
		/* A package without present CPUs is an empty socket. */
		cpu = tdx_package_present_cpu(package);
		if (cpu >= 0)
			return tdx_fail(a, -ENXIO,
					"package %u has no online CPU: bring one online, e.g. CPU %d",
					package, cpu);
	}

	return 0;
}

struct tdx_key_call {
	unsigned int package;
	u64 status;
	bool strayed;
};

static int tdx_key_config_here(void *data)
{
	struct tdx_key_call *call = data;
	struct tdx_module_args args = {};

	/*
	 * The work item of a CPU that goes offline runs on another CPU, where the call
	 * could configure the key of the wrong package.  The worker prevents CPU hot-plug;
	 * the check detects a bug in that.
	 */
	call->strayed = WARN_ON_ONCE(topology_logical_package_id(raw_smp_processor_id()) !=
				     call->package);
	if (!call->strayed)
		call->status = tdx_seamcall_retry(TDH_SYS_KEY_CONFIG, &args);

	return 0;
}

static int tdx_key_config(struct tdx_attempt *a, unsigned int package)
{
	struct tdx_key_call call = { .package = package };
	int cpu = tdx_package_key_cpu(package);

	/* Empty socket: tdx_packages_check() rejects a populated one without online CPU. */
	if (cpu < 0)
		return 0;

	if (smp_call_on_cpu(cpu, tdx_key_config_here, &call, false) || call.strayed)
		return tdx_fail(a, -ENXIO, "package %u, CPU %d: not there to configure the key",
				package, cpu);

	switch (seam_status_class(call.status)) {
	case SEAM_SUCCESS:
	case SEAM_ALREADY:
		return 0;
	default:
		return tdx_fail_seam(a, TDH_SYS_KEY_CONFIG, call.status, "package %u, CPU %d",
				     package, cpu);
	}
}

/**
 * tdx_keys_config - step 6: configure the global key on one CPU of each package
 * @a: the attempt
 *
 * The module holds a lock during TDH.SYS.KEY.CONFIG, so the worker configures one package
 * after another.
 *
 * Context: may sleep.  The worker calls this with cpu_hotplug_lock held.
 *
 * Return: 0; -ENXIO if the call did not run in its package; -EBUSY if the module stayed
 * busy; -EAGAIN if the CPU had no entropy; -ESHUTDOWN if the system goes down; else the
 * errno of the status.
 */
int tdx_keys_config(struct tdx_attempt *a)
{
	unsigned int package;
	int ret;

	lockdep_assert_cpus_held();

	/*
	 * The caches may hold dirty lines of PAMT memory under KeyID 0.  A later write-back
	 * would overwrite data that the module writes there under the global KeyID.
	 */
	wbinvd_on_all_cpus();

	for (package = 0; package < topology_max_packages(); package++) {
		if (tdx_attempt_stopped(a))
			return -ESHUTDOWN;
		ret = tdx_key_config(a, package);
		if (ret)
			return ret;
	}

	return 0;
}

/* Step 7: the PAMTs */

/*
 * Step 7 does not prevent CPU hot-plug, and a kernel thread may run on a CPU that is only
 * partly online.  So test and call on the same CPU, without preemption.
 */
static bool tdx_tdmr_call_here(struct tdx_module_args *args, u64 *status)
{
	guard(preempt)();

	if (!tdx_lp_ready())
		return false;

	*status = __seamcall_dirty_cache(__seamcall_ret, TDH_SYS_TDMR_INIT, args);

	return true;
}

/*
 * A call initializes 4 MiB, and the module records how far it has come.  So any CPU may
 * make the next call, and a lane may stop after any call.  RDX advances only once for
 * each GiB.  It is 0 if the TDMR was initialized before, so check the status first.
 */
static int tdx_tdmr_judge(struct tdx_tdmr_lane *tl, u64 status, u64 next)
{
	/* Lanes do not contend with each other: another lock holder causes this. */
	if (tdx_status_is_retryable(status) && ++tl->tries < TDX_SEAMCALL_TRIES)
		return LANE_NOT_HERE;

	switch (seam_status_class(status)) {
	case SEAM_SUCCESS:
		tl->tries = 0;
		return next < tdmr_end_of(tl->tdmr) ? LANE_MORE : LANE_DONE;
	case SEAM_ALREADY:
		return LANE_DONE;
	default:
		return tdx_fail_seam(tl->a, TDH_SYS_TDMR_INIT, status,
				     "TDMR [0x%llx, 0x%llx)", tl->tdmr->base,
				     tdmr_end_of(tl->tdmr));
	}
}

VISIBLE_IF_KUNIT int tdx_tdmr_init_next(struct lane *lane)
{
	struct tdx_tdmr_lane *tl = container_of(lane, struct tdx_tdmr_lane, lane);
	struct tdx_module_args args = { .rcx = tl->tdmr->base };
	u64 status;
	int ret;

	if (tdx_attempt_stopped(tl->a))
		return -ESHUTDOWN;
	/* A CPU that comes online is ready soon. */
	if (!tdx_tdmr_call_here(&args, &status))
		return LANE_NOT_HERE;
	if (seam_status_class(status) != SEAM_SUCCESS)
		trace_tdx_seamcall_error(TDH_SYS_TDMR_INIT, status, tl->tdmr->base);

	ret = tdx_tdmr_judge(tl, status, args.rdx);
	if (ret == LANE_DONE)
		WRITE_ONCE(*tl->done, tl->tdmr->size);
	else if (ret == LANE_MORE)
		WRITE_ONCE(*tl->done, min(*tl->done + TDX_TDMR_CALL_BYTES,
					  tl->tdmr->size - TDX_TDMR_CALL_BYTES));

	return ret;
}

/**
 * tdx_tdmrs_init - step 7: initialize the PAMTs of all TDMRs, on lanes
 * @a: the attempt
 * @layout: the TDMRs
 * @job: memory for the lanes; counts the progress
 *
 * The module accepts calls for different TDMRs at the same time, and one call at a time
 * for each TDMR.
 *
 * Context: may sleep, for seconds; takes cpu_hotplug_lock.  The worker calls this without
 * locks.
 *
 * Return: 0; -ESHUTDOWN if the system goes down; else the errno of the status.  After
 * return, no SEAMCALL is in flight.
 */
int tdx_tdmrs_init(struct tdx_attempt *a, const struct tdx_layout *layout,
		   struct tdx_tdmr_job *job)
{
	unsigned int order[TDMR_MAX];
	struct lanework lanes;
	unsigned int i;

	lanework_init(&lanes, "tdx_tdmr_init", tdx_tdmr_init_next);
	tdmr_order(&layout->tdmrs, order);
	for (i = 0; i < layout->tdmrs.nr_tdmrs; i++) {
		struct tdx_tdmr_lane *tl = &job->lanes[i];

		tl->a = a;
		tl->tdmr = &layout->tdmrs.tdmrs[order[i]];
		tl->tries = 0;
		tl->done = &job->done[order[i]];
		lanework_add(&lanes, &tl->lane, tdx_layout_home(tl->tdmr->node));
	}

	return lanework_run(&lanes);
}

/* Off */

/**
 * tdx_module_can_disable - tell if the module has TDH.SYS.DISABLE
 * @module: the module
 *
 * Context: any.
 *
 * Return: true if it has.
 */
bool tdx_module_can_disable(const struct tdx_module *module)
{
	return module->sysinfo.features.tdx_features0 & TDX_FEATURES0_SYS_DISABLE;
}

/**
 * tdx_module_disable - return the module to its state after boot
 * @a: the attempt
 *
 * The module overwrites the memory that it was given.  If it has begun and does not end,
 * it rejects all other SEAMCALLs, and the function sets @lost of @a.
 *
 * Context: may sleep.  No CPU makes another SEAMCALL.
 *
 * Return: 0; -EOPNOTSUPP, -EBUSY or -EFAULT if the CPU cannot enter VMX operation; else
 * the errno of the status.
 */
int tdx_module_disable(struct tdx_attempt *a)
{
	char text[SEAM_TEXT_LEN];
	u64 status;
	int ret;

	ret = tdx_lp_disable_module(a, &status, &a->lost);
	if (ret)
		return tdx_fail(a, ret, "CPU %u cannot enter VMX operation",
				raw_smp_processor_id());
	if (!status)
		return 0;

	if (!READ_ONCE(a->error))
		return tdx_fail_seam(a, TDH_SYS_DISABLE, status, "module");

	/* The error that was the reason to disable the module is in the log already. */
	seam_status_describe(text, sizeof(text), TDH_SYS_DISABLE, status);
	pr_err("%s\n", text);

	return seam_status_errno(TDH_SYS_DISABLE, status);
}
