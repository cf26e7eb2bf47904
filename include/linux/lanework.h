/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Long work in lanes: sequences of short steps, many sequences at once, on the
 * CPUs of the node where each is at home.
 *
 * padata_do_multithreaded() is the near relation, and would not do: it is
 * __init; its function returns nothing, so that no error can stop the rest; it
 * cannot be stopped from outside or go on later, says nothing of how far it is,
 * and a chunk that it has begun does not make way for the freezer.
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
 * enum lane_result - what a step says of its lane
 * @LANE_DONE: this was the last step
 * @LANE_MORE: there are more
 * @LANE_NOT_HERE: nothing was done, this CPU cannot or the moment is not right:
 *	to be tried again a tick later, maybe elsewhere
 *
 * Or -errno: the lane has failed, and with it the job.
 */
enum lane_result {
	LANE_DONE,
	LANE_MORE,
	LANE_NOT_HERE,
};

/**
 * struct lane - a sequence of steps, of which never two run at the same time
 *
 * Belongs into the caller's own structure, and to lanework from lanework_add()
 * until lanework_free().
 *
 * Locking: "C" constant from the job's first start; "S" this lane's step and
 * what is around it, one at a time, or with the job's lock while it is idle;
 * "P" written as "S", read with READ_ONCE() by anybody.
 *
 * @job: C
 * @node: C, where it is at home; NUMA_NO_NODE: nowhere in particular
 * @index: C, which of the job's lanes, from 0, for traces
 * @list: C, in the job's @lanes
 * @work: the workqueue's
 * @done: S, its last step has been made
 * @steps: P, steps made
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
 * struct lanework - a job: lanes that are done when all are done
 *
 * Locking: "C" constant from the first start; "L" @lock; "P" written under
 * @lock, read with READ_ONCE() by anybody.
 *
 * @lock: no two of start, stop, add and free at the same time.  Lanes never
 *	take it, so that it can be held until they have come to rest.
 * @name: C, of the workqueue and in traces
 * @step: C, makes one step of a lane
 * @wq: C, NULL when none could be had
 * @lanes: C
 * @nr_lanes: C
 * @started: L, has been started at least once
 * @stop: P, lanes are to come to rest
 * @error: the first one; set once by whoever is first, with cmpxchg()
 * @left: lanes that are not done, counted down by each
 * @running: lanes that are not at rest, and one more for lanework_start()
 * @idle: complete while @running is 0
 * @map: held around steps; waiters touch it, so that waiting with a lock held
 *	that steps take is reported on the first run
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
 * lanework_init - a job without lanes
 * @job: storage
 * @name: constant, short
 * @step: makes one bounded step of a lane and returns an &enum lane_result or
 *	-errno.  May sleep and take locks.
 *
 * Where no workqueue can be had, lanework_start() runs the lanes itself.
 *
 * Context: may sleep; takes cpu_hotplug_lock.
 *
 * Return: 0; -EINVAL without a name or a step, and the other functions then
 * must not be called.
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
u64 lanework_steps(const struct lanework *job);
int lanework_free(struct lanework *job);

#if IS_ENABLED(CONFIG_KUNIT)
struct workqueue_struct *lanework_alloc_wq(const char *name);
#endif

#endif /* _LINUX_LANEWORK_H */
