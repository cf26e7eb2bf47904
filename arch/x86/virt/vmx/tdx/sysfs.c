// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provide /sys/kernel/tdx, see Documentation/ABI/testing/sysfs-kernel-tdx.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include "enable.h"

/* Set once, at boot, before the first request; NULL without the directory. */
static struct kernfs_node *tdx_status_file;

static ssize_t status_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	static const char * const words[] = {
		[TDX_STATUS_UNKNOWN]		= "unknown",
		[TDX_STATUS_INITIALIZING]	= "initializing",
		[TDX_STATUS_INITIALIZED]	= "initialized",
		[TDX_STATUS_DISABLING]		= "disabling",
		[TDX_STATUS_ERROR]		= "error",
	};

	return sysfs_emit(buf, "%s\n", words[tdx_enable_status(NULL)]);
}

static ssize_t progress_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	struct tdx_progress progress;

	tdx_enable_status(&progress);

	return sysfs_emit(buf, "%llu %llu\n", progress.done, progress.total);
}

/* No task waits for this request: the writer of the file polls the status instead. */
static struct tdx_enable_request tdx_sysfs_request;

static int tdx_sysfs_enable(void)
{
	char reason[TDX_REASON_LEN];
	int ret;

	if (tdx_enable_status(NULL) == TDX_STATUS_ERROR)
		return tdx_host_error(reason, sizeof(reason));

	ret = tdx_enable_async(&tdx_sysfs_request);
	switch (ret) {
	case -EBUSY:
		/* An earlier write has made the request. */
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
	if (sysfs_streq(buf, "1"))
		return tdx_sysfs_enable() ?: count;
	if (sysfs_streq(buf, "0"))
		return tdx_disable() ?: count;

	return -EINVAL;
}

static ssize_t error_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
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
/* Like the log, the file contains physical addresses. */
static struct kobj_attribute error_attr = __ATTR_RO_MODE(error, 0400);

static struct attribute *tdx_sysfs_attrs[] = {
	&status_attr.attr,
	&progress_attr.attr,
	&enable_attr.attr,
	&error_attr.attr,
	NULL
};

static const struct attribute_group tdx_sysfs_group = {
	.attrs = tdx_sysfs_attrs,
};

/* Wake the tasks that poll the status.  The caller may be in any context. */
void tdx_sysfs_notify(void)
{
	if (tdx_status_file)
		sysfs_notify_dirent(tdx_status_file);
}

/* Create /sys/kernel/tdx.  Returns 0, or the errno of the function that failed. */
int __init tdx_sysfs_init(void)
{
	struct kobject *dir;
	int ret;

	tdx_enable_request_init(&tdx_sysfs_request, NULL);

	dir = kobject_create_and_add("tdx", kernel_kobj);
	if (!dir)
		return -ENOMEM;

	ret = sysfs_create_group(dir, &tdx_sysfs_group);
	if (ret) {
		kobject_put(dir);
		return ret;
	}
	tdx_status_file = sysfs_get_dirent(dir->sd, status_attr.attr.name);

	return 0;
}
