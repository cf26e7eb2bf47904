// SPDX-License-Identifier: GPL-2.0-only
/* Checks from SYS_READY on: TDMR.INIT, PAMTs, RDMD, the module's end. */
#include "check.h"

#define OPERAND_INVALID		0xC000010000000000ULL
#define ADDR_RANGE		0xC000010100000001ULL
#define OPERAND_BUSY_RCX	0x8000020000000001ULL
#define SYS_BUSY		0x8000020200000000ULL
#define NOT_READY		0xC000050500000000ULL
#define SHUTDOWN		0xC000050600000000ULL
#define STATE_INCORRECT		0xC000050800000000ULL
#define INVALID_HANDOFF		0xC000050900000000ULL
#define ALREADY_INITIALIZED	0x00000A0300000000ULL

#define CALLS_PER_GIB		256

static u64 tdmr_init(struct check *c, unsigned int lp, u64 base, u64 *next)
{
	struct tdxmod_regs regs = { .rcx = base, .rdx = 2 };

	check_call(c, lp, LEAF_TDMR_INIT, &regs);
	*next = regs.rdx;
	return regs.rax;
}

static void init_calls(struct check *c, unsigned int n)
{
	u64 next;

	while (n--)
		EXPECT_EQ(c, tdmr_init(c, n % 4, CHECK_TDMR_BASE, &next), 0);
}

static void tdmr_to_the_end(struct check *c)
{
	unsigned int again;
	u64 next;

	check_ready(c, 0);
	init_calls(c, CALLS_PER_GIB - 2);
	EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE, &next), 0);
	EXPECT_EQ(c, next, CHECK_TDMR_BASE);
	EXPECT_EQ(c, tdmr_init(c, 3, CHECK_TDMR_BASE, &next), 0);
	EXPECT_EQ(c, next, CHECK_TDMR_BASE + 0x40000000);
	/* Asking does not move the cursor on. */
	for (again = 0; again < 2; again++) {
		EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE, &next), ALREADY_INITIALIZED);
		EXPECT_EQ(c, next, 0);
	}
	EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE + 0x400000, &next), OPERAND_INVALID + 1);
	EXPECT_EQ(c, next, 0);
}

static void tdmr_lock(struct check *c)
{
	u64 next;

	check_ready(c, 0);
	atomic_set(&c->mc->module.tdmrs[0].lock, 1);
	EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE, &next), OPERAND_BUSY_RCX);
	EXPECT_EQ(c, next, 0);
	atomic_set(&c->mc->module.tdmrs[0].lock, 0);
	EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE, &next), 0);
	EXPECT_EQ(c, next, CHECK_TDMR_BASE);
	EXPECT_EQ(c, atomic_read(&c->mc->module.tdmrs[0].lock), 0);
}

/* What the model says it wrote, and what lies in memory, entry by entry. */
static void expect_entries(struct check *c, enum tdxmod_level level, u64 pamt,
			   unsigned int total, unsigned int written)
{
	const struct tdxmod *m = &c->mc->module;
	unsigned int i;
	u8 type;

	for (i = 0; i < total; i++) {
		u64 in_memory = store_read64(&c->mc->memory, pamt + i * 16);

		type = 0xff;
		if (tdxmod_pamt_entry(m, 0, level, i, &type))
			EXPECT_EQ(c, in_memory, (u64)type << 16);
		else
			EXPECT_EQ(c, in_memory, ~0ULL);
		EXPECT_EQ(c, type != 0xff, i < written);
	}
}

static void dirty(struct check *c, u64 pa, u64 size)
{
	u64 offset;

	for (offset = 0; offset < size; offset += 8)
		store_write64(&c->mc->memory, pa + offset, ~0ULL);
}

static void pamt_entries(struct check *c)
{
	u64 reserved = CHECK_RSVD_OFFSET / 4096;
	u8 type;

	check_ready(c, 0);
	dirty(c, CHECK_PAMT_1G, 0x1000);
	dirty(c, CHECK_PAMT_2M, 0x2000);
	dirty(c, CHECK_PAMT_4K, 0x400000);
	init_calls(c, 3);
	expect_entries(c, TDXMOD_4K, CHECK_PAMT_4K, 1 << 18, 3 * 1024);
	/* Six entries, and the rest of the second cache line. */
	expect_entries(c, TDXMOD_2M, CHECK_PAMT_2M, 512, 8);
	expect_entries(c, TDXMOD_1G, CHECK_PAMT_1G, 256, 0);
	init_calls(c, CALLS_PER_GIB - 3);
	expect_entries(c, TDXMOD_4K, CHECK_PAMT_4K, 1 << 18, 1 << 18);
	expect_entries(c, TDXMOD_2M, CHECK_PAMT_2M, 512, 512);
	expect_entries(c, TDXMOD_1G, CHECK_PAMT_1G, 256, 4);

	EXPECT(c, tdxmod_pamt_entry(&c->mc->module, 0, TDXMOD_4K, reserved + 1, &type));
	EXPECT_EQ(c, type, 1);
	EXPECT(c, tdxmod_pamt_entry(&c->mc->module, 0, TDXMOD_4K, reserved + 2, &type));
	EXPECT_EQ(c, type, 0);
	EXPECT(c, tdxmod_pamt_entry(&c->mc->module, 0, TDXMOD_2M, reserved / 512, &type));
	EXPECT_EQ(c, type, 0);
	EXPECT(c, !tdxmod_pamt_entry(&c->mc->module, 1, TDXMOD_4K, 0, &type));
}

/* An entry that does not begin a cache line is written alone. */
static void pamt_entries_in_a_line(struct check *c)
{
	check_ready(c, 0);
	init_calls(c, 1);
	dirty(c, CHECK_PAMT_2M, 0x80);
	init_calls(c, 1);
	EXPECT_EQ(c, store_read64(&c->mc->memory, CHECK_PAMT_2M + 0x18), ~0ULL);
	EXPECT_EQ(c, store_read64(&c->mc->memory, CHECK_PAMT_2M + 0x20), 0);
	EXPECT_EQ(c, store_read64(&c->mc->memory, CHECK_PAMT_2M + 0x38), 0);
	EXPECT_EQ(c, store_read64(&c->mc->memory, CHECK_PAMT_2M + 0x40), ~0ULL);
}

static u64 rdmd(struct check *c, u64 pa, struct tdxmod_regs *regs)
{
	*regs = (struct tdxmod_regs){ .rcx = pa, .rdx = 2, .r8 = 8, .r9 = 9, .r10 = 10, .r11 = 11 };
	return check_call(c, 0, LEAF_PAGE_RDMD, regs);
}

static void expect_page(struct check *c, u64 pa, u64 type, u64 owner, u64 level, u64 epoch)
{
	struct tdxmod_regs regs;

	EXPECT_EQ(c, rdmd(c, pa, &regs), 0);
	EXPECT_EQ(c, regs.rcx, type);
	EXPECT_EQ(c, regs.rdx, owner);
	EXPECT_EQ(c, regs.r8, level);
	EXPECT_EQ(c, regs.r9, epoch);
	EXPECT_EQ(c, regs.r10 | regs.r11, 0);
}

static void expect_no_page(struct check *c, u64 pa, u64 status)
{
	struct tdxmod_regs regs;

	EXPECT_EQ(c, rdmd(c, pa, &regs), status);
	EXPECT_EQ(c, regs.rcx | regs.rdx | regs.r8 | regs.r9 | regs.r10 | regs.r11, 0);
}

static void page_rdmd(struct check *c)
{
	check_ready(c, 0);
	init_calls(c, CALLS_PER_GIB - 1);
	expect_no_page(c, CHECK_TDMR_BASE, ADDR_RANGE);
	init_calls(c, 1);
	expect_page(c, CHECK_TDMR_BASE, 0, 0, 0, 0);
	expect_page(c, CHECK_TDMR_BASE + CHECK_RSVD_OFFSET, 1, 0, 0, 0);
	expect_page(c, CHECK_TDMR_BASE + CHECK_RSVD_OFFSET + CHECK_RSVD_SIZE, 0, 0, 0, 0);
	expect_no_page(c, CHECK_TDMR_BASE - 0x1000, ADDR_RANGE);
	expect_no_page(c, CHECK_TDMR_BASE + 0x40000000, ADDR_RANGE);
	expect_no_page(c, CHECK_TDMR_BASE + 0x800, OPERAND_INVALID + 1);
	expect_no_page(c, CHECK_TDMR_BASE | 1ULL << 46, OPERAND_INVALID + 1);
	expect_no_page(c, CHECK_TDMR_BASE | 1ULL << 52, OPERAND_INVALID + 1);
}

/* Entries that TD leaves would make. */
static void page_rdmd_in_use(struct check *c)
{
	struct store *memory = &c->mc->memory;
	u64 pa = CHECK_TDMR_BASE + 0x3000;

	check_ready(c, 0);
	init_calls(c, CALLS_PER_GIB);
	/* A 4 KiB page of type EPT with owner and epoch. */
	store_write64(memory, CHECK_PAMT_4K + 3 * 16, 0x1234500000ULL << 12 | 8 << 16);
	store_write64(memory, CHECK_PAMT_4K + 3 * 16 + 8, 77);
	expect_page(c, pa, 8, 0x1234500000, 0, 77);
	/* TDR: no epoch is told. */
	store_write64(memory, CHECK_PAMT_4K + 3 * 16, 4 << 16);
	expect_page(c, pa, 4, 0, 0, 0);
	/* A regular page of 2 MiB hides what is below. */
	store_write64(memory, CHECK_PAMT_2M, 3 << 16);
	store_write64(memory, CHECK_PAMT_2M + 8, 78);
	expect_page(c, pa, 3, 0, 1, 78);
	store_write64(memory, CHECK_PAMT_1G, 3 << 16);
	expect_page(c, pa, 3, 0, 2, 0);
	/* Locked exclusively. */
	store_write64(memory, CHECK_PAMT_1G, 1);
	expect_no_page(c, pa, OPERAND_BUSY_RCX);
	EXPECT_EQ(c, store_read64(memory, CHECK_PAMT_1G), 1);
}

/* Where there is no memory, writes are lost and reads give zeros. */
static void *no_page(void *ctx, u64 pa)
{
	return NULL;
}

static void no_memory(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = 0x6400, .rdx = 1024, .r8 = 0x7200, .r9 = 32 };
	struct tdxmod_ops ops;
	u64 next;

	check_ready(c, 0);
	ops = *c->mc->module.ops;
	ops.page = no_page;
	c->mc->module.ops = &ops;
	init_calls(c, CALLS_PER_GIB);
	EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE, &next), ALREADY_INITIALIZED);
	expect_page(c, CHECK_TDMR_BASE, 0, 0, 0, 0);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_INFO, &regs), 0);
	regs.rdx = 0x5000;
	regs.r8 = ~0ULL;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RDALL, &regs), 0);
	machine_exit(c->mc);

	check_boot(c, 0);
	c->mc->module.ops = &ops;
	check_sys_init(c);
	/* A TDMR_INFO of zeros at address 0. */
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0xC0000A0000000000);
}

/* A refused SYS.CONFIG keeps the HKID and nothing else. */
static void config_refused(struct check *c)
{
	struct tdxmod *m = &c->mc->module;
	struct tdxmod_regs regs = { .rcx = 0x1000, .rdx = 1, .r8 = 33 };

	check_boot(c, 0);
	check_sys_init(c);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_CONFIG, &regs), 0xC0000A0000000000);
	EXPECT_EQ(c, m->kot[33], 1);
	EXPECT_EQ(c, m->nr_tdmrs, 0);
	EXPECT_EQ(c, m->state, TDXMOD_SYSINIT_DONE);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
	EXPECT_EQ(c, m->kot[33] + m->kot[CHECK_HKID], 2);
	EXPECT_EQ(c, m->hkid, CHECK_HKID);
	EXPECT_EQ(c, m->nr_tdmrs, 1);
}

/* Describe TDMR @i of 1 GiB with its PAMTs, one behind the other, at @pamt. */
static void describe_tdmr(struct check *c, unsigned int i, u64 base, u64 pamt)
{
	const u64 info = 0x10000 + i * 0x200;
	const u64 words[] = {
		base, 0x40000000,
		pamt, 0x1000,
		pamt + 0x1000, 0x2000,
		pamt + 0x3000, 0x400000,
	};
	unsigned int n;

	store_write64(&c->mc->memory, 0x1000 + i * 8, info);
	for (n = 0; n < ARRAY_SIZE(words); n++)
		store_write64(&c->mc->memory, info + n * 8, words[n]);
}

/*
 * SYS.CONFIG with TDMRs at 4 GiB and 5 GiB and PAMTs there; the second TDMR
 * reserves as much as PAMTs take, from @rsvd on.
 */
static u64 config_two(struct check *c, u64 pamt0, u64 pamt1, u64 rsvd)
{
	struct tdxmod_regs regs = { .rcx = 0x1000, .rdx = 2, .r8 = CHECK_HKID };
	const u64 second = CHECK_TDMR_BASE + 0x40000000;

	describe_tdmr(c, 0, CHECK_TDMR_BASE, pamt0);
	describe_tdmr(c, 1, second, pamt1);
	store_write64(&c->mc->memory, 0x10240, rsvd - second);
	store_write64(&c->mc->memory, 0x10248, 0x403000);

	return check_call(c, 0, LEAF_SYS_CONFIG, &regs);
}

static void config_pamt_in_another(struct check *c)
{
	const u64 first = CHECK_TDMR_BASE + 0x10000000;
	const u64 second = CHECK_TDMR_BASE + 0x50000000;
	const u64 outside = 0x80000000;

	check_boot(c, 0);
	check_sys_init(c);

	/* PAMTs of the later TDMR in the earlier one */
	EXPECT_EQ(c, config_two(c, outside, first, second), 0xC0000A1200000001);

	/* PAMTs of the earlier TDMR in the later one, fewer and fewer of them */
	EXPECT_EQ(c, config_two(c, second, outside, second + 0x403000), 0xC0000A1200010000);
	EXPECT_EQ(c, config_two(c, second, outside, second + 0x3000), 0xC0000A1200010100);
	EXPECT_EQ(c, config_two(c, second, outside, second + 0x1000), 0xC0000A1200010200);
	EXPECT_EQ(c, config_two(c, second, outside, second), 0);
}

static void sys_shutdown(struct check *c)
{
	struct tdxmod *m = &c->mc->module;
	struct tdxmod_regs regs = { .rcx = 1, .rdx = 2 };

	check_boot(c, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_SHUTDOWN), NOT_READY);
	EXPECT(c, !tdxmod_reload(m));
	machine_exit(c->mc);

	check_ready(c, 0);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_SHUTDOWN, &regs), OPERAND_INVALID + 1);
	EXPECT_EQ(c, regs.rdx, 2);
	atomic_set(&m->global, 1);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_SHUTDOWN), SYS_BUSY);
	atomic_set(&m->global, 0);
	/* Another LP is inside. */
	atomic_set(&m->nr_inside, 1);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_SHUTDOWN), SYS_BUSY);
	EXPECT_EQ(c, m->state, TDXMOD_SYS_READY);
	EXPECT(c, !m->handoff_valid);
	atomic_set(&m->nr_inside, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_SHUTDOWN), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), SHUTDOWN);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_RD), SHUTDOWN);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_DISABLE), SHUTDOWN);
	EXPECT_EQ(c, check_plain_call(c, 0, 1000), SHUTDOWN);
	EXPECT_EQ(c, check_plain_call(c, 0, 1ULL << 40), OPERAND_INVALID);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_SHUTDOWN), 0);
}

static u64 read_field(struct check *c, u64 id)
{
	struct tdxmod_regs regs = { .rdx = id };

	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RD, &regs), 0);
	return regs.r8;
}

static void expect_handoff(struct check *c, u64 valid, u64 size)
{
	EXPECT_EQ(c, read_field(c, 0x8900000000000004), valid);
	EXPECT_EQ(c, read_field(c, 0x8900000100000005), 0);
	EXPECT_EQ(c, read_field(c, 0x8900000200000006), size);
}

static void sys_update(struct check *c)
{
	struct tdxmod *m = &c->mc->module;
	u64 next;

	check_boot(c, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), STATE_INCORRECT);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), STATE_INCORRECT);
	machine_exit(c->mc);

	check_ready(c, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), STATE_INCORRECT);
	init_calls(c, 255);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_SHUTDOWN), 0);
	EXPECT(c, tdxmod_reload(m));
	EXPECT(c, !tdxmod_reload(m));
	/* A fresh module has no KeyID in use, whatever SYS.UPDATE will bring. */
	EXPECT_EQ(c, m->kot[CHECK_HKID], 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_RD), 0xC000050200000000);
	check_sys_init(c);
	EXPECT_EQ(c, m->nr_tdmrs, 0);
	expect_handoff(c, 1, 53386);
	atomic_set(&m->global, -1);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), SYS_BUSY);
	atomic_set(&m->global, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), 0);
	expect_handoff(c, 0, 0);
	/* The cursor goes on, and the key is still the one of the HKID. */
	EXPECT_EQ(c, m->kot[CHECK_HKID], 1);
	EXPECT_EQ(c, m->hkid, CHECK_HKID);
	EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE, &next), 0);
	EXPECT_EQ(c, next, CHECK_TDMR_BASE + 0x40000000);
	EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE, &next), ALREADY_INITIALIZED);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_KEY_CONFIG), 0xC000050700000000);
}

/* SYS.CONFIG tried in between spoils nothing of what was handed off. */
static void sys_update_after_config(struct check *c)
{
	struct tdxmod *m = &c->mc->module;
	struct tdxmod_regs regs = { .rcx = 0x1000, .rdx = 2, .r8 = 33 };
	u64 next;

	check_ready(c, 0);
	init_calls(c, 10);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_SHUTDOWN), 0);
	EXPECT(c, tdxmod_reload(m));
	check_sys_init(c);
	/* The second pointer is 0, where nothing makes a TDMR. */
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_CONFIG, &regs), 0xC0000A0100000001);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(c, m->hkid, CHECK_HKID);
	EXPECT_EQ(c, m->kot[33], 0);
	EXPECT_EQ(c, m->tdmrs[0].next, CHECK_TDMR_BASE + 10 * 0x400000);
	EXPECT_EQ(c, tdmr_init(c, 0, CHECK_TDMR_BASE, &next), 0);
}

static void sys_update_without_data(struct check *c)
{
	check_boot(c, 0);
	check_sys_init(c);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), INVALID_HANDOFF);
	expect_handoff(c, 0, 0);
}

static void sys_disable(struct check *c)
{
	struct tdxmod *m = &c->mc->module;

	check_ready(c, TDXMOD_SYS_DISABLE);
	init_calls(c, 5);
	atomic_set(&m->nr_inside, 1);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_DISABLE), SYS_BUSY);
	EXPECT_EQ(c, m->state, TDXMOD_SYS_READY);
	atomic_set(&m->nr_inside, 0);
	atomic_set(&m->global, 1);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_DISABLE), SYS_BUSY);
	atomic_set(&m->global, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_DISABLE), 0);
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_SYS_DISABLE), SHUTDOWN);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_TDMR_INIT), SHUTDOWN);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), SHUTDOWN);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_LP_SHUTDOWN), 0);
	/* A new module finds nothing handed on. */
	EXPECT(c, tdxmod_reload(m));
	check_sys_init(c);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_UPDATE), INVALID_HANDOFF);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
	machine_exit(c->mc);

	/* Before anything has been initialised, and undone to that state. */
	check_boot(c, TDXMOD_SYS_DISABLE);
	atomic_set(&m->nr_inside, 1);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_DISABLE), SYS_BUSY);
	EXPECT_EQ(c, m->state, TDXMOD_SYSINIT_PENDING);
	atomic_set(&m->nr_inside, 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_DISABLE), 0);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), SHUTDOWN);
}

const struct check check_life_list[] = {
	{ .name = "SYS.CONFIG refused", .run = config_refused },
	{ .name = "SYS.CONFIG: a PAMT in another TDMR", .run = config_pamt_in_another },
	{ .name = "TDMR.INIT to the end", .run = tdmr_to_the_end },
	{ .name = "TDMR.INIT: lock", .run = tdmr_lock },
	{ .name = "PAMT entries", .run = pamt_entries },
	{ .name = "PAMT entries in a cache line", .run = pamt_entries_in_a_line },
	{ .name = "PAGE.RDMD", .run = page_rdmd },
	{ .name = "PAGE.RDMD: pages in use", .run = page_rdmd_in_use },
	{ .name = "no memory", .run = no_memory },
	{ .name = "SYS.SHUTDOWN", .run = sys_shutdown },
	{ .name = "SYS.UPDATE", .run = sys_update },
	{ .name = "SYS.UPDATE after SYS.CONFIG", .run = sys_update_after_config },
	{ .name = "SYS.UPDATE without hand-off data", .run = sys_update_without_data },
	{ .name = "SYS.DISABLE", .run = sys_disable },
	{}
};
