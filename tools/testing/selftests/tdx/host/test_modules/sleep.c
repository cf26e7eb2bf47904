// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend to memory, with all CPUs but one offline and that one suspended, for a TDX
 * host whose firmware would keep the module:
 *
 *	deep_sleep	write 1: "deep" in /sys/power/mem_sleep works from now on; the
 *			system wakes up after a second
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/suspend.h>
#include <linux/time64.h>

#include "tdx_test.h"

static bool deep_sleep_registered;

/* On the last CPU, with interrupts off. */
static int deep_sleep_enter(suspend_state_t state)
{
	mdelay(MSEC_PER_SEC);

	return 0;
}

static const struct platform_suspend_ops deep_sleep_ops = {
	.valid = suspend_valid_only_mem,
	.enter = deep_sleep_enter,
};

static int deep_sleep_set(void *data, u64 val)
{
	if (val != 1)
		return -EINVAL;

	suspend_set_ops(&deep_sleep_ops);
	deep_sleep_registered = true;

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(deep_sleep_fops, NULL, deep_sleep_set, "%llu\n");

/**
 * tdx_test_sleep_init - create the file
 * @dir: directory in debugfs
 *
 * Context: may sleep, briefly.
 */
void tdx_test_sleep_init(struct dentry *dir)
{
	debugfs_create_file_unsafe("deep_sleep", 0200, dir, NULL, &deep_sleep_fops);
}

/**
 * tdx_test_sleep_exit - take the suspend operations back
 *
 * A TDX host has no others to restore: ACPI S3 is off.
 *
 * Context: may sleep.
 */
void tdx_test_sleep_exit(void)
{
	if (deep_sleep_registered)
		suspend_set_ops(NULL);
}
