// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulate SEAMCALL and MOVDIR64B instructions that raise #UD.
 *
 * A CPU without SEAM raises #UD on SEAMCALL.  The kernel calls die notifiers with
 * interrupts off, before it searches the exception table.  The notifier here decodes
 * and executes the instruction.  So the callers use the same assembly, exception
 * table and test of flags as on real hardware.
 *
 * An interrupt cannot interrupt a real SEAMCALL, but it can interrupt an emulated
 * SEAMCALL that waits.  The emulator answers a SEAMCALL from such an interrupt
 * without delay, and the audit reports it.
 *
 * The host uses MOVDIR64B to clear PAMTs before it reuses their memory.  The emulator
 * executes the instruction on CPUs that lack it.
 */
#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/kdebug.h>
#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/extable.h>
#include <asm/insn.h>
#include <asm/insn-eval.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>
#include <asm/trapnr.h>

#include "internal.h"

static const u8 seamcall_opcode[] = { 0x66, 0x0f, 0x01, 0xcf };

/* MOVDIR64B /r without REX prefix, which would follow 66. */
static const u8 movdir64b_opcode[] = { 0x66, 0x0f, 0x38, 0xf8 };

#define MOVDIR64B_BYTES	64

/* Number of LPs in the module.  Negative: only @tdx_trap_admitted may enter. */
static atomic_t tdx_trap_inside = ATOMIC_INIT(0);

/* Keeps @tdx_trap_inside negative while the admitted task is in the module. */
#define BLOCKED		(INT_MIN / 2)

/* The task that may enter while the module is blocked.  Set by that task. */
static struct task_struct *tdx_trap_admitted;

/* SEAMCALLs in progress on a CPU.  Only that CPU accesses it, with interrupts off. */
static DEFINE_PER_CPU(unsigned int, tdx_trap_depth);

/* Blocks the module for all LPs.  Returns false if an LP is in the module. */
bool tdx_trap_block(void)
{
	return atomic_cmpxchg(&tdx_trap_inside, 0, BLOCKED) == 0;
}

void tdx_trap_unblock(void)
{
	atomic_set_release(&tdx_trap_inside, 0);
}

/* Lets @task enter a blocked module.  NULL revokes this. */
void tdx_trap_admit(struct task_struct *task)
{
	WRITE_ONCE(tdx_trap_admitted, task);
}

/* An interrupt of the admitted task must not enter a blocked module. */
static bool tdx_trap_enter(void)
{
	if (atomic_inc_unless_negative(&tdx_trap_inside))
		return true;

	if (READ_ONCE(tdx_trap_admitted) != current || !in_task())
		return false;

	atomic_inc(&tdx_trap_inside);
	return true;
}

static int tdx_trap_complete(struct pt_regs *regs, const struct tdxmod_regs *out)
{
	regs->ax = out->rax;
	regs->cx = out->rcx;
	regs->dx = out->rdx;
	regs->r8 = out->r8;
	regs->r9 = out->r9;
	regs->r10 = out->r10;
	regs->r11 = out->r11;
	regs->flags &= ~X86_EFLAGS_CF;
	regs->ip += sizeof(seamcall_opcode);
	return NOTIFY_STOP;
}

static int tdx_trap_vmfail_invalid(struct pt_regs *regs)
{
	regs->flags |= X86_EFLAGS_CF;
	regs->ip += sizeof(seamcall_opcode);
	return NOTIFY_STOP;
}

/* Makes the exception table handle a #GP of the instruction. */
static int tdx_trap_raise_gp(struct pt_regs *regs)
{
	return fixup_exception(regs, X86_TRAP_GP, 0, 0) ? NOTIFY_STOP : NOTIFY_DONE;
}

/* An injected answer takes no time. */
static int tdx_trap_inject(struct pt_regs *regs, struct tdxmod_regs *out, u64 status)
{
	switch (status) {
	case TDX_FAULT_VMFAIL:
		return tdx_trap_vmfail_invalid(regs);
	case TDX_FAULT_UD:
		return NOTIFY_DONE;
	case TDX_FAULT_GP:
		return tdx_trap_raise_gp(regs);
	}

	out->rax = status;
	return tdx_trap_complete(regs, out);
}

/* Calls P-SEAMLDR or the module.  The audit may refuse a call of the module. */
static bool tdx_trap_answer(unsigned int lp, const struct tdxmod_regs *in, struct tdxmod_regs *out)
{
	if (in->rax & TDX_EMU_SEAMLDR)
		return tdxmod_seamldr(&tdx_emu_module, lp, out);

	return tdx_audit_before(lp, in) && tdxmod_seamcall(&tdx_emu_module, lp, out);
}

static int tdx_trap_call_module(struct pt_regs *regs, unsigned int lp, u64 start)
{
	bool nested = this_cpu_read(tdx_trap_depth) > 1;
	const struct tdxmod_regs in = {
		.rax = regs->ax,
		.rcx = regs->cx,
		.rdx = regs->dx,
		.r8 = regs->r8,
		.r9 = regs->r9,
		.r10 = regs->r10,
		.r11 = regs->r11,
	};
	struct tdxmod_regs out = in;
	u64 status;

	tdx_calls_count(in.rax);

	if (nested)
		tdx_audit_nested(in.rax);

	if (tdx_faults_take(&out, &status))
		return tdx_trap_inject(regs, &out, status);

	if (!tdx_trap_answer(lp, &in, &out))
		return tdx_trap_vmfail_invalid(regs);

	if (!(in.rax & TDX_EMU_SEAMLDR))
		tdx_audit_after(lp, &in, out.rax);

	/* A call may halt only if it had interrupts on, and never in an NMI. */
	if (!nested)
		tdx_timing_pay(&in, out.rax, start,
			       (regs->flags & X86_EFLAGS_IF) && !in_nmi());

	return tdx_trap_complete(regs, &out);
}

static int tdx_trap_seamcall(struct pt_regs *regs)
{
	unsigned int lp = raw_smp_processor_id();
	u64 start = tdx_timing_now();
	int ret;

	if (!tdx_platform_in_vmx())
		return NOTIFY_DONE;

	/* A CPU that was added after boot has no SEAMRR, so SEAMCALL raises #GP. */
	if (lp >= tdx_emu_module.platform.nr_lps)
		return tdx_trap_raise_gp(regs);

	if (!tdx_trap_enter())
		return tdx_trap_vmfail_invalid(regs);

	/* A SEAMCALL must not migrate while it halts with interrupts on. */
	preempt_disable();
	this_cpu_inc(tdx_trap_depth);

	ret = tdx_trap_call_module(regs, lp, start);

	this_cpu_dec(tdx_trap_depth);
	preempt_enable();
	atomic_dec(&tdx_trap_inside);

	return ret;
}

/* Returns false if the instruction is invalid or faults. */
static bool tdx_trap_movdir64b(struct pt_regs *regs)
{
	u8 buf[MOVDIR64B_BYTES];
	unsigned long *to;
	struct insn insn;
	const void *from;

	if (insn_decode_kernel(&insn, (void *)regs->ip))
		return false;

	/* A register holds the address of the destination.  The source must be in memory. */
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

static int tdx_trap_invalid_opcode(struct notifier_block *nb, unsigned long val, void *data)
{
	struct die_args *args = data;
	struct pt_regs *regs = args->regs;
	u8 opcode[4];

	if (val != DIE_TRAP || args->trapnr != X86_TRAP_UD || user_mode(regs))
		return NOTIFY_DONE;

	if (copy_from_kernel_nofault(opcode, (void *)regs->ip, sizeof(opcode)))
		return NOTIFY_DONE;

	if (!memcmp(opcode, seamcall_opcode, sizeof(opcode)))
		return tdx_trap_seamcall(regs);

	if (!memcmp(opcode, movdir64b_opcode, sizeof(opcode)) && tdx_trap_movdir64b(regs))
		return NOTIFY_STOP;

	return NOTIFY_DONE;
}

static struct notifier_block tdx_trap_nb = {
	.notifier_call = tdx_trap_invalid_opcode,
};

int tdx_trap_start(void)
{
	return register_die_notifier(&tdx_trap_nb);
}
