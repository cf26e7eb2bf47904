// SPDX-License-Identifier: GPL-2.0-only
/* tdxctl plan: show the cost of TDX on a machine, as text or JSON, and its basis. */
#include "layout.h"
#include "tdxctl.h"

/* A call of TDH.SYS.TDMR.INIT initializes 4 MiB. */
#define CALLS_PER_GIB	256

/* Logs of four hosts with 256 GiB to 2 TiB and kernels up to 7.3 fit 110 ms + 2.4 ms/GiB. */
#define OTHER_MS	110.0

/*
 * The speed of hosts.  In logs of kernels up to 7.3, PAMTs take 155 ms for each GiB on some
 * hosts and 330 ms on another, which is mostly the time to zero them.  An allocation is
 * estimated at 1 to 10 ms with hundreds of CPUs.
 */
enum {
	FROM,
	TO,
	NR_SPEEDS,
};

static const struct {
	double zero_ms;		/* a CPU allocates and zeroes a GiB */
	double alloc_ms;	/* an allocation under global locks of mm, whatever its size */
} speeds[] = {
	[FROM] = { 155, 1 },
	[TO] = { 330, 10 },
};

/* The parts of an initialization, in the order of the table. */
enum {
	ALL,
	PAMT,
	TDMR,
	OTHER,
	NR_PARTS,
};

static const struct {
	const char *key;
	const char *name;
} parts[] = {
	[ALL] = { "total_ns", "all" },
	[PAMT] = { "pamt_ns", "memory for PAMTs" },
	[TDMR] = { "tdmr_ns", "TDMR.INIT calls" },
	[OTHER] = { "other_ns", "CPUs, caches, keys" },
};

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
	/* The predicted ms if lanes work in parallel, and if one CPU does all work. */
	double ours[NR_SPEEDS][NR_PARTS];
	double upstream[NR_SPEEDS][NR_PARTS];
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

static void set_times(double ms[NR_PARTS], double pamt, double tdmr)
{
	ms[PAMT] = pamt;
	ms[TDMR] = tdmr;
	ms[OTHER] = OTHER_MS;
	ms[ALL] = pamt + tdmr + OTHER_MS;
}

/*
 * Allocations wait for each other.  The prediction adds up their time and that of the
 * busiest CPU, although these overlap in part.  For upstream, it leaves out the time of
 * its few allocations.
 */
static void predict(struct plan *p)
{
	double gib_ms = CALLS_PER_GIB * p->o->call_ns / 1e6;
	unsigned int pieces;
	u64 busiest;
	int i;

	p->makespan = layout_makespan(&p->d.host, &p->layout);
	busiest = layout_busiest_pamt(&p->d.host, &p->layout, &pieces);
	for (i = 0; i < NR_SPEEDS; i++) {
		double zero_ms = speeds[i].zero_ms / SZ_1G;

		set_times(p->ours[i], busiest * zero_ms + pieces * speeds[i].alloc_ms,
			  p->makespan * gib_ms);
		set_times(p->upstream[i], p->total.pamt * zero_ms, p->total.gib * gib_ms);
	}
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

static struct json_object *times_json(const double times[NR_SPEEDS][NR_PARTS])
{
	static const char *const keys[] = { [FROM] = "from", [TO] = "to" };
	struct json_object *object = json_object_new_object(), *span;
	int speed, part;

	for (speed = 0; speed < NR_SPEEDS; speed++) {
		span = json_object_new_object();
		for (part = 0; part < NR_PARTS; part++)
			add_u64(span, parts[part].key, times[speed][part] * 1e6);
		json_object_object_add(object, keys[speed], span);
	}

	return object;
}

static struct json_object *make_json(const struct plan *p)
{
	static const char *const sources[] = {
		[MEMORY_FROM_FILE] = "file",
		[MEMORY_FROM_IOMEM] = "iomem",
		[MEMORY_FROM_BLOCKS] = "blocks",
	};
	struct json_object *object = new_json();
	struct json_object *total = figures_json(p, &p->total, -1);
	struct json_object *limits = json_object_new_object(), *nodes = json_object_new_array();
	unsigned int i;

	add_string(object, "source", p->source);
	add_string(object, "memory_from", sources[p->d.memory_from]);
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
	json_object_object_add(object, "total", total);
	json_object_object_add(object, "time", times_json(p->ours));
	json_object_object_add(object, "upstream_time", times_json(p->upstream));

	return object;
}

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

static void print_span(const double times[NR_SPEEDS][NR_PARTS], int part)
{
	double from = times[FROM][part], to = times[TO][part];
	bool seconds = to >= 1e3;
	double unit = seconds ? 1e3 : 1;
	char text[32], start[16] = "";

	if (from != to)
		snprintf(start, sizeof(start), "%.*f to ", seconds ? 2 : 0, from / unit);
	snprintf(text, sizeof(text), "%s%.*f %s", start, seconds ? 2 : 0, to / unit,
		 seconds ? "s" : "ms");
	printf(" %20s", text);
}

static void print_plan(const struct plan *p)
{
	unsigned int shown = 0;
	int i;

	printf("Cost of TDX on %s\n\n", p->source ?: "this machine");
	printf("%-22s %20s %20s\n", "Initialization", "this kernel", "Linux up to 7.3");
	for (i = 0; i < NR_PARTS; i++) {
		printf("  %-20s", parts[i].name);
		print_span(p->ours, i);
		print_span(p->upstream, i);
		puts("");
	}
	printf("\n%5s %13s %11s %6s %6s %8s %12s\n", "Node", "Memory", "Covered", "TDMRs", "CPUs",
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

	if (p->d.memory_from != MEMORY_FROM_FILE)
		puts("\nThe CMRs are guessed from the memory map: only a TDX module reports them.");
	printf("\nThe times are predictions.  They assume that the kernel zeroes the PAMTs, as\n"
	       "with init_on_alloc=1 of Debian and Ubuntu, at %.0f to %.0f ms per GiB of PAMT,\n"
	       "%.0f to %.0f ms for each allocation, and %.10g us per call.  On this kernel, the\n"
	       "boot does not wait for any of it.\n",
	       speeds[FROM].zero_ms, speeds[TO].zero_ms, speeds[FROM].alloc_ms,
	       speeds[TO].alloc_ms, p->o->call_ns / 1e3);
}

static int read_machine(struct plan *p)
{
	FILE *stream;
	int ret;

	p->source = getenv("TDXCTL_ROOT");
	if (!p->o->file)
		return host_describe(&p->d);

	stream = open_input(p->o->file, &p->source);
	if (!stream) {
		snprintf(p->d.error, sizeof(p->d.error), "%.200s: %s", p->source,
			 strerror(errno));
		return -ENOENT;
	}
	ret = description_read(&p->d, stream, p->source);
	fclose(stream);

	return ret;
}

static int make_plan(struct plan *p, const struct options *o)
{
	char words[160];
	int ret;

	memset(p, 0, sizeof(*p));
	p->o = o;
	description_init(&p->d);
	ret = read_machine(p);
	if (ret || o->describe)
		return ret;

	ret = layout_make(&p->layout, &p->d.host);
	if (ret) {
		layout_trouble(&p->layout, &p->d.host, words, sizeof(words));
		snprintf(p->d.error, sizeof(p->d.error), "%.64s: no layout: %s",
			 p->source ?: "this machine", words);
		return ret;
	}
	figure_nodes(p);
	predict(p);

	return 0;
}

/*
 * Prints the plan of this machine, and its description.  Returns the plan as JSON; NULL,
 * with the reason on standard output, without a plan.
 */
struct json_object *plan_report(void)
{
	static const struct options o = { .call_ns = DEFAULT_CALL_NS };
	static struct plan p;
	struct json_object *object = NULL;

	if (make_plan(&p, &o)) {
		puts(p.d.error);
	} else {
		print_plan(&p);
		puts("");
		object = make_json(&p);
	}
	description_write(&p.d, stdout);
	description_free(&p.d);

	return object;
}

/* tdxctl plan */
int command_plan(const struct options *o)
{
	struct json_object *object;
	static struct plan p;
	int ret = make_plan(&p, o);

	host_warn(&p.d);
	if (ret)
		warnx("%s", p.d.error);
	if (o->json) {
		object = ret ? new_json() : make_json(&p);
		if (ret)
			add_string(object, "error", p.d.error);
		print_json(object, JSON_C_TO_STRING_PRETTY);
	} else if (!ret && o->describe) {
		description_write(&p.d, stdout);
	} else if (!ret) {
		print_plan(&p);
	}
	description_free(&p.d);

	return ret ? STATUS_FAILED : STATUS_OK;
}
