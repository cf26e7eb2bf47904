// SPDX-License-Identifier: GPL-2.0-only
/* Many LPs call the module at the same time, as threads, under ThreadSanitizer. */
#include <err.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "fixture.h"

#define NR_LPS			8
#define NR_PACKAGES		4
#define NR_TDMRS		4
#define ROUNDS			8

#define PAMT_STRIDE		0x1000000ULL	/* of all PAMTs of one TDMR */

static pthread_barrier_t barrier;
static void (*step)(unsigned int lp);
static atomic_t nr_successes, nr_last_calls;
static atomic_t keys_contended, tdmrs_contended, tds_contended, loader_contended;

/*
 * The module calls out under a lock: give the others a chance to find it taken,
 * even on a machine with few CPUs.
 */
static void slow_down(u64 pa)
{
	if (pa % SZ_2M == 0x3000 || pa == ~0ULL)
		sched_yield();
}

static void wait_for_others(atomic_t *contended)
{
	atomic_inc(contended);
	sched_yield();
}

static void *run_step(void *lp)
{
	pthread_barrier_wait(&barrier);
	step((unsigned long)lp);
	return NULL;
}

/* Runs @fn as every LP at once; gives how many of them succeed. */
static int on_each_lp(void (*fn)(unsigned int lp))
{
	pthread_t threads[NR_LPS];
	unsigned long i;

	step = fn;
	atomic_set(&nr_successes, 0);
	pthread_barrier_init(&barrier, NULL, NR_LPS);
	for (i = 0; i < NR_LPS; i++) {
		if (pthread_create(&threads[i], NULL, run_step, (void *)i))
			errx(2, "there is no thread for LP %lu", i);
	}
	for (i = 0; i < NR_LPS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
	return atomic_read(&nr_successes);
}

static void init_once(unsigned int lp)
{
	u64 status = CALL(lp, LEAF_SYS_INIT);

	if (!status)
		atomic_inc(&nr_successes);
	else
		EXPECT(status == SYS_BUSY || status == INIT_NOT_PENDING);
}

/* No LP keeps another one from its LP.INIT, and metadata takes no lock. */
static void init_lp(unsigned int lp)
{
	if (!CALL(lp, LEAF_LP_INIT))
		atomic_inc(&nr_successes);
	EXPECT_EQ(CALL(lp, LEAF_SYS_RD, .rdx = 0x9100000100000008), 0);
	EXPECT_EQ(regs.r8, 64);
}

/* All packages at once, each until it has its key. */
static void configure_keys(unsigned int lp)
{
	u64 status;

	while ((status = CALL(lp, LEAF_KEY_CONFIG)) == SYS_BUSY)
		wait_for_others(&keys_contended);
	if (!status)
		atomic_inc(&nr_successes);
	else
		EXPECT(status == KEY_CONFIGURED || status == KEY_NOT_PENDING);
}

/* Calls on one TDMR until it is finished, whoever else is at it. */
static void finish_tdmr(unsigned int lp, u64 base)
{
	u64 status;

	do {
		status = CALL(lp, LEAF_TDMR_INIT, .rcx = base);
		if (!status) {
			atomic_inc(&nr_successes);
			if (regs.rdx == base + SZ_1G)
				atomic_inc(&nr_last_calls);
		} else {
			EXPECT(status == OPERAND_BUSY_RCX || status == ALREADY_INITIALIZED);
			EXPECT_EQ(regs.rdx, 0);
		}
		if (status == OPERAND_BUSY_RCX)
			wait_for_others(&tdmrs_contended);
		/* Pages of finished GiBs can be looked at meanwhile. */
		CALL(lp, LEAF_PAGE_RDMD, .rcx = base + SZ_4M);
		EXPECT(regs.rax == ADDR_RANGE || !(regs.rax | regs.rcx));
	} while (status != ALREADY_INITIALIZED);
}

static void init_tdmrs(unsigned int lp)
{
	unsigned int i;

	for (i = 0; i < NR_TDMRS; i++)
		finish_tdmr(lp, FIXTURE_TDMR + (lp + i) % NR_TDMRS * (u64)SZ_1G);
}

/* Two LPs disable the module under calls of the others, until both succeed. */
static void disable(unsigned int lp)
{
	u64 base = FIXTURE_TDMR + lp % NR_TDMRS * (u64)SZ_1G;
	u64 status;

	if (lp < 2) {
		while ((status = CALL(lp, LEAF_SYS_DISABLE)))
			EXPECT(status == SYS_BUSY || status == INTERRUPTED_RESUMABLE);
		atomic_inc(&nr_successes);
		return;
	}
	do {
		status = CALL(lp, LEAF_TDMR_INIT, .rcx = base);
	} while (!status || status == OPERAND_BUSY_RCX || status == ALREADY_INITIALIZED);
	EXPECT(status == SHUTDOWN || status == NOT_READY);
}

static bool is_busy(u64 status)
{
	return status >> 32 == OPERAND_BUSY >> 32;
}

/* A call until nothing that it needs is locked. */
static u64 call_td(unsigned int lp, u64 leaf, u64 rcx, u64 rdx)
{
	u64 status;

	while (is_busy(status = CALL(lp, leaf, .rcx = rcx, .rdx = rdx)))
		wait_for_others(&tds_contended);
	return status;
}

/* Each package; another LP may have done it for all TDs, or be at it. */
static void write_back_caches(void)
{
	unsigned int lp;
	u64 status;

	for (lp = 0; lp < NR_LPS; lp += NR_LPS / NR_PACKAGES) {
		do {
			status = call_td(lp, LEAF_CACHE_WB, 0, 0);
			while (status == INTERRUPTED_RESUMABLE)
				status = call_td(lp, LEAF_CACHE_WB, 1, 0);
		} while (status == WBCACHE_RESUME_ERROR);
		EXPECT(!status || status == NO_HKID_READY);
	}
}

/* Several LPs write back a package at a time, so one may begin what another is to resume. */
static void free_hkid(unsigned int lp, u64 tdr)
{
	u64 status;

	EXPECT_EQ(call_td(lp, LEAF_MNG_VPFLUSHDONE, tdr, 0), 0);
	do {
		write_back_caches();
		status = call_td(lp, LEAF_MNG_KEY_FREEID, tdr, 0);
		EXPECT(!status || status == WBCACHE_NOT_COMPLETE);
	} while (status);
}

static void reclaim_pages(unsigned int lp, u64 first, unsigned int n)
{
	while (n--)
		EXPECT_EQ(call_td(lp, LEAF_PAGE_RECLAIM, first + n * SZ_4K, 0), 0);
}

static void make_td(unsigned int td, unsigned int lp, unsigned int steps)
{
	unsigned int step, package;

	for (step = 0; step < steps; step++) {
		/* The fixture has two packages. */
		if (step == TD_CREATED) {
			for (package = 0; package < NR_PACKAGES; package++)
				EXPECT_EQ(call_td(package * NR_LPS / NR_PACKAGES,
						  LEAF_MNG_KEY_CONFIG, FIXTURE_TDR(td), 0), 0);
			step = TD_KEYED;
		}
		while (is_busy(fixture_td_step(td, FIXTURE_TD_HKID + td, lp, step)))
			wait_for_others(&tds_contended);
		EXPECT_EQ(regs.rax, 0);
	}
}

/* Each LP makes TDs and destroys them. */
static void churn_tds(unsigned int lp)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		make_td(lp, lp, TD_FINALIZED);
		EXPECT_EQ(call_td(lp, LEAF_VP_FLUSH, FIXTURE_TDVPR(lp), 0), 0);
		free_hkid(lp, FIXTURE_TDR(lp));
		reclaim_pages(lp, FIXTURE_TDVPR(lp), 6);
		reclaim_pages(lp, FIXTURE_TDR(lp), 7);
		atomic_inc(&nr_successes);
	}
}

/* Each LP has a vCPU of the same TD. */
static void run_vcpus(unsigned int lp)
{
	u64 tdvpr = FIXTURE_TDVPR(lp + 1);
	unsigned int i;

	EXPECT_EQ(call_td(lp, LEAF_VP_CREATE, tdvpr, FIXTURE_TDR(0)), 0);
	for (i = 1; i < 6; i++)
		EXPECT_EQ(call_td(lp, LEAF_VP_ADDCX, tdvpr + i * SZ_4K, tdvpr), 0);
	EXPECT_EQ(call_td(lp, LEAF_VP_INIT, tdvpr, 0), 0);
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(call_td(lp, LEAF_MNG_RD, FIXTURE_TDR(0), 4), 0);
		/* This one locks the TDR exclusively. */
		EXPECT_EQ(call_td(lp, LEAF_MNG_KEY_CONFIG, FIXTURE_TDR(0), 0), LIFECYCLE);
		EXPECT_EQ(call_td(lp, LEAF_PAGE_RDMD, FIXTURE_TDR(0), 0), 0);
		while (is_busy(CALL(lp, LEAF_VP_WR, .rcx = tdvpr, .rdx = 2, .r8 = i, .r9 = 0xffff)))
			wait_for_others(&tds_contended);
		EXPECT_EQ(regs.rax, 0);
		EXPECT_EQ(call_td(lp, LEAF_VP_FLUSH, tdvpr, 0), 0);
	}
	atomic_inc(&nr_successes);
}

static void use_tds(void)
{
	unsigned int lp;

	fixture_td_params()[2] = NR_LPS;
	EXPECT_EQ(on_each_lp(churn_tds), 4 * NR_LPS);
	make_td(0, 0, TD_INITIALIZED);
	EXPECT_EQ(on_each_lp(run_vcpus), NR_LPS);
	EXPECT_EQ(atomic_read(&mc.td_pages), 7 + 6 * NR_LPS);
	free_hkid(0, FIXTURE_TDR(0));
	for (lp = 0; lp < NR_LPS; lp++)
		reclaim_pages(lp, FIXTURE_TDVPR(lp + 1), 6);
	reclaim_pages(0, FIXTURE_TDR(0), 7);
	EXPECT_EQ(atomic_read(&mc.td_pages), 0);
	EXPECT_EQ(atomic_read(&mc.module.kot_lock), 0);
}

/* One LP tries to shut down under calls of the others, until it succeeds. */
static void shut_down(unsigned int lp)
{
	if (lp) {
		while (CALL(lp, LEAF_SYS_RD) != SHUTDOWN)
			sched_yield();
	} else {
		while (CALL(lp, LEAF_SYS_SHUTDOWN))
			;
		atomic_inc(&nr_successes);
	}
}

/* Each LP until it gets in.  The last finds a module for all of them. */
static void install(unsigned int lp)
{
	while (!fixture_seamldr(lp, PSEAMLDR_INSTALL, FIXTURE_MODULE))
		wait_for_others(&loader_contended);
	if (!regs.rax && !regs.rdx)
		atomic_inc(&nr_successes);
}

/* Also makes every page, so that threads only look up what is there. */
static void write_tdmrs(void)
{
	unsigned int i;
	u64 offset;

	for (i = 0; i < NR_TDMRS; i++) {
		u64 pamt = FIXTURE_PAMT + i * PAMT_STRIDE;

		machine_describe_tdmr(&mc, i, FIXTURE_TDMR + i * (u64)SZ_1G, pamt);
		for (offset = 0; offset < MACHINE_PAMT_SIZE; offset += sizeof(u64))
			*machine_word(&mc, pamt + offset) = ~0ULL;
	}
	for (offset = 0; offset <= NR_LPS; offset++) {
		for (i = 0; i < FIXTURE_TD_PAGES; i++)
			machine_word(&mc, FIXTURE_PAGE(offset, i));
	}
}

/* All PAMTs are zero from an offset on. */
static void check_zeroes(u64 offset)
{
	u64 at, pamt = FIXTURE_PAMT;
	unsigned int i;

	for (i = 0; i < NR_TDMRS; i++, pamt += PAMT_STRIDE) {
		for (at = offset; at < MACHINE_PAMT_SIZE; at += sizeof(u64))
			EXPECT_EQ(*machine_word(&mc, pamt + at), 0);
	}
}

/* The PAMTs are complete, and nothing is written behind that of 1 GiB pages. */
static void check_pamts(void)
{
	u64 pamt = FIXTURE_PAMT;
	unsigned int i;

	check_zeroes(MACHINE_PAMT_2M);
	for (i = 0; i < NR_TDMRS; i++, pamt += PAMT_STRIDE) {
		EXPECT_EQ(*machine_word(&mc, pamt + 56), 0);
		EXPECT_EQ(*machine_word(&mc, pamt + 64), ~0ULL);
	}
}

static void bring_up_to_keys(void)
{
	write_tdmrs();
	EXPECT_EQ(on_each_lp(init_once), 1);
	EXPECT_EQ(on_each_lp(init_lp), NR_LPS);
	EXPECT_EQ(CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS, .rdx = NR_TDMRS,
		       .r8 = FIXTURE_HKID), 0);
	EXPECT_EQ(on_each_lp(configure_keys), NR_PACKAGES);
	EXPECT_EQ(mc.module.state, TDXMOD_SYS_READY);
}

static void one_round(void)
{
	static const struct tdxmod_build build = { .update_version = 1, .nr_handoff_pages = 13 };
	struct tdxmod_platform p = fixture_platform();
	struct tdxmod *m = &mc.module;

	p.nr_packages = NR_PACKAGES;
	p.nr_lps = NR_LPS;
	p.differences = TDXMOD_SYS_DISABLE;
	p.cache_parts = 2;
	EXPECT_EQ(machine_init(&mc, &p), 0);
	mc.hook = slow_down;

	bring_up_to_keys();
	EXPECT_EQ(on_each_lp(disable), 2);
	EXPECT_EQ(m->state, TDXMOD_SYSINIT_PENDING);
	check_zeroes(0);
	bring_up_to_keys();
	/* Each step is done once, and one caller learns of the end. */
	atomic_set(&nr_last_calls, 0);
	EXPECT_EQ(on_each_lp(init_tdmrs), 256 * NR_TDMRS);
	EXPECT_EQ(atomic_read(&nr_last_calls), NR_TDMRS);
	check_pamts();
	use_tds();
	EXPECT_EQ(on_each_lp(shut_down), 1);
	/* Another module takes its place. */
	fixture_make_module(&build);
	fixture_write_module();
	EXPECT_EQ(on_each_lp(install), NR_LPS);
	EXPECT_EQ(on_each_lp(init_once), 1);
	EXPECT_EQ(on_each_lp(init_lp), NR_LPS);
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(atomic_read(&m->nr_inside), 0);
	EXPECT_EQ(atomic_read(&m->loader.inside), 0);
	EXPECT_EQ(atomic_read(&m->global), 0);
}

CHECK(all_lps_at_once)
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++)
		one_round();
	EXPECT(atomic_read(&keys_contended));
	EXPECT(atomic_read(&tdmrs_contended));
	EXPECT(atomic_read(&tds_contended));
	printf("# locks found taken: KEY.CONFIG %d, TDMR.INIT %d, TDs %d, P-SEAMLDR %d times\n",
	       atomic_read(&keys_contended), atomic_read(&tdmrs_contended),
	       atomic_read(&tds_contended), atomic_read(&loader_contended));
}
