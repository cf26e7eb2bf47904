// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions by which tests of the emulator bring up the emulated module.
 *
 * The TDMRs are at addresses without memory and are fully reserved.  The module
 * accepts them, and only their PAMTs need memory.
 */
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/preempt.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <asm/cpufeatures.h>
#include <asm/special_insns.h>

#include "kunit_fixture.h"

static int emu_make_call(void *data)
{
	struct emu_call *call = data;

	guard(preempt)();
	call->status = __seamcall_ret(call->leaf, &call->args);
	return 0;
}

u64 emu_call_on(int cpu, u64 leaf, struct tdx_module_args *args)
{
	struct emu_call call = { .leaf = leaf, .args = *args };

	if (smp_call_on_cpu(cpu, emu_make_call, &call, false))
		return TDX_SW_ERROR;

	*args = call.args;
	return call.status;
}

u64 emu_call(int cpu, u64 leaf)
{
	struct tdx_module_args args = {};

	return emu_call_on(cpu, leaf, &args);
}

static void emu_make_long_call(struct work_struct *work)
{
	emu_make_call(&container_of(work, struct emu_long_call, work)->call);
}

/* Begin a call on another CPU than the first. */
void emu_long_call_begin(struct kunit *test, struct emu_long_call *lc, u64 leaf, u64 rcx)
{
	u64 before = tdx_emulator_calls(leaf);

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	lc->call = (struct emu_call){ .leaf = leaf, .args.rcx = rcx };
	INIT_WORK_ONSTACK(&lc->work, emu_make_long_call);
	schedule_work_on(cpumask_next(0, cpu_online_mask), &lc->work);
	while (tdx_emulator_calls(leaf) == before)
		usleep_range(1000, 2000);

	/* The emulator counts the call on entry.  Give the call time to begin its wait. */
	usleep_range(5000, 6000);
}

u64 emu_long_call_end(struct emu_long_call *lc)
{
	flush_work(&lc->work);
	destroy_work_on_stack(&lc->work);

	return lc->call.status;
}

/* Make a call while another CPU is in the same leaf, and check both answers. */
void emu_contend(struct kunit *test, u64 leaf, u64 rcx, u64 expected)
{
	struct tdx_module_args args = { .rcx = rcx };
	struct emu_long_call lc;
	u64 status;

	emu_long_call_begin(test, &lc, leaf, rcx);
	status = emu_call_on(0, leaf, &args);
	KUNIT_EXPECT_EQ(test, emu_long_call_end(&lc), 0);
	KUNIT_EXPECT_EQ(test, status, expected);
}

int emu_get_vmx(void *unused)
{
	return tdx_emulator_virt_get_ref(X86_FEATURE_VMX);
}

int emu_put_vmx(void *unused)
{
	tdx_emulator_virt_put_ref(X86_FEATURE_VMX);
	return 0;
}

void emu_on_each_cpu(int (*func)(void *unused))
{
	int cpu;

	for_each_online_cpu(cpu)
		smp_call_on_cpu(cpu, func, NULL, false);
}

void emu_init_lps(struct kunit *test)
{
	int cpu;

	KUNIT_ASSERT_EQ(test, emu_call(0, TDH_SYS_INIT), 0);
	for_each_online_cpu(cpu)
		KUNIT_ASSERT_EQ(test, emu_call(cpu, TDH_SYS_LP_INIT), 0);
}

static void emu_describe_tdmr(struct emu_fixture *f, int i)
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

void emu_config(struct kunit *test)
{
	struct emu_fixture *f = test->priv;
	struct tdx_module_args args = {
		.rcx = virt_to_phys(f->tdmr_pas),
		.rdx = NR_TDMRS,
		.r8 = tdx_emu_params.mktme_keyids + 1,
	};
	int i;

	for (i = 0; i < NR_TDMRS; i++)
		emu_describe_tdmr(f, i);

	KUNIT_ASSERT_EQ(test, emu_call_on(0, TDH_SYS_CONFIG, &args), 0);
}

void emu_config_keys(struct kunit *test)
{
	unsigned long seen = 0;
	int cpu;

	for_each_online_cpu(cpu) {
		if (!__test_and_set_bit(topology_logical_package_id(cpu), &seen))
			KUNIT_ASSERT_EQ(test, emu_call(cpu, TDH_SYS_KEY_CONFIG), 0);
	}
}

void emu_bring_up_to_keys(struct kunit *test)
{
	emu_init_lps(test);
	emu_config(test);
	wbinvd_on_all_cpus();
	emu_config_keys(test);
}

u64 emu_init_tdmr(int cpu, int i)
{
	struct tdx_module_args args = { .rcx = TDMR_BASE(i) };

	return emu_call_on(cpu, TDH_SYS_TDMR_INIT, &args);
}

void emu_bring_up(struct kunit *test)
{
	int i, n;

	emu_bring_up_to_keys(test);
	for (i = 0; i < NR_TDMRS; i++) {
		for (n = 0; n < CALLS_PER_TDMR; n++)
			KUNIT_ASSERT_EQ(test, emu_init_tdmr(0, i), 0);
	}
}

u64 emu_disable(void)
{
	u64 status;

	do {
		status = emu_call(0, TDH_SYS_DISABLE);
	} while (status == TDX_EMU_SYS_BUSY || status == TDX_EMU_INTERRUPTED_RESUMABLE);

	return status;
}

void emu_free_pamt(struct emu_fixture *f, int i)
{
	free_contig_range(page_to_pfn(f->pamt[i]), PAMT_PAGES);
	f->pamt[i] = NULL;
}

void emu_fixture_exit(struct kunit *test)
{
	struct emu_fixture *f = test->priv;
	int i;

	if (!f)
		return;

	tdx_emu_params = f->params;
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
	for (i = 0; i < NR_TDMRS; i++) {
		if (f->pamt[i])
			emu_free_pamt(f, i);
	}
	emu_on_each_cpu(emu_put_vmx);
}

int emu_fixture_init(struct kunit *test)
{
	struct emu_fixture *f;
	int i;

	if (!tdx_emulator_active())
		kunit_skip(test, "the emulator is not on");

	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);
	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f);
	f->params = tdx_emu_params;
	emu_on_each_cpu(emu_get_vmx);
	test->priv = f;

	for (i = 0; i < NR_TDMRS; i++) {
		f->tdmrs[i] = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, f->tdmrs[i]);
		f->pamt[i] = alloc_contig_pages(PAMT_PAGES, GFP_KERNEL, first_online_node,
						&node_online_map);
		KUNIT_ASSERT_NOT_NULL(test, f->pamt[i]);
	}
	f->tdmr_pas = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->tdmr_pas);

	return 0;
}
