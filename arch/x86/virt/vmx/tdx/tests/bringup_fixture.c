// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each test has its own bring-up, which runs in the thread of the test.  After each test,
 * the fixture checks that the audit has reported nothing, and resets the state that the
 * rest of the kernel can see.
 */
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/smp.h>
#include <linux/workqueue.h>

#include "../enable.h"
#include "../emulator/emulator.h"
#include "../seamcall_internal.h"
#include "bringup_fixture.h"

int bringup_fixture_init(struct kunit *test)
{
	struct tdx_bringup *tb;

	if (!tdx_emulator_active())
		kunit_skip(test, "needs tdx_emulator=on");

	KUNIT_ASSERT_EQ(test, tdx_emulator_reset(), 0);

	tb = kunit_kzalloc(test, sizeof(*tb), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tb);
	tdx_bringup_init(tb, &tdx_host_ops);
	test->priv = tb;

	return 0;
}

void bringup_fixture_exit(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	if (!tb)
		return;

	/* Off in the state "unknown" does not wait for the worker. */
	flush_work(&tb->work);
	KUNIT_EXPECT_EQ(test, tdx_emulator_audit_total(), 0ULL);
	/* Reset the module first: it owns the PAMTs while it is up. */
	KUNIT_EXPECT_EQ(test, tdx_emulator_reset(), 0);
	if (tb->steps.layout.tdmrs.nr_tdmrs)
		tdx_steps_undo(&tb->steps);
}

void bringup_inject(struct kunit *test, u64 leaf, unsigned int skip, unsigned int count,
		    u64 status)
{
	const struct tdx_emulator_fault fault = {
		.leaf = leaf,
		.any_rdx = true,
		.skip = skip,
		.count = count,
		.status = status,
	};

	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
}

void bringup_inject_field(struct kunit *test, u64 field, u64 value)
{
	const struct tdx_emulator_fault fault = {
		.leaf = TDH_SYS_RD,
		.match_rdx = field,
		.count = BRINGUP_ALWAYS,
		.value = value,
	};

	KUNIT_ASSERT_EQ(test, tdx_emulator_inject(&fault), 0);
}

int bringup_try(struct tdx_bringup *tb)
{
	struct tdx_enable_request req;

	tdx_enable_request_init(&req, NULL);

	return tdx_bringup_request(tb, &req) ?: tdx_bringup_wait(tb, &req);
}

static int bringup_try_call(void *unused)
{
	struct tdx_module_args args = {};

	return __seamcall(TDH_SYS_LP_INIT, &args) != TDX_SEAMCALL_UD;
}

bool bringup_in_vmx(unsigned int cpu)
{
	return smp_call_on_cpu(cpu, bringup_try_call, NULL, false);
}

static void bringup_expect_no_vmx(struct kunit *test)
{
	unsigned int cpu, nr = 0;

	cpus_read_lock();
	for_each_online_cpu(cpu)
		nr += bringup_in_vmx(cpu);
	cpus_read_unlock();

	KUNIT_EXPECT_EQ_MSG(test, nr, 0, "CPUs left in VMX operation");
}

void bringup_expect_nothing_held(struct kunit *test)
{
	struct tdx_bringup *tb = test->priv;

	bringup_expect_no_vmx(test);
	KUNIT_EXPECT_EQ(test, tb->steps.job.total, 0ULL);
	KUNIT_EXPECT_NULL(test, tb->steps.layout.host.ranges);
	KUNIT_EXPECT_EQ(test, tb->steps.layout.tdmrs.nr_tdmrs, 0);
	KUNIT_EXPECT_NULL(test, tb->steps.layout.host.nodes);
	KUNIT_EXPECT_NULL(test, tb->steps.layout.infos.tdmrs);
	KUNIT_EXPECT_NULL(test, tdx_get_sysinfo());
}

/* The reset of the emulated module frees the memory that this host has given to it. */
static int __init bringup_fixture_init_reset(void)
{
	tdx_emulator_set_reset(tdx_host_reset);

	return 0;
}
arch_initcall(bringup_fixture_init_reset);
