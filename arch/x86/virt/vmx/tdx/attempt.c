// SPDX-License-Identifier: GPL-2.0-only
/*
 * One attempt to bring TDX up: whether it must stop or wait, and its first error.
 *
 * Later errors are mostly consequences of the first and would hide it.  Lanes may
 * fail at the same time: one of them is the first, and all return its errno, so
 * that the words and the errno belong together.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/cleanup.h>
#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sprintf.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "attempt.h"

/* Initialize the memory of an attempt. */
void tdx_attempt_init(struct tdx_attempt *a)
{
	memset(a, 0, sizeof(*a));
	a->hint = "";
	mutex_init(&a->lock);
	init_waitqueue_head(&a->changed);
}

/* Forget the error of the attempt before. */
void tdx_attempt_begin(struct tdx_attempt *a)
{
	guard(mutex)(&a->lock);

	a->reason[0] = '\0';
	a->error = 0;
}

/* Change @a->stop or @a->hold, and wake the tasks that wait for it. */
void tdx_attempt_set(struct tdx_attempt *a, bool *flag, bool value)
{
	scoped_guard(mutex, &a->lock)
		WRITE_ONCE(*flag, value);
	wake_up_all(&a->changed);
}

/* The system goes down: no further SEAMCALL may be made. */
bool tdx_attempt_stopped(const struct tdx_attempt *a)
{
	return READ_ONCE(a->stop);
}

static bool tdx_attempt_held(const struct tdx_attempt *a)
{
	return READ_ONCE(a->hold) && !READ_ONCE(a->stop);
}

/**
 * tdx_attempt_pause - wait between two steps while the system sleeps
 * @a: the attempt
 *
 * The work item of an attempt cannot be freezable: it waits for lanes, which are,
 * and the freezer would wait for it.
 *
 * Context: may sleep.  The worker, without locks.
 *
 * Return: 0 to go on; -ESHUTDOWN if the system goes down.
 */
int tdx_attempt_pause(struct tdx_attempt *a)
{
	while (tdx_attempt_held(a)) {
		tdx_attempt_rest(a, true);
		wait_event_idle(a->changed, !tdx_attempt_held(a));
		tdx_attempt_rest(a, false);
	}

	return tdx_attempt_stopped(a) ? -ESHUTDOWN : 0;
}

/* The worker only waits for freezable work, or not any more: the freezer need not wait. */
void tdx_attempt_rest(struct tdx_attempt *a, bool resting)
{
	tdx_attempt_set(a, &a->resting, resting);
}

/**
 * tdx_fail - record why an attempt fails, and print it
 * @a: the attempt
 * @err: negative errno
 * @fmt: what failed, where, and what to do
 *
 * Context: may sleep.  The worker, its lanes, and CPUs that it takes into TDX.
 *
 * Return: the errno of the first error, which is @err or that of one before it.
 */
int tdx_fail(struct tdx_attempt *a, int err, const char *fmt, ...)
{
	va_list args;

	guard(mutex)(&a->lock);

	if (a->error)
		return a->error;

	a->error = err;
	va_start(args, fmt);
	vscnprintf(a->reason, sizeof(a->reason), fmt, args);
	va_end(args);

	if (strcmp(a->reason, a->printed)) {
		strscpy(a->printed, a->reason);
		pr_err("TDX-Module initialization failed (%d): %s\n", err, a->reason);
	}

	return err;
}

/**
 * tdx_fail_seam - record that an attempt fails because of a SEAMCALL
 * @a: the attempt
 * @leaf: RAX of the call
 * @status: the answer of the module
 * @fmt: the package, CPU, range or field that the call was about
 *
 * Context: as tdx_fail().
 *
 * Return: the errno of the first error, which is that of @status or of one
 * before it.
 */
int tdx_fail_seam(struct tdx_attempt *a, u64 leaf, u64 status, const char *fmt, ...)
{
	char text[SEAM_TEXT_LEN];
	char where[64];
	va_list args;

	va_start(args, fmt);
	vscnprintf(where, sizeof(where), fmt, args);
	va_end(args);
	seam_status_describe(text, sizeof(text), leaf, status);

	return tdx_fail(a, seam_status_errno(leaf, status), "%s: %s", where, text);
}

/**
 * tdx_attempt_error - the first error of the last attempt
 * @a: the attempt
 * @reason: gets the error in words; empty if there is none
 * @size: size of @reason; %TDX_REASON_LEN is enough
 *
 * Context: may sleep.
 *
 * Return: the errno; 0 if there is none.
 */
int tdx_attempt_error(struct tdx_attempt *a, char *reason, size_t size)
{
	guard(mutex)(&a->lock);

	strscpy(reason, a->reason, size);

	return a->error;
}
