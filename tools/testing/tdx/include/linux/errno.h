/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_TEST_LINUX_ERRNO_H
#define _TDX_TEST_LINUX_ERRNO_H

#include <errno.h>

#endif /* _TDX_TEST_LINUX_ERRNO_H */
