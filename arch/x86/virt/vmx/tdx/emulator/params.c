// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator's options on the kernel command line.
 *
 * tdx_init() already asks for the KeyIDs, before ordinary module parameters
 * are parsed: so these are early parameters.  A test on a module other than
 * the one asked for would be worse than none: an option that cannot be
 * understood is named, and the emulator stays off.
 */
#define pr_fmt(fmt) "tdx_emulator: " fmt

#include <linux/align.h>
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>

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
	.differences	= TDXMOD_LP_INIT_RELAXED | TDXMOD_LP_INIT_LATE |
			  TDXMOD_MAX_VCPUS_FIELD | TDXMOD_SYS_DISABLE,
};

static int __init refuse(const char *option, const char *why)
{
	pr_err("%s: %s; the emulator stays off\n", option, why);
	tdx_emu_params.refused = true;
	return -EINVAL;
}

static int __init parse_bool(const char *option, const char *val, bool *to)
{
	if (!val || kstrtobool(val, to))
		return refuse(option, "not on or off");

	return 0;
}

static int __init parse_number(const char *option, const char *val, u64 *to,
			       u64 min, u64 max)
{
	u64 number;

	if (!val || kstrtou64(val, 0, &number))
		return refuse(option, "not a number");
	if (number < min || number > max)
		return refuse(option, "number out of range");

	*to = number;
	return 0;
}

static int __init parse_on(char *val)
{
	return parse_bool("tdx_emulator", val, &tdx_emu_params.on);
}
early_param("tdx_emulator", parse_on);

static int __init parse_pw_mce(char *val)
{
	return parse_bool("tdx_emulator.pw_mce", val, &tdx_emu_params.pw_mce);
}
early_param("tdx_emulator.pw_mce", parse_pw_mce);

#define EMU_NUMBER(name, min, max)						\
static int __init parse_##name(char *val)					\
{										\
	return parse_number("tdx_emulator." #name, val,				\
			    &tdx_emu_params.name, min, max);			\
}										\
early_param("tdx_emulator." #name, parse_##name)

/* A second a call is more than any module takes, undilated. */
#define MAX_NS	1000000000ULL

EMU_NUMBER(mktme_keyids, 0, TDXMOD_MAX_HKIDS - 2);
EMU_NUMBER(tdx_keyids, 1, TDXMOD_MAX_HKIDS - 1);
EMU_NUMBER(tdmr_ns, 0, MAX_NS);
EMU_NUMBER(key_ns, 0, MAX_NS);
EMU_NUMBER(config_ns, 0, MAX_NS);
EMU_NUMBER(other_ns, 0, MAX_NS);
EMU_NUMBER(dilation, 0, 1000000);
EMU_NUMBER(features0, 0, U64_MAX);
EMU_NUMBER(max_vcpus, 1, U16_MAX);

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

static int __init parse_differences(char *val)
{
	u32 bits = 0;
	char *name;

	if (!val)
		return refuse("tdx_emulator.differences", "no list");

	if (!strcmp(val, "none"))
		val = NULL;

	while ((name = strsep(&val, ","))) {
		u32 bit = difference_of(name);

		if (!bit)
			return refuse("tdx_emulator.differences", "unknown name");
		bits |= bit;
	}

	tdx_emu_params.differences = bits;
	return 0;
}
early_param("tdx_emulator.differences", parse_differences);

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

static int __init parse_cmr(char *val)
{
	struct tdxmod_range *cmr = tdx_emu_params.cmrs;
	unsigned int nr = 0;
	char *text;

	if (!val)
		return refuse("tdx_emulator.cmr", "no list");

	while ((text = strsep(&val, ";"))) {
		if (nr == TDXMOD_MAX_CMRS)
			return refuse("tdx_emulator.cmr", "more than 32 ranges");
		if (!parse_one_cmr(text, &cmr[nr]))
			return refuse("tdx_emulator.cmr", "not base,size of whole pages");
		if (nr && cmr[nr].base < cmr[nr - 1].base + cmr[nr - 1].size)
			return refuse("tdx_emulator.cmr", "ranges overlap or do not ascend");
		nr++;
	}

	tdx_emu_params.nr_cmrs = nr;
	return 0;
}
early_param("tdx_emulator.cmr", parse_cmr);
