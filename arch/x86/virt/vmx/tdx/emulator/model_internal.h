/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of the model.  The numbers are the interface of
 * the module, and TDX 1.5.01 uses the same names.
 */
#ifndef _TDX_EMULATOR_MODEL_INTERNAL_H
#define _TDX_EMULATOR_MODEL_INTERNAL_H

#include "model.h"

#define TDX_SUCCESS				0ULL
#define TDX_INTERRUPTED_RESUMABLE		0x8000000300000000ULL
#define TDX_OPERAND_INVALID			0xC000010000000000ULL
#define TDX_OPERAND_ADDR_RANGE_ERROR		0xC000010100000000ULL
#define TDX_OPERAND_BUSY			0x8000020000000000ULL
#define TDX_SYS_BUSY				0x8000020200000000ULL
#define TDX_RND_NO_ENTROPY			0x8000020300000000ULL
#define TDX_PAGE_METADATA_INCORRECT		0xC000030000000000ULL
#define TDX_TD_ASSOCIATED_PAGES_EXIST		0xC000040000000000ULL
#define TDX_SYS_INIT_NOT_PENDING		0xC000050000000000ULL
#define TDX_SYS_LP_INIT_NOT_DONE		0xC000050200000000ULL
#define TDX_SYS_LP_INIT_DONE			0xC000050300000000ULL
#define TDX_SYS_NOT_READY			0xC000050500000000ULL
#define TDX_SYS_SHUTDOWN			0xC000050600000000ULL
#define TDX_SYS_KEY_CONFIG_NOT_PENDING		0xC000050700000000ULL
#define TDX_SYS_STATE_INCORRECT			0xC000050800000000ULL
#define TDX_SYS_INVALID_HANDOFF			0xC000050900000000ULL
#define TDX_SYS_INCOMPATIBLE_SIGSTRUCT		0xC000050A00000000ULL
#define TDX_SYS_LP_INIT_NOT_PENDING		0xC000050B00000000ULL
#define TDX_SYS_CONFIG_NOT_PENDING		0xC000050C00000000ULL
#define TDX_TDCS_NOT_ALLOCATED			0xC000060600000000ULL
#define TDX_LIFECYCLE_STATE_INCORRECT		0xC000060700000000ULL
#define TDX_OP_STATE_INCORRECT			0xC000060800000000ULL
#define TDX_NO_VCPUS				0xC000060900000000ULL
#define TDX_TDCX_NUM_INCORRECT			0xC000061000000000ULL
#define TDX_X2APIC_ID_NOT_UNIQUE		0xC000062100000000ULL
#define TDX_VCPU_STATE_INCORRECT		0xC000070000000000ULL
#define TDX_VCPU_ASSOCIATED			0x8000070100000000ULL
#define TDX_VCPU_NOT_ASSOCIATED			0x8000070200000000ULL
#define TDX_MAX_VCPUS_EXCEEDED			0xC000070500000000ULL
#define TDX_TD_VMCS_FIELD_NOT_INITIALIZED	0xC000073000000000ULL
#define TDX_KEY_GENERATION_FAILED		0x8000080000000000ULL
#define TDX_TD_KEYS_NOT_CONFIGURED		0x8000081000000000ULL
#define TDX_KEY_CONFIGURED			0x0000081500000000ULL
#define TDX_WBCACHE_NOT_COMPLETE		0x8000081700000000ULL
#define TDX_HKID_NOT_FREE			0xC000082000000000ULL
#define TDX_NO_HKID_READY_TO_WBCACHE		0x0000082100000000ULL
#define TDX_WBCACHE_RESUME_ERROR		0xC000082300000000ULL
#define TDX_FLUSHVP_NOT_DONE			0x8000082400000000ULL
#define TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED	0xC000082500000000ULL
#define TDX_INVALID_PKG_ID			0xC000090600000000ULL
#define TDX_INVALID_TDMR			0xC0000A0000000000ULL
#define TDX_NON_ORDERED_TDMR			0xC0000A0100000000ULL
#define TDX_TDMR_OUTSIDE_CMRS			0xC0000A0200000000ULL
#define TDX_TDMR_ALREADY_INITIALIZED		0x00000A0300000000ULL
#define TDX_INVALID_PAMT			0xC0000A1000000000ULL
#define TDX_PAMT_OUTSIDE_CMRS			0xC0000A1100000000ULL
#define TDX_PAMT_OVERLAP			0xC0000A1200000000ULL
#define TDX_INVALID_RESERVED_IN_TDMR		0xC0000A2000000000ULL
#define TDX_NON_ORDERED_RESERVED_IN_TDMR	0xC0000A2100000000ULL
#define TDX_CMR_LIST_INVALID			0xC0000A2200000000ULL
#define TDX_METADATA_FIELD_ID_INCORRECT		0xC0000C0000000000ULL
#define TDX_METADATA_FIELD_NOT_WRITABLE		0xC0000C0100000000ULL
#define TDX_METADATA_FIELD_VALUE_NOT_VALID	0xC0000C0300000000ULL
#define TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT	0x00000C0B00000000ULL

/* The call never returns.  The module does not use statuses of class 0xFF. */
#define TDXMOD_NO_ANSWER			0xFFFFFFFF00000000ULL

/* Numbers of operands, which are added to a status.  RAX is operand 0. */
#define TDX_RCX					1
#define TDX_RDX					2
#define TDX_R8					8
#define TDX_R9					9
#define TDX_ATTRIBUTES				64
#define TDX_XFAM				65
#define TDX_EXEC_CONTROLS			66
#define TDX_EPTP_CONTROLS			67
#define TDX_MAX_VCPUS				68
#define TDX_CPUID_CONFIG			69
#define TDX_TSC_FREQUENCY			70
#define TDX_NUM_L2_VMS				71
#define TDX_ARCH_CAPABILITIES_CONFIG		72
#define TDX_TDR					128
#define TDX_KOT					186
#define TDX_KET					187
#define TDX_WBCACHE				188

/* Page types in a PAMT.  model.h has TDXMOD_PT_NDA. */
#define TDXMOD_PT_RSVD				1
#define TDXMOD_PT_REG				3
#define TDXMOD_PT_TDR				4
#define TDXMOD_PT_TDCX				5
#define TDXMOD_PT_TDVPR				6
#define TDXMOD_PT_EPT				8

/* Fields of the first u64 of a PAMT entry.  Readers of the lock count in steps of 4. */
#define ENTRY_LOCK				GENMASK_ULL(15, 0)
#define ENTRY_LOCK_EXCLUSIVE			BIT_ULL(0)
#define ENTRY_LOCK_READER			BIT_ULL(2)
#define ENTRY_TYPE_SHIFT			16
#define ENTRY_TYPE(word)			(((word) >> ENTRY_TYPE_SHIFT) & 0xff)
/* Page number of the TD's root page, 40 bits. */
#define ENTRY_OWNER(word)			((word) >> 24 << 12)
#define ENTRY_WORD(type, owner)			((u64)(type) << ENTRY_TYPE_SHIFT | (owner) << 12)

/* Limits of a TD, which metadata report and MNG.INIT checks. */
#define TDCS_BASE_SIZE				(6 * SZ_4K)
#define TDVPS_BASE_SIZE				(6 * SZ_4K)
#define ATTRIBUTES_FIXED0			0x8000000070000001ULL
#define ATTRIBUTES_FIXED1			0ULL
#define XFAM_FIXED0				0x6DBE7ULL
#define XFAM_FIXED1				3ULL
#define CONFIG_FLAGS_FIXED0			7ULL
#define ARCH_CAPABILITIES_CONFIG		0x1180010ULL

/* Class and code of a metadata field, and the bits that must be 0 for one element. */
#define ID_NAME					(GENMASK_ULL(61, 56) | GENMASK_ULL(23, 0))
#define ID_RESERVED				(GENMASK_ULL(31, 24) | GENMASK_ULL(46, 34) | \
						 GENMASK_ULL(49, 47) | BIT_ULL(55) | \
						 BIT_ULL(62))

/* Size of the hand-off data in bytes, for all versions. */
#define TDXMOD_HANDOFF_SIZE			53386

/* Versions of the module in flash and of P-SEAMLDR. */
#define TDXMOD_VENDOR_ID			0x8086
#define TDXMOD_BUILD_DATE			20240129
#define TDXMOD_MAJOR_VERSION			1
#define TDXMOD_MINOR_VERSION			5

/* Bits of a CPUID leaf that a host may choose for a TD, in EAX to EDX. */
struct tdxmod_cpuid_config {
	u32 leaf;
	u32 subleaf;
	u32 direct[4];		/* without restriction */
	u32 native[4];		/* if the CPU supports them */
};

#define TDXMOD_NR_CPUID_CONFIGS			12

/* A 4 KiB page with its PAMT entry, which the calling leaf has locked. */
struct tdxmod_page {
	u64 pa;
	u64 *entry;
	void *memory;
	bool exclusive;
};

/* model.c */
u64 tdxmod_die(struct tdxmod *m);
u64 tdxmod_strip_keyid(const struct tdxmod *m, u64 pa);
bool tdxmod_pa_is_plain(const struct tdxmod *m, u64 pa);
bool tdxmod_pa_is_shared(const struct tdxmod *m, u64 pa, u64 size);
bool tdxmod_overlap(const struct tdxmod_range *a, const struct tdxmod_range *b);
void *tdxmod_memory(const struct tdxmod *m, u64 pa);
u64 tdxmod_read64(const struct tdxmod *m, u64 pa);

/* model_life.c */
u64 tdxmod_sys_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_lp_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_sys_shutdown(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_sys_disable(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_sys_update(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
bool tdxmod_all_lps_done(const struct tdxmod *m);
void tdxmod_forget(struct tdxmod *m);

/* model_metadata.c */
u64 tdxmod_sys_rd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_sys_rdall(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_sys_info(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

extern const struct tdxmod_cpuid_config tdxmod_cpuid_configs[TDXMOD_NR_CPUID_CONFIGS];

/* model_config.c */
u64 tdxmod_sys_config(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_key_config(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
bool tdxmod_is_private_hkid(const struct tdxmod *m, u64 hkid);
u64 tdxmod_program_key(struct tdxmod *m, unsigned int lp, u32 hkid);

/* model_tdmr.c */
u64 tdxmod_pamt_address(const struct tdxmod_tdmr *t, enum tdxmod_level level, u64 offset);
u64 tdxmod_tdmr_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

/* model_pages.c */
u64 tdxmod_lock_page(struct tdxmod *m, u64 pa, u8 type, bool exclusive, unsigned int operand,
		     struct tdxmod_page *page);
u64 tdxmod_lock_owner(struct tdxmod *m, const struct tdxmod_page *child, bool exclusive,
		      struct tdxmod_page *tdr);
void tdxmod_unlock_page(struct tdxmod_page *page);
void tdxmod_take_page(struct tdxmod *m, struct tdxmod_page *page, u8 type, u64 owner);
u64 tdxmod_page_rdmd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_page_reclaim(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_page_wbinvd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

/* model_keys.c */
u64 tdxmod_mng_create(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_mng_key_config(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_mng_vpflushdone(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_cache_wb(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_mng_key_freeid(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

/* model_td.c */
u64 tdxmod_mng_addcx(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_mng_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_mng_rd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_mr_finalize(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

/* model_vp.c */
u64 tdxmod_vp_create(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_vp_addcx(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_vp_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_vp_wr(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
u64 tdxmod_vp_flush(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

/*
 * The global lock has one exclusive holder, or any number of readers, which are
 * calls of LP.INIT.  No call waits for the lock.  On hardware, a reader that fails
 * leaves its count in the lock, and the release by the holder clears the count.
 */
static inline bool tdxmod_lock_global(struct tdxmod *m)
{
	return atomic_cmpxchg_acquire(&m->global, 0, -1) == 0;
}

static inline void tdxmod_unlock_global(struct tdxmod *m)
{
	atomic_set_release(&m->global, 0);
}

/*
 * The dispatcher reads the state without a lock.  Leaves that a new state allows
 * must observe all writes of the leaf that changed the state.
 */
static inline int tdxmod_get_state(const struct tdxmod *m)
{
	/* Pairs with tdxmod_set_state(). */
	return smp_load_acquire(&m->state);
}

static inline void tdxmod_set_state(struct tdxmod *m, enum tdxmod_state state)
{
	/* Pairs with tdxmod_get_state(). */
	smp_store_release(&m->state, state);
}

static inline bool tdxmod_lp_done(const struct tdxmod *m, unsigned int lp)
{
	return READ_ONCE(m->lp_done[lp]);
}

static inline unsigned int tdxmod_max_tdmrs(const struct tdxmod *m)
{
	return m->platform.max_tdmrs ?: TDXMOD_MAX_TDMRS;
}

static inline bool tdxmod_differs(const struct tdxmod *m, u32 difference)
{
	return m->platform.differences & difference;
}

#endif /* _TDX_EMULATOR_MODEL_INTERNAL_H */
