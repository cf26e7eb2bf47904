/* SPDX-License-Identifier: GPL-2.0-only */
/* Declarations shared by the files of tdxctl. */
#ifndef _TDXCTL_H
#define _TDXCTL_H

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <linux/array_size.h>
#include <linux/compiler.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "describe.h"

/* Time of a TDH.SYS.TDMR.INIT call, from Intel's first TDX host patches. */
#define DEFAULT_CALL_NS	7000

enum exit_status {
	STATUS_OK,
	STATUS_FAILED,
	STATUS_USAGE,
	STATUS_NOT_UP,	/* TDX was not requested, or root has switched it off */
	STATUS_BUSY,	/* TDX is being initialized or switched off */
	STATUS_NO_TDX,	/* no TDX, or tdx_host=off, or the kernel lacks support */
	STATUS_NOT_READY,	/* a condition of tdxctl check fails */
};

/* The command line. */
struct options {
	bool json;		/* print JSON */
	bool wait;		/* follow the initialization until it ends */
	bool describe;		/* print the description of the machine */
	u64 call_ns;		/* time of a TDH.SYS.TDMR.INIT call */
	const char *job;	/* name of the job to draw, or NULL */
	const char *file;	/* file to read, "-" for standard input, or NULL */
	const char *output;	/* file to write, or NULL for standard output */
};

/* The commands.  Each returns an exit status, and prints a message on failure. */
int command_status(const struct options *o);
int command_enable(const struct options *o);
int command_disable(const struct options *o);
int command_progress(const struct options *o);
int command_check(const struct options *o);
int command_report(const struct options *o);
int command_plan(const struct options *o);
int command_timeline(const struct options *o);

FILE *open_input(const char *path, const char **name);
struct json_object *new_json(void);
void add_string(struct json_object *object, const char *key, const char *text);
void add_u64(struct json_object *object, const char *key, u64 value);
void print_json(struct json_object *object, int flags);

const char *__printf(1, 2) file_path(const char *format, ...);
bool file_find(const char *path, const char *start, char *line, size_t size);
/* Reads the first line of a file, as file_find(). */
#define file_line(path, line, size)	file_find(path, "", line, size)
bool boot_option(const char *name, char *value, size_t size);
struct json_object *log_read(void);
const char *log_find(const char *words);
bool log_emulated(void);

int host_describe(struct description *d);
void host_warn(const struct description *d);

enum verdict {
	CHECK_PASS,
	CHECK_WARN,
	CHECK_FAIL,
	CHECK_SKIP,	/* cannot tell */
};

struct check;

void __printf(4, 5) check_say(struct check *c, enum verdict v, const char *advice,
			      const char *format, ...);
#define check_pass(c, ...)	check_say(c, CHECK_PASS, NULL, __VA_ARGS__)
#define check_warn(c, ...)	check_say(c, CHECK_WARN, __VA_ARGS__)
#define check_fail(c, ...)	check_say(c, CHECK_FAIL, __VA_ARGS__)
#define check_skip(c, ...)	check_say(c, CHECK_SKIP, NULL, __VA_ARGS__)

bool check_run(struct json_object *object, bool print);
void state_check(struct check *c);
struct json_object *state_report(void);
struct json_object *plan_report(void);

#endif /* _TDXCTL_H */
