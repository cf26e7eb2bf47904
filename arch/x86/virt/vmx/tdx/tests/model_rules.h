/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules for the state machine of the TDX module, which a model must obey.  Like the
 * model, they also compile in user space.
 *
 * Each rule is a list of calls with the status that each must return.  The module has
 * two packages with two LPs each, one CMR and one TDMR of 1 GiB.
 */
#ifndef _X86_VIRT_TDX_MODEL_RULES_H
#define _X86_VIRT_TDX_MODEL_RULES_H

#include <linux/array_size.h>
#include <linux/bits.h>
#include <linux/string.h>
#include <linux/types.h>

#include "../emulator/model.h"

/* Steps of rules.  The value of a call is the number of its leaf. */
enum rule_leaf {
	RULE_RDMD	= 24,
	RULE_KEY_CONFIG	= 31,
	RULE_SYS_INIT	= 33,
	RULE_SYS_RD	= 34,
	RULE_LP_INIT	= 35,
	RULE_TDMR_INIT	= 36,
	RULE_LP_SHUTDOWN = 44,
	RULE_SYS_CONFIG	= 45,
	RULE_SHUTDOWN	= 52,
	RULE_UPDATE	= 53,
	RULE_UNKNOWN	= 54,

	/* Version 1 of leaves */
	RULE_VP_INIT_1	= 1 << 16 | 22,
	RULE_SYS_INIT_1	= 1 << 16 | RULE_SYS_INIT,

	/* Other steps */
	RULE_ALL_LPS	= 256,	/* LP.INIT on all LPs; none may fail */
	RULE_BUSY,		/* an LP takes the global lock, or releases it */
	RULE_ENTROPY,		/* PCONFIG loses its entropy, or gets it back */
	RULE_RELOAD,		/* the P-SEAMLDR loads a fresh module */
};

struct rule_step {
	enum rule_leaf leaf;
	unsigned int lp;
	unsigned int times;
	u64 status;
};

/* State of the module at the start of a rule */
enum rule_start {
	RULE_FROM_BOOT,
	RULE_FROM_LPS,		/* after LP.INIT on all LPs */
	RULE_FROM_CONFIG,	/* and after SYS.CONFIG */
	RULE_FROM_READY,	/* and after KEY.CONFIG on both packages */
};

struct rule {
	const char *name;
	enum rule_start start;
	struct rule_step steps[14];
};

static const struct rule model_rules[] = {
	{ "nothing but SYS.INIT at first", RULE_FROM_BOOT, {
		{ RULE_LP_INIT, 0, 1, 0xC000050B00000000ULL },
		{ RULE_SYS_RD, 0, 1, 0xC000050200000000ULL },
		{ RULE_SYS_CONFIG, 0, 1, 0xC000050C00000000ULL },
		{ RULE_KEY_CONFIG, 0, 1, 0xC000050700000000ULL },
		{ RULE_TDMR_INIT, 0, 1, 0xC000050500000000ULL },
		{ RULE_UPDATE, 0, 1, 0xC000050800000000ULL },
		{ RULE_SHUTDOWN, 0, 1, 0xC000050500000000ULL },
		{ RULE_UNKNOWN, 0, 1, 0xC000050500000000ULL },
		{ RULE_LP_SHUTDOWN, 0, 1, 0 },
		{ RULE_SYS_INIT, 0, 1, 0 },
		{ RULE_SYS_INIT, 1, 1, 0xC000050000000000ULL },
	} },
	{ "LP.INIT once on each LP", RULE_FROM_BOOT, {
		{ RULE_SYS_INIT, 0, 1, 0 },
		{ RULE_LP_INIT, 1, 1, 0 },
		{ RULE_LP_INIT, 1, 1, 0xC000050300000000ULL },
		{ RULE_SYS_RD, 1, 1, 0 },
		{ RULE_SYS_RD, 0, 1, 0xC000050200000000ULL },
		{ RULE_LP_INIT, 0, 1, 0 },
		{ RULE_SYS_RD, 0, 1, 0 },
	} },
	{ "SYS.CONFIG when all LPs are there, and once", RULE_FROM_BOOT, {
		{ RULE_SYS_INIT, 0, 1, 0 },
		{ RULE_LP_INIT, 0, 1, 0 },
		{ RULE_LP_INIT, 1, 1, 0 },
		{ RULE_LP_INIT, 2, 1, 0 },
		{ RULE_SYS_CONFIG, 0, 1, 0xC000050C00000000ULL },
		{ RULE_LP_INIT, 3, 1, 0 },
		{ RULE_SYS_CONFIG, 0, 1, 0 },
		{ RULE_SYS_CONFIG, 0, 1, 0xC000050C00000000ULL },
		{ RULE_LP_INIT, 3, 1, 0xC000050B00000000ULL },
	} },
	{ "KEY.CONFIG once on each package", RULE_FROM_CONFIG, {
		{ RULE_TDMR_INIT, 0, 1, 0xC000050500000000ULL },
		{ RULE_KEY_CONFIG, 0, 1, 0 },
		{ RULE_KEY_CONFIG, 1, 1, 0x0000081500000000ULL },
		{ RULE_TDMR_INIT, 0, 1, 0xC000050500000000ULL },
		{ RULE_KEY_CONFIG, 3, 1, 0 },
		{ RULE_KEY_CONFIG, 0, 1, 0xC000050700000000ULL },
		{ RULE_TDMR_INIT, 0, 1, 0 },
	} },
	{ "KEY.CONFIG again after a lack of entropy", RULE_FROM_CONFIG, {
		{ RULE_ENTROPY, 0, 1, 0 },
		{ RULE_KEY_CONFIG, 0, 3, 0x8000080000000000ULL },
		{ RULE_ENTROPY, 0, 1, 0 },
		{ RULE_KEY_CONFIG, 0, 1, 0 },
		{ RULE_KEY_CONFIG, 0, 1, 0x0000081500000000ULL },
	} },
	{ "TDMR.INIT 256 times for 1 GiB, on any LP", RULE_FROM_READY, {
		{ RULE_RDMD, 0, 1, 0xC000010100000001ULL },
		{ RULE_TDMR_INIT, 0, 100, 0 },
		{ RULE_TDMR_INIT, 3, 155, 0 },
		{ RULE_RDMD, 0, 1, 0xC000010100000001ULL },
		{ RULE_TDMR_INIT, 1, 1, 0 },
		{ RULE_TDMR_INIT, 0, 2, 0x00000A0300000000ULL },
		{ RULE_RDMD, 0, 1, 0 },
	} },
	{ "the global lock turns away, and does no harm", RULE_FROM_BOOT, {
		{ RULE_BUSY, 0, 1, 0 },
		{ RULE_SYS_INIT, 0, 2, 0x8000020200000000ULL },
		{ RULE_BUSY, 0, 1, 0 },
		{ RULE_SYS_INIT, 0, 1, 0 },
		{ RULE_ALL_LPS, 0, 1, 0 },
		{ RULE_BUSY, 0, 1, 0 },
		{ RULE_SYS_CONFIG, 0, 1, 0x8000020200000000ULL },
		{ RULE_LP_INIT, 0, 1, 0x8000020200000000ULL },
		{ RULE_SYS_RD, 0, 1, 0 },
		{ RULE_BUSY, 0, 1, 0 },
		{ RULE_SYS_CONFIG, 0, 1, 0 },
		{ RULE_KEY_CONFIG, 0, 1, 0 },
		{ RULE_KEY_CONFIG, 2, 1, 0 },
		{ RULE_TDMR_INIT, 0, 1, 0 },
	} },
	{ "SYS.SHUTDOWN ends all but LP.SHUTDOWN", RULE_FROM_READY, {
		{ RULE_SHUTDOWN, 0, 1, 0 },
		{ RULE_SYS_INIT, 0, 1, 0xC000050600000000ULL },
		{ RULE_SYS_RD, 0, 1, 0xC000050600000000ULL },
		{ RULE_TDMR_INIT, 0, 1, 0xC000050600000000ULL },
		{ RULE_UNKNOWN, 0, 1, 0xC000050600000000ULL },
		{ RULE_LP_SHUTDOWN, 0, 1, 0 },
	} },
	{ "SYS.UPDATE takes over what SYS.SHUTDOWN left", RULE_FROM_READY, {
		{ RULE_TDMR_INIT, 0, 256, 0 },
		{ RULE_SHUTDOWN, 0, 1, 0 },
		{ RULE_RELOAD, 0, 1, 0 },
		{ RULE_SYS_INIT, 0, 1, 0 },
		{ RULE_ALL_LPS, 0, 1, 0 },
		{ RULE_UPDATE, 0, 1, 0 },
		{ RULE_TDMR_INIT, 0, 1, 0x00000A0300000000ULL },
		{ RULE_RDMD, 0, 1, 0 },
	} },
	{ "SYS.UPDATE only with something to take over", RULE_FROM_LPS, {
		{ RULE_UPDATE, 0, 1, 0xC000050900000000ULL },
		{ RULE_SYS_CONFIG, 0, 1, 0 },
	} },
	{ "a version only of a leaf that has one", RULE_FROM_BOOT, {
		{ RULE_VP_INIT_1, 0, 1, 0xC000050500000000ULL },
		{ RULE_SYS_INIT_1, 0, 1, 0xC000010000000000ULL },
		{ RULE_SYS_INIT, 0, 1, 0 },
	} },
	{ "an unknown leaf is an operand that is invalid", RULE_FROM_READY, {
		{ RULE_UNKNOWN, 0, 1, 0xC000010000000000ULL },
	} },
};

/* With this feature, VP.INIT has a version 1. */
#define RULE_TOPOLOGY_ENUM	BIT_ULL(20)

#define RULE_TDMR_BASE	0x40000000ULL
#define RULE_TDMR_SIZE	0x40000000ULL

/* Addresses: the array of pointers, the TDMR_INFO, and the PAMTs */
#define RULE_ARRAY	0x1000ULL
#define RULE_TDMR_INFO	0x2000ULL
#define RULE_PAMT	0x80000000ULL

/* A module and its memory, without the contents of PAMTs */
struct rule_machine {
	struct tdxmod module;
	u64 array[512];
	u64 tdmr_info[512];
	bool busy;
	bool no_entropy;
};

static inline void *rule_page(void *ctx, u64 pa)
{
	struct rule_machine *machine = ctx;

	if (pa == RULE_ARRAY)
		return machine->array;
	if (pa == RULE_TDMR_INFO)
		return machine->tdmr_info;

	return NULL;
}

static inline enum tdxmod_pconfig rule_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	struct rule_machine *machine = ctx;

	return machine->no_entropy ? TDXMOD_PCONFIG_ENTROPY : TDXMOD_PCONFIG_OK;
}

static inline bool rule_rdrand(void *ctx, u64 *value)
{
	*value = 1;

	return true;
}

/* Describe a TDMR at 1 GiB, followed by its PAMTs of 4 MiB, 8 KiB and 4 KiB. */
static inline void rule_describe_tdmr(struct rule_machine *machine)
{
	u64 *info = machine->tdmr_info;

	machine->array[0] = RULE_TDMR_INFO;

	info[0] = RULE_TDMR_BASE;
	info[1] = RULE_TDMR_SIZE;
	info[2] = RULE_PAMT + 0x402000;
	info[3] = 0x1000;
	info[4] = RULE_PAMT + 0x400000;
	info[5] = 0x2000;
	info[6] = RULE_PAMT;
	info[7] = 0x400000;
}

/* Return: false if the model rejects the platform. */
static inline bool rule_begin(struct rule_machine *machine)
{
	static const u8 lp_package[] = { 0, 0, 1, 1 };
	static const struct tdxmod_ops ops = {
		.page = rule_page,
		.pconfig = rule_pconfig,
		.rdrand = rule_rdrand,
	};
	struct tdxmod_platform platform = {
		.nr_packages = 2,
		.nr_lps = ARRAY_SIZE(lp_package),
		.lp_package = lp_package,
		.maxpa = 52,
		.keyid_bits = 6,
		.hkid_start = 32,
		.hkid_count = 32,
		.nr_cmrs = 1,
		.cmrs = { { .base = RULE_TDMR_BASE, .size = 2 * RULE_TDMR_SIZE } },
		.features0 = RULE_TOPOLOGY_ENUM,
	};

	memset(machine, 0, sizeof(*machine));
	rule_describe_tdmr(machine);

	return !tdxmod_init(&machine->module, &platform, &ops, machine);
}

static inline u64 rule_call(struct rule_machine *machine, unsigned int lp, u64 leaf)
{
	struct tdxmod_regs regs = { .rax = leaf };

	switch (leaf) {
	case RULE_TDMR_INIT:
	case RULE_RDMD:
		regs.rcx = RULE_TDMR_BASE;
		break;
	case RULE_SYS_RD:
		regs.rdx = 0x9100000100000008ULL;
		break;
	case RULE_SYS_CONFIG:
		regs.rcx = RULE_ARRAY;
		regs.rdx = 1;
		regs.r8 = 32;
		break;
	}

	if (!tdxmod_seamcall(&machine->module, lp, &regs))
		return -1ULL;

	return regs.rax;
}

static inline u64 rule_init_lps(struct rule_machine *machine)
{
	u64 status = 0;
	unsigned int lp;

	for (lp = 0; lp < machine->module.platform.nr_lps && !status; lp++)
		status = rule_call(machine, lp, RULE_LP_INIT);

	return status;
}

static inline u64 rule_do(struct rule_machine *machine, const struct rule_step *step)
{
	switch (step->leaf) {
	case RULE_ALL_LPS:
		return rule_init_lps(machine);
	case RULE_BUSY:
		machine->busy = !machine->busy;
		atomic_set(&machine->module.global, machine->busy ? -1 : 0);
		return 0;
	case RULE_ENTROPY:
		machine->no_entropy = !machine->no_entropy;
		return 0;
	case RULE_RELOAD:
		return tdxmod_reload(&machine->module) ? 0 : -1ULL;
	default:
		return rule_call(machine, step->lp, step->leaf);
	}
}

/**
 * struct rule_breach - a step in which a model breaks a rule
 * @step: number of the step, starting at 0
 * @time: number of its repetition, starting at 0
 * @want: status that the rule requires
 * @got: status that the model returned
 */
struct rule_breach {
	unsigned int step;
	unsigned int time;
	u64 want;
	u64 got;
};

static inline bool rule_step_kept(struct rule_machine *machine,
				  const struct rule_step *step,
				  struct rule_breach *breach)
{
	breach->want = step->status;
	for (breach->time = 0; breach->time < step->times; breach->time++) {
		breach->got = rule_do(machine, step);
		if (breach->got != breach->want)
			return false;
	}

	return true;
}

/* Return: false if a call on the way to the start of the rule fails. */
static inline bool rule_advance(struct rule_machine *machine, enum rule_start start)
{
	if (start >= RULE_FROM_LPS &&
	    (rule_call(machine, 0, RULE_SYS_INIT) || rule_init_lps(machine)))
		return false;
	if (start >= RULE_FROM_CONFIG && rule_call(machine, 0, RULE_SYS_CONFIG))
		return false;
	if (start >= RULE_FROM_READY &&
	    (rule_call(machine, 0, RULE_KEY_CONFIG) ||
	     rule_call(machine, 2, RULE_KEY_CONFIG)))
		return false;

	return true;
}

/**
 * rule_kept - check one rule on a fresh module
 * @rule: the rule
 * @machine: memory for the module
 * @breach: set if the model breaks the rule
 *
 * Return: true if each step returned the required status.
 */
static inline bool rule_kept(const struct rule *rule, struct rule_machine *machine,
			     struct rule_breach *breach)
{
	const struct rule_step *steps = rule->steps;
	unsigned int *i = &breach->step;

	memset(breach, 0, sizeof(*breach));
	if (!rule_begin(machine) || !rule_advance(machine, rule->start))
		return false;

	for (*i = 0; *i < ARRAY_SIZE(rule->steps) && steps[*i].times; ++*i)
		if (!rule_step_kept(machine, &steps[*i], breach))
			return false;

	/* Any model would obey a rule without steps. */
	return *i > 0;
}

#endif /* _X86_VIRT_TDX_MODEL_RULES_H */
