// SPDX-License-Identifier: GPL-2.0-only
/* What /sys/kernel/tdx says at one moment. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/array_size.h>

#include "alloc.h"
#include "commands.h"
#include "state.h"
#include "sysfile.h"

static const char * const words[] = {
	[STATE_UNKNOWN]		= "unknown",
	[STATE_INITIALIZING]	= "initializing",
	[STATE_INITIALIZED]	= "initialized",
	[STATE_ERROR]		= "error",
};

const char *state_word(enum state_status status)
{
	return words[status];
}

static char *line_of(const char *path)
{
	char *line = sysfile_line(path);

	if (line)
		line[strcspn(line, "\n")] = '\0';
	return line;
}

static int read_status(struct state *s)
{
	char *line;
	size_t i;

	errno = 0;
	line = line_of(TDX_DIR "/status");
	if (!line)
		return errno ? -errno : -ENODATA;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcmp(line, words[i]))
			break;
	}
	free(line);
	if (i == ARRAY_SIZE(words))
		return -EPROTO;

	s->status = i;
	return 0;
}

static bool read_pair(const char *path, u64 *first, u64 *second)
{
	unsigned long long a, b;
	char *line = line_of(path);
	bool good = line && sscanf(line, "%llu %llu", &a, &b) == 2;

	if (good) {
		*first = a;
		*second = b;
	}
	free(line);

	return good;
}

static bool read_node(struct state_part *part, unsigned int id)
{
	u64 unfinished = 0, lanes = 0;
	char *progress, *counts;
	bool good;

	*part = (struct state_part) { .node = id };
	if (asprintf(&progress, TDX_DIR "/node%u/progress", id) < 0 ||
	    asprintf(&counts, TDX_DIR "/node%u/lanes", id) < 0)
		out_of_memory();

	good = read_pair(progress, &part->done, &part->total) &&
	       read_pair(counts, &unfinished, &lanes);
	part->unfinished = unfinished;
	part->lanes = lanes;
	free(progress);
	free(counts);

	return good;
}

/* A node without a TDMR has nothing to tell. */
static int read_nodes(struct state *s)
{
	unsigned int *ids;
	size_t i, nr, room = 0;
	bool good = true;

	sysfile_list(TDX_DIR, "node", &ids, &nr);
	for (i = 0; i < nr && good; i++) {
		struct state_part part;

		good = read_node(&part, ids[i]);
		if (!good || !part.lanes)
			continue;
		s->nodes = grow(s->nodes, s->nr_nodes, &room, sizeof(part));
		s->nodes[s->nr_nodes++] = part;
		s->all.lanes += part.lanes;
		s->all.unfinished += part.unfinished;
	}
	free(ids);

	return good ? 0 : -EPROTO;
}

/* "WORDS (-ERRNO)", or nothing. */
static int read_error(struct state *s)
{
	char *tail;

	errno = 0;
	s->error = line_of(TDX_DIR "/error");
	s->error_hidden = errno == EACCES;
	if (!s->error)
		return 0;
	if (!*s->error) {
		free(s->error);
		s->error = NULL;
		return 0;
	}

	tail = strrchr(s->error, '(');
	if (!tail || sscanf(tail, "(-%d)", &s->err) != 1)
		return -EPROTO;
	while (tail > s->error && tail[-1] == ' ')
		tail--;
	*tail = '\0';

	return 0;
}

/**
 * state_read - look how far TDX is
 * @s: out, to be given to state_free() in any case
 *
 * Return: 0; -EPROTO if a file says what is not understood; else the errno of
 * the file that could not be read.
 */
int state_read(struct state *s)
{
	int ret;

	*s = (struct state) {};
	ret = read_status(s);
	if (ret)
		return ret;
	if (!read_pair(TDX_DIR "/progress", &s->all.done, &s->all.total))
		return -EPROTO;
	ret = read_nodes(s);

	return ret ? ret : read_error(s);
}

void state_free(struct state *s)
{
	free(s->nodes);
	free(s->error);
	*s = (struct state) {};
}

/* Has the last attempt failed?  Others than root know only if for good. */
bool state_failed(const struct state *s)
{
	return s->status == STATE_ERROR ||
	       (s->status == STATE_UNKNOWN && s->error);
}

/* The status of the program that says how the host is. */
int state_exit(const struct state *s)
{
	if (state_failed(s))
		return s->err == ENODEV ? STATUS_NO_TDX : STATUS_FAILED;

	switch (s->status) {
	case STATE_INITIALIZED:
		return STATUS_OK;
	case STATE_INITIALIZING:
		return STATUS_BUSY;
	default:
		return STATUS_NOT_UP;
	}
}

/* Say what is in the way of knowing; the status of the program. */
int state_complain(int error)
{
	if (error == -ENOENT) {
		fputs("tdxctl: no TDX here: there is no " TDX_DIR "\n"
		      "It is not enabled in the BIOS, or the kernel has it not, or not on demand\n"
		      "(CONFIG_TDX_BRINGUP); 'dmesg | grep virt/tdx' may tell.\n", stderr);
		return STATUS_NO_TDX;
	}

	fprintf(stderr, "tdxctl: " TDX_DIR ": %s\n", error == -EPROTO ?
		"a file says what this tdxctl does not understand" :
		strerror(-error));
	return STATUS_FAILED;
}
