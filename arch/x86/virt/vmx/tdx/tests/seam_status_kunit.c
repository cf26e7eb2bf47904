// SPDX-License-Identifier: GPL-2.0-only
/* Tests of seam_status.c; KUnit and user space share their table. */
#include <kunit/test.h>

#include "seam_status_cases.h"

KUNIT_ARRAY_PARAM_DESC(seam_case, seam_cases, what);

/* Each status of a leaf has the expected text, class and errno. */
static void seam_status_test_case(struct kunit *test)
{
	const struct seam_case *c = test->param_value;
	char text[SEAM_TEXT_LEN], expected[SEAM_TEXT_LEN];
	int n = seam_status_describe(text, sizeof(text), c->leaf, c->status);

	seam_case_text(c, expected, sizeof(expected));
	KUNIT_EXPECT_STREQ(test, text, expected);
	KUNIT_EXPECT_EQ(test, n, (int)strlen(expected));
	KUNIT_EXPECT_EQ(test, seam_status_class(c->status), c->class);
	KUNIT_EXPECT_EQ(test, seam_status_errno(c->leaf, c->status), c->error);
}

/* The table has a case for each status with a name. */
static void seam_status_test_complete(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, seam_named(0xC0000A0000000000));
	KUNIT_EXPECT_EQ(test, seam_code_without_case(), -1ULL);
}

/* SEAM_TEXT_LEN has room for the longest text and its terminator. */
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

/* A text that is too long is truncated and terminated; without a buffer, it is empty. */
static void seam_status_test_truncation(struct kunit *test)
{
	static const u64 leaf = 45, status = 0xC0000A1200000102;
	char whole[SEAM_TEXT_LEN], text[SEAM_TEXT_LEN + 1];
	int whole_len = seam_status_describe(whole, sizeof(whole), leaf, status);
	int len, n;

	for (len = 0; len <= whole_len + 1; len++) {
		memset(text, 'g', sizeof(text));
		n = seam_status_describe(text, len, leaf, status);

		KUNIT_EXPECT_EQ(test, n, max(len - 1, 0));
		KUNIT_EXPECT_MEMEQ(test, text, whole, n);
		KUNIT_EXPECT_TRUE(test, !len || !text[n]);
		KUNIT_EXPECT_EQ(test, text[len], 'g');
	}
}

static struct kunit_case seam_status_tests[] = {
	KUNIT_CASE_PARAM(seam_status_test_case, seam_case_gen_params),
	KUNIT_CASE(seam_status_test_complete),
	KUNIT_CASE(seam_status_test_length),
	KUNIT_CASE(seam_status_test_truncation),
	{}
};

static struct kunit_suite seam_status_suite = {
	.name = "tdx_seam_status",
	.test_cases = seam_status_tests,
};

kunit_test_suite(seam_status_suite);
