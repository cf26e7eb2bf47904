/* SPDX-License-Identifier: GPL-2.0-only */
/* Whoever waits has the simulated CPUs work until there is nothing to do. */
#ifndef _TDX_SIM_LINUX_COMPLETION_H
#define _TDX_SIM_LINUX_COMPLETION_H

#include <linux/types.h>

#include "../cpus.h"

struct completion {
	bool done;
};

static inline void init_completion(struct completion *c)
{
	c->done = false;
}

static inline void reinit_completion(struct completion *c)
{
	c->done = false;
}

static inline void complete_all(struct completion *c)
{
	c->done = true;
}

static inline bool completion_done(const struct completion *c)
{
	return c->done;
}

static inline void wait_for_completion(const struct completion *c)
{
	if (!c->done)
		cpus_run();
}

static inline void wait_for_completion_state(const struct completion *c,
					     unsigned int state)
{
	wait_for_completion(c);
}

#endif /* _TDX_SIM_LINUX_COMPLETION_H */
