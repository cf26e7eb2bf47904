// SPDX-License-Identifier: GPL-2.0-only
/*
 * An error of any SEAMCALL of a bring-up is handled and reported.
 *
 * The test counts the calls of a bring-up that succeeds.  Then the kernel's fault
 * injection makes each of these calls fail in several ways, each time after a reset of
 * the module.
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on the
 * kernel command line.  Nothing else may request TDX meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

/* For a leaf with this many calls, bring TDX up after the last way to fail only. */
#define MANY		32

/* Half of the PAMT of one GiB */
#define SLACK_PAGES	512

/* The status, the number of calls that return it, and the errno of tdx_enable() */
static const struct way {
	const char *name;
	unsigned long long status;
	unsigned int times;
	int error;
} ways[] = {
	{ "TDX_SYS_BUSY", SYS_BUSY, ALWAYS, -EBUSY },
	{ "TDX_OPERAND_INVALID", OPERAND_INVALID, 1, -EIO },
	{ "TDX_SEAMCALL_VMFAILINVALID", 0x8000FF00FFFF0000, 1, -ENODEV },
};

/* Call number @call of @leaf, counted from 0 */
struct fault {
	const struct leaf *leaf;
	long call;
	const struct way *way;
};

FIXTURE(faults) {
	struct leaf leaves[MAX_LEAVES];
	int nr_leaves;
	int injected;
};

FIXTURE_SETUP(faults)
{
	if (emulator_present() && !faults_present())
		SKIP(return, "no fault injection: CONFIG_FAULT_INJECTION_DEBUG_FS=y");

	set_up(_metadata);
}

FIXTURE_TEARDOWN(faults)
{
	EXPECT_EQ(0, fail_no_seamcalls());
	tear_down(_metadata);
}

/* KASAN keeps up to this number of freed pages to find use after free. */
static long quarantined_pages(void)
{
	if (system("grep -q ' kasan_quarantine_put$' /proc/kallsyms"))
		return 0;

	return sysconf(_SC_PHYS_PAGES) / 32;
}

/* All calls, but of TDH.SYS.TDMR.INIT only the first, the middle and the last one */
static long next_call(const struct leaf *leaf, long call)
{
	if (leaf->nr != TDH_SYS_TDMR_INIT)
		return call + 1;
	if (!call)
		return leaf->calls / 2;

	return call < leaf->calls - 1 ? leaf->calls - 1 : leaf->calls;
}

static int inject(const struct fault *f)
{
	return fail_seamcalls(f->leaf->nr, f->way->status, f->call, f->way->times);
}

static bool fault_is_reported(const struct fault *f)
{
	char words[128];

	snprintf(words, sizeof(words), "%s: %s", f->leaf->name, f->way->name);

	return sysfs_error_is(words, f->way->error);
}

static void expect_failure(struct __test_metadata *_metadata,
			   const struct fault *f, long free)
{
	ASSERT_EQ(0, inject(f));
	ASSERT_EQ(f->way->error, enable_tdx())
		TH_LOG("%s, call %ld: %s", f->leaf->name, f->call, f->way->name);
	ASSERT_EQ(0, fail_no_seamcalls());

	ASSERT_TRUE(status_is("unknown"));
	ASSERT_TRUE(fault_is_reported(f))
		TH_LOG("%s, call %ld: %s", f->leaf->name, f->call, sysfs_error());
	ASSERT_STREQ("", audit_report())
		TH_LOG("%s, call %ld", f->leaf->name, f->call);
	ASSERT_LE(free - SLACK_PAGES, free_pages())
		TH_LOG("%s, call %ld: memory was not freed", f->leaf->name, f->call);
}

/* tdx_enable() does not repeat the attempt, and makes no SEAMCALL. */
static void expect_same_failure(struct __test_metadata *_metadata,
				const struct fault *f)
{
	long calls = all_calls();

	ASSERT_EQ(f->way->error, enable_tdx());
	ASSERT_EQ(calls, all_calls());
	ASSERT_TRUE(fault_is_reported(f));
}

/* The next attempt succeeds, even if the module is busy at the same call. */
static void expect_success(struct __test_metadata *_metadata,
			   const struct fault *f)
{
	ASSERT_EQ(0, fail_seamcalls(f->leaf->nr, SYS_BUSY, f->call, 1));
	ASSERT_EQ(0, try_tdx())
		TH_LOG("%s, after call %ld: %s", f->leaf->name, f->call, f->way->name);
	ASSERT_EQ(0, fail_no_seamcalls());
	ASSERT_TRUE(status_is("initialized"));
	ASSERT_STREQ("", sysfs_error());
}

static void try_fault(struct __test_metadata *_metadata, const struct fault *f)
{
	bool last_way = f->way == &ways[ARRAY_SIZE(ways) - 1];

	ASSERT_EQ(0, emulator_reset());
	expect_failure(_metadata, f, free_pages());
	expect_same_failure(_metadata, f);
	if (last_way || f->leaf->calls < MANY)
		expect_success(_metadata, f);
}

static int try_leaf(struct __test_metadata *_metadata, const struct leaf *leaf)
{
	struct fault f = { .leaf = leaf };
	int injected = 0;
	size_t i;

	for (f.call = 0; f.call < leaf->calls; f.call = next_call(leaf, f.call)) {
		for (i = 0; i < ARRAY_SIZE(ways); i++) {
			f.way = &ways[i];
			try_fault(_metadata, &f);
			injected++;
		}
	}

	return injected;
}

TEST_F_TIMEOUT(faults, at_every_step, 2 * TIMEOUT)
{
	long free = free_pages();
	time_t start = time(NULL);
	int i;

	ASSERT_EQ(0, enable_tdx());
	self->nr_leaves = leaves_called(self->leaves);
	ASSERT_LT(0, self->nr_leaves);
	ASSERT_GT(MAX_LEAVES, self->nr_leaves);
	/* The count of free pages is exact enough to see the PAMTs. */
	ASSERT_GT(free - gib_with_memory() * SLACK_PAGES, free_pages());

	/* The first bring-up of a boot creates workers, which stay. */
	ASSERT_EQ(0, emulator_reset());
	shrink_slabs();
	free = free_pages();

	for (i = 0; i < self->nr_leaves; i++)
		self->injected += try_leaf(_metadata, &self->leaves[i]);

	/* Failures have filled slabs on each CPU. */
	ASSERT_EQ(0, emulator_reset());
	shrink_slabs();
	EXPECT_LE(free - SLACK_PAGES - quarantined_pages(), free_pages());
	EXPECT_EQ(0, enable_tdx());
	expect_one_initialization(_metadata);
	TH_LOG("%d failures of %d leaves in %ld s", self->injected,
	       self->nr_leaves, (long)(time(NULL) - start));
}

TEST_HARNESS_MAIN
