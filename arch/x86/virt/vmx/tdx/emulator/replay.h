/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on /sys/kernel/debug/tdx_emulator/replay.
 *
 * While the file is open, only its user can call the TDX module, on a platform that
 * the user describes.  LP n is CPU n.  Memory is allocated at its first use.  Reads
 * and writes of the file access this memory: the position is the physical address
 * without KeyID, and an access does not extend beyond the end of a page.
 *
 * The user-space replayer includes this file, too.
 */
#ifndef _TDX_EMULATOR_REPLAY_H
#define _TDX_EMULATOR_REPLAY_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "model.h"

/* LP i is on package i * nr_packages / nr_lps. */
struct tdx_replay_platform {
	u32 nr_packages;
	u32 nr_lps;
	u32 maxpa;
	u32 keyid_bits;
	u32 hkid_start;
	u32 hkid_count;
	u32 sysinit;		/* 1: SYS.INIT has succeeded */
	u32 init_lps;		/* if @sysinit: LPs 0 to @init_lps - 1 have done LP.INIT */
	u32 nr_cmrs;
	u32 unused;
	struct tdxmod_range seamrr;
	struct tdxmod_range cmrs[TDXMOD_MAX_CMRS];
};

/* The next @count PCONFIGs on @lp have the result @result. */
struct tdx_replay_keyfail {
	u32 lp;
	u32 result;		/* enum tdxmod_pconfig */
	u64 count;
};

struct tdx_replay_lock {
	u32 hold;		/* 1 hold, 0 release */
	u32 of_tdmr;		/* 0: the global lock */
	u64 base;		/* of the TDMR */
};

/*
 * A call on the current CPU, which must be @lp.  The registers after RAX have the
 * layout of struct tdx_module_args.
 */
struct tdx_replay_call {
	struct tdxmod_regs regs;
	u64 r12;
	u64 r13;
	u64 r14;
	u64 r15;
	u64 rbx;
	u64 rdi;
	u64 rsi;
	u32 lp;
	u32 wrong_hkid;		/* out: PCONFIGs for another HKID than the global one */
};

/* Initializes a module on this platform, with new memory.  Must be the first ioctl. */
#define TDX_REPLAY_BEGIN	_IOW('T', 0x80, struct tdx_replay_platform)
#define TDX_REPLAY_KEYFAIL	_IOW('T', 0x81, struct tdx_replay_keyfail)
/* EBUSY: the lock is already held, or is not held; ENOENT: no such TDMR. */
#define TDX_REPLAY_LOCK		_IOW('T', 0x82, struct tdx_replay_lock)
/* EXDEV: the current CPU is not @lp; ENOMEM: the answer is invalid. */
#define TDX_REPLAY_CALL		_IOWR('T', 0x83, struct tdx_replay_call)

#endif /* _TDX_EMULATOR_REPLAY_H */
