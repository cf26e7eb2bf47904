/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of the model for what vectors cannot reach.  A check is a function
 * that knows nothing of who runs it: it gets a place for its findings.
 */
#ifndef _TDX_TEST_CHECK_H
#define _TDX_TEST_CHECK_H

#include "../../../../arch/x86/virt/vmx/tdx/emulator/model_leaves.h"
#include "machine.h"

struct check {
	const char *name;
	void (*run)(struct check *c);
	struct machine *mc;	/* storage; the check makes the machine */
	unsigned int nr_failed;
	const char *where;	/* of the last that failed */
	int line;
	u64 got, want;
};

void check_equal(struct check *c, u64 got, u64 want, const char *what, int line);

#define EXPECT_EQ(c, got, want)	check_equal(c, got, want, #got, __LINE__)
#define EXPECT(c, condition)	check_equal(c, !!(condition), true, #condition, __LINE__)

/* SEAMCALL of @leaf on @lp with what is in @regs; gives the status. */
u64 check_call(struct check *c, unsigned int lp, u64 leaf, struct tdxmod_regs *regs);
/* The same where neither inputs nor outputs matter. */
u64 check_plain_call(struct check *c, unsigned int lp, u64 leaf);

/* Two packages, two LPs each, HKIDs 32 to 63 private, 64 GiB convertible. */
void check_platform(struct tdxmod_platform *p);
/* A machine of this form with these differences, in its first state. */
void check_boot(struct check *c, u32 differences);
/* SYS.INIT, and LP.INIT on every LP. */
void check_sys_init(struct check *c);
/* SYS.CONFIG with one TDMR of 1 GiB at 4 GiB; gives the status. */
u64 check_config(struct check *c, u64 hkid);
/* All up to SYS_READY. */
void check_ready(struct check *c, u32 differences);

#define CHECK_HKID		32
#define CHECK_TDMR_BASE		0x100000000ULL
#define CHECK_RSVD_OFFSET	0x10000000ULL
#define CHECK_RSVD_SIZE		0x2000ULL
#define CHECK_PAMT_1G		0x80000000ULL
#define CHECK_PAMT_2M		0x80001000ULL
#define CHECK_PAMT_4K		0x80003000ULL

/* Lists end with a check without a name. */
extern const struct check check_init_list[];
extern const struct check check_metadata_list[];
extern const struct check check_life_list[];
extern const struct check check_seamldr_list[];

#endif /* _TDX_TEST_CHECK_H */
