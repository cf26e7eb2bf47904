// SPDX-License-Identifier: GPL-2.0-only
/* Reads files of test vectors. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>

#include "vector.h"

#define MAX_WORDS	(VECTOR_MAX_NUMBERS + 8)

/* How far a vector has come; what may follow depends on it. */
enum progress {
	OUTSIDE,
	NEEDS_PLATFORM,
	HEAD,		/* state, seamrr and cmr may come */
	ACTING,
	NEEDS_RET,
	NEEDS_RETALL,
};

struct names {
	char **slots;		/* open addressing */
	size_t nr_slots;
	size_t nr;
};

struct vector_file {
	const char *path;
	FILE *stream;
	unsigned int line;
	unsigned int nr_vectors;
	enum progress progress;
	enum vector_kind head;	/* last of the head's lines */
	struct names names;
	char text[VECTOR_MAX_LINE];
	char *words[MAX_WORDS];
	unsigned int nr_words;
};

const char *const vector_reg_names[VECTOR_NR_REGS] = {
	"rax", "rcx", "rdx", "r8", "r9", "r10", "r11",
};

static const struct {
	const char *name;
	u64 leaf;
} leaves[] = {
	{ "TDH.VP.ENTER", 0 },
	{ "TDH.MEM.SEPT.ADD", 3 },
	{ "TDH.MNG.KEY.CONFIG", 8 },
	{ "TDH.MNG.CREATE", 9 },
	{ "TDH.MNG.RD", 11 },
	{ "TDH.MNG.INIT", 21 },
	{ "TDH.PHYMEM.PAGE.RDMD", 24 },
	{ "TDH.SYS.KEY.CONFIG", 31 },
	{ "TDH.SYS.INFO", 32 },
	{ "TDH.SYS.INIT", 33 },
	{ "TDH.SYS.RD", 34 },
	{ "TDH.SYS.LP.INIT", 35 },
	{ "TDH.SYS.TDMR.INIT", 36 },
	{ "TDH.SYS.RDALL", 37 },
	{ "TDH.PHYMEM.CACHE.WB", 40 },
	{ "TDH.MEM.SEPT.WR", 42 },
	{ "TDH.SYS.LP.SHUTDOWN", 44 },
	{ "TDH.SYS.CONFIG", 45 },
	{ "TDH.SYS.SHUTDOWN", 52 },
	{ "TDH.SYS.UPDATE", 53 },
};

void vector_error(const struct vector_file *f, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u: ", f->path, f->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

const char *vector_path(const struct vector_file *f)
{
	return f->path;
}

unsigned int vector_line(const struct vector_file *f)
{
	return f->line;
}

static bool size_is_sane(const char *path, FILE *stream)
{
	long size;

	/* A pipe has no size; what it carries is checked line by line. */
	if (fseek(stream, 0, SEEK_END))
		return true;
	size = ftell(stream);
	rewind(stream);
	if (size >= 0 && (unsigned long)size <= VECTOR_MAX_FILE)
		return true;
	fprintf(stderr, "%s: larger than any vector file\n", path);
	return false;
}

struct vector_file *vector_open(const char *path)
{
	struct vector_file *f;
	FILE *stream = fopen(path, "r");

	if (!stream) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return NULL;
	}
	if (!size_is_sane(path, stream)) {
		fclose(stream);
		return NULL;
	}
	f = calloc(1, sizeof(*f));
	if (!f) {
		fclose(stream);
		fprintf(stderr, "%s: out of memory\n", path);
		return NULL;
	}
	f->path = path;
	f->stream = stream;
	return f;
}

void vector_close(struct vector_file *f)
{
	size_t i;

	for (i = 0; i < f->names.nr_slots; i++)
		free(f->names.slots[i]);
	free(f->names.slots);
	fclose(f->stream);
	free(f);
}

static char **find_name(const struct names *n, const char *name)
{
	u64 hash = 0;
	const char *c;

	for (c = name; *c; c++)
		hash = hash * 131 + (unsigned char)*c;
	for (;; hash++) {
		char **slot = &n->slots[hash & (n->nr_slots - 1)];

		if (!*slot || !strcmp(*slot, name))
			return slot;
	}
}

static bool grow_names(struct names *n)
{
	struct names bigger = { .nr_slots = n->nr_slots ? 2 * n->nr_slots : 256, .nr = n->nr };
	size_t i;

	bigger.slots = calloc(bigger.nr_slots, sizeof(*bigger.slots));
	if (!bigger.slots)
		return false;
	for (i = 0; i < n->nr_slots; i++) {
		if (n->slots[i])
			*find_name(&bigger, n->slots[i]) = n->slots[i];
	}
	free(n->slots);
	*n = bigger;
	return true;
}

/* Gives the file's own copy, which lives as long as the file. */
static const char *add_name(struct vector_file *f, const char *name)
{
	struct names *n = &f->names;
	char **slot;

	if (2 * n->nr >= n->nr_slots && !grow_names(n)) {
		vector_error(f, "out of memory");
		return NULL;
	}
	slot = find_name(n, name);
	if (*slot) {
		vector_error(f, "second vector of the name %s", name);
		return NULL;
	}
	*slot = strdup(name);
	n->nr++;
	return *slot;
}

/* Decimal or 0x hexadecimal, all of @text, 64 bits. */
static bool parse_number(const char *text, u64 *value)
{
	unsigned int base = 10, digit;
	const char *c = text;

	if (c[0] == '0' && c[1] == 'x') {
		base = 16;
		c += 2;
	}
	if (!*c)
		return false;
	*value = 0;
	for (; *c; c++) {
		if (*c >= '0' && *c <= '9')
			digit = *c - '0';
		else if (*c >= 'a' && *c <= 'f')
			digit = *c - 'a' + 10;
		else if (*c >= 'A' && *c <= 'F')
			digit = *c - 'A' + 10;
		else
			return false;
		if (digit >= base || __builtin_mul_overflow(*value, (u64)base, value) ||
		    __builtin_add_overflow(*value, (u64)digit, value))
			return false;
	}
	return true;
}

/* Words from the @from'th on, @min to @max of them (0: as many as fit). */
static bool parse_numbers(struct vector_file *f, struct vector_event *e,
			  unsigned int from, unsigned int min, unsigned int max)
{
	unsigned int i;

	if (f->nr_words < from + min || (max && f->nr_words > from + max)) {
		vector_error(f, "%s: wrong number of fields", f->words[0]);
		return false;
	}
	for (i = from; i < f->nr_words; i++) {
		if (e->nr == VECTOR_MAX_NUMBERS || !parse_number(f->words[i], &e->number[e->nr])) {
			vector_error(f, "not a number: %s", f->words[i]);
			return false;
		}
		e->nr++;
	}
	return true;
}

/* "key=number", the key being one of @keys; each at most once. */
static bool parse_pair(struct vector_file *f, char *word, const char *const *keys,
		       unsigned int nr_keys, u64 *values, unsigned int *named)
{
	char *equals = strchr(word, '=');
	unsigned int i;

	if (equals) {
		*equals = '\0';
		for (i = 0; i < nr_keys && strcmp(word, keys[i]); i++)
			;
		if (i < nr_keys && !(*named & 1U << i) && parse_number(equals + 1, &values[i])) {
			*named |= 1U << i;
			return true;
		}
		*equals = '=';
	}
	vector_error(f, "cannot be here: %s", word);
	return false;
}

static bool parse_pairs(struct vector_file *f, unsigned int from, const char *const *keys,
			unsigned int nr_keys, u64 *values, unsigned int *named)
{
	unsigned int i;

	*named = 0;
	for (i = from; i < f->nr_words; i++) {
		if (!parse_pair(f, f->words[i], keys, nr_keys, values, named))
			return false;
	}
	return true;
}

static bool parse_begin(struct vector_file *f, struct vector_event *e)
{
	if (f->nr_words != 2) {
		vector_error(f, "vector: needs a name");
		return false;
	}
	e->name = add_name(f, f->words[1]);
	f->nr_vectors++;
	return e->name;
}

static bool parse_platform(struct vector_file *f, struct vector_event *e)
{
	static const char *const keys[] = {
		[VECTOR_PACKAGES] = "packages",
		[VECTOR_LPS] = "lps",
		[VECTOR_MAXPA] = "maxpa",
		[VECTOR_KEYID_BITS] = "keyid_bits",
		[VECTOR_HKID_START] = "private_hkid_start",
		[VECTOR_HKID_COUNT] = "private_hkid_count",
	};
	unsigned int named;

	if (!parse_pairs(f, 1, keys, ARRAY_SIZE(keys), e->number, &named))
		return false;
	e->nr = VECTOR_NR_PLATFORM;
	if (named == (1U << VECTOR_NR_PLATFORM) - 1)
		return true;
	vector_error(f, "platform: something is missing");
	return false;
}

static bool parse_state(struct vector_file *f, struct vector_event *e)
{
	static const char *const keys[] = { "sysinit", "init_lps" };
	unsigned int named;

	e->nr = ARRAY_SIZE(keys);
	e->number[0] = 1;
	e->number[1] = VECTOR_ALL_LPS;
	if (!parse_pairs(f, 1, keys, ARRAY_SIZE(keys), e->number, &named))
		return false;
	if (named && e->number[0] <= 1 && (e->number[0] || !(named & 2) || !e->number[1]))
		return true;
	vector_error(f, "state: there is no such state");
	return false;
}

static bool parse_range(struct vector_file *f, struct vector_event *e)
{
	return parse_numbers(f, e, 1, 2, 2);
}

static bool is_word_address(struct vector_file *f, u64 pa)
{
	if (!(pa % sizeof(u64)))
		return true;
	vector_error(f, "address is not 8-byte aligned");
	return false;
}

static bool parse_words(struct vector_file *f, struct vector_event *e)
{
	return parse_numbers(f, e, 1, 2, 0) && is_word_address(f, e->number[0]);
}

static bool is_sane_count(struct vector_file *f, u64 count)
{
	/* 4 GiB of memory: more than a test would look at. */
	if (count <= 1U << 29)
		return true;
	vector_error(f, "count is too large");
	return false;
}

static bool parse_fill(struct vector_file *f, struct vector_event *e)
{
	return parse_numbers(f, e, 1, 3, 3) && is_word_address(f, e->number[0]) &&
	       is_sane_count(f, e->number[1]);
}

static bool parse_pamtrun(struct vector_file *f, struct vector_event *e)
{
	return parse_numbers(f, e, 1, 4, 4) && is_word_address(f, e->number[0]) &&
	       is_sane_count(f, e->number[1]);
}

static bool parse_keyfail(struct vector_file *f, struct vector_event *e)
{
	if (f->nr_words != 4 || !parse_number(f->words[1], &e->number[0]) ||
	    !parse_number(f->words[3], &e->number[1]) ||
	    (strcmp(f->words[2], "entropy") && strcmp(f->words[2], "busy"))) {
		vector_error(f, "keyfail: needs LP, entropy or busy, number");
		return false;
	}
	e->nr = 2;
	e->busy = !strcmp(f->words[2], "busy");
	return true;
}

static bool parse_hold(struct vector_file *f, struct vector_event *e)
{
	bool hold = !strcmp(f->words[0], "hold");

	if (f->nr_words == 2 && !strcmp(f->words[1], "global")) {
		e->kind = hold ? VECTOR_HOLD_GLOBAL : VECTOR_RELEASE_GLOBAL;
		return true;
	}
	if (f->nr_words == 3 && !strcmp(f->words[1], "tdmr")) {
		e->kind = hold ? VECTOR_HOLD_TDMR : VECTOR_RELEASE_TDMR;
		return parse_numbers(f, e, 2, 1, 1);
	}
	vector_error(f, "%s: there is no such lock", f->words[0]);
	return false;
}

static bool parse_leaf(struct vector_file *f, const char *word, u64 *rax)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(leaves); i++) {
		if (!strcmp(word, leaves[i].name)) {
			*rax = leaves[i].leaf;
			return true;
		}
	}
	if (!strncmp(word, "0x", 2) && parse_number(word, rax))
		return true;
	vector_error(f, "no such leaf: %s", word);
	return false;
}

/* Words from @from on: LP, leaf, registers but RAX. */
static bool parse_seamcall(struct vector_file *f, struct vector_event *e, unsigned int from)
{
	if (f->nr_words < from + 2) {
		vector_error(f, "%s: wrong number of fields", f->words[0]);
		return false;
	}
	if (!parse_number(f->words[from], &e->number[1])) {
		vector_error(f, "not a number: %s", f->words[from]);
		return false;
	}
	e->nr = 2;
	return parse_leaf(f, f->words[from + 1], &e->reg[VECTOR_RAX]) &&
	       parse_pairs(f, from + 2, &vector_reg_names[VECTOR_RCX], VECTOR_NR_REGS - 1,
			   &e->reg[VECTOR_RCX], &e->named);
}

static bool parse_call(struct vector_file *f, struct vector_event *e)
{
	e->number[0] = 1;
	return parse_seamcall(f, e, 1);
}

static bool parse_repeat(struct vector_file *f, struct vector_event *e)
{
	if (f->nr_words < 2 || !parse_number(f->words[1], &e->number[0]) || !e->number[0]) {
		vector_error(f, "repeat: needs a number");
		return false;
	}
	return is_sane_count(f, e->number[0]) && parse_seamcall(f, e, 2);
}

static bool parse_ret(struct vector_file *f, struct vector_event *e)
{
	if (!parse_pairs(f, 1, vector_reg_names, VECTOR_NR_REGS, e->reg, &e->named))
		return false;
	if (e->named & 1U << VECTOR_RAX)
		return true;
	vector_error(f, "%s: needs rax", f->words[0]);
	return false;
}

static bool parse_end(struct vector_file *f, struct vector_event *e)
{
	if (f->nr_words == 1)
		return true;
	vector_error(f, "end: stands alone");
	return false;
}

/* In the progress from..to an event may come, and leads to then. */
static const struct rule {
	const char *word;
	enum vector_kind kind;
	enum progress from, to, then;
	bool (*parse)(struct vector_file *f, struct vector_event *e);
} rules[] = {
	{ "vector", VECTOR_BEGIN, OUTSIDE, OUTSIDE, NEEDS_PLATFORM, parse_begin },
	{ "platform", VECTOR_PLATFORM, NEEDS_PLATFORM, NEEDS_PLATFORM, HEAD, parse_platform },
	{ "state", VECTOR_STATE, HEAD, HEAD, HEAD, parse_state },
	{ "seamrr", VECTOR_SEAMRR, HEAD, HEAD, HEAD, parse_range },
	{ "cmr", VECTOR_CMR, HEAD, HEAD, HEAD, parse_range },
	{ "mem", VECTOR_MEM, HEAD, ACTING, ACTING, parse_words },
	{ "fill", VECTOR_FILL, HEAD, ACTING, ACTING, parse_fill },
	{ "keyfail", VECTOR_KEYFAIL, HEAD, ACTING, ACTING, parse_keyfail },
	{ "hold", VECTOR_HOLD_GLOBAL, HEAD, ACTING, ACTING, parse_hold },
	{ "release", VECTOR_RELEASE_GLOBAL, HEAD, ACTING, ACTING, parse_hold },
	{ "call", VECTOR_CALL, HEAD, ACTING, NEEDS_RET, parse_call },
	{ "ret", VECTOR_RET, NEEDS_RET, NEEDS_RET, ACTING, parse_ret },
	{ "repeat", VECTOR_CALL, HEAD, ACTING, NEEDS_RETALL, parse_repeat },
	{ "retall", VECTOR_RET, NEEDS_RETALL, NEEDS_RETALL, ACTING, parse_ret },
	{ "pamt", VECTOR_PAMT, HEAD, ACTING, ACTING, parse_words },
	{ "pamtrun", VECTOR_PAMTRUN, HEAD, ACTING, ACTING, parse_pamtrun },
	{ "end", VECTOR_END, HEAD, ACTING, OUTSIDE, parse_end },
};

/* False at the end of the file and where the line is no text. */
static bool read_line(struct vector_file *f, bool *bad)
{
	size_t length = 0;
	int c;

	*bad = false;
	f->line++;
	while ((c = getc(f->stream)) != EOF && c != '\n') {
		if ((c < ' ' && c != '\t') || c > '~' || length == sizeof(f->text) - 1) {
			vector_error(f, "not a line of a vector file");
			*bad = true;
			return false;
		}
		f->text[length++] = c;
	}
	f->text[length] = '\0';
	if (ferror(f->stream)) {
		vector_error(f, "cannot be read");
		*bad = true;
		return false;
	}
	return c != EOF || length;
}

static bool split_line(struct vector_file *f)
{
	char *word;

	f->text[strcspn(f->text, "#")] = '\0';
	f->nr_words = 0;
	for (word = strtok(f->text, " \t"); word; word = strtok(NULL, " \t")) {
		if (f->nr_words == MAX_WORDS) {
			vector_error(f, "too many fields");
			return false;
		}
		f->words[f->nr_words++] = word;
	}
	return true;
}

/* State, SEAMRR, CMRs: each kind in its place, only CMRs more than once. */
static bool head_in_order(struct vector_file *f, enum vector_kind kind)
{
	bool ok = f->head < kind || (f->head == kind && kind == VECTOR_CMR);

	f->head = kind;
	if (!ok)
		vector_error(f, "%s: out of order", f->words[0]);
	return ok;
}

static bool parse_line(struct vector_file *f, struct vector_event *e)
{
	const struct rule *r = rules;

	while (r < &rules[ARRAY_SIZE(rules)] && strcmp(r->word, f->words[0]))
		r++;
	if (r == &rules[ARRAY_SIZE(rules)]) {
		vector_error(f, "no such event: %s", f->words[0]);
		return false;
	}
	if (f->progress < r->from || f->progress > r->to) {
		vector_error(f, "%s: cannot be here", f->words[0]);
		return false;
	}
	if (r->kind <= VECTOR_CMR && !head_in_order(f, r->kind))
		return false;
	e->kind = r->kind;
	if (!r->parse(f, e))
		return false;
	f->progress = r->then;
	if (r->kind == VECTOR_END)
		f->head = VECTOR_EOF;
	return true;
}

static bool at_end(struct vector_file *f, struct vector_event *e)
{
	e->kind = VECTOR_EOF;
	if (f->progress != OUTSIDE) {
		vector_error(f, "the file is cut off in a vector");
		return false;
	}
	if (!f->nr_vectors) {
		vector_error(f, "no vector in this file");
		return false;
	}
	return true;
}

bool vector_next(struct vector_file *f, struct vector_event *e)
{
	bool bad;

	e->name = NULL;
	e->busy = false;
	e->nr = 0;
	e->named = 0;
	memset(e->reg, 0, sizeof(e->reg));

	while (read_line(f, &bad)) {
		if (!split_line(f))
			return false;
		if (f->nr_words)
			return parse_line(f, e);
	}
	return !bad && at_end(f, e);
}
