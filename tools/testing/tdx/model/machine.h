/* SPDX-License-Identifier: GPL-2.0-only */
/* A platform with a TDX module, sparse memory, scripted PCONFIG and RDRAND. */
#ifndef _TDX_TEST_MACHINE_H
#define _TDX_TEST_MACHINE_H

#include "../../../../arch/x86/virt/vmx/tdx/emulator/model.h"
#include "../../../../arch/x86/virt/vmx/tdx/emulator/model_leaves.h"

/* The module's answers that tests ask for, from its specification. */
#define INTERRUPTED_RESUMABLE	0x8000000300000000ULL
#define OPERAND_INVALID		0xC000010000000000ULL	/* and the operand's number */
#define ADDR_RANGE		0xC000010100000001ULL
#define OPERAND_BUSY		0x8000020000000000ULL	/* and the operand's number */
#define OPERAND_BUSY_RCX	0x8000020000000001ULL
#define SYS_BUSY		0x8000020200000000ULL
#define NO_ENTROPY		0x8000020300000000ULL
#define PAGE_METADATA		0xC000030000000000ULL	/* and the operand's number */
#define ASSOCIATED_PAGES	0xC000040000000000ULL
#define INIT_NOT_PENDING	0xC000050000000000ULL
#define LP_INIT_NOT_DONE	0xC000050200000000ULL
#define LP_INIT_DONE		0xC000050300000000ULL
#define NOT_READY		0xC000050500000000ULL
#define SHUTDOWN		0xC000050600000000ULL
#define KEY_NOT_PENDING		0xC000050700000000ULL
#define STATE_INCORRECT		0xC000050800000000ULL
#define INVALID_HANDOFF		0xC000050900000000ULL
#define INCOMPATIBLE_SIGSTRUCT	0xC000050A00000000ULL
#define LP_INIT_NOT_PENDING	0xC000050B00000000ULL
#define CONFIG_NOT_PENDING	0xC000050C00000000ULL
#define TDCS_NOT_ALLOCATED	0xC000060600000000ULL
#define LIFECYCLE		0xC000060700000000ULL
#define OP_STATE		0xC000060800000000ULL
#define NO_VCPUS		0xC000060900000000ULL
#define TDCX_NUM		0xC000061000000000ULL
#define X2APIC_ID_NOT_UNIQUE	0xC000062100000000ULL	/* and the ID */
#define VCPU_STATE		0xC000070000000000ULL
#define VCPU_ASSOCIATED		0x8000070100000000ULL
#define VCPU_NOT_ASSOCIATED	0x8000070200000000ULL
#define MAX_VCPUS_EXCEEDED	0xC000070500000000ULL
#define VMCS_NOT_INITIALIZED	0xC000073000000000ULL	/* and the VMCS field */
#define KEY_GENERATION_FAILED	0x8000080000000000ULL
#define KEYS_NOT_CONFIGURED	0x8000081000000000ULL
#define KEY_CONFIGURED		0x0000081500000000ULL
#define WBCACHE_NOT_COMPLETE	0x8000081700000000ULL
#define HKID_NOT_FREE		0xC000082000000000ULL
#define NO_HKID_READY		0x0000082100000000ULL
#define WBCACHE_RESUME_ERROR	0xC000082300000000ULL
#define FLUSHVP_NOT_DONE	0x8000082400000000ULL
#define INVALID_TDMR		0xC0000A0000000000ULL
#define ALREADY_INITIALIZED	0x00000A0300000000ULL
#define CMR_LIST_INVALID	0xC0000A2200000000ULL
#define ID_INCORRECT		0xC0000C0000000000ULL
#define NOT_WRITABLE		0xC0000C0100000000ULL
#define VALUE_NOT_VALID		0xC0000C0300000000ULL

/* What machine_describe_tdmr() makes of TDMRs and their PAMTs. */
#define MACHINE_POINTERS	0x1000ULL	/* RCX of SYS.CONFIG */
#define MACHINE_TDMR_INFO	0x10000ULL	/* of the first TDMR */
#define MACHINE_PAMT_2M		0x1000ULL	/* behind the PAMT of 1 GiB pages */
#define MACHINE_PAMT_4K		0x3000ULL
#define MACHINE_PAMT_SIZE	0x403000ULL	/* of all three */

struct machine_page {
	struct machine_page *next;
	u64 pa;
	u64 words[SZ_4K / sizeof(u64)];
};

struct machine {
	struct tdxmod module;
	struct machine_page *pages[256];	/* chains, by a hash of the address */
	u64 memory_end;		/* the module finds no memory from here on */
	/* If not NULL, called before a page is given, and with ~0 before PCONFIG and RDRAND. */
	void (*hook)(u64 pa);
	u8 lp_package[TDXMOD_MAX_LPS];
	/* The next @left PCONFIGs on an LP end as @result. */
	struct {
		enum tdxmod_pconfig result;
		u64 left;
	} keyfail[TDXMOD_MAX_LPS];
	bool wrong_hkid;	/* a PCONFIG had the global HKID for that of a TD, or vice versa */
	bool no_entropy;	/* RDRAND fails */
	u64 random;		/* what it gives otherwise */
	u64 released;		/* pages of PAMT, by SYS.DISABLE */
	atomic_t td_pages;	/* that TDs have */
};

/*
 * A fresh module in zeroed memory.  @mc: zeroes, or a machine, which is lost.  The
 * lp_package of @platform is ignored: LP i is on package i * P / L.  Gives what
 * tdxmod_init() does.
 */
int machine_init(struct machine *mc, const struct tdxmod_platform *platform);

/*
 * An aligned word of memory, in its page.  The first look at a page makes it, of zeroes;
 * the program ends if there is no memory for it.  Many threads may look at pages that
 * are there.
 */
u64 *machine_word(struct machine *mc, u64 pa);

/*
 * Describe the TDMR @i for SYS.CONFIG: 1 GiB, its three PAMTs one behind the other.
 * Gives its reserved areas, of which there are none yet.
 */
u64 *machine_describe_tdmr(struct machine *mc, unsigned int i, u64 base, u64 pamt);

#endif /* _TDX_TEST_MACHINE_H */
