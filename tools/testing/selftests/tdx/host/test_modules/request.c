// SPDX-License-Identifier: GPL-2.0-only
/*
 * One request with a callback, in /sys/kernel/debug/tdx_test:
 *
 *	async		write 1: tdx_enable_async(); 0: the same with a request that
 *			is not initialized
 *	subscribe	write 1: tdx_enable_subscribe()
 *	wait		write 1: tdx_enable_wait()
 *	cancel		write 1: tdx_enable_cancel()
 *	callbacks	read: number of callbacks
 *	result		read: the result that the last callback got
 *	metadata	read: number of TDMRs that the module takes, from
 *			tdx_enable_metadata()
 *
 * With async=1 the module makes the request when it is loaded, as KVM does.  It
 * cancels the request when it is unloaded.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/module.h>

#include <asm/tdx_enable.h>

#include "tdx_test.h"

static bool request_at_load;
module_param_named(async, request_at_load, bool, 0400);
MODULE_PARM_DESC(async, "request TDX when the module is loaded");

static struct tdx_enable_request request;
static atomic_t request_callbacks = ATOMIC_INIT(0);
static int request_result;

static void request_complete(struct tdx_enable_request *req, int result)
{
	WRITE_ONCE(request_result, result);
	atomic_inc_return_release(&request_callbacks);
}

static int async_set(void *data, u64 val)
{
	struct tdx_enable_request uninitialized = { .complete = request_complete };

	switch (val) {
	case 0:
		return tdx_enable_async(&uninitialized);
	case 1:
		return tdx_enable_async(&request);
	default:
		return -EINVAL;
	}
}

DEFINE_DEBUGFS_ATTRIBUTE(async_fops, NULL, async_set, "%llu\n");

static int subscribe_set(void *data, u64 val)
{
	return val == 1 ? tdx_enable_subscribe(&request) : -EINVAL;
}

DEFINE_DEBUGFS_ATTRIBUTE(subscribe_fops, NULL, subscribe_set, "%llu\n");

static int wait_set(void *data, u64 val)
{
	return val == 1 ? tdx_enable_wait(&request) : -EINVAL;
}

DEFINE_DEBUGFS_ATTRIBUTE(wait_fops, NULL, wait_set, "%llu\n");

static int cancel_set(void *data, u64 val)
{
	if (val != 1)
		return -EINVAL;

	tdx_enable_cancel(&request);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(cancel_fops, NULL, cancel_set, "%llu\n");

static int callbacks_get(void *data, u64 *val)
{
	*val = atomic_read_acquire(&request_callbacks);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(callbacks_fops, callbacks_get, NULL, "%llu\n");

static int result_get(void *data, u64 *val)
{
	*val = READ_ONCE(request_result);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE_SIGNED(result_fops, result_get, NULL, "%lld\n");

static int metadata_get(void *data, u64 *val)
{
	const struct tdx_sys_info *info = tdx_enable_metadata();

	if (!info)
		return -ENODATA;

	*val = info->tdmr.max_tdmrs;

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(metadata_fops, metadata_get, NULL, "%llu\n");

/**
 * tdx_test_request_init - create the files; with async=1, make the request
 * @dir: directory in debugfs
 *
 * On a host without TDX the request is rejected.  The module stays loaded, like KVM.
 *
 * Context: may sleep, briefly.
 */
void tdx_test_request_init(struct dentry *dir)
{
	tdx_enable_request_init(&request, request_complete);

	debugfs_create_file_unsafe("async", 0200, dir, NULL, &async_fops);
	debugfs_create_file_unsafe("subscribe", 0200, dir, NULL, &subscribe_fops);
	debugfs_create_file_unsafe("wait", 0200, dir, NULL, &wait_fops);
	debugfs_create_file_unsafe("cancel", 0200, dir, NULL, &cancel_fops);
	debugfs_create_file_unsafe("callbacks", 0400, dir, NULL, &callbacks_fops);
	debugfs_create_file_unsafe("result", 0400, dir, NULL, &result_fops);
	debugfs_create_file_unsafe("metadata", 0400, dir, NULL, &metadata_fops);

	if (request_at_load)
		tdx_enable_async(&request);
}

/**
 * tdx_test_request_exit - cancel the request
 *
 * Context: may sleep until a callback that runs has returned.
 */
void tdx_test_request_exit(void)
{
	tdx_enable_cancel(&request);
}
