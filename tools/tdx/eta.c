// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long an initialisation will still take, if each node goes on as fast as
 * it did: nodes do not help each other, so the slowest one counts.
 */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "eta.h"

static void keep_first(struct eta *eta, const struct state *now)
{
	size_t size = now->nr_nodes * sizeof(*eta->first);

	free(eta->first);
	eta->first = malloc(size);
	if (!eta->first)
		out_of_memory();

	memcpy(eta->first, now->nodes, size);
	eta->nr_first = now->nr_nodes;
	eta->since = eta->elapsed;
}

/* The nodes are those of one layout, or it is another attempt. */
static bool goes_on(const struct eta *eta, const struct state *now)
{
	size_t i;

	if (!eta->nr_first || eta->nr_first != now->nr_nodes)
		return false;

	for (i = 0; i < now->nr_nodes; i++) {
		if (eta->first[i].node != now->nodes[i].node ||
		    eta->first[i].total != now->nodes[i].total ||
		    eta->first[i].done > now->nodes[i].done)
			return false;
	}

	return true;
}

static double node_left(const struct state_part *first,
			const struct state_part *now, double seconds)
{
	u64 made = now->done - first->done;

	if (now->done == now->total)
		return 0;

	return made ? seconds * (now->total - now->done) / made : -1;
}

static double slowest(const struct eta *eta, const struct state *now)
{
	double left, most = 0;
	size_t i;

	for (i = 0; i < now->nr_nodes; i++) {
		left = node_left(&eta->first[i], &now->nodes[i],
				 eta->elapsed - eta->since);
		if (left < 0)
			return left;
		if (left > most)
			most = left;
	}

	return most;
}

/**
 * eta_update - learn from one more look
 * @eta: all zero before the first one
 * @now: what was seen
 * @elapsed: seconds since the first one
 */
void eta_update(struct eta *eta, const struct state *now, double elapsed)
{
	eta->elapsed = elapsed;
	eta->left = -1;

	if (!now->nr_nodes)
		return;
	if (eta->begun && goes_on(eta, now)) {
		eta->left = slowest(eta, now);
		return;
	}

	/* Between the layout and the first call CPUs and keys take their time. */
	keep_first(eta, now);
	eta->begun = now->all.done;
}

void eta_free(struct eta *eta)
{
	free(eta->first);
	eta->first = NULL;
	eta->nr_first = 0;
}
