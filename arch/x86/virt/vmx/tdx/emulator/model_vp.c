// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vCPUs of a TD.  TDH.VP.CREATE makes the TDVPR, the first page of a vCPU, and
 * TDH.VP.ADDCX adds further pages.  TDH.VP.INIT makes the vCPU ready, and associates it
 * with the calling LP until TDH.VP.FLUSH.
 *
 * Leaves lock the TDVPR, and after it the TDR of the TD.
 */
#include "model_td.h"

/* Version 1 of VP.INIT has the x2APIC ID of the vCPU in R8. */
#define VERSION(rax)		(((rax) >> 16) & 0xff)

/* Numbers of VMCS fields */
#define POSTED_INTR_NV		0x0002
#define POSTED_INTR_DESC_ADDR	0x2016
#define PIN_BASED_CONTROLS	0x4000

#define PIN_BASED_POSTED_INTR	BIT_ULL(7)
#define POSTED_INTR_NV_INIT	0xFFFF
#define POSTED_INTR_NV_MAX	255
#define NULL_PA			(~0ULL)

/*
 * The fields that a host writes to start a vCPU.  The model answers a write to another
 * field as the write to a field that does not exist.
 */
static const struct tdxmod_vcpu_field {
	u64 id;				/* of class and code */
	u64 writable;			/* bits */
	u64 init;
	u32 shared_size;		/* of the memory at the address in the field, or 0 */
} tdxmod_vcpu_fields[] = {
	{ POSTED_INTR_NV, 0xFFFF, POSTED_INTR_NV_INIT },
	{ POSTED_INTR_DESC_ADDR, ~0x3FULL, NULL_PA, 64 },
	{ 0x203C, 0xFFFFFFFFFF000, 0, SZ_4K },		/* shared EPT pointer */
	{ PIN_BASED_CONTROLS, PIN_BASED_POSTED_INTR, 0 },
	{ 0x4024, 0xFFFFFFFF, 0 },			/* notify window */
	{ 0x200000000000000B, 0xFF, 0 },		/* pending NMI */
};

/* The module has further states, which need VP.ENTER. */
enum tdxmod_vcpu_state {
	TDXMOD_VCPU_UNINITIALIZED,
	TDXMOD_VCPU_READY = 2,
};

/* A TDVPR.  Leaves write to it with its lock held exclusively, or on the associated LP. */
struct tdxmod_vcpu {
	u32 state;			/* enum tdxmod_vcpu_state */
	u32 nr_pages;
	tdxmod_atomic_t lp;		/* number of the associated LP plus 1, or 0 */
	u64 fields[ARRAY_SIZE(tdxmod_vcpu_fields)];
};

/* A vCPU with the locks that a leaf holds, and its TD. */
struct tdxmod_vp {
	struct tdxmod_page tdvpr;
	struct tdxmod_page tdr;
	struct tdxmod_vcpu *vcpu;
	struct tdxmod_tdcs *tdcs;
};

static void tdxmod_add_child(struct tdxmod *m, struct tdxmod_page *page, u8 type,
			     struct tdxmod_page *tdr_page)
{
	struct tdxmod_tdr *tdr = tdr_page->memory;

	atomic_inc(&tdr->nr_children);
	tdxmod_take_page(m, page, type, tdr_page->pa);
}

static u64 tdxmod_create_vcpu(struct tdxmod *m, u64 pa, struct tdxmod_page *tdr)
{
	struct tdxmod_page tdvpr;
	struct tdxmod_vcpu *vcpu;
	struct tdxmod_tdcs *tdcs;
	u64 status = tdxmod_get_tdcs(m, tdr->memory, BIT(TDXMOD_OP_INITIALIZED), &tdcs);

	if (!status)
		status = tdxmod_lock_page(m, pa, TDXMOD_PT_NDA, true, TDX_RCX, &tdvpr);
	if (status)
		return status;

	memset(tdvpr.memory, 0, SZ_4K);
	vcpu = tdvpr.memory;
	vcpu->nr_pages = 1;
	tdxmod_add_child(m, &tdvpr, TDXMOD_PT_TDVPR, tdr);
	tdxmod_unlock_page(&tdvpr);
	return TDX_SUCCESS;
}

/* RCX page for the TDVPR, RDX TDR. */
u64 tdxmod_vp_create(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_page tdr;
	u64 status = tdxmod_lock_page(m, regs->rdx, TDXMOD_PT_TDR, false, TDX_RDX, &tdr);

	if (status)
		return status;
	status = tdxmod_create_vcpu(m, regs->rcx, &tdr);
	tdxmod_unlock_page(&tdr);
	return status;
}

/* Locks a TDVPR and its TDR.  The state of the TD is not checked yet. */
static u64 tdxmod_lock_vp(struct tdxmod *m, u64 pa, bool exclusive, unsigned int operand,
			  bool exclusive_tdr, struct tdxmod_vp *vp)
{
	u64 status = tdxmod_lock_page(m, pa, TDXMOD_PT_TDVPR, exclusive, operand, &vp->tdvpr);

	if (status)
		return status;
	vp->vcpu = vp->tdvpr.memory;
	status = tdxmod_lock_owner(m, &vp->tdvpr, exclusive_tdr, &vp->tdr);
	if (status)
		tdxmod_unlock_page(&vp->tdvpr);
	return status;
}

static void tdxmod_unlock_vp(struct tdxmod_vp *vp)
{
	tdxmod_unlock_page(&vp->tdr);
	tdxmod_unlock_page(&vp->tdvpr);
}

static bool tdxmod_vp_has_pages(const struct tdxmod_vp *vp)
{
	return vp->vcpu->nr_pages >=
	       MIN_TDVPS_PAGES + TDVPS_PAGES_PER_L2_VM * vp->tdcs->config.nr_l2_vms;
}

static u64 tdxmod_add_vcpu_page(struct tdxmod *m, u64 pa, struct tdxmod_vp *vp)
{
	struct tdxmod_page page;
	u64 status = tdxmod_get_tdcs(m, vp->tdr.memory, BIT(TDXMOD_OP_INITIALIZED), &vp->tdcs);

	if (status)
		return status;
	if (vp->vcpu->state != TDXMOD_VCPU_UNINITIALIZED)
		return TDX_VCPU_STATE_INCORRECT;
	if (vp->vcpu->nr_pages >= MAX_TDVPS_PAGES)
		return TDX_TDCX_NUM_INCORRECT;
	status = tdxmod_lock_page(m, pa, TDXMOD_PT_NDA, true, TDX_RCX, &page);
	if (status)
		return status;

	memset(page.memory, 0, SZ_4K);
	vp->vcpu->nr_pages++;
	tdxmod_add_child(m, &page, TDXMOD_PT_TDCX, &vp->tdr);
	tdxmod_unlock_page(&page);
	return TDX_SUCCESS;
}

/* RCX page for the vCPU, RDX TDVPR. */
u64 tdxmod_vp_addcx(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_vp vp;
	u64 status = tdxmod_lock_vp(m, regs->rdx, true, TDX_RDX, false, &vp);

	if (status)
		return status;
	status = tdxmod_add_vcpu_page(m, regs->rcx, &vp);
	tdxmod_unlock_vp(&vp);
	return status;
}

/* As in the module, a vCPU with an ID in use takes its index nevertheless. */
static u64 tdxmod_set_x2apic_id(struct tdxmod_tdcs *tdcs, u32 index, u64 id)
{
	u32 i;

	if (id >> 32) {
		atomic_dec(&tdcs->nr_vcpus);
		return TDX_OPERAND_INVALID + TDX_R8;
	}
	for (i = 0; i < index && i < TDXMOD_NR_X2APIC_IDS; i++) {
		if (tdcs->x2apic_ids[i] == id)
			return TDX_X2APIC_ID_NOT_UNIQUE + id;
	}
	if (index < TDXMOD_NR_X2APIC_IDS)
		tdcs->x2apic_ids[index] = id;
	return TDX_SUCCESS;
}

static void tdxmod_start_vcpu(struct tdxmod_vp *vp, unsigned int lp)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tdxmod_vcpu_fields); i++)
		vp->vcpu->fields[i] = tdxmod_vcpu_fields[i].init;
	vp->vcpu->state = TDXMOD_VCPU_READY;
	atomic_set(&vp->vcpu->lp, lp + 1);
	atomic_inc(&vp->tdcs->nr_associated);
}

static u64 tdxmod_init_vcpu(struct tdxmod *m, unsigned int lp, const struct tdxmod_regs *regs,
			    struct tdxmod_vp *vp)
{
	u64 status = tdxmod_get_tdcs(m, vp->tdr.memory, BIT(TDXMOD_OP_INITIALIZED), &vp->tdcs);
	u32 index;

	if (status)
		return status;
	if (!tdxmod_vp_has_pages(vp))
		return TDX_TDCX_NUM_INCORRECT;
	if (vp->vcpu->state != TDXMOD_VCPU_UNINITIALIZED)
		return TDX_VCPU_STATE_INCORRECT;
	index = atomic_inc_return(&vp->tdcs->nr_vcpus) - 1;
	if (index >= vp->tdcs->config.max_vcpus) {
		atomic_dec(&vp->tdcs->nr_vcpus);
		return TDX_MAX_VCPUS_EXCEEDED;
	}
	if (VERSION(regs->rax)) {
		status = tdxmod_set_x2apic_id(vp->tdcs, index, regs->r8);
		if (status)
			return status;
	}
	tdxmod_start_vcpu(vp, lp);
	return TDX_SUCCESS;
}

/*
 * RCX TDVPR, RDX a number for the guest, R8 x2APIC ID in version 1.  Version 1 is newer
 * than 1.5.01.  It locks the TDR exclusively.
 */
u64 tdxmod_vp_init(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	unsigned int version = VERSION(regs->rax);
	struct tdxmod_vp vp;
	u64 status;

	if (version > 1)
		return TDX_OPERAND_INVALID;
	status = tdxmod_lock_vp(m, regs->rcx, true, TDX_RCX, version, &vp);
	if (status)
		return status;
	status = tdxmod_init_vcpu(m, lp, regs, &vp);
	tdxmod_unlock_vp(&vp);
	return status;
}

/* The vCPU stays associated if the leaf fails later. */
static u64 tdxmod_associate_vcpu(struct tdxmod_vp *vp, unsigned int lp)
{
	int old, new = lp + 1;

	if (vp->vcpu->state != TDXMOD_VCPU_READY)
		return TDX_VCPU_STATE_INCORRECT;
	old = atomic_cmpxchg_acquire(&vp->vcpu->lp, 0, new);
	if (!old)
		atomic_inc(&vp->tdcs->nr_associated);
	return old && old != new ? TDX_VCPU_ASSOCIATED : TDX_SUCCESS;
}

static u64 tdxmod_get_vcpu_field(const struct tdxmod_vcpu *vcpu, u64 id)
{
	unsigned int i = 0;

	while (tdxmod_vcpu_fields[i].id != id)
		i++;
	return vcpu->fields[i];
}

static u64 tdxmod_check_vcpu_field(const struct tdxmod *m, const struct tdxmod_vcpu *vcpu,
				   const struct tdxmod_vcpu_field *f, u64 value)
{
	if (f->shared_size && !tdxmod_pa_is_shared(m, value, f->shared_size))
		return TDX_METADATA_FIELD_VALUE_NOT_VALID;
	if (f->id == POSTED_INTR_NV && value > POSTED_INTR_NV_MAX)
		return TDX_METADATA_FIELD_VALUE_NOT_VALID;
	if (f->id != PIN_BASED_CONTROLS || !(value & PIN_BASED_POSTED_INTR))
		return TDX_SUCCESS;
	if (tdxmod_get_vcpu_field(vcpu, POSTED_INTR_NV) == POSTED_INTR_NV_INIT)
		return TDX_TD_VMCS_FIELD_NOT_INITIALIZED + POSTED_INTR_NV;
	if (tdxmod_get_vcpu_field(vcpu, POSTED_INTR_DESC_ADDR) == NULL_PA)
		return TDX_TD_VMCS_FIELD_NOT_INITIALIZED + POSTED_INTR_DESC_ADDR;
	return TDX_SUCCESS;
}

/*
 * The mask may have bits that are not writable, if they are 0 in @value.  These are the
 * only bits of the fields above that keep their values.
 */
static u64 tdxmod_write_vcpu_field(const struct tdxmod *m, struct tdxmod_vcpu *vcpu,
				   const struct tdxmod_vcpu_field *f, u64 value, u64 mask,
				   u64 *old_value)
{
	u64 *field = &vcpu->fields[f - tdxmod_vcpu_fields];
	u64 status, old = *field;

	if (!(mask & f->writable))
		return TDX_METADATA_FIELD_NOT_WRITABLE;
	if (value & mask & ~f->writable)
		return TDX_METADATA_FIELD_VALUE_NOT_VALID;
	value = ((old & ~mask) | (value & mask)) & f->writable;
	status = tdxmod_check_vcpu_field(m, vcpu, f, value);
	if (status)
		return status;

	*field = value;
	*old_value = old;
	return TDX_SUCCESS;
}

static const struct tdxmod_vcpu_field *tdxmod_find_vcpu_field(u64 id)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tdxmod_vcpu_fields); i++) {
		if (!(id & ID_RESERVED) && tdxmod_vcpu_fields[i].id == (id & ID_NAME))
			return &tdxmod_vcpu_fields[i];
	}
	return NULL;
}

static u64 tdxmod_write_vcpu(struct tdxmod *m, unsigned int lp, struct tdxmod_vp *vp,
			     const struct tdxmod_regs *in, u64 *old_value)
{
	u32 states = BIT(TDXMOD_OP_INITIALIZED) | BIT(TDXMOD_OP_RUNNABLE);
	const struct tdxmod_vcpu_field *f = tdxmod_find_vcpu_field(in->rdx);
	u64 status = tdxmod_get_tdcs(m, vp->tdr.memory, states, &vp->tdcs);

	if (status)
		return status;
	if (!tdxmod_vp_has_pages(vp))
		return TDX_TDCX_NUM_INCORRECT;
	status = tdxmod_associate_vcpu(vp, lp);
	if (status)
		return status;
	if (!f)
		return TDX_METADATA_FIELD_ID_INCORRECT;
	return tdxmod_write_vcpu_field(m, vp->vcpu, f, in->r8, in->r9, old_value);
}

/* RCX TDVPR, RDX field, R8 value, R9 mask of bits to write; out: R8 old value. */
u64 tdxmod_vp_wr(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	const struct tdxmod_regs in = *regs;
	struct tdxmod_vp vp;
	u64 status;

	regs->r8 = 0;
	status = tdxmod_lock_vp(m, in.rcx, false, TDX_RCX, false, &vp);
	if (status)
		return status;
	status = tdxmod_write_vcpu(m, lp, &vp, &in, &regs->r8);
	tdxmod_unlock_vp(&vp);
	return status;
}

/* A vCPU exists only if the TD has a TDCS, whose op state does not matter here. */
static u64 tdxmod_flush_vcpu(const struct tdxmod *m, unsigned int lp, struct tdxmod_vp *vp)
{
	u64 status = tdxmod_get_tdcs(m, vp->tdr.memory, ~0U, &vp->tdcs);

	if (status)
		return status;
	if (!tdxmod_vp_has_pages(vp))
		return TDX_TDCX_NUM_INCORRECT;
	if ((unsigned int)atomic_read(&vp->vcpu->lp) != lp + 1)
		return TDX_VCPU_NOT_ASSOCIATED;
	atomic_set(&vp->vcpu->lp, 0);
	atomic_dec(&vp->tdcs->nr_associated);
	return TDX_SUCCESS;
}

/* RCX TDVPR.  Only the LP with which the vCPU is associated can flush it. */
u64 tdxmod_vp_flush(struct tdxmod *m, unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_vp vp;
	u64 status = tdxmod_lock_vp(m, regs->rcx, true, TDX_RCX, false, &vp);

	if (status)
		return status;
	status = tdxmod_flush_vcpu(m, lp, &vp);
	tdxmod_unlock_vp(&vp);
	return status;
}
