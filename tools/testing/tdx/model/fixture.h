/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine for checks of what vectors cannot reach, and calls of its module. */
#ifndef _TDX_TEST_FIXTURE_H
#define _TDX_TEST_FIXTURE_H

#include "../../../../arch/x86/virt/vmx/tdx/emulator/module_image.h"
#include "check.h"
#include "machine.h"

#define FIXTURE_HKID		32
#define FIXTURE_TDMR		0x100000000ULL
#define FIXTURE_PAMT		0x80000000ULL	/* of FIXTURE_TDMR */
#define FIXTURE_PAMT_PAGES	(MACHINE_PAMT_SIZE / SZ_4K)
#define FIXTURE_RSVD_OFFSET	0x10000000ULL
#define FIXTURE_RSVD_SIZE	0x2000ULL

/* Pages of TD @td in FIXTURE_TDMR: its TDR, its TDCS, and one vCPU. */
#define FIXTURE_TD_PAGES	32
#define FIXTURE_PAGE(td, n)	(FIXTURE_TDMR + ((td) * FIXTURE_TD_PAGES + (n)) * (u64)SZ_4K)
#define FIXTURE_TDR(td)		FIXTURE_PAGE(td, 0)
#define FIXTURE_TDVPR(td)	FIXTURE_PAGE(td, 10)
#define FIXTURE_TD_PARAMS	0x20000ULL
#define FIXTURE_TD_HKID		(FIXTURE_HKID + 1)

/* The calls that make a TD, in order: fixture_td_step() with numbers below these. */
enum fixture_td_step {
	TD_CREATED = 1,
	TD_KEYED = TD_CREATED + 2,
	TD_PAGED = TD_KEYED + 6,
	TD_INITIALIZED,
	TD_VCPU_CREATED,
	TD_VCPU_PAGED = TD_VCPU_CREATED + 5,
	TD_VCPU_INITIALIZED,
	TD_VCPU_WRITTEN = TD_VCPU_INITIALIZED + 3,
	TD_FINALIZED,
};

/* Where fixture_write_module() puts parameters, SIGSTRUCT and image. */
#define FIXTURE_MODULE		0x2000ULL
#define FIXTURE_SIGSTRUCT	0x3000ULL
#define FIXTURE_IMAGE		0x4000ULL	/* page after page, from the last to the first */
#define FIXTURE_NR_PAGES	3

extern struct machine mc;
/* After the last call of this thread. */
extern __thread struct tdxmod_regs regs;

/* A module for INSTALL of P-SEAMLDR. */
extern struct fixture_module {
	struct pseamldr_params params;
	struct pseamldr_sigstruct sig;
	u8 image[FIXTURE_NR_PAGES * MODULE_IMAGE_PAGE];
} fixture_module;

/* SEAMCALL on an LP, with .rcx = ... and so on.  It must be answered; gives RAX. */
#define CALL(lp, leaf, ...)	\
	fixture_call(lp, (struct tdxmod_regs){ .rax = (leaf), ##__VA_ARGS__ })

u64 fixture_call(unsigned int lp, struct tdxmod_regs in);

/* SEAMCALL to P-SEAMLDR, with 77 in RDX; gives whether it was answered. */
bool fixture_seamldr(unsigned int lp, u64 leaf, u64 rcx);

/* Two packages, two LPs each, HKIDs 32 to 63 private, 64 GiB convertible. */
struct tdxmod_platform fixture_platform(void);

/* On that platform a module with these differences, in its first state. */
void fixture_boot(u32 differences);

/* SYS.INIT, and LP.INIT on every LP. */
void fixture_sys_init(void);

/* SYS.CONFIG with one TDMR, which has a reserved area; gives the status. */
u64 fixture_config(u64 hkid);

/* All of these up to SYS_READY. */
void fixture_ready(u32 differences);

/* @n times TDMR.INIT, which must succeed, on one LP after the other. */
void fixture_tdmr_init(unsigned int n);

/* All of these and every TDMR.INIT. */
void fixture_usable(u32 differences);

/* Good TD_PARAMS for two vCPUs; gives their words. */
u64 *fixture_td_params(void);

/* One call; gives the status.  Leaves of the vCPU are called on @lp. */
u64 fixture_td_step(unsigned int td, u32 hkid, unsigned int lp, unsigned int step);

/* The first @steps of a TD with one vCPU on LP 1, which must succeed. */
void fixture_td_build(unsigned int td, u32 hkid, unsigned int steps);

/* CACHE.WB on an LP to its end; gives the status. */
u64 fixture_cache_wb(unsigned int lp);

/* From whatever step on: nothing of the TD is left. */
void fixture_td_destroy(unsigned int td);

/* SYS.RD, which must succeed; gives the value. */
u64 fixture_field(u64 id);

/* Make fixture_module one that the platform takes. */
void fixture_make_module(const struct tdxmod_build *build);

/* Sign fixture_module as it is. */
void fixture_sign_module(void);

/* Put fixture_module into the memory of the host. */
void fixture_write_module(void);

#endif /* _TDX_TEST_FIXTURE_H */
