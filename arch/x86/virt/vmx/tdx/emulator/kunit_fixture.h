/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_EMULATOR_KUNIT_FIXTURE_H
#define _TDX_EMULATOR_KUNIT_FIXTURE_H

#include <linux/sizes.h>
#include <linux/time64.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <kunit/test.h>

#include "../seamcall_internal.h"
#include "../tdx.h"
#include "internal.h"

#define NR_TDMRS	2
#define TDMR_BASE(i)	((512ULL + (i)) * SZ_1G)
#define CALLS_PER_TDMR	(SZ_1G / SZ_4M)

/* The PAMTs of 1 GiB for 4K, 2M and 1G pages are adjacent. */
#define PAMT_4K_SIZE	SZ_4M
#define PAMT_2M_SIZE	SZ_8K
#define PAMT_1G_SIZE	SZ_4K
#define PAMT_PAGES	((PAMT_4K_SIZE + PAMT_2M_SIZE + PAMT_1G_SIZE) / PAGE_SIZE)

#define FIELD_NUM_PKGS	0x0000000200000000ULL

#define LP_INIT_NOT_DONE	0xc000050200000000ULL
#define SYS_SHUTDOWN		0xc000050600000000ULL

/* Exceeds any delay of a virtual machine, even on a busy host. */
#define LONG_NS		(1 * NSEC_PER_SEC)

struct emu_fixture {
	struct tdx_emu_params params;	/* saved values, to restore after the test */
	struct page *pamt[NR_TDMRS];	/* NULL if the test has freed it */
	struct tdmr_info *tdmrs[NR_TDMRS];
	u64 *tdmr_pas;
};

struct emu_call {
	u64 leaf;
	struct tdx_module_args args;
	u64 status;
};

struct emu_long_call {
	struct work_struct work;
	struct emu_call call;
};

/* .init and .exit of a suite; test->priv is the fixture. */
int emu_fixture_init(struct kunit *test);
void emu_fixture_exit(struct kunit *test);

/* For smp_call_on_cpu() */
int emu_get_vmx(void *unused);
int emu_put_vmx(void *unused);
void emu_on_each_cpu(int (*func)(void *unused));

u64 emu_call_on(int cpu, u64 leaf, struct tdx_module_args *args);
u64 emu_call(int cpu, u64 leaf);

/* To test calls that overlap, make the first one take LONG_NS. */
void emu_long_call_begin(struct kunit *test, struct emu_long_call *lc, u64 leaf, u64 rcx);
u64 emu_long_call_end(struct emu_long_call *lc);
void emu_contend(struct kunit *test, u64 leaf, u64 rcx, u64 expected);

void emu_init_lps(struct kunit *test);
void emu_config(struct kunit *test);
void emu_config_keys(struct kunit *test);
void emu_bring_up_to_keys(struct kunit *test);
u64 emu_init_tdmr(int cpu, int i);
void emu_bring_up(struct kunit *test);
u64 emu_disable(void);
void emu_free_pamt(struct emu_fixture *f, int i);

#endif /* _TDX_EMULATOR_KUNIT_FIXTURE_H */
