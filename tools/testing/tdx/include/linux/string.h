/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_TEST_LINUX_STRING_H
#define _TDX_TEST_LINUX_STRING_H

#include <string.h>

#endif /* _TDX_TEST_LINUX_STRING_H */
