/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Without a tick nothing is preempted here: cpus.c looks after every step
 * whether the slice is over.
 */
#define TASK_IDLE					0
#define cond_resched()					do { } while (0)
#define might_sleep()					do { } while (0)
#define __set_current_state(state)			((void)(state))
#define schedule_timeout(ticks)				((void)(ticks))
#define schedule_timeout_uninterruptible(ticks)		((void)(ticks))
