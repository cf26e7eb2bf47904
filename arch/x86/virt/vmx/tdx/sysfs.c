// SPDX-License-Identifier: GPL-2.0-only
/*
 * Provide /sys/kernel/tdx, see Documentation/ABI/testing/sysfs-kernel-tdx.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernfs.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

#include <asm/tdx.h>

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

static ssize_t module_version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct tdx_sys_info *info = tdx_enable_metadata();

	if (!info)
		return 0;

	return sysfs_emit(buf, TDX_VERSION_FMT "\n", info->version.major_version,
			  info->version.minor_version, info->version.update_version);
}

static struct kobj_attribute status_attr = __ATTR_RO(status);
static struct kobj_attribute progress_attr = __ATTR_RO(progress);
static struct kobj_attribute enable_attr = __ATTR_WO(enable);
/* Like the log, the file contains physical addresses. */
static struct kobj_attribute error_attr = __ATTR_RO_MODE(error, 0400);
static struct kobj_attribute module_version_attr = __ATTR_RO(module_version);

static struct attribute *tdx_sysfs_attrs[] = {
	&status_attr.attr,
	&progress_attr.attr,
	&enable_attr.attr,
	&error_attr.attr,
	&module_version_attr.attr,
	NULL
};

static const struct attribute_group tdx_sysfs_group = {
	.attrs = tdx_sysfs_attrs,
};

static ssize_t phase_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf);

static struct kobj_attribute tdx_phase_attrs[TDX_NR_PHASES] = {
	[TDX_PHASE_METADATA]	= __ATTR(metadata, 0444, phase_show, NULL),
	[TDX_PHASE_MEMORY]	= __ATTR(memory, 0444, phase_show, NULL),
	[TDX_PHASE_PAMT]	= __ATTR(pamt, 0444, phase_show, NULL),
	[TDX_PHASE_LP_INIT]	= __ATTR(lp_init, 0444, phase_show, NULL),
	[TDX_PHASE_CONFIG]	= __ATTR(sys_config, 0444, phase_show, NULL),
	[TDX_PHASE_KEYS]	= __ATTR(key_config, 0444, phase_show, NULL),
	[TDX_PHASE_TDMRS]	= __ATTR(tdmr_init, 0444, phase_show, NULL),
	[TDX_PHASE_DISABLE]	= __ATTR(sys_disable, 0444, phase_show, NULL),
	[TDX_PHASE_LP_STOP]	= __ATTR(lp_stop, 0444, phase_show, NULL),
	[TDX_PHASE_CLEAR]	= __ATTR(pamt_clear, 0444, phase_show, NULL),
	[TDX_PHASE_FREE]	= __ATTR(pamt_free, 0444, phase_show, NULL),
};

static ssize_t phase_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", tdx_host_phase_ms(attr - tdx_phase_attrs));
}

/* Filled at boot; the last entry stays NULL. */
static struct attribute *tdx_phase_list[TDX_NR_PHASES + 1] __ro_after_init;

static const struct attribute_group tdx_phase_group = {
	.name = "phases_ms",
	.attrs = tdx_phase_list,
};

static const struct attribute_group *tdx_sysfs_groups[] = {
	&tdx_sysfs_group,
	&tdx_phase_group,
	NULL
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
	int ret, i;

	for (i = 0; i < TDX_NR_PHASES; i++)
		tdx_phase_list[i] = &tdx_phase_attrs[i].attr;
	tdx_enable_request_init(&tdx_sysfs_request, NULL);

	dir = kobject_create_and_add("tdx", kernel_kobj);
	if (!dir)
		return -ENOMEM;

	ret = sysfs_create_groups(dir, tdx_sysfs_groups);
	if (ret) {
		kobject_put(dir);
		return ret;
	}
	tdx_status_file = sysfs_get_dirent(dir->sd, status_attr.attr.name);

	return 0;
}
