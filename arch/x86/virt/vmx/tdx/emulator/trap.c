// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the #UD of a SEAMCALL instruction to the model of the module.
 *
 * A CPU without SEAM raises #UD on SEAMCALL.  Die notifiers see it before the
 * exception table, with interrupts off: here the instruction is decoded and
 * carried out, so that the assembly of the callers, their exception table
 * and their flags tests are those of real hardware.
 *
 * Real SEAMCALLs are not interrupted.  These are, while they pay time: an
 * interrupt that makes a SEAMCALL meanwhile is answered, never waits, and is
 * reported.
 */
#include <linux/atomic.h>
#include <linux/kdebug.h>
#include <linux/limits.h>
#include <linux/notifier.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/extable.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>
#include <asm/trapnr.h>

#include "internal.h"

static const u8 seamcall_opcode[] = { 0x66, 0x0f, 0x01, 0xcf };

/* LPs inside the module; negative: nobody gets in but @admitted. */
static atomic_t inside = ATOMIC_INIT(0);

/* In @inside: negative, whoever is admitted. */
#define BLOCKED		(INT_MIN / 2)

/* Set by the task itself, while the others are kept out. */
static struct task_struct *admitted;

/* SEAMCALLs in progress on this CPU; own CPU, interrupts off. */
static DEFINE_PER_CPU(unsigned int, depth);

/* Keep every LP out of the module.  False if one is in it. */
bool tdx_trap_block(void)
{
	return atomic_cmpxchg(&inside, 0, BLOCKED) == 0;
}

void tdx_trap_unblock(void)
{
	atomic_set_release(&inside, 0);
}

/* For the one who blocked: @task gets in all the same; NULL: no longer. */
void tdx_trap_admit(struct task_struct *task)
{
	WRITE_ONCE(admitted, task);
}

/* An interrupt of the task that is admitted is not the task. */
static bool enter(void)
{
	if (atomic_inc_unless_negative(&inside))
		return true;

	if (READ_ONCE(admitted) != current || !in_task())
		return false;

	atomic_inc(&inside);
	return true;
}

static void leave(void)
{
	atomic_dec(&inside);
}

static void regs_in(struct tdxmod_regs *to, const struct pt_regs *regs)
{
	to->rax = regs->ax;
	to->rcx = regs->cx;
	to->rdx = regs->dx;
	to->r8 = regs->r8;
	to->r9 = regs->r9;
	to->r10 = regs->r10;
	to->r11 = regs->r11;
}

static void regs_out(struct pt_regs *regs, const struct tdxmod_regs *from)
{
	regs->ax = from->rax;
	regs->cx = from->rcx;
	regs->dx = from->rdx;
	regs->r8 = from->r8;
	regs->r9 = from->r9;
	regs->r10 = from->r10;
	regs->r11 = from->r11;
}

static int completed(struct pt_regs *regs, const struct tdxmod_regs *out)
{
	regs_out(regs, out);
	regs->flags &= ~X86_EFLAGS_CF;
	regs->ip += sizeof(seamcall_opcode);
	return NOTIFY_STOP;
}

static int vmfail_invalid(struct pt_regs *regs)
{
	regs->flags |= X86_EFLAGS_CF;
	regs->ip += sizeof(seamcall_opcode);
	return NOTIFY_STOP;
}

/* The exception table decides, as it would for a #GP of the instruction. */
static int general_protection(struct pt_regs *regs)
{
	return fixup_exception(regs, X86_TRAP_GP, 0, 0) ? NOTIFY_STOP : NOTIFY_DONE;
}

/* What the host put in the module's mouth.  It costs no time. */
static int injected(struct pt_regs *regs, struct tdxmod_regs *out, u64 status)
{
	switch (status) {
	case TDX_FAULT_VMFAIL:
		return vmfail_invalid(regs);
	case TDX_FAULT_UD:
		return NOTIFY_DONE;
	case TDX_FAULT_GP:
		return general_protection(regs);
	}

	out->rax = status;
	return completed(regs, out);
}

/*
 * Whether the call may enable interrupts to wait: it must have been
 * interruptible where it was made.  An NMI is served with them off.
 */
static bool may_halt(const struct pt_regs *regs)
{
	return (regs->flags & X86_EFLAGS_IF) && !in_nmi();
}

/* To P-SEAMLDR, or to the module unless it would do harm. */
static bool answered(unsigned int lp, const struct tdxmod_regs *in, struct tdxmod_regs *out)
{
	if (in->rax & TDX_EMU_SEAMLDR)
		return tdxmod_seamldr(&tdx_emu_module, lp, out);

	return tdx_audit_before(lp, in) && tdxmod_seamcall(&tdx_emu_module, lp, out);
}

static int call_module(struct pt_regs *regs, unsigned int lp, u64 start)
{
	bool nested = this_cpu_read(depth) > 1;
	struct tdxmod_regs in, out;
	u64 status;

	regs_in(&in, regs);
	out = in;
	tdx_calls_count(in.rax);

	if (nested)
		tdx_audit_nested(in.rax);

	if (tdx_faults_take(&out, &status))
		return injected(regs, &out, status);

	if (!answered(lp, &in, &out))
		return vmfail_invalid(regs);

	if (!(in.rax & TDX_EMU_SEAMLDR))
		tdx_audit_after(lp, &in, out.rax);

	if (!nested)
		tdx_timing_pay(&in, out.rax, start, may_halt(regs));

	return completed(regs, &out);
}

static int seamcall(struct pt_regs *regs)
{
	unsigned int lp = raw_smp_processor_id();
	u64 start = tdx_timing_now();
	int ret;

	if (!tdx_platform_in_vmx())
		return NOTIFY_DONE;

	/* Firmware has not put SEAMRR into force on a CPU added later. */
	if (lp >= tdx_emu_module.platform.nr_lps)
		return general_protection(regs);

	if (!enter())
		return vmfail_invalid(regs);

	/* An LP does not change its CPU inside a SEAMCALL. */
	preempt_disable();
	this_cpu_inc(depth);

	ret = call_module(regs, lp, start);

	this_cpu_dec(depth);
	preempt_enable();
	leave();

	return ret;
}

static int invalid_opcode(struct notifier_block *nb, unsigned long val, void *data)
{
	struct die_args *args = data;
	struct pt_regs *regs = args->regs;
	u8 opcode[sizeof(seamcall_opcode)];

	if (val != DIE_TRAP || args->trapnr != X86_TRAP_UD || user_mode(regs))
		return NOTIFY_DONE;

	if (copy_from_kernel_nofault(opcode, (void *)regs->ip, sizeof(opcode)))
		return NOTIFY_DONE;

	if (!memcmp(opcode, seamcall_opcode, sizeof(opcode)))
		return seamcall(regs);

	if (tdx_emu_is_movdir64b(opcode) && tdx_emu_movdir64b(regs))
		return NOTIFY_STOP;

	return NOTIFY_DONE;
}

static struct notifier_block invalid_opcode_nb = {
	.notifier_call = invalid_opcode,
};

int tdx_trap_start(void)
{
	return register_die_notifier(&invalid_opcode_nb);
}
