/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel types for user-space builds of pure kernel files. */
#ifndef _TDX_TEST_LINUX_TYPES_H
#define _TDX_TEST_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

typedef struct { int counter; } atomic_t;

#endif /* _TDX_TEST_LINUX_TYPES_H */
