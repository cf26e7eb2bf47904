// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who asks and goes on, as KVM does when it is loaded.  In
 * /sys/kernel/debug/tdx_test:
 *
 *	async		write 1: tdx_enable_async(); 0: the same with a request
 *			that nobody has initialised
 *	wait		write N: tdx_enable_wait(), N ms at most
 *	cancel		write 1: tdx_enable_cancel()
 *	in_callback	write one of enum in_callback: what the callback does
 *			the next time
 *	told		read: how often the callback was called
 *	told_result	read: with what, the last time
 *	inside_result	read: what came of what it did
 *	metadata	read: TDMRs that the module can have
 *
 * With ask=1 the module asks when it is loaded.  It withdraws its request when
 * it is unloaded.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/jiffies.h>
#include <linux/module.h>

#include <asm/tdx_enable.h>

#include "tdx_test.h"

static bool ask;
module_param(ask, bool, 0400);
MODULE_PARM_DESC(ask, "ask for TDX when the module is loaded");

enum in_callback {
	DO_NOTHING,
	ASK_AGAIN,
	CANCEL_MYSELF,
	WAIT_FOR_MYSELF,
	NR_IN_CALLBACK,
};

static enum in_callback in_callback;
static int told_result;
static int inside_result;
static atomic_t told = ATOMIC_INIT(0);

static int do_in_callback(struct tdx_enable_request *req)
{
	switch (xchg(&in_callback, DO_NOTHING)) {
	case ASK_AGAIN:
		return tdx_enable_async(req);
	case CANCEL_MYSELF:
		tdx_enable_cancel(req);
		return 0;
	case WAIT_FOR_MYSELF:
		return tdx_enable_wait(req, MAX_SCHEDULE_TIMEOUT);
	default:
		return 0;
	}
}

static void request_complete(struct tdx_enable_request *req, int result)
{
	WRITE_ONCE(told_result, result);
	WRITE_ONCE(inside_result, do_in_callback(req));
	atomic_inc_return_release(&told);
}

static struct tdx_enable_request request;

static int async_set(void *data, u64 val)
{
	struct tdx_enable_request forgotten = { .complete = request_complete };

	switch (val) {
	case 0:
		return tdx_enable_async(&forgotten);
	case 1:
		return tdx_enable_async(&request);
	default:
		return -EINVAL;
	}
}

DEFINE_DEBUGFS_ATTRIBUTE(async_fops, NULL, async_set, "%llu\n");

static int wait_set(void *data, u64 val)
{
	return tdx_enable_wait(&request, msecs_to_jiffies(min(val, INT_MAX)));
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

static int in_callback_set(void *data, u64 val)
{
	if (val >= NR_IN_CALLBACK)
		return -EINVAL;

	WRITE_ONCE(in_callback, val);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(in_callback_fops, NULL, in_callback_set, "%llu\n");

static int told_get(void *data, u64 *val)
{
	*val = atomic_read_acquire(&told);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(told_fops, told_get, NULL, "%llu\n");

static int int_get(void *data, u64 *val)
{
	*val = READ_ONCE(*(int *)data);

	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE_SIGNED(int_fops, int_get, NULL, "%lld\n");

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
 * tdx_test_request_init - create the files, and ask if that is wanted
 * @dir: where
 *
 * Where there is no TDX that fails, and is no failure: KVM is loaded, too.
 *
 * Context: may sleep, briefly.
 */
void tdx_test_request_init(struct dentry *dir)
{
	tdx_enable_request_init(&request, request_complete);

	debugfs_create_file_unsafe("async", 0200, dir, NULL, &async_fops);
	debugfs_create_file_unsafe("wait", 0200, dir, NULL, &wait_fops);
	debugfs_create_file_unsafe("cancel", 0200, dir, NULL, &cancel_fops);
	debugfs_create_file_unsafe("in_callback", 0200, dir, NULL,
				   &in_callback_fops);
	debugfs_create_file_unsafe("told", 0400, dir, NULL, &told_fops);
	debugfs_create_file_unsafe("told_result", 0400, dir, &told_result,
				   &int_fops);
	debugfs_create_file_unsafe("inside_result", 0400, dir, &inside_result,
				   &int_fops);
	debugfs_create_file_unsafe("metadata", 0400, dir, NULL, &metadata_fops);

	if (ask)
		tdx_enable_async(&request);
}

/**
 * tdx_test_request_exit - have nothing left that could be called
 *
 * Context: may sleep until a callback that runs has returned.
 */
void tdx_test_request_exit(void)
{
	tdx_enable_cancel(&request);
}
