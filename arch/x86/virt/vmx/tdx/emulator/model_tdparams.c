// SPDX-License-Identifier: GPL-2.0-only
/*
 * TD_PARAMS, the structure with which TDH.MNG.INIT configures a TD.  The checks have the
 * same order as in the module, because the first failure determines the status.
 */
#include "model_td.h"

#define TD_PARAMS_SIZE		1024

#define ATTRIBUTES_DEBUG	BIT_ULL(0)
#define ATTRIBUTES_MIGRATABLE	BIT_ULL(29)
#define ATTRIBUTES_PERFMON	BIT_ULL(63)

#define XFAM_AVX		BIT_ULL(2)
#define XFAM_AVX512		GENMASK_ULL(7, 5)
#define XFAM_CET		GENMASK_ULL(12, 11)
#define XFAM_AMX		GENMASK_ULL(18, 17)

#define CONFIG_FLAGS_GPAW	BIT_ULL(0)

/* Memory type WB, and the number of levels less 1 in bits 5:3. */
#define EPTP_4_LEVELS		(6 | 3 << 3)
#define EPTP_5_LEVELS		(6 | 4 << 3)
#define EPTP_5_LEVELS_MIN_PA	49

/* In units of 25 MHz */
#define TSC_FREQUENCY_MIN	4
#define TSC_FREQUENCY_MAX	400

#define CONTROL_ARCH_CAPABILITIES	BIT(0)

/* CPUID.7.0:EBX */
#define CPUID_HLE		BIT(4)
#define CPUID_RTM		BIT(11)
/* Index of CPUID.7.0 in the configurable leaves */
#define CPUID_7_0		5

#define CPUID_STEPPING		GENMASK_ULL(3, 0)

struct tdxmod_td_params {
	u64 attributes;
	u64 xfam;
	u16 max_vcpus;
	u8 nr_l2_vms;
	u8 msr_controls;
	u8 reserved0[4];
	u64 eptp_controls;
	u64 config_flags;
	u16 tsc_frequency;
	u8 reserved1[38];
	u8 measurements[3][48];
	u64 arch_capabilities;
	u8 reserved2[24];
	u32 cpuid[TDXMOD_NR_CPUID_CONFIGS][4];	/* EAX to EDX */
	u8 reserved3[768 - TDXMOD_NR_CPUID_CONFIGS * 16];
};

static bool tdxmod_bytes_are_zero(const u8 *bytes, size_t n)
{
	while (n--) {
		if (bytes[n])
			return false;
	}
	return true;
}

static bool tdxmod_attributes_are_valid(u64 attributes)
{
	if (attributes & ~ATTRIBUTES_FIXED0)
		return false;
	return !(attributes & ATTRIBUTES_MIGRATABLE) ||
	       !(attributes & (ATTRIBUTES_DEBUG | ATTRIBUTES_PERFMON));
}

static bool tdxmod_all_or_none(u64 value, u64 mask)
{
	return !(value & mask) || (value & mask) == mask;
}

static bool tdxmod_xfam_is_valid(u64 xfam)
{
	if (xfam & ~XFAM_FIXED0 || (xfam & XFAM_FIXED1) != XFAM_FIXED1)
		return false;
	if (xfam & XFAM_AVX512 && !(xfam & XFAM_AVX))
		return false;
	return tdxmod_all_or_none(xfam, XFAM_AVX512) && tdxmod_all_or_none(xfam, XFAM_CET) &&
	       tdxmod_all_or_none(xfam, XFAM_AMX);
}

/* Modules that report a maximum check it. */
static bool tdxmod_max_vcpus_is_valid(const struct tdxmod *m, u16 max_vcpus)
{
	if (tdxmod_differs(m, TDXMOD_MAX_VCPUS_FIELD) && max_vcpus > m->platform.max_vcpus)
		return false;
	return max_vcpus;
}

/* The model assumes that the CPU has EPT with five levels. */
static bool tdxmod_eptp_is_valid(const struct tdxmod *m, u64 eptp, u64 config_flags)
{
	if (eptp == EPTP_5_LEVELS)
		return m->platform.maxpa >= EPTP_5_LEVELS_MIN_PA;
	return eptp == EPTP_4_LEVELS && !(config_flags & CONFIG_FLAGS_GPAW);
}

static u64 tdxmod_check_td_params(const struct tdxmod *m, const struct tdxmod_td_params *p,
				  unsigned int nr_tdcx)
{
	if (!tdxmod_attributes_are_valid(p->attributes))
		return TDX_OPERAND_INVALID + TDX_ATTRIBUTES;
	if (!tdxmod_xfam_is_valid(p->xfam))
		return TDX_OPERAND_INVALID + TDX_XFAM;
	if (!tdxmod_max_vcpus_is_valid(m, p->max_vcpus))
		return TDX_OPERAND_INVALID + TDX_MAX_VCPUS;
	if (p->nr_l2_vms > MAX_L2_VMS)
		return TDX_OPERAND_INVALID + TDX_NUM_L2_VMS;
	if (nr_tdcx < MIN_TDCX + p->nr_l2_vms)
		return TDX_TDCS_NOT_ALLOCATED;
	if (!tdxmod_bytes_are_zero(p->reserved0, sizeof(p->reserved0)))
		return TDX_OPERAND_INVALID + TDX_RDX;
	if (p->config_flags & ~CONFIG_FLAGS_FIXED0)
		return TDX_OPERAND_INVALID + TDX_EXEC_CONTROLS;
	if (!tdxmod_eptp_is_valid(m, p->eptp_controls, p->config_flags))
		return TDX_OPERAND_INVALID + TDX_EPTP_CONTROLS;
	if (p->tsc_frequency < TSC_FREQUENCY_MIN || p->tsc_frequency > TSC_FREQUENCY_MAX)
		return TDX_OPERAND_INVALID + TDX_TSC_FREQUENCY;
	if (!tdxmod_bytes_are_zero(p->reserved1, sizeof(p->reserved1)) ||
	    p->msr_controls & ~CONTROL_ARCH_CAPABILITIES ||
	    !tdxmod_bytes_are_zero(p->reserved2, sizeof(p->reserved2)))
		return TDX_OPERAND_INVALID + TDX_RDX;
	return TDX_SUCCESS;
}

/* 0 stands for the CPU's own value.  A migratable TD may have an older stepping. */
static bool tdxmod_fms_is_valid(const struct tdxmod *m, u32 fms, u64 attributes)
{
	u32 own = m->platform.family_model_stepping;

	if (!fms || fms == own)
		return true;
	return attributes & ATTRIBUTES_MIGRATABLE && !((fms ^ own) & ~CPUID_STEPPING) && fms < own;
}

static bool tdxmod_cpuid_is_configurable(const struct tdxmod_cpuid_config *config,
					 const u32 *values)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(config->direct); i++) {
		if (values[i] & ~(config->direct[i] | config->native[i]))
			return false;
	}
	return true;
}

/* The model assumes that the CPU has all features that depend on the CPU, also TSX. */
static u64 tdxmod_check_cpuid(const struct tdxmod *m, const struct tdxmod_td_params *p, u64 *leaf)
{
	const struct tdxmod_cpuid_config *config = tdxmod_cpuid_configs;
	unsigned int i;

	for (i = 0; i < TDXMOD_NR_CPUID_CONFIGS; i++, config++) {
		if (!tdxmod_cpuid_is_configurable(config, p->cpuid[i]) ||
		    (!i && !tdxmod_fms_is_valid(m, p->cpuid[i][0], p->attributes))) {
			*leaf = config->leaf | (u64)config->subleaf << 32;
			return TDX_OPERAND_INVALID + TDX_CPUID_CONFIG;
		}
		if (i == CPUID_7_0 && !tdxmod_all_or_none(p->cpuid[i][1], CPUID_HLE | CPUID_RTM))
			return TDX_OPERAND_INVALID + TDX_CPUID_CONFIG;
	}
	if (!tdxmod_bytes_are_zero(p->reserved3, sizeof(p->reserved3)))
		return TDX_OPERAND_INVALID + TDX_RDX;
	return TDX_SUCCESS;
}

static u64 tdxmod_check_last_params(const struct tdxmod_td_params *p)
{
	bool configured = p->msr_controls & CONTROL_ARCH_CAPABILITIES;

	if (p->arch_capabilities & ~(configured ? ARCH_CAPABILITIES_CONFIG : 0))
		return TDX_OPERAND_INVALID + TDX_ARCH_CAPABILITIES_CONFIG;
	if (p->attributes & ATTRIBUTES_MIGRATABLE && p->nr_l2_vms)
		return TDX_OPERAND_INVALID + TDX_RDX;
	return TDX_SUCCESS;
}

/*
 * Checks TD_PARAMS at @pa, and fills @config.  @leaf gets the CPUID leaf and subleaf with
 * a wrong value.
 */
u64 tdxmod_read_td_params(const struct tdxmod *m, u64 pa, unsigned int nr_tdcx,
			  struct tdxmod_td_config *config, u64 *leaf)
{
	struct tdxmod_td_params p = {};
	const void *memory;
	u64 status;

	if (!tdxmod_pa_is_shared(m, pa, TD_PARAMS_SIZE))
		return TDX_OPERAND_INVALID + TDX_RDX;
	/* A copy, because the host may write to it at any time */
	memory = tdxmod_memory(m, pa);
	if (memory)
		memcpy(&p, memory, sizeof(p));

	status = tdxmod_check_td_params(m, &p, nr_tdcx);
	if (!status)
		status = tdxmod_check_cpuid(m, &p, leaf);
	if (!status)
		status = tdxmod_check_last_params(&p);
	if (status)
		return status;

	config->attributes = p.attributes;
	config->xfam = p.xfam;
	config->config_flags = p.config_flags;
	config->max_vcpus = p.max_vcpus;
	config->nr_l2_vms = p.nr_l2_vms;
	config->tsc_frequency = p.tsc_frequency;
	return TDX_SUCCESS;
}
