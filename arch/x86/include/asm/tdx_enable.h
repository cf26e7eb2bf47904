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
 * @complete: called back with the result, once for each time that the request
 *	was accepted and not cancelled, in process context of the subsystem's
 *	own and never on the stack of the caller (unless TDX was initialised at
 *	boot by the platform code); may sleep.  NULL if tdx_enable_wait() will
 *	do.
 *
 * Initialised by tdx_enable_request_init(), once.  A request that was not, or is a
 * copy, is refused.
 *
 * In use from the moment it is accepted until @complete has been entered, or,
 * without one, until there is a result; or until tdx_enable_cancel() has
 * returned.  Then it may be used again, also from within @complete, which may
 * as well free it if nobody waits for it.
 */
struct tdx_enable_request {
	void (*complete)(struct tdx_enable_request *req, int result);
	/* private: "L" the bring-up's lock, "O" also read without it */
	struct tdx_enable_request *self;	/* set by the initialiser */
	struct list_head node;			/* L */
	bool pending;				/* O */
	int result;				/* O */
};

/**
 * tdx_enable_request_init - make a request out of memory
 * @req: the memory, or a request that is not in use
 * @complete: the callback, or NULL
 *
 * Context: any.
 */
static inline void
tdx_enable_request_init(struct tdx_enable_request *req,
			void (*complete)(struct tdx_enable_request *req, int result))
{
	*req = (struct tdx_enable_request) {
		.complete = complete,
		.self = req,
		.result = -ECANCELED,
	};
}

/**
 * tdx_enable_request_valid - has this been initialised?
 * @req: a request, anything else, or NULL
 *
 * Context: any.
 *
 * Return: true if it may be used.
 */
static inline bool tdx_enable_request_valid(const struct tdx_enable_request *req)
{
	return req && req->self == req;
}

#ifdef CONFIG_TDX_BRINGUP

int tdx_enable(void);
int tdx_enable_async(struct tdx_enable_request *req);
int tdx_enable_subscribe(struct tdx_enable_request *req);
int tdx_enable_wait(struct tdx_enable_request *req, unsigned long timeout);
void tdx_enable_cancel(struct tdx_enable_request *req);
const struct tdx_sys_info *tdx_enable_metadata(void);
enum tdx_status tdx_enable_status(struct tdx_progress *progress);
bool tdx_host_off(void);
void tdx_host_updated(void);

#else

/* Initialised in the boot by the platform code, or not at all. */
static inline int tdx_enable(void)
{
	return tdx_get_sysinfo() ? 0 : -ENODEV;
}

static inline int tdx_enable_async(struct tdx_enable_request *req)
{
	if (!tdx_enable_request_valid(req))
		return -EINVAL;

	if (!tdx_get_sysinfo())
		return -ENODEV;

	req->result = 0;
	if (req->complete)
		req->complete(req, 0);

	return 0;
}

static inline int tdx_enable_subscribe(struct tdx_enable_request *req)
{
	return tdx_enable_async(req);
}

static inline int tdx_enable_wait(struct tdx_enable_request *req,
				  unsigned long timeout)
{
	return tdx_enable_request_valid(req) ? req->result : -EINVAL;
}

static inline void tdx_enable_cancel(struct tdx_enable_request *req) { }

static inline const struct tdx_sys_info *tdx_enable_metadata(void)
{
	return tdx_get_sysinfo();
}

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

static inline void tdx_host_updated(void) { }

#endif /* CONFIG_TDX_BRINGUP */

#endif /* _ASM_X86_TDX_ENABLE_H */
