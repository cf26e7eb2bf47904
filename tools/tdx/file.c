// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read files of /proc and /sys.  If the environment sets TDXCTL_ROOT, the paths are
 * relative to that directory, for example a copy from another machine.
 */
#include <glob.h>
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

static int file_compare(const void *a, const void *b)
{
	/* file_numbers() takes up to nine digits. */
	return *(const int *)a - *(const int *)b;
}

/**
 * file_numbers - list the files whose names end in a number
 * @prefix: the path up to the number, from file_path()
 * @numbers: gets the numbers in ascending order; the caller frees the array
 *
 * Return: the number of files.
 */
size_t file_numbers(const char *prefix, unsigned int **numbers)
{
	char pattern[MAX_PATH + 8];
	glob_t found = {};
	size_t i, nr = 0;
	int end;

	snprintf(pattern, sizeof(pattern), "%s[0-9]*", prefix);
	glob(pattern, GLOB_NOSORT, NULL, &found);
	*numbers = calloc(found.gl_pathc + 1, sizeof(**numbers));
	if (!*numbers)
		errx(STATUS_FAILED, "out of memory");

	for (i = 0; i < found.gl_pathc; i++) {
		const char *digits = found.gl_pathv[i] + strlen(prefix);

		if (sscanf(digits, "%9u%n", *numbers + nr, &end) == 1 && !digits[end])
			nr++;
	}
	globfree(&found);
	qsort(*numbers, nr, sizeof(**numbers), file_compare);

	return nr;
}
