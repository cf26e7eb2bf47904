// SPDX-License-Identifier: GPL-2.0-only
/* The emulated TDX module, through its files in debugfs. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "machine.h"

#define EMULATOR	"/sys/kernel/debug/tdx_emulator"
#define FAULTS		EMULATOR "/fail_seamcall"

bool emulator_present(void)
{
	return !access(EMULATOR, F_OK);
}

/* -EOPNOTSUPP: the kernel has no reset; -EBUSY: retry until callbacks have returned. */
int emulator_reset(void)
{
	int tries = 100;
	int ret;

	if (access(EMULATOR "/reset", F_OK))
		return -EOPNOTSUPP;

	do {
		ret = write_file(EMULATOR "/reset", "1");
	} while (ret == -EBUSY && tries-- && !usleep(100 * 1000));

	return ret;
}

int emulator_inject(unsigned int leaf, unsigned long long status,
		    unsigned int skip, unsigned int count)
{
	char text[64];

	snprintf(text, sizeof(text), "%u 0x%llx %u %u", leaf, status,
		 skip, count);

	return write_file(EMULATOR "/inject", text);
}

int emulator_inject_nothing(void)
{
	return write_file(EMULATOR "/inject", "clear");
}

/* Multiply the time of calls by @factor, until the next change. */
int emulator_dilate(unsigned int factor)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", factor);

	return write_file(EMULATOR "/dilation", text);
}

/* Return the number of calls of @leaf, or of all leaves if it is negative. */
static long count_calls(int leaf)
{
	FILE *file = fopen(EMULATOR "/calls", "r");
	char line[128];
	int slot, fields;
	long calls, sum = 0;

	if (!file)
		return -1;

	while (sum >= 0 && fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		fields = sscanf(line, "%d %*s %ld", &slot, &calls);
		if (fields != 2)
			sum = -1;
		else if (leaf < 0 || leaf == slot)
			sum += calls;
	}
	fclose(file);

	return sum;
}

long calls_of(unsigned int leaf)
{
	return count_calls(leaf);
}

long all_calls(void)
{
	return count_calls(-1);
}

int leaves_called(struct leaf *leaves, size_t room)
{
	FILE *file = fopen(EMULATOR "/calls", "r");
	char line[128];
	size_t n = 0;

	if (!file)
		return -errno;

	while (n < room && fgets(line, sizeof(line), file)) {
		if (line[0] == '#')
			continue;
		if (sscanf(line, "%u %31s %ld", &leaves[n].nr, leaves[n].name,
			   &leaves[n].calls) != 3)
			break;
		n++;
	}
	fclose(file);

	return n;
}

/* Return the number of reports.  @rule gets the name of a broken rule. */
long audit_reports(char *rule, size_t size)
{
	FILE *file = fopen(EMULATOR "/audit", "r");
	char line[128], name[64];
	int rules = 0;
	long reports, sum = 0;

	if (!file)
		return -1;

	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %ld", name, &reports) != 2)
			break;
		rules++;
		sum += reports;
		if (reports)
			snprintf(rule, size, "%s", name);
	}
	fclose(file);

	return rules ? sum : -1;
}

/* The kernel's fault injection */

bool faults_present(void)
{
	return !access(FAULTS, F_OK);
}

static int write_fault(const char *name, const char *format, long long value)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), FAULTS "/%s", name);
	snprintf(text, sizeof(text), format, value);

	return write_file(path, text);
}

/* Skip @skip calls of @leaf, then answer @times calls by @status; -1: all calls. */
int fail_seamcalls(unsigned int leaf, unsigned long long status,
		   unsigned int skip, int times)
{
	if (write_fault("leaf", "0x%llx", leaf) ||
	    write_fault("status", "0x%llx", status) ||
	    /* The kernel lets calls through while this is above 1. */
	    write_fault("space", "%lld", skip + 1) ||
	    write_fault("times", "%lld", times) ||
	    write_fault("interval", "%lld", 1) ||
	    write_fault("verbose", "%lld", 0))
		return -EIO;

	return write_fault("probability", "%lld", 100);
}

int fail_no_seamcalls(void)
{
	return write_fault("probability", "%lld", 0);
}
