// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: a module that is good until the input changes it, signed
 * again or not, and calls of P-SEAMLDR on any LP.
 *
 * Whatever comes, P-SEAMLDR reads and writes only where it may, a refusal that
 * says so changes nothing, and else there is either the module that was asked
 * for or none.
 */

#include <linux/sizes.h>

#include "../../../../arch/x86/virt/vmx/tdx/emulator/model.h"
#include "../../../../arch/x86/virt/vmx/tdx/emulator/model_leaves.h"
#include "../../../../arch/x86/virt/vmx/tdx/emulator/module_image.h"
#include "fuzz.h"

#define CPU			0xC06F2
#define MAX_CALLS		64

/* The host's pages, all else is unbacked. */
enum { NOTHING, PARAMS, SIGSTRUCT, IMAGE, IMAGE_END = IMAGE + 1, INFO, NR_PAGES };

#define NR_IMAGE_PAGES		(IMAGE_END - IMAGE + 1)
#define CAN_BE_CHANGED		(IMAGE_END - PARAMS + 1)

static struct tdxmod module;
static u8 host[NR_PAGES][SZ_4K] __attribute((aligned(SZ_4K)));
static u8 before[NR_PAGES][SZ_4K];
static bool entropy;

static void *get_page(void *ctx, u64 pa)
{
	REQUIRE(!(pa % SZ_4K));
	REQUIRE(!(pa >> (module.platform.maxpa - module.platform.keyid_bits)));
	return pa / SZ_4K < NR_PAGES ? host[pa / SZ_4K] : NULL;
}

static enum tdxmod_pconfig do_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	return TDXMOD_PCONFIG_OK;
}

static bool do_rdrand(void *ctx, u64 *value)
{
	*value = 1;
	return entropy;
}

static void boot(void)
{
	static const struct tdxmod_ops ops = { get_page, do_pconfig, do_rdrand };
	static const u8 lp_package[] = { 0, 1 };
	const struct tdxmod_platform p = {
		.nr_packages = 2,
		.nr_lps = ARRAY_SIZE(lp_package),
		.lp_package = lp_package,
		.maxpa = 52,
		.keyid_bits = 6,
		.hkid_start = 32,
		.hkid_count = 32,
		.family_model_stepping = CPU,
	};
	struct tdxmod_regs regs = { .rax = LEAF_SYS_SHUTDOWN };

	REQUIRE(!tdxmod_init(&module, &p, &ops, NULL));
	/* How it came there does not matter here. */
	module.state = TDXMOD_SYS_READY;
	REQUIRE(take(1) & 1 || (tdxmod_seamcall(&module, 0, &regs) && !regs.rax));
}

static void write_good_module(void)
{
	static const struct tdxmod_build build = { .update_version = 1, .nr_handoff_pages = 13 };
	struct pseamldr_params *params = (void *)host[PARAMS];
	struct pseamldr_sigstruct *sig = (void *)host[SIGSTRUCT];

	memset(host, 0, sizeof(host));
	params->scenario = PSEAMLDR_SCENARIO_UPDATE;
	params->sigstruct_pa = SIGSTRUCT * SZ_4K;
	params->nr_pages = NR_IMAGE_PAGES;
	params->page_pas[0] = IMAGE * SZ_4K;
	params->page_pas[1] = IMAGE_END * SZ_4K;
	sig->major_svn = 1;
	sig->minor_svn = 5;
	module_image_make(sig, host[IMAGE], NR_IMAGE_PAGES, &build, CPU);
}

static void change_module(void)
{
	unsigned int changes = take(1) % 8;

	while (changes--) {
		unsigned int page = PARAMS + take(1) % CAN_BE_CHANGED;
		u64 where = take(2);

		host[page][where % SZ_4K] = take(1);
	}
	if (take(1) & 1)
		module_image_sign((void *)host[SIGSTRUCT], host[IMAGE], NR_IMAGE_PAGES);
}

/* INFO writes where it was told to, and nothing else writes at all. */
static void check_memory(const struct tdxmod_regs *in, u64 status)
{
	u64 pa = in->rcx & (BIT_ULL(module.platform.maxpa - module.platform.keyid_bits) - 1);

	if (in->rax == PSEAMLDR_INFO && !status && pa < sizeof(host))
		memcpy((u8 *)before + pa, (u8 *)host + pa, sizeof(struct pseamldr_info));
	REQUIRE(!memcmp(before, host, sizeof(host)));
}

static void check_replaced(const struct tdxmod *was)
{
	const struct tdxmod_image *image = (const void *)host[IMAGE];

	REQUIRE(module.seam_ready);
	REQUIRE(module.state == TDXMOD_SYSINIT_PENDING);
	REQUIRE(module.handoff_valid && was->handoff_valid);
	REQUIRE(module.loader.nr_remaining == was->loader.nr_remaining - 1);
	REQUIRE(module.loader.extend.major_svn == was->loader.extend.major_svn);
	REQUIRE(module.loader.extend.minor_svn >= was->loader.extend.minor_svn);
	/* Of what the host said is the image, and only then. */
	if (module.loader.params.page_pas[0] == IMAGE * SZ_4K)
		REQUIRE(!memcmp(&module.build, &image->build, sizeof(module.build)));
}

static void check_kept(const struct tdxmod *was)
{
	REQUIRE(!memcmp(&module.build, &was->build, sizeof(was->build)));
	REQUIRE(!memcmp(&module.loader.extend, &was->loader.extend, sizeof(was->loader.extend)));
	REQUIRE(module.state == was->state);
	REQUIRE(module.misfit == was->misfit);
	REQUIRE(module.handoff_valid == was->handoff_valid);
	REQUIRE(module.loader.nr_remaining == was->loader.nr_remaining);
}

static void check_install(const struct tdxmod *was, const struct tdxmod_regs *out)
{
	bool last = was->loader.nr_called && !module.loader.nr_called;

	REQUIRE(out->rdx <= 1);
	REQUIRE(module.loader.nr_called < module.platform.nr_lps);
	if (last && !out->rax) {
		check_replaced(was);
		return;
	}
	if (out->rdx) {
		REQUIRE(last && out->rax && !module.seam_ready && !module.loader.extend.valid);
		return;
	}
	check_kept(was);
	REQUIRE(module.seam_ready == (last && was->loader.was_ready));
}

static void call(void)
{
	static struct tdxmod was;
	unsigned int choice = take(1);
	struct tdxmod_regs in = {
		.rax = PSEAMLDR_INFO | (choice & 8 ? take(1) : 1),
		.rcx = choice & 4 ? take(8) : choice & 2 ? INFO * SZ_4K : PARAMS * SZ_4K,
		.rdx = 77, .r8 = 8, .r9 = 9, .r10 = 10, .r11 = 11,
	};
	struct tdxmod_regs out = in;

	entropy = !(choice & 0x80);
	memcpy(before, host, sizeof(host));
	was = module;
	REQUIRE(tdxmod_seamldr(&module, choice & 1, &out));
	REQUIRE(!atomic_read(&module.loader.inside));
	check_memory(&in, out.rax);
	REQUIRE(out.rcx == in.rcx && out.r8 == 8 && out.r9 == 9 && out.r10 == 10 && out.r11 == 11);
	if (in.rax == PSEAMLDR_INSTALL)
		check_install(&was, &out);
	else
		REQUIRE(out.rdx == 77);
}

int fuzz_one_input(const u8 *data, size_t size)
{
	unsigned int i;

	take_from(data, size);
	boot();
	write_good_module();
	change_module();
	for (i = 0; i < MAX_CALLS && can_take(); i++)
		call();
	return 0;
}
