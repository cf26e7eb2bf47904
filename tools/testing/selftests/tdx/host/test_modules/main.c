// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user of asm/tdx_enable.h that does what a file in /sys/kernel/debug/tdx_test
 * tells it, for the kselftests in the directory above.  Here are those who wait
 * in tdx_enable(), as KVM does for each TD, and the subscriber, as is tdx-host:
 *
 *	enable		write 1: tdx_enable() in the writer's context; the write
 *			fails with its errno
 *	locked		write 1: as enable, with CPU hot-plug held off, which is a
 *			deadlock if there is something to wait for; 2: only ask,
 *			which is allowed
 *	ready		read: the same in the reader's context, as which no lock
 *			is held: the waiter can be frozen; 0 or the errno
 *	status		read: the word for tdx_enable_status()
 *	subscribe	write 1: take the subscription; 0: cancel it
 *	completions	read: how often the subscription was completed
 *	result		read: what it was told the last time
 *	parallel	write N: N kernel threads call tdx_enable() at once
 *	results		read: what they got, a line each
 */
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include <asm/tdx_enable.h>

#include "tdx_test.h"

#define MAX_THREADS	256

static struct dentry *dir;

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

static DEFINE_MUTEX(subscribe_lock);
static bool subscribed;
static int last_result;
static atomic_t completions = ATOMIC_INIT(0);

/* Without the lock: a cancel waits for this to return, and holds it. */
static void subscription_complete(struct tdx_enable_request *req, int result)
{
	WRITE_ONCE(last_result, result);
	atomic_inc_return_release(&completions);
}

static struct tdx_enable_request subscription;

static int subscribe(void)
{
	int ret;

	if (subscribed)
		return -EBUSY;

	ret = tdx_enable_subscribe(&subscription);
	subscribed = !ret;

	return ret;
}

/* Also after completion, which leaves it ours but still counted as taken. */
static void unsubscribe(void)
{
	if (subscribed)
		tdx_enable_cancel(&subscription);
	subscribed = false;
}

static int subscribe_set(void *data, u64 val)
{
	guard(mutex)(&subscribe_lock);

	if (val > 1)
		return -EINVAL;
	if (val)
		return subscribe();
	unsubscribe();

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(subscribe_fops, NULL, subscribe_set, "%llu\n");

static int completions_get(void *data, u64 *val)
{
	*val = atomic_read_acquire(&completions);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(completions_fops, completions_get, NULL, "%llu\n");

static int result_get(void *data, u64 *val)
{
	*val = READ_ONCE(last_result);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE_SIGNED(result_fops, result_get, NULL, "%lld\n");

static DEFINE_MUTEX(parallel_lock);
static int results[MAX_THREADS];
static unsigned int nr_results;

static int parallel_thread(void *unused)
{
	return tdx_enable();
}

static int parallel_set(void *data, u64 val)
{
	if (!val || val > MAX_THREADS)
		return -EINVAL;

	guard(mutex)(&parallel_lock);

	return tdx_test_together(parallel_thread, val, results, &nr_results);
}

DEFINE_DEBUGFS_ATTRIBUTE(parallel_fops, NULL, parallel_set, "%llu\n");

static int results_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	guard(mutex)(&parallel_lock);

	for (i = 0; i < nr_results; i++)
		seq_printf(m, "%d\n", results[i]);

	return 0;
}

DEFINE_SHOW_ATTRIBUTE(results);

static int __init tdx_test_init(void)
{
	tdx_enable_request_init(&locked_request, NULL);
	tdx_enable_request_init(&subscription, subscription_complete);

	dir = debugfs_create_dir("tdx_test", NULL);
	if (IS_ERR(dir))
		return PTR_ERR(dir);

	debugfs_create_file_unsafe("enable", 0200, dir, NULL, &enable_fops);
	debugfs_create_file_unsafe("locked", 0200, dir, NULL, &locked_fops);
	debugfs_create_file("ready", 0400, dir, NULL, &ready_fops);
	debugfs_create_file("status", 0400, dir, NULL, &status_fops);
	debugfs_create_file_unsafe("subscribe", 0200, dir, NULL, &subscribe_fops);
	debugfs_create_file_unsafe("completions", 0400, dir, NULL, &completions_fops);
	debugfs_create_file_unsafe("result", 0400, dir, NULL, &result_fops);
	debugfs_create_file_unsafe("parallel", 0200, dir, NULL, &parallel_fops);
	debugfs_create_file("results", 0400, dir, NULL, &results_fops);
	tdx_test_latency_init(dir);
	tdx_test_mixed_init(dir);
	tdx_test_request_init(dir);
	tdx_test_sleep_init(dir);

	return 0;
}
module_init(tdx_test_init);

/* No file is in use after the first line, no callback runs after the others. */
static void __exit tdx_test_exit(void)
{
	debugfs_remove_recursive(dir);
	tdx_enable_cancel(&locked_request);
	unsubscribe();
	tdx_test_request_exit();
	tdx_test_sleep_exit();
}
module_exit(tdx_test_exit);

MODULE_DESCRIPTION("Asks for TDX as tests tell it");
MODULE_LICENSE("GPL");
