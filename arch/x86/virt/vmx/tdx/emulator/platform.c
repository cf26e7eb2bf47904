// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform of the emulated module: KeyIDs, memory, packages and LPs, and
 * VMX operation on a CPU without VMX.
 *
 * The emulator starts in two steps.  When tdx_init() reads the KeyIDs, the kernel has
 * not yet patched alternatives and started the APs, so the emulator forces CPU
 * features then.  The module needs the page tables and per-CPU areas of the running
 * system, so it boots at core_initcall, before the subsys_initcall that makes the
 * first SEAMCALL.
 */
#define pr_fmt(fmt) "tdx_emulator: " fmt

#include <linux/cpufeature.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <asm/apic.h>
#include <asm/archrandom.h>
#include <asm/cpuid/api.h>
#include <asm/msr.h>
#include <asm/special_insns.h>
#include <asm/virt.h>
#include <asm/vmx.h>

#include "internal.h"

/* Firmware sets this bit when it enables the SEAM memory range. */
#define MSR_IA32_SEAMRR_PHYS_MASK	0x1401
#define SEAMRR_PHYS_MASK_ENABLE		BIT_ULL(11)

struct tdxmod tdx_emu_module;

/* Constant after boot, except @max_tdmrs. */
static struct tdxmod_platform tdx_platform;

/* The emulator is on, and the platform appears to have TDX.  Set before SMP. */
static bool tdx_platform_armed __ro_after_init;

/* The emulated module answers SEAMCALLs.  Set before the first SEAMCALL. */
static bool tdx_platform_active __ro_after_init;

/* Users of VMX operation on a CPU.  The CPU writes its own with preemption off. */
static DEFINE_PER_CPU(int, tdx_platform_vmx_users);

/**
 * tdx_emulator_active - test whether the emulated module answers SEAMCALLs
 *
 * Return: true if the command line enables the emulator and its start succeeded.
 */
bool tdx_emulator_active(void)
{
	return tdx_platform_active;
}

static bool __init tdx_platform_firmware_has_tdx(void)
{
	u64 mask;

	return !rdmsrq_safe(MSR_IA32_SEAMRR_PHYS_MASK, &mask) &&
	       (mask & SEAMRR_PHYS_MASK_ENABLE);
}

static void __init tdx_platform_force_features(void)
{
	if (!boot_cpu_has(X86_FEATURE_MOVDIR64B))
		setup_force_cpu_cap(X86_FEATURE_MOVDIR64B);
	if (!boot_cpu_has(X86_FEATURE_SELFSNOOP))
		setup_force_cpu_cap(X86_FEATURE_SELFSNOOP);
	if (tdx_emu_params.pw_mce)
		setup_force_cpu_bug(X86_BUG_TDX_PW_MCE);
}

static void __init tdx_platform_arm(void)
{
	if (!tdx_params_read())
		return;

	if (tdx_platform_firmware_has_tdx()) {
		pr_err("firmware has enabled TDX; the emulator stays off\n");
		return;
	}

	tdx_platform_force_features();
	tdx_platform_armed = true;
}

/**
 * tdx_emulator_rdmsrq_safe - replacement for rdmsrq_safe() in TDX detection
 * @msr: MSR number
 * @val: gets the value
 *
 * The read of MSR_IA32_MKTME_KEYID_PARTITIONING also starts the emulator.
 *
 * Return: as rdmsrq_safe().
 */
int __init tdx_emulator_rdmsrq_safe(u32 msr, u64 *val)
{
	if (msr != MSR_IA32_MKTME_KEYID_PARTITIONING)
		return rdmsrq_safe(msr, val);

	tdx_platform_arm();
	if (!tdx_platform_armed)
		return rdmsrq_safe(msr, val);

	*val = tdx_emu_params.tdx_keyids << 32 | tdx_emu_params.mktme_keyids;
	return 0;
}

/**
 * tdx_emulator_rdmsrq - replacement for rdmsrq() in TDX detection
 * @msr: MSR number
 *
 * Return: the value of the MSR.
 */
u64 __init tdx_emulator_rdmsrq(u32 msr)
{
	u64 val = 0;

	if (msr == MSR_IA32_VMX_BASIC && tdx_platform_armed) {
		/* A CPU without VMX may not have this MSR. */
		if (rdmsrq_safe(msr, &val))
			val = 0;
		return val | VMX_BASIC_NO_SEAMRET_INVD_VMCS;
	}

	rdmsrq(msr, val);
	return val;
}

/*
 * A write to CR4.VMXE on a CPU without VMX is fatal, with QEMU's TCG even to the
 * virtual machine.  On such a CPU, the emulator only counts users of VMX operation.
 */
static bool tdx_platform_vmx_is_real(void)
{
	return !tdx_platform_active || boot_cpu_has(X86_FEATURE_VMX);
}

/**
 * tdx_emulator_virt_get_ref - enter VMX operation on this CPU
 * @feat: X86_FEATURE_VMX
 *
 * Return: as x86_virt_get_ref().
 */
int tdx_emulator_virt_get_ref(int feat)
{
	int ret;

	guard(preempt)();

	if (tdx_platform_vmx_is_real()) {
		ret = x86_virt_get_ref(feat);
		if (ret)
			return ret;
	}

	this_cpu_inc(tdx_platform_vmx_users);
	return 0;
}

/**
 * tdx_emulator_virt_put_ref - undo one tdx_emulator_virt_get_ref()
 * @feat: X86_FEATURE_VMX
 */
void tdx_emulator_virt_put_ref(int feat)
{
	guard(preempt)();

	if (WARN_ON_ONCE(!this_cpu_read(tdx_platform_vmx_users)))
		return;

	this_cpu_dec(tdx_platform_vmx_users);
	if (tdx_platform_vmx_is_real())
		x86_virt_put_ref(feat);
}

/*
 * KVM enters VMX operation without the emulator, and stays there longer than the host.
 *
 * Context: the trap, on the CPU that executes the SEAMCALL.
 */
bool tdx_platform_in_vmx(void)
{
	if (tdx_platform_vmx_is_real())
		return __read_cr4() & X86_CR4_VMXE;

	return this_cpu_read(tdx_platform_vmx_users);
}

/* Counts offline CPUs, too.  CPU hotplug must not be in progress. */
unsigned int tdx_platform_nr_in_vmx(void)
{
	unsigned int cpu, nr = 0;

	for_each_possible_cpu(cpu)
		nr += READ_ONCE(per_cpu(tdx_platform_vmx_users, cpu)) != 0;

	return nr;
}

/* Returns the page at @pa, or NULL unless @pa is memory in the direct map. */
void *tdx_platform_page(u64 pa)
{
	if (!pfn_valid(PHYS_PFN(pa)) || !memblock_is_memory(pa))
		return NULL;

	return __va(pa);
}

static void *tdx_platform_module_page(void *ctx, u64 pa)
{
	return tdx_platform_page(pa);
}

/* PCONFIG always succeeds.  Tests inject the status of a failed KEY.CONFIG. */
static enum tdxmod_pconfig tdx_platform_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	return TDXMOD_PCONFIG_OK;
}

/* No secret depends on this value, and a trap cannot lock the entropy pool. */
static bool tdx_platform_rdrand(void *ctx, u64 *value)
{
	unsigned long random;

	if (!arch_get_random_longs(&random, 1))
		random = ktime_get_mono_fast_ns() * GOLDEN_RATIO_64;

	*value = random;
	return true;
}

static void tdx_platform_release_pamts(void *ctx)
{
	tdx_audit_release_pamts();
}

static void tdx_platform_set_page_type(void *ctx, u64 pa, u8 type)
{
	tdx_audit_set_page_type(pa, type);
}

static const struct tdxmod_ops tdx_platform_ops = {
	.page		= tdx_platform_module_page,
	.pconfig	= tdx_platform_pconfig,
	.rdrand		= tdx_platform_rdrand,
	.release_pamts	= tdx_platform_release_pamts,
	.set_page_type	= tdx_platform_set_page_type,
};

/* Initializes the module to its state after boot. */
int tdx_platform_boot_module(void)
{
	/* Tests change this number before a reset. */
	tdx_platform.max_tdmrs = READ_ONCE(tdx_emu_params.max_tdmrs);

	return tdxmod_init(&tdx_emu_module, &tdx_platform, &tdx_platform_ops, NULL) ? -EINVAL : 0;
}

/*
 * Makes CMRs of all memory in the memory map, except the first MiB, which TDX never
 * uses.
 */
static int __init tdx_platform_cmrs_from_memory_map(void)
{
	struct tdxmod_range *cmr = tdx_platform.cmrs;
	phys_addr_t start, end;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		start = max_t(phys_addr_t, PAGE_ALIGN(start), SZ_1M);
		end = PAGE_ALIGN_DOWN(end);
		if (start >= end)
			continue;

		if (tdx_platform.nr_cmrs && cmr[-1].base + cmr[-1].size == start) {
			cmr[-1].size += end - start;
			continue;
		}

		if (tdx_platform.nr_cmrs == TDXMOD_MAX_CMRS)
			return -E2BIG;

		cmr->base = start;
		cmr->size = end - start;
		cmr++;
		tdx_platform.nr_cmrs++;
	}

	return 0;
}

static int __init tdx_platform_set_cmrs(void)
{
	if (!tdx_emu_params.nr_cmrs)
		return tdx_platform_cmrs_from_memory_map();

	tdx_platform.nr_cmrs = tdx_emu_params.nr_cmrs;
	memcpy(tdx_platform.cmrs, tdx_emu_params.cmrs, sizeof(tdx_platform.cmrs));
	return 0;
}

/*
 * All CPUs that are present at boot are LPs, even if they are offline.  The number
 * of an LP is the number of its CPU.
 */
static int __init tdx_platform_set_lps(void)
{
	unsigned int cpu, package;
	u8 *packages;

	tdx_platform.nr_lps = num_present_cpus();
	packages = kcalloc(tdx_platform.nr_lps, sizeof(*packages), GFP_KERNEL);
	if (!packages)
		return -ENOMEM;

	for (cpu = 0; cpu < tdx_platform.nr_lps; cpu++) {
		package = topology_get_logical_id(per_cpu(x86_cpu_to_apicid, cpu),
						  TOPO_PKG_DOMAIN);
		tdx_platform.nr_packages = max(tdx_platform.nr_packages, package + 1);
		packages[cpu] = package;
	}

	tdx_platform.lp_package = packages;
	return 0;
}

static int __init tdx_platform_describe(void)
{
	int ret;

	ret = tdx_platform_set_cmrs();
	if (ret) {
		pr_err("the memory map has more than %d ranges, set tdx_emulator.cmr=\n",
		       TDXMOD_MAX_CMRS);
		return ret;
	}

	ret = tdx_platform_set_lps();
	if (ret)
		return ret;

	tdx_platform.keyid_bits = order_base_2(tdx_emu_params.mktme_keyids +
					       tdx_emu_params.tdx_keyids + 1);
	/* As the kernel computes addresses with a KeyID */
	tdx_platform.maxpa = boot_cpu_data.x86_phys_bits + tdx_platform.keyid_bits;
	tdx_platform.hkid_start = tdx_emu_params.mktme_keyids + 1;
	tdx_platform.hkid_count = tdx_emu_params.tdx_keyids;
	tdx_platform.differences = tdx_emu_params.differences;
	tdx_platform.features0 = tdx_emu_params.features0;
	tdx_platform.max_vcpus = tdx_emu_params.max_vcpus;
	tdx_platform.family_model_stepping = cpuid_eax(1);
	/* An interrupt stops each CACHE.WB once, so that hosts must resume it. */
	tdx_platform.cache_parts = 2;

	ret = tdx_platform_boot_module();
	if (ret) {
		pr_err("%u packages, %u CPUs, %u KeyIDs exceed the module\n",
		       tdx_platform.nr_packages, tdx_platform.nr_lps,
		       tdx_platform.hkid_start + tdx_platform.hkid_count);
		kfree(tdx_platform.lp_package);
	}
	return ret;
}

static int __init tdx_emulator_start(void)
{
	int ret;

	if (!tdx_platform_armed)
		return 0;

	ret = tdx_platform_describe();
	if (ret)
		return ret;

	tdx_timing_start();

	ret = tdx_audit_start();
	if (ret)
		return ret;

	ret = tdx_trap_start();
	if (ret)
		return ret;

	tdx_platform_active = true;
	/* Reports of this kernel show that its TDX is not real. */
	add_taint(TAINT_TEST, LOCKDEP_STILL_OK);
	pr_info("the emulated TDX module answers SEAMCALLs and protects nothing\n");
	pr_info("%u packages, %u LPs, %u CMRs, time x%llu\n", tdx_platform.nr_packages,
		tdx_platform.nr_lps, tdx_platform.nr_cmrs, tdx_emu_params.dilation);
	return 0;
}
core_initcall(tdx_emulator_start);
