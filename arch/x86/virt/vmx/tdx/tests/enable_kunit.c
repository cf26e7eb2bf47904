// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of request.c, off.c and attempt.c: states, attempts, callbacks.  Each test has its
 * own host.
 */
#include <kunit/test.h>

#include <linux/sizes.h>
#include <linux/string.h>

#include "gated.h"

/* All requests during an attempt get its result; a worker runs each callback once. */
static void enable_test_join(struct kunit *test)
{
	struct counted *first = counted_new(test), *second = counted_new(test);
	struct gated_call *sync = gated_call(test, gated_sync, NULL);
	struct gated *g = test->priv;

	gated_expect_entered(test, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &first->req), 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &second->req), 0);
	gated_call_expect_blocked(test, sync);

	gated_end(g, -ENXIO);
	gated_call_expect(test, sync, -ENXIO);
	counted_expect_over(test, first, -ENXIO);
	counted_expect_over(test, second, -ENXIO);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
	KUNIT_EXPECT_PTR_NE(test, first->task, current);
}

/* A request made while callbacks run gets the result of the next attempt. */
static void enable_test_next_attempt(struct kunit *test)
{
	struct counted *slow = counted_new(test), *next = counted_new(test);
	struct gated *g = test->priv;

	reinit_completion(&slow->leave);
	gated_end(g, -ENOMEM);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &slow->req), 0);
	counted_expect_inside(test, slow, -ENOMEM);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &next->req), 0);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZING);

	gated_end(g, 0);
	complete(&slow->leave);
	counted_expect_over(test, next, 0);
	KUNIT_EXPECT_EQ(test, g->attempts, 2);
}

/* A subscription starts no attempt, and its callback runs when TDX goes up and down. */
static void enable_test_subscribe(struct kunit *test)
{
	struct counted *sub = counted_new(test);
	struct gated *g = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), 0);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, g->attempts, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub->count), 0);

	gated_end(g, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	counted_expect_inside(test, sub, 0);

	/* The subscriber hears of it before TDX is off. */
	reinit_completion(&g->off_gate);
	gated_start_off(test, g);
	counted_expect_inside(test, sub, -ESHUTDOWN);
	complete_all(&g->off_gate);
	flush_work(&g->tb.work);

	gated_end(g, 0);
	KUNIT_ASSERT_EQ(test, gated_try(g), 0);
	counted_expect_inside(test, sub, 0);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub->count), 3);

	tdx_bringup_cancel(&g->tb, &sub->req);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub->count), 3);
}

/* A subscriber that is cancelled while its callback runs gets no further callback. */
static void enable_test_subscribe_cancel(struct kunit *test)
{
	struct counted *sub = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *cancel;

	reinit_completion(&sub->leave);
	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), 0);
	gated_end(g, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	counted_expect_inside(test, sub, 0);

	cancel = gated_call(test, gated_cancel, &sub->req);
	gated_call_expect_blocked(test, cancel);
	complete_all(&sub->leave);
	gated_call_expect(test, cancel, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub->count), 1);
	KUNIT_EXPECT_TRUE(test, list_empty(&g->tb.subscribers));
}

/* Subscribers get each failure, but not the same one twice in a row. */
static void enable_test_subscribe_failure(struct kunit *test)
{
	struct counted *sub = counted_new(test), *late = counted_new(test);
	struct gated *g = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), 0);
	gated_end(g, -ENOMEM);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), -ENOMEM);
	counted_expect_inside(test, sub, -ENOMEM);

	gated_end(g, -ENOMEM);
	KUNIT_ASSERT_EQ(test, gated_try(g), -ENOMEM);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub->count), 1);

	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &late->req), 0);
	counted_expect_inside(test, late, -ENOMEM);

	gated_end_final(g, -EINVAL);
	KUNIT_ASSERT_EQ(test, gated_try(g), -EINVAL);
	counted_expect_inside(test, sub, -EINVAL);
	counted_expect_inside(test, late, -EINVAL);
	tdx_bringup_cancel(&g->tb, &sub->req);
	KUNIT_EXPECT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), -EINVAL);
}

/* A killed caller gets EINTR, and the attempt continues. */
static void enable_test_killed(struct kunit *test)
{
	struct gated_call *sync = gated_call(test, gated_sync, NULL);
	struct gated *g = test->priv;

	gated_expect_entered(test, g);
	send_sig(SIGKILL, sync->task, 1);
	gated_call_expect(test, sync, -EINTR);
	KUNIT_EXPECT_TRUE(test, list_empty(&g->tb.requests));

	gated_end(g, 0);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);
}

/* Requests get ESHUTDOWN when the system shuts down, and no other attempt starts. */
static void enable_test_stop_all(struct kunit *test)
{
	struct counted *late = counted_new(test);
	struct gated_call *sync = gated_call(test, gated_sync, NULL), *stop;
	struct gated *g = test->priv;

	gated_expect_entered(test, g);
	stop = gated_call(test, gated_stop, NULL);
	gated_expect_flag(test, &g->tb.attempt.stop);
	gated_end(g, 0);
	gated_call_expect(test, stop, 0);
	gated_call_expect(test, sync, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(&g->tb), -ESHUTDOWN);
	KUNIT_ASSERT_EQ(test, tdx_bringup_renew(&g->tb, gated_forget), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_request(&g->tb, &late->req), 0);
	counted_expect_over(test, late, -ESHUTDOWN);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
}

/* Start an attempt, and hold the worker while a step runs. */
static struct gated_call *enable_test_hold_in_step(struct kunit *test, struct counted *c)
{
	struct gated *g = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	gated_expect_entered(test, g);

	return gated_call(test, gated_hold, NULL);
}

/* The system sleeps after the running step has ended, and no other step starts. */
static void enable_test_hold(struct kunit *test)
{
	struct counted *c = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *hold;

	g->pauses = true;
	hold = enable_test_hold_in_step(test, c);
	gated_expect_flag(test, &g->tb.attempt.hold);
	gated_call_expect_blocked(test, hold);

	gated_end(g, 0);
	gated_call_expect(test, hold, 0);
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&c->inside, LATER), 0UL);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZING);

	tdx_bringup_release(&g->tb);
	counted_expect_over(test, c, 0);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);
}

/* The system does not wait for step 7, which the freezer stops. */
static void enable_test_hold_resting(struct kunit *test)
{
	struct counted *c = counted_new(test);
	struct gated *g = test->priv;

	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	gated_expect_entered(test, g);
	tdx_attempt_rest(&g->tb.attempt, true);
	KUNIT_EXPECT_EQ(test, tdx_bringup_hold(&g->tb), 0);
	tdx_attempt_rest(&g->tb.attempt, false);

	/* Even if the attempt ends: a callback may create a device, which must wait. */
	gated_end(g, 0);
	KUNIT_EXPECT_EQ(test, wait_for_completion_timeout(&c->inside, LATER), 0UL);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);
	tdx_bringup_release(&g->tb);
	counted_expect_over(test, c, 0);
}

/* A step that does not end delays a suspend and a reboot for ten seconds only. */
static void enable_test_bounded(struct kunit *test)
{
	struct counted *c = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *hold;

	hold = enable_test_hold_in_step(test, c);
	tdx_bringup_stop(&g->tb);
	gated_call_expect(test, hold, -EBUSY);
	KUNIT_EXPECT_FALSE(test, g->tb.attempt.hold);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZING);

	gated_end(g, -ENXIO);
	counted_expect_over(test, c, -ENXIO);
}

/* The freezer cannot freeze a task that waits for off, so off and sleep exclude each other. */
static void enable_test_hold_off(struct kunit *test)
{
	struct gated *g = test->priv;
	struct gated_call *hold;

	gated_end(g, 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	flush_work(&g->tb.work);
	/* Off checks @hold under this lock. */
	mutex_lock(&g->tb.lock);
	hold = gated_call(test, gated_hold, NULL);
	gated_call_expect_blocked(test, hold);
	KUNIT_EXPECT_FALSE(test, READ_ONCE(g->tb.attempt.hold));
	mutex_unlock(&g->tb.lock);
	gated_call_expect(test, hold, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(&g->tb), -EBUSY);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);
	tdx_bringup_release(&g->tb);

	reinit_completion(&g->off_gate);
	gated_start_off(test, g);
	tdx_attempt_rest(&g->tb.attempt, true);
	KUNIT_EXPECT_EQ(test, tdx_bringup_hold(&g->tb), -EBUSY);
	KUNIT_EXPECT_FALSE(test, g->tb.attempt.hold);
	tdx_attempt_rest(&g->tb.attempt, false);
}

/* If the system goes down before off has begun, subscribers do not see TDX come up again. */
static void enable_test_stop_before_off(struct kunit *test)
{
	struct counted *sub = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *stop;

	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), 0);
	gated_end(g, 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	counted_expect_inside(test, sub, 0);

	reinit_completion(&sub->leave);
	gated_start_off(test, g);
	counted_expect_inside(test, sub, -ESHUTDOWN);
	stop = gated_call(test, gated_stop, NULL);
	gated_call_expect(test, stop, 0);
	complete_all(&sub->leave);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, g->offs, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&sub->count), 2);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), -ESHUTDOWN);
}

/* A task that is killed while it waits to suspend the system does not hold bring-up. */
static void enable_test_hold_killed(struct kunit *test)
{
	struct counted *c = counted_new(test);
	struct gated *g = test->priv;
	struct gated_call *hold;

	hold = enable_test_hold_in_step(test, c);
	gated_call_expect_blocked(test, hold);
	send_sig(SIGKILL, hold->task, 1);
	gated_call_expect(test, hold, -EINTR);

	g->pauses = true;
	gated_end(g, 0);
	counted_expect_over(test, c, 0);
}

/* Metadata is available from step 1 until a final error. */
static void enable_test_metadata(struct kunit *test)
{
	struct gated *g = test->priv;
	const struct tdx_sys_info *sysinfo = &g->tb.steps.module.sysinfo;
	struct counted *c = counted_new(test);

	KUNIT_EXPECT_NULL(test, tdx_bringup_metadata(&g->tb));

	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	gated_expect_entered(test, g);
	KUNIT_EXPECT_PTR_EQ(test, tdx_bringup_metadata(&g->tb), sysinfo);

	gated_end(g, -ENOMEM);
	counted_expect_over(test, c, -ENOMEM);
	KUNIT_EXPECT_PTR_EQ(test, tdx_bringup_metadata(&g->tb), sysinfo);

	gated_end_final(g, -EINVAL);
	KUNIT_EXPECT_EQ(test, gated_try(g), -EINVAL);
	KUNIT_EXPECT_NULL(test, tdx_bringup_metadata(&g->tb));
}

/* A probe runs step 1 once; its failure is the result for later callers. */
static void enable_test_probe(struct kunit *test)
{
	struct gated *g = test->priv;

	g->probe_result = -ENODEV;
	KUNIT_EXPECT_EQ(test, tdx_bringup_probe(&g->tb), -ENODEV);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), -ENODEV);
	KUNIT_EXPECT_NULL(test, tdx_bringup_metadata(&g->tb));

	/* KVM is loaded again. */
	g->probe_result = 0;
	KUNIT_EXPECT_EQ(test, tdx_bringup_probe(&g->tb), 0);
	KUNIT_EXPECT_NOT_NULL(test, tdx_bringup_metadata(&g->tb));
	KUNIT_EXPECT_EQ(test, tdx_bringup_probe(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, g->probes, 2);
	KUNIT_EXPECT_EQ(test, g->attempts, 0);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_UNKNOWN);
}

/* A request that arrives during off starts an attempt after it. */
static void enable_test_request_during_off(struct kunit *test)
{
	struct counted *c = counted_new(test);
	struct gated *g = test->priv;

	gated_end(g, 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	gated_expect_entered(test, g);
	reinit_completion(&g->off_gate);
	gated_start_off(test, g);
	gated_expect_entered(test, g);
	KUNIT_ASSERT_EQ(test, tdx_bringup_request(&g->tb, &c->req), 0);
	KUNIT_EXPECT_EQ(test, g->attempts, 1);

	gated_end(g, -ENXIO);
	complete_all(&g->off_gate);
	counted_expect_over(test, c, -ENXIO);
	KUNIT_EXPECT_EQ(test, g->attempts, 2);
}

/* A probe during an off that fails does not clear the error. */
static void enable_test_probe_during_off(struct kunit *test)
{
	struct gated *g = test->priv;
	struct gated_call *probe;
	char reason[TDX_REASON_LEN];

	gated_end(g, 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	g->off_result = -EIO;
	reinit_completion(&g->off_gate);
	gated_start_off(test, g);
	probe = gated_call(test, gated_call_probe, NULL);
	gated_call_expect_blocked(test, probe);

	tdx_fail(&g->tb.attempt, -EIO, "off failed");
	complete_all(&g->off_gate);
	gated_call_expect(test, probe, 0);
	flush_work(&g->tb.work);
	KUNIT_EXPECT_EQ(test, tdx_attempt_error(&g->tb.attempt, reason, sizeof(reason)), -EIO);
	KUNIT_EXPECT_EQ(test, g->probes, 0);
}

/* TDX cannot be switched off until the last of its users has gone. */
static void enable_test_users(struct kunit *test)
{
	struct gated *g = test->priv;

	gated_end(g, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_get(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_get(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(&g->tb), -EBUSY);
	tdx_bringup_put(&g->tb);
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(&g->tb), -EBUSY);
	tdx_bringup_put(&g->tb);

	g->can_disable = -EOPNOTSUPP;
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(&g->tb), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_INITIALIZED);
	g->can_disable = 0;
	KUNIT_EXPECT_EQ(test, tdx_bringup_disable(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, g->offs, 1);
	KUNIT_EXPECT_EQ(test, tdx_bringup_get(&g->tb), -ESHUTDOWN);
}

/* An attempt keeps its first error, and the next attempt clears it. */
static void enable_test_first_error(struct kunit *test)
{
	struct gated *g = test->priv;
	struct tdx_attempt *a = &g->tb.attempt;
	char reason[TDX_REASON_LEN];

	KUNIT_EXPECT_EQ(test, tdx_fail_seam(a, 45, 0xC0000A0000000002, "TDMRs"), -EIO);
	KUNIT_EXPECT_EQ(test, tdx_fail(a, -ENOMEM, "another lane"), -EIO);
	KUNIT_EXPECT_EQ(test, tdx_attempt_error(a, reason, sizeof(reason)), -EIO);
	KUNIT_EXPECT_STREQ(test, reason,
			   "TDMRs: TDH.SYS.CONFIG: TDX_INVALID_TDMR: TDMR 2 (0xc0000a0000000002)");

	gated_end(g, 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	KUNIT_EXPECT_EQ(test, tdx_attempt_error(a, reason, sizeof(reason)), 0);
	KUNIT_EXPECT_STREQ(test, reason, "");
}

/* A reset returns a host to its state after boot and keeps subscribers. */
static void enable_test_renew(struct kunit *test)
{
	struct counted *sub = counted_new(test);
	struct gated *g = test->priv;

	gated_end_final(g, -EINVAL);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), -EINVAL);
	KUNIT_ASSERT_EQ(test, tdx_bringup_renew(&g->tb, gated_forget), 0);
	KUNIT_EXPECT_NULL(test, tdx_bringup_metadata(&g->tb));
	gated_end(g, -ENOMEM);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), -ENOMEM);
	KUNIT_EXPECT_EQ(test, g->tb.status, TDX_STATUS_UNKNOWN);

	KUNIT_ASSERT_EQ(test, tdx_bringup_subscribe(&g->tb, &sub->req), 0);
	counted_expect_inside(test, sub, -ENOMEM);
	flush_work(&g->tb.work);
	KUNIT_ASSERT_EQ(test, tdx_bringup_renew(&g->tb, gated_forget), 0);
	gated_end(g, 0);
	KUNIT_EXPECT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	counted_expect_inside(test, sub, 0);
}

static void enable_test_expect_progress(struct kunit *test, u64 done, u64 total)
{
	struct gated *g = test->priv;
	struct tdx_progress progress;

	tdx_bringup_status(&g->tb, &progress);
	KUNIT_EXPECT_EQ(test, progress.done, done);
	KUNIT_EXPECT_EQ(test, progress.total, total);
}

/* The progress is 0 without a layout, counts both halves, and is complete once TDX is up. */
static void enable_test_progress(struct kunit *test)
{
	static const u64 sizes[] = { SZ_1G, 2 * (u64)SZ_1G, SZ_1G };
	struct gated *g = test->priv;
	struct tdx_layout *layout = &g->tb.steps.layout;
	struct tdx_tdmr_job *job = &g->tb.steps.job;
	u64 total = 4 * (u64)SZ_1G;

	job->done[0] = SZ_4M;
	enable_test_expect_progress(test, 0, 0);

	job->total = total;
	layout->pamt_bytes = 5 * SZ_4M;
	atomic64_set(&layout->pamt_taken, 0);
	job->done[0] = 0;
	enable_test_expect_progress(test, 0, total);
	atomic64_set(&layout->pamt_taken, 3 * SZ_4M);
	enable_test_expect_progress(test, total * 3 / 5 / 2, total);
	atomic64_set(&layout->pamt_taken, layout->pamt_bytes);
	job->done[0] = SZ_4M;
	job->done[2] = SZ_1G;
	enable_test_expect_progress(test, (total + SZ_4M + SZ_1G) / 2, total);

	memcpy(job->done, sizes, sizeof(sizes));
	enable_test_expect_progress(test, total - TDX_TDMR_CALL_BYTES, total);
	gated_end(g, 0);
	KUNIT_ASSERT_EQ(test, tdx_bringup_sync(&g->tb), 0);
	enable_test_expect_progress(test, total, total);

	/* A reader may see parts of two attempts. */
	job->total = SZ_1G;
	enable_test_expect_progress(test, SZ_1G, SZ_1G);
}

static struct kunit_case enable_cases[] = {
	KUNIT_CASE(enable_test_join),
	KUNIT_CASE(enable_test_next_attempt),
	KUNIT_CASE(enable_test_subscribe),
	KUNIT_CASE(enable_test_subscribe_cancel),
	KUNIT_CASE(enable_test_subscribe_failure),
	KUNIT_CASE(enable_test_killed),
	KUNIT_CASE(enable_test_stop_all),
	KUNIT_CASE(enable_test_hold),
	KUNIT_CASE(enable_test_hold_resting),
	KUNIT_CASE(enable_test_hold_off),
	KUNIT_CASE(enable_test_stop_before_off),
	KUNIT_CASE(enable_test_hold_killed),
	KUNIT_CASE(enable_test_bounded),
	KUNIT_CASE(enable_test_metadata),
	KUNIT_CASE(enable_test_probe),
	KUNIT_CASE(enable_test_request_during_off),
	KUNIT_CASE(enable_test_probe_during_off),
	KUNIT_CASE(enable_test_users),
	KUNIT_CASE(enable_test_first_error),
	KUNIT_CASE(enable_test_renew),
	KUNIT_CASE(enable_test_progress),
	{}
};

static struct kunit_suite enable_suite = {
	.name = "tdx_enable",
	.init = gated_init,
	.exit = gated_exit,
	.test_cases = enable_cases,
};

kunit_test_suite(enable_suite);
