/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_BRINGUP_FIXTURE_H
#define _TDX_BRINGUP_FIXTURE_H

#include <linux/limits.h>
#include <linux/time64.h>
#include <linux/types.h>

struct kunit;
struct tdx_bringup;

/* No wait in these tests takes so long, even on emulated CPUs that guests share. */
#define BRINGUP_PATIENCE_US	(60 * USEC_PER_SEC)

/* As @count of bringup_inject() */
#define BRINGUP_ALWAYS	UINT_MAX

/* .init and .exit of a suite; test->priv is the struct tdx_bringup. */
int bringup_fixture_init(struct kunit *test);
void bringup_fixture_exit(struct kunit *test);

/* The module answers @count calls of @leaf with @status, after @skip calls. */
void bringup_inject(struct kunit *test, u64 leaf, unsigned int skip, unsigned int count,
		    u64 status);
/* The module reports @value as the value of a metadata field. */
void bringup_inject_field(struct kunit *test, u64 field, u64 value);

/* Make an attempt even if the last one has failed, and return its result. */
int bringup_try(struct tdx_bringup *tb);
bool bringup_in_vmx(unsigned int cpu);
/* Check that a failed attempt has undone all: memory, VMX operation, metadata. */
void bringup_expect_nothing_held(struct kunit *test);

#endif
