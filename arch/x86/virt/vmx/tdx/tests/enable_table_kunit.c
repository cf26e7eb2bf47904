// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of request.c and off.c by a table with the outcome of each event in each state,
 * even of impossible events.  Each test has its own host.
 */
#include <kunit/test.h>

#include <linux/sprintf.h>

#include "gated.h"

enum table_state {
	UNKNOWN,	/* before the first request */
	FAILED,		/* the last attempt failed and can be repeated */
	CALLING,	/* like FAILED, and the callback of the first request runs */
	RUNNING,	/* an attempt runs, before TDH.SYS.CONFIG */
	ABANDONED,	/* an attempt runs, after it; its request was cancelled */
	HELD,		/* an attempt waits between steps while the system sleeps */
	STOPPING,	/* an attempt runs, and the shutdown waits for it */
	STOPPED,	/* the system shuts down */
	UP,
	IN_USE,		/* up, and a caller has a reference */
	GOING,		/* the worker switches TDX off */
	OFF,		/* root has switched TDX off */
	LOST,
	NR_STATES,
};

enum table_event {
	REQUEST,
	SUBSCRIBE,
	SYNC,
	WAIT,		/* wait for the first request */
	CANCEL,		/* cancel the first request */
	SUCCEED,	/* the attempt succeeds */
	FAIL,		/* the attempt fails with -ENOMEM */
	FAIL_LATE,	/* the attempt fails with -EINVAL, and cannot be undone */
	PROBE,
	GET,
	DISABLE,
	OFF_SUCCEEDS,
	OFF_FAILS,	/* with -EBUSY, TDX stays up */
	OFF_LOSES,	/* with -EIO, TDX is neither up nor off */
	HOLD,
	RELEASE,
	STOP,
	RENEW,
	NR_EVENTS,
};

static const char * const table_events[] = {
	[REQUEST]	= "request",
	[SUBSCRIBE]	= "subscribe",
	[SYNC]		= "sync",
	[WAIT]		= "wait",
	[CANCEL]	= "cancel",
	[SUCCEED]	= "attempt succeeds",
	[FAIL]		= "attempt fails and is undone",
	[FAIL_LATE]	= "attempt fails and cannot be undone",
	[PROBE]		= "probe",
	[GET]		= "get",
	[DISABLE]	= "disable",
	[OFF_SUCCEEDS]	= "off succeeds",
	[OFF_FAILS]	= "off fails",
	[OFF_LOSES]	= "off fails halfway",
	[HOLD]		= "hold",
	[RELEASE]	= "release",
	[STOP]		= "stop",
	[RENEW]		= "renew",
};

/* Outcomes; a negative outcome is an errno. */
#define UNTOLD	0
#define OK	1
#define BLOCKS	2	/* does not return until something else happens */

#define TO_UNKNOWN	TDX_STATUS_UNKNOWN
#define TO_RUNNING	TDX_STATUS_INITIALIZING
#define TO_UP		TDX_STATUS_INITIALIZED
#define TO_GOING	TDX_STATUS_DISABLING
#define TO_LOST		TDX_STATUS_ERROR

/**
 * struct table_outcome - effects of an event
 * @ret: result of the call; 0 if the event changes nothing and returns OK
 * @status: status of the host afterwards
 * @first: result that the first request has by then
 * @own: result of the request that the event makes
 * @attempts: number of attempts that start
 */
struct table_outcome {
	int ret;
	enum tdx_status status;
	int first;
	int own;
	int attempts;
};

static const struct table_row {
	const char *name;
	/* Before any event */
	enum tdx_status status;
	int first;
	struct table_outcome on[NR_EVENTS];
} table_rows[NR_STATES] = {
	[UNKNOWN] = { "unknown", TO_UNKNOWN, UNTOLD, {
		[REQUEST]	= { OK, TO_RUNNING, .attempts = 1 },
		[SYNC]		= { BLOCKS, TO_RUNNING, .attempts = 1 },
		[GET]		= { BLOCKS, TO_RUNNING, .attempts = 1 },
		[WAIT]		= { -ECANCELED, TO_UNKNOWN },
	} },
	[FAILED] = { "failed", TO_UNKNOWN, -ENOMEM, {
		[REQUEST]	= { OK, TO_RUNNING, -ENOMEM, .attempts = 1 },
		[SUBSCRIBE]	= { OK, TO_UNKNOWN, -ENOMEM, -ENOMEM },
		/* A task without privileges cannot repeat the attempt. */
		[SYNC]		= { -ENOMEM, TO_UNKNOWN, -ENOMEM },
		[GET]		= { -ENOMEM, TO_UNKNOWN, -ENOMEM },
		[WAIT]		= { -ENOMEM, TO_UNKNOWN, -ENOMEM },
	} },
	[CALLING] = { "calling", TO_UNKNOWN, -ENOMEM, {
		/* The next attempt starts after the callback has returned. */
		[REQUEST]	= { OK, TO_RUNNING, -ENOMEM },
		[SYNC]		= { -ENOMEM, TO_UNKNOWN, -ENOMEM },
		[GET]		= { -ENOMEM, TO_UNKNOWN, -ENOMEM },
		[WAIT]		= { BLOCKS, TO_UNKNOWN, -ENOMEM },
		[HOLD]		= { BLOCKS, TO_UNKNOWN, -ENOMEM },
		[CANCEL]	= { BLOCKS, TO_UNKNOWN, -ENOMEM },
		[RENEW]		= { -EBUSY, TO_UNKNOWN, -ENOMEM },
	} },
	[RUNNING] = { "running", TO_RUNNING, UNTOLD, {
		[SYNC]		= { BLOCKS, TO_RUNNING },
		[GET]		= { BLOCKS, TO_RUNNING },
		[DISABLE]	= { -EBUSY, TO_RUNNING },
		[WAIT]		= { BLOCKS, TO_RUNNING },
		[SUCCEED]	= { OK, TO_UP, OK },
		[FAIL]		= { OK, TO_UNKNOWN, -ENOMEM },
		[FAIL_LATE]	= { OK, TO_LOST, -EINVAL },
		[HOLD]		= { BLOCKS, TO_RUNNING },
		[STOP]		= { BLOCKS, TO_RUNNING },
		[RENEW]		= { -EBUSY, TO_RUNNING },
	} },
	[ABANDONED] = { "abandoned", TO_RUNNING, UNTOLD, {
		[SYNC]		= { BLOCKS, TO_RUNNING },
		[GET]		= { BLOCKS, TO_RUNNING },
		[DISABLE]	= { -EBUSY, TO_RUNNING },
		[WAIT]		= { -ECANCELED, TO_RUNNING },
		[SUCCEED]	= { OK, TO_UP },
		/* The module has the PAMTs. */
		[FAIL]		= { OK, TO_LOST },
		[FAIL_LATE]	= { OK, TO_LOST },
		[HOLD]		= { BLOCKS, TO_RUNNING },
		[STOP]		= { BLOCKS, TO_RUNNING },
		[RENEW]		= { -EBUSY, TO_RUNNING },
	} },
	[HELD] = { "held", TO_RUNNING, UNTOLD, {
		[SYNC]		= { BLOCKS, TO_RUNNING },
		[GET]		= { BLOCKS, TO_RUNNING },
		[DISABLE]	= { -EBUSY, TO_RUNNING },
		[WAIT]		= { BLOCKS, TO_RUNNING },
		[PROBE]		= { -EBUSY, TO_RUNNING },
		[RELEASE]	= { OK, TO_RUNNING, .attempts = 1 },
		[STOP]		= { OK, TO_UNKNOWN, -ESHUTDOWN },
		[RENEW]		= { -EBUSY, TO_RUNNING },
	} },
	[STOPPING] = { "stopping", TO_RUNNING, UNTOLD, {
		[SUBSCRIBE]	= { -ESHUTDOWN, TO_RUNNING },
		[SYNC]		= { BLOCKS, TO_RUNNING },
		[GET]		= { BLOCKS, TO_RUNNING },
		[DISABLE]	= { -EBUSY, TO_RUNNING },
		[WAIT]		= { BLOCKS, TO_RUNNING },
		[SUCCEED]	= { OK, TO_UP, OK },
		[FAIL]		= { OK, TO_UNKNOWN, -ENOMEM },
		[FAIL_LATE]	= { OK, TO_LOST, -EINVAL },
		[HOLD]		= { BLOCKS, TO_RUNNING },
		[STOP]		= { BLOCKS, TO_RUNNING },
		[RENEW]		= { -EBUSY, TO_RUNNING },
	} },
	[STOPPED] = { "stopped", TO_UNKNOWN, -ESHUTDOWN, {
		[REQUEST]	= { OK, TO_UNKNOWN, -ESHUTDOWN, -ESHUTDOWN },
		[SUBSCRIBE]	= { -ESHUTDOWN, TO_UNKNOWN, -ESHUTDOWN },
		[SYNC]		= { -ESHUTDOWN, TO_UNKNOWN, -ESHUTDOWN },
		[GET]		= { -ESHUTDOWN, TO_UNKNOWN, -ESHUTDOWN },
		[PROBE]		= { -ESHUTDOWN, TO_UNKNOWN, -ESHUTDOWN },
		[WAIT]		= { -ESHUTDOWN, TO_UNKNOWN, -ESHUTDOWN },
	} },
	[UP] = { "up", TO_UP, OK, {
		[REQUEST]	= { OK, TO_UP, OK, OK },
		[SUBSCRIBE]	= { OK, TO_UP, OK, OK },
		[DISABLE]	= { OK, TO_UNKNOWN, OK },
		[RENEW]		= { OK, TO_UNKNOWN, OK },
	} },
	[IN_USE] = { "in use", TO_UP, OK, {
		[REQUEST]	= { OK, TO_UP, OK, OK },
		[SUBSCRIBE]	= { OK, TO_UP, OK, OK },
		[DISABLE]	= { -EBUSY, TO_UP, OK },
		[RENEW]		= { -EBUSY, TO_UP, OK },
	} },
	[GOING] = { "going", TO_GOING, OK, {
		/* An attempt follows off, if a caller may start it. */
		[REQUEST]	= { OK, TO_GOING, OK },
		[SYNC]		= { -ESHUTDOWN, TO_GOING, OK },
		[GET]		= { -ESHUTDOWN, TO_GOING, OK },
		[PROBE]		= { BLOCKS, TO_GOING, OK },
		[DISABLE]	= { -EBUSY, TO_GOING, OK },
		[OFF_SUCCEEDS]	= { OK, TO_UNKNOWN, OK },
		[OFF_FAILS]	= { OK, TO_UP, OK },
		[OFF_LOSES]	= { OK, TO_LOST, OK },
		[HOLD]		= { BLOCKS, TO_GOING, OK },
		[STOP]		= { BLOCKS, TO_GOING, OK },
		[RENEW]		= { -EBUSY, TO_GOING, OK },
	} },
	[OFF] = { "off", TO_UNKNOWN, OK, {
		[REQUEST]	= { OK, TO_RUNNING, OK, .attempts = 1 },
		[SUBSCRIBE]	= { OK, TO_UNKNOWN, OK, -ESHUTDOWN },
		[SYNC]		= { -ESHUTDOWN, TO_UNKNOWN, OK },
		[GET]		= { -ESHUTDOWN, TO_UNKNOWN, OK },
	} },
	[LOST] = { "lost", TO_LOST, -EINVAL, {
		[REQUEST]	= { OK, TO_LOST, -EINVAL, -EINVAL },
		[SUBSCRIBE]	= { -EINVAL, TO_LOST, -EINVAL },
		[SYNC]		= { -EINVAL, TO_LOST, -EINVAL },
		[GET]		= { -EINVAL, TO_LOST, -EINVAL },
		[PROBE]		= { -EINVAL, TO_LOST, -EINVAL },
		[DISABLE]	= { -EINVAL, TO_LOST, -EINVAL },
		[WAIT]		= { -EINVAL, TO_LOST, -EINVAL },
		[RENEW]		= { OK, TO_UNKNOWN, -EINVAL },
	} },
};

/* The host under test, and two requests for it. */
struct table {
	struct gated g;
	struct counted *first;
	struct counted *own;
	enum table_event event;
	struct gated_call *call;
	struct gated_call *stop;
	struct gated_call *off;
};

static int table_call(struct gated_call *call)
{
	struct table *t = container_of(call->g, struct table, g);
	struct tdx_bringup *tb = &t->g.tb;

	switch (t->event) {
	case REQUEST:
		return tdx_bringup_request(tb, &t->own->req);
	case SUBSCRIBE:
		return tdx_bringup_subscribe(tb, &t->own->req);
	case SYNC:
		return tdx_bringup_sync(tb);
	case WAIT:
		return tdx_bringup_wait(tb, &t->first->req);
	case CANCEL:
		tdx_bringup_cancel(tb, &t->first->req);
		return 0;
	case SUCCEED:
	case FAIL:
		gated_end(&t->g, t->event == FAIL ? -ENOMEM : 0);
		return 0;
	case FAIL_LATE:
		gated_end_final(&t->g, -EINVAL);
		return 0;
	case PROBE:
		return tdx_bringup_probe(tb);
	case GET:
		return tdx_bringup_get(tb);
	case DISABLE:
		return tdx_bringup_disable(tb);
	case OFF_LOSES:
		tb->attempt.lost = true;
		t->g.off_result = -EIO;
		complete_all(&t->g.off_gate);
		return 0;
	case OFF_FAILS:
		t->g.off_result = -EBUSY;
		fallthrough;
	case OFF_SUCCEEDS:
		complete_all(&t->g.off_gate);
		return 0;
	case HOLD:
		return tdx_bringup_hold(tb);
	case RELEASE:
		tdx_bringup_release(tb);
		return 0;
	case STOP:
		tdx_bringup_stop(tb);
		return 0;
	case RENEW:
		return tdx_bringup_renew(tb, gated_forget);
	default:
		return -EOPNOTSUPP;
	}
}

static void table_enter(struct kunit *test, struct table *t, enum table_state state)
{
	int first = table_rows[state].first;
	struct tdx_bringup *tb = &t->g.tb;

	tb->attempt.configured = state == ABANDONED || state == LOST;
	if (state == CALLING)
		reinit_completion(&t->first->leave);
	if (state == HELD)
		KUNIT_ASSERT_EQ(test, tdx_bringup_hold(tb), 0);
	if (state == UNKNOWN)
		return;

	if (state == STOPPED)
		tdx_bringup_stop(tb);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(tb, &t->first->req), 0);
	if (state == HELD)
		gated_expect_flag(test, &tb->attempt.resting);
	else if (state != STOPPED)
		gated_expect_entered(test, &t->g);

	if (first != UNTOLD) {
		gated_end(&t->g, first == OK ? 0 : first);
		counted_expect_inside(test, t->first, first == OK ? 0 : first);
		if (state != CALLING)
			wait_for_completion(&t->first->req.done);
	}

	if (state == ABANDONED)
		tdx_bringup_cancel(tb, &t->first->req);
	if (state == STOPPING) {
		t->stop = gated_call(test, gated_stop, NULL);
		gated_expect_flag(test, &tb->attempt.stop);
	}
	if (state == IN_USE)
		KUNIT_ASSERT_EQ(test, tdx_bringup_get(tb), 0);
	if (state == OFF)
		KUNIT_ASSERT_EQ(test, tdx_bringup_disable(tb), 0);
	if (state == GOING) {
		reinit_completion(&t->g.off_gate);
		t->off = gated_call(test, gated_disable, NULL);
		gated_expect_entered(test, &t->g);
	}
	t->g.attempts = 0;
}

static int table_told(const struct counted *c)
{
	if (!atomic_read(&c->count))
		return UNTOLD;

	return READ_ONCE(c->result) ?: OK;
}

static void table_print(char *buf, size_t size, enum tdx_status status, int first, int own,
			int attempts)
{
	scnprintf(buf, size, "status %d, first told %d, own told %d, %d attempts", status,
		  first, own, attempts);
}

static void table_look(struct table *t, char *buf, size_t size)
{
	table_print(buf, size, tdx_bringup_status(&t->g.tb, NULL), table_told(t->first),
		    table_told(t->own), READ_ONCE(t->g.attempts));
}

/* Wait for the effects of an event, and a while longer for unexpected ones. */
static void table_expect(struct kunit *test, struct table *t, const struct table_outcome *o)
{
	unsigned long end = jiffies + SOON;
	char expected[80], actual[80];

	if (o->ret == BLOCKS) {
		gated_call_expect_blocked(test, t->call);
	} else {
		KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&t->call->done, SOON), 0UL);
		KUNIT_EXPECT_EQ(test, t->call->result ?: OK, o->ret);
	}

	table_print(expected, sizeof(expected), o->status, o->first, o->own, o->attempts);
	do {
		msleep(20);
		table_look(t, actual, sizeof(actual));
	} while (strcmp(actual, expected) && time_before(jiffies, end));
	schedule_timeout_uninterruptible(LATER);

	table_look(t, actual, sizeof(actual));
	KUNIT_EXPECT_STREQ(test, actual, expected);
	KUNIT_EXPECT_LE(test, atomic_read(&t->first->count), 1);
	KUNIT_EXPECT_LE(test, atomic_read(&t->own->count), 1);
	KUNIT_EXPECT_LE(test, READ_ONCE(t->g.offs), 1);
	/* Callbacks never run on the stack of the caller. */
	KUNIT_EXPECT_PTR_NE(test, t->own->task, t->call->task);
}

/* Parameters are numbers, starting at 1. */
static const void *table_next(struct kunit *test, const void *prev, char *desc)
{
	unsigned long i = (unsigned long)prev;

	if (i == NR_STATES * NR_EVENTS)
		return NULL;

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s: %s", table_rows[i / NR_EVENTS].name,
		 table_events[i % NR_EVENTS]);

	return (void *)(i + 1);
}

/* Each event in each state of bring-up has the outcome of the table. */
static void enable_table_test(struct kunit *test)
{
	unsigned long i = (unsigned long)test->param_value - 1;
	const struct table_row *row = &table_rows[i / NR_EVENTS];
	struct table_outcome outcome = row->on[i % NR_EVENTS];
	struct table *t = container_of(test->priv, struct table, g);

	if (!outcome.ret)
		outcome = (struct table_outcome){ OK, row->status, row->first };

	table_enter(test, t, i / NR_EVENTS);
	t->event = i % NR_EVENTS;
	t->call = gated_call(test, table_call, NULL);
	table_expect(test, t, &outcome);
}

static int enable_table_init(struct kunit *test)
{
	struct table *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	gated_start(&t->g);
	t->first = counted_new(test);
	t->own = counted_new(test);
	test->priv = &t->g;

	return 0;
}

static void table_finish(struct gated_call *call)
{
	if (call) {
		wait_for_completion(&call->done);
		put_task_struct(call->task);
	}
}

/* End all calls that may block in any state, and wait for them. */
static void enable_table_exit(struct kunit *test)
{
	struct table *t = container_of(test->priv, struct table, g);

	complete_all(&t->g.gate);
	complete_all(&t->g.off_gate);
	complete_all(&t->first->leave);
	tdx_bringup_release(&t->g.tb);
	table_finish(t->call);
	table_finish(t->off);
	tdx_bringup_release(&t->g.tb);
	table_finish(t->stop);
	tdx_bringup_cancel(&t->g.tb, &t->own->req);
	tdx_bringup_exit(&t->g.tb);

	KUNIT_EXPECT_TRUE(test, list_empty(&t->g.tb.requests));
	KUNIT_EXPECT_NE(test, tdx_bringup_status(&t->g.tb, NULL), TDX_STATUS_INITIALIZING);
}

static struct kunit_case enable_table_cases[] = {
	KUNIT_CASE_PARAM(enable_table_test, table_next),
	{}
};

static struct kunit_suite enable_table_suite = {
	.name = "tdx_enable_table",
	.init = enable_table_init,
	.exit = enable_table_exit,
	.test_cases = enable_table_cases,
};

kunit_test_suite(enable_table_suite);
