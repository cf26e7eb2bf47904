// SPDX-License-Identifier: GPL-2.0-only
/* The machine under test, through its files in /sys and /proc. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

#define TEST		"/sys/kernel/debug/tdx_test"
#define TEST_MODULE	"test_modules/tdx_test.ko"
#define CPUS		"/sys/devices/system/cpu"

int write_file(const char *path, const char *text)
{
	ssize_t n;
	int fd, ret;

	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd < 0)
		return -errno;

	n = write(fd, text, strlen(text));
	ret = n < 0 ? -errno : 0;
	close(fd);

	return ret;
}

/* Return the first line, which is valid until the next call; "" if the file is empty. */
const char *read_line(const char *path)
{
	static char line[512];
	FILE *file = fopen(path, "r");

	if (!file)
		return strerror(errno);

	if (!fgets(line, sizeof(line), file))
		snprintf(line, sizeof(line), "%s", ferror(file) ? strerror(errno) : "");
	fclose(file);
	line[strcspn(line, "\n")] = '\0';

	return line;
}

/* The test module, from the current directory or from modprobe */

int test_module_load(const char *options)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "if [ -e %s ]; then insmod %s %s; else modprobe -q tdx_test %s; fi",
		 TEST_MODULE, TEST_MODULE, options, options);

	return system(command) ? -ENOENT : 0;
}

int test_module_unload(void)
{
	return system("rmmod tdx_test") ? -EBUSY : 0;
}

int test_write(const char *file, unsigned int number)
{
	char path[64], text[16];

	snprintf(path, sizeof(path), TEST "/%s", file);
	snprintf(text, sizeof(text), "%u", number);

	return write_file(path, text);
}

int test_call(const char *file)
{
	return test_write(file, 1);
}

long test_read(const char *file)
{
	const char *line;
	char path[64], *end;
	long number;

	snprintf(path, sizeof(path), TEST "/%s", file);
	line = read_line(path);
	number = strtol(line, &end, 0);

	return end != line && !*end ? number : LONG_MIN;
}

int enable_tdx(void)
{
	return test_call("enable");
}

/* Unlike tdx_enable(), make another attempt if the last one has failed. */
int try_tdx(void)
{
	return test_call("try");
}

long request_callbacks(void)
{
	return test_read("callbacks");
}

/* A callback may run after tdx_enable() has returned: wait for up to a minute. */
long request_callbacks_reach(long wanted)
{
	int tries = 600;

	while (request_callbacks() < wanted && tries--)
		usleep(100 * 1000);

	return request_callbacks();
}

/* /sys/kernel/tdx */

int sysfs_enable(const char *text)
{
	return write_file(SYSFS "/enable", text);
}

bool status_is(const char *word)
{
	return !strcmp(read_line(SYSFS "/status"), word);
}

/* Wait for a status for up to five minutes. */
bool status_becomes(const char *word)
{
	int tries = 30000;

	while (!status_is(word) && tries--)
		usleep(10 * 1000);

	return status_is(word);
}

const char *sysfs_error(void)
{
	return read_line(SYSFS "/error");
}

/* Check the error for words and errno, see Documentation/ABI/testing/sysfs-kernel-tdx. */
bool sysfs_error_is(const char *words, int error)
{
	const char *line = sysfs_error();
	size_t len = strlen(line), n;
	char tail[16];

	n = snprintf(tail, sizeof(tail), " (%d)", error);

	return strstr(line, words) && len > n && !strcmp(line + len - n, tail);
}

/* Linux */

long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* Wait for a child.  Return a negative number if it was killed. */
int exit_status(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -errno;

	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

long online_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

/* Return the first CPU of the package of @cpu. */
static long first_in_package(long cpu)
{
	char path[96];

	snprintf(path, sizeof(path), CPUS "/cpu%ld/topology/package_cpus_list", cpu);

	return strtol(read_line(path), NULL, 10);
}

long packages(void)
{
	long cpu, found = 0;

	for (cpu = 0; cpu < online_cpus(); cpu++)
		found += first_in_package(cpu) == cpu;

	return found;
}

/* Return a CPU that can go offline and whose package has another one, or -1. */
long spare_cpu(void)
{
	long cpu = online_cpus() - 1;
	char path[64];

	snprintf(path, sizeof(path), CPUS "/cpu%ld/online", cpu);
	if (access(path, W_OK) || first_in_package(cpu) == cpu)
		return -1;

	return cpu;
}

int cpu_set_online(long cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), CPUS "/cpu%ld/online", cpu);

	return write_file(path, online ? "1" : "0");
}

/*
 * Count all free pages.  CPUs keep lists of free pages which the kernel does not
 * count as free, and parts of its counters.
 */
long free_pages(void)
{
	FILE *file;
	char line[256];
	long n, sum = 0;

	/* If this fails, the count is less exact. */
	write_file("/proc/sys/vm/stat_refresh", "1");

	file = fopen("/proc/zoneinfo", "r");
	if (!file)
		return -1;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, " pages free %ld", &n) == 1 ||
		    sscanf(line, " count: %ld", &n) == 1)
			sum += n;
	}
	fclose(file);

	return sum;
}

/* Have the slab allocator free the empty slabs that it keeps. */
void shrink_slabs(void)
{
	if (system("for cache in /sys/kernel/slab/*/shrink; do echo 1 >$cache; done"))
		printf("# empty slabs stay: the count of free pages is less exact\n");
}

/* TDMRs consist of whole GiB: count each GiB that has memory. */
long gib_with_memory(void)
{
	FILE *file = fopen("/proc/iomem", "r");
	unsigned long long start, end, gib, next = 0;
	long found = 0;
	char line[256];

	if (!file)
		return -1;

	while (fgets(line, sizeof(line), file)) {
		/* Ranges inside another range are indented. */
		if (line[0] == ' ' || !strstr(line, " : System RAM") ||
		    sscanf(line, "%llx-%llx", &start, &end) != 2)
			continue;
		for (gib = start >> 30; gib <= end >> 30; gib++) {
			found += gib >= next;
			next = gib >= next ? gib + 1 : next;
		}
	}
	fclose(file);

	return found;
}
