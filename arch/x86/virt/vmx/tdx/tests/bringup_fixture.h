/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_BRINGUP_FIXTURE_H
#define _TDX_BRINGUP_FIXTURE_H

struct kunit;

/* .init and .exit of a suite; test->priv is the struct tdx_bringup. */
int bringup_fixture_init(struct kunit *test);
void bringup_fixture_exit(struct kunit *test);

/* Run an attempt in the thread of the test, so that static stubs take effect. */
int bringup_attempt(struct kunit *test);

/* For smp_call_on_cpu().  Return whether the CPU is in VMX operation. */
int bringup_in_vmx(void *unused);

void bringup_expect_no_audit(struct kunit *test);
/* Check that a failed attempt has undone all: memory, VMX operation, metadata. */
void bringup_expect_nothing_held(struct kunit *test);

#endif
