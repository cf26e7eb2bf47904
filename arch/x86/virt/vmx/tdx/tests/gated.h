/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bring-up whose seven steps are a gate that the test opens, and requests to
 * it that remember what became of them.
 */
#ifndef _X86_VIRT_TDX_TESTS_GATED_H
#define _X86_VIRT_TDX_TESTS_GATED_H

#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "../bringup.h"

/* Everything that happens at all. */
#define SOON	msecs_to_jiffies(10000)

/* An attempt that knows the module, waits for the gate, and ends as is wanted. */
struct gated {
	struct tdx_bringup tb;
	struct completion entered;
	struct completion gate;
	int attempts;
	int result;
	bool past_config;
};

static inline int gated_run(struct tdx_bringup *tb)
{
	struct gated *g = container_of(tb, struct gated, tb);

	int ret;

	g->attempts++;
	tdx_bringup_publish(tb);
	complete(&g->entered);
	wait_for_completion(&g->gate);
	ret = tdx_bringup_pause(tb);
	tb->configured = g->past_config;

	return ret ?: g->result;
}

/* A request that counts how often it was completed. */
struct counted {
	struct tdx_enable_request req;
	struct gated *gated;
	struct completion done;
	struct task_struct *task;
	atomic_t count;
	int result;
	bool ask_again;
	bool cancel_inside;
};

static inline void counted_complete(struct tdx_enable_request *req, int result)
{
	struct counted *c = container_of(req, struct counted, req);

	c->result = result;
	c->task = current;
	atomic_inc(&c->count);

	if (c->ask_again) {
		c->ask_again = false;
		tdx_bringup_request(&c->gated->tb, req);
	}
	if (c->cancel_inside)
		tdx_bringup_cancel(&c->gated->tb, req);

	complete(&c->done);
}

static inline void counted_init(struct counted *c, struct gated *g)
{
	memset(c, 0, sizeof(*c));
	tdx_enable_request_init(&c->req, counted_complete);
	init_completion(&c->done);
	c->gated = g;
}

static inline int gated_init(struct kunit *test)
{
	struct gated *g = kunit_kzalloc(test, sizeof(*g), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, g);
	init_completion(&g->entered);
	init_completion(&g->gate);
	tdx_bringup_init(&g->tb, gated_run);
	test->priv = g;

	return 0;
}

/* Whatever a test left running ends here. */
static inline void gated_exit(struct kunit *test)
{
	struct gated *g = test->priv;

	complete_all(&g->gate);
	tdx_bringup_exit(&g->tb);
}

static inline void expect_entered(struct kunit *test, struct gated *g)
{
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&g->entered, SOON), 0UL);
}

static inline void expect_done(struct kunit *test, struct counted *c, int result)
{
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&c->done, SOON), 0UL);
	KUNIT_EXPECT_EQ(test, c->result, result);
}

#endif /* _X86_VIRT_TDX_TESTS_GATED_H */
