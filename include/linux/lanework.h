/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run many sequences of short steps at the same time, each on the CPUs of its node.
 *
 * padata_do_multithreaded() is similar, but is __init.  Its thread function cannot return
 * an error that stops the other threads.  A caller cannot stop and resume it or see its
 * progress, and its threads do not pause for the freezer.
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
 * @LANE_NOT_HERE: the step did nothing, because this CPU cannot run it, or cannot run
 *	it now; lanework repeats the step a tick later, possibly on another CPU
 *
 * A step returns a negative errno to make the lane and its job fail.
 */
enum lane_result {
	LANE_DONE,
	LANE_MORE,
	LANE_NOT_HERE,
};

/**
 * struct lane - a sequence of steps, which run one after another
 *
 * The caller embeds the lane in its own structure.  lanework owns the lane from
 * lanework_add() to lanework_free().
 *
 * Locking: "C" constant after the first start of the job; "S" written by the thread that
 * runs the lane, or under the lock of the job while the job is idle; "P" written like
 * "S", read with READ_ONCE() by any task.
 *
 * @job: C
 * @node: C, the node whose CPUs run the steps; NUMA_NO_NODE for no node
 * @index: C, the number of the lane in its job, from 0, for traces
 * @list: C, in @lanes of the job
 * @work: runs the lane; the workqueue synchronizes it
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
 * struct lanework - a job: a set of lanes
 *
 * Locking: "C" constant after the first start; "L" @lock; "P" written under @lock,
 * read with READ_ONCE() by any task.
 *
 * @lock: serializes start, stop, add and free.  Lanes never take it, so a task may
 *	hold it while it waits for lanes to come to rest.
 * @name: C, name of the workqueue and of the job in traces
 * @step: C, runs one step of a lane
 * @wq: C, NULL if the job is serial or the workqueue could not be allocated
 * @lanes: C
 * @nr_lanes: C
 * @started: L, lanework_start() has started the job at least once
 * @stop: P, asks lanes to come to rest
 * @error: the first error; lanes set it once, with cmpxchg()
 * @left: number of lanes that are not done; each lane decrements it
 * @running: number of lanes that are not at rest, plus one for lanework_start()
 * @idle: complete while @running is 0
 * @map: acquired around steps and by waiting tasks: lockdep reports a task that waits
 *	while it holds a lock that a step takes
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

int __lanework_init(struct lanework *job, const char *name, int (*step)(struct lane *lane),
		    bool serial, struct lock_class_key *key);

/**
 * lanework_init - initialize a job without lanes
 * @job: memory for the job
 * @name: a short name; the string must outlive the job
 * @step: runs one bounded step of a lane and returns an &enum lane_result or -errno.
 *	It may sleep and take locks.
 *
 * If lanework cannot allocate a workqueue, lanework_start() runs the lanes itself.
 *
 * Context: may sleep; takes cpu_hotplug_lock.
 *
 * Return: 0; -EINVAL if @name or @step is NULL, and the caller must not use the job.
 */
#define lanework_init(job, name, step)				\
({								\
	static struct lock_class_key __lanework_key;		\
								\
	__lanework_init(job, name, step, false,			\
			&__lanework_key);			\
})

/**
 * lanework_init_serial - initialize a job whose lanes run one after another
 * @job: memory for the job
 * @name: as for lanework_init()
 * @step: as for lanework_init()
 *
 * lanework_start() runs the lanes, so the job needs no workqueue.  Use this for work that
 * would not gain more than the workqueue costs.
 *
 * Context: any.
 *
 * Return: as lanework_init().
 */
#define lanework_init_serial(job, name, step)			\
({								\
	static struct lock_class_key __lanework_key;		\
								\
	__lanework_init(job, name, step, true,			\
			&__lanework_key);			\
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
