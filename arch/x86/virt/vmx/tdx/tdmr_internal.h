/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the planner share, in the order in which they are used. */
#ifndef _X86_VIRT_TDX_TDMR_INTERNAL_H
#define _X86_VIRT_TDX_TDMR_INTERNAL_H

#include <linux/bits.h>
#include <linux/types.h>

#include "tdmr_layout.h"

#define TDMR_GIB_SHIFT	30

/* More GiB than there are addresses for. */
#define TDMR_ANY_SIZE	BIT_ULL(23)

static inline u64 tdmr_gib(u64 n)
{
	return n << TDMR_GIB_SHIFT;
}

/* The node whose CPUs work on @node's lanes; it may serve several. */
static inline int tdmr_home(const struct tdmr_layout *layout, int node)
{
	return layout->home ? layout->home[node] : node;
}

static inline unsigned int tdmr_cpus(const struct tdmr_layout *layout, int home)
{
	return layout->lanes[home] ?: 1;
}

/* tdmr_check.c */
int tdmr_refuse(struct tdmr_layout *layout, enum tdmr_trouble trouble,
		u64 start, u64 end);
int tdmr_check_inputs(struct tdmr_layout *layout);

/* tdmr_runs.c */
unsigned int tdmr_range_after(const struct tdmr_layout *layout, u64 addr);
void tdmr_find_runs(struct tdmr_layout *layout);
int tdmr_main_node(struct tdmr_layout *layout, u32 start, u32 end);

/**
 * struct tdmr_cover - limits for the TDMRs that cover the runs
 * @layout: the layout; its spans become the TDMRs
 * @max_nr: TDMRs allowed
 * @max_holes: holes allowed in each of them
 * @max_size: GiB allowed in each of them
 * @sizes: GiB allowed in each, one TDMR after another; NULL for @max_size in all
 * @max_cost: gaps that cost less are bridged, others are not
 * @mixed: gaps between nodes may be bridged, too
 * @tries: attempts that are left to find the gaps not to bridge
 */
struct tdmr_cover {
	struct tdmr_layout *layout;
	unsigned int max_nr;
	unsigned int max_holes;
	u64 max_size;
	const u32 *sizes;
	u64 max_cost;
	bool mixed;
	u32 tries;
};

/* tdmr_gaps.c */
void tdmr_price_gaps(struct tdmr_layout *layout, bool mixed);
u64 tdmr_too_dear(const struct tdmr_layout *layout);
u64 tdmr_nearest_cost(const struct tdmr_layout *layout, u64 cost, bool below);
unsigned int tdmr_bridge_gaps(const struct tdmr_cover *c, unsigned int i,
			      u32 reach);
unsigned int tdmr_dearest_gap(const struct tdmr_layout *layout, int home);
void tdmr_give_up(struct tdmr_layout *layout, unsigned int dearest,
		  unsigned int nr, u32 parted);
void tdmr_take_back(struct tdmr_layout *layout, int home, u32 nr);
void tdmr_take_all_back(struct tdmr_layout *layout);

/* tdmr_cover.c */
struct tdmr_cover tdmr_any_cover(struct tdmr_layout *layout);
u32 tdmr_reach(const struct tdmr_layout *layout, u32 start, unsigned int max);
bool tdmr_can_cover(struct tdmr_cover *c);
bool tdmr_cover_runs(struct tdmr_cover *c);
void tdmr_find_least(struct tdmr_cover *c, u64 *limit, u64 lo,
		     bool (*suffices)(struct tdmr_cover *c));
void tdmr_find_cost(struct tdmr_cover *c, bool (*suffices)(struct tdmr_cover *c));

/* tdmr_join.c */
int tdmr_join_runs(struct tdmr_layout *layout);
void tdmr_cut_spans(struct tdmr_layout *layout, unsigned int max);

/* tdmr_layout.c */
void tdmr_layout_shrink(struct tdmr_layout *layout);
bool tdmr_layout_resize(struct tdmr_layout *layout, const u32 *sizes,
			unsigned int max_holes, bool cut);
void tdmr_layout_recut(struct tdmr_layout *layout, unsigned int i, u32 border);

/* tdmr_stretch.c */
unsigned int tdmr_stretch_start(const struct tdmr_layout *layout,
				unsigned int i);
unsigned int tdmr_stretch_end(const struct tdmr_layout *layout, unsigned int i);
void tdmr_find_longest(struct tdmr_layout *layout);

/**
 * struct tdmr_pamts - PAMTs that have places, the lowest first
 * @pamt: their TDMRs
 * @nr: how many there are
 */
struct tdmr_pamts {
	const struct tdmr_plan *pamt[TDMR_MAX_PLANS];
	unsigned int nr;
};

/* tdmr_pamts.c */
void tdmr_find_pamts(struct tdmr_pamts *pamts, const struct tdmr_layout *layout,
		     u64 start, u64 end);
unsigned int tdmr_pamts_below(const struct tdmr_pamts *pamts, u64 addr);

/* tdmr_reserve.c */
void tdmr_size_pamts(struct tdmr_plan *plan, u32 gibs,
		     const struct tdmr_limits *limits);
unsigned int tdmr_areas(const struct tdmr_layout *layout,
			const struct tdmr_plan *plan, struct tdmr_area *areas);
unsigned int tdmr_part_after(const struct tdmr_layout *layout, u64 addr);
u64 tdmr_reserved_below(const struct tdmr_layout *layout,
			const struct tdmr_pamts *pamts, u64 addr);

/* Are there areas for what must be reserved in a TDMR? */
static inline bool tdmr_fits_in(const struct tdmr_layout *layout,
				const struct tdmr_plan *host)
{
	return tdmr_areas(layout, host, NULL) <= layout->limits.max_reserved;
}

/* tdmr_row.c */
void tdmr_place_rows(struct tdmr_layout *layout);

/* tdmr_place.c */
struct tdmr_plan *tdmr_pack_all(struct tdmr_layout *layout);

/* tdmr_reshape.c */
struct tdmr_plan *tdmr_reshape(struct tdmr_layout *layout);

#endif /* _X86_VIRT_TDX_TDMR_INTERNAL_H */
