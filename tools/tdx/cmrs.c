// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a TDX module would say is convertible.  Only a module can tell: its CMRs
 * are the memory that firmware checked when it was populated.  What can be seen
 * without one is the memory map, which has more holes: ACPI tables and the like
 * lie in memory as well.
 *
 *	memory map	|#####| ACPI |###| Reserved |####|   PCI   |#####|
 *	CMRs		|================================|         |=====|
 *
 * So a hole that firmware has for itself, with memory on both sides, is taken
 * as convertible.  A module reports at most 32 CMRs; where more are left, the
 * smallest holes must be among what it has inside.
 */
#include "cmrs.h"

/* Is all from @start to @end firmware's? */
static bool is_firmware(const struct ranges *firmware, u64 start, u64 end)
{
	size_t i;

	for (i = 0; i < firmware->nr && firmware->v[i].start <= start; i++) {
		if (end <= firmware->v[i].end)
			return true;
	}

	return false;
}

static unsigned int close_firmware(struct ranges *cmrs,
				   const struct ranges *firmware)
{
	unsigned int closed = 0;
	size_t i;

	for (i = 0; i + 1 < cmrs->nr; i++) {
		struct tdmr_range *cmr = &cmrs->v[i];

		if (cmr->end < cmr[1].start &&
		    is_firmware(firmware, cmr->end, cmr[1].start)) {
			cmr->end = cmr[1].start;
			closed++;
		}
	}
	ranges_tidy(cmrs);

	return closed;
}

static void close_smallest(struct ranges *cmrs)
{
	size_t i, least = 0;

	for (i = 1; i + 1 < cmrs->nr; i++) {
		if (cmrs->v[i + 1].start - cmrs->v[i].end <
		    cmrs->v[least + 1].start - cmrs->v[least].end)
			least = i;
	}

	cmrs->v[least].end = cmrs->v[least + 1].start;
	ranges_tidy(cmrs);
}

/**
 * cmrs_guess - fill in the CMRs of a machine whose module cannot be asked
 * @d: gets the CMRs
 * @ram: its memory, all of one node
 * @firmware: what firmware keeps for itself
 *
 * Return: what was taken for convertible beyond memory.
 */
struct cmr_guess cmrs_guess(struct description *d, const struct ranges *ram,
			    const struct ranges *firmware)
{
	struct cmr_guess guess = {};
	struct ranges cmrs = {};
	size_t i;

	for (i = 0; i < ram->nr; i++)
		ranges_add(&cmrs, ram->v[i].start, ram->v[i].end, 0);
	ranges_tidy(&cmrs);

	guess.firmware = close_firmware(&cmrs, firmware);
	for (; cmrs.nr > TDMR_MAX_CMRS; guess.small++)
		close_smallest(&cmrs);

	d->nr_cmrs = cmrs.nr;
	for (i = 0; i < cmrs.nr; i++)
		d->cmrs[i] = cmrs.v[i];
	ranges_free(&cmrs);

	return guess;
}
