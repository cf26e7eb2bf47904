// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl: TDX for operators.  Finds the command that is asked for. */
#include <stdio.h>
#include <string.h>

#include <linux/array_size.h>

#include "commands.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "status", command_status, "is TDX up on this host, and if not, why?" },
	{ "enable", command_enable, "have the TDX module initialised" },
	{ "progress", command_progress, "how far is the initialisation?" },
	{ "plan", command_plan, "what bringing up TDX would take on this machine" },
	{ "timeline", command_timeline, "a picture of lanes over time, from a trace" },
};

static void print_help(void)
{
	size_t i;

	puts("usage: tdxctl COMMAND [OPTION]...\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	puts("\n'tdxctl COMMAND --help' tells more; so does the manual page tdxctl(1).");
}

static int complain(const char *what, const char *word)
{
	fprintf(stderr, "tdxctl: %s%s\nTry 'tdxctl --help'.\n", what, word);
	return STATUS_USAGE;
}

/* What could not be written, to a full disk for example, is a failure. */
static int finish(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;

	perror("tdxctl: standard output");
	return status == STATUS_OK ? STATUS_FAILED : status;
}

int main(int argc, char **argv)
{
	size_t i;

	if (argc < 2)
		return complain("which command?", "");

	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help();
		return finish(STATUS_OK);
	}

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(argv[1], commands[i].name))
			return finish(commands[i].run(argc - 1, argv + 1));
	}

	return complain(argv[1][0] == '-' ? "unknown option " : "unknown command ",
			argv[1]);
}
