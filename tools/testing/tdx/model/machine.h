/* SPDX-License-Identifier: GPL-2.0-only */
/* A platform with a TDX module, memory and scripted PCONFIG and RDRAND. */
#ifndef _TDX_TEST_MACHINE_H
#define _TDX_TEST_MACHINE_H

#include "../../../../arch/x86/virt/vmx/tdx/emulator/model.h"
#include "store.h"

struct machine {
	struct tdxmod module;
	struct store memory;
	u8 lp_package[TDXMOD_MAX_LPS];
	/* The next @left PCONFIGs on an LP end as @result. */
	struct {
		enum tdxmod_pconfig result;
		u64 left;
	} keyfail[TDXMOD_MAX_LPS];
	u32 wrong_hkid;		/* PCONFIGs for another than the global HKID */
	bool no_entropy;	/* RDRAND fails */
	u64 random;		/* what it gives otherwise */
};

/**
 * machine_init - a fresh module in zeroed memory
 * @mc: to be filled; machine_exit() undoes it
 * @platform: its lp_package is ignored: LP i is on package i * P / L
 *
 * Return: that of tdxmod_init().
 */
int machine_init(struct machine *mc, const struct tdxmod_platform *platform);
void machine_exit(struct machine *mc);

/*
 * What SYS.INIT and LP.INIT on the first @nr_lps LPs leave behind, without
 * their checks of the platform.
 */
void machine_skip_init(struct machine *mc, unsigned int nr_lps);

#endif /* _TDX_TEST_MACHINE_H */
