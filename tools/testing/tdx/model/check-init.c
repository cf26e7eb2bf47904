// SPDX-License-Identifier: GPL-2.0-only
/* Checks of the module's start: limits, SYS.INIT, LP.INIT, death. */
#include "fixture.h"

/* In TDX_FEATURES0. */
#define TOPOLOGY_ENUM		BIT_ULL(20)

/* A platform that is like the fixture's but for one place. */
static int init_with(unsigned int packages, unsigned int lps, unsigned int cmrs,
		     unsigned int maxpa, unsigned int keyid_bits)
{
	struct tdxmod_platform p = fixture_platform();

	p.nr_packages = packages;
	p.nr_lps = lps;
	p.nr_cmrs = cmrs;
	p.maxpa = maxpa;
	p.keyid_bits = keyid_bits;
	return machine_init(&mc, &p);
}

CHECK(limits_of_the_model)
{
	EXPECT_EQ(init_with(9, 9, 1, 52, 6), -1);
	EXPECT_EQ(init_with(0, 4, 1, 52, 6), -1);
	EXPECT_EQ(init_with(8, TDXMOD_MAX_LPS, 1, 52, 6), 0);
	EXPECT_EQ(init_with(8, TDXMOD_MAX_LPS + 1, 1, 52, 6), -1);
	EXPECT_EQ(init_with(8, 0, 1, 52, 6), -1);
	EXPECT_EQ(init_with(2, 4, TDXMOD_MAX_CMRS + 1, 52, 6), -1);
	EXPECT_EQ(init_with(2, 4, 1, 53, 6), -1);
	EXPECT_EQ(init_with(2, 4, 1, 46, 6), 0);
	EXPECT_EQ(init_with(2, 4, 1, 35, 6), -1);
	EXPECT_EQ(init_with(2, 4, 1, 52, 16), -1);
}

/* VMfailInvalid, which leaves the registers alone. */
static void expect_no_answer(unsigned int lp, u64 leaf)
{
	regs = (struct tdxmod_regs){ .rax = leaf, .rcx = 7 };
	EXPECT(!tdxmod_seamcall(&mc.module, lp, &regs));
	EXPECT_EQ(regs.rax, leaf);
	EXPECT_EQ(regs.rcx, 7);
}

CHECK(no_answer)
{
	fixture_boot(0);
	/* No such LP */
	expect_no_answer(4, LEAF_LP_SHUTDOWN);
	fixture_sys_init();
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);
	/* An answer of PCONFIG that the module does not know kills it. */
	mc.keyfail[0].left = 1;
	mc.keyfail[0].result = 99;
	expect_no_answer(0, LEAF_KEY_CONFIG);
	EXPECT(mc.module.dead);
	expect_no_answer(3, LEAF_LP_SHUTDOWN);
}

/* Every leaf but these refuses a version, known or not. */
static void expect_versions(bool of_vp_init)
{
	static const u8 with_version[] = { 3, 11, LEAF_VP_INIT, 23, 26, 30 };
	unsigned int leaf, i = 0;

	for (leaf = 0; leaf < 0x200; leaf++) {
		bool takes = i < ARRAY_SIZE(with_version) && leaf == with_version[i];

		i += takes;
		if (leaf == LEAF_VP_INIT)
			takes = of_vp_init;
		EXPECT_EQ(CALL(0, 0xff << 16 | leaf), takes ? NOT_READY : OPERAND_INVALID);
	}
}

CHECK(dispatcher)
{
	struct tdxmod_platform p = fixture_platform();

	fixture_boot(0);
	expect_versions(false);
	p.features0 |= TOPOLOGY_ENUM;
	EXPECT_EQ(machine_init(&mc, &p), 0);
	expect_versions(true);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), NOT_READY);

	fixture_ready(0);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), OPERAND_INVALID);
	/* A leaf of TDs, with a version that it takes: not modelled. */
	EXPECT_EQ(CALL(0, 1 << 16 | 3, .rcx = 1, .r11 = 11), OPERAND_INVALID);
	EXPECT_EQ(regs.rcx + regs.r11, 12);
	EXPECT_EQ(atomic_read(&mc.module.nr_inside), 0);
}

/* The module's one constant for the widest address is the platform's. */
CHECK(narrow_addresses)
{
	static const u64 above[] = { 32ULL << 40, 1ULL << 46 };
	struct tdxmod_platform p = fixture_platform();
	unsigned int i;

	p.maxpa = 46;
	p.cmrs[0].size = 1ULL << 40;
	EXPECT_EQ(machine_init(&mc, &p), 0);
	fixture_sys_init();
	EXPECT_EQ(CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS | 31ULL << 40, .rdx = 1,
		       .r8 = FIXTURE_HKID), INVALID_TDMR);
	for (i = 0; i < ARRAY_SIZE(above); i++)
		EXPECT_EQ(CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS | above[i], .rdx = 1,
			       .r8 = FIXTURE_HKID), OPERAND_INVALID + 1);
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);

	p.cmrs[0].size += 0x1000;
	EXPECT_EQ(machine_init(&mc, &p), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), CMR_LIST_INVALID);
}

CHECK(sys_init)
{
	fixture_boot(0);
	EXPECT_EQ(CALL(0, LEAF_KEY_CONFIG), KEY_NOT_PENDING);
	EXPECT_EQ(CALL(0, LEAF_TDMR_INIT), NOT_READY);
	EXPECT_EQ(CALL(0, LEAF_LP_SHUTDOWN), 0);
	/* One reader is enough to keep an exclusive taker out. */
	atomic_set(&mc.module.global, 1);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT, .rcx = 1, .r10 = 10), SYS_BUSY);
	EXPECT_EQ(regs.rcx | regs.r10, 0);
	EXPECT_EQ(atomic_read(&mc.module.global), 1);
	atomic_set(&mc.module.global, 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT, .rcx = 1ULL << 63, .rdx = 2), OPERAND_INVALID + 1);
	EXPECT_EQ(regs.rcx | regs.rdx, 0);
	mc.no_entropy = true;
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), NO_ENTROPY);
	EXPECT_EQ(mc.module.state, TDXMOD_SYSINIT_PENDING);
	mc.no_entropy = false;

	EXPECT_EQ(CALL(0, LEAF_SYS_INIT, .rdx = 2, .r8 = 8, .r9 = 9, .r10 = 10, .r11 = 11), 0);
	EXPECT_EQ(regs.rcx | regs.rdx | regs.r8 | regs.r9 | regs.r10, 0);
	EXPECT_EQ(regs.r11, 11);
	EXPECT_EQ(mc.module.state, TDXMOD_SYSINIT_DONE);
	EXPECT_EQ(atomic_read(&mc.module.global), 0);
	EXPECT_EQ(CALL(1, LEAF_SYS_INIT), INIT_NOT_PENDING);
	/* Attributes come before the state. */
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT, .rcx = 1), OPERAND_INVALID + 1);
}

CHECK(sys_init_too_many_hkids)
{
	struct tdxmod_platform p = fixture_platform();

	p.hkid_start = 1024;
	p.hkid_count = 1025;
	EXPECT_EQ(machine_init(&mc, &p), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0xC000082500000800);
	mc.module.platform.hkid_count = 1024;
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0);
}

CHECK(sys_init_cmrs)
{
	const u64 keyid = 1ULL << 46;
	struct tdxmod_platform p = fixture_platform();
	const struct {
		struct tdxmod_range cmrs[2];
		u64 status;
	} cases[] = {
		{ { { 0x1000, 0x1000 }, { 0, 0 } }, 0 },
		{ { { 0, 0 }, { 0x1000, 0x1000 } }, 0 },
		{ { { 0x1000, 0x1000 }, { 1, 0 } }, 0 },
		{ { { 0x1000, 0x1000 }, { 0x2000, keyid - 0x2000 } }, 0 },
		/* overlaps, descends, alignment, KeyID bits, wraps */
		{ { { 0x1000, 0x1000 }, { 0x1000, 0x1000 } }, CMR_LIST_INVALID },
		{ { { 0x1000, 0x1000 }, { 0, 0x1000 } }, CMR_LIST_INVALID },
		{ { { 0x1000, 0x1000 }, { 0x2001, 0x1000 } }, CMR_LIST_INVALID },
		{ { { 0x1000, 0x1000 }, { 0x2000, 0x1001 } }, CMR_LIST_INVALID },
		{ { { 0x1000, 0x1000 }, { keyid, 0x1000 } }, CMR_LIST_INVALID },
		{ { { 0x1000, 0x1000 }, { keyid - 0x1000, 0x2000 } }, CMR_LIST_INVALID },
		{ { { 0x1000, 0x1000 }, { -0x1000ULL, 0x2000 } }, CMR_LIST_INVALID },
	};
	unsigned int i;

	p.nr_cmrs = 2;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		memcpy(p.cmrs, cases[i].cmrs, sizeof(cases[i].cmrs));
		EXPECT_EQ(machine_init(&mc, &p), 0);
		EXPECT_EQ(CALL(0, LEAF_SYS_INIT), cases[i].status);
	}
}

CHECK(lp_init)
{
	fixture_boot(0);
	EXPECT_EQ(CALL(1, LEAF_LP_INIT, .rcx = 1, .rdx = 2, .r8 = 8, .r9 = 9), LP_INIT_NOT_PENDING);
	EXPECT_EQ(regs.rcx | regs.rdx | regs.r8, 0);
	EXPECT_EQ(regs.r9, 9);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0);
	atomic_set(&mc.module.global, -1);
	EXPECT_EQ(CALL(1, LEAF_LP_INIT), SYS_BUSY);
	/* Other readers do not hinder. */
	atomic_set(&mc.module.global, 3);
	EXPECT_EQ(CALL(1, LEAF_LP_INIT), 0);
	EXPECT_EQ(atomic_read(&mc.module.global), 3);
	atomic_set(&mc.module.global, 0);
	EXPECT_EQ(CALL(1, LEAF_LP_INIT), LP_INIT_DONE);

	mc.no_entropy = true;
	EXPECT_EQ(CALL(2, LEAF_LP_INIT), NO_ENTROPY);
	mc.no_entropy = false;
	/* The lower half is the canary. */
	mc.random = 0xFFFFFFFF00000000;
	EXPECT_EQ(CALL(2, LEAF_LP_INIT), NO_ENTROPY);
	mc.random = 0x80000000;
	mc.lp_package[2] = 8;
	EXPECT_EQ(CALL(2, LEAF_LP_INIT), 0xC000090600000008);
	EXPECT_EQ(atomic_read(&mc.module.nr_init_lps), 1);
	mc.lp_package[2] = 7;
	EXPECT_EQ(CALL(2, LEAF_LP_INIT), 0);
	EXPECT_EQ(fixture_config(FIXTURE_HKID), CONFIG_NOT_PENDING);
	EXPECT_EQ(atomic_read(&mc.module.global), 0);
}

CHECK(lp_init_not_on_every_lp)
{
	fixture_boot(TDXMOD_LP_INIT_RELAXED);
	EXPECT_EQ(fixture_config(FIXTURE_HKID), CONFIG_NOT_PENDING);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(CALL(2, LEAF_LP_INIT), 0);
	/* An LP that has not done it is turned away instead. */
	EXPECT_EQ(fixture_config(FIXTURE_HKID), LP_INIT_NOT_DONE);
	EXPECT_EQ(CALL(0, LEAF_LP_INIT), 0);
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);
	EXPECT_EQ(CALL(1, LEAF_KEY_CONFIG), LP_INIT_NOT_DONE);
	EXPECT_EQ(CALL(0, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(CALL(2, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(CALL(3, LEAF_TDMR_INIT), LP_INIT_NOT_DONE);
	EXPECT_EQ(CALL(3, LEAF_LP_SHUTDOWN), 0);
	EXPECT_EQ(CALL(3, LEAF_LP_INIT), LP_INIT_NOT_PENDING);
}

CHECK(lp_init_after_config)
{
	fixture_boot(TDXMOD_LP_INIT_RELAXED | TDXMOD_LP_INIT_LATE);
	EXPECT_EQ(CALL(3, LEAF_LP_INIT), LP_INIT_NOT_PENDING);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(CALL(0, LEAF_LP_INIT), 0);
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);
	EXPECT_EQ(CALL(2, LEAF_LP_INIT), 0);
	EXPECT_EQ(CALL(0, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(CALL(2, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(CALL(3, LEAF_LP_INIT), 0);
	EXPECT_EQ(CALL(3, LEAF_LP_INIT), LP_INIT_DONE);
	EXPECT_EQ(CALL(3, LEAF_TDMR_INIT), OPERAND_INVALID + 1);
}
