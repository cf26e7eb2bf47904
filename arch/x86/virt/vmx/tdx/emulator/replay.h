/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on /sys/kernel/debug/tdx_emulator/replay.
 *
 * While the file is open, the TDX module is its user's alone, on a platform of
 * the user's own: LP n is CPU n, and memory is made as it is touched.  Reads
 * and writes of the file are those of that memory: the position is the
 * physical address, without KeyID, and they end at the end of a page.
 *
 * Also included by the user-space replayer.
 */
#ifndef _TDX_EMULATOR_REPLAY_H
#define _TDX_EMULATOR_REPLAY_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "model.h"

/* LP i of n is on package i * nr_packages / n. */
struct tdx_replay_platform {
	u32 nr_packages;
	u32 nr_lps;
	u32 maxpa;
	u32 keyid_bits;
	u32 hkid_start;
	u32 hkid_count;
	u32 sysinit;		/* SYS.INIT has succeeded, */
	u32 init_lps;		/* and LP.INIT on the first so many LPs */
	u32 nr_cmrs;
	u32 unused;
	struct tdxmod_range seamrr;
	struct tdxmod_range cmrs[TDXMOD_MAX_CMRS];
};

/* The next @count PCONFIGs on @lp end as @result. */
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

/* Made by the CPU that asks, which must be @lp. */
struct tdx_replay_call {
	struct tdxmod_regs regs;
	u64 rbx;
	u64 rsi;
	u64 rdi;
	u64 r12;
	u64 r13;
	u64 r14;
	u64 r15;
	u32 lp;
	u32 wrong_hkid;		/* out: PCONFIGs for another than the global HKID */
};

/* A fresh module on this platform, in fresh memory; first of all operations. */
#define TDX_REPLAY_BEGIN	_IOW('T', 0x80, struct tdx_replay_platform)
#define TDX_REPLAY_KEYFAIL	_IOW('T', 0x81, struct tdx_replay_keyfail)
/* EBUSY: the lock is not as it would have to be; ENOENT: no such TDMR. */
#define TDX_REPLAY_LOCK		_IOW('T', 0x82, struct tdx_replay_lock)
/* EXDEV: on another CPU than @lp; ENOMEM: the answer is worth nothing. */
#define TDX_REPLAY_CALL		_IOWR('T', 0x83, struct tdx_replay_call)

#endif /* _TDX_EMULATOR_REPLAY_H */
