// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of the emulator on the kernel command line.
 *
 * tdx_init() reads the KeyIDs before the kernel parses ordinary module parameters.
 * So the emulator parses the command line in tdx_init().  If an option is unknown or
 * has an invalid value, the emulator names the option in the log and stays off, so
 * that no test runs with other options than its own.
 */
#define pr_fmt(fmt) "tdx_emulator: " fmt

#include <linux/align.h>
#include <linux/cache.h>
#include <linux/debugfs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <asm/setup.h>

#include "internal.h"

struct tdx_emu_params tdx_emu_params = {
	.mktme_keyids	= 63,
	.tdx_keyids	= 64,
	.tdmr_ns	= 7000,
	.key_ns		= 1000000,
	.config_ns	= 100000,
	.disable_ns	= 100000,
	.other_ns	= 1000,
	.dilation	= 1,
	/* TDX_FEATURES0 of 1.5.01, with TOPOLOGY_ENUM (bit 20), which KVM requires. */
	.features0	= 0x1f0ebf,
	.max_vcpus	= 576,
	.max_tdmrs	= TDXMOD_MAX_TDMRS,
	.differences	= TDXMOD_LP_INIT_RELAXED | TDXMOD_LP_INIT_LATE |
			  TDXMOD_MAX_VCPUS_FIELD | TDXMOD_SYS_DISABLE,
};

/* Limit of the time of a call before dilation, which no module exceeds. */
#define MAX_NS		1000000000ULL
#define MAX_DILATION	1000000

struct tdx_param_number {
	const char *name;
	u64 *value;
	u64 min;
	u64 max;
};

#define NUMBER(field, min, max)	{ #field, &tdx_emu_params.field, min, max }

static struct tdx_param_number tdx_param_numbers[] = {
	NUMBER(mktme_keyids, 0, TDXMOD_MAX_HKIDS - 2),
	NUMBER(tdx_keyids, 1, TDXMOD_MAX_HKIDS - 1),
	NUMBER(tdmr_ns, 0, MAX_NS),
	NUMBER(key_ns, 0, MAX_NS),
	NUMBER(config_ns, 0, MAX_NS),
	NUMBER(disable_ns, 0, MAX_NS),
	NUMBER(other_ns, 0, MAX_NS),
	NUMBER(dilation, 0, MAX_DILATION),
	NUMBER(features0, 0, U64_MAX),
	NUMBER(max_vcpus, 1, U16_MAX),
	NUMBER(max_tdmrs, 1, TDXMOD_MAX_TDMRS),
};

static struct tdx_param_number *__init tdx_param_find_number(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(tdx_param_numbers); i++) {
		if (parameq(name, tdx_param_numbers[i].name))
			return &tdx_param_numbers[i];
	}

	return NULL;
}

static int tdx_param_get(void *data, u64 *val)
{
	struct tdx_param_number *number = data;

	*val = READ_ONCE(*number->value);
	return 0;
}

static int tdx_param_set(void *data, u64 val)
{
	struct tdx_param_number *number = data;

	if (val < number->min || val > number->max)
		return -EINVAL;

	WRITE_ONCE(*number->value, val);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(tdx_param_fops, tdx_param_get, tdx_param_set, "%llu\n");

/* Creates a file that reads and changes the number @name at run time. */
void __init tdx_params_debugfs(const char *name, struct dentry *dir)
{
	debugfs_create_file_unsafe(name, 0600, dir, tdx_param_find_number(name),
				   &tdx_param_fops);
}

static const char *__init tdx_param_parse_differences(char *val)
{
	/* The index of a name is the number of its bit, TDXMOD_*. */
	static const char * const names[] __initconst = {
		"lp_init_relaxed", "lp_init_late", "max_vcpus_field", "sys_disable",
	};
	u32 bits = 0;
	char *name;

	if (!strcmp(val, "none"))
		val = NULL;

	while ((name = strsep(&val, ","))) {
		int bit = match_string(names, ARRAY_SIZE(names), name);

		if (bit < 0)
			return "unknown name";
		bits |= BIT(bit);
	}

	tdx_emu_params.differences = bits;
	return NULL;
}

static bool __init tdx_param_parse_range(const char *text, struct tdxmod_range *range)
{
	char *end;

	range->base = memparse(text, &end);
	if (end == text || *end != ',')
		return false;

	text = end + 1;
	range->size = memparse(text, &end);
	if (end == text || *end)
		return false;

	return range->size && PAGE_ALIGNED(range->base) && PAGE_ALIGNED(range->size) &&
	       range->base + range->size > range->base;
}

static const char *__init tdx_param_parse_cmr(char *val)
{
	struct tdxmod_range *cmr = tdx_emu_params.cmrs;
	unsigned int nr = 0;
	char *text;

	while ((text = strsep(&val, ";"))) {
		if (nr == TDXMOD_MAX_CMRS)
			return "more than 32 ranges";
		if (!tdx_param_parse_range(text, &cmr[nr]))
			return "not base,size of whole pages";
		if (nr && cmr[nr].base < cmr[nr - 1].base + cmr[nr - 1].size)
			return "ranges overlap or do not ascend";
		nr++;
	}

	tdx_emu_params.nr_cmrs = nr;
	return NULL;
}

static const char *__init tdx_param_parse_value(const char *name, char *val)
{
	struct tdx_param_number *number = tdx_param_find_number(name);
	u64 value;

	if (!val)
		return "no value";
	if (parameq(name, "differences"))
		return tdx_param_parse_differences(val);
	if (parameq(name, "cmr"))
		return tdx_param_parse_cmr(val);
	if (parameq(name, "inject"))
		return tdx_faults_parse(val) ? "not LEAF STATUS SKIP COUNT, or too many" : NULL;
	if (parameq(name, "pw_mce"))
		return kstrtobool(val, &tdx_emu_params.pw_mce) ? "not on or off" : NULL;
	if (!number)
		return "unknown option";
	if (kstrtou64(val, 0, &value))
		return "not a number";

	return tdx_param_set(number, value) ? "number out of range" : NULL;
}

static int __init tdx_param_parse(char *param, char *val, const char *doing, void *arg)
{
	static const char prefix[] = "tdx_emulator.";
	const char *wrong;

	if (!parameqn(param, prefix, strlen(prefix)))
		return 0;

	wrong = tdx_param_parse_value(param + strlen(prefix), val);
	if (!wrong)
		return 0;

	pr_err("%s: %s; the emulator stays off\n", param, wrong);
	return -EINVAL;
}

/* tdx_emulator=on|off is an early parameter, because tdx_init() uses it. */
static int __init tdx_param_parse_on(char *val)
{
	return val ? kstrtobool(val, &tdx_emu_params.on) : -EINVAL;
}
early_param("tdx_emulator", tdx_param_parse_on);

/* Reads all options.  Returns false if the emulator has to stay off. */
bool __init tdx_params_read(void)
{
	static char line[COMMAND_LINE_SIZE] __initdata;

	if (!tdx_emu_params.on)
		return false;

	strscpy(line, boot_command_line, sizeof(line));
	if (IS_ERR(parse_args("tdx_emulator", line, NULL, 0, 0, 0, NULL, tdx_param_parse)))
		return false;

	if (tdx_emu_params.mktme_keyids + tdx_emu_params.tdx_keyids >= TDXMOD_MAX_HKIDS) {
		pr_err("too many KeyIDs; the emulator stays off\n");
		return false;
	}

	return true;
}
