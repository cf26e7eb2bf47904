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

/* Longer than any call, and short enough that no sum overflows. */
#define MAX_CALL_US	1000000

struct options {
	bool json;
	bool help;
	u64 call_ns;
	const char *file;
};

static const char help[] =
	"usage: tdxctl plan [--json] [--call-us N] [FILE]\n"
	"\n"
	"What bringing up TDX would take on this machine, or on the one described in\n"
	"FILE ('-' for standard input): TDMRs, memory for PAMTs, and predicted times.\n"
	"TDX is not needed and nothing is changed.  Only root sees the exact memory map.\n"
	"\n"
	"  --json       for programs\n"
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
		{ "call-us", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		switch (option) {
		case 'j':
			o->json = true;
			break;
		case 'c':
			if (!parse_us(optarg, &o->call_ns))
				return complain("not a time from 0.001 to 1000000 us: ", optarg);
			break;
		case 'h':
			o->help = true;
			break;
		case ':':
			return complain("nothing behind ", argv[optind - 1]);
		default:
			return complain("not understood: ", argv[optind - 1]);
		}
	}

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
	return ret;
}

static int read_host(struct plan *p)
{
	int ret = host_describe(&p->description, &p->assumed, &p->notes);

	if (ret)
		fprintf(stderr, "tdxctl: neither /proc nor /sys tells how much memory there is\n");
	return ret;
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
	if (!ret)
		ret = plan_make(&p);
	if (!ret) {
		plan_explain(&p);
		if (o.json)
			print_json(&p);
		else
			print_table(&p);
	}
	plan_free(&p);

	return ret ? STATUS_FAILED : STATUS_OK;
}
