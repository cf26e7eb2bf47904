/* SPDX-License-Identifier: GPL-2.0-only */
/* Unlike snprintf(), scnprintf() returns what it has written. */
#ifndef _TDX_TEST_LINUX_SPRINTF_H
#define _TDX_TEST_LINUX_SPRINTF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#ifndef __printf
#define __printf(a, b)	__attribute__((__format__(printf, a, b)))
#endif

static inline __printf(3, 4)
int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	if (!size)
		return 0;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);

	return (size_t)n < size ? n : (int)(size - 1);
}

#endif /* _TDX_TEST_LINUX_SPRINTF_H */
