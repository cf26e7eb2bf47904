/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the TDX module's answers mean: words for people, classes for code.
 * Pure: compiled in user space too.
 */
#ifndef _X86_VIRT_TDX_SEAM_STATUS_H
#define _X86_VIRT_TDX_SEAM_STATUS_H

#include <linux/types.h>

/**
 * enum seam_class - what a caller can do about a status
 * @SEAM_SUCCESS: done
 * @SEAM_ALREADY: somebody did it before; as good as done
 * @SEAM_CONTENDED: a try-lock of the module was taken: try again soon
 * @SEAM_ENTROPY: the CPU's entropy ran dry: try again a bounded number of times
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
const char *seam_leaf_name(u64 leaf);
const char *seam_status_name(u64 status);
int seam_status_describe(char *buf, size_t len, u64 leaf, u64 status);

#endif /* _X86_VIRT_TDX_SEAM_STATUS_H */
