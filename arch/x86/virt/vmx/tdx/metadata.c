// SPDX-License-Identifier: GPL-2.0-only
/*
 * Step 1: initialise the module and one LP, and read what the module can do.
 *
 * One LP is enough to read metadata, and nothing before TDH.SYS.CONFIG needs
 * the others.  So the other CPUs are not disturbed until it is known that this
 * module can be used at all.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "bringup.h"

/* A field and where it goes. */
struct field {
	u64 id;
	size_t offset;
	const char *name;
};

/* The id of a field says how large it is: 1, 2, 4 or 8 bytes. */
#define FIELD_BYTES(id)	(1U << (((id) >> 32) & 3))

#define FIELD(_id, _member)						\
	{								\
		.id = (_id),						\
		.offset = offsetof(struct tdx_sys_info, _member),	\
		.name = #_member,					\
	}

/* The version first: with it known, any later failure can be looked up. */
static const struct field version_fields[] = {
	FIELD(0x0800000100000003, version.minor_version),
	FIELD(0x0800000100000004, version.major_version),
	FIELD(0x0800000100000005, version.update_version),
};

static const struct field fields[] = {
	FIELD(0x0A00000300000008, features.tdx_features0),
	FIELD(0x9100000100000008, tdmr.max_tdmrs),
	FIELD(0x9100000100000009, tdmr.max_reserved_per_tdmr),
	FIELD(0x9100000100000010, tdmr.pamt_4k_entry_size),
	FIELD(0x9100000100000011, tdmr.pamt_2m_entry_size),
	FIELD(0x9100000100000012, tdmr.pamt_1g_entry_size),
	FIELD(0x9800000100000000, td_ctrl.tdr_base_size),
	FIELD(0x9800000100000100, td_ctrl.tdcs_base_size),
	FIELD(0x9800000100000200, td_ctrl.tdvps_base_size),
	FIELD(0x1900000300000000, td_conf.attributes_fixed0),
	FIELD(0x1900000300000001, td_conf.attributes_fixed1),
	FIELD(0x1900000300000002, td_conf.xfam_fixed0),
	FIELD(0x1900000300000003, td_conf.xfam_fixed1),
	FIELD(0x9900000100000004, td_conf.num_cpuid_config),
	FIELD(0x9900000100000008, td_conf.max_vcpus_per_td),
};

#define NUM_CMRS			0x9000000100000000
#define CMR_BASE(i)			(0x9000000300000080 + (i))
#define CMR_SIZE(i)			(0x9000000300000100 + (i))
#define CPUID_CONFIG_LEAF(i)		(0x9900000300000400 + (i))
#define CPUID_CONFIG_VALUE(i, half)	(0x9900000300000500 + 2 * (i) + (half))

static u64 ask_field(u64 id, u64 *value)
{
	struct tdx_module_args args = { .rdx = id };
	u64 status = tdx_seamcall_retry(TDH_SYS_RD, &args);

	*value = args.r8;

	return status;
}

static int judge_field(struct tdx_bringup *tb, u64 id, const char *name,
		       u64 status)
{
	if (seam_status_class(status) == SEAM_SUCCESS)
		return 0;

	return tdx_bringup_fail_seam(tb, TDH_SYS_RD, status,
				     "metadata field %s (0x%llx)", name, id);
}

static int read_field(struct tdx_bringup *tb, u64 id, const char *name,
		      u64 *value)
{
	return judge_field(tb, id, name, ask_field(id, value));
}

static int read_fields(struct tdx_bringup *tb, const struct field *field,
		       unsigned int nr)
{
	u64 value;
	int ret;

	for (; nr--; field++) {
		ret = read_field(tb, field->id, field->name, &value);
		if (ret)
			return ret;

		/* Little endian: the first bytes are the low ones. */
		memcpy((void *)&tb->sysinfo + field->offset, &value,
		       FIELD_BYTES(field->id));
	}

	return 0;
}

static int read_cpuid_config(struct tdx_bringup *tb)
{
	struct tdx_sys_info_td_conf *conf = &tb->sysinfo.td_conf;
	int ret, i;

	if (conf->num_cpuid_config > ARRAY_SIZE(conf->cpuid_config_leaves))
		return tdx_bringup_fail(tb, -EOPNOTSUPP,
					"module has %u configurable CPUID leaves, this kernel can hold %zu",
					conf->num_cpuid_config,
					ARRAY_SIZE(conf->cpuid_config_leaves));

	for (i = 0; i < conf->num_cpuid_config; i++) {
		ret = read_field(tb, CPUID_CONFIG_LEAF(i), "CPUID_CONFIG_LEAVES",
				 &conf->cpuid_config_leaves[i]);
		if (ret)
			return ret;

		ret = read_field(tb, CPUID_CONFIG_VALUE(i, 0),
				 "CPUID_CONFIG_VALUES",
				 &conf->cpuid_config_values[i][0]);
		if (ret)
			return ret;

		ret = read_field(tb, CPUID_CONFIG_VALUE(i, 1),
				 "CPUID_CONFIG_VALUES",
				 &conf->cpuid_config_values[i][1]);
		if (ret)
			return ret;
	}

	return 0;
}

/*
 * A module that does not know the field takes all memory that there is, for
 * what can be known.  Any other failure says nothing about memory.
 */
static int read_nr_cmrs(struct tdx_bringup *tb, u64 *nr)
{
	u64 status = ask_field(NUM_CMRS, nr);

	if (seam_status_errno(TDH_SYS_RD, status) == -ENODATA) {
		*nr = 0;
		return 0;
	}

	return judge_field(tb, NUM_CMRS, "NUM_CMRS", status);
}

/*
 * Which memory firmware has checked.  NUM_CMRS may count slots that are empty:
 * those have a size of 0.
 */
static int read_cmrs(struct tdx_bringup *tb)
{
	u64 nr, base, size;
	int ret, i;

	tb->nr_cmrs = 0;
	ret = read_nr_cmrs(tb, &nr);
	if (ret)
		return ret;

	for (i = 0; i < min_t(u64, nr, TDMR_MAX_CMRS); i++) {
		ret = read_field(tb, CMR_BASE(i), "CMR_BASE", &base);
		if (ret)
			return ret;
		ret = read_field(tb, CMR_SIZE(i), "CMR_SIZE", &size);
		if (ret)
			return ret;
		if (!size)
			continue;

		tb->cmrs[tb->nr_cmrs++] = (struct tdmr_range) {
			.start = base,
			.end = base + size,
		};
	}

	return 0;
}

static int check_features(struct tdx_bringup *tb)
{
	/* Older modules clobber RBP, which this kernel uses for frames. */
	if (!(tb->sysinfo.features.tdx_features0 & TDX_FEATURES0_NO_RBP_MOD))
		return tdx_bringup_fail(tb, -EOPNOTSUPP,
					"TDX module clobbers RBP: update the module");

	return 0;
}

static void say_version(struct tdx_bringup *tb)
{
	const struct tdx_sys_info_version *version = &tb->sysinfo.version;

	if (!memcmp(version, &tb->said_version, sizeof(*version)))
		return;

	tb->said_version = *version;
	pr_info("Module version: " TDX_VERSION_FMT "\n", version->major_version,
		version->minor_version, version->update_version);
}

static int read_all(struct tdx_bringup *tb)
{
	int ret;

	ret = read_fields(tb, version_fields, ARRAY_SIZE(version_fields));
	if (ret)
		return ret;

	say_version(tb);

	ret = read_fields(tb, fields, ARRAY_SIZE(fields));
	if (ret)
		return ret;

	ret = read_cpuid_config(tb);
	if (ret)
		return ret;

	ret = check_features(tb);
	if (ret)
		return ret;

	return read_cmrs(tb);
}

static int init_and_read(struct tdx_bringup *tb)
{
	int ret;

	ret = tdx_host_lp_init(tb);
	if (ret)
		return ret;

	return read_all(tb);
}

/**
 * tdx_read_metadata - step 1 of bring-up
 * @tb: the bring-up; fills its sysinfo
 *
 * TDH.SYS.RD works only on an LP that has done TDH.SYS.LP.INIT, so all of it
 * happens on one CPU, which is in VMX operation only for that time.
 *
 * Once per module: what it has answered stays true, and others have seen it.
 *
 * Context: may sleep.  The runner of @tb.
 *
 * Return: 0; the errno of the status of TDH.SYS.INIT, TDH.SYS.LP.INIT or
 * TDH.SYS.RD (-ENODEV: no module loaded, -ENODATA: field unknown, the module
 * is too old); -EOPNOTSUPP for a module that this kernel cannot use;
 * -EOPNOTSUPP, -EBUSY or -EFAULT when VMX operation cannot be entered.  The
 * module can be asked again in every case.
 */
int tdx_read_metadata(struct tdx_bringup *tb)
{
	int ret;

	if (tb->metadata)
		return 0;

	migrate_disable();
	ret = tdx_host_with_vmx(init_and_read, tb);
	migrate_enable();
	if (ret)
		return ret;

	tdx_bringup_publish(tb);

	return 0;
}
