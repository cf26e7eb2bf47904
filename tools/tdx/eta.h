/* SPDX-License-Identifier: GPL-2.0-only */
/* How long an initialisation will still take. */
#ifndef _TDXCTL_ETA_H
#define _TDXCTL_ETA_H

#include "state.h"

/**
 * struct eta - a guess from what was seen
 * @elapsed: seconds since the first look
 * @left: seconds that are left; negative while nobody can tell
 * @begun: something had been done in @first
 * @first: nodes at the first look since then, or at the last one
 * @nr_first: how many
 * @since: when that was, seconds after the first look
 */
struct eta {
	double elapsed;
	double left;
	bool begun;
	struct state_part *first;
	size_t nr_first;
	double since;
};

void eta_update(struct eta *eta, const struct state *now, double elapsed);
void eta_free(struct eta *eta);

#endif /* _TDXCTL_ETA_H */
