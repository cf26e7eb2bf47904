/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks, after kselftest_harness.h: CHECK(name) { ... } with EXPECT_EQ() and
 * EXPECT() in it, which give whether it is so.  A program that check.c is linked
 * into runs all of its checks and speaks TAP.
 */
#ifndef _TDX_TEST_CHECK_H
#define _TDX_TEST_CHECK_H

#include <stddef.h>

#include <linux/types.h>

struct check {
	const char *name;
	void (*run)(void);
};

/* The linker makes an array of all checks. */
#define CHECK(name)							\
	static void name##_check(void);					\
	static const struct check name					\
		__attribute((used, section("checks"))) = { #name, name##_check };	\
	static void name##_check(void)

#define EXPECT_EQ(got, want)	check_equal(got, want, #got, __FILE__, __LINE__)
#define EXPECT(condition)	check_equal(!!(condition), true, #condition, __FILE__, __LINE__)

/* Whether two values are the same; if not, the check that runs fails, with words for @got. */
bool check_equal(u64 got, u64 want, const char *what, const char *file, int line);

#endif /* _TDX_TEST_CHECK_H */
