// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cut runs of GiB into pieces, a piece being one TDMR and so one lane.
 *
 * The work of a lane is the size of its TDMR.  The lanes of a node are worked
 * on by that node's CPUs, one lane by one CPU at a time, longest lane first.
 * Find a cut into at most @max_pieces that leaves the busiest CPU of all nodes as
 * little to do as possible, then that of the next busiest node, and so on; and of
 * cuts that take the same time, one with more pieces.
 *
 * Whether a node can be done in M GiB is a bin packing with bins of M, a bin
 * being a CPU, whose items may be cut:
 *
 *	runs	  |=============|   |=======|   |====|
 *	bins of M |======|======|=    =======|    ====|	M, M, then what is left
 *
 * Each run of M or more fills whole bins first, with the largest pieces there can
 * be.  What is left of the runs, less than M each, goes into the other bins uncut,
 * the largest first, each where it fits best; what fits nowhere is cut to fill up
 * the bins.  That may be more cuts than necessary, which matters only if the pieces
 * are about to run out.
 *
 * CPUs that take the largest piece left may end up with another packing.  What one
 * of them has beyond M then is cut off: it comes last, to a CPU that has room.
 *
 * The smallest M is searched for with which the pieces suffice for all nodes.  Nodes
 * that could not do better with all pieces to spare stay with it, and the others go
 * on with the pieces that remain.
 *
 * Pieces that are left over then make more lanes of the same time: all alike if
 * possible, else by halving the largest.
 *
 * How far from the best: not at all if every piece gets a CPU of its own, as on most
 * hosts.  With more pieces than CPUs the packing is a heuristic.  Compared with brute
 * force on small hosts, it is more than 1 GiB over the best only if there is no piece
 * to spare for a cut, and then on one host of some thousands, see
 * tdx-layout-balance.c.
 *
 * Cost: some thousand steps for each of the about 20 values of M that are looked at
 * for each node, whatever the size of the host.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "tdmr_balance.h"

static u32 div_up(u32 a, u32 b)
{
	return a / b + !!(a % b);
}

static u32 index_of_least(const u32 *v, u32 nr)
{
	u32 i, least = 0;

	for (i = 1; i < nr; i++) {
		if (v[i] < v[least])
			least = i;
	}

	return least;
}

/**
 * struct shares - which CPU of a node works on what
 * @nr: pieces of the node, the largest first
 * @piece: index of each
 * @cpu: on which each is
 * @load: GiB of each CPU
 * @nr_cpus: CPUs, no more than pieces
 * @most: GiB of the busiest
 */
struct shares {
	u32 nr;
	u8 piece[TDMR_MAX_PIECES];
	u8 cpu[TDMR_MAX_PIECES];
	u32 load[TDMR_MAX_PIECES];
	u32 nr_cpus;
	u32 most;
};

/* Insertion: there are few, and they come nearly sorted. */
static void sort_pieces(struct shares *s, const struct tdmr_piece *pieces,
			u32 nr, u32 node)
{
	u32 i, j;

	s->nr = 0;
	for (i = 0; i < nr; i++) {
		if (pieces[i].node != node)
			continue;
		for (j = s->nr++; j; j--) {
			if (pieces[s->piece[j - 1]].size >= pieces[i].size)
				break;
			s->piece[j] = s->piece[j - 1];
		}
		s->piece[j] = i;
	}
}

/* Each CPU takes the largest piece left whenever it is free. */
static void share_pieces(struct shares *s, const struct tdmr_piece *pieces,
			 u32 nr, u32 node, u32 lanes)
{
	u32 i, cpu;

	sort_pieces(s, pieces, nr, node);
	s->nr_cpus = min(lanes, s->nr);
	s->most = 0;

	for (i = 0; i < s->nr; i++) {
		if (i < s->nr_cpus) {
			cpu = i;
			s->load[cpu] = 0;
		} else {
			cpu = index_of_least(s->load, s->nr_cpus);
		}
		s->cpu[i] = cpu;
		s->load[cpu] += pieces[s->piece[i]].size;
		s->most = max(s->most, s->load[cpu]);
	}
}

/**
 * tdmr_makespan - when are a node's CPUs done?
 * @pieces: pieces of all nodes
 * @nr: how many
 * @node: the node
 * @lanes: its CPUs
 *
 * Each CPU takes the largest piece left whenever it is free.
 *
 * Return: GiB of the busiest CPU.
 */
u32 tdmr_makespan(const struct tdmr_piece *pieces, u32 nr, u32 node, u32 lanes)
{
	struct shares s;

	share_pieces(&s, pieces, nr, node, lanes);

	return s.most;
}

static u32 node_size(const struct tdmr_balance *b, u32 node)
{
	u32 i, sum = 0;

	for (i = 0; i < b->nr_runs; i++) {
		if (b->node[i] == node)
			sum += b->size[i];
	}

	return sum;
}

static u32 all_size(const struct tdmr_balance *b)
{
	u32 i, sum = 0;

	for (i = 0; i < b->nr_runs; i++)
		sum += b->size[i];

	return sum;
}

/* What a node's packing works on: bins not yet full, and pieces made so far. */
struct packing {
	struct tdmr_balance *b;
	u32 node;
	u32 room[TDMR_MAX_PIECES];
	u32 nr_bins;
	u32 nr_pieces;
	u32 max_pieces;
};

static bool add_piece(struct packing *p, u32 run, u32 size)
{
	if (p->nr_pieces == p->max_pieces)
		return false;

	p->b->trial[p->nr_pieces++] = (struct tdmr_piece) {
		.run = run, .node = p->node, .size = size,
	};

	return true;
}

/* Bins of @span that a run fills alone; @rest gets what is left of each run. */
static bool fill_bins(struct packing *p, u32 span, u32 *rest)
{
	const struct tdmr_balance *b = p->b;
	u32 bins = b->lanes[p->node];
	u32 i;

	for (i = 0; i < b->nr_runs; i++) {
		rest[i] = 0;
		if (b->node[i] != p->node)
			continue;

		for (rest[i] = b->size[i]; rest[i] >= span; rest[i] -= span) {
			if (!bins-- || !add_piece(p, i, span))
				return false;
		}
	}

	p->nr_bins = min_t(u32, bins, TDMR_MAX_PIECES);
	for (i = 0; i < p->nr_bins; i++)
		p->room[i] = span;

	return true;
}

static u32 largest(const u32 *v, u32 nr)
{
	u32 i, most = 0;

	for (i = 1; i < nr; i++) {
		if (v[i] > v[most])
			most = i;
	}

	return most;
}

/* The fullest bin that still has room for @size; nr_bins if none has. */
static u32 best_fit(const struct packing *p, u32 size)
{
	u32 i, best = p->nr_bins;

	for (i = 0; i < p->nr_bins; i++) {
		if (p->room[i] >= size &&
		    (best == p->nr_bins || p->room[i] < p->room[best]))
			best = i;
	}

	return best;
}

/* The runs with a rest, the largest first.  Returns how many. */
static u32 sort_rests(const u32 *rest, u32 nr, u8 *order)
{
	u32 i, j, sorted = 0;

	for (i = 0; i < nr; i++) {
		if (!rest[i])
			continue;
		for (j = sorted++; j && rest[order[j - 1]] < rest[i]; j--)
			order[j] = order[j - 1];
		order[j] = i;
	}

	return sorted;
}

static bool pack_whole(struct packing *p, u32 *rest)
{
	u8 order[TDMR_MAX_PIECES];
	u32 nr = sort_rests(rest, p->b->nr_runs, order);
	u32 i, bin, run;

	for (i = 0; i < nr; i++) {
		run = order[i];
		bin = best_fit(p, rest[run]);
		if (bin == p->nr_bins)
			continue;
		if (!add_piece(p, run, rest[run]))
			return false;
		p->room[bin] -= rest[run];
		rest[run] = 0;
	}

	return true;
}

static bool pack_cut(struct packing *p, u32 *rest)
{
	u32 nr = p->b->nr_runs;
	u32 i, bin, size;

	for (i = largest(rest, nr); rest[i]; i = largest(rest, nr)) {
		if (!p->nr_bins)
			return false;

		bin = largest(p->room, p->nr_bins);
		size = min(rest[i], p->room[bin]);
		if (!size || !add_piece(p, i, size))
			return false;

		p->room[bin] -= size;
		rest[i] -= size;
	}

	return true;
}

/* The smallest piece of a busiest CPU that is larger than @size; nr if none is. */
static u32 piece_to_chop(const struct shares *s, const struct tdmr_piece *pieces,
			 u32 size)
{
	u32 i;

	for (i = s->nr; i--;) {
		if (s->load[s->cpu[i]] == s->most &&
		    pieces[s->piece[i]].size > size)
			return s->piece[i];
	}

	return TDMR_MAX_PIECES;
}

/*
 * The packing fits, but when the largest come first, some CPUs get more.  What
 * is too much is cut off: small as it is, it comes last, to where room is left.
 */
static bool fit_longest_first(struct packing *p, u32 span)
{
	struct tdmr_piece *pieces = p->b->trial;
	u32 lanes = p->b->lanes[p->node];
	struct shares s;
	u32 i;

	for (;;) {
		share_pieces(&s, pieces, p->nr_pieces, p->node, lanes);
		if (s.most <= span)
			return true;

		i = piece_to_chop(&s, pieces, s.most - span);
		if (i == TDMR_MAX_PIECES ||
		    !add_piece(p, pieces[i].run, s.most - span))
			return false;
		pieces[i].size -= s.most - span;
	}
}

/**
 * tdmr_cut_node - cut a node's runs so that its CPUs are done in time
 * @b: what is to be cut; its @trial gets the pieces
 * @node: the node
 * @span: GiB that no CPU may exceed
 * @max: pieces it may take
 *
 * Return: pieces that it takes, 0 if it cannot be or takes more.
 */
u32 tdmr_cut_node(struct tdmr_balance *b, u32 node, u32 span, u32 max)
{
	struct packing p = { .b = b, .node = node, .max_pieces = max };
	u32 rest[TDMR_MAX_PIECES];

	if (!fill_bins(&p, span, rest) || !pack_whole(&p, rest) ||
	    !pack_cut(&p, rest) || !fit_longest_first(&p, span))
		return 0;

	return p.nr_pieces;
}

/* The best that any cut could do, were it not for packing. */
static u32 bound_of(const struct tdmr_balance *b, u64 done, u32 max)
{
	u32 lo = 1, hi = 1, mid, node, i, need;

	for (node = 0; node < b->nr_nodes; node++) {
		if (done & BIT_ULL(node))
			continue;
		lo = max(lo, div_up(node_size(b, node), b->lanes[node]));
		hi = max(hi, node_size(b, node));
	}

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;

		for (i = 0, need = 0; i < b->nr_runs; i++) {
			if (!(done & BIT_ULL(b->node[i])))
				need += div_up(b->size[i], mid);
		}
		if (need > max)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo;
}

/* Pieces that the nodes not @done need to be done in @span; 0: more than @max. */
static u32 cut_nodes(struct tdmr_balance *b, u64 done, u32 span, u32 max)
{
	u32 node, nr, sum = 0;

	for (node = 0; node < b->nr_nodes; node++) {
		if (done & BIT_ULL(node))
			continue;
		nr = tdmr_cut_node(b, node, span, max - sum);
		if (!nr)
			return 0;
		sum += nr;
	}

	return sum;
}

/* The least time in which the nodes not @done can be done. */
static u32 least_span(struct tdmr_balance *b, u64 done, u32 max)
{
	u32 lo = bound_of(b, done, max), hi = lo, mid;

	/* A CPU that does all the work of its node always suffices. */
	while (!cut_nodes(b, done, hi, max))
		hi *= 2;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (cut_nodes(b, done, mid, max))
			hi = mid;
		else
			lo = mid + 1;
	}

	return hi;
}

/* A node that would still need @span if it were given all pieces to spare. */
static u32 slowest_node(struct tdmr_balance *b, u64 done, u32 span, u32 max)
{
	u32 spare = max - cut_nodes(b, done, span, max);
	u32 node, first = b->nr_nodes;

	for (node = 0; node < b->nr_nodes; node++) {
		if (done & BIT_ULL(node))
			continue;
		if (first == b->nr_nodes)
			first = node;
		if (span == 1 ||
		    !tdmr_cut_node(b, node, span - 1,
			      tdmr_cut_node(b, node, span, max) + spare))
			return node;
	}

	return first;
}

/* An empty run takes no piece, so a node of such only is done from the first. */
static u64 empty_nodes(const struct tdmr_balance *b)
{
	u64 empty = 0;
	u32 node;

	for (node = 0; node < b->nr_nodes; node++) {
		if (!node_size(b, node))
			empty |= BIT_ULL(node);
	}

	return empty;
}

static void keep_trial(struct tdmr_balance *b, u32 nr)
{
	memcpy(&b->pieces[b->nr_pieces], b->trial, nr * sizeof(*b->trial));
	b->nr_pieces += nr;
}

static void sort_by_run(struct tdmr_piece *v, u32 nr)
{
	struct tdmr_piece x;
	u32 i, j;

	for (i = 1; i < nr; i++) {
		x = v[i];
		for (j = i; j && v[j - 1].run > x.run; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
}

static u32 makespan_of(const struct tdmr_balance *b, u32 node)
{
	return tdmr_makespan(b->pieces, b->nr_pieces, node, b->lanes[node]);
}

/* Same number of pieces, but of one size, if that takes no longer. */
static void even_out_run(struct tdmr_balance *b, u32 first, u32 nr, u32 span)
{
	struct tdmr_piece *pieces = &b->pieces[first];
	u32 node = pieces->node;
	u32 size = b->size[pieces->run];
	u32 i;

	memcpy(b->trial, pieces, nr * sizeof(*pieces));
	for (i = 0; i < nr; i++)
		pieces[i].size = size / nr + (i < size % nr);

	if (makespan_of(b, node) > span)
		memcpy(pieces, b->trial, nr * sizeof(*pieces));
}

static void even_out(struct tdmr_balance *b, const u32 *span)
{
	u32 first, end;

	for (first = 0; first < b->nr_pieces; first = end) {
		for (end = first + 1; end < b->nr_pieces; end++) {
			if (b->pieces[end].run != b->pieces[first].run)
				break;
		}
		even_out_run(b, first, end - first, span[b->pieces[first].node]);
	}
}

/* A run's share of @all pieces, all alike.  False if they are too many. */
static bool cut_alike(struct tdmr_balance *b, u32 run, u32 all, u32 *nr)
{
	u32 size = b->size[run], i, n;

	n = (u64)size * all / all_size(b);
	n = size ? max(n, 1U) : 0;
	if (*nr + n > b->max_pieces)
		return false;

	for (i = 0; i < n; i++)
		b->trial[(*nr)++] = (struct tdmr_piece) {
			.run = run,
			.node = b->node[run],
			.size = size / n + (i < size % n),
		};

	return true;
}

/* The nodes that are done in time with pieces alike; none if these are too many. */
static u64 nodes_in_time(struct tdmr_balance *b, const u32 *span, u32 all)
{
	u32 i, node, nr = 0;
	u64 nodes = 0;

	for (i = 0; i < b->nr_runs; i++) {
		if (!cut_alike(b, i, all, &nr))
			return 0;
	}

	for (node = 0; node < b->nr_nodes; node++) {
		if (tdmr_makespan(b->trial, nr, node, b->lanes[node]) <= span[node])
			nodes |= BIT_ULL(node);
	}

	return nodes;
}

/* The pieces that a run has now.  False if they are too many. */
static bool leave_cut(struct tdmr_balance *b, u32 run, u32 *nr)
{
	u32 i;

	for (i = 0; i < b->nr_pieces; i++) {
		if (b->pieces[i].run != run)
			continue;
		if (*nr == b->max_pieces)
			return false;
		b->trial[(*nr)++] = b->pieces[i];
	}

	return true;
}

/* Pieces alike but for nodes that would take longer.  False if they are no more. */
static bool cut_all_alike(struct tdmr_balance *b, const u32 *span, u32 all)
{
	u64 nodes = nodes_in_time(b, span, all);
	u32 i, nr = 0;
	bool ok;

	for (i = 0; i < b->nr_runs; i++) {
		ok = nodes & BIT_ULL(b->node[i]) ? cut_alike(b, i, all, &nr) :
						   leave_cut(b, i, &nr);
		if (!ok)
			return false;
	}
	if (nr <= b->nr_pieces)
		return false;

	b->nr_pieces = nr;
	memcpy(b->pieces, b->trial, nr * sizeof(*b->trial));

	return true;
}

/* Fewer than that many fewer pieces are not tried. */
#define MAX_FEWER	16

/*
 * Many small pieces alike go evenly into any number of CPUs, where halves of large
 * ones may not: with one for each GiB, nothing takes longer than it must.
 */
static void cut_small(struct tdmr_balance *b, const u32 *span)
{
	u32 all = min(all_size(b), b->max_pieces);
	u32 fewer;

	for (fewer = 0; fewer < MAX_FEWER && fewer < all; fewer++) {
		if (cut_all_alike(b, span, all - fewer))
			return;
	}
}

/* Cut piece @i in two, of which the first has @size. */
static void cut_piece(struct tdmr_balance *b, u32 i, u32 size)
{
	struct tdmr_piece *piece = &b->pieces[i];

	memmove(piece + 1, piece, (b->nr_pieces - i) * sizeof(*piece));
	b->nr_pieces++;
	piece[0].size = size;
	piece[1].size -= size;
}

/* Make piece @i and the next one. */
static void join(struct tdmr_balance *b, u32 i)
{
	struct tdmr_piece *piece = &b->pieces[i];

	piece[0].size += piece[1].size;
	b->nr_pieces--;
	memmove(piece + 1, piece + 2, (b->nr_pieces - i - 1) * sizeof(*piece));
}

/* More and smaller lanes where that takes no longer, the largest first. */
static void use_up_pieces(struct tdmr_balance *b, const u32 *span)
{
	u32 i, best, limit = ~0U;

	while (b->nr_pieces < b->max_pieces) {
		best = b->nr_pieces;
		for (i = 0; i < b->nr_pieces; i++) {
			if (b->pieces[i].size < 2 || b->pieces[i].size >= limit)
				continue;
			if (best == b->nr_pieces ||
			    b->pieces[i].size > b->pieces[best].size)
				best = i;
		}
		if (best == b->nr_pieces)
			return;

		cut_piece(b, best, div_up(b->pieces[best].size, 2));
		if (makespan_of(b, b->pieces[best].node) >
		    span[b->pieces[best].node]) {
			/* Nor will another piece of that size do. */
			join(b, best);
			limit = b->pieces[best].size;
		}
	}
}

/**
 * tdmr_balance - cut runs into pieces
 * @b: what is to be cut; gets the pieces
 *
 * Always succeeds: uncut runs are a solution.
 */
void tdmr_balance(struct tdmr_balance *b)
{
	u32 span[TDMR_MAX_PIECES];
	u64 all = GENMASK_ULL(b->nr_nodes - 1, 0), done;
	u32 left, least, node, nr;

	b->nr_pieces = 0;
	left = b->max_pieces;

	for (done = empty_nodes(b); done != all; done |= BIT_ULL(node)) {
		least = least_span(b, done, left);
		node = slowest_node(b, done, least, left);
		nr = tdmr_cut_node(b, node, least, left);
		keep_trial(b, nr);
		span[node] = least;
		left -= nr;
	}

	sort_by_run(b->pieces, b->nr_pieces);
	even_out(b, span);
	cut_small(b, span);
	use_up_pieces(b, span);
}
