// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lanework.
 *
 * Each step checks that no other step of its lane runs, that the count of steps is right,
 * and on which node it runs.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/freezer.h>
#include <linux/iopoll.h>
#include <linux/lanework.h>
#include <linux/nodemask.h>
#include <linux/suspend.h>
#include <linux/time64.h>
#include <linux/topology.h>

/* No wait in these tests takes so long, even in a virtual machine. */
#define PATIENCE_US	(60 * USEC_PER_SEC)

/* More steps than a lane can run before the test stops it */
#define MANY		100000

struct test_lane {
	struct lane lane;
	unsigned int total;	/* steps until it is done */
	unsigned int made;	/* steps that have run */
	unsigned int turn;	/* number of lanes that started before it */
	int last;		/* result of the last step */
	bool stuck;		/* steps return LANE_NOT_HERE */
	atomic_t inside;
};

/* A job, its lanes, and a work item that runs it */
struct test_job {
	struct lanework job;
	struct test_lane *lanes;
	unsigned int nr;
	unsigned int pause_us;	/* time that a step sleeps */
	struct task_struct *test;
	struct work_struct work;
	int result;
	bool clash;		/* two steps of a lane overlapped, or its count was wrong */
	bool off_node;		/* a step ran on another node than that of its lane */
	bool off_test;		/* a step ran in another task than the test */
};

static int test_job_step(struct lane *lane)
{
	struct test_lane *tl = container_of(lane, struct test_lane, lane);
	struct test_job *tj = container_of(lane->job, struct test_job, job);
	int ret = LANE_MORE;

	if (atomic_xchg(&tl->inside, 1) || lane->steps != tl->made)
		WRITE_ONCE(tj->clash, true);
	if (lane->node != NUMA_NO_NODE &&
	    cpu_to_node(raw_smp_processor_id()) != lane->node)
		WRITE_ONCE(tj->off_node, true);
	if (current != tj->test)
		WRITE_ONCE(tj->off_test, true);

	if (tj->pause_us)
		usleep_range(tj->pause_us, 2 * tj->pause_us);

	if (READ_ONCE(tl->stuck)) {
		ret = LANE_NOT_HERE;
	} else {
		WRITE_ONCE(tl->made, tl->made + 1);
		if (tl->made == READ_ONCE(tl->total))
			ret = tl->last;
	}

	atomic_set(&tl->inside, 0);
	return ret;
}

static struct test_job *test_job_init(struct kunit *test, unsigned int nr,
				      unsigned int total, unsigned int pause_us)
{
	struct test_job *tj;
	unsigned int i;

	tj = kunit_kzalloc(test, sizeof(*tj), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tj);
	tj->lanes = kunit_kcalloc(test, nr, sizeof(*tj->lanes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tj->lanes);
	tj->nr = nr;
	tj->pause_us = pause_us;
	tj->test = current;

	lanework_init(&tj->job, "lanework_test", test_job_step);
	for (i = 0; i < nr; i++) {
		tj->lanes[i].total = total;
		lanework_add(&tj->job, &tj->lanes[i].lane, NUMA_NO_NODE);
	}

	return tj;
}

static u64 test_job_steps(const struct test_job *tj)
{
	unsigned int i;
	u64 steps = 0;

	for (i = 0; i < tj->nr; i++)
		steps += READ_ONCE(tj->lanes[i].made);

	return steps;
}

static void test_job_expect_each_once(struct kunit *test, struct test_job *tj)
{
	unsigned int i, wrong = 0;
	u64 steps = 0;

	for (i = 0; i < tj->nr; i++) {
		wrong += tj->lanes[i].made != tj->lanes[i].total;
		steps += tj->lanes[i].total;
	}

	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, test_job_steps(tj), steps);
	KUNIT_EXPECT_FALSE(test, tj->clash);
}

static void test_job_finish(struct kunit *test, struct test_job *tj)
{
	KUNIT_EXPECT_EQ(test, lanework_run(&tj->job), 0);
	test_job_expect_each_once(test, tj);
}

static void test_job_work(struct work_struct *work)
{
	struct test_job *tj = container_of(work, struct test_job, work);

	tj->result = lanework_run(&tj->job);
}

/* A test that has failed leaves lanes that run. */
static void test_job_abort(void *data)
{
	struct test_job *tj = data;

	cmpxchg(&tj->job.error, 0, -ECANCELED);
	flush_work(&tj->work);
}

/* Run the job beside the test. */
static void test_job_start(struct kunit *test, struct test_job *tj)
{
	INIT_WORK(&tj->work, test_job_work);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, test_job_abort, tj), 0);
	queue_work(system_dfl_wq, &tj->work);
}

/* Wait for the end of a job that test_job_start() has started. */
static void test_job_end(struct kunit *test, struct test_job *tj)
{
	flush_work(&tj->work);
	KUNIT_EXPECT_EQ(test, tj->result, 0);
	test_job_expect_each_once(test, tj);
}

static void test_job_until_steps(struct kunit *test, struct test_job *tj, u64 steps)
{
	u64 made;

	KUNIT_ASSERT_EQ(test, 0, read_poll_timeout(test_job_steps, made, made >= steps, 200,
						   PATIENCE_US, false, tj));
}

static void test_job_expect_rest(struct kunit *test, struct test_job *tj)
{
	u64 steps = test_job_steps(tj);

	msleep(20);
	KUNIT_EXPECT_EQ(test, test_job_steps(tj), steps);
}

/* Each step of each lane runs once and in order, in thousands of lanes of any length. */
static void lanework_test_each_once(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 3000, 5, 0);

	tj->lanes[0].total = 1;
	tj->lanes[2999].total = 200;
	test_job_finish(test, tj);
}

/* Numbers of lanes: started, started and not done, and the maximum of those */
static atomic_t test_started, test_at_work, test_max_at_work;

static int test_turn_step(struct lane *lane)
{
	struct test_lane *tl = container_of(lane, struct test_lane, lane);
	int ret, nr;

	if (!tl->made) {
		tl->turn = atomic_inc_return(&test_started) - 1;
		nr = atomic_inc_return(&test_at_work);
		if (nr > atomic_read(&test_max_at_work))
			atomic_set(&test_max_at_work, nr);
	}

	ret = test_job_step(lane);
	if (ret == LANE_DONE)
		atomic_dec(&test_at_work);

	return ret;
}

/* No more lanes than CPUs run at a time, in the order in which they were added. */
static void lanework_test_in_turn(struct kunit *test)
{
	unsigned int i, cpus = num_online_cpus(), first = 0, last = 0;
	struct test_job *tj = test_job_init(test, 4 * cpus, 5, 100);

	atomic_set(&test_started, 0);
	atomic_set(&test_at_work, 0);
	atomic_set(&test_max_at_work, 0);
	tj->job.step = test_turn_step;

	test_job_finish(test, tj);

	for (i = 0; i < cpus; i++) {
		first += tj->lanes[i].turn;
		last += tj->lanes[tj->nr - 1 - i].turn;
	}
	KUNIT_EXPECT_LT(test, first, last);
	KUNIT_EXPECT_LE(test, atomic_read(&test_max_at_work), cpus);
}

/* An error of a lane stops the others, and is the result of the job. */
static void lanework_test_error(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 16, MANY, 100);
	unsigned int i;

	tj->lanes[0].total = 5;
	tj->lanes[0].last = -EPERM;
	KUNIT_EXPECT_EQ(test, lanework_run(&tj->job), -EPERM);

	KUNIT_EXPECT_EQ(test, tj->lanes[0].made, 5);
	for (i = 1; i < tj->nr; i++)
		KUNIT_EXPECT_LT(test, tj->lanes[i].made, MANY);
	KUNIT_EXPECT_FALSE(test, tj->clash);
}

/* All lanes but the first fail after another lane has failed. */
static int test_second_error_step(struct lane *lane)
{
	if (!lane->index)
		return -EPERM;

	while (!READ_ONCE(lane->job->error))
		usleep_range(100, 200);

	return -EIO;
}

/* The first of several errors is the result of the job. */
static void lanework_test_first_error(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 8, 1, 0);

	tj->job.step = test_second_error_step;
	KUNIT_EXPECT_EQ(test, lanework_run(&tj->job), -EPERM);
}

/* Lanes whose steps cannot run are not done, and leave the CPUs to other lanes. */
static void lanework_test_not_here(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 4 * num_online_cpus() + 1, 10, 0);
	struct test_lane *last = &tj->lanes[tj->nr - 1];
	unsigned int i;

	for (i = 0; i < tj->nr; i++)
		tj->lanes[i].stuck = &tj->lanes[i] != last;
	test_job_start(test, tj);
	test_job_until_steps(test, tj, 10);
	KUNIT_EXPECT_EQ(test, last->made, 10);

	for (i = 0; i < tj->nr; i++)
		WRITE_ONCE(tj->lanes[i].stuck, false);
	test_job_end(test, tj);
}

/* Distribute the lanes over all nodes.  The job must not have run. */
static void test_job_set_nodes(struct test_job *tj)
{
	int node = first_node(node_states[N_CPU]);
	unsigned int i;

	for (i = 0; i < tj->nr; i++) {
		tj->lanes[i].lane.node = node;
		node = next_node_in(node, node_states[N_CPU]);
	}
}

/* A lane runs only on CPUs of its node. */
static void lanework_test_nodes(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 64, 20, 100);

	if (num_node_state(N_CPU) < 2)
		kunit_skip(test, "needs two nodes with CPUs");

	test_job_set_nodes(tj);
	test_job_finish(test, tj);
	KUNIT_EXPECT_FALSE(test, tj->off_node);
}

/* A lane of a node that does not exist runs anywhere. */
static void lanework_test_no_such_node(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 4, 5, 0);
	int node;

	for (node = 0; node < MAX_NUMNODES && node_online(node); node++)
		;
	tj->lanes[0].lane.node = node;

	test_job_finish(test, tj);
}

#ifdef CONFIG_HOTPLUG_CPU
/* CPUs go offline and come back while lanes run, and no step is lost. */
static void lanework_test_hotplug(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 32, MANY, 200);
	unsigned int cpu = cpumask_last(cpu_online_mask);
	unsigned int i;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	test_job_set_nodes(tj);
	test_job_start(test, tj);
	test_job_until_steps(test, tj, 100);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
		KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	}
	for (i = 0; i < tj->nr; i++)
		WRITE_ONCE(tj->lanes[i].total, READ_ONCE(tj->lanes[i].made) + 1000);
	test_job_end(test, tj);
}
#endif

#ifdef CONFIG_FREEZER
/* Like freeze_kernel_threads(), but no task is frozen. */
static void test_freeze_begin(struct kunit *test)
{
	bool busy;

	pm_nosig_freezing = true;
	freeze_workqueues_begin();
	KUNIT_EXPECT_EQ(test, 0, read_poll_timeout(freeze_workqueues_busy, busy, !busy, 200,
						   PATIENCE_US, false));
}

static void test_freeze_end(void)
{
	pm_nosig_freezing = false;
	thaw_workqueues();
}

/* The freezer stops lanes within one step, and they resume where they stopped. */
static void lanework_test_freeze(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 16, MANY, 200);
	unsigned int i, flags;

	test_job_start(test, tj);
	test_job_until_steps(test, tj, 100);

	flags = lock_system_sleep();
	test_freeze_begin(test);
	test_job_expect_rest(test, tj);
	for (i = 0; i < tj->nr; i++)
		tj->lanes[i].total = tj->lanes[i].made + 20;
	test_freeze_end();
	unlock_system_sleep(flags);

	test_job_end(test, tj);
}
#endif

static struct workqueue_struct *test_no_wq(const char *name)
{
	return NULL;
}

/* Without a workqueue, the task itself runs all steps. */
static void lanework_test_alone(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 50, 20, 0);

	kunit_activate_static_stub(test, lanework_alloc_wq, test_no_wq);
	test_job_finish(test, tj);
	kunit_deactivate_static_stub(test, lanework_alloc_wq);
	KUNIT_EXPECT_FALSE(test, tj->off_test);
}

/* A serial job runs one lane after another, and ends with the first error. */
static void lanework_test_serial(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 5, 20, 0);

	tj->lanes[2].last = -EPERM;
	KUNIT_EXPECT_EQ(test, lanework_run_serial(&tj->job), -EPERM);
	KUNIT_EXPECT_FALSE(test, tj->off_test);
	KUNIT_EXPECT_EQ(test, tj->lanes[1].made, 20);
	KUNIT_EXPECT_EQ(test, tj->lanes[3].made, 0);
}

/* A job without lanes has nothing to do. */
static void lanework_test_no_lanes(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 0, 0, 0);

	test_job_finish(test, tj);
}

static struct kunit_case lanework_cases[] = {
	KUNIT_CASE_SLOW(lanework_test_each_once),
	KUNIT_CASE(lanework_test_in_turn),
	KUNIT_CASE(lanework_test_error),
	KUNIT_CASE(lanework_test_first_error),
	KUNIT_CASE(lanework_test_not_here),
	KUNIT_CASE(lanework_test_nodes),
	KUNIT_CASE(lanework_test_no_such_node),
#ifdef CONFIG_HOTPLUG_CPU
	KUNIT_CASE_SLOW(lanework_test_hotplug),
#endif
#ifdef CONFIG_FREEZER
	KUNIT_CASE(lanework_test_freeze),
#endif
	KUNIT_CASE(lanework_test_alone),
	KUNIT_CASE(lanework_test_serial),
	KUNIT_CASE(lanework_test_no_lanes),
	{}
};

static struct kunit_suite lanework_suite = {
	.name = "lanework",
	.test_cases = lanework_cases,
};

kunit_test_suite(lanework_suite);
