/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module keeps in the pages of a TD.  The host provides these pages, and its
 * writes to them are lost on hardware.  Here they take effect, so the model uses no
 * value from such a page as an index or an address without a check.
 */
#ifndef _TDX_EMULATOR_MODEL_TD_H
#define _TDX_EMULATOR_MODEL_TD_H

#include "model_internal.h"

#define MIN_TDCX		((unsigned int)TDCS_BASE_SIZE / SZ_4K)
#define MAX_TDCX		9
#define MIN_TDVPS_PAGES		((unsigned int)TDVPS_BASE_SIZE / SZ_4K)
#define MAX_TDVPS_PAGES		15
#define TDVPS_PAGES_PER_L2_VM	3
#define MAX_L2_VMS		3

/* Metadata report the values of both enums. */
enum tdxmod_td_state {
	TDXMOD_TD_HKID_ASSIGNED,
	TDXMOD_TD_KEYS_CONFIGURED,
	TDXMOD_TD_BLOCKED,
	TDXMOD_TD_TEARDOWN,
};

enum tdxmod_op_state {
	TDXMOD_OP_UNINITIALIZED,
	TDXMOD_OP_INITIALIZED,
	TDXMOD_OP_RUNNABLE,
};

/*
 * A TDR, the root page of a TD.  Leaves write to it with its lock held exclusively,
 * and to @nr_children also with the lock held shared.
 */
struct tdxmod_tdr {
	u32 state;			/* enum tdxmod_td_state */
	u32 hkid;
	u32 package_mask;		/* packages with the key */
	u32 nr_tdcx;
	u64 tdcs;			/* address of the first TDCX page */
	tdxmod_atomic_t nr_children;	/* pages, without the TDR */
};

/* The part of TD_PARAMS that a host can read back. */
struct tdxmod_td_config {
	u64 attributes;
	u64 xfam;
	u64 config_flags;
	u32 max_vcpus;
	u16 nr_l2_vms;
	u16 tsc_frequency;
};

/* Fills the rest of the page.  A vCPU with a larger index may have any x2APIC ID. */
#define TDXMOD_NR_X2APIC_IDS	960

/* The first TDCX page of a TD.  The lock of the TDR protects it in the same way. */
struct tdxmod_tdcs {
	u32 op_state;			/* enum tdxmod_op_state */
	tdxmod_atomic_t nr_vcpus;
	tdxmod_atomic_t nr_associated;	/* vCPUs */
	struct tdxmod_td_config config;
	u32 x2apic_ids[TDXMOD_NR_X2APIC_IDS];	/* by index of the vCPU */
};

/* model_td.c */
u64 tdxmod_get_tdcs(const struct tdxmod *m, const struct tdxmod_tdr *tdr, u32 op_states,
		    struct tdxmod_tdcs **tdcs);

/* model_tdparams.c */
u64 tdxmod_read_td_params(const struct tdxmod *m, u64 pa, unsigned int nr_tdcx,
			  struct tdxmod_td_config *config, u64 *leaf);

#endif /* _TDX_EMULATOR_MODEL_TD_H */
