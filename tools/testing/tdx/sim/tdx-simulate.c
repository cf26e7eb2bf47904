// SPDX-License-Identifier: GPL-2.0-only
/*
 * Simulate the initialization of TDX on a described host.
 *
 *   tdx-simulate [OPTION]... < DESCRIPTION
 *
 * Descriptions are those that "tdxctl plan" reads.  The planner, the pieces of PAMT
 * memory, the order of lanes and the engine, kernel/lanework.c, are the kernel's code.
 * Simulated are CPUs, workers, locks and time:
 *
 *   --call-ns N	a TDH.SYS.TDMR.INIT call takes N ns (7000)
 *   --alloc-ns N	an allocation holds a global lock for N ns (0)
 *   --block-ns N	and the lock of its zone for N ns for each pageblock (0)
 *   --zero-ns N	a CPU prepares a page, which includes to zero it, in N ns (0)
 *   --worker-ns N	the kernel creates a worker in N ns, one after another (0)
 *   --gb-per-s N	lanes write at most N GB/s to the memory of a node (any amount)
 *
 * The program prints the TDMRs with their PAMTs and reserved areas, and the GiB that the
 * busiest CPU works on.  Then it prints times: of one CPU that does all (serial), and of
 * the lanes, for PAMT memory and for the calls.  For the calls it also prints what the
 * planner has planned, and a lower bound of all plans.  The model of the TDX module must
 * accept the layout.
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

/* A piece of PAMT memory. */
struct sim_piece {
	struct lane lane;
	u64 bytes;
	int node;
};

static unsigned int sim_cpus[DESCRIPTION_MAX_NODES];
static struct cpus_options sim_options = { .cpus = sim_cpus };
static double sim_call_ns = 7000;
static double sim_bytes_per_call;
static double sim_alloc_ns;
static double sim_block_ns;
static double sim_zero_ns;
static struct cpus_lock sim_alloc_lock;
static struct cpus_lock sim_zone_locks[DESCRIPTION_MAX_NODES];

static int sim_take_piece(struct lane *lane)
{
	struct sim_piece *piece = container_of(lane, struct sim_piece, lane);

	cpus_hold(&sim_alloc_lock, sim_alloc_ns);
	cpus_hold(&sim_zone_locks[piece->node], piece->bytes / SZ_2M * sim_block_ns);
	cpus_work(piece->node, piece->bytes / SZ_4K * sim_zero_ns, piece->bytes);

	return LANE_DONE;
}

static void sim_add_pieces(struct lanework *job, struct sim_piece *piece,
			   const struct tdmr_layout *layout, const struct tdmr_host *host)
{
	const struct tdmr_row *row;
	unsigned int i, nr;

	for (row = layout->rows; row < layout->rows + layout->nr_rows; row++) {
		nr = tdmr_row_pieces(row);
		for (i = 0; i < nr; i++, piece++) {
			piece->bytes = tdmr_row_cut(host, row, nr, i + 1) -
				       tdmr_row_cut(host, row, nr, i);
			piece->node = row->node;
			lanework_add(job, &piece->lane, host->nodes[row->node].home);
		}
	}
}

static int sim_make_call(struct lane *lane)
{
	struct sim_lane *tl = container_of(lane, struct sim_lane, lane);

	cpus_work(tl->memory_node, sim_call_ns, sim_bytes_per_call);

	return --tl->calls ? LANE_MORE : LANE_DONE;
}

static void sim_add_lanes(struct lanework *job, struct sim_lane *lanes,
			  const struct tdmr_layout *layout, const struct tdmr_host *host)
{
	unsigned int order[TDMR_MAX];
	unsigned int i;

	tdmr_order(layout, order);

	for (i = 0; i < layout->nr_tdmrs; i++) {
		const struct tdmr *tdmr = &layout->tdmrs[order[i]];

		lanes[i].calls = tdmr->size / SZ_1G * SIM_CALLS_PER_GIB;
		lanes[i].memory_node = tdmr->node;
		lanework_add(job, &lanes[i].lane, host->nodes[tdmr->node].home);
	}
}

/* Returns the ns that all lanes take. */
static double sim_run_job(struct lanework *job)
{
	double begin = cpus_now();
	int ret;

	ret = lanework_run(job);
	if (ret)
		errx(1, "the lanes fail: %s", strerror(-ret));

	return cpus_now() - begin;
}

static double sim_take_pieces(const struct tdmr_layout *layout, const struct tdmr_host *host)
{
	static struct sim_piece pieces[TDMR_MAX * TDMR_ROW_PIECES];
	struct lanework job;

	lanework_init(&job, "tdx_pamt", sim_take_piece);
	sim_add_pieces(&job, pieces, layout, host);

	return sim_run_job(&job);
}

static double sim_run_lanes(const struct tdmr_layout *layout, const struct tdmr_host *host)
{
	static struct sim_lane lanes[TDMR_MAX];
	struct lanework job;

	lanework_init(&job, "tdx_tdmr_init", sim_make_call);
	sim_add_lanes(&job, lanes, layout, host);

	return sim_run_job(&job);
}

/* Upstream's allocations are too few to count. */
static double sim_serial_pamt_ns(const struct tdmr_layout *layout)
{
	double ns = 0;
	unsigned int i;

	for (i = 0; i < layout->nr_rows; i++)
		ns += layout->rows[i].size / SZ_4K * sim_zero_ns +
		      layout->rows[i].size / SZ_2M * sim_block_ns;

	return ns;
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
			     double pamt_ns, double ns)
{
	u32 makespan = layout_makespan(host, layout);
	/* A TDMR of several nodes may be faster than the bound. */
	u32 best = min(makespan, judge_best(host));
	unsigned int i;

	for (i = 0; i < layout->nr_tdmrs; i++)
		sim_print_tdmr(layout, &layout->tdmrs[i]);
	printf("makespan GiB=%u best=%u\n", makespan, best);
	printf("serial-PAMT %.3f ms\nPAMT %.3f ms\n", sim_serial_pamt_ns(layout) / 1e6,
	       pamt_ns / 1e6);
	printf("serial %.3f ms\nTDMRs %.3f ms\nplanned %.3f ms\nbound %.3f ms\n",
	       sim_gib_of_node(layout, -1) * SIM_CALLS_PER_GIB * sim_call_ns / 1e6, ns / 1e6,
	       sim_time_of_plan(host, layout, makespan) / 1e6,
	       sim_time_of_plan(host, layout, best) / 1e6);
}

static void sim_run_layout(const struct tdmr_host *host, const struct tdmr_layout *layout)
{
	double pamt_ns, ns;
	unsigned int node;

	for (node = 0; node < host->nr_nodes; node++)
		sim_cpus[node] = host->nodes[node].home == (int)node ?
				 max(host->nodes[node].cpus, 1U) : 0;
	sim_bytes_per_call = SIM_PAGES_PER_CALL * (double)host->limits.entry_size[TDMR_4K];

	sim_options.nr_nodes = host->nr_nodes;
	cpus_init(&sim_options);
	pamt_ns = sim_take_pieces(layout, host);
	ns = sim_run_lanes(layout, host);
	sim_print_layout(host, layout, pamt_ns, ns);
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
	fputs("usage: tdx-simulate [--call-ns N] [--alloc-ns N] [--block-ns N] [--zero-ns N]\n"
	      "                    [--worker-ns N] [--gb-per-s N] < DESCRIPTION\n", stderr);
	return 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "call-ns", required_argument, NULL, 0 },
		{ "gb-per-s", required_argument, NULL, 1 },
		{ "worker-ns", required_argument, NULL, 2 },
		{ "alloc-ns", required_argument, NULL, 3 },
		{ "block-ns", required_argument, NULL, 4 },
		{ "zero-ns", required_argument, NULL, 5 },
		{}
	};
	double *const numbers[] = {
		&sim_call_ns, &sim_options.bytes_per_ns, &sim_options.worker_ns,
		&sim_alloc_ns, &sim_block_ns, &sim_zero_ns,
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
	if (description_read(&d, stdin, "standard input")) {
		warnx("%s", d.error);
		return 1;
	}
	sim_run_host(&d.host);
	description_free(&d);

	return 0;
}
