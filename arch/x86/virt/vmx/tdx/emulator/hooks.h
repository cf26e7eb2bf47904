/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two things that the SEAMCALL instruction cannot emulate: what firmware
 * says in MSRs, and VMX operation.  The Makefile includes this file ahead of
 * the TDX host code that reads or takes them; that code does not know.
 *
 * On a machine where the emulator does not act, and for everything else, the
 * real MSRs and the real VMX are used.
 */
#ifndef _TDX_EMULATOR_HOOKS_H
#define _TDX_EMULATOR_HOOKS_H

#include <asm/msr.h>
#include <asm/virt.h>

#include "platform.h"

/* The file that follows may define its own, as if it came first. */
#undef pr_fmt

#undef rdmsrq
#define rdmsrq(msr, val)	((val) = tdx_emulator_rdmsrq(msr))
#define rdmsrq_safe		tdx_emulator_rdmsrq_safe
#define x86_virt_get_ref	tdx_emulator_virt_get_ref
#define x86_virt_put_ref	tdx_emulator_virt_put_ref

#endif /* _TDX_EMULATOR_HOOKS_H */
