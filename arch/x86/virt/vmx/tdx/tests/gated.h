/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A host whose attempts wait at a gate until the test opens it, requests that count
 * their callbacks, and calls in separate threads.
 */
#ifndef _X86_VIRT_TDX_TESTS_GATED_H
#define _X86_VIRT_TDX_TESTS_GATED_H

#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/container_of.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/workqueue.h>

#include "../enable.h"

/* An expected event happens within this time. */
#define SOON	msecs_to_jiffies(10000)
/* An event that has not happened within this time does not happen. */
#define LATER	msecs_to_jiffies(50)

/*
 * With @pauses, the attempt has another step after the gate.  With @probe_result, step 1
 * fails.  @off_gate is open unless a test closes it with reinit_completion().
 */
struct gated {
	struct tdx_bringup tb;
	struct completion entered;
	struct completion gate;
	struct completion off_gate;
	int attempts;
	int probes;
	int offs;
	int result;
	int probe_result;
	int off_result;
	int can_disable;
	bool pauses;
};

static inline int gated_probe(struct tdx_bringup *tb)
{
	struct gated *g = container_of(tb, struct gated, tb);

	WRITE_ONCE(g->probes, g->probes + 1);
	if (!g->probe_result)
		/* tdx_steps_read() does the same. */
		smp_store_release(&tb->steps.known, true);

	return g->probe_result;
}

static inline int gated_run(struct tdx_bringup *tb)
{
	struct gated *g = container_of(tb, struct gated, tb);
	int ret = 0;

	WRITE_ONCE(g->attempts, g->attempts + 1);
	/* tdx_steps_read() does the same. */
	smp_store_release(&tb->steps.known, true);
	complete(&g->entered);
	wait_for_completion(&g->gate);
	if (g->pauses)
		ret = tdx_attempt_pause(&tb->attempt);

	return ret ?: g->result;
}

static inline int gated_off(struct tdx_bringup *tb)
{
	struct gated *g = container_of(tb, struct gated, tb);

	WRITE_ONCE(g->offs, g->offs + 1);
	complete(&g->entered);
	wait_for_completion(&g->off_gate);
	if (!g->off_result)
		WRITE_ONCE(tb->steps.known, false);

	return g->off_result;
}

static inline int gated_can_disable(struct tdx_bringup *tb)
{
	return container_of(tb, struct gated, tb)->can_disable;
}

static const struct tdx_bringup_ops gated_ops = {
	.probe = gated_probe,
	.run = gated_run,
	.off = gated_off,
	.can_disable = gated_can_disable,
};

static inline void gated_start(struct gated *g)
{
	init_completion(&g->entered);
	init_completion(&g->gate);
	init_completion(&g->off_gate);
	complete_all(&g->off_gate);
	tdx_bringup_init(&g->tb, &gated_ops);
}

static inline int gated_init(struct kunit *test)
{
	struct gated *g = kunit_kzalloc(test, sizeof(*g), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, g);
	gated_start(g);
	test->priv = g;

	return 0;
}

/* End the attempts that a test has left. */
static inline void gated_exit(struct kunit *test)
{
	struct gated *g = test->priv;

	complete_all(&g->gate);
	complete_all(&g->off_gate);
	tdx_bringup_exit(&g->tb);
}

/* End the running attempt, or else the next one, with @result. */
static inline void gated_end(struct gated *g, int result)
{
	g->result = result;
	complete(&g->gate);
}

/* Like gated_end(), but after TDH.SYS.CONFIG, so that @result is final. */
static inline void gated_end_final(struct gated *g, int result)
{
	g->tb.attempt.configured = true;
	gated_end(g, result);
}

/* Make an attempt even if the last one has failed, and return its result. */
static inline int gated_try(struct gated *g)
{
	struct tdx_enable_request req;

	tdx_enable_request_init(&req, NULL);

	return tdx_bringup_request(&g->tb, &req) ?: tdx_bringup_wait(&g->tb, &req);
}

/* Wait for a flag that has no completion. */
static inline void gated_expect_flag(struct kunit *test, const bool *flag)
{
	unsigned long end = jiffies + SOON;

	while (!READ_ONCE(*flag) && time_before(jiffies, end))
		usleep_range(1000, 2000);
	KUNIT_ASSERT_TRUE(test, READ_ONCE(*flag));
}

static inline void gated_expect_entered(struct kunit *test, struct gated *g)
{
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&g->entered, SOON), 0UL);
}

/* A request that counts its callbacks.  After reinit_completion(&leave), they block. */
struct counted {
	struct tdx_enable_request req;
	struct completion inside;
	struct completion leave;
	struct task_struct *task;
	atomic_t count;
	int result;
};

static inline void counted_complete(struct tdx_enable_request *req, int result)
{
	struct counted *c = container_of(req, struct counted, req);

	c->task = current;
	WRITE_ONCE(c->result, result);
	atomic_inc(&c->count);
	complete(&c->inside);
	wait_for_completion_timeout(&c->leave, 2 * SOON);
}

static inline struct counted *counted_new(struct kunit *test)
{
	struct counted *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, c);
	tdx_enable_request_init(&c->req, counted_complete);
	init_completion(&c->inside);
	init_completion(&c->leave);
	complete_all(&c->leave);

	return c;
}

static inline void counted_expect_inside(struct kunit *test, struct counted *c, int result)
{
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&c->inside, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, c->result, result);
}

/* Check that the request, and a task that waits for it, get this result soon. */
static inline void gated_expect_result(struct kunit *test, struct tdx_enable_request *req,
				       int result)
{
	struct gated *g = test->priv;

	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&req->done, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, tdx_bringup_wait(&g->tb, req), result);
}

static inline void counted_expect_over(struct kunit *test, struct counted *c, int result)
{
	gated_expect_result(test, &c->req, result);
	KUNIT_EXPECT_EQ(test, c->result, result);
	KUNIT_EXPECT_EQ(test, atomic_read(&c->count), 1);
}

/* A call in a separate thread. */
struct gated_call {
	struct gated *g;
	struct tdx_enable_request *req;
	int (*call)(struct gated_call *call);
	struct task_struct *task;
	struct completion ready;
	struct completion done;
	int result;
};

static inline int gated_call_thread(void *data)
{
	struct gated_call *call = data;

	/* Kernel threads ignore all other signals. */
	allow_signal(SIGKILL);
	complete(&call->ready);
	call->result = call->call(call);
	complete_all(&call->done);

	return 0;
}

static inline struct gated_call *gated_call(struct kunit *test, int (*func)(struct gated_call *),
					    struct tdx_enable_request *req)
{
	struct gated_call *call = kunit_kzalloc(test, sizeof(*call), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, call);
	call->g = test->priv;
	call->req = req;
	call->call = func;
	init_completion(&call->ready);
	init_completion(&call->done);
	call->task = kthread_create(gated_call_thread, call, "tdx-call");
	KUNIT_ASSERT_FALSE(test, IS_ERR(call->task));
	get_task_struct(call->task);
	wake_up_process(call->task);
	wait_for_completion(&call->ready);

	return call;
}

static inline void gated_call_expect_blocked(struct kunit *test, struct gated_call *call)
{
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&call->done, LATER), 0UL);
}

static inline void gated_call_expect(struct kunit *test, struct gated_call *call, int result)
{
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&call->done, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, call->result, result);
	put_task_struct(call->task);
}

static inline int gated_sync(struct gated_call *call)
{
	return tdx_bringup_sync(&call->g->tb);
}

static inline int gated_wait(struct gated_call *call)
{
	return tdx_bringup_wait(&call->g->tb, call->req);
}

static inline int gated_cancel(struct gated_call *call)
{
	tdx_bringup_cancel(&call->g->tb, call->req);

	return 0;
}

static inline int gated_stop(struct gated_call *call)
{
	tdx_bringup_stop(&call->g->tb);

	return 0;
}

static inline int gated_hold(struct gated_call *call)
{
	return tdx_bringup_hold(&call->g->tb);
}

static inline int gated_call_probe(struct gated_call *call)
{
	return tdx_bringup_probe(&call->g->tb);
}

static inline int gated_disable(struct gated_call *call)
{
	return tdx_bringup_disable(&call->g->tb);
}

/* Start off, and let it run alone: its caller is killed. */
static inline void gated_start_off(struct kunit *test, struct gated *g)
{
	struct gated_call *off = gated_call(test, gated_disable, NULL);

	gated_call_expect_blocked(test, off);
	send_sig(SIGKILL, off->task, 1);
	gated_call_expect(test, off, -EINTR);
}

/* For tdx_bringup_renew(). */
static inline void gated_forget(struct tdx_bringup *tb)
{
}

#endif /* _X86_VIRT_TDX_TESTS_GATED_H */
