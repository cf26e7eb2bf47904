// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of request.c: the use of a request, waiting for it, and cancelling it.  Each
 * test has its own host.
 */
#include <kunit/test.h>

#include <linux/array_size.h>
#include <linux/string.h>

#include "gated.h"

#define NR_TASKS	16
#define NR_ROUNDS	100

/* Uninitialized and copied requests are rejected. */
static void wait_test_not_initialized(struct kunit *test)
{
	struct tdx_enable_request good, bad[3] = {};
	struct tdx_enable_request *reqs[] = { NULL, &bad[0], &bad[1], &bad[2] };
	struct gated *g = test->priv;
	int i;

	tdx_enable_request_init(&good, NULL);
	memset(&bad[1], 0xa5, sizeof(bad[1]));
	bad[2] = good;

	for (i = 0; i < ARRAY_SIZE(reqs); i++) {
		KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, reqs[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, reqs[i]), -EINVAL);
		KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, reqs[i]), -EINVAL);
		tdx_bringup_cancel(&g->tb, reqs[i]);
	}
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_UNKNOWN);
	KUNIT_EXPECT_TRUE(test, list_empty(&g->tb.requests));
}

/* A request cannot be used again (EBUSY) until its callback has returned. */
static void wait_test_in_use(struct kunit *test)
{
	struct counted *c = counted_new(test), *sub = counted_new(test);
	struct gated *g = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), -EBUSY);
	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &sub->req), -EBUSY);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_UNKNOWN);
	reinit_completion(&c->leave);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, &c->req), -EBUSY);
	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &c->req), -EBUSY);

	gated_end(g, 0);
	counted_expect_inside(test, c, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &c->req), -EBUSY);
	complete(&c->leave);
	counted_expect_over(test, c, 0);
	counted_expect_inside(test, sub, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), -EBUSY);

	complete(&c->leave);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	gated_expect_result(test, &c->req, 0);
}

/* All waiters, early and late, get the result of the request; they are freezable. */
static void wait_test_twice(struct kunit *test)
{
	struct counted *c = counted_new(test);
	unsigned long end = jiffies + SOON;
	struct gated_call *one, *other;
	struct gated *g = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	one = gated_call(test, gated_wait, &c->req);
	other = gated_call(test, gated_wait, &c->req);
	while (!(READ_ONCE(one->task->__state) & TASK_FREEZABLE) && time_before(jiffies, end))
		usleep_range(1000, 2000);
	KUNIT_EXPECT_TRUE(test, READ_ONCE(one->task->__state) & TASK_FREEZABLE);
	gated_call_expect_blocked(test, other);

	gated_end(g, -ENXIO);
	gated_call_expect(test, one, -ENXIO);
	gated_call_expect(test, other, -ENXIO);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c->req), -ENXIO);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c->req), -ENXIO);
}

/* A killed waiter leaves the request in use. */
static void wait_test_killed(struct kunit *test)
{
	struct counted *c = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *wait;

	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	wait = gated_call(test, gated_wait, &c->req);
	gated_call_expect_blocked(test, wait);
	send_sig(SIGKILL, wait->task, 1);
	gated_call_expect(test, wait, -EINTR);

	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &c->req), -EBUSY);
	gated_end(g, 0);
	counted_expect_over(test, c, 0);
}

/* Waiters return after the callback; requests without a callback complete first. */
static void wait_test_callback_runs(struct kunit *test)
{
	struct counted *slow = counted_new(test), *plain = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *wait;

	tdx_enable_request_init(&plain->req, NULL);
	reinit_completion(&slow->leave);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &slow->req), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &plain->req), 0);
	wait = gated_call(test, gated_wait, &slow->req);

	gated_end(g, 0);
	counted_expect_inside(test, slow, 0);
	gated_expect_result(test, &plain->req, 0);
	gated_call_expect_blocked(test, wait);
	complete(&slow->leave);
	gated_call_expect(test, wait, 0);
}

/* Cancelling a request drops its callback; its waiters get ECANCELED; the attempt continues. */
static void wait_test_cancel_waiting(struct kunit *test)
{
	struct counted *c = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *wait;

	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	gated_expect_entered(test, g);
	wait = gated_call(test, gated_wait, &c->req);
	gated_call_expect_blocked(test, wait);
	tdx_bringup_cancel(&g->tb, &c->req);
	gated_call_expect(test, wait, -ECANCELED);

	gated_end(g, 0);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->count), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, &c->req), -ECANCELED);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);
}

/*
 * Cancelling waits for a running callback and keeps the result; the callback of a later
 * request that was cancelled does not run.
 */
static void wait_test_cancel_running(struct kunit *test)
{
	struct counted *slow = counted_new(test), *behind = counted_new(test);
	struct counted *last = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *cancel;

	reinit_completion(&slow->leave);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &slow->req), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &behind->req), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &last->req), 0);
	gated_end(g, -ENOMEM);
	counted_expect_inside(test, slow, -ENOMEM);

	cancel = gated_call(test, gated_cancel, &slow->req);
	gated_call_expect_blocked(test, cancel);
	tdx_bringup_cancel(&g->tb, &behind->req);
	gated_expect_result(test, &behind->req, -ECANCELED);
	complete(&slow->leave);
	gated_call_expect(test, cancel, 0);

	counted_expect_over(test, last, -ENOMEM);
	counted_expect_over(test, slow, -ENOMEM);
	tdx_bringup_cancel(&g->tb, &slow->req);
	counted_expect_over(test, slow, -ENOMEM);
	KUNIT_EXPECT_EQ(test, atomic_read(&behind->count), 0);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
}

/* Check that the callback has run once by now, or not at all after a cancel. */
static bool wait_test_round(struct tdx_bringup *tb, struct counted *c, bool cancel)
{
	int result, before = atomic_read(&c->count);

	if (tdx_bringup_request(tb, &c->req))
		return false;
	if (cancel)
		tdx_bringup_cancel(tb, &c->req);
	result = tdx_bringup_wait(tb, &c->req);
	if (cancel && result == -ECANCELED)
		return atomic_read(&c->count) == before;

	return result == -ENOMEM && atomic_read(&c->count) == before + 1;
}

static int wait_test_requester(struct gated_call *call)
{
	struct counted *c = container_of(call->req, struct counted, req);
	int round;

	for (round = 0; round < NR_ROUNDS; round++) {
		if (!wait_test_round(&call->g->tb, c, round % 3 == 0))
			return -EPROTO;
	}

	return tdx_bringup_sync(&call->g->tb);
}

/*
 * Many tasks use their requests repeatedly, and wait or cancel while attempts start and
 * end; each use gets the result of one attempt or ECANCELED.
 */
static void wait_test_many(struct kunit *test)
{
	struct gated_call *calls[NR_TASKS];
	struct gated *g = test->priv;
	int i;

	g->result = -ENOMEM;
	complete_all(&g->gate);
	for (i = 0; i < NR_TASKS; i++)
		calls[i] = gated_call(test, wait_test_requester, &counted_new(test)->req);
	for (i = 0; i < NR_TASKS; i++)
		gated_call_expect(test, calls[i], -ENOMEM);
	KUNIT_EXPECT_TRUE(test, list_empty(&g->tb.requests));
}

static struct kunit_case wait_cases[] = {
	KUNIT_CASE(wait_test_not_initialized),
	KUNIT_CASE(wait_test_in_use),
	KUNIT_CASE(wait_test_twice),
	KUNIT_CASE(wait_test_killed),
	KUNIT_CASE(wait_test_callback_runs),
	KUNIT_CASE(wait_test_cancel_waiting),
	KUNIT_CASE(wait_test_cancel_running),
	KUNIT_CASE(wait_test_many),
	{}
};

static struct kunit_suite wait_suite = {
	.name = "tdx_enable_wait",
	.init = gated_init,
	.exit = gated_exit,
	.test_cases = wait_cases,
};

kunit_test_suite(wait_suite);
