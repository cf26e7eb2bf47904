// SPDX-License-Identifier: GPL-2.0-only
/* Memory maps at random. */
#include <stdio.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "layout-map.h"

#define MAX_ADDRESS	(64ULL << 40)

/* How a map is made, chosen once for each. */
struct style {
	struct layout_dice *dice;
	unsigned int nr_cmrs;
	unsigned int nr_ranges;
	unsigned int nr_nodes;
	unsigned int max_gap;		/* log2 of bytes between CMRs */
	unsigned int max_size;		/* log2 of bytes of a CMR */
	u64 align;			/* of CMRs */
	u64 range_align;
	bool full;			/* all of a CMR is memory */
	bool dense;			/* as many holes in a GiB as can be, or so */
	bool interleaved;		/* nodes change within CMRs */
};

static u64 roll(struct layout_dice *dice, u64 n)
{
	return dice->roll(dice, n);
}

static bool one_in(struct layout_dice *dice, u64 n)
{
	return !roll(dice, n);
}

/* From @lo to @hi, each power of two as likely as another. */
static u64 roll_size(struct layout_dice *dice, unsigned int lo, unsigned int hi)
{
	unsigned int shift = lo + roll(dice, hi - lo + 1);

	return (1ULL << shift) + roll(dice, 1ULL << shift);
}

static u64 roll_align(struct layout_dice *dice)
{
	static const u64 aligns[] = { SZ_4K, SZ_4K, SZ_4K, SZ_1M, SZ_2M, SZ_2M, SZ_1G };

	return aligns[roll(dice, sizeof(aligns) / sizeof(*aligns))];
}

static u64 align_up(u64 x, u64 align)
{
	return (x + align - 1) & ~(align - 1);
}

static void roll_style(struct style *s, struct layout_dice *dice)
{
	s->dice = dice;
	s->nr_cmrs = one_in(dice, 2) ? 1 + roll(dice, 6) :
				       1 + roll(dice, TDMR_MAX_CMRS);
	s->nr_ranges = min_t(u64, roll_size(dice, 0, 11), LAYOUT_MAX_RANGES);
	s->nr_nodes = 1 + roll(dice, LAYOUT_MAX_NODES);
	s->max_gap = 20 + roll(dice, 20);
	s->max_size = 27 + roll(dice, 15);
	s->align = roll_align(dice);
	s->range_align = min(s->align, roll_align(dice));
	s->full = one_in(dice, 4);
	s->dense = one_in(dice, 16);
	s->interleaved = one_in(dice, 4);
}

static void roll_limits(struct layout_map *map, struct layout_dice *dice)
{
	struct tdmr_limits *limits = &map->layout.limits;
	unsigned int node;

	limits->max_tdmrs = 64;
	limits->max_reserved = 16;
	if (one_in(dice, 4))
		limits->max_tdmrs = 1 + roll(dice, 64);
	if (one_in(dice, 10))
		limits->max_reserved = 1 + roll(dice, 16);
	limits->entry_size[TDMR_4K] = 16;
	limits->entry_size[TDMR_2M] = 16;
	limits->entry_size[TDMR_1G] = 16;

	for (node = 0; node < LAYOUT_MAX_NODES; node++)
		map->layout.lanes[node] = roll(dice, 4) ? roll(dice, 17) :
							  roll(dice, 257);
}

/* Some small, as firmware leaves them, most large. */
static u64 roll_cmr_size(const struct style *s)
{
	if (one_in(s->dice, 8))
		return roll_size(s->dice, 12, 26);

	return roll_size(s->dice, 26, s->max_size);
}

static u64 roll_gap(const struct style *s)
{
	switch (roll(s->dice, 8)) {
	case 0:
		return 0;
	case 1:
		return SZ_4K;
	default:
		return roll_size(s->dice, 12, s->max_gap);
	}
}

/* About as many holes in the first GiB as a TDMR has areas; memory behind. */
static void roll_dense(struct layout_map *map, const struct style *s)
{
	struct tdmr_layout *layout = &map->layout;
	unsigned int nr = layout->limits.max_reserved - roll(s->dice, 2) +
			  one_in(s->dice, 16);
	u64 step = SZ_1G / (nr + 1);
	unsigned int i;
	u64 start;

	layout->nr_cmrs = 0;
	for (i = 0; i < nr; i++) {
		start = align_up(i * step + roll(s->dice, step / 2), SZ_4K);
		layout->cmrs[layout->nr_cmrs++] = (struct tdmr_range) {
			start + SZ_4K, align_up(start + step / 2, SZ_4K), 0,
		};
	}
	start = one_in(s->dice, 2) ? SZ_1G : align_up(nr * step, SZ_4K) + SZ_4K;
	layout->cmrs[layout->nr_cmrs++] = (struct tdmr_range) {
		start, 2ULL * SZ_1G + roll(s->dice, 64) * SZ_1G, 0,
	};
}

static void roll_cmrs(struct layout_map *map, const struct style *s)
{
	struct tdmr_layout *layout = &map->layout;
	u64 at = one_in(s->dice, 2) ? SZ_1M : 0;
	u64 end;

	layout->nr_cmrs = 0;
	while (layout->nr_cmrs < s->nr_cmrs) {
		at = align_up(at + roll_gap(s), s->align);
		end = align_up(at + roll_cmr_size(s), s->align);
		if (end > MAX_ADDRESS)
			break;
		layout->cmrs[layout->nr_cmrs++] = (struct tdmr_range) { at, end, 0 };
		at = end;
	}

	if (!layout->nr_cmrs)
		layout->cmrs[layout->nr_cmrs++] = (struct tdmr_range) {
			SZ_1M, SZ_1G, 0,
		};
}

static int roll_node(const struct style *s, unsigned int cmr)
{
	if (s->interleaved && one_in(s->dice, 2))
		return roll(s->dice, s->nr_nodes);

	return cmr * s->nr_nodes / s->nr_cmrs;
}

static void add_range(struct layout_map *map, u64 start, u64 end, int node)
{
	if (start >= end || map->layout.nr_ranges == LAYOUT_MAX_RANGES)
		return;

	map->ranges[map->layout.nr_ranges++] = (struct tdmr_range) {
		start, end, node,
	};
}

/* About @nr ranges in a CMR, of one size or of very different ones. */
static void roll_ranges(struct layout_map *map, const struct style *s,
			unsigned int cmr, unsigned int nr)
{
	const struct tdmr_range *part = &map->layout.cmrs[cmr];
	u64 step = (part->end - part->start) / nr;
	u64 at = part->start, start, end;

	while (nr-- && at < part->end) {
		start = at;
		if (!s->full && !one_in(s->dice, 4))
			start = align_up(at + roll(s->dice, step / 2 + 1),
					 s->range_align);
		end = nr ? start + step / 2 + roll(s->dice, step / 2 + 1) :
			   part->end;
		if (!s->full && one_in(s->dice, 16))
			end -= min(end, roll(s->dice, SZ_1G));
		end = min(align_up(end, s->range_align), part->end);
		add_range(map, start, end, roll_node(s, cmr));
		at = max(at, end);
	}
}

static void roll_memory(struct layout_map *map, const struct style *s)
{
	struct tdmr_layout *layout = &map->layout;
	unsigned int i;

	layout->nr_ranges = 0;
	for (i = 0; i < layout->nr_cmrs; i++) {
		/* Convertible, but all of it firmware's, or absent. */
		if (one_in(s->dice, 32))
			continue;
		roll_ranges(map, s, i, 1 + s->nr_ranges / layout->nr_cmrs);
	}

	if (!layout->nr_ranges)
		add_range(map, layout->cmrs[0].start, layout->cmrs[0].end, 0);
}

/* Nodes without CPUs of their own. */
static void roll_homes(struct layout_map *map, struct layout_dice *dice)
{
	unsigned int node;

	map->layout.home = map->home;
	for (node = 0; node < TDMR_MAX_NODES; node++)
		map->home[node] = node;
	if (!one_in(dice, 4))
		return;

	for (node = 0; node < LAYOUT_MAX_NODES; node++) {
		if (one_in(dice, 3))
			map->home[node] = roll(dice, LAYOUT_MAX_NODES);
	}
}

/* CMRs that the module does not report are made of memory, if they are few. */
static void drop_cmrs(struct layout_map *map, const struct style *s)
{
	if (map->layout.nr_ranges <= TDMR_MAX_CMRS && one_in(s->dice, 8))
		map->layout.nr_cmrs = 0;
}

/**
 * layout_map_roll - make a map
 * @map: to be filled
 * @dice: what is random
 */
void layout_map_roll(struct layout_map *map, struct layout_dice *dice)
{
	struct style s;

	map->layout.ranges = map->ranges;
	map->layout.plans = map->plans;
	map->layout.areas = map->areas;
	map->layout.runs = map->runs;
	map->layout.pageblock = TDMR_USUAL_PAGEBLOCK;

	roll_style(&s, dice);
	roll_limits(map, dice);
	if (s.dense)
		roll_dense(map, &s);
	else
		roll_cmrs(map, &s);
	roll_memory(map, &s);
	drop_cmrs(map, &s);
	roll_homes(map, dice);
}

/**
 * layout_map_shorten - leave of each range some GiB, or less
 * @map: made
 * @dice: what is random
 *
 * So there are many gaps, most of which must be bridged.
 */
void layout_map_shorten(struct layout_map *map, struct layout_dice *dice)
{
	unsigned int shift = 28 + roll(dice, 3);
	unsigned int i;

	for (i = 0; i < map->layout.nr_ranges; i++) {
		struct tdmr_range *range = &map->ranges[i];
		u64 size = align_up(roll_size(dice, shift, shift + 3), SZ_4K);

		range->end = min(range->end, range->start + size);
	}
}

/**
 * layout_map_print - print a map as tdx-layout reads it
 * @map: the map
 */
void layout_map_print(const struct layout_map *map)
{
	const struct tdmr_layout *layout = &map->layout;
	unsigned int i;

	printf("limits max_tdmrs=%u max_reserved=%u\n",
	       layout->limits.max_tdmrs, layout->limits.max_reserved);
	for (i = 0; i < LAYOUT_MAX_NODES; i++) {
		printf("lanes %u %u\n", i, layout->lanes[i]);
		/* A description cannot say so. */
		if (map->home[i] != (int)i)
			printf("# CPUs of node %d work for node %u\n", map->home[i], i);
	}
	for (i = 0; i < layout->nr_cmrs; i++)
		printf("cmr 0x%llx 0x%llx\n", layout->cmrs[i].start,
		       layout->cmrs[i].end - layout->cmrs[i].start);
	for (i = 0; i < layout->nr_ranges; i++)
		printf("mem 0x%llx 0x%llx %d\n", layout->ranges[i].start,
		       layout->ranges[i].end, layout->ranges[i].node);
}
