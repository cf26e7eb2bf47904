/* SPDX-License-Identifier: GPL-2.0-only */
/* Formatted text that says what it wrote. */
#ifndef _TDX_TEST_LINUX_SPRINTF_H
#define _TDX_TEST_LINUX_SPRINTF_H

#include <stdarg.h>
#include <stdio.h>

#include <linux/compiler.h>
#include <linux/types.h>

static inline __printf(3, 4) int scnprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int n;

	if (!size)
		return 0;
	va_start(args, format);
	n = vsnprintf(buf, size, format, args);
	va_end(args);
	return n < (int)size ? n : (int)size - 1;
}

#endif /* _TDX_TEST_LINUX_SPRINTF_H */
