// SPDX-License-Identifier: GPL-2.0-only
/* What the checks of the model have in common. */
#include "check.h"

void check_equal(struct check *c, u64 got, u64 want, const char *what, int line)
{
	if (got == want)
		return;
	c->nr_failed++;
	c->where = what;
	c->line = line;
	c->got = got;
	c->want = want;
}

u64 check_call(struct check *c, unsigned int lp, u64 leaf, struct tdxmod_regs *regs)
{
	regs->rax = leaf;
	EXPECT(c, tdxmod_seamcall(&c->mc->module, lp, regs));
	return regs->rax;
}

u64 check_plain_call(struct check *c, unsigned int lp, u64 leaf)
{
	struct tdxmod_regs regs = {};

	return check_call(c, lp, leaf, &regs);
}

void check_platform(struct tdxmod_platform *p)
{
	*p = (struct tdxmod_platform){
		.nr_packages = 2,
		.nr_lps = 4,
		.maxpa = 52,
		.keyid_bits = 6,
		.hkid_start = 32,
		.hkid_count = 32,
		.nr_cmrs = 1,
		.cmrs = { { 0, 0x1000000000 } },
		.features0 = 0xF0EBF,
		.max_vcpus = 576,
		.family_model_stepping = 0xC06F2,
	};
}

void check_boot(struct check *c, u32 differences)
{
	struct tdxmod_platform p;

	check_platform(&p);
	p.differences = differences;
	EXPECT_EQ(c, machine_init(c->mc, &p), 0);
}

void check_sys_init(struct check *c)
{
	unsigned int lp;

	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	for (lp = 0; lp < c->mc->module.platform.nr_lps; lp++)
		EXPECT_EQ(c, check_plain_call(c, lp, LEAF_LP_INIT), 0);
}

u64 check_config(struct check *c, u64 hkid)
{
	static const u64 tdmr_info[] = {
		CHECK_TDMR_BASE, 0x40000000,
		CHECK_PAMT_1G, 0x1000,
		CHECK_PAMT_2M, 0x2000,
		CHECK_PAMT_4K, 0x400000,
		CHECK_RSVD_OFFSET, CHECK_RSVD_SIZE,
	};
	struct tdxmod_regs regs = { .rcx = 0x1000, .rdx = 1, .r8 = hkid };
	unsigned int i;

	store_write64(&c->mc->memory, 0x1000, 0x10000);
	for (i = 0; i < ARRAY_SIZE(tdmr_info); i++)
		store_write64(&c->mc->memory, 0x10000 + i * 8, tdmr_info[i]);
	return check_call(c, 0, LEAF_SYS_CONFIG, &regs);
}

void check_ready(struct check *c, u32 differences)
{
	check_boot(c, differences);
	check_sys_init(c);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(c, check_plain_call(c, 2, LEAF_KEY_CONFIG), 0);
}
