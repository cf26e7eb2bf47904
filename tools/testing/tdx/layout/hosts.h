/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LAYOUT_HOSTS_H
#define _LAYOUT_HOSTS_H

#include "dice.h"
#include "tdmr.h"

#define HOST_MAX_RANGES	4096
#define HOST_MAX_NODES	48

/* A host, and what it points to. */
struct test_host {
	struct tdmr_host host;
	struct tdmr_range ranges[HOST_MAX_RANGES];
	struct tdmr_node nodes[HOST_MAX_NODES];
};

void host_init(struct test_host *t, unsigned int nr_nodes);
void host_add_range(struct test_host *t, u64 start, u64 end, int node);
void host_add_cmr(struct test_host *t, u64 start, u64 end);
void host_print(const struct test_host *t);
const char *host_judge(const struct tdmr_host *host, struct tdmr_layout *layout);

void host_realistic(struct test_host *t, struct dice *dice);
void host_adversarial(struct test_host *t, struct dice *dice);

#endif /* _LAYOUT_HOSTS_H */
