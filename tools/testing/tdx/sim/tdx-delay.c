// SPDX-License-Identifier: GPL-2.0-only
/*
 * How late is a task woken on a CPU?
 *
 *   tdx-delay CPU SECONDS
 *
 * Sleeps 10 ms at a time on that CPU, and prints how many times, and the
 * median, the 99th percentile and the longest of the delays, in us.
 */
#define _GNU_SOURCE
#include <err.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PERIOD_NS	10000000L
#define SECOND_NS	1000000000L
#define MAX_SAMPLES	100000

static long delays[MAX_SAMPLES];

static long since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - then->tv_sec) * SECOND_NS + now.tv_nsec - then->tv_nsec;
}

static long sleep_once(void)
{
	const struct timespec period = { .tv_nsec = PERIOD_NS };
	struct timespec start;

	clock_gettime(CLOCK_MONOTONIC, &start);
	nanosleep(&period, NULL);

	return (since(&start) - PERIOD_NS) / 1000;
}

static int ascending(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

int main(int argc, char **argv)
{
	struct timespec start;
	long seconds, nr = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: tdx-delay CPU SECONDS\n");
		return 2;
	}
	if (pin(atoi(argv[1])))
		err(1, "sched_setaffinity");

	seconds = atol(argv[2]);
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (!nr || (nr < MAX_SAMPLES && since(&start) < seconds * SECOND_NS))
		delays[nr++] = sleep_once();

	qsort(delays, nr, sizeof(*delays), ascending);
	printf("%ld p50 %ld p99 %ld max %ld\n", nr, delays[nr / 2],
	       delays[nr * 99 / 100], delays[nr - 1]);

	return 0;
}
