/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the libFuzzer targets of the model share: bytes to decide by.  The first
 * EXPECT() that fails, in the target or in the fixture, aborts.
 */
#ifndef _TDX_TEST_FUZZ_H
#define _TDX_TEST_FUZZ_H

#include "fixture.h"

/* The next bytes of the input as a number; behind its end, 0. */
u64 fuzz_take(unsigned int bytes);

/* Is there more of the input? */
bool fuzz_can_take(void);

/* Each target has its own: do what the input says. */
void fuzz_run(void);

/* Under the name that libFuzzer calls. */
int fuzz_one_input(const u8 *data, size_t size);

#endif /* _TDX_TEST_FUZZ_H */
