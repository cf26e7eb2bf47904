// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel for tdxctl, preloaded: poll(2) on files of a copy of sysfs returns
 * when the next change has been made, as FAKE_KERNEL, a file, says:
 *
 *	PATH TEXT	a file below TDXCTL_ROOT gets this text
 *	wake		poll(2) returns: something has changed
 *	clock		poll(2) returns: its time is over
 *
 * Who polls when no change is left would wait for ever, who has not read all
 * files since the last one would miss the next: the program ends with 99, 98.
 * With FAKE_ENABLE, an errno, a write to /sys/kernel/tdx/enable fails so; with
 * FAKE_USER nobody may read /sys/kernel/tdx/error.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FDS	64

static bool was_read[MAX_FDS];

ssize_t pread(int fd, void *buf, size_t count, off_t offset)
{
	typeof(pread) *next = dlsym(RTLD_NEXT, "pread");

	if (fd < MAX_FDS && !offset)
		was_read[fd] = true;

	return next(fd, buf, count, offset);
}

static bool is_enable(int fd)
{
	char link[32], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';

	return strstr(path, "/sys/kernel/tdx/enable");
}

ssize_t write(int fd, const void *buf, size_t count)
{
	typeof(write) *next = dlsym(RTLD_NEXT, "write");
	const char *error = getenv("FAKE_ENABLE");

	if (error && is_enable(fd)) {
		errno = atoi(error);
		return -1;
	}

	return next(fd, buf, count);
}

FILE *fopen(const char *path, const char *mode)
{
	typeof(fopen) *next = dlsym(RTLD_NEXT, "fopen");

	if (getenv("FAKE_USER") && strstr(path, "/sys/kernel/tdx/error")) {
		errno = EACCES;
		return NULL;
	}

	return next(path, mode);
}

static void end(int status, const char *why)
{
	fprintf(stderr, "fake_kernel: %s\n", why);
	_exit(status);
}

static void put(const char *path, const char *text)
{
	char full[PATH_MAX];
	FILE *file;

	snprintf(full, sizeof(full), "%s/%s", getenv("TDXCTL_ROOT"), path);
	file = fopen(full, "w");
	if (!file)
		end(97, full);
	fputs(text, file);
	fclose(file);
}

/* Until the next wake or clock; does anything change? */
static bool make_changes(void)
{
	static FILE *script;
	char line[512], *text;

	if (!script)
		script = fopen(getenv("FAKE_KERNEL"), "r");
	while (script && fgets(line, sizeof(line), script)) {
		if (!strcmp(line, "wake\n"))
			return true;
		if (!strcmp(line, "clock\n"))
			return false;
		text = strchr(line, ' ');
		if (!text)
			end(97, line);
		*text = '\0';
		put(line, text + 1);
	}

	end(99, "waits for ever");
	return false;
}

int poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	bool changed;
	nfds_t i;

	for (i = 0; i < nr; i++) {
		if (fds[i].events != POLLPRI)
			end(98, "does not wait for a change");
		if (!was_read[fds[i].fd])
			end(98, "waits for a change since it does not know when");
		was_read[fds[i].fd] = false;
	}

	changed = make_changes();
	if (!changed && timeout < 0)
		end(98, "has no clock");
	for (i = 0; i < nr; i++)
		fds[i].revents = changed ? POLLPRI | POLLERR : 0;

	return changed ? nr : 0;
}
