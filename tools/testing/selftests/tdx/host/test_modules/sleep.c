// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep of the whole system, with all CPUs but one offline and that one suspended,
 * as a TDX host could have it if its firmware kept the module:
 *
 *	deep_sleep	write 1: the system can sleep as deep as that from now on,
 *			and is woken after a second
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/suspend.h>
#include <linux/time64.h>

#include "tdx_test.h"

static bool registered;

/* On the last CPU, with interrupts off. */
static int wake_after_a_second(suspend_state_t state)
{
	mdelay(MSEC_PER_SEC);

	return 0;
}

static const struct platform_suspend_ops deep_sleep_ops = {
	.valid = suspend_valid_only_mem,
	.enter = wake_after_a_second,
};

static int deep_sleep_set(void *data, u64 val)
{
	if (val != 1)
		return -EINVAL;

	suspend_set_ops(&deep_sleep_ops);
	registered = true;

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(deep_sleep_fops, NULL, deep_sleep_set, "%llu\n");

void tdx_test_sleep_init(struct dentry *dir)
{
	debugfs_create_file_unsafe("deep_sleep", 0200, dir, NULL, &deep_sleep_fops);
}

/* A TDX host has none of its own: ACPI S3 is off. */
void tdx_test_sleep_exit(void)
{
	if (registered)
		suspend_set_ops(NULL);
}
