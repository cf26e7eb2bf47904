// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is there any layout for a host?  Asks no planner.
 *
 *   tdx-layout-feasible < DESCRIPTION
 *
 * Descriptions are those of tdx-layout, which takes them: what is no description,
 * or memory outside the CMRs, is its business.  Prints one line; exit 0 if there
 * is a layout, 1 if not.
 */
#include <stdio.h>
#include <string.h>

#include "describe.h"
#include "layout-feasible.h"

static enum feasible ask(const struct description *d)
{
	struct tdmr_layout layout = {
		.limits = d->limits,
		.ranges = d->mem,
		.nr_ranges = d->nr_mem,
		.nr_cmrs = d->nr_cmrs,
	};

	memcpy(layout.cmrs, d->cmrs, sizeof(layout.cmrs));

	return layout_feasible(&layout);
}

int main(void)
{
	static const char *const words[NR_REASONS] = {
		[FEASIBLE] = "there is a layout",
		[GIB_WITH_TOO_MANY_HOLES] = "too many holes in a GiB",
		[TOO_FEW_TDMRS] = "too few TDMRs",
		[NO_ROOM_FOR_PAMTS] = "no room for PAMTs",
	};
	enum feasible answer = NR_REASONS;
	struct description d;

	description_init(&d);
	if (!description_read(&d, stdin, "standard input")) {
		answer = ask(&d);
		puts(words[answer]);
	}
	description_free(&d);

	return answer != FEASIBLE;
}
