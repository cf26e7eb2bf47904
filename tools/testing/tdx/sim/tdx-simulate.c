// SPDX-License-Identifier: GPL-2.0-only
/*
 * The TDMRs of a machine, and how long they take, without the machine.
 *
 *   tdx-simulate [--call-ns N] [--gb-per-s N] [--worker-ns N] < DESCRIPTION
 *
 * Descriptions are those that "tdxctl plan" reads.  The planner is the kernel's,
 * and so are the order of lanes and the engine, kernel/lanework.c, compiled
 * unchanged.  What stands in is below them: CPUs, workers, and time.  A step is a
 * call of TDH.SYS.TDMR.INIT of N ns (7000), or longer where the lanes of a node
 * write more PAMT than its memory takes, N GB in a second (any amount).  Workers
 * are created one after another, and take N ns each (none).
 *
 * Prints the TDMRs with their PAMTs and reserved areas.  Then come the GiB that the
 * busiest CPU works on, and the times of one lane after another and of the lanes, each
 * beside a bound: what the busiest CPU has to do with the best TDMRs, or memory has to
 * take.  The model of the TDX module must accept the layout.
 *
 * Exit 0, or 1 with one line on standard error.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/lanework.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include "cpus.h"
#include "describe.h"
#include "judge.h"
#include "layout.h"

#define SIM_CALLS_PER_GIB	256
#define SIM_PAGES_PER_CALL	1024

struct sim_lane {
	struct lane lane;
	u64 calls;
	int memory_node;
};

static unsigned int sim_cpus[DESCRIPTION_MAX_NODES];
static struct cpus_options sim_options = { .cpus = sim_cpus };
static double sim_call_ns = 7000;
static double sim_bytes_per_call;

static int sim_make_call(struct lane *lane)
{
	struct sim_lane *tl = container_of(lane, struct sim_lane, lane);

	cpus_work(tl->memory_node, sim_call_ns, sim_bytes_per_call);

	return --tl->calls ? LANE_MORE : LANE_DONE;
}

static int sim_add_lanes(struct lanework *job, struct sim_lane *lanes,
			 const struct tdmr_layout *layout, const struct tdmr_host *host)
{
	unsigned int order[TDMR_MAX];
	unsigned int i;
	int ret = 0;

	tdmr_order(layout, order);

	for (i = 0; i < layout->nr_tdmrs && !ret; i++) {
		const struct tdmr *tdmr = &layout->tdmrs[order[i]];

		lanes[i].calls = tdmr->size / SZ_1G * SIM_CALLS_PER_GIB;
		lanes[i].memory_node = tdmr->node;
		ret = lanework_add(job, &lanes[i].lane, host->nodes[tdmr->node].home);
	}

	return ret;
}

/* Returns the ns that all lanes take, or a negative errno. */
static double sim_run_lanes(const struct tdmr_layout *layout, const struct tdmr_host *host)
{
	static struct sim_lane lanes[TDMR_MAX];
	struct lanework job;
	int ret;

	ret = lanework_init(&job, "tdx_tdmr_init", sim_make_call);
	if (!ret)
		ret = sim_add_lanes(&job, lanes, layout, host);
	if (!ret)
		ret = lanework_start(&job);
	if (!ret)
		ret = lanework_wait(&job);
	lanework_free(&job);

	return ret ?: cpus_now();
}

static u64 sim_gib_of_node(const struct tdmr_layout *layout, int node)
{
	unsigned int i;
	u64 gib = 0;

	for (i = 0; i < layout->nr_tdmrs; i++) {
		if (node < 0 || layout->tdmrs[i].node == node)
			gib += layout->tdmrs[i].size / SZ_1G;
	}

	return gib;
}

/* What lanes of that makespan take, or what memory takes. */
static double sim_time_of_plan(const struct tdmr_host *host, const struct tdmr_layout *layout,
			       u32 makespan)
{
	double least = makespan * SIM_CALLS_PER_GIB * sim_call_ns;
	double memory;
	unsigned int node;

	for (node = 0; sim_options.bytes_per_ns && node < host->nr_nodes; node++) {
		memory = sim_gib_of_node(layout, node) * SIM_CALLS_PER_GIB * sim_bytes_per_call /
			 sim_options.bytes_per_ns;
		least = max(least, memory);
	}

	return least;
}

static void sim_print_tdmr(const struct tdmr_layout *layout, const struct tdmr *tdmr)
{
	static const char *const names[TDMR_NR_LEVELS] = {
		[TDMR_1G] = "pamt1g", [TDMR_2M] = "pamt2m", [TDMR_4K] = "pamt4k",
	};
	struct tdmr_area area = {};
	int level;

	printf("tdmr 0x%llx 0x%llx node=%d\n", tdmr->base, tdmr->size, tdmr->node);
	for (level = TDMR_1G; level >= TDMR_4K; level--)
		printf("%s 0x%llx 0x%llx\n", names[level], tdmr->pamt[level].base,
		       tdmr->pamt[level].size);
	while (tdmr_next_area(layout, tdmr, &area))
		printf("rsvd 0x%llx 0x%llx\n", area.offset, area.size);
}

static void sim_print_layout(const struct tdmr_host *host, const struct tdmr_layout *layout,
			     double ns)
{
	u32 makespan = layout_makespan(host, layout);
	/* A TDMR of several nodes may be faster than the bound. */
	u32 best = min(makespan, judge_best(host));
	unsigned int i;

	for (i = 0; i < layout->nr_tdmrs; i++)
		sim_print_tdmr(layout, &layout->tdmrs[i]);
	printf("makespan GiB=%u best=%u\n", makespan, best);
	printf("serial %.3f ms\nTDMRs %.3f ms\nplanned %.3f ms\nbound %.3f ms\n",
	       sim_gib_of_node(layout, -1) * SIM_CALLS_PER_GIB * sim_call_ns / 1e6, ns / 1e6,
	       sim_time_of_plan(host, layout, makespan) / 1e6,
	       sim_time_of_plan(host, layout, best) / 1e6);
}

static void sim_run_layout(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	unsigned int node;
	double ns;

	for (node = 0; node < host->nr_nodes; node++)
		sim_cpus[node] = host->nodes[node].home == (int)node ?
				 max(host->nodes[node].cpus, 1U) : 0;
	sim_bytes_per_call = SIM_PAGES_PER_CALL * (double)host->limits.entry_size[TDMR_4K];

	sim_options.nr_nodes = host->nr_nodes;
	cpus_init(&sim_options);
	ns = sim_run_lanes(layout, host);
	if (ns < 0)
		errx(1, "the lanes fail: %s", strerror(-ns));
	sim_print_layout(host, layout, ns);
}

static void sim_run_host(const struct tdmr_host *host)
{
	static struct tdmr_layout layout;
	char words[256];

	if (layout_make(&layout, host)) {
		layout_trouble(&layout, host, words, sizeof(words));
		errx(1, "%s", words);
	}
	if (module_refuses(host, &layout))
		errx(1, "the model of the TDX module refuses the layout");
	sim_run_layout(host, &layout);
}

static bool sim_parse_number(const char *word, double *value)
{
	char *end;

	*value = strtod(word, &end);

	return !*end && end != word && *value > 0 && *value < 1e12;
}

static int sim_misused(void)
{
	fputs("usage: tdx-simulate [--call-ns N] [--gb-per-s N] [--worker-ns N] < DESCRIPTION\n",
	      stderr);
	return 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "call-ns", required_argument, NULL, 0 },
		{ "gb-per-s", required_argument, NULL, 1 },
		{ "worker-ns", required_argument, NULL, 2 },
		{}
	};
	double *const numbers[] = {
		&sim_call_ns, &sim_options.bytes_per_ns, &sim_options.worker_ns,
	};
	static struct description d;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == '?' || !sim_parse_number(optarg, numbers[option]))
			return sim_misused();
	}
	if (optind < argc)
		return sim_misused();

	description_init(&d);
	if (description_read(&d, stdin, "standard input"))
		return 1;
	sim_run_host(&d.host);
	description_free(&d);

	return 0;
}
