// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDCS, the control structure of a TD: its pages, its configuration, and its end of
 * construction.  Leaves that change a TD lock its TDR exclusively.
 *
 * Measurements, MSR bitmaps and the CPUID of the TD are for guests only, so the model has
 * none.  It also has no TSC: the virtual TSC of each TD is the TSC of the host.
 */
#include "model_td.h"

/* TSC_MULTIPLIER has 48 bits after the binary point. */
#define TSC_MULTIPLIER_ONE	BIT_ULL(48)

/*
 * Gets the TDCS of a TD that is in one of @op_states, a mask.  The module also takes a
 * shared lock on the op state for leaves that lock the TDR shared.  Only leaves that
 * migrate TDs take this lock exclusively, so the model has no such lock.
 */
u64 tdxmod_get_tdcs(const struct tdxmod *m, const struct tdxmod_tdr *tdr, u32 op_states,
		    struct tdxmod_tdcs **tdcs)
{
	if (tdr->state != TDXMOD_TD_KEYS_CONFIGURED)
		return TDX_TD_KEYS_NOT_CONFIGURED;
	if (tdr->nr_tdcx < MIN_TDCX)
		return TDX_TDCS_NOT_ALLOCATED;
	*tdcs = tdxmod_memory(m, ALIGN_DOWN(tdr->tdcs, SZ_4K));
	if (!*tdcs)
		return TDX_TDCS_NOT_ALLOCATED;
	if ((*tdcs)->op_state > TDXMOD_OP_RUNNABLE || !(op_states & BIT((*tdcs)->op_state)))
		return TDX_OP_STATE_INCORRECT;
	return TDX_SUCCESS;
}

/* The module makes a random key for migration when the TDCS has its minimum size. */
static u64 tdxmod_add_tdcx(struct tdxmod *m, struct tdxmod_page *tdr_page,
			   struct tdxmod_page *page)
{
	struct tdxmod_tdr *tdr = tdr_page->memory;
	struct tdxmod_tdcs *tdcs;
	u64 key, status;

	memset(page->memory, 0, SZ_4K);
	if (tdr->nr_tdcx == MIN_TDCX - 1 && !m->ops->rdrand(m->ctx, &key))
		return TDX_RND_NO_ENTROPY;
	if (tdr->nr_tdcx >= MIN_TDCX) {
		status = tdxmod_get_tdcs(m, tdr, BIT(TDXMOD_OP_UNINITIALIZED), &tdcs);
		if (status)
			return status;
	}

	if (!tdr->nr_tdcx++)
		tdr->tdcs = page->pa;
	atomic_inc(&tdr->nr_children);
	tdxmod_take_page(m, page, TDXMOD_PT_TDCX, tdr_page->pa);
	return TDX_SUCCESS;
}

static u64 tdxmod_lock_and_add_tdcx(struct tdxmod *m, u64 pa, struct tdxmod_page *tdr_page)
{
	const struct tdxmod_tdr *tdr = tdr_page->memory;
	struct tdxmod_page page;
	u64 status;

	if (tdr->state != TDXMOD_TD_KEYS_CONFIGURED)
		return TDX_TD_KEYS_NOT_CONFIGURED;
	if (tdr->nr_tdcx >= MAX_TDCX)
		return TDX_TDCX_NUM_INCORRECT;
	status = tdxmod_lock_page(m, pa, TDXMOD_PT_NDA, true, TDX_RCX, &page);
	if (status)
		return status;
	status = tdxmod_add_tdcx(m, tdr_page, &page);
	tdxmod_unlock_page(&page);
	return status;
}

/* RCX page for the TDCS, RDX TDR. */
u64 tdxmod_mng_addcx(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page tdr;
	u64 status = tdxmod_lock_page(m, regs->rdx, TDXMOD_PT_TDR, true, TDX_RDX, &tdr);

	if (status)
		return status;
	status = tdxmod_lock_and_add_tdcx(m, regs->rcx, &tdr);
	tdxmod_unlock_page(&tdr);
	return status;
}

/* After an error in TD_PARAMS, the host may try again. */
static u64 tdxmod_init_td(const struct tdxmod *m, const struct tdxmod_tdr *tdr, u64 params,
			  u64 *leaf)
{
	struct tdxmod_tdcs *tdcs;
	u64 status = tdxmod_get_tdcs(m, tdr, BIT(TDXMOD_OP_UNINITIALIZED), &tdcs);

	if (status)
		return status;
	status = tdxmod_read_td_params(m, params, tdr->nr_tdcx, &tdcs->config, leaf);
	if (!status)
		tdcs->op_state = TDXMOD_OP_INITIALIZED;
	return status;
}

/* RCX TDR, RDX TD_PARAMS; out: RCX CPUID leaf and subleaf that the module refuses, or 0. */
u64 tdxmod_mng_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page tdr;
	u64 status, pa = regs->rcx;

	regs->rcx = 0;
	status = tdxmod_lock_page(m, pa, TDXMOD_PT_TDR, true, TDX_RCX, &tdr);
	if (status)
		return status;
	status = tdxmod_init_td(m, tdr.memory, regs->rdx, &regs->rcx);
	tdxmod_unlock_page(&tdr);
	return status;
}

/*
 * The fields of a TD that the model keeps.  It answers a read of another field as the
 * read of a field that does not exist.
 */
static bool tdxmod_get_td_field(const struct tdxmod_tdr *tdr, const struct tdxmod_tdcs *tdcs,
				u64 id, u64 *value)
{
	const struct tdxmod_td_config *config = &tdcs->config;
	const struct {
		u64 id;				/* of class and code */
		u64 value;
	} fields[] = {
		{ 0x0000000000000002, tdr->nr_tdcx },
		{ 0x0000000000000004, atomic_read(&tdr->nr_children) },
		{ 0x0000000000000005, tdr->state },
		{ 0x0100000000000001, tdr->hkid },
		{ 0x0100000000000002, tdr->package_mask },
		{ 0x1000000000000001, atomic_read(&tdcs->nr_vcpus) },
		{ 0x1000000000000002, atomic_read(&tdcs->nr_associated) },
		{ 0x1000000000000004, tdcs->op_state },
		{ 0x1000000000000005, config->nr_l2_vms },
		{ 0x1100000000000000, config->attributes },
		{ 0x1100000000000001, config->xfam },
		{ 0x1100000000000002, config->max_vcpus },
		{ 0x110000000000000A, 0 },			/* TSC_OFFSET */
		{ 0x110000000000000B, TSC_MULTIPLIER_ONE },	/* TSC_MULTIPLIER */
		{ 0x110000000000000C, config->tsc_frequency },
		{ 0x1100000000000016, config->config_flags },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		if (fields[i].id != (id & ID_NAME))
			continue;
		*value = fields[i].value;
		return true;
	}
	return false;
}

static u64 tdxmod_read_td_field(const struct tdxmod *m, const struct tdxmod_tdr *tdr, u64 id,
				u64 *value)
{
	u32 states = BIT(TDXMOD_OP_INITIALIZED) | BIT(TDXMOD_OP_RUNNABLE);
	struct tdxmod_tdcs *tdcs;
	u64 status = tdxmod_get_tdcs(m, tdr, states, &tdcs);

	if (status)
		return status;
	if (id & ID_RESERVED || !tdxmod_get_td_field(tdr, tdcs, id, value))
		return TDX_METADATA_FIELD_ID_INCORRECT;
	return TDX_SUCCESS;
}

/*
 * RCX TDR, RDX field; out: R8 value.  Version 1 also returns the next field in RDX.  The
 * model does not know all fields, so it refuses this version as the module refuses
 * version 2.
 */
u64 tdxmod_mng_rd(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	u64 status, id = regs->rdx;
	struct tdxmod_page tdr;

	regs->r8 = 0;
	if (regs->rax >> 16) {
		regs->rdx = ~0ULL;
		return TDX_OPERAND_INVALID;
	}
	status = tdxmod_lock_page(m, regs->rcx, TDXMOD_PT_TDR, false, TDX_RCX, &tdr);
	if (status)
		return status;
	status = tdxmod_read_td_field(m, tdr.memory, id, &regs->r8);
	tdxmod_unlock_page(&tdr);
	return status;
}

static u64 tdxmod_finalize_td(const struct tdxmod *m, const struct tdxmod_tdr *tdr)
{
	struct tdxmod_tdcs *tdcs;
	u64 status = tdxmod_get_tdcs(m, tdr, BIT(TDXMOD_OP_INITIALIZED), &tdcs);

	if (status)
		return status;
	if (!atomic_read(&tdcs->nr_vcpus))
		return TDX_NO_VCPUS;
	tdcs->op_state = TDXMOD_OP_RUNNABLE;
	return TDX_SUCCESS;
}

/* RCX TDR. */
u64 tdxmod_mr_finalize(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page tdr;
	u64 status = tdxmod_lock_page(m, regs->rcx, TDXMOD_PT_TDR, true, TDX_RCX, &tdr);

	if (status)
		return status;
	status = tdxmod_finalize_td(m, tdr.memory);
	tdxmod_unlock_page(&tdr);
	return status;
}
