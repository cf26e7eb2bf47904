// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 6: give every package the global key.
 *
 * TDH.SYS.KEY.CONFIG programs the package of the CPU that executes it, and
 * holds the module's global lock meanwhile: one package after another.  The
 * module becomes ready with the last of them, so a package without an online
 * CPU is looked for before TDH.SYS.CONFIG, while there is a way back.
 */
#include <linux/bitmap.h>
#include <linux/cpu.h>
#include <linux/smp.h>
#include <linux/topology.h>

#include <asm/apic.h>
#include <asm/cpu.h>

#include "bringup.h"

/* Logical ids: physical ones may be sparse and as large as firmware likes. */
static unsigned int package_of(unsigned int cpu)
{
	return topology_logical_package_id(cpu);
}

static int first_online_cpu(unsigned int package)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		if (package_of(cpu) == package)
			return cpu;
	}

	return -ENXIO;
}

/* CPUs that were never online have no topology yet, only an APIC id. */
static int first_present_cpu(unsigned int package)
{
	unsigned int cpu;

	for_each_present_cpu(cpu) {
		if (topology_get_logical_id(per_cpu(x86_cpu_to_apicid, cpu),
					    TOPO_PKG_DOMAIN) == package)
			return cpu;
	}

	return -ENXIO;
}

static int fail_package(struct tdx_bringup *tb, unsigned int package)
{
	int cpu = first_present_cpu(package);

	/* Firmware lists sockets that are empty. */
	if (cpu < 0)
		return 0;

	return tdx_bringup_fail(tb, -ENXIO,
				"package %u has no online CPU: bring one online, e.g. CPU %d",
				package, cpu);
}

/**
 * tdx_packages_check - see that every package can be given its key
 * @tb: the bring-up
 *
 * Context: cpu_hotplug_lock held.  The runner of @tb.
 *
 * Return: 0, or -ENXIO for a package without an online CPU.
 */
int tdx_packages_check(struct tdx_bringup *tb)
{
	unsigned int package;
	int ret;

	lockdep_assert_cpus_held();

	for (package = 0; package < topology_max_packages(); package++) {
		if (first_online_cpu(package) >= 0)
			continue;
		ret = fail_package(tb, package);
		if (ret)
			return ret;
	}

	return 0;
}

/* What goes to the CPU of a package and what comes back. */
struct key_call {
	unsigned int package;
	u64 status;
	bool strayed;
};

static int config_here(void *data)
{
	struct key_call *call = data;
	struct tdx_module_args args = {};

	/*
	 * The work item of a CPU that goes away wakes up on another, where
	 * the call would program the key of the wrong package.  CPU hot-plug
	 * is held off, but too much depends on it to rely on that.
	 */
	call->strayed = WARN_ON_ONCE(package_of(raw_smp_processor_id()) !=
				     call->package);
	if (!call->strayed)
		call->status = tdx_seamcall_retry(TDH_SYS_KEY_CONFIG, &args);

	return 0;
}

static int config_package(struct tdx_bringup *tb, unsigned int package)
{
	struct key_call call = { .package = package };
	int cpu = first_online_cpu(package);

	if (cpu < 0)
		return fail_package(tb, package);

	if (smp_call_on_cpu(cpu, config_here, &call, false) || call.strayed)
		return tdx_bringup_fail(tb, -ENXIO,
					"package %u, CPU %d: not there to configure the key",
					package, cpu);

	switch (seam_status_class(call.status)) {
	case SEAM_SUCCESS:
	case SEAM_ALREADY:
		return 0;
	default:
		return tdx_bringup_fail_seam(tb, TDH_SYS_KEY_CONFIG, call.status,
					     "package %u, CPU %d", package, cpu);
	}
}

/**
 * tdx_keys_config - step 6 of bring-up
 * @tb: the bring-up, TDH.SYS.CONFIG done
 *
 * Context: may sleep; cpu_hotplug_lock held.  The runner of @tb.
 *
 * Return: 0; -EBUSY or -EAGAIN when the module or the CPU's entropy stayed
 * busy; -ENXIO when a package lost its CPUs; else the errno of the status.
 */
int tdx_keys_config(struct tdx_bringup *tb)
{
	unsigned int package;
	int ret;

	lockdep_assert_cpus_held();

	/*
	 * The caches may hold lines of PAMT memory under KeyID 0, which would
	 * overwrite what the module writes there under the global KeyID.
	 * PAMTs are large, so no cheaper flush is worth having.
	 */
	wbinvd_on_all_cpus();

	for (package = 0; package < topology_max_packages(); package++) {
		if (tdx_bringup_stopped(tb))
			return -ESHUTDOWN;

		ret = config_package(tb, package);
		if (ret)
			return ret;
	}

	return 0;
}
