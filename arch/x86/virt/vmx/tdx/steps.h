/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps of bring-up and their data.  bringup.c runs the steps in order.
 */
#ifndef _X86_VIRT_TDX_STEPS_H
#define _X86_VIRT_TDX_STEPS_H

#include <linux/atomic.h>
#include <linux/lanework.h>
#include <linux/types.h>

#include <asm/tdx.h>
#include <asm/tdx_global_metadata.h>

#include "attempt.h"
#include "tdmr/tdmr.h"
#include "tdx.h"

/*
 * The number of times that bring-up makes a SEAMCALL while the module is busy or lacks
 * entropy, and the pause between two calls: about 100 ms in all.  A lane pauses for a
 * tick instead.
 */
#define TDX_SEAMCALL_TRIES	64
#define TDX_SEAMCALL_PAUSE_US	1000

/*
 * The number of places that the kernel tries to empty for a row of PAMTs.  A try that
 * fails is slow, and pages that cannot be migrated tend to lie close together.
 */
#define TDX_PAMT_PLACES		16

/* After this time, the kernel tries no further place for the rows. */
#define TDX_PAMT_SECONDS	10

/*
 * Bytes that a call of TDH.SYS.TDMR.INIT initializes in today's modules.  Only the progress
 * depends on it.
 */
#define TDX_TDMR_CALL_BYTES	((u64)SZ_4M)

/**
 * struct tdx_module - data that step 1 reads from the module
 * @sysinfo: metadata of the module
 * @cmrs: convertible memory
 * @nr_cmrs: number of @cmrs; 0 if the module reports none
 */
struct tdx_module {
	struct tdx_sys_info sysinfo;
	struct tdmr_range cmrs[TDMR_MAX_CMRS];
	unsigned int nr_cmrs;
};

struct tdx_pamts;

/**
 * struct tdx_layout - memory and TDMRs, steps 2 and 3
 *
 * Locking: the worker of the attempt owns all.  Its lanes add to @pamt_taken, and any
 * task reads it, and reads @pamt_bytes with READ_ONCE().
 *
 * @host: memory, CPUs and limits, as the planner sees them
 * @tdmrs: the TDMRs, and rows of memory for their PAMTs
 * @infos: the TDMRs in the format of the module
 * @pamts: the memory of the rows, NULL while there is none
 * @pamt_bytes: bytes of all PAMTs
 * @pamt_taken: bytes of the PAMTs that are allocated
 */
struct tdx_layout {
	struct tdmr_host host;
	struct tdmr_layout tdmrs;
	struct tdmr_info_list infos;
	struct tdx_pamts *pamts;
	u64 pamt_bytes;
	atomic64_t pamt_taken;
};

/**
 * struct tdx_tdmr_lane - TDH.SYS.TDMR.INIT for one TDMR
 *
 * Locking: the thread that runs the lane writes @tries and *@done, one thread at a time.
 * All else is constant while the lanes run.
 *
 * @lane: lane of the job
 * @a: the attempt
 * @tdmr: the TDMR
 * @tries: consecutive calls that found the module busy or lacking entropy
 * @done: points to the bytes that the module has initialized, in &struct tdx_tdmr_job
 */
struct tdx_tdmr_lane {
	struct lane lane;
	struct tdx_attempt *a;
	const struct tdmr *tdmr;
	unsigned int tries;
	u64 *done;
};

/**
 * struct tdx_tdmr_job - TDH.SYS.TDMR.INIT for all TDMRs, step 7
 *
 * Locking: while no lane runs, the worker of the attempt writes all.  While lanes run,
 * each writes the @done of its TDMR.  Any task reads @done and @total with READ_ONCE().
 *
 * @lanes: a lane for each TDMR
 * @done: bytes of each TDMR that the module has initialized
 * @total: bytes of all TDMRs; 0 while there is no layout
 */
struct tdx_tdmr_job {
	struct tdx_tdmr_lane lanes[TDMR_MAX];
	u64 done[TDMR_MAX];
	u64 total;
};

/* The phases of bring-up and of off, in the order in which they run. */
enum tdx_phase {
	TDX_PHASE_METADATA,
	TDX_PHASE_MEMORY,
	TDX_PHASE_PAMT,
	TDX_PHASE_LP_INIT,
	TDX_PHASE_CONFIG,
	TDX_PHASE_KEYS,
	TDX_PHASE_TDMRS,
	TDX_PHASE_DISABLE,
	TDX_PHASE_LP_STOP,
	TDX_PHASE_CLEAR,
	TDX_PHASE_FREE,
	TDX_NR_PHASES,
};

/**
 * struct tdx_steps - the data of the seven steps
 *
 * Locking: the worker of the attempt owns all.  Any task reads @known, also @module
 * after @known, @done and @total of @job, see &struct tdx_tdmr_job, and @phase_ns with
 * READ_ONCE().
 *
 * @known: @module is complete and constant; stored with release, read with acquire
 * @module: the module
 * @layout: memory and TDMRs
 * @job: TDH.SYS.TDMR.INIT
 * @phase: the running phase
 * @phase_since: start of @phase, in ns of ktime_get_ns()
 * @phase_ns: duration of each phase, in ns
 */
struct tdx_steps {
	bool known;
	struct tdx_module module;
	struct tdx_layout layout;
	struct tdx_tdmr_job job;
	enum tdx_phase phase;
	u64 phase_since;
	u64 phase_ns[TDX_NR_PHASES];
};

/* bringup.c */
int tdx_steps_probe(struct tdx_attempt *a, struct tdx_steps *s);
int tdx_steps_run(struct tdx_attempt *a, struct tdx_steps *s);
int tdx_steps_off(struct tdx_attempt *a, struct tdx_steps *s);
void tdx_steps_progress(const struct tdx_steps *s, u64 *done, u64 *total);
unsigned int tdx_phase_ms(const struct tdx_steps *s, enum tdx_phase phase);

/* lps.c */
u64 tdx_seamcall_retry(u64 leaf, struct tdx_module_args *args);
bool tdx_status_is_retryable(u64 status);
int tdx_lp_init(struct tdx_attempt *a);
int tdx_lps_start(struct tdx_attempt *a);
void tdx_lps_stop(void);
int tdx_lps_check(struct tdx_attempt *a);
void tdx_lps_await(const struct tdx_attempt *a);
void tdx_lps_forget(void);
int tdx_lp_disable_module(const struct tdx_attempt *a, u64 *status, bool *begun);
bool tdx_lp_ready(void);
void tdx_module_set_lost(bool lost);
bool tdx_module_lost(void);

/* module.c */
int tdx_module_read(struct tdx_attempt *a, struct tdx_module *module);
int tdx_packages_check(struct tdx_attempt *a);
int tdx_module_config(struct tdx_attempt *a, struct tdmr_info_list *infos);
int tdx_keys_config(struct tdx_attempt *a);
int tdx_tdmrs_init(struct tdx_attempt *a, const struct tdx_layout *layout,
		   struct tdx_tdmr_job *job);
bool tdx_module_can_disable(const struct tdx_module *module);
int tdx_module_disable(struct tdx_attempt *a);

/* layout.c */
int tdx_memory_claim(struct tdx_attempt *a, struct tdx_layout *layout,
		     const struct tdx_module *module);
void tdx_memory_release(struct tdx_layout *layout);
int tdx_layout_plan(struct tdx_attempt *a, struct tdx_layout *layout,
		    const struct tdx_module *module);
void tdx_layout_free(struct tdx_layout *layout);
int tdx_layout_encode(struct tdx_attempt *a, struct tdx_layout *layout);
int tdx_layout_home(int node);

/* pamt.c */
int tdx_pamts_alloc(struct tdx_attempt *a, struct tdx_layout *layout);
void tdx_pamts_free(struct tdx_layout *layout);
void tdx_pamts_clear(struct tdx_layout *layout);

#if IS_ENABLED(CONFIG_KUNIT)
void tdx_steps_undo(struct tdx_steps *s);
int tdx_lps_suspend(void *unused);
void tdx_lps_resume(void *unused);
void tdx_lps_shutdown(void *unused);
bool tdx_pamt_check(u64 base, u64 size);
int tdx_pamt_take(u64 base, u64 size);
int tdx_pamt_take_range(u64 base, u64 size);
void tdx_pamt_put(u64 base, u64 size);
u64 tdx_pamt_find(u64 size, int node);
unsigned long tdx_pamt_deadline(void);
bool tdx_pamt_is_zeroed(void);
int tdx_tdmr_init_next(struct lane *lane);
#endif

#endif /* _X86_VIRT_TDX_STEPS_H */
