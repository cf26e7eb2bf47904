/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Translate the status of a SEAMCALL to a class, an errno and a text.  The code is pure:
 * it also compiles in user space.
 */
#ifndef _X86_VIRT_TDX_SEAM_STATUS_H
#define _X86_VIRT_TDX_SEAM_STATUS_H

#include <linux/types.h>

/**
 * enum seam_class - the class of a status, which tells a caller how to react
 * @SEAM_SUCCESS: the call succeeded
 * @SEAM_ALREADY: an earlier call did the work
 * @SEAM_CONTENDED: the module was busy: repeat the call soon
 * @SEAM_ENTROPY: the CPU had no entropy: repeat the call
 * @SEAM_REFUSED: the module rejected the call and did not change its state; repeating
 *	the call does not help
 * @SEAM_ABSENT: the instruction failed: no module, no VMX operation or no SEAM
 */
enum seam_class {
	SEAM_SUCCESS,
	SEAM_ALREADY,
	SEAM_CONTENDED,
	SEAM_ENTROPY,
	SEAM_REFUSED,
	SEAM_ABSENT,
};

/* Enough for every text of seam_status_describe(). */
#define SEAM_TEXT_LEN	192

enum seam_class seam_status_class(u64 status);
int seam_status_errno(u64 leaf, u64 status);
int seam_status_describe(char *buf, size_t len, u64 leaf, u64 status);

#endif /* _X86_VIRT_TDX_SEAM_STATUS_H */
