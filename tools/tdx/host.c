// SPDX-License-Identifier: GPL-2.0-only
/*
 * Describe this machine from files that the user can read.  Only the TDX module reports
 * CMRs: they are guessed.
 */
#include <glob.h>
#include <unistd.h>

#include <linux/align.h>

#include "tdxctl.h"

#define SYSTEM		"/sys/devices/system"

/* Exceeds NR_CPUS of any kernel. */
#define MAX_CPUS	16384

struct ranges {
	struct tdmr_range *v;
	size_t nr;
};

struct host {
	struct description *d;
	struct ranges ram;	/* with node 0 in all ranges */
	struct ranges firmware;
	struct ranges blocks;
	bool numa;
	bool online[DESCRIPTION_MAX_NODES];
	bool taken[MAX_CPUS];	/* isolated CPUs, and CPUs that a node has counted */
};

static void ranges_add(struct ranges *r, u64 start, u64 end, int node)
{
	r->v = array_grow(r->v, r->nr, sizeof(*r->v));
	r->v[r->nr++] = (struct tdmr_range) { start, end, node };
}

/* Ranges with the same start sort by node. */
static int ranges_compare(const void *a, const void *b)
{
	const struct tdmr_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start ? 1 : x->node - y->node;
}

/* Sorts ranges, and merges adjacent ones of a node.  The first keeps an intersection. */
static void ranges_tidy(struct ranges *r)
{
	size_t i, nr = 0;

	if (r->nr)
		qsort(r->v, r->nr, sizeof(*r->v), ranges_compare);

	for (i = 0; i < r->nr; i++) {
		struct tdmr_range next = r->v[i];
		struct tdmr_range *last = nr ? &r->v[nr - 1] : NULL;

		if (last)
			next.start = max(next.start, last->end);
		if (next.start >= next.end)
			continue;
		if (last && next.start == last->end && next.node == last->node)
			last->end = next.end;
		else
			r->v[nr++] = next;
	}
	r->nr = nr;
}

/* The first MiB is never convertible. */
static void add_ram(struct ranges *ram, u64 start, u64 end)
{
	start = max_t(u64, ALIGN(start, SZ_4K), SZ_1M);
	end = ALIGN_DOWN(end, SZ_4K);
	if (start < end)
		ranges_add(ram, start, end, 0);
}

static bool is_firmware(const char *name)
{
	return !strcmp(name, "Reserved") || !strcmp(name, "ACPI Tables") ||
	       !strcmp(name, "ACPI Non-volatile Storage");
}

/*
 * Boot memory is "System RAM" at the top level.  Memory that a driver added later is below
 * its device, and names the driver: "System RAM (kmem)".
 */
static void read_iomem(struct host *h)
{
	FILE *file = fopen(file_path("/proc/iomem"), "r");
	char line[256], name[128];
	u64 start, end;

	while (file && fgets(line, sizeof(line), file)) {
		/* The kernel shows 0-0 in place of addresses to unprivileged users. */
		if (sscanf(line, "%llx-%llx : %127[^\n]", &start, &end, name) != 3 || !end)
			continue;
		if (is_firmware(name)) {
			ranges_add(&h->firmware, start, end + 1, 0);
		} else if (!strncmp(name, "System RAM", strlen("System RAM"))) {
			add_ram(&h->ram, start, end + 1);
			h->d->added += strchr(name, '(') ? end + 1 - start : 0;
		}
	}
	if (file)
		fclose(file);
	ranges_tidy(&h->firmware);
}

/* Adds the memory blocks of @node. */
static void read_blocks(struct ranges *blocks, int node)
{
	glob_t found = {};
	unsigned int id;
	char line[64];
	size_t i;
	u64 size;

	file_line(file_path(SYSTEM "/memory/block_size_bytes"), line, sizeof(line));
	size = strtoull(line, NULL, 16);
	glob(file_path(SYSTEM "/node/node%d/memory[0-9]*", node), GLOB_NOSORT, NULL, &found);
	for (i = 0; i < found.gl_pathc; i++) {
		if (sscanf(strrchr(found.gl_pathv[i], '/'), "/memory%u", &id) == 1)
			ranges_add(blocks, id * size, (id + 1) * size, node);
	}
	globfree(&found);
}

/* Takes the CPUs of a list like 0-27,56-83.  Returns the number of those not taken before. */
static unsigned int take_cpus(struct host *h, const char *path)
{
	static char line[1 << 20];
	unsigned int first, last, nr = 0;
	char *word;
	int n;

	file_line(path, line, sizeof(line));
	for (word = strtok(line, ","); word; word = strtok(NULL, ",")) {
		n = sscanf(word, "%u-%u", &first, &last);
		if (n == 1)
			last = first;
		for (; n > 0 && first <= last && first < MAX_CPUS; first++) {
			nr += !h->taken[first];
			h->taken[first] = true;
		}
	}

	return nr;
}

/* The home of a node without online CPUs is the nearest node that has online CPUs. */
static void find_home(struct host *h, int node)
{
	char line[8 * DESCRIPTION_MAX_NODES], *next = line;
	int other, *home = &h->d->nodes[node].home;
	unsigned long distance, least = 0;

	file_line(file_path(SYSTEM "/node/node%d/distance", node), line, sizeof(line));
	for (other = 0; other < DESCRIPTION_MAX_NODES && !h->online[node]; other++) {
		if (!h->d->lanes_given[other])
			continue;
		distance = strtoul(next, &next, 10);
		if (h->online[other] && (*home == node || distance < least)) {
			*home = other;
			least = distance;
		}
	}
}

static void read_node(struct host *h, int node, const char *cpulist)
{
	char line[2];

	h->online[node] = file_line(cpulist, line, sizeof(line)) && *line;
	h->d->nodes[node].cpus = take_cpus(h, cpulist);
	h->d->lanes_given[node] = true;
}

static void read_nodes(struct host *h)
{
	int id;

	take_cpus(h, file_path(SYSTEM "/cpu/isolated"));
	take_cpus(h, file_path(SYSTEM "/cpu/nohz_full"));

	for (id = 0; id < DESCRIPTION_MAX_NODES; id++) {
		if (access(file_path(SYSTEM "/node/node%d", id), F_OK))
			continue;
		read_node(h, id, file_path(SYSTEM "/node/node%d/cpulist", id));
		read_blocks(&h->blocks, id);
		h->numa = true;
	}
	for (id = 0; id < DESCRIPTION_MAX_NODES; id++) {
		if (h->d->lanes_given[id])
			find_home(h, id);
	}
	/* Without NUMA, all CPUs are on node 0. */
	if (!h->numa)
		read_node(h, 0, file_path(SYSTEM "/cpu/online"));

	/* If nodes share a block, count the whole block for the lowest node. */
	ranges_tidy(&h->blocks);
}

static void find_ram(struct host *h)
{
	size_t i;

	read_iomem(h);
	h->d->memory_from = h->ram.nr ? MEMORY_FROM_IOMEM : MEMORY_FROM_BLOCKS;
	for (i = 0; h->d->memory_from == MEMORY_FROM_BLOCKS && i < h->blocks.nr; i++)
		add_ram(&h->ram, h->blocks.v[i].start, h->blocks.v[i].end);
	ranges_tidy(&h->ram);
}

/* Memory outside all blocks gets the node of the block below it. */
static void add_memory(struct host *h)
{
	const struct ranges *blocks = &h->blocks;
	size_t i, b = 0;
	u64 start, end;

	for (i = 0; i < h->ram.nr; i++) {
		for (start = h->ram.v[i].start; start < h->ram.v[i].end; start = end) {
			end = h->ram.v[i].end;
			while (b + 1 < blocks->nr && blocks->v[b + 1].start <= start)
				b++;
			if (b + 1 < blocks->nr)
				end = min(end, blocks->v[b + 1].start);
			description_add_mem(h->d, start, end, blocks->nr ? blocks->v[b].node : 0);
		}
	}
}

static bool is_all_firmware(const struct ranges *firmware, u64 start, u64 end)
{
	size_t i = 0;

	while (i < firmware->nr && firmware->v[i].end < end)
		i++;

	return i < firmware->nr && firmware->v[i].start <= start;
}

/*
 * The memory map has more holes than the CMRs, because firmware keeps ACPI tables in
 * convertible memory.  So a hole counts as convertible if firmware uses all of it.
 */
static void guess_cmrs(struct host *h)
{
	struct tdmr_range *cmr = h->ram.v;
	size_t i;

	for (i = 0; i + 1 < h->ram.nr; i++) {
		if (is_all_firmware(&h->firmware, cmr[i].end, cmr[i + 1].start))
			cmr[i].end = cmr[i + 1].start;
	}
	ranges_tidy(&h->ram);

	/* Without CMRs, the planner reports the excess. */
	if (h->ram.nr > TDMR_MAX_CMRS)
		return;
	h->d->host.nr_cmrs = h->ram.nr;
	memcpy(h->d->host.cmrs, cmr, h->ram.nr * sizeof(*cmr));
}

/* Describes this machine in @d.  Returns -ENOENT, with a message in @d, without memory. */
int host_describe(struct description *d)
{
	struct host h = { .d = d };

	read_nodes(&h);
	find_ram(&h);
	if (h.ram.nr) {
		add_memory(&h);
		guess_cmrs(&h);
	} else {
		snprintf(d->error, sizeof(d->error),
			 "neither /proc nor /sys describes the memory of this machine");
	}
	free(h.ram.v);
	free(h.firmware.v);
	free(h.blocks.v);

	return d->host.nr_ranges ? 0 : -ENOENT;
}

/* Warns about what host_describe() could not see. */
void host_warn(const struct description *d)
{
	if (d->added)
		warnx("a driver added %.1f GiB of memory after boot: TDX needs CMRs that cover it",
		      (double)d->added / SZ_1G);
	if (d->memory_from == MEMORY_FROM_BLOCKS && d->host.nr_ranges)
		warnx("holes inside memory blocks are visible only to root (CAP_SYS_ADMIN)");
}
