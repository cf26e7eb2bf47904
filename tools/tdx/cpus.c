// SPDX-License-Identifier: GPL-2.0-only
/* CPUs in lists like 0-27,56-83, as ranges of their numbers. */
#include <stdlib.h>

#include <linux/minmax.h>

#include "cpus.h"
#include "sysfile.h"

static void parse(const char *list, struct ranges *cpus)
{
	u64 first, last;
	char *end;

	for (; *list >= '0' && *list <= '9'; list = end + (*end == ',')) {
		first = strtoul(list, &end, 10);
		last = first;
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		ranges_add(cpus, first, last + 1, 0);
	}
}

/* Adds what is in the file; nothing if there is none, or no list in it. */
void cpus_read(const char *path, struct ranges *cpus)
{
	char *list = sysfile_line(path);

	if (list)
		parse(list, cpus);
	free(list);
	ranges_tidy(cpus);
}

/* Those that the kernel keeps free of work that is bound to no CPU. */
void cpus_read_isolated(struct ranges *isolated)
{
	cpus_read("/sys/devices/system/cpu/isolated", isolated);
	cpus_read("/sys/devices/system/cpu/nohz_full", isolated);
}

unsigned int cpus_count(const struct ranges *cpus, const struct ranges *without)
{
	u64 nr = ranges_bytes(cpus);
	size_t i, j;

	for (i = 0; i < cpus->nr; i++) {
		for (j = 0; j < without->nr; j++) {
			u64 start = max(cpus->v[i].start, without->v[j].start);
			u64 end = min(cpus->v[i].end, without->v[j].end);

			nr -= end > start ? end - start : 0;
		}
	}

	return nr;
}
