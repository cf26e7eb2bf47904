/* SPDX-License-Identifier: GPL-2.0-only */
/* @a is a power of two everywhere. */
#ifndef _TDX_TEST_LINUX_ALIGN_H
#define _TDX_TEST_LINUX_ALIGN_H

#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define ALIGN(x, a) ({				\
	__typeof__(x) _a = (a);			\
	ALIGN_DOWN((x) + (_a - 1), _a); })
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)

#endif /* _TDX_TEST_LINUX_ALIGN_H */
