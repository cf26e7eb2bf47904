/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What seam_status.c must say of which call, and sweeps over all codes.  One
 * table for KUnit and for the runner in user space.
 */
#ifndef _X86_VIRT_TDX_SEAM_STATUS_CASES_H
#define _X86_VIRT_TDX_SEAM_STATUS_CASES_H

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/types.h>

#include "../seam_status.h"

/**
 * struct seam_case - one call, its answer, and all that is to be said of it
 * @leaf: RAX of the call
 * @status: RAX of the answer
 * @class: expected class
 * @error: expected errno
 * @text: expected description
 */
struct seam_case {
	u64 leaf;
	u64 status;
	enum seam_class class;
	int error;
	const char *text;
};

static const struct seam_case seam_cases[] = {
	/* Not errors */
	{ 33, 0x0000000000000000ULL, SEAM_SUCCESS, 0,
	  "TDH.SYS.INIT: TDX_SUCCESS" },
	{ 31, 0x0000081500000000ULL, SEAM_ALREADY, 0,
	  "TDH.SYS.KEY.CONFIG: TDX_KEY_CONFIGURED" },
	{ 40, 0x0000082100000000ULL, SEAM_ALREADY, 0,
	  "TDH.PHYMEM.CACHE.WB: TDX_NO_HKID_READY_TO_WBCACHE" },
	{ 36, 0x00000A0300000000ULL, SEAM_ALREADY, 0,
	  "TDH.SYS.TDMR.INIT: TDX_TDMR_ALREADY_INITIALIZED" },
	{ 34, 0x00000C0B00000000ULL, SEAM_SUCCESS, 0,
	  "TDH.SYS.RD: TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT" },

	/* To be tried again */
	{ 69, 0x8000000300000000ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.DISABLE: TDX_INTERRUPTED_RESUMABLE" },
	{ 36, 0x8000020000000001ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.TDMR.INIT: TDX_OPERAND_BUSY: operand RCX" },
	{ 31, 0x80000200000000BBULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.KEY.CONFIG: TDX_OPERAND_BUSY: operand KET" },
	{ 35, 0x8000020200000000ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.LP.INIT: TDX_SYS_BUSY" },
	{ 35, 0x8000020300000000ULL, SEAM_ENTROPY, -EAGAIN,
	  "TDH.SYS.LP.INIT: TDX_RND_NO_ENTROPY" },
	{ 31, 0x8000080000000000ULL, SEAM_ENTROPY, -EAGAIN,
	  "TDH.SYS.KEY.CONFIG: TDX_KEY_GENERATION_FAILED" },

	/* The instruction failed */
	{ 33, 0x8000FF0000000006ULL, SEAM_ABSENT, -EACCES,
	  "TDH.SYS.INIT: TDX_SEAMCALL_UD (CPU not in VMX operation)" },
	{ 33, 0x8000FF000000000DULL, SEAM_ABSENT, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SEAMCALL_GP (SEAM not enabled by BIOS)" },
	{ 33, 0x8000FF00FFFF0000ULL, SEAM_ABSENT, -ENODEV,
	  "TDH.SYS.INIT: TDX_SEAMCALL_VMFAILINVALID (module not loaded, or disabled)" },
	{ 0x8000000000000000ULL, 0x8000FF00FFFF0000ULL, SEAM_ABSENT, -ENODEV,
	  "P-SEAMLDR.INFO: TDX_SEAMCALL_VMFAILINVALID (P-SEAMLDR not loaded, or busy on another CPU)",
	},
	{ 0x8000000000000001ULL, 0x8000FF00FFFF0000ULL, SEAM_ABSENT, -ENODEV,
	  "P-SEAMLDR.INSTALL: TDX_SEAMCALL_VMFAILINVALID (P-SEAMLDR not loaded, or busy on another CPU)",
	},
	{ 33, 0x8000FF000000000EULL, SEAM_ABSENT, -EIO,
	  "TDH.SYS.INIT: TDX_SW_ERROR: trap 14" },

	/* Operands */
	{ 45, 0xC000010000000001ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_OPERAND_INVALID: operand RCX" },
	{ 45, 0xC000010000000002ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_OPERAND_INVALID: operand RDX" },
	{ 45, 0xC000010000000008ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_OPERAND_INVALID: operand R8" },
	{ 32, 0xC000010000000009ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.INFO: TDX_OPERAND_INVALID: operand R9" },
	{ 69, 0xC000010000000000ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.DISABLE: TDX_OPERAND_INVALID: operand RAX (leaf or version)" },
	{ 21, 0xC00001000000000AULL, SEAM_REFUSED, -EINVAL,
	  "TDH.MNG.INIT: TDX_OPERAND_INVALID: operand R10" },
	{ 21, 0xC00001000000000BULL, SEAM_REFUSED, -EINVAL,
	  "TDH.MNG.INIT: TDX_OPERAND_INVALID: operand R11" },
	{ 45, 0xC000010000000060ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_OPERAND_INVALID: operand TDMR_INFO_PA" },
	{ 8, 0x8000020000000080ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.MNG.KEY.CONFIG: TDX_OPERAND_BUSY: operand TDR" },
	{ 6, 0x8000020000000092ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.MEM.PAGE.AUG: TDX_OPERAND_BUSY: operand SEPT" },
	{ 38, 0x80000200000000A9ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.MEM.TRACK: TDX_OPERAND_BUSY: operand TD_EPOCH" },
	{ 9, 0x80000200000000B8ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.MNG.CREATE: TDX_OPERAND_BUSY: operand SYS" },
	{ 36, 0x80000200000000B9ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.TDMR.INIT: TDX_OPERAND_BUSY: operand TDMR" },
	{ 9, 0x80000200000000BAULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.MNG.CREATE: TDX_OPERAND_BUSY: operand KOT" },
	{ 40, 0x80000200000000BCULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.PHYMEM.CACHE.WB: TDX_OPERAND_BUSY: operand WBCACHE" },
	{ 21, 0xC000010000000045ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.MNG.INIT: TDX_OPERAND_INVALID: operand 0x45" },
	{ 24, 0xC000010100000001ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.PHYMEM.PAGE.RDMD: TDX_OPERAND_ADDR_RANGE_ERROR: operand RCX" },
	{ 28, 0xC000030000000001ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.PHYMEM.PAGE.RECLAIM: TDX_PAGE_METADATA_INCORRECT: operand RCX" },

	/* States */
	{ 33, 0xC000050000000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.INIT: TDX_SYS_INIT_NOT_PENDING (module initialised before, by an earlier kernel: reboot)",
	},
	{ 34, 0xC000050200000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.RD: TDX_SYS_LP_INIT_NOT_DONE (this CPU has not run TDH.SYS.LP.INIT)" },
	{ 35, 0xC000050300000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.LP.INIT: TDX_SYS_LP_INIT_DONE" },
	{ 52, 0xC000050500000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.SHUTDOWN: TDX_SYS_NOT_READY" },
	{ 34, 0xC000050500000000ULL, SEAM_REFUSED, -ENODATA,
	  "TDH.SYS.RD: TDX_SYS_NOT_READY (module too old: it does not have this leaf)" },
	{ 69, 0xC000050500000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.DISABLE: TDX_SYS_NOT_READY (module not initialised, or it does not have this leaf)",
	},
	{ 36, 0xC000050500000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.TDMR.INIT: TDX_SYS_NOT_READY (not every package has run TDH.SYS.KEY.CONFIG)" },
	{ 36, 0xC000050600000000ULL, SEAM_REFUSED, -ESHUTDOWN,
	  "TDH.SYS.TDMR.INIT: TDX_SYS_SHUTDOWN (module shut down, or being updated)" },
	{ 31, 0xC000050700000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.KEY.CONFIG: TDX_SYS_KEY_CONFIG_NOT_PENDING" },
	{ 53, 0xC000050800000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.UPDATE: TDX_SYS_STATE_INCORRECT" },
	{ 53, 0xC000050900000000ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.UPDATE: TDX_SYS_INVALID_HANDOFF (module cannot take over from the one before it)",
	},
	{ 33, 0xC000050A00000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SYS_INCOMPATIBLE_SIGSTRUCT (module and P-SEAMLDR do not fit: update the BIOS)",
	},
	{ 35, 0xC000050B00000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.LP.INIT: TDX_SYS_LP_INIT_NOT_PENDING (too early or too late for TDH.SYS.LP.INIT)",
	},
	{ 45, 0xC000050C00000000ULL, SEAM_REFUSED, -ENXIO,
	  "TDH.SYS.CONFIG: TDX_SYS_CONFIG_NOT_PENDING (not every LP is initialised: bring all CPUs online)",
	},
	{ 33, 0xC000050C00000000ULL, SEAM_REFUSED, -EPERM,
	  "TDH.SYS.INIT: TDX_SYS_CONFIG_NOT_PENDING" },
	{ 35, 0xC000050D00000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.LP.INIT: TDX_INCOMPATIBLE_SEAM_CAPABILITIES (update the microcode)" },

	/* Keys */
	{ 9, 0xC000082000000000ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.MNG.CREATE: TDX_HKID_NOT_FREE" },
	{ 33, 0xC000082500000800ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED: limit 2048 (set fewer KeyIDs in the BIOS)",
	},

	/* The platform */
	{ 33, 0xC000090000000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_INCORRECT_CPUID_VALUE (module does not support this CPU as set up: update the BIOS)",
	},
	{ 33, 0xC000090100000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_LIMIT_CPUID_MAXVAL_SET (turn off the CPUID limit in the BIOS)" },
	{ 35, 0xC000090200000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.LP.INIT: TDX_INCONSISTENT_CPUID_FIELD (CPUs differ: update the BIOS)" },
	{ 33, 0xC000090400000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED" },
	{ 33, 0xC000090500000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_INVALID_WBINVD_SCOPE" },
	{ 35, 0xC000090600000009ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.LP.INIT: TDX_INVALID_PKG_ID: package 9" },
	{ 33, 0xC000090880000008ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_CPUID_LEAF_NOT_SUPPORTED: CPUID leaf 0x80000008" },
	{ 33, 0xC000091000000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SMRR_NOT_LOCKED: SMRR 0 (update the BIOS)" },
	{ 33, 0xC000091100000001ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_INVALID_SMRR_CONFIGURATION: SMRR 1 (update the BIOS)" },
	{ 33, 0xC000091200000301ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SMRR_OVERLAPS_CMR: SMRR 1 overlaps CMR 3 (update the BIOS)" },
	{ 33, 0xC000091300000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SMRR_LOCK_NOT_SUPPORTED" },
	{ 33, 0xC000091400000000ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SMRR_NOT_SUPPORTED" },
	{ 35, 0xC00009200000003BULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.LP.INIT: TDX_INCONSISTENT_MSR: MSR 0x3b" },
	{ 33, 0xC00009210000010AULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_INCORRECT_MSR_VALUE: MSR 0x10a" },

	/* The layout */
	{ 45, 0xC0000A0000000005ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_INVALID_TDMR: TDMR 5" },
	{ 45, 0xC0000A0100000001ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_NON_ORDERED_TDMR: TDMR 1" },
	{ 45, 0xC0000A020000003FULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_TDMR_OUTSIDE_CMRS: TDMR 63 (it has memory that firmware did not make convertible)",
	},
	{ 45, 0xC0000A1000000203ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_INVALID_PAMT: 1G PAMT of TDMR 3" },
	{ 45, 0xC0000A1100000000ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_PAMT_OUTSIDE_CMRS: 4K PAMT of TDMR 0" },
	{ 45, 0xC0000A1200000102ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_PAMT_OVERLAP: 2M PAMT of TDMR 2 overlaps TDMR 0" },
	{ 45, 0xC0000A1200010301ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_PAMT_OVERLAP: level 3 PAMT of TDMR 1 overlaps TDMR 1" },
	{ 45, 0xC0000A2000000401ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_INVALID_RESERVED_IN_TDMR: reserved area 4 of TDMR 1" },
	{ 45, 0xC0000A2100000F00ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_NON_ORDERED_RESERVED_IN_TDMR: reserved area 15 of TDMR 0" },
	{ 33, 0xC0000A2200000000ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.INIT: TDX_CMR_LIST_INVALID (update the BIOS)" },

	/* Metadata */
	{ 34, 0xC0000C0000000000ULL, SEAM_REFUSED, -ENODATA,
	  "TDH.SYS.RD: TDX_METADATA_FIELD_ID_INCORRECT (module too old)" },
	{ 34, 0xC0000C0200000000ULL, SEAM_REFUSED, -ENODATA,
	  "TDH.SYS.RD: TDX_METADATA_FIELD_NOT_READABLE (module too old)" },
	{ 37, 0xC0000C0400000000ULL, SEAM_REFUSED, -EOVERFLOW,
	  "TDH.SYS.RDALL: TDX_METADATA_LIST_OVERFLOW" },

	/* Bits that have no words */
	{ 36, 0x0000000000000007ULL, SEAM_SUCCESS, 0,
	  "TDH.SYS.TDMR.INIT: TDX_SUCCESS: detail 0x00000007" },
	{ 33, 0xC0000912AB000301ULL, SEAM_REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SMRR_OVERLAPS_CMR: SMRR 1 overlaps CMR 3: detail 0xab000000 (update the BIOS)",
	},
	{ 45, 0xC0000A1201000102ULL, SEAM_REFUSED, -EINVAL,
	  "TDH.SYS.CONFIG: TDX_PAMT_OVERLAP: 2M PAMT of TDMR 2 overlaps TDMR 0: detail 0x01000000",
	},
	{ 31, 0x8000020200000080ULL, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.KEY.CONFIG: TDX_SYS_BUSY: detail 0x00000080" },
	{ 33, 0xC000050100000003ULL, SEAM_REFUSED, -EIO,
	  "TDH.SYS.INIT: unknown status 0xc000050100000003" },
	{ 33, 0x9000020200000000ULL, SEAM_REFUSED, -EIO,
	  "TDH.SYS.INIT: unknown status 0x9000020200000000" },
	{ 22, 0x4000000100000000ULL, SEAM_REFUSED, -EIO,
	  "TDH.VP.INIT: unknown status 0x4000000100000000" },

	/* Leaves: a version is no other leaf, an unknown one is a number */
	{ 0x1002D, 0xC000050C00000000ULL, SEAM_REFUSED, -ENXIO,
	  "TDH.SYS.CONFIG: TDX_SYS_CONFIG_NOT_PENDING (not every LP is initialised: bring all CPUs online)",
	},
	{ 5, 0xC000010000000000ULL, SEAM_REFUSED, -EINVAL,
	  "leaf 0x5: TDX_OPERAND_INVALID: operand RAX (leaf or version)" },
	{ 0x1000021, 0xC000010000000000ULL, SEAM_REFUSED, -EINVAL,
	  "leaf 0x1000021: TDX_OPERAND_INVALID: operand RAX (leaf or version)" },
	{ 0xFFFFFFFFFFFFFFFFULL, 0xFFFFFFFFFFFFFFFFULL, SEAM_REFUSED, -EIO,
	  "leaf 0xffffffffffffffff: unknown status 0xffffffffffffffff" },
};

/* Codes to sweep: 16 severities, 32 classes (the last is Linux' own), 256 each */
#define SEAM_NR_CODES	(16 * 32 * 256)

static inline u64 seam_code(unsigned int nr)
{
	u64 severity = nr >> 13, class = (nr >> 8) & 0x1F, code = nr & 0xFF;

	if (class == 0x1F)
		class = 0xFF;

	return severity << 60 | class << 40 | code << 32;
}

/* Leaves to sweep: the module's, the P-SEAMLDR's and the longest number */
#define SEAM_NR_LEAVES	131

static inline u64 seam_leaf(unsigned int nr)
{
	if (nr < 128)
		return nr;
	if (nr < 130)
		return 0x8000000000000000ULL | (nr - 128);

	return 0xFFFFFFFFFFFFFFFFULL;
}

static inline bool seam_code_has_case(u64 code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seam_cases); i++)
		if (seam_cases[i].status >> 32 == code >> 32)
			return true;

	return false;
}

/* Return: a code that has a name but no case, or -1 if all have one. */
static inline u64 seam_code_without_case(void)
{
	unsigned int nr;

	for (nr = 0; nr < SEAM_NR_CODES; nr++)
		if (seam_status_name(seam_code(nr)) &&
		    !seam_code_has_case(seam_code(nr)))
			return seam_code(nr);

	return -1ULL;
}

/* Return: how many codes of the sweep have a name. */
static inline unsigned int seam_nr_named(void)
{
	unsigned int nr, named = 0;

	for (nr = 0; nr < SEAM_NR_CODES; nr++)
		if (seam_status_name(seam_code(nr)))
			named++;

	return named;
}

/* Return: the longest text of @code, with all details and leaves. */
static inline int seam_longest_of(char *buf, size_t len, u64 code)
{
	/* Known and unknown, and the most digits for each byte and number */
	static const u32 details[] = {
		0x00000000, 0x00000006, 0x0000000D, 0x00000060,
		0x0000FFFF, 0xFF000000, 0xFFFF0000, 0xFFFFFFFF,
	};
	unsigned int leaf, detail;
	int n, longest = 0;

	for (leaf = 0; leaf < SEAM_NR_LEAVES; leaf++) {
		for (detail = 0; detail < ARRAY_SIZE(details); detail++) {
			n = seam_status_describe(buf, len, seam_leaf(leaf),
						 code | details[detail]);
			if (n > longest)
				longest = n;
		}
	}

	return longest;
}

/* Return: the longest text there is; unknown codes differ in nothing. */
static inline int seam_longest_text(char *buf, size_t len)
{
	int n, longest = seam_longest_of(buf, len, 0xFFFFFFFF00000000ULL);
	unsigned int nr;

	for (nr = 0; nr < SEAM_NR_CODES; nr++) {
		if (!seam_status_name(seam_code(nr)))
			continue;
		n = seam_longest_of(buf, len, seam_code(nr));
		if (n > longest)
			longest = n;
	}

	return longest;
}

#endif /* _X86_VIRT_TDX_SEAM_STATUS_CASES_H */
