// SPDX-License-Identifier: GPL-2.0-only
/* Checks of P-SEAMLDR: what it tells, what it refuses, and a module replaced. */
#include "fixture.h"

#define INFO			0x400100ULL
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

static struct pseamldr_params *const params = &fixture_module.params;
static struct pseamldr_sigstruct *const sig = &fixture_module.sig;
static u8 *const image = fixture_module.image;
static u64 params_pa = FIXTURE_MODULE;

static u64 ldr_call(unsigned int lp, u64 leaf, u64 rcx)
{
	EXPECT(fixture_seamldr(lp, leaf, rcx));
	return regs.rax;
}

/* On one LP.  @lost: what is said of the module that was there. */
static u64 install_on(unsigned int lp, u64 lost)
{
	u64 status = ldr_call(lp, PSEAMLDR_INSTALL, params_pa);

	EXPECT_EQ(regs.rdx, lost);
	return status;
}

/* On all LPs; the status is that of the last. */
static u64 install(u64 lost)
{
	unsigned int last = mc.module.platform.nr_lps - 1, lp;

	fixture_write_module();
	for (lp = 0; lp < last; lp++)
		EXPECT_EQ(install_on(lp, 0), 0);
	return install_on(last, lost);
}

static bool module_answers(void)
{
	regs.rax = LEAF_LP_SHUTDOWN;
	return tdxmod_seamcall(&mc.module, 0, &regs);
}

static const struct pseamldr_info *info(void)
{
	EXPECT_EQ(ldr_call(1, PSEAMLDR_INFO, INFO), 0);
	EXPECT_EQ(regs.rdx, 77);
	return (void *)machine_word(&mc, INFO);
}

/* Up, with a TDMR.INIT made, and shut down; and another module that is good. */
static void shut_down(void)
{
	fixture_ready(0);
	fixture_tdmr_init(1);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), 0);
	fixture_make_module(&next_build);
}

static void expect_updated(void)
{
	fixture_sys_init();
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(fixture_field(FIELD_UPDATE_VERSION), 17);
	EXPECT_EQ(fixture_field(0x8800000200000001), 20250203);
	EXPECT_EQ(fixture_field(0x8800000100000002), 9);
	EXPECT_EQ(fixture_field(0x0800000100000006), 3);
	/* The TDMRs are as they were. */
	EXPECT_EQ(mc.module.hkid, FIXTURE_HKID);
	EXPECT_EQ(mc.module.tdmrs[0].next, FIXTURE_TDMR + SZ_4M);
	fixture_tdmr_init(1);
}

/* What is installed goes on from what was there, and is shut down again. */
static void update_and_shut_down(void)
{
	EXPECT_EQ(install(0), 0);
	fixture_sys_init();
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), 0);
}

CHECK(seamldr_info)
{
	const struct pseamldr_info *said;

	fixture_boot(0);
	said = info();
	EXPECT_EQ(said->version | said->attributes, 0);
	EXPECT_EQ(said->vendor_id, 0x8086);
	EXPECT_EQ(said->major_version, 1);
	EXPECT_EQ(said->minor_version, 5);
	EXPECT_EQ(said->nr_remaining_updates, TDXMOD_MAX_UPDATES);
	EXPECT_EQ(said->extend.valid, 0x1ff);
	EXPECT_EQ(said->extend.seam_ready, 1);
	EXPECT_EQ(said->extend.p_seamldr_ready, 1);
	EXPECT_EQ(said->features0, 2);
	/* Linux looks at bytes. */
	EXPECT_EQ(((const u8 *)said)[160], 1);
	EXPECT_EQ(((const u8 *)said)[162], 1);

	EXPECT_EQ(ldr_call(0, PSEAMLDR_INFO, INFO + 0x80), PSEAMLDR_EBADPARAM);
	EXPECT_EQ(ldr_call(0, PSEAMLDR_INFO, 1ULL << 52), PSEAMLDR_EBADPARAM);
	EXPECT_EQ(ldr_call(0, PSEAMLDR_INSTALL + 4, INFO), PSEAMLDR_EBADPARAM);
	EXPECT_EQ(ldr_call(0, PSEAMLDR_INFO + (1 << 16), INFO), PSEAMLDR_EBADPARAM);

	/* One LP at a time. */
	atomic_set(&mc.module.loader.inside, 1);
	EXPECT(!fixture_seamldr(0, PSEAMLDR_INFO, INFO));
	EXPECT_EQ(regs.rax, PSEAMLDR_INFO);
	/* That is no matter for the module. */
	EXPECT(module_answers());
	atomic_set(&mc.module.loader.inside, 0);
	EXPECT(!fixture_seamldr(4, PSEAMLDR_INFO, INFO));
	mc.module.dead = true;
	EXPECT(!fixture_seamldr(0, PSEAMLDR_INFO, INFO));
}

CHECK(seamldr_install)
{
	shut_down();
	fixture_write_module();
	EXPECT_EQ(install_on(2, 0), 0);
	/* From here to the last call there is no module. */
	EXPECT(!module_answers());
	EXPECT_EQ(info()->extend.seam_ready, 0);
	EXPECT_EQ(install_on(2, 0), PSEAMLDR_EBADCALL);
	EXPECT_EQ(install_on(0, 0), 0);
	EXPECT_EQ(install_on(3, 0), 0);
	/* An LP that is missing: the module stays away, and nobody is told. */
	EXPECT(!module_answers());
	EXPECT_EQ(install_on(0, 0), PSEAMLDR_EBADCALL);
	EXPECT_EQ(install_on(3, 0), PSEAMLDR_EBADCALL);
	EXPECT_EQ(install_on(1, 0), 0);
	EXPECT(module_answers());
	EXPECT_EQ(mc.module.state, TDXMOD_SYSINIT_PENDING);
	EXPECT_EQ(info()->extend.seam_ready, 1);
	EXPECT_EQ(info()->nr_remaining_updates, TDXMOD_MAX_UPDATES - 1);
	EXPECT(!memcmp(info()->extend.hash, sig->hash, sizeof(sig->hash)));
	expect_updated();
}

CHECK(seamldr_install_until_the_log_is_full)
{
	unsigned int i;

	shut_down();
	for (i = 0; i < TDXMOD_MAX_UPDATES; i++)
		update_and_shut_down();
	EXPECT_EQ(info()->nr_remaining_updates, 0);
	EXPECT_EQ(install(0), PSEAMLDR_EBADCALL);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), SHUTDOWN);
	EXPECT_EQ(mc.module.handoff.nr_tdmrs, 1);
}

/* Refused: the module that was there is there, and shut down. */
static void expect_refused(u64 status)
{
	EXPECT_EQ(install(0), status);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), SHUTDOWN);
	EXPECT_EQ(info()->nr_remaining_updates, TDXMOD_MAX_UPDATES);
	EXPECT_EQ(info()->extend.valid, 0x1ff);
	fixture_make_module(&next_build);
}

#define WRONG(field, value, status)	{ &(field), sizeof(field), value, status }

CHECK(seamldr_install_refused)
{
	/* One field is not as it should be; all else is good, and signed. */
	const struct {
		void *field;
		size_t size;
		u64 value;
		u64 status;
	} wrong[] = {
		WRONG(params->version, 1, PSEAMLDR_EBADPARAM),
		WRONG(params->scenario, 2, PSEAMLDR_EBADPARAM),
		WRONG(params->scenario, PSEAMLDR_SCENARIO_LOAD, PSEAMLDR_ECLEANUPREQ),
		WRONG(params->reserved[103], 1, PSEAMLDR_EBADPARAM),
		WRONG(params->nr_pages, 0, PSEAMLDR_EBADPARAM),
		WRONG(params->nr_pages, PSEAMLDR_MAX_PAGES + 1, PSEAMLDR_EBADPARAM),
		WRONG(params->page_pas[2], FIXTURE_IMAGE | BIT_ULL(51), PSEAMLDR_EBADPARAM),
		WRONG(params->sigstruct_pa, FIXTURE_SIGSTRUCT + 0x800, PSEAMLDR_EBADPARAM),
		WRONG(sig->header_type, 7, PSEAMLDR_EBADSIG),
		WRONG(sig->header_length, PSEAMLDR_SIG_HEADER_LENGTH + 1, PSEAMLDR_EBADSIG),
		WRONG(sig->header_version, PSEAMLDR_SIG_HEADER_VERSION + 1, PSEAMLDR_EBADSIG),
		WRONG(sig->size, PSEAMLDR_SIG_SIZE + 1, PSEAMLDR_EBADSIG),
		WRONG(sig->key_size, PSEAMLDR_SIG_KEY_SIZE + 1, PSEAMLDR_EBADSIG),
		WRONG(sig->modulus_size, PSEAMLDR_SIG_KEY_SIZE + 1, PSEAMLDR_EBADSIG),
		WRONG(sig->exponent_size, PSEAMLDR_SIG_EXPONENT_SIZE + 1, PSEAMLDR_EBADSIG),
		WRONG(sig->reserved0[87], 1, PSEAMLDR_EBADSIG),
		WRONG(sig->reserved1[5], 1, PSEAMLDR_EBADSIG),
		WRONG(sig->reserved2[0], 1, PSEAMLDR_EBADSIG),
		WRONG(sig->reserved3[23], 1, PSEAMLDR_EBADSIG),
		WRONG(sig->attributes, 1, PSEAMLDR_EBADSIG),
		WRONG(sig->module_vendor, 0x8087, PSEAMLDR_EBADSIG),
		WRONG(sig->module_type, 1, PSEAMLDR_EBADSIG),
		WRONG(sig->module_type, PSEAMLDR_SIG_DEBUG, PSEAMLDR_EBADSIG),
		WRONG(sig->min_update_hv, 1, PSEAMLDR_EBADSIG),
		WRONG(sig->major_svn, 0, PSEAMLDR_EUNSUPPORTED),
		WRONG(sig->major_svn, 2, PSEAMLDR_EUNSUPPORTED),
		WRONG(sig->minor_svn, 4, PSEAMLDR_EBADSIG),
		WRONG(sig->nr_cpuids, 0, PSEAMLDR_EBADSIG),
		WRONG(sig->nr_cpuids, PSEAMLDR_SIG_MAX_CPUIDS + 1, PSEAMLDR_EBADSIG),
		WRONG(sig->cpuids[0], 0xC06E2, PSEAMLDR_EUNSUPCPU),
		WRONG(sig->gdt_idt_offset, 0x1000, PSEAMLDR_EBADSIG),
	};
	static const u32 offsets[][2] = {
		{ 0x1800, 0x10 }, { 0x3000, 0x10 }, { 0x2000, 0x2e01 },
	};
	unsigned int i;

	shut_down();
	params_pa += 8;
	expect_refused(PSEAMLDR_EBADPARAM);
	params_pa -= 8;
	mc.no_entropy = true;
	expect_refused(PSEAMLDR_ENOENTROPY);
	mc.no_entropy = false;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		memcpy(wrong[i].field, &wrong[i].value, wrong[i].size);
		fixture_sign_module();
		expect_refused(wrong[i].status);
	}
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		sig->gdt_idt_offset = offsets[i][0];
		sig->fault_wrapper_offset = offsets[i][1];
		fixture_sign_module();
		expect_refused(PSEAMLDR_EBADSIG);
	}
	sig->signature[47]++;
	expect_refused(PSEAMLDR_EBADSIG);
	sig->signature[383]++;
	expect_refused(PSEAMLDR_EBADSIG);
	sig->modulus[383]++;
	expect_refused(PSEAMLDR_EBADSIG);
	sig->exponent = 3;
	expect_refused(PSEAMLDR_EBADSIG);
	/* Signed, and then changed. */
	sig->rip_offset++;
	expect_refused(PSEAMLDR_EBADSIG);
	/* One CPU of several, whatever its stepping. */
	sig->nr_cpuids = 2;
	sig->cpuids[0] = 1;
	sig->cpuids[1] = 0xC06F1;
	sig->gdt_idt_offset = 0x2000;
	sig->fault_wrapper_offset = 0x2e00;
	fixture_sign_module();
	EXPECT_EQ(install(0), 0);
	expect_updated();
}

CHECK(seamldr_install_svn_never_falls)
{
	shut_down();
	sig->minor_svn = 9;
	fixture_sign_module();
	update_and_shut_down();
	fixture_make_module(&next_build);
	sig->minor_svn = 8;
	fixture_sign_module();
	EXPECT_EQ(install(0), PSEAMLDR_EBADSIG);
}

/* Not shut down before: there is nothing to hand on, and nothing happens. */
CHECK(seamldr_install_without_shutdown)
{
	fixture_ready(0);
	fixture_make_module(&next_build);
	EXPECT_EQ(install(0), PSEAMLDR_EBADHANDOFF);
	EXPECT_EQ(mc.module.state, TDXMOD_SYS_READY);
	EXPECT_EQ(fixture_field(FIELD_UPDATE_VERSION), 1);
}

static void expect_lost(u64 status)
{
	EXPECT_EQ(install(1), status);
	EXPECT(!module_answers());
	EXPECT_EQ(info()->extend.seam_ready, 0);
	EXPECT_EQ(info()->extend.valid, 0);
	EXPECT_EQ(info()->extend.p_seamldr_ready, 1);
	/* Without a module there is no update. */
	fixture_make_module(&next_build);
	EXPECT_EQ(install(0), PSEAMLDR_EBADPARAM);
	EXPECT(!module_answers());
}

CHECK(seamldr_install_image)
{
	/* Not that of the SIGSTRUCT. */
	shut_down();
	image[sizeof(fixture_module.image) - 1]++;
	expect_lost(PSEAMLDR_EBADHASH);

	/* Of no module. */
	shut_down();
	image[0]++;
	fixture_sign_module();
	expect_lost(PSEAMLDR_EBADPARAM);
}

/* Installed, but it does not start. */
CHECK(sys_init_not_built_for_its_sigstruct)
{
	shut_down();
	sig->module_hv = 1;
	fixture_sign_module();
	EXPECT_EQ(install(0), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), INCOMPATIBLE_SIGSTRUCT);
	EXPECT_EQ(mc.module.state, TDXMOD_SYSINIT_PENDING);
}

CHECK(handoff_versions)
{
	struct tdxmod_build build = next_build;

	build.module_hv = 2;
	shut_down();
	fixture_make_module(&build);
	EXPECT_EQ(install(0), 0);
	expect_updated();
	EXPECT_EQ(fixture_field(0x8900000100000000), 2);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN, .rcx = 3), OPERAND_INVALID + 1);
	mc.module.build.min_update_hv = 1;
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN, .rcx = 0), OPERAND_INVALID + 1);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN, .rcx = 1), 0);

	/* Data of version 1 are too old for one, and too new for the other. */
	build.min_update_hv = 2;
	fixture_make_module(&build);
	EXPECT_EQ(install(0), PSEAMLDR_EBADHANDOFF);
	fixture_make_module(&next_build);
	EXPECT_EQ(install(0), PSEAMLDR_EBADHANDOFF);
	build.min_update_hv = 1;
	build.no_downgrade = true;
	fixture_make_module(&build);
	EXPECT_EQ(install(0), 0);
	fixture_sys_init();
	EXPECT_EQ(fixture_field(0x8900000100000005), 1);
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(fixture_field(0x8900000000000002), 1);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN, .rcx = 1), OPERAND_INVALID + 1);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN, .rcx = 2), 0);
}

/* The data are there, but this module cannot read them. */
CHECK(sys_update_handoff_version)
{
	shut_down();
	EXPECT_EQ(install(0), 0);
	fixture_sys_init();
	mc.module.handoff.hv = 1;
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), INVALID_HANDOFF);
	mc.module.handoff.hv = 0;
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), 0);
}

/* Memory ends before a piece of what the host had there: zeros are read. */
CHECK(seamldr_no_memory)
{
	shut_down();
	mc.memory_end = FIXTURE_MODULE;
	EXPECT_EQ(ldr_call(0, PSEAMLDR_INFO, INFO), 0);
	/* No pages at all are offered, no SIGSTRUCT, another image. */
	EXPECT_EQ(install(0), PSEAMLDR_EBADPARAM);
	mc.memory_end = FIXTURE_SIGSTRUCT;
	EXPECT_EQ(install(0), PSEAMLDR_EBADSIG);
	mc.memory_end = FIXTURE_IMAGE;
	EXPECT_EQ(install(1), PSEAMLDR_EBADHASH);
}
