// SPDX-License-Identifier: GPL-2.0-only
/*
 * Are these a host's memory and a module's limits?  What is not as it must be
 * is refused by name, before anything is made of it.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "tdmr_internal.h"

#define MAX_PA		BIT_ULL(52)
#define PAGE_BYTES	((u64)SZ_4K)

/**
 * tdmr_refuse - say why there is no layout
 * @layout: gets the trouble and the range
 * @trouble: what is wrong
 * @start: first byte of the range that it is about
 * @end: first byte after that range
 *
 * Return: the errno of @trouble.
 */
int tdmr_refuse(struct tdmr_layout *layout, enum tdmr_trouble trouble,
		u64 start, u64 end)
{
	layout->trouble = trouble;
	layout->bad_start = start;
	layout->bad_end = end;

	switch (trouble) {
	case TDMR_NO_TDMRS:
	case TDMR_NO_RESERVED:
	case TDMR_NO_PAMT:
		return -ENOSPC;
	case TDMR_OUTSIDE_CMRS:
		return -ERANGE;
	default:
		return -EINVAL;
	}
}

static int check_limits(struct tdmr_layout *layout)
{
	const struct tdmr_limits *limits = &layout->limits;

	if (limits->max_tdmrs && limits->max_reserved &&
	    limits->entry_size[TDMR_4K] && limits->entry_size[TDMR_2M] &&
	    limits->entry_size[TDMR_1G] &&
	    layout->pageblock >= PAGE_BYTES &&
	    !(layout->pageblock & (layout->pageblock - 1)))
		return 0;

	return tdmr_refuse(layout, TDMR_BAD_LIMITS, 0, 0);
}

/* Pages, ascending and disjoint.  Returns the first that is not, or @nr. */
static unsigned int first_bad(const struct tdmr_range *ranges, unsigned int nr)
{
	u64 end = 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (ranges[i].start >= ranges[i].end || ranges[i].start < end ||
		    ranges[i].end > MAX_PA ||
		    (ranges[i].start | ranges[i].end) & (PAGE_BYTES - 1))
			break;
		end = ranges[i].end;
	}

	return i;
}

static bool is_node(int node)
{
	return node >= 0 && node < TDMR_MAX_NODES;
}

static int check_ranges(struct tdmr_layout *layout)
{
	const struct tdmr_range *ranges = layout->ranges;
	unsigned int i = first_bad(ranges, layout->nr_ranges);

	if (!layout->nr_ranges)
		return tdmr_refuse(layout, TDMR_BAD_RANGE, 0, 0);
	if (i < layout->nr_ranges)
		return tdmr_refuse(layout, TDMR_BAD_RANGE, ranges[i].start,
			       ranges[i].end);

	for (i = 0; i < layout->nr_ranges; i++) {
		if (!is_node(ranges[i].node) ||
		    !is_node(tdmr_home(layout, ranges[i].node)))
			return tdmr_refuse(layout, TDMR_BAD_NODE, ranges[i].start,
				       ranges[i].end);
	}

	return 0;
}

/* Touching ones become one. */
static bool add_part(struct tdmr_layout *layout, u64 start, u64 end)
{
	struct tdmr_range *parts = layout->parts;
	unsigned int nr = layout->nr_parts;

	if (nr && parts[nr - 1].end == start) {
		parts[nr - 1].end = end;
		return true;
	}

	if (nr == TDMR_MAX_CMRS)
		return false;

	parts[nr] = (struct tdmr_range) { .start = start, .end = end };
	layout->nr_parts++;
	return true;
}

static int parts_from_memory(struct tdmr_layout *layout)
{
	const struct tdmr_range *range = layout->ranges;
	unsigned int i;

	for (i = 0; i < layout->nr_ranges; i++, range++) {
		if (!add_part(layout, range->start, range->end))
			return tdmr_refuse(layout, TDMR_BAD_CMR, range->start,
				       range->end);
	}

	return 0;
}

static int parts_from_cmrs(struct tdmr_layout *layout)
{
	const struct tdmr_range *cmr = layout->cmrs;
	unsigned int i;

	if (layout->nr_cmrs > TDMR_MAX_CMRS)
		return tdmr_refuse(layout, TDMR_BAD_CMR, 0, 0);

	i = first_bad(cmr, layout->nr_cmrs);
	if (i < layout->nr_cmrs)
		return tdmr_refuse(layout, TDMR_BAD_CMR, cmr[i].start, cmr[i].end);

	for (i = 0; i < layout->nr_cmrs; i++, cmr++)
		add_part(layout, cmr->start, cmr->end);

	return 0;
}

static int make_parts(struct tdmr_layout *layout)
{
	layout->nr_parts = 0;

	return layout->nr_cmrs ? parts_from_cmrs(layout) :
				 parts_from_memory(layout);
}

/* Every page that the page allocator has must be one that the module takes. */
static int check_convertible(struct tdmr_layout *layout)
{
	const struct tdmr_range *range = layout->ranges;
	const struct tdmr_range *part = layout->parts;
	const struct tdmr_range *end = part + layout->nr_parts;
	unsigned int i;
	u64 at;

	for (i = 0; i < layout->nr_ranges; i++, range++) {
		for (at = range->start; at < range->end; at = part->end) {
			while (part < end && part->end <= at)
				part++;
			if (part < end && part->start <= at)
				continue;

			return tdmr_refuse(layout, TDMR_OUTSIDE_CMRS, at,
				       part == end ? range->end :
				       min(range->end, part->start));
		}
	}

	return 0;
}

/*
 * A part without memory may as well be reserved: the holes around it are one
 * then.
 */
static void drop_unused_parts(struct tdmr_layout *layout)
{
	unsigned int i, r, nr = 0;

	for (i = 0; i < layout->nr_parts; i++) {
		r = tdmr_range_after(layout, layout->parts[i].start);
		if (r < layout->nr_ranges &&
		    layout->ranges[r].start < layout->parts[i].end)
			layout->parts[nr++] = layout->parts[i];
	}

	layout->nr_parts = nr;
}

/**
 * tdmr_check_inputs - check what the caller has set
 * @layout: gets the convertible memory of use
 *
 * Return: 0; -EINVAL for input that is not as it must be, -ERANGE for memory
 * outside the CMRs, and @layout has the trouble and the range.
 */
int tdmr_check_inputs(struct tdmr_layout *layout)
{
	int ret;

	ret = check_limits(layout);
	if (ret)
		return ret;
	ret = check_ranges(layout);
	if (ret)
		return ret;
	ret = make_parts(layout);
	if (ret)
		return ret;
	ret = check_convertible(layout);
	if (ret)
		return ret;
	drop_unused_parts(layout);

	return 0;
}
