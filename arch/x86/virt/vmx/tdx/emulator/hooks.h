/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SEAMCALL instruction cannot emulate MSRs that firmware sets, and VMX
 * operation.  The Makefile includes this file ahead of the TDX host code that
 * uses them, and that code does not change.
 *
 * Without an active emulator, and for all other MSRs, the real ones are used.
 */
#ifndef _TDX_EMULATOR_HOOKS_H
#define _TDX_EMULATOR_HOOKS_H

#include <asm/msr.h>
#include <asm/virt.h>

#include "emulator.h"

/* The file that follows defines its own. */
#undef pr_fmt

#undef rdmsrq
#define rdmsrq(msr, val)	((val) = tdx_emulator_rdmsrq(msr))
#define rdmsrq_safe		tdx_emulator_rdmsrq_safe
#define x86_virt_get_ref	tdx_emulator_virt_get_ref
#define x86_virt_put_ref	tdx_emulator_virt_put_ref

#endif /* _TDX_EMULATOR_HOOKS_H */
