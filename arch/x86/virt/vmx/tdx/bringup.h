/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One bring-up of the TDX module: its state, its seven steps, and what they
 * take from and give to tdx.c.  Nothing outside this directory needs it.
 */
#ifndef _X86_VIRT_TDX_BRINGUP_H
#define _X86_VIRT_TDX_BRINGUP_H

#include <linux/compiler.h>
#include <linux/lanework.h>
#include <linux/list.h>
#include <linux/lockdep_types.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <asm/tdx.h>
#include <asm/tdx_enable.h>
#include <asm/tdx_global_metadata.h>

#include "seam_status.h"
#include "tdmr/tdmr.h"
#include "tdx.h"

/* The phases whose times are told, in the order in which they run. */
enum tdx_phase {
	TDX_PHASE_METADATA,
	TDX_PHASE_MEMORY,
	TDX_PHASE_PAMT,
	TDX_PHASE_LP_INIT,
	TDX_PHASE_CONFIG,
	TDX_PHASE_KEYS,
	TDX_PHASE_TDMRS,
	TDX_NR_PHASES,
};

#define TDX_REASON_LEN	(SEAM_TEXT_LEN + 96)

/*
 * How often a SEAMCALL is made while the module calls that useful, and how long
 * to wait in between: together some 100 ms.  A lane waits a tick each time,
 * however long that is: 64 to 640 ms.
 */
#define TDX_SEAMCALL_TRIES	64
#define TDX_SEAMCALL_PAUSE_US	1000

/*
 * Places for a row of PAMTs that the kernel tries to empty.  An attempt that fails
 * has taken long, and memory that cannot be moved is seldom alone.
 */
#define TDX_PAMT_PLACES		16

/**
 * struct tdmr_lane - TDMR.INIT of one TDMR
 *
 * Locking: "P" read with READ_ONCE() by anybody.
 *
 * @lane: of step 7's job
 * @tb: the bring-up
 * @tdmr: the TDMR
 * @tries: calls in a row that met contention; the lane's own
 * @done: P, bytes for which the module has been called; the lane's own
 * @size: P, bytes of the TDMR; the runner's
 * @node: P, whose memory it is; the runner's
 */
struct tdmr_lane {
	struct lane lane;
	struct tdx_bringup *tb;
	const struct tdmr *tdmr;
	unsigned int tries;
	u64 done;
	u64 size;
	int node;
};

/**
 * struct tdx_lanes_progress - how far some lanes are
 * @bytes: of their TDMRs
 * @lanes: how many
 * @unfinished: how many of them are not done
 */
struct tdx_lanes_progress {
	struct tdx_progress bytes;
	unsigned int lanes;
	unsigned int unfinished;
};

/**
 * struct tdx_bringup - everything about bringing up one TDX module
 *
 * Locking: "L" @lock; "R" the runner of an attempt alone, between its entry to
 * TDX_STATUS_INITIALIZING and its exit from it; "S" set once, then constant;
 * "P" written by the runner, read by anybody, see progress.c; "O" written under
 * @lock or by the runner, read with READ_ONCE() by anybody; "F" @fail_lock.
 *
 * @lock: never held for long, and so neither across a step nor a callback,
 *	except by tdx_bringup_renew() in tests
 * @status: O
 * @result: L, errno of the last attempt
 * @stop: O, reboot has begun: go no further
 * @hold: O, the system is about to sleep: begin no further step
 * @resting: O, the runner is held, or waits for work that the freezer stops
 * @requests: L, waiting for the end of an attempt
 * @completing: O, the request whose callback runs
 * @completer: O, the task that calls back; any task may look for itself here
 * @idle: woken when an attempt has ended or rests, and when it may go on.
 *	Requests wake those who wait for them alone.
 * @work: runs the attempt, then the callbacks
 * @run: S, the seven steps
 * @attempt_map: held while an attempt runs; waiters touch it, so that waiting
 *	with a lock held that an attempt takes is reported on the first run
 * @callback_map: the same for callbacks and those who cancel
 * @fail_lock: several lanes may fail at once; nests inside everything
 * @reason: F, the first error of this attempt, or of the last one, in words
 * @error: F, its errno
 * @said: F, the error last printed, so that asking again does not flood the log
 * @said_version: R, the module's version last printed, for the same reason
 * @configured: R, TDH.SYS.CONFIG has succeeded: there is no way back
 * @sysinfo: R until @metadata points here, constant from then on: who has got
 *	the pointer may keep it, whatever becomes of the attempt
 * @metadata: O, with release and acquire
 * @cmrs: R, what the module reports as convertible memory
 * @nr_cmrs: R, number of @cmrs, 0 if it reports none
 * @ranges: R, the memory, while an attempt needs to know it
 * @nr_ranges: R, number of @ranges
 * @host: R, the host as the planner sees it
 * @layout: R, the TDMRs
 * @tdmrs: R, the TDMRs as the module reads them
 * @lanes: R, one for each TDMR, handed to lanework in step 7; here because
 *	that must not fail for lack of memory
 * @nr_lanes: R, how many of them ran
 * @nr_counted: P, how many of @lanes have a TDMR and count their progress;
 *	0 while there is no layout
 * @phase: R, the phase that runs
 * @phase_since: R, when it began
 * @phase_ns: R, how long each phase took
 * @boot_since_ns: O, when the boot asked for the attempt that runs; else 0.  On
 *	local_clock(): others tell no more than ticks so early.
 * @boot_until_ns: O, when the boot went on; 0 if it has not
 */
struct tdx_bringup {
	struct mutex lock;	/* see "L" above */
	enum tdx_status status;
	int result;
	bool stop;
	bool hold;
	bool resting;
	struct list_head requests;
	struct tdx_enable_request *completing;
	struct task_struct *completer;
	wait_queue_head_t idle;
	struct work_struct work;
	int (*run)(struct tdx_bringup *tb);
	struct lockdep_map attempt_map;
	struct lockdep_map callback_map;

	struct mutex fail_lock;	/* see "F" above */
	char reason[TDX_REASON_LEN];
	int error;
	char said[TDX_REASON_LEN];
	struct tdx_sys_info_version said_version;
	bool configured;
	struct tdx_sys_info sysinfo;
	const struct tdx_sys_info *metadata;
	struct tdmr_range cmrs[TDMR_MAX_CMRS];
	unsigned int nr_cmrs;
	struct tdmr_range *ranges;
	unsigned int nr_ranges;
	struct tdmr_host host;
	struct tdmr_layout layout;
	struct tdmr_info_list tdmrs;
	struct tdmr_lane lanes[TDMR_MAX];
	unsigned int nr_lanes;
	unsigned int nr_counted;
	enum tdx_phase phase;
	u64 phase_since;
	u64 phase_ns[TDX_NR_PHASES];
	u64 boot_since_ns;
	u64 boot_until_ns;
};

/* enable.c */
int tdx_host_error(char *reason, size_t size);
const char *tdx_host_hint(void);
bool tdx_host_lost(void);
#ifdef CONFIG_TDX_EMULATOR
int tdx_bringup_reset(void);
#endif

/* request.c: for all */
void tdx_bringup_init(struct tdx_bringup *tb, int (*run)(struct tdx_bringup *tb));
enum tdx_status tdx_bringup_status(const struct tdx_bringup *tb);
const struct tdx_sys_info *tdx_bringup_metadata(const struct tdx_bringup *tb);
int tdx_bringup_request(struct tdx_bringup *tb, struct tdx_enable_request *req);
int tdx_bringup_subscribe(struct tdx_bringup *tb, struct tdx_enable_request *req);
int tdx_bringup_wait(struct tdx_bringup *tb, struct tdx_enable_request *req,
		     unsigned long timeout);
void tdx_bringup_cancel(struct tdx_bringup *tb, struct tdx_enable_request *req);
int tdx_bringup_sync(struct tdx_bringup *tb);
void tdx_bringup_stop(struct tdx_bringup *tb);
void tdx_bringup_might_wait(struct tdx_bringup *tb);

/* request.c: for the runner */
void tdx_bringup_publish(struct tdx_bringup *tb);

/* hold.c */
int tdx_bringup_hold(struct tdx_bringup *tb);
void tdx_bringup_release(struct tdx_bringup *tb);
int tdx_bringup_pause(struct tdx_bringup *tb);
void tdx_bringup_rest(struct tdx_bringup *tb, bool resting);

#if defined(CONFIG_TDX_EMULATOR) || defined(CONFIG_TDX_BRINGUP_KUNIT_TEST)
int tdx_bringup_renew(struct tdx_bringup *tb, void (*forget)(struct tdx_bringup *tb));
void tdx_bringup_exit(struct tdx_bringup *tb);
#endif

/* bringup.c */
int tdx_bringup_run(struct tdx_bringup *tb);
void tdx_bringup_forget(struct tdx_bringup *tb);
bool tdx_bringup_stopped(struct tdx_bringup *tb);

/* report.c */
__printf(3, 4)
int tdx_bringup_fail(struct tdx_bringup *tb, int err, const char *fmt, ...);
__printf(4, 5)
int tdx_bringup_fail_seam(struct tdx_bringup *tb, u64 leaf, u64 status,
			  const char *fmt, ...);
void tdx_bringup_forget_error(struct tdx_bringup *tb);
int tdx_bringup_error(struct tdx_bringup *tb, char *reason, size_t size);

/* progress.c */
void tdx_progress_begin(struct tdx_bringup *tb);
void tdx_progress_forget(struct tdx_bringup *tb);
void tdx_progress_count(struct tdmr_lane *tl, bool last);
void tdx_progress_read(const struct tdx_bringup *tb, int node,
		       struct tdx_lanes_progress *progress);
void tdx_progress_of(const struct tdx_bringup *tb, enum tdx_status status,
		     struct tdx_progress *progress);

/* sysfs.c */
int tdx_sysfs_init(struct tdx_bringup *tb);
void tdx_sysfs_status_changed(struct tdx_bringup *tb);

/* seam_retry.c */
bool tdx_status_retryable(u64 status);
u64 tdx_seamcall_retry(u64 leaf, struct tdx_module_args *args);

/* metadata.c */
int tdx_read_metadata(struct tdx_bringup *tb);

/* memory.c */
int tdx_memory_claim(struct tdx_bringup *tb);
void tdx_memory_forget_ranges(struct tdx_bringup *tb);
void tdx_memory_release(struct tdx_bringup *tb);

/* layout.c */
int tdx_layout_plan(struct tdx_bringup *tb);
void tdx_layout_free(struct tdx_bringup *tb);
int tdx_layout_home(int node);

/* pamt.c */
int tdx_pamts_alloc(struct tdx_bringup *tb);
void tdx_pamts_free(struct tdx_bringup *tb);
void tdx_pamts_clear(struct tdx_bringup *tb);
u64 tdx_pamts_bytes(const struct tdx_bringup *tb);

/* sys_config.c */
int tdx_tdmrs_encode(struct tdx_bringup *tb);
void tdx_tdmrs_free(struct tdx_bringup *tb);
int tdx_sys_config(struct tdx_bringup *tb);

/* key_config.c */
int tdx_packages_check(struct tdx_bringup *tb);
int tdx_keys_config(struct tdx_bringup *tb);

/* tdmr_init.c */
int tdx_tdmrs_init(struct tdx_bringup *tb);

/* handover.c, part of tdx.c */
int tdx_host_lp_init(struct tdx_bringup *tb);
int tdx_host_start_lps(struct tdx_bringup *tb);
void tdx_host_stop_lps(void);
bool tdx_host_lp_ready(void);
int tdx_host_with_vmx(int (*fn)(struct tdx_bringup *tb), struct tdx_bringup *tb);
u32 tdx_host_global_keyid(void);
void tdx_host_set_memory(struct list_head *blocks);
void tdx_host_set_tdmrs(const struct tdmr_info_list *tdmrs);
void tdx_host_set_ready(const struct tdx_sys_info *sysinfo);

#ifdef CONFIG_TDX_EMULATOR
bool tdx_host_in_use(void);
void tdx_host_reset(void);
#endif

#if IS_ENABLED(CONFIG_KUNIT)
int tdx_host_suspend(void *unused);
void tdx_host_resume(void *unused);
void tdx_host_shutdown(void *unused);
int tdx_pamt_take(u64 base, u64 size);
int tdx_pamt_take_range(u64 base, u64 size);
void tdx_pamt_put(u64 base, u64 size);
u64 tdx_pamt_find(u64 size, int node);
int tdx_tdmr_init_next(struct lane *lane);
#endif

#endif /* _X86_VIRT_TDX_BRINGUP_H */
