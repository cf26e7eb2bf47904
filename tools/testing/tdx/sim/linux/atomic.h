/* SPDX-License-Identifier: GPL-2.0-only */
/* What lanework uses and the model does not. */
#ifndef _TDX_SIM_LINUX_ATOMIC_H
#define _TDX_SIM_LINUX_ATOMIC_H

#include_next <linux/atomic.h>

static inline void atomic_dec(atomic_t *v)
{
	atomic_dec_return(v);
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
	return !atomic_dec_return(v);
}

/* One thread: nothing comes in between. */
static inline int cmpxchg(int *p, int old, int new)
{
	int was = *p;

	if (was == old)
		*p = new;
	return was;
}

#endif /* _TDX_SIM_LINUX_ATOMIC_H */
