// SPDX-License-Identifier: GPL-2.0-only
/* Checks of the module's start: limits, SYS.INIT, LP.INIT, keys, death. */
#include "check.h"

#define OPERAND_INVALID		0xC000010000000000ULL
#define SYS_BUSY		0x8000020200000000ULL
#define NO_ENTROPY		0x8000020300000000ULL

/* In TDX_FEATURES0. */
#define TOPOLOGY_ENUM		BIT_ULL(20)

/* A platform that differs from the usual one in one place. */
static void expect_limit(struct check *c, const struct tdxmod_platform *p, int result)
{
	EXPECT_EQ(c, machine_init(c->mc, p), result);
	machine_exit(c->mc);
}

static void limits(struct check *c)
{
	struct tdxmod_platform p;

	check_platform(&p);
	p.nr_packages = 9;
	expect_limit(c, &p, -1);
	p.nr_packages = 0;
	expect_limit(c, &p, -1);
	p.nr_packages = 8;
	p.nr_lps = TDXMOD_MAX_LPS;
	expect_limit(c, &p, 0);
	p.nr_lps++;
	expect_limit(c, &p, -1);
	p.nr_lps = 0;
	expect_limit(c, &p, -1);
	check_platform(&p);
	p.nr_cmrs = TDXMOD_MAX_CMRS + 1;
	expect_limit(c, &p, -1);
	check_platform(&p);
	p.maxpa = 53;
	expect_limit(c, &p, -1);
	p.maxpa = 46;
	expect_limit(c, &p, 0);
	p.maxpa = 35;
	expect_limit(c, &p, -1);
	check_platform(&p);
	p.keyid_bits = 16;
	expect_limit(c, &p, -1);
}

static void no_such_lp(struct check *c)
{
	struct tdxmod_regs regs = { .rax = LEAF_LP_SHUTDOWN, .rcx = 7 };

	check_boot(c, 0);
	EXPECT(c, !tdxmod_seamcall(&c->mc->module, 4, &regs));
	EXPECT_EQ(c, regs.rax, LEAF_LP_SHUTDOWN);
	EXPECT_EQ(c, regs.rcx, 7);
}

static void sys_init(struct check *c)
{
	struct tdxmod_regs regs = { .rdx = 2, .r8 = 8, .r9 = 9, .r10 = 10, .r11 = 11 };

	check_boot(c, 0);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_INIT, &regs), 0);
	EXPECT_EQ(c, regs.rcx | regs.rdx | regs.r8 | regs.r9 | regs.r10, 0);
	EXPECT_EQ(c, regs.r11, 11);
	EXPECT_EQ(c, c->mc->module.state, TDXMOD_SYSINIT_DONE);
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_SYS_INIT), 0xC000050000000000);
}

static void sys_init_attributes(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = 1ULL << 63, .rdx = 2 };

	check_boot(c, 0);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_INIT, &regs), OPERAND_INVALID + 1);
	EXPECT_EQ(c, regs.rcx | regs.rdx, 0);
	/* Before the state is looked at. */
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	regs.rcx = 1;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_INIT, &regs), OPERAND_INVALID + 1);
}

static void sys_init_contended(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = 1, .r10 = 10 };

	check_boot(c, 0);
	/* One reader is enough to keep an exclusive taker out. */
	atomic_set(&c->mc->module.global, 1);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_INIT, &regs), SYS_BUSY);
	EXPECT_EQ(c, regs.rcx | regs.r10, 0);
	EXPECT_EQ(c, atomic_read(&c->mc->module.global), 1);
	atomic_set(&c->mc->module.global, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(c, atomic_read(&c->mc->module.global), 0);
}

static void sys_init_no_entropy(struct check *c)
{
	check_boot(c, 0);
	c->mc->no_entropy = true;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), NO_ENTROPY);
	EXPECT_EQ(c, c->mc->module.state, TDXMOD_SYSINIT_PENDING);
	c->mc->no_entropy = false;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
}

static void sys_init_hkids(struct check *c)
{
	struct tdxmod_platform p;

	check_platform(&p);
	p.hkid_start = 1024;
	p.hkid_count = 1025;
	EXPECT_EQ(c, machine_init(c->mc, &p), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0xC000082500000800);
	c->mc->module.platform.hkid_count = 1024;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
}

/* Two CMRs as given: does SYS.INIT take them? */
static void expect_cmrs(struct check *c, struct tdxmod_range a, struct tdxmod_range b, u64 status)
{
	struct tdxmod_platform p;

	check_platform(&p);
	p.nr_cmrs = 2;
	p.cmrs[0] = a;
	p.cmrs[1] = b;
	EXPECT_EQ(c, machine_init(c->mc, &p), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), status);
	machine_exit(c->mc);
}

static void sys_init_cmrs(struct check *c)
{
	static const struct tdxmod_range none, low = { 0x1000, 0x1000 };
	const u64 invalid = 0xC0000A2200000000, keyid = 1ULL << 46;
	unsigned int i;
	const struct tdxmod_range bad[] = {
		{ 0x1000, 0x1000 },		/* overlaps */
		{ 0, 0x1000 },			/* descends */
		{ 0x2001, 0x1000 },
		{ 0x2000, 0x1001 },
		{ keyid, 0x1000 },
		{ keyid - 0x1000, 0x2000 },
		{ -0x1000ULL, 0x2000 },		/* wraps */
	};

	expect_cmrs(c, low, none, 0);
	expect_cmrs(c, none, low, 0);
	expect_cmrs(c, low, (struct tdxmod_range){ 1, 0 }, 0);
	expect_cmrs(c, low, (struct tdxmod_range){ 0x2000, keyid - 0x2000 }, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect_cmrs(c, low, bad[i], invalid);
}

static void lp_init(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = 1, .rdx = 2, .r8 = 8, .r9 = 9 };

	check_boot(c, 0);
	EXPECT_EQ(c, check_call(c, 1, LEAF_LP_INIT, &regs), 0xC000050B00000000);
	EXPECT_EQ(c, regs.rcx | regs.rdx | regs.r8, 0);
	EXPECT_EQ(c, regs.r9, 9);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_LP_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_LP_INIT), 0xC000050300000000);
	EXPECT_EQ(c, atomic_read(&c->mc->module.nr_init_lps), 1);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0xC000050C00000000);
	EXPECT_EQ(c, atomic_read(&c->mc->module.global), 0);
}

static void lp_init_contended(struct check *c)
{
	check_boot(c, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	atomic_set(&c->mc->module.global, -1);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_INIT), SYS_BUSY);
	/* Other readers do not hinder. */
	atomic_set(&c->mc->module.global, 3);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_INIT), 0);
	EXPECT_EQ(c, atomic_read(&c->mc->module.global), 3);
}

static void lp_init_no_entropy(struct check *c)
{
	check_boot(c, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	c->mc->no_entropy = true;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_INIT), NO_ENTROPY);
	c->mc->no_entropy = false;
	/* The lower half is the canary. */
	c->mc->random = 0xFFFFFFFF00000000;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_INIT), NO_ENTROPY);
	c->mc->random = 0x80000000;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_INIT), 0);
}

static void lp_init_package(struct check *c)
{
	check_boot(c, 0);
	c->mc->lp_package[1] = 8;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_LP_INIT), 0xC000090600000008);
	EXPECT_EQ(c, atomic_read(&c->mc->module.nr_init_lps), 0);
	c->mc->lp_package[1] = 7;
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_LP_INIT), 0);
}

static void lp_init_relaxed(struct check *c)
{
	check_boot(c, TDXMOD_LP_INIT_RELAXED);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0xC000050C00000000);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 2, LEAF_LP_INIT), 0);
	/* An LP that has not done it is turned away instead. */
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0xC000050200000000);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_INIT), 0);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_KEY_CONFIG), 0xC000050200000000);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(c, check_plain_call(c, 2, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(c, check_plain_call(c, 3, LEAF_TDMR_INIT), 0xC000050200000000);
	EXPECT_EQ(c, check_plain_call(c, 3, LEAF_LP_SHUTDOWN), 0);
	EXPECT_EQ(c, check_plain_call(c, 3, LEAF_LP_INIT), 0xC000050B00000000);
}

static void lp_init_late(struct check *c)
{
	check_boot(c, TDXMOD_LP_INIT_RELAXED | TDXMOD_LP_INIT_LATE);
	EXPECT_EQ(c, check_plain_call(c, 3, LEAF_LP_INIT), 0xC000050B00000000);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_INIT), 0);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
	EXPECT_EQ(c, check_plain_call(c, 2, LEAF_LP_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(c, check_plain_call(c, 2, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(c, check_plain_call(c, 3, LEAF_LP_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 3, LEAF_LP_INIT), 0xC000050300000000);
	EXPECT_EQ(c, check_plain_call(c, 3, LEAF_TDMR_INIT), OPERAND_INVALID + 1);
}

static void keys(struct check *c)
{
	check_boot(c, 0);
	check_sys_init(c);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
	c->mc->keyfail[1].left = 1;
	c->mc->keyfail[1].result = TDXMOD_PCONFIG_BUSY;
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_KEY_CONFIG), 0x80000200000000BB);
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_KEY_CONFIG), 0x0000081500000000);
	EXPECT_EQ(c, c->mc->module.state, TDXMOD_SYSCONFIG_DONE);
	EXPECT_EQ(c, check_plain_call(c, 3, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(c, c->mc->module.state, TDXMOD_SYS_READY);
	EXPECT_EQ(c, c->mc->wrong_hkid, 0);
}

/* An answer of PCONFIG that the module does not know kills it. */
static void dead(struct check *c)
{
	struct tdxmod_regs regs = { .rax = LEAF_KEY_CONFIG, .rcx = 1 };

	check_boot(c, 0);
	check_sys_init(c);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
	c->mc->keyfail[0].left = 1;
	c->mc->keyfail[0].result = 99;
	EXPECT(c, !tdxmod_seamcall(&c->mc->module, 0, &regs));
	EXPECT_EQ(c, regs.rax, LEAF_KEY_CONFIG);
	EXPECT_EQ(c, regs.rcx, 1);
	EXPECT(c, c->mc->module.dead);
	regs.rax = LEAF_LP_SHUTDOWN;
	EXPECT(c, !tdxmod_seamcall(&c->mc->module, 3, &regs));
	EXPECT_EQ(c, regs.rax, LEAF_LP_SHUTDOWN);
}

/* Every leaf but these refuses a version, known or not. */
static void versions(struct check *c)
{
	static const u8 with_version[] = { 3, 11, 22, 23, 26, 30 };
	unsigned int leaf, i = 0;

	for (leaf = 0; leaf < 0x200; leaf++) {
		bool takes = i < ARRAY_SIZE(with_version) && leaf == with_version[i];

		i += takes;
		if (leaf == 22)
			takes = c->mc->module.platform.features0 & TOPOLOGY_ENUM;
		EXPECT_EQ(c, check_plain_call(c, 0, 0xff << 16 | leaf),
			  takes ? 0xC000050500000000 : OPERAND_INVALID);
	}
}

static void versions_of_1_5_01(struct check *c)
{
	check_boot(c, 0);
	versions(c);
}

static void versions_with_topology(struct check *c)
{
	struct tdxmod_platform p;

	check_platform(&p);
	p.features0 |= TOPOLOGY_ENUM;
	EXPECT_EQ(c, machine_init(c->mc, &p), 0);
	versions(c);
}

/* The module's one constant for the widest address is the platform's. */
static void narrow_addresses(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = 0x1000 | 31ULL << 40, .rdx = 1, .r8 = 32 };
	struct tdxmod_platform p;

	check_platform(&p);
	p.maxpa = 46;
	p.cmrs[0].size = 1ULL << 40;
	EXPECT_EQ(c, machine_init(c->mc, &p), 0);
	check_sys_init(c);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_CONFIG, &regs), 0xC0000A0000000000);
	regs.rcx = 0x1000 | 32ULL << 40;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_CONFIG, &regs), OPERAND_INVALID + 1);
	regs.rcx = 0x1000 | 1ULL << 46;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_CONFIG, &regs), OPERAND_INVALID + 1);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
	machine_exit(c->mc);

	p.cmrs[0].size += 0x1000;
	EXPECT_EQ(c, machine_init(c->mc, &p), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0xC0000A2200000000);
}

static void hkid_operand(struct check *c)
{
	check_boot(c, 0);
	check_sys_init(c);
	EXPECT_EQ(c, check_config(c, 31), OPERAND_INVALID + 8);
	EXPECT_EQ(c, check_config(c, 64), OPERAND_INVALID + 8);
	EXPECT_EQ(c, check_config(c, 32 | 1 << 16), OPERAND_INVALID + 8);
	EXPECT_EQ(c, check_config(c, 32 | 1ULL << 32), OPERAND_INVALID + 8);
	EXPECT_EQ(c, check_config(c, 63), 0);
}

static void dispatcher(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = 1, .rdx = 2, .r8 = 8, .r9 = 9, .r10 = 10, .r11 = 11 };

	check_boot(c, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_DISABLE), 0xC000050500000000);
	EXPECT_EQ(c, check_plain_call(c, 0, 1ULL << 24 | LEAF_SYS_INIT), OPERAND_INVALID);
	EXPECT_EQ(c, check_plain_call(c, 0, 1 << 16 | LEAF_SYS_INIT), OPERAND_INVALID);
	EXPECT_EQ(c, check_plain_call(c, 0, 1 << 16 | 3), 0xC000050500000000);
	EXPECT_EQ(c, check_call(c, 0, LEAF_TDMR_INIT, &regs), 0xC000050500000000);
	EXPECT_EQ(c, regs.rdx, 2);
	machine_exit(c->mc);

	check_ready(c, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_DISABLE), OPERAND_INVALID);
	/* A leaf of TDs, with a version that it takes: not modelled. */
	EXPECT_EQ(c, check_call(c, 0, 1 << 16 | 3, &regs), OPERAND_INVALID);
	EXPECT_EQ(c, regs.rcx + regs.rdx + regs.r8 + regs.r9 + regs.r10 + regs.r11, 41);
	EXPECT_EQ(c, atomic_read(&c->mc->module.nr_inside), 0);
}

const struct check check_init_list[] = {
	{ .name = "limits of the model", .run = limits },
	{ .name = "an LP that does not exist", .run = no_such_lp },
	{ .name = "dispatcher", .run = dispatcher },
	{ .name = "versions of leaves", .run = versions_of_1_5_01 },
	{ .name = "versions of leaves with TOPOLOGY_ENUM", .run = versions_with_topology },
	{ .name = "46 bits of physical address", .run = narrow_addresses },
	{ .name = "HKID of SYS.CONFIG", .run = hkid_operand },
	{ .name = "SYS.INIT", .run = sys_init },
	{ .name = "SYS.INIT: attributes", .run = sys_init_attributes },
	{ .name = "SYS.INIT: lock", .run = sys_init_contended },
	{ .name = "SYS.INIT: entropy", .run = sys_init_no_entropy },
	{ .name = "SYS.INIT: too many HKIDs", .run = sys_init_hkids },
	{ .name = "SYS.INIT: CMRs", .run = sys_init_cmrs },
	{ .name = "LP.INIT", .run = lp_init },
	{ .name = "LP.INIT: lock", .run = lp_init_contended },
	{ .name = "LP.INIT: entropy", .run = lp_init_no_entropy },
	{ .name = "LP.INIT: package", .run = lp_init_package },
	{ .name = "LP.INIT: not on every LP", .run = lp_init_relaxed },
	{ .name = "LP.INIT: after SYS.CONFIG", .run = lp_init_late },
	{ .name = "KEY.CONFIG", .run = keys },
	{ .name = "a dead module", .run = dead },
	{}
};
