// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hosts that nobody sells: CMRs and memory in pieces of any size and alignment,
 * nodes in turn, nodes without CPUs, and modules with low limits.  In some of them,
 * numbers are then changed to any others, so that they may be invalid.
 */
#include <linux/align.h>
#include <linux/minmax.h>

#include "hosts.h"

#define MAX_ADDRESS	(64ULL << 40)
#define NR_NODES	8

/* What the host is like. */
struct style {
	struct dice *dice;
	unsigned int nr_cmrs;
	unsigned int nr_ranges;		/* about */
	unsigned int nr_nodes;
	unsigned int max_gap;		/* log2 of the bytes between CMRs */
	unsigned int max_size;		/* log2 of the bytes of a CMR */
	u64 align;			/* of CMRs */
	u64 range_align;		/* of memory */
	bool full;			/* all of a CMR is memory */
	bool interleaved;		/* the node changes within a CMR */
};

/* Each power of two from @lo to @hi is as likely as another. */
static u64 style_roll_size(struct dice *dice, unsigned int lo, unsigned int hi)
{
	unsigned int shift = lo + dice_roll(dice, hi - lo + 1);

	return (1ULL << shift) + dice_roll(dice, 1ULL << shift);
}

static void style_roll(struct style *s, struct dice *dice)
{
	static const u64 aligns[] = { SZ_4K, SZ_4K, SZ_4K, SZ_1M, SZ_2M, SZ_2M, SZ_1G };

	s->dice = dice;
	s->nr_cmrs = 1 + dice_roll(dice, dice_one_in(dice, 2) ? 6 : TDMR_MAX_CMRS);
	s->nr_ranges = style_roll_size(dice, 0, 11);
	s->nr_nodes = 1 + dice_roll(dice, NR_NODES);
	s->max_gap = 20 + dice_roll(dice, 20);
	s->max_size = 27 + dice_roll(dice, 15);
	s->align = dice_pick(dice, aligns);
	s->range_align = min(s->align, dice_pick(dice, aligns));
	s->full = dice_one_in(dice, 4);
	s->interleaved = dice_one_in(dice, 4);
}

static void style_add_limits(struct description *d, struct dice *dice)
{
	struct tdmr_limits *limits = &d->host.limits;

	if (dice_one_in(dice, 4))
		limits->max_tdmrs = 1 + dice_roll(dice, 64);
	if (dice_one_in(dice, 10))
		limits->max_reserved = 1 + dice_roll(dice, 16);
}

static void style_add_cpus(struct description *d, struct dice *dice)
{
	bool shared = dice_one_in(dice, 4);
	unsigned int node;

	for (node = 0; node < NR_NODES; node++) {
		d->nodes[node].cpus = dice_roll(dice, dice_one_in(dice, 4) ? 257 : 17);
		if (shared && dice_one_in(dice, 3))
			d->nodes[node].home = dice_roll(dice, NR_NODES);
	}
}

static u64 style_roll_gap(const struct style *s)
{
	switch (dice_roll(s->dice, 8)) {
	case 0:
		return 0;
	case 1:
		return SZ_4K;
	default:
		return style_roll_size(s->dice, 12, s->max_gap);
	}
}

/* Some are small, as firmware leaves them, most are large. */
static u64 style_roll_cmr(const struct style *s)
{
	if (dice_one_in(s->dice, 8))
		return style_roll_size(s->dice, 12, 26);

	return style_roll_size(s->dice, 26, s->max_size);
}

static void style_add_cmrs(struct description *d, const struct style *s)
{
	u64 end, at = dice_one_in(s->dice, 2) ? SZ_1M : 0;

	while (d->host.nr_cmrs < s->nr_cmrs) {
		at = ALIGN(at + style_roll_gap(s), s->align);
		end = ALIGN(at + style_roll_cmr(s), s->align);
		if (end > MAX_ADDRESS)
			break;
		host_add_cmr(d, at, end);
		at = end;
	}
	if (!d->host.nr_cmrs)
		host_add_cmr(d, SZ_1M, SZ_1G);
}

static int style_roll_node(const struct style *s, unsigned int cmr)
{
	if (s->interleaved && dice_one_in(s->dice, 2))
		return dice_roll(s->dice, s->nr_nodes);

	return cmr * s->nr_nodes / s->nr_cmrs;
}

/* About @nr ranges in a CMR, of one size or of very different ones. */
static void style_add_ranges(struct description *d, const struct style *s, unsigned int cmr,
			     unsigned int nr)
{
	const struct tdmr_range *part = &d->host.cmrs[cmr];
	u64 step = (part->end - part->start) / nr;
	u64 start, end, at = part->start;

	while (nr-- && at < part->end) {
		start = at;
		if (!s->full && !dice_one_in(s->dice, 4))
			start = ALIGN(at + dice_roll(s->dice, step / 2 + 1), s->range_align);
		end = nr ? start + step / 2 + dice_roll(s->dice, step / 2 + 1) : part->end;
		if (!s->full && dice_one_in(s->dice, 16))
			end -= min(end, dice_roll(s->dice, SZ_1G));
		end = min(ALIGN(end, s->range_align), part->end);
		host_add_range(d, start, end, style_roll_node(s, cmr));
		at = max(at, end);
	}
}

static void style_add_memory(struct description *d, const struct style *s)
{
	unsigned int i;

	for (i = 0; i < d->host.nr_cmrs; i++) {
		/* A CMR may have no memory of the page allocator. */
		if (!dice_one_in(s->dice, 32))
			style_add_ranges(d, s, i, 1 + s->nr_ranges / d->host.nr_cmrs);
	}
	if (!d->host.nr_ranges)
		host_add_range(d, d->host.cmrs[0].start, d->host.cmrs[0].end, 0);
}

/* Leave of each range some GiB or less, so that there are many gaps. */
static void style_shorten(struct description *d, struct dice *dice)
{
	unsigned int i, shift = 28 + dice_roll(dice, 3);

	for (i = 0; i < d->host.nr_ranges; i++) {
		struct tdmr_range *range = &d->ranges[i];
		u64 size = ALIGN(style_roll_size(dice, shift, shift + 3), (u64)SZ_4K);

		range->end = min(range->end, range->start + size);
	}
}

static u64 style_change_address(struct dice *dice, u64 old)
{
	switch (dice_roll(dice, 5)) {
	case 0:
		return dice_roll(dice, ~0ULL);
	case 1:
		return old + SZ_4K;
	case 2:
		return old - SZ_4K;
	case 3:
		return old / SZ_1G * SZ_1G;
	default:
		return old ^ 1ULL << dice_roll(dice, 64);
	}
}

static void style_change_range(struct dice *dice, struct tdmr_range *range)
{
	switch (dice_roll(dice, 3)) {
	case 0:
		range->start = style_change_address(dice, range->start);
		break;
	case 1:
		range->end = style_change_address(dice, range->end);
		break;
	default:
		range->node = dice_roll(dice, 2 * NR_NODES) - 1;
		break;
	}
}

static void style_change_host(struct description *d, struct dice *dice)
{
	struct tdmr_host *h = &d->host;

	switch (dice_roll(dice, 8)) {
	case 0:
		h->limits.max_tdmrs = dice_roll(dice, 65536);
		break;
	case 1:
		h->limits.max_reserved = dice_roll(dice, 257);
		break;
	case 2:
		h->nr_ranges = dice_roll(dice, h->nr_ranges + 1);
		break;
	case 3:
		h->nr_cmrs = dice_roll(dice, h->nr_cmrs + 1);
		break;
	case 4:
		style_change_range(dice, &h->cmrs[dice_roll(dice, TDMR_MAX_CMRS)]);
		break;
	default:
		style_change_range(dice, &d->ranges[dice_roll(dice, max(h->nr_ranges, 1U))]);
		break;
	}
}

/**
 * host_adversarial - make a host that nobody sells
 * @d: the host
 * @dice: random numbers
 */
void host_adversarial(struct description *d, struct dice *dice)
{
	unsigned int changes = dice_one_in(dice, 4) ? dice_roll(dice, 4) : 0;
	struct style s;

	host_init(d, NR_NODES);
	style_roll(&s, dice);
	style_add_limits(d, dice);
	style_add_cpus(d, dice);
	style_add_cmrs(d, &s);
	style_add_memory(d, &s);
	if (dice_one_in(dice, 8))
		style_shorten(d, dice);
	/* A module that reports no CMRs. */
	if (d->host.nr_ranges <= TDMR_MAX_CMRS && dice_one_in(dice, 8))
		d->host.nr_cmrs = 0;
	while (changes--)
		style_change_host(d, dice);
}
