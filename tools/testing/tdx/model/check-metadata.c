// SPDX-License-Identifier: GPL-2.0-only
/* Checks of SYS.RD, SYS.RDALL and SYS.INFO. */
#include "check.h"

#define ID_INCORRECT		0xC0000C0000000000ULL
#define LP_INIT_NOT_DONE	0xC000050200000000ULL
#define OPERAND_INVALID		0xC000010000000000ULL
#define NONE			(~0ULL)

/* Reads @id and expects this value and this next id. */
static void expect_field(struct check *c, u64 id, u64 value, u64 next)
{
	struct tdxmod_regs regs = { .rcx = 1, .rdx = id, .r8 = 8, .r9 = 9 };

	EXPECT_EQ(c, check_call(c, 1, LEAF_SYS_RD, &regs), 0);
	EXPECT_EQ(c, regs.r8, value);
	EXPECT_EQ(c, regs.rdx, next);
	EXPECT_EQ(c, regs.rcx + regs.r9, 10);
}

static void expect_no_field(struct check *c, u64 id)
{
	struct tdxmod_regs regs = { .rdx = id, .r8 = 8 };

	EXPECT_EQ(c, check_call(c, 1, LEAF_SYS_RD, &regs), ID_INCORRECT);
	EXPECT_EQ(c, regs.rdx, NONE);
	EXPECT_EQ(c, regs.r8, 0);
}

static void needs_lp_init(struct check *c)
{
	struct tdxmod_regs regs = { .rdx = 0x9100000100000008, .r8 = 8 };

	check_boot(c, 0);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RD, &regs), LP_INIT_NOT_DONE);
	EXPECT_EQ(c, regs.rdx, NONE);
	EXPECT_EQ(c, regs.r8, 0);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RDALL, &regs), LP_INIT_NOT_DONE);
	EXPECT_EQ(c, regs.r8, NONE);
	regs.r9 = 32;
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_INFO, &regs), LP_INIT_NOT_DONE);
	EXPECT_EQ(c, regs.rdx | regs.r9, 0);

	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(c, check_plain_call(c, 1, LEAF_LP_INIT), 0);
	expect_field(c, 0x9100000100000008, 64, 0x9100000100000009);
	EXPECT_EQ(c, check_plain_call(c, 0, LEAF_SYS_RD), LP_INIT_NOT_DONE);
}

/* What a host reads before it can initialise anything. */
static void fields(struct check *c)
{
	check_ready(c, 0);
	expect_field(c, 0x0800000100000003, 5, 0x0800000100000004);
	expect_field(c, 0x0800000100000004, 1, 0x0800000100000005);
	expect_field(c, 0x0800000100000005, 1, 0x0800000100000006);
	expect_field(c, 0x8900000100000000, 0, 0x8900000100000001);
	expect_field(c, 0x0A00000300000008, 0xF0EBF, 0x9000000100000000);
	expect_field(c, 0x9100000100000009, 16, 0x9100000100000010);
	expect_field(c, 0x9100000100000010, 16, 0x9100000100000011);
	expect_field(c, 0x9100000100000011, 16, 0x9100000100000012);
	expect_field(c, 0x9100000100000012, 16, 0x9800000100000000);
	expect_field(c, 0x9800000100000000, 4096, 0x9800000100000100);
	expect_field(c, 0x9800000100000100, 24576, 0x9800000100000101);
	expect_field(c, 0x9800000100000200, 24576, 0x9800000100000201);
	expect_field(c, 0x1900000300000000, 0x8000000070000001, 0x1900000300000001);
	expect_field(c, 0x1900000300000001, 0, 0x1900000300000002);
	expect_field(c, 0x1900000300000002, 0x6DBE7, 0x1900000300000003);
	expect_field(c, 0x1900000300000003, 3, 0x9900000100000004);
	expect_field(c, 0x9900000100000004, 12, 0x9900000300000006);
	expect_field(c, 0x0000000200000000, 2, 0x0000000200000001);
	expect_field(c, 0x2000000100000004, 0, 0xA000000100000010);
	expect_field(c, 0xA200000300000006, 0, NONE);
}

static void arrays(struct check *c)
{
	check_ready(c, 0);
	expect_field(c, 0x0000000200000002, 0xC06F2, 0x0000000200000003);
	expect_field(c, 0x0000000200000003, 0, 0x0000000200000004);
	expect_field(c, 0x0000000200000008, 0, 0x0800000200000000);
	expect_field(c, 0x9000000300000100, 0x1000000000, 0x9000000300000101);
	expect_field(c, 0x9000000300000101, 0, 0x9000000300000102);
	expect_field(c, 0x900000030000009F, 0, 0x9000000300000100);
	expect_field(c, 0x9900000300000400, 0xFFFFFFFF00000001, 0x9900000300000401);
	expect_field(c, 0x9900000300000402, 0x0000000100000004, 0x9900000300000403);
	expect_field(c, 0x990000030000040C, NONE, 0x990000030000040D);
	expect_field(c, 0x9900000300000500, 0x00FF00000FFF3FFF, 0x9900000300000501);
	expect_field(c, 0x9900000300000509, 0x00000007FFFFFFFF, 0x990000030000050A);
	expect_field(c, 0x9900000300000518, 0, 0x9900000300000519);
	expect_field(c, 0x990000030000053F, 0, 0x9900000300000600);
	expect_field(c, 0x9900000300000810, 0xC06F2, 0x9900000300000811);
	expect_field(c, 0x9900000300000811, 0, 0x9900000300000812);
}

/* Only class and code find a field; within an array the rest is echoed. */
static void ids(struct check *c)
{
	struct tdxmod_regs regs = { .rdx = NONE, .r8 = 8 };
	static const unsigned int reserved[] = { 24, 31, 34, 37, 38, 46, 47, 49, 55, 62 };
	unsigned int i;

	check_ready(c, 0);
	expect_field(c, 0x1100000000000008, 64, 0x9100000100000009);
	expect_field(c, 0x9100000300000008, 64, 0x9100000100000009);
	expect_field(c, 0x1004000000000080, 0, 0x1004000000000081);
	expect_field(c, 0x1078000000000080, 0, 0x1008000000000081);
	expect_field(c, 0x107800000000009F, 0, 0x9000000300000100);
	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		expect_no_field(c, 0x9100000100000008 | 1ULL << reserved[i]);
	expect_no_field(c, 0x9100000100000007);
	expect_no_field(c, 0x910000010000000A);
	expect_no_field(c, 0xBF00000100000000);

	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RD, &regs), 0x00000C0B00000000);
	EXPECT_EQ(c, regs.rdx, 0x0000000200000000);
	EXPECT_EQ(c, regs.r8, 0);
	regs.rdx = ~(7ULL << 52);
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RD, &regs), 0x00000C0B00000000);
}

static void max_vcpus(struct check *c)
{
	check_ready(c, 0);
	expect_no_field(c, 0x9900000100000008);
	expect_field(c, 0x9900000300000007, 0, 0x9900000300000400);
	machine_exit(c->mc);
	check_ready(c, TDXMOD_MAX_VCPUS_FIELD);
	expect_field(c, 0x9900000300000007, 0, 0x9900000100000008);
	expect_field(c, 0x9900000100000008, 576, 0x9900000300000400);
}

/* From field to field: the number of values, which all can be read. */
static unsigned int walk(struct check *c)
{
	struct tdxmod_regs regs = { .rdx = 0x0000000200000000 };
	unsigned int n = 0;

	while (regs.rdx != NONE && n < 1000) {
		EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RD, &regs), 0);
		n++;
	}
	return n;
}

static u64 rdall(struct check *c, u64 pa, u64 start, u64 *next)
{
	struct tdxmod_regs regs = { .rdx = pa, .r8 = start };

	check_call(c, 0, LEAF_SYS_RDALL, &regs);
	*next = regs.r8;
	return regs.rax;
}

static u64 word(struct check *c, unsigned int i)
{
	return store_read64(&c->mc->memory, 0x5000 + i * 8);
}

/* Every value of the list is what SYS.RD says at that id. */
static unsigned int compare_list(struct check *c)
{
	unsigned int sequences = (word(c, 0) >> 16) & 0xffff, values = 0, at = 1, n;

	while (sequences--) {
		u64 header = word(c, at++);
		unsigned int elements = ((header >> 34) & 0xf) + 1;
		unsigned int fields = ((header >> 38) & 0x1ff) + 1;
		struct tdxmod_regs regs = {};

		header &= ~(0x1fffULL << 34);
		for (n = 0; n < fields * elements; n++) {
			regs.rdx = header + n;
			EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_RD, &regs), 0);
			EXPECT_EQ(c, regs.r8, word(c, at++));
		}
		values += n;
	}
	EXPECT_EQ(c, at * 8, word(c, 0) & 0xffff);
	return values;
}

static void rdall_totals(struct check *c)
{
	u64 next;

	check_ready(c, 0);
	EXPECT_EQ(c, walk(c), 354);
	EXPECT_EQ(c, rdall(c, 0x5000, NONE, &next), 0);
	EXPECT_EQ(c, next, NONE);
	EXPECT_EQ(c, word(c, 0), 36 << 16 | 3128);
	EXPECT_EQ(c, compare_list(c), 354);
	/* NUM_PKGS and eight PKG_FMS. */
	EXPECT_EQ(c, word(c, 1), 0x0000000200000000 | 8ULL << 38);
	machine_exit(c->mc);

	check_ready(c, TDXMOD_MAX_VCPUS_FIELD);
	EXPECT_EQ(c, walk(c), 355);
	EXPECT_EQ(c, rdall(c, 0x5000, NONE, &next), 0);
	EXPECT_EQ(c, word(c, 0), 37 << 16 | 3144);
	EXPECT_EQ(c, compare_list(c), 355);
}

static void rdall_start(struct check *c)
{
	u64 next;

	check_ready(c, 0);
	EXPECT_EQ(c, rdall(c, 0x5000, 0xA200000300000003, &next), 0);
	EXPECT_EQ(c, next, NONE);
	EXPECT_EQ(c, word(c, 0), 1 << 16 | 8 * 6);
	EXPECT_EQ(c, word(c, 1), 0xA200000300000003 | 3ULL << 38);
	EXPECT_EQ(c, word(c, 2), 3);
	/* In the middle of an array, but at the start of a field. */
	EXPECT_EQ(c, rdall(c, 0x5000, 0x9900000300000502, &next), 0);
	EXPECT_EQ(c, word(c, 1), 0x9900000300000502 | 1ULL << 34 | 30ULL << 38);
	/* Other size, second element, no field. */
	EXPECT_EQ(c, rdall(c, 0x5000, 0xA200000200000003, &next), ID_INCORRECT);
	EXPECT_EQ(c, next, NONE);
	EXPECT_EQ(c, rdall(c, 0x5000, 0x9900000300000501, &next), ID_INCORRECT);
	EXPECT_EQ(c, rdall(c, 0x5000, 0xBF00000100000000, &next), ID_INCORRECT);
	EXPECT_EQ(c, next, NONE);
}

static void rdall_page(struct check *c)
{
	u64 next;

	check_ready(c, 0);
	EXPECT_EQ(c, rdall(c, 0x5800, NONE, &next), OPERAND_INVALID + 2);
	EXPECT_EQ(c, next, NONE);
	EXPECT_EQ(c, rdall(c, 0x5000 | 32ULL << 46, NONE, &next), OPERAND_INVALID + 2);
	EXPECT_EQ(c, rdall(c, 1ULL << 52, NONE, &next), OPERAND_INVALID + 2);
	EXPECT_EQ(c, rdall(c, 0x5000 | 31ULL << 46, NONE, &next), 0);
	EXPECT_EQ(c, word(c, 0), 36 << 16 | 3128);
}

static u64 info(struct check *c, struct tdxmod_regs *regs)
{
	return check_call(c, 0, LEAF_SYS_INFO, regs);
}

static u32 half_word(struct check *c, u64 pa)
{
	return store_read64(&c->mc->memory, pa & ~7ULL) >> (pa & 4 ? 32 : 0);
}

static void sys_info(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = 0x6400, .rdx = 4096, .r8 = 0x7200, .r9 = 64 };

	check_ready(c, 0);
	store_write64(&c->mc->memory, 0x6400 + 1016, NONE);
	store_write64(&c->mc->memory, 0x7200 + 504, NONE);
	EXPECT_EQ(c, info(c, &regs), 0);
	EXPECT_EQ(c, regs.rdx, 1024);
	EXPECT_EQ(c, regs.r9, 32);
	EXPECT_EQ(c, regs.rcx, 0x6400);
	EXPECT_EQ(c, half_word(c, 0x6400 + 4), 0x8086);
	EXPECT_EQ(c, half_word(c, 0x6400 + 12), 5 << 16);
	EXPECT_EQ(c, half_word(c, 0x6400 + 16), 1 << 16 | 1);
	EXPECT_EQ(c, half_word(c, 0x6400 + 32), 16 << 16 | 64);
	EXPECT_EQ(c, half_word(c, 0x6400 + 36), 16);
	EXPECT_EQ(c, half_word(c, 0x6400 + 48), 24576);
	EXPECT_EQ(c, half_word(c, 0x6400 + 52), 24576);
	EXPECT_EQ(c, store_read64(&c->mc->memory, 0x6400 + 64), 0x8000000070000001);
	EXPECT_EQ(c, store_read64(&c->mc->memory, 0x6400 + 80), 0x6DBE7);
	EXPECT_EQ(c, store_read64(&c->mc->memory, 0x6400 + 88), 3);
	EXPECT_EQ(c, half_word(c, 0x6400 + 128), 12);
	EXPECT_EQ(c, half_word(c, 0x6400 + 132), 1);
	/* Unlike SYS.RD, with the bits that depend on the CPU. */
	EXPECT_EQ(c, half_word(c, 0x6400 + 132 + 16), 0x31044D88);
	EXPECT_EQ(c, store_read64(&c->mc->memory, 0x6400 + 1016), 0);
	EXPECT_EQ(c, store_read64(&c->mc->memory, 0x7200), 0);
	EXPECT_EQ(c, store_read64(&c->mc->memory, 0x7208), 0x1000000000);
	EXPECT_EQ(c, store_read64(&c->mc->memory, 0x7200 + 504), 0);
}

static void expect_info_error(struct check *c, struct tdxmod_regs regs, u64 operand, u64 left)
{
	store_write64(&c->mc->memory, 0x6400, 0x1234);
	EXPECT_EQ(c, info(c, &regs), OPERAND_INVALID + operand);
	EXPECT_EQ(c, regs.rdx | regs.r9, 0);
	EXPECT_EQ(c, store_read64(&c->mc->memory, 0x6400), left);
}

static void sys_info_errors(struct check *c)
{
	const struct tdxmod_regs good = { .rcx = 0x6400, .rdx = 1024, .r8 = 0x7200, .r9 = 32 };
	struct tdxmod_regs bad;

	check_ready(c, 0);
	bad = good;
	bad.rcx = 0x6600;
	expect_info_error(c, bad, 1, 0x1234);
	bad = good;
	bad.rdx = 1023;
	expect_info_error(c, bad, 2, 0x1234);
	/* From here on the buffer has been cleared. */
	bad = good;
	bad.r8 = 0x7300;
	expect_info_error(c, bad, 8, 0);
	bad = good;
	bad.r9 = 31;
	expect_info_error(c, bad, 9, 0);
	bad = good;
	EXPECT_EQ(c, info(c, &bad), 0);
}

/* A module that takes fewer TDMRs says so everywhere, and means it. */
static void max_tdmrs(struct check *c)
{
	struct tdxmod_regs regs = { .rcx = 0x6400, .rdx = 1024, .r8 = 0x7200, .r9 = 32 };
	struct tdxmod_platform p;

	check_platform(&p);
	p.max_tdmrs = 1;
	EXPECT_EQ(c, machine_init(c->mc, &p), 0);
	check_sys_init(c);
	expect_field(c, 0x9100000100000008, 1, 0x9100000100000009);
	EXPECT_EQ(c, info(c, &regs), 0);
	EXPECT_EQ(c, half_word(c, 0x6400 + 32), 16 << 16 | 1);

	regs = (struct tdxmod_regs){ .rcx = 0x1000, .rdx = 2, .r8 = CHECK_HKID };
	EXPECT_EQ(c, check_call(c, 0, LEAF_SYS_CONFIG, &regs), OPERAND_INVALID + 2);
	EXPECT_EQ(c, check_config(c, CHECK_HKID), 0);
}

const struct check check_metadata_list[] = {
	{ .name = "metadata needs LP.INIT", .run = needs_lp_init },
	{ .name = "SYS.RD: fields", .run = fields },
	{ .name = "SYS.RD: arrays", .run = arrays },
	{ .name = "SYS.RD: ids", .run = ids },
	{ .name = "SYS.RD: MAX_VCPUS_PER_TD", .run = max_vcpus },
	{ .name = "SYS.RDALL: totals", .run = rdall_totals },
	{ .name = "SYS.RDALL: first field", .run = rdall_start },
	{ .name = "SYS.RDALL: page", .run = rdall_page },
	{ .name = "SYS.INFO", .run = sys_info },
	{ .name = "SYS.INFO: operands", .run = sys_info_errors },
	{ .name = "MAX_TDMRS", .run = max_tdmrs },
	{}
};
