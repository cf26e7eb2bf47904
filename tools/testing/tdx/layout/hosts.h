/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LAYOUT_HOSTS_H
#define _LAYOUT_HOSTS_H

#include "describe.h"
#include "dice.h"

void host_init(struct description *d, unsigned int nr_nodes);
void host_add_range(struct description *d, u64 start, u64 end, int node);
void host_add_cmr(struct description *d, u64 start, u64 end);
void host_print(const struct description *d);
const char *host_judge(const struct tdmr_host *host, struct tdmr_layout *layout);

void host_realistic(struct description *d, struct dice *dice);
void host_adversarial(struct description *d, struct dice *dice);

#endif /* _LAYOUT_HOSTS_H */
