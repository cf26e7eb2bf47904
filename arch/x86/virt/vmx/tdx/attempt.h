/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One attempt to bring TDX up: whether it must stop or wait, and its first error.
 * All steps use it; it knows none of them.
 */
#ifndef _X86_VIRT_TDX_ATTEMPT_H
#define _X86_VIRT_TDX_ATTEMPT_H

#include <linux/compiler.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "seam_status.h"

/* Long enough for every reason. */
#define TDX_REASON_LEN	(SEAM_TEXT_LEN + 96)

/**
 * struct tdx_attempt - an attempt, or the last one
 *
 * Locking: "L" @lock; "O" written under @lock, read with READ_ONCE(); "W" only
 * the worker that runs the attempt.  @hint is constant.
 *
 * @lock: nests inside all other locks; several lanes may fail at once
 * @hint: what to add to an error that the host has caused since it booted
 * @stop: O, the system goes down: make no further SEAMCALL
 * @hold: O, the system will sleep: begin no further step
 * @resting: O, the worker is held, or waits for freezable work
 * @changed: woken when one of the above changes
 * @configured: W, TDH.SYS.CONFIG has succeeded: an error is final
 * @error: O, errno of the first error
 * @reason: L, the first error in words
 * @printed: L, the error that was printed last: the same one is not printed again
 */
struct tdx_attempt {
	struct mutex lock;	/* see "L" above */
	const char *hint;
	bool stop;
	bool hold;
	bool resting;
	wait_queue_head_t changed;
	bool configured;
	int error;
	char reason[TDX_REASON_LEN];
	char printed[TDX_REASON_LEN];
};

void tdx_attempt_init(struct tdx_attempt *a);
void tdx_attempt_begin(struct tdx_attempt *a);
bool tdx_attempt_stopped(const struct tdx_attempt *a);
int tdx_attempt_pause(struct tdx_attempt *a);
void tdx_attempt_rest(struct tdx_attempt *a, bool resting);
void tdx_attempt_set(struct tdx_attempt *a, bool *flag, bool value);
__printf(3, 4)
int tdx_fail(struct tdx_attempt *a, int err, const char *fmt, ...);
__printf(4, 5)
int tdx_fail_seam(struct tdx_attempt *a, u64 leaf, u64 status, const char *fmt, ...);
int tdx_attempt_error(struct tdx_attempt *a, char *reason, size_t size);

#endif /* _X86_VIRT_TDX_ATTEMPT_H */
