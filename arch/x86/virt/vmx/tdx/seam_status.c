// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the TDX module's answers mean: words for people, classes and errnos
 * for code.
 *
 * A status is 32 bits of code and 32 bits of detail: which operand, which MSR,
 * or up to four packed bytes.  One table says all there is to say of a code;
 * a second, short one has what only the code and the leaf together tell.
 *
 * Pure: compiled in user space too.
 */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/sprintf.h>
#include <linux/types.h>

#include "seam_status.h"

/* RAX of a call: the leaf's number, its version, the P-SEAMLDR's bit 63 */
#define SEAM_LEAF_VERSION	0x0000000000FF0000ULL
#define P_SEAMLDR_INFO		0x8000000000000000ULL
#define P_SEAMLDR_INSTALL	0x8000000000000001ULL
#define TDH_SYS_RD		34
#define TDH_SYS_TDMR_INIT	36
#define TDH_SYS_CONFIG		45
#define TDH_SYS_DISABLE		69

/* RAX of an answer */
#define SEAM_CODE		0xFFFFFFFF00000000ULL

/* Codes that the second table speaks of */
#define SEAM_VMFAILINVALID	0x8000FF00FFFF0000ULL
#define SYS_NOT_READY		0xC000050500000000ULL
#define SYS_CONFIG_NOT_PENDING	0xC000050C00000000ULL

/**
 * struct seam_detail - how to read the 32 bits below a code
 * @known: the bits that @print puts into words; others are shown in hex
 * @print: appends the words, returns their length
 */
struct seam_detail {
	u32 known;
	int (*print)(char *buf, size_t len, u32 info);
};

/**
 * struct seam_status - all there is to say of one status code
 * @code: the status without its detail; an instruction failure has all 64 bits
 * @name: as the module's interface spells it
 * @class: what a caller can do
 * @error: what a caller returns
 * @detail: how to read bits 31:0; %NULL if they say nothing
 * @hint: what it means or what to do, where the name is not enough
 */
struct seam_status {
	u64 code;
	const char *name;
	enum seam_class class;
	int error;
	const struct seam_detail *detail;
	const char *hint;
};

/**
 * struct seam_special - what one code means at one leaf
 * @leaf: the leaf
 * @code: the code, in the table of all codes too
 * @error: instead of the one there
 * @hint: instead of the one there
 */
struct seam_special {
	u64 leaf;
	u64 code;
	int error;
	const char *hint;
};

static const char * const leaf_names[] = {
	[0]  = "TDH.VP.ENTER",
	[1]  = "TDH.MNG.ADDCX",
	[2]  = "TDH.MEM.PAGE.ADD",
	[3]  = "TDH.MEM.SEPT.ADD",
	[4]  = "TDH.VP.ADDCX",
	[6]  = "TDH.MEM.PAGE.AUG",
	[7]  = "TDH.MEM.RANGE.BLOCK",
	[8]  = "TDH.MNG.KEY.CONFIG",
	[9]  = "TDH.MNG.CREATE",
	[10] = "TDH.VP.CREATE",
	[11] = "TDH.MNG.RD",
	[16] = "TDH.MR.EXTEND",
	[17] = "TDH.MR.FINALIZE",
	[18] = "TDH.VP.FLUSH",
	[19] = "TDH.MNG.VPFLUSHDONE",
	[20] = "TDH.MNG.KEY.FREEID",
	[21] = "TDH.MNG.INIT",
	[22] = "TDH.VP.INIT",
	[24] = "TDH.PHYMEM.PAGE.RDMD",
	[26] = "TDH.VP.RD",
	[28] = "TDH.PHYMEM.PAGE.RECLAIM",
	[29] = "TDH.MEM.PAGE.REMOVE",
	[31] = "TDH.SYS.KEY.CONFIG",
	[32] = "TDH.SYS.INFO",
	[33] = "TDH.SYS.INIT",
	[TDH_SYS_RD] = "TDH.SYS.RD",
	[35] = "TDH.SYS.LP.INIT",
	[TDH_SYS_TDMR_INIT] = "TDH.SYS.TDMR.INIT",
	[37] = "TDH.SYS.RDALL",
	[38] = "TDH.MEM.TRACK",
	[40] = "TDH.PHYMEM.CACHE.WB",
	[41] = "TDH.PHYMEM.PAGE.WBINVD",
	[43] = "TDH.VP.WR",
	[44] = "TDH.SYS.LP.SHUTDOWN",
	[TDH_SYS_CONFIG] = "TDH.SYS.CONFIG",
	[52] = "TDH.SYS.SHUTDOWN",
	[53] = "TDH.SYS.UPDATE",
	[TDH_SYS_DISABLE] = "TDH.SYS.DISABLE",
};

/* Registers by their number in x86, then the module's own objects */
static const char * const operand_names[] = {
	[0]   = "RAX (leaf or version)",
	[1]   = "RCX",
	[2]   = "RDX",
	[8]   = "R8",
	[9]   = "R9",
	[10]  = "R10",
	[11]  = "R11",
	[96]  = "TDMR_INFO_PA",
	[128] = "TDR",
	[146] = "SEPT",
	[169] = "TD_EPOCH",
	[184] = "SYS",
	[185] = "TDMR",
	[186] = "KOT",
	[187] = "KET",
	[188] = "WBCACHE",
};

static u8 info_byte(u32 info, unsigned int nr)
{
	return info >> (8 * nr);
}

static int print_operand(char *buf, size_t len, u32 info)
{
	if (info < ARRAY_SIZE(operand_names) && operand_names[info])
		return scnprintf(buf, len, "operand %s", operand_names[info]);

	return scnprintf(buf, len, "operand 0x%x", info);
}

static int print_trap(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "trap %u", info);
}

static int print_hkid_limit(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "limit %u", info);
}

static int print_cpuid(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "CPUID leaf 0x%x", info);
}

static int print_package(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "package %u", info);
}

static int print_smrr(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "SMRR %u", info);
}

static int print_smrr_cmr(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "SMRR %u overlaps CMR %u",
			 info_byte(info, 0), info_byte(info, 1));
}

static int print_msr(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "MSR 0x%x", info);
}

static int print_tdmr(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "TDMR %u", info_byte(info, 0));
}

static int print_pamt(char *buf, size_t len, u32 info)
{
	static const char * const sizes[] = { "4K", "2M", "1G" };
	u8 level = info_byte(info, 1);

	if (level < ARRAY_SIZE(sizes))
		return scnprintf(buf, len, "%s PAMT of TDMR %u",
				 sizes[level], info_byte(info, 0));

	return scnprintf(buf, len, "level %u PAMT of TDMR %u", level,
			 info_byte(info, 0));
}

/* It is the usable memory or a PAMT of the other TDMR: one status for both. */
static int print_overlap(char *buf, size_t len, u32 info)
{
	int n = print_pamt(buf, len, info);

	return n + scnprintf(buf + n, len - n, " overlaps TDMR %u",
			     info_byte(info, 2));
}

static int print_reserved(char *buf, size_t len, u32 info)
{
	return scnprintf(buf, len, "reserved area %u of TDMR %u",
			 info_byte(info, 1), info_byte(info, 0));
}

static const struct seam_detail operand = { 0xFFFFFFFF, print_operand };
static const struct seam_detail trap = { 0xFFFFFFFF, print_trap };
static const struct seam_detail hkid_limit = { 0xFFFFFFFF, print_hkid_limit };
static const struct seam_detail cpuid = { 0xFFFFFFFF, print_cpuid };
static const struct seam_detail package = { 0xFFFFFFFF, print_package };
static const struct seam_detail smrr = { 0xFFFFFFFF, print_smrr };
static const struct seam_detail smrr_cmr = { 0x0000FFFF, print_smrr_cmr };
static const struct seam_detail msr = { 0xFFFFFFFF, print_msr };
static const struct seam_detail tdmr = { 0x000000FF, print_tdmr };
static const struct seam_detail pamt = { 0x0000FFFF, print_pamt };
static const struct seam_detail overlap = { 0x00FFFFFF, print_overlap };
static const struct seam_detail reserved = { 0x0000FFFF, print_reserved };

/* In the order of the codes. */
static const struct seam_status statuses[] = {
	{ 0x0000000000000000ULL, "TDX_SUCCESS",
	  SEAM_SUCCESS, .error = 0 },
	{ 0x0000081500000000ULL, "TDX_KEY_CONFIGURED",
	  SEAM_ALREADY, .error = 0 },
	{ 0x0000082100000000ULL, "TDX_NO_HKID_READY_TO_WBCACHE",
	  SEAM_ALREADY, .error = 0 },
	{ 0x00000A0300000000ULL, "TDX_TDMR_ALREADY_INITIALIZED",
	  SEAM_ALREADY, .error = 0 },
	{ 0x00000C0B00000000ULL, "TDX_METADATA_FIRST_FIELD_ID_IN_CONTEXT",
	  SEAM_SUCCESS, .error = 0 },

	/* Not a lock, but the same to a caller: what is done stays done. */
	{ 0x8000000300000000ULL, "TDX_INTERRUPTED_RESUMABLE",
	  SEAM_CONTENDED, .error = -EBUSY },
	{ 0x8000020000000000ULL, "TDX_OPERAND_BUSY",
	  SEAM_CONTENDED, .error = -EBUSY, .detail = &operand },
	{ 0x8000020200000000ULL, "TDX_SYS_BUSY",
	  SEAM_CONTENDED, .error = -EBUSY },
	{ 0x8000020300000000ULL, "TDX_RND_NO_ENTROPY",
	  SEAM_ENTROPY, .error = -EAGAIN },
	{ 0x8000080000000000ULL, "TDX_KEY_GENERATION_FAILED",
	  SEAM_ENTROPY, .error = -EAGAIN },

	/* What Linux puts into RAX when the instruction itself failed */
	{ 0x8000FF0000000000ULL, "TDX_SW_ERROR",
	  SEAM_ABSENT, .error = -EIO, .detail = &trap },
	{ 0x8000FF0000000006ULL, "TDX_SEAMCALL_UD",
	  SEAM_ABSENT, .error = -EACCES,
	  .hint = "CPU not in VMX operation" },
	{ 0x8000FF000000000DULL, "TDX_SEAMCALL_GP",
	  SEAM_ABSENT, .error = -EOPNOTSUPP,
	  .hint = "SEAM not enabled by BIOS" },
	{ SEAM_VMFAILINVALID, "TDX_SEAMCALL_VMFAILINVALID",
	  SEAM_ABSENT, .error = -ENODEV,
	  .hint = "module not loaded, or disabled" },

	{ 0xC000010000000000ULL, "TDX_OPERAND_INVALID",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &operand },
	{ 0xC000010100000000ULL, "TDX_OPERAND_ADDR_RANGE_ERROR",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &operand },
	{ 0xC000030000000000ULL, "TDX_PAGE_METADATA_INCORRECT",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &operand },

	{ 0xC000050000000000ULL, "TDX_SYS_INIT_NOT_PENDING",
	  SEAM_REFUSED, .error = -EPERM,
	  .hint = "module initialised before, by an earlier kernel: reboot" },
	{ 0xC000050200000000ULL, "TDX_SYS_LP_INIT_NOT_DONE",
	  SEAM_REFUSED, .error = -EPERM,
	  .hint = "this CPU has not run TDH.SYS.LP.INIT" },
	{ 0xC000050300000000ULL, "TDX_SYS_LP_INIT_DONE",
	  SEAM_REFUSED, .error = -EPERM },
	{ SYS_NOT_READY, "TDX_SYS_NOT_READY",
	  SEAM_REFUSED, .error = -EPERM },
	{ 0xC000050600000000ULL, "TDX_SYS_SHUTDOWN",
	  SEAM_REFUSED, .error = -ESHUTDOWN,
	  .hint = "module shut down, or being updated" },
	{ 0xC000050700000000ULL, "TDX_SYS_KEY_CONFIG_NOT_PENDING",
	  SEAM_REFUSED, .error = -EPERM },
	{ 0xC000050800000000ULL, "TDX_SYS_STATE_INCORRECT",
	  SEAM_REFUSED, .error = -EPERM },
	{ 0xC000050900000000ULL, "TDX_SYS_INVALID_HANDOFF",
	  SEAM_REFUSED, .error = -EINVAL,
	  .hint = "module cannot take over from the one before it" },
	{ 0xC000050A00000000ULL, "TDX_SYS_INCOMPATIBLE_SIGSTRUCT",
	  SEAM_REFUSED, .error = -EOPNOTSUPP,
	  .hint = "module and P-SEAMLDR do not fit: update the BIOS" },
	{ 0xC000050B00000000ULL, "TDX_SYS_LP_INIT_NOT_PENDING",
	  SEAM_REFUSED, .error = -EPERM,
	  .hint = "too early or too late for TDH.SYS.LP.INIT" },
	{ SYS_CONFIG_NOT_PENDING, "TDX_SYS_CONFIG_NOT_PENDING",
	  SEAM_REFUSED, .error = -EPERM },
	{ 0xC000050D00000000ULL, "TDX_INCOMPATIBLE_SEAM_CAPABILITIES",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .hint = "update the microcode" },

	{ 0xC000082000000000ULL, "TDX_HKID_NOT_FREE",
	  SEAM_REFUSED, .error = -EINVAL },
	{ 0xC000082500000000ULL, "TDX_NUM_ACTIVATED_HKIDS_NOT_SUPPORTED",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .detail = &hkid_limit,
	  .hint = "set fewer KeyIDs in the BIOS" },

	{ 0xC000090000000000ULL, "TDX_INCORRECT_CPUID_VALUE",
	  SEAM_REFUSED, .error = -EOPNOTSUPP,
	  .hint = "module does not support this CPU as set up: update the BIOS" },
	{ 0xC000090100000000ULL, "TDX_LIMIT_CPUID_MAXVAL_SET",
	  SEAM_REFUSED, .error = -EOPNOTSUPP,
	  .hint = "turn off the CPUID limit in the BIOS" },
	{ 0xC000090200000000ULL, "TDX_INCONSISTENT_CPUID_FIELD",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .hint = "CPUs differ: update the BIOS" },
	{ 0xC000090400000000ULL, "TDX_CPUID_LEAF_1F_FORMAT_UNRECOGNIZED",
	  SEAM_REFUSED, .error = -EOPNOTSUPP },
	{ 0xC000090500000000ULL, "TDX_INVALID_WBINVD_SCOPE",
	  SEAM_REFUSED, .error = -EOPNOTSUPP },
	{ 0xC000090600000000ULL, "TDX_INVALID_PKG_ID",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .detail = &package },
	{ 0xC000090800000000ULL, "TDX_CPUID_LEAF_NOT_SUPPORTED",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .detail = &cpuid },
	{ 0xC000091000000000ULL, "TDX_SMRR_NOT_LOCKED",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .detail = &smrr,
	  .hint = "update the BIOS" },
	{ 0xC000091100000000ULL, "TDX_INVALID_SMRR_CONFIGURATION",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .detail = &smrr,
	  .hint = "update the BIOS" },
	{ 0xC000091200000000ULL, "TDX_SMRR_OVERLAPS_CMR",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .detail = &smrr_cmr,
	  .hint = "update the BIOS" },
	{ 0xC000091300000000ULL, "TDX_SMRR_LOCK_NOT_SUPPORTED",
	  SEAM_REFUSED, .error = -EOPNOTSUPP },
	{ 0xC000091400000000ULL, "TDX_SMRR_NOT_SUPPORTED",
	  SEAM_REFUSED, .error = -EOPNOTSUPP },
	{ 0xC000092000000000ULL, "TDX_INCONSISTENT_MSR",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .detail = &msr },
	{ 0xC000092100000000ULL, "TDX_INCORRECT_MSR_VALUE",
	  SEAM_REFUSED, .error = -EOPNOTSUPP, .detail = &msr },

	{ 0xC0000A0000000000ULL, "TDX_INVALID_TDMR",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &tdmr },
	{ 0xC0000A0100000000ULL, "TDX_NON_ORDERED_TDMR",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &tdmr },
	{ 0xC0000A0200000000ULL, "TDX_TDMR_OUTSIDE_CMRS",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &tdmr,
	  .hint = "it has memory that firmware did not make convertible" },
	{ 0xC0000A1000000000ULL, "TDX_INVALID_PAMT",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &pamt },
	{ 0xC0000A1100000000ULL, "TDX_PAMT_OUTSIDE_CMRS",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &pamt },
	{ 0xC0000A1200000000ULL, "TDX_PAMT_OVERLAP",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &overlap },
	{ 0xC0000A2000000000ULL, "TDX_INVALID_RESERVED_IN_TDMR",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &reserved },
	{ 0xC0000A2100000000ULL, "TDX_NON_ORDERED_RESERVED_IN_TDMR",
	  SEAM_REFUSED, .error = -EINVAL, .detail = &reserved },
	{ 0xC0000A2200000000ULL, "TDX_CMR_LIST_INVALID",
	  SEAM_REFUSED, .error = -EINVAL, .hint = "update the BIOS" },

	{ 0xC0000C0000000000ULL, "TDX_METADATA_FIELD_ID_INCORRECT",
	  SEAM_REFUSED, .error = -ENODATA, .hint = "module too old" },
	{ 0xC0000C0200000000ULL, "TDX_METADATA_FIELD_NOT_READABLE",
	  SEAM_REFUSED, .error = -ENODATA, .hint = "module too old" },
	{ 0xC0000C0400000000ULL, "TDX_METADATA_LIST_OVERFLOW",
	  SEAM_REFUSED, .error = -EOVERFLOW },
};

static const struct seam_special specials[] = {
	/* Before it is ready the module answers so to leaves it has not. */
	{ TDH_SYS_RD, SYS_NOT_READY, -ENODATA,
	  "module too old: it does not have this leaf" },
	{ TDH_SYS_DISABLE, SYS_NOT_READY, -EPERM,
	  "module not initialised, or it does not have this leaf" },
	{ TDH_SYS_TDMR_INIT, SYS_NOT_READY, -EPERM,
	  "not every package has run TDH.SYS.KEY.CONFIG" },

	/* Wrong state too, but a caller that keeps the order misses an LP. */
	{ TDH_SYS_CONFIG, SYS_CONFIG_NOT_PENDING, -ENXIO,
	  "not every LP is initialised: bring all CPUs online" },

	{ P_SEAMLDR_INFO, SEAM_VMFAILINVALID, -ENODEV,
	  "P-SEAMLDR not loaded, or busy on another CPU" },
	{ P_SEAMLDR_INSTALL, SEAM_VMFAILINVALID, -ENODEV,
	  "P-SEAMLDR not loaded, or busy on another CPU" },
};

static const struct seam_status *find_code(u64 code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++)
		if (statuses[i].code == code)
			return &statuses[i];

	return NULL;
}

/* All 64 bits first: instruction failures differ in their low half only. */
static const struct seam_status *find_status(u64 status)
{
	const struct seam_status *found = find_code(status);

	return found ? found : find_code(status & SEAM_CODE);
}

static const struct seam_special *find_special(u64 leaf, u64 code)
{
	size_t i;

	leaf &= ~SEAM_LEAF_VERSION;
	for (i = 0; i < ARRAY_SIZE(specials); i++)
		if (specials[i].leaf == leaf && specials[i].code == code)
			return &specials[i];

	return NULL;
}

/**
 * seam_status_class - what a caller can do about a status
 * @status: RAX as the SEAMCALL left it; the detail in bits 31:0 does not matter
 *
 * TDX_INTERRUPTED_RESUMABLE is %SEAM_CONTENDED: the call is to be made again,
 * although each one makes progress, so that more of them may be needed than a
 * retry of contention would allow.  A status that is not known is
 * %SEAM_REFUSED, whatever its error bit says: nobody can tell what was left
 * undone.
 *
 * Return: the class.
 */
enum seam_class seam_status_class(u64 status)
{
	const struct seam_status *found = find_status(status);

	return found ? found->class : SEAM_REFUSED;
}

/**
 * seam_status_errno - the errno for a status
 * @leaf: RAX of the call
 * @status: RAX of the answer
 *
 * Each kind of reason has its errno, and %-EIO is left for what is not known:
 *
 * * 0          - success, or somebody did it before
 * * %-ENODEV   - no module behind the instruction (VMfailInvalid)
 * * %-EACCES   - CPU not in VMX operation (#UD)
 * * %-EOPNOTSUPP - SEAM not enabled by BIOS (#GP), or the module does not
 *   support the platform as it is set up: CPUID, MSRs, SMRR, KeyIDs, SEAM
 *   capabilities, P-SEAMLDR
 * * %-EBUSY    - a try-lock of the module was taken, or an interrupt came
 * * %-EAGAIN   - no entropy
 * * %-EINVAL   - an operand, a TDMR, a PAMT, a reserved area, a CMR or the
 *   hand-off data of an update is wrong
 * * %-ENXIO    - an LP is missing: TDH.SYS.CONFIG wants all of them
 * * %-EPERM    - the module is in another state than the leaf needs
 * * %-ENODATA  - the module is too old: it lacks a field or TDH.SYS.RD
 * * %-EOVERFLOW - the metadata does not fit into the page for it
 * * %-ESHUTDOWN - the module was shut down
 * * %-EIO      - a status, or a trap, that is not known
 *
 * Return: 0 or the negative errno.
 */
int seam_status_errno(u64 leaf, u64 status)
{
	const struct seam_status *found = find_status(status);
	const struct seam_special *special;

	if (!found)
		return -EIO;

	special = find_special(leaf, found->code);
	return special ? special->error : found->error;
}

/**
 * seam_leaf_name - the name of a leaf
 * @leaf: RAX of the call; the version in it does not matter
 *
 * Return: the name, or %NULL if the leaf is not known.
 */
const char *seam_leaf_name(u64 leaf)
{
	leaf &= ~SEAM_LEAF_VERSION;
	if (leaf == P_SEAMLDR_INFO)
		return "P-SEAMLDR.INFO";
	if (leaf == P_SEAMLDR_INSTALL)
		return "P-SEAMLDR.INSTALL";

	return leaf < ARRAY_SIZE(leaf_names) ? leaf_names[leaf] : NULL;
}

/**
 * seam_status_name - the name of a status
 * @status: RAX of the answer; the detail in bits 31:0 does not matter
 *
 * Return: the name, or %NULL if the status is not known.
 */
const char *seam_status_name(u64 status)
{
	const struct seam_status *found = find_status(status);

	return found ? found->name : NULL;
}

static int describe_leaf(char *buf, size_t len, u64 leaf)
{
	const char *name = seam_leaf_name(leaf);

	if (name)
		return scnprintf(buf, len, "%s: ", name);

	return scnprintf(buf, len, "leaf 0x%llx: ", leaf);
}

/* What there is in @info, and that part in hex which has no words. */
static int describe_detail(char *buf, size_t len,
			   const struct seam_detail *detail, u32 info)
{
	u32 rest = detail ? info & ~detail->known : info;
	int n = 0;

	if (detail) {
		n += scnprintf(buf, len, ": ");
		n += detail->print(buf + n, len - n, info);
	}
	if (rest)
		n += scnprintf(buf + n, len - n, ": detail 0x%08x", rest);

	return n;
}

static int describe_hint(char *buf, size_t len, u64 leaf,
			 const struct seam_status *status)
{
	const struct seam_special *special = find_special(leaf, status->code);
	const char *hint = special ? special->hint : status->hint;

	return hint ? scnprintf(buf, len, " (%s)", hint) : 0;
}

/**
 * seam_status_describe - a call and its answer in words
 * @buf: where to put the text
 * @len: size of @buf; %SEAM_TEXT_LEN is enough for every text
 * @leaf: RAX of the call
 * @status: RAX of the answer
 *
 * Such as "TDH.SYS.CONFIG: TDX_PAMT_OVERLAP: 2M PAMT of TDMR 2 overlaps
 * TDMR 0".  No bit is lost: what has no words is there in hex.
 *
 * Return: the length of the text without its final NUL, as scnprintf() does.
 */
int seam_status_describe(char *buf, size_t len, u64 leaf, u64 status)
{
	const struct seam_status *found = find_status(status);
	int n = describe_leaf(buf, len, leaf);

	if (!found)
		return n + scnprintf(buf + n, len - n, "unknown status 0x%llx",
				     status);

	n += scnprintf(buf + n, len - n, "%s", found->name);
	n += describe_detail(buf + n, len - n, found->detail,
			     status - found->code);
	n += describe_hint(buf + n, len - n, leaf, found);

	return n;
}
