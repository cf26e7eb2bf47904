// SPDX-License-Identifier: GPL-2.0-only
/* Checks of the module's end: SYS.SHUTDOWN, SYS.UPDATE, SYS.DISABLE. */
#include "fixture.h"

/* A leaf that waits until nobody else is inside the module, or has the lock. */
static void expect_busy(u64 leaf)
{
	struct tdxmod *m = &mc.module;
	int state = m->state;

	atomic_set(&m->global, 1);
	EXPECT_EQ(CALL(0, leaf), SYS_BUSY);
	atomic_set(&m->global, 0);
	atomic_set(&m->nr_inside, 1);
	EXPECT_EQ(CALL(0, leaf), SYS_BUSY);
	atomic_set(&m->nr_inside, 0);
	EXPECT_EQ(m->state, state);
	EXPECT(!m->handoff_valid);
}

CHECK(sys_shutdown)
{
	fixture_boot(0);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), NOT_READY);
	EXPECT(!tdxmod_reload(&mc.module));

	fixture_ready(0);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN, .rcx = 1, .rdx = 2), OPERAND_INVALID + 1);
	EXPECT_EQ(regs.rdx, 2);
	expect_busy(LEAF_SYS_SHUTDOWN);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), SHUTDOWN);
	EXPECT_EQ(CALL(0, LEAF_SYS_RD), SHUTDOWN);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), SHUTDOWN);
	EXPECT_EQ(CALL(0, 1000), SHUTDOWN);
	EXPECT_EQ(CALL(0, 1ULL << 40), OPERAND_INVALID);
	EXPECT_EQ(CALL(0, LEAF_LP_SHUTDOWN), 0);
}

static void expect_handoff(u64 valid, u64 size)
{
	EXPECT_EQ(fixture_field(0x8900000000000004), valid);
	EXPECT_EQ(fixture_field(0x8900000100000005), 0);
	EXPECT_EQ(fixture_field(0x8900000200000006), size);
}

/* Up, with @n TDMR.INITs made, shut down, and loaded again. */
static void reload_after(unsigned int n)
{
	fixture_ready(0);
	fixture_tdmr_init(n);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), 0);
	EXPECT(tdxmod_reload(&mc.module));
}

CHECK(sys_update_too_early)
{
	fixture_boot(0);
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), STATE_INCORRECT);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), STATE_INCORRECT);
	fixture_ready(0);
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), STATE_INCORRECT);
}

CHECK(sys_update)
{
	struct tdxmod *m = &mc.module;

	reload_after(255);
	EXPECT(!tdxmod_reload(m));
	/* A fresh module has no KeyID in use, whatever SYS.UPDATE will bring. */
	EXPECT_EQ(m->kot[FIXTURE_HKID].state, 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_RD), LP_INIT_NOT_DONE);
	fixture_sys_init();
	EXPECT_EQ(m->nr_tdmrs, 0);
	expect_handoff(1, 53386);
	atomic_set(&m->global, -1);
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), SYS_BUSY);
	atomic_set(&m->global, 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), 0);
	expect_handoff(0, 0);
	/* The cursor goes on, and the key is still the one of the HKID. */
	EXPECT_EQ(m->kot[FIXTURE_HKID].state, 1);
	EXPECT_EQ(m->hkid, FIXTURE_HKID);
	fixture_tdmr_init(1);
	EXPECT_EQ(regs.rdx, FIXTURE_TDMR + SZ_1G);
	EXPECT_EQ(CALL(0, LEAF_TDMR_INIT, .rcx = FIXTURE_TDMR), ALREADY_INITIALIZED);
	EXPECT_EQ(CALL(0, LEAF_KEY_CONFIG), KEY_NOT_PENDING);
}

/* SYS.CONFIG tried in between spoils nothing of what was handed off. */
CHECK(sys_update_after_config)
{
	struct tdxmod *m = &mc.module;

	reload_after(10);
	fixture_sys_init();
	/* The second pointer is 0, where nothing makes a TDMR. */
	EXPECT_EQ(CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS, .rdx = 2, .r8 = 33),
		  0xC0000A0100000001);
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(m->hkid, FIXTURE_HKID);
	EXPECT_EQ(m->kot[33].state, 0);
	EXPECT_EQ(m->tdmrs[0].next, FIXTURE_TDMR + 10 * SZ_4M);
	fixture_tdmr_init(1);
}

CHECK(sys_update_without_handoff_data)
{
	fixture_boot(0);
	fixture_sys_init();
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), INVALID_HANDOFF);
	expect_handoff(0, 0);
}

static u64 *pamt_word(u64 page)
{
	return machine_word(&mc, FIXTURE_PAMT + page * SZ_4K + 8 * (page % 512));
}

/* One word in each page of the PAMTs, and one behind them. */
static void dirty_pamts(void)
{
	u64 page;

	for (page = 0; page <= FIXTURE_PAMT_PAGES; page++)
		*pamt_word(page) = ~0ULL;
}

static u64 nr_dirty_pages(void)
{
	u64 page, nr = 0;

	for (page = 0; page < FIXTURE_PAMT_PAGES; page++)
		nr += *pamt_word(page) != 0;
	return nr;
}

/* SYS.DISABLE while the pages of PAMTs are dirty, one call after the other. */
static void disable_in_steps(void)
{
	u64 left;

	mc.released = 0;
	dirty_pamts();
	for (left = FIXTURE_PAMT_PAGES; left > TDXMOD_DISABLE_PAGES;
	     left -= TDXMOD_DISABLE_PAGES) {
		EXPECT_EQ(nr_dirty_pages(), left);
		EXPECT_EQ(CALL(left % 4, LEAF_SYS_DISABLE, .rcx = 1, .rdx = 2, .r8 = 8),
			  INTERRUPTED_RESUMABLE);
		EXPECT_EQ(regs.rcx + regs.rdx + regs.r8, 11);
		EXPECT_EQ(CALL(0, LEAF_TDMR_INIT, .rcx = FIXTURE_TDMR), SHUTDOWN);
		EXPECT_EQ(CALL(1, LEAF_SYS_INIT), SHUTDOWN);
		EXPECT_EQ(CALL(1, LEAF_SYS_RD), SHUTDOWN);
		EXPECT_EQ(CALL(1, LEAF_SYS_SHUTDOWN), SHUTDOWN);
		EXPECT_EQ(CALL(1, LEAF_LP_SHUTDOWN), 0);
	}
	EXPECT_EQ(mc.released, 0);
	EXPECT_EQ(CALL(3, LEAF_SYS_DISABLE), 0);
	EXPECT_EQ(mc.released, FIXTURE_PAMT_PAGES);
	EXPECT_EQ(nr_dirty_pages(), 0);
	EXPECT_EQ(*pamt_word(FIXTURE_PAMT_PAGES), ~0ULL);
}

/* Nothing is left of what the module knew. */
static void expect_fresh(void)
{
	struct tdxmod *m = &mc.module;

	EXPECT_EQ(m->state, TDXMOD_SYSINIT_PENDING);
	EXPECT_EQ(m->nr_tdmrs | m->hkid | m->kot[FIXTURE_HKID].state | m->package_mask, 0);
	EXPECT(!m->handoff_valid && !m->disabling);
	EXPECT_EQ(CALL(0, LEAF_SYS_RD), LP_INIT_NOT_DONE);
	EXPECT_EQ(CALL(0, LEAF_LP_INIT), LP_INIT_NOT_PENDING);
	EXPECT_EQ(CALL(0, LEAF_TDMR_INIT, .rcx = FIXTURE_TDMR), NOT_READY);
}

/* A disabled module comes up like one after boot, and can be disabled again. */
CHECK(sys_disable)
{
	unsigned int i;

	fixture_ready(TDXMOD_SYS_DISABLE);
	for (i = 1; i <= 2; i++) {
		fixture_tdmr_init(i * 100);
		disable_in_steps();
		expect_fresh();
		fixture_sys_init();
		expect_handoff(0, 0);
		EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), INVALID_HANDOFF);
		EXPECT_EQ(fixture_config(FIXTURE_HKID + i), 0);
		EXPECT_EQ(CALL(0, LEAF_KEY_CONFIG), 0);
		EXPECT_EQ(CALL(2, LEAF_KEY_CONFIG), 0);
	}
	fixture_tdmr_init(256);
	EXPECT_EQ(CALL(0, LEAF_TDMR_INIT, .rcx = FIXTURE_TDMR), ALREADY_INITIALIZED);
}

/* The first call locks others out, even if it has to wait until they have left. */
CHECK(sys_disable_busy)
{
	struct tdxmod *m = &mc.module;

	fixture_ready(TDXMOD_SYS_DISABLE);
	dirty_pamts();
	EXPECT_EQ(CALL(0, 1 << 16 | LEAF_SYS_DISABLE), OPERAND_INVALID);
	EXPECT_EQ(CALL(0, LEAF_TDMR_INIT, .rcx = FIXTURE_TDMR), 0);
	atomic_set(&m->nr_inside, 1);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), SYS_BUSY);
	EXPECT_EQ(CALL(1, LEAF_SYS_DISABLE), SYS_BUSY);
	EXPECT_EQ(CALL(1, LEAF_TDMR_INIT, .rcx = FIXTURE_TDMR), SHUTDOWN);
	EXPECT_EQ(CALL(1, LEAF_SYS_SHUTDOWN), SHUTDOWN);
	/* Clean is what TDMR.INIT wrote: four pages for 4 KiB pages, a line for 2 MiB pages. */
	EXPECT_EQ(nr_dirty_pages(), FIXTURE_PAMT_PAGES - 5);
	atomic_set(&m->nr_inside, 0);
	disable_in_steps();
	expect_fresh();
}

/* In any state, without LP.INIT, and at once if the module has no PAMTs. */
CHECK(sys_disable_early)
{
	fixture_boot(TDXMOD_SYS_DISABLE);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), 0);
	expect_fresh();
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), 0);
	expect_fresh();
	fixture_sys_init();
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), 0);
	expect_fresh();
	fixture_sys_init();
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);
	disable_in_steps();
	expect_fresh();
}

/* The last call succeeds, even if it overwrites as many pages as those before it. */
CHECK(sys_disable_whole_steps)
{
	unsigned int calls = FIXTURE_PAMT_PAGES / TDXMOD_DISABLE_PAGES + 1;
	u64 *rsvd;

	fixture_boot(TDXMOD_SYS_DISABLE);
	fixture_sys_init();
	rsvd = machine_describe_tdmr(&mc, 0, FIXTURE_TDMR, FIXTURE_PAMT);
	/* Enlarge the PAMT of 4 KiB pages, which is the last one. */
	rsvd[-1] += calls * TDXMOD_DISABLE_PAGES * SZ_4K - MACHINE_PAMT_SIZE;
	EXPECT_EQ(CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS, .rdx = 1,
		       .r8 = FIXTURE_HKID), 0);
	while (--calls)
		EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), INTERRUPTED_RESUMABLE);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), 0);
}

/* SYS.DISABLE finds the PAMTs in hand-off data, which are gone afterwards. */
CHECK(sys_disable_after_shutdown)
{
	unsigned int calls = 0;
	u64 status;

	fixture_ready(TDXMOD_SYS_DISABLE);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), 0);
	dirty_pamts();
	while ((status = CALL(0, LEAF_SYS_DISABLE)) == INTERRUPTED_RESUMABLE && calls < 1000)
		calls++;
	EXPECT_EQ(status, 0);
	EXPECT_EQ(nr_dirty_pages(), 0);
	expect_fresh();

	fixture_ready(TDXMOD_SYS_DISABLE);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), 0);
	EXPECT(tdxmod_reload(&mc.module));
	EXPECT(mc.module.handoff_valid);
	disable_in_steps();
	expect_fresh();
}
