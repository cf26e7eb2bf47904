// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often each leaf was called, and when first and last: the phases of an
 * initialisation, as the module sees them.
 */
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>

#include "internal.h"

#define NR_LEAVES	128

/* More for P-SEAMLDR, and one for numbers out of range. */
enum { SLOT_SEAMLDR_INFO = NR_LEAVES, SLOT_SEAMLDR_INSTALL, SLOT_OTHER, NR_SLOTS };

struct calls {
	u64 count;
	u64 first;
	u64 last;
};

/* Own CPU only; a nested call that tears an update is reported anyway. */
static DEFINE_PER_CPU(struct calls[NR_SLOTS], calls);

static unsigned int slot_of(u64 rax)
{
	if (rax == PSEAMLDR_INFO)
		return SLOT_SEAMLDR_INFO;
	if (rax == PSEAMLDR_INSTALL)
		return SLOT_SEAMLDR_INSTALL;
	if (rax & TDX_EMU_SEAMLDR)
		return SLOT_OTHER;

	return TDX_EMU_LEAF(rax) < NR_LEAVES ? TDX_EMU_LEAF(rax) : SLOT_OTHER;
}

static const char *slot_name(unsigned int slot)
{
	switch (slot) {
	case 24:
		return "TDH.PHYMEM.PAGE.RDMD";
	case TDX_EMU_KEY_CONFIG:
		return "TDH.SYS.KEY.CONFIG";
	case 32:
		return "TDH.SYS.INFO";
	case TDX_EMU_SYS_INIT:
		return "TDH.SYS.INIT";
	case TDX_EMU_SYS_RD:
		return "TDH.SYS.RD";
	case TDX_EMU_LP_INIT:
		return "TDH.SYS.LP.INIT";
	case TDX_EMU_TDMR_INIT:
		return "TDH.SYS.TDMR.INIT";
	case 37:
		return "TDH.SYS.RDALL";
	case TDX_EMU_LP_SHUTDOWN:
		return "TDH.SYS.LP.SHUTDOWN";
	case TDX_EMU_SYS_CONFIG:
		return "TDH.SYS.CONFIG";
	case TDX_EMU_SYS_SHUTDOWN:
		return "TDH.SYS.SHUTDOWN";
	case 53:
		return "TDH.SYS.UPDATE";
	case TDX_EMU_SYS_DISABLE:
		return "TDH.SYS.DISABLE";
	case SLOT_SEAMLDR_INFO:
		return "SEAMLDR.INFO";
	case SLOT_SEAMLDR_INSTALL:
		return "SEAMLDR.INSTALL";
	}

	return "-";
}

void tdx_calls_count(u64 rax)
{
	struct calls *c = this_cpu_ptr(&calls[slot_of(rax)]);
	u64 now = tdx_timing_now();

	if (!c->count)
		c->first = now;
	c->last = now;
	WRITE_ONCE(c->count, c->count + 1);
}

/* No LP is inside. */
void tdx_calls_clear(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu(calls, cpu), 0, sizeof(calls));
}

static struct calls sum_of(unsigned int slot)
{
	struct calls sum = { .first = U64_MAX };
	int cpu;

	for_each_possible_cpu(cpu) {
		struct calls *c = &per_cpu(calls, cpu)[slot];

		if (!READ_ONCE(c->count))
			continue;

		sum.count += READ_ONCE(c->count);
		sum.first = min(sum.first, c->first);
		sum.last = max(sum.last, c->last);
	}

	return sum;
}

/**
 * tdx_emulator_calls - how often was a leaf called?
 * @leaf: RAX of the call; its version does not matter
 *
 * Return: number of SEAMCALLs since boot or reset, injected answers included.
 */
u64 tdx_emulator_calls(u64 leaf)
{
	return sum_of(slot_of(leaf)).count;
}
EXPORT_SYMBOL_GPL(tdx_emulator_calls);

/**
 * tdx_emulator_calls_on - how often was a leaf called on a CPU?
 * @cpu: the CPU
 * @leaf: as for tdx_emulator_calls()
 *
 * Return: number of SEAMCALLs since boot or reset, injected answers included.
 */
u64 tdx_emulator_calls_on(unsigned int cpu, u64 leaf)
{
	return READ_ONCE(per_cpu(calls, cpu)[slot_of(leaf)].count);
}
EXPORT_SYMBOL_GPL(tdx_emulator_calls_on);

/**
 * tdx_emulator_total_calls - how many SEAMCALLs were made?
 *
 * Return: number of SEAMCALLs since boot or reset, injected answers included.
 */
u64 tdx_emulator_total_calls(void)
{
	u64 total = 0;
	int slot;

	for (slot = 0; slot < NR_SLOTS; slot++)
		total += sum_of(slot).count;

	return total;
}
EXPORT_SYMBOL_GPL(tdx_emulator_total_calls);

int tdx_calls_show(struct seq_file *m, void *unused)
{
	int slot;

	seq_puts(m, "# leaf name count first_ns last_ns\n");

	for (slot = 0; slot < NR_SLOTS; slot++) {
		struct calls sum = sum_of(slot);

		if (!sum.count)
			continue;

		seq_printf(m, "%d %s %llu %llu %llu\n", slot, slot_name(slot),
			   sum.count, sum.first, sum.last);
	}

	return 0;
}
