// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that make requests of all kinds in random order.  In
 * /sys/kernel/debug/tdx_test:
 *
 *	mixed		write N: N kernel threads make 10 requests each; the write
 *			fails with -EPROTO if a request had a wrong result or a wrong
 *			number of callbacks.  Read: requests made so far.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/random.h>

#include <asm/tdx_enable.h>

#include "tdx_test.h"

#define REQUESTS	10
#define MAX_DELAY_US	10000

/* A request that counts its callbacks. */
struct mixed_request {
	struct tdx_enable_request req;
	atomic_t callbacks;
};

static atomic_t mixed_requests = ATOMIC_INIT(0);

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
static bool mixed_cancel(int (*accept)(struct tdx_enable_request *req))
{
	struct mixed_request m;
	int ret;

	mixed_init(&m);
	if (accept(&m.req))
		return false;

	fsleep(get_random_u32_below(MAX_DELAY_US));
	tdx_enable_cancel(&m.req);
	ret = tdx_enable_wait(&m.req);

	return atomic_read(&m.callbacks) == !ret && (!ret || ret == -ECANCELED);
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
		return mixed_cancel(tdx_enable_async);
	case 3:
		return mixed_cancel(tdx_enable_subscribe);
	default:
		return mixed_without_callback();
	}
}

static int mixed_thread(void *unused)
{
	int i;

	for (i = 0; i < REQUESTS; i++) {
		atomic_inc(&mixed_requests);
		if (!mixed_make_request())
			return -EPROTO;
	}

	return 0;
}

static int mixed_set(void *data, u64 val)
{
	return tdx_test_together(mixed_thread, val);
}

static int mixed_get(void *data, u64 *val)
{
	*val = atomic_read(&mixed_requests);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(mixed_fops, mixed_get, mixed_set, "%llu\n");

/**
 * tdx_test_mixed_init - create the file
 * @dir: directory in debugfs
 *
 * Context: may sleep, briefly.
 */
void tdx_test_mixed_init(struct dentry *dir)
{
	debugfs_create_file_unsafe("mixed", 0600, dir, NULL, &mixed_fops);
}
