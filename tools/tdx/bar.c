// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far TDX is, on a terminal: a bar for all, and one for each node if there
 * are several and they fit.  The cursor rests below, where the shell goes on if
 * somebody ends the program.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "show.h"

#define CURSOR_UP	"\033[%uA"
#define CLEAR_LINE	"\033[K"
#define CLEAR_BELOW	"\033[J"

/* What is beside a bar: name, percent, GiB, lanes, time. */
#define BESIDE		58
#define LEAST_BAR	10
#define MOST_BAR	60

/* Without bar and GiB it takes so much. */
#define LEAST_COLUMNS	40

/* Lines that the cursor is below of. */
static unsigned int drawn;

static struct winsize window(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col ||
	    !size.ws_row)
		size = (struct winsize) { .ws_col = 80, .ws_row = 24 };

	return size;
}

/* Is a line of this terminal long enough? */
bool bar_fits(void)
{
	return window().ws_col >= LEAST_COLUMNS;
}

static unsigned int bar_width(unsigned int columns)
{
	if (columns < BESIDE + LEAST_BAR)
		return 0;

	return columns - BESIDE > MOST_BAR ? MOST_BAR : columns - BESIDE;
}

static void print_bar(const struct state_part *part, unsigned int width)
{
	unsigned int i, full = part->total ? part->done * width / part->total : 0;

	putchar('[');
	for (i = 0; i < width; i++)
		putchar(i < full ? '#' : '.');
	fputs("] ", stdout);
}

static void print_time(unsigned long s)
{
	printf("%lu:%02lu", s / 60, s % 60);
}

static void print_part(const struct state_part *part, unsigned int width)
{
	if (width)
		print_bar(part, width);
	printf("%3u%%", show_percent(part));
	if (width)
		printf(" %7.1f/%.1f GiB", show_gib(part->done),
		       show_gib(part->total));
	printf("  %2u lane%s", part->unfinished,
	       part->unfinished == 1 ? " " : "s");
}

static void end_line(void)
{
	fputs(CLEAR_LINE "\n", stdout);
	drawn++;
}

static void draw_all(const struct state *now, const struct eta *eta,
		     unsigned int width)
{
	printf("%-9s", "TDX");
	if (now->all.total)
		print_part(&now->all, width);
	else
		fputs("preparing memory", stdout);
	if (eta->left >= 0) {
		fputs("  ETA ", stdout);
		/* Not 0:00 before it is over. */
		print_time(eta->left + 1);
	} else {
		fputs("  ", stdout);
		print_time(eta->elapsed);
	}
	end_line();
}

static void draw_node(const struct state_part *node, unsigned int width)
{
	char name[16];

	snprintf(name, sizeof(name), "node %u", node->node);
	printf("%-9s", name);
	print_part(node, width);
	end_line();
}

static void go_back(void)
{
	if (drawn)
		printf(CURSOR_UP, drawn);
	drawn = 0;
}

static void draw(const struct state *now, const struct eta *eta)
{
	struct winsize size = window();
	unsigned int width = bar_width(size.ws_col);
	size_t i;

	go_back();
	draw_all(now, eta, width);
	for (i = 0; now->nr_nodes > 1 && now->nr_nodes + 2 < size.ws_row &&
	     i < now->nr_nodes; i++)
		draw_node(&now->nodes[i], width);
	fputs(CLEAR_BELOW, stdout);
	fflush(stdout);
}

/* Full bars, where there were any, stay. */
static void end(const struct state *last, const struct eta *eta)
{
	if (last->status == STATE_INITIALIZED && drawn) {
		struct eta none = { .left = -1, .elapsed = eta->elapsed };

		draw(last, &none);
	}
	show_status(last);
}

const struct show show_bar = {
	.timeout = 1000,
	.progress = draw,
	.end = end,
};
