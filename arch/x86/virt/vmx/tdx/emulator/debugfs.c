// SPDX-License-Identifier: GPL-2.0-only
/*
 * The emulator under /sys/kernel/debug/tdx_emulator, for tests in user space.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kstrtox.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

DEFINE_SHOW_ATTRIBUTE(tdx_calls);
DEFINE_SHOW_ATTRIBUTE(tdx_audit);

/* What TDH.SYS.CONFIG was given; constant until a reset. */
static int tdx_tdmrs_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	seq_puts(m, "# base size\n");
	for (i = 0; i < tdx_emu_module.nr_tdmrs; i++)
		seq_printf(m, "0x%llx 0x%llx\n", tdx_emu_module.tdmrs[i].base,
			   tdx_emu_module.tdmrs[i].size);

	return 0;
}
DEFINE_SHOW_ATTRIBUTE(tdx_tdmrs);

/* "LEAF STATUS SKIP COUNT", for any RDX; "clear". */
static ssize_t inject_write(struct file *file, const char __user *from,
			    size_t len, loff_t *pos)
{
	struct tdx_emulator_fault fault = { .any_rdx = true };
	int ret;

	if (len > PAGE_SIZE)
		return -EINVAL;

	char *text __free(kfree) = memdup_user_nul(from, len);

	if (IS_ERR(text))
		return PTR_ERR(text);

	if (sysfs_streq(text, "clear")) {
		tdx_emulator_inject_clear();
		return len;
	}

	if (sscanf(text, "%lli %llx %u %u", &fault.leaf, &fault.status,
		   &fault.skip, &fault.count) != 4)
		return -EINVAL;

	ret = tdx_emulator_inject(&fault);
	return ret ?: len;
}

static const struct file_operations inject_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= inject_write,
};

static int dilation_get(void *data, u64 *val)
{
	*val = READ_ONCE(tdx_emu_params.dilation);
	return 0;
}

static int dilation_set(void *data, u64 val)
{
	if (val > TDX_EMU_MAX_DILATION)
		return -EINVAL;

	WRITE_ONCE(tdx_emu_params.dilation, val);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(dilation_fops, dilation_get, dilation_set, "%llu\n");

#if IS_BUILTIN(CONFIG_KUNIT)
static ssize_t reset_write(struct file *file, const char __user *from,
			   size_t len, loff_t *pos)
{
	bool reset;
	int ret;

	ret = kstrtobool_from_user(from, len, &reset);
	if (ret)
		return ret;
	if (!reset)
		return -EINVAL;

	ret = tdx_emulator_reset();
	return ret ?: len;
}

static const struct file_operations reset_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.write	= reset_write,
};

static int max_tdmrs_get(void *data, u64 *val)
{
	*val = READ_ONCE(tdx_emu_params.max_tdmrs);
	return 0;
}

static int max_tdmrs_set(void *data, u64 val)
{
	if (!val || val > TDXMOD_MAX_TDMRS)
		return -EINVAL;

	WRITE_ONCE(tdx_emu_params.max_tdmrs, val);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(max_tdmrs_fops, max_tdmrs_get, max_tdmrs_set, "%llu\n");

static void create_test_files(struct dentry *dir)
{
	debugfs_create_file("reset", 0200, dir, NULL, &reset_fops);
	debugfs_create_file_unsafe("max_tdmrs", 0600, dir, NULL, &max_tdmrs_fops);
	tdx_replay_debugfs(dir);
}
#else
static void create_test_files(struct dentry *dir)
{
}
#endif

static int __init tdx_emulator_debugfs(void)
{
	struct dentry *dir;

	if (!tdx_emulator_active())
		return 0;

	dir = debugfs_create_dir("tdx_emulator", NULL);
	debugfs_create_file("calls", 0400, dir, NULL, &tdx_calls_fops);
	debugfs_create_file("audit", 0400, dir, NULL, &tdx_audit_fops);
	debugfs_create_file("tdmrs", 0400, dir, NULL, &tdx_tdmrs_fops);
	debugfs_create_file("inject", 0200, dir, NULL, &inject_fops);
	debugfs_create_file_unsafe("dilation", 0600, dir, NULL, &dilation_fops);
	create_test_files(dir);
	tdx_faults_debugfs(dir);

	return 0;
}
late_initcall(tdx_emulator_debugfs);
