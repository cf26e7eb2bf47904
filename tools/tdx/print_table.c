// SPDX-License-Identifier: GPL-2.0-only
/* A plan for people, 80 columns wide. */
#include <stdio.h>
#include <string.h>

#include <linux/array_size.h>

#include "print.h"

#define COLUMNS	80

/* What PAMTs take, which is little beside memory. */
static const char *format_pamt(char *buf, size_t size, u64 bytes)
{
	if (bytes >= 10ULL << 30)
		snprintf(buf, size, "%.1f GiB", bytes / (double)(1ULL << 30));
	else if (bytes >= 1ULL << 20)
		snprintf(buf, size, "%.1f MiB", bytes / (double)(1ULL << 20));
	else
		snprintf(buf, size, "%llu KiB", bytes >> 10);

	return buf;
}

/* Three digits or more. */
static const char *format_time(char *buf, size_t size, u64 ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = { { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 } };
	unsigned int u = 0;
	double value;

	while (u + 1 < ARRAY_SIZE(units) && ns >= units[u + 1].ns)
		u++;
	value = ns / units[u].ns;
	snprintf(buf, size, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0,
		 value, units[u].name);

	return buf;
}

static void print_node(const struct plan *p, const char *name,
		       const struct plan_node *node)
{
	char pamt[32] = "-", time[32] = "-", cpus[16] = "-", workers[16] = "-";

	if (node->cpus)
		snprintf(cpus, sizeof(cpus), "%u", node->cpus);
	if (node->pamt)
		snprintf(pamt, sizeof(pamt), "%.1f MiB",
			 node->pamt / (double)(1ULL << 20));
	if (node->tdmrs) {
		snprintf(workers, sizeof(workers), "%u", node->workers);
		format_time(time, sizeof(time), plan_ns(p, node->makespan));
	}

	printf("%5s %9.1f GiB %7u GiB %6u %6s %8s %12s %10s\n", name,
	       node->memory / (double)(1ULL << 30), node->gib, node->tdmrs,
	       cpus, workers, pamt, time);
}

static void print_nodes(const struct plan *p)
{
	char name[16];
	size_t i;

	printf("%5s %13s %11s %6s %6s %8s %12s %10s\n", "Node", "Memory",
	       "Covered", "TDMRs", "CPUs", "at work", "PAMT", "TDMR.INIT");
	for (i = 0; i < p->nr_nodes; i++) {
		snprintf(name, sizeof(name), "%u", p->nodes[i].id);
		print_node(p, name, &p->nodes[i]);
	}
	if (p->nr_nodes > 1)
		print_node(p, "All", &p->total);
}

static void print_time(const struct plan *p, const char *what,
		       unsigned int tdmrs, u32 gib)
{
	char time[32];

	printf("%-44s %6u %12s %10.1fx\n", what, tdmrs,
	       format_time(time, sizeof(time), plan_ns(p, gib)),
	       (double)p->total.gib / gib);
}

static void print_times(const struct plan *p)
{
	static const char per_range[] = "One TDMR per memory range, a worker for each";
	const struct upstream *u = &p->upstream;

	printf("%-44s %6s %12s %11s\n", "Predicted time of TDMR.INIT alone",
	       "TDMRs", "Time", "Faster");
	print_time(p, "Serial: one CPU for all these TDMRs", p->total.tdmrs,
		   p->total.gib);
	if (u->verdict == UPSTREAM_FITS)
		print_time(p, per_range, u->nr_tdmrs, u->makespan);
	else
		printf("%-44s %6u %12s\n", per_range, u->nr_tdmrs,
		       u->verdict == UPSTREAM_UNKNOWN ? "not known" : "fails");
	print_time(p, "This plan", p->total.tdmrs, p->total.makespan);
}

/* Beside what TDMRs of upstream's shape would take, the module willing. */
static void print_pamt(const struct plan *p)
{
	u64 ours = p->total.pamt, theirs = p->upstream.pamt;
	u64 diff = ours < theirs ? theirs - ours : ours - theirs;
	char buf[32];

	printf("PAMT: %s, %.2f %% of memory",
	       format_pamt(buf, sizeof(buf), ours),
	       100.0 * ours / p->total.memory);
	if (diff)
		printf("; %s %s than with one TDMR per range",
		       format_pamt(buf, sizeof(buf), diff),
		       ours < theirs ? "less" : "more");
	putchar('\n');
}

/* As an item of a list, broken at spaces. */
static void print_wrapped(const char *text)
{
	size_t column = 1;

	putchar('-');
	while (*text) {
		size_t length = strcspn(text, " ");

		if (column + 1 + length > COLUMNS) {
			fputs("\n ", stdout);
			column = 1;
		}
		printf(" %.*s", (int)length, text);
		column += 1 + length;
		text += length + (text[length] == ' ');
	}
	putchar('\n');
}

static void print_list(const char *title, const struct notes *notes)
{
	size_t i;

	if (!notes->nr)
		return;

	printf("\n%s:\n", title);
	for (i = 0; i < notes->nr; i++)
		print_wrapped(notes->text[i]);
}

void print_table(const struct plan *p)
{
	printf("What bringing up TDX would take on %s\n\n",
	       p->source ? p->source : "this machine");
	print_nodes(p);
	putchar('\n');
	print_times(p);
	putchar('\n');
	print_pamt(p);
	print_list("To note", &p->notes);
	print_list("Assumptions", &p->assumed);
}
