/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The answers of the TDX module: classes and errnos for code, words for people.
 * The code is pure: it compiles in user space, too.
 */
#ifndef _X86_VIRT_TDX_SEAM_STATUS_H
#define _X86_VIRT_TDX_SEAM_STATUS_H

#include <linux/types.h>

/**
 * enum seam_class - what a caller can do about a status
 * @SEAM_SUCCESS: done
 * @SEAM_ALREADY: done before
 * @SEAM_CONTENDED: the module was busy: make the call again soon
 * @SEAM_ENTROPY: the CPU had no entropy: make the call again
 * @SEAM_REFUSED: the module said no and is as it was; repeating the same
 *	call cannot help
 * @SEAM_ABSENT: the instruction failed: no module, no VMX, no SEAM
 */
enum seam_class {
	SEAM_SUCCESS,
	SEAM_ALREADY,
	SEAM_CONTENDED,
	SEAM_ENTROPY,
	SEAM_REFUSED,
	SEAM_ABSENT,
};

/* Long enough for every text that seam_status_describe() can make. */
#define SEAM_TEXT_LEN	192

enum seam_class seam_status_class(u64 status);
int seam_status_errno(u64 leaf, u64 status);
int seam_status_describe(char *buf, size_t len, u64 leaf, u64 status);

#endif /* _X86_VIRT_TDX_SEAM_STATUS_H */
