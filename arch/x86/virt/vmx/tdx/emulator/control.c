// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interfaces by which tests observe and control the emulated module: counts of
 * calls, injected answers, reset, and files in /sys/kernel/debug/tdx_emulator.
 *
 * A failure of PCONFIG, by lack of entropy or a busy key table, affects only the
 * status of TDH.SYS.KEY.CONFIG.  So tests inject that status.
 */
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/fault-inject.h>
#include <linux/fs.h>
#include <linux/hardirq.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "internal.h"

#define MAX_FAULTS	16

/* A slot for each leaf of the module, two for P-SEAMLDR, and one for all other calls. */
enum { SLOT_SEAMLDR_INFO = TDXMOD_NR_LEAVES, SLOT_SEAMLDR_INSTALL, SLOT_OTHER, NR_SLOTS };

/* Number of calls of a leaf, and the times of the first and the last call. */
struct tdx_calls {
	u64 count;
	u64 first;
	u64 last;
};

/*
 * Each CPU updates its own counters.  A nested call may interrupt the update, but
 * the audit reports nested calls.
 */
static DEFINE_PER_CPU(struct tdx_calls[NR_SLOTS], tdx_calls);

static unsigned int tdx_calls_slot(u64 rax)
{
	if (rax == PSEAMLDR_INFO)
		return SLOT_SEAMLDR_INFO;
	if (rax == PSEAMLDR_INSTALL)
		return SLOT_SEAMLDR_INSTALL;
	if ((rax & TDX_EMU_SEAMLDR) || TDX_EMU_LEAF(rax) >= TDXMOD_NR_LEAVES)
		return SLOT_OTHER;

	return TDX_EMU_LEAF(rax);
}

static const char *tdx_calls_slot_name(unsigned int slot)
{
	if (slot == SLOT_SEAMLDR_INFO)
		return "SEAMLDR.INFO";
	if (slot == SLOT_SEAMLDR_INSTALL)
		return "SEAMLDR.INSTALL";
	if (slot == SLOT_OTHER)
		return "-";

	return tdxmod_leaves[slot].name ?: "-";
}

void tdx_calls_count(u64 rax)
{
	struct tdx_calls *c = this_cpu_ptr(&tdx_calls[tdx_calls_slot(rax)]);
	u64 now = tdx_timing_now();

	if (!c->count)
		c->first = now;
	c->last = now;
	WRITE_ONCE(c->count, c->count + 1);
}

/* No LP may be in the module. */
void tdx_calls_clear(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu(tdx_calls, cpu), 0, sizeof(tdx_calls));
}

static struct tdx_calls tdx_calls_sum(unsigned int slot)
{
	struct tdx_calls sum = { .first = U64_MAX };
	int cpu;

	for_each_possible_cpu(cpu) {
		struct tdx_calls *c = &per_cpu(tdx_calls, cpu)[slot];

		if (!READ_ONCE(c->count))
			continue;

		sum.count += READ_ONCE(c->count);
		sum.first = min(sum.first, c->first);
		sum.last = max(sum.last, c->last);
	}

	return sum;
}

/**
 * tdx_emulator_calls - count the calls of a leaf
 * @leaf: RAX of the call; its version does not matter
 *
 * Return: number of SEAMCALLs since boot or reset, including injected answers.
 */
u64 tdx_emulator_calls(u64 leaf)
{
	return tdx_calls_sum(tdx_calls_slot(leaf)).count;
}

/**
 * tdx_emulator_calls_on - count the calls of a leaf on a CPU
 * @cpu: the CPU
 * @leaf: as for tdx_emulator_calls()
 *
 * Return: number of SEAMCALLs since boot or reset, including injected answers.
 */
u64 tdx_emulator_calls_on(unsigned int cpu, u64 leaf)
{
	return READ_ONCE(per_cpu(tdx_calls, cpu)[tdx_calls_slot(leaf)].count);
}

/**
 * tdx_emulator_total_calls - count all calls
 *
 * Return: number of SEAMCALLs since boot or reset, including injected answers.
 */
u64 tdx_emulator_total_calls(void)
{
	u64 total = 0;
	int slot;

	for (slot = 0; slot < NR_SLOTS; slot++)
		total += tdx_calls_sum(slot).count;

	return total;
}

static int tdx_calls_show(struct seq_file *m, void *unused)
{
	int slot;

	seq_puts(m, "# leaf name count first_ns last_ns\n");

	for (slot = 0; slot < NR_SLOTS; slot++) {
		struct tdx_calls sum = tdx_calls_sum(slot);

		if (!sum.count)
			continue;

		seq_printf(m, "%d %s %llu %llu %llu\n", slot, tdx_calls_slot_name(slot),
			   sum.count, sum.first, sum.last);
	}

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(tdx_calls);

/* A raw spinlock, because the trap takes it.  NMIs do not take it. */
static DEFINE_RAW_SPINLOCK(tdx_faults_lock);

/* Protected by @tdx_faults_lock.  Entries with count 0 are free. */
static struct tdx_emulator_fault tdx_faults[MAX_FAULTS];

/*
 * Number of entries in use, written with @tdx_faults_lock held.  Calls read it
 * without the lock and skip an empty table.  Otherwise each call would take the
 * lock, and a virtual CPU would wait very long if the host does not run the vCPU
 * that holds it.
 */
static unsigned int tdx_nr_faults;

/**
 * tdx_emulator_inject - replace some answers of the module
 * @fault: selects the calls and gives the answer; copied
 *
 * If several faults match a call, the first match in the table applies.
 *
 * Return: 0, -EINVAL for a count of 0, -ENOSPC if the table is full.
 */
int tdx_emulator_inject(const struct tdx_emulator_fault *fault)
{
	int i;

	if (!fault->count)
		return -EINVAL;

	guard(raw_spinlock_irqsave)(&tdx_faults_lock);

	for (i = 0; i < MAX_FAULTS; i++) {
		if (!tdx_faults[i].count) {
			tdx_faults[i] = *fault;
			WRITE_ONCE(tdx_nr_faults, tdx_nr_faults + 1);
			return 0;
		}
	}

	return -ENOSPC;
}

/**
 * tdx_emulator_inject_clear - withdraw all injected answers
 */
void tdx_emulator_inject_clear(void)
{
	guard(raw_spinlock_irqsave)(&tdx_faults_lock);

	memset(tdx_faults, 0, sizeof(tdx_faults));
	WRITE_ONCE(tdx_nr_faults, 0);
}

static bool tdx_fault_matches(const struct tdx_emulator_fault *f, const struct tdxmod_regs *regs)
{
	return f->count && f->leaf == regs->rax &&
	       (f->any_rdx || f->match_rdx == regs->rdx);
}

static bool tdx_faults_take_from_table(struct tdxmod_regs *regs, u64 *status)
{
	struct tdx_emulator_fault *f;

	if (!READ_ONCE(tdx_nr_faults))
		return false;

	guard(raw_spinlock_irqsave)(&tdx_faults_lock);

	for (f = tdx_faults; f < tdx_faults + MAX_FAULTS; f++) {
		if (!tdx_fault_matches(f, regs))
			continue;

		if (f->skip) {
			f->skip--;
			continue;
		}

		if (!--f->count)
			WRITE_ONCE(tdx_nr_faults, tdx_nr_faults - 1);
		*status = f->status;
		if (!f->status)
			regs->r8 = f->value;
		return true;
	}

	return false;
}

#ifdef CONFIG_FAULT_INJECTION_DEBUG_FS

static DECLARE_FAULT_ATTR(tdx_fail_seamcall);

/* Users may write these files at any time, also while a call reads the values. */
static u64 tdx_fail_leaf = LEAF_KEY_CONFIG;
static u64 tdx_fail_status = TDX_EMU_SYS_BUSY;

static bool tdx_faults_take_at_random(const struct tdxmod_regs *regs, u64 *status)
{
	if (regs->rax != READ_ONCE(tdx_fail_leaf) || !READ_ONCE(tdx_fail_seamcall.probability))
		return false;

	/* The lock serializes the counters of should_fail(). */
	scoped_guard(raw_spinlock_irqsave, &tdx_faults_lock) {
		if (!should_fail(&tdx_fail_seamcall, 1))
			return false;
	}

	*status = READ_ONCE(tdx_fail_status);
	return true;
}

static void __init tdx_faults_debugfs(struct dentry *dir)
{
	struct dentry *attr;

	attr = fault_create_debugfs_attr("fail_seamcall", dir, &tdx_fail_seamcall);
	if (IS_ERR(attr))
		return;

	debugfs_create_x64("leaf", 0600, attr, &tdx_fail_leaf);
	debugfs_create_x64("status", 0600, attr, &tdx_fail_status);
}

#else

static bool tdx_faults_take_at_random(const struct tdxmod_regs *regs, u64 *status)
{
	return false;
}

static void __init tdx_faults_debugfs(struct dentry *dir)
{
}

#endif /* CONFIG_FAULT_INJECTION_DEBUG_FS */

/* An NMI cannot take the lock, so calls of the crash path get no injected answer. */
bool tdx_faults_take(struct tdxmod_regs *regs, u64 *status)
{
	if (in_nmi())
		return false;

	return tdx_faults_take_from_table(regs, status) ||
	       tdx_faults_take_at_random(regs, status);
}

/* The text is "LEAF STATUS SKIP COUNT", which matches any RDX. */
int tdx_faults_parse(const char *text)
{
	struct tdx_emulator_fault fault = { .any_rdx = true };

	if (sscanf(text, "%lli %llx %u %u", &fault.leaf, &fault.status,
		   &fault.skip, &fault.count) != 4)
		return -EINVAL;

	return tdx_emulator_inject(&fault);
}

/* The input is a text for tdx_faults_parse(), or "clear". */
static ssize_t tdx_inject_write(struct file *file, const char __user *from,
				size_t len, loff_t *pos)
{
	int ret;

	if (len > PAGE_SIZE)
		return -EINVAL;

	char *text __free(kfree) = memdup_user_nul(from, len);

	if (IS_ERR(text))
		return PTR_ERR(text);

	if (sysfs_streq(text, "clear")) {
		tdx_emulator_inject_clear();
		return len;
	}

	ret = tdx_faults_parse(text);
	return ret ?: len;
}

static const struct file_operations tdx_inject_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= tdx_inject_write,
};

static int (*tdx_host_reset_fn)(void);

/**
 * tdx_emulator_set_reset - set the function that resets the host
 * @reset: makes the host free all memory that it gave to the module; returns 0,
 *	or -EBUSY while the host uses the module; called in process context
 *
 * Context: the host calls this once, before user space starts.
 */
void tdx_emulator_set_reset(int (*reset)(void))
{
	tdx_host_reset_fn = reset;
}

/**
 * tdx_emulator_reset - reset host and module, as a reboot would
 *
 * The host frees its PAMTs.  The module, all counters and all injected answers
 * return to their state after boot.
 *
 * Context: process context, sleeps.
 *
 * Return: 0; -EBUSY while the host uses the module or an LP is in it; -ENODEV
 * if the emulator is off; -EOPNOTSUPP if the host has not set a reset function.
 */
int tdx_emulator_reset(void)
{
	int ret;

	if (!tdx_emulator_active())
		return -ENODEV;
	if (!tdx_host_reset_fn)
		return -EOPNOTSUPP;

	tdx_audit_expect_frees(true);
	ret = tdx_host_reset_fn();
	if (!ret && !tdx_trap_block())
		ret = -EBUSY;
	if (!ret) {
		tdx_emulator_inject_clear();
		tdx_calls_clear();
		tdx_audit_clear();
		ret = tdx_platform_boot_module();
		tdx_trap_unblock();
	}
	tdx_audit_expect_frees(false);

	return ret;
}

static ssize_t tdx_reset_write(struct file *file, const char __user *from,
			       size_t len, loff_t *pos)
{
	bool reset;
	int ret;

	ret = kstrtobool_from_user(from, len, &reset);
	if (ret)
		return ret;
	if (!reset)
		return -EINVAL;

	ret = tdx_emulator_reset();
	return ret ?: len;
}

static const struct file_operations tdx_reset_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= tdx_reset_write,
};

DEFINE_SHOW_ATTRIBUTE(tdx_audit);

/* The TDMRs of TDH.SYS.CONFIG are constant until a reset or SYS.DISABLE. */
static int tdx_tdmrs_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	seq_puts(m, "# base size pamt4k\n");
	for (i = 0; i < tdx_emu_module.nr_tdmrs; i++)
		seq_printf(m, "0x%llx 0x%llx 0x%llx\n", tdx_emu_module.tdmrs[i].base,
			   tdx_emu_module.tdmrs[i].size,
			   tdx_emu_module.tdmrs[i].pamt[TDXMOD_4K].base);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(tdx_tdmrs);

DEFINE_SHOW_ATTRIBUTE(tdx_tds);

static int __init tdx_emulator_debugfs(void)
{
	struct dentry *dir;

	if (!tdx_emulator_active())
		return 0;

	dir = debugfs_create_dir("tdx_emulator", NULL);
	debugfs_create_file("calls", 0400, dir, NULL, &tdx_calls_fops);
	debugfs_create_file("audit", 0400, dir, NULL, &tdx_audit_fops);
	debugfs_create_file("tdmrs", 0400, dir, NULL, &tdx_tdmrs_fops);
	debugfs_create_file("tds", 0400, dir, NULL, &tdx_tds_fops);
	debugfs_create_file("inject", 0200, dir, NULL, &tdx_inject_fops);
	tdx_params_debugfs("dilation", dir);
	tdx_faults_debugfs(dir);

	if (IS_BUILTIN(CONFIG_KUNIT)) {
		debugfs_create_file("reset", 0200, dir, NULL, &tdx_reset_fops);
		tdx_params_debugfs("max_tdmrs", dir);
		tdx_replay_debugfs(dir);
	}

	return 0;
}
late_initcall(tdx_emulator_debugfs);
