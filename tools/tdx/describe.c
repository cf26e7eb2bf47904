// SPDX-License-Identifier: GPL-2.0-only
/* Reads and writes descriptions of machines; their language is in describe.h. */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>
#include <linux/compiler.h>

#include "describe.h"

#define MAX_LINE	1024
#define MAX_WORDS	8

/* The widths that the module's metadata has for its limits. */
#define MAX_LIMIT	0xffff

struct reader {
	struct description *d;
	FILE *stream;
	const char *name;
	unsigned int line;
	char text[MAX_LINE];
	char *words[MAX_WORDS];
	unsigned int nr_words;
};

void description_init(struct description *d)
{
	unsigned int level, node;

	memset(d, 0, sizeof(*d));
	d->limits.max_tdmrs = DESCRIPTION_MAX_TDMRS;
	d->limits.max_reserved = DESCRIPTION_MAX_RESERVED;
	for (level = 0; level < TDMR_NR_LEVELS; level++)
		d->limits.entry_size[level] = DESCRIPTION_ENTRY_SIZE;
	for (node = 0; node < TDMR_MAX_NODES; node++)
		d->home[node] = node;
}

void description_free(struct description *d)
{
	free(d->mem);
	d->mem = NULL;
	d->nr_mem = 0;
	d->room = 0;
}

/* Adds it as it is: whether it makes sense is for the planner to say. */
int description_add_mem(struct description *d, u64 start, u64 end, int node)
{
	if (d->nr_mem == d->room) {
		unsigned int room = d->room ? 2 * d->room : 64;
		void *mem = realloc(d->mem, room * sizeof(*d->mem));

		if (!mem)
			return -ENOMEM;
		d->mem = mem;
		d->room = room;
	}

	d->mem[d->nr_mem++] = (struct tdmr_range) { start, end, node };
	return 0;
}

static __printf(2, 3)
int complain(const struct reader *r, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%u: ", r->name, r->line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);

	return -EINVAL;
}

/* Digits alone: no sign, no space, nothing after them. */
static bool parse_number(const char *word, int base, u64 *value)
{
	const char *digits = base == 16 ? "0123456789abcdefABCDEF" : "0123456789";
	char *end;

	if (!*word || word[strspn(word, digits)])
		return false;

	errno = 0;
	*value = strtoull(word, &end, base);
	return !errno;
}

static bool parse_address(const char *word, u64 *value)
{
	return !strncmp(word, "0x", 2) && parse_number(word + 2, 16, value);
}

/* Of any size: which nodes there can be is for the planner to say. */
static bool parse_node(const char *word, int *node)
{
	bool minus = *word == '-';
	u64 value;

	if (!parse_number(word + minus, 10, &value) || value > INT_MAX)
		return false;

	*node = minus ? -(int)value : (int)value;
	return true;
}

static int read_mem(struct reader *r)
{
	u64 start, end;
	int node;

	if (r->nr_words != 4 || !parse_address(r->words[1], &start) ||
	    !parse_address(r->words[2], &end) || !parse_node(r->words[3], &node))
		return complain(r, "not of the form: mem 0xSTART 0xEND NODE");

	return description_add_mem(r->d, start, end, node);
}

static int read_cmr(struct reader *r)
{
	struct description *d = r->d;
	u64 base, size;

	if (r->nr_words != 3 || !parse_address(r->words[1], &base) ||
	    !parse_address(r->words[2], &size))
		return complain(r, "not of the form: cmr 0xBASE 0xSIZE");
	if (base + size < base)
		return complain(r, "the CMR ends beyond 2^64");
	if (d->nr_cmrs == TDMR_MAX_CMRS)
		return complain(r, "more than %u CMRs", TDMR_MAX_CMRS);

	d->cmrs[d->nr_cmrs++] = (struct tdmr_range) {
		.start = base, .end = base + size,
	};
	return 0;
}

static bool parse_limit(const char *word, const char *key, unsigned int *limit)
{
	size_t length = strlen(key);
	u64 value;

	if (strncmp(word, key, length) || !parse_number(word + length, 10, &value) ||
	    value > MAX_LIMIT)
		return false;

	*limit = value;
	return true;
}

static int read_limits(struct reader *r)
{
	struct tdmr_limits *limits = &r->d->limits;

	if (r->d->limits_given)
		return complain(r, "limits a second time");
	if (r->nr_words != 3 ||
	    !parse_limit(r->words[1], "max_tdmrs=", &limits->max_tdmrs) ||
	    !parse_limit(r->words[2], "max_reserved=", &limits->max_reserved))
		return complain(r, "not of the form: limits max_tdmrs=N max_reserved=N, N up to %u",
				MAX_LIMIT);

	r->d->limits_given = true;
	return 0;
}

static int read_lanes(struct reader *r)
{
	struct description *d = r->d;
	u64 lanes;
	int node;

	if (r->nr_words != 3 || !parse_node(r->words[1], &node) ||
	    !parse_number(r->words[2], 10, &lanes) || lanes > INT_MAX)
		return complain(r, "not of the form: lanes NODE N");
	if (node < 0 || node >= TDMR_MAX_NODES)
		return complain(r, "node %d: nodes are 0 to %u", node,
				TDMR_MAX_NODES - 1);
	if (d->lanes_given[node])
		return complain(r, "lanes of node %d a second time", node);

	d->lanes[node] = lanes;
	d->lanes_given[node] = true;
	return 0;
}

static const struct {
	const char *word;
	int (*read)(struct reader *r);
} lines[] = {
	{ "mem", read_mem },
	{ "cmr", read_cmr },
	{ "limits", read_limits },
	{ "lanes", read_lanes },
};

static int read_line(struct reader *r)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!strcmp(r->words[0], lines[i].word))
			return lines[i].read(r);
	}

	return complain(r, "neither mem nor cmr nor limits nor lanes");
}

static int split(struct reader *r)
{
	char *text = r->text;
	char *word;

	text[strcspn(text, "#")] = '\0';
	r->nr_words = 0;
	while ((word = strtok(text, " \t\r\n"))) {
		if (r->nr_words == MAX_WORDS)
			return complain(r, "too many words");
		r->words[r->nr_words++] = word;
		text = NULL;
	}

	return 0;
}

/**
 * description_read - read the description of a machine
 * @d: initialised; gets what is described
 * @stream: where the text comes from
 * @name: what to call it in messages
 *
 * Says on standard error which line is wrong.  That the ranges make sense is
 * not checked here.
 *
 * Return: 0, -EINVAL, -EIO or -ENOMEM.
 */
int description_read(struct description *d, FILE *stream, const char *name)
{
	struct reader r = { .d = d, .stream = stream, .name = name };
	int ret = 0;

	while (!ret && fgets(r.text, sizeof(r.text), stream)) {
		r.line++;
		if (!strchr(r.text, '\n') && !feof(stream))
			return complain(&r, "line too long, or not text");
		ret = split(&r);
		if (!ret && r.nr_words)
			ret = read_line(&r);
	}

	if (!ret && ferror(stream)) {
		fprintf(stderr, "%s: %s\n", name, strerror(errno));
		return -EIO;
	}
	if (ret == -ENOMEM)
		fprintf(stderr, "%s: out of memory\n", name);

	return ret;
}

/* Distances are not in a description: the nearest by number, the lower of two. */
static unsigned int nearest_with_cpus(const struct description *d,
				      unsigned int node)
{
	unsigned int far;

	for (far = 1; far < TDMR_MAX_NODES; far++) {
		if (far <= node && d->lanes[node - far])
			return node - far;
		if (node + far < TDMR_MAX_NODES && d->lanes[node + far])
			return node + far;
	}

	return node;
}

/**
 * description_find_homes - say whose CPUs work for nodes that have none
 * @d: read; of such nodes it gets the home
 */
void description_find_homes(struct description *d)
{
	unsigned int node;

	for (node = 0; node < TDMR_MAX_NODES; node++) {
		if (d->lanes_given[node] && !d->lanes[node])
			d->home[node] = nearest_with_cpus(d, node);
	}
}

/* Where all CPUs are isolated, nothing: that counts as one CPU, and none does not. */
static void write_lanes(const struct description *d, FILE *stream,
			unsigned int node)
{
	if (d->home[node] != (int)node)
		fprintf(stream, "lanes %u 0\n", node);
	else if (d->lanes[node])
		fprintf(stream, "lanes %u %u\n", node, d->lanes[node]);
}

/**
 * description_write - write what description_read() reads
 * @d: the machine
 * @stream: where to
 */
void description_write(const struct description *d, FILE *stream)
{
	unsigned int i;

	for (i = 0; i < d->nr_mem; i++)
		fprintf(stream, "mem 0x%llx 0x%llx %d\n", d->mem[i].start,
			d->mem[i].end, d->mem[i].node);
	for (i = 0; i < d->nr_cmrs; i++)
		fprintf(stream, "cmr 0x%llx 0x%llx\n", d->cmrs[i].start,
			d->cmrs[i].end - d->cmrs[i].start);
	if (d->limits_given)
		fprintf(stream, "limits max_tdmrs=%u max_reserved=%u\n",
			d->limits.max_tdmrs, d->limits.max_reserved);
	for (i = 0; i < TDMR_MAX_NODES; i++) {
		if (d->lanes_given[i])
			write_lanes(d, stream, i);
	}
}
