// SPDX-License-Identifier: GPL-2.0-only
/* Files of /proc and /sys, or of a copy of them. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "sysfile.h"

/* The directory with the copy of a machine's files; NULL for this machine. */
const char *sysfile_root(void)
{
	return getenv("TDXCTL_ROOT");
}

static char *below_root(const char *path)
{
	const char *root = sysfile_root();
	char *full;

	if (asprintf(&full, "%s%s", root ? root : "", path) < 0)
		out_of_memory();

	return full;
}

FILE *sysfile_open(const char *path)
{
	char *full = below_root(path);
	FILE *stream = fopen(full, "r");

	free(full);
	return stream;
}

/* For what a stream does not do; negative, and errno, if it cannot be had. */
int sysfile_fd(const char *path, int flags)
{
	char *full = below_root(path);
	int fd = open(full, flags | O_CLOEXEC);

	free(full);
	return fd;
}

/* The first line, however long, to be freed; NULL if there is none. */
char *sysfile_line(const char *path)
{
	FILE *stream = sysfile_open(path);
	char *line = NULL;
	size_t size = 0;

	if (!stream)
		return NULL;
	if (getline(&line, &size, stream) < 0) {
		free(line);
		line = NULL;
	}
	fclose(stream);

	return line;
}

/* The number in @name behind @prefix; false if it is not of that form. */
static bool number_behind(const char *name, const char *prefix,
			  unsigned int *number)
{
	size_t length = strlen(prefix);
	unsigned long value;

	if (strncmp(name, prefix, length))
		return false;
	name += length;
	if (!*name || name[strspn(name, "0123456789")])
		return false;

	errno = 0;
	value = strtoul(name, NULL, 10);
	if (errno || value > UINT_MAX)
		return false;

	*number = value;
	return true;
}

static int compare(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

/**
 * sysfile_list - which node0, node1, ... are in a directory?
 * @path: the directory
 * @prefix: what they are called, without the number
 * @numbers: out, ascending, to be freed
 * @nr: out
 *
 * Return: false if there are none.
 */
bool sysfile_list(const char *path, const char *prefix, unsigned int **numbers,
		  size_t *nr)
{
	char *full = below_root(path);
	DIR *dir = opendir(full);
	struct dirent *entry;
	unsigned int number;
	size_t room = 0;

	free(full);
	*numbers = NULL;
	*nr = 0;
	if (!dir)
		return false;

	while ((entry = readdir(dir))) {
		if (!number_behind(entry->d_name, prefix, &number))
			continue;
		*numbers = grow(*numbers, *nr, &room, sizeof(**numbers));
		(*numbers)[(*nr)++] = number;
	}
	closedir(dir);

	if (*nr)
		qsort(*numbers, *nr, sizeof(**numbers), compare);
	return *nr;
}
