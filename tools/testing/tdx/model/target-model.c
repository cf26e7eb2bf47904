// SPDX-License-Identifier: GPL-2.0-only
/* Vectors on the model in this process. */
#include "machine.h"
#include "target.h"

#define NR_OTHERS	9	/* rbx, rsp, rbp, rsi, rdi, r12 to r15 */

static struct machine machine;

static unsigned int max_lps(void)
{
	return TDXMOD_MAX_LPS;
}

static bool begin(const struct tdxmod_platform *platform, bool sysinit, unsigned int init_lps)
{
	if (machine_init(&machine, platform))
		return false;
	if (sysinit)
		machine_skip_init(&machine, init_lps);
	return true;
}

static void end(void)
{
	machine_exit(&machine);
}

static void read_words(u64 pa, u64 *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		words[i] = store_read64(&machine.memory, pa + i * sizeof(u64));
}

static void write_words(u64 pa, const u64 *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		store_write64(&machine.memory, pa + i * sizeof(u64), words[i]);
}

static void keyfail(unsigned int lp, enum tdxmod_pconfig result, u64 count)
{
	machine.keyfail[lp].result = result;
	machine.keyfail[lp].left = count;
}

static enum target_lock move_lock(tdxmod_atomic_t *lock, int from, int to)
{
	if (atomic_read(lock) != from)
		return TARGET_LOCK_OTHERWISE;
	atomic_set(lock, to);
	return TARGET_LOCK_MOVED;
}

static enum target_lock lock(const u64 *base, bool hold)
{
	struct tdxmod *m = &machine.module;
	unsigned int i;

	if (!base)
		return move_lock(&m->global, hold ? 0 : -1, hold ? -1 : 0);
	for (i = 0; i < m->nr_tdmrs; i++) {
		if (m->tdmrs[i].base == *base)
			return move_lock(&m->tdmrs[i].lock, !hold, hold);
	}
	return TARGET_LOCK_NONE;
}

/* A caller's registers around a SEAMCALL. */
struct frame {
	u64 below[NR_OTHERS];
	struct tdxmod_regs regs;
	u64 above[NR_OTHERS];
};

static void fill_frame(struct frame *f, const struct tdxmod_regs *in)
{
	unsigned int i;

	f->regs = *in;
	for (i = 0; i < NR_OTHERS; i++) {
		f->below[i] = TARGET_MARKER(i);
		f->above[i] = TARGET_MARKER(i);
	}
}

static bool others_kept(const struct frame *f)
{
	unsigned int i;

	for (i = 0; i < NR_OTHERS; i++) {
		if (f->below[i] != TARGET_MARKER(i) || f->above[i] != TARGET_MARKER(i))
			return false;
	}
	return true;
}

static const char *seamcall(unsigned int lp, struct tdxmod_regs *regs)
{
	struct frame f;

	fill_frame(&f, regs);
	machine.wrong_hkid = 0;
	if (!tdxmod_seamcall(&machine.module, lp, &f.regs))
		return "VMfailInvalid";
	*regs = f.regs;
	if (!others_kept(&f))
		return "a register beside those of the model is lost";
	/* The module may ask for the key of the HKID that it was given only. */
	return machine.wrong_hkid ? "PCONFIG for another than the global HKID" : NULL;
}

const struct target target_model = {
	.max_lps = max_lps,
	.begin = begin,
	.end = end,
	.read = read_words,
	.write = write_words,
	.keyfail = keyfail,
	.lock = lock,
	.seamcall = seamcall,
};
