// SPDX-License-Identifier: GPL-2.0-only
/* Tests of emulated instructions, injected answers, time, and reset. */
#include <linux/cleanup.h>
#include <linux/irqflags.h>
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/topology.h>
#include <asm/special_insns.h>

#include "kunit_fixture.h"

/* A SEAMCALL changes its output registers and no others. */
static void registers_are_preserved(struct kunit *test)
{
	const struct tdx_module_args in = {
		.rcx = 1, .rdx = FIELD_NUM_PKGS, .r8 = 3, .r9 = 4, .r10 = 5,
		.r11 = 6, .r12 = 7, .r13 = 8, .r14 = 9, .r15 = 10, .rbx = 11,
		.rdi = 12, .rsi = 13,
	};
	struct tdx_module_args out = in;
	u64 status;

	emu_init_lps(test);
	scoped_guard(preempt)
		status = __seamcall_saved_ret(TDH_SYS_RD, &out);

	KUNIT_EXPECT_EQ(test, status, 0);
	KUNIT_EXPECT_NE(test, out.rdx, FIELD_NUM_PKGS);
	KUNIT_EXPECT_EQ(test, out.r8, topology_max_packages());
	out.rdx = in.rdx;
	out.r8 = in.r8;
	KUNIT_EXPECT_MEMEQ(test, &out, &in, sizeof(in));
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

	tdx_emu_params.other_ns = LONG_NS;
	emu_contend(test, PSEAMLDR_INFO, page_to_phys(f->pamt[0]), TDX_SEAMCALL_VMFAILINVALID);
}

/* An injected answer applies after @skip calls, to @count calls. */
static void injection_skips_and_counts(struct kunit *test)
{
	const struct tdx_emulator_fault fault = {
		.leaf = TDH_SYS_LP_INIT, .any_rdx = true,
		.skip = 1, .count = 2, .status = 0x1234,
	};

	emu_init_lps(test);
	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
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
	struct emu_long_call lc;

	emu_init_lps(test);
	tdx_emu_params.other_ns = LONG_NS;
	emu_long_call_begin(test, &lc, TDH_SYS_LP_INIT, 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), -EBUSY);
	emu_long_call_end(&lc);
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
}

/* SYS.DISABLE overwrites PAMTs and lets them go.  The module can come up again. */
static void disable_gives_the_pamts_back(struct kunit *test)
{
	struct emu_fixture *f = test->priv;
	void *pamt = page_address(f->pamt[1]);

	emu_bring_up(test);
	memset(pamt, 0xff, PAMT_PAGES * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, emu_disable(), 0);

	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_DISABLE),
			DIV_ROUND_UP(NR_TDMRS * PAMT_PAGES, TDXMOD_DISABLE_PAGES));
	KUNIT_EXPECT_NULL(test, memchr_inv(pamt, 0, PAMT_PAGES * PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, page_count(f->pamt[0]), 1);

	emu_bring_up(test);
	KUNIT_EXPECT_EQ(test, page_count(f->pamt[0]), 2);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

/* SYS.DISABLE does not overtake a call on another CPU, but locks later calls out. */
static void disable_waits_for_other_cpus(struct kunit *test)
{
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };
	struct emu_long_call lc;

	emu_bring_up_to_keys(test);
	tdx_emu_params.tdmr_ns = LONG_NS;
	emu_long_call_begin(test, &lc, TDH_SYS_TDMR_INIT, TDMR_BASE(0));
	KUNIT_EXPECT_EQ(test, emu_call(0, TDH_SYS_DISABLE), TDX_EMU_SYS_BUSY);
	KUNIT_EXPECT_EQ(test, emu_call_on(0, TDH_SYS_RD, &args), SYS_SHUTDOWN);
	KUNIT_EXPECT_EQ(test, emu_disable(), 0);

	KUNIT_EXPECT_EQ(test, emu_long_call_end(&lc), 0);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

/* Injected answers of SYS.DISABLE do not lock other calls out. */
static void disable_takes_injections(struct kunit *test)
{
	const struct tdx_emulator_fault busy = {
		.leaf = TDH_SYS_DISABLE, .any_rdx = true, .count = 3, .status = TDX_EMU_SYS_BUSY,
	};
	const struct tdx_emulator_fault fails = {
		.leaf = TDH_SYS_DISABLE, .any_rdx = true, .count = 1, .status = 0x1234,
	};

	emu_init_lps(test);
	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&busy), 0);
	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fails), 0);

	KUNIT_EXPECT_EQ(test, emu_disable(), 0x1234);
	KUNIT_EXPECT_EQ(test, tdx_emulator_calls(TDH_SYS_DISABLE), 4);
	emu_config(test);
}

static struct kunit_case emulator_test_cases[] = {
	KUNIT_CASE(registers_are_preserved),
	KUNIT_CASE(seamldr_takes_one_cpu),
	KUNIT_CASE(no_vmx_is_an_invalid_opcode),
	KUNIT_CASE(movdir64b_moves),
	KUNIT_CASE(injection_skips_and_counts),
	KUNIT_CASE(injection_matches_rdx),
	KUNIT_CASE(injection_has_limits),
	KUNIT_CASE_SLOW(time_is_charged),
	KUNIT_CASE(time_is_charged_without_interrupts),
	KUNIT_CASE(reset_lets_go_of_the_pamts),
	KUNIT_CASE(reset_is_refused_inside),
	KUNIT_CASE(disable_gives_the_pamts_back),
	KUNIT_CASE(disable_waits_for_other_cpus),
	KUNIT_CASE(disable_takes_injections),
	{}
};

static struct kunit_suite emulator_test_suite = {
	.name = "tdx_emulator",
	.init = emu_fixture_init,
	.exit = emu_fixture_exit,
	.test_cases = emulator_test_cases,
};

kunit_test_suite(emulator_test_suite);
