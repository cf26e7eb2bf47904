// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: adversarial hosts.
 *
 * The planner must reject invalid input for the right reason, and neither the judge nor
 * the model of the TDX module may find a mistake in the layout of other input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"

int fuzz_one_input(const u8 *data, size_t size);

/* The planner gets a copy of the ranges, and the sanitizer looks behind its end. */
int fuzz_one_input(const u8 *data, size_t size)
{
	struct dice dice = { .data = data, .left = size };
	static struct tdmr_layout layout;
	static struct description host;
	struct tdmr_range *ranges;
	const char *wrong;

	if (!size)
		return 0;

	host_adversarial(&host, &dice);
	size = host.host.nr_ranges * sizeof(*ranges);
	ranges = malloc(size);
	if (!ranges)
		abort();
	host.host.ranges = memcpy(ranges, host.ranges, size);
	wrong = host_judge(&host.host, &layout);
	free(ranges);
	if (!wrong)
		return 0;

	host.host.ranges = host.ranges;
	host_print(&host);
	printf("# %s\n", wrong);
	fflush(stdout);
	abort();
}
