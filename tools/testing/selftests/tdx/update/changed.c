// SPDX-License-Identifier: GPL-2.0-only
/*
 * changed FILE MS: print the word in a file in sysfs, wait for a change with poll(2), and
 * print the new word.  The exit status is 1 if there is no change within MS.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int print_word(int fd)
{
	char text[64];
	ssize_t n;

	n = pread(fd, text, sizeof(text), 0);
	if (n <= 0)
		return -1;

	return write(STDOUT_FILENO, text, n) == n ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct pollfd file = { .events = POLLPRI };

	if (argc != 3)
		return EXIT_FAILURE;

	file.fd = open(argv[1], O_RDONLY);
	if (file.fd < 0 || print_word(file.fd))
		return EXIT_FAILURE;
	if (poll(&file, 1, atoi(argv[2])) != 1 || print_word(file.fd))
		return EXIT_FAILURE;

	return EXIT_SUCCESS;
}
