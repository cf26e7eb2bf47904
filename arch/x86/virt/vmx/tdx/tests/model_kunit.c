// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of a separate instance of the model of the TDX module.  They do not touch the
 * module that answers the SEAMCALLs of this machine.
 */
#include <kunit/test.h>
#include <linux/mm.h>

#include "model_rules.h"

static void model_rule_desc(const struct rule *rule, char *desc)
{
	strscpy(desc, rule->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(model_rule, model_rules, model_rule_desc);

KUNIT_DEFINE_ACTION_WRAPPER(free_machine, kvfree, const void *);

/* The module answers a sequence of calls as its specification requires. */
static void model_test_rule(struct kunit *test)
{
	struct rule_machine *machine = kvzalloc(sizeof(*machine), GFP_KERNEL);
	struct rule_breach breach;

	KUNIT_ASSERT_NOT_NULL(test, machine);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, free_machine, machine));

	KUNIT_EXPECT_TRUE_MSG(test, rule_kept(test->param_value, machine, &breach),
			      "step %u, time %u: 0x%llx instead of 0x%llx",
			      breach.step, breach.time, breach.got, breach.want);
}

static struct kunit_case model_tests[] = {
	KUNIT_CASE_PARAM(model_test_rule, model_rule_gen_params),
	{}
};

static struct kunit_suite model_suite = {
	.name = "tdx_module_model",
	.test_cases = model_tests,
};

kunit_test_suite(model_suite);

MODULE_DESCRIPTION("Tests of the model of the TDX module");
MODULE_LICENSE("GPL");
