/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vectors are replayed on: the model in this process, or in a kernel,
 * where it is reached by the SEAMCALL instruction.
 */
#ifndef _TDX_TEST_TARGET_H
#define _TDX_TEST_TARGET_H

#include "../../../../arch/x86/virt/vmx/tdx/emulator/model.h"

enum target_lock {
	TARGET_LOCK_MOVED,
	TARGET_LOCK_OTHERWISE,	/* held already, or not held */
	TARGET_LOCK_NONE,	/* no such TDMR */
};

/* A target that cannot be used says why on standard error and exits with 2. */
struct target {
	/* How many LPs it can have: 0 to that, less one. */
	unsigned int (*max_lps)(void);
	/*
	 * A fresh module in zeroed memory, with @init_lps of its LPs
	 * initialised unless @sysinit is false; the lp_package of @platform is
	 * ignored.  False when @platform is beyond its limits.
	 */
	bool (*begin)(const struct tdxmod_platform *platform, bool sysinit,
		      unsigned int init_lps);
	void (*end)(void);
	/* 64-bit words of memory. */
	void (*read)(u64 pa, u64 *words, size_t n);
	void (*write)(u64 pa, const u64 *words, size_t n);
	/* The next @count PCONFIGs on @lp end as @result. */
	void (*keyfail)(unsigned int lp, enum tdxmod_pconfig result, u64 count);
	/* Hold or release the lock of a TDMR, or the global one if @base is NULL. */
	enum target_lock (*lock)(const u64 *base, bool hold);
	/* Gives NULL, or what went wrong beside the registers. */
	const char *(*seamcall)(unsigned int lp, struct tdxmod_regs *regs);
};

extern const struct target target_model;
extern const struct target target_kernel;

/* What a caller has in a register that no leaf may touch. */
#define TARGET_MARKER(n)	(0xA5A5000000000000ULL + (n))

#endif /* _TDX_TEST_TARGET_H */
