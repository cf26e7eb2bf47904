// SPDX-License-Identifier: GPL-2.0-only
/* What the libFuzzer targets of the model share. */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static const u8 *fuzz_data;
static size_t fuzz_left;

bool check_equal(u64 got, u64 want, const char *what, const char *file, int line)
{
	if (got == want)
		return true;
	fprintf(stderr, "%s:%d: %s is 0x%llx, should be 0x%llx\n", file, line, what, got, want);
	abort();
}

bool fuzz_can_take(void)
{
	return fuzz_left;
}

u64 fuzz_take(unsigned int bytes)
{
	u64 value = 0;

	for (; bytes && fuzz_left; bytes--, fuzz_left--)
		value = value << 8 | *fuzz_data++;
	return value;
}

int fuzz_one_input(const u8 *data, size_t size)
{
	fuzz_data = data;
	fuzz_left = size;
	fuzz_run();
	return 0;
}
