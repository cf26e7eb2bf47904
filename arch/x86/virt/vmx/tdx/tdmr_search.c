// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find memory for a PAMT.
 *
 * In a TDMR with areas to spare that is the highest memory that is long enough, in
 * whole blocks, and not another PAMT's.  In one without, only memory will do at whose
 * end the PAMT touches what is reserved already.
 *
 * Cost: linear in the ranges of TDMRs with areas to spare.  In others only memory
 * is looked at that is next to something reserved, of which there is little.
 */
#include <linux/limits.h>
#include <linux/minmax.h>

#include "tdmr_search.h"

static u64 block_down(const struct pamt_search *s, u64 addr)
{
	return addr & ~(s->block - 1);
}

static u64 block_up(const struct pamt_search *s, u64 addr)
{
	return block_down(s, addr + s->block - 1);
}

/* The highest PAMT that has one of the blocks of @start to @end. */
static const struct tdmr_plan *pamt_in(const struct pamt_search *s, u64 start,
				       u64 end)
{
	unsigned int nr = tdmr_pamts_below(&s->pamts, block_up(s, end));
	const struct tdmr_plan *highest = nr ? s->pamts.pamt[nr - 1] : NULL;

	return highest && tdmr_pamt_end(highest) > block_down(s, start) ?
	       highest : NULL;
}

/* The TDMR that has memory at @addr. */
unsigned int pamt_host_of(const struct tdmr_layout *layout, u64 addr)
{
	unsigned int lo = 0, hi = layout->nr_plans - 1, mid;

	while (lo < hi) {
		mid = lo + (hi - lo + 1) / 2;
		if (layout->plans[mid].base > addr)
			hi = mid - 1;
		else
			lo = mid;
	}

	return lo;
}

static unsigned int areas_without(const struct pamt_search *s,
				  const struct tdmr_plan *host)
{
	u64 base = s->plan->pamt_base;
	unsigned int areas;

	s->plan->pamt_base = 0;
	areas = tdmr_areas(s->layout, host, NULL);
	s->plan->pamt_base = base;

	return areas;
}

/* Have the TDMRs in which the PAMT is now areas enough? */
static bool areas_suffice(const struct pamt_search *s)
{
	const struct tdmr_plan *host = s->host;
	unsigned int i;

	if (host)
		return s->spare || tdmr_fits_in(s->layout, host);

	for (i = pamt_host_of(s->layout, s->plan->pamt_base);
	     i < s->layout->nr_plans; i++) {
		host = &s->layout->plans[i];
		if (host->base >= tdmr_pamt_end(s->plan))
			break;
		if (!tdmr_fits_in(s->layout, host))
			return false;
		if (!s->spare && tdmr_areas(s->layout, host, NULL) >
				 areas_without(s, host))
			return false;
	}

	return true;
}

/* Address 0 is no place: it says that there is none. */
static bool try_at(const struct pamt_search *s, u64 base)
{
	if (!base)
		return false;

	s->plan->pamt_base = base;
	if (areas_suffice(s))
		return true;

	s->plan->pamt_base = 0;
	return false;
}

/* Anywhere from @start to @end, as high as other PAMTs let it. */
static bool try_anywhere(const struct pamt_search *s, u64 start, u64 end)
{
	u64 bytes = tdmr_pamt_bytes(s->plan);
	const struct tdmr_plan *other;

	while (end > start && end - start >= bytes) {
		other = pamt_in(s, end - bytes, end);
		if (!other)
			return try_at(s, end - bytes);
		end = min(end, block_down(s, other->pamt_base));
	}

	return false;
}

bool pamt_try_exactly(const struct pamt_search *s, u64 start, u64 end, u64 base)
{
	u64 bytes = tdmr_pamt_bytes(s->plan);

	return base >= start && base < end && end - base >= bytes &&
	       !pamt_in(s, base, base + bytes) && try_at(s, base);
}

/* From @start to @end, where it may touch what is reserved already. */
bool pamt_try_touching(const struct pamt_search *s, u64 start, u64 end)
{
	u64 bytes = tdmr_pamt_bytes(s->plan);
	unsigned int i;

	if (end < start || end - start < bytes)
		return false;
	if (pamt_try_exactly(s, start, end, end - bytes) ||
	    pamt_try_exactly(s, start, end, start))
		return true;

	i = tdmr_pamts_below(&s->pamts, end);
	while (i--) {
		const struct tdmr_plan *other = s->pamts.pamt[i];
		u64 below = block_down(s, other->pamt_base) - bytes;
		u64 above = block_up(s, tdmr_pamt_end(other));

		if (tdmr_pamt_end(other) <= start)
			break;
		if (pamt_try_exactly(s, start, end, below) ||
		    pamt_try_exactly(s, start, end, above))
			return true;
	}

	return false;
}

/* Can a PAMT in the stretch from range @i on touch what is reserved already? */
bool pamt_can_touch(const struct pamt_search *s, unsigned int i)
{
	const struct tdmr_layout *layout = s->layout;
	unsigned int next = tdmr_stretch_end(layout, i);
	u64 above = U64_MAX, below = i ? layout->ranges[i - 1].end : 0;

	/* The first byte of the memory above may be a PAMT's. */
	if (next < layout->nr_ranges)
		above = layout->ranges[next].start + 1;

	return tdmr_reserved_below(layout, &s->pamts, above) >= below;
}

/*
 * Without an area to spare: the end of the next stretch, of those before range
 * @i, where a PAMT can touch what is reserved already, over a gap or not; the
 * others need not be looked at.  0 if there is none.
 */
unsigned int pamt_skip_to_reserved(const struct pamt_search *s, unsigned int i)
{
	const struct tdmr_layout *layout = s->layout;
	const struct tdmr_range *ranges = layout->ranges;
	unsigned int end;
	u64 reserved;

	if (!i)
		return 0;

	/* The PAMT of the stretch above, the gap before it, or farther down. */
	reserved = tdmr_reserved_below(layout, &s->pamts, ranges[i].start + 1);
	if (reserved > ranges[i - 1].end)
		return i;
	if (!reserved)
		return 0;

	end = tdmr_stretch_end(layout, tdmr_range_after(layout, reserved - 1));
	if (end < i && ranges[end - 1].end == reserved)
		end = tdmr_stretch_end(layout, end);

	return end;
}

/* The first range that begins at or beyond @limit. */
unsigned int pamt_first_beyond(const struct tdmr_layout *layout, u64 limit)
{
	unsigned int i = tdmr_range_after(layout, limit - 1);

	return i < layout->nr_ranges && layout->ranges[i].start < limit ? i + 1 : i;
}

/* In the memory of GiB-aligned @base to @limit, from the top. */
bool pamt_search_memory(const struct pamt_search *s, u64 base, u64 limit)
{
	const struct tdmr_layout *layout = s->layout;
	unsigned int first = tdmr_range_after(layout, base);
	unsigned int i = pamt_first_beyond(layout, limit);
	bool found = false;
	u64 start, end;

	limit = min(limit, s->ceiling);

	while (i > first && !found) {
		end = min(layout->ranges[i - 1].end, limit);
		i = tdmr_stretch_start(layout, i - 1);
		start = block_up(s, max(layout->ranges[i].start, base));
		end = block_down(s, end);
		if (layout->ranges[i].node == s->plan->node ? s->far : s->near)
			found = false;
		else
			found = s->spare ? try_anywhere(s, start, end) :
					   pamt_try_touching(s, start, end);
		if (!s->spare && !found)
			i = pamt_skip_to_reserved(s, i);
	}

	return found;
}
