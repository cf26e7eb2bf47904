// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: an adversarial host of which some numbers are then changed to
 * any others, so that it may be invalid.
 *
 * Invalid input must be rejected for the right reason, and the layout of all other
 * input must be one that the judge finds no mistake in.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hosts.h"
#include "judge.h"

static struct test_host host;
static struct tdmr_layout layout;

#define REQUIRE(condition)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "not so: %s, line %d\n",	\
				#condition, __LINE__);			\
			host_print(&host);				\
			fflush(stdout);					\
			abort();					\
		}							\
	} while (0)

static u64 change_address(struct dice *dice, u64 old)
{
	switch (dice_roll(dice, 5)) {
	case 0:
		return dice_roll(dice, ~0ULL);
	case 1:
		return old + SZ_4K;
	case 2:
		return old - SZ_4K;
	case 3:
		return old / SZ_1G * SZ_1G;
	default:
		return old ^ 1ULL << dice_roll(dice, 64);
	}
}

static void change_range(struct dice *dice, struct tdmr_range *range)
{
	switch (dice_roll(dice, 3)) {
	case 0:
		range->start = change_address(dice, range->start);
		break;
	case 1:
		range->end = change_address(dice, range->end);
		break;
	default:
		range->node = dice_roll(dice, 2 * HOST_MAX_NODES) - 1;
		break;
	}
}

static void change_host(struct dice *dice)
{
	struct tdmr_host *h = &host.host;

	switch (dice_roll(dice, 8)) {
	case 0:
		h->limits.max_tdmrs = dice_roll(dice, 65536);
		break;
	case 1:
		h->limits.max_reserved = dice_roll(dice, 257);
		break;
	case 2:
		h->nr_ranges = dice_roll(dice, h->nr_ranges + 1);
		break;
	case 3:
		h->nr_cmrs = dice_roll(dice, h->nr_cmrs + 1);
		break;
	case 4:
		change_range(dice, &h->cmrs[dice_roll(dice, TDMR_MAX_CMRS)]);
		break;
	default:
		change_range(dice, &host.ranges[dice_roll(dice, HOST_MAX_RANGES)]);
		break;
	}
}

/* A copy behind whose end the sanitizer looks. */
static struct tdmr_range *copy_ranges(void)
{
	size_t size = host.host.nr_ranges * sizeof(*host.ranges);
	struct tdmr_range *copy = malloc(size);

	if (!copy)
		abort();

	return memcpy(copy, host.ranges, size);
}

static void plan_host(enum tdmr_trouble trouble)
{
	int ret = tdmr_plan(&host.host, &layout);

	if (trouble != TDMR_FINE) {
		REQUIRE(ret && layout.trouble == trouble);
		return;
	}
	if (!ret)
		ret = tdmr_place(&host.host, &layout);
	if (ret) {
		REQUIRE(layout.trouble >= TDMR_NO_RESERVED);
		return;
	}

	tdmr_settle(&layout);
	REQUIRE(!judge_layout(&host.host, &layout));
}

int fuzz_one_input(const u8 *data, size_t size);

int fuzz_one_input(const u8 *data, size_t size)
{
	struct dice dice = { .data = data, .left = size };
	struct tdmr_range *ranges;
	unsigned int n;

	if (!size)
		return 0;

	n = dice_roll(&dice, 4);
	host_adversarial(&host, &dice);
	while (n--)
		change_host(&dice);

	ranges = copy_ranges();
	host.host.ranges = ranges;
	plan_host(judge_input(&host.host));
	free(ranges);

	return 0;
}
