/* SPDX-License-Identifier: GPL-2.0-only */
/* A sample of a sequence, the same for the same seed. */
#ifndef _TDX_TEST_SAMPLE_H
#define _TDX_TEST_SAMPLE_H

#include <linux/types.h>

struct sample {
	u64 state;		/* of the random numbers */
	u64 wanted;		/* items still to be taken */
	u64 left;		/* items still to come */
};

/* Whether the next item belongs to the sample; any is as likely as another. */
static inline bool sample_takes(struct sample *s)
{
	u64 z;
	bool take;

	if (!s->left)
		return false;

	/* SplitMix64 */
	s->state += 0x9E3779B97F4A7C15ULL;
	z = (s->state ^ s->state >> 30) * 0xBF58476D1CE4E5B9ULL;
	z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
	z ^= z >> 31;

	take = z % s->left < s->wanted;
	s->wanted -= take;
	s->left--;
	return take;
}

#endif /* _TDX_TEST_SAMPLE_H */
