// SPDX-License-Identifier: GPL-2.0-only
/*
 * The first error of a bring-up, in words.
 *
 * Later errors are consequences, mostly of unwinding, and would hide it.  The
 * lanes of step 7 may fail at the same time: one of them is the first, and all
 * return its errno, so that what is said and what is returned belong together.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/cleanup.h>
#include <linux/lockdep.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/sprintf.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "bringup.h"

/* Asking again for what still fails the same way need not fill the log. */
static void say(struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->fail_lock);

	if (!strcmp(tb->reason, tb->said))
		return;

	strscpy(tb->said, tb->reason);
	pr_err("TDX-Module initialization failed (%d): %s\n", tb->error,
	       tb->reason);
}

static bool first_error(const struct tdx_bringup *tb)
{
	lockdep_assert_held(&tb->fail_lock);

	return !tb->reason[0];
}

/**
 * tdx_bringup_fail - note why a bring-up fails
 * @tb: the bring-up
 * @err: negative errno
 * @fmt: what failed, where, and what to do
 *
 * Context: may sleep.  The runner of @tb, and who works for it meanwhile:
 * lanes, and CPUs that come online.
 *
 * Return: @err, or the errno of an error before this one.
 */
int tdx_bringup_fail(struct tdx_bringup *tb, int err, const char *fmt, ...)
{
	va_list args;

	guard(mutex)(&tb->fail_lock);

	if (!first_error(tb))
		return tb->error;

	tb->error = err;
	va_start(args, fmt);
	vscnprintf(tb->reason, sizeof(tb->reason), fmt, args);
	va_end(args);
	say(tb);

	return err;
}

/**
 * tdx_bringup_fail_seam - note that a SEAMCALL is why a bring-up fails
 * @tb: the bring-up
 * @leaf: RAX of the call
 * @status: the module's answer
 * @fmt: package, CPU or range that the call was about
 *
 * Context: as tdx_bringup_fail().
 *
 * Return: the errno of @status, see seam_status_errno(), or that of an error
 * before this one.
 */
int tdx_bringup_fail_seam(struct tdx_bringup *tb, u64 leaf, u64 status,
			  const char *fmt, ...)
{
	int err = seam_status_errno(leaf, status);
	char text[SEAM_TEXT_LEN];
	char where[64];
	va_list args;

	va_start(args, fmt);
	vscnprintf(where, sizeof(where), fmt, args);
	va_end(args);

	seam_status_describe(text, sizeof(text), leaf, status);

	return tdx_bringup_fail(tb, err, "%s: %s", where, text);
}

/**
 * tdx_bringup_forget_error - an attempt begins
 * @tb: the bring-up
 *
 * Context: may sleep.  The runner of @tb.
 */
void tdx_bringup_forget_error(struct tdx_bringup *tb)
{
	guard(mutex)(&tb->fail_lock);

	tb->reason[0] = '\0';
	tb->error = 0;
}

/**
 * tdx_bringup_error - the first error of the last attempt
 * @tb: the bring-up
 * @reason: out, in words; empty if there is none
 * @size: of @reason; %TDX_REASON_LEN is enough for every text
 *
 * Context: may sleep, briefly.
 *
 * Return: its errno, or 0.
 */
int tdx_bringup_error(struct tdx_bringup *tb, char *reason, size_t size)
{
	guard(mutex)(&tb->fail_lock);

	strscpy(reason, tb->reason, size);

	return tb->error;
}
