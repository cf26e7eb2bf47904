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
	EXPECT_EQ(m->kot[FIXTURE_HKID], 0);
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
	EXPECT_EQ(m->kot[FIXTURE_HKID], 1);
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
	EXPECT_EQ(m->kot[33], 0);
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

CHECK(sys_disable)
{
	struct tdxmod *m = &mc.module;

	fixture_ready(TDXMOD_SYS_DISABLE);
	fixture_tdmr_init(5);
	expect_busy(LEAF_SYS_DISABLE);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), 0);
	EXPECT_EQ(CALL(1, LEAF_SYS_DISABLE), SHUTDOWN);
	EXPECT_EQ(CALL(0, LEAF_TDMR_INIT), SHUTDOWN);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), SHUTDOWN);
	EXPECT_EQ(CALL(0, LEAF_LP_SHUTDOWN), 0);
	/* A new module finds nothing handed on. */
	EXPECT(tdxmod_reload(m));
	fixture_sys_init();
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), INVALID_HANDOFF);
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);

	/* Before anything has been initialized, and undone to that state. */
	fixture_boot(TDXMOD_SYS_DISABLE);
	expect_busy(LEAF_SYS_DISABLE);
	EXPECT_EQ(CALL(0, LEAF_SYS_DISABLE), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), SHUTDOWN);
}
