// SPDX-License-Identifier: GPL-2.0-only
/* Runs checks.  Exit 0 only if all passed. */
#include <stdio.h>

#include "check.h"

/* The names are the linker's. */
extern const struct check __start_checks[], __stop_checks[];

static unsigned int check_nr_wrong;

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

	printf("TAP version 13\n1..%zu\n", __stop_checks - __start_checks);
	for (check = __start_checks; check < __stop_checks; check++) {
		check_nr_wrong = 0;
		check->run();
		nr_failed += !!check_nr_wrong;
		printf("%sok %u %s\n", check_nr_wrong ? "not " : "", ++number, check->name);
	}
	return nr_failed ? 1 : 0;
}
