// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of request.c: states, joining, callbacks.  Each runs on a bring-up of
 * its own.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "gated.h"

#define NR_TASKS	64

/* Once TDX is up, asking again runs nothing. */
static void enable_test_success(struct kunit *test)
{
	struct gated *g = test->priv;

	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);

	/* Done once: asking again runs nothing. */
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
}

/* After an error before TDH.SYS.CONFIG, the next request tries again. */
static void enable_test_retry(struct kunit *test)
{
	struct gated *g = test->priv;

	g->result = -ENOMEM;
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), -ENOMEM);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_UNKNOWN);

	g->result = 0;
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);
	KUNIT_EXPECT_EQ(test, g->attempts, 2);
}

/* An error after TDH.SYS.CONFIG stays. */
static void enable_test_final(struct kunit *test)
{
	struct gated *g = test->priv;

	g->result = -EINVAL;
	g->past_config = true;
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), -EINVAL);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_ERROR);

	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), -EINVAL);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
}

struct asker {
	struct gated *gated;
	struct completion done;
	int result;
};

static int ask(void *data)
{
	struct asker *asker = data;

	/* Kernel threads ignore signals unless they say otherwise. */
	allow_signal(SIGKILL);
	asker->result = tdx_bringup_sync(&asker->gated->tb);
	complete(&asker->done);

	return 0;
}

/* Callers that wait for the same attempt all get its result. */
static void enable_test_join(struct kunit *test)
{
	struct gated *g = test->priv;
	struct asker *askers;
	int i;

	askers = kunit_kcalloc(test, NR_TASKS, sizeof(*askers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, askers);

	for (i = 0; i < NR_TASKS; i++) {
		askers[i].gated = g;
		askers[i].result = 1;
		init_completion(&askers[i].done);
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(ask, &askers[i],
							    "tdx-ask/%d", i)));
	}

	g->result = -ENXIO;
	expect_entered(test, g);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZING);

	/* Those who come too late for this attempt make another. */
	complete_all(&g->gate);
	for (i = 0; i < NR_TASKS; i++) {
		wait_for_completion(&askers[i].done);
		KUNIT_EXPECT_EQ(test, askers[i].result, -ENXIO);
	}
}

/* A request that joins a running attempt is called back once, by a worker. */
static void enable_test_join_running(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted first, second;

	counted_init(&first, g);
	counted_init(&second, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &first.req), 0);
	expect_entered(test, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &second.req), 0);

	complete(&g->gate);
	expect_done(test, &first, 0);
	expect_done(test, &second, 0);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
	KUNIT_EXPECT_PTR_NE(test, first.task, current);
}

/* A request made when TDX is up is called back and starts no attempt. */
static void enable_test_late_request(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted late;

	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), 0);

	counted_init(&late, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &late.req), 0);
	expect_done(test, &late, 0);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
	KUNIT_EXPECT_PTR_NE(test, late.task, current);
}

/* A subscription starts nothing and is told the result of an attempt once. */
static void enable_test_subscribe(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted sub;

	counted_init(&sub, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub.req), 0);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, g->attempts, 0);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_UNKNOWN);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub.count), 0);

	/* Somebody else starts. */
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	expect_done(test, &sub, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub.count), 1);
}

/* A cancelled request is not called back; the attempt goes on. */
static void enable_test_cancel_waiting(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_entered(test, g);
	tdx_bringup_cancel(&g->tb, &c.req);

	/* The request is gone, the initialisation is not. */
	complete(&g->gate);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 0);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);
}

/* A completed request can be cancelled, any number of times. */
static void enable_test_cancel_done(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	counted_init(&c, g);
	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_done(test, &c, 0);
	tdx_bringup_cancel(&g->tb, &c.req);
	tdx_bringup_cancel(&g->tb, &c.req);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 1);
}

/* A callback that cancels its own request does not wait for itself. */
static void enable_test_cancel_inside(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	counted_init(&c, g);
	c.cancel_inside = true;
	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_done(test, &c, 0);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 1);
}

/* A callback that submits its request again is called back for the next attempt. */
static void enable_test_ask_again_inside(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	counted_init(&c, g);
	c.ask_again = true;
	g->result = -EBUSY;
	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_done(test, &c, -EBUSY);

	g->result = 0;
	complete(&g->gate);
	expect_done(test, &c, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 2);
	KUNIT_EXPECT_EQ(test, g->attempts, 2);
}

/* Blocks in its callback, then subscribes again from there. */
struct slow {
	struct tdx_enable_request req;
	struct gated *gated;
	struct completion inside;
	struct completion leave;
	atomic_t count;
};

static void slow_complete(struct tdx_enable_request *req, int result)
{
	struct slow *slow = container_of(req, struct slow, req);

	atomic_inc(&slow->count);
	complete(&slow->inside);
	wait_for_completion(&slow->leave);
	tdx_bringup_subscribe(&slow->gated->tb, req);
}

struct canceller {
	struct slow *slow;
	struct completion done;
};

static int cancel(void *data)
{
	struct canceller *canceller = data;

	tdx_bringup_cancel(&canceller->slow->gated->tb, &canceller->slow->req);
	complete(&canceller->done);

	return 0;
}

/* A cancel waits for the running callback, which cannot submit the request again. */
static void enable_test_cancel_running(struct kunit *test)
{
	struct gated *g = test->priv;
	struct slow slow = {
		.gated = g,
		.inside = COMPLETION_INITIALIZER_ONSTACK(slow.inside),
		.leave = COMPLETION_INITIALIZER_ONSTACK(slow.leave),
	};
	struct canceller canceller = {
		.slow = &slow,
		.done = COMPLETION_INITIALIZER_ONSTACK(canceller.done),
	};

	tdx_enable_request_init(&slow.req, slow_complete);
	g->result = -ENOMEM;
	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &slow.req), 0);
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&slow.inside, SOON), 0UL);

	/* It waits for the callback to return. */
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(cancel, &canceller,
						    "tdx-cancel")));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&canceller.done, HZ / 10),
			0UL);
	complete(&slow.leave);
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&canceller.done, SOON),
			0UL);

	/* And then the request is gone for good. */
	KUNIT_EXPECT_TRUE(test, list_empty(&g->tb.requests));
	g->result = 0;
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, atomic_read(&slow.count), 1);
}

/*
 * A run of the work item that has nothing to do must not tell those who wait
 * for an attempt what became of the one before.
 */
static void enable_test_idle_run(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted sub;

	g->result = -ENOMEM;
	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), -ENOMEM);

	counted_init(&sub, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub.req), 0);
	queue_work(system_dfl_wq, &g->tb.work);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub.count), 0);

	g->result = 0;
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	expect_done(test, &sub, 0);
}

static void deadlock_complete(struct tdx_enable_request *req, int result)
{
	struct counted *c = container_of(req, struct counted, req);

	c->result = tdx_bringup_sync(&c->gated->tb);
	complete(&c->done);
}

/* A callback that waits for an attempt gets EDEADLK. */
static void enable_test_wait_inside(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	/* With TDX up there would be nothing to wait for. */
	counted_init(&c, g);
	c.req.complete = deadlock_complete;
	g->result = -ENOMEM;
	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_done(test, &c, -EDEADLK);
}

/* A killed waiter returns EINTR, and the attempt goes on. */
static void enable_test_killed(struct kunit *test)
{
	struct gated *g = test->priv;
	struct task_struct *task;
	struct asker asker = {
		.gated = g,
		.done = COMPLETION_INITIALIZER_ONSTACK(asker.done),
	};

	task = kthread_create(ask, &asker, "tdx-killed");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	expect_entered(test, g);

	send_sig(SIGKILL, task, 1);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&asker.done, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, asker.result, -EINTR);
	put_task_struct(task);

	/* Nobody waits any more, and it still comes to its end. */
	complete(&g->gate);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);
}

/* A thread that has just been created may not have run yet. */
static bool becomes_true(bool (*what)(const struct tdx_bringup *tb),
			 const struct tdx_bringup *tb)
{
	unsigned long end = jiffies + SOON;

	while (!what(tb) && time_before(jiffies, end))
		usleep_range(1000, 2000);

	return what(tb);
}

static bool stopped(const struct tdx_bringup *tb)
{
	return READ_ONCE(tb->stop);
}

static bool held(const struct tdx_bringup *tb)
{
	return READ_ONCE(tb->hold);
}

static int stop(void *data)
{
	struct asker *asker = data;

	tdx_bringup_stop(&asker->gated->tb);
	complete(&asker->done);

	return 0;
}

/* A stop waits for the step that runs; requests get ESHUTDOWN from then on. */
static void enable_test_stop(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;
	struct asker stopper = {
		.gated = g,
		.done = COMPLETION_INITIALIZER_ONSTACK(stopper.done),
	};

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_entered(test, g);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(stop, &stopper, "tdx-stop")));

	/* It waits for the step that runs. */
	KUNIT_ASSERT_TRUE(test, becomes_true(stopped, &g->tb));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&stopper.done, HZ / 10),
			0UL);

	g->result = -ESHUTDOWN;
	complete(&g->gate);
	KUNIT_EXPECT_GT(test, wait_for_completion_timeout(&stopper.done, SOON), 0UL);
	expect_done(test, &c, -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
}

/* Subscribers get ESHUTDOWN when the system goes down. */
static void enable_test_stop_subscribers(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &c.req), 0);
	tdx_bringup_stop(&g->tb);
	expect_done(test, &c, -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, &c.req), -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 1);
}

/* Metadata are there from step 1 on, until an error that is final. */
static void enable_test_metadata(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	KUNIT_EXPECT_NULL(test, tdx_bringup_metadata(&g->tb));

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_entered(test, g);
	KUNIT_EXPECT_PTR_EQ(test, tdx_bringup_metadata(&g->tb), &g->tb.sysinfo);

	g->result = -ENOMEM;
	complete(&g->gate);
	expect_done(test, &c, -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, tdx_bringup_metadata(&g->tb), &g->tb.sysinfo);

	g->result = -EINVAL;
	g->past_config = true;
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), -EINVAL);
	KUNIT_EXPECT_NULL(test, tdx_bringup_metadata(&g->tb));
}

static int hold(void *data)
{
	struct asker *asker = data;

	asker->result = tdx_bringup_hold(&asker->gated->tb);
	complete(&asker->done);

	return 0;
}

/* The system sleeps when the running step has ended, and no step begins. */
static void enable_test_hold(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;
	struct asker holder = {
		.gated = g,
		.done = COMPLETION_INITIALIZER_ONSTACK(holder.done),
	};

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_entered(test, g);
	KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(hold, &holder, "tdx-hold")));
	KUNIT_ASSERT_TRUE(test, becomes_true(held, &g->tb));
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&holder.done, HZ / 10),
			0UL);

	complete(&g->gate);
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&holder.done, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, holder.result, 0);
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&c.done, HZ / 10), 0UL);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZING);

	tdx_bringup_release(&g->tb);
	expect_done(test, &c, 0);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
}

/* The system does not wait for step 7, which the freezer stops. */
static void enable_test_hold_resting(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_entered(test, g);
	tdx_bringup_rest(&g->tb, true);
	KUNIT_EXPECT_EQ(test, tdx_bringup_hold(&g->tb), 0);
	tdx_bringup_release(&g->tb);
	tdx_bringup_rest(&g->tb, false);

	complete(&g->gate);
	expect_done(test, &c, 0);
}

static struct kunit_case enable_cases[] = {
	KUNIT_CASE(enable_test_success),
	KUNIT_CASE(enable_test_retry),
	KUNIT_CASE(enable_test_final),
	KUNIT_CASE(enable_test_join),
	KUNIT_CASE(enable_test_join_running),
	KUNIT_CASE(enable_test_late_request),
	KUNIT_CASE(enable_test_subscribe),
	KUNIT_CASE(enable_test_cancel_waiting),
	KUNIT_CASE(enable_test_cancel_done),
	KUNIT_CASE(enable_test_cancel_inside),
	KUNIT_CASE(enable_test_ask_again_inside),
	KUNIT_CASE(enable_test_cancel_running),
	KUNIT_CASE(enable_test_idle_run),
	KUNIT_CASE(enable_test_wait_inside),
	KUNIT_CASE(enable_test_killed),
	KUNIT_CASE(enable_test_stop),
	KUNIT_CASE(enable_test_stop_subscribers),
	KUNIT_CASE(enable_test_metadata),
	KUNIT_CASE(enable_test_hold),
	KUNIT_CASE(enable_test_hold_resting),
	{}
};

static struct kunit_suite enable_suite = {
	.name = "tdx_enable",
	.init = gated_init,
	.exit = gated_exit,
	.test_cases = enable_cases,
};

kunit_test_suite(enable_suite);

MODULE_DESCRIPTION("KUnit tests of the states of TDX bring-up");
MODULE_LICENSE("GPL");
