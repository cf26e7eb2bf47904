// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers that somebody else decides: tests in the kernel through a table,
 * user space through the same table or the kernel's fault injection.
 *
 * PCONFIG without entropy or with a busy key table leaves nothing behind but
 * the status of TDH.SYS.KEY.CONFIG, so both are injected as that.
 */
#include <linux/debugfs.h>
#include <linux/export.h>
#include <linux/fault-inject.h>
#include <linux/hardirq.h>
#include <linux/spinlock.h>

#include "internal.h"

#define MAX_FAULTS	16

/* Taken in the trap, hence raw; never from an NMI. */
static DEFINE_RAW_SPINLOCK(lock);

/* @lock; entries with count 0 are free. */
static struct tdx_emulator_fault faults[MAX_FAULTS];

/*
 * Written under @lock, entries in use.  Read without it, so that CPUs that call
 * at the same time do not queue up for a table that is nearly always empty:
 * virtual ones that are not all running take very long to get through.
 */
static unsigned int nr_faults;

/**
 * tdx_emulator_inject - answer some calls instead of the module
 * @fault: which calls, and what; copied
 *
 * Where several faults match a call, the one injected first sees it first.
 *
 * Return: 0, -EINVAL for a count of 0, -ENOSPC when the table is full.
 */
int tdx_emulator_inject(const struct tdx_emulator_fault *fault)
{
	int i;

	if (!fault->count)
		return -EINVAL;

	guard(raw_spinlock_irqsave)(&lock);

	for (i = 0; i < MAX_FAULTS; i++) {
		if (!faults[i].count) {
			faults[i] = *fault;
			WRITE_ONCE(nr_faults, nr_faults + 1);
			return 0;
		}
	}

	return -ENOSPC;
}
EXPORT_SYMBOL_GPL(tdx_emulator_inject);

/**
 * tdx_emulator_inject_clear - from now on, the module answers
 */
void tdx_emulator_inject_clear(void)
{
	guard(raw_spinlock_irqsave)(&lock);

	memset(faults, 0, sizeof(faults));
	WRITE_ONCE(nr_faults, 0);
}
EXPORT_SYMBOL_GPL(tdx_emulator_inject_clear);

static bool matches(const struct tdx_emulator_fault *f, const struct tdxmod_regs *regs)
{
	return f->count && f->leaf == regs->rax &&
	       (f->any_rdx || f->match_rdx == regs->rdx);
}

static bool take_from_table(struct tdxmod_regs *regs, u64 *status)
{
	struct tdx_emulator_fault *f;

	if (!READ_ONCE(nr_faults))
		return false;

	guard(raw_spinlock_irqsave)(&lock);

	for (f = faults; f < faults + MAX_FAULTS; f++) {
		if (!matches(f, regs))
			continue;

		if (f->skip) {
			f->skip--;
			continue;
		}

		if (!--f->count)
			WRITE_ONCE(nr_faults, nr_faults - 1);
		*status = f->status;
		if (!f->status)
			regs->r8 = f->value;
		return true;
	}

	return false;
}

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS

static DECLARE_FAULT_ATTR(fail_seamcall);

/* Set by hand while calls are made: whoever reads may see either value. */
static u64 fail_leaf = TDX_EMU_KEY_CONFIG;
static u64 fail_status = TDX_EMU_SYS_BUSY;

static bool take_at_random(const struct tdxmod_regs *regs, u64 *status)
{
	if (regs->rax != READ_ONCE(fail_leaf) || !READ_ONCE(fail_seamcall.probability))
		return false;

	/* Of CPUs that call at the same time it would count only some. */
	scoped_guard(raw_spinlock_irqsave, &lock) {
		if (!should_fail(&fail_seamcall, 1))
			return false;
	}

	*status = READ_ONCE(fail_status);
	return true;
}

void tdx_faults_debugfs(struct dentry *dir)
{
	struct dentry *attr;

	attr = fault_create_debugfs_attr("fail_seamcall", dir, &fail_seamcall);
	if (IS_ERR(attr))
		return;

	debugfs_create_x64("leaf", 0600, attr, &fail_leaf);
	debugfs_create_x64("status", 0600, attr, &fail_status);
}

#else

static bool take_at_random(const struct tdxmod_regs *regs, u64 *status)
{
	return false;
}

void tdx_faults_debugfs(struct dentry *dir)
{
}

#endif /* CONFIG_FAULT_INJECTION_DEBUG_FS */

/* The crash path may call from an NMI: it is told the truth. */
bool tdx_faults_take(struct tdxmod_regs *regs, u64 *status)
{
	if (in_nmi())
		return false;

	return take_from_table(regs, status) || take_at_random(regs, status);
}
