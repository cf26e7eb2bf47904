// SPDX-License-Identifier: GPL-2.0-only
/* Run the TDMR planner on a host, and describe the reason if it finds no layout. */
#include <stdio.h>
#include <string.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout.h"

/* Chooses the TDMRs of a host, and places their PAMTs.  Returns 0, or the planner's errno. */
int layout_make(struct tdmr_layout *layout, const struct tdmr_host *host)
{
	int ret;

	ret = tdmr_plan(host, layout);
	if (!ret)
		ret = tdmr_place(host, layout);
	if (!ret)
		tdmr_settle(layout);

	return ret;
}

/* Each TDMR, and each piece of a row, is a lane.  No node has more lanes than this. */
#define MAX_LANES	(TDMR_MAX * TDMR_ROW_PIECES)

struct lane {
	int node;
	u64 work;
};

/* An idle CPU takes the next lane of its nodes.  Returns the work of the busiest CPU. */
static u64 busiest(const struct tdmr_host *host, const struct lane *lanes, unsigned int nr)
{
	unsigned int i, home, cpu, cpus, best;
	u64 done[MAX_LANES], most = 0;

	for (home = 0; home < host->nr_nodes; home++) {
		cpus = clamp(host->nodes[home].cpus, 1U, (unsigned int)MAX_LANES);
		memset(done, 0, cpus * sizeof(*done));
		for (i = 0; i < nr; i++) {
			if (host->nodes[lanes[i].node].home != (int)home)
				continue;
			for (best = 0, cpu = 1; cpu < cpus; cpu++)
				best = done[cpu] < done[best] ? cpu : best;
			done[best] += lanes[i].work;
			most = max(most, done[best]);
		}
	}

	return most;
}

/* Returns the GiB that the busiest CPU initializes.  CPUs begin with the largest TDMRs. */
u32 layout_makespan(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	struct lane lanes[TDMR_MAX];
	unsigned int i, order[TDMR_MAX];

	tdmr_order(layout, order);
	for (i = 0; i < layout->nr_tdmrs; i++) {
		const struct tdmr *tdmr = &layout->tdmrs[order[i]];

		lanes[i] = (struct lane) { tdmr->node, tdmr->size / SZ_1G };
	}

	return busiest(host, lanes, layout->nr_tdmrs);
}

/*
 * Returns the bytes of PAMTs that the busiest CPU allocates.  @pieces: gets the number of
 * allocations of all CPUs.
 */
u64 layout_busiest_pamt(const struct tdmr_host *host, const struct tdmr_layout *layout,
			unsigned int *pieces)
{
	struct lane lanes[MAX_LANES];
	unsigned int i, j, nr;

	*pieces = 0;
	for (i = 0; i < layout->nr_rows; i++) {
		const struct tdmr_row *row = &layout->rows[i];

		nr = tdmr_row_pieces(row);
		for (j = 0; j < nr; j++)
			lanes[(*pieces)++] = (struct lane) {
				row->node, tdmr_row_cut(host, row, nr, j + 1) -
					   tdmr_row_cut(host, row, nr, j)
			};
	}

	return busiest(host, lanes, *pieces);
}

static const char *what_is_wrong(u64 start, u64 end)
{
	if (start >= end)
		return "is empty";
	if ((start | end) & (SZ_4K - 1))
		return "is not aligned to 4 KiB";
	if (end > 1ULL << 52)
		return "ends beyond 2^52";

	return "overlaps or is below the preceding range";
}

static int node_of_bad_range(const struct tdmr_layout *layout, const struct tdmr_host *host)
{
	unsigned int i = 0;

	while (host->ranges[i].start != layout->bad_start)
		i++;

	return host->ranges[i].node;
}

static u64 bytes_of_bad_pamt(const struct tdmr_layout *layout)
{
	unsigned int i = 0;

	while (layout->tdmrs[i].base != layout->bad_start)
		i++;

	return tdmr_pamt_bytes(&layout->tdmrs[i]);
}

/* Describes in one line why layout_make() failed. */
void layout_trouble(const struct tdmr_layout *layout, const struct tdmr_host *host,
		    char *words, size_t size)
{
	const struct tdmr_limits *limits = &host->limits;
	u64 start = layout->bad_start, end = layout->bad_end;
	char range[64];

	snprintf(range, sizeof(range), "[0x%llx, 0x%llx)", start, end);

	switch (layout->trouble) {
	case TDMR_BAD_LIMITS:
		snprintf(words, size, "a limit is 0: max_tdmrs=%u max_reserved=%u",
			 limits->max_tdmrs, limits->max_reserved);
		break;
	case TDMR_BAD_RANGE:
		if (host->nr_ranges)
			snprintf(words, size, "memory %s %s", range, what_is_wrong(start, end));
		else
			snprintf(words, size, "there is no mem line");
		break;
	case TDMR_BAD_NODE:
		snprintf(words, size, "memory %s is on node %d, nodes are 0 to %u", range,
			 node_of_bad_range(layout, host), host->nr_nodes - 1);
		break;
	case TDMR_BAD_CMR:
		if (host->nr_cmrs)
			snprintf(words, size, "CMR %s %s", range, what_is_wrong(start, end));
		else
			snprintf(words, size, "memory has over 32 ranges, up to %s: add cmr lines",
				 range);
		break;
	case TDMR_OUTSIDE_CMRS:
		snprintf(words, size, "memory %s is outside all CMRs: the module cannot use it",
			 range);
		break;
	case TDMR_NO_RESERVED:
		snprintf(words, size, "TDMR %s needs more than %u reserved areas", range,
			 limits->max_reserved);
		break;
	case TDMR_NO_PAMT:
		snprintf(words, size,
			 "the PAMT of TDMR %s does not fit: %llu KiB, %u reserved areas",
			 range, bytes_of_bad_pamt(layout) >> 10, limits->max_reserved);
		break;
	case TDMR_FINE:
		*words = '\0';
		break;
	}
}
