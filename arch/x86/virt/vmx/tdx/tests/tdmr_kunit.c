// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the planner; KUnit and user space share their table. */
#include <kunit/test.h>

#include "tdmr_cases.h"

static int tdmr_test_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct tdmr_case_room), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);

	return 0;
}

KUNIT_ARRAY_PARAM_DESC(tdmr_case, tdmr_cases, name);

/* The planner makes the layout in the table, or rejects the host for the same reason. */
static void tdmr_test_case(struct kunit *test)
{
	struct tdmr_case_room *room = test->priv;
	const char *wrong = tdmr_case_run(test->param_value, room);

	if (wrong)
		KUNIT_FAIL(test, "%s:\n%s", wrong, room->text);
}

static void tdmr_expect(struct kunit *test, const char *wrong)
{
	if (wrong)
		KUNIT_FAIL(test, "%s", wrong);
}

/* A row of PAMTs moves down from place to place; then each TDMR gets its own row. */
static void tdmr_test_rows(struct kunit *test)
{
	tdmr_expect(test, tdmr_case_rows(test->priv));
}

/* PAMTs consist of whole pages for any size of their entries. */
static void tdmr_test_sizes(struct kunit *test)
{
	tdmr_expect(test, tdmr_case_sizes(test->priv));
}

/* The largest TDMR is initialized first. */
static void tdmr_test_order(struct kunit *test)
{
	tdmr_expect(test, tdmr_case_order(test->priv));
}

static struct kunit_case tdmr_tests[] = {
	KUNIT_CASE_PARAM(tdmr_test_case, tdmr_case_gen_params),
	KUNIT_CASE(tdmr_test_rows),
	KUNIT_CASE(tdmr_test_sizes),
	KUNIT_CASE(tdmr_test_order),
	{}
};

static struct kunit_suite tdmr_suite = {
	.name = "tdx_tdmr",
	.init = tdmr_test_init,
	.test_cases = tdmr_tests,
};

kunit_test_suite(tdmr_suite);
