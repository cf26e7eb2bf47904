// SPDX-License-Identifier: GPL-2.0-only
/*
 * How good is the balance?  Small hosts at random, and for each the best of all
 * ways to cut its runs and to share the pieces among its CPUs.
 *
 *   tdx-layout-balance [HOSTS [SEED]]
 *
 * Prints how often the planner misses the best by how many GiB, by the pieces
 * that there are to spare.  Exit 0 if it never does by more than one where a
 * piece is to spare.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/minmax.h>

#include "tdmr_balance.h"

#define MAX_RUNS	6
#define MAX_CPUS	4
#define MAX_SIZE	12
#define MAX_SPARE	4
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

/* All ways to cut and share, tried until one is done in @span. */
struct search {
	const struct tdmr_balance *b;
	u32 span;
	u32 pieces[MAX_PIECES];
	u32 nr_pieces;
	u32 load[MAX_CPUS];
};

/* CPUs with as much to do are the same; so the first without work is enough. */
static bool can_share(struct search *s, u32 i)
{
	u32 cpu;

	if (i == s->nr_pieces)
		return true;

	for (cpu = 0; cpu < s->b->lanes[0]; cpu++) {
		if (s->load[cpu] + s->pieces[i] <= s->span) {
			s->load[cpu] += s->pieces[i];
			if (can_share(s, i + 1))
				return true;
			s->load[cpu] -= s->pieces[i];
		}
		if (!s->load[cpu])
			break;
	}

	return false;
}

static bool try_sharing(struct search *s)
{
	u32 cpu;

	for (cpu = 0; cpu < MAX_CPUS; cpu++)
		s->load[cpu] = 0;

	return can_share(s, 0);
}

/* Of run @run, @left GiB are to be cut into pieces of at most @most. */
static bool can_cut(struct search *s, u32 run, u32 left, u32 most)
{
	u32 size;

	if (!left) {
		if (++run == s->b->nr_runs)
			return try_sharing(s);
		left = s->b->size[run];
		most = s->span;
	}
	if (s->nr_pieces == s->b->max_pieces)
		return false;

	for (size = min(left, most); size; size--) {
		s->pieces[s->nr_pieces++] = size;
		if (can_cut(s, run, left - size, size))
			return true;
		s->nr_pieces--;
	}

	return false;
}

static u32 best_makespan(const struct tdmr_balance *b)
{
	struct search s = { .b = b };

	for (s.span = 1; ; s.span++) {
		s.nr_pieces = 0;
		if (can_cut(&s, 0, b->size[0], s.span))
			return s.span;
	}
}

static u32 roll_host(struct tdmr_balance *b)
{
	u32 spare = roll(MAX_SPARE + 1);
	u32 i;

	*b = (struct tdmr_balance) {
		.nr_runs = 1 + roll(MAX_RUNS),
		.nr_nodes = 1,
		.lanes = { 1 + roll(MAX_CPUS) },
	};
	b->max_pieces = b->nr_runs + spare;
	for (i = 0; i < b->nr_runs; i++)
		b->size[i] = 1 + roll(MAX_SIZE);

	return spare;
}

int main(int argc, char **argv)
{
	unsigned long missed[MAX_SPARE + 1][MAX_MISSED + 1] = {};
	unsigned long nr = argc > 1 ? strtoul(argv[1], NULL, 0) : 20000;
	unsigned long far = 0, i;
	static struct tdmr_balance b;
	u32 spare, by;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

	for (i = 0; i < nr; i++) {
		spare = roll_host(&b);
		tdmr_balance(&b);
		by = b.makespan - best_makespan(&b);
		missed[spare][min_t(u32, by, MAX_MISSED)]++;
		far += spare && by > 1;
	}

	printf("GiB over the best:   0      1      2      3     more\n");
	for (spare = 0; spare <= MAX_SPARE; spare++) {
		printf("%u pieces to spare", spare);
		for (by = 0; by <= MAX_MISSED; by++)
			printf(" %6lu", missed[spare][by]);
		putchar('\n');
	}

	return far ? EXIT_FAILURE : EXIT_SUCCESS;
}
