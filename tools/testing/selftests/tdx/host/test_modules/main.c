// SPDX-License-Identifier: GPL-2.0-only
/*
 * Call the functions of asm/tdx_enable.h for the kselftests in the directory above,
 * through files in /sys/kernel/debug/tdx_test:
 *
 *	enable		write 1: call tdx_enable(); the write fails with its errno
 *	ready		read: call tdx_enable() without a lock held, so that the
 *			freezer can freeze the reader; shows the result
 *	locked		write 1: call tdx_enable() with CPU hot-plug held off, which
 *			lockdep reports: it can deadlock; 2: call tdx_enable_async(),
 *			which is allowed there
 *	parallel	write N: N kernel threads call tdx_enable() at once; the write
 *			fails if one of them fails
 *	status		read: the status as a word
 *
 * The other files of this module add more.
 */
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include <asm/tdx_enable.h>

#include "tdx_test.h"

static struct dentry *tdx_test_dir;

static int enable_set(void *data, u64 val)
{
	return val == 1 ? tdx_enable() : -EINVAL;
}

DEFINE_DEBUGFS_ATTRIBUTE(enable_fops, NULL, enable_set, "%llu\n");

static struct tdx_enable_request locked_request;

static int locked_set(void *data, u64 val)
{
	guard(cpus_read_lock)();

	switch (val) {
	case 1:
		return tdx_enable();
	case 2:
		return tdx_enable_async(&locked_request);
	default:
		return -EINVAL;
	}
}

DEFINE_DEBUGFS_ATTRIBUTE(locked_fops, NULL, locked_set, "%llu\n");

static ssize_t ready_read(struct file *file, char __user *to, size_t size,
			  loff_t *pos)
{
	char text[16];
	int ret;

	if (*pos)
		return 0;

	ret = tdx_enable();

	return simple_read_from_buffer(to, size, pos, text,
				       scnprintf(text, sizeof(text), "%d\n", ret));
}

static const struct file_operations ready_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= ready_read,
};

static int parallel_thread(void *unused)
{
	return tdx_enable();
}

static int parallel_set(void *data, u64 val)
{
	return tdx_test_together(parallel_thread, val);
}

DEFINE_DEBUGFS_ATTRIBUTE(parallel_fops, NULL, parallel_set, "%llu\n");

static int status_show(struct seq_file *m, void *unused)
{
	static const char * const words[] = {
		[TDX_STATUS_UNKNOWN]		= "unknown",
		[TDX_STATUS_INITIALIZING]	= "initializing",
		[TDX_STATUS_INITIALIZED]	= "initialized",
		[TDX_STATUS_ERROR]		= "error",
	};

	seq_printf(m, "%s\n", words[tdx_enable_status(NULL)]);

	return 0;
}

DEFINE_SHOW_ATTRIBUTE(status);

static int __init tdx_test_init(void)
{
	struct dentry *dir;

	dir = debugfs_create_dir("tdx_test", NULL);
	if (IS_ERR(dir))
		return PTR_ERR(dir);

	tdx_enable_request_init(&locked_request, NULL);
	debugfs_create_file_unsafe("enable", 0200, dir, NULL, &enable_fops);
	debugfs_create_file_unsafe("locked", 0200, dir, NULL, &locked_fops);
	debugfs_create_file("ready", 0400, dir, NULL, &ready_fops);
	debugfs_create_file_unsafe("parallel", 0200, dir, NULL, &parallel_fops);
	debugfs_create_file("status", 0400, dir, NULL, &status_fops);
	tdx_test_latency_init(dir);
	tdx_test_mixed_init(dir);
	tdx_test_request_init(dir);
	tdx_test_sleep_init(dir);
	tdx_test_dir = dir;

	return 0;
}
module_init(tdx_test_init);

static void __exit tdx_test_exit(void)
{
	/* Returns when no file is in use. */
	debugfs_remove_recursive(tdx_test_dir);
	/* No callback may run in a module that is gone. */
	tdx_enable_cancel(&locked_request);
	tdx_test_request_exit();
	tdx_test_sleep_exit();
}
module_exit(tdx_test_exit);

MODULE_DESCRIPTION("Calls of asm/tdx_enable.h for tests");
MODULE_LICENSE("GPL");
