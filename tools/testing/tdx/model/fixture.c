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

void fixture_usable(u32 differences)
{
	fixture_ready(differences);
	fixture_tdmr_init(256);
}

u64 *fixture_td_params(void)
{
	u64 *words = machine_word(&mc, FIXTURE_TD_PARAMS);

	memset(words, 0, 1024);
	words[1] = 3;			/* XFAM */
	words[2] = 2;			/* MAX_VCPUS */
	words[3] = 0x1e;		/* EPT with four levels, WB */
	words[5] = 100;			/* TSC_FREQUENCY */
	return words;
}

u64 fixture_td_step(unsigned int td, u32 hkid, unsigned int lp, unsigned int step)
{
	u64 tdr = FIXTURE_TDR(td), tdvpr = FIXTURE_TDVPR(td);

	if (step < TD_CREATED)
		return CALL(lp, LEAF_MNG_CREATE, .rcx = tdr, .rdx = hkid);
	if (step < TD_KEYED)
		return CALL((step - TD_CREATED) * mc.module.platform.nr_lps / 2,
			    LEAF_MNG_KEY_CONFIG, .rcx = tdr);
	if (step < TD_PAGED)
		return CALL(lp, LEAF_MNG_ADDCX, .rcx = tdr + (step - TD_KEYED + 1) * SZ_4K,
			    .rdx = tdr);
	if (step < TD_INITIALIZED)
		return CALL(lp, LEAF_MNG_INIT, .rcx = tdr, .rdx = FIXTURE_TD_PARAMS);
	if (step < TD_VCPU_CREATED)
		return CALL(lp, LEAF_VP_CREATE, .rcx = tdvpr, .rdx = tdr);
	if (step < TD_VCPU_PAGED)
		return CALL(lp, LEAF_VP_ADDCX,
			    .rcx = tdvpr + (step - TD_VCPU_CREATED + 1) * SZ_4K, .rdx = tdvpr);
	if (step < TD_VCPU_INITIALIZED)
		return CALL(lp, LEAF_VP_INIT, .rcx = tdvpr, .rdx = 77);
	if (step < TD_VCPU_INITIALIZED + 1)
		return CALL(lp, LEAF_VP_WR, .rcx = tdvpr, .rdx = 2, .r8 = 0xf2, .r9 = 0xffff);
	if (step < TD_VCPU_INITIALIZED + 2)
		return CALL(lp, LEAF_VP_WR, .rcx = tdvpr, .rdx = 0x2016, .r8 = 0x4000,
			    .r9 = ~0ULL);
	if (step < TD_VCPU_WRITTEN)
		return CALL(lp, LEAF_VP_WR, .rcx = tdvpr, .rdx = 0x4000, .r8 = 0x80, .r9 = 0x80);
	return CALL(lp, LEAF_MR_FINALIZE, .rcx = tdr);
}

void fixture_td_build(unsigned int td, u32 hkid, unsigned int steps)
{
	unsigned int step;

	for (step = 0; step < steps; step++)
		EXPECT_EQ(fixture_td_step(td, hkid, 1, step), 0);
}

u64 fixture_cache_wb(unsigned int lp)
{
	u64 status = CALL(lp, LEAF_CACHE_WB);

	while (status == INTERRUPTED_RESUMABLE)
		status = CALL(lp, LEAF_CACHE_WB, .rcx = 1);
	return status;
}

void fixture_td_destroy(unsigned int td)
{
	unsigned int page = FIXTURE_TD_PAGES;
	u64 tdr = FIXTURE_TDR(td);

	CALL(1, LEAF_VP_FLUSH, .rcx = FIXTURE_TDVPR(td));
	CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = tdr);
	if (!regs.rax) {
		EXPECT_EQ(fixture_cache_wb(0), 0);
		EXPECT_EQ(fixture_cache_wb(2), 0);
		EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = tdr), 0);
	}
	/* The TDR last. */
	while (page--) {
		EXPECT_EQ(CALL(0, LEAF_PAGE_RDMD, .rcx = FIXTURE_PAGE(td, page)), 0);
		if (regs.rcx)
			EXPECT_EQ(CALL(3, LEAF_PAGE_RECLAIM, .rcx = FIXTURE_PAGE(td, page)), 0);
	}
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = tdr | (u64)FIXTURE_HKID << 46), 0);
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
