// SPDX-License-Identifier: GPL-2.0-only
/*
 * Global metadata: the table of fields, and the leaves that read it.  TDH.SYS.RD
 * reads a field, TDH.SYS.RDALL reads all fields.  TDH.SYS.INFO fills the fixed
 * structures of older hosts.
 */
#include "model_internal.h"

#define ID_NONE			(~0ULL)
#define ID_FIRST		0x0000000200000000ULL
#define ID_CODE(id)		((id) & GENMASK_ULL(23, 0))
#define ID_CLASS(id)		(((id) >> 56) & 0x3f)
#define ID_SIZE_CODE(id)	(((id) >> 32) & 3)
#define ID_BITS(id)		(8 << ID_SIZE_CODE(id))
#define ID_CONTEXT		GENMASK_ULL(54, 52)
#define ID_LAST_ELEMENT_SHIFT	34
#define ID_LAST_FIELD_SHIFT	38

#define NO_SUBLEAF		0xFFFFFFFF

#define FEATURES0_SYS_DISABLE	BIT_ULL(53)

/* Structures of SYS.INFO */
#define TDSYSINFO_SIZE		1024
#define CMR_TABLE_SIZE		(TDXMOD_MAX_CMRS * sizeof(struct tdxmod_range))

/*
 * A row describes @fields fields of @elements elements each; 0 stands for 1.  Their
 * codes are consecutive.
 */
struct tdxmod_row {
	u64 id;
	unsigned int fields;
	unsigned int elements;
	u64 value;
	u64 (*get)(const struct tdxmod *m, unsigned int n);	/* NULL to use @value */
	u32 needs;		/* TDXMOD_* difference, or 0 */
};

static unsigned int tdxmod_row_elements(const struct tdxmod_row *row)
{
	return row->elements ?: 1;
}

static unsigned int tdxmod_row_values(const struct tdxmod_row *row)
{
	return (row->fields ?: 1) * tdxmod_row_elements(row);
}

#define GETTER(name, value)							\
	static u64 tdxmod_get_##name(const struct tdxmod *m, unsigned int n)	\
	{									\
		return READ_ONCE(value);						\
	}

GETTER(nr_packages, m->platform.nr_packages)
GETTER(max_vcpus, m->platform.max_vcpus)
GETTER(date, m->build.date)
GETTER(num, m->build.num)
GETTER(minor_version, m->build.minor_version)
GETTER(major_version, m->build.major_version)
GETTER(update_version, m->build.update_version)
GETTER(internal_version, m->build.internal_version)
GETTER(module_hv, m->build.module_hv)
GETTER(min_update_hv, m->build.min_update_hv)
GETTER(no_downgrade, m->build.no_downgrade)
GETTER(nr_handoff_pages, m->build.nr_handoff_pages)
GETTER(handoff_valid, m->handoff_valid)
GETTER(handoff_hv, m->handoff.hv)
GETTER(handoff_size, m->handoff.size)

static u64 tdxmod_get_features0(const struct tdxmod *m, unsigned int n)
{
	u64 features0 = m->platform.features0 & ~FEATURES0_SYS_DISABLE;

	return tdxmod_differs(m, TDXMOD_SYS_DISABLE) ? features0 | FEATURES0_SYS_DISABLE :
						       features0;
}

static u64 tdxmod_get_max_tdmrs(const struct tdxmod *m, unsigned int n)
{
	return tdxmod_max_tdmrs(m);
}

static u64 tdxmod_get_package_fms(const struct tdxmod *m, unsigned int n)
{
	return n < m->platform.nr_packages ? m->platform.family_model_stepping : 0;
}

static u64 tdxmod_get_allowed_fms(const struct tdxmod *m, unsigned int n)
{
	return n ? 0 : m->platform.family_model_stepping;
}

/* The table has zeros after the last CMR. */
static u64 tdxmod_get_cmr_base(const struct tdxmod *m, unsigned int n)
{
	return m->platform.cmrs[n].size ? m->platform.cmrs[n].base : 0;
}

static u64 tdxmod_get_cmr_size(const struct tdxmod *m, unsigned int n)
{
	return m->platform.cmrs[n].size;
}

/*
 * The leaves and their order are the same as in 1.5.01.  The bits are the ones that
 * a host can choose on CPUs that 1.5.01 supports.
 */
const struct tdxmod_cpuid_config tdxmod_cpuid_configs[TDXMOD_NR_CPUID_CONFIGS] = {
	{ .leaf = 0x1, .subleaf = NO_SUBLEAF,
	  .direct = { 0x0FFF3FFF, 0x00FF0000 },
	  .native = { 0, 0, 0x31044D88, 0xB8440000 } },
	{ .leaf = 0x4, .subleaf = 0,
	  .direct = { 0xFFFFC3FF, 0xFFFFF000, 0xFFFFFFFF, 0xFFFFFFFB } },
	{ .leaf = 0x4, .subleaf = 1,
	  .direct = { 0xFFFFC3FF, 0xFFFFF000, 0xFFFFFFFF, 0xFFFFFFFB } },
	{ .leaf = 0x4, .subleaf = 2,
	  .direct = { 0xFFFFC3FF, 0xFFFFF000, 0xFFFFFFFF, 0xFFFFFFFB } },
	{ .leaf = 0x4, .subleaf = 3,
	  .direct = { 0xFFFFC3FF, 0xFFFFF000, 0xFFFFFFFF, 0x00000007 } },
	{ .leaf = 0x7, .subleaf = 0,
	  .native = { 0, 0xDC2B9B18, 0x02417F65, 0x0005411C } },
	{ .leaf = 0x7, .subleaf = 1,
	  .native = { 0x04881DB0, 0, 0, 0x00020430 } },
	{ .leaf = 0xA, .subleaf = NO_SUBLEAF },
	{ .leaf = 0x1C, .subleaf = NO_SUBLEAF,
	  .native = { 0x000000FF } },
	{ .leaf = 0x80000008, .subleaf = NO_SUBLEAF,
	  .direct = { 0x000000FF },
	  .native = { 0, 0x00000200 } },
	{ .leaf = 0x7, .subleaf = 2,
	  .native = { 0, 0, 0, 0x00000028 } },
	{ .leaf = 0x23, .subleaf = 0,
	  .native = { 0x0000000F } },
};

static u64 tdxmod_get_cpuid_leaf(const struct tdxmod *m, unsigned int n)
{
	if (n >= ARRAY_SIZE(tdxmod_cpuid_configs))
		return ~0ULL;
	return tdxmod_cpuid_configs[n].leaf | (u64)tdxmod_cpuid_configs[n].subleaf << 32;
}

/* Each leaf has two elements: EAX and EBX, then ECX and EDX. */
static u64 tdxmod_get_cpuid_value(const struct tdxmod *m, unsigned int n)
{
	const u32 *pair;

	if (n / 2 >= ARRAY_SIZE(tdxmod_cpuid_configs))
		return 0;
	pair = &tdxmod_cpuid_configs[n / 2].direct[n % 2 * 2];
	return pair[0] | (u64)pair[1] << 32;
}

/* The rows are in the order in which SYS.RD returns the next field. */
static const struct tdxmod_row tdxmod_rows[] = {
	/* Platform */
	{ .id = 0x0000000200000000, .get = tdxmod_get_nr_packages },	/* NUM_PKGS */
	{ .id = 0x0000000200000001, .fields = TDXMOD_MAX_PACKAGES,
	  .get = tdxmod_get_package_fms },				/* PKG_FMS */
	/* Version */
	{ .id = 0x0800000200000000, .value = TDXMOD_VENDOR_ID },
	{ .id = 0x8800000200000001, .get = tdxmod_get_date },
	{ .id = 0x8800000100000002, .get = tdxmod_get_num },
	{ .id = 0x0800000100000003, .get = tdxmod_get_minor_version },
	{ .id = 0x0800000100000004, .get = tdxmod_get_major_version },
	{ .id = 0x0800000100000005, .get = tdxmod_get_update_version },
	{ .id = 0x0800000100000006, .get = tdxmod_get_internal_version },
	/* Hand-off */
	{ .id = 0x8900000100000000, .get = tdxmod_get_module_hv },
	{ .id = 0x8900000100000001, .get = tdxmod_get_min_update_hv },
	{ .id = 0x8900000000000002, .get = tdxmod_get_no_downgrade },
	{ .id = 0x8900000100000003, .get = tdxmod_get_nr_handoff_pages },
	{ .id = 0x8900000000000004, .get = tdxmod_get_handoff_valid },
	{ .id = 0x8900000100000005, .get = tdxmod_get_handoff_hv },
	{ .id = 0x8900000200000006, .get = tdxmod_get_handoff_size },
	/* Module and features */
	{ .id = 0x0A00000200000000, .value = 0 },			/* SYS_ATTRIBUTES */
	{ .id = 0x0A00000000000001, .value = 1 },			/* NUM_TDX_FEATURES */
	{ .id = 0x0A00000300000008, .get = tdxmod_get_features0 },
	/* CMRs; NUM_CMRS is the number of slots */
	{ .id = 0x9000000100000000, .value = TDXMOD_MAX_CMRS },
	{ .id = 0x9000000300000080, .fields = TDXMOD_MAX_CMRS, .get = tdxmod_get_cmr_base },
	{ .id = 0x9000000300000100, .fields = TDXMOD_MAX_CMRS, .get = tdxmod_get_cmr_size },
	/* TDMRs */
	{ .id = 0x9100000100000008, .get = tdxmod_get_max_tdmrs },
	{ .id = 0x9100000100000009, .value = TDXMOD_MAX_RESERVED },
	{ .id = 0x9100000100000010, .value = TDXMOD_PAMT_ENTRY_SIZE },
	{ .id = 0x9100000100000011, .value = TDXMOD_PAMT_ENTRY_SIZE },
	{ .id = 0x9100000100000012, .value = TDXMOD_PAMT_ENTRY_SIZE },
	/* TD control structures */
	{ .id = 0x9800000100000000, .value = SZ_4K },			/* TDR */
	{ .id = 0x9800000100000100, .value = TDCS_BASE_SIZE },
	{ .id = 0x9800000100000101, .value = SZ_4K },			/* for each L2 VM */
	{ .id = 0x9800000100000200, .value = TDVPS_BASE_SIZE },
	{ .id = 0x9800000100000201, .value = 3 * SZ_4K },		/* for each L2 VM */
	/* Configuration of a TD */
	{ .id = 0x1900000300000000, .value = ATTRIBUTES_FIXED0 },
	{ .id = 0x1900000300000001, .value = ATTRIBUTES_FIXED1 },
	{ .id = 0x1900000300000002, .value = XFAM_FIXED0 },
	{ .id = 0x1900000300000003, .value = XFAM_FIXED1 },
	{ .id = 0x9900000100000004, .value = ARRAY_SIZE(tdxmod_cpuid_configs) },
	{ .id = 0x9900000300000006, .value = CONFIG_FLAGS_FIXED0 },
	{ .id = 0x9900000300000007, .value = 0 },			/* CONFIG_FLAGS_FIXED1 */
	{ .id = 0x9900000100000008, .get = tdxmod_get_max_vcpus, .needs = TDXMOD_MAX_VCPUS_FIELD },
	{ .id = 0x9900000300000400, .fields = 32, .get = tdxmod_get_cpuid_leaf },
	{ .id = 0x9900000300000500, .fields = 32, .elements = 2, .get = tdxmod_get_cpuid_value },
	{ .id = 0x9900000300000600, .value = ARCH_CAPABILITIES_CONFIG },
	{ .id = 0x9900000100000800, .value = 1 },			/* NUM_ALLOWED_FMS */
	{ .id = 0x9900000100000801, .value = 0 },			/* NUM_DISALLOWED_FMS */
	{ .id = 0x9900000300000810, .fields = 64, .get = tdxmod_get_allowed_fms },
	{ .id = 0x9900000300000850, .fields = 64, .value = 0 },		/* DISALLOWED_FMS */
	/* Migration: attributes, versions, streams, state pages */
	{ .id = 0xA000000300000000, .value = 0 },
	{ .id = 0x2000000100000001, .value = 0 },
	{ .id = 0x2000000100000002, .value = 0 },
	{ .id = 0x2000000100000003, .value = 0 },
	{ .id = 0x2000000100000004, .value = 0 },
	{ .id = 0xA000000100000010, .value = 512 },
	{ .id = 0xA000000000000020, .value = 3 },
	{ .id = 0xA000000000000021, .value = 2 },
	{ .id = 0xA000000000000022, .value = 5 },
	/* Service TDs: number, attributes fixed 0 and 1 */
	{ .id = 0xA100000100000000, .value = 1 },
	{ .id = 0xA100000300000001, .value = 0x7FF00000001 },
	{ .id = 0xA100000300000002, .value = 0 },
	/* Partitioning: GPA attributes; VM, L2 and L2 debug controls fixed 0 and 1 */
	{ .id = 0xA200000100000000, .value = 0x807F },
	{ .id = 0xA200000300000001, .value = 1 },
	{ .id = 0xA200000300000002, .value = 0 },
	{ .id = 0xA200000300000003, .value = 3 },
	{ .id = 0xA200000300000004, .value = 0 },
	{ .id = 0xA200000300000005, .value = 7 },
	{ .id = 0xA200000300000006, .value = 0 },
};

/* A position in the table: value @n of @row.  @row is NULL at the end. */
struct tdxmod_place {
	const struct tdxmod_row *row;
	unsigned int n;
};

static const struct tdxmod_row *tdxmod_skip_absent_rows(const struct tdxmod *m,
							const struct tdxmod_row *row)
{
	while (row < &tdxmod_rows[ARRAY_SIZE(tdxmod_rows)] &&
	       (row->needs & m->platform.differences) != row->needs)
		row++;
	return row < &tdxmod_rows[ARRAY_SIZE(tdxmod_rows)] ? row : NULL;
}

/* The class and the code of an ID select the field. */
static struct tdxmod_place tdxmod_find_field(const struct tdxmod *m, u64 id)
{
	struct tdxmod_place p = { .row = tdxmod_skip_absent_rows(m, tdxmod_rows) };

	for (; p.row; p.row = tdxmod_skip_absent_rows(m, p.row + 1)) {
		if (ID_CLASS(id) != ID_CLASS(p.row->id) ||
		    ID_CODE(id) < ID_CODE(p.row->id))
			continue;
		p.n = ID_CODE(id) - ID_CODE(p.row->id);
		if (p.n < tdxmod_row_values(p.row))
			break;
	}
	return p;
}

static void tdxmod_advance_place(const struct tdxmod *m, struct tdxmod_place *p,
				 unsigned int values)
{
	p->n += values;
	if (p->n < tdxmod_row_values(p->row))
		return;
	p->row = tdxmod_skip_absent_rows(m, p->row + 1);
	p->n = 0;
}

static u64 tdxmod_id_at(const struct tdxmod_place *p)
{
	return p->row ? p->row->id + p->n : ID_NONE;
}

static u64 tdxmod_value_at(const struct tdxmod *m, const struct tdxmod_place *p)
{
	u64 value = p->row->get ? p->row->get(m, p->n) : p->row->value;

	return value & GENMASK_ULL(ID_BITS(p->row->id) - 1, 0);
}

static bool tdxmod_id_names_first(u64 id)
{
	return (id | ID_CONTEXT) == ID_NONE;
}

/* RDX field; out: RDX next field, R8 value. */
u64 tdxmod_sys_rd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	const struct tdxmod_row *row;
	struct tdxmod_place p;
	u64 id = regs->rdx;

	regs->rdx = ID_NONE;
	regs->r8 = 0;

	if (!tdxmod_lp_done(m, lp))
		return TDX_SYS_LP_INIT_NOT_DONE;
	if (tdxmod_id_names_first(id)) {
		regs->rdx = ID_FIRST;
		return TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT;
	}
	id &= ~ID_CONTEXT;
	if (id & ID_RESERVED)
		return TDX_METADATA_FIELD_ID_INCORRECT;
	p = tdxmod_find_field(m, id);
	if (!p.row)
		return TDX_METADATA_FIELD_ID_INCORRECT;

	regs->r8 = tdxmod_value_at(m, &p);
	row = p.row;
	tdxmod_advance_place(m, &p, 1);
	/* Within a row, the next ID keeps the size bits of the caller's ID. */
	regs->rdx = p.row == row ? id + 1 : tdxmod_id_at(&p);
	return TDX_SUCCESS;
}

/* Fields of equal shape with consecutive codes form a sequence with one header. */
static bool tdxmod_place_continues(const struct tdxmod_place *prev,
				   const struct tdxmod_place *next)
{
	u64 a = tdxmod_id_at(prev), b = tdxmod_id_at(next);

	return next->row && ID_CLASS(a) == ID_CLASS(b) &&
	       ID_SIZE_CODE(a) == ID_SIZE_CODE(b) &&
	       tdxmod_row_elements(prev->row) == tdxmod_row_elements(next->row) &&
	       ID_CODE(a) + tdxmod_row_elements(prev->row) == ID_CODE(b);
}

/* Writes the header and the values of a sequence to @out, and advances @p past it. */
static unsigned int tdxmod_dump_sequence(const struct tdxmod *m, struct tdxmod_place *p,
					 u64 *out)
{
	unsigned int elements = tdxmod_row_elements(p->row);
	u64 header = tdxmod_id_at(p) | (u64)(elements - 1) << ID_LAST_ELEMENT_SHIFT;
	unsigned int used = 1, i;
	u64 fields = 0;
	struct tdxmod_place prev;

	do {
		for (i = 0; i < elements; i++) {
			struct tdxmod_place element = { p->row, p->n + i };

			out[used++] = tdxmod_value_at(m, &element);
		}
		fields++;
		prev = *p;
		tdxmod_advance_place(m, p, elements);
	} while (tdxmod_place_continues(&prev, p));

	out[0] = header | (fields - 1) << ID_LAST_FIELD_SHIFT;
	return used;
}

/*
 * The list starts with its size in bytes and the number of sequences.  The list of
 * all fields fits in a page, so it never overflows.
 */
static void tdxmod_dump_list(const struct tdxmod *m, struct tdxmod_place p, u64 *out)
{
	unsigned int used = 1, sequences = 0;

	while (p.row) {
		used += tdxmod_dump_sequence(m, &p, out + used);
		sequences++;
	}
	out[0] = used * sizeof(u64) | sequences << 16;
}

/* Unlike SYS.RD, SYS.RDALL requires the exact size and the first element of a field. */
static struct tdxmod_place tdxmod_find_list_start(const struct tdxmod *m, u64 id)
{
	struct tdxmod_place p = {};

	if (tdxmod_id_names_first(id)) {
		p.row = tdxmod_skip_absent_rows(m, tdxmod_rows);
		return p;
	}
	p = tdxmod_find_field(m, id);
	if (p.row && (p.n % tdxmod_row_elements(p.row) ||
		      ID_SIZE_CODE(id) != ID_SIZE_CODE(p.row->id)))
		p.row = NULL;
	return p;
}

/* RDX page for the list, R8 first field; out: R8 next field. */
u64 tdxmod_sys_rdall(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_place start;
	u64 id = regs->r8;
	u64 *page;

	regs->r8 = ID_NONE;

	if (!tdxmod_lp_done(m, lp))
		return TDX_SYS_LP_INIT_NOT_DONE;
	if (!tdxmod_pa_is_shared(m, regs->rdx, SZ_4K))
		return TDX_OPERAND_INVALID + TDX_RDX;
	start = tdxmod_find_list_start(m, id);
	if (!start.row)
		return TDX_METADATA_FIELD_ID_INCORRECT;

	page = tdxmod_memory(m, regs->rdx);
	if (page)
		tdxmod_dump_list(m, start, page);
	return TDX_SUCCESS;
}

/* TDSYSINFO_STRUCT */
struct tdxmod_sysinfo {
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
	struct {
		u32 leaf;
		u32 subleaf;
		u32 regs[4];
	} cpuid_configs[ARRAY_SIZE(tdxmod_cpuid_configs)];
};

static void tdxmod_fill_sysinfo(const struct tdxmod *m, struct tdxmod_sysinfo *info)
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
	info->tdcs_base_size = TDCS_BASE_SIZE;
	info->tdvps_base_size = TDVPS_BASE_SIZE;
	info->attributes_fixed0 = ATTRIBUTES_FIXED0;
	info->attributes_fixed1 = ATTRIBUTES_FIXED1;
	info->xfam_fixed0 = XFAM_FIXED0;
	info->xfam_fixed1 = XFAM_FIXED1;
	info->nr_cpuid_configs = ARRAY_SIZE(tdxmod_cpuid_configs);

	for (i = 0; i < ARRAY_SIZE(tdxmod_cpuid_configs); i++) {
		const struct tdxmod_cpuid_config *config = &tdxmod_cpuid_configs[i];

		info->cpuid_configs[i].leaf = config->leaf;
		info->cpuid_configs[i].subleaf = config->subleaf;
		/* SYS.RD reports only the direct bits. */
		for (r = 0; r < ARRAY_SIZE(config->direct); r++)
			info->cpuid_configs[i].regs[r] = config->direct[r] | config->native[r];
	}
}

static void tdxmod_fill_cmrs(const struct tdxmod *m, struct tdxmod_range *table)
{
	unsigned int i;

	memset(table, 0, CMR_TABLE_SIZE);
	for (i = 0; i < TDXMOD_MAX_CMRS; i++) {
		if (m->platform.cmrs[i].size)
			table[i] = m->platform.cmrs[i];
	}
}

/*
 * RCX buffer, RDX its size, R8 CMR table, R9 its number of entries; out: RDX and R9
 * used size and entries.  The module clears the buffer before it checks the table.
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
		tdxmod_fill_sysinfo(m, info);
	cmrs = tdxmod_memory(m, regs->r8);
	if (cmrs)
		tdxmod_fill_cmrs(m, cmrs);
	regs->rdx = TDSYSINFO_SIZE;
	regs->r9 = TDXMOD_MAX_CMRS;
	return TDX_SUCCESS;
}
