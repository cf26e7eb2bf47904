// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long does asking take?  In /sys/kernel/debug/tdx_test:
 *
 *	latency		write N: N times tdx_enable_async(), each withdrawn;
 *			read: ns that a call took: median, most
 *	latency_floor	the same for queue_work() of nothing, which is the
 *			least that a call can take if it starts something
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

/* What is timed, and what puts things back. */
struct subject {
	int (*call)(void);
	void (*undo)(void);
	u64 median_ns;
	u64 most_ns;
};

static struct tdx_enable_request request;

static int ask(void)
{
	return tdx_enable_async(&request);
}

static void withdraw(void)
{
	tdx_enable_cancel(&request);
}

static struct subject asking = {
	.call = ask,
	.undo = withdraw,
};

static void do_nothing(struct work_struct *work)
{
}

static DECLARE_WORK(nothing, do_nothing);

static int queue_nothing(void)
{
	queue_work(system_dfl_wq, &nothing);

	return 0;
}

static void flush_nothing(void)
{
	flush_work(&nothing);
}

static struct subject queueing = {
	.call = queue_nothing,
	.undo = flush_nothing,
};

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int time_calls(struct subject *subject, u64 *ns, unsigned int nr)
{
	unsigned int i;
	u64 start;
	int ret;

	for (i = 0; i < nr; i++) {
		start = ktime_get_ns();
		ret = subject->call();
		ns[i] = ktime_get_ns() - start;
		if (ret)
			return ret;

		subject->undo();
	}

	sort(ns, nr, sizeof(*ns), compare, NULL);
	subject->median_ns = ns[nr / 2];
	subject->most_ns = ns[nr - 1];

	return 0;
}

static DEFINE_MUTEX(lock);

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

	scoped_guard(mutex, &lock)
		ret = time_calls(m->private, ns, nr);
	kvfree(ns);

	return ret ?: count;
}

static int latency_show(struct seq_file *m, void *unused)
{
	const struct subject *subject = m->private;

	guard(mutex)(&lock);

	seq_printf(m, "%llu %llu\n", subject->median_ns, subject->most_ns);

	return 0;
}

DEFINE_SHOW_STORE_ATTRIBUTE(latency);

/**
 * tdx_test_latency_init - create the files
 * @dir: where
 *
 * Context: may sleep, briefly.
 */
void tdx_test_latency_init(struct dentry *dir)
{
	tdx_enable_request_init(&request, NULL);

	debugfs_create_file("latency", 0600, dir, &asking, &latency_fops);
	debugfs_create_file("latency_floor", 0600, dir, &queueing, &latency_fops);
}
