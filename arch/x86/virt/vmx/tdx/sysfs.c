// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bring-up of this host's TDX module for operators: /sys/kernel/tdx, see
 * Documentation/ABI/testing/sysfs-kernel-tdx.
 *
 * The one hook into bring-up is tdx_sysfs_status_changed().  Progress is looked
 * at from here, now and then while an attempt runs, for those who poll: the
 * lanes do not know that anybody is interested.
 */
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kobject.h>
#include <linux/math64.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>

#include "bringup.h"

/* Faster than anybody reads, and slower than anything that costs. */
#define WATCH_PERIOD	msecs_to_jiffies(100)

/**
 * struct node_dir - the directory of a NUMA node
 * @kobj: nodeN
 * @node: N
 */
struct node_dir {
	struct kobject kobj;
	int node;
};

/* Written once, at boot, before anybody can ask for TDX. */
static struct tdx_bringup *shown;
static struct kernfs_node *status_file;
static struct kernfs_node *progress_file;

/* /sys/kernel/tdx */

static ssize_t status_show(struct kobject *kobj, struct kobj_attribute *attr,
			   char *buf)
{
	static const char * const words[] = {
		[TDX_STATUS_UNKNOWN]		= "unknown",
		[TDX_STATUS_INITIALIZING]	= "initializing",
		[TDX_STATUS_INITIALIZED]	= "initialized",
		[TDX_STATUS_ERROR]		= "error",
	};

	return sysfs_emit(buf, "%s\n", words[tdx_enable_status(NULL)]);
}

static ssize_t emit_progress(char *buf, const struct tdx_progress *progress)
{
	return sysfs_emit(buf, "%llu %llu\n", progress->done, progress->total);
}

static ssize_t progress_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	struct tdx_progress progress;

	tdx_enable_status(&progress);

	return emit_progress(buf, &progress);
}

/* Nobody is told: who writes can wait at the status. */
static struct tdx_enable_request request;

static int ask(void)
{
	char reason[TDX_REASON_LEN];
	int ret;

	if (tdx_enable_status(NULL) == TDX_STATUS_ERROR)
		return tdx_host_error(reason, sizeof(reason));

	ret = tdx_enable_async(&request);
	switch (ret) {
	case -EBUSY:
		/* A write before this one has asked, and has not been answered yet. */
		return 0;
	case -ENODEV:
		return tdx_host_error(reason, sizeof(reason));
	default:
		return ret;
	}
}

static ssize_t enable_store(struct kobject *kobj, struct kobj_attribute *attr,
			    const char *buf, size_t count)
{
	int ret;

	if (!sysfs_streq(buf, "1"))
		return -EINVAL;

	ret = ask();

	return ret ? : count;
}

static ssize_t error_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	char reason[TDX_REASON_LEN];
	int error;

	error = tdx_host_error(reason, sizeof(reason));
	if (!error)
		return 0;

	return sysfs_emit(buf, "%s (%d)\n", reason, error);
}

static struct kobj_attribute status_attr = __ATTR_RO(status);
static struct kobj_attribute progress_attr = __ATTR_RO(progress);
static struct kobj_attribute enable_attr = __ATTR_WO(enable);
/* Physical addresses are in it, as in the log. */
static struct kobj_attribute error_attr = __ATTR_RO_MODE(error, 0400);

static struct attribute *tdx_attrs[] = {
	&status_attr.attr,
	&progress_attr.attr,
	&enable_attr.attr,
	&error_attr.attr,
	NULL
};

static const struct attribute_group tdx_group = {
	.attrs = tdx_attrs,
};

/* /sys/kernel/tdx/nodeN */

static void read_node(struct kobject *kobj, struct tdx_lanes_progress *lanes)
{
	struct node_dir *dir = container_of(kobj, struct node_dir, kobj);

	tdx_progress_read(shown, dir->node, lanes);
}

static ssize_t node_progress_show(struct kobject *kobj,
				  struct kobj_attribute *attr, char *buf)
{
	struct tdx_lanes_progress lanes;

	read_node(kobj, &lanes);

	return emit_progress(buf, &lanes.bytes);
}

static ssize_t node_lanes_show(struct kobject *kobj,
			       struct kobj_attribute *attr, char *buf)
{
	struct tdx_lanes_progress lanes;

	read_node(kobj, &lanes);

	return sysfs_emit(buf, "%u %u\n", lanes.unfinished, lanes.lanes);
}

static struct kobj_attribute node_progress_attr =
	__ATTR(progress, 0444, node_progress_show, NULL);
static struct kobj_attribute node_lanes_attr =
	__ATTR(lanes, 0444, node_lanes_show, NULL);

static struct attribute *node_attrs[] = {
	&node_progress_attr.attr,
	&node_lanes_attr.attr,
	NULL
};
ATTRIBUTE_GROUPS(node);

static void node_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct node_dir, kobj));
}

static const struct kobj_type node_type = {
	.release = node_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = node_groups,
};

static int __init add_node(struct kobject *parent, int node)
{
	struct node_dir *dir;
	int ret;

	dir = kzalloc_obj(*dir);
	if (!dir)
		return -ENOMEM;

	dir->node = node;
	ret = kobject_init_and_add(&dir->kobj, &node_type, parent, "node%d",
				   node);
	if (ret)
		kobject_put(&dir->kobj);

	return ret;
}

/* For those who poll */

static unsigned int percent_now(void)
{
	struct tdx_progress progress;

	tdx_progress_of(shown, TDX_STATUS_INITIALIZING, &progress);
	if (!progress.total)
		return 0;

	return div64_u64(progress.done * 100, progress.total);
}

static void watch(struct work_struct *work)
{
	static unsigned int percent;
	unsigned int now = percent_now();

	if (READ_ONCE(shown->status) != TDX_STATUS_INITIALIZING)
		return;

	if (now != percent)
		sysfs_notify_dirent(progress_file);
	percent = now;

	queue_delayed_work(system_dfl_wq, to_delayed_work(work), WATCH_PERIOD);
}

static DECLARE_DELAYED_WORK(watcher, watch);

/**
 * tdx_sysfs_status_changed - wake those who poll
 * @tb: a bring-up whose status is a new one
 *
 * Context: any.
 */
void tdx_sysfs_status_changed(struct tdx_bringup *tb)
{
	/* Not those of tests, nor before there are files. */
	if (tb != shown)
		return;

	sysfs_notify_dirent(status_file);
	sysfs_notify_dirent(progress_file);
	if (READ_ONCE(tb->status) == TDX_STATUS_INITIALIZING)
		queue_delayed_work(system_dfl_wq, &watcher, WATCH_PERIOD);
}

static struct kobject * __init add_dir(void)
{
	struct kobject *dir;
	int ret;

	dir = kobject_create_and_add("tdx", kernel_kobj);
	if (!dir)
		return NULL;

	ret = sysfs_create_group(dir, &tdx_group);
	if (ret) {
		kobject_put(dir);
		return NULL;
	}

	status_file = sysfs_get_dirent(dir->sd, status_attr.attr.name);
	progress_file = sysfs_get_dirent(dir->sd, progress_attr.attr.name);

	return dir;
}

/**
 * tdx_sysfs_init - show a bring-up
 * @tb: the host's, which nobody has asked for yet
 *
 * Nodes that may get memory later are shown too.
 *
 * Context: may sleep.
 *
 * Return: 0; -ENOMEM, and some or all of it is not shown.
 */
int __init tdx_sysfs_init(struct tdx_bringup *tb)
{
	struct kobject *dir;
	int node, ret;

	tdx_enable_request_init(&request, NULL);
	dir = add_dir();
	if (!dir)
		return -ENOMEM;

	shown = tb;
	for_each_node(node) {
		ret = add_node(dir, node);
		if (ret)
			return ret;
	}

	return 0;
}
