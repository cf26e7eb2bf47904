/* SPDX-License-Identifier: GPL-2.0-only */
/* Finding memory for a PAMT, which those do who place them. */
#ifndef _X86_VIRT_TDX_TDMR_SEARCH_H
#define _X86_VIRT_TDX_TDMR_SEARCH_H

#include <linux/types.h>

#include "tdmr_internal.h"

/**
 * struct pamt_search - for a place of a PAMT
 * @layout: planned
 * @plan: whose PAMT, which has no place
 * @host: the TDMR in which it is to be; NULL for no matter where
 * @spare: @host has an area left, so any place will do; without @host, areas
 *	that are left may be used
 * @near: only memory of the node of @plan
 * @far: only memory of other nodes
 * @ceiling: the PAMT must end at or below
 * @block: bytes of the blocks that the PAMT must not share: neither with other
 *	PAMTs nor with what is no memory
 * @pamts: that have places
 */
struct pamt_search {
	struct tdmr_layout *layout;
	struct tdmr_plan *plan;
	const struct tdmr_plan *host;
	bool spare;
	bool near;
	bool far;
	u64 ceiling;
	u64 block;
	struct tdmr_pamts pamts;
};

unsigned int pamt_host_of(const struct tdmr_layout *layout, u64 addr);
bool pamt_can_touch(const struct pamt_search *s, unsigned int i);
bool pamt_try_exactly(const struct pamt_search *s, u64 start, u64 end,
		      u64 base);
bool pamt_try_touching(const struct pamt_search *s, u64 start, u64 end);
unsigned int pamt_skip_to_reserved(const struct pamt_search *s, unsigned int i);
unsigned int pamt_first_beyond(const struct tdmr_layout *layout, u64 limit);
bool pamt_search_memory(const struct pamt_search *s, u64 base, u64 limit);

#endif /* _X86_VIRT_TDX_TDMR_SEARCH_H */
