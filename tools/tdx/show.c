// SPDX-License-Identifier: GPL-2.0-only
/* How far TDX is, in lines: for a log, a program, or once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sizes.h>

#include "hint.h"
#include "json.h"
#include "show.h"

/* Rounded down to a tenth: what is done never looks like all of it. */
double show_gib(u64 bytes)
{
	u64 tenths = bytes / (SZ_1G / 16) * 10 / 16;

	return tenths / 10.0;
}

/* Rounded down: 100 is the end. */
unsigned int show_percent(const struct state_part *part)
{
	return part->total ? part->done * 100 / part->total : 0;
}

static void print_part(const struct state_part *part)
{
	printf("%u%%, %.1f of %.1f GiB, %u of %u lanes running\n",
	       show_percent(part), show_gib(part->done), show_gib(part->total),
	       part->unfinished, part->lanes);
}

static void print_up(const struct state *s)
{
	printf("TDX is up: %.1f GiB", show_gib(s->all.total));
	if (s->all.lanes)
		printf(", %u TDMRs on %zu node%s", s->all.lanes, s->nr_nodes,
		       s->nr_nodes == 1 ? "" : "s");
	putchar('\n');
}

static void print_busy(const struct state *s)
{
	if (!s->all.total) {
		puts("TDX is being initialised: memory is prepared");
		return;
	}

	fputs("TDX is being initialised: ", stdout);
	print_part(&s->all);
}

static void print_nodes(const struct state *s)
{
	size_t i;

	for (i = 0; s->nr_nodes > 1 && i < s->nr_nodes; i++) {
		printf("  node %u: ", s->nodes[i].node);
		print_part(&s->nodes[i]);
	}
}

/**
 * show_status - say how far TDX is, on standard output
 * @s: the state
 */
void show_status(const struct state *s)
{
	if (state_failed(s)) {
		puts("TDX is not up: the initialisation failed");
		return;
	}

	switch (s->status) {
	case STATE_INITIALIZED:
		print_up(s);
		break;
	case STATE_INITIALIZING:
		print_busy(s);
		print_nodes(s);
		break;
	default:
		printf("TDX is not up: nobody has asked for it%s\n",
		       s->error_hidden ? ", or it failed, which only root is told" : "");
		break;
	}
}

/**
 * show_error - say why TDX is not there, and what to do, on standard error
 * @s: a state of failure
 */
void show_error(const struct state *s)
{
	const char *hint = hint_for(s);

	if (s->error)
		fprintf(stderr, "tdxctl: %s (%s)\n", s->error, hint_errno(s->err));
	else
		fprintf(stderr, "tdxctl: TDX did not come up%s\n",
			s->error_hidden ? "; only root may know why" : "");
	if (hint)
		fprintf(stderr, "%s\n", hint);
}

/* For a log: what a reader wants to know who comes later. */

static void line_progress(const struct state *now, const struct eta *eta)
{
	static unsigned int next;
	static bool said;

	/* A line for each tenth, and one before the first. */
	if (said && (!now->all.total || show_percent(&now->all) < next))
		return;

	if (now->all.total)
		next = show_percent(&now->all) / 10 * 10 + 10;
	said = true;
	print_busy(now);
	fflush(stdout);
}

static void line_end(const struct state *last, const struct eta *eta)
{
	show_status(last);
}

const struct show show_lines = {
	.timeout = -1,
	.progress = line_progress,
	.end = line_end,
};

/* For programs: an object in each line. */

static void json_part(const struct state_part *part)
{
	printf("\"done_bytes\": %llu, \"total_bytes\": %llu, ", part->done,
	       part->total);
	printf("\"lanes\": %u, \"lanes_unfinished\": %u", part->lanes,
	       part->unfinished);
}

static void json_error(const struct state *s)
{
	if (!state_failed(s) || !s->error) {
		fputs("\"error\": null, \"errno\": null, ", stdout);
		return;
	}

	fputs("\"error\": ", stdout);
	json_string(s->error);
	printf(", \"errno\": %d, ", s->err);
}

/**
 * show_status_json - the same for programs
 * @s: the state
 * @eta: what is known of the time that is left, or NULL
 */
void show_status_json(const struct state *s, const struct eta *eta)
{
	size_t i;

	printf("{\"status\": \"%s\", ", state_word(s->status));
	json_error(s);
	json_part(&s->all);
	if (eta && eta->left >= 0)
		printf(", \"eta_ms\": %.0f", eta->left * 1000);
	else
		fputs(", \"eta_ms\": null", stdout);

	fputs(", \"nodes\": [", stdout);
	for (i = 0; i < s->nr_nodes; i++) {
		printf("%s{\"node\": %u, ", i ? ", " : "", s->nodes[i].node);
		json_part(&s->nodes[i]);
		putchar('}');
	}
	puts("]}");
	fflush(stdout);
}

static void json_progress(const struct state *now, const struct eta *eta)
{
	show_status_json(now, eta);
}

const struct show show_json = {
	.timeout = -1,
	.progress = json_progress,
	.end = json_progress,
};

static bool can_move_cursor(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") && bar_fits();
}

/* The way that suits who reads. */
const struct show *show_choose(bool json)
{
	if (json)
		return &show_json;

	return can_move_cursor() ? &show_bar : &show_lines;
}
