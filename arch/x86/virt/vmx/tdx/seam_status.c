// SPDX-License-Identifier: GPL-2.0-only
/*
 * Translate the status of a SEAMCALL of bring-up to a class, an errno and a text.
 *
 * A status has 32 bits of code and 32 bits of detail, which name an operand, an MSR or a
 * TDMR.  One table has all codes; a second one has the codes that have a special meaning
 * for one leaf.  The code is pure: it also compiles in user space.
 */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/sprintf.h>
#include <linux/types.h>

#include "seam_status.h"

#define SEAM_LEAF_VERSION	0x0000000000FF0000ULL

#define SEAM_CODE		0xFFFFFFFF00000000ULL

#define SEAM_SYS_RD		34
#define SEAM_TDMR_INIT		36
#define SEAM_SYS_CONFIG		45

#define SEAM_NOT_READY		0xC000050500000000ULL
#define SEAM_NOT_PENDING	0xC000050C00000000ULL

static const char * const seam_leaves[] = {
	[31] = "TDH.SYS.KEY.CONFIG",
	[33] = "TDH.SYS.INIT",
	[SEAM_SYS_RD] = "TDH.SYS.RD",
	[35] = "TDH.SYS.LP.INIT",
	[SEAM_TDMR_INIT] = "TDH.SYS.TDMR.INIT",
	[SEAM_SYS_CONFIG] = "TDH.SYS.CONFIG",
	[69] = "TDH.SYS.DISABLE",
};

/* The format of the detail of a status. */
enum seam_detail {
	NONE,
	OPERAND,
	MSR,
	TDMR,		/* byte 0: TDMR */
	TDMR_PART,	/* and byte 1: PAMT or reserved area */
};

/**
 * struct seam_status - a status code
 * @code: the upper half of the status; all of the status if Linux generates it
 * @class: the class, which tells a caller how to react
 * @error: the errno for a caller
 * @detail: the format of the lower half
 * @name: Intel's name of the status
 * @hint: explanation or advice; NULL if the name suffices
 */
struct seam_status {
	u64 code;
	enum seam_class class;
	int error;
	enum seam_detail detail;
	const char *name;
	const char *hint;
};

static const char seam_bios[] = "update the BIOS";
static const char seam_old[] = "the module is too old: update it";

#define REFUSED	SEAM_REFUSED

static const struct seam_status seam_statuses[] = {
	{ 0x0000000000000000, SEAM_SUCCESS, 0, NONE, "TDX_SUCCESS" },
	{ 0x0000081500000000, SEAM_ALREADY, 0, NONE, "TDX_KEY_CONFIGURED" },
	{ 0x00000A0300000000, SEAM_ALREADY, 0, NONE, "TDX_TDMR_ALREADY_INITIALIZED" },
	{ 0x8000000300000000, SEAM_CONTENDED, -EBUSY, NONE, "TDX_INTERRUPTED_RESUMABLE" },
	{ 0x8000020000000000, SEAM_CONTENDED, -EBUSY, OPERAND, "TDX_OPERAND_BUSY" },
	{ 0x8000020200000000, SEAM_CONTENDED, -EBUSY, NONE, "TDX_SYS_BUSY" },
	{ 0x8000020300000000, SEAM_ENTROPY, -EAGAIN, NONE, "TDX_RND_NO_ENTROPY" },
	{ 0x8000080000000000, SEAM_ENTROPY, -EAGAIN, NONE, "TDX_KEY_GENERATION_FAILED" },
	/* Linux generates these if the instruction itself fails. */
	{ 0x8000FF0000000006, SEAM_ABSENT, -EACCES, NONE, "TDX_SEAMCALL_UD",
	  "the CPU is not in VMX operation" },
	{ 0x8000FF000000000D, SEAM_ABSENT, -EOPNOTSUPP, NONE, "TDX_SEAMCALL_GP",
	  "SEAM is off: enable TDX in the BIOS" },
	{ 0x8000FF00FFFF0000, SEAM_ABSENT, -ENODEV, NONE, "TDX_SEAMCALL_VMFAILINVALID",
	  "the module is not loaded, or is disabled: check the BIOS settings" },
	{ 0xC000010000000000, REFUSED, -EIO, OPERAND, "TDX_OPERAND_INVALID" },
	{ 0xC000050000000000, REFUSED, -EPERM, NONE, "TDX_SYS_INIT_NOT_PENDING",
	  "an earlier kernel has initialized the module: reboot" },
	{ 0xC000050200000000, REFUSED, -EPERM, NONE, "TDX_SYS_LP_INIT_NOT_DONE" },
	{ 0xC000050300000000, REFUSED, -EPERM, NONE, "TDX_SYS_LP_INIT_DONE" },
	{ SEAM_NOT_READY, REFUSED, -EPERM, NONE, "TDX_SYS_NOT_READY" },
	{ 0xC000050600000000, REFUSED, -ESHUTDOWN, NONE, "TDX_SYS_SHUTDOWN" },
	{ 0xC000050700000000, REFUSED, -EPERM, NONE, "TDX_SYS_KEY_CONFIG_NOT_PENDING" },
	{ 0xC000050A00000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_SYS_INCOMPATIBLE_SIGSTRUCT",
	  seam_bios },
	{ 0xC000050B00000000, REFUSED, -EPERM, NONE, "TDX_SYS_LP_INIT_NOT_PENDING" },
	{ SEAM_NOT_PENDING, REFUSED, -EPERM, NONE, "TDX_SYS_CONFIG_NOT_PENDING" },
	{ 0xC000050D00000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_INCOMPATIBLE_SEAM_CAPABILITIES",
	  "update the microcode" },
	{ 0xC000082000000000, REFUSED, -EIO, NONE, "TDX_HKID_NOT_FREE" },
	{ 0xC000082500000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED",
	  "set fewer KeyIDs in the BIOS" },
	{ 0xC000090000000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_INCORRECT_CPUID_VALUE", seam_bios },
	{ 0xC000090100000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_LIMIT_CPUID_MAXVAL_SET",
	  "turn off the CPUID limit in the BIOS" },
	{ 0xC000090200000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_INCONSISTENT_CPUID_FIELD",
	  seam_bios },
	{ 0xC000090400000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED" },
	{ 0xC000090500000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_INVALID_WBINVD_SCOPE" },
	{ 0xC000090600000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_INVALID_PKG_ID" },
	{ 0xC000090800000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_CPUID_LEAF_NOT_SUPPORTED" },
	{ 0xC000091000000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_SMRR_NOT_LOCKED", seam_bios },
	{ 0xC000091100000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_INVALID_SMRR_CONFIGURATION",
	  seam_bios },
	{ 0xC000091200000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_SMRR_OVERLAPS_CMR", seam_bios },
	{ 0xC000091300000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_SMRR_LOCK_NOT_SUPPORTED" },
	{ 0xC000091400000000, REFUSED, -EOPNOTSUPP, NONE, "TDX_SMRR_NOT_SUPPORTED" },
	{ 0xC000092000000000, REFUSED, -EOPNOTSUPP, MSR, "TDX_INCONSISTENT_MSR", seam_bios },
	{ 0xC000092100000000, REFUSED, -EOPNOTSUPP, MSR, "TDX_INCORRECT_MSR_VALUE", seam_bios },
	{ 0xC0000A0000000000, REFUSED, -EIO, TDMR, "TDX_INVALID_TDMR" },
	{ 0xC0000A0100000000, REFUSED, -EIO, TDMR, "TDX_NON_ORDERED_TDMR" },
	{ 0xC0000A0200000000, REFUSED, -EIO, TDMR, "TDX_TDMR_OUTSIDE_CMRS" },
	{ 0xC0000A1000000000, REFUSED, -EIO, TDMR_PART, "TDX_INVALID_PAMT" },
	{ 0xC0000A1100000000, REFUSED, -EIO, TDMR_PART, "TDX_PAMT_OUTSIDE_CMRS" },
	{ 0xC0000A1200000000, REFUSED, -EIO, TDMR_PART, "TDX_PAMT_OVERLAP" },
	{ 0xC0000A2000000000, REFUSED, -EIO, TDMR_PART, "TDX_INVALID_RESERVED_IN_TDMR" },
	{ 0xC0000A2100000000, REFUSED, -EIO, TDMR_PART, "TDX_NON_ORDERED_RESERVED_IN_TDMR" },
	{ 0xC0000A2200000000, REFUSED, -EIO, NONE, "TDX_CMR_LIST_INVALID", seam_bios },
	{ 0xC0000C0000000000, REFUSED, -ENODATA, NONE, "TDX_METADATA_FIELD_ID_INCORRECT",
	  seam_old },
	{ 0xC0000C0200000000, REFUSED, -ENODATA, NONE, "TDX_METADATA_FIELD_NOT_READABLE",
	  seam_old },
};

/* Codes that have a special meaning for one leaf. */
static const struct {
	u64 leaf;
	struct seam_status status;
} seam_specials[] = {
	{ SEAM_SYS_RD, { SEAM_NOT_READY, REFUSED, -ENODATA, NONE, "TDX_SYS_NOT_READY",
			 seam_old } },
	{ SEAM_TDMR_INIT, { SEAM_NOT_READY, REFUSED, -EPERM, NONE, "TDX_SYS_NOT_READY",
			    "a package has not run TDH.SYS.KEY.CONFIG" } },
	{ SEAM_SYS_CONFIG, { SEAM_NOT_PENDING, REFUSED, -ENXIO, NONE,
			     "TDX_SYS_CONFIG_NOT_PENDING",
			     "an LP is not initialized: bring all CPUs online" } },
};

static const struct seam_status *seam_find(u64 leaf, u64 status)
{
	u64 code = status & SEAM_CODE;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(seam_specials); i++) {
		if (seam_specials[i].leaf == (leaf & ~SEAM_LEAF_VERSION) &&
		    seam_specials[i].status.code == code)
			return &seam_specials[i].status;
	}
	for (i = 0; i < ARRAY_SIZE(seam_statuses); i++) {
		if (seam_statuses[i].code == status || seam_statuses[i].code == code)
			return &seam_statuses[i];
	}

	return NULL;
}

/**
 * seam_status_class - get the class of a status
 * @status: RAX after the SEAMCALL
 *
 * Return: the class; %SEAM_REFUSED for an unknown status.
 */
enum seam_class seam_status_class(u64 status)
{
	const struct seam_status *found = seam_find(0, status);

	return found ? found->class : SEAM_REFUSED;
}

/**
 * seam_status_errno - get the errno for a status
 * @leaf: RAX before the SEAMCALL
 * @status: RAX after the SEAMCALL
 *
 * Return:
 * * 0		- success, or an earlier call did the work
 * * -ENODEV	- no module is loaded, or the module is disabled (VMfailInvalid)
 * * -EACCES	- the CPU is not in VMX operation (#UD)
 * * -EOPNOTSUPP - the BIOS has not enabled SEAM (#GP), or the module does not
 *   support the configuration of the platform
 * * -EBUSY	- a lock of the module was taken, or an interrupt arrived
 * * -EAGAIN	- the CPU had no entropy
 * * -ENXIO	- an LP is not initialized (TDH.SYS.CONFIG)
 * * -EPERM	- the state of the module does not allow the leaf
 * * -ENODATA	- the module is too old and lacks a field or TDH.SYS.RD
 * * -ESHUTDOWN	- the module is shut down
 * * -EIO	- the module rejects an operand, a TDMR, a PAMT, a reserved area or a CMR; or
 *   an unknown status
 */
int seam_status_errno(u64 leaf, u64 status)
{
	const struct seam_status *found = seam_find(leaf, status);

	return found ? found->error : -EIO;
}

static int seam_print_detail(char *buf, size_t len, enum seam_detail detail, u32 info)
{
	switch (detail) {
	case OPERAND:
		return scnprintf(buf, len, ": operand %u", info);
	case MSR:
		return scnprintf(buf, len, ": MSR 0x%x", info);
	case TDMR:
		return scnprintf(buf, len, ": TDMR %u", info & 0xff);
	case TDMR_PART:
		return scnprintf(buf, len, ": %u of TDMR %u", info >> 8 & 0xff, info & 0xff);
	default:
		return 0;
	}
}

/**
 * seam_status_describe - describe a SEAMCALL and its status in words
 * @buf: gets the text
 * @len: size of @buf; %SEAM_TEXT_LEN is enough for every text
 * @leaf: RAX before the SEAMCALL
 * @status: RAX after the SEAMCALL
 *
 * For example "TDH.SYS.CONFIG: TDX_INVALID_TDMR: TDMR 2 (0xc0000a0000000002)".
 *
 * Return: the length of the text in @buf, without the final NUL.
 */
int seam_status_describe(char *buf, size_t len, u64 leaf, u64 status)
{
	const struct seam_status *found = seam_find(leaf, status);
	u64 number = leaf & ~SEAM_LEAF_VERSION;
	bool named = number < ARRAY_SIZE(seam_leaves) && seam_leaves[number];
	int n;

	n = scnprintf(buf, len, "%s: ", named ? seam_leaves[number] : "SEAMCALL");
	n += scnprintf(buf + n, len - n, "%s", found ? found->name : "unknown status");
	if (found)
		n += seam_print_detail(buf + n, len - n, found->detail, status);
	n += scnprintf(buf + n, len - n, " (0x%llx)", status);
	if (found && found->hint)
		n += scnprintf(buf + n, len - n, ": %s", found->hint);

	return n;
}
