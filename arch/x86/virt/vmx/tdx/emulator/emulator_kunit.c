// SPDX-License-Identifier: GPL-2.0-only
/* Tests of emulated instructions, injected answers, time, and reset. */
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <linux/workqueue.h>
#include <asm/special_insns.h>

#include "kunit_fixture.h"

/* A SEAMCALL changes its output registers and no others. */
static void registers_are_preserved(struct kunit *test)
{
	struct tdx_module_args args = {
		.rcx = 1, .rdx = FIELD_NUM_PKGS, .r8 = 3, .r9 = 4, .r10 = 5,
		.r11 = 6, .r12 = 7, .r13 = 8, .r14 = 9, .r15 = 10, .rbx = 11,
		.rdi = 12, .rsi = 13,
	};
	u64 status;

	emu_init_lps(test);
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

/* SEAMCALLs with bit 63 of RAX reach P-SEAMLDR. */
static void seamldr_is_reached(struct kunit *test)
{
	struct tdx_module_args args = { .rcx = 0x80 };

	/* P-SEAMLDR has no leaf 2.  The module would give another status. */
	KUNIT_EXPECT_EQ(test, emu_call(0, TDX_EMU_SEAMLDR | 2), PSEAMLDR_EBADPARAM);
	KUNIT_EXPECT_EQ(test, emu_call_on(0, PSEAMLDR_INFO, &args), PSEAMLDR_EBADPARAM);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(PSEAMLDR_INFO), 1);
	KUNIT_EXPECT_EQ(test, tdx_emulator_total_calls(), 2);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

/* A SEAMCALL outside VMX operation raises #UD and does not reach the module. */
static void no_vmx_is_an_invalid_opcode(struct kunit *test)
{
	u64 status;

	KUNIT_ASSERT_EQ(test, smp_call_on_cpu(0, emu_put_vmx, NULL, false), 0);
	status = emu_call(0, TDH_SYS_INIT);
	KUNIT_ASSERT_EQ(test, smp_call_on_cpu(0, emu_get_vmx, NULL, false), 0);

	KUNIT_EXPECT_EQ(test, status, TDX_SEAMCALL_UD);
	KUNIT_EXPECT_EQ(test, tdx_emulator_total_calls(), 0);
}

/* The emulated MOVDIR64B moves 64 bytes, with and without displacement. */
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

/* A second CPU in P-SEAMLDR gets VMfailInvalid. */
static void seamldr_takes_one_cpu(struct kunit *test)
{
	struct emu_fixture *f = test->priv;
	u64 first, second;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	tdx_emu_params.other_ns = LONG_NS;
	emu_contend(test, PSEAMLDR_INFO, page_to_phys(f->pamt[0]), &first, &second);
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, second, TDX_SEAMCALL_VMFAILINVALID);
}

static void emu_inject(struct kunit *test, u64 leaf, u64 status,
		       unsigned int skip, unsigned int count)
{
	const struct tdx_emulator_fault fault = {
		.leaf = leaf, .any_rdx = true, .skip = skip,
		.count = count, .status = status,
	};

	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
}

/* Injected VMfailInvalid, #UD and #GP do not reach the module. */
static void injected_failures_of_the_instruction(struct kunit *test)
{
	static const u64 failures[] = { TDX_FAULT_VMFAIL, TDX_FAULT_UD, TDX_FAULT_GP };
	int i;

	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		emu_inject(test, TDH_SYS_INIT, failures[i], 0, 1);
		KUNIT_EXPECT_EQ(test, emu_call(0, TDH_SYS_INIT), failures[i]);
	}

	/* The injected calls did not reach the module. */
	KUNIT_EXPECT_EQ(test, emu_call(0, TDH_SYS_INIT), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_INIT), 4);
}

/* An injected answer applies after @skip calls, to @count calls. */
static void injection_skips_and_counts(struct kunit *test)
{
	emu_init_lps(test);
	emu_inject(test, TDH_SYS_LP_INIT, 0x1234, 1, 2);

	KUNIT_EXPECT_NE(test, emu_call(0, TDH_SYS_LP_INIT), 0x1234);
	KUNIT_EXPECT_EQ(test, emu_call(0, TDH_SYS_LP_INIT), 0x1234);
	KUNIT_EXPECT_EQ(test, emu_call(0, TDH_SYS_LP_INIT), 0x1234);
	KUNIT_EXPECT_NE(test, emu_call(0, TDH_SYS_LP_INIT), 0x1234);
}

/* An injected answer for one RDX leaves other calls of the leaf alone. */
static void injection_matches_rdx(struct kunit *test)
{
	const struct tdx_emulator_fault fault = {
		.leaf = TDH_SYS_RD, .match_rdx = FIELD_NUM_PKGS,
		.count = 1, .status = 0x1234,
	};
	struct tdx_module_args other = { .rdx = FIELD_NUM_PKGS + 1 };
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };

	emu_init_lps(test);
	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
	KUNIT_EXPECT_EQ(test, emu_call_on(0, TDH_SYS_RD, &other), 0);
	KUNIT_EXPECT_EQ(test, emu_call_on(0, TDH_SYS_RD, &args), 0x1234);
	KUNIT_EXPECT_EQ(test, args.rdx, FIELD_NUM_PKGS);
	KUNIT_EXPECT_EQ(test, emu_call_on(0, TDH_SYS_RD, &args), 0);
}

/* An injected answer of TDH.SYS.RD gives its value. */
static void injection_gives_a_value(struct kunit *test)
{
	const struct tdx_emulator_fault fault = {
		.leaf = TDH_SYS_RD, .match_rdx = FIELD_NUM_PKGS,
		.count = 1, .value = 0x1234,
	};
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };

	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
	KUNIT_EXPECT_EQ(test, emu_call_on(0, TDH_SYS_RD, &args), 0);
	KUNIT_EXPECT_EQ(test, args.r8, 0x1234);
}

/* An injection of no answers is refused, and so are too many injections. */
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

/* Injected answers are not audited. */
static void injected_answers_are_not_audited(struct kunit *test)
{
	emu_inject(test, TDH_SYS_KEY_CONFIG, TDX_EMU_SYS_BUSY, 0, 1);
	emu_inject(test, TDH_SYS_TDMR_INIT, TDX_EMU_OPERAND_BUSY_RCX, 0, 1);

	KUNIT_EXPECT_EQ(test, emu_call(0, TDH_SYS_KEY_CONFIG), TDX_EMU_SYS_BUSY);
	KUNIT_EXPECT_EQ(test, emu_init_tdmr(0, 0), TDX_EMU_OPERAND_BUSY_RCX);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

static u64 emu_time_of_calls(struct kunit *test, int nr)
{
	u64 start = tdx_timing_now();

	while (nr--)
		emu_call(0, TDH_SYS_LP_INIT);

	return tdx_timing_now() - start;
}

/* Takes the least of several times, because a busy host can only lengthen calls. */
static u64 emu_least_time_of_calls(struct kunit *test, int nr)
{
	u64 least = U64_MAX;
	int i;

	for (i = 0; i < 5; i++)
		least = min(least, emu_time_of_calls(test, nr));

	return least;
}

/* Calls take their time, multiplied by the dilation. */
static void time_is_charged(struct kunit *test)
{
	u64 once, dilated;

	emu_init_lps(test);
	tdx_emu_params.other_ns = 5 * NSEC_PER_MSEC;
	tdx_emu_params.dilation = 1;
	once = emu_least_time_of_calls(test, 20);
	tdx_emu_params.dilation = 10;
	dilated = emu_time_of_calls(test, 20);

	/* 100 ms and 1 s, less the largest credit. */
	KUNIT_EXPECT_GE(test, once, 75 * NSEC_PER_MSEC);
	KUNIT_EXPECT_GE(test, dilated, 975 * NSEC_PER_MSEC);
	KUNIT_EXPECT_GT(test, dilated, 3 * once);
}

/* A call takes its time with interrupts off, too, and leaves them off. */
static void time_is_charged_without_interrupts(struct kunit *test)
{
	struct tdx_module_args args = {};
	u64 start;

	emu_init_lps(test);
	tdx_emu_params.other_ns = 5 * NSEC_PER_MSEC;

	scoped_guard(irqsave) {
		start = tdx_timing_now();
		__seamcall(TDH_SYS_LP_INIT, &args);
		KUNIT_EXPECT_GE(test, tdx_timing_now() - start, 5 * NSEC_PER_MSEC);
		KUNIT_EXPECT_TRUE(test, irqs_disabled());
	}
}

/* A reset forgets calls, injected answers and the state of the module. */
static void reset_gives_a_fresh_module(struct kunit *test)
{
	emu_bring_up(test);
	emu_inject(test, TDH_SYS_INIT, 0x1234, 0, 1);
	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);

	KUNIT_EXPECT_EQ(test, tdx_emulator_total_calls(), 0);
	emu_bring_up(test);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

/* A reset drops the references on PAMT pages. */
static void reset_lets_go_of_the_pamts(struct kunit *test)
{
	struct emu_fixture *f = test->priv;

	emu_init_lps(test);
	emu_config(test);
	KUNIT_EXPECT_EQ(test, page_count(f->pamt[0]), 2);
	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);
	KUNIT_EXPECT_EQ(test, page_count(f->pamt[0]), 1);
}

/* A reset while a call runs is refused. */
static void reset_is_refused_inside(struct kunit *test)
{
	unsigned int other = cpumask_next(0, cpu_online_mask);
	struct emu_long_call lc = { .call.leaf = TDH_SYS_LP_INIT };

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	emu_init_lps(test);
	tdx_emu_params.other_ns = LONG_NS;
	INIT_WORK_ONSTACK(&lc.work, emu_make_long_call);
	schedule_work_on(other, &lc.work);
	while (tdx_emulator_calls(TDH_SYS_LP_INIT) == num_online_cpus())
		usleep_range(1000, 2000);

	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), -EBUSY);

	flush_work(&lc.work);
	destroy_work_on_stack(&lc.work);
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
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
	KUNIT_CASE(injection_gives_a_value),
	KUNIT_CASE(injection_has_limits),
	KUNIT_CASE(injected_answers_are_not_audited),
	KUNIT_CASE_SLOW(time_is_charged),
	KUNIT_CASE(time_is_charged_without_interrupts),
	KUNIT_CASE(reset_gives_a_fresh_module),
	KUNIT_CASE(reset_lets_go_of_the_pamts),
	KUNIT_CASE(reset_is_refused_inside),
	{}
};

static struct kunit_suite emulator_test_suite = {
	.name = "tdx_emulator",
	.init = emu_fixture_init,
	.exit = emu_fixture_exit,
	.test_cases = emulator_test_cases,
};

kunit_test_suite(emulator_test_suite);
