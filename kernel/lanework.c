// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run a job's lanes at once, each on the CPUs of its node.
 *
 * A lane is a work item, on an unbound workqueue whose workers stay on the node
 * but may use every CPU there.  The work item goes on from step to step until
 * the lane is done or something is in the way; that a work item never runs
 * twice at the same time is what keeps the steps of a lane apart.
 *
 * A node has as many lanes at work as CPUs; the others wait, in the order in
 * which they were added.  If all were at work, the shorter ones would take time
 * from the longer ones, which then end late, on few CPUs.
 *
 * Whatever makes a lane come to rest is looked at between steps: the end of the
 * lane, an error of any lane, a stop, the freezer.  So each of them takes effect
 * within one step, and a lane at rest is between two steps and can go on.
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

/* Why a lane comes to rest. */
enum rest {
	REST_DONE,
	REST_STOPPED,
	REST_FAILED,
	REST_FROZEN,
	REST_NOT_HERE,
};

static const char * const rest_names[] = {
	[REST_DONE]	= "done",
	[REST_STOPPED]	= "stopped",
	[REST_FAILED]	= "failed",
	[REST_FROZEN]	= "frozen",
	[REST_NOT_HERE]	= "not-here",
};

/*
 * The default would keep lanes neither on their node nor spread over it.  It
 * would keep them off CPUs that are isolated, but not off those of nohz_full=.
 */
static int stay_on_nodes(struct workqueue_struct *wq)
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

/* Isolated CPUs have no unbound workers. */
static unsigned int nr_workers(void)
{
	unsigned int cpu, nr = 0;

	for_each_online_cpu(cpu)
		nr += housekeeping_test_cpu(cpu, HK_TYPE_DOMAIN) &&
		      housekeeping_test_cpu(cpu, HK_TYPE_WQ);

	return max(nr, 1U);
}

VISIBLE_IF_KUNIT struct workqueue_struct *lanework_alloc_wq(const char *name)
{
	struct workqueue_struct *wq;

	KUNIT_STATIC_STUB_REDIRECT(lanework_alloc_wq, name);

	/* The workqueue divides the number by the CPUs of each node, */
	wq = alloc_workqueue("%s", WQ_UNBOUND | WQ_FREEZABLE, nr_workers(),
			     name);
	if (!wq)
		return NULL;
	/* but lets each node have eight if it is not told otherwise. */
	workqueue_set_min_active(wq, 1);

	if (stay_on_nodes(wq)) {
		destroy_workqueue(wq);
		return NULL;
	}

	return wq;
}

static void steps_begin(struct lanework *job)
{
	lock_map_acquire(&job->map);
}

static void steps_end(struct lanework *job)
{
	lock_map_release(&job->map);
}

static void might_wait(struct lanework *job)
{
	might_sleep();
	steps_begin(job);
	steps_end(job);
}

static bool is_idle(struct lanework *job)
{
	return completion_done(&job->idle);
}

/* A lane, or the starter, has come to rest; the last one may end the job. */
static void rests(struct lanework *job)
{
	if (!atomic_dec_and_test(&job->running))
		return;

	trace_lanework_job_end(job);
	/* Whoever waits may free @job: not touched afterwards. */
	complete_all(&job->idle);
}

/*
 * Freezing looks for no worker to freeze, only for freezable work to end.  A
 * starter that runs lanes itself may be a task that is to be frozen.
 */
static bool freeze_wanted(void)
{
#ifdef CONFIG_FREEZER
	if (READ_ONCE(pm_nosig_freezing))
		return true;
#endif
	return freezing(current);
}

static int make_step(struct lane *lane)
{
	struct lanework *job = lane->job;
	int ret;

	steps_begin(job);
	ret = job->step(lane);
	steps_end(job);

	if (ret == LANE_DONE || ret == LANE_MORE || ret == LANE_NOT_HERE ||
	    IS_ERR_VALUE((long)ret))
		return ret;

	WARN_ONCE(1, "a lane of %s returned %d\n", job->name, ret);
	return -EINVAL;
}

static void count_step(struct lane *lane)
{
	WRITE_ONCE(lane->steps, lane->steps + 1);
}

static enum rest run_steps(struct lane *lane)
{
	struct lanework *job = lane->job;
	int ret;

	for (;;) {
		if (READ_ONCE(job->stop) || READ_ONCE(job->error))
			return REST_STOPPED;
		if (freeze_wanted())
			return REST_FROZEN;

		ret = make_step(lane);
		switch (ret) {
		case LANE_DONE:
			count_step(lane);
			lane->done = true;
			atomic_dec(&job->left);
			return REST_DONE;
		case LANE_MORE:
			count_step(lane);
			break;
		case LANE_NOT_HERE:
			return REST_NOT_HERE;
		default:
			cmpxchg(&job->error, 0, ret);
			return REST_FAILED;
		}

		cond_resched();
	}
}

static enum rest run_lane(struct lane *lane)
{
	enum rest rest;

	trace_lanework_lane_start(lane);
	rest = run_steps(lane);
	trace_lanework_lane_stop(lane, rest_names[rest]);

	return rest;
}

/* False if the lane is being stopped. */
static bool queue_lane(struct lane *lane)
{
	return queue_work_node(lane->node, lane->job->wq, &lane->work);
}

static void lane_work(struct work_struct *work)
{
	struct lane *lane = container_of(work, struct lane, work);
	enum rest rest = run_lane(lane);

	/* Behind the lanes that wait: they may have better luck. */
	if (rest == REST_NOT_HERE) {
		schedule_timeout_uninterruptible(1);
		if (queue_lane(lane))
			return;
	}

	/* The workqueue is freezable: it holds the lane until all is thawed. */
	if (rest == REST_FROZEN && queue_lane(lane))
		return;

	rests(lane->job);
}

static void queue_lanes(struct lanework *job)
{
	struct lane *lane;

	list_for_each_entry(lane, &job->lanes, list) {
		if (lane->done)
			continue;

		atomic_inc(&job->running);
		if (!queue_lane(lane))
			rests(job);
	}
}

static bool will_go_on(enum rest rest)
{
	return rest == REST_FROZEN || rest == REST_NOT_HERE;
}

/* Without workers: one lane after the other, in the starter. */
static void run_lanes(struct lanework *job)
{
	struct lane *lane;

	list_for_each_entry(lane, &job->lanes, list) {
		if (lane->done)
			continue;

		while (will_go_on(run_lane(lane))) {
			__set_current_state(TASK_IDLE | TASK_FREEZABLE);
			schedule_timeout(1);
		}
	}
}

int __lanework_init(struct lanework *job, const char *name,
		    int (*step)(struct lane *lane), struct lock_class_key *key)
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
	job->wq = lanework_alloc_wq(name);
	if (!job->wq)
		pr_notice("no workqueue for %s: its lanes run one after another\n",
			  name);

	return 0;
}

/**
 * lanework_add - give a job one more lane
 * @job: the job, never started yet
 * @lane: storage, of which lanework has no other lane
 * @node: whose CPUs make its steps.  Of a node without online CPUs, and for
 *	NUMA_NO_NODE, those of the node on which lanework_start() runs.
 *
 * Where a node has more lanes than CPUs, those added first run first: long ones
 * are best added before short ones.
 *
 * Context: may sleep.
 *
 * Return: 0; -EBUSY if @job has been started before, with a warning.
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
	INIT_WORK(&lane->work, lane_work);
	list_add_tail(&lane->list, &job->lanes);
	atomic_inc(&job->left);

	return 0;
}

static int begin(struct lanework *job)
{
	guard(mutex)(&job->lock);

	if (list_empty(&job->lanes))
		return -EINVAL;
	if (!is_idle(job))
		return -EBUSY;
	if (job->error)
		return job->error;

	job->started = true;
	WRITE_ONCE(job->stop, false);
	reinit_completion(&job->idle);
	atomic_set(&job->running, 1);
	trace_lanework_job_start(job);

	if (job->wq)
		queue_lanes(job);

	return 0;
}

/**
 * lanework_start - have the lanes run, from where each is
 * @job: the job, not running
 *
 * After lanework_stop() this goes on where the job stopped.  Once all lanes are
 * done nothing is left to do, and it succeeds.
 *
 * Context: may sleep.  Briefly if the job has a workqueue; else this makes all
 * the steps, and must be called like lanework_wait().
 *
 * Return: 0, and lanework_wait() has the result; -EINVAL without lanes; -EBUSY
 * if the job runs; the first error of the job if it has failed before.
 */
int lanework_start(struct lanework *job)
{
	int ret;

	if (!job->wq)
		might_wait(job);

	ret = begin(job);
	if (ret)
		return ret;

	if (!job->wq)
		run_lanes(job);
	rests(job);

	return 0;
}

static int result_of(struct lanework *job)
{
	int error = READ_ONCE(job->error);

	if (error)
		return error;

	return job->nr_lanes && !atomic_read(&job->left) ? 0 : -ECANCELED;
}

/**
 * lanework_wait - sleep until no lane runs, nor will
 * @job: the job
 *
 * Context: may sleep, and long, not disturbed by signals.  The task may be
 * frozen meanwhile, as the lanes are.  No lock may be held that steps take;
 * not from a step.
 *
 * Return: 0 when all lanes are done; the first error of a step; -ECANCELED when
 * neither is so: the job was stopped, or never started.
 */
int lanework_wait(struct lanework *job)
{
	might_wait(job);
	wait_for_completion_state(&job->idle, TASK_IDLE | TASK_FREEZABLE);

	return result_of(job);
}

/* Lanes that wait for a worker, or for a thaw, need not come to be stopped. */
static void cancel_lanes(struct lanework *job)
{
	struct lane *lane;

	list_for_each_entry(lane, &job->lanes, list) {
		if (cancel_work_sync(&lane->work))
			rests(job);
	}
}

/**
 * lanework_stop - have the lanes come to rest, each within one step
 * @job: the job; it need not run, nor have been started
 *
 * Context: may sleep, for as long as a step takes and the CPU is busy with
 * other things.  No lock may be held that steps take; not from a step.
 */
void lanework_stop(struct lanework *job)
{
	might_wait(job);
	guard(mutex)(&job->lock);

	WRITE_ONCE(job->stop, true);
	if (job->wq)
		cancel_lanes(job);
	wait_for_completion(&job->idle);
}

/**
 * lanework_steps - how many steps were made?
 * @job: the job, to which no lane is being added
 *
 * Context: any.
 *
 * Return: their number in all lanes, at about this moment; it never falls.
 */
u64 lanework_steps(const struct lanework *job)
{
	const struct lane *lane;
	u64 steps = 0;

	list_for_each_entry(lane, &job->lanes, list)
		steps += READ_ONCE(lane->steps);

	return steps;
}

/**
 * lanework_free - take a job apart; its storage, and its lanes', are free then
 * @job: the job, not running; nobody uses it any more
 *
 * Context: may sleep.
 *
 * Return: 0; -EBUSY if it runs, with a warning: nothing has been freed then.
 */
int lanework_free(struct lanework *job)
{
	scoped_guard(mutex, &job->lock) {
		if (WARN_ON_ONCE(!is_idle(job)))
			return -EBUSY;
	}

	/* Waits for the last worker to leave. */
	if (job->wq)
		destroy_workqueue(job->wq);

	return 0;
}
