// SPDX-License-Identifier: GPL-2.0-only
/* Vectors on the model in this process. */
#include <errno.h>

#include "machine.h"
#include "target.h"

static struct machine machine;

static unsigned int model_max_lps(void)
{
	return TDXMOD_MAX_LPS;
}

static bool model_begin(const struct tdxmod_platform *platform, bool sysinit,
			unsigned int init_lps)
{
	struct tdxmod *m = &machine.module;

	if (machine_init(&machine, platform))
		return false;
	/* What SYS.INIT and LP.INIT leave behind, without their checks. */
	if (sysinit) {
		m->state = TDXMOD_SYSINIT_DONE;
		memset(m->lp_done, true, init_lps);
		atomic_set(&m->nr_init_lps, init_lps);
	}
	return true;
}

static void model_read(u64 pa, u64 *words, size_t n)
{
	for (; n--; pa += sizeof(u64))
		*words++ = *machine_word(&machine, pa);
}

static void model_write(u64 pa, const u64 *words, size_t n)
{
	for (; n--; pa += sizeof(u64))
		*machine_word(&machine, pa) = *words++;
}

static void model_keyfail(unsigned int lp, enum tdxmod_pconfig result, u64 count)
{
	machine.keyfail[lp].result = result;
	machine.keyfail[lp].left = count;
}

static int model_move_lock(tdxmod_atomic_t *lock, int from, int to)
{
	if (atomic_read(lock) != from)
		return -EBUSY;
	atomic_set(lock, to);
	return 0;
}

static int model_lock(const u64 *base, bool hold)
{
	struct tdxmod *m = &machine.module;
	unsigned int i;

	if (!base)
		return model_move_lock(&m->global, hold ? 0 : -1, hold ? -1 : 0);
	for (i = 0; i < m->nr_tdmrs; i++) {
		if (m->tdmrs[i].base == *base)
			return model_move_lock(&m->tdmrs[i].lock, !hold, hold);
	}
	return -ENOENT;
}

static const char *model_seamcall(unsigned int lp, struct tdxmod_regs *regs)
{
	machine.wrong_hkid = false;
	if (!tdxmod_seamcall(&machine.module, lp, regs))
		return "VMfailInvalid";
	/* The module may ask for the key of the HKID that it was given only. */
	return machine.wrong_hkid ? "PCONFIG for a wrong HKID" : NULL;
}

const struct target target_model = {
	.max_lps = model_max_lps,
	.begin = model_begin,
	.read = model_read,
	.write = model_write,
	.keyfail = model_keyfail,
	.lock = model_lock,
	.seamcall = model_seamcall,
};
