// SPDX-License-Identifier: GPL-2.0-only
/* The reset of the emulated module frees the memory that this host has given to it. */
#include <linux/init.h>

#include "../emulator/emulator.h"
#include "../enable.h"

static int __init tdx_test_init_reset(void)
{
	tdx_emulator_set_reset(tdx_host_reset);

	return 0;
}
arch_initcall(tdx_test_init_reset);
