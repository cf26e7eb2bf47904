// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of request.c: what a request may be used for and when, and waiting for
 * it.  Each runs on a bring-up of its own.
 */
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "gated.h"

/* What has not happened by then does not. */
#define LATER	msecs_to_jiffies(100)

/* Somebody who waits for a request. */
struct waiter {
	struct gated *gated;
	struct tdx_enable_request *req;
	struct task_struct *task;
	struct completion ready;
	struct completion done;
	int result;
};

static int wait(void *data)
{
	struct waiter *w = data;

	/* Kernel threads ignore signals unless they say otherwise. */
	allow_signal(SIGKILL);
	complete(&w->ready);
	w->result = tdx_bringup_wait(&w->gated->tb, w->req, MAX_SCHEDULE_TIMEOUT);
	complete(&w->done);

	return 0;
}

static void start_waiter(struct kunit *test, struct waiter *w,
			 struct tdx_enable_request *req)
{
	w->gated = test->priv;
	w->req = req;
	init_completion(&w->ready);
	init_completion(&w->done);
	w->task = kthread_create(wait, w, "tdx-wait");
	KUNIT_ASSERT_FALSE(test, IS_ERR(w->task));
	get_task_struct(w->task);
	wake_up_process(w->task);
	wait_for_completion(&w->ready);
}

static void expect_waiting(struct kunit *test, struct waiter *w)
{
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&w->done, LATER), 0UL);
}

static void expect_over(struct kunit *test, struct waiter *w, int result)
{
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&w->done, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, w->result, result);
	put_task_struct(w->task);
}

/* A request that was not initialized, or was copied, is refused. */
static void wait_test_not_initialised(struct kunit *test)
{
	struct gated *g = test->priv;
	struct tdx_enable_request good, bad[3] = {};
	int i;

	tdx_enable_request_init(&good, NULL);
	memset(&bad[1], 0xa5, sizeof(bad[1]));
	bad[2] = good;

	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &bad[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, &bad[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &bad[i], 0), -EINVAL);
		tdx_bringup_cancel(&g->tb, &bad[i]);
	}
	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, NULL, 0), -EINVAL);
	tdx_bringup_cancel(&g->tb, NULL);

	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_UNKNOWN);
	KUNIT_EXPECT_TRUE(test, list_empty(&g->tb.requests));
}

/* A request that is in use is refused with EBUSY and keeps its one callback. */
static void wait_test_in_use(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c, sub;

	counted_init(&c, g);
	counted_init(&sub, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub.req), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub.req), -EBUSY);
	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &sub.req), -EBUSY);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_UNKNOWN);

	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &c.req), -EBUSY);
	KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, &c.req), -EBUSY);

	complete(&g->gate);
	expect_done(test, &c, 0);
	expect_done(test, &sub, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub.count), 1);
}

/* A wait that times out leaves the request as it is. */
static void wait_test_timeout(struct kunit *test)
{
	struct gated *g = test->priv;
	unsigned long start;
	struct counted c;

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);

	start = jiffies;
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, LATER), -ETIMEDOUT);
	KUNIT_EXPECT_TRUE(test, time_after_eq(jiffies, start + LATER));
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, 0), -ETIMEDOUT);

	/* It is still asked for; and the longest time is not a negative one. */
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 1);
}

/* Two waiters of a request both get its result, and so does a later one. */
static void wait_test_twice(struct kunit *test)
{
	struct gated *g = test->priv;
	struct waiter one, other;
	struct counted c;

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	start_waiter(test, &one, &c.req);
	start_waiter(test, &other, &c.req);
	expect_waiting(test, &one);
	expect_waiting(test, &other);

	g->result = -ENXIO;
	complete(&g->gate);
	expect_over(test, &one, -ENXIO);
	expect_over(test, &other, -ENXIO);

	/* And once more, when it is over. */
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, 0), -ENXIO);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, 0), -ENXIO);
}

/* Waiters of a cancelled request, and of one never submitted, get ECANCELED. */
static void wait_test_cancelled(struct kunit *test)
{
	struct gated *g = test->priv;
	struct waiter w;
	struct counted c;

	counted_init(&c, g);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, SOON), -ECANCELED);

	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	start_waiter(test, &w, &c.req);
	expect_waiting(test, &w);
	tdx_bringup_cancel(&g->tb, &c.req);
	expect_over(test, &w, -ECANCELED);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, SOON), -ECANCELED);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 0);
}

/* A request that is cancelled after it has completed keeps its result. */
static void wait_test_cancel_of_finished(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	counted_init(&c, g);
	g->result = -ENOMEM;
	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	expect_done(test, &c, -ENOMEM);
	tdx_bringup_cancel(&g->tb, &c.req);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, 0), -ENOMEM);
}

/* A request can be used again after a failure and after cancellation. */
static void wait_test_reuse(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;

	counted_init(&c, g);
	g->result = -ENOMEM;
	complete(&g->gate);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, SOON), -ENOMEM);

	/* Withdrawn, then used again while the attempt goes on. */
	g->result = 0;
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	tdx_bringup_cancel(&g->tb, &c.req);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c.req, SOON), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&c.count), 2);
	KUNIT_EXPECT_EQ(test, g->attempts, 2);
}

/* A killed waiter leaves the request pending. */
static void wait_test_killed(struct kunit *test)
{
	struct gated *g = test->priv;
	struct counted c;
	struct waiter w;

	counted_init(&c, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c.req), 0);
	start_waiter(test, &w, &c.req);
	expect_waiting(test, &w);
	send_sig(SIGKILL, w.task, 1);
	expect_over(test, &w, -EINTR);

	/* The request is not the waiter's: its callback is still owed. */
	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &c.req), -EBUSY);
	complete(&g->gate);
	expect_done(test, &c, 0);
}

/* A callback that takes its time. */
struct slow {
	struct tdx_enable_request req;
	struct completion inside;
	struct completion leave;
};

static void slow_complete(struct tdx_enable_request *req, int result)
{
	struct slow *slow = container_of(req, struct slow, req);

	complete(&slow->inside);
	wait_for_completion(&slow->leave);
}

/*
 * Whoever has waited may free what the callback uses.  Those without a callback
 * do not wait for those of others, even if these were here before.
 */
static void wait_test_callback_runs(struct kunit *test)
{
	struct gated *g = test->priv;
	struct slow slow = {
		.inside = COMPLETION_INITIALIZER_ONSTACK(slow.inside),
		.leave = COMPLETION_INITIALIZER_ONSTACK(slow.leave),
	};
	struct tdx_enable_request plain;
	struct waiter w;

	tdx_enable_request_init(&slow.req, slow_complete);
	tdx_enable_request_init(&plain, NULL);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &slow.req), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &plain), 0);
	start_waiter(test, &w, &slow.req);
	complete(&g->gate);

	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&slow.inside, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &plain, 0), 0);
	expect_waiting(test, &w);
	complete(&slow.leave);
	expect_over(test, &w, 0);
}

/* What waiting in a callback comes to. */
struct inside {
	struct tdx_enable_request req;
	struct gated *gated;
	struct tdx_enable_request over;
	struct tdx_enable_request pending;
	struct completion done;
	int own_result;
	int over_result;
	int pending_result;
};

static void inside_complete(struct tdx_enable_request *req, int result)
{
	struct inside *in = container_of(req, struct inside, req);
	struct tdx_bringup *tb = &in->gated->tb;

	tdx_bringup_request(tb, &in->pending);
	in->own_result = tdx_bringup_wait(tb, &in->req, SOON);
	in->over_result = tdx_bringup_wait(tb, &in->over, SOON);
	in->pending_result = tdx_bringup_wait(tb, &in->pending, SOON);
	complete(&in->done);
}

/* A callback that waits for its own request gets EDEADLK. */
static void wait_test_inside(struct kunit *test)
{
	struct gated *g = test->priv;
	struct inside *in = kunit_kzalloc(test, sizeof(*in), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, in);
	in->gated = g;
	init_completion(&in->done);
	tdx_enable_request_init(&in->req, inside_complete);
	tdx_enable_request_init(&in->over, NULL);
	tdx_enable_request_init(&in->pending, NULL);

	g->result = -ENOMEM;
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &in->over), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &in->req), 0);
	complete(&g->gate);
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&in->done, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, in->own_result, -EDEADLK);
	KUNIT_EXPECT_EQ(test, in->over_result, -ENOMEM);
	KUNIT_EXPECT_EQ(test, in->pending_result, -EDEADLK);

	/* The request made there is one like any other. */
	g->result = 0;
	complete(&g->gate);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &in->pending, SOON), 0);
}

static struct kunit_case wait_cases[] = {
	KUNIT_CASE(wait_test_not_initialised),
	KUNIT_CASE(wait_test_in_use),
	KUNIT_CASE(wait_test_timeout),
	KUNIT_CASE(wait_test_twice),
	KUNIT_CASE(wait_test_cancelled),
	KUNIT_CASE(wait_test_cancel_of_finished),
	KUNIT_CASE(wait_test_reuse),
	KUNIT_CASE(wait_test_killed),
	KUNIT_CASE(wait_test_callback_runs),
	KUNIT_CASE(wait_test_inside),
	{}
};

static struct kunit_suite wait_suite = {
	.name = "tdx_enable_wait",
	.init = gated_init,
	.exit = gated_exit,
	.test_cases = wait_cases,
};

kunit_test_suite(wait_suite);

MODULE_DESCRIPTION("KUnit tests of requests for TDX, and of waiting for them");
MODULE_LICENSE("GPL");
