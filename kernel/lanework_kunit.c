// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of lanework.
 *
 * Every lane watches over itself: whether a second step of it runs, whether its
 * steps are counted as they are made, and on which node.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/lanework.h>
#include <linux/nodemask.h>
#include <linux/suspend.h>
#include <linux/topology.h>

/* Longer than anything here takes, also where CPUs are emulated and shared. */
#define PATIENCE	(60 * HZ)

/* Steps of a lane that is not done when the test comes to stop it. */
#define MANY		100000

struct test_lane {
	struct lane lane;
	unsigned int total;	/* steps until it is done */
	unsigned int made;
	unsigned int turn;	/* lanes that began before it */
	unsigned int pause_us;	/* that a step takes, asleep */
	int last;		/* what the last step returns */
	bool stuck;		/* not here */
	bool off_node;
	bool clash;
	unsigned int late;	/* steps that began during a stop */
	atomic_t inside;
	struct task_struct *runner;
};

/* A job and its lanes, which go away with the test. */
struct fixture {
	struct lanework job;
	struct test_lane *lanes;
	unsigned int nr;
};

static int test_step(struct lane *lane)
{
	struct test_lane *tl = container_of(lane, struct test_lane, lane);
	int ret = LANE_MORE;

	if (atomic_xchg(&tl->inside, 1) || lane->steps != tl->made)
		tl->clash = true;
	if (READ_ONCE(lane->job->stop))
		tl->late++;
	if (lane->node != NUMA_NO_NODE &&
	    cpu_to_node(raw_smp_processor_id()) != lane->node)
		tl->off_node = true;

	tl->runner = current;
	if (tl->pause_us)
		usleep_range(tl->pause_us, 2 * tl->pause_us);

	if (READ_ONCE(tl->stuck))
		ret = LANE_NOT_HERE;
	else if (++tl->made == tl->total)
		ret = tl->last;

	atomic_set(&tl->inside, 0);
	return ret;
}

static void fixture_free(void *data)
{
	struct fixture *f = data;

	lanework_stop(&f->job);
	lanework_free(&f->job);
}

static struct fixture *fixture(struct kunit *test, unsigned int nr,
			       unsigned int total, unsigned int pause_us)
{
	struct fixture *f;
	unsigned int i;

	f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f);
	f->lanes = kunit_kcalloc(test, nr, sizeof(*f->lanes), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->lanes);
	f->nr = nr;

	KUNIT_ASSERT_EQ(test, lanework_init(&f->job, "lanework_test", test_step), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, fixture_free, f), 0);

	for (i = 0; i < nr; i++) {
		f->lanes[i].total = total;
		f->lanes[i].pause_us = pause_us;
		KUNIT_ASSERT_EQ(test, lanework_add(&f->job, &f->lanes[i].lane,
						   NUMA_NO_NODE), 0);
	}

	return f;
}

static void expect_no_clash(struct kunit *test, const struct fixture *f)
{
	unsigned int i, clashes = 0;

	for (i = 0; i < f->nr; i++)
		clashes += f->lanes[i].clash;

	KUNIT_EXPECT_EQ(test, clashes, 0);
}

static void expect_each_once(struct kunit *test, struct fixture *f)
{
	unsigned int i, wrong = 0;
	u64 steps = 0;

	for (i = 0; i < f->nr; i++) {
		wrong += f->lanes[i].made != f->lanes[i].total;
		steps += f->lanes[i].total;
	}

	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, lanework_steps(&f->job), steps);
	expect_no_clash(test, f);
}

static void until_steps(struct kunit *test, struct fixture *f, u64 steps)
{
	unsigned long end = jiffies + PATIENCE;

	while (lanework_steps(&f->job) < steps && time_before(jiffies, end))
		usleep_range(100, 200);

	KUNIT_ASSERT_GE(test, lanework_steps(&f->job), steps);
}

/* At rest: so many steps from now, each lane is done. */
static void shorten(struct fixture *f, unsigned int steps)
{
	unsigned int i;

	for (i = 0; i < f->nr; i++)
		f->lanes[i].total = f->lanes[i].made + steps;
}

static void expect_rest(struct kunit *test, struct fixture *f)
{
	u64 steps = lanework_steps(&f->job);

	msleep(20);
	KUNIT_EXPECT_EQ(test, lanework_steps(&f->job), steps);
}

/* Each step of each lane is made once and in order. */
static void lanework_test_each_once(struct kunit *test)
{
	struct fixture *f = fixture(test, 300, 20, 0);

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);

	/* Nothing is left to do. */
	KUNIT_EXPECT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* Thousands of lanes each make all their steps. */
static void lanework_test_thousands(struct kunit *test)
{
	struct fixture *f = fixture(test, 3000, 3, 0);

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* Lanes of unequal length all end. */
static void lanework_test_unequal(struct kunit *test)
{
	struct fixture *f = fixture(test, 20, 1, 100);

	f->lanes[19].total = 200;
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* Lanes that have begun, and those of them that are not done. */
static atomic_t begun, at_work, most_at_work;

static int turn_step(struct lane *lane)
{
	struct test_lane *tl = container_of(lane, struct test_lane, lane);
	int ret, nr;

	if (!tl->made) {
		tl->turn = atomic_inc_return(&begun) - 1;
		nr = atomic_inc_return(&at_work);
		if (nr > atomic_read(&most_at_work))
			atomic_set(&most_at_work, nr);
	}

	ret = test_step(lane);
	if (ret == LANE_DONE)
		atomic_dec(&at_work);

	return ret;
}

/* As many lanes as CPUs run at a time, in the order in which they were added. */
static void lanework_test_in_turn(struct kunit *test)
{
	unsigned int i, cpus = num_online_cpus(), first = 0, last = 0;
	struct fixture *f = fixture(test, 4 * cpus, 5, 100);

	atomic_set(&begun, 0);
	atomic_set(&at_work, 0);
	atomic_set(&most_at_work, 0);
	f->job.step = turn_step;

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);

	for (i = 0; i < cpus; i++) {
		first += f->lanes[i].turn;
		last += f->lanes[f->nr - 1 - i].turn;
	}
	KUNIT_EXPECT_LT(test, first, last);
	KUNIT_EXPECT_LE(test, atomic_read(&most_at_work), cpus);
}

/* A stopped job makes no step more, and goes on where it was. */
static void lanework_test_stop(struct kunit *test)
{
	struct fixture *f = fixture(test, 16, MANY, 200);
	unsigned int i, too_late = 0;

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	until_steps(test, f, 100);
	lanework_stop(&f->job);
	expect_rest(test, f);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -ECANCELED);

	for (i = 0; i < f->nr; i++)
		too_late += f->lanes[i].late > 1;
	KUNIT_EXPECT_EQ(test, too_late, 0);

	shorten(f, 20);
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* Lanes that have just stopped can be started at once. */
static void lanework_test_stop_often(struct kunit *test)
{
	struct fixture *f = fixture(test, 300, 50, 0);
	unsigned int i;

	for (i = 0; i < 100; i++) {
		KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
		usleep_range(10, 500);
		lanework_stop(&f->job);
	}

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* An error of a lane stops the others, and the job keeps it. */
static void lanework_test_error(struct kunit *test)
{
	struct fixture *f = fixture(test, 16, 1000, 100);

	f->lanes[7].total = 5;
	f->lanes[7].last = -EPERM;
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -EPERM);

	/* The rest have stopped, and stay so. */
	KUNIT_EXPECT_EQ(test, f->lanes[7].made, 5);
	KUNIT_EXPECT_LT(test, lanework_steps(&f->job), 15000ULL);
	expect_rest(test, f);
	KUNIT_EXPECT_EQ(test, lanework_start(&f->job), -EPERM);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -EPERM);
	expect_rest(test, f);
	expect_no_clash(test, f);
}

/* Fails when another lane has. */
static int follow_step(struct lane *lane)
{
	if (!lane->index)
		return -EPERM;

	while (!READ_ONCE(lane->job->error))
		usleep_range(100, 200);

	return -EIO;
}

/* Of several errors, the job returns the first. */
static void lanework_test_first_error(struct kunit *test)
{
	struct fixture *f = fixture(test, 8, 1, 0);

	f->job.step = follow_step;
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -EPERM);
}

/* A lane that can make no step here neither ends nor holds up a stop. */
static void lanework_test_not_here(struct kunit *test)
{
	struct fixture *f = fixture(test, 8, 10, 0);

	f->lanes[3].stuck = true;
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	until_steps(test, f, 70);
	KUNIT_EXPECT_EQ(test, f->lanes[3].made, 0);

	/* It is neither done nor in the way of a stop. */
	lanework_stop(&f->job);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -ECANCELED);

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	WRITE_ONCE(f->lanes[3].stuck, false);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* Lanes that can make no step leave the CPUs to one that can. */
static void lanework_test_starvation(struct kunit *test)
{
	struct fixture *f = fixture(test, 4 * num_online_cpus() + 1, 10, 0);
	struct test_lane *last = &f->lanes[f->nr - 1];
	unsigned int i;

	for (i = 0; i < f->nr; i++)
		f->lanes[i].stuck = &f->lanes[i] != last;
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	until_steps(test, f, 10);
	KUNIT_EXPECT_EQ(test, last->made, 10);

	for (i = 0; i < f->nr; i++)
		WRITE_ONCE(f->lanes[i].stuck, false);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* Home is constant before the first start. */
static void send_home(struct fixture *f)
{
	int node = first_node(node_states[N_CPU]);
	unsigned int i;

	for (i = 0; i < f->nr; i++) {
		f->lanes[i].lane.node = node;
		node = next_node_in(node, node_states[N_CPU]);
	}
}

/* A lane runs on CPUs of its node only. */
static void lanework_test_nodes(struct kunit *test)
{
	struct fixture *f = fixture(test, 64, 20, 100);
	unsigned int i, off_node = 0;

	if (num_node_state(N_CPU) < 2)
		kunit_skip(test, "needs two nodes with CPUs");

	send_home(f);
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);

	for (i = 0; i < f->nr; i++)
		off_node += f->lanes[i].off_node;
	KUNIT_EXPECT_EQ(test, off_node, 0);
}

/* A lane of a node that does not exist runs anywhere. */
static void lanework_test_no_such_node(struct kunit *test)
{
	struct fixture *f = fixture(test, 4, 5, 0);
	int node;

	for (node = 0; node < MAX_NUMNODES && node_online(node); node++)
		;
	f->lanes[0].lane.node = node;

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

#ifdef CONFIG_HOTPLUG_CPU
/* CPUs go offline and come back while lanes run, and no step is lost. */
static void lanework_test_hotplug(struct kunit *test)
{
	struct fixture *f = fixture(test, 32, 500, 500);
	unsigned int cpu = cpumask_last(cpu_online_mask);
	unsigned int i;

	if (num_online_cpus() < 2)
		kunit_skip(test, "needs two CPUs");

	send_home(f);
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, remove_cpu(cpu), 0);
		KUNIT_EXPECT_EQ(test, add_cpu(cpu), 0);
	}
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}
#endif

#ifdef CONFIG_FREEZER
/* What freeze_kernel_threads() does to workqueues; no task is frozen. */
static void freeze_begin(struct kunit *test)
{
	unsigned long end = jiffies + PATIENCE;

	pm_nosig_freezing = true;
	freeze_workqueues_begin();
	while (freeze_workqueues_busy() && time_before(jiffies, end))
		usleep_range(100, 200);
	KUNIT_EXPECT_FALSE(test, freeze_workqueues_busy());
}

static void freeze_end(void)
{
	pm_nosig_freezing = false;
	thaw_workqueues();
}

/* The freezer stops lanes; stop and start work while tasks are frozen. */
static void lanework_test_freeze(struct kunit *test)
{
	struct fixture *f = fixture(test, 16, MANY, 200);
	unsigned int flags;

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	until_steps(test, f, 100);

	flags = lock_system_sleep();
	freeze_begin(test);
	expect_rest(test, f);
	KUNIT_EXPECT_EQ(test, lanework_start(&f->job), -EBUSY);

	/* A stop needs no thaw, and a start takes effect with it. */
	lanework_stop(&f->job);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -ECANCELED);
	shorten(f, 20);
	KUNIT_EXPECT_EQ(test, lanework_start(&f->job), 0);
	expect_rest(test, f);
	freeze_end();
	unlock_system_sleep(flags);

	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}
#endif

/* A job without lanes is refused. */
static void lanework_test_no_lanes(struct kunit *test)
{
	struct fixture *f = fixture(test, 0, 0, 0);

	KUNIT_EXPECT_EQ(test, lanework_start(&f->job), -EINVAL);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -ECANCELED);
	KUNIT_EXPECT_EQ(test, lanework_steps(&f->job), 0ULL);
}

static int nothing_to_do(struct lane *lane)
{
	return LANE_DONE;
}

/* A lane with nothing to do ends after one step. */
static void lanework_test_empty_lanes(struct kunit *test)
{
	struct fixture *f = fixture(test, 16, 1, 0);

	f->job.step = nothing_to_do;
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_steps(&f->job), 16ULL);
}

/* A job without a name or a step is refused. */
static void lanework_test_bad_init(struct kunit *test)
{
	struct lanework *job = kunit_kzalloc(test, sizeof(*job), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, job);
	KUNIT_EXPECT_EQ(test, lanework_init(job, "lanework_test", NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, lanework_init(job, NULL, test_step), -EINVAL);
}

/* A stop before the start does no harm. */
static void lanework_test_stop_before_start(struct kunit *test)
{
	struct fixture *f = fixture(test, 4, 5, 0);

	lanework_stop(&f->job);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -ECANCELED);
	KUNIT_EXPECT_EQ(test, lanework_steps(&f->job), 0ULL);
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* A running job cannot be started, freed or given lanes. */
static void lanework_test_while_running(struct kunit *test)
{
	struct fixture *f = fixture(test, 4, 100, 500);
	struct lane more;

	f->lanes[0].stuck = true;
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_start(&f->job), -EBUSY);
	kunit_warning_suppress(test) {
		KUNIT_EXPECT_EQ(test, lanework_free(&f->job), -EBUSY);
		KUNIT_EXPECT_EQ(test, lanework_add(&f->job, &more, 0), -EBUSY);
	}
	WRITE_ONCE(f->lanes[0].stuck, false);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

static struct workqueue_struct *no_wq(const char *name)
{
	return NULL;
}

/* A job whose lanes the starter runs. */
static struct fixture *alone(struct kunit *test, unsigned int nr,
			     unsigned int total, unsigned int pause_us)
{
	struct fixture *f;

	kunit_activate_static_stub(test, lanework_alloc_wq, no_wq);
	f = fixture(test, nr, total, pause_us);
	kunit_deactivate_static_stub(test, lanework_alloc_wq);

	return f;
}

/* Without workqueues the caller makes all steps itself. */
static void lanework_test_alone(struct kunit *test)
{
	struct fixture *f = alone(test, 50, 20, 0);
	unsigned int i, others = 0;

	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	expect_each_once(test, f);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);

	for (i = 0; i < f->nr; i++)
		others += f->lanes[i].runner != current;
	KUNIT_EXPECT_EQ(test, others, 0);
}

/* Without workqueues an error ends the lanes that follow. */
static void lanework_test_alone_error(struct kunit *test)
{
	struct fixture *f = alone(test, 5, 20, 0);

	f->lanes[2].last = -EPERM;
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -EPERM);
	KUNIT_EXPECT_EQ(test, f->lanes[1].made, 20);
	KUNIT_EXPECT_EQ(test, f->lanes[3].made, 0);
}

static int stopper(void *data)
{
	struct fixture *f = data;

	while (!kthread_should_stop() && lanework_steps(&f->job) < 30)
		usleep_range(100, 200);
	lanework_stop(&f->job);

	while (!kthread_should_stop())
		usleep_range(100, 200);

	return 0;
}

/* Without workqueues a stop from another task works. */
static void lanework_test_alone_stop(struct kunit *test)
{
	struct fixture *f = alone(test, 5, MANY, 200);
	struct task_struct *task;

	task = kthread_run(stopper, f, "lanework-stopper");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	KUNIT_EXPECT_EQ(test, lanework_start(&f->job), 0);
	kthread_stop(task);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -ECANCELED);

	shorten(f, 20);
	KUNIT_ASSERT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), 0);
	expect_each_once(test, f);
}

/* In the test's own thread, where the warning can be kept out of the log. */
static void expect_unknown(struct kunit *test, int code)
{
	struct fixture *f = alone(test, 2, 3, 0);

	f->lanes[0].last = code;
	kunit_warning_suppress(test)
		KUNIT_EXPECT_EQ(test, lanework_start(&f->job), 0);
	KUNIT_EXPECT_EQ(test, lanework_wait(&f->job), -EINVAL);
	KUNIT_EXPECT_EQ(test, f->lanes[1].made, 0);
}

/* A step that returns an unknown code ends the job with an error. */
static void lanework_test_unknown_code(struct kunit *test)
{
	expect_unknown(test, 4711);
	/* Negative, but no errno. */
	expect_unknown(test, -MAX_ERRNO - 1);
}

static struct kunit_case lanework_cases[] = {
	KUNIT_CASE(lanework_test_each_once),
	KUNIT_CASE_SLOW(lanework_test_thousands),
	KUNIT_CASE(lanework_test_unequal),
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
	KUNIT_CASE(lanework_test_no_lanes),
	KUNIT_CASE(lanework_test_empty_lanes),
	KUNIT_CASE(lanework_test_bad_init),
	KUNIT_CASE(lanework_test_stop_before_start),
	KUNIT_CASE(lanework_test_while_running),
	KUNIT_CASE(lanework_test_alone),
	KUNIT_CASE(lanework_test_alone_error),
	KUNIT_CASE(lanework_test_alone_stop),
	KUNIT_CASE(lanework_test_unknown_code),
	{}
};

static struct kunit_suite lanework_suite = {
	.name = "lanework",
	.test_cases = lanework_cases,
};

kunit_test_suite(lanework_suite);

MODULE_DESCRIPTION("KUnit tests of lanework");
MODULE_LICENSE("GPL");
