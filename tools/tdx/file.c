// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read the kernel log, and files of /proc and /sys.  If the environment sets TDXCTL_ROOT,
 * the paths are relative to that directory, for example a copy from another machine.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include "tdxctl.h"

#define MAX_PATH	4096

/* The kernel truncates records of the log to less than this. */
#define LOG_RECORD	8192

/* Prefixes a path with TDXCTL_ROOT.  The next call overwrites the returned buffer. */
const char *file_path(const char *format, ...)
{
	static char path[MAX_PATH];
	va_list args;
	int n = snprintf(path, sizeof(path), "%s", getenv("TDXCTL_ROOT") ?: "");

	n = min(n, MAX_PATH - 1);
	va_start(args, format);
	vsnprintf(path + n, sizeof(path) - n, format, args);
	va_end(args);

	return path;
}

/*
 * Finds a line that starts with @start, and copies the rest of it, without its newline.
 * Returns false, with errno and an empty @line, if there is no such file or line.
 */
bool file_find(const char *path, const char *start, char *line, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t room = 0, length = strlen(start);
	char *text = NULL;
	bool found = false;

	*line = '\0';
	if (!file)
		return false;
	while (!found && getline(&text, &room, file) >= 0)
		found = !strncmp(text, start, length);
	if (found)
		snprintf(line, size, "%.*s", (int)strcspn(text + length, "\n"), text + length);
	free(text);
	fclose(file);
	if (!found)
		errno = ENODATA;

	return found;
}

/*
 * Finds an option on the kernel command line, and copies its value; the last one counts.
 * @name has '_' for '-'.
 */
bool boot_option(const char *name, char *value, size_t size)
{
	char line[8192], *word, *rest, *end, *at;
	bool found = false;

	*value = '\0';
	file_line(file_path("/proc/cmdline"), line, sizeof(line));
	for (word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		end = strchrnul(word, '=');
		for (at = word; at < end; at++)
			*at = *at == '-' ? '_' : *at;
		if (end - word != strlen(name) || strncmp(word, name, end - word))
			continue;
		snprintf(value, size, "%s", *end ? end + 1 : "");
		found = true;
	}

	return found;
}

static bool log_is_tdx(const char *text)
{
	static const char *const starts[] = {
		"virt/tdx: ", "tdx_emulator: ", "tdx_host: ", "kvm_intel: ", "x86/tme: ",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		if (!strncmp(text, starts[i], strlen(starts[i])))
			return true;
	}

	return false;
}

/*
 * Reads the lines about TDX of the kernel log, once.  Returns an array of "SECONDS TEXT";
 * NULL, with errno, if the user may not read the log or the system has none.  A record of
 * /dev/kmsg is "PRIORITY,SEQUENCE,MICROSECONDS,FLAGS;TEXT".
 */
struct json_object *log_read(void)
{
	char line[LOG_RECORD], text[LOG_RECORD + 32], *start;
	static struct json_object *log;
	unsigned long long us;
	FILE *file;
	int fd;

	if (log)
		return log;
	fd = open(file_path("/dev/kmsg"), O_RDONLY | O_NONBLOCK);
	file = fd < 0 ? NULL : fdopen(fd, "r");
	if (!file)
		return NULL;

	/* A read must have room for a record.  EPIPE: the kernel has overwritten records. */
	setvbuf(file, NULL, _IOFBF, LOG_RECORD);
	log = json_object_new_array();
	for (;;) {
		if (!fgets(line, sizeof(line), file)) {
			if (!ferror(file) || errno != EPIPE)
				break;
			clearerr(file);
			continue;
		}
		start = strchr(line, ';');
		if (!start || sscanf(line, "%*u,%*u,%llu", &us) != 1 || !log_is_tdx(start + 1))
			continue;
		start[strcspn(start, "\n")] = '\0';
		snprintf(text, sizeof(text), "%.6f %s", us / 1e6, start + 1);
		json_object_array_add(log, json_object_new_string(text));
	}
	fclose(file);

	return log;
}

/* Finds the last line with certain words.  Returns it from the words on, or NULL. */
const char *log_find(const char *words)
{
	struct json_object *log = log_read();
	size_t i = log ? json_object_array_length(log) : 0;
	const char *found = NULL;

	while (i-- && !found)
		found = strstr(json_object_get_string(json_object_array_get_idx(log, i)), words);

	return found;
}

/*
 * Tests whether the TDX module is the emulated one.  The command line tells if the log is
 * hidden or has lost its beginning.
 */
bool log_emulated(void)
{
	char value[8];

	if (!access(file_path("/sys/kernel/debug/tdx_emulator"), F_OK) ||
	    log_find("tdx_emulator: the emulated TDX module answers"))
		return true;

	return boot_option("tdx_emulator", value, sizeof(value)) &&
	       (!strcmp(value, "on") || strchr("1yY", *value)) && *value &&
	       !log_find("the emulator stays off");
}
