// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replays test vectors against the model of the TDX module.
 *
 *   tdxmod-replay [--kernel] FILE...
 *
 * With --kernel it calls the emulated module of the running kernel, by its SEAMCALL
 * instruction, and skips vectors with more LPs than the machine has CPUs.
 * ../vectors/FORMAT.md describes the files.
 *
 * Exit 0 without differences, 1 with, 2 when a file is no vector file.
 */
#include <err.h>
#include <errno.h>
#include <error.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target.h"

#define REPLAY_MAX_WORDS	1032		/* in a line */
#define REPLAY_MAX_LINE		(32 * REPLAY_MAX_WORDS)
/* 4 GiB of memory: more than a test would look at. */
#define REPLAY_MAX_COUNT	BIT_ULL(29)

/* Words of memory that are written or compared at a time. */
#define REPLAY_CHUNK	512ULL
#define REPLAY_NR_REGS	7

/* How far a vector has come; what may follow depends on it. */
enum progress {
	OUTSIDE,
	NEEDS_PLATFORM,
	NEEDS_STATE,		/* or what may come behind it */
	NEEDS_SEAMRR,
	NEEDS_CMR,
	ACTING,			/* the platform is complete */
	NEEDS_RET,
	NEEDS_RETALL,
};

union replay_regs {
	struct tdxmod_regs regs;
	u64 reg[REPLAY_NR_REGS];	/* as in replay_reg_names[] */
};

struct replay {
	const struct target *target;
	unsigned int max_lps;

	const char *path;
	FILE *file;
	unsigned int line;
	void *names;			/* of the vectors of this file */
	enum progress progress;

	/* The line: its words, numbers in their places, and those that have a key. */
	char text[REPLAY_MAX_LINE + 1];
	char *word[REPLAY_MAX_WORDS];
	unsigned int nr_words;
	u64 number[REPLAY_MAX_WORDS];
	unsigned int nr;
	u64 value[REPLAY_NR_REGS];
	unsigned int named;

	const char *name;		/* of the vector */
	bool skip;			/* up to its end */
	struct tdxmod_platform platform;
	bool sysinit;
	unsigned int init_lps;
	/* The call that waits for its answer. */
	u64 count;
	unsigned int lp;
	union replay_regs in;

	unsigned long nr_too_large;
	unsigned long nr_vectors;
	unsigned long nr_checks;
	unsigned long nr_differences;
};

/* Those of a call begin behind RAX, which its leaf gives. */
static const char *const replay_reg_names[] = {
	"rax", "rcx", "rdx", "r8", "r9", "r10", "r11", NULL
};

static const char *const replay_leaves[] = {
	[0] = "TDH.VP.ENTER",
	[3] = "TDH.MEM.SEPT.ADD",
	[8] = "TDH.MNG.KEY.CONFIG",
	[9] = "TDH.MNG.CREATE",
	[11] = "TDH.MNG.RD",
	[21] = "TDH.MNG.INIT",
	[24] = "TDH.PHYMEM.PAGE.RDMD",
	[31] = "TDH.SYS.KEY.CONFIG",
	[32] = "TDH.SYS.INFO",
	[33] = "TDH.SYS.INIT",
	[34] = "TDH.SYS.RD",
	[35] = "TDH.SYS.LP.INIT",
	[36] = "TDH.SYS.TDMR.INIT",
	[37] = "TDH.SYS.RDALL",
	[40] = "TDH.PHYMEM.CACHE.WB",
	[42] = "TDH.MEM.SEPT.WR",
	[44] = "TDH.SYS.LP.SHUTDOWN",
	[45] = "TDH.SYS.CONFIG",
	[52] = "TDH.SYS.SHUTDOWN",
	[53] = "TDH.SYS.UPDATE",
};

/* Ends the program: the line is wrong. */
#define replay_fail(r, ...)						\
do {									\
	const struct replay *_r = (r);					\
									\
	error_at_line(2, 0, _r->path, _r->line, __VA_ARGS__);		\
} while (0)

/* The words of a line, without comment.  False at the end of the file. */
static bool replay_read_line(struct replay *r)
{
	char *end = r->text, *word;

	r->line++;
	r->nr_words = 0;
	if (!fgets(r->text, sizeof(r->text), r->file)) {
		if (ferror(r->file))
			replay_fail(r, "cannot be read");
		return false;
	}
	while (*end == '\t' || (*end >= ' ' && *end <= '~'))
		end++;
	if (*end != '\n' && (*end || !feof(r->file)))
		replay_fail(r, "not a line of a vector file");

	r->text[strcspn(r->text, "#\n")] = '\0';
	for (word = strtok(r->text, " \t"); word; word = strtok(NULL, " \t")) {
		if (r->nr_words == REPLAY_MAX_WORDS)
			replay_fail(r, "too many fields");
		r->word[r->nr_words++] = word;
	}
	return true;
}

static bool replay_parse_number(const char *text, u64 *value)
{
	bool hex = !strncmp(text, "0x", 2);
	const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";

	if (hex)
		text += 2;
	errno = 0;
	*value = strtoull(text, NULL, hex ? 16 : 10);
	return *text && !text[strspn(text, digits)] && !errno;
}

/* KEY=NUMBER from the word @i on, each key once.  Others are zero. */
static void replay_parse_pairs(struct replay *r, unsigned int i, const char *const *keys)
{
	unsigned int k;

	memset(r->value, 0, sizeof(r->value));
	for (r->named = 0; i < r->nr_words; i++) {
		const char *word = r->word[i];
		size_t length = strcspn(word, "=");

		for (k = 0; keys[k]; k++) {
			if (strlen(keys[k]) == length && !memcmp(keys[k], word, length))
				break;
		}
		if (!keys[k] || r->named & 1U << k || !word[length] ||
		    !replay_parse_number(word + length + 1, &r->value[k]))
			replay_fail(r, "cannot be here: %s", word);
		r->named |= 1U << k;
	}
}

static __printf(2, 3) void replay_differs(struct replay *r, const char *format, ...)
{
	va_list args;

	printf("%s:%u: %s: ", r->path, r->line, r->name);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static int replay_compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void do_vector(struct replay *r)
{
	/* Messages and the tree refer to it until the program ends. */
	char *name = strdup(r->word[1]);
	char **node = name ? tsearch(name, &r->names, replay_compare_names) : NULL;

	if (!node)
		replay_fail(r, "out of memory");
	if (*node != name)
		replay_fail(r, "second vector of the name %s", name);
	r->name = name;
}

static const char *const replay_platform_keys[] = {
	"packages", "lps", "maxpa", "keyid_bits", "private_hkid_start", "private_hkid_count", NULL
};

static void do_platform(struct replay *r)
{
	const u64 *v = r->value;

	if (r->named != 0x3f)
		replay_fail(r, "platform: something is missing");
	/* The numbers are wider than what they are put into. */
	if (v[0] > TDXMOD_MAX_PACKAGES || v[1] > TDXMOD_MAX_LPS || v[0] > v[1] ||
	    v[2] > 52 || v[3] > 15 || v[4] > TDXMOD_MAX_HKIDS ||
	    v[5] > TDXMOD_MAX_HKIDS - v[4])
		replay_fail(r, "platform: beyond the limits of the model");
	r->platform = (struct tdxmod_platform){
		.nr_packages = v[0],
		.nr_lps = v[1],
		.maxpa = v[2],
		.keyid_bits = v[3],
		.hkid_start = v[4],
		.hkid_count = v[5],
	};
	r->sysinit = true;
	r->init_lps = v[1];

	r->skip = v[1] > r->max_lps;
	r->nr_too_large += r->skip;
	r->nr_vectors += !r->skip;
}

static const char *const replay_state_keys[] = { "sysinit", "init_lps", NULL };

static void do_state(struct replay *r)
{
	u64 sysinit = r->named & 1 ? r->value[0] : 1;

	if (!r->named || sysinit > 1 || (!sysinit && r->value[1]))
		replay_fail(r, "state: there is no such state");
	if (r->value[1] > r->platform.nr_lps)
		replay_fail(r, "state: more LPs than the platform has");
	r->sysinit = sysinit;
	if (r->named & 2)
		r->init_lps = r->value[1];
}

static void do_seamrr(struct replay *r)
{
	r->platform.seamrr = (struct tdxmod_range){ r->number[0], r->number[1] };
}

static void do_cmr(struct replay *r)
{
	struct tdxmod_platform *p = &r->platform;

	if (p->nr_cmrs == TDXMOD_MAX_CMRS)
		replay_fail(r, "cmr: more than %u", TDXMOD_MAX_CMRS);
	p->cmrs[p->nr_cmrs++] = (struct tdxmod_range){ r->number[0], r->number[1] };
}

static void do_mem(struct replay *r)
{
	r->target->write(r->number[0], &r->number[1], r->nr - 1);
}

static void do_fill(struct replay *r)
{
	u64 pa = r->number[0], left = r->number[1];
	u64 words[REPLAY_CHUNK];
	size_t i, n;

	for (i = 0; i < REPLAY_CHUNK; i++)
		words[i] = r->number[2];
	for (; left; left -= n, pa += n * sizeof(u64)) {
		n = min(left, REPLAY_CHUNK);
		r->target->write(pa, words, n);
	}
}

static void do_keyfail(struct replay *r)
{
	bool busy = !strcmp(r->word[2], "busy");

	if (!busy && strcmp(r->word[2], "entropy"))
		replay_fail(r, "keyfail: needs entropy or busy");
	r->target->keyfail(r->number[0], busy ? TDXMOD_PCONFIG_BUSY : TDXMOD_PCONFIG_ENTROPY,
			   r->number[1]);
}

/* Somebody else takes or gives back what must be found free or taken. */
static void do_lock(struct replay *r)
{
	const char *which = r->word[1];
	bool hold = !strcmp(r->word[0], "hold");
	int ret;

	if (strcmp(which, r->nr ? "tdmr" : "global"))
		replay_fail(r, "%s: there is no such lock", r->word[0]);
	ret = r->target->lock(r->nr ? &r->number[0] : NULL, hold);
	if (ret == -EBUSY)
		replay_fail(r, "the lock is %s", hold ? "held already" : "not held");
	if (ret == -ENOENT)
		replay_fail(r, "no TDMR is configured there");
}

static void do_call(struct replay *r)
{
	const u64 *number = r->number;

	r->count = r->nr == 3 ? *number++ : 1;
	if (!r->count)
		replay_fail(r, "repeat: not at all");
	r->lp = number[0];
	r->in.reg[0] = number[1];
	memcpy(&r->in.reg[1], r->value, (REPLAY_NR_REGS - 1) * sizeof(u64));
}

/* Named registers are as the vector says, the others as they went in. */
static bool replay_call(struct replay *r)
{
	union replay_regs out = r->in;
	const char *wrong = r->target->seamcall(r->lp, &out.regs);
	bool same = !wrong;
	unsigned int i;

	if (wrong)
		replay_differs(r, "%s, on LP %u", wrong, r->lp);
	for (i = 0; i < REPLAY_NR_REGS && !wrong; i++) {
		bool named = r->named & 1U << i;
		u64 want = named ? r->value[i] : r->in.reg[i];

		if (out.reg[i] == want)
			continue;
		replay_differs(r, "%s is 0x%llx, %s 0x%llx", replay_reg_names[i], out.reg[i],
			       named ? "should be" : "was", want);
		same = false;
	}
	return same;
}

static void do_ret(struct replay *r)
{
	bool same = true;
	u64 i;

	if (!(r->named & 1))
		replay_fail(r, "%s: needs rax", r->word[0]);
	for (i = 0; i < r->count && same; i++)
		same = replay_call(r);
	r->nr_checks++;
	r->nr_differences += !same;
}

/* Memory holds @n words, the @period words of @want again and again. */
static void replay_expect_memory(struct replay *r, u64 n, const u64 *want, unsigned int period)
{
	u64 pa = r->number[0], got[REPLAY_CHUNK], i;

	for (i = 0; i < n; i++) {
		if (i % REPLAY_CHUNK == 0)
			r->target->read(pa + i * sizeof(u64), got, min(n - i, REPLAY_CHUNK));
		if (got[i % REPLAY_CHUNK] != want[i % period])
			break;
	}
	r->nr_checks++;
	if (i == n)
		return;
	r->nr_differences++;
	replay_differs(r, "memory at 0x%llx is 0x%llx, should be 0x%llx", pa + i * sizeof(u64),
		       got[i % REPLAY_CHUNK], want[i % period]);
}

static void do_pamt(struct replay *r)
{
	replay_expect_memory(r, r->nr - 1, &r->number[1], r->nr - 1);
}

static void do_pamtrun(struct replay *r)
{
	replay_expect_memory(r, 2 * r->number[1], &r->number[2], 2);
}

/* A kind of line. */
static const struct event {
	const char *word;		/* its first word */
	/*
	 * A letter for each further word: q a number, p the address of a 64-bit word,
	 * n a count, l an LP, f a leaf, w another word.  Behind them * for any more
	 * numbers, ? for a number or none, = for KEY=NUMBER with @keys.
	 */
	const char *fields;
	const char *const *keys;
	enum progress from, to;		/* of the vector, when the line may come */
	enum progress then;		/* behind it */
	void (*act)(struct replay *r);	/* what to do, if anything */
} replay_events[] = {
	{ "vector", "w", NULL, OUTSIDE, OUTSIDE, NEEDS_PLATFORM, do_vector },
	{ "platform", "=", replay_platform_keys,
	  NEEDS_PLATFORM, NEEDS_PLATFORM, NEEDS_STATE, do_platform },
	{ "state", "=", replay_state_keys, NEEDS_STATE, NEEDS_STATE, NEEDS_SEAMRR, do_state },
	{ "seamrr", "qq", NULL, NEEDS_STATE, NEEDS_SEAMRR, NEEDS_CMR, do_seamrr },
	{ "cmr", "qq", NULL, NEEDS_STATE, NEEDS_CMR, NEEDS_CMR, do_cmr },
	{ "mem", "pq*", NULL, NEEDS_STATE, ACTING, ACTING, do_mem },
	{ "fill", "pnq", NULL, NEEDS_STATE, ACTING, ACTING, do_fill },
	{ "keyfail", "lwq", NULL, NEEDS_STATE, ACTING, ACTING, do_keyfail },
	{ "hold", "w?", NULL, NEEDS_STATE, ACTING, ACTING, do_lock },
	{ "release", "w?", NULL, NEEDS_STATE, ACTING, ACTING, do_lock },
	{ "call", "lf=", replay_reg_names + 1, NEEDS_STATE, ACTING, NEEDS_RET, do_call },
	{ "ret", "=", replay_reg_names, NEEDS_RET, NEEDS_RET, ACTING, do_ret },
	{ "repeat", "nlf=", replay_reg_names + 1, NEEDS_STATE, ACTING, NEEDS_RETALL, do_call },
	{ "retall", "=", replay_reg_names, NEEDS_RETALL, NEEDS_RETALL, ACTING, do_ret },
	{ "pamt", "pq*", NULL, NEEDS_STATE, ACTING, ACTING, do_pamt },
	{ "pamtrun", "pnqq", NULL, NEEDS_STATE, ACTING, ACTING, do_pamtrun },
	{ "end", "", NULL, NEEDS_STATE, ACTING, OUTSIDE, NULL },
};

static bool replay_parse_leaf(const char *word, u64 *leaf)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(replay_leaves); i++) {
		if (replay_leaves[i] && !strcmp(word, replay_leaves[i])) {
			*leaf = i;
			return true;
		}
	}
	return !strncmp(word, "0x", 2) && replay_parse_number(word, leaf);
}

static void replay_parse_field(struct replay *r, char form, const char *word)
{
	u64 *number = &r->number[r->nr];

	if (form == 'w')
		return;
	r->nr++;
	if (form == 'f') {
		if (!replay_parse_leaf(word, number))
			replay_fail(r, "no such leaf: %s", word);
		return;
	}
	if (!replay_parse_number(word, number))
		replay_fail(r, "not a number: %s", word);
	if (form == 'p' && *number % sizeof(u64))
		replay_fail(r, "address is not 8-byte aligned");
	if (form == 'n' && *number > REPLAY_MAX_COUNT)
		replay_fail(r, "count is too large");
	if (form == 'l' && *number >= r->platform.nr_lps)
		replay_fail(r, "the platform has no LP %llu", *number);
}

static void replay_parse(struct replay *r, const struct event *e)
{
	const char *form = e->fields;
	unsigned int i;

	r->nr = 0;
	for (i = 1; i < r->nr_words && *form && *form != '='; i++) {
		replay_parse_field(r, *form, r->word[i]);
		form += *form != '*';
	}
	if (*form == '=')
		replay_parse_pairs(r, i, e->keys);
	else if (i < r->nr_words || (*form && *form != '*' && *form != '?'))
		replay_fail(r, "%s: wrong number of fields", e->word);
}

static void replay_line(struct replay *r)
{
	const struct event *e = replay_events, *end = e + ARRAY_SIZE(replay_events);

	while (e < end && strcmp(e->word, r->word[0]))
		e++;
	if (e == end)
		replay_fail(r, "no such event: %s", r->word[0]);
	if (r->progress < e->from || r->progress > e->to)
		replay_fail(r, "%s: cannot be here", e->word);
	replay_parse(r, e);
	if (r->progress == OUTSIDE)
		r->skip = false;
	if (!r->skip) {
		/* The first event that is not about the platform completes it. */
		if (e->to == ACTING && r->progress < ACTING &&
		    !r->target->begin(&r->platform, r->sysinit, r->init_lps))
			replay_fail(r, "the platform is beyond the limits of the model");
		if (e->act)
			e->act(r);
	}
	r->progress = e->then;
}

static void replay_files(struct replay *r, char **paths)
{
	for (; *paths; paths++) {
		r->names = NULL;
		r->path = *paths;
		r->line = 0;
		r->file = fopen(r->path, "r");
		if (!r->file)
			err(2, "%s", r->path);
		while (replay_read_line(r)) {
			if (r->nr_words)
				replay_line(r);
		}
		fclose(r->file);
		if (r->progress != OUTSIDE)
			replay_fail(r, "the file is cut off in a vector");
		if (!r->names)
			replay_fail(r, "no vector in this file");
	}
}

int main(int argc, char **argv)
{
	static struct replay r = { .target = &target_model };

	if (*++argv && !strcmp(*argv, "--kernel")) {
		r.target = &target_kernel;
		argv++;
	}
	if (!*argv || **argv == '-') {
		fputs("usage: tdxmod-replay [--kernel] FILE...\n", stderr);
		return 2;
	}
	r.max_lps = r.target->max_lps();
	replay_files(&r, argv);
	if (r.nr_too_large)
		printf("%lu vectors skipped: more LPs than the %u CPUs here\n", r.nr_too_large,
		       r.max_lps);
	printf("%lu vectors, %lu checks, %lu differences\n", r.nr_vectors, r.nr_checks,
	       r.nr_differences);
	return r.nr_differences ? 1 : 0;
}
