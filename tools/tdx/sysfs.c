// SPDX-License-Identifier: GPL-2.0-only
/* Show the state of TDX from /sys/kernel/tdx, initialize TDX, and switch it off. */
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tdxctl.h"

#define TDX_DIR		"/sys/kernel/tdx"

/* The interval between reads of the progress, in ms.  Only the status notifies. */
#define FOLLOW_TIMEOUT	250

/* Columns of the text beside a bar (name, percent, GiB, time), least of the bar. */
#define BAR_BESIDE	48
#define BAR_LEAST	10

enum state_status {
	STATE_UNKNOWN,
	STATE_INITIALIZING,
	STATE_INITIALIZED,
	STATE_DISABLING,
	STATE_ERROR,
	STATE_UNREADABLE,	/* no such directory (ENODEV), or unexpected content */
};

static const char *const state_words[STATE_UNREADABLE + 1] = {
	[STATE_UNKNOWN]		= "unknown",
	[STATE_INITIALIZING]	= "initializing",
	[STATE_INITIALIZED]	= "initialized",
	[STATE_DISABLING]	= "disabling",
	[STATE_ERROR]		= "error",
};

/* The phases of an initialization, and of off.  Each has a file in phases_ms. */
static const struct {
	const char *file;
	const char *name;
	bool off;
} phases[] = {
	{ "metadata", "metadata", false },
	{ "memory", "memory", false },
	{ "pamt", "PAMT", false },
	{ "lp_init", "LP.INIT", false },
	{ "sys_config", "SYS.CONFIG", false },
	{ "key_config", "KEY.CONFIG", false },
	{ "tdmr_init", "TDMR.INIT", false },
	{ "sys_disable", "SYS.DISABLE", true },
	{ "lp_stop", "LP stop", true },
	{ "pamt_clear", "PAMT clear", true },
	{ "pamt_free", "PAMT free", true },
};

/* The contents of the files. */
struct state {
	enum state_status status;
	u64 done;		/* bytes that the module has initialized */
	u64 total;		/* bytes that it has to initialize; 0 if not known yet */
	char error[512];	/* reason why TDX is not up or was not switched off, or empty */
	int err;		/* errno of that reason, positive */
	bool error_hidden;	/* the user may not read the reason */
	bool emulated;
	char version[32];	/* of the module, or empty */
	u64 took;		/* ms of all phases that led to this state; 0 if unknown */
	char phases[256];	/* the ms of each: ", NAME MS, NAME MS" */
	struct json_object *phases_json;	/* NULL if unknown */
};

/* Tests whether root has switched TDX off.  Only root can see that. */
static bool state_off(const struct state *s)
{
	return s->status == STATE_UNKNOWN && s->err == ESHUTDOWN;
}

/* Tests whether TDX cannot come up.  Users other than root see only final failures. */
static bool state_failed(const struct state *s)
{
	return s->status == STATE_ERROR || s->status == STATE_UNREADABLE ||
	       (s->status == STATE_UNKNOWN && *s->error && !state_off(s));
}

static bool state_changes(const struct state *s)
{
	return s->status == STATE_INITIALIZING || s->status == STATE_DISABLING;
}

/* A kernel without these files does not tell the times. */
static void state_read_phases(struct state *s)
{
	char line[32];
	size_t i, n = 0;
	u64 ms;

	s->phases_json = json_object_new_object();
	for (i = 0; i < ARRAY_SIZE(phases); i++) {
		if (phases[i].off != state_off(s))
			continue;
		file_line(file_path(TDX_DIR "/phases_ms/%s", phases[i].file), line, sizeof(line));
		ms = strtoull(line, NULL, 10);
		s->took += ms;
		n += snprintf(s->phases + n, sizeof(s->phases) - n, ", %s %llu", phases[i].name,
			      ms);
		add_u64(s->phases_json, phases[i].file, ms);
	}
	add_u64(s->phases_json, "total", s->took);
}

/* Reads the state.  Returns NULL, or the file with a @line that it does not understand. */
static const char *state_parse(struct state *s, char *line, size_t size)
{
	char *tail;

	file_line(file_path(TDX_DIR "/status"), line, size);
	while (s->status < STATE_UNREADABLE && strcmp(line, state_words[s->status]))
		s->status++;
	if (s->status == STATE_UNREADABLE)
		return TDX_DIR "/status";

	file_line(file_path(TDX_DIR "/progress"), line, size);
	if (sscanf(line, "%llu %llu", &s->done, &s->total) != 2)
		return TDX_DIR "/progress";

	/* The file has "WORDS (-ERRNO)", or nothing. */
	s->error_hidden = !file_line(file_path(TDX_DIR "/error"), line, size) && errno == EACCES;
	if (!*line)
		return NULL;
	tail = strrchr(line, '(');
	if (!tail || tail == line || sscanf(tail, "(-%d)", &s->err) != 1)
		return TDX_DIR "/error";
	snprintf(s->error, sizeof(s->error), "%.*s", (int)(tail - 1 - line), line);

	return NULL;
}

static void state_read(struct state *s)
{
	const char *path;
	char line[512];

	memset(s, 0, sizeof(*s));
	if (access(file_path(TDX_DIR), F_OK)) {
		*s = (struct state) { STATE_UNREADABLE, .err = ENODEV };
		snprintf(s->error, sizeof(s->error), "this host has no " TDX_DIR);
		return;
	}
	path = state_parse(s, line, sizeof(line));
	if (path) {
		*s = (struct state) { STATE_UNREADABLE, .err = EBADMSG };
		snprintf(s->error, sizeof(s->error), "%s: unexpected content: '%.200s'", path,
			 line);
		return;
	}
	s->emulated = log_emulated();
	file_line(file_path(TDX_DIR "/module_version"), s->version, sizeof(s->version));
	if (s->status == STATE_INITIALIZED || state_off(s))
		state_read_phases(s);
}

static int state_exit(const struct state *s)
{
	if (state_failed(s))
		return s->err == ENODEV ? STATUS_NO_TDX : STATUS_FAILED;
	if (state_changes(s))
		return STATUS_BUSY;

	return s->status == STATE_INITIALIZED ? STATUS_OK : STATUS_NOT_UP;
}

/*
 * Returns the next command, or that there is none, one sentence.  The kernel's message has
 * the advice on the cause: tdxctl adds none for an errno that may have several causes.
 */
static const char *state_hint(const struct state *s)
{
	switch (s->status) {
	case STATE_UNREADABLE:
		if (s->err != ENODEV)
			return "The kernel and tdxctl do not match: use the tdxctl of this kernel.";
		return "TDX is off in the BIOS, or this kernel lacks it: see 'tdxctl check'.";
	case STATE_ERROR:
		return "The error is final until the host reboots.";
	case STATE_INITIALIZED:
		return "TDX stays up; see the kernel log: 'dmesg | grep virt/tdx'.";
	default:
		if (state_off(s))
			return "'tdxctl enable' initializes TDX again.";
		if (s->err == ENODEV)
			return "TDX can come up only after a reboot: see 'tdxctl check'.";
		return "Once the cause is gone, 'tdxctl enable' tries again; see 'tdxctl check'.";
	}
}

/* Rounds down to a tenth, so that only complete memory is shown as complete. */
static double progress_gib(u64 bytes)
{
	return bytes / (SZ_1G / 16) * 10 / 16 / 10.0;
}

static unsigned int progress_percent(const struct state *s)
{
	return s->total ? s->done * 100 / s->total : 0;
}

/* Returns a line of text in a static buffer. */
static const char *state_text(const struct state *s)
{
	static char text[128];

	switch (s->status) {
	case STATE_INITIALIZING:
		if (!s->total)
			return "TDX is being initialized: preparing memory";
		snprintf(text, sizeof(text), "TDX is being initialized: %u%%, %.1f of %.1f GiB",
			 progress_percent(s), progress_gib(s->done), progress_gib(s->total));
		return text;
	case STATE_INITIALIZED:
		snprintf(text, sizeof(text), "TDX is up: %.1f GiB%s%s%s", progress_gib(s->total),
			 *s->version ? ", module " : "", s->version,
			 s->emulated ? ", emulated" : "");
		return text;
	case STATE_DISABLING:
		return "TDX is being switched off";
	case STATE_ERROR:
		return "TDX is unusable: it failed for good";
	default:
		if (s->err == ENODEV)
			return "TDX is not available";
		if (s->status == STATE_UNREADABLE)
			return "The state of TDX cannot be read";
		if (state_off(s))
			return "TDX is not up: root has switched it off";
		if (state_failed(s))
			return "TDX is not up: the initialization failed";
		if (s->error_hidden)
			return "TDX is not up: it was not requested, failed or was switched off; "
			       "only root can see which";
		return "TDX is not up: it was not requested";
	}
}

static void print_details(const struct state *s)
{
	puts(state_text(s));
	if (s->took)
		printf("It took %llu ms: %s\n", s->took, s->phases + strlen(", "));
}

/* @left: remaining seconds, or negative if unknown. */
static struct json_object *state_json(const struct state *s, double left)
{
	struct json_object *object = new_json();

	add_string(object, "status", state_words[s->status]);
	json_object_object_add(object, "emulated", json_object_new_boolean(s->emulated));
	add_string(object, "module_version", s->version);
	add_string(object, "error", s->error);
	json_object_object_add(object, "errno", s->err ? json_object_new_int(s->err) : NULL);
	add_u64(object, "done_bytes", s->done);
	add_u64(object, "total_bytes", s->total);
	json_object_object_add(object, "eta_ms",
			       left < 0 ? NULL : json_object_new_int64(left * 1000));
	json_object_object_add(object, "phases_ms",
			       s->took ? json_object_get(s->phases_json) : NULL);

	return object;
}

static void show_now(const struct options *o, struct state *s)
{
	state_read(s);
	if (o->json)
		print_json(state_json(s, -1), 0);
	else
		print_details(s);
}

/* Prints why TDX is not up, and advice.  Returns the exit status. */
static int state_explain(const struct state *s)
{
	if (*s->error)
		warnx("%s (%s)", s->error, strerrorname_np(s->err));
	else
		warnx("TDX failed%s", s->error_hidden ? "; only root can see why" : "");
	fprintf(stderr, "%s\n", state_hint(s));

	return state_exit(s);
}

/* Estimates the remaining seconds from the speed since the first progress; -1 if unknown. */
static double time_left(const struct state *now, double elapsed)
{
	static double since;
	static u64 first;

	if (!first || first > now->done) {
		first = now->done;
		since = elapsed;
	}
	if (now->done == first)
		return -1;

	return (elapsed - since) * (now->total - now->done) / (now->done - first);
}

/* Returns the number of columns; 0 unless stdout is a terminal that can move its cursor. */
static int terminal_columns(void)
{
	const char *term = getenv("TERM");
	struct winsize size;

	if (!term || !strcmp(term, "dumb") || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return 0;

	return size.ws_col;
}

/* Leaves the cursor below the bar, so that the shell continues there after an interrupt. */
static void draw_bar(const struct state *now, int columns, double elapsed, double left)
{
	static const char full[] = "############################################################";
	static const char free[] = "............................................................";
	int width = min(columns - BAR_BESIDE, (int)strlen(full));
	int done = now->total ? now->done * width / now->total : 0;
	bool eta = now->status == STATE_INITIALIZING && left >= 0;
	unsigned long time = eta ? left + 1 : elapsed;
	static bool drawn;

	fputs(drawn ? "\033[1ATDX      " : "TDX      ", stdout);
	drawn = true;
	if (now->status == STATE_DISABLING)
		fputs("switching off", stdout);
	else if (now->total)
		printf("[%.*s%.*s] %3u%% %7.1f/%.1f GiB", done, full, width - done, free,
		       progress_percent(now), progress_gib(now->done), progress_gib(now->total));
	else
		fputs("preparing memory", stdout);
	printf("  %s%lu:%02lu\033[K\n", eta ? "ETA " : "", time / 60, time % 60);
}

/* Prints a line for each 10% to a log, and one for each state without a percentage. */
static void print_tenth(const struct state *now)
{
	static unsigned int last;
	unsigned int stage = now->total ? 3 + progress_percent(now) / 10 : 2;

	if (now->status == STATE_DISABLING)
		stage = 1;
	if (stage > last)
		puts(state_text(now));
	last = max(last, stage);
}

static void show_progress(const struct options *o, const struct state *now, int columns,
			  double elapsed)
{
	bool running = state_changes(now);
	double left = time_left(now, elapsed);
	static struct state shown;

	if (o->json) {
		/* Print an object only if the state has changed. */
		if (!running || memcmp(&shown, now, sizeof(shown)))
			print_json(state_json(now, left), 0);
	} else {
		if (columns >= BAR_BESIDE + BAR_LEAST &&
		    (running || (shown.status == STATE_INITIALIZING && now->total)))
			draw_bar(now, columns, elapsed, left);
		else if (running)
			print_tenth(now);
		if (!running)
			puts(state_text(now));
	}
	shown = *now;
	fflush(stdout);
}

/* Show progress until TDX is neither initialized nor switched off. */
static void follow(const struct options *o, struct state *now)
{
	struct pollfd status = { open(file_path(TDX_DIR "/status"), O_RDONLY), POLLPRI, 0 };
	struct timespec start, time;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		/* poll() reports a change since this read.  It ignores a negative descriptor. */
		if (pread(status.fd, text, sizeof(text), 0) < 0)
			status.fd = -1;
		state_read(now);
		clock_gettime(CLOCK_MONOTONIC, &time);
		show_progress(o, now, terminal_columns(), time.tv_sec - start.tv_sec +
			      (time.tv_nsec - start.tv_nsec) / 1e9);
		if (!state_changes(now))
			break;
		poll(&status, 1, FOLLOW_TIMEOUT);
	}
}

static int status_of(const struct state *s)
{
	return state_failed(s) ? state_explain(s) : state_exit(s);
}

/* tdxctl status */
int command_status(const struct options *o)
{
	struct state s;

	show_now(o, &s);

	return status_of(&s);
}

/* tdxctl progress */
int command_progress(const struct options *o)
{
	struct state s;

	follow(o, &s);

	return status_of(&s);
}

/* Checks whether TDX is up. */
void state_check(struct check *c)
{
	struct state s;

	state_read(&s);
	if (s.status == STATE_UNREADABLE)
		check_skip(c, "%s", s.error);
	else if (state_failed(&s))
		check_fail(c, state_hint(&s), "%s",
			   *s.error ? s.error : "TDX failed; only root can see why");
	else if (s.status == STATE_UNKNOWN && s.error_hidden)
		check_skip(c, "TDX is not up, and only root can read " TDX_DIR "/error");
	else
		check_pass(c, "%s", state_text(&s));
}

/* Prints the state of TDX, and returns it as JSON. */
struct json_object *state_report(void)
{
	struct state s;

	state_read(&s);
	print_details(&s);
	if (*s.error)
		puts(s.error);

	return state_json(&s, -1);
}

/* Writes to the file enable.  Returns 0 or an errno. */
static int request(const char *text)
{
	FILE *file = fopen(file_path(TDX_DIR "/enable"), "w");

	return !file || fputs(text, file) < 0 || fclose(file) ? errno : 0;
}

/* Says why the kernel did not do @verb.  Returns the exit status. */
static int refused(const struct options *o, int err, const char *verb)
{
	/* For refusals without a reason in the file error. */
	static const char *const hints[] = {
		[EACCES] = "Run tdxctl as root.",
		[EBUSY] = "Shut down all TDs, and let no initialization or module update run.",
		[EOPNOTSUPP] = "The module has no TDH.SYS.DISABLE: only a reboot switches TDX off.",
	};
	const char *hint;
	struct state s;
	bool failed;

	state_read(&s);
	failed = state_failed(&s) && err != EACCES;
	hint = state_hint(&s);
	if (!failed && s.err != err) {
		s.err = err;
		snprintf(s.error, sizeof(s.error), "%s", strerror(err));
		if (err < ARRAY_SIZE(hints) && hints[err])
			hint = hints[err];
	}
	if (o->json)
		print_json(state_json(&s, -1), 0);
	warnx("cannot %s: %s (%s)", verb, s.error, strerrorname_np(s.err));
	fprintf(stderr, "%s\n", hint);

	return failed ? state_exit(&s) : STATUS_FAILED;
}

/* tdxctl enable */
int command_enable(const struct options *o)
{
	int ret = request("1\n");
	struct state s;

	if (ret)
		return refused(o, ret, "initialize TDX");
	if (!o->wait) {
		show_now(o, &s);
		return STATUS_OK;
	}
	follow(o, &s);

	return s.status == STATE_INITIALIZED ? STATUS_OK : state_explain(&s);
}

/* tdxctl disable */
int command_disable(const struct options *o)
{
	int ret = request("0\n");
	struct state s;

	if (ret)
		return refused(o, ret, "switch TDX off");
	show_now(o, &s);

	return STATUS_OK;
}
