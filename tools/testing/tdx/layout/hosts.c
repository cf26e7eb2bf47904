// SPDX-License-Identifier: GPL-2.0-only
/* Hosts that tests make, and what the planner makes of them. */
#include <stdio.h>
#include <string.h>

#include "hosts.h"
#include "judge.h"
#include "layout.h"

/* Without memory or CPUs, and with the limits of modules today; what @d was is lost. */
void host_init(struct description *d, unsigned int nr_nodes)
{
	description_free(d);
	description_init(d);
	d->host.nr_nodes = nr_nodes;
	d->limits_given = true;
	memset(d->lanes_given, true, sizeof(d->lanes_given));
}

/* @end is the first byte after the range; an empty one is left out. */
void host_add_range(struct description *d, u64 start, u64 end, int node)
{
	if (start < end)
		description_add_mem(d, start, end, node);
}

void host_add_cmr(struct description *d, u64 start, u64 end)
{
	d->host.cmrs[d->host.nr_cmrs++] = (struct tdmr_range) { start, end, 0 };
}

/* As tdx-simulate reads it. */
void host_print(const struct description *d)
{
	unsigned int i;

	description_write(d, stdout);
	/* A description cannot say so of any node. */
	for (i = 0; i < d->host.nr_nodes; i++) {
		if (d->nodes[i].home != (int)i)
			printf("# the CPUs of node %d work for node %u\n", d->nodes[i].home, i);
	}
}

/**
 * host_judge - plan a host, and judge what the planner does
 * @host: any host, its homes valid
 * @layout: gets the layout, or the trouble
 *
 * Return: what is wrong; NULL if nothing is.
 */
const char *host_judge(const struct tdmr_host *host, struct tdmr_layout *layout)
{
	enum tdmr_trouble trouble = judge_input(host);
	const char *wrong;

	if (layout_make(layout, host)) {
		if (trouble != layout->trouble &&
		    (trouble != TDMR_FINE || layout->trouble < TDMR_NO_RESERVED))
			return "refused for another reason";
		return NULL;
	}
	if (trouble != TDMR_FINE)
		return "invalid input is accepted";

	wrong = judge_layout(host, layout);
	if (!wrong && module_refuses(host, layout))
		wrong = "the module refuses the layout";

	return wrong;
}
