// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seven steps that bring up a TDX module, in order, and their unwind.
 *
 *	1 metadata	SYS.INIT and LP.INIT on one CPU, SYS.RD
 *	2 memory	list what the page allocator may hand out, freeze it
 *	3 layout	TDMRs, memory for their PAMTs, reserved areas
 *	4 KeyID		the first private one
 *	  LP.INIT	on all other CPUs
 *	5 SYS.CONFIG	the point of no return
 *	6 KEY.CONFIG	once per package
 *	7 TDMR.INIT	until every TDMR is done
 *
 * cpu_hotplug_lock is held from LP.INIT through KEY.CONFIG: the module counts
 * LPs at SYS.CONFIG and needs a CPU of every package at KEY.CONFIG.  What takes
 * long, allocating PAMTs before and TDMR.INIT after, is done without.
 */
#define pr_fmt(fmt)	"virt/tdx: " fmt

#include <linux/cpu.h>
#include <linux/ktime.h>
#include <linux/printk.h>
#include <linux/sched/clock.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/sprintf.h>

#include "bringup.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

/**
 * tdx_bringup_stopped - has the system begun to go down?
 * @tb: the bring-up
 *
 * Context: any.
 *
 * Return: true if the runner is to make no further SEAMCALL.
 */
bool tdx_bringup_stopped(struct tdx_bringup *tb)
{
	return READ_ONCE(tb->stop);
}

static void begin_phase(struct tdx_bringup *tb, enum tdx_phase phase)
{
	tb->phase = phase;
	tb->phase_since = ktime_get_ns();
	trace_tdx_phase_begin(phase);
}

static void end_phase(struct tdx_bringup *tb, int error)
{
	tb->phase_ns[tb->phase] = ktime_get_ns() - tb->phase_since;
	trace_tdx_phase_end(tb->phase, error);
}

static void next_phase(struct tdx_bringup *tb, enum tdx_phase phase)
{
	end_phase(tb, 0);
	begin_phase(tb, phase);
}

/* Step 3. */
static int plan_tdmrs(struct tdx_bringup *tb)
{
	int ret;

	ret = tdx_layout_plan(tb);
	if (ret)
		return ret;

	ret = tdx_pamts_alloc(tb);
	if (ret)
		goto err_layout;

	tdmr_settle(&tb->layout);
	ret = tdx_tdmrs_encode(tb);
	if (ret)
		goto err_pamts;

	tdx_progress_begin(tb);
	return 0;

err_pamts:
	tdx_pamts_free(tb);
err_layout:
	tdx_layout_free(tb);
	return ret;
}

static void unplan_tdmrs(struct tdx_bringup *tb)
{
	tdx_progress_forget(tb);
	tdx_tdmrs_free(tb);
	tdx_pamts_free(tb);
	tdx_layout_free(tb);
}

/* Steps 1 to 3: nothing that the module would remember. */
static int prepare(struct tdx_bringup *tb)
{
	int ret;

	ret = tdx_read_metadata(tb);
	if (ret)
		return ret;

	next_phase(tb, TDX_PHASE_MEMORY);
	/* Asked again under the lock; here, to know before PAMTs are allocated. */
	cpus_read_lock();
	ret = tdx_packages_check(tb);
	cpus_read_unlock();
	if (ret)
		return ret;

	ret = tdx_memory_claim(tb);
	if (ret)
		return ret;

	ret = tdx_bringup_pause(tb);
	if (ret)
		goto err_memory;

	next_phase(tb, TDX_PHASE_PAMT);
	ret = plan_tdmrs(tb);
	if (ret)
		goto err_memory;

	return 0;

err_memory:
	tdx_memory_release(tb);
	return ret;
}

static void unprepare(struct tdx_bringup *tb)
{
	unplan_tdmrs(tb);
	tdx_memory_release(tb);
}

static int configure_locked(struct tdx_bringup *tb)
{
	int ret;

	/* For a reboot to stop here, not between LPs. */
	if (tdx_bringup_stopped(tb))
		return -ESHUTDOWN;

	ret = tdx_packages_check(tb);
	if (ret)
		return ret;

	ret = tdx_host_start_lps(tb);
	if (ret)
		return ret;

	next_phase(tb, TDX_PHASE_CONFIG);
	ret = tdx_sys_config(tb);
	if (ret)
		goto err_lps;
	tb->configured = true;
	tdx_host_set_tdmrs(&tb->tdmrs);

	next_phase(tb, TDX_PHASE_KEYS);
	return tdx_keys_config(tb);

err_lps:
	tdx_host_stop_lps();
	return ret;
}

/* Steps 4 to 6.  With @tb->configured set, an error is final. */
static int configure(struct tdx_bringup *tb)
{
	int ret;

	/* Not with the lock, which suspending the system takes too. */
	ret = tdx_bringup_pause(tb);
	if (ret)
		return ret;

	cpus_read_lock();
	ret = configure_locked(tb);
	cpus_read_unlock();

	return ret;
}

/* Step 7.  Lanes are freezable: the system may sleep in the middle. */
static int init_tdmrs(struct tdx_bringup *tb)
{
	int ret;

	tdx_bringup_rest(tb, true);
	ret = tdx_tdmrs_init(tb);
	tdx_bringup_rest(tb, false);

	return ret;
}

/**
 * tdx_bringup_forget - give back what a configured module was given
 * @tb: the bring-up; no SEAMCALL runs or will run
 *
 * Context: may sleep; takes cpu_hotplug_lock and mem_hotplug_lock.  The runner
 * of @tb.
 */
void tdx_bringup_forget(struct tdx_bringup *tb)
{
	tdx_host_set_tdmrs(NULL);

	/*
	 * The caches may hold lines that the module wrote under its own KeyID.
	 * Written back later they would corrupt whoever has the page by then.
	 */
	cpus_read_lock();
	wbinvd_on_all_cpus();
	tdx_host_stop_lps();
	cpus_read_unlock();

	tdx_pamts_clear(tb);
	unprepare(tb);
}

static unsigned int ms(u64 ns)
{
	return ns / NSEC_PER_MSEC;
}

/* For how long the boot could not go on, until now if it still cannot. */
static void say_boot(struct tdx_bringup *tb, char *text, size_t size)
{
	u64 since = READ_ONCE(tb->boot_since_ns);
	u64 until = READ_ONCE(tb->boot_until_ns);

	text[0] = '\0';
	if (since)
		snprintf(text, size, "; boot blocked for %llu us",
			 ((until ?: local_clock()) - since) / NSEC_PER_USEC);
}

static void say_success(struct tdx_bringup *tb, u64 total_ns)
{
	const u64 *ns = tb->phase_ns;
	char boot[48];

	say_boot(tb, boot, sizeof(boot));

	/* Scripts look for these two lines. */
	pr_info("%llu KB allocated for PAMT\n", tdx_pamts_bytes(tb) / SZ_1K);
	pr_info("TDX-Module initialized\n");
	pr_info("%u ms: metadata %u, memory %u, PAMT %u, LP.INIT %u, SYS.CONFIG %u, KEY.CONFIG %u, TDMR.INIT %u; %u TDMRs, %u lanes%s\n",
		ms(total_ns), ms(ns[TDX_PHASE_METADATA]),
		ms(ns[TDX_PHASE_MEMORY]), ms(ns[TDX_PHASE_PAMT]),
		ms(ns[TDX_PHASE_LP_INIT]), ms(ns[TDX_PHASE_CONFIG]),
		ms(ns[TDX_PHASE_KEYS]), ms(ns[TDX_PHASE_TDMRS]),
		tb->layout.nr_tdmrs, tb->nr_lanes, boot);
}

static int run_steps(struct tdx_bringup *tb)
{
	int ret;

	ret = prepare(tb);
	if (ret)
		return ret;

	next_phase(tb, TDX_PHASE_LP_INIT);
	ret = configure(tb);
	if (ret && !tb->configured) {
		unprepare(tb);
		return ret;
	}

	if (ret)
		goto err_configured;

	next_phase(tb, TDX_PHASE_TDMRS);
	ret = init_tdmrs(tb);
	if (ret)
		goto err_configured;

	tdx_memory_forget_ranges(tb);
	tdx_host_set_ready(&tb->sysinfo);

	return 0;

err_configured:
	if (ret == -ESHUTDOWN)
		pr_info("stopped for shutdown, %llu KB of PAMT stay with the module\n",
			tdx_pamts_bytes(tb) / SZ_1K);
	else
		tdx_bringup_forget(tb);
	return ret;
}

/**
 * tdx_bringup_run - the seven steps
 * @tb: the bring-up
 *
 * Context: may sleep, and long; takes cpu_hotplug_lock and mem_hotplug_lock.
 *
 * Return: 0, or the errno of the step that failed.  What was allocated is
 * given back, except on -ESHUTDOWN after TDH.SYS.CONFIG: then the module keeps
 * its PAMTs until the machine is down.
 */
int tdx_bringup_run(struct tdx_bringup *tb)
{
	u64 start = ktime_get_ns();
	int ret;

	memset(tb->phase_ns, 0, sizeof(tb->phase_ns));

	begin_phase(tb, TDX_PHASE_METADATA);
	ret = run_steps(tb);
	end_phase(tb, ret);

	if (!ret)
		say_success(tb, ktime_get_ns() - start);

	return ret;
}
