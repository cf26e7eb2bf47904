// SPDX-License-Identifier: GPL-2.0-only
/* A timeline as a picture: CPUs by node from top to bottom, time to the right. */
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <linux/compiler.h>

#include "alloc.h"
#include "timeline.h"

#define WIDTH		1100
#define LEFT		90
#define RIGHT		150
#define TOP		64
#define LEVEL_HEIGHT	15
#define ROW_GAP		3
#define NODE_HEIGHT	22
#define AXIS_HEIGHT	44
#define NOTE_HEIGHT	15

#define MIDDLE		"text-anchor=\"middle\""
#define SMALL_PRINT	"fill=\"#444\""

/* Nodes next to each other are told apart; beyond eight, colours come again. */
static const char *const colors[] = {
	"#4477aa", "#cc7733", "#228855", "#aa5599",
	"#997722", "#3399bb", "#bb5566", "#667788",
};

struct picture {
	const struct timeline *t;
	FILE *out;
	double *y;		/* of each row */
	double bottom;		/* of the last row */
	double per_second;
};

static const char *color_of(int node)
{
	size_t nr = sizeof(colors) / sizeof(*colors);

	return node < 0 ? "#999999" : colors[node % nr];
}

static double x_of(const struct picture *p, double time)
{
	return LEFT + (time - p->t->start) * p->per_second;
}

/* Left open: there may be a tooltip in it. */
static void box(const struct picture *p, double x, double y, double width,
		double height, const char *attributes)
{
	fprintf(p->out, "<rect x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" height=\"%.1f\" %s>",
		x, y, width, height, attributes);
}

static void rule(const struct picture *p, double x, const char *attributes)
{
	fprintf(p->out, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n",
		x, TOP + 4, x, p->bottom + 4, attributes);
}

static void __printf(5, 6) text(const struct picture *p, double x, double y,
				const char *attributes, const char *format, ...)
{
	va_list args;

	fprintf(p->out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, attributes);
	va_start(args, format);
	vfprintf(p->out, format, args);
	va_end(args);
	fputs("</text>\n", p->out);
}

static double ms(const struct timeline *t, double time)
{
	return (time - t->start) * 1e3;
}

static bool begins_node(const struct timeline *t, size_t row)
{
	return !row || t->rows[row].node != t->rows[row - 1].node;
}

static void lay_out(struct picture *p)
{
	const struct timeline *t = p->t;
	double seconds = t->end - t->start, y = TOP;
	size_t i;

	p->y = calloc(t->nr_rows, sizeof(*p->y));
	if (!p->y)
		out_of_memory();

	for (i = 0; i < t->nr_rows; i++) {
		if (begins_node(t, i))
			y += NODE_HEIGHT;
		p->y[i] = y;
		y += t->rows[i].levels * LEVEL_HEIGHT + ROW_GAP;
	}
	p->bottom = y;
	p->per_second = (WIDTH - LEFT - RIGHT) / (seconds > 0 ? seconds : 1);
}

/* Names of jobs are the kernel's, but the trace may be anybody's. */
static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else
			fputc(*text, out);
	}
}

/* Of all CPUs of a node that ran lanes, from the job's start to its end. */
static double busy_percent(const struct timeline *t, size_t first)
{
	double busy = 0, all = 0;
	size_t i;

	for (i = first; i < t->nr_rows && t->rows[i].node == t->rows[first].node; i++) {
		busy += t->rows[i].busy;
		all += t->end - t->start;
	}

	return all > 0 ? 100 * busy / all : 100;
}

static void name_node(const struct picture *p, size_t first)
{
	const struct row *row = &p->t->rows[first];
	double y = p->y[first] - 6;
	char bold[64];

	snprintf(bold, sizeof(bold), "font-weight=\"bold\" fill=\"%s\"",
		 color_of(row->node));
	text(p, 8, y, bold, "node %d", row->node);
	text(p, WIDTH - RIGHT + 8, y, "", "%.0f %% of these CPUs' time",
	     busy_percent(p->t, first));
}

static void draw_row(const struct picture *p, size_t i)
{
	const struct row *row = &p->t->rows[i];
	double height = row->levels * LEVEL_HEIGHT, y = p->y[i];
	double idle = p->t->end - p->t->start - row->busy;

	if (begins_node(p->t, i))
		name_node(p, i);
	box(p, LEFT, y, WIDTH - LEFT - RIGHT, height, "fill=\"#ececec\"");
	fputs("</rect>\n", p->out);
	text(p, LEFT - 8, y + 11.5, "text-anchor=\"end\"", "CPU %u", row->cpu);
	text(p, WIDTH - RIGHT + 8, y + 11.5, "fill=\"#666\"", "idle %.1f ms",
	     idle * 1e3);
}

static void put_tooltip(const struct picture *p, const struct bar *bar)
{
	const struct timeline *t = p->t;

	fprintf(p->out, "<title>lane %u, at home on node %d, CPU %u of node %d",
		bar->lane, bar->home, bar->cpu, bar->node);
	if (bar->last_cpu != bar->cpu)
		fprintf(p->out, ", at last CPU %u", bar->last_cpu);
	fprintf(p->out, ": %.3f to %.3f ms, ", ms(t, bar->start), ms(t, bar->end));
	if (bar->open)
		fputs("goes on when the trace ends", p->out);
	else
		fprintf(p->out, "%lu steps, %s", bar->steps, bar->why);
	fputs("</title>", p->out);
}

static const char *frame_of(const struct bar *bar)
{
	if (bar->node != bar->home)
		return "stroke=\"#dd0000\" stroke-width=\"2\"";
	if (bar->open || strcmp(bar->why, "done"))
		return "stroke=\"#000\" stroke-width=\"1.2\" stroke-dasharray=\"3 2\"";
	return "stroke=\"#fff\" stroke-width=\"0.8\"";
}

/* As much as there is room for. */
static void put_label(const struct picture *p, const struct bar *bar, double x,
		      double y, double width)
{
	char label[64];
	int n;

	n = snprintf(label, sizeof(label), "%s%u", width > 60 ? "lane " : "", bar->lane);
	if (bar->last_cpu != bar->cpu && width > 120)
		n += snprintf(label + n, sizeof(label) - n, ", then CPU %u", bar->last_cpu);
	if (width > 110 && !bar->open && strcmp(bar->why, "done"))
		n += snprintf(label + n, sizeof(label) - n, ", %.15s", bar->why);
	if (n * 6.2 + 6 < width)
		text(p, x + 4, y + 11.5, "fill=\"#fff\"", "%s", label);
}

static void draw_bar(const struct picture *p, const struct bar *bar)
{
	double x = x_of(p, bar->start), width = x_of(p, bar->end) - x;
	double y = p->y[bar->row] + bar->level * LEVEL_HEIGHT;
	char attributes[128];

	if (width < 0.5)
		width = 0.5;
	snprintf(attributes, sizeof(attributes), "fill=\"%s\" %s",
		 color_of(bar->home), frame_of(bar));
	box(p, x, y, width, LEVEL_HEIGHT, attributes);
	put_tooltip(p, bar);
	fputs("</rect>\n", p->out);
	put_label(p, bar, x, y, width);
}

/* 1, 2 or 5 times a power of ten: about ten of them in the picture. */
static double tick_of(double seconds)
{
	double rough = seconds / 8, power = pow(10, floor(log10(rough)));

	if (rough <= power)
		return power;
	if (rough <= 2 * power)
		return 2 * power;
	return rough <= 5 * power ? 5 * power : 10 * power;
}

static void draw_axis(const struct picture *p)
{
	double seconds = p->t->end - p->t->start;
	double tick = tick_of(seconds > 0 ? seconds : 1), at;
	double x;
	int i;

	for (i = 0; (at = i * tick) <= seconds; i++) {
		x = x_of(p, p->t->start + at);
		rule(p, x, "stroke=\"#000\" stroke-opacity=\"0.18\"");
		text(p, x, p->bottom + 18, MIDDLE, "%g", at * 1e3);
	}
	text(p, (LEFT + WIDTH - RIGHT) / 2.0, p->bottom + 36, MIDDLE,
	     "ms since the job started");
}

/* From when the first CPU has nothing more to do. */
static void draw_tail(const struct picture *p)
{
	double tail = p->t->end, seconds = p->t->end - p->t->start;
	const char *words = "text-anchor=\"start\" fill=\"#dd0000\"";
	double x;
	size_t i;

	for (i = 0; i < p->t->nr_rows; i++) {
		if (p->t->rows[i].end < tail)
			tail = p->t->rows[i].end;
	}

	x = x_of(p, tail);
	if (x > WIDTH / 2.0)
		words = "text-anchor=\"end\" fill=\"#dd0000\"";
	rule(p, x, "stroke=\"#dd0000\" stroke-dasharray=\"5 3\"");
	text(p, x, TOP, words, "tail: %.1f ms, %.0f %%", (p->t->end - tail) * 1e3,
	     seconds > 0 ? 100 * (p->t->end - tail) / seconds : 0);
}

static void draw_heading(const struct picture *p)
{
	const struct timeline *t = p->t;

	fputs("<text x=\"8\" y=\"22\" font-size=\"16\" font-weight=\"bold\">", p->out);
	put_text(p->out, t->job);
	fprintf(p->out, ": %u lanes on %zu CPUs, %.1f ms", t->lanes, t->nr_rows,
		(t->end - t->start) * 1e3);
	if (!t->ended)
		fputs(", not at its end", p->out);
	if (t->error)
		fprintf(p->out, ", error %d", t->error);
	fputs("</text>\n", p->out);
	text(p, 8, 40, SMALL_PRINT,
	     "Bars are lanes: colour of the home node, row of the CPU where each started.");
}

#define MAX_NOTES	5

/* What has to be said below the picture.  Returns how many sentences. */
static unsigned int collect_notes(const struct timeline *t, const char *notes[MAX_NOTES])
{
	bool away = false, cut = false;
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < t->nr_bars; i++) {
		away |= t->bars[i].node != t->bars[i].home;
		cut |= t->bars[i].open || strcmp(t->bars[i].why, "done");
	}

	notes[nr++] = "CPUs on which no lane started are not shown.";
	notes[nr++] = "Red, dashed: from here on at least one CPU that had worked is idle.";
	if (away)
		notes[nr++] = "Red frames: lanes on CPUs of another node.";
	if (cut)
		notes[nr++] = "Dashed frames: stopped, failed, frozen, or still running.";
	if (t->lost || t->orphans)
		notes[nr++] = "The trace is not complete: lanes may have run where none is shown.";

	return nr;
}

/**
 * timeline_svg - draw it
 * @t: has been read and arranged
 * @out: where to
 */
void timeline_svg(const struct timeline *t, FILE *out)
{
	struct picture p = { .t = t, .out = out };
	const char *notes[MAX_NOTES];
	unsigned int nr_notes = collect_notes(t, notes);
	double height;
	size_t i;

	lay_out(&p);
	height = p.bottom + AXIS_HEIGHT + nr_notes * NOTE_HEIGHT + 6;
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%.0f\"\n",
		WIDTH, height);
	fprintf(out, "viewBox=\"0 0 %d %.0f\" font-family=\"sans-serif\" font-size=\"11\">\n",
		WIDTH, height);
	box(&p, 0, 0, WIDTH, height, "fill=\"#fff\"");
	fputs("</rect>\n", out);

	draw_heading(&p);
	for (i = 0; i < t->nr_rows; i++)
		draw_row(&p, i);
	for (i = 0; i < t->nr_bars; i++)
		draw_bar(&p, &t->bars[i]);
	draw_axis(&p);
	draw_tail(&p);
	for (i = 0; i < nr_notes; i++)
		text(&p, 8, p.bottom + AXIS_HEIGHT + (i + 1) * NOTE_HEIGHT - 2,
		     SMALL_PRINT, "%s", notes[i]);
	fputs("</svg>\n", out);

	free(p.y);
}
