/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Expected texts, classes and errnos of seam_status.c, and sweeps over all codes.  KUnit
 * and the runner in user space share this table.
 */
#ifndef _X86_VIRT_TDX_SEAM_STATUS_CASES_H
#define _X86_VIRT_TDX_SEAM_STATUS_CASES_H

#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sprintf.h>
#include <linux/string.h>
#include <linux/types.h>

#include "../seam_status.h"

#define REFUSED	SEAM_REFUSED

/* @leaf and @status: RAX of call and answer; @what and @hint: text around the number. */
struct seam_case {
	u64 leaf;
	u64 status;
	enum seam_class class;
	int error;
	const char *what;
	const char *hint;
};

static const struct seam_case seam_cases[] = {
	/* No errors */
	{ 33, 0x0000000000000000, SEAM_SUCCESS, 0, "TDH.SYS.INIT: TDX_SUCCESS" },
	{ 36, 0x0000000000000007, SEAM_SUCCESS, 0, "TDH.SYS.TDMR.INIT: TDX_SUCCESS" },
	{ 31, 0x0000081500000000, SEAM_ALREADY, 0, "TDH.SYS.KEY.CONFIG: TDX_KEY_CONFIGURED" },
	{ 36, 0x00000A0300000000, SEAM_ALREADY, 0,
	  "TDH.SYS.TDMR.INIT: TDX_TDMR_ALREADY_INITIALIZED" },
	/* The host repeats these calls */
	{ 69, 0x8000000300000000, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.DISABLE: TDX_INTERRUPTED_RESUMABLE" },
	{ 36, 0x8000020000000001, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.TDMR.INIT: TDX_OPERAND_BUSY: operand 1" },
	{ 31, 0x80000200000000BB, SEAM_CONTENDED, -EBUSY,
	  "TDH.SYS.KEY.CONFIG: TDX_OPERAND_BUSY: operand 187" },
	{ 35, 0x8000020200000000, SEAM_CONTENDED, -EBUSY, "TDH.SYS.LP.INIT: TDX_SYS_BUSY" },
	{ 35, 0x8000020300000000, SEAM_ENTROPY, -EAGAIN, "TDH.SYS.LP.INIT: TDX_RND_NO_ENTROPY" },
	{ 31, 0x8000080000000000, SEAM_ENTROPY, -EAGAIN,
	  "TDH.SYS.KEY.CONFIG: TDX_KEY_GENERATION_FAILED" },
	/* The instruction failed */
	{ 33, 0x8000FF0000000006, SEAM_ABSENT, -EACCES, "TDH.SYS.INIT: TDX_SEAMCALL_UD",
	  "the CPU is not in VMX operation" },
	{ 33, 0x8000FF000000000D, SEAM_ABSENT, -EOPNOTSUPP, "TDH.SYS.INIT: TDX_SEAMCALL_GP",
	  "SEAM is off: enable TDX in the BIOS" },
	{ 33, 0x8000FF00FFFF0000, SEAM_ABSENT, -ENODEV, "TDH.SYS.INIT: TDX_SEAMCALL_VMFAILINVALID",
	  "the module is not loaded, or is disabled: check the BIOS settings" },
	/* Operands and states */
	{ 45, 0xC000010000000008, REFUSED, -EIO,
	  "TDH.SYS.CONFIG: TDX_OPERAND_INVALID: operand 8" },
	{ 33, 0xC000050000000000, REFUSED, -EPERM, "TDH.SYS.INIT: TDX_SYS_INIT_NOT_PENDING",
	  "an earlier kernel has initialized the module: reboot" },
	{ 34, 0xC000050200000000, REFUSED, -EPERM, "TDH.SYS.RD: TDX_SYS_LP_INIT_NOT_DONE" },
	{ 35, 0xC000050300000000, REFUSED, -EPERM, "TDH.SYS.LP.INIT: TDX_SYS_LP_INIT_DONE" },
	{ 69, 0xC000050500000000, REFUSED, -EPERM, "TDH.SYS.DISABLE: TDX_SYS_NOT_READY" },
	{ 36, 0xC000050600000000, REFUSED, -ESHUTDOWN, "TDH.SYS.TDMR.INIT: TDX_SYS_SHUTDOWN" },
	{ 31, 0xC000050700000000, REFUSED, -EPERM,
	  "TDH.SYS.KEY.CONFIG: TDX_SYS_KEY_CONFIG_NOT_PENDING" },
	{ 33, 0xC000050A00000000, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SYS_INCOMPATIBLE_SIGSTRUCT", "update the BIOS" },
	{ 35, 0xC000050B00000000, REFUSED, -EPERM, "TDH.SYS.LP.INIT: TDX_SYS_LP_INIT_NOT_PENDING" },
	{ 33, 0xC000050C00000000, REFUSED, -EPERM, "TDH.SYS.INIT: TDX_SYS_CONFIG_NOT_PENDING" },
	{ 35, 0xC000050D00000000, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.LP.INIT: TDX_INCOMPATIBLE_SEAM_CAPABILITIES", "update the microcode" },
	{ 45, 0xC000082000000000, REFUSED, -EIO, "TDH.SYS.CONFIG: TDX_HKID_NOT_FREE" },
	/* Codes with another meaning for one leaf, of any version */
	{ 34, 0xC000050500000000, REFUSED, -ENODATA, "TDH.SYS.RD: TDX_SYS_NOT_READY",
	  "the module is too old: update it" },
	{ 36, 0xC000050500000000, REFUSED, -EPERM, "TDH.SYS.TDMR.INIT: TDX_SYS_NOT_READY",
	  "a package has not run TDH.SYS.KEY.CONFIG" },
	{ 45, 0xC000050C00000000, REFUSED, -ENXIO, "TDH.SYS.CONFIG: TDX_SYS_CONFIG_NOT_PENDING",
	  "an LP is not initialized: bring all CPUs online" },
	{ 0x1002D, 0xC000050C00000000, REFUSED, -ENXIO,
	  "TDH.SYS.CONFIG: TDX_SYS_CONFIG_NOT_PENDING",
	  "an LP is not initialized: bring all CPUs online" },
	/* The platform */
	{ 33, 0xC000082500000800, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED", "set fewer KeyIDs in the BIOS" },
	{ 33, 0xC000090000000000, REFUSED, -EOPNOTSUPP, "TDH.SYS.INIT: TDX_INCORRECT_CPUID_VALUE",
	  "update the BIOS" },
	{ 33, 0xC000090100000000, REFUSED, -EOPNOTSUPP, "TDH.SYS.INIT: TDX_LIMIT_CPUID_MAXVAL_SET",
	  "turn off the CPUID limit in the BIOS" },
	{ 35, 0xC000090200000000, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.LP.INIT: TDX_INCONSISTENT_CPUID_FIELD", "update the BIOS" },
	{ 33, 0xC000090400000000, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED" },
	{ 33, 0xC000090500000000, REFUSED, -EOPNOTSUPP, "TDH.SYS.INIT: TDX_INVALID_WBINVD_SCOPE" },
	{ 35, 0xC000090600000009, REFUSED, -EOPNOTSUPP, "TDH.SYS.LP.INIT: TDX_INVALID_PKG_ID" },
	{ 33, 0xC000090880000008, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_CPUID_LEAF_NOT_SUPPORTED" },
	{ 33, 0xC000091000000000, REFUSED, -EOPNOTSUPP, "TDH.SYS.INIT: TDX_SMRR_NOT_LOCKED",
	  "update the BIOS" },
	{ 33, 0xC000091100000001, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_INVALID_SMRR_CONFIGURATION", "update the BIOS" },
	{ 33, 0xC000091200000301, REFUSED, -EOPNOTSUPP, "TDH.SYS.INIT: TDX_SMRR_OVERLAPS_CMR",
	  "update the BIOS" },
	{ 33, 0xC000091300000000, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_SMRR_LOCK_NOT_SUPPORTED" },
	{ 33, 0xC000091400000000, REFUSED, -EOPNOTSUPP, "TDH.SYS.INIT: TDX_SMRR_NOT_SUPPORTED" },
	{ 35, 0xC00009200000003B, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.LP.INIT: TDX_INCONSISTENT_MSR: MSR 0x3b", "update the BIOS" },
	{ 33, 0xC00009210000010A, REFUSED, -EOPNOTSUPP,
	  "TDH.SYS.INIT: TDX_INCORRECT_MSR_VALUE: MSR 0x10a", "update the BIOS" },
	/* The layout */
	{ 45, 0xC0000A0000000005, REFUSED, -EIO, "TDH.SYS.CONFIG: TDX_INVALID_TDMR: TDMR 5" },
	{ 45, 0xC0000A0100000001, REFUSED, -EIO,
	  "TDH.SYS.CONFIG: TDX_NON_ORDERED_TDMR: TDMR 1" },
	{ 45, 0xC0000A020000003F, REFUSED, -EIO,
	  "TDH.SYS.CONFIG: TDX_TDMR_OUTSIDE_CMRS: TDMR 63" },
	{ 45, 0xC0000A1000000203, REFUSED, -EIO,
	  "TDH.SYS.CONFIG: TDX_INVALID_PAMT: 2 of TDMR 3" },
	{ 45, 0xC0000A1100000000, REFUSED, -EIO,
	  "TDH.SYS.CONFIG: TDX_PAMT_OUTSIDE_CMRS: 0 of TDMR 0" },
	{ 45, 0xC0000A1200010301, REFUSED, -EIO,
	  "TDH.SYS.CONFIG: TDX_PAMT_OVERLAP: 3 of TDMR 1" },
	{ 45, 0xC0000A2000000401, REFUSED, -EIO,
	  "TDH.SYS.CONFIG: TDX_INVALID_RESERVED_IN_TDMR: 4 of TDMR 1" },
	{ 45, 0xC0000A2100000F00, REFUSED, -EIO,
	  "TDH.SYS.CONFIG: TDX_NON_ORDERED_RESERVED_IN_TDMR: 15 of TDMR 0" },
	{ 33, 0xC0000A2200000000, REFUSED, -EIO, "TDH.SYS.INIT: TDX_CMR_LIST_INVALID",
	  "update the BIOS" },
	/* Metadata */
	{ 34, 0xC0000C0000000000, REFUSED, -ENODATA, "TDH.SYS.RD: TDX_METADATA_FIELD_ID_INCORRECT",
	  "the module is too old: update it" },
	{ 34, 0xC0000C0200000000, REFUSED, -ENODATA, "TDH.SYS.RD: TDX_METADATA_FIELD_NOT_READABLE",
	  "the module is too old: update it" },
	/* Unknown statuses and leaves have no name */
	{ 33, 0xC000050100000003, REFUSED, -EIO, "TDH.SYS.INIT: unknown status" },
	{ 33, 0x9000020200000000, REFUSED, -EIO, "TDH.SYS.INIT: unknown status" },
	{ 33, 0x8000FF000000000E, REFUSED, -EIO, "TDH.SYS.INIT: unknown status" },
	{ 5, 0xC000010000000000, REFUSED, -EIO, "SEAMCALL: TDX_OPERAND_INVALID: operand 0" },
	{ 0x1000021, 0x8000020200000000, SEAM_CONTENDED, -EBUSY, "SEAMCALL: TDX_SYS_BUSY" },
	{ 0x8000000000000000, 0x8000FF00FFFF0000, SEAM_ABSENT, -ENODEV,
	  "SEAMCALL: TDX_SEAMCALL_VMFAILINVALID",
	  "the module is not loaded, or is disabled: check the BIOS settings" },
	{ 0xFFFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF, REFUSED, -EIO, "SEAMCALL: unknown status" },
};

static inline void seam_case_text(const struct seam_case *c, char *buf, size_t len)
{
	snprintf(buf, len, "%s (0x%llx)%s%s", c->what, c->status, c->hint ? ": " : "",
		 c->hint ?: "");
}

/* Number of codes: 16 severities, 31 classes of the module, 256 codes each. */
#define SEAM_NR_CODES	(16 * 31 * 256)

static inline u64 seam_code(u64 nr)
{
	return nr / (31 * 256) << 60 | nr / 256 % 31 << 40 | nr % 256 << 32;
}

static inline bool seam_named(u64 status)
{
	char text[SEAM_TEXT_LEN];

	seam_status_describe(text, sizeof(text), 0, status);

	return !strstr(text, "unknown status");
}

static inline bool seam_has_case(u64 code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seam_cases); i++) {
		if (seam_cases[i].status >> 32 == code >> 32)
			return true;
	}

	return false;
}

/* Return a code that has a name but no case, or -1 if there is none. */
static inline u64 seam_code_without_case(void)
{
	unsigned int nr;

	for (nr = 0; nr < SEAM_NR_CODES; nr++) {
		if (seam_named(seam_code(nr)) && !seam_has_case(seam_code(nr)))
			return seam_code(nr);
	}

	return -1ULL;
}

/* Return the length of the longest text of all codes, with numbers of maximum length. */
static inline int seam_longest_text(char *buf, size_t len)
{
	unsigned int nr, leaf;
	int longest = 0;
	u64 status;

	for (nr = 0; nr < SEAM_NR_CODES; nr++) {
		status = seam_code(nr) | 0xFFFFFFFF;
		if (!seam_named(status))
			continue;
		for (leaf = 0; leaf < 128; leaf++)
			longest = max(longest, seam_status_describe(buf, len, leaf, status));
	}

	return longest;
}

#endif /* _X86_VIRT_TDX_SEAM_STATUS_CASES_H */
