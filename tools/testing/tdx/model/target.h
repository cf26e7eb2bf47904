/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vectors are replayed on: the model in this process, or in a kernel,
 * where it is reached by the SEAMCALL instruction.
 */
#ifndef _TDX_TEST_TARGET_H
#define _TDX_TEST_TARGET_H

#include "../../../../arch/x86/virt/vmx/tdx/emulator/model.h"

/**
 * struct target - operations on a module and on its platform
 * @max_lps: how many LPs the platform can have
 * @begin: a fresh module in zeroed memory, with @init_lps of its LPs initialized
 *	unless @sysinit is false; the lp_package of @platform is ignored.  False
 *	when @platform is beyond the limits of the model
 * @read: 64-bit words of memory
 * @write: the same
 * @keyfail: the next @count PCONFIGs on @lp end as @result
 * @lock: hold or release the lock of the TDMR at @base, or the global one if
 *	@base is NULL.  0, -EBUSY when it is so already, -ENOENT for no TDMR
 * @seamcall: what went wrong beside the registers, or NULL
 *
 * A target that cannot be used says why on standard error and exits with 2.
 */
struct target {
	unsigned int (*max_lps)(void);
	bool (*begin)(const struct tdxmod_platform *platform, bool sysinit,
		      unsigned int init_lps);
	void (*read)(u64 pa, u64 *words, size_t n);
	void (*write)(u64 pa, const u64 *words, size_t n);
	void (*keyfail)(unsigned int lp, enum tdxmod_pconfig result, u64 count);
	int (*lock)(const u64 *base, bool hold);
	const char *(*seamcall)(unsigned int lp, struct tdxmod_regs *regs);
};

extern const struct target target_model;
extern const struct target target_kernel;

#endif /* _TDX_TEST_TARGET_H */
