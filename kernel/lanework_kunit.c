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
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/iopoll.h>
#include <linux/kthread.h>
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
	unsigned int late;	/* steps that started after a stop */
	atomic_t inside;
};

/* A job and its lanes, freed at the end of the test */
struct test_job {
	struct lanework job;
	struct test_lane *lanes;
	unsigned int nr;
	unsigned int pause_us;	/* time that a step sleeps */
	struct task_struct *test;
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
	if (READ_ONCE(lane->job->stop))
		tl->late++;
	if (lane->node != NUMA_NO_NODE &&
	    cpu_to_node(raw_smp_processor_id()) != lane->node)
		WRITE_ONCE(tj->off_node, true);
	if (current != tj->test)
		WRITE_ONCE(tj->off_test, true);

	if (tj->pause_us)
		usleep_range(tj->pause_us, 2 * tj->pause_us);

	if (READ_ONCE(tl->stuck))
		ret = LANE_NOT_HERE;
	else if (++tl->made == tl->total)
		ret = tl->last;

	atomic_set(&tl->inside, 0);
	return ret;
}

static void test_job_free(void *data)
{
	struct test_job *tj = data;

	lanework_stop(&tj->job);
	lanework_free(&tj->job);
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

	KUNIT_ASSERT_EQ(test, lanework_init(&tj->job, "lanework_test", test_job_step), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, test_job_free, tj), 0);

	for (i = 0; i < nr; i++) {
		tj->lanes[i].total = total;
		KUNIT_ASSERT_EQ(test, lanework_add(&tj->job, &tj->lanes[i].lane,
						   NUMA_NO_NODE), 0);
	}

	return tj;
}

static u64 test_job_steps(const struct test_job *tj)
{
	unsigned int i;
	u64 steps = 0;

	for (i = 0; i < tj->nr; i++)
		steps += READ_ONCE(tj->lanes[i].lane.steps);

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

static void test_job_run(struct kunit *test, struct test_job *tj, int result)
{
	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), result);
}

/* Run the rest of the job. */
static void test_job_finish(struct kunit *test, struct test_job *tj)
{
	test_job_run(test, tj, 0);
	test_job_expect_each_once(test, tj);
}

static void test_job_until_steps(struct kunit *test, struct test_job *tj, u64 steps)
{
	u64 made;

	KUNIT_ASSERT_EQ(test, 0, read_poll_timeout(test_job_steps, made, made >= steps, 200,
						   PATIENCE_US, false, tj));
}

/* Let each lane finish after @steps more steps.  The job must be stopped. */
static void test_job_shorten(struct test_job *tj, unsigned int steps)
{
	unsigned int i;

	for (i = 0; i < tj->nr; i++)
		tj->lanes[i].total = tj->lanes[i].made + steps;
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

	/* A second start has nothing to do. */
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

/* A stopped job runs no step, and resumes where it stopped. */
static void lanework_test_stop(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 16, MANY, 200);
	unsigned int i, too_late = 0;

	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	test_job_until_steps(test, tj, 100);
	lanework_stop(&tj->job);
	test_job_expect_rest(test, tj);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), -ECANCELED);

	for (i = 0; i < tj->nr; i++)
		too_late += tj->lanes[i].late > 1;
	KUNIT_EXPECT_EQ(test, too_late, 0);

	test_job_shorten(tj, 20);
	test_job_finish(test, tj);
}

/* Lanes can be started right after a stop, which has no effect before the first start. */
static void lanework_test_stop_often(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 300, 50, 0);
	unsigned int i;

	lanework_stop(&tj->job);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), -ECANCELED);
	KUNIT_EXPECT_EQ(test, test_job_steps(tj), 0ULL);

	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
		usleep_range(10, 500);
		lanework_stop(&tj->job);
	}
	test_job_finish(test, tj);
}

/* An error of a lane stops the others, and is the result of the job. */
static void lanework_test_error(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 16, 1000, 100);

	tj->lanes[7].total = 5;
	tj->lanes[7].last = -EPERM;
	test_job_run(test, tj, -EPERM);

	/* The other lanes have stopped and do not start again. */
	KUNIT_EXPECT_EQ(test, tj->lanes[7].made, 5);
	KUNIT_EXPECT_LT(test, test_job_steps(tj), 15000ULL);
	test_job_expect_rest(test, tj);
	KUNIT_EXPECT_EQ(test, lanework_start(&tj->job), -EPERM);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), -EPERM);
	test_job_expect_rest(test, tj);
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
	test_job_run(test, tj, -EPERM);
}

/* A lane whose steps cannot run here is not done, and can be stopped. */
static void lanework_test_not_here(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 8, 10, 0);

	tj->lanes[3].stuck = true;
	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	test_job_until_steps(test, tj, 70);
	KUNIT_EXPECT_EQ(test, tj->lanes[3].made, 0);

	lanework_stop(&tj->job);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), -ECANCELED);

	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	WRITE_ONCE(tj->lanes[3].stuck, false);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), 0);
	test_job_expect_each_once(test, tj);
}

/* Lanes whose steps cannot run leave the CPUs to other lanes. */
static void lanework_test_starvation(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 4 * num_online_cpus() + 1, 10, 0);
	struct test_lane *last = &tj->lanes[tj->nr - 1];
	unsigned int i;

	for (i = 0; i < tj->nr; i++)
		tj->lanes[i].stuck = &tj->lanes[i] != last;
	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	test_job_until_steps(test, tj, 10);
	KUNIT_EXPECT_EQ(test, last->made, 10);

	for (i = 0; i < tj->nr; i++)
		WRITE_ONCE(tj->lanes[i].stuck, false);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), 0);
	test_job_expect_each_once(test, tj);
}

/* Distribute the lanes over all nodes.  The job must not have been started. */
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
	struct test_job *tj = test_job_init(test, 32, 500, 500);
	unsigned int cpu = cpumask_last(cpu_online_mask);
	unsigned int i;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	test_job_set_nodes(tj);
	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
		KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	}
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), 0);
	test_job_expect_each_once(test, tj);
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

/* The freezer stops lanes; stop and start work while the system is frozen. */
static void lanework_test_freeze(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 16, MANY, 200);
	unsigned int flags;

	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	test_job_until_steps(test, tj, 100);

	flags = lock_system_sleep();
	test_freeze_begin(test);
	test_job_expect_rest(test, tj);
	KUNIT_EXPECT_EQ(test, lanework_start(&tj->job), -EBUSY);

	/* A stop takes effect at once, a start with the thaw. */
	lanework_stop(&tj->job);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), -ECANCELED);
	test_job_shorten(tj, 20);
	KUNIT_EXPECT_EQ(test, lanework_start(&tj->job), 0);
	test_job_expect_rest(test, tj);
	test_freeze_end();
	unlock_system_sleep(flags);

	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), 0);
	test_job_expect_each_once(test, tj);
}
#endif

/* A job needs a name, a step and lanes. */
static void lanework_test_incomplete(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 0, 0, 0);
	struct lanework job;

	KUNIT_EXPECT_EQ(test, lanework_start(&tj->job), -EINVAL);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), -ECANCELED);
	KUNIT_EXPECT_EQ(test, lanework_init(&job, "lanework_test", NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, lanework_init(&job, NULL, test_job_step), -EINVAL);
}

/* A serial job has no workqueue. */
static void lanework_test_serial(struct kunit *test)
{
	struct lanework job;

	KUNIT_ASSERT_EQ(test, lanework_init_serial(&job, "lanework_test", test_job_step), 0);
	KUNIT_EXPECT_NULL(test, job.wq);
	KUNIT_EXPECT_EQ(test, lanework_free(&job), 0);
}

/* A running job cannot be started or freed, and accepts no lanes. */
static void lanework_test_while_running(struct kunit *test)
{
	struct test_job *tj = test_job_init(test, 4, 100, 500);
	struct lane more;

	tj->lanes[0].stuck = true;
	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_start(&tj->job), -EBUSY);
	kunit_warning_suppress(test) {
		KUNIT_EXPECT_EQ(test, lanework_free(&tj->job), -EBUSY);
		KUNIT_EXPECT_EQ(test, lanework_add(&tj->job, &more, 0), -EBUSY);
	}
	WRITE_ONCE(tj->lanes[0].stuck, false);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), 0);
	test_job_expect_each_once(test, tj);
}

static struct workqueue_struct *test_no_wq(const char *name)
{
	return NULL;
}

/* A job without a workqueue: lanework_start() runs the lanes. */
static struct test_job *test_job_init_alone(struct kunit *test, unsigned int nr,
					    unsigned int total, unsigned int pause_us)
{
	struct test_job *tj;

	kunit_activate_static_stub(test, lanework_alloc_wq, test_no_wq);
	tj = test_job_init(test, nr, total, pause_us);
	kunit_deactivate_static_stub(test, lanework_alloc_wq);

	return tj;
}

/* Without a workqueue, lanework_start() runs all steps itself. */
static void lanework_test_alone(struct kunit *test)
{
	struct test_job *tj = test_job_init_alone(test, 50, 20, 0);

	KUNIT_ASSERT_EQ(test, lanework_start(&tj->job), 0);
	test_job_expect_each_once(test, tj);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), 0);
	KUNIT_EXPECT_FALSE(test, tj->off_test);
}

static int test_stopper(void *data)
{
	struct test_job *tj = data;

	while (!kthread_should_stop() && test_job_steps(tj) < 30)
		usleep_range(100, 200);
	lanework_stop(&tj->job);

	while (!kthread_should_stop())
		usleep_range(100, 200);

	return 0;
}

/* Without a workqueue, another task can stop the job. */
static void lanework_test_alone_stop(struct kunit *test)
{
	struct test_job *tj = test_job_init_alone(test, 5, MANY, 200);
	struct task_struct *task;

	task = kthread_run(test_stopper, tj, "lanework-stopper");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	KUNIT_EXPECT_EQ(test, lanework_start(&tj->job), 0);
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, lanework_wait(&tj->job), -ECANCELED);

	test_job_shorten(tj, 20);
	test_job_finish(test, tj);
}

static void test_job_expect_fails(struct kunit *test, int code, int error)
{
	struct test_job *tj = test_job_init_alone(test, 5, 20, 0);

	tj->lanes[2].last = code;
	/* Steps run in the thread of the test, where the warning can be suppressed. */
	kunit_warning_suppress(test)
		test_job_run(test, tj, error);
	KUNIT_EXPECT_EQ(test, tj->lanes[1].made, 20);
	KUNIT_EXPECT_EQ(test, tj->lanes[3].made, 0);
}

/* A job fails if a step returns an errno or an unknown code; later lanes do not run. */
static void lanework_test_alone_error(struct kunit *test)
{
	test_job_expect_fails(test, -EPERM, -EPERM);
	test_job_expect_fails(test, 4711, -EINVAL);
	/* A negative number that is not an errno */
	test_job_expect_fails(test, -MAX_ERRNO - 1, -EINVAL);
}

static struct kunit_case lanework_cases[] = {
	KUNIT_CASE_SLOW(lanework_test_each_once),
	KUNIT_CASE(lanework_test_in_turn),
	KUNIT_CASE(lanework_test_stop),
	KUNIT_CASE_SLOW(lanework_test_stop_often),
	KUNIT_CASE(lanework_test_error),
	KUNIT_CASE(lanework_test_first_error),
	KUNIT_CASE(lanework_test_not_here),
	KUNIT_CASE(lanework_test_starvation),
	KUNIT_CASE(lanework_test_nodes),
	KUNIT_CASE(lanework_test_no_such_node),
#ifdef CONFIG_HOTPLUG_CPU
	KUNIT_CASE_SLOW(lanework_test_hotplug),
#endif
#ifdef CONFIG_FREEZER
	KUNIT_CASE(lanework_test_freeze),
#endif
	KUNIT_CASE(lanework_test_incomplete),
	KUNIT_CASE(lanework_test_serial),
	KUNIT_CASE(lanework_test_while_running),
	KUNIT_CASE(lanework_test_alone),
	KUNIT_CASE(lanework_test_alone_stop),
	KUNIT_CASE(lanework_test_alone_error),
	{}
};

static struct kunit_suite lanework_suite = {
	.name = "lanework",
	.test_cases = lanework_cases,
};

kunit_test_suite(lanework_suite);
