// SPDX-License-Identifier: GPL-2.0-only
/*
 * These tests update the module of an initialized host through the functions that
 * firmware upload calls.  An update must preserve all state on which TDs depend.
 */
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/cpuid/api.h>
#include <asm/seamldr.h>
#include <asm/tdx.h>
#include <asm/tdx_enable.h>
#include <kunit/test.h>

#include "../seamcall_internal.h"
#include "../tdx.h"
#include "internal.h"
#include "module_image.h"

#define NR_PAGES	3

/* A file for firmware upload.  Header, SIGSTRUCT and image each begin a page. */
struct update_file {
	u16 version;
	u16 checksum;
	u8 signature[8];
	u32 nr_sigstruct_pages;
	u32 nr_pages;
	u8 reserved[4076];
	struct pseamldr_sigstruct sigstruct;
	u8 unused[2048];
	u8 image[NR_PAGES * MODULE_IMAGE_PAGE];
};

static const struct tdxmod_build next_build = {
	.date = 20250203,
	.major_version = 1,
	.minor_version = 5,
	.update_version = 17,
	.nr_handoff_pages = 13,
};

KUNIT_DEFINE_ACTION_WRAPPER(update_vfree, vfree, const void *);

static struct update_file *update_make_file(struct kunit *test)
{
	struct update_file *file = vzalloc(sizeof(*file));

	static_assert(sizeof(*file) == (2 + NR_PAGES) * MODULE_IMAGE_PAGE);
	KUNIT_ASSERT_NOT_NULL(test, file);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, update_vfree, file), 0);

	file->version = 0x200;
	memcpy(file->signature, "TDX-BLOB", sizeof(file->signature));
	file->nr_sigstruct_pages = 1;
	file->nr_pages = NR_PAGES;
	file->sigstruct.major_svn = 1;
	file->sigstruct.minor_svn = 5;
	module_image_make(&file->sigstruct, file->image, NR_PAGES, &next_build,
			  cpuid_eax(1));
	return file;
}

static int update_install(struct update_file *file)
{
	return seamldr_install_module((const u8 *)file, sizeof(*file));
}

/* Returns the type of a page, on which TDs depend. */
static u64 update_page_type(struct kunit *test, u64 pa)
{
	struct tdx_module_args args = { .rcx = pa };

	scoped_guard(preempt)
		KUNIT_EXPECT_EQ(test, __seamcall_ret(TDH_PHYMEM_PAGE_RDMD, &args), 0);
	return args.rcx;
}

/* Returns a PAMT page.  The module reports its type as PT_RSVD. */
static u64 update_pamt_page(void)
{
	return tdx_emu_module.tdmrs[0].pamt[TDXMOD_4K].base;
}

/* An update keeps the type of each page and initializes no TDMR again. */
static void pages_stay_as_they_were(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);
	u64 calls;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, tdx_enable(), 0);
	calls = tdx_emulator_calls(TDH_SYS_TDMR_INIT);
	KUNIT_EXPECT_EQ(test, update_page_type(test, page_to_phys(page)), PT_NDA);
	KUNIT_EXPECT_EQ(test, update_page_type(test, update_pamt_page()), PT_RSVD);

	KUNIT_EXPECT_EQ(test, update_install(update_make_file(test)), 0);

	KUNIT_EXPECT_EQ(test, update_page_type(test, page_to_phys(page)), PT_NDA);
	KUNIT_EXPECT_EQ(test, update_page_type(test, update_pamt_page()), PT_RSVD);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_TDMR_INIT), calls);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
	__free_page(page);
}

/* After an update the metadata are those of the new module. */
static void metadata_follow(struct kunit *test)
{
	const struct tdx_sys_info *info;

	KUNIT_ASSERT_EQ(test, tdx_enable(), 0);
	KUNIT_ASSERT_EQ(test, update_install(update_make_file(test)), 0);

	info = tdx_get_sysinfo();
	KUNIT_ASSERT_NOT_NULL(test, info);
	KUNIT_EXPECT_EQ(test, info->version.update_version, next_build.update_version);
	KUNIT_EXPECT_EQ(test, tdx_enable(), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(PSEAMLDR_INSTALL), num_online_cpus());
}

/* An update before TDX is up is refused, and makes no call. */
static void not_before_it_is_up(struct kunit *test)
{
	KUNIT_EXPECT_NE(test, update_install(update_make_file(test)), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_SHUTDOWN), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(PSEAMLDR_INSTALL), 0);
	KUNIT_EXPECT_EQ(test, tdx_enable(), 0);
}

/* A reset gives the host its PAMTs back after an update that lost the module. */
static void lost_halfway(struct kunit *test)
{
	struct update_file *file = update_make_file(test);
	struct page *pamt;

	KUNIT_ASSERT_EQ(test, tdx_enable(), 0);
	pamt = phys_to_page(update_pamt_page());
	KUNIT_EXPECT_EQ(test, page_count(pamt), 2);
	file->sigstruct.module_hv = 1;
	module_image_sign(&file->sigstruct, file->image, NR_PAGES);

	/* The new module does not start. */
	KUNIT_EXPECT_NE(test, update_install(file), 0);
	KUNIT_EXPECT_EQ(test, tdx_enable(), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, tdx_enable_status(NULL), TDX_STATUS_ERROR);
	KUNIT_EXPECT_NULL(test, tdx_get_sysinfo());
	KUNIT_EXPECT_EQ(test, page_count(pamt), 2);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);

	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);
	KUNIT_EXPECT_NE(test, page_count(pamt), 2);
	KUNIT_EXPECT_EQ(test, tdx_enable(), 0);
}

static void update_test_exit(struct kunit *test)
{
	if (tdx_emulator_active())
		KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
}

static int update_test_init(struct kunit *test)
{
	if (!tdx_emulator_active())
		kunit_skip(test, "the emulator is not on");
	if (num_online_cpus() != tdx_emu_module.platform.nr_lps)
		kunit_skip(test, "needs all CPUs online");

	return tdx_emulator_reset();
}

static struct kunit_case update_test_cases[] = {
	KUNIT_CASE(pages_stay_as_they_were),
	KUNIT_CASE(metadata_follow),
	KUNIT_CASE(not_before_it_is_up),
	KUNIT_CASE(lost_halfway),
	{}
};

static struct kunit_suite update_test_suite = {
	.name = "tdx_emulator_update",
	.init = update_test_init,
	.exit = update_test_exit,
	.test_cases = update_test_cases,
};

kunit_test_suite(update_test_suite);
