/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run many sequences of short steps at the same time, each on the CPUs of its node.  See
 * Documentation/core-api/lanework.rst, also for alternatives.
 */
#ifndef _LINUX_LANEWORK_H
#define _LINUX_LANEWORK_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct cpumask;
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
 * lanework_add() until lanework_run() returns.
 *
 * Locking: constant while the job runs, except @steps, which only the thread that runs the
 * lane uses.
 *
 * @job: the job of the lane
 * @node: the node whose CPUs run the steps; NUMA_NO_NODE for no node
 * @index: the number of the lane in its job, from 0, for traces
 * @list: in @lanes of the job
 * @work: runs the lane; the workqueue synchronizes it
 * @steps: number of steps that have run, for traces
 */
struct lane {
	struct lanework *job;
	int node;
	unsigned int index;
	struct list_head list;
	struct work_struct work;
	unsigned long steps;
};

/**
 * struct lanework - a job: a set of lanes, which runs once
 *
 * Locking: constant while the job runs, except @error and @running.
 *
 * @name: name of the workqueue and of the job in traces
 * @step: runs one step of a lane
 * @wq: NULL while lanes run one after another
 * @lanes: the lanes
 * @nr_lanes: number of @lanes
 * @error: the first error; lanes set it once, with cmpxchg()
 * @running: number of lanes that have not ended
 * @idle: complete when @running is 0
 */
struct lanework {
	const char *name;
	int (*step)(struct lane *lane);
	struct workqueue_struct *wq;
	struct list_head lanes;
	unsigned int nr_lanes;
	int error;
	atomic_t running;
	struct completion idle;
};

unsigned int lanework_workers(const struct cpumask *cpus);
void lanework_init(struct lanework *job, const char *name, int (*step)(struct lane *lane));
void lanework_add(struct lanework *job, struct lane *lane, int node);
int lanework_run(struct lanework *job);
int lanework_run_serial(struct lanework *job);

#if IS_ENABLED(CONFIG_KUNIT)
struct workqueue_struct *lanework_alloc_wq(const char *name);
#endif

#endif /* _LINUX_LANEWORK_H */
