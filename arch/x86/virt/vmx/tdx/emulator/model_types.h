/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few kernel types and primitives that the model needs.  User-space
 * builds put a directory with their own <linux/...> headers before the
 * kernel's (tools/testing/tdx/include).
 */
#ifndef _TDX_EMULATOR_MODEL_TYPES_H
#define _TDX_EMULATOR_MODEL_TYPES_H

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/types.h>

typedef atomic_t tdxmod_atomic_t;

#endif /* _TDX_EMULATOR_MODEL_TYPES_H */
