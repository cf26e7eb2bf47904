// SPDX-License-Identifier: GPL-2.0-only
/* Checks of SYS.RD, SYS.RDALL and SYS.INFO. */
#include "fixture.h"

#define NONE			(~0ULL)
#define FIRST_FIELD		0x0000000200000000ULL
#define MAX_TDMRS		0x9100000100000008ULL

/* Where SYS.RDALL and SYS.INFO write to. */
#define LIST			0x5000ULL
#define INFO			0x6400ULL
#define CMRS			0x7200ULL

/* Reads @id and expects this value and this next id. */
static void expect_field(u64 id, u64 value, u64 next)
{
	EXPECT_EQ(CALL(1, LEAF_SYS_RD, .rcx = 1, .rdx = id, .r8 = 8, .r9 = 9), 0);
	EXPECT_EQ(regs.r8, value);
	EXPECT_EQ(regs.rdx, next);
	EXPECT_EQ(regs.rcx + regs.r9, 10);
}

static void expect_no_field(u64 id)
{
	EXPECT_EQ(CALL(1, LEAF_SYS_RD, .rdx = id, .r8 = 8), ID_INCORRECT);
	EXPECT_EQ(regs.rdx, NONE);
	EXPECT_EQ(regs.r8, 0);
}

CHECK(metadata_needs_lp_init)
{
	fixture_boot(0);
	EXPECT_EQ(CALL(0, LEAF_SYS_RD, .rdx = MAX_TDMRS, .r8 = 8), LP_INIT_NOT_DONE);
	EXPECT_EQ(regs.rdx, NONE);
	EXPECT_EQ(regs.r8, 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_RDALL), LP_INIT_NOT_DONE);
	EXPECT_EQ(regs.r8, NONE);
	EXPECT_EQ(CALL(0, LEAF_SYS_INFO, .rdx = 1, .r9 = 32), LP_INIT_NOT_DONE);
	EXPECT_EQ(regs.rdx | regs.r9, 0);

	EXPECT_EQ(CALL(0, LEAF_SYS_INIT), 0);
	EXPECT_EQ(CALL(1, LEAF_LP_INIT), 0);
	expect_field(MAX_TDMRS, 64, 0x9100000100000009);
	EXPECT_EQ(CALL(0, LEAF_SYS_RD), LP_INIT_NOT_DONE);
	/* Unlike LP.INIT, it needs no lock. */
	atomic_set(&mc.module.global, -1);
	expect_field(MAX_TDMRS, 64, 0x9100000100000009);
}

static const struct {
	u64 id, value, next;
} fields[] = {
	/* What a host reads before it can initialize anything. */
	{ 0x0800000100000003, 5, 0x0800000100000004 },
	{ 0x0800000100000004, 1, 0x0800000100000005 },
	{ 0x0800000100000005, 1, 0x0800000100000006 },
	{ 0x8900000100000000, 0, 0x8900000100000001 },
	{ 0x0A00000300000008, 0xF0EBF, 0x9000000100000000 },
	{ 0x9100000100000009, 16, 0x9100000100000010 },
	{ 0x9100000100000010, 16, 0x9100000100000011 },
	{ 0x9100000100000011, 16, 0x9100000100000012 },
	{ 0x9100000100000012, 16, 0x9800000100000000 },
	{ 0x9800000100000000, 4096, 0x9800000100000100 },
	{ 0x9800000100000100, 24576, 0x9800000100000101 },
	{ 0x9800000100000200, 24576, 0x9800000100000201 },
	{ 0x1900000300000000, 0x8000000070000001, 0x1900000300000001 },
	{ 0x1900000300000001, 0, 0x1900000300000002 },
	{ 0x1900000300000002, 0x6DBE7, 0x1900000300000003 },
	{ 0x1900000300000003, 3, 0x9900000100000004 },
	{ 0x9900000100000004, 12, 0x9900000300000006 },
	{ FIRST_FIELD, 2, 0x0000000200000001 },
	{ 0x2000000100000004, 0, 0xA000000100000010 },
	{ 0xA200000300000006, 0, NONE },
	/* Elements of arrays. */
	{ 0x0000000200000002, 0xC06F2, 0x0000000200000003 },
	{ 0x0000000200000003, 0, 0x0000000200000004 },
	{ 0x0000000200000008, 0, 0x0800000200000000 },
	{ 0x9000000300000100, 0x1000000000, 0x9000000300000101 },
	{ 0x9000000300000101, 0, 0x9000000300000102 },
	{ 0x900000030000009F, 0, 0x9000000300000100 },
	{ 0x9900000300000400, 0xFFFFFFFF00000001, 0x9900000300000401 },
	{ 0x9900000300000402, 0x0000000100000004, 0x9900000300000403 },
	{ 0x990000030000040C, NONE, 0x990000030000040D },
	{ 0x9900000300000500, 0x00FF00000FFF3FFF, 0x9900000300000501 },
	{ 0x9900000300000509, 0x00000007FFFFFFFF, 0x990000030000050A },
	{ 0x9900000300000518, 0, 0x9900000300000519 },
	{ 0x990000030000053F, 0, 0x9900000300000600 },
	{ 0x9900000300000810, 0xC06F2, 0x9900000300000811 },
	{ 0x9900000300000811, 0, 0x9900000300000812 },
	/* Only class and code find a field; within an array the rest is echoed. */
	{ 0x1100000000000008, 64, 0x9100000100000009 },
	{ 0x9100000300000008, 64, 0x9100000100000009 },
	{ 0x1004000000000080, 0, 0x1004000000000081 },
	{ 0x1078000000000080, 0, 0x1008000000000081 },
	{ 0x107800000000009F, 0, 0x9000000300000100 },
};

CHECK(sys_rd)
{
	static const u8 reserved[] = { 24, 31, 34, 37, 38, 46, 47, 49, 55, 62 };
	unsigned int i;

	fixture_ready(0);
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		expect_field(fields[i].id, fields[i].value, fields[i].next);
	for (i = 0; i < ARRAY_SIZE(reserved); i++)
		expect_no_field(MAX_TDMRS | 1ULL << reserved[i]);
	expect_no_field(0x9100000100000007);
	expect_no_field(0x910000010000000A);
	expect_no_field(0xBF00000100000000);

	EXPECT_EQ(CALL(0, LEAF_SYS_RD, .rdx = NONE, .r8 = 8), 0x00000C0B00000000);
	EXPECT_EQ(regs.rdx, FIRST_FIELD);
	EXPECT_EQ(regs.r8, 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_RD, .rdx = ~(7ULL << 52)), 0x00000C0B00000000);

	/* Bit 53 of TDX_FEATURES0 is there if the leaf is, whatever the platform says. */
	mc.module.platform.features0 |= BIT_ULL(53);
	expect_field(0x0A00000300000008, 0xF0EBF, 0x9000000100000000);
	fixture_ready(TDXMOD_SYS_DISABLE);
	expect_field(0x0A00000300000008, 0x200000000F0EBF, 0x9000000100000000);

	/* MAX_VCPUS_PER_TD */
	expect_no_field(0x9900000100000008);
	expect_field(0x9900000300000007, 0, 0x9900000300000400);
	fixture_ready(TDXMOD_MAX_VCPUS_FIELD);
	expect_field(0x9900000300000007, 0, 0x9900000100000008);
	expect_field(0x9900000100000008, 576, 0x9900000300000400);
}

/* From field to field: the number of values, which all can be read. */
static unsigned int walk(void)
{
	unsigned int n;

	regs.rdx = FIRST_FIELD;
	for (n = 0; regs.rdx != NONE && n < 1000; n++)
		EXPECT_EQ(CALL(0, LEAF_SYS_RD, .rdx = regs.rdx), 0);
	return n;
}

static u64 rdall(u64 start)
{
	return CALL(0, LEAF_SYS_RDALL, .rdx = LIST, .r8 = start);
}

static u64 word(unsigned int i)
{
	return *machine_word(&mc, LIST + i * sizeof(u64));
}

/* Every value of the list is what SYS.RD says at that id. */
static unsigned int compare_list(void)
{
	unsigned int sequences = (word(0) >> 16) & 0xffff, values = 0, at = 1, n;

	while (sequences--) {
		u64 header = word(at++);
		unsigned int elements = ((header >> 34) & 0xf) + 1;
		unsigned int nr = ((header >> 38) & 0x1ff) + 1;

		header &= ~(0x1fffULL << 34);
		for (n = 0; n < nr * elements; n++)
			EXPECT_EQ(fixture_field(header + n), word(at++));
		values += n;
	}
	EXPECT_EQ(at * 8, word(0) & 0xffff);
	return values;
}

CHECK(sys_rdall)
{
	fixture_ready(0);
	EXPECT_EQ(walk(), 354);
	EXPECT_EQ(rdall(NONE), 0);
	EXPECT_EQ(regs.r8, NONE);
	EXPECT_EQ(word(0), 36 << 16 | 3128);
	EXPECT_EQ(compare_list(), 354);
	/* NUM_PKGS and eight PKG_FMS. */
	EXPECT_EQ(word(1), FIRST_FIELD | 8ULL << 38);

	fixture_ready(TDXMOD_MAX_VCPUS_FIELD);
	EXPECT_EQ(walk(), 355);
	EXPECT_EQ(rdall(NONE), 0);
	EXPECT_EQ(word(0), 37 << 16 | 3144);
	EXPECT_EQ(compare_list(), 355);
}

CHECK(sys_rdall_operands)
{
	fixture_ready(0);
	EXPECT_EQ(CALL(0, LEAF_SYS_RDALL, .rdx = LIST + 0x800), OPERAND_INVALID + 2);
	EXPECT_EQ(regs.r8, NONE);
	EXPECT_EQ(CALL(0, LEAF_SYS_RDALL, .rdx = LIST | 32ULL << 46), OPERAND_INVALID + 2);
	EXPECT_EQ(CALL(0, LEAF_SYS_RDALL, .rdx = 1ULL << 52), OPERAND_INVALID + 2);
	EXPECT_EQ(CALL(0, LEAF_SYS_RDALL, .rdx = LIST | 31ULL << 46, .r8 = NONE), 0);
	EXPECT_EQ(word(0), 36 << 16 | 3128);

	EXPECT_EQ(rdall(0xA200000300000003), 0);
	EXPECT_EQ(regs.r8, NONE);
	EXPECT_EQ(word(0), 1 << 16 | 8 * 6);
	EXPECT_EQ(word(1), 0xA200000300000003 | 3ULL << 38);
	EXPECT_EQ(word(2), 3);
	/* In the middle of an array, but at the start of a field. */
	EXPECT_EQ(rdall(0x9900000300000502), 0);
	EXPECT_EQ(word(1), 0x9900000300000502 | 1ULL << 34 | 30ULL << 38);
	/* Other size, second element, no field. */
	EXPECT_EQ(rdall(0xA200000200000003), ID_INCORRECT);
	EXPECT_EQ(regs.r8, NONE);
	EXPECT_EQ(rdall(0x9900000300000501), ID_INCORRECT);
	EXPECT_EQ(rdall(0xBF00000100000000), ID_INCORRECT);
	EXPECT_EQ(regs.r8, NONE);
}

CHECK(sys_info)
{
	static const struct {
		unsigned int offset;
		u64 value;
	} words[] = {
		{ 0, 0x8086ULL << 32 },
		{ 8, 5ULL << 48 | 20240129 },
		{ 16, 1 << 16 | 1 },
		{ 32, 16ULL << 32 | 16 << 16 | 64 },
		{ 48, 24576ULL << 32 | 24576 },
		{ 64, 0x8000000070000001 },
		{ 80, 0x6DBE7 },
		{ 88, 3 },
		{ 128, 1ULL << 32 | 12 },
		/* Unlike SYS.RD, with the bits that depend on the CPU. */
		{ 144, 0x31044D8800FF0000 },
		{ 1016, 0 },
	};
	unsigned int i;

	fixture_ready(0);
	*machine_word(&mc, INFO + 1016) = NONE;
	*machine_word(&mc, CMRS + 504) = NONE;
	EXPECT_EQ(CALL(0, LEAF_SYS_INFO, .rcx = INFO, .rdx = 4096, .r8 = CMRS, .r9 = 64), 0);
	EXPECT_EQ(regs.rdx, 1024);
	EXPECT_EQ(regs.r9, 32);
	EXPECT_EQ(regs.rcx, INFO);
	for (i = 0; i < ARRAY_SIZE(words); i++)
		EXPECT_EQ(*machine_word(&mc, INFO + words[i].offset), words[i].value);
	EXPECT_EQ(*machine_word(&mc, CMRS), 0);
	EXPECT_EQ(*machine_word(&mc, CMRS + 8), 0x1000000000);
	EXPECT_EQ(*machine_word(&mc, CMRS + 504), 0);
}

/* @word: the first of the buffer, which is cleared before some operands are looked at. */
static void expect_info_error(u64 rcx, u64 rdx, u64 r8, u64 r9, u64 operand, u64 word)
{
	*machine_word(&mc, INFO) = 0x1234;
	EXPECT_EQ(CALL(0, LEAF_SYS_INFO, .rcx = rcx, .rdx = rdx, .r8 = r8, .r9 = r9),
		  OPERAND_INVALID + operand);
	EXPECT_EQ(regs.rdx | regs.r9, 0);
	EXPECT_EQ(*machine_word(&mc, INFO), word);
}

CHECK(sys_info_operands)
{
	fixture_ready(0);
	expect_info_error(INFO + 0x200, 1024, CMRS, 32, 1, 0x1234);
	expect_info_error(INFO, 1023, CMRS, 32, 2, 0x1234);
	expect_info_error(INFO, 1024, CMRS + 0x100, 32, 8, 0);
	expect_info_error(INFO, 1024, CMRS, 31, 9, 0);
	EXPECT_EQ(CALL(0, LEAF_SYS_INFO, .rcx = INFO, .rdx = 1024, .r8 = CMRS, .r9 = 32), 0);
}

/* A module that takes fewer TDMRs says so everywhere, and means it. */
CHECK(max_tdmrs)
{
	struct tdxmod_platform p = fixture_platform();

	p.max_tdmrs = 1;
	EXPECT_EQ(machine_init(&mc, &p), 0);
	fixture_sys_init();
	expect_field(MAX_TDMRS, 1, 0x9100000100000009);
	EXPECT_EQ(CALL(0, LEAF_SYS_INFO, .rcx = INFO, .rdx = 1024, .r8 = CMRS, .r9 = 32), 0);
	EXPECT_EQ(*machine_word(&mc, INFO + 32) & 0xffffffff, 16 << 16 | 1);

	EXPECT_EQ(CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS, .rdx = 2,
		       .r8 = FIXTURE_HKID), OPERAND_INVALID + 2);
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);
}
