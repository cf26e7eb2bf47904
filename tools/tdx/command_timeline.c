// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl timeline: a picture of lanes over time, from a trace. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "commands.h"
#include "input.h"
#include "timeline.h"

struct options {
	bool help;
	const char *job;
	const char *file;
};

static const char help[] =
	"usage: tdxctl timeline [--job NAME] [TRACE]\n"
	"\n"
	"When each lane ran, and on which CPU, as an SVG picture on standard output, from\n"
	"the text of a trace with the events of lanework: tracefs' file 'trace', or what\n"
	"'trace-cmd report' prints.  TRACE is standard input if it is '-' or not given.\n"
	"\n"
	"  --job NAME  of this job, instead of the first in the trace\n"
	"  --help      this text\n";

static int complain(const char *what, const char *word)
{
	fprintf(stderr, "tdxctl timeline: %s%s\nTry 'tdxctl timeline --help'.\n",
		what, word);
	return STATUS_USAGE;
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{ "job", required_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{}
	};
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", options, NULL)) >= 0) {
		switch (option) {
		case 'j':
			o->job = optarg;
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
		return complain("one TRACE only, not also ", argv[optind + 1]);
	o->file = optind < argc ? argv[optind] : "-";
	return STATUS_OK;
}

static int read_trace(struct timeline *t, const char *path)
{
	const char *source;
	FILE *stream = input_open(path, &source);
	int ret;

	if (!stream)
		return -errno;

	ret = timeline_read(t, stream, source);
	input_close(stream);
	return ret;
}

/* Of two jobs in a trace, one is not in the picture. */
static void mention_others(const struct timeline *t, const struct options *o)
{
	if (t->others && !o->job)
		fprintf(stderr, "tdxctl: this is %s; the trace has other jobs, see --job\n",
			t->job);
}

int command_timeline(int argc, char **argv)
{
	struct options o = {};
	struct timeline t = {};
	int ret;

	ret = parse_options(argc, argv, &o);
	if (ret)
		return ret;
	if (o.help) {
		fputs(help, stdout);
		return STATUS_OK;
	}

	if (o.job) {
		t.job = strdup(o.job);
		if (!t.job)
			out_of_memory();
	}
	ret = read_trace(&t, o.file);
	if (!ret) {
		mention_others(&t, &o);
		timeline_arrange(&t);
		timeline_svg(&t, stdout);
	}
	timeline_free(&t);

	return ret ? STATUS_FAILED : STATUS_OK;
}
