// SPDX-License-Identifier: GPL-2.0-only
/*
 * tdxctl plan: show the cost of TDX on a machine.  The planner chooses the TDMRs.
 * The command prints figures for each node, as a table or JSON, and their basis.
 */
#include "layout.h"
#include "tdxctl.h"

/* A call of TDH.SYS.TDMR.INIT initializes 4 MiB. */
#define CALLS_PER_GIB	256

/* Figures of a node, or of the machine. */
struct figures {
	u64 memory;		/* bytes */
	u64 pamt;		/* bytes for the PAMTs of its TDMRs */
	u32 gib;		/* covered by its TDMRs */
	unsigned int tdmrs;
	unsigned int cpus;	/* online and not isolated; 0 if unknown */
	unsigned int workers;	/* CPUs that initialize its TDMRs in parallel */
};

struct plan {
	const struct options *o;
	const char *source;	/* a file, TDXCTL_ROOT, or NULL for this machine */
	struct description d;
	struct tdmr_layout layout;
	u32 makespan;
	struct figures nodes[DESCRIPTION_MAX_NODES];
	struct figures total;
};

static void figure_nodes(struct plan *p)
{
	const struct tdmr_host *host = &p->d.host;
	struct figures *total = &p->total, *node;
	unsigned int i;

	for (i = 0; i < host->nr_ranges; i++) {
		node = &p->nodes[host->ranges[i].node];
		node->memory += host->ranges[i].end - host->ranges[i].start;
	}
	for (i = 0; i < p->layout.nr_tdmrs; i++) {
		const struct tdmr *tdmr = &p->layout.tdmrs[i];

		node = &p->nodes[tdmr->node];
		node->tdmrs++;
		node->gib += tdmr->size / SZ_1G;
		node->pamt += tdmr_pamt_bytes(tdmr);
	}

	for (i = 0; i < DESCRIPTION_MAX_NODES; i++) {
		node = &p->nodes[i];
		node->cpus = p->d.lanes_given[i] ? p->d.nodes[i].cpus : 0;
		node->workers = min(node->tdmrs, max(p->d.nodes[p->d.nodes[i].home].cpus, 1U));

		total->memory += node->memory;
		total->pamt += node->pamt;
		total->gib += node->gib;
		total->tdmrs += node->tdmrs;
		total->cpus += node->cpus;
		total->workers += node->workers;
	}
}

static bool is_shown(const struct plan *p, int node)
{
	return p->nodes[node].memory || p->nodes[node].cpus;
}

static double plan_ms(const struct plan *p, u32 gib)
{
	return (double)gib * CALLS_PER_GIB * p->o->call_ns / 1e6;
}

/* JSON.  The manual page documents the keys. */

static void add_u64(struct json_object *object, const char *key, u64 value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

static struct json_object *figures_json(const struct plan *p, const struct figures *f, int node)
{
	struct json_object *object = json_object_new_object();

	if (node >= 0) {
		add_u64(object, "node", node);
		add_u64(object, "home", p->d.nodes[node].home);
	}
	add_u64(object, "memory_bytes", f->memory);
	add_u64(object, "covered_gib", f->gib);
	add_u64(object, "tdmrs", f->tdmrs);
	add_u64(object, "cpus", f->cpus);
	add_u64(object, "workers", f->workers);
	add_u64(object, "pamt_bytes", f->pamt);

	return object;
}

static void print_plan_json(const struct plan *p)
{
	static const char *const sources[] = {
		[MEMORY_FROM_FILE] = "file",
		[MEMORY_FROM_IOMEM] = "iomem",
		[MEMORY_FROM_BLOCKS] = "blocks",
	};
	struct json_object *object = json_object_new_object();
	struct json_object *total = figures_json(p, &p->total, -1);
	struct json_object *limits = json_object_new_object(), *nodes = json_object_new_array();
	unsigned int i;

	json_object_object_add(object, "source",
			       p->source ? json_object_new_string(p->source) : NULL);
	json_object_object_add(object, "memory_from",
			       json_object_new_string(sources[p->d.memory_from]));
	add_u64(object, "call_ns", p->o->call_ns);
	add_u64(limits, "max_tdmrs", p->d.host.limits.max_tdmrs);
	add_u64(limits, "max_reserved", p->d.host.limits.max_reserved);
	json_object_object_add(object, "limits", limits);
	for (i = 0; i < DESCRIPTION_MAX_NODES; i++) {
		if (is_shown(p, i))
			json_object_array_add(nodes, figures_json(p, &p->nodes[i], i));
	}
	json_object_object_add(object, "nodes", nodes);
	add_u64(total, "makespan_gib", p->makespan);
	add_u64(total, "time_ns", plan_ms(p, p->makespan) * 1e6);
	add_u64(total, "serial_time_ns", plan_ms(p, p->total.gib) * 1e6);
	json_object_object_add(object, "total", total);
	print_json(object, JSON_C_TO_STRING_PRETTY);
}

/* The table */

/* Prints the figures of a node, or of the machine if @node is negative. */
static void print_figures(const struct plan *p, const struct figures *f, int node)
{
	char name[16] = "All", cpus[16] = "?";

	if (node >= 0)
		snprintf(name, sizeof(name), "%d", node);
	if (node < 0 || p->d.lanes_given[node])
		snprintf(cpus, sizeof(cpus), "%u", f->cpus);
	if (node >= 0 && p->d.nodes[node].home != node)
		snprintf(cpus, sizeof(cpus), "of %d", p->d.nodes[node].home);
	printf("%5s %9.1f GiB %7u GiB %6u %6s %8u %8.1f MiB\n", name, (double)f->memory / SZ_1G,
	       f->gib, f->tdmrs, cpus, f->workers, (double)f->pamt / SZ_1M);
}

static void print_plan(const struct plan *p)
{
	unsigned int shown = 0;
	int i;

	printf("Cost of TDX on %s\n\n", p->source ?: "this machine");
	printf("%5s %13s %11s %6s %6s %8s %12s\n", "Node", "Memory", "Covered", "TDMRs", "CPUs",
	       "workers", "PAMT");
	for (i = 0; i < DESCRIPTION_MAX_NODES; i++) {
		if (!is_shown(p, i))
			continue;
		print_figures(p, &p->nodes[i], i);
		shown++;
	}
	if (shown > 1)
		print_figures(p, &p->total, -1);

	printf("\nPAMT: %.1f MiB, %.2f %% of memory\n", (double)p->total.pamt / SZ_1M,
	       100.0 * p->total.pamt / p->total.memory);
	printf("TDMR.INIT calls: %.2f ms, %.1f times as fast as on one CPU (%.0f ms)\n",
	       plan_ms(p, p->makespan), (double)p->total.gib / p->makespan,
	       plan_ms(p, p->total.gib));

	if (p->d.memory_from != MEMORY_FROM_FILE)
		puts("\nThe CMRs are guessed from the memory map: only a TDX module reports them.");
	printf("\nThe prediction assumes %.10g us per call and covers only these calls.  In logs\n"
	       "of kernels up to 7.3, the whole serial initialization takes 2.4 to 4.3 ms per\n"
	       "GiB, here %.3g to %.3g s.  PAMTs account for a quarter to a half of that.\n",
	       p->o->call_ns / 1e3, p->total.gib * 2.4 / 1000, p->total.gib * 4.3 / 1000);
}

static int read_machine(struct plan *p)
{
	FILE *stream;
	int ret;

	if (!p->o->file) {
		p->source = getenv("TDXCTL_ROOT");
		return host_describe(&p->d);
	}

	stream = open_input(p->o->file, &p->source);
	if (!stream)
		return -ENOENT;
	ret = description_read(&p->d, stream, p->source);
	fclose(stream);

	return ret;
}

static int make_plan(struct plan *p)
{
	char words[256];
	int ret;

	ret = layout_make(&p->layout, &p->d.host);
	if (ret) {
		layout_trouble(&p->layout, &p->d.host, words, sizeof(words));
		warnx("%s: no layout: %s", p->source ?: "this machine", words);
		return ret;
	}
	figure_nodes(p);
	p->makespan = layout_makespan(&p->d.host, &p->layout);
	if (p->o->json)
		print_plan_json(p);
	else
		print_plan(p);

	return 0;
}

int command_plan(const struct options *o)
{
	static struct plan p;
	int ret;

	p.o = o;
	description_init(&p.d);
	ret = read_machine(&p);
	if (!ret && o->describe)
		description_write(&p.d, stdout);
	else if (!ret)
		ret = make_plan(&p);
	description_free(&p.d);

	return ret ? STATUS_FAILED : STATUS_OK;
}
