/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_BRINGUP_FIXTURE_H
#define _TDX_BRINGUP_FIXTURE_H

struct kunit;

/* .init and .exit of a suite; test->priv is the struct tdx_bringup. */
int bringup_fixture_init(struct kunit *test);
void bringup_fixture_exit(struct kunit *test);

void bringup_expect_no_audit(struct kunit *test);
/* What a failure must have given back: memory, VMX operation, readiness. */
void bringup_expect_nothing_held(struct kunit *test);

#endif
