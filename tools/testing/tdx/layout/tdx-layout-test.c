// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planner on hosts at random.
 *
 *   tdx-layout-test [-a] [HOSTS [SEED]]	plan hosts, each with a seed from SEED on
 *   tdx-layout-test [-a] -p SEED		print the host of a seed
 *   tdx-layout-test -c			the table of small hosts that KUnit has, too
 *   tdx-layout-test -m FILE			compare makespans with those of FILE
 *
 * Hosts are realistic, or with -a adversarial.  The judge and the model of the TDX
 * module must find no mistake in any layout.  A realistic host always has one.
 *
 * FILE has a line "SEED MAKESPAN" for each host that another planner has planned.
 * Of those, 99 % must be within 1 % or 1 GiB of it.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/array_size.h>
#include <linux/minmax.h>

#include "../../../../arch/x86/virt/vmx/tdx/tests/tdmr_cases.h"
#include "hosts.h"
#include "judge.h"
#include "layout.h"

static struct description host;
static struct tdmr_layout layout;
static bool adversarial;

struct totals {
	unsigned long hosts;
	unsigned long troubles[TDMR_NO_PAMT + 1];
	unsigned long within;
	unsigned int beyond;
	unsigned long wrong;
};

static void make_host(u64 seed)
{
	struct dice dice = dice_of_seed(seed);

	if (adversarial)
		host_adversarial(&host, &dice);
	else
		host_realistic(&host, &dice);
}

static const char *try_host(struct totals *t)
{
	const char *wrong = host_judge(&host.host, &layout);
	u32 best, makespan;

	t->troubles[layout.trouble]++;
	if (wrong || adversarial)
		return wrong;
	if (layout.trouble != TDMR_FINE)
		return "a realistic host is refused";

	if (!judge_rows_are_local(&host.host, &layout))
		return "the PAMTs of a node are not in one row, or not local";
	best = judge_best(&host.host);
	makespan = layout_makespan(&host.host, &layout);
	if (makespan <= max(best + 1, best * 101 / 100))
		t->within++;
	if (makespan > best)
		t->beyond = max(t->beyond, (makespan - best) * 100 / best);

	return NULL;
}

static void print_totals(const struct totals *t)
{
	printf("# %lu hosts: %lu have a layout, %lu lack reserved areas, %lu room for PAMTs\n",
	       t->hosts, t->troubles[TDMR_FINE], t->troubles[TDMR_NO_RESERVED],
	       t->troubles[TDMR_NO_PAMT]);
	if (!adversarial)
		printf("# within 1 %% or 1 GiB of a bound: %.2f %%, at most %u %% beyond\n",
		       100.0 * t->within / t->hosts, t->beyond);
}

static int try_hosts(unsigned long nr, u64 seed)
{
	struct totals t = {};
	const char *wrong;

	for (; t.hosts < nr; t.hosts++, seed++) {
		make_host(seed);
		wrong = try_host(&t);
		if (wrong) {
			printf("# seed %llu: %s\n", seed, wrong);
			t.wrong++;
		}
	}
	print_totals(&t);
	printf("%s 1 - %lu %s hosts\n1..1\n", t.wrong || !nr ? "not ok" : "ok", nr,
	       adversarial ? "adversarial" : "realistic");

	return t.wrong || !nr;
}

static int compare(const char *name)
{
	unsigned long long seed, worst = 0;
	unsigned int makespan, other, nr = 0, within = 0, beyond = 0;
	FILE *file = fopen(name, "r");
	char line[128];

	if (!file)
		err(1, "%s", name);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llu %u", &seed, &other) != 2)
			continue;
		make_host(seed);
		nr++;
		if (layout_make(&layout, &host.host))
			continue;
		makespan = layout_makespan(&host.host, &layout);
		if (makespan <= max(other + 1, other * 101 / 100)) {
			within++;
		} else if (makespan - other > beyond) {
			beyond = makespan - other;
			worst = seed;
		}
	}
	fclose(file);

	printf("# worst: seed %llu, %u GiB more\n", worst, beyond);
	printf("%s 1 - %u of %u makespans are within 1 %% or 1 GiB\n1..1\n",
	       nr && within >= nr * 0.99 ? "ok" : "not ok", within, nr);

	return !nr || within < nr * 0.99;
}

static int nr_cases, nr_failed;

static void report_case(const char *wrong, const char *name)
{
	printf("%sok %d - %s\n", wrong ? "not " : "", ++nr_cases, name);
	if (wrong)
		printf("# %s\n", wrong);
	nr_failed += !!wrong;
}

/* Time must not grow with the gaps, as it may if each has to be bridged or not. */
static const char *try_fragments(void)
{
	unsigned int i;
	u64 at = 0;

	host_init(&host, 1);
	host.nodes[0].cpus = 1;
	host_add_cmr(&host, 0, 1ULL << 48);
	for (i = 0; i < 4096; i++) {
		at += (u64)(1 + i / 64) * SZ_1G;
		host_add_range(&host, at, at + (i % 2 ? SZ_4K : 16ULL * SZ_1G), 0);
		at = host.ranges[i].end;
	}
	alarm(10);

	return host_judge(&host.host, &layout);
}

static int run_cases(void)
{
	static struct tdmr_case_room room;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(tdmr_cases); i++)
		report_case(tdmr_case_run(&tdmr_cases[i], &room), tdmr_cases[i].name);
	report_case(tdmr_case_rows(&room), "the places of a row");
	report_case(tdmr_case_sizes(&room), "the sizes of PAMTs");
	report_case(tdmr_case_order(&room), "the order of TDMRs");
	report_case(try_fragments(), "many ranges with gaps that grow, within 10 s");
	printf("1..%d\n", nr_cases);

	return !!nr_failed;
}

static int misused(void)
{
	fprintf(stderr, "usage: tdx-layout-test [-a] [HOSTS [SEED]]\n"
		"       tdx-layout-test [-a] -p SEED | -c | -m FILE\n");
	return 2;
}

int main(int argc, char **argv)
{
	unsigned long nr = 1000;
	u64 seed = 0;
	int option;

	while ((option = getopt(argc, argv, "acm:p:")) >= 0) {
		switch (option) {
		case 'a':
			adversarial = true;
			break;
		case 'p':
			make_host(strtoull(optarg, NULL, 0));
			host_print(&host);
			return 0;
		case 'c':
			return run_cases();
		case 'm':
			return compare(optarg);
		default:
			return misused();
		}
	}
	if (argc - optind > 2)
		return misused();
	if (optind < argc)
		nr = strtoul(argv[optind++], NULL, 0);
	if (optind < argc)
		seed = strtoull(argv[optind], NULL, 0);

	return try_hosts(nr, seed);
}
