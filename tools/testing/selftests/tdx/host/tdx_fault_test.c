// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does every SEAMCALL of a bring-up fail well?
 *
 * A bring-up that goes well tells which leaves are called, and how often.  Then
 * each of these calls is made to fail in each of several ways, by the kernel's
 * fault injection, and each time on a module that has just been reset.
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on
 * the kernel command line.  Nobody else should ask for TDX meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define MAX_LEAVES	16
#define ALL		-1
#define SYS_BUSY	0x8000020200000000

/* A bring-up takes too long for one to follow each failure of a leaf like this. */
#define MANY		32

/* The PAMT of a single GiB has twice as many. */
#define SLACK_PAGES	512

/* In words, what is answered to how many calls, and what comes of it. */
static const struct way {
	const char *name;
	unsigned long long status;
	int times;
	int error;
} ways[] = {
	{ "TDX_SYS_BUSY", SYS_BUSY, ALL, -EBUSY },
	{ "TDX_OPERAND_INVALID", 0xC000010000000001, 1, -EINVAL },
	{ "TDX_SEAMCALL_VMFAILINVALID", 0x8000FF00FFFF0000, 1, -ENODEV },
};

/* Call number @call of @leaf, from 0. */
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

	start_afresh(_metadata);
}

FIXTURE_TEARDOWN(faults)
{
	EXPECT_EQ(0, fail_no_seamcalls());
	end_clean(_metadata);
}

/* The module was told of its TDMRs before. */
static bool is_final(const struct leaf *leaf)
{
	return leaf->nr == TDH_SYS_KEY_CONFIG || leaf->nr == TDH_SYS_TDMR_INIT;
}

/* All, but of thousands of the same kind the first, one between, and the last. */
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

/* Leaf, status and errno, as Documentation/ABI/testing/sysfs-kernel-tdx has it. */
static bool says(const struct fault *f, const char *line)
{
	char what[128], error[16];
	size_t len = strlen(line), tail;

	snprintf(what, sizeof(what), "%s: %s", f->leaf->name, f->way->name);
	tail = snprintf(error, sizeof(error), " (%d)", f->way->error);

	return strstr(line, what) && len > tail && !strcmp(line + len - tail, error);
}

static void expect_failure(struct __test_metadata *_metadata,
			   const struct fault *f, long free)
{
	char line[512], rule[64] = "";

	ASSERT_EQ(0, inject(f));
	ASSERT_EQ(f->way->error, ask())
		TH_LOG("%s, call %ld: %s", f->leaf->name, f->call, f->way->name);
	ASSERT_EQ(0, fail_no_seamcalls());

	ASSERT_TRUE(status_is(is_final(f->leaf) ? "error" : "unknown"));
	ASSERT_EQ(0, shown_error(line, sizeof(line)));
	ASSERT_TRUE(says(f, line))
		TH_LOG("%s, call %ld: %s", f->leaf->name, f->call, line);
	ASSERT_EQ(0, audit_reports(rule, sizeof(rule)))
		TH_LOG("%s, call %ld, audit: %s", f->leaf->name, f->call, rule);
	ASSERT_LE(free - SLACK_PAGES, free_pages())
		TH_LOG("%s, call %ld: memory stays taken", f->leaf->name, f->call);
}

/* The first error is the last. */
static void expect_the_same(struct __test_metadata *_metadata,
			    const struct fault *f)
{
	long calls = calls_in_all();
	char line[512];

	ASSERT_EQ(f->way->error, ask());
	ASSERT_EQ(calls, calls_in_all());
	ASSERT_EQ(0, shown_error(line, sizeof(line)));
	ASSERT_TRUE(says(f, line));
}

/* Also if the module is busy where it failed before: that is not told. */
static void expect_success(struct __test_metadata *_metadata,
			   const struct fault *f)
{
	char line[512];

	ASSERT_EQ(0, fail_seamcalls(f->leaf->nr, SYS_BUSY, f->call, 1));
	ASSERT_EQ(0, ask())
		TH_LOG("%s, after call %ld: %s", f->leaf->name, f->call, f->way->name);
	ASSERT_EQ(0, fail_no_seamcalls());
	ASSERT_TRUE(status_is("initialized"));
	ASSERT_EQ(0, shown_error(line, sizeof(line)));
	ASSERT_STREQ("", line);
}

static void try_fault(struct __test_metadata *_metadata, const struct fault *f)
{
	bool last_way = f->way == &ways[ARRAY_SIZE(ways) - 1];

	ASSERT_EQ(0, emulator_reset());
	expect_failure(_metadata, f, free_pages());
	if (is_final(f->leaf))
		expect_the_same(_metadata, f);
	else if (last_way || f->leaf->calls < MANY)
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

	ASSERT_EQ(0, ask());
	self->nr_leaves = leaves_called(self->leaves, MAX_LEAVES);
	ASSERT_LT(0, self->nr_leaves);
	ASSERT_GT(MAX_LEAVES, self->nr_leaves);
	/* It is seen whether PAMTs are there. */
	ASSERT_GT(free - gib_with_memory() * SLACK_PAGES, free_pages());

	/* The first bring-up of a boot leaves workers behind. */
	ASSERT_EQ(0, emulator_reset());
	shrink_slabs();
	free = free_pages();

	for (i = 0; i < self->nr_leaves; i++)
		self->injected += try_leaf(_metadata, &self->leaves[i]);

	/* Each CPU has slabs that failures have filled and emptied. */
	ASSERT_EQ(0, emulator_reset());
	shrink_slabs();
	EXPECT_LE(free - SLACK_PAGES - quarantined_pages(), free_pages());
	EXPECT_EQ(0, ask());
	expect_one_initialisation(_metadata);
	TH_LOG("%d failures of %d leaves in %ld s", self->injected,
	       self->nr_leaves, (long)(time(NULL) - start));
}

TEST_HARNESS_MAIN
