// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator's options on the kernel command line.
 *
 * tdx_init() already asks for the KeyIDs, before ordinary module parameters
 * are parsed: so these are read from the command line then.  A test on a
 * module other than the one asked for would be worse than none: an option
 * that is not known or not understood is named, and the emulator stays off.
 */
#define pr_fmt(fmt) "tdx_emulator: " fmt

#include <linux/align.h>
#include <linux/cache.h>
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
	.other_ns	= 1000,
	.dilation	= 1,
	/* 1.5.01's, and TOPOLOGY_ENUM (bit 20), which KVM insists on. */
	.features0	= 0x1f0ebf,
	.max_vcpus	= 576,
	.max_tdmrs	= TDXMOD_MAX_TDMRS,
	.differences	= TDXMOD_LP_INIT_RELAXED | TDXMOD_LP_INIT_LATE |
			  TDXMOD_MAX_VCPUS_FIELD | TDXMOD_SYS_DISABLE,
};

/* A second a call is more than any module takes, undilated. */
#define MAX_NS	1000000000ULL

/* A number, unless @parse knows better. */
struct option {
	const char *name;
	u64 *number;
	u64 min;
	u64 max;
	const char *(*parse)(char *val);
};

static const char *__init parse_number(const struct option *option, const char *val)
{
	u64 number;

	if (kstrtou64(val, 0, &number))
		return "not a number";
	if (number < option->min || number > option->max)
		return "number out of range";

	*option->number = number;
	return NULL;
}

static const char *__init parse_pw_mce(char *val)
{
	return kstrtobool(val, &tdx_emu_params.pw_mce) ? "not on or off" : NULL;
}

struct difference {
	const char *name;
	u32 bit;
};

static const struct difference differences[] __initconst = {
	{ "lp_init_relaxed",	TDXMOD_LP_INIT_RELAXED },
	{ "lp_init_late",	TDXMOD_LP_INIT_LATE },
	{ "max_vcpus_field",	TDXMOD_MAX_VCPUS_FIELD },
	{ "sys_disable",	TDXMOD_SYS_DISABLE },
};

static u32 __init difference_of(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(differences); i++) {
		if (!strcmp(name, differences[i].name))
			return differences[i].bit;
	}

	return 0;
}

static const char *__init parse_differences(char *val)
{
	u32 bits = 0;
	char *name;

	if (!strcmp(val, "none"))
		val = NULL;

	while ((name = strsep(&val, ","))) {
		u32 bit = difference_of(name);

		if (!bit)
			return "unknown name";
		bits |= bit;
	}

	tdx_emu_params.differences = bits;
	return NULL;
}

static bool __init parse_one_cmr(const char *text, struct tdxmod_range *cmr)
{
	char *end;

	cmr->base = memparse(text, &end);
	if (end == text || *end != ',')
		return false;

	text = end + 1;
	cmr->size = memparse(text, &end);
	if (end == text || *end)
		return false;

	return cmr->size && PAGE_ALIGNED(cmr->base) &&
	       PAGE_ALIGNED(cmr->size) && cmr->base + cmr->size > cmr->base;
}

static const char *__init parse_cmr(char *val)
{
	struct tdxmod_range *cmr = tdx_emu_params.cmrs;
	unsigned int nr = 0;
	char *text;

	while ((text = strsep(&val, ";"))) {
		if (nr == TDXMOD_MAX_CMRS)
			return "more than 32 ranges";
		if (!parse_one_cmr(text, &cmr[nr]))
			return "not base,size of whole pages";
		if (nr && cmr[nr].base < cmr[nr - 1].base + cmr[nr - 1].size)
			return "ranges overlap or do not ascend";
		nr++;
	}

	tdx_emu_params.nr_cmrs = nr;
	return NULL;
}

#define NUMBER(field, from, to)							\
	{ .name = #field, .number = &tdx_emu_params.field, .min = from, .max = to }

static const struct option options[] __initconst = {
	NUMBER(mktme_keyids, 0, TDXMOD_MAX_HKIDS - 2),
	NUMBER(tdx_keyids, 1, TDXMOD_MAX_HKIDS - 1),
	NUMBER(tdmr_ns, 0, MAX_NS),
	NUMBER(key_ns, 0, MAX_NS),
	NUMBER(config_ns, 0, MAX_NS),
	NUMBER(other_ns, 0, MAX_NS),
	NUMBER(dilation, 0, TDX_EMU_MAX_DILATION),
	NUMBER(features0, 0, U64_MAX),
	NUMBER(max_vcpus, 1, U16_MAX),
	NUMBER(max_tdmrs, 1, TDXMOD_MAX_TDMRS),
	{ .name = "pw_mce",		.parse = parse_pw_mce },
	{ .name = "differences",	.parse = parse_differences },
	{ .name = "cmr",		.parse = parse_cmr },
};

static const struct option *__init find_option(const char *name)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (parameq(name, options[i].name))
			return &options[i];
	}

	return NULL;
}

static const char *__init parse_option(const char *name, char *val)
{
	const struct option *option = find_option(name);

	if (!option)
		return "unknown option";
	if (!val)
		return "no value";

	return option->parse ? option->parse(val) : parse_number(option, val);
}

static int __init parse_param(char *param, char *val, const char *doing, void *arg)
{
	static const char prefix[] = "tdx_emulator.";
	const char *wrong;

	if (!parameqn(param, prefix, strlen(prefix)))
		return 0;

	wrong = parse_option(param + strlen(prefix), val);
	if (!wrong)
		return 0;

	pr_err("%s: %s; the emulator stays off\n", param, wrong);
	return -EINVAL;
}

/* tdx_emulator=on|off, early because it is about to be asked for. */
static int __init parse_on(char *val)
{
	return val ? kstrtobool(val, &tdx_emu_params.on) : -EINVAL;
}
early_param("tdx_emulator", parse_on);

/* Read all options.  False when the emulator shall stay off. */
bool __init tdx_emu_params_read(void)
{
	static char line[COMMAND_LINE_SIZE] __initdata;

	if (!tdx_emu_params.on)
		return false;

	strscpy(line, boot_command_line, sizeof(line));
	if (IS_ERR(parse_args("tdx_emulator", line, NULL, 0, 0, 0, NULL, parse_param)))
		return false;

	if (tdx_emu_params.mktme_keyids + tdx_emu_params.tdx_keyids >= TDXMOD_MAX_HKIDS) {
		pr_err("too many KeyIDs; the emulator stays off\n");
		return false;
	}

	return true;
}
