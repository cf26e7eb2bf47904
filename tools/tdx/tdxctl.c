// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl controls TDX on a host.  This file has its command line and shared functions. */
#include <getopt.h>
#include <locale.h>

#include "tdxctl.h"

/* Exceeds the time of any call, and no sum of such times overflows. */
#define MAX_CALL_US	1000000

/* A command accepts 'h' and the options in its letters. */
static const struct option all_options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "json", no_argument, NULL, 'j' },
	{ "wait", no_argument, NULL, 'w' },
	{ "output", required_argument, NULL, 'o' },
	{ "describe", no_argument, NULL, 'd' },
	{ "call-us", required_argument, NULL, 'c' },
	{ "job", required_argument, NULL, 'J' },
	{}
};

static const struct command {
	const char *name;
	int (*run)(const struct options *o);
	const char *letters;
	bool file;
} commands[] = {
	{ "status", command_status, "j", false },
	{ "enable", command_enable, "jw", false },
	{ "disable", command_disable, "j", false },
	{ "progress", command_progress, "j", false },
	{ "check", command_check, "j", false },
	{ "report", command_report, "o", false },
	{ "plan", command_plan, "jdc", true },
	{ "timeline", command_timeline, "J", true },
};

static const char help[] =
	"usage: tdxctl status   [--json]\n"
	"        show whether TDX is up, and if not, the reason\n"
	"       tdxctl enable   [--wait] [--json]\n"
	"        initialize the TDX module\n"
	"       tdxctl disable  [--json]\n"
	"        switch TDX off, and give its memory back\n"
	"       tdxctl progress [--json]\n"
	"        follow the initialization until it ends\n"
	"       tdxctl check    [--json]\n"
	"        check whether this host and kernel can run TDX\n"
	"       tdxctl report   [-o FILE]\n"
	"        collect what a bug report needs, as text\n"
	"       tdxctl plan     [--json | --describe] [--call-us N] [FILE]\n"
	"        show the cost of TDX on this machine, or on the machine in FILE\n"
	"       tdxctl timeline [--job NAME] [TRACE]\n"
	"        draw the lanes of a trace over time, as SVG\n"
	"\n"
	"  --json       print JSON; enable --wait and progress, an object for each change\n"
	"  --wait       show the progress until the initialization ends\n"
	"  -o FILE, --output FILE\n"
	"               write to FILE instead of standard output\n"
	"  --describe   print a description of the machine, for use as FILE\n"
	"  --call-us N  assume N microseconds per TDH.SYS.TDMR.INIT call (default: 7)\n"
	"  --job NAME   draw the job NAME instead of tdx_tdmr_init\n"
	"\n"
	"See tdxctl(1) for details and exit statuses.\n";

/* Opens @path, or stdin for "-".  @name: for messages.  Returns NULL, with errno, on failure. */
FILE *open_input(const char *path, const char **name)
{
	*name = path;
	if (!strcmp(path, "-")) {
		*name = "standard input";
		return stdin;
	}

	return fopen(path, "r");
}

/* Returns an object with the version of its format. */
struct json_object *new_json(void)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "schema", json_object_new_int(1));

	return object;
}

/* Adds a text, or null without one.  JSON is UTF-8: other text gets '?' for other bytes. */
void add_string(struct json_object *object, const char *key, const char *text)
{
	char *copy = text && *text ? strdupa(text) : NULL, *at;
	bool valid = copy && mbstowcs(NULL, copy, 0) != (size_t)-1;

	for (at = copy; at && *at && !valid; at++)
		*at = *at & 0x80 ? '?' : *at;
	json_object_object_add(object, key, copy ? json_object_new_string(copy) : NULL);
}

/* Adds a number. */
void add_u64(struct json_object *object, const char *key, u64 value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

/* Prints an object on standard output, and frees it.  @flags: additional flags of json-c. */
void print_json(struct json_object *object, int flags)
{
	flags |= JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE;
	puts(json_object_to_json_string_ext(object, flags));
	fflush(stdout);
	json_object_put(object);
}

static int misused(const char *name, const char *what, const char *word)
{
	fprintf(stderr, "%s: %s%s\nTry '%s --help'.\n", name, what, word, name);

	return STATUS_USAGE;
}

static bool parse_us(const char *word, u64 *ns)
{
	char *end;
	double us = strtod(word, &end);

	*ns = us * 1000 + 0.5;

	return !*end && !word[strspn(word, "0123456789.")] && us >= 0.001 && us <= MAX_CALL_US;
}

static int print_help(void)
{
	fputs(help, stdout);

	return STATUS_OK;
}

static int run(const struct command *command, int argc, char **argv)
{
	struct options o = { .call_ns = DEFAULT_CALL_NS };
	const char *word = argv[1];
	char name[32];
	int letter;

	snprintf(name, sizeof(name), "tdxctl %s", command->name);
	opterr = 0;
	while ((letter = getopt_long(argc, argv, ":ho:", all_options, NULL)) >= 0) {
		if (letter == ':')
			return misused(name, "missing value of ", word);
		if (letter == '?' || (letter != 'h' && !strchr(command->letters, letter)))
			return misused(name, "invalid option: ", word);
		if (letter == 'c' && !parse_us(optarg, &o.call_ns))
			return misused(name, "--call-us must be 0.001 to 1000000, not ", optarg);
		if (letter == 'h')
			return print_help();
		o.json |= letter == 'j';
		o.wait |= letter == 'w';
		o.describe |= letter == 'd';
		if (letter == 'J')
			o.job = optarg;
		if (letter == 'o')
			o.output = optarg;
		word = argv[optind];
	}

	if (command->file && optind < argc)
		o.file = argv[optind++];
	if (optind < argc)
		return misused(name, "unexpected argument: ", argv[optind]);
	if (o.json && o.describe)
		return misused(name, "use either --json or --describe", "");

	return command->run(&o);
}

/* A failure to write the output, for example to a full disk, fails the command. */
static int finish(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	warn("standard output");

	return status ?: STATUS_FAILED;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	size_t i;

	setlocale(LC_CTYPE, "C.UTF-8");
	if (!strcmp(word, "help") || !strcmp(word, "--help") || !strcmp(word, "-h"))
		return finish(print_help());
	if (!strcmp(word, "--version")) {
		puts("tdxctl " TDXCTL_VERSION);
		return finish(STATUS_OK);
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(word, commands[i].name))
			return finish(run(&commands[i], argc - 1, argv + 1));
	}

	if (!*word)
		return misused("tdxctl", "missing command", "");

	return misused("tdxctl", *word == '-' ? "unknown option " : "unknown command ", word);
}
