// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run the lanes of a job at the same time, each on the CPUs of its node.
 *
 * A lane is a work item on an unbound workqueue whose workers stay on the node and may
 * use all its CPUs.  The work item runs one step after another.  The workqueue never
 * runs a work item twice at the same time, so two steps of a lane never overlap.
 *
 * The workqueue runs at most as many lanes of a node as the node has CPUs.  The
 * remaining lanes wait in the order in which the caller added them.  If all lanes ran at
 * once, short lanes would slow down long ones, and few CPUs would work at the end.
 *
 * A lane comes to rest only between steps: when it is done, when a lane has failed,
 * when the job is stopped, and when the system freezes.  Each of these takes effect
 * within one step, and a lane at rest can resume with the next step.
 */
#define pr_fmt(fmt)	"lanework: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <linux/bug.h>
#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/lanework.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>

#define CREATE_TRACE_POINTS
#include <trace/events/lanework.h>

enum lanework_rest {
	LANEWORK_REST_DONE,
	LANEWORK_REST_STOPPED,
	LANEWORK_REST_FAILED,
	LANEWORK_REST_FROZEN,
	LANEWORK_REST_NOT_HERE,
};

static const char * const lanework_rest_names[] = {
	[LANEWORK_REST_DONE]		= "done",
	[LANEWORK_REST_STOPPED]		= "stopped",
	[LANEWORK_REST_FAILED]		= "failed",
	[LANEWORK_REST_FROZEN]		= "frozen",
	[LANEWORK_REST_NOT_HERE]	= "not-here",
};

/*
 * By default, unbound workers may leave the node, and do not spread over it.  They avoid
 * isolated CPUs, but use the CPUs of nohz_full=.
 */
static int lanework_wq_bind_to_nodes(struct workqueue_struct *wq)
{
	struct workqueue_attrs *attrs;
	int ret;

	attrs = alloc_workqueue_attrs();
	if (!attrs)
		return -ENOMEM;

	cpumask_copy(attrs->cpumask, housekeeping_cpumask(HK_TYPE_WQ));
	attrs->affn_scope = WQ_AFFN_NUMA;
	attrs->affn_strict = true;
	ret = apply_workqueue_attrs(wq, attrs);
	free_workqueue_attrs(attrs);

	return ret;
}

/* Count the online CPUs that run unbound workers. */
static unsigned int lanework_nr_workers(void)
{
	unsigned int cpu, nr = 0;

	/* A cpuset that isolates CPUs replaces the mask of HK_TYPE_DOMAIN. */
	guard(rcu)();

	for_each_online_cpu(cpu)
		nr += housekeeping_test_cpu(cpu, HK_TYPE_DOMAIN) &&
		      housekeeping_test_cpu(cpu, HK_TYPE_WQ);

	return max(nr, 1U);
}

VISIBLE_IF_KUNIT struct workqueue_struct *lanework_alloc_wq(const char *name)
{
	struct workqueue_struct *wq;

	KUNIT_STATIC_STUB_REDIRECT(lanework_alloc_wq, name);

	wq = alloc_workqueue("%s", WQ_UNBOUND | WQ_FREEZABLE, lanework_nr_workers(),
			     name);
	if (!wq)
		return NULL;
	/*
	 * The workqueue divides max_active among the nodes in proportion to their CPUs,
	 * but allows each node at least min_active, which is 8 by default.
	 */
	workqueue_set_min_active(wq, 1);

	if (lanework_wq_bind_to_nodes(wq)) {
		destroy_workqueue(wq);
		return NULL;
	}

	return wq;
}

static void lanework_map_acquire(struct lanework *job)
{
	lock_map_acquire(&job->map);
}

static void lanework_map_release(struct lanework *job)
{
	lock_map_release(&job->map);
}

static void lanework_might_wait(struct lanework *job)
{
	might_sleep();
	lanework_map_acquire(job);
	lanework_map_release(job);
}

static bool lanework_is_idle(struct lanework *job)
{
	return completion_done(&job->idle);
}

/* A lane or lanework_start() has come to rest.  The last of them ends the job. */
static void lanework_put_running(struct lanework *job)
{
	if (!atomic_dec_and_test(&job->running))
		return;

	trace_lanework_job_end(job);
	/* A waiting task may free @job from here on. */
	complete_all(&job->idle);
}

/*
 * The freezer does not freeze workers.  It waits until freezable workqueues have no
 * active work.  Without a workqueue, lanes run in a task, which the freezer freezes.
 */
static bool lanework_must_freeze(void)
{
#ifdef CONFIG_FREEZER
	if (READ_ONCE(pm_nosig_freezing))
		return true;
#endif
	return freezing(current);
}

static int lanework_lane_step(struct lane *lane)
{
	struct lanework *job = lane->job;
	int ret;

	lanework_map_acquire(job);
	ret = job->step(lane);
	lanework_map_release(job);

	if (ret == LANE_DONE || ret == LANE_MORE || ret == LANE_NOT_HERE ||
	    IS_ERR_VALUE((long)ret))
		return ret;

	WARN_ONCE(1, "step of %s returned %d\n", job->name, ret);
	return -EINVAL;
}

static void lanework_lane_count_step(struct lane *lane)
{
	WRITE_ONCE(lane->steps, lane->steps + 1);
}

static enum lanework_rest lanework_lane_steps(struct lane *lane)
{
	struct lanework *job = lane->job;
	int ret;

	for (;;) {
		if (READ_ONCE(job->stop) || READ_ONCE(job->error))
			return LANEWORK_REST_STOPPED;
		if (lanework_must_freeze())
			return LANEWORK_REST_FROZEN;

		ret = lanework_lane_step(lane);
		switch (ret) {
		case LANE_DONE:
			lanework_lane_count_step(lane);
			lane->done = true;
			atomic_dec(&job->left);
			return LANEWORK_REST_DONE;
		case LANE_MORE:
			lanework_lane_count_step(lane);
			break;
		case LANE_NOT_HERE:
			return LANEWORK_REST_NOT_HERE;
		default:
			cmpxchg(&job->error, 0, ret);
			return LANEWORK_REST_FAILED;
		}

		cond_resched();
	}
}

static enum lanework_rest lanework_lane_run(struct lane *lane)
{
	enum lanework_rest rest;

	trace_lanework_lane_start(lane);
	rest = lanework_lane_steps(lane);
	trace_lanework_lane_stop(lane, lanework_rest_names[rest]);

	return rest;
}

/* Returns false while cancel_work_sync() cancels the work item. */
static bool lanework_lane_queue(struct lane *lane)
{
	return queue_work_node(lane->node, lane->job->wq, &lane->work);
}

static void lanework_lane_work(struct work_struct *work)
{
	struct lane *lane = container_of(work, struct lane, work);
	enum lanework_rest rest = lanework_lane_run(lane);

	/* Let lanes that wait for a worker run first: this CPU may be able to run them. */
	if (rest == LANEWORK_REST_NOT_HERE) {
		schedule_timeout_uninterruptible(1);
		if (lanework_lane_queue(lane))
			return;
	}

	/* The freezable workqueue holds the lane until the system thaws. */
	if (rest == LANEWORK_REST_FROZEN && lanework_lane_queue(lane))
		return;

	lanework_put_running(lane->job);
}

static void lanework_queue_lanes(struct lanework *job)
{
	struct lane *lane;

	list_for_each_entry(lane, &job->lanes, list) {
		if (lane->done)
			continue;

		atomic_inc(&job->running);
		if (!lanework_lane_queue(lane))
			lanework_put_running(job);
	}
}

static bool lanework_rest_is_short(enum lanework_rest rest)
{
	return rest == LANEWORK_REST_FROZEN || rest == LANEWORK_REST_NOT_HERE;
}

/* Run one lane after another, without a workqueue. */
static void lanework_run_lanes(struct lanework *job)
{
	struct lane *lane;

	list_for_each_entry(lane, &job->lanes, list) {
		if (lane->done)
			continue;

		while (lanework_rest_is_short(lanework_lane_run(lane))) {
			__set_current_state(TASK_IDLE | TASK_FREEZABLE);
			schedule_timeout(1);
		}
	}
}

int __lanework_init(struct lanework *job, const char *name, int (*step)(struct lane *lane),
		    bool serial, struct lock_class_key *key)
{
	if (!name || !step)
		return -EINVAL;

	memset(job, 0, sizeof(*job));
	mutex_init(&job->lock);
	job->name = name;
	job->step = step;
	INIT_LIST_HEAD(&job->lanes);
	init_completion(&job->idle);
	complete_all(&job->idle);
	lockdep_init_map(&job->map, name, key, 0);
	if (serial)
		return 0;

	job->wq = lanework_alloc_wq(name);
	if (!job->wq)
		pr_notice("no workqueue for %s: its lanes run one after another\n", name);

	return 0;
}

/**
 * lanework_add - add a lane to a job
 * @job: the job, not started yet
 * @lane: memory for the lane
 * @node: the node whose CPUs run the steps.  If @node has no online CPUs or is
 *	NUMA_NO_NODE, lanework uses the node on which lanework_start() runs.
 *
 * If a node has more lanes than CPUs, lanes run in the order in which they were added.
 * The caller should add long lanes before short ones.
 *
 * Context: may sleep.
 *
 * Return: 0; -EBUSY if @job was started before, with a warning.
 */
int lanework_add(struct lanework *job, struct lane *lane, int node)
{
	guard(mutex)(&job->lock);

	if (WARN_ON_ONCE(job->started))
		return -EBUSY;

	*lane = (struct lane) {
		.job = job,
		.node = node,
		.index = job->nr_lanes++,
	};
	INIT_WORK(&lane->work, lanework_lane_work);
	list_add_tail(&lane->list, &job->lanes);
	atomic_inc(&job->left);

	return 0;
}

static int lanework_begin(struct lanework *job)
{
	guard(mutex)(&job->lock);

	if (list_empty(&job->lanes))
		return -EINVAL;
	if (!lanework_is_idle(job))
		return -EBUSY;
	if (job->error)
		return job->error;

	job->started = true;
	WRITE_ONCE(job->stop, false);
	reinit_completion(&job->idle);
	atomic_set(&job->running, 1);
	trace_lanework_job_start(job);

	if (job->wq)
		lanework_queue_lanes(job);

	return 0;
}

/**
 * lanework_start - run the lanes that are not done
 * @job: the job, not running
 *
 * After lanework_stop(), each lane resumes where it stopped.  If all lanes are done,
 * the function has no effect.
 *
 * Context: may sleep, briefly if the job has a workqueue.  Without a workqueue, the
 * function runs all steps itself, and the rules of lanework_wait() apply.
 *
 * Return: 0, and lanework_wait() returns the result; -EINVAL if the job has no lanes;
 * -EBUSY if the job runs; the first error of the job if the job has failed before.
 */
int lanework_start(struct lanework *job)
{
	int ret;

	if (!job->wq)
		lanework_might_wait(job);

	ret = lanework_begin(job);
	if (ret)
		return ret;

	if (!job->wq)
		lanework_run_lanes(job);
	lanework_put_running(job);

	return 0;
}

static int lanework_result(struct lanework *job)
{
	int error = READ_ONCE(job->error);

	if (error)
		return error;

	return job->nr_lanes && !atomic_read(&job->left) ? 0 : -ECANCELED;
}

/**
 * lanework_wait - sleep until all lanes are at rest
 * @job: the job
 *
 * Context: may sleep until the job ends; signals do not interrupt the sleep, and the
 * freezer may freeze the task.  The caller must hold no lock that a step takes, and
 * must not be a step.
 *
 * Return: 0 if all lanes are done; the first error of a step; -ECANCELED if the job was
 * stopped or never started.
 */
int lanework_wait(struct lanework *job)
{
	lanework_might_wait(job);
	wait_for_completion_state(&job->idle, TASK_IDLE | TASK_FREEZABLE);

	return lanework_result(job);
}

/* Stop lanes that wait for a worker or for a thaw before they run. */
static void lanework_cancel_lanes(struct lanework *job)
{
	struct lane *lane;

	list_for_each_entry(lane, &job->lanes, list) {
		if (cancel_work_sync(&lane->work))
			lanework_put_running(job);
	}
}

/**
 * lanework_stop - stop all lanes, each within one step
 * @job: the job, running or not
 *
 * Context: may sleep until the running steps have returned.  The caller must hold no
 * lock that a step takes, and must not be a step.
 */
void lanework_stop(struct lanework *job)
{
	lanework_might_wait(job);
	guard(mutex)(&job->lock);

	WRITE_ONCE(job->stop, true);
	if (job->wq)
		lanework_cancel_lanes(job);
	wait_for_completion(&job->idle);
}

/**
 * lanework_free - free the resources of a job
 * @job: the job, not running
 *
 * After success, the caller may free or reuse the memory of the job and of its lanes.
 *
 * Context: may sleep.
 *
 * Return: 0; -EBUSY if the job runs, with a warning and without freeing anything.
 */
int lanework_free(struct lanework *job)
{
	scoped_guard(mutex, &job->lock) {
		if (WARN_ON_ONCE(!lanework_is_idle(job)))
			return -EBUSY;
	}

	/* Waits until no worker runs code of the job. */
	if (job->wq)
		destroy_workqueue(job->wq);

	return 0;
}
