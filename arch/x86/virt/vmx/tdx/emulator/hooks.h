/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replacements for accesses to MSRs that firmware sets, and for VMX operation.  The
 * trap of the SEAMCALL instruction cannot emulate these.  The Makefile includes this
 * file ahead of TDX host code, so that the code itself does not change.
 *
 * If the emulator is off, and for all other MSRs, the replacements use the hardware.
 */
#ifndef _TDX_EMULATOR_HOOKS_H
#define _TDX_EMULATOR_HOOKS_H

#include <asm/msr.h>
#include <asm/virt.h>

#include "emulator.h"

/* The source file defines pr_fmt itself. */
#undef pr_fmt

#undef rdmsrq
#define rdmsrq(msr, val)	((val) = tdx_emulator_rdmsrq(msr))
#define rdmsrq_safe		tdx_emulator_rdmsrq_safe
#define x86_virt_get_ref	tdx_emulator_virt_get_ref
#define x86_virt_put_ref	tdx_emulator_virt_put_ref

#endif /* _TDX_EMULATOR_HOOKS_H */
