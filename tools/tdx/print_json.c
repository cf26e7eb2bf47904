// SPDX-License-Identifier: GPL-2.0-only
/* A plan for programs.  The keys are in the manual page, and stay. */
#include <stdio.h>

#include "json.h"
#include "print.h"

static void print_strings(const char *key, const struct notes *notes)
{
	size_t i;

	printf("  \"%s\": [", key);
	for (i = 0; i < notes->nr; i++) {
		fputs(i ? ",\n    " : "\n    ", stdout);
		json_string(notes->text[i]);
	}
	fputs(notes->nr ? "\n  ]" : "]", stdout);
}

static void print_source(const struct plan *p)
{
	static const char *const names[] = {
		[MEMORY_FROM_FILE] = "file",
		[MEMORY_FROM_IOMEM] = "iomem",
		[MEMORY_FROM_BLOCKS] = "blocks",
		[MEMORY_FROM_TOTALS] = "totals",
	};

	fputs("  \"source\": ", stdout);
	if (p->source)
		json_string(p->source);
	else
		fputs("null", stdout);
	printf(",\n  \"memory_from\": \"%s\",\n", names[p->description.memory_from]);
}

static void print_model(const struct plan *p)
{
	const struct tdmr_limits *limits = &p->description.limits;
	const unsigned int *size = limits->entry_size;

	printf("  \"call_ns\": %llu,\n", p->call_ns);
	printf("  \"calls_per_gib\": %u,\n", CALLS_PER_GIB);
	printf("  \"limits\": {\"max_tdmrs\": %u, \"max_reserved\": %u, ",
	       limits->max_tdmrs, limits->max_reserved);
	printf("\"pamt_entry_bytes\": [%u, %u, %u]},\n", size[TDMR_4K],
	       size[TDMR_2M], size[TDMR_1G]);
}

/* GiB of the busiest CPU, and how long that takes. */
static void print_time(const struct plan *p, u32 makespan)
{
	printf("\"makespan_gib\": %u, \"time_ns\": %llu", makespan,
	       plan_ns(p, makespan));
}

/* What nodes and their sum have in common. */
static void print_figures(const struct plan *p, const struct plan_node *node)
{
	printf("\"memory_bytes\": %llu, \"covered_gib\": %u, \"tdmrs\": %u, ",
	       node->memory, node->gib, node->tdmrs);
	printf("\"cpus\": %u, \"workers\": %u, \"pamt_bytes\": %llu, ",
	       node->cpus, node->workers, node->pamt);
	print_time(p, node->makespan);
}

static void print_nodes(const struct plan *p)
{
	size_t i;

	fputs("  \"nodes\": [", stdout);
	for (i = 0; i < p->nr_nodes; i++) {
		printf("%s\n    {\"node\": %u, \"home\": %u, ", i ? "," : "",
		       p->nodes[i].id, p->nodes[i].home);
		print_figures(p, &p->nodes[i]);
		putchar('}');
	}
	fputs("\n  ],\n  \"total\": {", stdout);
	print_figures(p, &p->total);
	printf(", \"best_gib\": %u},\n", p->best);
}

static void print_serial(const struct plan *p)
{
	printf("  \"serial\": {\"gib\": %u, \"calls\": %llu, \"time_ns\": %llu},\n",
	       p->total.gib, (u64)p->total.gib * CALLS_PER_GIB,
	       plan_ns(p, p->total.gib));
}

static void print_upstream(const struct plan *p)
{
	const struct upstream *u = &p->upstream;

	printf("  \"tdmr_per_range\": {\"tdmrs\": %u, \"pamt_bytes\": %llu, ",
	       u->nr_tdmrs, u->pamt);
	switch (u->verdict) {
	case UPSTREAM_FITS:
		printf("\"fails\": null, \"workers\": %u, ", u->workers);
		print_time(p, u->makespan);
		break;
	case UPSTREAM_UNKNOWN:
		fputs("\"fails\": \"unknown\"", stdout);
		break;
	case UPSTREAM_NO_TDMRS:
		fputs("\"fails\": \"tdmrs\"", stdout);
		break;
	case UPSTREAM_NO_RESERVED:
		printf("\"fails\": \"reserved\", \"base\": %llu, ", u->bad_start);
		printf("\"size\": %llu, \"holes\": %u",
		       u->bad_end - u->bad_start, u->holes);
		break;
	}
	puts("},");
}

static void print_tdmr(const struct tdmr_plan *tdmr)
{
	unsigned int i;

	printf("\n    {\"base\": %llu, \"size\": %llu, \"node\": %d, ",
	       tdmr->base, tdmr->size, tdmr->node);
	printf("\"pamt_base\": %llu, \"pamt_bytes\": %llu, \"reserved\": [",
	       tdmr->pamt_base, tdmr_pamt_bytes(tdmr));
	for (i = 0; i < tdmr->nr_rsvd; i++)
		printf("%s{\"offset\": %llu, \"size\": %llu}", i ? ", " : "",
		       tdmr->rsvd[i].offset, tdmr->rsvd[i].size);
	fputs("]}", stdout);
}

static void print_tdmrs(const struct plan *p)
{
	unsigned int i;

	fputs("  \"tdmrs\": [", stdout);
	for (i = 0; i < p->layout.nr_plans; i++) {
		if (i)
			putchar(',');
		print_tdmr(&p->layout.plans[i]);
	}
	fputs("\n  ],\n", stdout);
}

void print_json(const struct plan *p)
{
	puts("{");
	print_source(p);
	print_model(p);
	print_nodes(p);
	print_serial(p);
	print_upstream(p);
	print_tdmrs(p);
	print_strings("notes", &p->notes);
	puts(",");
	print_strings("assumed", &p->assumed);
	puts("\n}");
}
