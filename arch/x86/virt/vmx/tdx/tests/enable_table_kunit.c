// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of request.c as a table: what every event does in every state, those
 * that cannot happen there included.  Each runs on a bring-up of its own, whose
 * seven steps are a gate that the test opens.
 */
#include <kunit/test.h>

#include <linux/array_size.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../bringup.h"

#define SOON	msecs_to_jiffies(10000)
/* What has not happened by then does not. */
#define LATER	msecs_to_jiffies(30)

enum state {
	UNKNOWN,	/* nobody has asked */
	FAILED,		/* the last attempt failed and can be repeated */
	CALLING,	/* as FAILED, and a callback that was told runs */
	RUNNING,	/* an attempt, before TDH.SYS.CONFIG */
	ABANDONED,	/* an attempt, after it, whose requester has left */
	HELD,		/* an attempt, between steps, for the system to sleep */
	STOPPING,	/* an attempt, and the system wants to go down */
	STOPPED,	/* the system goes down */
	UP,
	LOST,
	NR_STATES,
};

static const char * const state_names[] = {
	[UNKNOWN]	= "unknown",
	[FAILED]	= "failed",
	[CALLING]	= "calling",
	[RUNNING]	= "running",
	[ABANDONED]	= "abandoned",
	[HELD]		= "held",
	[STOPPING]	= "stopping",
	[STOPPED]	= "stopped",
	[UP]		= "up",
	[LOST]		= "lost",
};

enum event {
	REQUEST,
	SUBSCRIBE,
	SYNC,
	WAIT,		/* for the first requester's request */
	CANCEL,		/* that request */
	RETURN,		/* its callback does */
	SUCCEED,	/* the attempt does */
	FAIL,		/* the attempt does, with -ENOMEM */
	FAIL_LATE,	/* the attempt does, with -EINVAL after TDH.SYS.CONFIG */
	HOLD,
	RELEASE,
	STOP,
	RESET,
	NR_EVENTS,
};

static const char * const event_names[] = {
	[REQUEST]	= "request",
	[SUBSCRIBE]	= "subscribe",
	[SYNC]		= "sync",
	[WAIT]		= "wait",
	[CANCEL]	= "cancel",
	[RETURN]	= "callback returns",
	[SUCCEED]	= "attempt succeeds",
	[FAIL]		= "attempt fails before SYS.CONFIG",
	[FAIL_LATE]	= "attempt fails after SYS.CONFIG",
	[HOLD]		= "hold",
	[RELEASE]	= "release",
	[STOP]		= "stop",
	[RESET]		= "reset",
};

/* Beside errnos: */
#define UNTOLD	0
#define OK	1
#define BLOCKS	2	/* does not return until something else happens */

#define TO_UNKNOWN	TDX_STATUS_UNKNOWN
#define TO_RUNNING	TDX_STATUS_INITIALIZING
#define TO_UP		TDX_STATUS_INITIALIZED
#define TO_LOST		TDX_STATUS_ERROR

/**
 * struct outcome - of an event
 * @ret: what the call returns
 * @status: of the bring-up afterwards
 * @own: what the request that the event makes is told
 * @first: what the request of the first requester has been told by then
 * @attempts: that begin
 */
struct outcome {
	int ret;
	enum tdx_status status;
	int own;
	int first;
	int attempts;
};

static const struct outcome outcomes[NR_STATES][NR_EVENTS] = {
	[UNKNOWN] = {
		[REQUEST]	= { OK, TO_RUNNING, UNTOLD, UNTOLD, 1 },
		[SUBSCRIBE]	= { OK, TO_UNKNOWN },
		[SYNC]		= { BLOCKS, TO_RUNNING, UNTOLD, UNTOLD, 1 },
		[WAIT]		= { -ECANCELED, TO_UNKNOWN },
		[CANCEL]	= { OK, TO_UNKNOWN },
		[RETURN]	= { OK, TO_UNKNOWN },
		[SUCCEED]	= { OK, TO_UNKNOWN },
		[FAIL]		= { OK, TO_UNKNOWN },
		[FAIL_LATE]	= { OK, TO_UNKNOWN },
		[HOLD]		= { OK, TO_UNKNOWN },
		[RELEASE]	= { OK, TO_UNKNOWN },
		[STOP]		= { OK, TO_UNKNOWN },
		[RESET]		= { OK, TO_UNKNOWN },
	},
	[FAILED] = {
		[REQUEST]	= { OK, TO_RUNNING, UNTOLD, -ENOMEM, 1 },
		[SUBSCRIBE]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[SYNC]		= { BLOCKS, TO_RUNNING, UNTOLD, -ENOMEM, 1 },
		[WAIT]		= { -ENOMEM, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[CANCEL]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[RETURN]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[SUCCEED]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[FAIL]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[FAIL_LATE]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[HOLD]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[RELEASE]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[STOP]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[RESET]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
	},
	[CALLING] = {
		/* The next attempt begins when the callback has returned. */
		[REQUEST]	= { OK, TO_RUNNING, UNTOLD, -ENOMEM },
		[SUBSCRIBE]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[SYNC]		= { BLOCKS, TO_RUNNING, UNTOLD, -ENOMEM },
		[WAIT]		= { -ETIMEDOUT, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[CANCEL]	= { BLOCKS, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[RETURN]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[SUCCEED]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[FAIL]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[FAIL_LATE]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[HOLD]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[RELEASE]	= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[STOP]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[RESET]		= { -EBUSY, TO_UNKNOWN, UNTOLD, -ENOMEM },
	},
	[RUNNING] = {
		[REQUEST]	= { OK, TO_RUNNING },
		[SUBSCRIBE]	= { OK, TO_RUNNING },
		[SYNC]		= { BLOCKS, TO_RUNNING },
		[WAIT]		= { -ETIMEDOUT, TO_RUNNING },
		[CANCEL]	= { OK, TO_RUNNING },
		[RETURN]	= { OK, TO_RUNNING },
		[SUCCEED]	= { OK, TO_UP, UNTOLD, OK },
		[FAIL]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[FAIL_LATE]	= { OK, TO_LOST, UNTOLD, -EINVAL },
		[HOLD]		= { BLOCKS, TO_RUNNING },
		[RELEASE]	= { OK, TO_RUNNING },
		[STOP]		= { BLOCKS, TO_RUNNING },
		[RESET]		= { -EBUSY, TO_RUNNING },
	},
	[ABANDONED] = {
		[REQUEST]	= { OK, TO_RUNNING },
		[SUBSCRIBE]	= { OK, TO_RUNNING },
		[SYNC]		= { BLOCKS, TO_RUNNING },
		[WAIT]		= { -ECANCELED, TO_RUNNING },
		[CANCEL]	= { OK, TO_RUNNING },
		[RETURN]	= { OK, TO_RUNNING },
		[SUCCEED]	= { OK, TO_UP },
		/* Whatever it is, after TDH.SYS.CONFIG it is final. */
		[FAIL]		= { OK, TO_LOST },
		[FAIL_LATE]	= { OK, TO_LOST },
		[HOLD]		= { BLOCKS, TO_RUNNING },
		[RELEASE]	= { OK, TO_RUNNING },
		[STOP]		= { BLOCKS, TO_RUNNING },
		[RESET]		= { -EBUSY, TO_RUNNING },
	},
	[HELD] = {
		[REQUEST]	= { OK, TO_RUNNING },
		[SUBSCRIBE]	= { OK, TO_RUNNING },
		[SYNC]		= { BLOCKS, TO_RUNNING },
		[WAIT]		= { -ETIMEDOUT, TO_RUNNING },
		[CANCEL]	= { OK, TO_RUNNING },
		[RETURN]	= { OK, TO_RUNNING },
		[SUCCEED]	= { OK, TO_RUNNING },
		[FAIL]		= { OK, TO_RUNNING },
		[FAIL_LATE]	= { OK, TO_RUNNING },
		[HOLD]		= { OK, TO_RUNNING },
		[RELEASE]	= { OK, TO_RUNNING, UNTOLD, UNTOLD, 1 },
		[STOP]		= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[RESET]		= { -EBUSY, TO_RUNNING },
	},
	[STOPPING] = {
		[REQUEST]	= { OK, TO_RUNNING },
		[SUBSCRIBE]	= { -ESHUTDOWN, TO_RUNNING },
		[SYNC]		= { BLOCKS, TO_RUNNING },
		[WAIT]		= { -ETIMEDOUT, TO_RUNNING },
		[CANCEL]	= { OK, TO_RUNNING },
		[RETURN]	= { OK, TO_RUNNING },
		[SUCCEED]	= { OK, TO_UP, UNTOLD, OK },
		[FAIL]		= { OK, TO_UNKNOWN, UNTOLD, -ENOMEM },
		[FAIL_LATE]	= { OK, TO_LOST, UNTOLD, -EINVAL },
		[HOLD]		= { BLOCKS, TO_RUNNING },
		[RELEASE]	= { OK, TO_RUNNING },
		[STOP]		= { BLOCKS, TO_RUNNING },
		[RESET]		= { -EBUSY, TO_RUNNING },
	},
	[STOPPED] = {
		[REQUEST]	= { OK, TO_UNKNOWN, -ESHUTDOWN, -ESHUTDOWN },
		[SUBSCRIBE]	= { -ESHUTDOWN, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[SYNC]		= { -ESHUTDOWN, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[WAIT]		= { -ESHUTDOWN, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[CANCEL]	= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[RETURN]	= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[SUCCEED]	= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[FAIL]		= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[FAIL_LATE]	= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[HOLD]		= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[RELEASE]	= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[STOP]		= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
		[RESET]		= { OK, TO_UNKNOWN, UNTOLD, -ESHUTDOWN },
	},
	[UP] = {
		[REQUEST]	= { OK, TO_UP, OK, OK },
		[SUBSCRIBE]	= { OK, TO_UP, OK, OK },
		[SYNC]		= { OK, TO_UP, UNTOLD, OK },
		[WAIT]		= { OK, TO_UP, UNTOLD, OK },
		[CANCEL]	= { OK, TO_UP, UNTOLD, OK },
		[RETURN]	= { OK, TO_UP, UNTOLD, OK },
		[SUCCEED]	= { OK, TO_UP, UNTOLD, OK },
		[FAIL]		= { OK, TO_UP, UNTOLD, OK },
		[FAIL_LATE]	= { OK, TO_UP, UNTOLD, OK },
		[HOLD]		= { OK, TO_UP, UNTOLD, OK },
		[RELEASE]	= { OK, TO_UP, UNTOLD, OK },
		[STOP]		= { OK, TO_UP, UNTOLD, OK },
		[RESET]		= { OK, TO_UNKNOWN, UNTOLD, OK },
	},
	[LOST] = {
		[REQUEST]	= { OK, TO_LOST, -EINVAL, -EINVAL },
		[SUBSCRIBE]	= { -EINVAL, TO_LOST, UNTOLD, -EINVAL },
		[SYNC]		= { -EINVAL, TO_LOST, UNTOLD, -EINVAL },
		[WAIT]		= { -EINVAL, TO_LOST, UNTOLD, -EINVAL },
		[CANCEL]	= { OK, TO_LOST, UNTOLD, -EINVAL },
		[RETURN]	= { OK, TO_LOST, UNTOLD, -EINVAL },
		[SUCCEED]	= { OK, TO_LOST, UNTOLD, -EINVAL },
		[FAIL]		= { OK, TO_LOST, UNTOLD, -EINVAL },
		[FAIL_LATE]	= { OK, TO_LOST, UNTOLD, -EINVAL },
		[HOLD]		= { OK, TO_LOST, UNTOLD, -EINVAL },
		[RELEASE]	= { OK, TO_LOST, UNTOLD, -EINVAL },
		[STOP]		= { OK, TO_LOST, UNTOLD, -EINVAL },
		[RESET]		= { OK, TO_UNKNOWN, UNTOLD, -EINVAL },
	},
};

/* A request that remembers what it was told. */
struct party {
	struct tdx_enable_request req;
	struct completion leave;
	int told;
	int times;
};

/* The bring-up under test, and those who deal with it. */
struct table {
	struct tdx_bringup tb;
	struct completion entered;
	struct completion gate;
	int attempts;
	int result;
	bool configured_at_once;

	struct party first;
	struct party own;

	struct work_struct event_work;
	enum event event;
	int ret;
	struct completion returned;
	struct work_struct stop_work;
};

static int gated_run(struct tdx_bringup *tb)
{
	struct table *t = container_of(tb, struct table, tb);

	WRITE_ONCE(t->attempts, t->attempts + 1);
	tb->configured = t->configured_at_once;
	complete(&t->entered);
	wait_for_completion(&t->gate);
	if (t->result == -EINVAL)
		tb->configured = true;

	return t->result;
}

static void party_complete(struct tdx_enable_request *req, int result)
{
	struct party *party = container_of(req, struct party, req);

	WRITE_ONCE(party->told, result ?: OK);
	WRITE_ONCE(party->times, party->times + 1);
	wait_for_completion(&party->leave);
}

static void party_init(struct party *party)
{
	tdx_enable_request_init(&party->req, party_complete);
	init_completion(&party->leave);
}

static void forget_nothing(struct tdx_bringup *tb)
{
}

static int end_attempt_with(struct table *t, int result)
{
	t->result = result;
	complete(&t->gate);

	return 0;
}

static int make_event(struct table *t)
{
	struct tdx_bringup *tb = &t->tb;

	switch (t->event) {
	case REQUEST:
		return tdx_bringup_request(tb, &t->own.req);
	case SUBSCRIBE:
		return tdx_bringup_subscribe(tb, &t->own.req);
	case SYNC:
		return tdx_bringup_sync(tb);
	case WAIT:
		return tdx_bringup_wait(tb, &t->first.req, 1);
	case CANCEL:
		tdx_bringup_cancel(tb, &t->first.req);
		return 0;
	case RETURN:
		complete_all(&t->first.leave);
		return 0;
	case SUCCEED:
		return end_attempt_with(t, 0);
	case FAIL:
		return end_attempt_with(t, -ENOMEM);
	case FAIL_LATE:
		return end_attempt_with(t, -EINVAL);
	case HOLD:
		return tdx_bringup_hold(tb);
	case RELEASE:
		tdx_bringup_release(tb);
		return 0;
	case STOP:
		tdx_bringup_stop(tb);
		return 0;
	case RESET:
		return tdx_bringup_renew(tb, forget_nothing);
	default:
		return -EOPNOTSUPP;
	}
}

static void event_work(struct work_struct *work)
{
	struct table *t = container_of(work, struct table, event_work);

	t->ret = make_event(t) ?: OK;
	complete(&t->returned);
}

static void stop_work(struct work_struct *work)
{
	struct table *t = container_of(work, struct table, stop_work);

	tdx_bringup_stop(&t->tb);
}

static void expect_entered(struct kunit *test, struct table *t)
{
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&t->entered, SOON), 0UL);
}

/* Has the first requester ask, and the attempt end so. */
static void attempt(struct kunit *test, struct table *t, int result)
{
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&t->tb, &t->first.req), 0);
	expect_entered(test, t);
	end_attempt_with(t, result);
	KUNIT_ASSERT_EQ(test, tdx_bringup_wait(&t->tb, &t->first.req, SOON),
			result);
}

static void enter_calling(struct kunit *test, struct table *t)
{
	reinit_completion(&t->first.leave);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&t->tb, &t->first.req), 0);
	expect_entered(test, t);
	end_attempt_with(t, -ENOMEM);
	while (!READ_ONCE(t->first.times))
		msleep(20);
}

static void enter_running(struct kunit *test, struct table *t)
{
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&t->tb, &t->first.req), 0);
	expect_entered(test, t);
}

static void enter_stopping(struct kunit *test, struct table *t)
{
	enter_running(test, t);
	schedule_work(&t->stop_work);
	while (!tdx_bringup_stopped(&t->tb))
		msleep(20);
}

static void enter_held(struct kunit *test, struct table *t)
{
	KUNIT_ASSERT_EQ(test, tdx_bringup_hold(&t->tb), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&t->tb, &t->first.req), 0);
	while (!READ_ONCE(t->tb.resting))
		msleep(20);
}

static void enter_stopped(struct kunit *test, struct table *t)
{
	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&t->tb, &t->first.req), 0);
	tdx_bringup_stop(&t->tb);
	KUNIT_ASSERT_EQ(test, tdx_bringup_wait(&t->tb, &t->first.req, SOON),
			-ESHUTDOWN);
}

static void enter(struct kunit *test, struct table *t, enum state state)
{
	switch (state) {
	case FAILED:
		attempt(test, t, -ENOMEM);
		break;
	case CALLING:
		enter_calling(test, t);
		break;
	case RUNNING:
		enter_running(test, t);
		break;
	case ABANDONED:
		t->configured_at_once = true;
		enter_running(test, t);
		tdx_bringup_cancel(&t->tb, &t->first.req);
		break;
	case HELD:
		enter_held(test, t);
		break;
	case STOPPING:
		enter_stopping(test, t);
		break;
	case STOPPED:
		enter_stopped(test, t);
		break;
	case UP:
		attempt(test, t, 0);
		break;
	case LOST:
		attempt(test, t, -EINVAL);
		break;
	default:
		break;
	}
	t->attempts = 0;
}

static bool as_expected(struct table *t, const struct outcome *o)
{
	return tdx_bringup_status(&t->tb) == o->status &&
	       READ_ONCE(t->own.told) == o->own &&
	       READ_ONCE(t->first.told) == o->first &&
	       READ_ONCE(t->attempts) == o->attempts;
}

/* What follows from an event takes its time; what does not follow, too. */
static void expect_outcome(struct kunit *test, struct table *t,
			   const struct outcome *o)
{
	unsigned long end = jiffies + SOON;

	while (!as_expected(t, o) && time_before(jiffies, end))
		msleep(20);
	schedule_timeout_uninterruptible(LATER);

	KUNIT_EXPECT_EQ(test, tdx_bringup_status(&t->tb), o->status);
	KUNIT_EXPECT_EQ(test, t->own.told, o->own);
	KUNIT_EXPECT_EQ(test, t->own.times, (int)(o->own != UNTOLD));
	KUNIT_EXPECT_EQ(test, t->first.told, o->first);
	KUNIT_EXPECT_EQ(test, t->first.times, (int)(o->first != UNTOLD));
	KUNIT_EXPECT_EQ(test, t->attempts, o->attempts);
}

static void expect_return(struct kunit *test, struct table *t,
			  const struct outcome *o)
{
	if (o->ret == BLOCKS) {
		KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&t->returned, LATER),
				0UL);
		return;
	}

	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&t->returned, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, t->ret, o->ret);
}

/* States by events. */
static const void *next_cell(struct kunit *test, const void *prev, char *desc)
{
	const struct outcome *cells = &outcomes[0][0];
	const struct outcome *cell = prev;
	unsigned int i;

	cell = cell ? cell + 1 : cells;
	i = cell - cells;
	if (i == NR_STATES * NR_EVENTS)
		return NULL;

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s",
		 state_names[i / NR_EVENTS], event_names[i % NR_EVENTS]);

	return cell;
}

/* Each event in each state of bring-up has the outcome of the table. */
static void enable_table_test(struct kunit *test)
{
	const struct outcome *cell = test->param_value;
	unsigned int i = cell - &outcomes[0][0];
	struct table *t = test->priv;

	/* A cell that nobody has filled in expects nothing. */
	KUNIT_ASSERT_NE(test, cell->ret, 0);

	enter(test, t, i / NR_EVENTS);
	t->event = i % NR_EVENTS;
	queue_work(system_dfl_wq, &t->event_work);
	expect_return(test, t, cell);
	expect_outcome(test, t, cell);
}

static int enable_table_init(struct kunit *test)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	tdx_bringup_init(&t->tb, gated_run);
	init_completion(&t->entered);
	init_completion(&t->gate);
	init_completion(&t->returned);
	party_init(&t->first);
	party_init(&t->own);
	complete_all(&t->first.leave);
	complete_all(&t->own.leave);
	INIT_WORK(&t->event_work, event_work);
	INIT_WORK(&t->stop_work, stop_work);
	test->priv = t;

	return 0;
}

/* Whatever blocks, in any state, is let go; then all of it goes away. */
static void enable_table_exit(struct kunit *test)
{
	struct table *t = test->priv;

	complete_all(&t->gate);
	complete_all(&t->first.leave);
	tdx_bringup_release(&t->tb);
	flush_work(&t->event_work);
	tdx_bringup_release(&t->tb);
	flush_work(&t->stop_work);
	tdx_bringup_exit(&t->tb);

	KUNIT_EXPECT_TRUE(test, list_empty(&t->tb.requests));
	KUNIT_EXPECT_NE(test, tdx_bringup_status(&t->tb), TDX_STATUS_INITIALIZING);
}

static struct kunit_case enable_table_cases[] = {
	KUNIT_CASE_PARAM(enable_table_test, next_cell),
	{}
};

static struct kunit_suite enable_table_suite = {
	.name = "tdx_enable_table",
	.init = enable_table_init,
	.exit = enable_table_exit,
	.test_cases = enable_table_cases,
};

kunit_test_suite(enable_table_suite);

MODULE_DESCRIPTION("KUnit tests of every event in every state of TDX bring-up");
MODULE_LICENSE("GPL");
