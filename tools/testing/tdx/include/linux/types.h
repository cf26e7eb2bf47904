/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel types for user-space builds of pure kernel files. */
#ifndef _TDX_TEST_LINUX_TYPES_H
#define _TDX_TEST_LINUX_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef long long s64;

typedef struct { int counter; } atomic_t;

#endif /* _TDX_TEST_LINUX_TYPES_H */
