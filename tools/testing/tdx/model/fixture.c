// SPDX-License-Identifier: GPL-2.0-only
/* What the checks of the model have in common. */
#include "fixture.h"

struct machine mc;
__thread struct tdxmod_regs regs;
struct fixture_module fixture_module;

u64 fixture_call(unsigned int lp, struct tdxmod_regs in)
{
	regs = in;
	EXPECT(tdxmod_seamcall(&mc.module, lp, &regs));
	return regs.rax;
}

struct tdxmod_platform fixture_platform(void)
{
	return (struct tdxmod_platform){
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

void fixture_boot(u32 differences)
{
	struct tdxmod_platform p = fixture_platform();

	p.differences = differences;
	EXPECT_EQ(machine_init(&mc, &p), 0);
}

void fixture_sys_init(void)
{
	unsigned int lp;

	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0);
	for (lp = 0; lp < mc.module.platform.nr_lps; lp++)
		EXPECT_EQ(CALL(lp, LEAF_LP_INIT), 0);
}

u64 fixture_config(u64 hkid)
{
	u64 *rsvd = machine_describe_tdmr(&mc, 0, FIXTURE_TDMR, FIXTURE_PAMT);

	rsvd[0] = FIXTURE_RSVD_OFFSET;
	rsvd[1] = FIXTURE_RSVD_SIZE;
	return CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS, .rdx = 1, .r8 = hkid);
}

void fixture_ready(u32 differences)
{
	fixture_boot(differences);
	fixture_sys_init();
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);
	EXPECT_EQ(CALL(0, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(CALL(2, LEAF_KEY_CONFIG), 0);
}

void fixture_tdmr_init(unsigned int n)
{
	while (n--)
		EXPECT_EQ(CALL(n % 4, LEAF_TDMR_INIT, .rcx = FIXTURE_TDMR), 0);
}

u64 fixture_field(u64 id)
{
	EXPECT_EQ(CALL(0, LEAF_SYS_RD, .rdx = id), 0);
	return regs.r8;
}

void fixture_make_module(const struct tdxmod_build *build)
{
	struct fixture_module *f = &fixture_module;
	unsigned int i;

	memset(f, 0, sizeof(*f));
	f->sig.major_svn = 1;
	f->sig.minor_svn = 5;
	module_image_make(&f->sig, f->image, FIXTURE_NR_PAGES, build, 0xC06F8);
	f->params.scenario = PSEAMLDR_SCENARIO_UPDATE;
	f->params.sigstruct_pa = FIXTURE_SIGSTRUCT;
	f->params.nr_pages = FIXTURE_NR_PAGES;
	for (i = 0; i < FIXTURE_NR_PAGES; i++)
		f->params.page_pas[i] = FIXTURE_IMAGE + (FIXTURE_NR_PAGES - 1 - i) * SZ_4K;
}

void fixture_sign_module(void)
{
	module_image_sign(&fixture_module.sig, fixture_module.image, FIXTURE_NR_PAGES);
}

void fixture_write_module(void)
{
	struct fixture_module *f = &fixture_module;
	unsigned int i;

	memcpy(machine_word(&mc, FIXTURE_MODULE), &f->params, sizeof(f->params));
	memcpy(machine_word(&mc, FIXTURE_SIGSTRUCT), &f->sig, sizeof(f->sig));
	for (i = 0; i < FIXTURE_NR_PAGES; i++)
		memcpy(machine_word(&mc, FIXTURE_IMAGE + (FIXTURE_NR_PAGES - 1 - i) * SZ_4K),
		       f->image + i * MODULE_IMAGE_PAGE, MODULE_IMAGE_PAGE);
}

bool fixture_seamldr(unsigned int lp, u64 leaf, u64 rcx)
{
	regs = (struct tdxmod_regs){ .rax = leaf, .rcx = rcx, .rdx = 77 };
	return tdxmod_seamldr(&mc.module, lp, &regs);
}
