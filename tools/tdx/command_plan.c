// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl plan: what bringing up TDX would take. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host.h"
#include "input.h"
#include "print.h"
#include "sysfile.h"

/* Longer than any call, and short enough that no sum overflows. */
#define MAX_CALL_US	1000000

struct options {
	bool json;
	bool describe;
	bool help;
	u64 call_ns;
	const char *file;
};

static const char help[] =
	"usage: tdxctl plan [--json | --describe] [--call-us N] [FILE]\n"
	"\n"
	"What bringing up TDX would take on this machine, or on the one described in\n"
	"FILE ('-' for standard input): TDMRs, memory for PAMTs, and predicted times.\n"
	"TDX is not needed and nothing is changed.  Only root sees the exact memory map.\n"
	"\n"
	"  --json       for programs\n"
	"  --describe   print the description of this machine, for FILE elsewhere\n"
	"  --call-us N  a call of TDH.SYS.TDMR.INIT takes N microseconds (7)\n"
	"  --help       this text\n";

static int complain(const char *what, const char *word)
{
	fprintf(stderr, "tdxctl plan: %s%s\nTry 'tdxctl plan --help'.\n", what, word);
	return STATUS_USAGE;
}

static bool parse_us(const char *word, u64 *ns)
{
	double us;
	char *end;

	if (!*word || word[strspn(word, "0123456789.")])
		return false;
	us = strtod(word, &end);
	if (*end || !(us >= 0.001 && us <= MAX_CALL_US))
		return false;

	*ns = us * 1000 + 0.5;
	return true;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "describe", no_argument, NULL, 'd' },
		{ "call-us", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	const char *word = argv[1];
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		switch (option) {
		case 'j':
			o->json = true;
			break;
		case 'd':
			o->describe = true;
			break;
		case 'c':
			if (!parse_us(optarg, &o->call_ns))
				return complain("not a time from 0.001 to 1000000 us: ", optarg);
			break;
		case 'h':
			o->help = true;
			break;
		case ':':
			return complain("a number is missing behind ", argv[optind - 1]);
		default:
			return complain("not understood: ", word);
		}
		word = argv[optind];
	}

	if (o->json && o->describe)
		return complain("either --json or --describe", "");
	if (argc - optind > 1)
		return complain("one FILE only, not also ", argv[optind + 1]);
	o->file = argv[optind];
	return STATUS_OK;
}

static int read_file(struct plan *p, const char *path)
{
	FILE *stream = input_open(path, &p->source);
	int ret;

	if (!stream)
		return -errno;

	ret = description_read(&p->description, stream, p->source);
	input_close(stream);
	if (!ret)
		description_find_homes(&p->description);

	return ret;
}

static int read_host(struct plan *p)
{
	int ret = host_describe(&p->description, &p->assumed, &p->notes);

	p->source = sysfile_root();
	if (ret)
		fprintf(stderr, "tdxctl: neither /proc nor /sys tells how much memory there is\n");
	return ret;
}

static void print_description(const struct plan *p)
{
	size_t i;

	for (i = 0; i < p->notes.nr; i++)
		printf("# %s\n", p->notes.text[i]);
	description_write(&p->description, stdout);
}

/* Returns 0, or a negative errno if there is no plan. */
static int print_plan(struct plan *p, bool json)
{
	int ret = plan_make(p);

	if (ret)
		return ret;

	plan_explain(p);
	if (json)
		print_json(p);
	else
		print_table(p);

	return 0;
}

int command_plan(int argc, char **argv)
{
	struct options o = { .call_ns = DEFAULT_CALL_NS };
	static struct plan p;
	int ret;

	ret = parse_options(argc, argv, &o);
	if (ret)
		return ret;
	if (o.help) {
		fputs(help, stdout);
		return STATUS_OK;
	}

	p.call_ns = o.call_ns;
	description_init(&p.description);
	ret = o.file ? read_file(&p, o.file) : read_host(&p);
	if (!ret && o.describe)
		print_description(&p);
	else if (!ret)
		ret = print_plan(&p, o.json);
	plan_free(&p);

	return ret ? STATUS_FAILED : STATUS_OK;
}
