// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rules of the module's interface that a right answer does not enforce.
 *
 * Cache flush.  From TDH.SYS.CONFIG on, the host may not write to a PAMT, and
 * it must have written back all caches before TDH.SYS.KEY.CONFIG: a return
 * probe sees wbinvd_on_all_cpus(), which counts if it began after the
 * SYS.CONFIG and has returned.
 *
 * PAMT freed.  The emulator holds a reference on each PAMT page.  A probe
 * sees free_contig_range(); a page that went by another way has a count of
 * one when it is next looked at.  The host may take PAMTs back when it gives
 * up: before all TDMRs are initialised, never to call TDMR.INIT on them
 * again, and after a flush if the module has written to any of them.
 *
 * PAMT written.  The bytes of initialised entries are compared with what the
 * module wrote: a sample of the preceding 4 MiB at each TDMR.INIT, all of
 * them in a sweep.  A host that reads PAMT memory is not seen.
 *
 * Shutdown.  After the last shutdown callback of the host, no CPU may be in VMX
 * operation or have lines of the module's in its cache.
 *
 * The other rules follow from calls and answers.
 *
 * The calls come from the trap, with interrupts off and maybe from an NMI:
 * all state is atomic, and no lock is taken.
 */
#define pr_fmt(fmt) "tdx_emulator: " fmt

#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/export.h>
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

/* One TDMR.INIT initialises so much. */
#define CHUNK		SZ_4M
#define ENTRY_SIZE	16
#define ENTRY_TYPE	2	/* the only byte that is not zero */

static const char * const rule_names[TDX_AUDIT_NR] = {
	[TDX_AUDIT_CACHE_FLUSH]		= "CACHE_FLUSH",
	[TDX_AUDIT_PAMT_FREED]		= "PAMT_FREED",
	[TDX_AUDIT_PAMT_WRITTEN]	= "PAMT_WRITTEN",
	[TDX_AUDIT_LP_NOT_INIT]		= "LP_NOT_INIT",
	[TDX_AUDIT_KEY_CONTENDED]	= "KEY_CONTENDED",
	[TDX_AUDIT_TDMR_BUSY]		= "TDMR_BUSY",
	[TDX_AUDIT_NESTED]		= "NESTED",
	[TDX_AUDIT_SHUTDOWN]		= "SHUTDOWN",
};

static atomic64_t counts[TDX_AUDIT_NR];

/*
 * A clock that ticks when PAMTs pass to the module, and when it has written
 * to one; and the reading at the start of the latest flush that is complete.
 */
static atomic64_t pamt_clock;
static atomic64_t flushed_at;
static bool module_wrote;

/* Reports that would come again with each call or sweep. */
static unsigned long flush_said;
static DECLARE_BITMAP(freed_said, TDXMOD_MAX_TDMRS);
static DECLARE_BITMAP(written_said, TDXMOD_MAX_TDMRS);

/* A reset makes the host free its PAMTs, whatever the module's state. */
static bool frees_expected;

/* Recorded vectors break all rules, on PAMTs that are not in this memory. */
static bool paused;

/* One sweep or reset at a time, none while paused. */
static DEFINE_MUTEX(sweep_lock);

static __printf(2, 3) void report(enum tdx_audit rule, const char *fmt, ...)
{
	struct va_format vaf;
	va_list args;

	atomic64_inc(&counts[rule]);

	va_start(args, fmt);
	vaf.fmt = fmt;
	vaf.va = &args;
	pr_warn("audit: %s: %pV\n", rule_names[rule], &vaf);
	va_end(args);
}

static u64 count_of(enum tdx_audit rule)
{
	return atomic64_read(&counts[rule]);
}

/*
 * Ownership of PAMT pages.  A page that is the module's carries a mark, and
 * whoever removes the mark drops the reference that came with it.
 */
#define OWNED	((unsigned long)&pamt_clock)

static bool page_is_owned(struct page *page)
{
	return READ_ONCE(page->private) == OWNED;
}

static void own_page(struct page *page)
{
	if (page_is_owned(page))
		return;

	get_page(page);
	set_page_private(page, OWNED);
}

/* May free the page, unless the caller knows that the host has it still. */
static void disown_page(struct page *page)
{
	unsigned long mark = OWNED;

	if (try_cmpxchg(&page->private, &mark, 0))
		put_page(page);
}

static struct page *pamt_page(const struct tdxmod_range *pamt, u64 offset)
{
	u64 pa = pamt->base + offset;

	return tdx_platform_page(pa) ? pfn_to_page(PHYS_PFN(pa)) : NULL;
}

static void visit_tdmrs(const struct tdxmod_tdmr *tdmrs, unsigned int nr_tdmrs,
			void (*visit)(struct page *page))
{
	unsigned int i, level;
	struct page *page;
	u64 offset;

	for (i = 0; i < nr_tdmrs; i++) {
		for (level = 0; level < TDXMOD_NR_LEVELS; level++) {
			const struct tdxmod_range *pamt = &tdmrs[i].pamt[level];

			for (offset = 0; offset < pamt->size; offset += PAGE_SIZE) {
				page = pamt_page(pamt, offset);
				if (page)
					visit(page);
			}
		}
	}
}

/* Those that an update was to hand on, too: it may have failed half-way. */
static void visit_pamt_pages(void (*visit)(struct page *page))
{
	const struct tdxmod *m = &tdx_emu_module;

	visit_tdmrs(m->tdmrs, m->nr_tdmrs, visit);
	if (m->handoff_valid)
		visit_tdmrs(m->handoff.tdmrs, m->handoff.nr_tdmrs, visit);
}

/*
 * The optimizer of probes holds text_mutex until each task has scheduled, which
 * takes seconds in the boot of a slow machine, and the boot waits for the mutex.
 * A probe with a post handler is not optimized.
 */
static void audit_probe_post(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

/* Cache flush */

static bool flushed(void)
{
	return atomic64_read(&flushed_at) == atomic64_read(&pamt_clock);
}

static int flush_begins(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	*(s64 *)ri->data = atomic64_read(&pamt_clock);
	return 0;
}

static int flush_returns(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	s64 began = *(s64 *)ri->data;
	s64 latest = atomic64_read(&flushed_at);

	do {
		if (latest >= began)
			break;
	} while (!atomic64_try_cmpxchg(&flushed_at, &latest, began));

	return 0;
}

static struct kretprobe flush_probe = {
	.kp.symbol_name	= "wbinvd_on_all_cpus",
	.entry_handler	= flush_begins,
	.handler	= flush_returns,
	.data_size	= sizeof(s64),
};

/* A return probe has no post handler: this probe at the same place has it. */
static struct kprobe flush_unoptimized = {
	.symbol_name	= "wbinvd_on_all_cpus",
	.post_handler	= audit_probe_post,
};

/* PAMT freed */

static bool module_in_use(void)
{
	const struct tdxmod *m = &tdx_emu_module;
	unsigned int i;

	if (READ_ONCE(m->state) != TDXMOD_SYS_READY)
		return false;

	for (i = 0; i < m->nr_tdmrs; i++) {
		if (READ_ONCE(m->tdmrs[i].next) < m->tdmrs[i].base + m->tdmrs[i].size)
			return false;
	}

	return true;
}

static void judge_free(u64 pa)
{
	if (READ_ONCE(frees_expected))
		return;

	if (module_in_use())
		report(TDX_AUDIT_PAMT_FREED, "page 0x%llx while the module uses it", pa);
	else if (READ_ONCE(module_wrote) && !flushed())
		report(TDX_AUDIT_PAMT_FREED, "page 0x%llx without a cache flush", pa);
}

/*
 * The host's own reference is still there, so dropping the emulator's frees
 * nothing here.
 */
static int pages_are_freed(struct kprobe *p, struct pt_regs *regs)
{
	unsigned long pfn = regs_get_kernel_argument(regs, 0);
	unsigned long nr = regs_get_kernel_argument(regs, 1);
	bool judged = false;

	for (; nr; nr--, pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (!page_is_owned(page))
			continue;

		if (!judged)
			judge_free(PFN_PHYS(pfn));
		judged = true;
		disown_page(page);
	}

	return 0;
}

static struct kprobe free_probe = {
	.symbol_name	= "free_contig_range",
	.pre_handler	= pages_are_freed,
	.post_handler	= audit_probe_post,
};

static bool page_is_freed(struct page *page)
{
	return !page_is_owned(page) || page_count(page) == 1;
}

static int tdmr_index(u64 base)
{
	unsigned int i;

	for (i = 0; i < tdx_emu_module.nr_tdmrs; i++) {
		if (tdx_emu_module.tdmrs[i].base == base)
			return i;
	}

	return -1;
}

static u64 entry_offset(const struct tdxmod_tdmr *t, unsigned int level, u64 pa)
{
	static const unsigned int shift[TDXMOD_NR_LEVELS] = {
		[TDXMOD_4K] = 12, [TDXMOD_2M] = 21, [TDXMOD_1G] = 30,
	};

	return ((pa - t->base) >> shift[level]) * ENTRY_SIZE;
}

static bool range_is_freed(const struct tdxmod_range *pamt, u64 offset, u64 size)
{
	u64 end = offset + size;
	struct page *page;

	for (offset = ALIGN_DOWN(offset, PAGE_SIZE); offset < end; offset += PAGE_SIZE) {
		page = pamt_page(pamt, offset);
		if (page && page_is_freed(page))
			return true;
	}

	return false;
}

/* Would the next TDMR.INIT write to memory that is the host's? */
static bool next_chunk_is_freed(const struct tdxmod_tdmr *t)
{
	u64 next = READ_ONCE(t->next);

	if (next >= t->base + t->size)
		return false;

	return range_is_freed(&t->pamt[TDXMOD_4K], entry_offset(t, TDXMOD_4K, next),
			      CHUNK / SZ_4K * ENTRY_SIZE) ||
	       range_is_freed(&t->pamt[TDXMOD_2M], entry_offset(t, TDXMOD_2M, next),
			      CHUNK / SZ_2M * ENTRY_SIZE) ||
	       range_is_freed(&t->pamt[TDXMOD_1G], entry_offset(t, TDXMOD_1G, next),
			      ENTRY_SIZE);
}

/* PAMT written */

static bool entry_is_intact(unsigned int i, unsigned int level, u64 offset)
{
	const struct tdxmod_range *pamt = &tdx_emu_module.tdmrs[i].pamt[level];
	u8 want[ENTRY_SIZE] = {};
	const u8 *page;

	if (!tdxmod_pamt_entry(&tdx_emu_module, i, level, offset / ENTRY_SIZE,
			       &want[ENTRY_TYPE]))
		return true;

	page = tdx_platform_page(ALIGN_DOWN(pamt->base + offset, PAGE_SIZE));
	return !page || !memcmp(page + offset_in_page(pamt->base + offset), want, sizeof(want));
}

static void report_written(unsigned int i, unsigned int level, u64 offset)
{
	static const char * const names[TDXMOD_NR_LEVELS] = {
		[TDXMOD_4K] = "4K", [TDXMOD_2M] = "2M", [TDXMOD_1G] = "1G",
	};

	if (test_and_set_bit(i, written_said))
		return;

	report(TDX_AUDIT_PAMT_WRITTEN, "entry %llu of the %s PAMT of TDMR %u",
	       offset / ENTRY_SIZE, names[level], i);
}

/* The first entry of each PAMT page of the preceding chunk. */
static void check_previous_chunk(unsigned int i)
{
	const struct tdxmod_tdmr *t = &tdx_emu_module.tdmrs[i];
	u64 next = READ_ONCE(t->next);
	u64 offset, end;

	if (next == t->base)
		return;

	offset = entry_offset(t, TDXMOD_4K, next - CHUNK);
	end = entry_offset(t, TDXMOD_4K, next);
	for (; offset < end; offset += PAGE_SIZE) {
		if (!entry_is_intact(i, TDXMOD_4K, offset))
			report_written(i, TDXMOD_4K, offset);
	}

	offset = entry_offset(t, TDXMOD_2M, next - CHUNK);
	if (!entry_is_intact(i, TDXMOD_2M, offset))
		report_written(i, TDXMOD_2M, offset);
}

/* What the calls and their answers say */

void tdx_audit_nested(u64 rax)
{
	report(TDX_AUDIT_NESTED, "SEAMCALL 0x%llx interrupts another on its CPU", rax);
}

static bool needs_lp_init(u64 leaf)
{
	switch (leaf) {
	case TDX_EMU_SYS_INIT:
	case TDX_EMU_LP_INIT:
	case TDX_EMU_LP_SHUTDOWN:
	case TDX_EMU_SYS_SHUTDOWN:
	case TDX_EMU_SYS_DISABLE:
		return false;
	}

	return true;
}

static bool before_tdmr_init(u64 base)
{
	int i = tdmr_index(base);

	if (i < 0)
		return true;

	check_previous_chunk(i);

	if (!next_chunk_is_freed(&tdx_emu_module.tdmrs[i]))
		return true;

	if (!test_and_set_bit(i, freed_said))
		report(TDX_AUDIT_PAMT_FREED, "TDMR.INIT writes to freed PAMT of TDMR %d", i);
	return false;
}

static void before_key_config(void)
{
	if (READ_ONCE(tdx_emu_module.state) != TDXMOD_SYSCONFIG_DONE || flushed())
		return;

	if (!test_and_set_bit(0, &flush_said))
		report(TDX_AUDIT_CACHE_FLUSH, "KEY.CONFIG without WBINVD on all CPUs");
}

/*
 * tdx_audit_before - a call is about to reach the module
 * @lp: by which LP
 * @in: the call
 *
 * Return: false when it would make the module write to memory that is no
 * longer its own: the kernel shall survive to tell.
 */
bool tdx_audit_before(unsigned int lp, const struct tdxmod_regs *in)
{
	u64 leaf = TDX_EMU_LEAF(in->rax);

	if (READ_ONCE(paused))
		return true;

	if (needs_lp_init(leaf) && !tdx_emu_module.lp_done[lp])
		report(TDX_AUDIT_LP_NOT_INIT, "leaf %llu on CPU %u", leaf, lp);

	switch (leaf) {
	case TDX_EMU_KEY_CONFIG:
		before_key_config();
		break;
	case TDX_EMU_TDMR_INIT:
		return before_tdmr_init(in->rcx);
	}

	return true;
}

/* A flush that ran meanwhile has not seen all of it: the clock ticks last. */
static void module_has_written(void)
{
	WRITE_ONCE(module_wrote, true);
	atomic64_inc(&pamt_clock);
}

static void pamts_are_named(void)
{
	visit_pamt_pages(own_page);
	WRITE_ONCE(module_wrote, false);
	clear_bit(0, &flush_said);
	atomic64_inc(&pamt_clock);
}

/*
 * tdx_audit_after - the module has answered
 * @lp: which LP called
 * @in: the call
 * @status: the answer
 */
void tdx_audit_after(unsigned int lp, const struct tdxmod_regs *in, u64 status)
{
	if (READ_ONCE(paused))
		return;

	switch (TDX_EMU_LEAF(in->rax)) {
	case TDX_EMU_SYS_CONFIG:
		if (!status)
			pamts_are_named();
		break;
	case TDX_EMU_KEY_CONFIG:
		if (status == TDX_EMU_SYS_BUSY)
			report(TDX_AUDIT_KEY_CONTENDED, "on CPU %u", lp);
		break;
	case TDX_EMU_TDMR_INIT:
		if (status == TDX_EMU_OPERAND_BUSY_RCX)
			report(TDX_AUDIT_TDMR_BUSY, "TDMR 0x%llx on CPU %u", in->rcx, lp);
		else if (!status)
			module_has_written();
		break;
	}
}

/* The sweep */

static bool reserved_edge_within(const struct tdxmod_tdmr *t, u64 from, u64 to)
{
	unsigned int j;
	u64 end;

	for (j = 0; j < TDXMOD_MAX_RESERVED; j++) {
		end = t->rsvd[j].base + t->rsvd[j].size;
		if ((t->rsvd[j].base > from && t->rsvd[j].base < to) ||
		    (end > from && end < to))
			return true;
	}

	return false;
}

/*
 * Nearly all pages of a PAMT hold one entry again and again, and there are
 * too many to ask the model for each entry.  False: ask.
 */
static bool page_is_intact(unsigned int i, unsigned int level, struct page *page, u64 start)
{
	const struct tdxmod_tdmr *t = &tdx_emu_module.tdmrs[i];
	const u64 index = start / ENTRY_SIZE, nr = PAGE_SIZE / ENTRY_SIZE;
	const u8 *bytes = page_address(page);
	u8 type;

	/* Entries are written in order. */
	if (!tdxmod_pamt_entry(&tdx_emu_module, i, level, index, &type))
		return true;

	if (level != TDXMOD_4K ||
	    !tdxmod_pamt_entry(&tdx_emu_module, i, level, index + nr - 1, &type) ||
	    reserved_edge_within(t, index * SZ_4K, (index + nr) * SZ_4K))
		return false;

	return entry_is_intact(i, level, start) &&
	       !memcmp(bytes, bytes + ENTRY_SIZE, PAGE_SIZE - ENTRY_SIZE);
}

static void sweep_page(unsigned int i, unsigned int level, struct page *page, u64 start)
{
	u64 offset;

	if (!page_is_owned(page))
		return;

	if (page_count(page) == 1) {
		judge_free(page_to_phys(page));
		disown_page(page);
		return;
	}

	if (page_is_intact(i, level, page, start))
		return;

	for (offset = start; offset < start + PAGE_SIZE; offset += ENTRY_SIZE) {
		if (!entry_is_intact(i, level, offset)) {
			report_written(i, level, offset);
			return;
		}
	}
}

static void sweep_pamt(unsigned int i, unsigned int level)
{
	const struct tdxmod_range *pamt = &tdx_emu_module.tdmrs[i].pamt[level];
	struct page *page;
	u64 offset;

	for (offset = 0; offset < pamt->size; offset += PAGE_SIZE) {
		page = pamt_page(pamt, offset);
		if (page)
			sweep_page(i, level, page, offset);
		cond_resched();
	}
}

/* Look at every byte of every PAMT.  Sleeps. */
void tdx_audit_sweep(void)
{
	unsigned int i, level;

	guard(mutex)(&sweep_lock);

	if (paused)
		return;

	for (i = 0; i < tdx_emu_module.nr_tdmrs; i++) {
		for (level = 0; level < TDXMOD_NR_LEVELS; level++)
			sweep_pamt(i, level);
	}
}

/* Shutdown */

/**
 * tdx_emulator_audit_shutdown - check each CPU after the last SEAMCALL
 *
 * Reports CPUs that the next kernel would find in VMX operation or with caches
 * that this kernel did not flush.
 */
void tdx_emulator_audit_shutdown(void)
{
	unsigned int in_vmx = tdx_platform_nr_in_vmx();
	unsigned int cpu, dirty = 0;

	for_each_possible_cpu(cpu)
		dirty += READ_ONCE(per_cpu(cache_state_incoherent, cpu));

	if (in_vmx)
		report(TDX_AUDIT_SHUTDOWN, "%u CPUs in VMX operation", in_vmx);
	if (dirty)
		report(TDX_AUDIT_SHUTDOWN, "%u CPUs with caches that were not flushed", dirty);
}

static void audit_shutdown(void *unused)
{
	tdx_emulator_audit_shutdown();
}

static const struct syscore_ops shutdown_ops = {
	.shutdown = audit_shutdown,
};

static struct syscore shutdown_syscore = {
	.ops = &shutdown_ops,
};

/* From a reset's start to its end, freed PAMTs are no offence. */
void tdx_audit_expect_frees(bool expected)
{
	WRITE_ONCE(frees_expected, expected);
}

/* Nobody is inside, and the module has no PAMTs.  Sleeps. */
void tdx_audit_pause(bool pause)
{
	guard(mutex)(&sweep_lock);

	WRITE_ONCE(paused, pause);
}

/* Let go of the PAMTs and of all reports.  No LP is inside; sleeps. */
void tdx_audit_clear(void)
{
	unsigned int rule;

	guard(mutex)(&sweep_lock);

	visit_pamt_pages(disown_page);
	WRITE_ONCE(module_wrote, false);
	clear_bit(0, &flush_said);
	bitmap_zero(freed_said, TDXMOD_MAX_TDMRS);
	bitmap_zero(written_said, TDXMOD_MAX_TDMRS);

	for (rule = 0; rule < TDX_AUDIT_NR; rule++)
		atomic64_set(&counts[rule], 0);
}

/**
 * tdx_emulator_audit - how often was a rule broken?
 * @rule: which
 *
 * Sweeps the PAMTs for the two rules that are about their pages: those two
 * must be asked where sleeping is allowed.
 *
 * Return: number of reports since boot or reset.
 */
u64 tdx_emulator_audit(enum tdx_audit rule)
{
	if (rule == TDX_AUDIT_PAMT_FREED || rule == TDX_AUDIT_PAMT_WRITTEN)
		tdx_audit_sweep();

	return count_of(rule);
}
EXPORT_SYMBOL_GPL(tdx_emulator_audit);

/**
 * tdx_emulator_audit_total - how often was any rule broken?
 *
 * Context: Sweeps the PAMTs, may sleep.
 * Return: number of reports since boot or reset.
 */
u64 tdx_emulator_audit_total(void)
{
	unsigned int rule;
	u64 total = 0;

	tdx_audit_sweep();

	for (rule = 0; rule < TDX_AUDIT_NR; rule++)
		total += count_of(rule);

	return total;
}
EXPORT_SYMBOL_GPL(tdx_emulator_audit_total);

int tdx_audit_show(struct seq_file *m, void *unused)
{
	unsigned int rule;

	tdx_audit_sweep();

	for (rule = 0; rule < TDX_AUDIT_NR; rule++)
		seq_printf(m, "%s %llu\n", rule_names[rule], count_of(rule));

	return 0;
}

int tdx_audit_start(void)
{
	struct kprobe *probes[] = { &flush_unoptimized, &free_probe };
	int ret;

	ret = register_kprobes(probes, ARRAY_SIZE(probes));
	if (ret) {
		pr_err("no probes on %s and %s (%d)\n", flush_unoptimized.symbol_name,
		       free_probe.symbol_name, ret);
		return ret;
	}

	ret = register_kretprobe(&flush_probe);
	if (ret) {
		pr_err("no return probe on %s (%d)\n", flush_probe.kp.symbol_name, ret);
		unregister_kprobes(probes, ARRAY_SIZE(probes));
		return ret;
	}

	/* Shutdown callbacks run in reverse order: the host registers later. */
	register_syscore(&shutdown_syscore);
	return 0;
}
