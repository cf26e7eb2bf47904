// SPDX-License-Identifier: GPL-2.0-only
/* The machine under test, through its files in /sys and /proc. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "machine.h"

#define TEST		"/sys/kernel/debug/tdx_test"
#define CPUS		"/sys/devices/system/cpu"
#define MAX_PACKAGES	1024

int write_file(const char *path, const char *text)
{
	ssize_t n;
	int fd, ret;

	fd = open(path, O_WRONLY);
	if (fd < 0)
		return -errno;

	n = write(fd, text, strlen(text));
	ret = n < 0 ? -errno : 0;
	close(fd);

	return ret;
}

static int read_word(const char *path, char *word, size_t size)
{
	FILE *file = fopen(path, "r");

	if (!file)
		return -errno;

	if (!fgets(word, size, file)) {
		fclose(file);
		return -ENODATA;
	}
	word[strcspn(word, "\n")] = '\0';
	fclose(file);

	return 0;
}

static long read_number(const char *path)
{
	char word[32], *end;
	long number;

	if (read_word(path, word, sizeof(word)))
		return LONG_MIN;

	number = strtol(word, &end, 0);

	return end != word && !*end ? number : LONG_MIN;
}

/* Modules, from a directory beside this program or from modprobe */

static int load_beside_program(const char *name, const char *options)
{
	char path[PATH_MAX], *slash;
	ssize_t n;
	int fd, ret;

	n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	slash = strrchr(path, '/');
	snprintf(slash, path + sizeof(path) - slash, "/test_modules/%s.ko", name);

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, options, 0) ? -errno : 0;
	close(fd);

	return ret;
}

static int modprobe(const char *name, const char *option)
{
	int status;
	pid_t pid;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		execlp("modprobe", "modprobe", "-q", name, option, NULL);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0)
		return -errno;

	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ENOENT;
}

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* The test module */

bool test_module_present(void)
{
	return !access(TEST, F_OK);
}

static int load_test_module(const char *option)
{
	int ret = load_beside_program("tdx_test", option);

	return ret == -ENOENT ? modprobe("tdx_test", *option ? option : NULL) : ret;
}

int test_module_load(void)
{
	int ret = load_test_module("");

	return ret == -EEXIST ? 0 : ret;
}

int test_module_load_with_request(void)
{
	return load_test_module("async=1");
}

int test_module_unload(void)
{
	return unload("tdx_test");
}

int enable_tdx(void)
{
	return write_file(TEST "/enable", "1");
}

/* The freezer can freeze the task during the call, since a reader holds no lock. */
long enable_freezable(void)
{
	return read_number(TEST "/ready");
}

bool status_is(const char *word)
{
	char text[32];

	return !read_word(TEST "/status", text, sizeof(text)) &&
	       !strcmp(text, word);
}

/* Wait for a status for up to a minute. */
bool status_becomes(const char *word)
{
	int tries = 600;

	while (!status_is(word) && tries--)
		usleep(100 * 1000);

	return status_is(word);
}

static int write_number(const char *path, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);

	return write_file(path, text);
}

/* The request of the test module */

int request_async(void)
{
	return write_number(TEST "/async", 1);
}

int request_async_copy(void)
{
	return write_number(TEST "/async_copy", 1);
}

int request_subscribe(void)
{
	return write_number(TEST "/subscribe", 1);
}

int request_wait(void)
{
	return write_number(TEST "/wait", 1);
}

int request_cancel(void)
{
	return write_number(TEST "/cancel", 1);
}

long request_callbacks(void)
{
	return read_number(TEST "/callbacks");
}

/* A callback may run after tdx_enable() has returned: wait for up to a minute. */
long request_callbacks_reach(long wanted)
{
	int tries = 600;

	while (request_callbacks() < wanted && tries--)
		usleep(100 * 1000);

	return request_callbacks();
}

long request_result(void)
{
	return read_number(TEST "/result");
}

long metadata_max_tdmrs(void)
{
	return read_number(TEST "/metadata");
}

static int time_calls(const char *path, unsigned int nr, struct latency *latency)
{
	int ret = write_number(path, nr);

	latency->median_ns = read_number(TEST "/median_ns");
	latency->max_ns = read_number(TEST "/max_ns");

	return ret;
}

int time_requests(unsigned int nr, struct latency *latency)
{
	return time_calls(TEST "/latency", nr, latency);
}

int time_queue_work(unsigned int nr, struct latency *latency)
{
	return time_calls(TEST "/latency_floor", nr, latency);
}

int request_mixed(unsigned int threads)
{
	return write_number(TEST "/mixed", threads);
}

/* /sys/kernel/tdx */

bool sysfs_present(void)
{
	return !access(SYSFS, F_OK);
}

int sysfs_enable(const char *text)
{
	return write_file(SYSFS "/enable", text);
}

bool sysfs_status_is(const char *word)
{
	char text[32];

	return !read_word(SYSFS "/status", text, sizeof(text)) &&
	       !strcmp(text, word);
}

int sysfs_progress(unsigned long long *done, unsigned long long *total)
{
	char text[64], end;
	int ret;

	ret = read_word(SYSFS "/progress", text, sizeof(text));
	if (ret)
		return ret;

	return sscanf(text, "%llu %llu%c", done, total, &end) == 2 ? 0 : -EPROTO;
}

/* @line is empty if there is no error. */
int sysfs_error(char *line, size_t size)
{
	int ret = read_word(SYSFS "/error", line, size);

	if (ret == -ENODATA) {
		line[0] = '\0';
		return 0;
	}

	return ret;
}

/* Poll the status until no initialization runs. */
int sysfs_wait(int timeout_ms)
{
	struct pollfd status = { .events = POLLPRI };
	char text[32];
	ssize_t n;
	int ret = 0;

	status.fd = open(SYSFS "/status", O_RDONLY);
	if (status.fd < 0)
		return -errno;

	for (;;) {
		n = pread(status.fd, text, sizeof(text), 0);
		if (n < 0 || strncmp(text, "initializing\n", n))
			break;
		if (poll(&status, 1, timeout_ms) != 1) {
			ret = -ETIMEDOUT;
			break;
		}
	}
	close(status.fd);

	return ret;
}

/* Linux */

bool tdx_host_present(void)
{
	return !access("/sys/module/tdx_host", F_OK);
}

int tdx_host_load(void)
{
	return modprobe("tdx-host", NULL);
}

int tdx_host_unload(void)
{
	return unload("tdx_host");
}

long online_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN);
}

long packages(void)
{
	bool seen[MAX_PACKAGES] = {};
	long id, found = 0;
	glob_t cpus;
	size_t i;

	if (glob(CPUS "/cpu[0-9]*/topology/physical_package_id", 0, NULL, &cpus))
		return -1;

	for (i = 0; i < cpus.gl_pathc; i++) {
		id = read_number(cpus.gl_pathv[i]);
		if (id < 0 || id >= MAX_PACKAGES) {
			found = -1;
			break;
		}
		found += !seen[id];
		seen[id] = true;
	}
	globfree(&cpus);

	return found;
}

static long package_of(long cpu)
{
	char path[96];

	snprintf(path, sizeof(path), CPUS "/cpu%ld/topology/physical_package_id",
		 cpu);

	return read_number(path);
}

/* Return a CPU that can go offline and whose package has another one, or -1. */
long spare_cpu(void)
{
	long cpu = online_cpus() - 1;
	char path[64];

	snprintf(path, sizeof(path), CPUS "/cpu%ld/online", cpu);
	if (access(path, W_OK) || package_of(cpu) != package_of(cpu - 1))
		return -1;

	return cpu;
}

int cpu_set_online(long cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), CPUS "/cpu%ld/online", cpu);

	return write_file(path, online ? "1" : "0");
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
	glob_t caches;
	size_t i;

	/* If this fails, the count is less exact. */
	if (glob("/sys/kernel/slab/*/shrink", 0, NULL, &caches))
		return;

	for (i = 0; i < caches.gl_pathc; i++)
		write_file(caches.gl_pathv[i], "1");
	globfree(&caches);
}

static bool kernel_has(const char *symbol)
{
	FILE *file = fopen("/proc/kallsyms", "r");
	char line[512], name[256];
	bool found = false;

	if (!file)
		return false;

	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %*s %255s", name) == 1 &&
			!strcmp(name, symbol);
	fclose(file);

	return found;
}

/* KASAN keeps up to this number of freed pages to find use after free. */
long quarantined_pages(void)
{
	return kernel_has("kasan_quarantine_put") ? sysconf(_SC_PHYS_PAGES) / 32 : 0;
}
