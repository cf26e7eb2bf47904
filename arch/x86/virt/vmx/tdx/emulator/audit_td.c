// SPDX-License-Identifier: GPL-2.0-only
/*
 * The audit of TDs: the pages and KeyIDs that the host gives to them.
 *
 * The emulator holds a reference on each page of a TD.  If the host frees such a page,
 * the page stays allocated, and the audit reports it when the module gives the page back.
 *
 * The module refuses to assign a KeyID that is in use or whose cache lines are not
 * written back.  A host that keeps the rules meets no such refusal.
 */
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "internal.h"

static atomic_t tdx_audit_nr_td_pages;

/* The module gives a page to a TD, or back to the host, and has locked the page. */
void tdx_audit_set_page_type(u64 pa, u8 type)
{
	struct page *page = pfn_to_page(PHYS_PFN(pa));

	if (tdx_audit_is_paused())
		return;

	if (type != TDXMOD_PT_NDA) {
		get_page(page);
		atomic_inc(&tdx_audit_nr_td_pages);
		return;
	}

	atomic_dec(&tdx_audit_nr_td_pages);
	if (page_count(page) == 1)
		tdx_audit_report(TDX_AUDIT_TD_PAGE, "0x%llx freed while a TD had it", pa);
	put_page(page);
}

/* SYS.DISABLE ends all TDs.  Only a kernel that goes down may leave some. */
void tdx_audit_forget_tds(void)
{
	int nr = atomic_xchg(&tdx_audit_nr_td_pages, 0);

	if (nr && system_state <= SYSTEM_RUNNING)
		tdx_audit_report(TDX_AUDIT_TD_PAGE, "SYS.DISABLE while TDs have %d pages", nr);
}

static bool tdx_audit_keyid_is_free(u64 keyid)
{
	return keyid < TDXMOD_MAX_HKIDS &&
	       keyid >= tdx_emu_module.platform.hkid_start &&
	       READ_ONCE(tdx_emu_module.kot[keyid].state) == TDXMOD_HKID_FREE;
}

/* Checks the answer to a call that concerns a TD. */
void tdx_audit_after_td(const struct tdxmod_regs *in, u64 status)
{
	const struct tdxmod_platform *p = &tdx_emu_module.platform;

	switch (TDX_EMU_LEAF(in->rax)) {
	case LEAF_MNG_CREATE:
		if (status == TDX_EMU_HKID_NOT_FREE)
			tdx_audit_report(TDX_AUDIT_TD_KEYID, "%llu is not free", in->rdx);
		break;
	case LEAF_MNG_KEY_FREEID:
		if (status == TDX_EMU_WBCACHE_NOT_COMPLETE)
			tdx_audit_report(TDX_AUDIT_TD_KEYID,
					 "TD 0x%llx: CACHE.WB is missing on a package", in->rcx);
		break;
	case LEAF_PAGE_WBINVD:
		if (tdx_audit_keyid_is_free(in->rcx >> (p->maxpa - p->keyid_bits)))
			tdx_audit_report(TDX_AUDIT_TD_KEYID,
					 "address 0x%llx has a KeyID that is free", in->rcx);
		break;
	}
}

/* What TDs have: pages, and KeyIDs that are not free again. */
int tdx_tds_show(struct seq_file *m, void *unused)
{
	unsigned int i, nr = 0;
	u32 state;

	for (i = 0; i < TDXMOD_MAX_HKIDS; i++) {
		state = READ_ONCE(tdx_emu_module.kot[i].state);
		nr += state == TDXMOD_HKID_ASSIGNED || state == TDXMOD_HKID_FLUSHED;
	}
	seq_printf(m, "pages %d\nkeyids %u\n", atomic_read(&tdx_audit_nr_td_pages), nr);

	return 0;
}
