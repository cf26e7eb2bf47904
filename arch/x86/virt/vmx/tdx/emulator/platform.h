/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hooks.h puts in the place of RDMSR and of taking VMX.
 */
#ifndef _TDX_EMULATOR_PLATFORM_H
#define _TDX_EMULATOR_PLATFORM_H

#include <linux/types.h>

u64 tdx_emulator_rdmsrq(u32 msr);
int tdx_emulator_rdmsrq_safe(u32 msr, u64 *val);
int tdx_emulator_virt_get_ref(int feat);
void tdx_emulator_virt_put_ref(int feat);

#endif /* _TDX_EMULATOR_PLATFORM_H */
