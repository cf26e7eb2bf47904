// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check the description of a host.  The check rejects invalid input, and struct
 * tdmr_layout gets the reason and the range.
 */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "tdmr.h"

#define TDMR_MAX_PA	BIT_ULL(52)

/* Record the reason of an error and the range that caused it.  Returns the errno. */
int tdmr_refuse(struct tdmr_layout *layout, enum tdmr_trouble trouble,
		u64 start, u64 end)
{
	layout->trouble = trouble;
	layout->bad_start = start;
	layout->bad_end = end;

	switch (trouble) {
	case TDMR_NO_RESERVED:
	case TDMR_NO_PAMT:
		return -ENOSPC;
	case TDMR_OUTSIDE_CMRS:
		return -ERANGE;
	default:
		return -EINVAL;
	}
}

static int tdmr_check_limits(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	const struct tdmr_limits *limits = &host->limits;

	if (limits->max_tdmrs && limits->max_reserved &&
	    limits->entry_size[TDMR_4K] && limits->entry_size[TDMR_2M] &&
	    limits->entry_size[TDMR_1G] && host->block >= SZ_4K &&
	    !(host->block & (host->block - 1)))
		return 0;

	return tdmr_refuse(layout, TDMR_BAD_LIMITS, 0, 0);
}

/* Returns the first range that is not whole pages after the previous range, or @nr. */
static unsigned int tdmr_first_bad(const struct tdmr_range *ranges, unsigned int nr)
{
	unsigned int i;
	u64 end = 0;

	for (i = 0; i < nr; i++) {
		if (ranges[i].start >= ranges[i].end || ranges[i].start < end ||
		    ranges[i].end > TDMR_MAX_PA ||
		    (ranges[i].start | ranges[i].end) & (SZ_4K - 1))
			break;
		end = ranges[i].end;
	}

	return i;
}

static int tdmr_check_ranges(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	const struct tdmr_range *range = host->ranges;
	unsigned int i, node;

	if (!host->nr_ranges)
		return tdmr_refuse(layout, TDMR_BAD_RANGE, 0, 0);

	i = tdmr_first_bad(range, host->nr_ranges);
	if (i < host->nr_ranges)
		return tdmr_refuse(layout, TDMR_BAD_RANGE, range[i].start, range[i].end);

	for (i = 0; i < host->nr_ranges; i++, range++) {
		/* A negative node becomes a large unsigned number. */
		node = range->node;
		if (node < host->nr_nodes)
			node = host->nodes[node].home;
		if (node >= host->nr_nodes)
			return tdmr_refuse(layout, TDMR_BAD_NODE, range->start, range->end);
	}

	return 0;
}

/* Add a range, merged with an adjacent part.  Returns false if @parts is full. */
static bool tdmr_add_part(struct tdmr_layout *layout, const struct tdmr_range *range)
{
	struct tdmr_range *parts = layout->parts;
	unsigned int nr = layout->nr_parts;

	if (nr && parts[nr - 1].end == range->start) {
		parts[nr - 1].end = range->end;
		return true;
	}
	if (nr == TDMR_MAX_CMRS)
		return false;

	parts[nr] = (struct tdmr_range) { .start = range->start, .end = range->end };
	layout->nr_parts++;

	return true;
}

static int tdmr_make_parts(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	const struct tdmr_range *from = host->nr_cmrs ? host->cmrs : host->ranges;
	unsigned int nr = host->nr_cmrs ?: host->nr_ranges;
	unsigned int i;

	if (host->nr_cmrs > TDMR_MAX_CMRS)
		return tdmr_refuse(layout, TDMR_BAD_CMR, 0, 0);

	i = tdmr_first_bad(from, nr);
	if (i < nr)
		return tdmr_refuse(layout, TDMR_BAD_CMR, from[i].start, from[i].end);

	layout->nr_parts = 0;
	for (i = 0; i < nr; i++) {
		if (!tdmr_add_part(layout, &from[i]))
			return tdmr_refuse(layout, TDMR_BAD_CMR, from[i].start, from[i].end);
	}

	return 0;
}

/*
 * Check that all memory of the page allocator is convertible.  Drop parts without such
 * memory, so that one reserved area can cover a part and the holes around it.
 */
static int tdmr_check_parts(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	unsigned int i, p = 0, next, kept = 0, nr = layout->nr_parts;
	struct tdmr_range *parts = layout->parts;
	u64 at;

	for (i = 0; i < host->nr_ranges; i++) {
		const struct tdmr_range *range = &host->ranges[i];

		while (p < nr && parts[p].end <= range->start)
			p++;
		next = p + (p < nr && parts[p].start <= range->start);
		at = next > p ? parts[p].end : range->start;
		if (at < range->end)
			return tdmr_refuse(layout, TDMR_OUTSIDE_CMRS, at, next < nr ?
					   min(range->end, parts[next].start) : range->end);
		if (!kept || parts[kept - 1].end != parts[p].end)
			parts[kept++] = parts[p];
	}
	layout->nr_parts = kept;

	return 0;
}

/**
 * tdmr_check - check the description of a host
 * @host: the host
 * @layout: gets the convertible memory
 *
 * Return: 0; -EINVAL if the input is invalid; -ERANGE if memory is outside the CMRs.
 * After an error, @layout has the reason and the range.
 */
int tdmr_check(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	return tdmr_check_limits(host, layout) ?:
	       tdmr_check_ranges(host, layout) ?:
	       tdmr_make_parts(host, layout) ?:
	       tdmr_check_parts(host, layout);
}
