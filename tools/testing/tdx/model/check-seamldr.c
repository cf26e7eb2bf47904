// SPDX-License-Identifier: GPL-2.0-only
/* Checks of P-SEAMLDR: what it tells, what it refuses, and a module replaced. */
#include "../../../../arch/x86/virt/vmx/tdx/emulator/module_image.h"
#include "check.h"

#define PARAMS		0x200000ULL
#define SIGSTRUCT	0x201000ULL
#define IMAGE		0x300000ULL	/* page after page, from the last to the first */
#define INFO		0x400100ULL
#define NR_PAGES	3

#define SHUTDOWN		0xC000050600000000ULL
#define INVALID_HANDOFF		0xC000050900000000ULL
#define INCOMPATIBLE_SIGSTRUCT	0xC000050A00000000ULL
#define OPERAND_INVALID_RCX	0xC000010000000001ULL
#define FIELD_UPDATE_VERSION	0x0800000100000005ULL

static const struct tdxmod_build next_build = {
	.date = 20250203,
	.num = 9,
	.major_version = 1,
	.minor_version = 5,
	.update_version = 17,
	.internal_version = 3,
	.nr_handoff_pages = 13,
};

static u8 image[NR_PAGES * MODULE_IMAGE_PAGE];
static struct pseamldr_sigstruct sig;
static struct pseamldr_params params;
static u64 params_pa;

static void write_bytes(struct check *c, u64 pa, const void *bytes, size_t size)
{
	memcpy((char *)store_page(&c->mc->memory, pa & ~0xfffULL) + (pa & 0xfff), bytes, size);
}

/* What the host has in memory before it calls. */
static void lay_out(struct check *c)
{
	unsigned int i;

	write_bytes(c, PARAMS, &params, sizeof(params));
	write_bytes(c, SIGSTRUCT, &sig, sizeof(sig));
	for (i = 0; i < NR_PAGES; i++)
		write_bytes(c, params.page_pas[i], image + i * MODULE_IMAGE_PAGE,
			    MODULE_IMAGE_PAGE);
}

static void make_module(const struct tdxmod_build *build)
{
	unsigned int i;

	memset(&sig, 0, sizeof(sig));
	memset(&params, 0, sizeof(params));
	memset(image, 0xcc, sizeof(image));
	sig.major_svn = 1;
	sig.minor_svn = 5;
	module_image_make(&sig, image, NR_PAGES, build, 0xC06F8);
	params.scenario = PSEAMLDR_SCENARIO_UPDATE;
	params.sigstruct_pa = SIGSTRUCT;
	params.nr_pages = NR_PAGES;
	params_pa = PARAMS;
	for (i = 0; i < NR_PAGES; i++)
		params.page_pas[i] = IMAGE + (NR_PAGES - 1 - i) * 0x1000ULL;
}

static u64 ldr_call(struct check *c, unsigned int lp, u64 leaf, struct tdxmod_regs *regs)
{
	regs->rax = leaf;
	EXPECT(c, tdxmod_seamldr(&c->mc->module, lp, regs));
	return regs->rax;
}

static u64 install_on(struct check *c, unsigned int lp, u64 *lost)
{
	struct tdxmod_regs regs = { .rcx = params_pa, .rdx = 77 };
	u64 status = ldr_call(c, lp, PSEAMLDR_INSTALL, &regs);

	*lost = regs.rdx;
	return status;
}

/* On all LPs; the status is that of the last. */
static u64 install(struct check *c, u64 *lost)
{
	unsigned int last = c->mc->module.platform.nr_lps - 1, lp;

	lay_out(c);
	for (lp = 0; lp < last; lp++) {
		EXPECT_EQ(c, install_on(c, lp, lost), 0);
		EXPECT_EQ(c, *lost, 0);
	}
	return install_on(c, last, lost);
}

static bool module_answers(struct check *c)
{
	struct tdxmod_regs regs = { .rax = LEAF_LP_SHUTDOWN };

	return tdxmod_seamcall(&c->mc->module, 0, &regs);
}

static const struct pseamldr_info *info(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = INFO, .rdx = 77 };

	EXPECT_EQ(c, ldr_call(c, 1, PSEAMLDR_INFO, &regs), 0);
	EXPECT_EQ(c, regs.rdx, 77);
	return store_page(&c->mc->memory, INFO & ~0xfffULL) + (INFO & 0xfff);
}

static u64 field(struct check *c, u64 id)
{
	struct tdxmod_regs regs = { .rdx = id };

	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RD, &regs), 0);
	return regs.r8;
}

/* Up, with some TDMR.INITs made, and shut down with hand-off data @hv. */
static void shut_down(struct check *c, u64 hv)
{
	struct tdxmod_regs regs = { .rcx = CHECK_TDMR_BASE };

	check_ready(c, 0);
	EXPECT_EQ(c, check_call(c, 0, LEAF_TDMR_INIT, &regs), 0);
	regs.rcx = hv;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_SHUTDOWN, &regs), 0);
}

static void seamldr_info(struct check *c)
{
	const struct pseamldr_info *said;
	struct tdxmod_regs regs = { .rcx = INFO + 0x80 };

	check_boot(c, 0);
	said = info(c);
	EXPECT_EQ(c, said->version | said->attributes, 0);
	EXPECT_EQ(c, said->vendor_id, 0x8086);
	EXPECT_EQ(c, said->major_version, 1);
	EXPECT_EQ(c, said->minor_version, 5);
	EXPECT_EQ(c, said->nr_remaining_updates, TDXMOD_MAX_UPDATES);
	EXPECT_EQ(c, said->extend.valid, 0x1ff);
	EXPECT_EQ(c, said->extend.seam_ready, 1);
	EXPECT_EQ(c, said->extend.p_seamldr_ready, 1);
	EXPECT_EQ(c, said->features0, 2);
	/* Linux looks at bytes. */
	EXPECT_EQ(c, ((const u8 *)said)[160], 1);
	EXPECT_EQ(c, ((const u8 *)said)[162], 1);

	EXPECT_EQ(c, ldr_call(c, 0, PSEAMLDR_INFO, &regs), PSEAMLDR_EBADPARAM);
	regs.rcx = 1ULL << 52;
	EXPECT_EQ(c, ldr_call(c, 0, PSEAMLDR_INFO, &regs), PSEAMLDR_EBADPARAM);
	EXPECT_EQ(c, ldr_call(c, 0, PSEAMLDR_INSTALL + 4, &regs), PSEAMLDR_EBADPARAM);
	EXPECT_EQ(c, ldr_call(c, 0, PSEAMLDR_INFO + (1 << 16), &regs), PSEAMLDR_EBADPARAM);
}

static void seamldr_one_at_a_time(struct check *c)
{
	struct tdxmod_regs regs = { .rax = PSEAMLDR_INFO, .rcx = INFO };

	check_boot(c, 0);
	atomic_set(&c->mc->module.loader.inside, 1);
	EXPECT(c, !tdxmod_seamldr(&c->mc->module, 0, &regs));
	EXPECT_EQ(c, regs.rax, PSEAMLDR_INFO);
	/* That is no matter for the module. */
	EXPECT(c, module_answers(c));
	atomic_set(&c->mc->module.loader.inside, 0);
	EXPECT(c, !tdxmod_seamldr(&c->mc->module, 4, &regs));
	c->mc->module.dead = true;
	EXPECT(c, !tdxmod_seamldr(&c->mc->module, 0, &regs));
}

static void expect_updated(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = CHECK_TDMR_BASE };

	check_sys_init(c);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(c, field(c, FIELD_UPDATE_VERSION), 17);
	EXPECT_EQ(c, field(c, 0x8800000200000001), 20250203);
	EXPECT_EQ(c, field(c, 0x8800000100000002), 9);
	EXPECT_EQ(c, field(c, 0x0800000100000006), 3);
	/* The TDMRs are as they were. */
	EXPECT_EQ(c, c->mc->module.hkid, CHECK_HKID);
	EXPECT_EQ(c, c->mc->module.tdmrs[0].next, CHECK_TDMR_BASE + 0x400000);
	EXPECT_EQ(c, check_call(c, 0, LEAF_TDMR_INIT, &regs), 0);
}

static void seamldr_update(struct check *c)
{
	struct tdxmod *m = &c->mc->module;
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	lay_out(c);
	EXPECT_EQ(c, install_on(c, 2, &lost), 0);
	/* From here to the last call there is no module. */
	EXPECT(c, !module_answers(c));
	EXPECT_EQ(c, info(c)->extend.seam_ready, 0);
	EXPECT_EQ(c, install_on(c, 2, &lost), PSEAMLDR_EBADCALL);
	EXPECT_EQ(c, install_on(c, 0, &lost), 0);
	EXPECT_EQ(c, install_on(c, 3, &lost), 0);
	EXPECT(c, !module_answers(c));
	EXPECT_EQ(c, install_on(c, 1, &lost), 0);
	EXPECT_EQ(c, lost, 0);
	EXPECT(c, module_answers(c));
	EXPECT_EQ(c, m->state, TDXMOD_SYSINIT_PENDING);
	EXPECT_EQ(c, info(c)->extend.seam_ready, 1);
	EXPECT_EQ(c, info(c)->nr_remaining_updates, TDXMOD_MAX_UPDATES - 1);
	EXPECT(c, !memcmp(info(c)->extend.hash, sig.hash, sizeof(sig.hash)));
	expect_updated(c);
}

/* Once more, and again, until the log of updates is full. */
static void seamldr_update_again(struct check *c)
{
	struct tdxmod *m = &c->mc->module;
	unsigned int i;
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	for (i = 0; i < TDXMOD_MAX_UPDATES; i++) {
		EXPECT_EQ(c, install(c, &lost), 0);
		check_sys_init(c);
		EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), 0);
		EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_SHUTDOWN), 0);
	}
	EXPECT_EQ(c, info(c)->nr_remaining_updates, 0);
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADCALL);
	EXPECT_EQ(c, lost, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), SHUTDOWN);
	EXPECT_EQ(c, m->handoff.nr_tdmrs, 1);
}

/* Refused: the module that was there is there, and shut down. */
static void expect_refused(struct check *c, u64 status)
{
	u64 lost;

	EXPECT_EQ(c, install(c, &lost), status);
	EXPECT_EQ(c, lost, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), SHUTDOWN);
	EXPECT_EQ(c, info(c)->nr_remaining_updates, TDXMOD_MAX_UPDATES);
	EXPECT_EQ(c, info(c)->extend.valid, 0x1ff);
	make_module(&next_build);
}

static void seamldr_params(struct check *c)
{
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	params_pa += 8;
	expect_refused(c, PSEAMLDR_EBADPARAM);
	params.version = 1;
	expect_refused(c, PSEAMLDR_EBADPARAM);
	params.scenario = 2;
	expect_refused(c, PSEAMLDR_EBADPARAM);
	params.reserved[103] = 1;
	expect_refused(c, PSEAMLDR_EBADPARAM);
	params.nr_pages = 0;
	expect_refused(c, PSEAMLDR_EBADPARAM);
	params.nr_pages = PSEAMLDR_MAX_PAGES + 1;
	expect_refused(c, PSEAMLDR_EBADPARAM);
	params.page_pas[NR_PAGES - 1] |= 1ULL << 51;
	expect_refused(c, PSEAMLDR_EBADPARAM);
	params.sigstruct_pa += 0x800;
	expect_refused(c, PSEAMLDR_EBADPARAM);
	params.scenario = PSEAMLDR_SCENARIO_LOAD;
	expect_refused(c, PSEAMLDR_ECLEANUPREQ);
	/* After all that. */
	EXPECT_EQ(c, install(c, &lost), 0);
	expect_updated(c);
}

#define SIGNED(change)	do { change; module_image_sign(&sig, image, NR_PAGES); } while (0)

static void seamldr_manifest_form(struct check *c)
{
	shut_down(c, 0);
	make_module(&next_build);
	SIGNED(sig.header_type = 7);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.header_length++);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.header_version++);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.size++);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.key_size++);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.modulus_size++);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.exponent_size++);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.reserved0[87] = 1);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.reserved1[5] = 1);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.reserved2[0] = 1);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.reserved3[23] = 1);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.attributes = 1);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.module_vendor = 0x8087);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.module_type = 1);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.module_type = PSEAMLDR_SIG_DEBUG);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.min_update_hv = 1);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.gdt_idt_offset = 0x1000);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED((sig.gdt_idt_offset = 0x1800, sig.fault_wrapper_offset = 0x10));
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED((sig.gdt_idt_offset = 0x3000, sig.fault_wrapper_offset = 0x10));
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED((sig.gdt_idt_offset = 0x2000, sig.fault_wrapper_offset = 0x2e01));
	expect_refused(c, PSEAMLDR_EBADSIG);
}

static void seamldr_manifest(struct check *c)
{
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	sig.modulus[383]++;
	expect_refused(c, PSEAMLDR_EBADSIG);
	sig.exponent = 3;
	expect_refused(c, PSEAMLDR_EBADSIG);
	sig.signature[47]++;
	expect_refused(c, PSEAMLDR_EBADSIG);
	sig.signature[383]++;
	expect_refused(c, PSEAMLDR_EBADSIG);
	/* Signed, and then changed. */
	sig.rip_offset++;
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.major_svn = 0);
	expect_refused(c, PSEAMLDR_EUNSUPPORTED);
	SIGNED(sig.major_svn = 2);
	expect_refused(c, PSEAMLDR_EUNSUPPORTED);
	SIGNED(sig.minor_svn = 4);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.nr_cpuids = 0);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.nr_cpuids = PSEAMLDR_SIG_MAX_CPUIDS + 1);
	expect_refused(c, PSEAMLDR_EBADSIG);
	SIGNED(sig.cpuids[0] = 0xC06E2);
	expect_refused(c, PSEAMLDR_EUNSUPCPU);
	/* One of several, whatever its stepping. */
	SIGNED((sig.nr_cpuids = 2, sig.cpuids[1] = 0xC06F1, sig.cpuids[0] = 1,
		sig.gdt_idt_offset = 0x2000, sig.fault_wrapper_offset = 0x2e00));
	EXPECT_EQ(c, install(c, &lost), 0);
	expect_updated(c);
}

static void seamldr_no_entropy(struct check *c)
{
	shut_down(c, 0);
	make_module(&next_build);
	c->mc->no_entropy = true;
	expect_refused(c, PSEAMLDR_ENOENTROPY);
}

static void seamldr_svn_never_falls(struct check *c)
{
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	SIGNED(sig.minor_svn = 9);
	EXPECT_EQ(c, install(c, &lost), 0);
	check_sys_init(c);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_SHUTDOWN), 0);
	make_module(&next_build);
	SIGNED(sig.minor_svn = 8);
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADSIG);
	EXPECT_EQ(c, lost, 0);
}

/* Not shut down before: there is nothing to hand on, and nothing happens. */
static void seamldr_without_shutdown(struct check *c)
{
	u64 lost;

	check_ready(c, 0);
	make_module(&next_build);
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADHANDOFF);
	EXPECT_EQ(c, lost, 0);
	EXPECT_EQ(c, c->mc->module.state, TDXMOD_SYS_READY);
	EXPECT_EQ(c, field(c, FIELD_UPDATE_VERSION), 1);
}

static void expect_lost(struct check *c, u64 status)
{
	u64 lost;

	EXPECT_EQ(c, install(c, &lost), status);
	EXPECT_EQ(c, lost, 1);
	EXPECT(c, !module_answers(c));
	EXPECT_EQ(c, info(c)->extend.seam_ready, 0);
	EXPECT_EQ(c, info(c)->extend.valid, 0);
	EXPECT_EQ(c, info(c)->extend.p_seamldr_ready, 1);
	/* Without a module there is no update. */
	make_module(&next_build);
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADPARAM);
	EXPECT(c, !module_answers(c));
}

static void seamldr_bad_hash(struct check *c)
{
	shut_down(c, 0);
	make_module(&next_build);
	image[sizeof(image) - 1]++;
	expect_lost(c, PSEAMLDR_EBADHASH);
}

static void seamldr_no_module(struct check *c)
{
	shut_down(c, 0);
	make_module(&next_build);
	SIGNED(image[0]++);
	expect_lost(c, PSEAMLDR_EBADPARAM);
}

/* Installed, but it does not start. */
static void seamldr_misfit(struct check *c)
{
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	SIGNED(sig.module_hv = 1);
	EXPECT_EQ(c, install(c, &lost), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), INCOMPATIBLE_SIGSTRUCT);
	EXPECT_EQ(c, c->mc->module.state, TDXMOD_SYSINIT_PENDING);
}

static void seamldr_handoff_versions(struct check *c)
{
	struct tdxmod_build build = next_build;
	struct tdxmod_regs regs = { .rcx = 3 };
	u64 lost;

	build.module_hv = 2;
	shut_down(c, 0);
	make_module(&build);
	EXPECT_EQ(c, install(c, &lost), 0);
	expect_updated(c);
	EXPECT_EQ(c, field(c, 0x8900000100000000), 2);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_SHUTDOWN, &regs), OPERAND_INVALID_RCX);
	c->mc->module.build.min_update_hv = 1;
	regs.rcx = 0;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_SHUTDOWN, &regs), OPERAND_INVALID_RCX);
	regs.rcx = 1;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_SHUTDOWN, &regs), 0);

	/* Data of version 1 are too old for one, and too new for the other. */
	build.min_update_hv = 2;
	make_module(&build);
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADHANDOFF);
	make_module(&next_build);
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADHANDOFF);
	build.min_update_hv = 1;
	build.no_downgrade = true;
	make_module(&build);
	EXPECT_EQ(c, install(c, &lost), 0);
	check_sys_init(c);
	EXPECT_EQ(c, field(c, 0x8900000100000005), 1);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(c, field(c, 0x8900000000000002), 1);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_SHUTDOWN, &regs), OPERAND_INVALID_RCX);
	regs.rcx = 2;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_SHUTDOWN, &regs), 0);
}

/* The data are there, but this module cannot read them. */
static void sys_update_handoff_version(struct check *c)
{
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	EXPECT_EQ(c, install(c, &lost), 0);
	check_sys_init(c);
	c->mc->module.handoff.hv = 1;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), INVALID_HANDOFF);
	c->mc->module.handoff.hv = 0;
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), 0);
}

/* An LP that is missing: the module stays away, and nobody is told. */
static void seamldr_lp_missing(struct check *c)
{
	unsigned int lp;
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	lay_out(c);
	for (lp = 0; lp < 3; lp++)
		EXPECT_EQ(c, install_on(c, lp, &lost), 0);
	EXPECT(c, !module_answers(c));
	for (lp = 0; lp < 3; lp++)
		EXPECT_EQ(c, install_on(c, lp, &lost), PSEAMLDR_EBADCALL);
	EXPECT_EQ(c, install_on(c, 3, &lost), 0);
	expect_updated(c);
}

/* From here on there is no memory, so zeros are read. */
static u64 memory_end;

static void *page_below_end(void *ctx, u64 pa)
{
	return pa < memory_end ? store_page(&((struct machine *)ctx)->memory, pa) : NULL;
}

static void seamldr_no_memory(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = INFO };
	struct tdxmod_ops ops;
	u64 lost;

	shut_down(c, 0);
	make_module(&next_build);
	ops = *c->mc->module.ops;
	ops.page = page_below_end;
	c->mc->module.ops = &ops;
	memory_end = PARAMS;
	EXPECT_EQ(c, ldr_call(c, 0, PSEAMLDR_INFO, &regs), 0);
	/* No pages at all are offered, no SIGSTRUCT, another image. */
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADPARAM);
	memory_end = SIGSTRUCT;
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADSIG);
	EXPECT_EQ(c, lost, 0);
	memory_end = IMAGE;
	EXPECT_EQ(c, install(c, &lost), PSEAMLDR_EBADHASH);
	EXPECT_EQ(c, lost, 1);
}

const struct check check_seamldr_list[] = {
	{ .name = "SEAMLDR.INFO", .run = seamldr_info },
	{ .name = "P-SEAMLDR: one LP at a time", .run = seamldr_one_at_a_time },
	{ .name = "SEAMLDR.INSTALL", .run = seamldr_update },
	{ .name = "SEAMLDR.INSTALL until the log is full", .run = seamldr_update_again },
	{ .name = "SEAMLDR.INSTALL: an LP is missing", .run = seamldr_lp_missing },
	{ .name = "SEAMLDR.INSTALL: parameters", .run = seamldr_params },
	{ .name = "SEAMLDR.INSTALL: form of SIGSTRUCT", .run = seamldr_manifest_form },
	{ .name = "SEAMLDR.INSTALL: SIGSTRUCT", .run = seamldr_manifest },
	{ .name = "SEAMLDR.INSTALL: no entropy", .run = seamldr_no_entropy },
	{ .name = "SEAMLDR.INSTALL: SVN never falls", .run = seamldr_svn_never_falls },
	{ .name = "SEAMLDR.INSTALL without SYS.SHUTDOWN", .run = seamldr_without_shutdown },
	{ .name = "SEAMLDR.INSTALL: hash of the image", .run = seamldr_bad_hash },
	{ .name = "SEAMLDR.INSTALL: image of no module", .run = seamldr_no_module },
	{ .name = "SEAMLDR.INSTALL: no memory", .run = seamldr_no_memory },
	{ .name = "SYS.INIT: not built for its SIGSTRUCT", .run = seamldr_misfit },
	{ .name = "hand-off versions", .run = seamldr_handoff_versions },
	{ .name = "SYS.UPDATE: hand-off version", .run = sys_update_handoff_version },
	{}
};
