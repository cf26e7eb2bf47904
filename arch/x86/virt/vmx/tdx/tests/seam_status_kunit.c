// SPDX-License-Identifier: GPL-2.0-only
/* Tests of seam_status.c; their table is shared with user space. */
#include <kunit/test.h>

#include "seam_status_cases.h"

static void seam_case_desc(const struct seam_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "leaf 0x%llx status 0x%llx",
		 c->leaf, c->status);
}

KUNIT_ARRAY_PARAM(seam_case, seam_cases, seam_case_desc);

/* A status of a leaf has its text, class and errno. */
static void seam_status_test_case(struct kunit *test)
{
	const struct seam_case *c = test->param_value;
	char text[SEAM_TEXT_LEN];
	int n = seam_status_describe(text, sizeof(text), c->leaf, c->status);

	KUNIT_EXPECT_STREQ(test, text, c->text);
	KUNIT_EXPECT_EQ(test, n, (int)strlen(c->text));
	KUNIT_EXPECT_EQ(test, seam_status_class(c->status), c->class);
	KUNIT_EXPECT_EQ(test, seam_status_errno(c->leaf, c->status), c->error);
}

/* Each status that has a name has a case here. */
static void seam_status_test_complete(struct kunit *test)
{
	KUNIT_EXPECT_GT(test, seam_nr_named(), 0);
	KUNIT_EXPECT_EQ(test, seam_code_without_case(), -1ULL);
}

/* Unknown statuses and leaves have no name. */
static void seam_status_test_unknown(struct kunit *test)
{
	KUNIT_EXPECT_NULL(test, seam_status_name(0xC000050100000000ULL));
	KUNIT_EXPECT_NULL(test, seam_leaf_name(5));
	KUNIT_EXPECT_NULL(test, seam_leaf_name(0x8000000000000002ULL));
}

/* The longest text fits, and its terminator too. */
static void seam_status_test_length(struct kunit *test)
{
	char text[SEAM_TEXT_LEN * 2];
	int longest;

	text[sizeof(text) - 1] = 'g';
	longest = seam_longest_text(text, sizeof(text) - 1);

	KUNIT_EXPECT_GT(test, longest, 0);
	KUNIT_EXPECT_LT(test, longest, SEAM_TEXT_LEN);
	KUNIT_EXPECT_EQ(test, text[sizeof(text) - 1], 'g');
}

/* A text that does not fit is truncated and terminated. */
static void seam_status_test_truncation(struct kunit *test)
{
	static const u64 leaf = 45, status = 0xC0000A1200000102ULL;
	char whole[SEAM_TEXT_LEN], text[SEAM_TEXT_LEN + 1];
	int whole_len = seam_status_describe(whole, sizeof(whole), leaf, status);
	int len, n;

	for (len = 1; len <= whole_len + 1; len++) {
		memset(text, 'g', sizeof(text));
		n = seam_status_describe(text, len, leaf, status);

		KUNIT_EXPECT_EQ(test, n, len - 1);
		KUNIT_EXPECT_MEMEQ(test, text, whole, len - 1);
		KUNIT_EXPECT_EQ(test, text[len - 1], '\0');
		KUNIT_EXPECT_EQ(test, text[len], 'g');
	}
}

/* A buffer of no bytes is not written to. */
static void seam_status_test_no_buffer(struct kunit *test)
{
	char text = 'g';

	KUNIT_EXPECT_EQ(test, seam_status_describe(&text, 0, 33, 0), 0);
	KUNIT_EXPECT_EQ(test, text, 'g');
}

static struct kunit_case seam_status_tests[] = {
	KUNIT_CASE_PARAM(seam_status_test_case, seam_case_gen_params),
	KUNIT_CASE(seam_status_test_complete),
	KUNIT_CASE(seam_status_test_unknown),
	KUNIT_CASE(seam_status_test_length),
	KUNIT_CASE(seam_status_test_truncation),
	KUNIT_CASE(seam_status_test_no_buffer),
	{}
};

static struct kunit_suite seam_status_suite = {
	.name = "tdx_seam_status",
	.test_cases = seam_status_tests,
};

kunit_test_suite(seam_status_suite);

MODULE_DESCRIPTION("Tests of the words for the TDX module's answers");
MODULE_LICENSE("GPL");
