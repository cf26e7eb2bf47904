// SPDX-License-Identifier: GPL-2.0-only
/*
 * The duration of tdx_enable_async(), in /sys/kernel/debug/tdx_test:
 *
 *	latency		write N: call tdx_enable_async() N times, and cancel each
 *			request; read: median and maximum of a call, in ns
 *	latency_floor	the same for queue_work() of an empty work item, which is part
 *			of each request
 */
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/workqueue.h>

#include <asm/tdx_enable.h>

#include "tdx_test.h"

#define MAX_CALLS	100000

/* @call is timed, @undo is not. */
struct latency {
	int (*call)(void);
	void (*undo)(void);
	u64 median_ns;
	u64 max_ns;
};

static struct tdx_enable_request latency_request;

static int latency_request_async(void)
{
	return tdx_enable_async(&latency_request);
}

static void latency_request_cancel(void)
{
	tdx_enable_cancel(&latency_request);
}

static struct latency request_latency = {
	.call = latency_request_async,
	.undo = latency_request_cancel,
};

static void latency_empty_work(struct work_struct *work)
{
}

static DECLARE_WORK(latency_work, latency_empty_work);

static int latency_work_queue(void)
{
	queue_work(system_dfl_wq, &latency_work);

	return 0;
}

static void latency_work_flush(void)
{
	flush_work(&latency_work);
}

static struct latency work_latency = {
	.call = latency_work_queue,
	.undo = latency_work_flush,
};

static int latency_compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int latency_measure(struct latency *l, u64 *ns, unsigned int nr)
{
	unsigned int i;
	u64 start;
	int ret;

	for (i = 0; i < nr; i++) {
		start = ktime_get_ns();
		ret = l->call();
		ns[i] = ktime_get_ns() - start;
		if (ret)
			return ret;

		l->undo();
	}

	sort(ns, nr, sizeof(*ns), latency_compare, NULL);
	l->median_ns = ns[nr / 2];
	l->max_ns = ns[nr - 1];

	return 0;
}

/* Protects the results. */
static DEFINE_MUTEX(latency_lock);

static ssize_t latency_write(struct file *file, const char __user *buf,
			     size_t count, loff_t *pos)
{
	struct seq_file *m = file->private_data;
	unsigned int nr;
	u64 *ns;
	int ret;

	ret = kstrtouint_from_user(buf, count, 0, &nr);
	if (ret)
		return ret;
	if (!nr || nr > MAX_CALLS)
		return -EINVAL;

	ns = kvcalloc(nr, sizeof(*ns), GFP_KERNEL);
	if (!ns)
		return -ENOMEM;

	scoped_guard(mutex, &latency_lock)
		ret = latency_measure(m->private, ns, nr);
	kvfree(ns);

	return ret ?: count;
}

static int latency_show(struct seq_file *m, void *unused)
{
	const struct latency *l = m->private;

	guard(mutex)(&latency_lock);

	seq_printf(m, "%llu %llu\n", l->median_ns, l->max_ns);

	return 0;
}

DEFINE_SHOW_STORE_ATTRIBUTE(latency);

/**
 * tdx_test_latency_init - create the files
 * @dir: directory in debugfs
 *
 * Context: may sleep, briefly.
 */
void tdx_test_latency_init(struct dentry *dir)
{
	tdx_enable_request_init(&latency_request, NULL);

	debugfs_create_file("latency", 0600, dir, &request_latency, &latency_fops);
	debugfs_create_file("latency_floor", 0600, dir, &work_latency, &latency_fops);
}
