/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers that depend on a seed alone, or on the bytes of a fuzzer. */
#ifndef _LAYOUT_DICE_H
#define _LAYOUT_DICE_H

#include <linux/types.h>

/* Where numbers come from. */
struct dice {
	u64 state;		/* of the generator, if there is no @data */
	const u8 *data;		/* bytes that are left */
	size_t left;		/* number of them */
};

static inline struct dice dice_of_seed(u64 seed)
{
	return (struct dice) { .state = seed * 0xD1342543DE82EF95ULL };
}

/* As many bytes as a number less than @n may need. */
static inline u64 dice_take(struct dice *dice, u64 n)
{
	u64 value = 0;

	for (n--; n && dice->left; n >>= 8, dice->left--)
		value = value << 8 | *dice->data++;

	return value;
}

/* Less than @n.  The generator is splitmix64. */
static inline u64 dice_roll(struct dice *dice, u64 n)
{
	u64 z;

	if (dice->data)
		return dice_take(dice, n) % n;

	z = dice->state += 0x9E3779B97F4A7C15ULL;
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;

	return (z ^ (z >> 31)) % n;
}

static inline bool dice_one_in(struct dice *dice, u64 n)
{
	return !dice_roll(dice, n);
}

static inline bool dice_percent(struct dice *dice, unsigned int percent)
{
	return dice_roll(dice, 100) < percent;
}

#define dice_pick(dice, array) \
	((array)[dice_roll(dice, sizeof(array) / sizeof((array)[0]))])

#endif /* _LAYOUT_DICE_H */
