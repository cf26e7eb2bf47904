/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_TEST_LINUX_LIMITS_H
#define _TDX_TEST_LINUX_LIMITS_H

#define U32_MAX			(~0U)
#define U64_MAX			(~0ULL)

#endif /* _TDX_TEST_LINUX_LIMITS_H */
