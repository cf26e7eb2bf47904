// SPDX-License-Identifier: GPL-2.0-only
/*
 * How good is the balance?  Small hosts at random, and for each the best of all
 * ways to bridge the gaps between its runs, to cut what comes out, and to share
 * the pieces among the CPUs.
 *
 *   tdx-layout-balance [HOSTS [SEED]]
 *
 * Prints how often the planner misses the best by how many GiB, by the pieces
 * that there are to spare.  Exit 0 if it never does by more than one where a
 * piece is to spare, nor elsewhere by more than two beyond what longest first
 * does anyway, if the best is what layout_best() says, and if with pieces enough
 * each GiB is one.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "best.h"
#include "tdmr_layout.h"

#define MAX_NODES	2
#define MAX_RUNS	5
#define MAX_CPUS	4
#define MAX_SIZE	12
#define MAX_GAP		6
#define MAX_SPARE	4
#define MIN_SPARE	(-3)
#define NR_SPARES	(MAX_SPARE - MIN_SPARE + 1)
#define MAX_MISSED	4
#define MAX_PIECES	(MAX_RUNS + MAX_SPARE)

static u64 state;

/* splitmix64 */
static u32 roll(u32 n)
{
	u64 z = state += 0x9E3779B97F4A7C15ULL;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;

	return (z ^ (z >> 31)) % n;
}

/**
 * struct host - runs in order of address
 * @nr_runs: how many
 * @size: GiB of each
 * @gap: GiB before each
 * @node: of each
 * @cpus: of each node
 * @max_pieces: TDMRs of the module
 */
struct host {
	u32 nr_runs;
	u32 size[MAX_RUNS];
	u32 gap[MAX_RUNS];
	u32 node[MAX_RUNS];
	u32 cpus[MAX_NODES];
	u32 max_pieces;
};

struct piece {
	u32 size;
	u32 node;
};

/* All ways to bridge, cut and share, tried until one is done in @span. */
struct search {
	const struct host *host;
	u32 span;
	bool longest_first;
	u32 size[MAX_RUNS];
	u32 node[MAX_RUNS];
	u32 nr_runs;
	struct piece pieces[MAX_PIECES];
	u32 nr_pieces;
	u32 load[MAX_NODES][MAX_CPUS];
};

/* CPUs with as much to do are the same; so the first without work is enough. */
static bool can_share(struct search *s, u32 i)
{
	const struct piece *piece = &s->pieces[i];
	u32 *load, cpu;

	if (i == s->nr_pieces)
		return true;

	load = s->load[piece->node];
	for (cpu = 0; cpu < s->host->cpus[piece->node]; cpu++) {
		if (load[cpu] + piece->size <= s->span) {
			load[cpu] += piece->size;
			if (can_share(s, i + 1))
				return true;
			load[cpu] -= piece->size;
		}
		if (!load[cpu])
			break;
	}

	return false;
}

static bool in_time_longest_first(const struct search *s)
{
	struct tdmr_piece pieces[MAX_PIECES];
	u32 i;

	for (i = 0; i < s->nr_pieces; i++)
		pieces[i] = (struct tdmr_piece) {
			.node = s->pieces[i].node, .size = s->pieces[i].size,
		};
	for (i = 0; i < MAX_NODES; i++) {
		if (tdmr_makespan(pieces, s->nr_pieces, i, s->host->cpus[i]) >
		    s->span)
			return false;
	}

	return true;
}

static bool try_sharing(struct search *s)
{
	u32 cpu, node;

	if (s->longest_first)
		return in_time_longest_first(s);

	for (node = 0; node < MAX_NODES; node++) {
		for (cpu = 0; cpu < MAX_CPUS; cpu++)
			s->load[node][cpu] = 0;
	}

	return can_share(s, 0);
}

/* Of run @run, @left GiB are to be cut into pieces of at most @most. */
static bool can_cut(struct search *s, u32 run, u32 left, u32 most)
{
	u32 size;

	if (!left) {
		if (++run == s->nr_runs)
			return try_sharing(s);
		left = s->size[run];
		most = s->span;
	}
	if (s->nr_pieces == s->host->max_pieces)
		return false;

	for (size = min(left, most); size; size--) {
		s->pieces[s->nr_pieces++] = (struct piece) {
			.size = size, .node = s->node[run],
		};
		if (can_cut(s, run, left - size, size))
			return true;
		s->nr_pieces--;
	}

	return false;
}

/* From run @i on, bridge the gap before it or not. */
static bool can_bridge(struct search *s, u32 i)
{
	const struct host *h = s->host;
	bool ok;

	if (i == h->nr_runs) {
		s->nr_pieces = 0;
		return can_cut(s, 0, s->size[0], s->span);
	}

	if (i && h->node[i] == h->node[i - 1]) {
		s->size[s->nr_runs - 1] += h->gap[i] + h->size[i];
		ok = can_bridge(s, i + 1);
		s->size[s->nr_runs - 1] -= h->gap[i] + h->size[i];
		if (ok)
			return true;
	}

	s->node[s->nr_runs] = h->node[i];
	s->size[s->nr_runs++] = h->size[i];
	ok = can_bridge(s, i + 1);
	s->nr_runs--;

	return ok;
}

static u32 best_makespan(const struct host *h, bool longest_first)
{
	struct search s = { .host = h, .longest_first = longest_first };

	for (s.span = 1; ; s.span++) {
		if (can_bridge(&s, 0))
			return s.span;
	}
}

/* TDMRs that are needed if all gaps within nodes are bridged. */
static u32 fewest_pieces(const struct host *h)
{
	u32 i, nr = 1;

	for (i = 1; i < h->nr_runs; i++)
		nr += h->node[i] != h->node[i - 1];

	return nr;
}

/* Returns the pieces to spare, from %MIN_SPARE on. */
static u32 roll_host(struct host *h)
{
	u32 i, least;

	*h = (struct host) {
		.nr_runs = 1 + roll(MAX_RUNS),
		.cpus = { 1 + roll(MAX_CPUS), 1 + roll(MAX_CPUS) },
	};
	for (i = 0; i < h->nr_runs; i++) {
		h->size[i] = 1 + roll(MAX_SIZE);
		h->gap[i] = 1 + roll(MAX_GAP);
		h->node[i] = i ? h->node[i - 1] : 0;
		if (i && !roll(3))
			h->node[i] = !h->node[i];
	}

	least = fewest_pieces(h);
	if (h->nr_runs > least - MIN_SPARE)
		least = h->nr_runs + MIN_SPARE;
	h->max_pieces = least + roll(h->nr_runs + MAX_SPARE - least + 1);

	return h->max_pieces - h->nr_runs - MIN_SPARE;
}

static void plan(struct tdmr_layout *layout, const struct host *h)
{
	static struct tdmr_range ranges[MAX_RUNS];
	static struct tdmr_plan plans[TDMR_MAX_PLANS];
	static struct tdmr_area areas[TDMR_MAX_PLANS * 16];
	static struct tdmr_run runs[MAX_RUNS];
	u64 at = 0;
	u32 i;

	*layout = (struct tdmr_layout) {
		.limits = {
			.max_tdmrs = h->max_pieces,
			.max_reserved = 16,
			.entry_size = { 16, 16, 16 },
		},
		.ranges = ranges,
		.nr_ranges = h->nr_runs,
		.pageblock = TDMR_USUAL_PAGEBLOCK,
		.lanes = { h->cpus[0], h->cpus[1] },
		.plans = plans,
		.areas = areas,
		.runs = runs,
	};
	for (i = 0; i < h->nr_runs; i++) {
		at += h->gap[i];
		ranges[i].start = at * SZ_1G;
		at += h->size[i];
		ranges[i].end = at * SZ_1G;
		ranges[i].node = h->node[i];
	}

	if (tdmr_layout_plan(layout))
		abort();
}

static void print_host(const struct host *h)
{
	u32 i;

	printf("# max_tdmrs=%u CPUs %u %u runs", h->max_pieces, h->cpus[0],
	       h->cpus[1]);
	for (i = 0; i < h->nr_runs; i++)
		printf(" +%u:%u node %u", h->gap[i], h->size[i], h->node[i]);
	putchar('\n');
}

/* Returns by how much the planner misses the best; sets @wrong if that is bad. */
static u32 try_host(const struct host *h, bool *wrong)
{
	static struct tdmr_layout layout;
	u32 best = best_makespan(h, false);
	u32 makespan, said;

	plan(&layout, h);
	makespan = layout.makespan;
	said = layout_best(&layout);

	*wrong = said != best || makespan < best ||
		 (makespan > best + 1 &&
		  (h->max_pieces > h->nr_runs ||
		   makespan > best_makespan(h, true) + 2));
	if (*wrong) {
		print_host(h);
		printf("# makespan %u, best %u, said %u, longest first %u\n",
		       makespan, best, said, best_makespan(h, true));
	}

	return makespan - best;
}

/* More lanes never take longer if they are all of one GiB. */
static bool has_lanes_of_a_gib(const struct host *h)
{
	static struct tdmr_layout layout;
	struct host more = *h;
	u32 i, gib = 0;

	for (i = 0; i < h->nr_runs; i++)
		gib += h->size[i];
	more.max_pieces = min_t(u32, gib, TDMR_MAX_PLANS);
	plan(&layout, &more);
	if (layout.nr_plans == more.max_pieces)
		return true;

	print_host(&more);
	printf("# %u lanes for %u GiB\n", layout.nr_plans, gib);

	return false;
}

int main(int argc, char **argv)
{
	unsigned long missed[NR_SPARES][MAX_MISSED + 1] = {};
	unsigned long nr = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	unsigned long nr_wrong = 0, i;
	struct host h;
	u32 spare, by;
	bool wrong;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

	for (i = 0; i < nr; i++) {
		spare = roll_host(&h);
		by = try_host(&h, &wrong);
		missed[spare][min_t(u32, by, MAX_MISSED)]++;
		nr_wrong += wrong || !has_lanes_of_a_gib(&h);
	}

	printf("GiB over the best:   0      1      2      3     more\n");
	for (spare = 0; spare < NR_SPARES; spare++) {
		printf("%2d pieces to spare", (int)spare + MIN_SPARE);
		for (by = 0; by <= MAX_MISSED; by++)
			printf(" %6lu", missed[spare][by]);
		putchar('\n');
	}

	return nr_wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
