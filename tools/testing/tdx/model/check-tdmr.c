// SPDX-License-Identifier: GPL-2.0-only
/* Checks of SYS.CONFIG, of the PAMTs that TDMR.INIT writes, and of RDMD. */
#include "fixture.h"

#define CALLS_PER_GIB		256

/* A refused SYS.CONFIG keeps the HKID and nothing else. */
CHECK(config_refused)
{
	struct tdxmod *m = &mc.module;

	fixture_boot(0);
	fixture_sys_init();
	EXPECT_EQ(CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS, .rdx = 1, .r8 = 33),
		  INVALID_TDMR);
	EXPECT_EQ(m->kot[33].state, 1);
	EXPECT_EQ(m->nr_tdmrs, 0);
	EXPECT_EQ(m->state, TDXMOD_SYSINIT_DONE);
	EXPECT_EQ(fixture_config(FIXTURE_HKID | 1ULL << 32), OPERAND_INVALID + 8);
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);
	EXPECT_EQ(m->kot[33].state + m->kot[FIXTURE_HKID].state, 2);
	EXPECT_EQ(m->hkid, FIXTURE_HKID);
	EXPECT_EQ(m->nr_tdmrs, 1);
}

/* What the model says it wrote, and what lies in memory, entry by entry. */
static void expect_entries(enum tdxmod_level level, u64 pamt, unsigned int total,
			   unsigned int written)
{
	unsigned int i;
	u8 type;

	for (i = 0; i < total; i++) {
		bool wrote = tdxmod_pamt_entry(&mc.module, 0, level, i, &type);

		EXPECT_EQ(*machine_word(&mc, pamt + i * 16), wrote ? (u64)type << 16 : ~0ULL);
		EXPECT_EQ(wrote, i < written);
	}
}

static void dirty(u64 pa, u64 size)
{
	for (; size; size -= sizeof(u64), pa += sizeof(u64))
		*machine_word(&mc, pa) = ~0ULL;
}

static void expect_type(enum tdxmod_level level, u64 index, u8 want)
{
	u8 type;

	EXPECT(tdxmod_pamt_entry(&mc.module, 0, level, index, &type));
	EXPECT_EQ(type, want);
}

CHECK(pamt_entries)
{
	u64 reserved = FIXTURE_RSVD_OFFSET / SZ_4K;
	u8 type;

	fixture_ready(0);
	dirty(FIXTURE_PAMT, MACHINE_PAMT_SIZE);
	fixture_tdmr_init(3);
	expect_entries(TDXMOD_4K, FIXTURE_PAMT + MACHINE_PAMT_4K, 1 << 18, 3 * 1024);
	/* Six entries, and the rest of the second cache line. */
	expect_entries(TDXMOD_2M, FIXTURE_PAMT + MACHINE_PAMT_2M, 512, 8);
	expect_entries(TDXMOD_1G, FIXTURE_PAMT, 256, 0);
	fixture_tdmr_init(CALLS_PER_GIB - 3);
	expect_entries(TDXMOD_4K, FIXTURE_PAMT + MACHINE_PAMT_4K, 1 << 18, 1 << 18);
	expect_entries(TDXMOD_2M, FIXTURE_PAMT + MACHINE_PAMT_2M, 512, 512);
	expect_entries(TDXMOD_1G, FIXTURE_PAMT, 256, 4);

	expect_type(TDXMOD_4K, reserved + 1, 1);
	expect_type(TDXMOD_4K, reserved + 2, 0);
	expect_type(TDXMOD_2M, reserved / 512, 0);
	EXPECT(!tdxmod_pamt_entry(&mc.module, 1, TDXMOD_4K, 0, &type));
}

/* An entry that does not begin a cache line is written alone. */
CHECK(pamt_entries_in_a_cache_line)
{
	const u64 pamt = FIXTURE_PAMT + MACHINE_PAMT_2M;

	fixture_ready(0);
	fixture_tdmr_init(1);
	dirty(pamt, 0x80);
	fixture_tdmr_init(1);
	EXPECT_EQ(*machine_word(&mc, pamt + 0x18), ~0ULL);
	EXPECT_EQ(*machine_word(&mc, pamt + 0x20), 0);
	EXPECT_EQ(*machine_word(&mc, pamt + 0x38), 0);
	EXPECT_EQ(*machine_word(&mc, pamt + 0x40), ~0ULL);
}

static u64 rdmd(u64 pa)
{
	return CALL(0, LEAF_PAGE_RDMD, .rcx = pa, .rdx = 2, .r8 = 8, .r9 = 9, .r10 = 10,
		    .r11 = 11);
}

static void expect_page(u64 pa, u64 type, u64 owner, u64 level, u64 epoch)
{
	EXPECT_EQ(rdmd(pa), 0);
	EXPECT_EQ(regs.rcx, type);
	EXPECT_EQ(regs.rdx, owner);
	EXPECT_EQ(regs.r8, level);
	EXPECT_EQ(regs.r9, epoch);
	EXPECT_EQ(regs.r10 | regs.r11, 0);
}

static void expect_no_page(u64 pa, u64 status)
{
	EXPECT_EQ(rdmd(pa), status);
	EXPECT_EQ(regs.rcx | regs.rdx | regs.r8 | regs.r9 | regs.r10 | regs.r11, 0);
}

CHECK(page_rdmd)
{
	const u64 reserved = FIXTURE_TDMR + FIXTURE_RSVD_OFFSET;

	fixture_ready(0);
	fixture_tdmr_init(CALLS_PER_GIB - 1);
	expect_no_page(FIXTURE_TDMR, ADDR_RANGE);
	fixture_tdmr_init(1);
	expect_page(FIXTURE_TDMR, 0, 0, 0, 0);
	expect_page(reserved, 1, 0, 0, 0);
	expect_page(reserved + FIXTURE_RSVD_SIZE, 0, 0, 0, 0);
	expect_no_page(FIXTURE_TDMR - SZ_4K, ADDR_RANGE);
	expect_no_page(FIXTURE_TDMR + SZ_1G, ADDR_RANGE);
	expect_no_page(FIXTURE_TDMR + 0x800, OPERAND_INVALID + 1);
	expect_no_page(FIXTURE_TDMR | 1ULL << 46, OPERAND_INVALID + 1);
	expect_no_page(FIXTURE_TDMR | 1ULL << 52, OPERAND_INVALID + 1);
}

/* Entries that TD leaves would make. */
CHECK(page_rdmd_in_use)
{
	u64 pa = FIXTURE_TDMR + 3 * SZ_4K;
	u64 *entry_1g, *entry_2m, *entry_4k;

	fixture_ready(0);
	fixture_tdmr_init(CALLS_PER_GIB);
	entry_1g = machine_word(&mc, FIXTURE_PAMT);
	entry_2m = machine_word(&mc, FIXTURE_PAMT + MACHINE_PAMT_2M);
	entry_4k = machine_word(&mc, FIXTURE_PAMT + MACHINE_PAMT_4K + 3 * 16);
	/* A 4 KiB page of type EPT with owner and epoch. */
	entry_4k[0] = 0x1234500000ULL << 12 | 8 << 16;
	entry_4k[1] = 77;
	expect_page(pa, 8, 0x1234500000, 0, 77);
	/* TDR: no epoch is told. */
	entry_4k[0] = 4 << 16;
	expect_page(pa, 4, 0, 0, 0);
	/* A regular page of 2 MiB hides what is below. */
	entry_2m[0] = 3 << 16;
	entry_2m[1] = 78;
	expect_page(pa, 3, 0, 1, 78);
	entry_1g[0] = 3 << 16;
	expect_page(pa, 3, 0, 2, 0);
	/* Locked exclusively. */
	entry_1g[0] = 1;
	expect_no_page(pa, OPERAND_BUSY_RCX);
	EXPECT_EQ(entry_1g[0], 1);
}

/* Where there is no memory, writes are lost and reads give zeros. */
CHECK(no_memory)
{
	fixture_ready(0);
	mc.memory_end = 0;
	fixture_tdmr_init(CALLS_PER_GIB);
	EXPECT_EQ(CALL(0, LEAF_TDMR_INIT, .rcx = FIXTURE_TDMR), ALREADY_INITIALIZED);
	expect_page(FIXTURE_TDMR, 0, 0, 0, 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_INFO, .rcx = 0x6400, .rdx = 1024, .r8 = 0x7200, .r9 = 32), 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_RDALL, .rdx = 0x5000, .r8 = ~0ULL), 0);

	fixture_boot(0);
	mc.memory_end = 0;
	fixture_sys_init();
	/* A TDMR_INFO of zeros at address 0. */
	EXPECT_EQ(fixture_config(FIXTURE_HKID), INVALID_TDMR);
}
