// SPDX-License-Identifier: GPL-2.0-only
/*
 * Place the PAMTs, and list the reserved areas of TDMRs.
 *
 * The PAMTs of a node are one row at the top of its memory.  The row is one local
 * allocation, and one reserved area in each TDMR that it overlaps.  The PAMTs for 4 KiB
 * pages come first.  Each of them takes 4 MiB for each GiB of its TDMR:
 *
 *	TDMRs		[0          )[1     )
 *	row		|4K 0 |4K 1 |2M 0|1G 0|2M 1|1G 1|
 *
 * If a node has no room for its row, the PAMTs of each TDMR become a separate row.
 *
 * To allocate a range, the kernel isolates each block that the range overlaps.  That
 * fails if the block contains an unmovable page, such as a page of an allocated PAMT.
 * So rows share no block with each other or with a hole.
 *
 *	blocks		|       |       |       |       |
 *	memory		|###########################| hole
 *	row		                |ppppppp|
 */
#include <linux/align.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "tdmr.h"

#define TDMR_ANY_NODE	(-1)

/* Find the next border of a hole or row after @at.  Set @reserved if @at is in one. */
static u64 tdmr_next_border(const struct tdmr_layout *layout, u64 at, bool *reserved)
{
	u64 next = U64_MAX;
	unsigned int i;

	*reserved = true;
	for (i = 0; i < layout->nr_parts; i++) {
		const struct tdmr_range *part = &layout->parts[i];

		if (at >= part->end)
			continue;
		*reserved = at < part->start;
		next = *reserved ? part->start : part->end;
		break;
	}

	for (i = 0; i < layout->nr_rows; i++) {
		const struct tdmr_row *row = &layout->rows[i];

		if (!row->base || at >= tdmr_row_end(row))
			continue;
		*reserved |= at >= row->base;
		next = min(next, at < row->base ? row->base : tdmr_row_end(row));
	}

	return next;
}

/**
 * tdmr_next_area - find the next reserved area of a TDMR: holes and PAMTs
 * @layout: the layout; the function ignores rows without a place
 * @tdmr: one of its TDMRs
 * @area: the previous area, or zeroes to find the first; gets the next area
 *
 * Areas are in ascending order and are not adjacent.
 *
 * Return: true if @area has the next area; false after the last area.
 */
bool tdmr_next_area(const struct tdmr_layout *layout, const struct tdmr *tdmr,
		    struct tdmr_area *area)
{
	u64 at, next, end = tdmr_end_of(tdmr);
	bool reserved, found = false;

	for (at = tdmr->base + area->offset + area->size; at < end; at = next) {
		next = min(tdmr_next_border(layout, at, &reserved), end);
		if (reserved && !found)
			*area = (struct tdmr_area) { .offset = at - tdmr->base };
		if (reserved)
			area->size += next - at;
		else if (found)
			break;
		found |= reserved;
	}

	return found;
}

/**
 * tdmr_find_full - find a TDMR with too many reserved areas
 * @layout: the layout; the function ignores rows without a place
 * @start: address of the first byte of a range
 * @end: address of the first byte after the range
 * @max: the largest allowed number of areas
 *
 * Return: the first TDMR that overlaps the range and has more than @max areas, or NULL.
 */
const struct tdmr *tdmr_find_full(const struct tdmr_layout *layout, u64 start, u64 end,
				  unsigned int max)
{
	const struct tdmr *tdmr = layout->tdmrs;
	unsigned int i, nr;

	for (i = 0; i < layout->nr_tdmrs; i++, tdmr++) {
		struct tdmr_area area = {};

		if (tdmr->base >= end || tdmr_end_of(tdmr) <= start)
			continue;
		for (nr = 0; tdmr_next_area(layout, tdmr, &area); nr++) {
			if (nr == max)
				return tdmr;
		}
	}

	return NULL;
}

/* Find a row that overlaps the blocks from @start to @end. */
static const struct tdmr_row *tdmr_find_row(const struct tdmr_host *host,
					    const struct tdmr_layout *layout,
					    u64 start, u64 end)
{
	const struct tdmr_row *row = layout->rows;
	unsigned int i;

	for (i = 0; i < layout->nr_rows; i++, row++) {
		if (row->base && row->base < end &&
		    ALIGN(tdmr_row_end(row), host->block) > start)
			return row;
	}

	return NULL;
}

/* Find the highest place from @start to @end.  Returns 0 without a place. */
static u64 tdmr_find_in(const struct tdmr_host *host, const struct tdmr_layout *layout,
			u64 size, u64 start, u64 end)
{
	const struct tdmr_row *row;
	const struct tdmr *full;
	u64 base;

	start = ALIGN(start, host->block);
	for (;;) {
		end = ALIGN_DOWN(end, host->block);
		if (end < start || end - start < size)
			return 0;
		base = ALIGN_DOWN(end - size, host->block);
		/* Address 0 means that there is no place. */
		if (base < start || !base)
			return 0;

		row = tdmr_find_row(host, layout, base, end);
		if (row) {
			end = row->base;
			continue;
		}
		full = tdmr_find_full(layout, base, base + size,
				      host->limits.max_reserved - 1);
		if (!full)
			return base;
		end = full->base;
	}
}

/* As tdmr_find_in(), in memory of @node or, for TDMR_ANY_NODE, of any node. */
static u64 tdmr_find_place(const struct tdmr_host *host, const struct tdmr_layout *layout,
			   u64 size, int node, u64 start, u64 end)
{
	const struct tdmr_range *ranges = host->ranges;
	unsigned int first, last = host->nr_ranges;
	u64 base;

	for (; last; last = first) {
		for (first = last - 1; first; first--) {
			if (ranges[first - 1].end != ranges[first].start ||
			    ranges[first - 1].node != ranges[first].node)
				break;
		}
		if (node != TDMR_ANY_NODE && ranges[first].node != node)
			continue;

		base = tdmr_find_in(host, layout, size, max(ranges[first].start, start),
				    min(ranges[last - 1].end, end));
		if (base)
			return base;
	}

	return 0;
}

/**
 * tdmr_row_owner - find the TDMR that a row belongs to
 * @layout: the layout
 * @i: index of the row
 *
 * Return: the TDMR; NULL if the row has the PAMTs of several TDMRs.
 */
const struct tdmr *tdmr_row_owner(const struct tdmr_layout *layout, unsigned int i)
{
	const struct tdmr *tdmr = layout->tdmrs;

	while (tdmr->row != i)
		tdmr++;

	return layout->rows[i].size == tdmr_pamt_bytes(tdmr) ? tdmr : NULL;
}

/**
 * tdmr_row_pieces - get the number of pieces of a row on which CPUs work at the same time
 * @row: the row
 *
 * Return: 1 to %TDMR_ROW_PIECES.
 */
unsigned int tdmr_row_pieces(const struct tdmr_row *row)
{
	u64 nr = row->size / TDMR_PIECE_MIN;

	return clamp(nr, (u64)1, (u64)TDMR_ROW_PIECES);
}

/**
 * tdmr_row_cut - get the offset of a piece in its row
 * @host: the host
 * @row: the row
 * @nr: number of pieces
 * @i: index of the piece
 *
 * Return: bytes, whole blocks; for @i equal to @nr, the size of the row.
 */
u64 tdmr_row_cut(const struct tdmr_host *host, const struct tdmr_row *row, unsigned int nr,
		 unsigned int i)
{
	return i == nr ? row->size : ALIGN_DOWN(row->size * i / nr, host->block);
}

/**
 * tdmr_row_lower - propose the next place for a row
 * @host: the host
 * @layout: the layout
 * @i: index of the row
 *
 * The new place is the next one below the present place, or the highest place if the
 * row has no place.  It is in the TDMR that owns the row, if any, and on the node.
 *
 * Return: true; false if there is no such place, and the row has no place any more.
 */
bool tdmr_row_lower(const struct tdmr_host *host, struct tdmr_layout *layout,
		    unsigned int i)
{
	const struct tdmr *tdmr = tdmr_row_owner(layout, i);
	struct tdmr_row *row = &layout->rows[i];
	u64 start = tdmr ? tdmr->base : 0;
	u64 end = min(row->base ?: U64_MAX, tdmr ? tdmr_end_of(tdmr) : U64_MAX);

	row->base = 0;
	row->base = tdmr_find_place(host, layout, row->size, row->node, start, end);

	return row->base;
}

/**
 * tdmr_row_split - give each TDMR of a row a separate row
 * @layout: the layout
 * @i: index of the row, which has no place and becomes the row of the first TDMR
 */
void tdmr_row_split(struct tdmr_layout *layout, unsigned int i)
{
	struct tdmr_row *row = NULL;
	unsigned int j;

	for (j = 0; j < layout->nr_tdmrs; j++) {
		struct tdmr *tdmr = &layout->tdmrs[j];

		if (tdmr->row != i)
			continue;
		tdmr->row = row ? layout->nr_rows++ : i;
		row = &layout->rows[tdmr->row];
		*row = (struct tdmr_row) {
			.size = tdmr_pamt_bytes(tdmr),
			.node = tdmr->node,
		};
	}
}

/**
 * tdmr_place - propose a place for each row
 * @host: the host
 * @layout: planned; no row has a place
 *
 * Return: 0; -ENOSPC if there is no place for a row, and @layout has the TDMR.
 */
int tdmr_place(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	unsigned int i, nr = layout->nr_rows;

	for (i = 0; i < nr; i++)
		tdmr_row_lower(host, layout, i);
	for (i = 0; i < nr; i++) {
		if (!layout->rows[i].base)
			tdmr_row_split(layout, i);
	}

	for (i = 0; i < layout->nr_rows; i++) {
		struct tdmr_row *row = &layout->rows[i];
		const struct tdmr *tdmr;

		if (row->base || tdmr_row_lower(host, layout, i))
			continue;
		row->base = tdmr_find_place(host, layout, row->size, row->node, 0, U64_MAX) ?:
			    tdmr_find_place(host, layout, row->size, TDMR_ANY_NODE, 0, U64_MAX);
		if (row->base)
			continue;

		tdmr = tdmr_row_owner(layout, i);
		return tdmr_refuse(layout, TDMR_NO_PAMT, tdmr->base, tdmr_end_of(tdmr));
	}

	return 0;
}

/**
 * tdmr_settle - give each PAMT its part of a row
 * @layout: the layout; all rows have a place
 */
void tdmr_settle(struct tdmr_layout *layout)
{
	u64 at[TDMR_MAX];
	unsigned int i;
	int level;

	for (i = 0; i < layout->nr_rows; i++)
		at[i] = layout->rows[i].base;

	for (i = 0; i < layout->nr_tdmrs; i++) {
		struct tdmr *tdmr = &layout->tdmrs[i];

		tdmr->pamt[TDMR_4K].base = at[tdmr->row];
		at[tdmr->row] += tdmr->pamt[TDMR_4K].size;
	}
	for (i = 0; i < layout->nr_tdmrs; i++) {
		struct tdmr *tdmr = &layout->tdmrs[i];

		for (level = TDMR_2M; level < TDMR_NR_LEVELS; level++) {
			tdmr->pamt[level].base = at[tdmr->row];
			at[tdmr->row] += tdmr->pamt[level].size;
		}
	}
}
