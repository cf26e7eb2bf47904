// SPDX-License-Identifier: GPL-2.0-only
/*
 * One attempt to bring TDX up: its requests to stop or to wait, and its first error.
 *
 * An attempt records only the first error, since later errors mostly follow from it.
 * If several lanes fail at the same time, all of them return the errno of the recorded
 * error, so that the errno matches the text.
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

void tdx_attempt_init(struct tdx_attempt *a)
{
	memset(a, 0, sizeof(*a));
	a->what = "initialization";
	a->hint = "";
	mutex_init(&a->lock);
	init_waitqueue_head(&a->changed);
}

/* Clear the error of the previous attempt.  @what is in the log if this one fails. */
void tdx_attempt_begin(struct tdx_attempt *a, const char *what)
{
	guard(mutex)(&a->lock);

	a->what = what;
	a->reason[0] = '\0';
	WRITE_ONCE(a->error, 0);
}

/* Set a flag of @a, and wake the tasks that wait for a change. */
void tdx_attempt_set(struct tdx_attempt *a, bool *flag, bool value)
{
	scoped_guard(mutex, &a->lock)
		WRITE_ONCE(*flag, value);
	wake_up_all(&a->changed);
}

/* Return true if the system goes down and the caller must make no further SEAMCALL. */
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
 * The work item of an attempt cannot be freezable: the freezer would wait for it while
 * it waits for lanes, which are frozen.
 *
 * Context: may sleep.  The worker calls this without locks.
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

/* While @resting, the freezer need not wait for the worker, which waits or is held. */
void tdx_attempt_rest(struct tdx_attempt *a, bool resting)
{
	tdx_attempt_set(a, &a->resting, resting);
}

/**
 * tdx_fail - record the first error of an attempt, and print it
 * @a: the attempt
 * @err: negative errno
 * @fmt: what failed, where, and what to do
 *
 * Context: may sleep.  The worker, its lanes and its work items on CPUs call this.
 *
 * Return: the errno of the first error: @err, or the errno of an earlier error.
 */
int tdx_fail(struct tdx_attempt *a, int err, const char *fmt, ...)
{
	va_list args;

	guard(mutex)(&a->lock);

	if (a->error)
		return a->error;

	WRITE_ONCE(a->error, err);
	va_start(args, fmt);
	vscnprintf(a->reason, sizeof(a->reason), fmt, args);
	va_end(args);

	if (strcmp(a->reason, a->printed)) {
		strscpy(a->printed, a->reason);
		pr_err("TDX-Module %s failed (%d): %s\n", a->what, err, a->reason);
	}

	return err;
}

/**
 * tdx_fail_seam - record that an attempt fails because of a SEAMCALL
 * @a: the attempt
 * @leaf: RAX of the call
 * @status: RAX that the module returned
 * @fmt: the package, CPU, range or field of the call
 *
 * Context: as tdx_fail().
 *
 * Return: the errno of the first error: that of @status, or of an earlier error.
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
 * tdx_attempt_error - get the first error of the last attempt
 * @a: the attempt
 * @reason: gets the text of the error; empty without an error
 * @size: size of @reason; %TDX_REASON_LEN is enough
 *
 * Context: may sleep.
 *
 * Return: the errno; 0 without an error.
 */
int tdx_attempt_error(struct tdx_attempt *a, char *reason, size_t size)
{
	guard(mutex)(&a->lock);

	strscpy(reason, a->reason, size);

	return a->error;
}
