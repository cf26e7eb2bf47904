/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of TDX on a host, for enable.c, request.c, off.c, sysfs.c and tests. */
#ifndef _X86_VIRT_TDX_ENABLE_H
#define _X86_VIRT_TDX_ENABLE_H

#include <linux/list.h>
#include <linux/lockdep_types.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <asm/tdx_enable.h>

#include "steps.h"

struct tdx_bringup;

/**
 * struct tdx_bringup_ops - what the worker does with a host
 *
 * @probe: runs step 1
 * @run: runs all steps
 * @off: switches TDX off; after an error, TDX is up as before, unless @lost of
 *	&struct tdx_attempt is set
 * @can_disable: returns 0, or the errno with which tdx_disable() fails
 * @notify: called under @lock when the status changes; may be NULL
 */
struct tdx_bringup_ops {
	int (*probe)(struct tdx_bringup *tb);
	int (*run)(struct tdx_bringup *tb);
	int (*off)(struct tdx_bringup *tb);
	int (*can_disable)(struct tdx_bringup *tb);
	void (*notify)(void);
};

/**
 * struct tdx_bringup - the state of TDX on a host, and the requests for TDX
 *
 * Locking: "L" @lock; "O" written under @lock, read with READ_ONCE(); "W" used only by
 * the worker.  @ops is constant.
 *
 * @lock: not held across a step or a callback
 * @status: O
 * @probing: O, a task waits for step 1
 * @result: L, result of the last attempt; after off, -ESHUTDOWN
 * @off_result: L, result of the last off
 * @users: L, number of references that tdx_bringup_try_get() has given
 * @requests: L, requests that wait for a result
 * @subscribers: L, requests that get each change of the result
 * @calling: O, the request whose callback runs
 * @work: the worker: switches TDX on and off, and runs the callbacks
 * @ops: what the worker does
 * @map: acquired by the worker and by tasks that wait for it: lockdep reports a task
 *	that waits while it holds a lock that the worker takes
 * @attempt: the running or the last attempt; tdx_bringup_stop() sets its @stop under
 *	both locks, so holding either is enough to read it
 * @steps: W, except the members that &struct tdx_steps lets any task read
 */
struct tdx_bringup {
	struct mutex lock;	/* see "L" above */
	enum tdx_status status;
	bool probing;
	int result;
	int off_result;
	unsigned int users;
	struct list_head requests;
	struct list_head subscribers;
	struct tdx_enable_request *calling;
	struct work_struct work;
	const struct tdx_bringup_ops *ops;
	struct lockdep_map map;
	struct tdx_attempt attempt;
	struct tdx_steps steps;
};

/* request.c */
void tdx_bringup_init(struct tdx_bringup *tb, const struct tdx_bringup_ops *ops);
int tdx_bringup_probe(struct tdx_bringup *tb);
int tdx_bringup_request(struct tdx_bringup *tb, struct tdx_enable_request *req);
int tdx_bringup_subscribe(struct tdx_bringup *tb, struct tdx_enable_request *req);
int tdx_bringup_wait(struct tdx_bringup *tb, struct tdx_enable_request *req);
void tdx_bringup_cancel(struct tdx_bringup *tb, struct tdx_enable_request *req);
int tdx_bringup_sync(struct tdx_bringup *tb);
void tdx_bringup_stop(struct tdx_bringup *tb);
int tdx_bringup_hold(struct tdx_bringup *tb);
void tdx_bringup_release(struct tdx_bringup *tb);
enum tdx_status tdx_bringup_status(const struct tdx_bringup *tb, struct tdx_progress *progress);
const struct tdx_sys_info *tdx_bringup_metadata(const struct tdx_bringup *tb);

/* request.c, for off.c */
bool tdx_bringup_final(const struct tdx_bringup *tb);
void tdx_bringup_set_status(struct tdx_bringup *tb, enum tdx_status status);
void tdx_bringup_queue(struct tdx_bringup *tb);
void tdx_bringup_might_wait(struct tdx_bringup *tb);

/* off.c */
int tdx_bringup_try_get(struct tdx_bringup *tb);
int tdx_bringup_get(struct tdx_bringup *tb);
void tdx_bringup_put(struct tdx_bringup *tb);
void tdx_bringup_lose(struct tdx_bringup *tb);
int tdx_bringup_disable(struct tdx_bringup *tb);

/* enable.c */
extern const struct tdx_bringup_ops tdx_host_ops;
int tdx_host_run(struct tdx_bringup *tb);
int tdx_host_error(char *reason, size_t size);
unsigned int tdx_host_phase_ms(enum tdx_phase phase);

/* sysfs.c */
int tdx_sysfs_init(void);
void tdx_sysfs_notify(void);

#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST
int tdx_host_reset(void);
int tdx_bringup_renew(struct tdx_bringup *tb, void (*forget)(struct tdx_bringup *tb));
void tdx_bringup_exit(struct tdx_bringup *tb);
#endif

#endif /* _X86_VIRT_TDX_ENABLE_H */
