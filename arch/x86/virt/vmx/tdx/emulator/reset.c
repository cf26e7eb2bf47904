// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reboot would do, without one: the subsystem gives back all that it
 * has, the module forgets all that it knew.  For tests only; otherwise each
 * case of a failure would cost a boot.
 */
#include <linux/errno.h>
#include <linux/export.h>

#include "../bringup.h"
#include "internal.h"

static int forget(void)
{
	int ret;

	/* The initialisation at boot is once per boot: nothing to undo. */
	ret = IS_ENABLED(CONFIG_TDX_BRINGUP) ? tdx_bringup_reset() : 0;
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
 * Context: Process context, sleeps.
 * Return: 0; -EBUSY while the subsystem works or an LP is inside the module;
 * -ENODEV without an emulated module.
 */
int tdx_emulator_reset(void)
{
	int ret;

	if (!tdx_emulator_active())
		return -ENODEV;

	tdx_audit_expect_frees(true);
	ret = forget();
	tdx_audit_expect_frees(false);

	return ret;
}
EXPORT_SYMBOL_GPL(tdx_emulator_reset);
