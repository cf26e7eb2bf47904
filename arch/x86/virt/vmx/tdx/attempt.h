/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One attempt to bring TDX up: its requests to stop or to wait, and its first error.
 * All steps use this file.
 */
#ifndef _X86_VIRT_TDX_ATTEMPT_H
#define _X86_VIRT_TDX_ATTEMPT_H

#include <linux/compiler.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>

#include "seam_status.h"

#define TDX_REASON_LEN	(SEAM_TEXT_LEN + 96)

/**
 * struct tdx_attempt - the running or the last attempt
 *
 * Locking: "L" @lock; "O" written under @lock, read with READ_ONCE(); "W" only
 * the worker that runs the attempt.  @hint is constant.
 *
 * @lock: innermost lock; lanes that fail at the same time contend for it
 * @what: L, what is attempted, for the log
 * @hint: advice in errors about memory that changed since the boot; never NULL
 * @stop: O, the system goes down: make no further SEAMCALL
 * @hold: O, the system will sleep: begin no further step
 * @active: O, the worker runs
 * @resting: O, the worker runs, but makes no SEAMCALL outside freezable work: the system
 *	may sleep
 * @changed: woken when a flag above or the state of &struct tdx_bringup changes
 * @configured: W, TDH.SYS.CONFIG has succeeded, and the module may write to the PAMTs
 * @lost: W, the module is neither up nor disabled
 * @error: O, errno of the first error
 * @reason: L, text of the first error
 * @printed: L, text of the last error in the log; tdx_fail() does not print it twice
 */
struct tdx_attempt {
	struct mutex lock;	/* see "L" above */
	const char *what;
	const char *hint;
	bool stop;
	bool hold;
	bool active;
	bool resting;
	wait_queue_head_t changed;
	bool configured;
	bool lost;
	int error;
	char reason[TDX_REASON_LEN];
	char printed[TDX_REASON_LEN];
};

void tdx_attempt_init(struct tdx_attempt *a);
void tdx_attempt_begin(struct tdx_attempt *a, const char *what);
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
