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
 * A lane comes to rest only between steps: when it is done, when a lane has failed, and
 * when the system freezes.  Each of these takes effect within one step.  After the thaw,
 * the lane resumes with the next step.
 */
#define pr_fmt(fmt)	"lanework: " fmt

#include <kunit/static_stub.h>
#include <kunit/visibility.h>

#include <linux/cleanup.h>
#include <linux/cpumask.h>
#include <linux/freezer.h>
#include <linux/lanework.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/sched/isolation.h>

#define CREATE_TRACE_POINTS
#include <trace/events/lanework.h>

#ifdef CONFIG_LOCKDEP
static struct lockdep_map lanework_map = STATIC_LOCKDEP_MAP_INIT("lanework", &lanework_map);
#endif

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

/**
 * lanework_workers - count the CPUs that run lanes
 * @cpus: CPUs of a node, or all
 *
 * Context: any.
 *
 * Return: the number of @cpus that are online and not isolated.
 */
unsigned int lanework_workers(const struct cpumask *cpus)
{
	unsigned int cpu, nr = 0;

	/* A cpuset that isolates CPUs replaces the mask of HK_TYPE_DOMAIN. */
	guard(rcu)();

	for_each_cpu_and(cpu, cpus, cpu_online_mask)
		nr += housekeeping_test_cpu(cpu, HK_TYPE_DOMAIN) &&
		      housekeeping_test_cpu(cpu, HK_TYPE_WQ);

	return nr;
}

VISIBLE_IF_KUNIT struct workqueue_struct *lanework_alloc_wq(const char *name)
{
	struct workqueue_struct *wq;

	KUNIT_STATIC_STUB_REDIRECT(lanework_alloc_wq, name);

	wq = alloc_workqueue("%s", WQ_UNBOUND | WQ_FREEZABLE,
			     max(lanework_workers(cpu_online_mask), 1U), name);
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

static enum lanework_rest lanework_lane_steps(struct lane *lane)
{
	struct lanework *job = lane->job;
	int ret;

	for (;;) {
		if (READ_ONCE(job->error))
			return LANEWORK_REST_STOPPED;
		if (lanework_must_freeze())
			return LANEWORK_REST_FROZEN;

		lock_map_acquire(&lanework_map);
		ret = job->step(lane);
		lock_map_release(&lanework_map);
		switch (ret) {
		case LANE_DONE:
			lane->steps++;
			return LANEWORK_REST_DONE;
		case LANE_MORE:
			lane->steps++;
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

/* Returns true if the lane has to run again. */
static bool lanework_lane_run(struct lane *lane)
{
	enum lanework_rest rest;

	trace_lanework_lane_start(lane);
	rest = lanework_lane_steps(lane);
	trace_lanework_lane_stop(lane, lanework_rest_names[rest]);

	return rest == LANEWORK_REST_NOT_HERE || rest == LANEWORK_REST_FROZEN;
}

static void lanework_lane_work(struct work_struct *work)
{
	struct lane *lane = container_of(work, struct lane, work);
	struct lanework *job = lane->job;

	if (lanework_lane_run(lane)) {
		/* Let lanes that wait for a worker run first. */
		schedule_timeout_uninterruptible(1);
		/* The freezable workqueue holds the lane until the system thaws. */
		queue_work_node(lane->node, job->wq, work);
	} else if (atomic_dec_and_test(&job->running)) {
		complete(&job->idle);
	}
}

/* Let lockdep check that the caller holds no lock that a step takes. */
static void lanework_might_wait(void)
{
	might_sleep();
	lock_map_acquire(&lanework_map);
	lock_map_release(&lanework_map);
}

/**
 * lanework_init - initialize a job without lanes
 * @job: memory for the job
 * @name: a short name; the string must outlive the job
 * @step: runs one bounded step of a lane and returns an &enum lane_result or -errno.
 *	It may sleep and take locks.
 *
 * Context: any.
 */
void lanework_init(struct lanework *job, const char *name, int (*step)(struct lane *lane))
{
	*job = (struct lanework) { .name = name, .step = step };
	INIT_LIST_HEAD(&job->lanes);
	init_completion(&job->idle);
}

/**
 * lanework_add - add a lane to a job
 * @job: the job, which has not run yet
 * @lane: memory for the lane
 * @node: the node whose CPUs run the steps.  If @node has no online CPUs or is
 *	NUMA_NO_NODE, lanework uses the node on which lanework_run() runs.
 *
 * If a node has more lanes than CPUs, lanes run in the order in which they were added.
 * The caller should add long lanes before short ones.
 *
 * Context: any.
 */
void lanework_add(struct lanework *job, struct lane *lane, int node)
{
	*lane = (struct lane) {
		.job = job,
		.node = node,
		.index = job->nr_lanes++,
	};
	INIT_WORK(&lane->work, lanework_lane_work);
	list_add_tail(&lane->list, &job->lanes);
}

/**
 * lanework_run_serial - run one lane after another in this task
 * @job: the job
 *
 * Use this for work that would not gain more than a workqueue costs.
 *
 * Context: may sleep until the job ends.  The freezer may freeze the task between steps.
 *
 * Return: as lanework_run().
 */
int lanework_run_serial(struct lanework *job)
{
	struct lane *lane;

	trace_lanework_job_start(job);
	list_for_each_entry(lane, &job->lanes, list) {
		while (lanework_lane_run(lane)) {
			__set_current_state(TASK_IDLE | TASK_FREEZABLE);
			schedule_timeout(1);
		}
	}
	trace_lanework_job_end(job);

	return job->error;
}

/**
 * lanework_run - run all lanes of a job at the same time
 * @job: the job
 *
 * If lanework cannot allocate a workqueue, the lanes run one after another.  After return,
 * the caller may free or reuse the memory of the job and of its lanes.
 *
 * Context: may sleep until the job ends; signals do not interrupt the sleep, and the
 * freezer may freeze the task.  Takes cpu_hotplug_lock.  The caller must hold no lock that
 * a step takes, and must not be a step.
 *
 * Return: 0 if all lanes are done, else the first error of a step.
 */
int lanework_run(struct lanework *job)
{
	struct lane *lane;

	lanework_might_wait();
	if (list_empty(&job->lanes))
		return 0;

	job->wq = lanework_alloc_wq(job->name);
	if (!job->wq) {
		pr_notice("no workqueue for %s: its lanes run one after another\n", job->name);
		return lanework_run_serial(job);
	}

	trace_lanework_job_start(job);
	atomic_set(&job->running, job->nr_lanes);
	list_for_each_entry(lane, &job->lanes, list)
		queue_work_node(lane->node, job->wq, &lane->work);
	wait_for_completion_state(&job->idle, TASK_IDLE | TASK_FREEZABLE);
	/* Waits until no worker runs code of the job. */
	destroy_workqueue(job->wq);
	trace_lanework_job_end(job);

	return job->error;
}
