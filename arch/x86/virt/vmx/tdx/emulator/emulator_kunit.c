// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the emulator itself: the SEAMCALL instruction, what surrounds it,
 * and every rule of the audit, broken on purpose.
 *
 * The TDMRs used here lie where there is no memory and are reserved from end
 * to end: the module takes them, and only their PAMTs cost memory.
 */
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/preempt.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <linux/workqueue.h>
#include <asm/cpufeatures.h>
#include <asm/special_insns.h>
#include <kunit/test.h>

#include "../seamcall_internal.h"
#include "../tdx.h"
#include "internal.h"
#include "platform.h"

#define NR_TDMRS	2
#define TDMR_BASE(i)	(SZ_1T + (u64)(i) * SZ_1G)
#define CALLS_PER_TDMR	(SZ_1G / SZ_4M)

/* PAMT of one GiB: 4K, 2M and 1G level, one behind the other. */
#define PAMT_4K_SIZE	SZ_4M
#define PAMT_2M_SIZE	SZ_8K
#define PAMT_1G_SIZE	SZ_4K
#define PAMT_PAGES	((PAMT_4K_SIZE + PAMT_2M_SIZE + PAMT_1G_SIZE) / PAGE_SIZE)

#define FIELD_NUM_PKGS	0x0000000200000000ULL

/* Long beside the noise of a virtual machine. */
#define LONG_NS		(100 * NSEC_PER_MSEC)

struct fixture {
	struct tdx_emu_params params;	/* as they were */
	struct page *pamt[NR_TDMRS];	/* NULL: freed by the test */
	struct tdmr_info *tdmrs[NR_TDMRS];
	u64 *tdmr_pas;
};

struct call {
	u64 leaf;
	struct tdx_module_args args;
	u64 status;
};

static int make_call(void *data)
{
	struct call *call = data;

	guard(preempt)();
	call->status = __seamcall_ret(call->leaf, &call->args);
	return 0;
}

static u64 call_on(int cpu, u64 leaf, struct tdx_module_args *args)
{
	struct call call = { .leaf = leaf, .args = *args };

	if (smp_call_on_cpu(cpu, make_call, &call, false))
		return TDX_SW_ERROR;

	*args = call.args;
	return call.status;
}

static u64 call_plain(int cpu, u64 leaf)
{
	struct tdx_module_args args = {};

	return call_on(cpu, leaf, &args);
}

static int get_vmx(void *unused)
{
	return tdx_emulator_virt_get_ref(X86_FEATURE_VMX);
}

static int put_vmx(void *unused)
{
	tdx_emulator_virt_put_ref(X86_FEATURE_VMX);
	return 0;
}

/* The bring-up, step by step */

static void init_lps(struct kunit *test)
{
	int cpu;

	KUNIT_ASSERT_EQ(test, call_plain(0, TDH_SYS_INIT), 0);
	for_each_online_cpu(cpu)
		KUNIT_ASSERT_EQ(test, call_plain(cpu, TDH_SYS_LP_INIT), 0);
}

static void describe_tdmr(struct fixture *f, int i)
{
	u64 pamt = page_to_phys(f->pamt[i]);
	struct tdmr_info *tdmr = f->tdmrs[i];

	tdmr->base = TDMR_BASE(i);
	tdmr->size = SZ_1G;
	tdmr->pamt_4k_base = pamt;
	tdmr->pamt_4k_size = PAMT_4K_SIZE;
	tdmr->pamt_2m_base = pamt + PAMT_4K_SIZE;
	tdmr->pamt_2m_size = PAMT_2M_SIZE;
	tdmr->pamt_1g_base = pamt + PAMT_4K_SIZE + PAMT_2M_SIZE;
	tdmr->pamt_1g_size = PAMT_1G_SIZE;
	tdmr->reserved_areas[0].offset = 0;
	tdmr->reserved_areas[0].size = SZ_1G;
	f->tdmr_pas[i] = virt_to_phys(tdmr);
}

static void config(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct tdx_module_args args = {
		.rcx = virt_to_phys(f->tdmr_pas),
		.rdx = NR_TDMRS,
		.r8 = tdx_emu_params.mktme_keyids + 1,
	};
	int i;

	for (i = 0; i < NR_TDMRS; i++)
		describe_tdmr(f, i);

	KUNIT_ASSERT_EQ(test, call_on(0, TDH_SYS_CONFIG, &args), 0);
}

static void config_keys(struct kunit *test)
{
	unsigned long seen = 0;
	int cpu;

	for_each_online_cpu(cpu) {
		if (!__test_and_set_bit(topology_logical_package_id(cpu), &seen))
			KUNIT_ASSERT_EQ(test, call_plain(cpu, TDH_SYS_KEY_CONFIG), 0);
	}
}

static void bring_up_to_keys(struct kunit *test)
{
	init_lps(test);
	config(test);
	wbinvd_on_all_cpus();
	config_keys(test);
}

static u64 init_tdmr_once(int cpu, int i)
{
	struct tdx_module_args args = { .rcx = TDMR_BASE(i) };

	return call_on(cpu, TDH_SYS_TDMR_INIT, &args);
}

static void bring_up(struct kunit *test)
{
	int i, n;

	bring_up_to_keys(test);
	for (i = 0; i < NR_TDMRS; i++) {
		for (n = 0; n < CALLS_PER_TDMR; n++)
			KUNIT_ASSERT_EQ(test, init_tdmr_once(0, i), 0);
	}
}

static void free_pamt(struct fixture *f, int i)
{
	free_contig_range(page_to_pfn(f->pamt[i]), PAMT_PAGES);
	f->pamt[i] = NULL;
}

static void expect_only(struct kunit *test, enum tdx_audit rule)
{
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit(rule), 1);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 1);
}

/* The instruction */

static void registers_are_preserved(struct kunit *test)
{
	struct tdx_module_args args = {
		.rcx = 1, .rdx = FIELD_NUM_PKGS, .r8 = 3, .r9 = 4, .r10 = 5,
		.r11 = 6, .r12 = 7, .r13 = 8, .r14 = 9, .r15 = 10, .rbx = 11,
		.rdi = 12, .rsi = 13,
	};
	u64 status;

	init_lps(test);
	scoped_guard(preempt)
		status = __seamcall_saved_ret(TDH_SYS_RD, &args);

	KUNIT_EXPECT_EQ(test, status, 0);
	KUNIT_EXPECT_NE(test, args.rdx, FIELD_NUM_PKGS);
	KUNIT_EXPECT_EQ(test, args.r8, topology_max_packages());
	KUNIT_EXPECT_EQ(test, args.rcx, 1);
	KUNIT_EXPECT_EQ(test, args.r9, 4);
	KUNIT_EXPECT_EQ(test, args.r10, 5);
	KUNIT_EXPECT_EQ(test, args.r11, 6);
	KUNIT_EXPECT_EQ(test, args.r12, 7);
	KUNIT_EXPECT_EQ(test, args.r13, 8);
	KUNIT_EXPECT_EQ(test, args.r14, 9);
	KUNIT_EXPECT_EQ(test, args.r15, 10);
	KUNIT_EXPECT_EQ(test, args.rbx, 11);
	KUNIT_EXPECT_EQ(test, args.rdi, 12);
	KUNIT_EXPECT_EQ(test, args.rsi, 13);
}

static void seamldr_is_reached(struct kunit *test)
{
	struct tdx_module_args args = { .rcx = 0x80 };

	/* Leaf 2 of either does not exist, or not yet. */
	KUNIT_EXPECT_EQ(test, call_plain(0, TDX_EMU_SEAMLDR | 2), PSEAMLDR_EBADPARAM);
	KUNIT_EXPECT_EQ(test, call_on(0, PSEAMLDR_INFO, &args), PSEAMLDR_EBADPARAM);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(PSEAMLDR_INFO), 1);
	KUNIT_EXPECT_EQ(test, tdx_emulator_total_calls(), 2);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

static void no_vmx_is_an_invalid_opcode(struct kunit *test)
{
	u64 status;

	KUNIT_ASSERT_EQ(test, smp_call_on_cpu(0, put_vmx, NULL, false), 0);
	status = call_plain(0, TDH_SYS_INIT);
	KUNIT_ASSERT_EQ(test, smp_call_on_cpu(0, get_vmx, NULL, false), 0);

	KUNIT_EXPECT_EQ(test, status, TDX_SEAMCALL_UD);
	KUNIT_EXPECT_EQ(test, tdx_emulator_total_calls(), 0);
}

static void movdir64b_moves(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	u8 *from, *to;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);

	/* The source needs no alignment, the destination does. */
	to = PTR_ALIGN(buf, 64);
	from = to + 3 * 64 + 1;
	for (i = 0; i < 128; i++)
		from[i] = i + 1;

	movdir64b(to, from);
	KUNIT_EXPECT_MEMEQ(test, to, from, 64);
	KUNIT_EXPECT_EQ(test, to[64], 0);

	/* movdir64b 0x40(%rsi), %rcx */
	asm volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x4e, 0x40"
		     : : "c" (to + 64), "S" (from) : "memory");
	KUNIT_EXPECT_MEMEQ(test, to + 64, from + 64, 64);
	KUNIT_EXPECT_EQ(test, to[128], 0);
}

/* Injection */

static void inject(struct kunit *test, u64 leaf, u64 status,
		   unsigned int skip, unsigned int count)
{
	const struct tdx_emulator_fault fault = {
		.leaf = leaf, .any_rdx = true, .skip = skip,
		.count = count, .status = status,
	};

	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
}

static void injected_failures_of_the_instruction(struct kunit *test)
{
	static const u64 failures[] = { TDX_FAULT_VMFAIL, TDX_FAULT_UD, TDX_FAULT_GP };
	int i;

	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		inject(test, TDH_SYS_INIT, failures[i], 0, 1);
		KUNIT_EXPECT_EQ(test, call_plain(0, TDH_SYS_INIT), failures[i]);
	}

	/* None of them reached the module. */
	KUNIT_EXPECT_EQ(test, call_plain(0, TDH_SYS_INIT), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_INIT), 4);
}

static void injection_skips_and_counts(struct kunit *test)
{
	init_lps(test);
	inject(test, TDH_SYS_LP_INIT, 0x1234, 1, 2);

	KUNIT_EXPECT_NE(test, call_plain(0, TDH_SYS_LP_INIT), 0x1234);
	KUNIT_EXPECT_EQ(test, call_plain(0, TDH_SYS_LP_INIT), 0x1234);
	KUNIT_EXPECT_EQ(test, call_plain(0, TDH_SYS_LP_INIT), 0x1234);
	KUNIT_EXPECT_NE(test, call_plain(0, TDH_SYS_LP_INIT), 0x1234);
}

static void injection_matches_rdx(struct kunit *test)
{
	const struct tdx_emulator_fault fault = {
		.leaf = TDH_SYS_RD, .match_rdx = FIELD_NUM_PKGS,
		.count = 1, .status = 0x1234,
	};
	struct tdx_module_args other = { .rdx = FIELD_NUM_PKGS + 1 };
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };

	init_lps(test);
	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
	KUNIT_EXPECT_EQ(test, call_on(0, TDH_SYS_RD, &other), 0);
	KUNIT_EXPECT_EQ(test, call_on(0, TDH_SYS_RD, &args), 0x1234);
	KUNIT_EXPECT_EQ(test, args.rdx, FIELD_NUM_PKGS);
	KUNIT_EXPECT_EQ(test, call_on(0, TDH_SYS_RD, &args), 0);
}

static void injection_has_limits(struct kunit *test)
{
	struct tdx_emulator_fault fault = { .leaf = TDH_SYS_INIT };
	int n = 0;

	KUNIT_EXPECT_EQ(test, tdx_emulator_inject(&fault), -EINVAL);

	fault.count = 1;
	while (n < 1000 && !tdx_emulator_inject(&fault))
		n++;
	KUNIT_EXPECT_EQ(test, tdx_emulator_inject(&fault), -ENOSPC);

	tdx_emulator_inject_clear();
	KUNIT_EXPECT_EQ(test, tdx_emulator_inject(&fault), 0);
}

static void injected_answers_are_not_audited(struct kunit *test)
{
	inject(test, TDH_SYS_KEY_CONFIG, TDX_EMU_SYS_BUSY, 0, 1);
	inject(test, TDH_SYS_TDMR_INIT, TDX_EMU_OPERAND_BUSY_RCX, 0, 1);

	KUNIT_EXPECT_EQ(test, call_plain(0, TDH_SYS_KEY_CONFIG), TDX_EMU_SYS_BUSY);
	KUNIT_EXPECT_EQ(test, init_tdmr_once(0, 0), TDX_EMU_OPERAND_BUSY_RCX);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

/* Time */

static u64 time_of_calls(struct kunit *test, int nr)
{
	u64 start = tdx_timing_now();

	while (nr--)
		call_plain(0, TDH_SYS_LP_INIT);

	return tdx_timing_now() - start;
}

static void time_is_charged(struct kunit *test)
{
	u64 once, dilated;

	init_lps(test);
	tdx_emu_params.other_ns = 5 * NSEC_PER_MSEC;
	tdx_emu_params.dilation = 1;
	once = time_of_calls(test, 20);
	tdx_emu_params.dilation = 10;
	dilated = time_of_calls(test, 20);

	/* Of 100 ms and 1 s, all but the largest credit. */
	KUNIT_EXPECT_GE(test, once, 75 * NSEC_PER_MSEC);
	KUNIT_EXPECT_GE(test, dilated, 975 * NSEC_PER_MSEC);
	KUNIT_EXPECT_GT(test, dilated, 3 * once);
}

static void time_is_charged_without_interrupts(struct kunit *test)
{
	struct tdx_module_args args = {};
	u64 start;

	init_lps(test);
	tdx_emu_params.other_ns = 5 * NSEC_PER_MSEC;

	scoped_guard(irqsave) {
		start = tdx_timing_now();
		__seamcall(TDH_SYS_LP_INIT, &args);
		KUNIT_EXPECT_GE(test, tdx_timing_now() - start, 5 * NSEC_PER_MSEC);
		KUNIT_EXPECT_TRUE(test, irqs_disabled());
	}
}

/* The audit */

static void clean_bring_up_is_not_reported(struct kunit *test)
{
	bring_up(test);

	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_TDMR_INIT), NR_TDMRS * CALLS_PER_TDMR);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_LP_INIT), num_online_cpus());
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

static void clean_giving_up_is_not_reported(struct kunit *test)
{
	bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, init_tdmr_once(0, 0), 0);

	wbinvd_on_all_cpus();
	free_pamt(test->priv, 0);
	free_pamt(test->priv, 1);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

static void missing_cache_flush(struct kunit *test)
{
	init_lps(test);
	wbinvd_on_all_cpus();
	config(test);
	config_keys(test);
	expect_only(test, TDX_AUDIT_CACHE_FLUSH);
}

static void pamt_freed_in_use(struct kunit *test)
{
	bring_up(test);
	wbinvd_on_all_cpus();
	free_pamt(test->priv, 0);
	expect_only(test, TDX_AUDIT_PAMT_FREED);
}

static void pamt_freed_without_flush(struct kunit *test)
{
	bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, init_tdmr_once(0, 0), 0);
	free_pamt(test->priv, 0);
	expect_only(test, TDX_AUDIT_PAMT_FREED);
}

static void pamt_freed_before_tdmr_init(struct kunit *test)
{
	bring_up_to_keys(test);
	free_pamt(test->priv, 0);
	KUNIT_EXPECT_EQ(test, init_tdmr_once(0, 0), TDX_SEAMCALL_VMFAILINVALID);
	KUNIT_EXPECT_EQ(test, init_tdmr_once(0, 1), 0);
	expect_only(test, TDX_AUDIT_PAMT_FREED);
}

static void pamt_freed_page_by_page(struct kunit *test)
{
	struct fixture *f = test->priv;
	struct page *page;

	bring_up(test);
	page = f->pamt[1];
	f->pamt[1] = NULL;
	__free_page(page);
	expect_only(test, TDX_AUDIT_PAMT_FREED);

	free_contig_range(page_to_pfn(page) + 1, PAMT_PAGES - 1);
}

static void pamt_written(struct kunit *test)
{
	struct fixture *f = test->priv;
	u8 *last;

	bring_up(test);
	last = page_address(f->pamt[1]) + PAMT_4K_SIZE - 1;
	*last ^= 1;
	expect_only(test, TDX_AUDIT_PAMT_WRITTEN);
}

static void pamt_written_seen_by_the_next_call(struct kunit *test)
{
	struct fixture *f = test->priv;
	u8 *first;

	bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, init_tdmr_once(0, 0), 0);

	first = page_address(f->pamt[0]);
	*first ^= 1;
	KUNIT_ASSERT_EQ(test, init_tdmr_once(0, 0), 0);
	*first ^= 1;
	expect_only(test, TDX_AUDIT_PAMT_WRITTEN);
}

static void lp_not_initialised(struct kunit *test)
{
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };

	KUNIT_ASSERT_EQ(test, call_plain(0, TDH_SYS_INIT), 0);
	KUNIT_EXPECT_EQ(test, call_on(0, TDH_SYS_RD, &args), TDX_EMU_LP_INIT_NOT_DONE);
	expect_only(test, TDX_AUDIT_LP_NOT_INIT);
}

struct long_call {
	struct work_struct work;
	struct call call;
};

static void make_long_call(struct work_struct *work)
{
	make_call(&container_of(work, struct long_call, work)->call);
}

/* Make a call while another CPU is inside the same leaf; both answers out. */
static void contend(struct kunit *test, u64 leaf, u64 rcx, u64 *first, u64 *second)
{
	unsigned int other = cpumask_next(0, cpu_online_mask);
	struct long_call lc = { .call = { .leaf = leaf, .args.rcx = rcx } };
	struct tdx_module_args args = { .rcx = rcx };
	u64 before = tdx_emulator_calls(leaf);

	INIT_WORK_ONSTACK(&lc.work, make_long_call);
	schedule_work_on(other, &lc.work);
	while (tdx_emulator_calls(leaf) == before)
		usleep_range(1000, 2000);

	/* It is counted on entry; let it get into its wait. */
	usleep_range(5000, 6000);
	*second = call_on(0, leaf, &args);

	flush_work(&lc.work);
	destroy_work_on_stack(&lc.work);
	*first = lc.call.status;
}

static void seamldr_takes_one_cpu(struct kunit *test)
{
	struct fixture *f = test->priv;
	u64 first, second;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	tdx_emu_params.other_ns = LONG_NS;
	contend(test, PSEAMLDR_INFO, page_to_phys(f->pamt[0]), &first, &second);
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, second, TDX_SEAMCALL_VMFAILINVALID);
}

static void key_config_contended(struct kunit *test)
{
	u64 first, second;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	init_lps(test);
	config(test);
	wbinvd_on_all_cpus();
	tdx_emu_params.key_ns = LONG_NS;
	contend(test, TDH_SYS_KEY_CONFIG, 0, &first, &second);

	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, second, TDX_EMU_SYS_BUSY);
	expect_only(test, TDX_AUDIT_KEY_CONTENDED);
}

static void tdmr_busy(struct kunit *test)
{
	u64 first, second;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	bring_up_to_keys(test);
	tdx_emu_params.tdmr_ns = LONG_NS;
	contend(test, TDH_SYS_TDMR_INIT, TDMR_BASE(0), &first, &second);

	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, second, TDX_EMU_OPERAND_BUSY_RCX);
	expect_only(test, TDX_AUDIT_TDMR_BUSY);
}

struct interrupt {
	struct hrtimer timer;
	u64 status;
};

static enum hrtimer_restart call_from_interrupt(struct hrtimer *timer)
{
	struct interrupt *irq = container_of(timer, struct interrupt, timer);
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };

	irq->status = __seamcall_ret(TDH_SYS_RD, &args);
	return HRTIMER_NORESTART;
}

static void nested_call(struct kunit *test)
{
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };
	struct interrupt irq = { .status = TDX_SW_ERROR };
	u64 status;

	init_lps(test);
	tdx_emu_params.other_ns = LONG_NS;
	hrtimer_setup_on_stack(&irq.timer, call_from_interrupt, CLOCK_MONOTONIC,
			       HRTIMER_MODE_REL_PINNED_HARD);

	scoped_guard(preempt) {
		hrtimer_start(&irq.timer, ns_to_ktime(LONG_NS / 4),
			      HRTIMER_MODE_REL_PINNED_HARD);
		status = __seamcall_ret(TDH_SYS_RD, &args);
	}
	hrtimer_cancel(&irq.timer);
	destroy_hrtimer_on_stack(&irq.timer);

	KUNIT_EXPECT_EQ(test, status, 0);
	KUNIT_EXPECT_EQ(test, irq.status, 0);
	expect_only(test, TDX_AUDIT_NESTED);
}

/* Reset */

static void reset_gives_a_fresh_module(struct kunit *test)
{
	bring_up(test);
	inject(test, TDH_SYS_INIT, 0x1234, 0, 1);
	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);

	KUNIT_EXPECT_EQ(test, tdx_emulator_total_calls(), 0);
	bring_up(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

static void reset_lets_go_of_the_pamts(struct kunit *test)
{
	struct fixture *f = test->priv;

	init_lps(test);
	config(test);
	KUNIT_EXPECT_EQ(test, page_count(f->pamt[0]), 2);
	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);
	KUNIT_EXPECT_EQ(test, page_count(f->pamt[0]), 1);
}

static void reset_is_refused_inside(struct kunit *test)
{
	unsigned int other = cpumask_next(0, cpu_online_mask);
	struct long_call lc = { .call.leaf = TDH_SYS_LP_INIT };

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	init_lps(test);
	tdx_emu_params.other_ns = LONG_NS;
	INIT_WORK_ONSTACK(&lc.work, make_long_call);
	schedule_work_on(other, &lc.work);
	while (tdx_emulator_calls(TDH_SYS_LP_INIT) == num_online_cpus())
		usleep_range(1000, 2000);

	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), -EBUSY);

	flush_work(&lc.work);
	destroy_work_on_stack(&lc.work);
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
}

static int alloc_tdmrs(struct fixture *f)
{
	int i;

	f->tdmr_pas = (void *)get_zeroed_page(GFP_KERNEL);
	if (!f->tdmr_pas)
		return -ENOMEM;

	for (i = 0; i < NR_TDMRS; i++) {
		f->tdmrs[i] = (void *)get_zeroed_page(GFP_KERNEL);
		f->pamt[i] = alloc_contig_pages(PAMT_PAGES, GFP_KERNEL, first_online_node,
						&node_online_map);
		if (!f->tdmrs[i] || !f->pamt[i])
			return -ENOMEM;
	}

	return 0;
}

static void free_tdmrs(struct fixture *f)
{
	int i;

	for (i = 0; i < NR_TDMRS; i++) {
		if (f->pamt[i])
			free_pamt(f, i);
		free_page((unsigned long)f->tdmrs[i]);
	}
	free_page((unsigned long)f->tdmr_pas);
}

static void emulator_test_exit(struct kunit *test)
{
	struct fixture *f = test->priv;
	int cpu;

	if (!f)
		return;

	tdx_emu_params = f->params;
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
	free_tdmrs(f);

	for_each_online_cpu(cpu)
		smp_call_on_cpu(cpu, put_vmx, NULL, false);
}

static int emulator_test_init(struct kunit *test)
{
	struct fixture *f;
	int cpu, ret;

	if (!tdx_emulator_active())
		kunit_skip(test, "the emulator is not on");
	if (!IS_ENABLED(CONFIG_TDX_BRINGUP) && tdx_get_sysinfo())
		kunit_skip(test, "the module is in use since boot");

	ret = tdx_emulator_reset();
	if (ret)
		return ret;

	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;

	ret = alloc_tdmrs(f);
	if (ret) {
		free_tdmrs(f);
		return ret;
	}

	for_each_online_cpu(cpu)
		smp_call_on_cpu(cpu, get_vmx, NULL, false);

	f->params = tdx_emu_params;
	test->priv = f;
	return 0;
}

static struct kunit_case emulator_test_cases[] = {
	KUNIT_CASE(registers_are_preserved),
	KUNIT_CASE(seamldr_is_reached),
	KUNIT_CASE(seamldr_takes_one_cpu),
	KUNIT_CASE(no_vmx_is_an_invalid_opcode),
	KUNIT_CASE(movdir64b_moves),
	KUNIT_CASE(injected_failures_of_the_instruction),
	KUNIT_CASE(injection_skips_and_counts),
	KUNIT_CASE(injection_matches_rdx),
	KUNIT_CASE(injection_has_limits),
	KUNIT_CASE(injected_answers_are_not_audited),
	KUNIT_CASE_SLOW(time_is_charged),
	KUNIT_CASE(time_is_charged_without_interrupts),
	KUNIT_CASE(clean_bring_up_is_not_reported),
	KUNIT_CASE(clean_giving_up_is_not_reported),
	KUNIT_CASE(missing_cache_flush),
	KUNIT_CASE(pamt_freed_in_use),
	KUNIT_CASE(pamt_freed_without_flush),
	KUNIT_CASE(pamt_freed_before_tdmr_init),
	KUNIT_CASE(pamt_freed_page_by_page),
	KUNIT_CASE(pamt_written),
	KUNIT_CASE(pamt_written_seen_by_the_next_call),
	KUNIT_CASE(lp_not_initialised),
	KUNIT_CASE(key_config_contended),
	KUNIT_CASE(tdmr_busy),
	KUNIT_CASE(nested_call),
	KUNIT_CASE(reset_gives_a_fresh_module),
	KUNIT_CASE(reset_lets_go_of_the_pamts),
	KUNIT_CASE(reset_is_refused_inside),
	{}
};

static struct kunit_suite emulator_test_suite = {
	.name = "tdx_emulator",
	.init = emulator_test_init,
	.exit = emulator_test_exit,
	.test_cases = emulator_test_cases,
};

kunit_test_suite(emulator_test_suite);
