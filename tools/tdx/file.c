// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read files of /proc and /sys.  If the environment sets TDXCTL_ROOT, the paths are
 * relative to that directory, for example a copy from another machine.
 */
#include <stdarg.h>

#include "tdxctl.h"

#define MAX_PATH	4096

/**
 * file_path - prefix a path with TDXCTL_ROOT
 * @format: absolute path
 *
 * Return: the path in a static buffer, which the next call overwrites.
 */
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
 * file_line - read the first line of a file
 * @path: from file_path()
 * @line: gets the line without its newline
 * @size: size of @line in bytes
 *
 * Return: true; false, with errno and an empty @line, if the file cannot be opened.
 */
bool file_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "r");

	*line = '\0';
	if (!file)
		return false;
	if (fgets(line, size, file))
		line[strcspn(line, "\n")] = '\0';
	fclose(file);

	return true;
}
