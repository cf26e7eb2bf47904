/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run many sequences of short steps at the same time, each on the CPUs of its node.
 *
 * padata_do_multithreaded() is similar, but it is __init; its function cannot return an
 * error that stops the other threads; it cannot be stopped and resumed, reports no
 * progress, and a thread does not pause for the freezer.
 *
 * See Documentation/core-api/lanework.rst.
 */
#ifndef _LINUX_LANEWORK_H
#define _LINUX_LANEWORK_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/lockdep_types.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct lanework;

/**
 * enum lane_result - the result of a step
 * @LANE_DONE: this was the last step of the lane
 * @LANE_MORE: the lane has more steps
 * @LANE_NOT_HERE: the step did nothing, because this CPU cannot do it, or not now;
 *	lanework repeats it a tick later, perhaps on another CPU
 *
 * A step returns a negative errno if the lane, and with it the job, has failed.
 */
enum lane_result {
	LANE_DONE,
	LANE_MORE,
	LANE_NOT_HERE,
};

/**
 * struct lane - a sequence of steps, which run one after another
 *
 * The caller embeds it in a structure of its own.  It belongs to lanework from
 * lanework_add() to lanework_free().
 *
 * Locking: "C" constant after the first start of the job; "S" written by the step of
 * the lane and by the code around it, or under the lock of the job while the job is
 * idle; "P" written like "S", read with READ_ONCE() by any task.
 *
 * @job: C
 * @node: C, the node whose CPUs run the steps; NUMA_NO_NODE for no node
 * @index: C, the number of the lane in its job, from 0, for traces
 * @list: C, in @lanes of the job
 * @work: used by the workqueue
 * @done: S, the last step has run
 * @steps: P, number of steps that have run
 */
struct lane {
	struct lanework *job;
	int node;
	unsigned int index;
	struct list_head list;
	struct work_struct work;
	bool done;
	unsigned long steps;
};

/**
 * struct lanework - a job, which is done when all its lanes are done
 *
 * Locking: "C" constant after the first start; "L" @lock; "P" written under @lock,
 * read with READ_ONCE() by any task.
 *
 * @lock: serializes start, stop, add and free.  Lanes never take it, so a task may
 *	hold it until they are at rest.
 * @name: C, name of the workqueue and of the job in traces
 * @step: C, runs one step of a lane
 * @wq: C, NULL if it could not be allocated
 * @lanes: C
 * @nr_lanes: C
 * @started: L, the job was started at least once
 * @stop: P, lanes come to rest
 * @error: the first error; set once, with cmpxchg()
 * @left: number of lanes that are not done; each lane decrements it
 * @running: number of lanes that are not at rest, plus one for lanework_start()
 * @idle: complete while @running is 0
 * @map: acquired around steps and by tasks that wait, so that lockdep reports a task
 *	that waits with a lock held that steps take
 */
struct lanework {
	struct mutex lock;	/* see "L" above */
	const char *name;
	int (*step)(struct lane *lane);
	struct workqueue_struct *wq;
	struct list_head lanes;
	unsigned int nr_lanes;
	bool started;
	bool stop;
	int error;
	atomic_t left;
	atomic_t running;
	struct completion idle;
	struct lockdep_map map;
};

int __lanework_init(struct lanework *job, const char *name,
		    int (*step)(struct lane *lane), struct lock_class_key *key);

/**
 * lanework_init - initialize a job without lanes
 * @job: memory for the job
 * @name: a constant, short name
 * @step: runs one bounded step of a lane and returns an &enum lane_result or -errno.
 *	It may sleep and take locks.
 *
 * If no workqueue can be allocated, lanework_start() runs the lanes itself.
 *
 * Context: may sleep; takes cpu_hotplug_lock.
 *
 * Return: 0; -EINVAL without a name or a step: then no other function may be called.
 */
#define lanework_init(job, name, step)				\
({								\
	static struct lock_class_key __lanework_key;		\
								\
	__lanework_init(job, name, step, &__lanework_key);	\
})

int lanework_add(struct lanework *job, struct lane *lane, int node);
int lanework_start(struct lanework *job);
int lanework_wait(struct lanework *job);
void lanework_stop(struct lanework *job);
int lanework_free(struct lanework *job);

#if IS_ENABLED(CONFIG_KUNIT)
struct workqueue_struct *lanework_alloc_wq(const char *name);
#endif

#endif /* _LINUX_LANEWORK_H */
