// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the audit.  For each rule, a test breaks the rule and expects exactly one
 * report of it.  The tests of bring-up expect no report while the host keeps the rules.
 */
#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <asm/special_insns.h>

#include "kunit_fixture.h"

static void audit_expect_only(struct kunit *test, enum tdx_audit rule)
{
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit(rule), 1);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 1);
}

/* A module without SYS.DISABLE, until the next reset. */
static void audit_lack_sys_disable(void)
{
	tdx_emu_module.platform.differences &= ~TDXMOD_SYS_DISABLE;
}

/* PAMTs freed after SYS.DISABLE and a cache flush are not reported. */
static void clean_giving_up_is_not_reported(struct kunit *test)
{
	emu_bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, emu_init_tdmr(0, 0), 0);

	KUNIT_ASSERT_EQ(test, emu_disable(), 0);
	wbinvd_on_all_cpus();
	emu_free_pamt(test->priv, 0);
	emu_free_pamt(test->priv, 1);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

/* If there is no SYS.DISABLE, PAMTs freed after a cache flush are not reported. */
static void clean_giving_up_without_sys_disable(struct kunit *test)
{
	audit_lack_sys_disable();
	emu_bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, emu_init_tdmr(0, 0), 0);

	wbinvd_on_all_cpus();
	emu_free_pamt(test->priv, 0);
	emu_free_pamt(test->priv, 1);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0);
}

/* A key configured without a cache flush is reported. */
static void missing_cache_flush(struct kunit *test)
{
	emu_init_lps(test);
	wbinvd_on_all_cpus();
	emu_config(test);
	emu_config_keys(test);
	audit_expect_only(test, TDX_AUDIT_CACHE_FLUSH);
}

/* A PAMT that is freed while the module uses it is reported. */
static void pamt_freed_in_use(struct kunit *test)
{
	emu_bring_up(test);
	wbinvd_on_all_cpus();
	emu_free_pamt(test->priv, 0);
	audit_expect_only(test, TDX_AUDIT_PAMT_FREED);
}

/* A PAMT that is freed before SYS.DISABLE is reported, even if no TDMR.INIT wrote to it. */
static void pamt_freed_without_disable(struct kunit *test)
{
	emu_init_lps(test);
	emu_config(test);
	wbinvd_on_all_cpus();
	emu_free_pamt(test->priv, 0);
	audit_expect_only(test, TDX_AUDIT_PAMT_FREED);
}

/* A PAMT that is freed before SYS.DISABLE has completed is reported. */
static void pamt_freed_during_disable(struct kunit *test)
{
	emu_bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, emu_call(0, TDH_SYS_DISABLE), TDX_EMU_INTERRUPTED_RESUMABLE);
	wbinvd_on_all_cpus();
	emu_free_pamt(test->priv, 0);
	audit_expect_only(test, TDX_AUDIT_PAMT_FREED);
}

/* SYS.DISABLE with a PAMT that is freed is refused and reported. */
static void pamt_freed_before_disable(struct kunit *test)
{
	emu_init_lps(test);
	emu_config(test);
	tdx_audit_expect_frees(true);
	emu_free_pamt(test->priv, 1);
	tdx_audit_expect_frees(false);

	KUNIT_EXPECT_EQ(test, emu_disable(), TDX_SEAMCALL_VMFAILINVALID);
	KUNIT_EXPECT_EQ(test, emu_disable(), TDX_SEAMCALL_VMFAILINVALID);
	audit_expect_only(test, TDX_AUDIT_PAMT_FREED);
}

/* A PAMT that is freed after SYS.DISABLE without a cache flush is reported. */
static void pamt_freed_without_flush(struct kunit *test)
{
	emu_bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, emu_init_tdmr(0, 0), 0);
	wbinvd_on_all_cpus();
	KUNIT_ASSERT_EQ(test, emu_disable(), 0);
	emu_free_pamt(test->priv, 0);
	audit_expect_only(test, TDX_AUDIT_PAMT_FREED);
}

/* Without SYS.DISABLE, too, a PAMT that is freed without a cache flush is reported. */
static void pamt_freed_without_both(struct kunit *test)
{
	audit_lack_sys_disable();
	emu_bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, emu_init_tdmr(0, 0), 0);
	emu_free_pamt(test->priv, 0);
	audit_expect_only(test, TDX_AUDIT_PAMT_FREED);
}

/* TDMR.INIT of a TDMR whose PAMT is freed is refused and reported. */
static void pamt_freed_before_tdmr_init(struct kunit *test)
{
	audit_lack_sys_disable();
	emu_bring_up_to_keys(test);
	emu_free_pamt(test->priv, 0);
	KUNIT_EXPECT_EQ(test, emu_init_tdmr(0, 0), TDX_SEAMCALL_VMFAILINVALID);
	KUNIT_EXPECT_EQ(test, emu_init_tdmr(0, 1), 0);
	audit_expect_only(test, TDX_AUDIT_PAMT_FREED);
}

/* A single page of a PAMT that is freed is reported. */
static void pamt_freed_page_by_page(struct kunit *test)
{
	struct emu_fixture *f = test->priv;
	struct page *page;

	emu_bring_up(test);
	page = f->pamt[1];
	f->pamt[1] = NULL;
	__free_page(page);
	audit_expect_only(test, TDX_AUDIT_PAMT_FREED);

	free_contig_range(page_to_pfn(page) + 1, PAMT_PAGES - 1);
}

/* A write to a PAMT is reported when the audit is read. */
static void pamt_written(struct kunit *test)
{
	struct emu_fixture *f = test->priv;
	u8 *last;

	emu_bring_up(test);
	last = page_address(f->pamt[1]) + PAMT_4K_SIZE - 1;
	*last ^= 1;
	audit_expect_only(test, TDX_AUDIT_PAMT_WRITTEN);
}

/* The next TDMR.INIT reports a write to a PAMT, even if the host undoes it later. */
static void pamt_written_seen_by_the_next_call(struct kunit *test)
{
	struct emu_fixture *f = test->priv;
	u8 *first;

	emu_bring_up_to_keys(test);
	KUNIT_ASSERT_EQ(test, emu_init_tdmr(0, 0), 0);

	first = page_address(f->pamt[0]);
	*first ^= 1;
	KUNIT_ASSERT_EQ(test, emu_init_tdmr(0, 0), 0);
	*first ^= 1;
	audit_expect_only(test, TDX_AUDIT_PAMT_WRITTEN);
}

/* A call on an LP without LP.INIT is reported. */
static void lp_not_initialized(struct kunit *test)
{
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };

	KUNIT_ASSERT_EQ(test, emu_call(0, TDH_SYS_INIT), 0);
	KUNIT_EXPECT_EQ(test, emu_call_on(0, TDH_SYS_RD, &args), LP_INIT_NOT_DONE);
	audit_expect_only(test, TDX_AUDIT_LP_NOT_INIT);
}

/* KEY.CONFIG on two LPs at once is reported. */
static void key_config_contended(struct kunit *test)
{
	emu_init_lps(test);
	emu_config(test);
	wbinvd_on_all_cpus();
	tdx_emu_params.key_ns = LONG_NS;
	emu_contend(test, TDH_SYS_KEY_CONFIG, 0, TDX_EMU_SYS_BUSY);
	audit_expect_only(test, TDX_AUDIT_KEY_CONTENDED);
}

/* TDMR.INIT of one TDMR on two LPs at once is reported. */
static void tdmr_busy(struct kunit *test)
{
	emu_bring_up_to_keys(test);
	tdx_emu_params.tdmr_ns = LONG_NS;
	emu_contend(test, TDH_SYS_TDMR_INIT, TDMR_BASE(0), TDX_EMU_OPERAND_BUSY_RCX);
	audit_expect_only(test, TDX_AUDIT_TDMR_BUSY);
}

struct audit_interrupt {
	struct hrtimer timer;
	u64 status;
};

static enum hrtimer_restart audit_call_from_interrupt(struct hrtimer *timer)
{
	struct audit_interrupt *irq = container_of(timer, struct audit_interrupt, timer);
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };

	irq->status = __seamcall_ret(TDH_SYS_RD, &args);
	return HRTIMER_NORESTART;
}

/* A SEAMCALL from an interrupt inside a SEAMCALL is answered and reported. */
static void nested_call(struct kunit *test)
{
	struct tdx_module_args args = { .rdx = FIELD_NUM_PKGS };
	struct audit_interrupt irq = { .status = TDX_SW_ERROR };
	u64 status;

	emu_init_lps(test);
	tdx_emu_params.other_ns = LONG_NS;
	hrtimer_setup_on_stack(&irq.timer, audit_call_from_interrupt, CLOCK_MONOTONIC,
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
	audit_expect_only(test, TDX_AUDIT_NESTED);
}

static int audit_flush_cpu(void *unused)
{
	wbinvd();
	this_cpu_write(cache_state_incoherent, false);

	return 0;
}

/* The call fails with #UD, but the host must assume that it left dirty cache lines. */
static int audit_call_as_host(void *unused)
{
	struct tdx_module_args args = {};

	return seamcall(TDH_SYS_INIT, &args) == TDX_SEAMCALL_UD;
}

/* A shutdown in VMX operation is reported. */
static void shutdown_in_vmx(struct kunit *test)
{
	emu_on_each_cpu(audit_flush_cpu);
	tdx_emulator_audit_shutdown();
	audit_expect_only(test, TDX_AUDIT_SHUTDOWN);
}

/* A shutdown without a cache flush after the last SEAMCALL is reported. */
static void shutdown_with_dirty_cache(struct kunit *test)
{
	emu_on_each_cpu(audit_flush_cpu);
	emu_on_each_cpu(emu_put_vmx);
	KUNIT_EXPECT_EQ(test, smp_call_on_cpu(0, audit_call_as_host, NULL, false), 1);
	tdx_emulator_audit_shutdown();
	emu_on_each_cpu(emu_get_vmx);
	audit_expect_only(test, TDX_AUDIT_SHUTDOWN);
}

static struct kunit_case audit_test_cases[] = {
	KUNIT_CASE(clean_giving_up_is_not_reported),
	KUNIT_CASE(clean_giving_up_without_sys_disable),
	KUNIT_CASE(missing_cache_flush),
	KUNIT_CASE(pamt_freed_in_use),
	KUNIT_CASE(pamt_freed_without_disable),
	KUNIT_CASE(pamt_freed_during_disable),
	KUNIT_CASE(pamt_freed_before_disable),
	KUNIT_CASE(pamt_freed_without_flush),
	KUNIT_CASE(pamt_freed_without_both),
	KUNIT_CASE(pamt_freed_before_tdmr_init),
	KUNIT_CASE(pamt_freed_page_by_page),
	KUNIT_CASE(pamt_written),
	KUNIT_CASE(pamt_written_seen_by_the_next_call),
	KUNIT_CASE(lp_not_initialized),
	KUNIT_CASE(key_config_contended),
	KUNIT_CASE(tdmr_busy),
	KUNIT_CASE(nested_call),
	KUNIT_CASE(shutdown_in_vmx),
	KUNIT_CASE(shutdown_with_dirty_cache),
	{}
};

static struct kunit_suite audit_test_suite = {
	.name = "tdx_emulator_audit",
	.init = emu_fixture_init,
	.exit = emu_fixture_exit,
	.test_cases = audit_test_cases,
};

kunit_test_suite(audit_test_suite);
