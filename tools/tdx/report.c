// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdxctl report: collect what a bug report needs.  The report takes only lines and options
 * that are known to name neither the host nor its network.
 */
#include <fcntl.h>
#include <unistd.h>

#include "tdxctl.h"

/* A report has at most this number of lines of the trace. */
#define MAX_TRACE	20000

static void head(const char *title)
{
	printf("\n== %s\n", title);
}

static void cannot_see(const char *path)
{
	printf("cannot see %s: %s\n", path, strerror(errno));
}

/* Prints the rest of the line of a file that begins with @start. */
static void put_line(const char *name, const char *path, const char *start)
{
	char line[256];

	if (file_find(file_path("%s", path), start, line, sizeof(line)))
		printf("%-12s %s\n", name, line);
	else
		cannot_see(path);
}

static void put_versions(void)
{
	head("versions");
	printf("%-12s %s\n", "tdxctl", TDXCTL_VERSION);
	put_line("Linux", "/proc/sys/kernel/osrelease", "");
	put_line("build", "/proc/sys/kernel/version", "");
	put_line("vendor", "/sys/class/dmi/id/sys_vendor", "");
	put_line("product", "/sys/class/dmi/id/product_name", "");
	put_line("BIOS", "/sys/class/dmi/id/bios_version", "");
	put_line("CPU", "/proc/cpuinfo", "model name\t: ");
	put_line("stepping", "/proc/cpuinfo", "stepping\t: ");
	put_line("microcode", "/proc/cpuinfo", "microcode\t: ");
}

/* Prints the options of the kernel command line that matter for TDX. */
static void put_options(void)
{
	static const char *const names[] = {
		"tdx_host", "tdx_emulator", "kvm_intel.tdx", "nohibernate", "init_on_alloc",
		"isolcpus", "nohz_full", "nosmt", "maxcpus", "nr_cpus", "mem", "movablecore",
		"kernelcore", "hugepages", "hugepagesz", "default_hugepagesz", "cma",
		"initcall_debug",
	};
	char value[256];
	size_t i;

	head("kernel command line, options that matter for TDX");
	if (access(file_path("/proc/cmdline"), R_OK))
		cannot_see("/proc/cmdline");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (boot_option(names[i], value, sizeof(value)))
			printf("%s%s%s\n", names[i], *value ? "=" : "", value);
	}
}

/* Prints the lines of a file that a test accepts. */
static void put_lines(const char *path, bool (*accept)(const char *line))
{
	FILE *file = fopen(file_path("%s", path), "r");
	unsigned int nr = 0;
	size_t size = 0;
	char *line = NULL;

	if (!file) {
		cannot_see(path);
		return;
	}
	while (nr < MAX_TRACE && getline(&line, &size, file) >= 0) {
		if (!accept(line))
			continue;
		fputs(line, stdout);
		nr++;
	}
	if (!nr)
		puts("nothing");
	free(line);
	fclose(file);
}

static bool is_resource(const char *line)
{
	return *line != ' ';
}

static bool is_event(const char *line)
{
	return strstr(line, ": tdx_") || strstr(line, ": lanework_");
}

static void put_report(void)
{
	struct json_object *object = new_json(), *log;
	char release[128];
	size_t i;

	puts("Report of tdxctl.  It has no serial numbers, and names neither this host nor its\n"
	     "network.  It has physical addresses.");
	file_line(file_path("/proc/sys/kernel/osrelease"), release, sizeof(release));
	add_string(object, "tdxctl", TDXCTL_VERSION);
	add_string(object, "linux", release);
	put_versions();
	head("check");
	check_run(object, true);
	head("status");
	json_object_object_add(object, "state", state_report());
	put_options();
	head("plan, and the description of the machine for 'tdxctl plan FILE'");
	json_object_object_add(object, "plan", plan_report());
	head("memory map");
	put_lines("/proc/iomem", is_resource);
	head("kernel log, lines about TDX");
	log = log_read();
	if (!log)
		cannot_see("/dev/kmsg");
	for (i = 0; log && i < json_object_array_length(log); i++)
		puts(json_object_get_string(json_object_array_get_idx(log, i)));
	json_object_object_add(object, "log", json_object_get(log));
	head("trace events");
	put_lines("/sys/kernel/tracing/trace", is_event);
	head("JSON");
	print_json(object, JSON_C_TO_STRING_PRETTY);
}

/* tdxctl report */
int command_report(const struct options *o)
{
	/* Other users may not see physical addresses. */
	int fd = o->output ? open(o->output, O_WRONLY | O_CREAT | O_TRUNC, 0600) : STDOUT_FILENO;

	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0) {
		warn("%s", o->output);
		return STATUS_FAILED;
	}
	put_report();

	return STATUS_OK;
}
