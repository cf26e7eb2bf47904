// SPDX-License-Identifier: GPL-2.0-only
/* Options of commands that have but switches. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "options.h"

static int complain(const char *command, const char *word)
{
	fprintf(stderr, "tdxctl %s: not understood: %s\nTry 'tdxctl %s --help'.\n",
		command, word, command);
	return STATUS_USAGE;
}

static bool switch_on(const struct option_switch *switches, const char *word)
{
	if (strncmp(word, "--", 2))
		return false;

	for (; switches->name; switches++) {
		if (!strcmp(word + 2, switches->name)) {
			*switches->on = true;
			return true;
		}
	}

	return false;
}

/**
 * options_read - read the command line of a command
 * @argc: of the command
 * @argv: of the command
 * @help: what --help prints
 * @switches: all options but --help
 * @helped: out, the help was printed: nothing is left to do
 *
 * Return: STATUS_OK; STATUS_USAGE if something was not understood.
 */
int options_read(int argc, char **argv, const char *help,
		 const struct option_switch *switches, bool *helped)
{
	int i;

	*helped = false;
	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			*helped = true;
		else if (!switch_on(switches, argv[i]))
			return complain(argv[0], argv[i]);
	}
	if (*helped)
		fputs(help, stdout);

	return STATUS_OK;
}
