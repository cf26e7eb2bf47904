// SPDX-License-Identifier: GPL-2.0-only
/*
 * Emulate the time of a call.
 *
 * The module changes its state at once.  Then the LP waits until the time of the
 * leaf, multiplied by the dilation, has passed since the trap.  A waiting CPU halts,
 * so that many virtual CPUs can wait in parallel on few physical CPUs.  A halt
 * oversleeps by more than the time of most calls.  So a CPU accumulates the time of
 * its calls as debt, and waits in larger pieces.  Oversleep is credited to later
 * calls.
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/init.h>
#include <linux/irqflags.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/time64.h>

#include "internal.h"

/* A CPU halts when its debt reaches this value. */
#define PIECE_NS	(1 * NSEC_PER_MSEC)

/*
 * The largest credit.  Before high-resolution timers work, a halt may oversleep by a
 * tick.  But if the host does not run a virtual CPU for a second, the vCPU must not
 * make thousands of calls without delay afterwards.
 */
#define CREDIT_NS	(20 * NSEC_PER_MSEC)

/**
 * struct tdx_timing - time that a CPU still has to wait
 * @timer: ends a halt
 * @fired: @timer has fired
 * @debt: in ns, negative for credit
 *
 * Only its CPU accesses it, with preemption off and not in nested calls.  The
 * interrupt of @timer also writes @fired.
 */
struct tdx_timing {
	struct hrtimer timer;
	bool fired;
	s64 debt;
};

static DEFINE_PER_CPU(struct tdx_timing, tdx_timing);

static enum hrtimer_restart tdx_timing_end_halt(struct hrtimer *timer)
{
	struct tdx_timing *t = container_of(timer, struct tdx_timing, timer);

	WRITE_ONCE(t->fired, true);
	return HRTIMER_NORESTART;
}

void __init tdx_timing_start(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		hrtimer_setup(&per_cpu(tdx_timing, cpu).timer, tdx_timing_end_halt,
			      CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
}

/* local_clock() works earlier in the boot than timekeeping. */
u64 tdx_timing_now(void)
{
	return local_clock();
}

static u64 tdx_timing_of_leaf(u64 leaf)
{
	const struct tdx_emu_params *p = &tdx_emu_params;
	u64 dilation = READ_ONCE(p->dilation);

	switch (leaf) {
	case LEAF_TDMR_INIT:
		return p->tdmr_ns * dilation;
	case LEAF_KEY_CONFIG:
		return p->key_ns * dilation;
	case LEAF_SYS_CONFIG:
		return p->config_ns * dilation;
	case LEAF_SYS_DISABLE:
		return p->disable_ns * dilation;
	}

	return p->other_ns * dilation;
}

static void tdx_timing_spin(s64 ns)
{
	u64 end = tdx_timing_now() + ns;

	while ((s64)(end - tdx_timing_now()) > 0)
		cpu_relax();
}

/*
 * The caller of the SEAMCALL had interrupts on.  Here they are on only in the halt,
 * so the timer cannot fire between the test and the halt.
 */
static void tdx_timing_halt(struct tdx_timing *t)
{
	u64 start = tdx_timing_now();

	WRITE_ONCE(t->fired, false);
	hrtimer_start(&t->timer, ns_to_ktime(t->debt), HRTIMER_MODE_REL_PINNED_HARD);

	while (!READ_ONCE(t->fired)) {
		safe_halt();
		local_irq_disable();
	}

	t->debt -= tdx_timing_now() - start;
}

static void tdx_timing_wait(s64 owed, bool may_halt)
{
	struct tdx_timing *t = this_cpu_ptr(&tdx_timing);

	/* Other CPUs may wait for this CPU, so it waits only for the time of this call. */
	if (!may_halt) {
		tdx_timing_spin(owed);
		return;
	}

	t->debt += owed;
	if (t->debt >= PIECE_NS)
		tdx_timing_halt(t);
	t->debt = max_t(s64, t->debt, -(s64)CREDIT_NS);
}

/* Returns the lock that the call holds while its time passes, or NULL. */
static atomic_t *tdx_timing_leaf_lock(const struct tdxmod_regs *in, int *taken)
{
	struct tdxmod_tdmr *tdmr;

	*taken = 1;
	if (in->rax & TDX_EMU_SEAMLDR)
		return &tdx_emu_module.loader.inside;

	switch (TDX_EMU_LEAF(in->rax)) {
	case LEAF_SYS_INIT:
	case LEAF_SYS_CONFIG:
	case LEAF_KEY_CONFIG:
		*taken = -1;
		return &tdx_emu_module.global;
	case LEAF_TDMR_INIT:
		tdmr = tdxmod_find_tdmr(&tdx_emu_module, in->rcx);
		return tdmr ? &tdmr->lock : NULL;
	}

	return NULL;
}

/*
 * tdx_timing_pay - wait until the time of a call has passed
 * @in: the call
 * @status: its answer
 * @start: time of the trap
 * @may_halt: the caller had interrupts on
 *
 * To other CPUs, the call must appear to be still in the module.  So it takes its
 * lock again, unless another call has taken the lock first.  A call that failed did
 * no work and takes no lock.  SYS.DISABLE resets locks, but not while another LP is
 * in the module.
 */
void tdx_timing_pay(const struct tdxmod_regs *in, u64 status, u64 start, bool may_halt)
{
	s64 owed = tdx_timing_of_leaf(TDX_EMU_LEAF(in->rax));
	bool in_module = !(in->rax & TDX_EMU_SEAMLDR);
	atomic_t *lock = NULL;
	int taken = 0;

	/* Fully ordered: either SYS.DISABLE observes this LP, or this LP SYS.DISABLE. */
	if (in_module)
		atomic_inc_return(&tdx_emu_module.nr_inside);
	if (!status && !READ_ONCE(tdx_emu_module.disabling))
		lock = tdx_timing_leaf_lock(in, &taken);
	if (lock && atomic_cmpxchg_acquire(lock, 0, taken))
		lock = NULL;

	tdx_timing_wait(owed - (s64)(tdx_timing_now() - start), may_halt);

	if (lock)
		atomic_set_release(lock, 0);
	if (in_module)
		atomic_dec_return(&tdx_emu_module.nr_inside);
}
