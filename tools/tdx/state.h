/* SPDX-License-Identifier: GPL-2.0-only */
/* What /sys/kernel/tdx says at one moment. */
#ifndef _TDXCTL_STATE_H
#define _TDXCTL_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#define TDX_DIR	"/sys/kernel/tdx"

/* In the order of the words. */
enum state_status {
	STATE_UNKNOWN,
	STATE_INITIALIZING,
	STATE_INITIALIZED,
	STATE_ERROR,
};

/**
 * struct state_part - how far a node is, or all
 * @node: its number
 * @done: bytes that the module knows
 * @total: bytes that it is to know; 0 while that is not known
 * @unfinished: lanes that are not done
 * @lanes: of them all
 */
struct state_part {
	unsigned int node;
	u64 done;
	u64 total;
	unsigned int unfinished;
	unsigned int lanes;
};

/**
 * struct state - a moment
 * @status: of the host
 * @all: of all nodes; its @node means nothing
 * @nodes: those with TDMRs, ascending
 * @nr_nodes: how many
 * @error: what the kernel says went wrong, or NULL
 * @err: its errno, positive
 * @error_hidden: only root may know
 */
struct state {
	enum state_status status;
	struct state_part all;
	struct state_part *nodes;
	size_t nr_nodes;
	char *error;
	int err;
	bool error_hidden;
};

int state_read(struct state *s);
void state_free(struct state *s);
const char *state_word(enum state_status status);
bool state_failed(const struct state *s);
int state_exit(const struct state *s);
int state_complain(int error);

#endif /* _TDXCTL_STATE_H */
