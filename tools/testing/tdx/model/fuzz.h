/* SPDX-License-Identifier: GPL-2.0-only */
/* What libFuzzer targets of the model share: bytes to decide by, and a check. */
#ifndef _TDX_TESTING_FUZZ_H
#define _TDX_TESTING_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/types.h>

#define REQUIRE(condition)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "not so: %s, line %d\n",	\
				#condition, __LINE__);			\
			abort();					\
		}							\
	} while (0)

static struct {
	const u8 *data;
	size_t left;
} fuzz_input;

static inline void take_from(const u8 *data, size_t size)
{
	fuzz_input.data = data;
	fuzz_input.left = size;
}

static inline bool can_take(void)
{
	return fuzz_input.left;
}

/* The next bytes as a number; zeros behind the end. */
static inline u64 take(unsigned int bytes)
{
	u64 value = 0;

	while (bytes-- && fuzz_input.left) {
		value = value << 8 | *fuzz_input.data++;
		fuzz_input.left--;
	}
	return value;
}

/* The target's, under the name that libFuzzer or a replay of inputs calls. */
int fuzz_one_input(const u8 *data, size_t size);

#endif
