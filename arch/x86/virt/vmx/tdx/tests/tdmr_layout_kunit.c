// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the planner; their table is shared with user space. */
#include <kunit/test.h>

#include <linux/bits.h>

#include "tdmr_layout_checks.h"

static int layout_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct layout_room), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);

	return 0;
}

static void layout_case_desc(const struct layout_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout_case, layout_cases, layout_case_desc);

/* The planner makes of a memory map the TDMRs of the table, or names why it cannot. */
static void layout_test_case(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, "as it must be",
			   layout_case_differs(test->param_value, test->priv) ?:
			   "as it must be");
}

/* The planner keeps nothing from what it planned before. */
static void layout_test_again(struct kunit *test)
{
	struct layout_room *room = test->priv, *again;
	unsigned int i, j;

	again = kunit_kzalloc(test, sizeof(*again), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, again);

	for (i = 0; i < ARRAY_SIZE(layout_cases); i++) {
		layout_case_fill(&layout_cases[i], room);
		layout_case_fill(&layout_cases[i], again);
		layout_case_plan(&room->layout);
		layout_case_plan(&again->layout);
		layout_case_plan(&again->layout);

		KUNIT_EXPECT_EQ(test, again->layout.trouble, room->layout.trouble);
		KUNIT_ASSERT_EQ(test, again->layout.nr_plans, room->layout.nr_plans);
		KUNIT_EXPECT_EQ(test, again->layout.makespan, room->layout.makespan);
		KUNIT_EXPECT_EQ(test, again->layout.bad_start, room->layout.bad_start);
		KUNIT_EXPECT_EQ(test, again->layout.bad_end, room->layout.bad_end);
		for (j = 0; j < room->layout.nr_plans; j++) {
			KUNIT_EXPECT_EQ(test, again->plans[j].base, room->plans[j].base);
			KUNIT_EXPECT_EQ(test, again->plans[j].size, room->plans[j].size);
			KUNIT_EXPECT_EQ(test, again->plans[j].node, room->plans[j].node);
			KUNIT_EXPECT_EQ(test, again->plans[j].pamt_base,
					room->plans[j].pamt_base);
		}
		KUNIT_EXPECT_MEMEQ(test, again->areas, room->areas,
				   sizeof(room->areas));
	}
}

/* PAMTs are whole pages, whatever the size of their entries. */
static void layout_test_sizes(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, layout_sizes_are_right(test->priv));
}

/* PAMTs larger than the memory are refused. */
static void layout_test_huge_entries(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, layout_huge_entries_are_refused(test->priv));
}

/* The places for a PAMT are tried downwards, within its TDMR. */
static void layout_test_places(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, layout_places_descend(test->priv));
}

/* The places for all PAMTs of a node together are tried downwards. */
static void layout_test_rows(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, layout_rows_descend(test->priv));
}

/* The longest TDMR is initialized first; of equal ones the lowest. */
static void layout_test_order(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, layout_order_is_right(test->priv));
}

/* Where a TDMR lacks an area for a PAMT or a hole, it is named. */
static void layout_test_areas(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, layout_lack_of_areas_is_told(test->priv));
}

/* Each reason to refuse a memory map has a case. */
static void layout_test_complete(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, layout_trouble_without_case(), TDMR_FINE);
}

static struct kunit_case layout_tests[] = {
	KUNIT_CASE_PARAM(layout_test_case, layout_case_gen_params),
	KUNIT_CASE(layout_test_again),
	KUNIT_CASE(layout_test_sizes),
	KUNIT_CASE(layout_test_huge_entries),
	KUNIT_CASE(layout_test_places),
	KUNIT_CASE(layout_test_rows),
	KUNIT_CASE(layout_test_order),
	KUNIT_CASE(layout_test_areas),
	KUNIT_CASE(layout_test_complete),
	{}
};

static struct kunit_suite layout_suite = {
	.name = "tdx_tdmr_layout",
	.init = layout_init,
	.test_cases = layout_tests,
};

kunit_test_suite(layout_suite);

MODULE_DESCRIPTION("Tests of the planner of TDMRs");
MODULE_LICENSE("GPL");
