// SPDX-License-Identifier: GPL-2.0-only
/* Runs checks.  Exit 0 only if all passed. */
#include <stdio.h>

#include "check.h"

static struct check *check_first, **check_end = &check_first;
static unsigned int check_nr, check_nr_wrong;

void check_register(struct check *check)
{
	*check_end = check;
	check_end = &check->next;
	check_nr++;
}

bool check_equal(u64 got, u64 want, const char *what, const char *file, int line)
{
	/* The first one tells enough: others may follow from it. */
	if (got != want && !__atomic_fetch_add(&check_nr_wrong, 1, __ATOMIC_RELAXED))
		printf("# %s:%d: %s is 0x%llx, should be 0x%llx\n", file, line, what, got, want);
	return got == want;
}

int main(void)
{
	unsigned int number = 0, nr_failed = 0;
	const struct check *check;

	printf("TAP version 13\n1..%u\n", check_nr);
	for (check = check_first; check; check = check->next) {
		check_nr_wrong = 0;
		check->run();
		nr_failed += !!check_nr_wrong;
		printf("%sok %u %s\n", check_nr_wrong ? "not " : "", ++number, check->name);
	}
	return nr_failed ? 1 : 0;
}
