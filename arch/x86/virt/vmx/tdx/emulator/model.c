// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dispatcher of the TDX module: its leaves, the states in which each leaf is
 * allowed, and accesses of leaves to host memory.
 *
 * The model behaves like TDX 1.5.01, except for the TDXMOD_* differences that the
 * platform sets.  It does not implement the checks of CPUID and MSRs, and most leaves
 * that manage the memory of TDs, run vCPUs or migrate TDs.  It answers calls of these
 * leaves as calls of leaves that do not exist.
 */
#include "model_internal.h"

/* TDX_FEATURES0: version 1 of VP.INIT accepts the x2APIC ID of the vCPU. */
#define TOPOLOGY_ENUM	BIT_ULL(20)

/* The leaf checks the state of the module itself.  All other leaves need SYS_READY. */
#define FLAG_EARLY	BIT(0)
/* The leaf needs LP.INIT on the calling LP, unless SYS.CONFIG needs it on all LPs. */
#define FLAG_NEEDS_LP	BIT(1)
/* The leaf holds the global lock from beginning to end. */
#define FLAG_LOCKED	BIT(2)
/* The leaf accepts versions other than 0. */
#define FLAG_VERSIONS	BIT(3)
/* The leaf is allowed after SYS.SHUTDOWN, and while SYS.DISABLE has not completed. */
#define FLAG_STOPPED	BIT(4)

/* LP.SHUTDOWN is deprecated in 1.5: it does nothing and succeeds in any state. */
static u64 tdxmod_lp_shutdown(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	return TDX_SUCCESS;
}

const struct tdxmod_leaf tdxmod_leaves[TDXMOD_NR_LEAVES] = {
	[LEAF_MNG_ADDCX]	= { "TDH.MNG.ADDCX", tdxmod_mng_addcx, FLAG_NEEDS_LP },
	[3]			= { .flags = FLAG_VERSIONS },
	[LEAF_VP_ADDCX]		= { "TDH.VP.ADDCX", tdxmod_vp_addcx, FLAG_NEEDS_LP },
	[LEAF_MNG_KEY_CONFIG]	= { "TDH.MNG.KEY.CONFIG", tdxmod_mng_key_config, FLAG_NEEDS_LP },
	[LEAF_MNG_CREATE]	= { "TDH.MNG.CREATE", tdxmod_mng_create, FLAG_NEEDS_LP },
	[LEAF_VP_CREATE]	= { "TDH.VP.CREATE", tdxmod_vp_create, FLAG_NEEDS_LP },
	[LEAF_MNG_RD]		= { "TDH.MNG.RD", tdxmod_mng_rd, FLAG_NEEDS_LP | FLAG_VERSIONS },
	[LEAF_MR_FINALIZE]	= { "TDH.MR.FINALIZE", tdxmod_mr_finalize, FLAG_NEEDS_LP },
	[LEAF_VP_FLUSH]		= { "TDH.VP.FLUSH", tdxmod_vp_flush, FLAG_NEEDS_LP },
	[LEAF_MNG_VPFLUSHDONE]	= { "TDH.MNG.VPFLUSHDONE", tdxmod_mng_vpflushdone, FLAG_NEEDS_LP },
	[LEAF_MNG_KEY_FREEID]	= { "TDH.MNG.KEY.FREEID", tdxmod_mng_key_freeid, FLAG_NEEDS_LP },
	[LEAF_MNG_INIT]		= { "TDH.MNG.INIT", tdxmod_mng_init, FLAG_NEEDS_LP },
	[LEAF_VP_INIT]		= { "TDH.VP.INIT", tdxmod_vp_init, FLAG_NEEDS_LP | FLAG_VERSIONS },
	[23]			= { .flags = FLAG_VERSIONS },
	[LEAF_PAGE_RDMD]	= { "TDH.PHYMEM.PAGE.RDMD", tdxmod_page_rdmd, FLAG_NEEDS_LP },
	[26]			= { .flags = FLAG_VERSIONS },
	[LEAF_PAGE_RECLAIM]	= { "TDH.PHYMEM.PAGE.RECLAIM", tdxmod_page_reclaim, FLAG_NEEDS_LP },
	[30]			= { .flags = FLAG_VERSIONS },
	[LEAF_KEY_CONFIG]	= { "TDH.SYS.KEY.CONFIG", tdxmod_key_config,
				    FLAG_EARLY | FLAG_NEEDS_LP | FLAG_LOCKED },
	[LEAF_SYS_INFO]		= { "TDH.SYS.INFO", tdxmod_sys_info, FLAG_EARLY },
	[LEAF_SYS_INIT]		= { "TDH.SYS.INIT", tdxmod_sys_init, FLAG_EARLY },
	[LEAF_SYS_RD]		= { "TDH.SYS.RD", tdxmod_sys_rd, FLAG_EARLY },
	[LEAF_LP_INIT]		= { "TDH.SYS.LP.INIT", tdxmod_lp_init, FLAG_EARLY },
	[LEAF_TDMR_INIT]	= { "TDH.SYS.TDMR.INIT", tdxmod_tdmr_init, FLAG_NEEDS_LP },
	[LEAF_SYS_RDALL]	= { "TDH.SYS.RDALL", tdxmod_sys_rdall, FLAG_EARLY },
	[LEAF_CACHE_WB]		= { "TDH.PHYMEM.CACHE.WB", tdxmod_cache_wb, FLAG_NEEDS_LP },
	[LEAF_PAGE_WBINVD]	= { "TDH.PHYMEM.PAGE.WBINVD", tdxmod_page_wbinvd, FLAG_NEEDS_LP },
	[LEAF_VP_WR]		= { "TDH.VP.WR", tdxmod_vp_wr, FLAG_NEEDS_LP },
	[LEAF_LP_SHUTDOWN]	= { "TDH.SYS.LP.SHUTDOWN", tdxmod_lp_shutdown,
				    FLAG_EARLY | FLAG_STOPPED },
	[LEAF_SYS_CONFIG]	= { "TDH.SYS.CONFIG", tdxmod_sys_config,
				    FLAG_EARLY | FLAG_NEEDS_LP | FLAG_LOCKED },
	[LEAF_SYS_SHUTDOWN]	= { "TDH.SYS.SHUTDOWN", tdxmod_sys_shutdown, FLAG_NEEDS_LP },
	[LEAF_SYS_UPDATE]	= { "TDH.SYS.UPDATE", tdxmod_sys_update,
				    FLAG_EARLY | FLAG_NEEDS_LP | FLAG_LOCKED },
	[LEAF_SYS_DISABLE]	= { "TDH.SYS.DISABLE", tdxmod_sys_disable,
				    FLAG_EARLY | FLAG_STOPPED },
};

static const struct tdxmod_leaf *tdxmod_find_leaf(const struct tdxmod *m, unsigned int number)
{
	static const struct tdxmod_leaf absent;

	if (number >= TDXMOD_NR_LEAVES ||
	    (number == LEAF_SYS_DISABLE && !tdxmod_differs(m, TDXMOD_SYS_DISABLE)))
		return &absent;
	return &tdxmod_leaves[number];
}

static bool tdxmod_leaf_takes_version(const struct tdxmod *m, const struct tdxmod_leaf *leaf)
{
	if (leaf == &tdxmod_leaves[LEAF_VP_INIT])
		return m->platform.features0 & TOPOLOGY_ENUM;
	return leaf->flags & FLAG_VERSIONS;
}

/*
 * SYS.CONFIG of 1.5.01 requires LP.INIT on every LP, so later leaves do not check
 * it.  A module whose SYS.CONFIG lacks this requirement checks it in each leaf.
 */
static bool tdxmod_leaf_lacks_lp(const struct tdxmod *m, unsigned int lp,
				 const struct tdxmod_leaf *leaf, int state)
{
	return tdxmod_differs(m, TDXMOD_LP_INIT_RELAXED) && (leaf->flags & FLAG_NEEDS_LP) &&
	       state != TDXMOD_SYSINIT_PENDING && !tdxmod_lp_done(m, lp);
}

static u64 tdxmod_call_leaf(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs,
			    const struct tdxmod_leaf *leaf)
{
	u64 status;

	if (!(leaf->flags & FLAG_LOCKED))
		return leaf->fn(m, lp, regs);
	if (!tdxmod_lock_global(m))
		return TDX_SYS_BUSY;
	status = leaf->fn(m, lp, regs);
	tdxmod_unlock_global(m);
	return status;
}

/*
 * SYS.DISABLE first changes the state, and then lets other leaves in again.  So this
 * function reads in the opposite order.
 */
static int tdxmod_get_dispatch_state(const struct tdxmod *m)
{
	/* Pairs with tdxmod_forget(). */
	return smp_load_acquire(&m->disabling) ? TDXMOD_SYS_SHUTDOWN : tdxmod_get_state(m);
}

/* If the dispatcher refuses a call, only RAX changes. */
static u64 tdxmod_dispatch(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	unsigned int version = (regs->rax >> 16) & 0xff;
	unsigned int number = regs->rax & 0xffff;
	const struct tdxmod_leaf *leaf = tdxmod_find_leaf(m, number);
	int state = tdxmod_get_dispatch_state(m);

	if (regs->rax >> 24)
		return TDX_OPERAND_INVALID;
	if (version && !tdxmod_leaf_takes_version(m, leaf))
		return TDX_OPERAND_INVALID;
	if (state == TDXMOD_SYS_SHUTDOWN && !(leaf->flags & FLAG_STOPPED))
		return TDX_SYS_SHUTDOWN;
	if (state != TDXMOD_SYS_READY && !(leaf->flags & FLAG_EARLY))
		return TDX_SYS_NOT_READY;
	if (!leaf->fn)
		return TDX_OPERAND_INVALID;
	if (tdxmod_leaf_lacks_lp(m, lp, leaf, state))
		return TDX_SYS_LP_INIT_NOT_DONE;
	return tdxmod_call_leaf(m, lp, regs, leaf);
}

bool tdxmod_seamcall(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_regs out = *regs;

	if (lp >= m->platform.nr_lps || READ_ONCE(m->dead) || !READ_ONCE(m->seam_ready))
		return false;

	/*
	 * Fully ordered: the leaf reads the state after this increment.
	 * SYS.SHUTDOWN and SYS.DISABLE change the state before they read the
	 * count.  So at least one of the two LPs observes the other.
	 */
	atomic_inc_return(&m->nr_inside);
	out.rax = tdxmod_dispatch(m, lp, &out);
	atomic_dec_return(&m->nr_inside);

	if (out.rax == TDXMOD_NO_ANSWER)
		return false;
	*regs = out;
	return true;
}

/* The module executes UD2, which disables SEAM on all LPs. */
u64 tdxmod_die(struct tdxmod *m)
{
	WRITE_ONCE(m->dead, true);
	return TDXMOD_NO_ANSWER;
}

/* The top bits of a physical address are the KeyID. */
u64 tdxmod_strip_keyid(const struct tdxmod *m, u64 pa)
{
	return pa & (BIT_ULL(m->platform.maxpa - m->platform.keyid_bits) - 1);
}

/* Tests whether an address is in range and has KeyID 0. */
bool tdxmod_pa_is_plain(const struct tdxmod *m, u64 pa)
{
	return tdxmod_strip_keyid(m, pa) == pa;
}

/*
 * Tests whether @pa is an address of host memory, aligned to @size.  The host owns
 * KeyID 0 and the MKTME KeyIDs, which are below the private KeyIDs.
 */
bool tdxmod_pa_is_shared(const struct tdxmod *m, u64 pa, u64 size)
{
	struct tdxmod_range range = { tdxmod_strip_keyid(m, pa), size };
	u64 keyid = pa >> (m->platform.maxpa - m->platform.keyid_bits);

	return IS_ALIGNED(pa, size) && !(pa >> m->platform.maxpa) &&
	       !tdxmod_overlap(&range, &m->platform.seamrr) &&
	       keyid < m->platform.hkid_start;
}

/* The ranges must not wrap.  An empty range overlaps nothing. */
bool tdxmod_overlap(const struct tdxmod_range *a, const struct tdxmod_range *b)
{
	return a->size && b->size &&
	       a->base < b->base + b->size && b->base < a->base + a->size;
}

/* Returns the bytes from @pa to the end of its 4 KiB page, or NULL without memory. */
void *tdxmod_memory(const struct tdxmod *m, u64 pa)
{
	u64 plain = tdxmod_strip_keyid(m, pa);
	char *page = m->ops->page(m->ctx, ALIGN_DOWN(plain, SZ_4K));

	return page ? page + (plain & (SZ_4K - 1)) : NULL;
}

u64 tdxmod_read64(const struct tdxmod *m, u64 pa)
{
	const u64 *word = tdxmod_memory(m, pa);

	return word ? READ_ONCE(*word) : 0;
}
