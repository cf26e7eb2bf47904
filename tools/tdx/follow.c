// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting until an initialisation is over: poll(2) returns when the kernel says
 * that status or progress are others than were read last.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "follow.h"
#include "sysfile.h"

enum { STATUS_FILE, PROGRESS_FILE, NR_FILES };

static int open_files(struct pollfd *files)
{
	static const char * const paths[NR_FILES] = {
		[STATUS_FILE]	= TDX_DIR "/status",
		[PROGRESS_FILE]	= TDX_DIR "/progress",
	};
	int i, ret;

	for (i = 0; i < NR_FILES; i++) {
		files[i].fd = sysfile_fd(paths[i], O_RDONLY);
		files[i].events = POLLPRI;
		if (files[i].fd >= 0)
			continue;

		ret = -errno;
		while (i--)
			close(files[i].fd);
		return ret;
	}

	return 0;
}

static void close_files(struct pollfd *files)
{
	int i;

	for (i = 0; i < NR_FILES; i++)
		close(files[i].fd);
}

/* What has been read is what a change is a change of. */
static int note_changes(const struct pollfd *files)
{
	char text[64];
	int i;

	for (i = 0; i < NR_FILES; i++) {
		if (pread(files[i].fd, text, sizeof(text), 0) < 0)
			return -errno;
	}

	return 0;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Read after the files were: whatever changes from then on ends the wait. */
static int look(const struct pollfd *files, struct state *now)
{
	int ret = note_changes(files);

	state_free(now);

	return ret ? ret : state_read(now);
}

static int wait_for_change(struct pollfd *files, int timeout)
{
	if (poll(files, NR_FILES, timeout) < 0 && errno != EINTR)
		return -errno;

	return 0;
}

/**
 * follow - show how far an initialisation is until none runs
 * @show: how
 * @last: out, how it ended, to be given to state_free() in any case
 *
 * Return: 0, or the negative errno of what could not be read.
 */
int follow(const struct show *show, struct state *last)
{
	struct pollfd files[NR_FILES] = {};
	double start = seconds();
	struct eta eta = {};
	int ret;

	*last = (struct state) {};
	ret = open_files(files);
	if (ret)
		return ret;

	for (;;) {
		ret = look(files, last);
		if (ret || last->status != STATE_INITIALIZING)
			break;

		eta_update(&eta, last, seconds() - start);
		show->progress(last, &eta);
		ret = wait_for_change(files, show->timeout);
		if (ret)
			break;
	}
	eta_update(&eta, last, seconds() - start);
	if (!ret)
		show->end(last, &eta);
	eta_free(&eta);
	close_files(files);

	return ret;
}
