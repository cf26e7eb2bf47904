/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_BRINGUP_FIXTURE_H
#define _TDX_BRINGUP_FIXTURE_H

struct kunit;

/* .init and .exit of a suite; test->priv is the struct tdx_bringup. */
int bringup_fixture_init(struct kunit *test);
void bringup_fixture_exit(struct kunit *test);

/* An attempt in the test's own thread: where its static stubs act. */
int bringup_attempt(struct kunit *test);

/* For smp_call_on_cpu(); outside VMX operation the instruction itself fails. */
int bringup_in_vmx(void *unused);

void bringup_expect_no_audit(struct kunit *test);
/* What a failure must have given back: memory, VMX operation, readiness. */
void bringup_expect_nothing_held(struct kunit *test);

#endif
