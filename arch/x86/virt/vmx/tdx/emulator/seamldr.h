/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Structures of the P-SEAMLDR interface in host memory, all little endian, and the
 * image that replaces a TDX module there.
 *
 * The model uses this file, and so does module_image.c, which makes modules.
 */
#ifndef _TDX_EMULATOR_SEAMLDR_H
#define _TDX_EMULATOR_SEAMLDR_H

#include <linux/compiler.h>
#include <linux/types.h>

/* RAX of a call */
#define PSEAMLDR_INFO			0x8000000000000000ULL
#define PSEAMLDR_INSTALL		0x8000000000000001ULL

/* RAX of an answer.  RDX is 1 if the module is lost. */
#define PSEAMLDR_EBADPARAM		0x8000000000000000ULL
#define PSEAMLDR_EBADCALL		0x8000000000000003ULL
#define PSEAMLDR_EBADHANDOFF		0x8000000000000004ULL
#define PSEAMLDR_ECLEANUPREQ		0x8000000000000005ULL
#define PSEAMLDR_EUNSUPPORTED		0x8000000000000006ULL
#define PSEAMLDR_EUNSUPCPU		0x8000000000010004ULL
#define PSEAMLDR_EBADSIG		0x8000000000020000ULL
#define PSEAMLDR_EBADHASH		0x8000000000020001ULL
#define PSEAMLDR_ENOENTROPY		0x8000000000030001ULL

#define PSEAMLDR_HASH_SIZE		48	/* SHA-384 */
#define PSEAMLDR_KEY_SIZE		384	/* RSA 3072 */
#define PSEAMLDR_MAX_PAGES		496

/* SEAMEXTEND: the record of the CPU about the loaded module. */
struct pseamldr_extend {
	u64 valid;
	u8 minor_svn;
	u8 major_svn;
	u8 last_patch_svn;
	u8 reserved0[13];
	u8 hash[PSEAMLDR_HASH_SIZE];
	u8 signer[PSEAMLDR_HASH_SIZE];
	u64 attributes;
	u8 seam_ready;
	u8 debug;
	u8 p_seamldr_ready;
	u8 reserved1[5];
};

/* SEAMLDR_INFO: 256 bytes, aligned to 256 bytes. */
struct pseamldr_info {
	u32 version;
	u32 attributes;
	u32 vendor_id;
	u32 build_date;
	u16 build_num;
	u16 minor_version;
	u16 major_version;
	u16 update_version;
	u32 acm_x2apicid;
	u32 nr_remaining_updates;
	struct pseamldr_extend extend;
	u64 features0;
	u8 reserved[80];
};

#define PSEAMLDR_SCENARIO_LOAD		0
#define PSEAMLDR_SCENARIO_UPDATE	1

/* SEAMLDR_PARAMS: one page. */
struct pseamldr_params {
	u32 version;
	u32 scenario;
	u64 sigstruct_pa;
	u8 reserved[104];
	u64 nr_pages;
	u64 page_pas[PSEAMLDR_MAX_PAGES];
};

#define PSEAMLDR_SIG_HEADER_TYPE	6
#define PSEAMLDR_SIG_HEADER_LENGTH	0xE1	/* in units of u32, like all sizes here */
#define PSEAMLDR_SIG_HEADER_VERSION	0x10000
#define PSEAMLDR_SIG_SIZE		0x200
#define PSEAMLDR_SIG_KEY_SIZE		0x60
#define PSEAMLDR_SIG_EXPONENT_SIZE	1
#define PSEAMLDR_SIG_EXPONENT		0x10001
#define PSEAMLDR_SIG_DEBUG		0x80000000	/* module type */
#define PSEAMLDR_SIG_MAX_CPUIDS		255

/* SEAM_SIGSTRUCT: the first 2 KiB of a page. */
struct pseamldr_sigstruct {
	u32 header_type;
	u32 header_length;
	u32 header_version;
	u32 module_type;
	u32 module_vendor;
	u32 date;
	u32 size;
	u32 key_size;
	u32 modulus_size;
	u32 exponent_size;
	u8 reserved0[88];
	/* The signature does not cover the members from here to @hash. */
	u8 modulus[PSEAMLDR_KEY_SIZE];
	u32 exponent;
	u8 signature[PSEAMLDR_KEY_SIZE];
	u8 hash[PSEAMLDR_HASH_SIZE];
	u8 minor_svn;
	u8 major_svn;
	u64 attributes;
	u32 rip_offset;
	u8 nr_stack_pages;
	u8 nr_tls_pages;
	u16 nr_keyhole_pages;
	u16 nr_global_data_pages;
	u16 max_tdmrs;
	u16 max_rsvd_per_tdmr;
	u16 pamt_entry_size_4k;
	u16 pamt_entry_size_2m;
	u16 pamt_entry_size_1g;
	u8 reserved1[6];
	u16 module_hv;
	u16 min_update_hv;
	u8 no_downgrade;
	u8 reserved2[1];
	u16 nr_handoff_pages;	/* less 1 */
	u32 gdt_idt_offset;
	u32 fault_wrapper_offset;
	u8 reserved3[24];
	u32 nr_cpuids;
	u32 cpuids[PSEAMLDR_SIG_MAX_CPUIDS];
} __packed;

/*
 * Modules of the model have no secret key.  Each byte of their modulus has this
 * value, and the plain digest replaces the signature.  The real P-SEAMLDR refuses
 * such a module, and the emulated P-SEAMLDR refuses a real module.
 */
#define PSEAMLDR_MODEL_KEY		0x5a

/* Versions of a TDX module, which its build fixes. */
struct tdxmod_build {
	u32 date;		/* decimal, YYYYMMDD */
	u16 num;
	u16 major_version;
	u16 minor_version;
	u16 update_version;
	u16 internal_version;
	u16 module_hv;		/* hand-off version that the module writes */
	u16 min_update_hv;	/* oldest hand-off version that it reads */
	u16 nr_handoff_pages;	/* less 1 */
	u16 no_downgrade;
};

/* The first page of an image starts with struct tdxmod_image, not with an ELF header. */
#define TDXMOD_IMAGE_MAGIC		0x4c45444f4d584454ULL	/* "TDXMODEL" */

struct tdxmod_image {
	u64 magic;
	struct tdxmod_build build;
};

/* model_digest.c */
void tdxmod_image_digest(const struct pseamldr_sigstruct *sig,
			 u8 digest[PSEAMLDR_HASH_SIZE]);

#endif /* _TDX_EMULATOR_SEAMLDR_H */
