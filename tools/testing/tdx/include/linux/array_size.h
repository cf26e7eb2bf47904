/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_TEST_LINUX_ARRAY_SIZE_H
#define _TDX_TEST_LINUX_ARRAY_SIZE_H

#define ARRAY_SIZE(arr)		(sizeof(arr) / sizeof((arr)[0]))

#endif /* _TDX_TEST_LINUX_ARRAY_SIZE_H */
