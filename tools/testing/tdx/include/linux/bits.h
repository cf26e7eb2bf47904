/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_TEST_LINUX_BITS_H
#define _TDX_TEST_LINUX_BITS_H

#define BIT(nr)			(1UL << (nr))
#define BIT_ULL(nr)		(1ULL << (nr))
#define GENMASK_ULL(h, l)	((~0ULL >> (63 - (h))) & (~0ULL << (l)))

#endif /* _TDX_TEST_LINUX_BITS_H */
