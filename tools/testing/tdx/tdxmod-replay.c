// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replays test vectors against the model of the TDX module.
 *
 *   tdxmod-replay [-v] FILE...
 *
 * Exit 0 without differences, 1 with, 2 when a file is no vector file.
 */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <linux/compiler.h>

#include "machine.h"
#include "vector.h"

/* What a caller has in a register that no leaf may touch. */
#define MARKER(n)	(0xA5A5000000000000ULL + (n))
#define NR_OTHERS	9	/* rbx, rsp, rbp, rsi, rdi, r12 to r15 */

struct replay {
	struct vector_file *file;
	struct vector_event event;
	const char *name;		/* of the vector */
	struct tdxmod_platform platform;
	bool sysinit;
	u64 init_lps;
	struct machine machine;
	bool started;			/* the platform is complete */

	/* The call that waits for its answer. */
	u64 count;
	unsigned int lp;
	struct tdxmod_regs in;

	bool verbose;
	unsigned long nr_vectors;
	unsigned long nr_checks;
	unsigned long nr_differences;
};

static u64 *reg_of(struct tdxmod_regs *regs, enum vector_reg reg)
{
	u64 *const all[VECTOR_NR_REGS] = {
		[VECTOR_RAX] = &regs->rax,
		[VECTOR_RCX] = &regs->rcx,
		[VECTOR_RDX] = &regs->rdx,
		[VECTOR_R8] = &regs->r8,
		[VECTOR_R9] = &regs->r9,
		[VECTOR_R10] = &regs->r10,
		[VECTOR_R11] = &regs->r11,
	};

	return all[reg];
}

static __printf(2, 3) void difference(const struct replay *r, const char *format, ...)
{
	va_list args;

	printf("%s:%u: %s: ", vector_path(r->file), vector_line(r->file), r->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static void count_check(struct replay *r, bool same)
{
	r->nr_checks++;
	r->nr_differences += !same;
}

static bool do_begin(struct replay *r)
{
	r->name = r->event.name;
	r->nr_vectors++;
	if (r->verbose)
		printf("%s\n", r->name);
	return true;
}

static bool do_platform(struct replay *r)
{
	const u64 *n = r->event.number;

	r->platform = (struct tdxmod_platform){
		.nr_packages = n[VECTOR_PACKAGES],
		.nr_lps = n[VECTOR_LPS],
		.maxpa = n[VECTOR_MAXPA],
		.keyid_bits = n[VECTOR_KEYID_BITS],
		.hkid_start = n[VECTOR_HKID_START],
		.hkid_count = n[VECTOR_HKID_COUNT],
	};
	r->sysinit = true;
	r->init_lps = n[VECTOR_LPS];
	r->started = false;

	/* The numbers were wider than what they are put into. */
	if (n[VECTOR_PACKAGES] <= TDXMOD_MAX_PACKAGES && n[VECTOR_LPS] <= TDXMOD_MAX_LPS &&
	    n[VECTOR_PACKAGES] <= n[VECTOR_LPS] && n[VECTOR_MAXPA] <= 52 &&
	    n[VECTOR_KEYID_BITS] <= 15 && n[VECTOR_HKID_START] <= TDXMOD_MAX_HKIDS &&
	    n[VECTOR_HKID_COUNT] <= TDXMOD_MAX_HKIDS - n[VECTOR_HKID_START])
		return true;
	vector_error(r->file, "platform: beyond the limits of the model");
	return false;
}

static bool do_state(struct replay *r)
{
	u64 sysinit = r->event.number[0], init_lps = r->event.number[1];

	r->sysinit = sysinit;
	if (init_lps == VECTOR_ALL_LPS)
		return true;
	r->init_lps = init_lps;
	if (init_lps <= r->platform.nr_lps)
		return true;
	vector_error(r->file, "state: more LPs than the platform has");
	return false;
}

static bool do_seamrr(struct replay *r)
{
	r->platform.seamrr.base = r->event.number[0];
	r->platform.seamrr.size = r->event.number[1];
	return true;
}

static bool do_cmr(struct replay *r)
{
	struct tdxmod_platform *p = &r->platform;

	if (p->nr_cmrs == TDXMOD_MAX_CMRS) {
		vector_error(r->file, "cmr: more than %u", TDXMOD_MAX_CMRS);
		return false;
	}
	p->cmrs[p->nr_cmrs].base = r->event.number[0];
	p->cmrs[p->nr_cmrs].size = r->event.number[1];
	p->nr_cmrs++;
	return true;
}

/* With the first event that is not about the platform. */
static bool start(struct replay *r)
{
	if (machine_init(&r->machine, &r->platform)) {
		vector_error(r->file, "the platform is beyond the limits of the model");
		return false;
	}
	if (r->sysinit)
		machine_skip_init(&r->machine, r->init_lps);
	r->started = true;
	return true;
}

static bool do_mem(struct replay *r)
{
	const struct vector_event *e = &r->event;
	unsigned int i;

	for (i = 1; i < e->nr; i++)
		store_write64(&r->machine.memory, e->number[0] + (i - 1) * 8, e->number[i]);
	return true;
}

static bool do_fill(struct replay *r)
{
	const u64 *n = r->event.number;
	u64 i;

	for (i = 0; i < n[1]; i++)
		store_write64(&r->machine.memory, n[0] + i * 8, n[2]);
	return true;
}

static bool is_lp(struct replay *r, u64 lp)
{
	if (lp < r->platform.nr_lps)
		return true;
	vector_error(r->file, "the platform has no LP %llu", lp);
	return false;
}

static bool do_keyfail(struct replay *r)
{
	const struct vector_event *e = &r->event;

	if (!is_lp(r, e->number[0]))
		return false;
	r->machine.keyfail[e->number[0]].result = e->busy ? TDXMOD_PCONFIG_BUSY :
							    TDXMOD_PCONFIG_ENTROPY;
	r->machine.keyfail[e->number[0]].left = e->number[1];
	return true;
}

/* Somebody else takes or gives back what he must find free or taken. */
static bool move_lock(struct replay *r, tdxmod_atomic_t *lock, int from, int to)
{
	if (atomic_read(lock) == from) {
		atomic_set(lock, to);
		return true;
	}
	vector_error(r->file, from ? "the lock is not held" : "the lock is held already");
	return false;
}

static tdxmod_atomic_t *find_tdmr_lock(struct replay *r)
{
	struct tdxmod *m = &r->machine.module;
	unsigned int i;

	for (i = 0; i < m->nr_tdmrs; i++) {
		if (m->tdmrs[i].base == r->event.number[0])
			return &m->tdmrs[i].lock;
	}
	vector_error(r->file, "no TDMR is configured there");
	return NULL;
}

static bool do_lock(struct replay *r)
{
	tdxmod_atomic_t *lock;

	switch (r->event.kind) {
	case VECTOR_HOLD_GLOBAL:
		return move_lock(r, &r->machine.module.global, 0, -1);
	case VECTOR_RELEASE_GLOBAL:
		return move_lock(r, &r->machine.module.global, -1, 0);
	case VECTOR_HOLD_TDMR:
		lock = find_tdmr_lock(r);
		return lock && move_lock(r, lock, 0, 1);
	default:
		lock = find_tdmr_lock(r);
		return lock && move_lock(r, lock, 1, 0);
	}
}

static bool do_call(struct replay *r)
{
	struct vector_event *e = &r->event;
	enum vector_reg reg;

	if (!is_lp(r, e->number[1]))
		return false;
	r->count = e->number[0];
	r->lp = e->number[1];
	for (reg = 0; reg < VECTOR_NR_REGS; reg++)
		*reg_of(&r->in, reg) = e->reg[reg];
	return true;
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
		f->below[i] = MARKER(i);
		f->above[i] = MARKER(i);
	}
}

static bool others_kept(struct replay *r, const struct frame *f)
{
	unsigned int i;

	for (i = 0; i < NR_OTHERS; i++) {
		if (f->below[i] != MARKER(i) || f->above[i] != MARKER(i)) {
			difference(r, "register %u beside those of the model is lost", i);
			return false;
		}
	}
	return true;
}

/* Named registers are as the vector says, the others as they went in. */
static bool answer_is(struct replay *r, struct frame *f)
{
	const struct vector_event *e = &r->event;
	bool same = others_kept(r, f);
	enum vector_reg reg;

	for (reg = 0; reg < VECTOR_NR_REGS; reg++) {
		bool named = e->named & 1U << reg;
		u64 want = named ? e->reg[reg] : *reg_of(&r->in, reg);
		u64 got = *reg_of(&f->regs, reg);

		if (got == want)
			continue;
		difference(r, "%s is 0x%llx, %s 0x%llx", vector_reg_names[reg], got,
			   named ? "should be" : "was", want);
		same = false;
	}
	return same;
}

static bool do_ret(struct replay *r)
{
	bool same = true;
	struct frame f;
	u64 i;

	for (i = 0; i < r->count && same; i++) {
		fill_frame(&f, &r->in);
		if (tdxmod_seamcall(&r->machine.module, r->lp, &f.regs)) {
			same = answer_is(r, &f);
		} else {
			difference(r, "VMfailInvalid on LP %u", r->lp);
			same = false;
		}
	}
	/* The module may ask for the key of the HKID that it was given only. */
	if (r->machine.wrong_hkid) {
		difference(r, "PCONFIG for another HKID than %u", r->machine.module.hkid);
		r->machine.wrong_hkid = 0;
		same = false;
	}
	count_check(r, same);
	return true;
}

static bool word_is(struct replay *r, u64 pa, u64 want)
{
	u64 got = store_read64(&r->machine.memory, pa);

	if (got == want)
		return true;
	difference(r, "memory at 0x%llx is 0x%llx, should be 0x%llx", pa, got, want);
	return false;
}

static bool do_pamt(struct replay *r)
{
	const struct vector_event *e = &r->event;
	bool same = true;
	unsigned int i;

	for (i = 1; i < e->nr && same; i++)
		same = word_is(r, e->number[0] + (i - 1) * 8, e->number[i]);
	count_check(r, same);
	return true;
}

static bool do_pamtrun(struct replay *r)
{
	const u64 *n = r->event.number;
	bool same = true;
	u64 i;

	for (i = 0; i < n[1] && same; i++)
		same = word_is(r, n[0] + i * 16, n[2]) && word_is(r, n[0] + i * 16 + 8, n[3]);
	count_check(r, same);
	return true;
}

static bool do_end(struct replay *r)
{
	machine_exit(&r->machine);
	return true;
}

static bool replay_event(struct replay *r)
{
	static bool (*const actions[])(struct replay *r) = {
		[VECTOR_BEGIN] = do_begin,
		[VECTOR_PLATFORM] = do_platform,
		[VECTOR_STATE] = do_state,
		[VECTOR_SEAMRR] = do_seamrr,
		[VECTOR_CMR] = do_cmr,
		[VECTOR_MEM] = do_mem,
		[VECTOR_FILL] = do_fill,
		[VECTOR_KEYFAIL] = do_keyfail,
		[VECTOR_HOLD_GLOBAL] = do_lock,
		[VECTOR_RELEASE_GLOBAL] = do_lock,
		[VECTOR_HOLD_TDMR] = do_lock,
		[VECTOR_RELEASE_TDMR] = do_lock,
		[VECTOR_CALL] = do_call,
		[VECTOR_RET] = do_ret,
		[VECTOR_PAMT] = do_pamt,
		[VECTOR_PAMTRUN] = do_pamtrun,
		[VECTOR_END] = do_end,
	};
	enum vector_kind kind = r->event.kind;

	if (kind > VECTOR_CMR && !r->started && !start(r))
		return false;
	return actions[kind](r);
}

static bool replay_file(struct replay *r, const char *path)
{
	bool ok;

	r->file = vector_open(path);
	if (!r->file)
		return false;
	do {
		ok = vector_next(r->file, &r->event);
		if (!ok || r->event.kind == VECTOR_EOF)
			break;
		ok = replay_event(r);
	} while (ok);
	vector_close(r->file);
	return ok;
}

int main(int argc, char **argv)
{
	static struct replay r;
	int option;

	while ((option = getopt(argc, argv, "v")) == 'v')
		r.verbose = true;
	if (option != -1 || optind == argc) {
		fprintf(stderr, "usage: %s [-v] FILE...\n", argv[0]);
		return 2;
	}
	for (; optind < argc; optind++) {
		if (!replay_file(&r, argv[optind]))
			return 2;
	}
	printf("%lu vectors, %lu checks, %lu differences\n", r.nr_vectors, r.nr_checks,
	       r.nr_differences);
	return r.nr_differences ? 1 : 0;
}
