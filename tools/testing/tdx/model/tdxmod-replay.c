// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replays test vectors against the model of the TDX module.
 *
 *   tdxmod-replay [-v] [--kernel] [--sample N] [--seed N] FILE...
 *
 * With --kernel against the emulated module of the running kernel, by its
 * SEAMCALL instruction; vectors with more LPs than it has CPUs are skipped.
 * Of those that fit, N are taken at random, the same for the same seed.
 *
 * Exit 0 without differences, 1 with, 2 when a file is no vector file.
 */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/compiler.h>
#include <linux/minmax.h>

#include "sample.h"
#include "target.h"
#include "vector.h"

/* Words of memory that are written or compared at a time. */
#define CHUNK	512ULL

struct replay {
	const struct target *target;
	unsigned int max_lps;
	bool sampling;
	struct sample sample;

	struct vector_file *file;
	struct vector_event event;
	const char *name;		/* of the vector */
	struct tdxmod_platform platform;
	bool sysinit;
	u64 init_lps;
	bool skip;			/* up to its end */
	bool started;			/* the platform is complete */

	/* The call that waits for its answer. */
	u64 count;
	unsigned int lp;
	struct tdxmod_regs in;

	bool verbose;
	unsigned long nr_too_large;
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
	return true;
}

static bool fits(const struct replay *r, const struct vector_event *e)
{
	return e->number[VECTOR_LPS] <= r->max_lps;
}

/* Now that its size is known. */
static void choose(struct replay *r)
{
	r->skip = !fits(r, &r->event);
	r->nr_too_large += r->skip;
	if (!r->skip && r->sampling)
		r->skip = !sample_takes(&r->sample);
	if (r->skip)
		return;

	r->nr_vectors++;
	if (r->verbose)
		printf("%s\n", r->name);
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
	    n[VECTOR_HKID_COUNT] <= TDXMOD_MAX_HKIDS - n[VECTOR_HKID_START]) {
		choose(r);
		return true;
	}
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
	if (!r->target->begin(&r->platform, r->sysinit, r->init_lps)) {
		vector_error(r->file, "the platform is beyond the limits of the model");
		return false;
	}
	r->started = true;
	return true;
}

static bool do_mem(struct replay *r)
{
	const struct vector_event *e = &r->event;

	r->target->write(e->number[0], &e->number[1], e->nr - 1);
	return true;
}

static bool do_fill(struct replay *r)
{
	u64 pa = r->event.number[0], left = r->event.number[1];
	u64 words[CHUNK];
	size_t i, n;

	for (i = 0; i < CHUNK; i++)
		words[i] = r->event.number[2];
	for (; left; left -= n, pa += n * sizeof(u64)) {
		n = min(left, CHUNK);
		r->target->write(pa, words, n);
	}
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
	r->target->keyfail(e->number[0], e->busy ? TDXMOD_PCONFIG_BUSY : TDXMOD_PCONFIG_ENTROPY,
			   e->number[1]);
	return true;
}

/* Somebody else takes or gives back what must be found free or taken. */
static bool do_lock(struct replay *r)
{
	enum vector_kind kind = r->event.kind;
	bool hold = kind == VECTOR_HOLD_GLOBAL || kind == VECTOR_HOLD_TDMR;
	bool of_tdmr = kind == VECTOR_HOLD_TDMR || kind == VECTOR_RELEASE_TDMR;

	switch (r->target->lock(of_tdmr ? &r->event.number[0] : NULL, hold)) {
	case TARGET_LOCK_MOVED:
		return true;
	case TARGET_LOCK_OTHERWISE:
		vector_error(r->file, hold ? "the lock is held already" : "the lock is not held");
		return false;
	default:
		vector_error(r->file, "no TDMR is configured there");
		return false;
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

/* Named registers are as the vector says, the others as they went in. */
static bool answer_is(struct replay *r, struct tdxmod_regs *out)
{
	const struct vector_event *e = &r->event;
	enum vector_reg reg;
	bool same = true;

	for (reg = 0; reg < VECTOR_NR_REGS; reg++) {
		bool named = e->named & 1U << reg;
		u64 want = named ? e->reg[reg] : *reg_of(&r->in, reg);
		u64 got = *reg_of(out, reg);

		if (got == want)
			continue;
		difference(r, "%s is 0x%llx, %s 0x%llx", vector_reg_names[reg], got,
			   named ? "should be" : "was", want);
		same = false;
	}
	return same;
}

static bool call_is_answered(struct replay *r)
{
	struct tdxmod_regs regs = r->in;
	const char *wrong = r->target->seamcall(r->lp, &regs);

	if (!wrong)
		return answer_is(r, &regs);
	difference(r, "%s, on LP %u", wrong, r->lp);
	return false;
}

static bool do_ret(struct replay *r)
{
	bool same = true;
	u64 i;

	for (i = 0; i < r->count && same; i++)
		same = call_is_answered(r);
	count_check(r, same);
	return true;
}

/* Memory holds @n words, the @period words of @want again and again. */
static bool memory_is(struct replay *r, u64 pa, u64 n, const u64 *want, unsigned int period)
{
	u64 got[CHUNK];
	u64 i;

	for (i = 0; i < n; i++) {
		if (i % CHUNK == 0)
			r->target->read(pa + i * sizeof(u64), got, min(n - i, CHUNK));
		if (got[i % CHUNK] == want[i % period])
			continue;
		difference(r, "memory at 0x%llx is 0x%llx, should be 0x%llx",
			   pa + i * sizeof(u64), got[i % CHUNK], want[i % period]);
		return false;
	}
	return true;
}

static bool do_pamt(struct replay *r)
{
	const struct vector_event *e = &r->event;

	count_check(r, memory_is(r, e->number[0], e->nr - 1, &e->number[1], e->nr - 1));
	return true;
}

static bool do_pamtrun(struct replay *r)
{
	const u64 *n = r->event.number;

	count_check(r, memory_is(r, n[0], 2 * n[1], &n[2], 2));
	return true;
}

static bool do_end(struct replay *r)
{
	r->target->end();
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

	if (r->skip) {
		r->skip = kind != VECTOR_END;
		return true;
	}
	if (kind > VECTOR_CMR && !r->started && !start(r))
		return false;
	return actions[kind](r);
}

/* For the size of what is sampled. */
static bool count_event(struct replay *r)
{
	r->sample.left += r->event.kind == VECTOR_PLATFORM && fits(r, &r->event);
	return true;
}

static bool read_file(struct replay *r, const char *path, bool (*take)(struct replay *r))
{
	bool ok;

	r->file = vector_open(path);
	if (!r->file)
		return false;
	do {
		ok = vector_next(r->file, &r->event);
		if (!ok || r->event.kind == VECTOR_EOF)
			break;
		ok = take(r);
	} while (ok);
	vector_close(r->file);
	return ok;
}

static bool read_files(struct replay *r, char **paths, bool (*take)(struct replay *r))
{
	for (; *paths; paths++) {
		if (!read_file(r, *paths, take))
			return false;
	}
	return true;
}

static bool replay_files(struct replay *r, char **paths)
{
	r->max_lps = r->target->max_lps();
	if (r->sampling) {
		if (!read_files(r, paths, count_event))
			return false;
		printf("sample of %llu vectors out of %llu\n",
		       min(r->sample.wanted, r->sample.left), r->sample.left);
	}
	return read_files(r, paths, replay_event);
}

static int report(const struct replay *r)
{
	if (r->nr_too_large)
		printf("%lu vectors skipped: more LPs than the %u CPUs here\n",
		       r->nr_too_large, r->max_lps);
	printf("%lu vectors, %lu checks, %lu differences\n", r->nr_vectors, r->nr_checks,
	       r->nr_differences);
	return r->nr_differences ? 1 : 0;
}

static bool parse_number(const char *text, u64 *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno;
}

static bool parse_options(struct replay *r, int argc, char **argv)
{
	enum { KERNEL = 'k', SAMPLE = 'n', SEED = 's' };
	static const struct option options[] = {
		{ "kernel", no_argument, NULL, KERNEL },
		{ "sample", required_argument, NULL, SAMPLE },
		{ "seed", required_argument, NULL, SEED },
		{ },
	};
	bool ok = true;
	int option;

	while (ok && (option = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		switch (option) {
		case 'v':
			r->verbose = true;
			break;
		case KERNEL:
			r->target = &target_kernel;
			break;
		case SAMPLE:
			r->sampling = true;
			ok = parse_number(optarg, &r->sample.wanted);
			break;
		case SEED:
			ok = parse_number(optarg, &r->sample.state);
			break;
		default:
			ok = false;
		}
	}
	return ok && optind < argc;
}

int main(int argc, char **argv)
{
	static struct replay r = { .target = &target_model };

	if (!parse_options(&r, argc, argv)) {
		fprintf(stderr, "usage: %s [-v] [--kernel] [--sample N] [--seed N] FILE...\n",
			argv[0]);
		return 2;
	}
	return replay_files(&r, argv + optind) ? report(&r) : 2;
}
