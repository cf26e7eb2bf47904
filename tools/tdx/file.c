// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read files of /dev, /proc and /sys.  If the environment sets TDXCTL_ROOT, the paths are
 * relative to that directory, for example a copy from another machine.
 */
#include <stdarg.h>

#include "tdxctl.h"

#define MAX_PATH	4096

/* Prefixes a path with TDXCTL_ROOT.  The next call overwrites the returned buffer. */
const char *file_path(const char *format, ...)
{
	static char path[MAX_PATH];
	va_list args;
	int n;

	n = snprintf(path, sizeof(path), "%s", getenv("TDXCTL_ROOT") ?: "");
	n = min(n, MAX_PATH - 1);
	va_start(args, format);
	vsnprintf(path + n, sizeof(path) - n, format, args);
	va_end(args);

	return path;
}

/**
 * file_find - find a line in a file
 * @path: from file_path()
 * @start: the start of the line
 * @line: gets the rest of the line without its newline
 * @size: size of @line in bytes
 *
 * Return: true; false, with errno and an empty @line, if the file cannot be opened or has
 * no such line (ENODATA).
 */
bool file_find(const char *path, const char *start, char *line, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t room = 0, length = strlen(start);
	char *text = NULL;
	bool found = false;

	*line = '\0';
	if (!file)
		return false;
	while (!found && getline(&text, &room, file) >= 0)
		found = !strncmp(text, start, length);
	if (found)
		snprintf(line, size, "%.*s", (int)strcspn(text + length, "\n"), text + length);
	free(text);
	fclose(file);
	if (!found)
		errno = ENODATA;

	return found;
}

/* Reads the first line of a file.  Returns as file_find(). */
bool file_line(const char *path, char *line, size_t size)
{
	return file_find(path, "", line, size);
}

/**
 * boot_option - find an option on the kernel command line
 * @name: name of the option, with '_' for '-'
 * @value: gets its value; empty without one
 * @size: size of @value in bytes
 *
 * Return: true if the command line has the option.  The last one counts.
 */
bool boot_option(const char *name, char *value, size_t size)
{
	char line[8192], *word, *rest, *end, *at;
	bool found = false;

	*value = '\0';
	file_line(file_path("/proc/cmdline"), line, sizeof(line));
	for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		end = strchrnul(word, '=');
		for (at = word; at < end; at++)
			*at = *at == '-' ? '_' : *at;
		if (end - word != strlen(name) || strncmp(word, name, end - word))
			continue;
		snprintf(value, size, "%s", *end ? end + 1 : "");
		found = true;
	}

	return found;
}
