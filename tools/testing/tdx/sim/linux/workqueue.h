/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A work item gets a worker on the CPUs of its node, if not as many as may be
 * have one.
 */
#ifndef _TDX_SIM_LINUX_WORKQUEUE_H
#define _TDX_SIM_LINUX_WORKQUEUE_H

#include <stdlib.h>

#include <linux/types.h>

#include <linux/cpumask.h>

#include "../cpus.h"

#define WQ_UNBOUND	1
#define WQ_FREEZABLE	2

enum wq_affn_scope {
	WQ_AFFN_NUMA,
};

struct workqueue_attrs {
	struct cpumask *cpumask;
	enum wq_affn_scope affn_scope;
	bool affn_strict;
};

struct workqueue_struct {
	struct workqueue_attrs attrs;
	unsigned int max_active;
	unsigned int min_active;
};

struct work_struct {
	void (*func)(struct work_struct *work);
};

static inline void run_work(void *work)
{
	((struct work_struct *)work)->func(work);
}

/* Unless told otherwise, a node may have eight. */
static inline struct workqueue_struct *
alloc_workqueue(const char *fmt, unsigned int flags, unsigned int max_active, ...)
{
	struct workqueue_struct *wq = calloc(1, sizeof(*wq));

	if (wq) {
		wq->max_active = max_active ? max_active : 1024;
		wq->min_active = wq->max_active < 8 ? wq->max_active : 8;
	}
	return wq;
}

/* The workqueue's are divided by how many CPUs a node has. */
static inline unsigned int max_active_of(const struct workqueue_struct *wq, int node)
{
	unsigned int share = (wq->max_active * cpus_nr_of(node) + cpus_nr() - 1) / cpus_nr();

	return share < wq->min_active ? wq->min_active :
	       share > wq->max_active ? wq->max_active : share;
}

static inline bool queue_work_node(int node, struct workqueue_struct *wq,
				   struct work_struct *work)
{
	cpus_start(node, max_active_of(wq, node), run_work, work);
	return true;
}

#define INIT_WORK(work, function)	((work)->func = (function))

static inline void workqueue_set_min_active(struct workqueue_struct *wq,
					    unsigned int min_active)
{
	wq->min_active = min_active;
}

static inline bool cancel_work_sync(struct work_struct *work)
{
	return false;
}

static inline void destroy_workqueue(struct workqueue_struct *wq)
{
	free(wq);
}

static inline struct workqueue_attrs *alloc_workqueue_attrs(void)
{
	return calloc(1, sizeof(struct workqueue_attrs));
}

static inline void free_workqueue_attrs(struct workqueue_attrs *attrs)
{
	free(attrs);
}

static inline int apply_workqueue_attrs(struct workqueue_struct *wq,
					const struct workqueue_attrs *attrs)
{
	wq->attrs = *attrs;
	return 0;
}

#endif /* _TDX_SIM_LINUX_WORKQUEUE_H */
