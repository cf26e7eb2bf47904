// SPDX-License-Identifier: GPL-2.0-only
/*
 * The events of lanework in the text of a trace, that of tracefs or of
 * "trace-cmd report":
 *
 *	kworker/u64:3-61  [004] .....  13.024560: lanework_lane_start: job=...
 *
 * The time is the last word before the event; all else stands behind it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "timeline.h"

#define EVENT	": lanework_"

/* A line with an event of lanework. */
struct event {
	const char *name;
	const char *fields;
	double time;
};

/* Where the value of @key is in @fields; NULL if it is not there. */
static const char *value_of(const char *fields, const char *key)
{
	size_t length = strlen(key);
	const char *at = fields;

	while ((at = strstr(at, key))) {
		if ((at == fields || at[-1] == ' ') && at[length] == '=')
			return at + length + 1;
		at += length;
	}

	return NULL;
}

static bool get_number(const char *fields, const char *key, long *number)
{
	const char *value = value_of(fields, key);
	char *end;

	if (!value)
		return false;
	*number = strtol(value, &end, 10);

	return end != value && (*end == ' ' || !*end);
}

/* At most @size bytes of a word. */
static bool get_word(const char *fields, const char *key, char *word, size_t size)
{
	const char *value = value_of(fields, key);
	size_t length = value ? strcspn(value, " ") : 0;

	if (!length || length >= size)
		return false;
	memcpy(word, value, length);
	word[length] = '\0';

	return true;
}

static bool get_time(const char *line, const char *colon, double *time)
{
	const char *word = colon;
	char *end;

	while (word > line && word[-1] != ' ' && word[-1] != '\t')
		word--;
	*time = strtod(word, &end);

	return end == colon && end != word && *time >= 0;
}

/* 1: it has an event; 0: it has none; -1: one that is not understood. */
static int parse(char *line, struct event *event)
{
	char *at = strstr(line, EVENT);
	char *colon;

	if (!at)
		return 0;

	line[strcspn(line, "\r\n")] = '\0';
	event->name = at + strlen(EVENT);
	colon = strchr(event->name, ':');
	if (!colon || !get_time(line, at, &event->time))
		return -1;

	*colon = '\0';
	event->fields = colon + 1 + strspn(colon + 1, " ");
	return 1;
}

/* The first job there is, unless one was asked for. */
static bool is_ours(struct timeline *t, const char *name)
{
	if (!t->job) {
		t->job = strdup(name);
		if (!t->job)
			out_of_memory();
	}
	if (!strcmp(t->job, name))
		return true;

	t->others++;
	return false;
}

static bool job_start(struct timeline *t, const struct event *event)
{
	long lanes;

	if (!get_number(event->fields, "lanes", &lanes) || lanes < 0)
		return false;

	/* One that was stopped goes on. */
	if (!t->lanes)
		t->start = event->time;
	t->lanes = lanes;
	t->ended = false;
	return true;
}

static bool job_end(struct timeline *t, const struct event *event)
{
	long error;

	if (!get_number(event->fields, "error", &error))
		return false;

	t->error = error;
	t->ended = true;
	return true;
}

static bool lane_start(struct timeline *t, const struct event *event)
{
	long lane, home, cpu, node;
	const char *fields = event->fields;

	if (!get_number(fields, "lane", &lane) || lane < 0 ||
	    !get_number(fields, "node", &home) ||
	    !get_number(fields, "cpu", &cpu) || cpu < 0 ||
	    !get_number(fields, "cpu_node", &node))
		return false;

	t->bars = grow(t->bars, t->nr_bars, &t->room, sizeof(*t->bars));
	t->bars[t->nr_bars++] = (struct bar) {
		.lane = lane, .home = home, .cpu = cpu, .node = node,
		.last_cpu = cpu, .start = event->time, .end = event->time,
		.open = true,
	};
	return true;
}

static struct bar *open_bar(struct timeline *t, unsigned int lane)
{
	size_t i = t->nr_bars;

	while (i--) {
		if (t->bars[i].lane == lane && t->bars[i].open)
			return &t->bars[i];
	}

	return NULL;
}

static bool lane_stop(struct timeline *t, const struct event *event)
{
	const char *fields = event->fields;
	long lane, cpu, steps;
	struct bar *bar;
	char why[16];

	if (!get_number(fields, "lane", &lane) || lane < 0 ||
	    !get_number(fields, "cpu", &cpu) || cpu < 0 ||
	    !get_number(fields, "steps", &steps) ||
	    !get_word(fields, "why", why, sizeof(why)))
		return false;

	bar = open_bar(t, lane);
	if (!bar) {
		t->orphans++;
		return true;
	}

	bar->open = false;
	bar->end = event->time;
	bar->last_cpu = cpu;
	bar->steps = steps;
	strcpy(bar->why, why);
	return true;
}

static bool take(struct timeline *t, const struct event *event)
{
	static const struct {
		const char *name;
		bool (*take)(struct timeline *t, const struct event *event);
	} kinds[] = {
		{ "job_start", job_start },
		{ "job_end", job_end },
		{ "lane_start", lane_start },
		{ "lane_stop", lane_stop },
	};
	char job[64];
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(event->name, kinds[i].name))
			continue;
		if (!get_word(event->fields, "job", job, sizeof(job)))
			return false;
		if (!is_ours(t, job))
			return true;
		if (!t->lanes && !t->nr_bars)
			t->start = event->time;
		t->end = event->time;
		return kinds[i].take(t, event);
	}

	/* Of a kernel to come. */
	return true;
}

/* What runs when the trace ends is drawn up to there. */
static void close_bars(struct timeline *t)
{
	size_t i;

	for (i = 0; i < t->nr_bars; i++) {
		if (t->bars[i].open)
			t->bars[i].end = t->end;
	}
}

/**
 * timeline_read - find a job's events in a trace
 * @t: zeroed, but for the job that is asked for, if any
 * @stream: the trace
 * @name: of the trace, in messages
 *
 * Return: 0, or a negative errno after saying why.
 */
int timeline_read(struct timeline *t, FILE *stream, const char *name)
{
	unsigned long number = 0;
	struct event event;
	char *line = NULL;
	size_t size = 0;
	int found = 0;

	while (found >= 0 && getline(&line, &size, stream) >= 0) {
		number++;
		t->lost |= strstr(line, "LOST ") && strstr(line, "EVENTS");
		found = parse(line, &event);
		if (found > 0 && !take(t, &event))
			found = -1;
	}
	free(line);

	if (found < 0) {
		fprintf(stderr, "tdxctl: %s:%lu: not an event of lanework as it should be\n",
			name, number);
		return -EINVAL;
	}
	if (ferror(stream)) {
		fprintf(stderr, "tdxctl: %s: cannot be read\n", name);
		return -EIO;
	}
	if (!t->nr_bars) {
		fprintf(stderr, "tdxctl: %s: no lane of %s started in this trace\n",
			name, t->job ? t->job : "any job");
		return -ENODATA;
	}

	close_bars(t);
	return 0;
}

void timeline_free(struct timeline *t)
{
	free(t->job);
	free(t->bars);
	free(t->rows);
}
