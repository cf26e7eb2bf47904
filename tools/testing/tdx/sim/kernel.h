/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the kernel that kernel/lanework.c uses.  All headers that it includes and
 * that are not in ../include are links to this one.
 *
 * There is one thread, so locks have no effect and no function sleeps.  A work item is a
 * task of simulated CPUs, which run while lanework waits for a completion.
 */
#ifndef _TDX_SIM_KERNEL_H
#define _TDX_SIM_KERNEL_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/atomic.h>
#include <linux/types.h>

#include "cpus.h"

#define IS_ENABLED(...)			0
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))
#define pr_notice(...)			fprintf(stderr, __VA_ARGS__)

/* Tests and traces */

#define VISIBLE_IF_KUNIT			static
#define KUNIT_STATIC_STUB_REDIRECT(...)		do { } while (0)
#define trace_lanework_job_start(job)		((void)(job))
#define trace_lanework_job_end(job)		((void)(job))
#define trace_lanework_lane_start(lane)		((void)(lane))
#define trace_lanework_lane_stop(lane, why)	((void)(lane), (void)(why))

/* Locks and sleep */

#define lock_map_acquire(...)			do { } while (0)
#define lock_map_release(...)			do { } while (0)
#define guard(name)				guard_ ## name
#define guard_rcu()				do { } while (0)

#define TASK_IDLE				0
#define TASK_FREEZABLE				0
#define freezing(...)				false
#define might_sleep()				do { } while (0)
#define cond_resched()				do { } while (0)
#define __set_current_state(state)		((void)(state))
#define schedule_timeout(ticks)			((void)(ticks))
#define schedule_timeout_uninterruptible(ticks)	((void)(ticks))

static inline int cmpxchg(int *p, int old, int new)
{
	int was = *p;

	if (was == old)
		*p = new;
	return was;
}

struct completion {
	bool done;
};

#define init_completion(c)			((c)->done = false)
#define complete(c)				((c)->done = true)

static inline void wait_for_completion_state(const struct completion *c, unsigned int state)
{
	if (!c->done)
		cpus_run();
}

/* Lists */

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	entry->prev = head->prev;
	entry->next = head;
	head->prev->next = entry;
	head->prev = entry;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_for_each_entry(p, head, member)				\
	for (const struct list_head *_head = (head), *_at = _head->next;	\
	     _at != _head &&						\
	     (p = container_of(_at, __typeof__(p[0]), member), true);	\
	     _at = _at->next)

/* CPUs and workqueues: all CPUs of a description may work. */

struct cpumask;

#define cpu_online_mask				NULL
#define for_each_cpu_and(cpu, mask, ...)				\
	for (unsigned int _i = ((void)(mask), 0); _i < cpus_nr() && ((cpu) = _i, true); _i++)
#define housekeeping_test_cpu(cpu, ...)	((void)(cpu), true)
#define housekeeping_cpumask(...)		NULL
#define cpumask_copy(...)			do { } while (0)

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
	unsigned int max_active;
	unsigned int min_active;
};

struct work_struct {
	void (*func)(struct work_struct *work);
};

#define INIT_WORK(work, function)		((work)->func = (function))
#define alloc_workqueue_attrs()			calloc(1, sizeof(struct workqueue_attrs))
#define free_workqueue_attrs(attrs)		free(attrs)
#define apply_workqueue_attrs(wq, attrs)	((void)(wq), (void)(attrs), 0)
#define workqueue_set_min_active(wq, min)	((wq)->min_active = (min))
#define destroy_workqueue(wq)			free(wq)

/* A node may have eight active work items, unless the workqueue says otherwise. */
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

static inline void run_work(void *work)
{
	((struct work_struct *)work)->func(work);
}

/* A workqueue divides its active work items among the nodes by their CPUs. */
static inline bool queue_work_node(int node, struct workqueue_struct *wq,
				   struct work_struct *work)
{
	unsigned int max = (wq->max_active * cpus_nr_of(node) + cpus_nr() - 1) / cpus_nr();

	if (max < wq->min_active)
		max = wq->min_active;
	else if (max > wq->max_active)
		max = wq->max_active;
	cpus_start(node, max, run_work, work);
	return true;
}

#endif /* _TDX_SIM_KERNEL_H */
