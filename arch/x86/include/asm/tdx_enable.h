/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * TDX on demand: what other kernel code may call.  See
 * Documentation/arch/x86/tdx-bringup.rst.
 */
#ifndef _ASM_X86_TDX_ENABLE_H
#define _ASM_X86_TDX_ENABLE_H

#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/types.h>

#include <asm/tdx.h>

/**
 * enum tdx_status - the state of the TDX module of this host
 * @TDX_STATUS_UNKNOWN: not initialized: no request was made, or the last attempt
 *	failed without a trace in the module and may be repeated
 * @TDX_STATUS_INITIALIZING: an attempt runs
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
 * struct tdx_progress - memory that the module has initialized
 * @done: bytes for which TDH.SYS.TDMR.INIT has been called
 * @total: bytes of all TDMRs; 0 while they are not known
 */
struct tdx_progress {
	u64 done;
	u64 total;
};

/**
 * struct tdx_enable_request - a request for TDX
 * @complete: callback with the result, or NULL if tdx_enable_wait() will do.  Called
 *	once for each time that the request was accepted and not cancelled, in process
 *	context of the subsystem, never on the stack of the caller.  It may sleep, but
 *	it must not free the request, use it again, wait or cancel.
 *
 * tdx_enable_request_init() initializes it, once.  A request that was not, or that is
 * a copy, is rejected.  It is in use from the moment it is accepted until @complete
 * has returned or, without one, until it has its result; or until
 * tdx_enable_cancel() has returned.  Then it may be used again, unless a task still
 * waits for it or cancels it.
 */
struct tdx_enable_request {
	void (*complete)(struct tdx_enable_request *req, int result);
	/* private: */
	struct tdx_enable_request *self;
	struct list_head node;
	struct completion done;
	int result;
};

/**
 * tdx_enable_request_init - initialize a request
 * @req: the request, not in use
 * @complete: the callback, or NULL
 *
 * Context: any.
 */
static inline void
tdx_enable_request_init(struct tdx_enable_request *req,
			void (*complete)(struct tdx_enable_request *req, int result))
{
	req->complete = complete;
	req->self = req;
	INIT_LIST_HEAD(&req->node);
	init_completion(&req->done);
	complete_all(&req->done);
	req->result = -ECANCELED;
}

/**
 * tdx_enable_request_valid - is a request initialized?
 * @req: a request, anything else, or NULL
 *
 * Context: any.
 *
 * Return: true if it is.
 */
static inline bool tdx_enable_request_valid(const struct tdx_enable_request *req)
{
	return req && req->self == req;
}

int tdx_enable(void);
int tdx_enable_async(struct tdx_enable_request *req);
int tdx_enable_subscribe(struct tdx_enable_request *req);
int tdx_enable_wait(struct tdx_enable_request *req);
void tdx_enable_cancel(struct tdx_enable_request *req);
const struct tdx_sys_info *tdx_enable_metadata(void);
enum tdx_status tdx_enable_status(struct tdx_progress *progress);

#endif /* _ASM_X86_TDX_ENABLE_H */
