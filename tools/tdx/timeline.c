// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdxctl timeline: draw when and on which CPU each lane ran, as SVG, from the text of a
 * trace with events of lanework, and of phases if there are any:
 *
 *	kworker/u64:3-61  [004] .....  13.024560: lanework_lane_start: job=...
 *	kworker/u64:1-42  [000] .....  13.031482: tdx_phase_begin: phase=...
 */
#include <stdarg.h>

#include "tdxctl.h"

#define EVENT		": lanework_"
#define PHASE_EVENT	": tdx_phase_"

#define WIDTH		1100
#define LEFT		90
#define RIGHT		110
#define TOP		64
#define ROW_HEIGHT	15
#define ROW_GAP		3
#define NODE_HEIGHT	22
#define PHASES_Y	(TOP + 8)

/* These colors are legible on a white and on a black page: the picture has no ground. */
#define GRAY		"#768390"
#define RED		"#e5484d"

/* A run of a lane, from its start event to the next stop event. */
struct bar {
	char job[32];
	bool main;		/* of the job that the picture is about */
	unsigned int lane;
	int home;		/* node of the lane */
	unsigned int cpu;	/* CPU of the start event */
	int node;		/* of @cpu */
	unsigned int last_cpu;	/* CPU of the stop event */
	double start;		/* seconds */
	double end;
	unsigned long steps;
	char why[16];		/* reason of the stop; empty without a stop event */
};

/* A CPU on which lanes started.  Times are of the main job. */
struct row {
	unsigned int cpu;
	int node;
	double busy;		/* seconds in which at least one lane ran */
	double end;		/* time at which the last lane stopped */
	double y;
};

struct phase {
	char name[24];
	double start;
	double end;		/* negative without an end event */
};

struct timeline {
	const char *job;	/* the main job */
	unsigned int lanes;
	int error;
	bool ended;
	bool incomplete;
	double start;		/* time of the first event */
	double end;		/* time of the last one */
	double last;		/* time of the last event of the job */
	double run_start;	/* start of its last run */
	double ran;		/* seconds of all its runs */
	struct phase *phases;
	size_t nr_phases;
	struct bar *bars;
	size_t nr_bars;
	size_t nr_main;		/* those of the main job */
	struct row *rows;
	size_t nr_rows;
	double bottom;		/* y of the end of the last row */
};

static void see(struct timeline *t, double time)
{
	if (t->start < 0)
		t->start = time;
	t->end = max(t->end, time);
}

static void run_job(struct timeline *t, double time)
{
	if (t->ended)
		t->run_start = time;
	else
		t->ran += time - t->last;
	t->ended = false;
	t->last = time;
}

static void stop_lane(struct timeline *t, const struct bar *stop)
{
	struct bar *bar = t->bars + t->nr_bars;

	while (bar-- > t->bars) {
		if (bar->lane != stop->lane || *bar->why || strcmp(bar->job, stop->job))
			continue;
		bar->end = stop->end;
		bar->last_cpu = stop->cpu;
		bar->steps = stop->steps;
		memcpy(bar->why, stop->why, sizeof(bar->why));
		return;
	}
	/* The trace lacks the start event of this lane. */
	t->incomplete = true;
}

/* Skips an event that it cannot parse, and marks the picture as incomplete. */
static void read_event(struct timeline *t, const char *event, double time)
{
	struct bar bar = { .start = time, .end = time };
	unsigned int lanes;
	char kind[16];
	int at = 0, error;

	if (sscanf(event, "%15[a-z_]: job=%31s%n", kind, bar.job, &at) != 2) {
		t->incomplete = true;
		return;
	}
	see(t, time);
	bar.main = !strcmp(bar.job, t->job);
	if (bar.main)
		run_job(t, time);

	event += at;
	if (!strcmp(kind, "lane_start") &&
	    sscanf(event, " lane=%u node=%d cpu=%u cpu_node=%d", &bar.lane, &bar.home, &bar.cpu,
		   &bar.node) == 4) {
		bar.last_cpu = bar.cpu;
		t->bars = array_grow(t->bars, t->nr_bars, sizeof(bar));
		t->bars[t->nr_bars++] = bar;
		t->nr_main += bar.main;
	} else if (!strcmp(kind, "lane_stop") &&
		   sscanf(event, " lane=%u cpu=%u cpu_node=%*d steps=%lu why=%15s", &bar.lane,
			  &bar.cpu, &bar.steps, bar.why) == 4) {
		stop_lane(t, &bar);
	} else if (!strcmp(kind, "job_end") &&
		   sscanf(event, " error=%d", &error) == 1) {
		t->ended |= bar.main;
		t->error = bar.main ? error : t->error;
	} else if (!strcmp(kind, "job_start") && sscanf(event, " lanes=%u", &lanes) == 1) {
		t->lanes = bar.main ? lanes : t->lanes;
	} else {
		t->incomplete = true;
	}
}

/* Bring-up, and off, have one phase after another. */
static void read_phase(struct timeline *t, const char *event, double time)
{
	struct phase phase = { .start = time, .end = -1 };

	see(t, time);
	if (sscanf(event, "begin: phase=%23[^\n]", phase.name) == 1) {
		t->phases = array_grow(t->phases, t->nr_phases, sizeof(phase));
		t->phases[t->nr_phases++] = phase;
	} else if (t->nr_phases && !strncmp(event, "end:", 4)) {
		t->phases[t->nr_phases - 1].end = time;
	} else {
		t->incomplete = true;
	}
}

static void read_trace(struct timeline *t, FILE *stream)
{
	char *line = NULL, *lane, *event, *word;
	size_t i, size = 0;
	double time;

	while (getline(&line, &size, stream) >= 0) {
		t->incomplete |= strstr(line, "LOST ") && strstr(line, "EVENTS");
		lane = strstr(line, EVENT);
		event = lane ?: strstr(line, PHASE_EVENT);
		if (!event)
			continue;
		/* The word before the event is the time. */
		*event = '\0';
		/* Names must not break the XML. */
		for (word = event + 1; (word = strpbrk(word, "<&")); )
			*word = '?';
		word = strrchr(line, ' ');
		time = strtod(word ? word : line, NULL);
		if (lane)
			read_event(t, lane + strlen(EVENT), time);
		else
			read_phase(t, event + strlen(PHASE_EVENT), time);
	}
	free(line);

	for (i = 0; i < t->nr_bars; i++) {
		if (!*t->bars[i].why)
			t->bars[i].end = t->bars[i].main ? t->last : t->end;
	}
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return x->node != y->node ? x->node - y->node : (int)x->cpu - (int)y->cpu;
}

static struct row *find_row(const struct timeline *t, unsigned int cpu)
{
	struct row *row = t->rows;

	while (row < t->rows + t->nr_rows && row->cpu != cpu)
		row++;

	return row < t->rows + t->nr_rows ? row : NULL;
}

/* Expects the bars in the order of their starts, as in the trace. */
static void make_rows(struct timeline *t)
{
	double y = t->nr_phases ? PHASES_Y + ROW_HEIGHT : TOP;
	struct bar *bar;
	struct row *row;

	for (bar = t->bars; bar < t->bars + t->nr_bars; bar++) {
		row = find_row(t, bar->cpu);
		if (!row) {
			t->rows = array_grow(t->rows, t->nr_rows, sizeof(*t->rows));
			row = &t->rows[t->nr_rows++];
			*row = (struct row) { .cpu = bar->cpu, .node = bar->node };
		}
		if (!bar->main)
			continue;
		row->busy += max(bar->end - max(bar->start, row->end), 0.0);
		row->end = max(row->end, bar->end);
	}
	qsort(t->rows, t->nr_rows, sizeof(*t->rows), compare_rows);

	for (row = t->rows; row < t->rows + t->nr_rows; row++) {
		if (row == t->rows || row->node != row[-1].node)
			y += NODE_HEIGHT;
		row->y = y;
		y += ROW_HEIGHT + ROW_GAP;
	}
	t->bottom = y;
}

static double x_of(const struct timeline *t, double time)
{
	double seconds = t->end - t->start;

	return LEFT + (time - t->start) / (seconds > 0 ? seconds : 1) * (WIDTH - LEFT - RIGHT);
}

static double ms(const struct timeline *t, double time)
{
	return (time - t->start) * 1e3;
}

/* Colors repeat after eight nodes. */
static const char *color_of(unsigned int node)
{
	static const char *const colors[] = {
		"#4477aa", "#cc7733", "#228855", "#aa5599",
		"#997722", "#3399bb", "#bb5566", "#667788",
	};

	return colors[node % ARRAY_SIZE(colors)];
}

static void __printf(4, 5)
put_text(double x, double y, const char *attributes, const char *format, ...)
{
	va_list args;

	printf("<text x='%.1f' y='%.1f' %s>", x, y, attributes);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	puts("</text>");
}

static void put_line(const struct timeline *t, double x, const char *attributes)
{
	printf("<line x1='%.1f' y1='%d' x2='%.1f' y2='%.1f' %s/>\n", x, TOP + 4, x,
	       t->bottom + 4, attributes);
}

static void draw_row(const struct timeline *t, const struct row *row)
{
	char bold[64];

	if (row == t->rows || row->node != row[-1].node) {
		snprintf(bold, sizeof(bold), "font-weight='bold' fill='%s'", color_of(row->node));
		put_text(8, row->y - 6, bold, "node %d", row->node);
	}
	printf("<rect x='%d' y='%.1f' width='%d' height='%d' fill='%s' fill-opacity='.15'/>\n",
	       LEFT, row->y, WIDTH - LEFT - RIGHT, ROW_HEIGHT, GRAY);
	put_text(LEFT - 8, row->y + 11.5, "text-anchor='end'", "CPU %u", row->cpu);
	put_text(WIDTH - RIGHT + 8, row->y + 11.5, "", "idle %.1f ms",
		 (t->ran - row->busy) * 1e3);
}

static void draw_bar(const struct timeline *t, const struct bar *bar)
{
	double x = x_of(t, bar->start), y = find_row(t, bar->cpu)->y;
	double width = max(x_of(t, bar->end) - x, 0.5);
	const char *frame = "stroke='" GRAY "'";

	if (bar->node != bar->home)
		frame = "stroke='" RED "' stroke-width='2'";
	else if (strcmp(bar->why, "done"))
		frame = "stroke='" GRAY "' stroke-width='2' stroke-dasharray='3 2'";
	printf("<rect x='%.2f' y='%.1f' width='%.2f' height='%d' fill='%s' fill-opacity='%s' %s>",
	       x, y, width, ROW_HEIGHT, color_of(bar->home), bar->main ? ".85" : ".4", frame);
	printf("<title>%s lane %u, at home on node %d, CPU %u of node %d", bar->job, bar->lane,
	       bar->home, bar->cpu, bar->node);
	if (bar->last_cpu != bar->cpu)
		printf(", at last CPU %u", bar->last_cpu);
	printf(": %.3f to %.3f ms, %lu steps, %s</title></rect>\n", ms(t, bar->start),
	       ms(t, bar->end), bar->steps, *bar->why ? bar->why : "still running");
	if (width > 30)
		put_text(x + 4, y + 11.5, bar->main ? "fill='#fff'" : "", "%u", bar->lane);
}

/* Lists the times of all phases, since short ones have no room for their name. */
static void list_phases(const struct timeline *t)
{
	const struct phase *phase;

	printf("<text x='8' y='52'>phases in ms:");
	for (phase = t->phases; phase < t->phases + t->nr_phases; phase++)
		printf("%s %s %.0f", phase == t->phases ? "" : ",", phase->name,
		       ms(t, phase->end < 0 ? t->end : phase->end) - ms(t, phase->start));
	puts("</text>");
}

static void draw_phase(const struct timeline *t, const struct phase *phase)
{
	double end = phase->end < 0 ? t->end : phase->end;
	double x = x_of(t, phase->start), width = max(x_of(t, end) - x, 0.5);

	printf("<rect x='%.2f' y='%d' width='%.2f' height='%d' fill='%s' fill-opacity='.3' %s>",
	       x, PHASES_Y, width, ROW_HEIGHT, GRAY, "stroke='" GRAY "'");
	printf("<title>%s: %.3f to %.3f ms%s</title></rect>\n", phase->name,
	       ms(t, phase->start), ms(t, end), phase->end < 0 ? ", still running" : "");
	if (width > 7 * strlen(phase->name))
		put_text(x + 4, PHASES_Y + 11.5, "", "%s", phase->name);
}

/* The distance of grid lines is 1, 2 or 5 times a power of ten; there are at most ten. */
static double grid_step(double length)
{
	double step = 0.001;

	for (;;) {
		if (length / step <= 10)
			return step;
		if (length / step <= 20)
			return 2 * step;
		if (length / step <= 50)
			return 5 * step;
		step *= 10;
	}
}

/* The bars are drawn over the grid. */
static void draw_grid(const struct timeline *t)
{
	double length = ms(t, t->end), step = grid_step(length), at;
	unsigned int i;

	for (i = 0; i * step <= length; i++) {
		at = x_of(t, t->start + i * step / 1e3);
		put_line(t, at, "stroke='" GRAY "' stroke-opacity='.4'");
		put_text(at, t->bottom + 18, "text-anchor='middle'", "%g", i * step);
	}
	put_text(WIDTH / 2, t->bottom + 34, "text-anchor='middle'", "ms since the first event");
}

static void draw_tail(const struct timeline *t)
{
	double tail = t->last;
	size_t i;

	/* The tail begins when the first CPU runs out of work, in the last run of the job. */
	for (i = 0; i < t->nr_rows; i++) {
		if (t->rows[i].end > t->run_start)
			tail = min(tail, t->rows[i].end);
	}
	put_line(t, x_of(t, tail), "stroke='" RED "' stroke-dasharray='5 3'");
	put_text(x_of(t, tail), TOP, "text-anchor='end' fill='" RED "'", "tail: %.1f ms",
		 (t->last - tail) * 1e3);
}

static void draw(const struct timeline *t)
{
	double y = t->bottom + 40;
	size_t i;

	printf("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %.0f'\n", WIDTH, y + 60);
	puts("font-family='sans-serif' font-size='11' fill='" GRAY "'>");
	put_text(8, 22, "font-size='16' font-weight='bold'", "%s: %u lanes on %zu CPUs, %.1f ms%s",
		 t->job, t->lanes, t->nr_rows, ms(t, t->end), t->ended ? "" : ", not at its end");
	if (t->error)
		put_text(8, 38, "fill='" RED "'", "The job failed with error %d.", t->error);
	for (i = 0; i < t->nr_rows; i++)
		draw_row(t, &t->rows[i]);
	draw_grid(t);
	if (t->nr_phases) {
		put_text(LEFT - 8, PHASES_Y + 11.5, "text-anchor='end'", "phases");
		list_phases(t);
	}
	for (i = 0; i < t->nr_phases; i++)
		draw_phase(t, &t->phases[i]);
	for (i = 0; i < t->nr_bars; i++)
		draw_bar(t, &t->bars[i]);
	draw_tail(t);
	put_text(8, y + 15, "", "Rows are CPUs on which lanes started; bars are lanes.%s",
		 t->nr_bars > t->nr_main ? "  Pale bars: of other jobs." : "");
	put_text(8, y + 30, "", "Red frame: on a CPU of another node.  Dashed frame: not done.");
	if (t->incomplete)
		put_text(8, y + 45, "", "The trace is not complete: lanes may be missing.");
	puts("</svg>");
}

int command_timeline(const struct options *o)
{
	struct timeline t = {
		.job = o->job ?: "tdx_tdmr_init",
		.start = -1,
		.ended = true,
	};
	const char *name;
	FILE *stream = open_input(o->file ?: "-", &name);

	if (!stream) {
		warn("%s", name);
		return STATUS_FAILED;
	}

	read_trace(&t, stream);
	fclose(stream);
	if (!t.nr_main) {
		warnx("%s: no lane of %s started in this trace", name, t.job);
		return STATUS_FAILED;
	}
	make_rows(&t);
	draw(&t);
	free(t.bars);
	free(t.rows);
	free(t.phases);

	return STATUS_OK;
}
