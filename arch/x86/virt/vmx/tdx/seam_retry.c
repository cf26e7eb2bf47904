// SPDX-License-Identifier: GPL-2.0-only
/*
 * Repeat what the module calls retryable.
 *
 * Its locks do not queue and its entropy runs dry: a contender is told to come
 * again, and nothing but time helps.  The wrapper below this repeats a lack of
 * RDRAND entropy at once, ten times; here the calls are spaced.
 */
#include <linux/delay.h>
#include <linux/kernel.h>

#include "bringup.h"
#include "seamcall_internal.h"
#include "trace.h"

/**
 * tdx_status_retryable - can the same SEAMCALL succeed if made again?
 * @status: the module's answer
 *
 * Context: any.
 *
 * Return: true for contention and for a lack of entropy.
 */
bool tdx_status_retryable(u64 status)
{
	switch (seam_status_class(status)) {
	case SEAM_CONTENDED:
	case SEAM_ENTROPY:
		return true;
	default:
		return false;
	}
}

/**
 * tdx_seamcall_retry - SEAMCALL, a bounded number of times while that can help
 * @leaf: RAX
 * @args: registers in; out as the last call left them
 *
 * Context: may sleep.  Every CPU that the caller may find itself on must be in
 * VMX operation: it is bound to one that is, or all are, and CPU hot-plug is
 * held off.
 *
 * Return: the last status.
 */
u64 tdx_seamcall_retry(u64 leaf, struct tdx_module_args *args)
{
	struct tdx_module_args out;
	unsigned int try;
	u64 status;

	might_sleep();

	for (try = 0; try < TDX_SEAMCALL_TRIES; try++) {
		if (try)
			usleep_range(TDX_SEAMCALL_PAUSE_US,
				     2 * TDX_SEAMCALL_PAUSE_US);

		out = *args;
		status = seamcall_ret(leaf, &out);
		if (seam_status_class(status) != SEAM_SUCCESS)
			trace_tdx_seamcall_error(leaf, status, args->rcx);
		if (!tdx_status_retryable(status))
			break;
	}

	*args = out;
	return status;
}
