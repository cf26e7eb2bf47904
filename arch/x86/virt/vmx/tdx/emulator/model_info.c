// SPDX-License-Identifier: GPL-2.0-only
/* TDH.SYS.INFO: what SYS.RD tells, in the fixed structures of older hosts. */
#include "model_internal.h"

#define CMR_INFO_SIZE		sizeof(struct tdxmod_range)
#define CMR_TABLE_SIZE		(TDXMOD_MAX_CMRS * CMR_INFO_SIZE)

struct cpuid_config_info {
	u32 leaf;
	u32 subleaf;
	u32 regs[4];
};

/* TDSYSINFO_STRUCT. */
struct tdsysinfo {
	u32 attributes;
	u32 vendor_id;
	u32 build_date;
	u16 build_num;
	u16 minor_version;
	u16 major_version;
	u8 sys_rd;
	u8 reserved0[13];
	u16 max_tdmrs;
	u16 max_reserved_per_tdmr;
	u16 pamt_entry_size;
	u8 reserved1[10];
	u16 tdcs_base_size;
	u8 reserved2[2];
	u16 tdvps_base_size;
	u8 tdvps_xfam_dependent;
	u8 reserved3[9];
	u64 attributes_fixed0;
	u64 attributes_fixed1;
	u64 xfam_fixed0;
	u64 xfam_fixed1;
	u8 reserved4[32];
	u32 nr_cpuid_configs;
	struct cpuid_config_info cpuid_configs[TDXMOD_NR_CPUID_CONFIG];
};

#define TDSYSINFO_SIZE		1024

static void fill_info(const struct tdxmod *m, struct tdsysinfo *info)
{
	unsigned int i, r;

	info->vendor_id = TDXMOD_VENDOR_ID;
	info->build_date = m->build.date;
	info->build_num = m->build.num;
	info->minor_version = m->build.minor_version;
	info->major_version = m->build.major_version;
	info->sys_rd = 1;
	info->max_tdmrs = tdxmod_max_tdmrs(m);
	info->max_reserved_per_tdmr = TDXMOD_MAX_RESERVED;
	info->pamt_entry_size = TDXMOD_PAMT_ENTRY_SIZE;
	info->tdcs_base_size = TDXMOD_TDCS_BASE_SIZE;
	info->tdvps_base_size = TDXMOD_TDVPS_BASE_SIZE;
	info->attributes_fixed0 = TDXMOD_ATTRIBUTES_FIXED0;
	info->attributes_fixed1 = TDXMOD_ATTRIBUTES_FIXED1;
	info->xfam_fixed0 = TDXMOD_XFAM_FIXED0;
	info->xfam_fixed1 = TDXMOD_XFAM_FIXED1;
	info->nr_cpuid_configs = TDXMOD_NR_CPUID_CONFIG;

	for (i = 0; i < TDXMOD_NR_CPUID_CONFIG; i++) {
		const struct tdxmod_cpuid_config *from = &tdxmod_cpuid_configs[i];
		struct cpuid_config_info *to = &info->cpuid_configs[i];

		to->leaf = from->leaf;
		to->subleaf = from->subleaf;
		/* SYS.RD tells only the direct ones. */
		for (r = 0; r < ARRAY_SIZE(to->regs); r++)
			to->regs[r] = from->direct[r] | from->native[r];
	}
}

static void fill_cmrs(const struct tdxmod *m, struct tdxmod_range *table)
{
	unsigned int i;

	memset(table, 0, CMR_TABLE_SIZE);
	for (i = 0; i < TDXMOD_MAX_CMRS; i++) {
		if (m->platform.cmrs[i].size)
			table[i] = m->platform.cmrs[i];
	}
}

/*
 * RCX buffer, RDX its size, R8 CMR table, R9 its entries; out: RDX and R9 as
 * used.  The buffer is cleared before the table is looked at.
 */
u64 tdxmod_sys_info(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 size = regs->rdx, entries = regs->r9;
	void *info, *cmrs;

	regs->rdx = 0;
	regs->r9 = 0;

	if (!tdxmod_lp_done(m, lp))
		return TDX_SYS_LP_INIT_NOT_DONE;
	if (!tdxmod_pa_is_shared(m, regs->rcx, TDSYSINFO_SIZE))
		return TDX_OPERAND_INVALID + TDX_RCX;
	if (size < TDSYSINFO_SIZE)
		return TDX_OPERAND_INVALID + TDX_RDX;
	info = tdxmod_memory(m, regs->rcx);
	if (info)
		memset(info, 0, TDSYSINFO_SIZE);
	if (!tdxmod_pa_is_shared(m, regs->r8, CMR_TABLE_SIZE))
		return TDX_OPERAND_INVALID + TDX_R8;
	if (entries < TDXMOD_MAX_CMRS)
		return TDX_OPERAND_INVALID + TDX_R9;

	if (info)
		fill_info(m, info);
	cmrs = tdxmod_memory(m, regs->r8);
	if (cmrs)
		fill_cmrs(m, cmrs);
	regs->rdx = TDSYSINFO_SIZE;
	regs->r9 = TDXMOD_MAX_CMRS;
	return TDX_SUCCESS;
}
