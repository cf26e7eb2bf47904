// SPDX-License-Identifier: GPL-2.0-only
/* Read and write descriptions of machines in the text format of tdxctl(1). */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "describe.h"

/* Initializes a description without memory and CPUs, with the limits of current modules. */
void description_init(struct description *d)
{
	struct tdmr_host *host = &d->host;
	int node;

	memset(d, 0, sizeof(*d));
	host->limits = (struct tdmr_limits) { 64, 16, { 16, 16, 16 } };
	host->nodes = d->nodes;
	host->nr_nodes = DESCRIPTION_MAX_NODES;
	host->block = SZ_4M;
	for (node = 0; node < DESCRIPTION_MAX_NODES; node++)
		d->nodes[node].home = node;
}

void description_free(struct description *d)
{
	free(d->ranges);
}

/* Makes room for one more element.  Returns the array, or exits without memory. */
void *array_grow(void *array, size_t nr, size_t size)
{
	array = reallocarray(array, nr + 1, size);
	if (!array)
		errx(EXIT_FAILURE, "out of memory");

	return array;
}

/* Adds a range of memory, which the planner checks later. */
void description_add_mem(struct description *d, u64 start, u64 end, int node)
{
	d->ranges = array_grow(d->ranges, d->host.nr_ranges, sizeof(*d->ranges));
	d->ranges[d->host.nr_ranges++] = (struct tdmr_range) { start, end, node };
	d->host.ranges = d->ranges;
}

/* Parse one line.  Returns NULL, or an error message. */
static const char *read_line(struct description *d, const char *line)
{
	struct tdmr_host *host = &d->host;
	u64 first, second;
	char word[8], rest;
	long long node;

	errno = 0;
	if (sscanf(line, "%7s", word) < 1)
		return NULL;

	if (!strcmp(word, "mem")) {
		if (sscanf(line, " mem 0x%llx 0x%llx %lld %c", &first, &second, &node,
			   &rest) != 3 || node != (int)node)
			return "expected: mem 0xSTART 0xEND NODE";
		description_add_mem(d, first, second, node);
	} else if (!strcmp(word, "cmr")) {
		if (sscanf(line, " cmr 0x%llx 0x%llx %c", &first, &second, &rest) != 2)
			return "expected: cmr 0xBASE 0xSIZE";
		if (first + second < first)
			return "the CMR ends beyond 2^64";
		if (host->nr_cmrs == TDMR_MAX_CMRS)
			return "more than 32 CMRs";
		host->cmrs[host->nr_cmrs++] = (struct tdmr_range) { first, first + second, 0 };
	} else if (!strcmp(word, "limits")) {
		if (sscanf(line, " limits max_tdmrs=%llu max_reserved=%llu %c", &first, &second,
			   &rest) != 2 || max(first, second) > 0xffff)
			return "expected: limits max_tdmrs=N max_reserved=N, N up to 65535";
		if (d->limits_given)
			return "limits are given a second time";
		host->limits.max_tdmrs = first;
		host->limits.max_reserved = second;
		d->limits_given = true;
	} else if (!strcmp(word, "lanes")) {
		if (sscanf(line, " lanes %lld %llu %c", &node, &first, &rest) != 2 ||
		    first > INT_MAX)
			return "expected: lanes NODE N";
		if (node < 0 || node >= DESCRIPTION_MAX_NODES)
			return "the node is not in the range 0 to 1023";
		if (d->lanes_given[node])
			return "lanes of this node are given a second time";
		d->nodes[node].cpus = first;
		d->lanes_given[node] = true;
	} else {
		return "the first word is neither mem nor cmr nor limits nor lanes";
	}

	return errno == ERANGE ? "a number exceeds 64 bits" : NULL;
}

/* Returns the nearest node by number, the lower of two: a description has no distances. */
static int nearest_with_cpus(const struct description *d, int node)
{
	int far, nr = d->host.nr_nodes;

	for (far = 1; far < nr; far++) {
		if (far <= node && d->nodes[node - far].cpus)
			return node - far;
		if (node + far < nr && d->nodes[node + far].cpus)
			return node + far;
	}

	return node;
}

/*
 * Gives each node CPUs that initialize its TDMRs.  A node with memory gets a CPU if their
 * number is unknown.
 */
void description_find_homes(struct description *d)
{
	int node, nr = d->host.nr_nodes;
	unsigned int i;

	for (node = 0; node < nr; node++) {
		if (d->lanes_given[node] && !d->nodes[node].cpus)
			d->nodes[node].home = nearest_with_cpus(d, node);
	}

	for (i = 0; i < d->host.nr_ranges; i++) {
		node = d->ranges[i].node;
		if (node >= 0 && node < DESCRIPTION_MAX_NODES && !d->lanes_given[node])
			d->nodes[node].cpus = 1;
	}
}

/*
 * Reads the description of a machine, for an initialized @d.  The planner checks the ranges
 * later.  Returns -EINVAL or -EIO, with a message in @d, on failure.
 */
int description_read(struct description *d, FILE *stream, const char *name)
{
	const char *wrong = NULL;
	unsigned int number = 0;
	char *line = NULL;
	size_t size = 0;

	while (!wrong && getline(&line, &size, stream) >= 0) {
		number++;
		line[strcspn(line, "#\r\n")] = '\0';
		wrong = read_line(d, line);
	}
	if (wrong)
		snprintf(d->error, sizeof(d->error), "%.80s:%u: '%.80s': %s", name, number, line,
			 wrong);
	else if (ferror(stream))
		snprintf(d->error, sizeof(d->error), "%.80s: %s", name, strerror(errno));
	free(line);
	if (*d->error)
		return wrong ? -EINVAL : -EIO;
	description_find_homes(d);

	return 0;
}

/* Writes a description for description_read(). */
void description_write(const struct description *d, FILE *stream)
{
	const struct tdmr_host *host = &d->host;
	unsigned int i;

	for (i = 0; i < host->nr_ranges; i++)
		fprintf(stream, "mem 0x%llx 0x%llx %d\n", host->ranges[i].start,
			host->ranges[i].end, host->ranges[i].node);
	for (i = 0; i < host->nr_cmrs; i++)
		fprintf(stream, "cmr 0x%llx 0x%llx\n", host->cmrs[i].start,
			host->cmrs[i].end - host->cmrs[i].start);
	if (d->limits_given)
		fprintf(stream, "limits max_tdmrs=%u max_reserved=%u\n",
			host->limits.max_tdmrs, host->limits.max_reserved);
	for (i = 0; i < host->nr_nodes; i++) {
		/* Omit the line if all CPUs are isolated: the node then has one CPU. */
		if (d->lanes_given[i] && (d->nodes[i].cpus || d->nodes[i].home != (int)i))
			fprintf(stream, "lanes %u %u\n", i, d->nodes[i].cpus);
	}
}
