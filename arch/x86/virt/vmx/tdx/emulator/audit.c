// SPDX-License-Identifier: GPL-2.0-only
/*
 * The audit reports calls and memory accesses of the host that break rules of the
 * module's interface.
 *
 * Cache flush: after TDH.SYS.CONFIG the host must not write to a PAMT, and it
 * must write back all caches before TDH.SYS.KEY.CONFIG.  A return probe on
 * wbinvd_on_all_cpus() observes flushes.  A flush counts if it began after
 * SYS.CONFIG and has returned.
 *
 * PAMT freed: the emulator holds a reference on each PAMT page.  A probe on
 * free_contig_range() observes most frees.  After any other free, the next check of
 * the page finds a reference count of one.  A host must call SYS.DISABLE first,
 * because the first SYS.DISABLE, however late, overwrites all PAMTs.  If the module
 * lacks this leaf, a host that gives up may free PAMTs before all TDMRs are
 * initialized, and must not call TDMR.INIT on them again.  In both cases, the host
 * must flush caches first if the module has written to a PAMT.
 *
 * PAMT written: the audit compares initialized entries with the bytes that the
 * module wrote.  Each TDMR.INIT checks a sample of the preceding 4 MiB, and a
 * sweep checks all entries.  TD leaves change entries at any time, so the audit
 * accepts any entry that they may have written.  The audit cannot detect reads of
 * PAMT memory.
 *
 * Shutdown: after the last shutdown callback of the host, no CPU may be in VMX
 * operation or have lines of the module in its cache.
 *
 * The audit checks the other rules on the calls and the answers of the module.
 *
 * The trap calls the audit with interrupts off, possibly in an NMI.  So the audit
 * of a call uses atomic accesses and takes no lock.
 */
#define pr_fmt(fmt) "tdx_emulator: " fmt

#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/processor.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/stdarg.h>
#include <linux/syscore_ops.h>

#include "internal.h"

/* One TDMR.INIT initializes this part of a TDMR. */
#define CHUNK		SZ_4M
#define ENTRY_SIZE	TDXMOD_PAMT_ENTRY_SIZE
#define ENTRY_TYPE	2	/* offset of the only byte that may be nonzero */

static const char * const tdx_audit_names[TDX_AUDIT_NR] = {
	[TDX_AUDIT_CACHE_FLUSH]		= "CACHE_FLUSH",
	[TDX_AUDIT_PAMT_FREED]		= "PAMT_FREED",
	[TDX_AUDIT_PAMT_WRITTEN]	= "PAMT_WRITTEN",
	[TDX_AUDIT_LP_NOT_INIT]		= "LP_NOT_INIT",
	[TDX_AUDIT_KEY_CONTENDED]	= "KEY_CONTENDED",
	[TDX_AUDIT_TDMR_BUSY]		= "TDMR_BUSY",
	[TDX_AUDIT_NESTED]		= "NESTED",
	[TDX_AUDIT_SHUTDOWN]		= "SHUTDOWN",
	[TDX_AUDIT_TD_PAGE]		= "TD_PAGE",
	[TDX_AUDIT_TD_KEYID]		= "TD_KEYID",
};

static atomic64_t tdx_audit_counts[TDX_AUDIT_NR];

/*
 * The clock advances when SYS.CONFIG hands over PAMTs, and after the module writes to
 * one.  @tdx_audit_flushed_at is its value when the latest complete flush began.
 */
static atomic64_t tdx_audit_clock;
static atomic64_t tdx_audit_flushed_at;
static bool tdx_audit_module_wrote;

/* Violations that were reported.  Further calls or sweeps do not report them again. */
static unsigned long tdx_audit_flush_reported;
static unsigned long tdx_audit_disable_reported;
static DECLARE_BITMAP(tdx_audit_freed_reported, TDXMOD_MAX_TDMRS);
static DECLARE_BITMAP(tdx_audit_written_reported, TDXMOD_MAX_TDMRS);

/* A reset is in progress, in which the host frees its PAMTs in any state of the module. */
static bool tdx_audit_frees_expected;

/* A replay is in progress.  Vectors break the rules, on PAMTs outside kernel memory. */
static bool tdx_audit_paused;

/* Serializes sweeps, resets, and changes of @tdx_audit_paused. */
static DEFINE_MUTEX(tdx_audit_sweep_lock);

void tdx_audit_report(enum tdx_audit rule, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	atomic64_inc(&tdx_audit_counts[rule]);

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	pr_warn("audit: %s: %pV\n", tdx_audit_names[rule], &vaf);
	va_end(args);
}

/*
 * Marks of a page.  The module owns a PAMT page, and the emulator holds a reference
 * on it.  SYS.DISABLE releases the page to the host.
 */
#define OWNED		((unsigned long)&tdx_audit_clock)
#define RELEASED	((unsigned long)&tdx_audit_flushed_at)

static bool tdx_audit_page_is_owned(struct page *page)
{
	return READ_ONCE(page->private) == OWNED;
}

static bool tdx_audit_is_mark(unsigned long private)
{
	return private == OWNED || private == RELEASED;
}

static struct page *tdx_audit_page(u64 pa)
{
	return tdx_platform_page(pa) ? pfn_to_page(PHYS_PFN(pa)) : NULL;
}

static void tdx_audit_own_page(void *unused, u64 pa)
{
	struct page *page = tdx_audit_page(pa);

	if (!page || tdx_audit_page_is_owned(page))
		return;

	get_page(page);
	set_page_private(page, OWNED);
}

/* Frees a page that was owned, unless the host still has a reference. */
static void tdx_audit_set_mark(struct page *page, unsigned long mark)
{
	unsigned long old = READ_ONCE(page->private);

	if (tdx_audit_is_mark(old) && try_cmpxchg(&page->private, &old, mark) && old == OWNED)
		put_page(page);
}

static void tdx_audit_release_page(void *unused, u64 pa)
{
	struct page *page = tdx_audit_page(pa);

	if (page)
		tdx_audit_set_mark(page, RELEASED);
}

bool tdx_audit_is_paused(void)
{
	return READ_ONCE(tdx_audit_paused);
}

static void tdx_audit_disown_page(void *unused, u64 pa)
{
	struct page *page = tdx_audit_page(pa);

	if (page)
		tdx_audit_set_mark(page, 0);
}

static void tdx_audit_visit_pamts(void (*visit)(void *unused, u64 pa))
{
	tdxmod_visit_pamts(&tdx_emu_module, 0, U64_MAX, visit, NULL);
}

/* SYS.DISABLE calls this when it has overwritten all PAMTs. */
void tdx_audit_release_pamts(void)
{
	tdx_audit_visit_pamts(tdx_audit_release_page);
	tdx_audit_forget_tds();
}

static bool tdx_audit_is_flushed(void)
{
	return atomic64_read(&tdx_audit_flushed_at) == atomic64_read(&tdx_audit_clock);
}

static int tdx_audit_flush_begins(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	*(s64 *)ri->data = atomic64_read(&tdx_audit_clock);
	return 0;
}

static int tdx_audit_flush_returns(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	s64 began = *(s64 *)ri->data;
	s64 latest = atomic64_read(&tdx_audit_flushed_at);

	do {
		if (latest >= began)
			break;
	} while (!atomic64_try_cmpxchg(&tdx_audit_flushed_at, &latest, began));

	return 0;
}

static bool tdx_audit_module_has_sys_disable(void)
{
	return tdx_emu_module.platform.differences & TDXMOD_SYS_DISABLE;
}

/* Tests whether the module may use the pages that it owns. */
static bool tdx_audit_module_in_use(void)
{
	const struct tdxmod *m = &tdx_emu_module;
	unsigned int i;

	if (tdx_audit_module_has_sys_disable())
		return true;
	if (READ_ONCE(m->state) != TDXMOD_SYS_READY)
		return false;

	for (i = 0; i < m->nr_tdmrs; i++) {
		if (READ_ONCE(m->tdmrs[i].next) < m->tdmrs[i].base + m->tdmrs[i].size)
			return false;
	}

	return true;
}

static void tdx_audit_judge_free(struct page *page)
{
	u64 pa = page_to_phys(page);

	if (READ_ONCE(tdx_audit_frees_expected))
		return;

	if (tdx_audit_page_is_owned(page) && tdx_audit_module_in_use())
		tdx_audit_report(TDX_AUDIT_PAMT_FREED,
				 "page 0x%llx while the module uses it", pa);
	else if (READ_ONCE(tdx_audit_module_wrote) && !tdx_audit_is_flushed())
		tdx_audit_report(TDX_AUDIT_PAMT_FREED,
				 "page 0x%llx without a cache flush", pa);
}

/* SYS.DISABLE on another CPU overwrites and releases PAMTs while the audit checks them. */
static bool tdx_audit_module_is_disabled(void)
{
	/* Pairs with tdxmod_forget(). */
	return smp_load_acquire(&tdx_emu_module.disabling) || !READ_ONCE(tdx_emu_module.nr_tdmrs);
}

/* The host still holds its own reference, so the page is not freed here. */
static int tdx_audit_pages_are_freed(struct kprobe *p, struct pt_regs *regs)
{
	unsigned long pfn = regs_get_kernel_argument(regs, 0);
	unsigned long nr = regs_get_kernel_argument(regs, 1);
	bool judged = false;

	for (; nr; nr--, pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (!tdx_audit_is_mark(READ_ONCE(page->private)))
			continue;

		if (!judged)
			tdx_audit_judge_free(page);
		judged = true;
		tdx_audit_set_mark(page, 0);
	}

	return 0;
}

/*
 * The kprobe optimizer holds text_mutex until each task has scheduled.  This takes
 * seconds on a slow machine, and the boot waits for the mutex.  The optimizer skips
 * probes with a post handler.
 */
static void tdx_audit_probe_post(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

static struct kretprobe tdx_audit_flush_probe = {
	.kp.symbol_name	= "wbinvd_on_all_cpus",
	.entry_handler	= tdx_audit_flush_begins,
	.handler	= tdx_audit_flush_returns,
	.data_size	= sizeof(s64),
};

/* A kretprobe has no post handler, so a second probe at the same address provides it. */
static struct kprobe tdx_audit_flush_unoptimized = {
	.symbol_name	= "wbinvd_on_all_cpus",
	.post_handler	= tdx_audit_probe_post,
};

static struct kprobe tdx_audit_free_probe = {
	.symbol_name	= "free_contig_range",
	.pre_handler	= tdx_audit_pages_are_freed,
	.post_handler	= tdx_audit_probe_post,
};

static u64 tdx_audit_entry_offset(const struct tdxmod_tdmr *t, unsigned int level, u64 pa)
{
	return ((pa - t->base) >> tdxmod_page_shift(level)) * ENTRY_SIZE;
}

static void tdx_audit_find_freed(void *freed, u64 pa)
{
	struct page *page = tdx_audit_page(pa);

	if (page && (!tdx_audit_page_is_owned(page) || page_count(page) == 1))
		*(bool *)freed = true;
}

static bool tdx_audit_range_is_freed(const struct tdxmod_range *pamt, u64 offset, u64 end)
{
	bool freed = false;

	for (offset = ALIGN_DOWN(offset, PAGE_SIZE); offset < end; offset += PAGE_SIZE)
		tdx_audit_find_freed(&freed, pamt->base + offset);

	return freed;
}

/* Tests whether the next TDMR.INIT would write to a PAMT page that the host has freed. */
static bool tdx_audit_next_chunk_is_freed(const struct tdxmod_tdmr *t)
{
	u64 next = READ_ONCE(t->next);
	unsigned int level;

	if (next >= t->base + t->size)
		return false;

	for (level = 0; level < TDXMOD_NR_LEVELS; level++) {
		u64 first = tdx_audit_entry_offset(t, level, next);
		u64 last = tdx_audit_entry_offset(t, level, next + CHUNK - 1);

		if (tdx_audit_range_is_freed(&t->pamt[level], first, last + ENTRY_SIZE))
			return true;
	}

	return false;
}

/* Pages of TDs are 4 KiB pages, which are not reserved. */
static bool tdx_audit_is_td_entry(unsigned int i, unsigned int level, u64 index, u8 type,
				  const u8 *entry)
{
	return level == TDXMOD_4K && type == TDXMOD_PT_NDA &&
	       tdxmod_is_td_entry(&tdx_emu_module, i, index, (const u64 *)entry);
}

/* Compares entries of a page with the values that the module wrote. */
static void tdx_audit_check_entries(unsigned int i, unsigned int level, u64 offset, u64 end)
{
	static const char * const names[TDXMOD_NR_LEVELS] = {
		[TDXMOD_4K] = "4K", [TDXMOD_2M] = "2M", [TDXMOD_1G] = "1G",
	};
	const struct tdxmod_range *pamt = &tdx_emu_module.tdmrs[i].pamt[level];
	const u8 *entry = tdx_platform_page(pamt->base + offset);
	u8 want[ENTRY_SIZE] = {};
	u64 nr = 0;

	for (; entry && offset < end; offset += ENTRY_SIZE, entry += ENTRY_SIZE) {
		if (!nr)
			nr = tdxmod_pamt_entry(&tdx_emu_module, i, level, offset / ENTRY_SIZE,
					       &want[ENTRY_TYPE]);
		/* The module writes entries in order. */
		if (!nr)
			return;

		nr--;
		if (!memcmp(entry, want, sizeof(want)) ||
		    tdx_audit_is_td_entry(i, level, offset / ENTRY_SIZE, want[ENTRY_TYPE],
					  entry))
			continue;

		if (tdx_audit_module_is_disabled())
			return;
		if (!test_and_set_bit(i, tdx_audit_written_reported))
			tdx_audit_report(TDX_AUDIT_PAMT_WRITTEN,
					 "entry %llu of the %s PAMT of TDMR %u",
					 offset / ENTRY_SIZE, names[level], i);
		return;
	}
}

/* Checks the first entry of each PAMT page of the preceding chunk. */
static void tdx_audit_check_previous_chunk(unsigned int i)
{
	const struct tdxmod_tdmr *t = &tdx_emu_module.tdmrs[i];
	u64 next = READ_ONCE(t->next);
	u64 offset, end;

	if (next == t->base)
		return;

	offset = tdx_audit_entry_offset(t, TDXMOD_4K, next - CHUNK);
	end = tdx_audit_entry_offset(t, TDXMOD_4K, next);
	for (; offset < end; offset += PAGE_SIZE)
		tdx_audit_check_entries(i, TDXMOD_4K, offset, offset + ENTRY_SIZE);

	offset = tdx_audit_entry_offset(t, TDXMOD_2M, next - CHUNK);
	tdx_audit_check_entries(i, TDXMOD_2M, offset, offset + ENTRY_SIZE);
}

void tdx_audit_nested(u64 rax)
{
	tdx_audit_report(TDX_AUDIT_NESTED, "SEAMCALL 0x%llx interrupts another on its CPU", rax);
}

static bool tdx_audit_leaf_needs_lp_init(u64 leaf)
{
	switch (leaf) {
	case LEAF_SYS_INIT:
	case LEAF_LP_INIT:
	case LEAF_LP_SHUTDOWN:
	case LEAF_SYS_SHUTDOWN:
	case LEAF_SYS_DISABLE:
		return false;
	}

	return true;
}

static void tdx_audit_clear_reported(void)
{
	clear_bit(0, &tdx_audit_flush_reported);
	clear_bit(0, &tdx_audit_disable_reported);
	bitmap_zero(tdx_audit_freed_reported, TDXMOD_MAX_TDMRS);
	bitmap_zero(tdx_audit_written_reported, TDXMOD_MAX_TDMRS);
}

static void tdx_audit_before_key_config(void)
{
	if (READ_ONCE(tdx_emu_module.state) != TDXMOD_SYSCONFIG_DONE || tdx_audit_is_flushed())
		return;

	if (!test_and_set_bit(0, &tdx_audit_flush_reported))
		tdx_audit_report(TDX_AUDIT_CACHE_FLUSH, "KEY.CONFIG without WBINVD on all CPUs");
}

static bool tdx_audit_before_tdmr_init(u64 base)
{
	const struct tdxmod_tdmr *t = tdxmod_find_tdmr(&tdx_emu_module, base);
	unsigned int i;

	if (!t)
		return true;

	i = t - tdx_emu_module.tdmrs;
	tdx_audit_check_previous_chunk(i);

	if (!tdx_audit_next_chunk_is_freed(t) || tdx_audit_module_is_disabled())
		return true;

	if (!test_and_set_bit(i, tdx_audit_freed_reported))
		tdx_audit_report(TDX_AUDIT_PAMT_FREED,
				 "TDMR.INIT writes to freed PAMT of TDMR %u", i);
	return false;
}

static bool tdx_audit_before_disable(void)
{
	u64 first = READ_ONCE(tdx_emu_module.nr_overwritten);
	bool freed = false;

	if (!tdx_audit_module_has_sys_disable())
		return true;

	tdxmod_visit_pamts(&tdx_emu_module, first, TDXMOD_DISABLE_PAGES, tdx_audit_find_freed,
			   &freed);
	/* If another CPU has gone on meanwhile, it may have released the pages. */
	if (!freed || READ_ONCE(tdx_emu_module.nr_overwritten) != first)
		return true;

	if (!test_and_set_bit(0, &tdx_audit_disable_reported))
		tdx_audit_report(TDX_AUDIT_PAMT_FREED, "SYS.DISABLE writes to freed PAMT");
	return false;
}

/*
 * tdx_audit_before - check a call before the module gets it
 * @lp: the calling LP
 * @in: the call
 *
 * Return: false if the module would write to freed memory.  The caller then skips
 * the call, so that the kernel survives to print the report.
 */
bool tdx_audit_before(unsigned int lp, const struct tdxmod_regs *in)
{
	u64 leaf = TDX_EMU_LEAF(in->rax);

	if (READ_ONCE(tdx_audit_paused))
		return true;

	if (tdx_audit_leaf_needs_lp_init(leaf) && !tdx_emu_module.lp_done[lp])
		tdx_audit_report(TDX_AUDIT_LP_NOT_INIT, "leaf %llu on CPU %u", leaf, lp);

	switch (leaf) {
	case LEAF_KEY_CONFIG:
		tdx_audit_before_key_config();
		break;
	case LEAF_TDMR_INIT:
		return tdx_audit_before_tdmr_init(in->rcx);
	case LEAF_SYS_DISABLE:
		return tdx_audit_before_disable();
	}

	return true;
}

/*
 * Advances the clock last.  An earlier flush no longer counts, because it may have
 * missed a part of the change.
 */
static void tdx_audit_pamts_changed(bool by_module)
{
	WRITE_ONCE(tdx_audit_module_wrote, by_module);
	atomic64_inc(&tdx_audit_clock);
}

/*
 * tdx_audit_after - check the answer of the module
 * @lp: the calling LP
 * @in: the call
 * @status: the answer
 */
void tdx_audit_after(unsigned int lp, const struct tdxmod_regs *in, u64 status)
{
	if (READ_ONCE(tdx_audit_paused))
		return;

	switch (TDX_EMU_LEAF(in->rax)) {
	case LEAF_SYS_CONFIG:
		if (status)
			break;
		tdx_audit_visit_pamts(tdx_audit_own_page);
		tdx_audit_clear_reported();
		tdx_audit_pamts_changed(false);
		break;
	case LEAF_KEY_CONFIG:
		if (status == TDX_EMU_SYS_BUSY)
			tdx_audit_report(TDX_AUDIT_KEY_CONTENDED, "on CPU %u", lp);
		break;
	case LEAF_TDMR_INIT:
		if (status == TDX_EMU_OPERAND_BUSY_RCX)
			tdx_audit_report(TDX_AUDIT_TDMR_BUSY, "TDMR 0x%llx on CPU %u", in->rcx, lp);
		else if (!status)
			tdx_audit_pamts_changed(true);
		break;
	case LEAF_SYS_DISABLE:
		if (!status || status == TDX_EMU_INTERRUPTED_RESUMABLE)
			tdx_audit_pamts_changed(true);
		break;
	default:
		tdx_audit_after_td(in, status);
		break;
	}
}

static void tdx_audit_sweep_pamt(unsigned int i, unsigned int level)
{
	const struct tdxmod_range *pamt = &tdx_emu_module.tdmrs[i].pamt[level];
	struct page *page;
	u64 offset;

	for (offset = 0; offset < pamt->size; offset += PAGE_SIZE) {
		cond_resched();

		page = tdx_audit_page(pamt->base + offset);
		if (!page || !tdx_audit_page_is_owned(page))
			continue;

		if (page_count(page) == 1) {
			if (tdx_audit_module_is_disabled())
				return;
			tdx_audit_judge_free(page);
			tdx_audit_set_mark(page, 0);
			continue;
		}

		tdx_audit_check_entries(i, level, offset, offset + PAGE_SIZE);
	}
}

/* Checks all initialized entries of all PAMTs. */
static void tdx_audit_sweep(void)
{
	unsigned int i, level;

	guard(mutex)(&tdx_audit_sweep_lock);

	if (tdx_audit_paused)
		return;

	for (i = 0; i < tdx_emu_module.nr_tdmrs; i++) {
		for (level = 0; level < TDXMOD_NR_LEVELS; level++)
			tdx_audit_sweep_pamt(i, level);
	}
}

/**
 * tdx_emulator_audit_shutdown - check each CPU after the last SEAMCALL
 *
 * Reports CPUs that this kernel leaves in VMX operation or with dirty lines of the
 * module in their caches.
 */
void tdx_emulator_audit_shutdown(void)
{
	unsigned int in_vmx = tdx_platform_nr_in_vmx();
	unsigned int cpu, dirty = 0;

	for_each_possible_cpu(cpu)
		dirty += READ_ONCE(per_cpu(cache_state_incoherent, cpu));

	if (in_vmx)
		tdx_audit_report(TDX_AUDIT_SHUTDOWN, "%u CPUs in VMX operation", in_vmx);
	if (dirty)
		tdx_audit_report(TDX_AUDIT_SHUTDOWN,
				 "%u CPUs with caches that were not flushed", dirty);
}

static void tdx_audit_shutdown(void *unused)
{
	tdx_emulator_audit_shutdown();
}

static const struct syscore_ops tdx_audit_syscore_ops = {
	.shutdown = tdx_audit_shutdown,
};

static struct syscore tdx_audit_syscore = {
	.ops = &tdx_audit_syscore_ops,
};

/* Allows frees of PAMTs in any state, for a reset. */
void tdx_audit_expect_frees(bool expected)
{
	WRITE_ONCE(tdx_audit_frees_expected, expected);
}

/* Context: sleeps.  No LP may be in the module, and the module must not have PAMTs. */
void tdx_audit_pause(bool pause)
{
	guard(mutex)(&tdx_audit_sweep_lock);

	WRITE_ONCE(tdx_audit_paused, pause);
}

/*
 * Drops the references on PAMTs, and clears all counts of reports.
 *
 * Context: sleeps.  No LP may be in the module.
 */
void tdx_audit_clear(void)
{
	unsigned int rule;

	guard(mutex)(&tdx_audit_sweep_lock);

	tdx_audit_visit_pamts(tdx_audit_disown_page);
	WRITE_ONCE(tdx_audit_module_wrote, false);
	tdx_audit_clear_reported();

	for (rule = 0; rule < TDX_AUDIT_NR; rule++)
		atomic64_set(&tdx_audit_counts[rule], 0);
}

/**
 * tdx_emulator_audit - count the reports of a rule
 * @rule: the rule
 *
 * Context: sleeps for the two rules about PAMT pages, because it sweeps the PAMTs.
 * Return: number of reports since boot or reset.
 */
u64 tdx_emulator_audit(enum tdx_audit rule)
{
	if (rule == TDX_AUDIT_PAMT_FREED || rule == TDX_AUDIT_PAMT_WRITTEN)
		tdx_audit_sweep();

	return atomic64_read(&tdx_audit_counts[rule]);
}

/**
 * tdx_emulator_audit_total - count the reports of all rules
 *
 * Context: sweeps the PAMTs and sleeps.
 * Return: number of reports since boot or reset.
 */
u64 tdx_emulator_audit_total(void)
{
	unsigned int rule;
	u64 total = 0;

	tdx_audit_sweep();

	for (rule = 0; rule < TDX_AUDIT_NR; rule++)
		total += atomic64_read(&tdx_audit_counts[rule]);

	return total;
}

int tdx_audit_show(struct seq_file *m, void *unused)
{
	unsigned int rule;

	tdx_audit_sweep();

	for (rule = 0; rule < TDX_AUDIT_NR; rule++)
		seq_printf(m, "%s %llu\n", tdx_audit_names[rule],
			   atomic64_read(&tdx_audit_counts[rule]));

	return 0;
}

int tdx_audit_start(void)
{
	struct kprobe *probes[] = { &tdx_audit_flush_unoptimized, &tdx_audit_free_probe };
	int ret;

	ret = register_kprobes(probes, ARRAY_SIZE(probes));
	if (!ret) {
		ret = register_kretprobe(&tdx_audit_flush_probe);
		if (ret)
			unregister_kprobes(probes, ARRAY_SIZE(probes));
	}
	if (ret) {
		pr_err("no probes on wbinvd_on_all_cpus and free_contig_range (%d)\n", ret);
		return ret;
	}

	/* The host registers its callback later, so its callback runs first at shutdown. */
	register_syscore(&tdx_audit_syscore);
	return 0;
}
