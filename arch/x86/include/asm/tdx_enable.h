/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface for kernel code that needs TDX.  See
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
 * @TDX_STATUS_UNKNOWN: not initialized: no caller has made a request, the last attempt
 *	has failed, or root has switched TDX off; tdx_enable_async() starts an attempt
 * @TDX_STATUS_INITIALIZING: an attempt runs
 * @TDX_STATUS_INITIALIZED: KVM can create TDX guests
 * @TDX_STATUS_DISABLING: the worker switches TDX off
 * @TDX_STATUS_ERROR: TDX is unusable until a reboot
 */
enum tdx_status {
	TDX_STATUS_UNKNOWN,
	TDX_STATUS_INITIALIZING,
	TDX_STATUS_INITIALIZED,
	TDX_STATUS_DISABLING,
	TDX_STATUS_ERROR,
};

/**
 * struct tdx_progress - progress in bytes of memory
 * @done: half of the bytes whose PAMT is allocated, and half of the bytes that
 *	TDH.SYS.TDMR.INIT has initialized.  If memory for a PAMT cannot be allocated at one
 *	place, and the kernel tries another place, @done may decrease.
 * @total: bytes of all TDMRs; 0 while there is no layout
 */
struct tdx_progress {
	u64 done;
	u64 total;
};

/**
 * struct tdx_enable_request - a request for TDX
 * @complete: callback that gets the result, or NULL if the caller uses tdx_enable_wait().
 *	The worker calls it once for each time that tdx_enable_async() accepts the
 *	request, unless the caller cancels the request first; and again and again for
 *	tdx_enable_subscribe().  The callback may sleep, but must not free the request,
 *	submit it again, wait for a request, cancel one, or call tdx_disable().
 *
 * The caller initializes the request once, with tdx_enable_request_init().  Functions
 * reject a request that is not initialized or is a copy.  A request that
 * tdx_enable_async() has accepted is in use until @complete has returned or, without a
 * callback, until the request has its result; any request is in use until
 * tdx_enable_cancel() has returned.  Then the caller may submit the request again, unless
 * a task still waits for it or cancels it.
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
 * @req: memory that may hold a request, or NULL
 *
 * Context: any.
 *
 * Return: true if @req is an initialized request and not a copy of one.
 */
static inline bool tdx_enable_request_valid(const struct tdx_enable_request *req)
{
	return req && req->self == req;
}

int tdx_enable_probe(void);
int tdx_enable(void);
int tdx_enable_async(struct tdx_enable_request *req);
int tdx_enable_subscribe(struct tdx_enable_request *req);
int tdx_enable_wait(struct tdx_enable_request *req);
void tdx_enable_cancel(struct tdx_enable_request *req);
const struct tdx_sys_info *tdx_enable_metadata(void);
enum tdx_status tdx_enable_status(struct tdx_progress *progress);

int tdx_get(void);
void tdx_put(void);
int tdx_disable(void);

#endif /* _ASM_X86_TDX_ENABLE_H */
