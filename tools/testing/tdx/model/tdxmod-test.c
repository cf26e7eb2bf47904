// SPDX-License-Identifier: GPL-2.0-only
/* Runs the checks of the model.  Speaks TAP; exit 0 only if all passed. */
#include <stdio.h>

#include "check.h"

static const struct check *const lists[] = {
	check_init_list,
	check_metadata_list,
	check_life_list,
	check_seamldr_list,
};

static unsigned int count(void)
{
	const struct check *c;
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		for (c = lists[i]; c->name; c++)
			n++;
	}
	return n;
}

static bool run(const struct check *from, unsigned int number)
{
	static struct machine mc;
	struct check c = *from;

	c.mc = &mc;
	c.run(&c);
	machine_exit(&mc);

	printf("%sok %u %s\n", c.nr_failed ? "not " : "", number, c.name);
	if (c.nr_failed)
		printf("# %u failed, last at line %d: %s is 0x%llx, should be 0x%llx\n",
		       c.nr_failed, c.line, c.where, c.got, c.want);
	return !c.nr_failed;
}

int main(void)
{
	unsigned int i, number = 0, failed = 0;
	const struct check *c;

	printf("TAP version 13\n1..%u\n", count());
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		for (c = lists[i]; c->name; c++)
			failed += !run(c, ++number);
	}
	return failed ? 1 : 0;
}
