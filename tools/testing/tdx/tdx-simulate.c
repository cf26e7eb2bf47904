// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long the TDMRs of a machine take, without the machine.
 *
 *   tdx-simulate [--call-ns N] [--gb-per-s N] [--worker-ns N] [--trace] < DESCRIPTION
 *
 * Descriptions are those that "tdxctl plan" reads.  The planner is the kernel's,
 * and so are the order of lanes and the engine, kernel/lanework.c, compiled
 * unchanged; what stands in is below them: CPUs, workers, and time.  A step is a
 * call of TDH.SYS.TDMR.INIT of N ns (7000), or longer where the lanes of a node
 * write more PAMT than its memory takes, N GB in a second (any amount).  Workers
 * are created one after another, and take N ns each (none).
 *
 * Prints the time of one lane after another, of the lanes, and the bound: what
 * the busiest CPU has to do with the best TDMRs, or memory has to take.  With
 * --trace only what "tdxctl timeline" draws.
 *
 * Exit 0, or 1 with one line on standard error.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/lanework.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "best.h"
#include "describe.h"
#include "layout.h"
#include "sim/cpus.h"

#define CALLS_PER_GIB	256
#define PAGES_PER_CALL	1024
/* The tick of most kernels: what a task has at least before another's turn. */
#define SLICE_NS	4e6

/* Of the machine; 0 for none. */
struct limits {
	double bytes_per_ns;
	double worker_ns;
};

struct tdmr_lane {
	struct lane lane;
	u64 calls;
	int memory_node;
};

static double call_ns = 7000;
static double bytes_per_call;

static int make_call(struct lane *lane)
{
	struct tdmr_lane *tl = container_of(lane, struct tdmr_lane, lane);

	cpus_work(tl->memory_node, call_ns, bytes_per_call);

	return --tl->calls ? LANE_MORE : LANE_DONE;
}

static int add_lanes(struct lanework *job, struct tdmr_lane *lanes,
		     const struct tdmr_layout *layout, const struct description *d)
{
	unsigned int order[TDMR_MAX_PLANS];
	unsigned int i;
	int ret = 0;

	tdmr_layout_order(layout, order);

	for (i = 0; i < layout->nr_plans && !ret; i++) {
		const struct tdmr_plan *plan = &layout->plans[order[i]];

		lanes[i].calls = plan->size / SZ_1G * CALLS_PER_GIB;
		lanes[i].memory_node = plan->node;
		ret = lanework_add(job, &lanes[i].lane, d->home[plan->node]);
	}

	return ret;
}

/* Returns the ns that all lanes take, or a negative errno. */
static double run_lanes(const struct tdmr_layout *layout, const struct description *d)
{
	static struct tdmr_lane lanes[TDMR_MAX_PLANS];
	struct lanework job;
	int ret;

	ret = lanework_init(&job, "tdx_tdmr_init", make_call);
	if (!ret)
		ret = add_lanes(&job, lanes, layout, d);
	if (!ret)
		ret = lanework_start(&job);
	if (!ret)
		ret = lanework_wait(&job);
	lanework_free(&job);

	return ret ?: cpus_now();
}

static u64 gib_of(const struct tdmr_layout *layout, int node)
{
	unsigned int i;
	u64 gib = 0;

	for (i = 0; i < layout->nr_plans; i++) {
		if (node < 0 || layout->plans[i].node == node)
			gib += layout->plans[i].size / SZ_1G;
	}

	return gib;
}

/* What lanes of that makespan take, or what memory takes. */
static double time_of(const struct tdmr_layout *layout, u32 makespan,
		      double bytes_per_ns)
{
	double least = makespan * CALLS_PER_GIB * call_ns;
	double memory;
	int node;

	for (node = 0; bytes_per_ns && node < TDMR_MAX_NODES; node++) {
		memory = gib_of(layout, node) * CALLS_PER_GIB * bytes_per_call /
			 bytes_per_ns;
		least = max(least, memory);
	}

	return least;
}

static void print(struct tdmr_layout *layout, double bytes_per_ns, double ns)
{
	printf("serial %.3f ms\nTDMRs %.3f ms\nplanned %.3f ms\nbound %.3f ms\nlanes %u\n",
	       gib_of(layout, -1) * CALLS_PER_GIB * call_ns / 1e6, ns / 1e6,
	       time_of(layout, layout->makespan, bytes_per_ns) / 1e6,
	       time_of(layout, layout_best(layout), bytes_per_ns) / 1e6,
	       layout->nr_plans);
}

static int simulate(const struct description *d, struct tdmr_layout *layout,
		    const struct limits *limits, bool trace)
{
	unsigned int cpus[TDMR_MAX_NODES];
	struct cpus_options options = {
		.nr_nodes = TDMR_MAX_NODES, .cpus = cpus, .slice_ns = SLICE_NS,
		.bytes_per_ns = limits->bytes_per_ns, .worker_ns = limits->worker_ns,
		.trace = trace,
	};
	unsigned int node;
	double ns;

	/* As the planner has it: where no CPUs are known there is one. */
	for (node = 0; node < TDMR_MAX_NODES; node++)
		cpus[node] = d->home[node] == (int)node ? max(d->lanes[node], 1U) : 0;
	bytes_per_call = PAGES_PER_CALL * (double)d->limits.entry_size[TDMR_4K];

	cpus_init(&options);
	ns = run_lanes(layout, d);
	cpus_free();
	if (ns < 0) {
		fprintf(stderr, "the lanes fail: %s\n", strerror(-ns));
		return 1;
	}

	if (!trace)
		print(layout, limits->bytes_per_ns, ns);
	return 0;
}

static int run(const struct description *d, const struct limits *limits, bool trace)
{
	struct tdmr_layout layout;
	char words[256];
	int ret;

	ret = layout_make(&layout, d);
	if (ret) {
		layout_trouble(&layout, d, words, sizeof(words));
		fprintf(stderr, "%s\n", words);
		ret = 1;
	} else {
		ret = simulate(d, &layout, limits, trace);
	}

	layout_free(&layout);
	return ret;
}

static double number(const char *word)
{
	char *end;
	double value = strtod(word, &end);

	return *end || end == word || !(value > 0 && value < 1e12) ? -1 : value;
}

static int misused(void)
{
	static const char usage[] =
		"usage: tdx-simulate [--call-ns N] [--gb-per-s N] [--worker-ns N] [--trace]\n"
		"       < DESCRIPTION\n";

	fputs(usage, stderr);
	return 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "call-ns", required_argument, NULL, 'c' },
		{ "gb-per-s", required_argument, NULL, 'g' },
		{ "worker-ns", required_argument, NULL, 'w' },
		{ "trace", no_argument, NULL, 't' },
		{}
	};
	struct limits limits = {};
	struct description d;
	bool trace = false;
	int option, ret = 1;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case 'c':
			call_ns = number(optarg);
			break;
		case 'g':
			limits.bytes_per_ns = number(optarg);
			break;
		case 'w':
			limits.worker_ns = number(optarg);
			break;
		case 't':
			trace = true;
			break;
		default:
			return misused();
		}
	}
	if (optind < argc || call_ns < 0 || limits.bytes_per_ns < 0 ||
	    limits.worker_ns < 0)
		return misused();

	description_init(&d);
	if (!description_read(&d, stdin, "standard input"))
		ret = run(&d, &limits, trace);
	description_free(&d);

	return ret;
}
