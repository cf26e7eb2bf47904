// SPDX-License-Identifier: GPL-2.0-only
/* A FILE of the command line, which may be '-' for standard input. */
#include <errno.h>
#include <string.h>

#include "input.h"

/**
 * input_open - open what the user named
 * @path: a file, or "-"
 * @source: out, what messages call it
 *
 * Return: the stream; NULL if there is none, which has been said, and errno
 * tells why.
 */
FILE *input_open(const char *path, const char **source)
{
	FILE *stream;
	int error;

	if (!strcmp(path, "-")) {
		*source = "standard input";
		return stdin;
	}

	*source = path;
	stream = fopen(path, "r");
	if (!stream) {
		error = errno;
		fprintf(stderr, "tdxctl: %s: %s\n", path, strerror(error));
		errno = error;
	}
	return stream;
}

/**
 * input_close - close it, unless it is standard input
 * @stream: of input_open()
 */
void input_close(FILE *stream)
{
	if (stream != stdin)
		fclose(stream);
}
