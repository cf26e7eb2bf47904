// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a call costs.
 *
 * The module changes its state at once, then the LP pays: it waits until the
 * leaf's time, times the dilation, has passed since the trap.  A CPU that
 * waits halts, so that many virtual CPUs on few real ones take their time
 * together as real ones would.  Halting overshoots by more than most calls
 * cost: debts are collected and paid in larger pieces, and what was waited
 * too long is credit for the calls that follow.
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

/* The smallest debt that is worth a halt. */
#define PIECE_NS	(1 * NSEC_PER_MSEC)

/*
 * The largest credit.  Before the timers have their full resolution a halt
 * may last a tick too long; but a virtual CPU that was not run for a second
 * must not make the next thousands of calls free.
 */
#define CREDIT_NS	(20 * NSEC_PER_MSEC)

/**
 * struct timing - time that a CPU owes
 * @timer: ends a halt
 * @fired: @timer did
 * @debt: in ns, negative for credit
 *
 * Own CPU with preemption off, never from a nested call; @fired also from
 * the timer's interrupt.
 */
struct timing {
	struct hrtimer timer;
	bool fired;
	s64 debt;
};

static DEFINE_PER_CPU(struct timing, timing);

static enum hrtimer_restart end_of_halt(struct hrtimer *timer)
{
	struct timing *t = container_of(timer, struct timing, timer);

	WRITE_ONCE(t->fired, true);
	return HRTIMER_NORESTART;
}

void __init tdx_timing_start(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		hrtimer_setup(&per_cpu(timing, cpu).timer, end_of_halt,
			      CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
}

/* The clock of printk and tracing; fine long before timekeeping is. */
u64 tdx_timing_now(void)
{
	return local_clock();
}

static u64 cost(u64 leaf)
{
	const struct tdx_emu_params *p = &tdx_emu_params;
	u64 dilation = READ_ONCE(p->dilation);

	switch (leaf) {
	case TDX_EMU_TDMR_INIT:
		return p->tdmr_ns * dilation;
	case TDX_EMU_KEY_CONFIG:
		return p->key_ns * dilation;
	case TDX_EMU_SYS_CONFIG:
		return p->config_ns * dilation;
	}

	return p->other_ns * dilation;
}

static void spin(s64 ns)
{
	u64 end = tdx_timing_now() + ns;

	while ((s64)(end - tdx_timing_now()) > 0)
		cpu_relax();
}

/*
 * Interrupts are off here, were on in the caller, and are on in the halt
 * only, so none is lost between the test and the halt.
 */
static void wait_halted(struct timing *t)
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

static void pay(s64 owed, bool may_halt)
{
	struct timing *t = this_cpu_ptr(&timing);

	/* Others wait for this CPU: pay for this call alone. */
	if (!may_halt) {
		spin(owed);
		return;
	}

	t->debt += owed;
	if (t->debt >= PIECE_NS)
		wait_halted(t);
	t->debt = max_t(s64, t->debt, -(s64)CREDIT_NS);
}

static struct tdxmod_tdmr *find_tdmr(u64 base)
{
	unsigned int i;

	for (i = 0; i < tdx_emu_module.nr_tdmrs; i++) {
		if (tdx_emu_module.tdmrs[i].base == base)
			return &tdx_emu_module.tdmrs[i];
	}

	return NULL;
}

/* The lock that the leaf has held all the time that is being paid, if any. */
static atomic_t *leaf_lock(const struct tdxmod_regs *in, int *taken)
{
	struct tdxmod_tdmr *tdmr;

	*taken = 1;
	if (in->rax & TDX_EMU_SEAMLDR)
		return &tdx_emu_module.loader.inside;

	switch (TDX_EMU_LEAF(in->rax)) {
	case TDX_EMU_SYS_INIT:
	case TDX_EMU_SYS_CONFIG:
	case TDX_EMU_KEY_CONFIG:
		*taken = -1;
		return &tdx_emu_module.global;
	case TDX_EMU_TDMR_INIT:
		tdmr = find_tdmr(in->rcx);
		return tdmr ? &tdmr->lock : NULL;
	}

	return NULL;
}

/*
 * tdx_timing_pay - let the time of a call pass
 * @in: the call
 * @status: its answer
 * @start: when it trapped
 * @may_halt: the caller had interrupts on
 *
 * A call that is in time's debt is still inside the module for the others:
 * its lock is taken again, unless somebody else was quicker.  A refused call
 * did no work and holds nothing.
 */
void tdx_timing_pay(const struct tdxmod_regs *in, u64 status, u64 start, bool may_halt)
{
	s64 owed = cost(TDX_EMU_LEAF(in->rax));
	atomic_t *lock = NULL;
	int taken = 0;

	if (!status)
		lock = leaf_lock(in, &taken);
	if (lock && atomic_cmpxchg_acquire(lock, 0, taken))
		lock = NULL;

	pay(owed - (s64)(tdx_timing_now() - start), may_halt);

	if (lock)
		atomic_set_release(lock, 0);
}
