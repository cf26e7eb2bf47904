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

int leaves_called(struct leaf leaves[MAX_LEAVES])
{
	FILE *file = fopen(EMULATOR "/calls", "r");
	struct leaf *leaf = leaves;
	char line[128];

	if (!file)
		return -errno;

	while (leaf < leaves + MAX_LEAVES && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%u %31s %ld", &leaf->nr, leaf->name, &leaf->calls) == 3)
			leaf++;
	}
	fclose(file);

	return leaf - leaves;
}

/* Return the number of calls of @leaf, or of all leaves if it is negative. */
static long count_calls(int leaf)
{
	struct leaf leaves[MAX_LEAVES];
	int i, nr = leaves_called(leaves);
	long sum = 0;

	for (i = 0; i < nr; i++) {
		if (leaf < 0 || leaf == leaves[i].nr)
			sum += leaves[i].calls;
	}

	return nr < 0 ? nr : sum;
}

long calls_of(unsigned int leaf)
{
	return count_calls(leaf);
}

long all_calls(void)
{
	return count_calls(-1);
}

/* Return a line of the audit that reports an error; "" if there is none. */
const char *audit_report(void)
{
	static char line[128];
	FILE *file = fopen(EMULATOR "/audit", "r");
	long reports = -1;

	snprintf(line, sizeof(line), "no audit");
	while (file && reports <= 0 && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %ld", &reports) != 1)
			break;
	}
	if (file)
		fclose(file);

	return reports ? line : "";
}

/* The kernel's fault injection */

bool faults_present(void)
{
	return !access(FAULTS, F_OK);
}

static int write_fault(const char *name, unsigned long long value)
{
	char path[64], text[32];

	snprintf(path, sizeof(path), FAULTS "/%s", name);
	snprintf(text, sizeof(text), "0x%llx", value);

	return write_file(path, text);
}

/* Skip @skip calls of @leaf, then answer @times calls by @status. */
int fail_seamcalls(unsigned int leaf, unsigned long long status,
		   unsigned int skip, unsigned int times)
{
	if (write_fault("leaf", leaf) || write_fault("status", status) ||
	    /* The kernel lets calls through while this is above 1. */
	    write_fault("space", skip + 1) || write_fault("times", times) ||
	    write_fault("interval", 1) || write_fault("verbose", 0))
		return -EIO;

	return write_fault("probability", 100);
}

int fail_no_seamcalls(void)
{
	return write_fault("probability", 0);
}
