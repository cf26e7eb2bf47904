// SPDX-License-Identifier: GPL-2.0-only
/*
 * The platform that the emulated module believes to run on: KeyIDs, memory,
 * packages and LPs, and VMX operation where the CPU has none.
 *
 * It comes up in two steps.  tdx_init() reads the KeyIDs before the
 * alternatives are patched and before the APs run: that is when CPU features
 * can be forced.  The module itself needs the page tables and per-CPU areas
 * of the running system: it boots at core_initcall, ahead of the
 * subsys_initcall that makes the first SEAMCALL.
 */
#define pr_fmt(fmt) "tdx_emulator: " fmt

#include <linux/cpufeature.h>
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/memblock.h>
#include <linux/mm.h>
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
#include <asm/virt.h>
#include <asm/vmx.h>

#include "internal.h"
#include "platform.h"

/* Set by firmware when the memory range of SEAM is in force. */
#define MSR_IA32_SEAMRR_PHYS_MASK	0x1401
#define SEAMRR_PHYS_MASK_ENABLE		BIT_ULL(11)

struct tdxmod tdx_emu_module;

/* Constant after boot but for @max_tdmrs. */
static struct tdxmod_platform platform;

/* The platform looks like one with TDX; set before SMP. */
static bool armed __ro_after_init;

/* The module answers; set before the first SEAMCALL. */
static bool active __ro_after_init;

/* Users of VMX operation on this CPU; written on it, preemption off. */
static DEFINE_PER_CPU(int, vmx_users);

/**
 * tdx_emulator_active - does the emulated module answer SEAMCALLs?
 *
 * Return: true when the command line asked for it and nothing was wrong.
 */
bool tdx_emulator_active(void)
{
	return active;
}
EXPORT_SYMBOL_GPL(tdx_emulator_active);

static bool __init firmware_has_tdx(void)
{
	u64 mask;

	return !rdmsrq_safe(MSR_IA32_SEAMRR_PHYS_MASK, &mask) &&
	       (mask & SEAMRR_PHYS_MASK_ENABLE);
}

static void __init force_features(void)
{
	if (!boot_cpu_has(X86_FEATURE_MOVDIR64B))
		setup_force_cpu_cap(X86_FEATURE_MOVDIR64B);
	if (!boot_cpu_has(X86_FEATURE_SELFSNOOP))
		setup_force_cpu_cap(X86_FEATURE_SELFSNOOP);
	if (tdx_emu_params.pw_mce)
		setup_force_cpu_bug(X86_BUG_TDX_PW_MCE);
}

static void __init arm(void)
{
	if (!tdx_emu_params_read())
		return;

	if (firmware_has_tdx()) {
		pr_err("firmware has enabled TDX; the emulator stays off\n");
		return;
	}

	force_features();
	armed = true;
}

/**
 * tdx_emulator_rdmsrq_safe - RDMSR of code that looks for TDX
 * @msr: MSR number
 * @val: out
 *
 * Reading the KeyID partitioning is also the first that is heard of the
 * emulator in a boot.
 *
 * Return: as rdmsrq_safe().
 */
int __init tdx_emulator_rdmsrq_safe(u32 msr, u64 *val)
{
	if (msr != MSR_IA32_MKTME_KEYID_PARTITIONING)
		return rdmsrq_safe(msr, val);

	arm();
	if (!armed)
		return rdmsrq_safe(msr, val);

	*val = tdx_emu_params.tdx_keyids << 32 | tdx_emu_params.mktme_keyids;
	return 0;
}

/**
 * tdx_emulator_rdmsrq - RDMSR of code that looks for TDX
 * @msr: MSR number
 *
 * Return: the value of the MSR.
 */
u64 __init tdx_emulator_rdmsrq(u32 msr)
{
	u64 val = 0;

	if (msr == MSR_IA32_VMX_BASIC && armed) {
		/* A CPU without VMX may not know it. */
		if (rdmsrq_safe(msr, &val))
			val = 0;
		return val | VMX_BASIC_NO_SEAMRET_INVD_VMCS;
	}

	rdmsrq(msr, val);
	return val;
}

/*
 * Writing CR4.VMXE on a CPU without VMX is fatal, under QEMU's TCG even to
 * the virtual machine: there, VMX operation is a count.
 */
static bool vmx_is_real(void)
{
	return !active || boot_cpu_has(X86_FEATURE_VMX);
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

	if (vmx_is_real()) {
		ret = x86_virt_get_ref(feat);
		if (ret)
			return ret;
	}

	this_cpu_inc(vmx_users);
	return 0;
}

/**
 * tdx_emulator_virt_put_ref - undo one tdx_emulator_virt_get_ref()
 * @feat: X86_FEATURE_VMX
 */
void tdx_emulator_virt_put_ref(int feat)
{
	guard(preempt)();

	if (WARN_ON_ONCE(!this_cpu_read(vmx_users)))
		return;

	this_cpu_dec(vmx_users);
	if (vmx_is_real())
		x86_virt_put_ref(feat);
}

/* In the trap, on the CPU that executes the SEAMCALL. */
bool tdx_platform_in_vmx(void)
{
	return this_cpu_read(vmx_users);
}

/* Those that went offline count, too.  For when no CPU comes or goes. */
unsigned int tdx_platform_nr_in_vmx(void)
{
	unsigned int cpu, nr = 0;

	for_each_possible_cpu(cpu)
		nr += READ_ONCE(per_cpu(vmx_users, cpu)) != 0;

	return nr;
}

/* The page at @pa, if it is memory that the kernel can reach. */
void *tdx_platform_page(u64 pa)
{
	if (!pfn_valid(PHYS_PFN(pa)) || !memblock_is_memory(pa))
		return NULL;

	return __va(pa);
}

static void *module_page(void *ctx, u64 pa)
{
	return tdx_platform_page(pa);
}

/* Busy and no entropy are injected as the status they lead to. */
static enum tdxmod_pconfig module_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	return TDXMOD_PCONFIG_OK;
}

/* No secret depends on it, and the pool's locks are not for a trap. */
static bool module_rdrand(void *ctx, u64 *value)
{
	unsigned long random;

	if (!arch_get_random_longs(&random, 1))
		random = ktime_get_mono_fast_ns() * GOLDEN_RATIO_64;

	*value = random;
	return true;
}

static const struct tdxmod_ops module_ops = {
	.page		= module_page,
	.pconfig	= module_pconfig,
	.rdrand		= module_rdrand,
};

/* The module as a boot leaves it, all that it knew forgotten. */
int tdx_platform_boot_module(void)
{
	/* The one number that tests change between two modules. */
	platform.max_tdmrs = READ_ONCE(tdx_emu_params.max_tdmrs);

	return tdxmod_init(&tdx_emu_module, &platform, &module_ops, NULL) ? -EINVAL : 0;
}

/*
 * CMRs are what memory firmware checked: that of the memory map, without the
 * first MiB, which TDX never takes.
 */
static int __init cmrs_of_memory_map(void)
{
	struct tdxmod_range *cmr = platform.cmrs;
	phys_addr_t start, end;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		start = max_t(phys_addr_t, PAGE_ALIGN(start), SZ_1M);
		end = PAGE_ALIGN_DOWN(end);
		if (start >= end)
			continue;

		if (platform.nr_cmrs && cmr[-1].base + cmr[-1].size == start) {
			cmr[-1].size += end - start;
			continue;
		}

		if (platform.nr_cmrs == TDXMOD_MAX_CMRS)
			return -E2BIG;

		cmr->base = start;
		cmr->size = end - start;
		cmr++;
		platform.nr_cmrs++;
	}

	return 0;
}

static int __init set_cmrs(void)
{
	if (!tdx_emu_params.nr_cmrs)
		return cmrs_of_memory_map();

	platform.nr_cmrs = tdx_emu_params.nr_cmrs;
	memcpy(platform.cmrs, tdx_emu_params.cmrs, sizeof(platform.cmrs));
	return 0;
}

/*
 * LPs are the CPUs that were present at boot, under their Linux numbers,
 * whether Linux has brought them up or not: firmware has seen them all.
 */
static int __init set_lps(void)
{
	unsigned int cpu, package;
	u8 *packages;

	platform.nr_lps = num_present_cpus();
	packages = kcalloc(platform.nr_lps, sizeof(*packages), GFP_KERNEL);
	if (!packages)
		return -ENOMEM;

	for (cpu = 0; cpu < platform.nr_lps; cpu++) {
		package = topology_get_logical_id(per_cpu(x86_cpu_to_apicid, cpu),
						  TOPO_PKG_DOMAIN);
		platform.nr_packages = max(platform.nr_packages, package + 1);
		packages[cpu] = package;
	}

	platform.lp_package = packages;
	return 0;
}

static void __init set_numbers(void)
{
	platform.maxpa = 52;
	platform.keyid_bits = order_base_2(tdx_emu_params.mktme_keyids +
					   tdx_emu_params.tdx_keyids + 1);
	platform.hkid_start = tdx_emu_params.mktme_keyids + 1;
	platform.hkid_count = tdx_emu_params.tdx_keyids;
	platform.differences = tdx_emu_params.differences;
	platform.features0 = tdx_emu_params.features0;
	platform.max_vcpus = tdx_emu_params.max_vcpus;
	platform.family_model_stepping = cpuid_eax(1);
}

static int __init describe_platform(void)
{
	int ret;

	ret = set_cmrs();
	if (ret) {
		pr_err("the memory map has more than %d ranges, name CMRs by tdx_emulator.cmr=\n",
		       TDXMOD_MAX_CMRS);
		return ret;
	}

	ret = set_lps();
	if (ret)
		return ret;

	set_numbers();

	ret = tdx_platform_boot_module();
	if (ret) {
		pr_err("%u packages, %u CPUs, %u KeyIDs exceed the module\n",
		       platform.nr_packages, platform.nr_lps,
		       platform.hkid_start + platform.hkid_count);
		kfree(platform.lp_package);
	}
	return ret;
}

static int __init tdx_emulator_start(void)
{
	int ret;

	if (!armed)
		return 0;

	ret = describe_platform();
	if (ret)
		return ret;

	tdx_timing_start();

	ret = tdx_audit_start();
	if (ret)
		return ret;

	ret = tdx_trap_start();
	if (ret)
		return ret;

	active = true;
	pr_info("emulated TDX module: %u packages, %u LPs, %u CMRs, time x%llu; it protects nothing\n",
		platform.nr_packages, platform.nr_lps, platform.nr_cmrs,
		tdx_emu_params.dilation);
	return 0;
}
core_initcall(tdx_emulator_start);
