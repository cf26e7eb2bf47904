// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NUMA nodes that this machine has, from /sys/devices/system:
 *
 *	node/node0/cpulist		0-27,56-83
 *	node/node0/meminfo		Node 0 MemTotal:  131072000 kB
 *	node/node0/distance		10 21, to itself and to node 1
 *	node/node0/memory17		block 17 is this node's
 *	memory/block_size_bytes		80000000, hexadecimal
 *
 * Everybody may read these.  Without NUMA there is no node/, and memory/ and
 * cpu/online are the whole machine's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "alloc.h"
#include "cpus.h"
#include "nodes.h"
#include "sysfile.h"

#define SYSTEM	"/sys/devices/system"

static char *node_path(unsigned int id, const char *name)
{
	char *path;

	if (asprintf(&path, SYSTEM "/node/node%u%s", id, name) < 0)
		out_of_memory();

	return path;
}

/* MemTotal of a node's meminfo, or of the whole machine's. */
static u64 read_total(const char *path)
{
	FILE *stream = sysfile_open(path);
	char *text = NULL, *total = NULL;
	size_t size = 0;
	u64 kb = 0;

	if (!stream)
		return 0;

	while (!total && getline(&text, &size, stream) >= 0)
		total = strstr(text, "MemTotal:");
	if (total)
		kb = strtoull(total + strlen("MemTotal:"), NULL, 10);
	free(text);
	fclose(stream);

	return kb * 1024;
}

static u64 block_size(void)
{
	char *line = sysfile_line(SYSTEM "/memory/block_size_bytes");
	u64 size = line ? strtoull(line, NULL, 16) : 0;

	free(line);
	return size;
}

static void read_blocks(struct nodes *nodes, const char *path, unsigned int id)
{
	u64 size = block_size();
	unsigned int *blocks;
	size_t i, nr;

	if (!size || !sysfile_list(path, "memory", &blocks, &nr))
		return;

	for (i = 0; i < nr; i++)
		ranges_add(&nodes->blocks, blocks[i] * size,
			   (blocks[i] + 1ULL) * size, id);
	free(blocks);
}

static void read_cpus(struct node *node, const char *path,
		      const struct ranges *isolated)
{
	static const struct ranges none;
	struct ranges online = {};

	cpus_read(path, &online);
	node->online = cpus_count(&online, &none);
	node->cpus = cpus_count(&online, isolated);
	ranges_free(&online);
}

static void read_node(struct nodes *nodes, struct node *node,
		      const struct ranges *isolated)
{
	char *cpulist = node_path(node->id, "/cpulist");
	char *meminfo = node_path(node->id, "/meminfo");
	char *dir = node_path(node->id, "");

	read_cpus(node, cpulist, isolated);
	node->bytes = read_total(meminfo);
	read_blocks(nodes, dir, node->id);

	free(cpulist);
	free(meminfo);
	free(dir);
}

static void read_no_numa(struct nodes *nodes, const struct ranges *isolated)
{
	read_cpus(&nodes->v[0], SYSTEM "/cpu/online", isolated);
	nodes->v[0].bytes = read_total("/proc/meminfo");
	read_blocks(nodes, SYSTEM "/memory", 0);
}

/* The distances are those to all nodes, ascending; the lowest wins a tie. */
static const struct node *nearest_with_cpus(const struct nodes *nodes,
					    const struct node *from)
{
	char *path = node_path(from->id, "/distance");
	char *line = sysfile_line(path), *next = line;
	const struct node *node, *nearest = from;
	unsigned long distance, least = 0;

	for (node = nodes->v; node < nodes->v + nodes->nr; node++) {
		distance = next ? strtoul(next, &next, 10) : 0;
		if (node->online && (nearest == from || distance < least)) {
			nearest = node;
			least = distance;
		}
	}
	free(line);
	free(path);

	return nearest;
}

static void find_homes(struct nodes *nodes)
{
	size_t i;

	for (i = 0; i < nodes->nr; i++) {
		struct node *node = &nodes->v[i];

		node->home = node->online ? node : nearest_with_cpus(nodes, node);
	}
}

static void alloc_nodes(struct nodes *nodes, size_t nr)
{
	nodes->nr = nr;
	nodes->v = calloc(nr, sizeof(*nodes->v));
	if (!nodes->v)
		out_of_memory();
}

/**
 * nodes_read - look which nodes there are
 * @nodes: out, to be given to nodes_free()
 */
void nodes_read(struct nodes *nodes)
{
	struct ranges isolated = {};
	unsigned int *ids;
	size_t i, nr;

	*nodes = (struct nodes) {};
	cpus_read_isolated(&isolated);
	nodes->numa = sysfile_list(SYSTEM "/node", "node", &ids, &nr);
	alloc_nodes(nodes, nodes->numa ? nr : 1);

	for (i = 0; i < nr; i++) {
		nodes->v[i].id = ids[i];
		read_node(nodes, &nodes->v[i], &isolated);
	}
	if (!nodes->numa)
		read_no_numa(nodes, &isolated);
	free(ids);
	ranges_free(&isolated);

	find_homes(nodes);
	nodes->shared = ranges_tidy(&nodes->blocks);
}

void nodes_free(struct nodes *nodes)
{
	free(nodes->v);
	ranges_free(&nodes->blocks);
}

/* Memory in no block goes with the block below it. */
static void own_by_blocks(const struct nodes *nodes, const struct ranges *ram,
			  struct ranges *owned)
{
	const struct ranges *blocks = &nodes->blocks;
	size_t i, b = 0;

	for (i = 0; i < ram->nr; i++) {
		u64 start = ram->v[i].start;

		while (start < ram->v[i].end) {
			u64 end = ram->v[i].end;

			while (b + 1 < blocks->nr && blocks->v[b + 1].start <= start)
				b++;
			if (b + 1 < blocks->nr)
				end = min(end, blocks->v[b + 1].start);
			ranges_add(owned, start, end, blocks->v[b].node);
			start = end;
		}
	}
}

/* Where memory ends that is of the first @nr nodes, if all lay in a row. */
static u64 share(const struct nodes *nodes, size_t nr, u64 bytes)
{
	unsigned __int128 some = 0, all = 0;
	size_t i;

	for (i = 0; i < nodes->nr; i++) {
		all += nodes->v[i].bytes;
		if (i < nr)
			some += nodes->v[i].bytes;
	}
	if (some == all)
		return bytes;

	return (u64)(bytes * some / all) & ~(SZ_2M - 1ULL);
}

/* Each node's part in proportion to what the kernel manages there. */
static void own_by_size(const struct nodes *nodes, const struct ranges *ram,
			struct ranges *owned)
{
	u64 bytes = ranges_bytes(ram);
	u64 seen = 0, bound;
	size_t i, n = 1;

	bound = share(nodes, n, bytes);
	for (i = 0; i < ram->nr; i++) {
		u64 start = ram->v[i].start, end;

		while (start < ram->v[i].end) {
			while (seen >= bound)
				bound = share(nodes, ++n, bytes);
			end = min(ram->v[i].end, start + bound - seen);
			ranges_add(owned, start, end, nodes->v[n - 1].id);
			seen += end - start;
			start = end;
		}
	}
}

/**
 * nodes_own - say which memory is whose
 * @nodes: of this machine
 * @ram: its memory
 * @owned: out, empty; the same memory with its nodes
 */
void nodes_own(const struct nodes *nodes, const struct ranges *ram,
	       struct ranges *owned)
{
	if (nodes->blocks.nr)
		own_by_blocks(nodes, ram, owned);
	else
		own_by_size(nodes, ram, owned);
	ranges_tidy(owned);
}
