// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hosts as they are sold: 1 to 8 sockets, each 1 to 4 nodes, 32 GiB to 12 TiB,
 * with the holes that firmware, PCI and memory controllers leave, with CXL, and
 * with nodes that have no CPUs or no memory.
 */
#include <linux/align.h>
#include <linux/minmax.h>

#include "hosts.h"

#define GIB	((u64)SZ_1G)
#define MIB	((u64)SZ_1M)

/* How a host is built. */
struct machine {
	struct dice *dice;
	unsigned int nr_nodes;	/* that have slots for DRAM */
	unsigned int snc;	/* nodes of a socket */
	u64 gib;		/* GiB of a node */
	u64 tail;		/* bytes at the top of each node that are not convertible */
	u64 hole;		/* bytes without memory behind each socket */
	u64 off_grid;		/* bytes that a node has less than @gib */
	u64 at;			/* first address that is free */
};

/* Firmware reports CMRs that touch as one. */
static void machine_add_cmr(struct description *d, u64 start, u64 end)
{
	struct tdmr_range *last = &d->host.cmrs[d->host.nr_cmrs - 1];

	if (d->host.nr_cmrs && last->end == start)
		last->end = end;
	else
		host_add_cmr(d, start, end);
}

/* Below 4 GiB: firmware takes up to 20 places in the last 512 MiB. */
static u64 machine_add_low(struct description *d, struct machine *m)
{
	static const u64 tops[] = { 0x6f800000, 0x77800000, 0x7f000000, 0x8f800000,
				    0xaf000000 };
	u64 top = dice_pick(m->dice, tops), at = MIB, hole;
	unsigned int nr = dice_roll(m->dice, 21);

	machine_add_cmr(d, MIB, top);
	for (hole = top - 512 * MIB; nr; nr--) {
		hole += dice_roll(m->dice, 480 * MIB / 21 / SZ_4K) * SZ_4K;
		host_add_range(d, at, hole, 0);
		hole += (1 + dice_roll(m->dice, 16)) * SZ_4K;
		at = hole;
	}
	host_add_range(d, at, top, 0);

	return top;
}

/* With @memmap, the kernel's command line takes 4 GiB away. */
static void machine_add_node(struct description *d, struct machine *m, int node, u64 size,
			     bool memmap)
{
	u64 end = m->at + size - m->tail, hole;

	if (memmap && size > 16 * GIB) {
		hole = m->at + dice_roll(m->dice, size / GIB / 2) * GIB;
		host_add_range(d, m->at, hole, node);
		host_add_range(d, hole + 4 * GIB, end, node);
	} else {
		host_add_range(d, m->at, end, node);
	}
	machine_add_cmr(d, m->at, end);
	m->at += size;
}

static void machine_add_dram(struct description *d, struct machine *m)
{
	bool memmap = dice_percent(m->dice, 3);
	bool uneven = dice_percent(m->dice, 10);
	u64 size, low = machine_add_low(d, m);
	unsigned int node;

	m->at = 4 * GIB;
	for (node = 0; node < m->nr_nodes; node++) {
		size = m->gib * GIB - m->off_grid;
		if (uneven && dice_percent(m->dice, 30))
			size /= 2;
		if (node && dice_percent(m->dice, 2))
			continue;
		if (!node)
			size -= low;
		machine_add_node(d, m, node, ALIGN_DOWN(size, 2 * MIB),
				 memmap && node == m->nr_nodes / 2);
		if (node % m->snc == m->snc - 1)
			m->at += m->hole;
	}
}

/* A device for each socket, or one in all. */
static void machine_add_cxl(struct description *d, struct machine *m)
{
	static const u64 gibs[] = { 64, 128, 256, 512 };
	bool one = dice_percent(m->dice, 40);
	u64 gib = dice_pick(m->dice, gibs);
	unsigned int node;

	m->tail = 0;
	m->at = ALIGN(m->at, 256 * GIB);
	for (node = 0; node < (one ? 1 : m->nr_nodes); node += m->snc)
		machine_add_node(d, m, d->host.nr_nodes++, gib * GIB, false);
}

static void machine_add_cpus(struct description *d, struct machine *m)
{
	static const unsigned int cores[] = { 8, 16, 24, 32, 40, 48, 56, 60, 64, 72, 86,
					      96, 112, 120, 128, 172, 192, 256 };
	unsigned int cpus = max(dice_pick(m->dice, cores) / m->snc, 4U);
	unsigned int node;

	for (node = 0; node < m->nr_nodes; node++)
		d->nodes[node].cpus = cpus;

	/* All CPUs of a node are off. */
	if (m->nr_nodes > 1 && dice_percent(m->dice, 3))
		d->nodes[dice_roll(m->dice, m->nr_nodes)].cpus = 0;
}

/**
 * host_realistic - make a host that is sold
 * @d: the host
 * @dice: random numbers
 */
void host_realistic(struct description *d, struct dice *dice)
{
	static const unsigned int sockets[] = { 1, 1, 1, 2, 2, 2, 2, 2, 4, 8 };
	static const unsigned int snc[] = { 1, 1, 1, 2, 4 };
	static const u64 gib[] = { 32, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536 };
	static const u64 tail[] = { 0, 0, 32 * MIB, 64 * MIB, 96 * MIB, 128 * MIB };
	static const u64 hole[] = { 0, 0, 0, 0, 64 * MIB, GIB, 16 * GIB, 64 * GIB, 512 * GIB };
	struct machine m = { .dice = dice };

	m.snc = dice_pick(dice, snc);
	m.nr_nodes = dice_pick(dice, sockets) * m.snc;
	m.gib = max(dice_pick(dice, gib) / m.snc, 8ULL);
	/* The CMRs are 32 at most. */
	m.tail = m.nr_nodes > 16 ? 0 : dice_pick(dice, tail);
	m.hole = dice_pick(dice, hole);
	m.off_grid = dice_percent(dice, 10) ? dice_roll(dice, 512) * 2 * MIB : 0;

	host_init(d, m.nr_nodes);
	machine_add_cpus(d, &m);
	machine_add_dram(d, &m);
	if (m.nr_nodes <= 16 && dice_percent(dice, 15))
		machine_add_cxl(d, &m);
	description_find_homes(d);
}
