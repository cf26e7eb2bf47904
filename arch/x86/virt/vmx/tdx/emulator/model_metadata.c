// SPDX-License-Identifier: GPL-2.0-only
/*
 * Global metadata: the table of fields, and the two leaves that read it,
 * TDH.SYS.RD and TDH.SYS.RDALL.
 */
#include "model_internal.h"

#define ID_NONE			(~0ULL)
#define ID_FIRST		0x0000000200000000ULL
#define ID_CODE			GENMASK_ULL(23, 0)
#define ID_CONTEXT		GENMASK_ULL(54, 52)
/* What must be 0 in the id of one element. */
#define ID_RESERVED		(GENMASK_ULL(31, 24) | GENMASK_ULL(46, 34) | \
				 GENMASK_ULL(49, 47) | BIT_ULL(55) | BIT_ULL(62))
#define ID_LAST_ELEMENT_SHIFT	34
#define ID_LAST_FIELD_SHIFT	38

#define NO_SUBLEAF		0xFFFFFFFF

static unsigned int code_of(u64 id)
{
	return id & ID_CODE;
}

static unsigned int class_of(u64 id)
{
	return (id >> 56) & 0x3f;
}

static unsigned int size_code_of(u64 id)
{
	return (id >> 32) & 3;
}

static u64 size_mask(u64 id)
{
	return GENMASK_ULL((8 << size_code_of(id)) - 1, 0);
}

/*
 * A row is one field, or an array of @fields (0 means 1) of @elements (0
 * means 1) each, whose codes follow each other.
 */
struct row {
	u64 id;
	unsigned int fields;
	unsigned int elements;
	u64 value;
	u64 (*get)(const struct tdxmod *m, unsigned int n);	/* or NULL: @value */
	u32 needs;		/* a TDXMOD_* difference, or 0: always there */
};

static unsigned int nr_elements(const struct row *row)
{
	return row->elements ?: 1;
}

static unsigned int nr_values(const struct row *row)
{
	return (row->fields ?: 1) * nr_elements(row);
}

static u64 get_nr_packages(const struct tdxmod *m, unsigned int n)
{
	return m->platform.nr_packages;
}

static u64 get_package_fms(const struct tdxmod *m, unsigned int n)
{
	return n < m->platform.nr_packages ? m->platform.family_model_stepping : 0;
}

#define GET_BUILD(field)							\
	static u64 get_##field(const struct tdxmod *m, unsigned int n)		\
	{									\
		return m->build.field;						\
	}

GET_BUILD(date)
GET_BUILD(num)
GET_BUILD(minor_version)
GET_BUILD(major_version)
GET_BUILD(update_version)
GET_BUILD(internal_version)
GET_BUILD(module_hv)
GET_BUILD(min_update_hv)
GET_BUILD(no_downgrade)
GET_BUILD(nr_handoff_pages)

static u64 get_handoff_hv(const struct tdxmod *m, unsigned int n)
{
	return READ_ONCE(m->handoff.hv);
}

static u64 get_handoff_valid(const struct tdxmod *m, unsigned int n)
{
	return READ_ONCE(m->handoff_valid);
}

static u64 get_handoff_size(const struct tdxmod *m, unsigned int n)
{
	return READ_ONCE(m->handoff.size);
}

static u64 get_features0(const struct tdxmod *m, unsigned int n)
{
	return m->platform.features0;
}

/* Past the CMRs that MCHECK reported the table is zero. */
static u64 get_cmr_base(const struct tdxmod *m, unsigned int n)
{
	return m->platform.cmrs[n].size ? m->platform.cmrs[n].base : 0;
}

static u64 get_cmr_size(const struct tdxmod *m, unsigned int n)
{
	return m->platform.cmrs[n].size;
}

static u64 get_max_tdmrs(const struct tdxmod *m, unsigned int n)
{
	return tdxmod_max_tdmrs(m);
}

static u64 get_max_vcpus(const struct tdxmod *m, unsigned int n)
{
	return m->platform.max_vcpus;
}

/*
 * The leaves are those of 1.5.01, in its order; the bits are those that a
 * host can choose on the CPUs of that module's time.
 */
const struct tdxmod_cpuid_config tdxmod_cpuid_configs[TDXMOD_NR_CPUID_CONFIG] = {
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

static u64 get_cpuid_leaf(const struct tdxmod *m, unsigned int n)
{
	if (n >= TDXMOD_NR_CPUID_CONFIG)
		return ~0ULL;
	return tdxmod_cpuid_configs[n].leaf | (u64)tdxmod_cpuid_configs[n].subleaf << 32;
}

/* Two elements for each leaf: EAX and EBX, then ECX and EDX. */
static u64 get_cpuid_value(const struct tdxmod *m, unsigned int n)
{
	const u32 *pair;

	if (n / 2 >= TDXMOD_NR_CPUID_CONFIG)
		return 0;
	pair = &tdxmod_cpuid_configs[n / 2].direct[n % 2 * 2];
	return pair[0] | (u64)pair[1] << 32;
}

static u64 get_allowed_fms(const struct tdxmod *m, unsigned int n)
{
	return n ? 0 : m->platform.family_model_stepping;
}

/* In the order in which a reader is led from field to field. */
static const struct row rows[] = {
	/* Platform */
	{ .id = 0x0000000200000000, .get = get_nr_packages },		/* NUM_PKGS */
	{ .id = 0x0000000200000001, .fields = TDXMOD_MAX_PACKAGES,
	  .get = get_package_fms },					/* PKG_FMS */
	/* Version */
	{ .id = 0x0800000200000000, .value = TDXMOD_VENDOR_ID },
	{ .id = 0x8800000200000001, .get = get_date },
	{ .id = 0x8800000100000002, .get = get_num },
	{ .id = 0x0800000100000003, .get = get_minor_version },
	{ .id = 0x0800000100000004, .get = get_major_version },
	{ .id = 0x0800000100000005, .get = get_update_version },
	{ .id = 0x0800000100000006, .get = get_internal_version },
	/* Hand-off */
	{ .id = 0x8900000100000000, .get = get_module_hv },
	{ .id = 0x8900000100000001, .get = get_min_update_hv },
	{ .id = 0x8900000000000002, .get = get_no_downgrade },
	{ .id = 0x8900000100000003, .get = get_nr_handoff_pages },
	{ .id = 0x8900000000000004, .get = get_handoff_valid },
	{ .id = 0x8900000100000005, .get = get_handoff_hv },
	{ .id = 0x8900000200000006, .get = get_handoff_size },
	/* Module and features */
	{ .id = 0x0A00000200000000, .value = 0 },			/* SYS_ATTRIBUTES */
	{ .id = 0x0A00000000000001, .value = 1 },			/* NUM_TDX_FEATURES */
	{ .id = 0x0A00000300000008, .get = get_features0 },
	/* CMRs: the count is that of the slots */
	{ .id = 0x9000000100000000, .value = TDXMOD_MAX_CMRS },
	{ .id = 0x9000000300000080, .fields = TDXMOD_MAX_CMRS, .get = get_cmr_base },
	{ .id = 0x9000000300000100, .fields = TDXMOD_MAX_CMRS, .get = get_cmr_size },
	/* TDMRs */
	{ .id = 0x9100000100000008, .get = get_max_tdmrs },
	{ .id = 0x9100000100000009, .value = TDXMOD_MAX_RESERVED },
	{ .id = 0x9100000100000010, .value = TDXMOD_PAMT_ENTRY_SIZE },
	{ .id = 0x9100000100000011, .value = TDXMOD_PAMT_ENTRY_SIZE },
	{ .id = 0x9100000100000012, .value = TDXMOD_PAMT_ENTRY_SIZE },
	/* TD control structures */
	{ .id = 0x9800000100000000, .value = SZ_4K },			/* TDR */
	{ .id = 0x9800000100000100, .value = TDXMOD_TDCS_BASE_SIZE },
	{ .id = 0x9800000100000101, .value = SZ_4K },			/* for each L2 VM */
	{ .id = 0x9800000100000200, .value = TDXMOD_TDVPS_BASE_SIZE },
	{ .id = 0x9800000100000201, .value = 3 * SZ_4K },		/* for each L2 VM */
	/* What can be configured for a TD */
	{ .id = 0x1900000300000000, .value = TDXMOD_ATTRIBUTES_FIXED0 },
	{ .id = 0x1900000300000001, .value = TDXMOD_ATTRIBUTES_FIXED1 },
	{ .id = 0x1900000300000002, .value = TDXMOD_XFAM_FIXED0 },
	{ .id = 0x1900000300000003, .value = TDXMOD_XFAM_FIXED1 },
	{ .id = 0x9900000100000004, .value = TDXMOD_NR_CPUID_CONFIG },
	{ .id = 0x9900000300000006, .value = 7 },			/* CONFIG_FLAGS_FIXED0 */
	{ .id = 0x9900000300000007, .value = 0 },			/* CONFIG_FLAGS_FIXED1 */
	{ .id = 0x9900000100000008, .get = get_max_vcpus, .needs = TDXMOD_MAX_VCPUS_FIELD },
	{ .id = 0x9900000300000400, .fields = 32, .get = get_cpuid_leaf },
	{ .id = 0x9900000300000500, .fields = 32, .elements = 2, .get = get_cpuid_value },
	{ .id = 0x9900000300000600, .value = 0x1180010 },		/* ARCH_CAPABILITIES */
	{ .id = 0x9900000100000800, .value = 1 },			/* NUM_ALLOWED_FMS */
	{ .id = 0x9900000100000801, .value = 0 },			/* NUM_DISALLOWED_FMS */
	{ .id = 0x9900000300000810, .fields = 64, .get = get_allowed_fms },
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

/* A place in the table: value @n of @row.  At the end @row is NULL. */
struct place {
	const struct row *row;
	unsigned int n;
};

static const struct row *skip_absent(const struct tdxmod *m, const struct row *row)
{
	while (row < &rows[ARRAY_SIZE(rows)] &&
	       (row->needs & m->platform.differences) != row->needs)
		row++;
	return row < &rows[ARRAY_SIZE(rows)] ? row : NULL;
}

/* By class and code alone; all else in an id is for the reader's benefit. */
static struct place find_place(const struct tdxmod *m, u64 id)
{
	struct place p = { .row = skip_absent(m, rows) };

	for (; p.row; p.row = skip_absent(m, p.row + 1)) {
		if (class_of(id) != class_of(p.row->id) || code_of(id) < code_of(p.row->id))
			continue;
		p.n = code_of(id) - code_of(p.row->id);
		if (p.n < nr_values(p.row))
			break;
	}
	return p;
}

static void advance(const struct tdxmod *m, struct place *p, unsigned int values)
{
	p->n += values;
	if (p->n < nr_values(p->row))
		return;
	p->row = skip_absent(m, p->row + 1);
	p->n = 0;
}

static u64 id_at(const struct place *p)
{
	return p->row ? p->row->id + p->n : ID_NONE;
}

static u64 value_at(const struct tdxmod *m, const struct place *p)
{
	u64 value = p->row->get ? p->row->get(m, p->n) : p->row->value;

	return value & size_mask(p->row->id);
}

static bool names_first(u64 id)
{
	return (id | ID_CONTEXT) == ID_NONE;
}

static u64 read_field(const struct tdxmod *m, u64 id, struct tdxmod_regs *regs)
{
	const struct row *row;
	struct place p;

	if (names_first(id)) {
		regs->rdx = ID_FIRST;
		return TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT;
	}
	id &= ~ID_CONTEXT;
	if (id & ID_RESERVED)
		return TDX_METADATA_FIELD_ID_INCORRECT;
	p = find_place(m, id);
	if (!p.row)
		return TDX_METADATA_FIELD_ID_INCORRECT;

	regs->r8 = value_at(m, &p);
	row = p.row;
	advance(m, &p, 1);
	/* Within a row the caller's id goes on, whatever size he gave it. */
	regs->rdx = p.row == row ? id + 1 : id_at(&p);
	return TDX_SUCCESS;
}

/* TDH.SYS.RD: RDX field; out: RDX next field, R8 value. */
u64 tdxmod_sys_rd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 id = regs->rdx;

	regs->rdx = ID_NONE;
	regs->r8 = 0;

	if (!tdxmod_lp_done(m, lp))
		return TDX_SYS_LP_INIT_NOT_DONE;
	return read_field(m, id, regs);
}

/* Fields of equal shape and consecutive codes share one header. */
static bool continues(const struct place *prev, const struct place *next)
{
	u64 a = id_at(prev), b = id_at(next);

	return next->row && class_of(a) == class_of(b) &&
	       size_code_of(a) == size_code_of(b) &&
	       nr_elements(prev->row) == nr_elements(next->row) &&
	       code_of(a) + nr_elements(prev->row) == code_of(b);
}

/* One sequence to @out, the header in front; advances @p behind it. */
static unsigned int dump_sequence(const struct tdxmod *m, struct place *p, u64 *out)
{
	unsigned int elements = nr_elements(p->row);
	u64 header = id_at(p) | (u64)(elements - 1) << ID_LAST_ELEMENT_SHIFT;
	unsigned int used = 1, i;
	u64 fields = 0;
	struct place prev;

	do {
		for (i = 0; i < elements; i++) {
			struct place element = { p->row, p->n + i };

			out[used++] = value_at(m, &element);
		}
		fields++;
		prev = *p;
		advance(m, p, elements);
	} while (continues(&prev, p));

	out[0] = header | (fields - 1) << ID_LAST_FIELD_SHIFT;
	return used;
}

/*
 * A list: header with bytes used and sequences, then these.  All fields of
 * this module together fit into the page, so it never overflows.
 */
static void dump_list(const struct tdxmod *m, struct place p, u64 *out)
{
	unsigned int used = 1, sequences = 0;

	while (p.row) {
		used += dump_sequence(m, &p, out + used);
		sequences++;
	}
	out[0] = used * sizeof(u64) | sequences << 16;
}

/* Unlike in SYS.RD the id must be exact: a field's first element, its size. */
static struct place find_start(const struct tdxmod *m, u64 id)
{
	struct place p = {};

	if (names_first(id)) {
		p.row = skip_absent(m, rows);
		return p;
	}
	p = find_place(m, id);
	if (p.row && (p.n % nr_elements(p.row) || size_code_of(id) != size_code_of(p.row->id)))
		p.row = NULL;
	return p;
}

/* TDH.SYS.RDALL: RDX page for the list, R8 first field; out: R8 next field. */
u64 tdxmod_sys_rdall(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct place start;
	u64 id = regs->r8;
	u64 *page;

	regs->r8 = ID_NONE;

	if (!tdxmod_lp_done(m, lp))
		return TDX_SYS_LP_INIT_NOT_DONE;
	if (!tdxmod_pa_is_shared(m, regs->rdx, SZ_4K))
		return TDX_OPERAND_INVALID + TDX_RDX;
	start = find_start(m, id);
	if (!start.row)
		return TDX_METADATA_FIELD_ID_INCORRECT;

	page = tdxmod_memory(m, regs->rdx);
	if (page)
		dump_list(m, start, page);
	return TDX_SUCCESS;
}
