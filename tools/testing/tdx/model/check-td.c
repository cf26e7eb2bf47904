// SPDX-License-Identifier: GPL-2.0-only
/* Checks of TDs: keys, pages, TD_PARAMS, vCPUs, and what is left of them. */
#include "fixture.h"

/* Operands that are no registers. */
#define TDR			128
#define KOT			186
#define KET			187
#define WBCACHE			188

#define TDR0			FIXTURE_TDR(0)
#define TDVPR0			FIXTURE_TDVPR(0)
#define SPARE			(FIXTURE_TDMR + 7 * SZ_2M)	/* far from TDs */
#define NOT_IN_A_TDMR		(FIXTURE_TDMR - SZ_4K)
#define RESERVED_PAGE		(FIXTURE_TDMR + FIXTURE_RSVD_OFFSET)
#define WITH_KEYID		BIT_ULL(46)

static struct tdxmod *const m = &mc.module;

static void setup(unsigned int steps)
{
	fixture_usable(0);
	fixture_td_params();
	fixture_td_build(0, FIXTURE_TD_HKID, steps);
}

static u64 *entry(u64 pa)
{
	return machine_word(&mc, FIXTURE_PAMT + MACHINE_PAMT_4K + (pa - FIXTURE_TDMR) / SZ_4K * 16);
}

static u64 *entry_2m(u64 pa)
{
	return machine_word(&mc, FIXTURE_PAMT + MACHINE_PAMT_2M + (pa - FIXTURE_TDMR) / SZ_2M * 16);
}

static void expect_page(u64 pa, u64 type, u64 owner)
{
	EXPECT_EQ(CALL(0, LEAF_PAGE_RDMD, .rcx = pa), 0);
	EXPECT_EQ(regs.rcx, type);
	EXPECT_EQ(regs.rdx, owner);
}

/* No TD has a page or a KeyID, and no lock is held. */
static void expect_nothing_left(void)
{
	unsigned int i;
	u64 pa;

	EXPECT_EQ(atomic_read(&mc.td_pages), 0);
	EXPECT_EQ(atomic_read(&m->kot_lock), 0);
	for (i = 0; i < TDXMOD_MAX_HKIDS; i++)
		EXPECT_EQ(m->kot[i].state, i == FIXTURE_HKID ? TDXMOD_HKID_RESERVED : 0);
	for (i = 0; i < m->platform.nr_packages; i++)
		EXPECT_EQ(atomic_read(&m->cache_wb[i].lock), 0);
	for (pa = FIXTURE_TDMR; pa < FIXTURE_TDMR + 128 * FIXTURE_TD_PAGES * SZ_4K; pa += SZ_4K)
		EXPECT_EQ(*entry(pa) & 0xffffff, 0);
}

static u64 td_field(u64 id)
{
	EXPECT_EQ(CALL(3, LEAF_MNG_RD, .rcx = TDR0, .rdx = id), 0);
	return regs.r8;
}

CHECK(td_life)
{
	unsigned int i;

	setup(0);
	/* The module clears what the host has left in a page. */
	for (i = 0; i < 512; i++) {
		machine_word(&mc, TDR0)[i] = ~0ULL;
		machine_word(&mc, FIXTURE_PAGE(0, 1))[i] = ~0ULL;
		machine_word(&mc, TDVPR0)[i] = ~0ULL;
		machine_word(&mc, TDVPR0 + SZ_4K)[i] = ~0ULL;
	}
	fixture_td_build(0, FIXTURE_TD_HKID, TD_FINALIZED);
	EXPECT_EQ(machine_word(&mc, TDVPR0 + SZ_4K)[511], 0);
	/* The op state is in the first page of the TDCS. */
	EXPECT_EQ(*machine_word(&mc, FIXTURE_PAGE(0, 1)) & 0xffffffff, 2);
	EXPECT_EQ(atomic_read(&mc.td_pages), 13);
	expect_page(TDR0, 4, 0);
	for (i = 1; i <= 6; i++)
		expect_page(FIXTURE_PAGE(0, i), 5, TDR0);
	expect_page(TDVPR0, 6, TDR0);
	for (i = 1; i <= 5; i++)
		expect_page(TDVPR0 + i * SZ_4K, 5, TDR0);
	EXPECT_EQ(m->kot[FIXTURE_TD_HKID].state, TDXMOD_HKID_ASSIGNED);
	fixture_td_destroy(0);
	expect_nothing_left();
	/* As in the module, the owner is not cleared. */
	expect_page(TDVPR0, 0, TDR0);
}

CHECK(td_fields)
{
	u64 *params;

	setup(TD_PAGED);
	EXPECT_EQ(CALL(0, LEAF_MNG_RD, .rcx = TDR0, .rdx = 5, .r8 = 8), OP_STATE);
	EXPECT_EQ(regs.r8, 0);
	params = fixture_td_params();
	params[0] = 1ULL << 28;
	params[4] = 4;
	EXPECT_EQ(CALL(0, LEAF_MNG_INIT, .rcx = TDR0, .rdx = FIXTURE_TD_PARAMS), 0);
	EXPECT_EQ(td_field(0x8010000200000002), 6);		/* NUM_TDCX */
	EXPECT_EQ(td_field(0x8010000300000004), 6);		/* CHLDCNT */
	EXPECT_EQ(td_field(0x8010000200000005), 1);		/* LIFECYCLE_STATE */
	EXPECT_EQ(td_field(0x8110000100000001), FIXTURE_TD_HKID);
	EXPECT_EQ(td_field(0x8110000300000002), 3);		/* PKG_CONFIG_BITMAP */
	EXPECT_EQ(td_field(0x9010000200000001), 0);		/* NUM_VCPUS */
	EXPECT_EQ(td_field(0x9010000200000002), 0);		/* NUM_ASSOC_VCPUS */
	EXPECT_EQ(td_field(0x9010000200000004), 1);		/* OP_STATE */
	EXPECT_EQ(td_field(0x9010000100000005), 0);		/* NUM_L2_VMS */
	EXPECT_EQ(td_field(0x1110000300000000), 1ULL << 28);	/* ATTRIBUTES */
	EXPECT_EQ(td_field(0x1110000300000001), 3);		/* XFAM */
	EXPECT_EQ(td_field(0x1110000200000002), 2);		/* MAX_VCPUS */
	EXPECT_EQ(td_field(0x111000010000000C), 100);		/* TSC_FREQUENCY */
	EXPECT_EQ(td_field(0x1110000300000016), 4);		/* CONFIG_FLAGS */
	/* TSC_OFFSET and TSC_MULTIPLIER as KVM reads them */
	EXPECT_EQ(td_field(0x110000000000000A), 0);
	EXPECT_EQ(td_field(0x110000000000000B), 1ULL << 48);
	EXPECT_EQ(CALL(0, LEAF_MNG_RD, .rcx = TDR0, .rdx = 0x9410000300000000), ID_INCORRECT);
	EXPECT_EQ(CALL(0, LEAF_MNG_RD, .rcx = TDR0, .rdx = 1ULL << 55 | 2), ID_INCORRECT);
	EXPECT_EQ(CALL(0, 1 << 16 | LEAF_MNG_RD, .rcx = TDR0, .rdx = 2, .r8 = 8), OPERAND_INVALID);
	EXPECT_EQ(regs.rdx, ~0ULL);
	EXPECT_EQ(regs.r8, 0);
}

/*
 * Each leaf refuses the same pages in the operand @op for a page of type @type, and none of
 * them changes.
 */
static void expect_page_checks(struct tdxmod_regs call, unsigned int op, bool exclusive, u64 good)
{
	const struct {
		u64 pa;
		u64 status;
	} cases[] = {
		{ good + 0x800, OPERAND_INVALID },
		{ good | WITH_KEYID, OPERAND_INVALID },
		{ good | 1ULL << 52, OPERAND_INVALID },
		{ NOT_IN_A_TDMR, 0xC000010100000000ULL },
		{ RESERVED_PAGE, PAGE_METADATA },
	};
	u64 *operand = op == 1 ? &call.rcx : &call.rdx;
	struct tdxmod_regs in = call;
	u64 was = *entry(good);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		*operand = cases[i].pa;
		in = call;
		EXPECT_EQ(fixture_call(0, in), cases[i].status + op);
	}
	*operand = good;
	/* A page of another type, or of a part of a 2 MiB page. */
	*entry(good) ^= 0xf0000;
	EXPECT_EQ(fixture_call(0, call), PAGE_METADATA + op);
	*entry(good) = was;
	*entry_2m(good) = 3 << 16;
	EXPECT_EQ(fixture_call(0, call), PAGE_METADATA + op);
	*entry_2m(good) = 1;
	EXPECT_EQ(fixture_call(0, call), OPERAND_BUSY + op);
	*entry_2m(good) = 0;
	/* Locked, and locked by readers. */
	*entry(good) = was | 1;
	EXPECT_EQ(fixture_call(0, call), OPERAND_BUSY + op);
	*entry(good) = was | 4;
	if (exclusive)
		EXPECT_EQ(fixture_call(0, call), OPERAND_BUSY + op);
	*entry(good) = was;
	mc.memory_end = good;
	EXPECT_EQ(fixture_call(0, call), 0xC000010100000000ULL + op);
	mc.memory_end = ~0ULL;
	EXPECT_EQ(*entry(good), was);
}

CHECK(td_operands)
{
	const struct {
		struct tdxmod_regs regs;
		unsigned int steps;
		unsigned int operand;
		bool shared;
		u64 page;
	} cases[] = {
		{ { LEAF_MNG_CREATE, 0, FIXTURE_TD_HKID }, 0, 1, false, TDR0 },
		{ { LEAF_MNG_KEY_CONFIG }, TD_CREATED, 1, false, TDR0 },
		{ { LEAF_MNG_ADDCX, SPARE, 0 }, TD_KEYED, 2, false, TDR0 },
		{ { LEAF_MNG_ADDCX, 0, TDR0 }, TD_KEYED, 1, false, SPARE },
		{ { LEAF_MNG_INIT, 0, FIXTURE_TD_PARAMS }, TD_PAGED, 1, false, TDR0 },
		{ { LEAF_MNG_RD, 0, 2 }, TD_INITIALIZED, 1, true, TDR0 },
		{ { LEAF_VP_CREATE, SPARE, 0 }, TD_INITIALIZED, 2, true, TDR0 },
		{ { LEAF_VP_CREATE, 0, TDR0 }, TD_INITIALIZED, 1, false, SPARE },
		{ { LEAF_VP_ADDCX, SPARE, 0 }, TD_VCPU_CREATED, 2, false, TDVPR0 },
		{ { LEAF_VP_ADDCX, 0, TDVPR0 }, TD_VCPU_CREATED, 1, false, SPARE },
		{ { LEAF_VP_INIT }, TD_VCPU_PAGED, 1, false, TDVPR0 },
		{ { LEAF_VP_WR, 0, 2 }, TD_VCPU_INITIALIZED, 1, true, TDVPR0 },
		{ { LEAF_MR_FINALIZE }, TD_VCPU_WRITTEN, 1, false, TDR0 },
		{ { LEAF_VP_FLUSH }, TD_FINALIZED, 1, false, TDVPR0 },
		{ { LEAF_MNG_VPFLUSHDONE }, TD_PAGED, 1, false, TDR0 },
		{ { LEAF_MNG_KEY_FREEID }, TD_PAGED, 1, false, TDR0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		setup(cases[i].steps);
		expect_page_checks(cases[i].regs, cases[i].operand, !cases[i].shared,
				   cases[i].page);
		EXPECT_EQ(atomic_read(&m->kot_lock), 0);
	}
}

/* The KeyID in the address is that of the cache lines. */
CHECK(page_wbinvd)
{
	setup(0);
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = SPARE | WITH_KEYID), 0);
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = SPARE | 1ULL << 52), OPERAND_INVALID + 1);
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = SPARE + 8), OPERAND_INVALID + 1);
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = NOT_IN_A_TDMR), ADDR_RANGE);
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = RESERVED_PAGE), PAGE_METADATA + 1);
	*entry(SPARE) = 1;
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = SPARE), OPERAND_BUSY_RCX);
	*entry(SPARE) = 4;
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = SPARE), 0);
	EXPECT_EQ(*entry(SPARE), 4);
}

/* A reader of a TDR keeps only those out that change the TD. */
CHECK(td_readers)
{
	setup(TD_INITIALIZED);
	*entry(TDR0) |= 8;
	EXPECT_EQ(fixture_td_step(0, 0, 1, TD_INITIALIZED), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_RD, .rcx = TDR0, .rdx = 2), 0);
	EXPECT_EQ(CALL(0, LEAF_MR_FINALIZE, .rcx = TDR0), OPERAND_BUSY_RCX);
	EXPECT_EQ(*entry(TDR0), 4 << 16 | 8);
}

/* The lock of the TD, of leaves that name only a page of it. */
CHECK(td_implicit_tdr)
{
	setup(TD_VCPU_PAGED);
	*entry(TDR0) |= 1;
	EXPECT_EQ(CALL(0, LEAF_VP_ADDCX, .rcx = SPARE, .rdx = TDVPR0), OPERAND_BUSY + TDR);
	EXPECT_EQ(CALL(0, LEAF_VP_INIT, .rcx = TDVPR0), OPERAND_BUSY + TDR);
	EXPECT_EQ(CALL(0, LEAF_VP_WR, .rcx = TDVPR0), OPERAND_BUSY + TDR);
	EXPECT_EQ(CALL(0, LEAF_VP_FLUSH, .rcx = TDVPR0), OPERAND_BUSY + TDR);
	EXPECT_EQ(CALL(0, LEAF_PAGE_RECLAIM, .rcx = TDVPR0), OPERAND_BUSY + TDR);
	EXPECT_EQ(*entry(TDVPR0) & 0xffff, 0);
	/* A TD without a TDR: the module stops. */
	*entry(TDR0) = 0;
	regs = (struct tdxmod_regs){ .rax = LEAF_VP_FLUSH, .rcx = TDVPR0 };
	EXPECT(!tdxmod_seamcall(m, 0, &regs));
	EXPECT(m->dead);
}

CHECK(td_without_memory)
{
	setup(TD_INITIALIZED);
	mc.memory_end = FIXTURE_PAGE(0, 1);
	EXPECT_EQ(CALL(0, LEAF_MNG_RD, .rcx = TDR0, .rdx = 2), TDCS_NOT_ALLOCATED);
	EXPECT_EQ(CALL(0, LEAF_PAGE_RECLAIM, .rcx = FIXTURE_PAGE(0, 1)), ADDR_RANGE);
	mc.memory_end = FIXTURE_PAMT;
	EXPECT_EQ(CALL(0, LEAF_MNG_RD, .rcx = TDR0, .rdx = 2), ADDR_RANGE);
}

/* What leaves say of a TD that has got as far as @steps. */
static void expect_order(unsigned int steps, unsigned int leaf, u64 rcx, u64 rdx, u64 status)
{
	setup(steps);
	EXPECT_EQ(CALL(1, leaf, .rcx = rcx, .rdx = rdx), status);
	fixture_td_destroy(0);
	expect_nothing_left();
}

CHECK(td_order)
{
	const u64 params = FIXTURE_TD_PARAMS;

	expect_order(TD_KEYED, LEAF_MNG_KEY_CONFIG, TDR0, 0, LIFECYCLE);
	expect_order(TD_KEYED - 1, LEAF_MNG_ADDCX, SPARE, TDR0, KEYS_NOT_CONFIGURED);
	expect_order(TD_INITIALIZED, LEAF_MNG_ADDCX, SPARE, TDR0, OP_STATE);
	expect_order(TD_KEYED - 1, LEAF_MNG_INIT, TDR0, params, KEYS_NOT_CONFIGURED);
	expect_order(TD_PAGED - 1, LEAF_MNG_INIT, TDR0, params, TDCS_NOT_ALLOCATED);
	expect_order(TD_INITIALIZED, LEAF_MNG_INIT, TDR0, params, OP_STATE);
	expect_order(TD_KEYED - 1, LEAF_MNG_RD, TDR0, 2, KEYS_NOT_CONFIGURED);
	expect_order(TD_PAGED - 1, LEAF_MNG_RD, TDR0, 2, TDCS_NOT_ALLOCATED);
	expect_order(TD_KEYED - 1, LEAF_VP_CREATE, SPARE, TDR0, KEYS_NOT_CONFIGURED);
	expect_order(TD_PAGED - 1, LEAF_VP_CREATE, SPARE, TDR0, TDCS_NOT_ALLOCATED);
	expect_order(TD_PAGED, LEAF_VP_CREATE, SPARE, TDR0, OP_STATE);
	expect_order(TD_FINALIZED, LEAF_VP_CREATE, SPARE, TDR0, OP_STATE);
	expect_order(TD_VCPU_INITIALIZED, LEAF_VP_ADDCX, SPARE, TDVPR0, VCPU_STATE);
	expect_order(TD_FINALIZED, LEAF_VP_ADDCX, SPARE, TDVPR0, OP_STATE);
	expect_order(TD_VCPU_PAGED - 1, LEAF_VP_INIT, TDVPR0, 0, TDCX_NUM);
	expect_order(TD_VCPU_INITIALIZED, LEAF_VP_INIT, TDVPR0, 0, VCPU_STATE);
	expect_order(TD_FINALIZED, LEAF_VP_INIT, TDVPR0, 0, OP_STATE);
	expect_order(TD_VCPU_PAGED - 1, LEAF_VP_WR, TDVPR0, 2, TDCX_NUM);
	expect_order(TD_VCPU_PAGED, LEAF_VP_WR, TDVPR0, 2, VCPU_STATE);
	expect_order(TD_VCPU_PAGED - 1, LEAF_VP_FLUSH, TDVPR0, 0, TDCX_NUM);
	expect_order(TD_VCPU_PAGED, LEAF_VP_FLUSH, TDVPR0, 0, VCPU_NOT_ASSOCIATED);
	expect_order(TD_KEYED - 1, LEAF_MR_FINALIZE, TDR0, 0, KEYS_NOT_CONFIGURED);
	expect_order(TD_PAGED - 1, LEAF_MR_FINALIZE, TDR0, 0, TDCS_NOT_ALLOCATED);
	expect_order(TD_PAGED, LEAF_MR_FINALIZE, TDR0, 0, OP_STATE);
	expect_order(TD_VCPU_PAGED, LEAF_MR_FINALIZE, TDR0, 0, NO_VCPUS);
	expect_order(TD_FINALIZED, LEAF_MR_FINALIZE, TDR0, 0, OP_STATE);
	expect_order(TD_FINALIZED, LEAF_MNG_KEY_FREEID, TDR0, 0, LIFECYCLE);
	expect_order(TD_FINALIZED, LEAF_MNG_VPFLUSHDONE, TDR0, 0, FLUSHVP_NOT_DONE);
	expect_order(TD_VCPU_INITIALIZED, LEAF_MNG_VPFLUSHDONE, TDR0, 0, FLUSHVP_NOT_DONE);
	expect_order(TD_FINALIZED, LEAF_PAGE_RECLAIM, TDR0, 0, LIFECYCLE);
	expect_order(TD_FINALIZED, LEAF_PAGE_RECLAIM, TDVPR0, 0, LIFECYCLE);
}

/* A TD that fails at any step leaves nothing behind. */
CHECK(td_ends_at_each_step)
{
	unsigned int step;

	for (step = 0; step <= TD_FINALIZED; step++) {
		setup(step);
		fixture_td_destroy(0);
		expect_nothing_left();
	}
}

CHECK(td_hundreds)
{
	unsigned int round, td;

	setup(0);
	for (round = 0; round < 4; round++) {
		/* All HKIDs but the one of the module. */
		for (td = 0; td < 31; td++)
			fixture_td_build(td, FIXTURE_TD_HKID + td, TD_FINALIZED);
		EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = FIXTURE_TDR(31), .rdx = FIXTURE_TD_HKID),
			  HKID_NOT_FREE);
		for (td = 0; td < 31; td++)
			fixture_td_destroy((td + round) % 31);
		expect_nothing_left();
	}
}

CHECK(mng_create)
{
	setup(0);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = 31), OPERAND_INVALID + 2);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = 64), OPERAND_INVALID + 2);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = 1, .rdx = 1 << 16 | 33), OPERAND_INVALID + 2);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = FIXTURE_HKID), HKID_NOT_FREE);
	atomic_set(&m->kot_lock, 1);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = 33), OPERAND_BUSY + KOT);
	atomic_set(&m->kot_lock, 0);
	mc.no_entropy = true;
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = 33), NO_ENTROPY);
	mc.no_entropy = false;
	expect_nothing_left();
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = 63), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = 62), PAGE_METADATA + 1);
}

static void fail_next_key(unsigned int lp, enum tdxmod_pconfig result)
{
	mc.keyfail[lp].left = 1;
	mc.keyfail[lp].result = result;
}

CHECK(mng_key_config)
{
	setup(TD_CREATED);
	fail_next_key(3, TDXMOD_PCONFIG_BUSY);
	EXPECT_EQ(CALL(3, LEAF_MNG_KEY_CONFIG, .rcx = TDR0), OPERAND_BUSY + KET);
	fail_next_key(3, TDXMOD_PCONFIG_ENTROPY);
	EXPECT_EQ(CALL(3, LEAF_MNG_KEY_CONFIG, .rcx = TDR0), KEY_GENERATION_FAILED);
	EXPECT_EQ(CALL(3, LEAF_MNG_KEY_CONFIG, .rcx = TDR0), 0);
	EXPECT_EQ(CALL(2, LEAF_MNG_KEY_CONFIG, .rcx = TDR0), KEY_CONFIGURED);
	EXPECT_EQ(CALL(1, LEAF_MNG_KEY_CONFIG, .rcx = TDR0), 0);
	EXPECT(!mc.wrong_hkid);
	EXPECT_EQ(CALL(1, LEAF_MNG_KEY_CONFIG, .rcx = TDR0), LIFECYCLE);
}

CHECK(mng_addcx)
{
	unsigned int i;

	setup(TD_PAGED - 1);
	mc.no_entropy = true;
	EXPECT_EQ(CALL(0, LEAF_MNG_ADDCX, .rcx = SPARE, .rdx = TDR0), NO_ENTROPY);
	mc.no_entropy = false;
	expect_page(SPARE, 0, 0);
	/* Pages for nested VMs; those of a TD lock each other. */
	EXPECT_EQ(CALL(0, LEAF_MNG_ADDCX, .rcx = TDR0, .rdx = TDR0), OPERAND_BUSY_RCX);
	for (i = 6; i <= 9; i++)
		EXPECT_EQ(CALL(0, LEAF_MNG_ADDCX, .rcx = FIXTURE_PAGE(0, i), .rdx = TDR0), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_ADDCX, .rcx = 1, .rdx = TDR0), TDCX_NUM);
}

/* One word of good TD_PARAMS changes. */
static void expect_params(unsigned int word, u64 value, u64 status)
{
	u64 *words = fixture_td_params();
	bool good = !status;

	words[word] = value;
	if (good)
		setup(TD_PAGED);
	words = fixture_td_params();
	words[word] = value;
	EXPECT_EQ(CALL(0, LEAF_MNG_INIT, .rcx = TDR0, .rdx = FIXTURE_TD_PARAMS), status);
	if (status != OPERAND_INVALID + 69 || word < 32 || word == 42)
		EXPECT_EQ(regs.rcx, 0);
}

CHECK(td_params)
{
	static const struct {
		unsigned int word;
		u64 value;
		unsigned int operand;
	} bad[] = {
		/* ATTRIBUTES: a bit that is fixed; migratable with DEBUG or PERFMON */
		{ 0, 2, 64 }, { 0, 1 << 29 | 1, 64 }, { 0, 1ULL << 63 | 1 << 29, 64 },
		/* XFAM: bits that must be 0, 1, equal, or need another */
		{ 1, 1 << 20 | 3, 65 }, { 1, 1, 65 }, { 1, 0xe3, 65 }, { 1, 0x27, 65 },
		{ 1, 1 << 11 | 3, 65 }, { 1, 1 << 18 | 3, 65 },
		/* MAX_VCPUS, NUM_L2_VMS, reserved; MSR controls come later */
		{ 2, 0, 68 }, { 2, 4 << 16 | 2, 71 }, { 2, 1ULL << 63 | 2, 2 },
		{ 2, 2 << 24 | 2, 2 },
		/* EPT pointer: memory type, levels, other bits */
		{ 3, 0x1d, 67 }, { 3, 0x16, 67 }, { 3, 0x2e, 67 }, { 3, 0x5e, 67 },
		{ 3, 0x101e, 67 },
		/* CONFIG_FLAGS: reserved; GPAW needs five levels */
		{ 4, 8, 66 }, { 4, 1, 67 },
		/* TSC_FREQUENCY and the bytes behind it */
		{ 5, 3, 70 }, { 5, 401, 70 }, { 5, 1 << 16 | 100, 2 }, { 9, 1ULL << 63, 2 },
		/* IA32_ARCH_CAPABILITIES without its control, reserved */
		{ 28, 16, 72 }, { 29, 1, 2 }, { 31, 1ULL << 63, 2 },
		/* CPUID: 1.EAX is not the CPU's, HLE without RTM, bytes behind the leaves */
		{ 42, 1ULL << 36, 69 }, { 56, 1, 2 }, { 127, 1ULL << 63, 2 },
	};
	static const struct {
		unsigned int word;
		u64 value;
	} good[] = {
		{ 0, 0x8000000050000001 }, { 0, 1 << 29 }, { 1, 0x61ae7 }, { 2, 0xffff },
		{ 3, 0x26 }, { 4, 6 }, { 5, 4 }, { 5, 400 }, { 10, ~0ULL }, { 27, ~0ULL },
		{ 32, 0xC06F2 }, { 42, 1ULL << 36 | 1ULL << 43 },
	};
	unsigned int i;

	setup(TD_PAGED);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		expect_params(bad[i].word, bad[i].value, OPERAND_INVALID + bad[i].operand);
	for (i = 0; i < ARRAY_SIZE(good); i++)
		expect_params(good[i].word, good[i].value, 0);
}

static u64 init_td(void)
{
	return CALL(0, LEAF_MNG_INIT, .rcx = TDR0, .rdx = FIXTURE_TD_PARAMS);
}

CHECK(td_params_address)
{
	setup(TD_PAGED);
	EXPECT_EQ(CALL(0, LEAF_MNG_INIT, .rcx = TDR0, .rdx = FIXTURE_TD_PARAMS + 512),
		  OPERAND_INVALID + 2);
	EXPECT_EQ(CALL(0, LEAF_MNG_INIT, .rcx = TDR0, .rdx = FIXTURE_TD_PARAMS | 32 * WITH_KEYID),
		  OPERAND_INVALID + 2);
	m->platform.seamrr = (struct tdxmod_range){ FIXTURE_TD_PARAMS, SZ_4K };
	EXPECT_EQ(init_td(), OPERAND_INVALID + 2);
	m->platform.seamrr.size = 0;
	/* Parameters in a page without memory are zeroes. */
	mc.hook = NULL;
	EXPECT_EQ(CALL(0, LEAF_MNG_INIT, .rcx = TDR0, .rdx = FIXTURE_TD_PARAMS | WITH_KEYID), 0);
}

CHECK(td_params_combined)
{
	u64 *words;

	setup(TD_PAGED);
	/* IA32_ARCH_CAPABILITIES with its control */
	words = fixture_td_params();
	words[2] |= 1 << 24;
	words[28] = 0x1180011;
	EXPECT_EQ(init_td(), OPERAND_INVALID + 72);
	/* Nested VMs need pages, and a TD that does not migrate. */
	words = fixture_td_params();
	words[2] = 3 << 16 | 2;
	EXPECT_EQ(init_td(), TDCS_NOT_ALLOCATED);
	words[2] = 1 << 16 | 2;
	words[0] = 1 << 29;
	EXPECT_EQ(init_td(), TDCS_NOT_ALLOCATED);
	EXPECT_EQ(CALL(0, LEAF_MNG_ADDCX, .rcx = FIXTURE_PAGE(0, 7), .rdx = TDR0), 0);
	EXPECT_EQ(init_td(), OPERAND_INVALID + 2);
	/* 52 bits need five levels, which need an address of 49 bits. */
	words = fixture_td_params();
	words[3] = 0x26;
	words[4] = 1;
	m->platform.maxpa = 48;
	EXPECT_EQ(init_td(), OPERAND_INVALID + 67);
	m->platform.maxpa = 52;
	/* CPUID: the leaf is told, where it is one. */
	words[33] = 1ULL << 32;
	EXPECT_EQ(init_td(), OPERAND_INVALID + 69);
	EXPECT_EQ(regs.rcx, 0xFFFFFFFF00000001);
	words[33] = 0;
	words[32] = 0xC06F1;
	EXPECT_EQ(init_td(), OPERAND_INVALID + 69);
	EXPECT_EQ(regs.rcx, 0xFFFFFFFF00000001);
	/* An older stepping, if the TD may migrate. */
	words[0] = 1 << 29;
	words[32] = 0xC06F3;
	EXPECT_EQ(init_td(), OPERAND_INVALID + 69);
	words[32] = 0xB06F1;
	EXPECT_EQ(init_td(), OPERAND_INVALID + 69);
	words[32] = 0xC06F1;
	words[36] = 1 << 10;
	EXPECT_EQ(init_td(), OPERAND_INVALID + 69);
	EXPECT_EQ(regs.rcx, 0x0000000100000004);
	words[36] = 0;
	words[2] |= 1 << 24;
	words[28] = 0x1180010;
	m->platform.maxpa = 49;
	EXPECT_EQ(init_td(), 0);
}

/* A module that tells a maximum keeps to it. */
CHECK(td_params_max_vcpus)
{
	fixture_usable(TDXMOD_MAX_VCPUS_FIELD);
	fixture_td_params()[2] = 577;
	fixture_td_build(0, FIXTURE_TD_HKID, TD_PAGED);
	EXPECT_EQ(init_td(), OPERAND_INVALID + 68);
	fixture_td_params()[2] = 576;
	EXPECT_EQ(init_td(), 0);
}

static u64 make_vcpu(u64 tdvpr)
{
	unsigned int i;

	EXPECT_EQ(CALL(0, LEAF_VP_CREATE, .rcx = tdvpr, .rdx = TDR0), 0);
	for (i = 1; i <= 5; i++)
		EXPECT_EQ(CALL(0, LEAF_VP_ADDCX, .rcx = tdvpr + i * SZ_4K, .rdx = tdvpr), 0);
	return tdvpr;
}

CHECK(vp_addcx)
{
	unsigned int i;

	setup(TD_VCPU_CREATED);
	for (i = 1; i < 15; i++)
		EXPECT_EQ(CALL(0, LEAF_VP_ADDCX, .rcx = TDVPR0 + i * SZ_4K, .rdx = TDVPR0), 0);
	EXPECT_EQ(CALL(0, LEAF_VP_ADDCX, .rcx = 1, .rdx = TDVPR0), TDCX_NUM);
}

static void setup_version_1(void)
{
	struct tdxmod_platform p = fixture_platform();

	fixture_usable(0);
	m->platform.features0 = p.features0 | BIT_ULL(20);
	fixture_td_params()[2] = 4;
	fixture_td_build(0, FIXTURE_TD_HKID, TD_VCPU_PAGED);
}

CHECK(vp_init)
{
	const u64 leaf = 1 << 16 | LEAF_VP_INIT;
	u64 second, third;

	setup_version_1();
	second = make_vcpu(FIXTURE_PAGE(0, 16));
	third = make_vcpu(FIXTURE_PAGE(0, 22));
	EXPECT_EQ(CALL(0, 2 << 16 | LEAF_VP_INIT, .rcx = TDVPR0), OPERAND_INVALID);
	/* Version 1 changes the TD. */
	*entry(TDR0) |= 4;
	EXPECT_EQ(CALL(0, leaf, .rcx = TDVPR0, .r8 = 7), OPERAND_BUSY + TDR);
	*entry(TDR0) &= ~4ULL;
	EXPECT_EQ(CALL(0, leaf, .rcx = TDVPR0, .r8 = 1ULL << 32), OPERAND_INVALID + 8);
	EXPECT_EQ(td_field(0x9010000200000001), 0);
	EXPECT_EQ(CALL(0, leaf, .rcx = TDVPR0, .r8 = 0), 0);
	EXPECT_EQ(CALL(0, leaf, .rcx = third, .r8 = 0), X2APIC_ID_NOT_UNIQUE);
	EXPECT_EQ(CALL(0, leaf, .rcx = second, .r8 = 7), 0);
	EXPECT_EQ(CALL(0, leaf, .rcx = third, .r8 = 7), X2APIC_ID_NOT_UNIQUE + 7);
	/* Each ID cost an index. */
	EXPECT_EQ(CALL(0, leaf, .rcx = third, .r8 = 9), MAX_VCPUS_EXCEEDED);
	EXPECT_EQ(td_field(0x9010000200000001), 4);
	EXPECT_EQ(td_field(0x9010000200000002), 2);
}

CHECK(vp_init_nested)
{
	unsigned int i;

	setup(TD_PAGED);
	EXPECT_EQ(CALL(0, LEAF_MNG_ADDCX, .rcx = FIXTURE_PAGE(0, 7), .rdx = TDR0), 0);
	fixture_td_params()[2] |= 1 << 16;
	EXPECT_EQ(init_td(), 0);
	make_vcpu(TDVPR0);
	EXPECT_EQ(CALL(0, LEAF_VP_INIT, .rcx = TDVPR0), TDCX_NUM);
	for (i = 6; i < 9; i++)
		EXPECT_EQ(CALL(0, LEAF_VP_ADDCX, .rcx = TDVPR0 + i * SZ_4K, .rdx = TDVPR0), 0);
	EXPECT_EQ(CALL(0, LEAF_VP_INIT, .rcx = TDVPR0), 0);
}

static void expect_write(u64 field, u64 value, u64 mask, u64 status, u64 old)
{
	EXPECT_EQ(CALL(1, LEAF_VP_WR, .rcx = TDVPR0, .rdx = field, .r8 = value, .r9 = mask),
		  status);
	EXPECT_EQ(regs.r8, old);
}

CHECK(vp_wr)
{
	setup(TD_VCPU_INITIALIZED);
	expect_write(1, 0, ~0ULL, ID_INCORRECT, 0);
	expect_write(1ULL << 24 | 2, 0, ~0ULL, ID_INCORRECT, 0);
	/* Posted interrupts need a vector and a descriptor. */
	expect_write(0x4000, 0x80, 0x80, VMCS_NOT_INITIALIZED + 2, 0);
	expect_write(2, 1, 0, NOT_WRITABLE, 0);
	expect_write(2, 256, 0xffff, VALUE_NOT_VALID, 0);
	expect_write(2, 1 << 16, ~0ULL, VALUE_NOT_VALID, 0);
	expect_write(2, 0xff, 0xffff, 0, 0xffff);
	expect_write(2, 0x02, 0x0f, 0, 0xff);
	expect_write(2, 1, 0xff, 0, 0xf2);
	expect_write(0x4000, 0x80, 0x80, VMCS_NOT_INITIALIZED + 0x2016, 0);
	expect_write(0x2016, 0x4020, ~0ULL, VALUE_NOT_VALID, 0);
	expect_write(0x2016, 0x4040 | 32 * WITH_KEYID, ~0ULL, VALUE_NOT_VALID, 0);
	expect_write(0x2016, 1ULL << 52, ~0ULL, VALUE_NOT_VALID, 0);
	expect_write(0x2016, 0x4040, ~0ULL, 0, ~0ULL);
	expect_write(0x2016, 0x8000, ~0ULL, 0, 0x4040);
	expect_write(0x4000, 0x40, 0xc0, VALUE_NOT_VALID, 0);
	expect_write(0x4000, 0x80, 0x80, 0, 0);
	expect_write(0x4000, 0, 0x80, 0, 0x80);
	expect_write(0x203C, 0x5000, ~0ULL, 0, 0);
	expect_write(0x203C, 0x7000, ~0ULL, 0, 0x5000);
	expect_write(0x4024, 77, 0xffffffff, 0, 0);
	expect_write(0x202000000000000B, 1, 0xff, 0, 0);
	expect_write(0x202000000000000B, 0, 0xff, 0, 1);
}

CHECK(vcpu_association)
{
	setup(TD_VCPU_INITIALIZED);
	EXPECT_EQ(CALL(2, LEAF_VP_WR, .rcx = TDVPR0, .rdx = 2), VCPU_ASSOCIATED);
	EXPECT_EQ(CALL(2, LEAF_VP_FLUSH, .rcx = TDVPR0), VCPU_NOT_ASSOCIATED);
	EXPECT_EQ(CALL(1, LEAF_VP_FLUSH, .rcx = TDVPR0), 0);
	EXPECT_EQ(CALL(1, LEAF_VP_FLUSH, .rcx = TDVPR0), VCPU_NOT_ASSOCIATED);
	EXPECT_EQ(td_field(0x9010000200000002), 0);
	/* A leaf that fails afterwards associates, too. */
	EXPECT_EQ(CALL(2, LEAF_VP_WR, .rcx = TDVPR0, .rdx = 1), ID_INCORRECT);
	EXPECT_EQ(CALL(2, LEAF_VP_WR, .rcx = TDVPR0, .rdx = 1), ID_INCORRECT);
	EXPECT_EQ(td_field(0x9010000200000002), 1);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = TDR0), FLUSHVP_NOT_DONE);
	EXPECT_EQ(CALL(2, LEAF_VP_FLUSH, .rcx = TDVPR0), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = TDR0), 0);
	/* The key is in use no more. */
	EXPECT_EQ(CALL(1, LEAF_VP_WR, .rcx = TDVPR0, .rdx = 2), KEYS_NOT_CONFIGURED);
	EXPECT_EQ(CALL(1, LEAF_VP_FLUSH, .rcx = TDVPR0), KEYS_NOT_CONFIGURED);
	EXPECT_EQ(CALL(1, LEAF_VP_ADDCX, .rcx = SPARE, .rdx = TDVPR0), KEYS_NOT_CONFIGURED);
	EXPECT_EQ(CALL(1, LEAF_VP_INIT, .rcx = TDVPR0), KEYS_NOT_CONFIGURED);
}

/* Write-back of caches: each package, each interrupted twice. */
CHECK(cache_wb)
{
	setup(TD_PAGED);
	m->platform.cache_parts = 3;
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB, .rcx = 2), OPERAND_INVALID + 1);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB), NO_HKID_READY);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB, .rcx = 1), WBCACHE_RESUME_ERROR);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = TDR0), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = TDR0), LIFECYCLE);
	EXPECT_EQ(m->kot[FIXTURE_TD_HKID].state, TDXMOD_HKID_FLUSHED);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = TDR0), WBCACHE_NOT_COMPLETE);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB, .rcx = 1), WBCACHE_RESUME_ERROR);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB), INTERRUPTED_RESUMABLE);
	/* This one comes too late for package 0, but not for package 1. */
	fixture_td_build(1, FIXTURE_TD_HKID + 1, TD_CREATED);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = FIXTURE_TDR(1)), 0);
	EXPECT_EQ(CALL(2, LEAF_CACHE_WB, .rcx = 1), WBCACHE_RESUME_ERROR);
	EXPECT_EQ(fixture_cache_wb(2), 0);
	EXPECT_EQ(CALL(1, LEAF_CACHE_WB, .rcx = 1), INTERRUPTED_RESUMABLE);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = TDR0), WBCACHE_NOT_COMPLETE);
	EXPECT_EQ(CALL(1, LEAF_CACHE_WB, .rcx = 1), 0);
	EXPECT_EQ(CALL(1, LEAF_CACHE_WB, .rcx = 1), WBCACHE_RESUME_ERROR);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = TDR0), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = TDR0), LIFECYCLE);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = FIXTURE_TDR(1)), WBCACHE_NOT_COMPLETE);
	EXPECT_EQ(fixture_cache_wb(0), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = FIXTURE_TDR(1)), 0);
	fixture_td_destroy(0);
	fixture_td_destroy(1);
	expect_nothing_left();
}

CHECK(kot_busy)
{
	setup(TD_PAGED);
	atomic_set(&m->cache_wb[1].lock, 1);
	EXPECT_EQ(CALL(2, LEAF_CACHE_WB), OPERAND_BUSY + WBCACHE);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB), NO_HKID_READY);
	atomic_set(&m->cache_wb[1].lock, 0);
	atomic_set(&m->kot_lock, 1);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB), NO_HKID_READY);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = TDR0), OPERAND_BUSY + KOT);
	atomic_set(&m->kot_lock, -1);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB), OPERAND_BUSY + KOT);
	atomic_set(&m->kot_lock, 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = TDR0), 0);
	atomic_set(&m->kot_lock, 1);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = TDR0), OPERAND_BUSY + KOT);
	EXPECT_EQ(atomic_read(&m->kot_lock), 1);
	atomic_set(&m->kot_lock, 0);
	EXPECT_EQ(fixture_cache_wb(0) | fixture_cache_wb(2), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = TDR0), 0);
	fixture_td_destroy(0);
	expect_nothing_left();
}

static void expect_reclaim(u64 pa, u64 status, u64 type, u64 owner)
{
	EXPECT_EQ(CALL(0, LEAF_PAGE_RECLAIM, .rcx = pa, .rdx = 2, .r8 = 8, .r9 = 9, .r10 = 10,
		       .r11 = 11), status);
	EXPECT_EQ(regs.rcx, type);
	EXPECT_EQ(regs.rdx, owner);
	EXPECT_EQ(regs.r8 | regs.r9 | regs.r10 | regs.r11, 0);
}

CHECK(page_reclaim)
{
	setup(TD_KEYED + 1);
	expect_reclaim(TDR0 + 8, OPERAND_INVALID + 1, 0, 0);
	expect_reclaim(NOT_IN_A_TDMR, ADDR_RANGE, 0, 0);
	expect_reclaim(SPARE, PAGE_METADATA + 1, 0, 0);
	expect_reclaim(RESERVED_PAGE, PAGE_METADATA + 1, 0, 0);
	expect_reclaim(TDR0, LIFECYCLE, 4, 0);
	expect_reclaim(TDR0 + SZ_4K, LIFECYCLE, 5, TDR0);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = TDR0), 0);
	expect_reclaim(TDR0 + SZ_4K, LIFECYCLE, 5, TDR0);
	EXPECT_EQ(fixture_cache_wb(0) | fixture_cache_wb(2), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = TDR0), 0);
	expect_reclaim(TDR0, ASSOCIATED_PAGES, 4, 0);
	*entry(TDR0 + SZ_4K) |= 4;
	expect_reclaim(TDR0 + SZ_4K, OPERAND_BUSY_RCX, 0, 0);
	*entry(TDR0 + SZ_4K) &= ~4ULL;
	expect_reclaim(TDR0 + SZ_4K, 0, 5, TDR0);
	expect_reclaim(TDR0 + SZ_4K, PAGE_METADATA + 1, 0, 0);
	EXPECT_EQ(CALL(0, LEAF_PAGE_WBINVD, .rcx = TDR0), PAGE_METADATA + 1);
	expect_reclaim(TDR0, 0, 4, 0);
	expect_nothing_left();
	/* A page of 2 MiB, which no leaf here makes. */
	*entry_2m(SPARE) = 3 << 16;
	EXPECT_EQ(CALL(0, LEAF_PAGE_RECLAIM, .rcx = SPARE + SZ_4K), OPERAND_INVALID + 1);
	EXPECT_EQ(regs.r8, 1);
}

/* What the audit takes for the module's, and what it does not. */
CHECK(td_entries)
{
	const u64 words[][2] = {
		{ 7 << 16, 0 }, { 3 << 16, 0 }, { 5 << 16, 0 }, { 0, 1 },
		{ 4 << 16 | TDR0 << 12, 0 }, { 6 << 16 | NOT_IN_A_TDMR << 12, 0 },
		{ NOT_IN_A_TDMR << 12, 0 },
	};
	const u64 locked[2] = { 1, 0 };
	unsigned int i;

	setup(TD_FINALIZED);
	for (i = 0; i < FIXTURE_TD_PAGES; i++)
		EXPECT(tdxmod_is_td_entry(m, 0, i, entry(FIXTURE_PAGE(0, i))));
	fixture_td_destroy(0);
	for (i = 0; i < FIXTURE_TD_PAGES; i++)
		EXPECT(tdxmod_is_td_entry(m, 0, i, entry(FIXTURE_PAGE(0, i))));
	for (i = 0; i < ARRAY_SIZE(words); i++)
		EXPECT(!tdxmod_is_td_entry(m, 0, 0, words[i]));
	/* No leaf locks a page whose GiB is not initialized. */
	EXPECT(tdxmod_is_td_entry(m, 0, 0, locked));
	m->tdmrs[0].next -= SZ_4M;
	EXPECT(!tdxmod_is_td_entry(m, 0, 0, locked));
}

/* The TD, its key and an interrupted write-back survive an update. */
CHECK(td_update)
{
	setup(TD_FINALIZED);
	m->platform.cache_parts = 2;
	fixture_td_build(1, FIXTURE_TD_HKID + 1, TD_CREATED);
	EXPECT_EQ(CALL(0, LEAF_MNG_VPFLUSHDONE, .rcx = FIXTURE_TDR(1)), 0);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB), INTERRUPTED_RESUMABLE);
	EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), 0);
	EXPECT(tdxmod_reload(m));
	EXPECT_EQ(m->kot[FIXTURE_TD_HKID].state, 0);
	fixture_sys_init();
	EXPECT_EQ(CALL(0, LEAF_SYS_UPDATE), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = SPARE, .rdx = FIXTURE_TD_HKID), HKID_NOT_FREE);
	EXPECT_EQ(CALL(0, LEAF_CACHE_WB, .rcx = 1), 0);
	EXPECT_EQ(fixture_cache_wb(2), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_KEY_FREEID, .rcx = FIXTURE_TDR(1)), 0);
	fixture_td_destroy(0);
	fixture_td_destroy(1);
	expect_nothing_left();
}

/* SYS.DISABLE forgets TDs and their KeyIDs, and a new bring-up gives their pages to others. */
CHECK(td_disable)
{
	setup(0);
	fixture_usable(TDXMOD_SYS_DISABLE);
	fixture_td_params();
	fixture_td_build(0, FIXTURE_TD_HKID, TD_FINALIZED);
	while (CALL(0, LEAF_SYS_DISABLE) == INTERRUPTED_RESUMABLE)
		EXPECT_EQ(CALL(0, LEAF_MNG_RD, .rcx = TDR0, .rdx = 2), SHUTDOWN);
	EXPECT_EQ(regs.rax, 0);
	EXPECT_EQ(m->kot[FIXTURE_TD_HKID].state, 0);
	fixture_sys_init();
	EXPECT_EQ(fixture_config(FIXTURE_HKID), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = FIXTURE_TD_HKID), NOT_READY);
	EXPECT_EQ(CALL(0, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(CALL(2, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(CALL(0, LEAF_MNG_CREATE, .rcx = TDR0, .rdx = FIXTURE_TD_HKID), ADDR_RANGE);
	fixture_tdmr_init(256);
	expect_page(TDR0, 0, 0);
	fixture_td_build(0, FIXTURE_TD_HKID, TD_FINALIZED);
}

/* A TD with pages in two TDMRs. */
CHECK(td_in_two_tdmrs)
{
	unsigned int i;

	fixture_boot(0);
	fixture_sys_init();
	for (i = 0; i < 2; i++)
		machine_describe_tdmr(&mc, i, FIXTURE_TDMR + i * (u64)SZ_1G,
				      FIXTURE_PAMT + i * 0x1000000ULL);
	EXPECT_EQ(CALL(0, LEAF_SYS_CONFIG, .rcx = MACHINE_POINTERS, .rdx = 2, .r8 = FIXTURE_HKID),
		  0);
	EXPECT_EQ(CALL(0, LEAF_KEY_CONFIG) | CALL(2, LEAF_KEY_CONFIG), 0);
	fixture_tdmr_init(256);
	fixture_td_build(0, FIXTURE_TD_HKID, TD_KEYED);
	EXPECT_EQ(CALL(0, LEAF_MNG_ADDCX, .rcx = FIXTURE_TDMR + SZ_1G, .rdx = TDR0), ADDR_RANGE);
	m->tdmrs[1].next += SZ_1G;
	EXPECT_EQ(CALL(0, LEAF_MNG_ADDCX, .rcx = FIXTURE_TDMR + SZ_1G, .rdx = TDR0), 0);
	expect_page(FIXTURE_TDMR + SZ_1G, 5, TDR0);
	EXPECT_EQ(*machine_word(&mc, FIXTURE_PAMT + 0x1000000 + MACHINE_PAMT_4K),
		  TDR0 << 12 | 5 << 16);
	expect_page(FIXTURE_TDMR + SZ_1G + SZ_4K, 0, 0);
}

/* A module that does not need LP.INIT on each LP asks for it in each leaf. */
CHECK(td_lp_not_initialized)
{
	setup(TD_FINALIZED);
	m->platform.differences = TDXMOD_LP_INIT_RELAXED;
	m->lp_done[3] = false;
	EXPECT_EQ(CALL(3, LEAF_VP_FLUSH, .rcx = TDVPR0), LP_INIT_NOT_DONE);
	EXPECT_EQ(CALL(3, LEAF_CACHE_WB), LP_INIT_NOT_DONE);
}
