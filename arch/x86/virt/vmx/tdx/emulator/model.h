/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the TDX module: it maps the input registers of a call to the output
 * registers, and keeps its state in struct tdxmod.
 *
 * The model uses no kernel state, so the same source runs in the kernel and in
 * user space, where recorded vectors and fuzzers call it.  struct tdxmod_ops
 * provides memory, entropy and PCONFIG.
 *
 * LPs may call tdxmod_seamcall() concurrently, as on hardware.  All locks are
 * try-locks, and contention yields a BUSY status.
 *
 * User-space builds use the <linux/...> headers in tools/testing/tdx/include.
 */
#ifndef _TDX_EMULATOR_MODEL_H
#define _TDX_EMULATOR_MODEL_H

#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/types.h>

#include "model_leaves.h"
#include "seamldr.h"

typedef atomic_t tdxmod_atomic_t;

#define TDXMOD_MAX_CMRS		32
#define TDXMOD_MAX_TDMRS	64
#define TDXMOD_MAX_RESERVED	16
#define TDXMOD_MAX_PACKAGES	8
#define TDXMOD_MAX_LPS		2048
#define TDXMOD_MAX_HKIDS	2048
#define TDXMOD_MAX_UPDATES	31	/* in one boot */
#define TDXMOD_PAMT_ENTRY_SIZE	16
#define TDXMOD_DISABLE_PAGES	64	/* that one call of SYS.DISABLE overwrites */
#define TDXMOD_PT_NDA		0	/* page type in a PAMT: not used by the module */

#define TDXMOD_NR_LEAVES	128	/* exceeds the largest leaf number */

/* The registers that a leaf may read or write.  All others keep their values. */
struct tdxmod_regs {
	u64 rax;
	u64 rcx;
	u64 rdx;
	u64 r8;
	u64 r9;
	u64 r10;
	u64 r11;
};

struct tdxmod_range {
	u64 base;
	u64 size;
};

/* Known differences of modules from TDX 1.5.01.  Without any, the model is 1.5.01. */
#define TDXMOD_LP_INIT_RELAXED	BIT(0) /* SYS.CONFIG does not need LP.INIT on each LP */
#define TDXMOD_LP_INIT_LATE	BIT(1) /* LP.INIT is allowed after SYS.CONFIG */
#define TDXMOD_MAX_VCPUS_FIELD	BIT(2) /* metadata have MAX_VCPUS_PER_TD */
#define TDXMOD_SYS_DISABLE	BIT(3) /* leaf 69 exists, and so does its bit in TDX_FEATURES0 */

/* The data that the module gets from MCHECK and the CPU.  Constant. */
struct tdxmod_platform {
	unsigned int nr_packages;
	unsigned int nr_lps;
	const u8 *lp_package;		/* package of each LP, nr_lps entries */
	unsigned int maxpa;		/* bits of a physical address, 36 to 52 */
	unsigned int keyid_bits;	/* at the top of the physical address */
	u32 hkid_start;			/* first private HKID */
	u32 hkid_count;
	struct tdxmod_range seamrr;	/* size 0 if absent */
	unsigned int nr_cmrs;
	struct tdxmod_range cmrs[TDXMOD_MAX_CMRS];
	u32 differences;		/* TDXMOD_* switches above */
	u64 features0;			/* TDX_FEATURES0; @differences set bit 53 */
	u16 max_vcpus;			/* with TDXMOD_MAX_VCPUS_FIELD */
	u16 max_tdmrs;			/* 0 for TDXMOD_MAX_TDMRS */
	u16 cache_parts;		/* of a package; interrupts stop CACHE.WB between two */
	u32 family_model_stepping;	/* CPUID.1.EAX, for PKG_FMS */
};

enum tdxmod_pconfig {
	TDXMOD_PCONFIG_OK,
	TDXMOD_PCONFIG_ENTROPY,
	TDXMOD_PCONFIG_BUSY,
};

struct tdxmod_ops {
	/*
	 * Returns the 4 KiB page at @pa, which is aligned and has no KeyID, or
	 * NULL without memory: reads then give zeros, and writes are lost.
	 */
	void *(*page)(void *ctx, u64 pa);
	/* Executes PCONFIG "set random key" for @hkid on the package of @lp. */
	enum tdxmod_pconfig (*pconfig)(void *ctx, unsigned int lp, u32 hkid);
	/* Executes RDRAND.  Returns false without entropy. */
	bool (*rdrand)(void *ctx, u64 *value);
	/*
	 * SYS.DISABLE has overwritten the PAMTs and is about to forget them, and all
	 * pages of TDs.  Or NULL.
	 */
	void (*release_pamts)(void *ctx);
	/*
	 * A leaf gives the page at @pa to a TD, as page type @type, or with
	 * TDXMOD_PT_NDA back to the host.  The page is locked.  Or NULL.
	 */
	void (*set_page_type)(void *ctx, u64 pa, u8 type);
};

enum tdxmod_state {
	TDXMOD_SYSINIT_PENDING,
	TDXMOD_SYSINIT_DONE,
	TDXMOD_SYSCONFIG_DONE,
	TDXMOD_SYS_READY,
	TDXMOD_SYS_SHUTDOWN,
};

enum tdxmod_level { TDXMOD_4K, TDXMOD_2M, TDXMOD_1G, TDXMOD_NR_LEVELS };

struct tdxmod_tdmr {
	u64 base;
	u64 size;
	struct tdxmod_range pamt[TDXMOD_NR_LEVELS];
	struct tdxmod_range rsvd[TDXMOD_MAX_RESERVED];	/* offsets, as given */
	u64 next;			/* next address to initialize; under @lock */
	tdxmod_atomic_t lock;		/* try-lock: 0 free, 1 held */
};

/* The use of an HKID.  A new TD can only get a free one. */
enum tdxmod_hkid_state {
	TDXMOD_HKID_FREE,
	TDXMOD_HKID_RESERVED,	/* SYS.CONFIG got it */
	TDXMOD_HKID_ASSIGNED,	/* to a TD */
	TDXMOD_HKID_FLUSHED,	/* packages must write back their caches */
};

/* An entry of the KeyID ownership table. */
struct tdxmod_kot_entry {
	u32 state;			/* enum tdxmod_hkid_state */
	tdxmod_atomic_t dirty_packages;	/* mask, if FLUSHED */
};

/* The work of CACHE.WB on a package.  The try-lock @lock protects the other members. */
struct tdxmod_cache_wb {
	tdxmod_atomic_t lock;		/* 0 free, 1 held */
	u32 parts_done;			/* of an interrupted call, or 0 */
	u8 hkids[TDXMOD_MAX_HKIDS];	/* true: was FLUSHED when the work began */
};

/*
 * SYS.SHUTDOWN stores these data for SYS.UPDATE of the next module.  They are a
 * copy, so that SYS.CONFIG of the next module does not change them.
 */
struct tdxmod_handoff {
	u32 size;
	u32 hv;
	u32 hkid;
	u32 package_mask;
	unsigned int nr_tdmrs;
	struct tdxmod_kot_entry kot[TDXMOD_MAX_HKIDS];
	struct tdxmod_cache_wb cache_wb[TDXMOD_MAX_PACKAGES];
	struct tdxmod_tdmr tdmrs[TDXMOD_MAX_TDMRS];
};

/* P-SEAMLDR.  The try-lock @inside protects all other members. */
struct tdxmod_loader {
	tdxmod_atomic_t inside;		/* try-lock: 0 free, 1 held */
	u32 nr_remaining;		/* updates until the next boot */
	struct pseamldr_extend extend;	/* seam_ready in it is unused */
	unsigned int nr_called;		/* LPs that made the INSTALL in progress */
	bool was_ready;			/* seam_ready before that INSTALL */
	u8 lp_called[TDXMOD_MAX_LPS];
	struct pseamldr_params params;
	struct pseamldr_sigstruct sigstruct;
};

/*
 * One TDX module, and P-SEAMLDR.
 *
 * Locking:
 * I: set by tdxmod_init() and constant afterwards
 * G: written with @global held exclusively, or as D or L; the dispatcher reads
 *    without it
 * A: accessed without a lock, by atomics or READ_ONCE() and WRITE_ONCE()
 * T: see struct tdxmod_tdmr
 * K: written with @kot_lock held exclusively, read with it held shared; or as G
 * W: see struct tdxmod_cache_wb
 * D: written by SYS.DISABLE while no other LP is in the module
 * L: written by P-SEAMLDR while no LP is in the module
 */
struct tdxmod {
	struct tdxmod_platform platform;	/* I */
	const struct tdxmod_ops *ops;		/* I */
	void *ctx;				/* I */

	tdxmod_atomic_t global;			/* A: -1 exclusive, else number of readers */
	int state;				/* G: enum tdxmod_state */
	bool dead;				/* A: all SEAMCALLs give VMfailInvalid */
	bool seam_ready;			/* A: the module answers, not only P-SEAMLDR */
	bool disabling;				/* A: all leaves except SYS.DISABLE are stopped */
	u64 nr_overwritten;			/* D: pages, since the first SYS.DISABLE */
	bool misfit;				/* L: build differs from the SIGSTRUCT */
	struct tdxmod_build build;		/* L */
	u32 hkid;				/* G: global private HKID */
	unsigned int nr_tdmrs;			/* G */
	tdxmod_atomic_t nr_init_lps;		/* A */
	tdxmod_atomic_t nr_inside;		/* A: LPs inside the module */
	unsigned int packages_done;		/* G: KEY.CONFIGs since SYS.INIT */
	u32 package_mask;			/* G: packages with KEY.CONFIG done */
	bool handoff_valid;			/* G */
	u8 lp_done[TDXMOD_MAX_LPS];		/* each LP writes its own, or as D or L */
	tdxmod_atomic_t kot_lock;		/* A: -1 exclusive, else number of readers */
	struct tdxmod_kot_entry kot[TDXMOD_MAX_HKIDS];	/* K, @dirty_packages A */
	struct tdxmod_cache_wb cache_wb[TDXMOD_MAX_PACKAGES];	/* G, W */
	struct tdxmod_tdmr tdmrs[TDXMOD_MAX_TDMRS];	/* G, T */
	struct tdxmod_handoff handoff;		/* G, with handoff_valid */
	struct tdxmod_loader loader;
};

/* A leaf of the module.  The index in tdxmod_leaves is its number. */
struct tdxmod_leaf {
	const char *name;
	u64 (*fn)(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);
	u32 flags;				/* see model.c */
};

/* The model does not implement leaves without @fn. */
extern const struct tdxmod_leaf tdxmod_leaves[TDXMOD_NR_LEAVES];

/**
 * tdxmod_init - initialize the module to its state after boot
 * @m: the module
 * @platform: copied, except the array @lp_package, which must stay valid
 * @ops: memory, entropy and PCONFIG
 * @ctx: argument of @ops
 *
 * Return: 0, or -1 if @platform exceeds a limit of the model.
 */
int tdxmod_init(struct tdxmod *m, const struct tdxmod_platform *platform,
		const struct tdxmod_ops *ops, void *ctx);

/**
 * tdxmod_seamcall - execute one SEAMCALL to the TDX module
 * @m: the module
 * @lp: the calling LP
 * @regs: in and out; bit 63 of RAX, which selects P-SEAMLDR, must be clear
 *
 * Return: true with a status in RAX (CF=0); false for VMfailInvalid (CF=1),
 * with @regs unchanged: the module died before or in this call, an update is
 * in progress or has lost it, or the platform has no such LP.
 */
bool tdxmod_seamcall(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

/**
 * tdxmod_seamldr - execute one SEAMCALL to P-SEAMLDR
 * @m: the module
 * @lp: the calling LP
 * @regs: in and out; bit 63 of RAX is set
 *
 * Return: true with a status in RAX; false for VMfailInvalid: another LP is in
 * P-SEAMLDR, the platform has no such LP, or SEAM is dead.
 */
bool tdxmod_seamldr(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs);

/**
 * tdxmod_reload - start the same module again after its shutdown
 * @m: the module
 *
 * Hand-off data survive.  No SEAMCALL may be in progress, as P-SEAMLDR ensures on
 * hardware.
 *
 * Return: true; false unless @m is in SYS_SHUTDOWN.
 */
bool tdxmod_reload(struct tdxmod *m);

/**
 * tdxmod_visit_pamts - call a function for pages of PAMTs
 * @m: the module
 * @first: number of the first page, in the order in which SYS.DISABLE overwrites them
 * @nr: number of pages; the function stops at the last page of all PAMTs
 * @visit: gets the address of a page
 * @arg: argument of @visit
 *
 * The pages include those of PAMTs in hand-off data, because an update may have failed.
 *
 * Return: number of pages of all PAMTs.
 */
u64 tdxmod_visit_pamts(const struct tdxmod *m, u64 first, u64 nr,
		       void (*visit)(void *arg, u64 pa), void *arg);

/**
 * tdxmod_is_td_entry - test whether leaves of TDs may have written to a PAMT entry
 * @m: the module
 * @tdmr: index of a configured TDMR
 * @index: number of an entry in its PAMT for 4 KiB pages; the page is not reserved
 * @words: the 16 bytes of the entry
 *
 * Such an entry has the type of a page of a TD and the address of the TD's root page.
 * The address stays when the host gets the page back.
 *
 * Return: true if the module may have written these bytes.
 */
bool tdxmod_is_td_entry(const struct tdxmod *m, unsigned int tdmr, u64 index,
			const u64 *words);

/* Returns the TDMR with this base, or NULL. */
struct tdxmod_tdmr *tdxmod_find_tdmr(struct tdxmod *m, u64 base);

static inline unsigned int tdxmod_page_shift(enum tdxmod_level level)
{
	return 12 + 9 * level;
}

/**
 * tdxmod_pamt_entry - get the page type that the module wrote to PAMT entries
 * @m: the module
 * @tdmr: index of a configured TDMR
 * @level: page size
 * @index: number of the entry in that PAMT
 * @type: gets the page type, unless the function returns 0
 *
 * An entry counts as written if TDMR.INIT has cleared its cache line, even if the
 * entry is beyond the end of the TDMR.
 *
 * Return: number of consecutive entries from @index that the module has written
 * with @type; 0 if it has not written the entry @index.
 */
u64 tdxmod_pamt_entry(const struct tdxmod *m, unsigned int tdmr,
		      enum tdxmod_level level, u64 index, u8 *type);

#endif /* _TDX_EMULATOR_MODEL_H */
