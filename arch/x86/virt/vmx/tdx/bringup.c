// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run the seven steps that bring TDX up, and undo them after an error or to switch TDX
 * off.
 *
 *	1 metadata	SYS.INIT and LP.INIT on one CPU, SYS.RD
 *	2 memory	list the memory of the page allocator, and freeze the list
 *	3 layout	choose TDMRs, and allocate their PAMTs
 *	4 LP.INIT	on all other CPUs
 *	5 SYS.CONFIG	after this, only SYS.DISABLE leads back
 *	6 KEY.CONFIG	once per package
 *	7 TDMR.INIT	on lanes, until every TDMR is done
 *
 * The worker holds cpu_hotplug_lock from LP.INIT through KEY.CONFIG: the module counts
 * LPs at SYS.CONFIG, and KEY.CONFIG needs a CPU of every package.  The worker does not
 * hold the lock during the long steps: the allocation of PAMTs, and TDMR.INIT.
 *
 * Once the module has its TDMRs, it may write to the PAMTs until TDH.SYS.DISABLE has
 * succeeded.  If that fails, or the module lacks it, the PAMTs stay allocated: SEAMCALLs
 * still write to them, such as TDH.PHYMEM.PAGE.RDMD of the machine check handler and the
 * disabling at shutdown.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/cpu.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "steps.h"
#include "trace.h"

static void tdx_phase_begin(struct tdx_steps *s, enum tdx_phase phase)
{
	s->phase = phase;
	s->phase_since = ktime_get_ns();
	trace_tdx_phase_begin(phase);
}

static void tdx_phases_clear(struct tdx_steps *s, enum tdx_phase phase)
{
	for (; phase < TDX_NR_PHASES; phase++)
		WRITE_ONCE(s->phase_ns[phase], 0);
}

static void tdx_phase_end(struct tdx_steps *s, int error)
{
	WRITE_ONCE(s->phase_ns[s->phase], ktime_get_ns() - s->phase_since);
	trace_tdx_phase_end(s->phase, error);
}

static void tdx_phase_next(struct tdx_steps *s, enum tdx_phase phase)
{
	tdx_phase_end(s, 0);
	tdx_phase_begin(s, phase);
}

/* Step 1.  It runs once, since tdx_bringup_metadata() has published its result. */
static int tdx_steps_read(struct tdx_attempt *a, struct tdx_steps *s)
{
	int ret;

	if (s->known)
		return 0;

	ret = tdx_module_read(a, &s->module);
	if (ret)
		return ret;

	/* Pairs with tdx_bringup_known(). */
	smp_store_release(&s->known, true);
	/* Wake tdx_bringup_probe(). */
	wake_up_all(&a->changed);

	return 0;
}

/* Steps 2 and 3.  They make no SEAMCALL, so the host can undo them. */
static int tdx_steps_prepare(struct tdx_attempt *a, struct tdx_steps *s)
{
	struct tdx_layout *layout = &s->layout;
	u64 total = 0;
	unsigned int i;
	int ret;

	/* Fail early: tdx_steps_configure_locked() repeats this after long allocations. */
	cpus_read_lock();
	ret = tdx_packages_check(a);
	cpus_read_unlock();
	if (ret)
		return ret;

	ret = tdx_memory_claim(a, layout, &s->module);
	if (ret)
		return ret;

	ret = tdx_attempt_pause(a);
	if (ret)
		goto err_memory;

	tdx_phase_next(s, TDX_PHASE_PAMT);
	ret = tdx_layout_plan(a, layout, &s->module);
	if (ret)
		goto err_memory;

	for (i = 0; i < TDMR_MAX; i++)
		WRITE_ONCE(s->job.done[i], 0);
	for (i = 0; i < layout->tdmrs.nr_tdmrs; i++)
		total += layout->tdmrs.tdmrs[i].size;
	WRITE_ONCE(s->job.total, total);

	ret = tdx_pamts_alloc(a, layout);
	if (ret)
		goto err_layout;

	ret = tdx_layout_encode(a, layout);
	if (ret)
		goto err_pamts;

	return 0;

err_pamts:
	tdx_pamts_free(layout);
err_layout:
	WRITE_ONCE(s->job.total, 0);
	tdx_layout_free(layout);
err_memory:
	tdx_memory_release(layout);
	return ret;
}

static void tdx_steps_unprepare(struct tdx_steps *s)
{
	WRITE_ONCE(s->job.total, 0);
	tdx_pamts_free(&s->layout);
	tdx_layout_free(&s->layout);
	tdx_memory_release(&s->layout);
}

/* Publish the PAMTs to is_pamt_page(), which the machine check handler calls. */
static void tdx_steps_publish_pamts(const struct tdmr_info_list *infos)
{
	tdx_tdmr_list.tdmrs = infos->tdmrs;
	tdx_tdmr_list.tdmr_sz = infos->tdmr_sz;
	tdx_tdmr_list.max_tdmrs = infos->max_tdmrs;
	/* Pairs with is_pamt_page(). */
	smp_store_release(&tdx_tdmr_list.nr_consumed_tdmrs, infos->nr_consumed_tdmrs);
}

static int tdx_steps_configure_locked(struct tdx_attempt *a, struct tdx_steps *s)
{
	int ret;

	/* The system goes down: leave the LPs as they are. */
	if (tdx_attempt_stopped(a))
		return -ESHUTDOWN;

	ret = tdx_packages_check(a);
	if (ret)
		return ret;

	ret = tdx_lps_start(a);
	if (ret)
		return ret;

	tdx_phase_next(s, TDX_PHASE_CONFIG);
	ret = tdx_module_config(a, &s->layout.infos);
	if (ret) {
		tdx_lps_stop();
		return ret;
	}
	tdx_steps_publish_pamts(&s->layout.infos);

	tdx_phase_next(s, TDX_PHASE_KEYS);

	return tdx_keys_config(a);
}

/* Steps 4 to 6.  If @a->configured is set, the module has the PAMTs. */
static int tdx_steps_configure(struct tdx_attempt *a, struct tdx_steps *s)
{
	int ret;

	/* Pause before taking cpu_hotplug_lock, which the suspending task takes, too. */
	ret = tdx_attempt_pause(a);
	if (ret)
		return ret;

	cpus_read_lock();
	ret = tdx_steps_configure_locked(a, s);
	cpus_read_unlock();

	return ret;
}

/* Step 7.  The lanes are freezable, so the system may sleep before they are done. */
static int tdx_steps_init_tdmrs(struct tdx_attempt *a, struct tdx_steps *s)
{
	int ret;

	tdx_attempt_rest(a, true);
	ret = tdx_tdmrs_init(a, &s->layout, &s->job);
	tdx_attempt_rest(a, false);

	return ret;
}

static void tdx_steps_set_up(bool up)
{
	/* Pairs with tdx_get_sysinfo(). */
	smp_store_release(&tdx_module_state.initialized, up);
}

/*
 * The caches may hold lines that the module wrote under its own KeyID.  A later write-back
 * of such a line would corrupt the data of the next user.
 */
static void tdx_steps_stop_lps(void)
{
	lockdep_assert_cpus_held();

	wbinvd_on_all_cpus();
	tdx_lps_stop();
}

/* Free what a disabled module has given back. */
static void tdx_steps_free(struct tdx_steps *s)
{
	tdx_phase_next(s, TDX_PHASE_CLEAR);
	tdx_pamts_clear(&s->layout);
	/*
	 * No handler reads the list: the disabled module rejects the calls of new handlers,
	 * and wbinvd_on_all_cpus() has waited for the others.
	 */
	WRITE_ONCE(tdx_tdmr_list.nr_consumed_tdmrs, 0);

	tdx_phase_next(s, TDX_PHASE_FREE);
	tdx_steps_unprepare(s);
}

/*
 * Disable the module, and take all CPUs out of TDX.  A CPU that comes online in between
 * would initialize the module again, so do both under one lock.
 */
static int tdx_steps_disable_locked(struct tdx_attempt *a, struct tdx_steps *s)
{
	int ret;

	lockdep_assert_cpus_held();

	ret = tdx_module_disable(a);
	if (ret)
		return ret;

	tdx_phase_next(s, TDX_PHASE_LP_STOP);
	tdx_steps_stop_lps();
	tdx_lps_forget();

	return 0;
}

/* After an error, @a->lost tells if the module has begun to disable itself. */
static int tdx_steps_disable(struct tdx_attempt *a, struct tdx_steps *s)
{
	int ret;

	cpus_read_lock();
	ret = tdx_steps_disable_locked(a, s);
	cpus_read_unlock();
	if (ret)
		return ret;

	a->configured = false;
	WRITE_ONCE(s->known, false);
	WRITE_ONCE(s->job.total, 0);

	/* The next kernel finds a disabled module.  Do not delay it. */
	if (!tdx_attempt_stopped(a))
		tdx_steps_free(s);

	return 0;
}

/* The module keeps its PAMTs, but CPUs and the hot-plug of memory need not wait. */
static void tdx_steps_abandon(struct tdx_attempt *a, struct tdx_steps *s, const char *why)
{
	/* Shutdown disables the module. */
	if (tdx_attempt_stopped(a))
		return;

	pr_err("%llu KB of PAMT stay allocated until reboot: the module %s\n",
	       s->layout.pamt_bytes / SZ_1K, why);

	WRITE_ONCE(s->job.total, 0);
	cpus_read_lock();
	tdx_steps_stop_lps();
	cpus_read_unlock();
	tdx_memory_release(&s->layout);
}

/* Undo an attempt that has failed after TDH.SYS.CONFIG. */
static void tdx_steps_undo_attempt(struct tdx_attempt *a, struct tdx_steps *s)
{
	/* Step 7 does not prevent sleep. */
	tdx_attempt_pause(a);
	tdx_lps_await(a);

	if (tdx_attempt_stopped(a))
		pr_info("stopped for shutdown, %llu KB of PAMT stay with the module\n",
			s->layout.pamt_bytes / SZ_1K);
	else if (!tdx_module_can_disable(&s->module))
		tdx_steps_abandon(a, s, "has no TDH.SYS.DISABLE");
	else if (tdx_steps_disable(a, s))
		tdx_steps_abandon(a, s, "could not be disabled");
}

static int tdx_steps_run_all(struct tdx_attempt *a, struct tdx_steps *s)
{
	int ret;

	ret = tdx_steps_read(a, s);
	if (ret)
		return ret;

	tdx_phase_next(s, TDX_PHASE_MEMORY);
	ret = tdx_steps_prepare(a, s);
	if (ret)
		return ret;

	tdx_phase_next(s, TDX_PHASE_LP_INIT);
	ret = tdx_steps_configure(a, s);
	if (ret && !a->configured)
		tdx_steps_unprepare(s);
	if (ret)
		return ret;

	tdx_phase_next(s, TDX_PHASE_TDMRS);

	return tdx_steps_init_tdmrs(a, s);
}

/**
 * tdx_phase_ms - get the duration of a phase
 * @s: the steps
 * @phase: the phase
 *
 * Context: any; takes no locks.
 *
 * Return: the duration in the last bring-up, or in an off after it, in ms; 0 if the phase
 * has not ended.
 */
unsigned int tdx_phase_ms(const struct tdx_steps *s, enum tdx_phase phase)
{
	return READ_ONCE(s->phase_ns[phase]) / NSEC_PER_MSEC;
}

static void tdx_steps_print(const struct tdx_steps *s, u64 total_ns)
{
	/* Scripts look for these two lines. */
	pr_info("%llu KB allocated for PAMT\n", s->layout.pamt_bytes / SZ_1K);
	pr_info("TDX-Module initialized\n");
	pr_info("%llu ms: metadata %u, memory %u, PAMT %u, LP.INIT %u, SYS.CONFIG %u, KEY.CONFIG %u, TDMR.INIT %u; %u TDMRs\n",
		total_ns / NSEC_PER_MSEC, tdx_phase_ms(s, TDX_PHASE_METADATA),
		tdx_phase_ms(s, TDX_PHASE_MEMORY), tdx_phase_ms(s, TDX_PHASE_PAMT),
		tdx_phase_ms(s, TDX_PHASE_LP_INIT), tdx_phase_ms(s, TDX_PHASE_CONFIG),
		tdx_phase_ms(s, TDX_PHASE_KEYS), tdx_phase_ms(s, TDX_PHASE_TDMRS),
		s->layout.tdmrs.nr_tdmrs);
}

/**
 * tdx_steps_probe - run step 1 alone
 * @a: the attempt
 * @s: the state of the steps
 *
 * Context: may sleep.
 *
 * Return: as tdx_module_read().
 */
int tdx_steps_probe(struct tdx_attempt *a, struct tdx_steps *s)
{
	int ret;

	tdx_phase_begin(s, TDX_PHASE_METADATA);
	ret = tdx_steps_read(a, s);
	tdx_phase_end(s, ret);

	return ret;
}

/**
 * tdx_steps_run - run the seven steps
 * @a: the attempt
 * @s: the state of the steps
 *
 * Context: may sleep, for seconds; takes cpu_hotplug_lock and mem_hotplug_lock.
 *
 * Return: 0, or the errno of the step that failed.  After an error the function has
 * freed all memory, unless @configured of @a is set, and the module keeps its PAMTs; or
 * unless the system goes down.
 */
int tdx_steps_run(struct tdx_attempt *a, struct tdx_steps *s)
{
	u64 start = ktime_get_ns();
	int ret;

	tdx_phases_clear(s, TDX_PHASE_METADATA);

	tdx_phase_begin(s, TDX_PHASE_METADATA);
	ret = tdx_steps_run_all(a, s);
	tdx_phase_end(s, ret);
	if (ret && a->configured) {
		tdx_phase_begin(s, TDX_PHASE_DISABLE);
		tdx_steps_undo_attempt(a, s);
		tdx_phase_end(s, a->configured ? ret : 0);
	}
	if (ret)
		return ret;

	tdx_steps_print(s, ktime_get_ns() - start);
	tdx_sysinfo = s->module.sysinfo;
	tdx_steps_set_up(true);

	return 0;
}

static void tdx_steps_print_off(const struct tdx_steps *s, u64 total_ns)
{
	pr_info("TDX is off, %llu ms: SYS.DISABLE %u, caches and LPs %u, clear PAMT %u, free %u\n",
		total_ns / NSEC_PER_MSEC, tdx_phase_ms(s, TDX_PHASE_DISABLE),
		tdx_phase_ms(s, TDX_PHASE_LP_STOP), tdx_phase_ms(s, TDX_PHASE_CLEAR),
		tdx_phase_ms(s, TDX_PHASE_FREE));
}

/**
 * tdx_steps_off - switch TDX off
 * @a: the last attempt, which has succeeded
 * @s: the state of the steps; the module has no TDs
 *
 * Context: may sleep, for seconds; takes cpu_hotplug_lock and mem_hotplug_lock.
 *
 * Return: 0, and the module and memory are as after boot, unless the system goes down;
 * else TDX is up as before, unless @lost of @a is set.
 */
int tdx_steps_off(struct tdx_attempt *a, struct tdx_steps *s)
{
	u64 start = ktime_get_ns();
	int ret;

	/* Once the module is disabled, off has to wait for all CPUs. */
	ret = tdx_lps_check(a);
	if (ret)
		return ret;

	tdx_phases_clear(s, TDX_PHASE_DISABLE);
	tdx_phase_begin(s, TDX_PHASE_DISABLE);
	tdx_steps_set_up(false);
	ret = tdx_steps_disable(a, s);
	tdx_phase_end(s, ret);

	if (!ret)
		tdx_steps_print_off(s, ktime_get_ns() - start);
	else if (a->lost)
		tdx_steps_abandon(a, s, "has not ended TDH.SYS.DISABLE");
	else
		tdx_steps_set_up(true);

	return ret;
}

#ifdef CONFIG_TDX_BRINGUP_KUNIT_TEST
/**
 * tdx_steps_undo - take CPUs and memory back from a module that was reset
 * @s: the steps; no SEAMCALL is in flight
 *
 * Context: may sleep; takes cpu_hotplug_lock and mem_hotplug_lock.
 */
void tdx_steps_undo(struct tdx_steps *s)
{
	tdx_steps_set_up(false);
	tdx_module_set_lost(false);
	WRITE_ONCE(s->job.total, 0);

	cpus_read_lock();
	tdx_steps_stop_lps();
	cpus_read_unlock();

	tdx_phase_begin(s, TDX_PHASE_LP_STOP);
	tdx_steps_free(s);
	tdx_phase_end(s, 0);
}
#endif

/**
 * tdx_steps_progress - get the progress in bytes of memory
 * @s: the steps
 * @done: gets the done bytes, see &struct tdx_progress
 * @total: gets the bytes of all TDMRs; 0 while there is no layout
 *
 * Context: any; takes no locks.  A caller that is delayed into the next attempt may mix
 * numbers of both attempts, but @done never exceeds @total.
 */
void tdx_steps_progress(const struct tdx_steps *s, u64 *done, u64 *total)
{
	u64 pamts = READ_ONCE(s->layout.pamt_bytes);
	u64 taken = min_t(u64, atomic64_read(&s->layout.pamt_taken), pamts);
	u64 sum = 0;
	unsigned int i;

	*total = READ_ONCE(s->job.total);
	if (pamts)
		sum = mul_u64_u64_div_u64(*total, taken, pamts);
	for (i = 0; i < TDMR_MAX; i++)
		sum += READ_ONCE(s->job.done[i]);
	*done = min(sum / 2, *total);
}
