// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cut runs of GiB into pieces, a piece being one TDMR and so one lane.
 *
 * The work of a lane is the size of its TDMR.  The lanes of a node are worked
 * on by that node's CPUs, one lane by one CPU at a time, longest lane first.
 * Wanted is a cut into at most @max_pieces whose busiest CPU, over all nodes,
 * has as little to do as possible; then the next busiest node, and so on; and
 * for the same time, more pieces.
 *
 * Whether a node can be done in M GiB is a bin packing with bins of M, a bin
 * being a CPU, whose items may be cut:
 *
 *	runs	  |=============|   |=======|   |====|
 *	bins of M |======|======|=    =======|    ====|	M, M, then what is left
 *
 * Whole bins are filled from every run that has M or more; no cut of that run
 * can be of larger pieces.  What is left of the runs, less than M each, goes
 * into the remaining bins uncut where it fits best, the largest first; what
 * fits nowhere uncut is cut to fill what is left of the bins.  Fewer cuts may
 * be possible then, which matters only when the pieces are about to run out.
 *
 * The smallest M for which the pieces of all nodes suffice is searched; nodes
 * that cannot do better with the pieces that are to be had stay with it, and
 * the others go on with the pieces that remain.
 *
 * How far from the best: not at all where every piece gets a CPU of its own,
 * which is where most hosts are.  Where there are more pieces than CPUs, the
 * packing is a heuristic, and the CPUs take the largest piece left rather than
 * the packed one.  With hardly more pieces than runs that shows, so few pieces
 * are then cut elsewhere, one cut at a time, while it helps.  Brute force over
 * small hosts finds the optimum missed by more than 1 GiB only where there is
 * nothing to cut, as many runs as pieces, and a better order of work exists
 * than longest first.  @bound says how far it can be at most.
 *
 * Cost: some thousand steps for each of the about 20 values of M that the
 * search looks at for each node, whatever the size of the host.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "tdmr_balance.h"

/* Cuts are moved, to so many places, when there are at most so many pieces. */
#define MAX_TRIALS	16
#define MAX_MOVED	16

static u32 div_up(u32 a, u32 b)
{
	return a / b + !!(a % b);
}

/* Insertion: there are few, and they come nearly sorted. */
static void sort_descending(u32 *v, u32 nr)
{
	u32 i, j, x;

	for (i = 1; i < nr; i++) {
		x = v[i];
		for (j = i; j && v[j - 1] < x; j--)
			v[j] = v[j - 1];
		v[j] = x;
	}
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
	u32 size[TDMR_MAX_PIECES], load[TDMR_MAX_PIECES] = {};
	u32 i, least, most = 0, n = 0;

	for (i = 0; i < nr; i++) {
		if (pieces[i].node == node)
			size[n++] = pieces[i].size;
	}
	sort_descending(size, n);
	if (n <= lanes)
		return n ? size[0] : 0;

	for (i = 0; i < n; i++) {
		least = index_of_least(load, lanes);
		load[least] += size[i];
		most = max(most, load[least]);
	}

	return most;
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

static bool pack_whole(struct packing *p, u32 *rest)
{
	u32 skip[TDMR_MAX_PIECES];
	u32 nr = p->b->nr_runs;
	u32 i, bin;

	memcpy(skip, rest, nr * sizeof(*rest));

	for (i = largest(skip, nr); skip[i]; i = largest(skip, nr)) {
		bin = best_fit(p, skip[i]);
		if (bin < p->nr_bins) {
			if (!add_piece(p, i, skip[i]))
				return false;
			p->room[bin] -= skip[i];
			rest[i] = 0;
		}
		skip[i] = 0;
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

/*
 * Cut a node's runs so that its CPUs are done in @span GiB, into @b->trial.
 * Returns the pieces that takes, 0 if it cannot be or takes more than @max.
 */
static u32 cut_node(struct tdmr_balance *b, u32 node, u32 span, u32 max)
{
	struct packing p = { .b = b, .node = node, .max_pieces = max };
	u32 rest[TDMR_MAX_PIECES];

	if (!fill_bins(&p, span, rest) || !pack_whole(&p, rest) ||
	    !pack_cut(&p, rest))
		return 0;

	/* The packing fits; does it when the largest come first? */
	if (tdmr_makespan(b->trial, p.nr_pieces, node, b->lanes[node]) > span)
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
		nr = cut_node(b, node, span, max - sum);
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
		    !cut_node(b, node, span - 1,
			      cut_node(b, node, span, max) + spare))
			return node;
	}

	return first;
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

/* Cut piece @i somewhere so that its node is done before @span. */
static bool split_better(struct tdmr_balance *b, u32 i, u32 span)
{
	u32 size = b->pieces[i].size;
	u32 step = div_up(size, MAX_TRIALS);
	u32 at;

	for (at = step; at < size; at += step) {
		cut_piece(b, i, at);
		if (makespan_of(b, b->pieces[i].node) < span)
			return true;
		join(b, i);
	}

	return false;
}

/* Undo the cut behind piece @i and cut somewhere else on its node. */
static bool cut_elsewhere(struct tdmr_balance *b, u32 i, u32 span)
{
	u32 node = b->pieces[i].node;
	u32 size = b->pieces[i].size;
	u32 j;

	join(b, i);
	for (j = 0; j < b->nr_pieces; j++) {
		if (b->pieces[j].node == node && split_better(b, j, span))
			return true;
	}
	cut_piece(b, i, size);

	return false;
}

/*
 * What the packing misses when there are hardly more pieces than runs: one cut
 * moved at a time while that makes it better.
 */
static void move_cuts(struct tdmr_balance *b, u32 node)
{
	u32 span = makespan_of(b, node);
	u32 least = div_up(node_size(b, node), b->lanes[node]);
	u32 i;

	for (i = 0; i + 1 < b->nr_pieces && span > least; i++) {
		if (b->pieces[i].node != node ||
		    b->pieces[i].run != b->pieces[i + 1].run)
			continue;
		if (cut_elsewhere(b, i, span)) {
			span = makespan_of(b, node);
			i = -1;
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
	u32 left, least, node, nr;
	u64 done = 0;
	u32 n;

	b->nr_pieces = 0;
	b->bound = bound_of(b, 0, b->max_pieces);
	left = b->max_pieces;

	for (n = 0; n < b->nr_nodes; n++) {
		least = least_span(b, done, left);
		node = slowest_node(b, done, least, left);
		nr = cut_node(b, node, least, left);
		keep_trial(b, nr);
		span[node] = least;
		left -= nr;
		done |= BIT_ULL(node);
	}

	sort_by_run(b->pieces, b->nr_pieces);
	even_out(b, span);
	use_up_pieces(b, span);

	b->makespan = 0;
	for (node = 0; node < b->nr_nodes; node++) {
		if (b->nr_pieces <= MAX_MOVED)
			move_cuts(b, node);
		b->makespan = max(b->makespan, makespan_of(b, node));
	}
}
