// SPDX-License-Identifier: GPL-2.0-only
/*
 * MOVDIR64B, which clears PAMTs that go back to the host, for CPUs that do
 * not have it.
 */
#include <linux/align.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <asm/insn.h>
#include <asm/insn-eval.h>
#include <asm/ptrace.h>

#include "internal.h"

#define MOVDIR64B_BYTES	64

/* 66 0F 38 F8 /r.  REX, which would stand after 66, is not decoded. */
bool tdx_emu_is_movdir64b(const u8 *opcode)
{
	static const u8 movdir64b[] = { 0x66, 0x0f, 0x38, 0xf8 };

	return !memcmp(opcode, movdir64b, sizeof(movdir64b));
}

/* False where the CPU would have raised an exception. */
bool tdx_emu_movdir64b(struct pt_regs *regs)
{
	u8 buf[MOVDIR64B_BYTES];
	unsigned long *to;
	struct insn insn;
	const void *from;

	if (insn_decode_kernel(&insn, (void *)regs->ip))
		return false;

	/* The destination is in a register, the source must be in memory. */
	if (X86_MODRM_MOD(insn.modrm.value) == 3)
		return false;

	to = insn_get_modrm_reg_ptr(&insn, regs);
	from = (__force const void *)insn_get_addr_ref(&insn, regs);
	if (!to || !IS_ALIGNED(*to, MOVDIR64B_BYTES))
		return false;

	if (copy_from_kernel_nofault(buf, from, sizeof(buf)) ||
	    copy_to_kernel_nofault((void *)*to, buf, sizeof(buf)))
		return false;

	regs->ip += insn.length;
	return true;
}
