// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reboot would do, without one: the host frees what it has given to the
 * module, and the module forgets all.  For tests only; otherwise each case of a
 * failure would cost a boot.
 */
#include <linux/errno.h>
#include <linux/export.h>

#include "internal.h"

static int (*tdx_emulator_host_reset)(void);

/**
 * tdx_emulator_set_reset - say how the host frees what it has given to the module
 * @reset: returns 0; -EBUSY while the host works; called in process context
 *
 * Context: once, before user space.
 */
void tdx_emulator_set_reset(int (*reset)(void))
{
	tdx_emulator_host_reset = reset;
}

static int tdx_emulator_forget(void)
{
	int ret;

	ret = tdx_emulator_host_reset();
	if (ret)
		return ret;

	if (!tdx_trap_block())
		return -EBUSY;

	tdx_emulator_inject_clear();
	tdx_calls_clear();
	tdx_audit_clear();
	ret = tdx_platform_boot_module();

	tdx_trap_unblock();
	return ret;
}

/**
 * tdx_emulator_reset - forget everything, PAMTs, counters and faults included
 *
 * Context: process context, sleeps.
 *
 * Return: 0; -EBUSY while the host works or an LP is inside the module; -ENODEV
 * without an emulated module; -EOPNOTSUPP on a host that initializes TDX once for
 * each boot.
 */
int tdx_emulator_reset(void)
{
	int ret;

	if (!tdx_emulator_active())
		return -ENODEV;
	if (!tdx_emulator_host_reset)
		return -EOPNOTSUPP;

	tdx_audit_expect_frees(true);
	ret = tdx_emulator_forget();
	tdx_audit_expect_frees(false);

	return ret;
}
EXPORT_SYMBOL_GPL(tdx_emulator_reset);
