// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this machine has, as well as the user may see it:
 *
 *	memory		/proc/iomem; without root memory blocks; else totals
 *	its nodes	memory blocks; else in proportion to the nodes' totals
 *	CMRs		guessed
 *	CPUs		those online and not isolated, as the kernel takes them
 *
 * What was not seen, and what was used instead, is said.
 */
#include <errno.h>
#include <stdlib.h>

#include <linux/minmax.h>
#include <linux/sizes.h>

#include "alloc.h"
#include "cmrs.h"
#include "host.h"
#include "iomem.h"
#include "nodes.h"

#define FIRST_MIB	0x100000ULL

struct host {
	struct iomem iomem;
	struct nodes nodes;
	struct ranges ram;	/* all of node 0 */
	struct ranges owned;	/* the same with nodes */
	struct notes *notes;
};

static const char *why_no_iomem(const struct host *h, bool readable)
{
	if (!readable)
		return "/proc/iomem cannot be read";
	if (h->iomem.hidden)
		return "/proc/iomem hides addresses from all but root (CAP_SYS_ADMIN)";
	return "/proc/iomem has no System RAM";
}

static void ram_from_blocks(struct host *h)
{
	const struct ranges *blocks = &h->nodes.blocks;
	size_t i;

	for (i = 0; i < blocks->nr; i++)
		ranges_add(&h->ram, max(blocks->v[i].start, FIRST_MIB),
			   blocks->v[i].end, 0);
	ranges_tidy(&h->ram);
}

static void ram_from_totals(struct host *h)
{
	u64 bytes = 0;
	size_t i;

	for (i = 0; i < h->nodes.nr; i++)
		bytes += h->nodes.v[i].bytes;
	if (bytes)
		ranges_add(&h->ram, FIRST_MIB, FIRST_MIB + bytes, 0);
}

static void note_added(struct host *h)
{
	if (h->iomem.added)
		notes_add(h->notes,
			  "%.1f GiB of memory came after boot, from a driver: a module that does not have it in a CMR cannot be brought up while it is there.",
			  (double)h->iomem.added / SZ_1G);
}

/* Returns what it is known from. */
static enum memory_source find_ram(struct host *h)
{
	bool readable = iomem_read(&h->iomem);
	size_t i;

	for (i = 0; i < h->iomem.ram.nr; i++)
		ranges_add(&h->ram, h->iomem.ram.v[i].start,
			   h->iomem.ram.v[i].end, 0);
	if (h->ram.nr) {
		note_added(h);
		return MEMORY_FROM_IOMEM;
	}

	ram_from_blocks(h);
	if (h->ram.nr) {
		notes_add(h->notes,
			  "%s: memory blocks of sysfs are used instead, without the holes inside them.",
			  why_no_iomem(h, readable));
		return MEMORY_FROM_BLOCKS;
	}

	ram_from_totals(h);
	notes_add(h->notes,
		  "%s, and sysfs has no memory blocks: only how much memory the kernel manages is known, not where it is.",
		  why_no_iomem(h, readable));
	return MEMORY_FROM_TOTALS;
}

static void find_owners(struct host *h)
{
	nodes_own(&h->nodes, &h->ram, &h->owned);

	if (!h->nodes.numa)
		notes_add(h->notes,
			  "/sys/devices/system/node has no nodes: all memory and CPUs are shown as node 0.");
	if (h->nodes.nr > 1 && !h->nodes.blocks.nr)
		notes_add(h->notes,
			  "sysfs has no memory blocks: memory is divided by the nodes' MemTotal, in order of address.");
	if (h->nodes.shared)
		notes_add(h->notes,
			  "%u memory blocks of sysfs belong to several nodes: each counts for the lowest of them.",
			  h->nodes.shared);
}

static void find_cmrs(struct host *h, struct description *d,
		      struct notes *assumed)
{
	struct cmr_guess guess;

	guess = cmrs_guess(d, &h->ram, &h->iomem.firmware);
	notes_add(assumed,
		  "All memory in the memory map is convertible: only a TDX module can tell, by its CMRs.");
	if (guess.firmware)
		notes_add(assumed,
			  "So are the %u holes in it that firmware keeps for itself.",
			  guess.firmware);
	if (guess.small)
		notes_add(h->notes,
			  "The memory map has more ranges than a module has CMRs: the %u smallest holes count as convertible.",
			  guess.small);
}

static void find_cpus(struct host *h, struct description *d)
{
	unsigned int cpus = 0;
	size_t i;

	for (i = 0; i < h->nodes.nr; i++)
		cpus += h->nodes.v[i].online;
	if (!cpus) {
		notes_add(h->notes, "sysfs does not tell which CPUs are online.");
		return;
	}

	for (i = 0; i < h->nodes.nr; i++) {
		const struct node *node = &h->nodes.v[i];

		if (node->id >= TDMR_MAX_NODES)
			continue;
		d->lanes[node->id] = node->cpus;
		d->lanes_given[node->id] = true;
		d->home[node->id] = node->home->id;
	}
}

static void add_memory(const struct host *h, struct description *d)
{
	size_t i;

	for (i = 0; i < h->owned.nr; i++) {
		const struct tdmr_range *range = &h->owned.v[i];

		if (description_add_mem(d, range->start, range->end, range->node))
			out_of_memory();
	}
}

/**
 * host_describe - describe this machine
 * @d: initialised; gets the description
 * @assumed: gets what was taken for granted
 * @notes: gets what could not be seen and what was used instead
 *
 * Return: 0, or -ENOENT if nothing is known of its memory.
 */
int host_describe(struct description *d, struct notes *assumed,
		  struct notes *notes)
{
	struct host h = { .notes = notes };

	nodes_read(&h.nodes);
	d->memory_from = find_ram(&h);
	if (h.ram.nr) {
		find_owners(&h);
		find_cmrs(&h, d, assumed);
		find_cpus(&h, d);
		add_memory(&h, d);
	}

	iomem_free(&h.iomem);
	nodes_free(&h.nodes);
	ranges_free(&h.ram);
	ranges_free(&h.owned);

	return d->nr_mem ? 0 : -ENOENT;
}
