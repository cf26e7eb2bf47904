// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many LPs call the module at the same time, as threads.  Meant to run under
 * ThreadSanitizer; what it checks holds without it too.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include <linux/sizes.h>

#include "../../../../arch/x86/virt/vmx/tdx/emulator/module_image.h"
#include "machine.h"

#define NR_LPS			8
#define NR_PACKAGES		4
#define NR_TDMRS		4
#define ROUNDS			8

#define LEAF_PAGE_RDMD		24
#define LEAF_KEY_CONFIG		31
#define LEAF_SYS_INIT		33
#define LEAF_SYS_RD		34
#define LEAF_LP_INIT		35
#define LEAF_TDMR_INIT		36
#define LEAF_SYS_CONFIG		45
#define LEAF_SYS_SHUTDOWN	52
#define LEAF_SYS_UPDATE		53

#define SYS_BUSY		0x8000020200000000ULL
#define OPERAND_BUSY_RCX	0x8000020000000001ULL
#define SHUTDOWN		0xC000050600000000ULL
#define KEY_CONFIGURED		0x0000081500000000ULL
#define KEY_NOT_PENDING		0xC000050700000000ULL
#define ALREADY_INITIALIZED	0x00000A0300000000ULL
#define ADDR_RANGE		0xC000010100000001ULL

#define TDMR_BASE		0x100000000ULL
#define PAMT_BASE		0x80000000ULL
#define PARAMS			0x2000ULL	/* of INSTALL */
#define SIGSTRUCT		0x3000ULL
#define IMAGE			0x4000ULL
#define PAMT_STRIDE		0x1000000ULL	/* of all PAMTs of one TDMR */

static struct machine mc;
static pthread_barrier_t barrier;
static atomic_t successes;
static atomic_t keys_contended;
static atomic_t tdmrs_contended;
static atomic_t last_calls;
static atomic_t loader_contended;
static unsigned int failed;

static void expect(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "stress: not so: %s\n", what);
	__atomic_fetch_add(&failed, 1, __ATOMIC_RELAXED);
}

static u64 seamcall(unsigned int lp, u64 leaf, struct tdxmod_regs *regs)
{
	regs->rax = leaf;
	expect(tdxmod_seamcall(&mc.module, lp, regs), "the module answers");
	return regs->rax;
}

/*
 * Under a lock the module calls out for these two: give the others a chance
 * to find it taken, even on a machine with few CPUs.
 */
static const struct tdxmod_ops *quick;

static void *slow_page(void *ctx, u64 pa)
{
	if (pa % SZ_2M == 0x3000)
		sched_yield();
	return quick->page(ctx, pa);
}

static enum tdxmod_pconfig slow_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	sched_yield();
	return quick->pconfig(ctx, lp, hkid);
}

static void slow_down(void)
{
	static struct tdxmod_ops slow;

	quick = mc.module.ops;
	slow = *quick;
	slow.page = slow_page;
	slow.pconfig = slow_pconfig;
	mc.module.ops = &slow;
}

/* Runs @fn as every LP at once. */
static void on_each_lp(void *(*fn)(void *lp))
{
	static unsigned int lps[NR_LPS];
	pthread_t threads[NR_LPS];
	unsigned int i;

	pthread_barrier_init(&barrier, NULL, NR_LPS);
	atomic_set(&successes, 0);
	atomic_set(&last_calls, 0);
	for (i = 0; i < NR_LPS; i++) {
		lps[i] = i;
		if (pthread_create(&threads[i], NULL, fn, &lps[i])) {
			perror("pthread_create");
			exit(2);
		}
	}
	for (i = 0; i < NR_LPS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

static void *init_once(void *arg)
{
	unsigned int lp = *(unsigned int *)arg;
	struct tdxmod_regs regs = {};
	u64 status;

	pthread_barrier_wait(&barrier);
	status = seamcall(lp, LEAF_SYS_INIT, &regs);
	if (!status)
		atomic_inc(&successes);
	else
		expect(status == SYS_BUSY || status == 0xC000050000000000, "SYS.INIT is contended");
	return NULL;
}

/* No LP keeps another one from its LP.INIT, and metadata takes no lock. */
static void *init_lp(void *arg)
{
	unsigned int lp = *(unsigned int *)arg;
	struct tdxmod_regs regs = {};

	pthread_barrier_wait(&barrier);
	if (!seamcall(lp, LEAF_LP_INIT, &regs))
		atomic_inc(&successes);
	regs.rdx = 0x9100000100000008;
	expect(!seamcall(lp, LEAF_SYS_RD, &regs) && regs.r8 == 64, "SYS.RD beside LP.INIT");
	return NULL;
}

/* All packages at once, each until it has its key. */
static void *configure_keys(void *arg)
{
	unsigned int lp = *(unsigned int *)arg;
	struct tdxmod_regs regs = {};
	u64 status;

	pthread_barrier_wait(&barrier);
	for (;;) {
		status = seamcall(lp, LEAF_KEY_CONFIG, &regs);
		if (status != SYS_BUSY)
			break;
		atomic_inc(&keys_contended);
		sched_yield();
	}
	if (!status)
		atomic_inc(&successes);
	else
		expect(status == KEY_CONFIGURED || status == KEY_NOT_PENDING,
		       "the other LP of the package configured the key");
	return NULL;
}

/* Pages of finished GiBs can be looked at while others are initialised. */
static void read_page(unsigned int lp, u64 pa)
{
	struct tdxmod_regs regs = { .rcx = pa };
	u64 status = seamcall(lp, LEAF_PAGE_RDMD, &regs);

	expect(status == ADDR_RANGE || (!status && !regs.rcx), "RDMD beside TDMR.INIT");
}

/* Calls on one TDMR until it is finished, whoever else is at it. */
static void finish_tdmr(unsigned int lp, unsigned int tdmr)
{
	u64 base = TDMR_BASE + tdmr * (u64)SZ_1G, status;

	do {
		struct tdxmod_regs regs = { .rcx = base };

		status = seamcall(lp, LEAF_TDMR_INIT, &regs);
		if (!status) {
			atomic_inc(&successes);
			if (regs.rdx == base + SZ_1G)
				atomic_inc(&last_calls);
		} else if (status == OPERAND_BUSY_RCX) {
			expect(!regs.rdx, "a contender gets no address");
			atomic_inc(&tdmrs_contended);
			sched_yield();
		} else {
			expect(status == ALREADY_INITIALIZED && !regs.rdx, "TDMR.INIT");
		}
		read_page(lp, base + SZ_4M);
	} while (status != ALREADY_INITIALIZED);
}

static void *init_tdmrs(void *arg)
{
	unsigned int lp = *(unsigned int *)arg, i;

	pthread_barrier_wait(&barrier);
	for (i = 0; i < NR_TDMRS; i++)
		finish_tdmr(lp, (lp + i) % NR_TDMRS);
	return NULL;
}

/* One LP tries to shut down under calls of the others, until it succeeds. */
static void *shut_down(void *arg)
{
	unsigned int lp = *(unsigned int *)arg;
	u64 status, wanted = lp ? SHUTDOWN : 0;

	pthread_barrier_wait(&barrier);
	do {
		struct tdxmod_regs regs = {};

		status = seamcall(lp, lp ? LEAF_SYS_RD : LEAF_SYS_SHUTDOWN, &regs);
		if (lp)
			sched_yield();
	} while (status != wanted);
	if (!status && !lp)
		atomic_inc(&successes);
	return NULL;
}

/* Each LP until it gets in.  The last finds a module for all of them. */
static void *install(void *arg)
{
	unsigned int lp = *(unsigned int *)arg;
	struct tdxmod_regs regs;

	pthread_barrier_wait(&barrier);
	for (;;) {
		regs = (struct tdxmod_regs){ .rax = PSEAMLDR_INSTALL, .rcx = PARAMS };
		if (tdxmod_seamldr(&mc.module, lp, &regs))
			break;
		atomic_inc(&loader_contended);
		sched_yield();
	}
	if (!regs.rax && !regs.rdx)
		atomic_inc(&successes);
	return NULL;
}

static void write_module(void)
{
	static const struct tdxmod_build build = { .update_version = 1, .nr_handoff_pages = 13 };
	struct pseamldr_params *params = store_page(&mc.memory, PARAMS);
	struct pseamldr_sigstruct *sig = store_page(&mc.memory, SIGSTRUCT);

	params->scenario = PSEAMLDR_SCENARIO_UPDATE;
	params->sigstruct_pa = SIGSTRUCT;
	params->nr_pages = 1;
	params->page_pas[0] = IMAGE;
	sig->major_svn = 1;
	sig->minor_svn = 5;
	module_image_make(sig, store_page(&mc.memory, IMAGE), 1, &build, 0);
}

static void write_tdmr_info(void)
{
	unsigned int i, w;

	for (i = 0; i < NR_TDMRS; i++) {
		u64 pamt = PAMT_BASE + i * PAMT_STRIDE;
		const u64 info[] = {
			TDMR_BASE + i * (u64)SZ_1G, SZ_1G,
			pamt, 0x1000, pamt + 0x1000, 0x2000, pamt + 0x3000, 0x400000,
		};

		store_write64(&mc.memory, 0x1000 + i * 8, 0x10000 + i * 512);
		for (w = 0; w < ARRAY_SIZE(info); w++)
			store_write64(&mc.memory, 0x10000 + i * 512 + w * 8, info[w]);
	}
}

/* Also makes every page, so that the store is only looked up by threads. */
static void dirty_pamts(void)
{
	u64 pa;

	for (pa = 0; pa < NR_TDMRS * PAMT_STRIDE; pa += 8)
		if (pa % PAMT_STRIDE < 0x403000)
			store_write64(&mc.memory, PAMT_BASE + pa, ~0ULL);
}

static void check_pamts(void)
{
	unsigned int i;
	u64 offset;

	for (i = 0; i < NR_TDMRS; i++) {
		u64 pamt = PAMT_BASE + i * PAMT_STRIDE;

		for (offset = 0x1000; offset < 0x403000; offset += 8)
			if (store_read64(&mc.memory, pamt + offset))
				break;
		expect(offset == 0x403000, "the PAMTs are complete");
		expect(!store_read64(&mc.memory, pamt + 56), "the 1G PAMT is complete");
		expect(store_read64(&mc.memory, pamt + 64) == ~0ULL, "and nothing behind it");
	}
}

static void one_round(void)
{
	static const struct tdxmod_platform platform = {
		.nr_packages = NR_PACKAGES,
		.nr_lps = NR_LPS,
		.maxpa = 52,
		.keyid_bits = 6,
		.hkid_start = 32,
		.hkid_count = 32,
		.nr_cmrs = 1,
		.cmrs = { { 0, 0x1000000000 } },
	};
	struct tdxmod_regs regs = { .rcx = 0x1000, .rdx = NR_TDMRS, .r8 = 32 };

	expect(!machine_init(&mc, &platform), "the platform");
	slow_down();
	write_tdmr_info();
	dirty_pamts();

	on_each_lp(init_once);
	expect(atomic_read(&successes) == 1, "SYS.INIT succeeds once");
	on_each_lp(init_lp);
	expect(atomic_read(&successes) == NR_LPS, "LP.INIT succeeds everywhere");
	expect(!seamcall(0, LEAF_SYS_CONFIG, &regs), "SYS.CONFIG");
	on_each_lp(configure_keys);
	expect(atomic_read(&successes) == NR_PACKAGES, "each package gets one key");
	expect(mc.module.state == TDXMOD_SYS_READY, "the module is ready");
	on_each_lp(init_tdmrs);
	expect(atomic_read(&successes) == 256 * NR_TDMRS, "each step is done once");
	expect(atomic_read(&last_calls) == NR_TDMRS, "one caller learns of the end");
	check_pamts();
	on_each_lp(shut_down);
	expect(atomic_read(&successes) == 1, "SYS.SHUTDOWN succeeds once");
	write_module();
	on_each_lp(install);
	expect(atomic_read(&successes) == NR_LPS, "INSTALL succeeds everywhere");
	on_each_lp(init_once);
	expect(atomic_read(&successes) == 1, "SYS.INIT of the next module succeeds once");
	on_each_lp(init_lp);
	expect(atomic_read(&successes) == NR_LPS, "and its LP.INIT everywhere");
	expect(!seamcall(0, LEAF_SYS_UPDATE, &regs), "SYS.UPDATE");
	expect(!atomic_read(&mc.module.nr_inside), "nobody is inside");
	expect(!atomic_read(&mc.module.loader.inside), "nor in P-SEAMLDR");
	expect(!atomic_read(&mc.module.global), "the lock is free");
	machine_exit(&mc);
}

int main(void)
{
	unsigned int round;

	for (round = 0; round < ROUNDS; round++)
		one_round();
	expect(atomic_read(&keys_contended), "KEY.CONFIG met the lock at least once");
	expect(atomic_read(&tdmrs_contended), "TDMR.INIT met the lock at least once");
	printf("locks found taken: KEY.CONFIG %d times, TDMR.INIT %d times, P-SEAMLDR %d times\n",
	       atomic_read(&keys_contended), atomic_read(&tdmrs_contended),
	       atomic_read(&loader_contended));
	printf("%u rounds, %u failed\n", ROUNDS, failed);
	return failed ? 1 : 0;
}
