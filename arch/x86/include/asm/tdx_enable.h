/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing up the TDX module on demand: what other kernel code may call.
 * See Documentation/arch/x86/tdx-bringup.rst.
 */
#ifndef _ASM_X86_TDX_ENABLE_H
#define _ASM_X86_TDX_ENABLE_H

#include <linux/errno.h>
#include <linux/list.h>
#include <linux/types.h>

#include <asm/tdx.h>

/**
 * enum tdx_status - how far this host is with its TDX module
 * @TDX_STATUS_UNKNOWN: nobody has asked, or the last attempt failed without
 *	a trace in the module and may be repeated
 * @TDX_STATUS_INITIALIZING: somebody has asked and the seven steps are running
 * @TDX_STATUS_INITIALIZED: TDX guests can be created
 * @TDX_STATUS_ERROR: failed for good; a reboot is needed
 */
enum tdx_status {
	TDX_STATUS_UNKNOWN,
	TDX_STATUS_INITIALIZING,
	TDX_STATUS_INITIALIZED,
	TDX_STATUS_ERROR,
};

/**
 * struct tdx_progress - how much of its memory the module knows
 * @done: bytes for which TDH.SYS.TDMR.INIT has been called
 * @total: bytes in all TDMRs; 0 while it is not known which these are
 */
struct tdx_progress {
	u64 done;
	u64 total;
};

/**
 * struct tdx_enable_request - one party that wants to hear of the outcome
 * @complete: called once for every accepted request, in process context of
 *	the subsystem's own, not on the stack of the caller (unless TDX was
 *	initialised at boot); may sleep
 *
 * Owned by the subsystem from acceptance until @complete has been entered or
 * tdx_enable_cancel() has returned; may be used again from within @complete.
 */
struct tdx_enable_request {
	void (*complete)(struct tdx_enable_request *req, int result);
	/* private: */
	struct list_head node;
};

#ifdef CONFIG_TDX_BRINGUP

int tdx_enable(void);
int tdx_enable_subscribe(struct tdx_enable_request *req);
void tdx_enable_cancel(struct tdx_enable_request *req);
enum tdx_status tdx_enable_status(struct tdx_progress *progress);
bool tdx_host_off(void);

#else

/* Initialised in the boot by the platform code, or not at all. */
static inline int tdx_enable(void)
{
	return tdx_get_sysinfo() ? 0 : -ENODEV;
}

static inline int tdx_enable_subscribe(struct tdx_enable_request *req)
{
	if (!tdx_get_sysinfo())
		return -ENODEV;

	req->complete(req, 0);
	return 0;
}

static inline void tdx_enable_cancel(struct tdx_enable_request *req) { }

static inline enum tdx_status tdx_enable_status(struct tdx_progress *progress)
{
	if (progress)
		*progress = (struct tdx_progress) {};

	return tdx_get_sysinfo() ? TDX_STATUS_INITIALIZED : TDX_STATUS_UNKNOWN;
}

static inline bool tdx_host_off(void)
{
	return false;
}

#endif /* CONFIG_TDX_BRINGUP */

#endif /* _ASM_X86_TDX_ENABLE_H */
