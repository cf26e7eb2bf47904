// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that ask in all ways there are, in an order of their own each.  In
 * /sys/kernel/debug/tdx_test:
 *
 *	mixed		write N: N kernel threads make 10 requests each; the
 *			write fails with -EPROTO if any of them got what it
 *			should not have got.  Read: requests made so far.
 */
#include <linux/atomic.h>
#include <linux/cleanup.h>
#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/slab.h>

#include <asm/tdx_enable.h>

#include "tdx_test.h"

#define MAX_THREADS	4000
#define REQUESTS	10

/* A request that counts how often it was told. */
struct counted {
	struct tdx_enable_request req;
	atomic_t told;
};

static atomic_t requests = ATOMIC_INIT(0);

static void counted_complete(struct tdx_enable_request *req, int result)
{
	atomic_inc(&container_of(req, struct counted, req)->told);
}

static void counted_init(struct counted *c)
{
	tdx_enable_request_init(&c->req, counted_complete);
	atomic_set(&c->told, 0);
}

/* Told once, and at rest: it may go. */
static bool told_once(struct counted *c, int result)
{
	return !result && atomic_read(&c->told) == 1;
}

static bool ask_and_wait(void)
{
	struct counted c;
	int ret;

	counted_init(&c);
	if (tdx_enable_async(&c.req))
		return false;
	if (tdx_enable_async(&c.req) == 0)
		/* The first was told before: this is the second. */
		atomic_dec(&c.told);
	ret = tdx_enable_wait(&c.req, MAX_SCHEDULE_TIMEOUT);

	return told_once(&c, ret);
}

static bool ask_wait_and_leave(void)
{
	struct counted c;
	int ret;

	counted_init(&c);
	if (tdx_enable_async(&c.req))
		return false;
	ret = tdx_enable_wait(&c.req, get_random_u32_below(3));
	if (!ret)
		return told_once(&c, ret);

	tdx_enable_cancel(&c.req);

	return ret == -ETIMEDOUT && atomic_read(&c.told) <= 1;
}

static bool ask_and_leave(void)
{
	struct counted c;

	counted_init(&c);
	if (tdx_enable_async(&c.req))
		return false;
	tdx_enable_cancel(&c.req);

	return atomic_read(&c.told) <= 1;
}

static bool subscribe_and_leave(void)
{
	struct counted c;

	counted_init(&c);
	if (tdx_enable_subscribe(&c.req))
		return false;
	tdx_enable_cancel(&c.req);

	return atomic_read(&c.told) <= 1;
}

static bool sleep_for_it(void)
{
	struct tdx_enable_request req;

	tdx_enable_request_init(&req, NULL);

	return !tdx_enable_async(&req) &&
	       !tdx_enable_wait(&req, MAX_SCHEDULE_TIMEOUT);
}

static bool make_request(void)
{
	switch (get_random_u32_below(6)) {
	case 0:
		return !tdx_enable();
	case 1:
		return ask_and_wait();
	case 2:
		return ask_wait_and_leave();
	case 3:
		return ask_and_leave();
	case 4:
		return subscribe_and_leave();
	default:
		return sleep_for_it();
	}
}

static int mixed_thread(void *unused)
{
	int i;

	for (i = 0; i < REQUESTS; i++) {
		atomic_inc(&requests);
		if (!make_request())
			return -EPROTO;
	}

	return 0;
}

static int make_threads(unsigned int nr, int *results)
{
	unsigned int i, nr_results;
	int ret;

	ret = tdx_test_together(mixed_thread, nr, results, &nr_results);
	for (i = 0; i < nr_results && !ret; i++)
		ret = results[i];

	return ret;
}

static int mixed_set(void *data, u64 val)
{
	static DEFINE_MUTEX(lock);
	int *results;
	int ret;

	if (!val || val > MAX_THREADS)
		return -EINVAL;

	results = kvcalloc(val, sizeof(*results), GFP_KERNEL);
	if (!results)
		return -ENOMEM;

	scoped_guard(mutex, &lock)
		ret = make_threads(val, results);
	kvfree(results);

	return ret;
}

static int mixed_get(void *data, u64 *val)
{
	*val = atomic_read(&requests);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(mixed_fops, mixed_get, mixed_set, "%llu\n");

/**
 * tdx_test_mixed_init - create the file
 * @dir: where
 *
 * Context: may sleep, briefly.
 */
void tdx_test_mixed_init(struct dentry *dir)
{
	debugfs_create_file_unsafe("mixed", 0600, dir, NULL, &mixed_fops);
}
