// SPDX-License-Identifier: GPL-2.0-only
/*
 * Call the functions of asm/tdx_enable.h for the kselftests in the directory above,
 * through files in /sys/kernel/debug/tdx_test:
 *
 *	enable		write 1: call tdx_enable(); the write fails with its errno
 *	try		write 1: call tdx_enable_async() and wait, which repeats an
 *			attempt that has failed
 *	get, put	write 1: call tdx_get() or tdx_put()
 *	probe		write 1: call tdx_enable_probe()
 *	ready		read: call tdx_enable() without a lock held, so that the
 *			freezer can freeze the reader; shows the result
 *	locked		write 1: call tdx_enable() with CPU hot-plug held off, which
 *			lockdep reports: it can deadlock; 2: call tdx_enable_async(),
 *			which is allowed there
 *	metadata	read: number of TDMRs that the module takes, from
 *			tdx_enable_metadata()
 *
 * There is one request with a callback:
 *
 *	async		write 1: tdx_enable_async()
 *	async_copy	write 1: tdx_enable_async() of a copy, which is not initialized
 *	subscribe	write 1: tdx_enable_subscribe()
 *	wait		write 1: tdx_enable_wait()
 *	cancel		write 1: tdx_enable_cancel()
 *	callbacks	read: number of callbacks
 *	result		read: the result that the last callback got
 *
 * With async=1 the module makes the request when it is loaded, as KVM does.  It
 * cancels the request when it is unloaded.
 *
 * Other requests measure the duration of tdx_enable_async(), or compete:
 *
 *	latency		write N: call tdx_enable_async() N times, and cancel each
 *			request
 *	latency_floor	the same for queue_work() of an empty work item, which is part
 *			of each request
 *	median_ns	read: median of the calls of the last write
 *	max_ns		read: their maximum
 *	mixed		write N: N kernel threads make 10 requests each, of all kinds,
 *			at the same time and in random order; the write fails with
 *			-EPROTO if a request had a wrong result or a wrong number of
 *			callbacks
 *
 * For a TDX host whose firmware would keep the module when the host sleeps:
 *
 *	deep_sleep	write 1: "deep" in /sys/power/mem_sleep works from now on: all
 *			CPUs but one go offline, that one is suspended, and the
 *			system wakes up after a second
 */
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/suspend.h>
#include <linux/time64.h>
#include <linux/workqueue.h>

#include <asm/tdx_enable.h>

#define MAX_CALLS	100000
#define REQUESTS	10
#define MAX_DELAY_US	10000
#define MAX_THREADS	4000

static bool request_at_load;
module_param_named(async, request_at_load, bool, 0400);
MODULE_PARM_DESC(async, "request TDX when the module is loaded");

static struct tdx_enable_request request;
static atomic_t request_callbacks = ATOMIC_INIT(0);
static atomic_t request_result = ATOMIC_INIT(0);
static struct dentry *tdx_test_dir;

static void request_complete(struct tdx_enable_request *req, int result)
{
	atomic_set(&request_result, result);
	atomic_inc(&request_callbacks);
}

static int request_try(void)
{
	struct tdx_enable_request req;
	int ret;

	tdx_enable_request_init(&req, NULL);
	ret = tdx_enable_async(&req);
	if (ret)
		return ret;

	ret = tdx_enable_wait(&req);
	tdx_enable_cancel(&req);

	return ret;
}

static int request_put(void)
{
	tdx_put();

	return 0;
}

static int request_async(void)
{
	return tdx_enable_async(&request);
}

static int request_async_copy(void)
{
	struct tdx_enable_request copy = request;

	return tdx_enable_async(&copy);
}

static int request_subscribe(void)
{
	return tdx_enable_subscribe(&request);
}

static int request_wait(void)
{
	return tdx_enable_wait(&request);
}

static int request_cancel(void)
{
	tdx_enable_cancel(&request);

	return 0;
}

static int call_set(void *data, u64 val)
{
	int (*call)(void) = data;

	return val == 1 ? call() : -EINVAL;
}

DEFINE_DEBUGFS_ATTRIBUTE(call_fops, NULL, call_set, "%llu\n");

static int locked_set(void *data, u64 val)
{
	guard(cpus_read_lock)();

	switch (val) {
	case 1:
		return tdx_enable();
	case 2:
		return tdx_enable_async(&request);
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

static int metadata_get(void *data, u64 *val)
{
	const struct tdx_sys_info *info = tdx_enable_metadata();

	if (!info)
		return -ENODATA;

	*val = info->tdmr.max_tdmrs;

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(metadata_fops, metadata_get, NULL, "%llu\n");

/* @call is timed, @undo is not. */
struct latency {
	int (*call)(void);
	void (*undo)(void);
};

static u64 latency_median_ns, latency_max_ns;
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

static int latency_set(void *data, u64 nr)
{
	const struct latency *l = data;
	unsigned int i;
	u64 start;
	int ret;

	if (!nr || nr > MAX_CALLS)
		return -EINVAL;

	u64 *ns __free(kvfree) = kvcalloc(nr, sizeof(*ns), GFP_KERNEL);
	if (!ns)
		return -ENOMEM;

	for (i = 0; i < nr; i++) {
		start = ktime_get_ns();
		ret = l->call();
		ns[i] = ktime_get_ns() - start;
		if (ret)
			return ret;

		l->undo();
	}
	sort(ns, nr, sizeof(*ns), latency_compare, NULL);
	latency_median_ns = ns[nr / 2];
	latency_max_ns = ns[nr - 1];

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(latency_fops, NULL, latency_set, "%llu\n");

/* A request that counts its callbacks. */
struct mixed_request {
	struct tdx_enable_request req;
	atomic_t callbacks;
};

/* Threads that start at the same time. */
struct mixed_threads {
	struct completion go;
	struct completion gone;
	atomic_t failed;
};

static void mixed_complete(struct tdx_enable_request *req, int result)
{
	atomic_inc(&container_of(req, struct mixed_request, req)->callbacks);
}

static void mixed_init(struct mixed_request *m)
{
	tdx_enable_request_init(&m->req, mixed_complete);
	atomic_set(&m->callbacks, 0);
}

/* The request is accepted a second time only if its callback has returned. */
static bool mixed_async(void)
{
	struct mixed_request m;
	int callbacks = 1;

	mixed_init(&m);
	if (tdx_enable_async(&m.req))
		return false;
	if (!tdx_enable_async(&m.req))
		callbacks++;

	return !tdx_enable_wait(&m.req) && atomic_read(&m.callbacks) == callbacks;
}

/* Cancel after a while: there was a callback if the request has a result. */
static bool mixed_cancel(void)
{
	struct mixed_request m;
	int ret;

	mixed_init(&m);
	if (tdx_enable_async(&m.req))
		return false;

	fsleep(get_random_u32_below(MAX_DELAY_US));
	tdx_enable_cancel(&m.req);
	ret = tdx_enable_wait(&m.req);

	return atomic_read(&m.callbacks) == !ret && (!ret || ret == -ECANCELED);
}

/* TDX comes up at most once meanwhile. */
static bool mixed_subscribe(void)
{
	struct mixed_request m;

	mixed_init(&m);
	if (tdx_enable_subscribe(&m.req))
		return false;

	fsleep(get_random_u32_below(MAX_DELAY_US));
	tdx_enable_cancel(&m.req);

	return atomic_read(&m.callbacks) <= 1;
}

static bool mixed_without_callback(void)
{
	struct tdx_enable_request req;

	tdx_enable_request_init(&req, NULL);

	return !tdx_enable_async(&req) && !tdx_enable_wait(&req);
}

static bool mixed_make_request(void)
{
	switch (get_random_u32_below(5)) {
	case 0:
		return !tdx_enable();
	case 1:
		return mixed_async();
	case 2:
		return mixed_cancel();
	case 3:
		return mixed_subscribe();
	default:
		return mixed_without_callback();
	}
}

static int mixed_thread(void *data)
{
	struct mixed_threads *threads = data;
	int i;

	wait_for_completion(&threads->go);
	for (i = 0; i < REQUESTS; i++) {
		if (!mixed_make_request())
			atomic_inc(&threads->failed);
	}

	/* After this call the thread runs no code of this module. */
	kthread_complete_and_exit(&threads->gone, 0);
}

static int mixed_set(void *data, u64 nr)
{
	struct mixed_threads threads = {};
	unsigned int created, i;

	if (!nr || nr > MAX_THREADS)
		return -EINVAL;

	init_completion(&threads.go);
	init_completion(&threads.gone);
	for (created = 0; created < nr; created++) {
		if (IS_ERR(kthread_run(mixed_thread, &threads, "tdx_test/%u", created)))
			break;
	}
	complete_all(&threads.go);
	for (i = 0; i < created; i++)
		wait_for_completion(&threads.gone);

	if (created < nr)
		return -ENOMEM;

	return atomic_read(&threads.failed) ? -EPROTO : 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(mixed_fops, NULL, mixed_set, "%llu\n");

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

static int deep_sleep_register(void)
{
	suspend_set_ops(&deep_sleep_ops);
	deep_sleep_registered = true;

	return 0;
}

static int __init tdx_test_init(void)
{
	struct dentry *dir;

	dir = debugfs_create_dir("tdx_test", NULL);
	if (IS_ERR(dir))
		return PTR_ERR(dir);

	tdx_enable_request_init(&request, request_complete);
	tdx_enable_request_init(&latency_request, NULL);
	debugfs_create_file_unsafe("enable", 0200, dir, tdx_enable, &call_fops);
	debugfs_create_file_unsafe("try", 0200, dir, request_try, &call_fops);
	debugfs_create_file_unsafe("get", 0200, dir, tdx_get, &call_fops);
	debugfs_create_file_unsafe("put", 0200, dir, request_put, &call_fops);
	debugfs_create_file_unsafe("probe", 0200, dir, tdx_enable_probe, &call_fops);
	debugfs_create_file_unsafe("async", 0200, dir, request_async, &call_fops);
	debugfs_create_file_unsafe("async_copy", 0200, dir, request_async_copy, &call_fops);
	debugfs_create_file_unsafe("subscribe", 0200, dir, request_subscribe, &call_fops);
	debugfs_create_file_unsafe("wait", 0200, dir, request_wait, &call_fops);
	debugfs_create_file_unsafe("cancel", 0200, dir, request_cancel, &call_fops);
	debugfs_create_file_unsafe("deep_sleep", 0200, dir, deep_sleep_register, &call_fops);
	debugfs_create_file_unsafe("locked", 0200, dir, NULL, &locked_fops);
	debugfs_create_file("ready", 0400, dir, NULL, &ready_fops);
	debugfs_create_file_unsafe("metadata", 0400, dir, NULL, &metadata_fops);
	debugfs_create_atomic_t("callbacks", 0400, dir, &request_callbacks);
	debugfs_create_atomic_t("result", 0400, dir, &request_result);
	debugfs_create_file_unsafe("latency", 0200, dir, &request_latency, &latency_fops);
	debugfs_create_file_unsafe("latency_floor", 0200, dir, &work_latency, &latency_fops);
	debugfs_create_u64("median_ns", 0400, dir, &latency_median_ns);
	debugfs_create_u64("max_ns", 0400, dir, &latency_max_ns);
	debugfs_create_file_unsafe("mixed", 0200, dir, NULL, &mixed_fops);
	tdx_test_dir = dir;

	/* On a host without TDX the request is rejected.  The module stays loaded, like KVM. */
	if (request_at_load)
		tdx_enable_async(&request);

	return 0;
}
module_init(tdx_test_init);

static void __exit tdx_test_exit(void)
{
	/* Returns when no file is in use. */
	debugfs_remove_recursive(tdx_test_dir);
	/* No callback may run in a module that is gone. */
	tdx_enable_cancel(&request);
	/* A TDX host has no other operations to restore: ACPI S3 is off. */
	if (deep_sleep_registered)
		suspend_set_ops(NULL);
}
module_exit(tdx_test_exit);

MODULE_DESCRIPTION("Calls of asm/tdx_enable.h for tests");
MODULE_LICENSE("GPL");
