// SPDX-License-Identifier: GPL-2.0-only
/*
 * What to do about an error of the kernel.  Its words say what is wrong; what
 * follows for an operator depends on the kind of error, and on whether there is
 * a way back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include <linux/array_size.h>

#include "hint.h"

/* For failures that left the module as it was. */
static const struct {
	int err;
	const char *hint;
} hints[] = {
	{ ENODEV, "See that TDX is enabled in the BIOS, and that it loads a TDX module." },
	{ EOPNOTSUPP, "See the settings for TDX in the BIOS; update BIOS and microcode." },
	{ ENODATA, "Update the TDX module, which comes with the BIOS." },
	{ ENOMEM, "Free memory, 'echo 1 > /proc/sys/vm/compact_memory', try again;\n"
		  "or boot with tdx_host=sync, when memory is not in pieces yet." },
	{ ERANGE, "Take memory that was added since boot offline, and try again;\n"
		  "or boot with tdx_host=sync, and TDX refuses such memory." },
	{ ENOSPC, "The memory has more holes than this module can take: 'tdxctl plan'." },
	{ ENXIO, "Bring the CPUs that are missing online, and try again." },
	{ EBUSY, "Somebody else has the module or VMX: try again when they have not." },
	{ EAGAIN, "Try again: 'tdxctl enable --wait'." },
};

static const char *const final = "This is final until the machine is rebooted.";
static const char *const unknown = "The log has what led to it: 'dmesg | grep virt/tdx'.";

/**
 * hint_for - what to do about a failure
 * @s: a state of failure
 *
 * Return: one or two sentences.
 */
const char *hint_for(const struct state *s)
{
	size_t i;

	if (s->status == STATE_ERROR)
		return final;
	/* Nothing in the BIOS is wrong. */
	if (s->error && strstr(s->error, "tdx_host=off"))
		return "Boot without tdx_host=off to have TDX.";

	for (i = 0; i < ARRAY_SIZE(hints); i++) {
		if (hints[i].err == s->err)
			return hints[i].hint;
	}

	return unknown;
}

/* "ENOMEM", or the words of the C library. */
const char *hint_errno(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : strerror(err);
}
