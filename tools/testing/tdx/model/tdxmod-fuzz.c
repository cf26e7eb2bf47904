// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: a configuration that is valid until the input changes it,
 * then calls as the input says, on any LP and with any registers.
 *
 * Whatever comes, a call that is refused changes nothing, registers that a
 * leaf does not name keep their values, an accepted TDMR can be initialized
 * to its end, and the module writes only where it may: to the PAMTs of the
 * TDMR, in convertible memory that no TD can get.
 */
#include <stddef.h>

#include "fuzz.h"

/* All memory that the host has. */
#define MEMORY_END		0x14000ULL
#define INFO_WORDS		40
#define INFO_STRIDE		64
#define MAX_TDMRS		4

static struct tdxmod *const m = &mc.module;
/* RCX of the TDMR.INIT under way, and whether there is one. */
static u64 initializing_base;
static bool initializing;

static bool within(const struct tdxmod_range *r, u64 pa)
{
	return pa >= r->base && pa - r->base < r->size;
}

static bool in_one_of(const struct tdxmod_range *ranges, unsigned int n, u64 pa)
{
	while (n--) {
		if (within(&ranges[n], pa))
			return true;
	}
	return false;
}

static bool in_a_pamt(const struct tdxmod_tdmr *t, u64 pa)
{
	return in_one_of(t->pamt, TDXMOD_NR_LEVELS, pa);
}

static bool in_a_cmr(u64 pa)
{
	return in_one_of(m->platform.cmrs, m->platform.nr_cmrs, pa);
}

/* Could a TD get this page? */
static bool is_usable(const struct tdxmod_tdmr *t, u64 pa)
{
	return pa >= t->base && pa - t->base < t->size &&
	       !in_one_of(t->rsvd, TDXMOD_MAX_RESERVED, pa - t->base);
}

static void check_page(u64 pa)
{
	unsigned int i;

	if (pa == ~0ULL)
		return;
	EXPECT(!(pa % SZ_4K));
	EXPECT(!(pa >> (m->platform.maxpa - m->platform.keyid_bits)));
	if (!initializing)
		return;
	EXPECT(in_a_cmr(pa));
	for (i = 0; i < m->nr_tdmrs; i++) {
		EXPECT(!is_usable(&m->tdmrs[i], pa));
		EXPECT_EQ(in_a_pamt(&m->tdmrs[i], pa), m->tdmrs[i].base == initializing_base);
	}
}

static void boot(void)
{
	struct tdxmod_platform p = fixture_platform();
	u64 choice = fuzz_take(2);

	p.nr_cmrs = 3;
	p.cmrs[0] = (struct tdxmod_range){ 0, 0x80000000 };
	p.cmrs[1] = (struct tdxmod_range){ 0x100000000, 0x100000000 };
	p.cmrs[2] = (struct tdxmod_range){ 0x200000000, 0x100000000 };
	p.differences = choice & 0xf;
	/* A hole, or a SEAMRR, somewhere in what was good. */
	if (choice & 0x10)
		p.cmrs[2].base += SZ_4K << (choice >> 5 & 7);
	if (choice & 0x20)
		p.seamrr = (struct tdxmod_range){ MACHINE_TDMR_INFO, SZ_4K };
	if (choice & 0x100)
		p.maxpa = 46;
	EXPECT_EQ(machine_init(&mc, &p), 0);
	mc.memory_end = MEMORY_END;
	mc.hook = check_page;
}

static u64 *info_word(unsigned int tdmr, unsigned int word)
{
	return machine_word(&mc, MACHINE_TDMR_INFO) + tdmr * INFO_STRIDE + word;
}

/* Adjacent TDMRs of 1 GiB, PAMTs below 2 GiB, two areas reserved in each. */
static void write_good_config(void)
{
	static const u64 rsvd[] = { 0x100000, 0x1000, 0x200000, 0x600000 };
	unsigned int i;

	for (i = 0; i < MAX_TDMRS; i++)
		memcpy(machine_describe_tdmr(&mc, i, FIXTURE_TDMR + i * (u64)SZ_1G,
					     0x10000000 + i * 0x1000000ULL), rsvd, sizeof(rsvd));
}

static u64 take_value(void)
{
	switch (fuzz_take(1) % 6) {
	case 0:
		return fuzz_take(8);
	case 1:
		return SZ_4K * fuzz_take(3);
	case 2:
		return SZ_1G * fuzz_take(1) + SZ_4K * fuzz_take(1);
	case 3:
		return ~0ULL;
	case 4:
		return *info_word(fuzz_take(1) % MAX_TDMRS, fuzz_take(1) % INFO_WORDS);
	default:
		return fuzz_take(1);
	}
}

static void change_word(u64 *word)
{
	switch (fuzz_take(1) % 3) {
	case 0:
		*word = take_value();
		break;
	case 1:
		*word += take_value();
		break;
	default:
		*word -= take_value();
		break;
	}
}

static void change_config(void)
{
	unsigned int n = fuzz_take(1) % 8;

	while (n--) {
		unsigned int tdmr = fuzz_take(1) % (MAX_TDMRS + 1), word = fuzz_take(1);

		if (tdmr == MAX_TDMRS)
			change_word(machine_word(&mc, MACHINE_POINTERS) + word % MAX_TDMRS);
		else
			change_word(info_word(tdmr, word % INFO_WORDS));
	}
}

/* Nothing but HKID and KOT, which SYS.CONFIG sets before it refuses. */
static void check_unchanged(const struct tdxmod *was, u64 leaf)
{
	EXPECT_EQ(m->state, was->state);
	EXPECT_EQ(atomic_read(&m->nr_init_lps), atomic_read(&was->nr_init_lps));
	EXPECT_EQ(m->nr_tdmrs, was->nr_tdmrs);
	EXPECT_EQ(m->packages_done, was->packages_done);
	EXPECT_EQ(m->package_mask, was->package_mask);
	EXPECT_EQ(m->handoff_valid, was->handoff_valid);
	EXPECT(!memcmp(m->tdmrs, was->tdmrs, m->nr_tdmrs * sizeof(m->tdmrs[0])));
	EXPECT(leaf == LEAF_SYS_CONFIG || m->hkid == was->hkid);
}

/* Registers that a leaf does not name keep their values. */
static void check_registers(const struct tdxmod_regs *in)
{
	/* Bits: rcx 0, rdx 1, r8 2, r9 3, r10 4, r11 5. */
	static const u8 outputs[] = {
		[LEAF_PAGE_RDMD] = 0x3f,
		[LEAF_SYS_INFO] = 0x0a,
		[LEAF_SYS_INIT] = 0x1f,
		[LEAF_SYS_RD] = 0x06,
		[LEAF_LP_INIT] = 0x07,
		[LEAF_TDMR_INIT] = 0x02,
		[LEAF_SYS_RDALL] = 0x04,
	};
	u8 named = in->rax < ARRAY_SIZE(outputs) ? outputs[in->rax] : 0;

	EXPECT(named & 0x01 || regs.rcx == in->rcx);
	EXPECT(named & 0x02 || regs.rdx == in->rdx);
	EXPECT(named & 0x04 || regs.r8 == in->r8);
	EXPECT(named & 0x08 || regs.r9 == in->r9);
	EXPECT(named & 0x10 || regs.r10 == in->r10);
	EXPECT(named & 0x20 || regs.r11 == in->r11);
}

/* One call with all that must hold for any.  False: the module is dead. */
static bool call(unsigned int lp, struct tdxmod_regs in)
{
	static struct tdxmod was;
	bool answered;

	memcpy(&was, m, offsetof(struct tdxmod, handoff));
	regs = in;
	initializing = in.rax == LEAF_TDMR_INIT;
	initializing_base = in.rcx;
	mc.memory_end = initializing ? ~0ULL : MEMORY_END;
	answered = tdxmod_seamcall(m, lp, &regs);
	initializing = false;
	EXPECT_EQ(mc.wrong_hkid, 0);
	EXPECT(!atomic_read(&m->nr_inside));
	if (!answered) {
		EXPECT(m->dead);
		EXPECT(!memcmp(&in, &regs, sizeof(in)));
		return false;
	}
	EXPECT(!atomic_read(&m->global));
	check_registers(&in);
	if (regs.rax)
		check_unchanged(&was, in.rax);
	return true;
}

/* A page that TDs may get, or that holds a PAMT, is in a CMR. */
static void check_convertible(const struct tdxmod_tdmr *t, u64 pa)
{
	if (is_usable(t, pa) || in_a_pamt(t, pa))
		EXPECT(in_a_cmr(pa));
}

static void check_edges(const struct tdxmod_tdmr *t, struct tdxmod_range r)
{
	check_convertible(t, r.base - 1);
	check_convertible(t, r.base);
	check_convertible(t, r.base + r.size - 1);
	check_convertible(t, r.base + r.size);
}

/* What is true at every edge is true everywhere. */
static void check_accepted(const struct tdxmod_tdmr *t)
{
	struct tdxmod_range r = { t->base, t->size };
	unsigned int i;

	check_edges(t, r);
	for (i = 0; i < TDXMOD_NR_LEVELS; i++)
		check_edges(t, t->pamt[i]);
	for (i = 0; i < TDXMOD_MAX_RESERVED && t->rsvd[i].size; i++) {
		r = t->rsvd[i];
		r.base += t->base;
		check_edges(t, r);
	}
	for (i = 0; i < m->platform.nr_cmrs; i++)
		check_edges(t, m->platform.cmrs[i]);
}

static bool configure(void)
{
	struct tdxmod_regs in = {
		.rax = LEAF_SYS_CONFIG,
		.rcx = MACHINE_POINTERS,
		.rdx = fuzz_take(1) % (MAX_TDMRS + 2),
		.r8 = FIXTURE_HKID,
	};
	unsigned int i;

	EXPECT(call(0, in));
	EXPECT_EQ(!regs.rax, m->state == TDXMOD_SYSCONFIG_DONE);
	if (regs.rax)
		return false;
	for (i = 0; i < m->nr_tdmrs; i++)
		check_accepted(&m->tdmrs[i]);
	EXPECT_EQ(CALL(1, LEAF_KEY_CONFIG), 0);
	EXPECT_EQ(CALL(2, LEAF_KEY_CONFIG), 0);
	return true;
}

static u64 call_tdmr_init(const struct tdxmod_tdmr *t)
{
	EXPECT(call(3, (struct tdxmod_regs){ .rax = LEAF_TDMR_INIT, .rcx = t->base }));
	return regs.rax;
}

static void step_tdmr(struct tdxmod_tdmr *t, u64 at)
{
	t->next = at;
	EXPECT_EQ(call_tdmr_init(t), 0);
	EXPECT_EQ(t->next, at + SZ_4M);
	EXPECT_EQ(regs.rdx, ALIGN_DOWN(at + SZ_4M, SZ_1G));
}

/* A step anywhere and the last one: those between are alike. */
static void finish_tdmr(struct tdxmod_tdmr *t)
{
	step_tdmr(t, t->base + fuzz_take(2) * SZ_4M % t->size);
	step_tdmr(t, t->base + t->size - SZ_4M);
	EXPECT_EQ(call_tdmr_init(t), ALREADY_INITIALIZED);
}

static bool any_call(void)
{
	static const u8 leaves[] = {
		LEAF_PAGE_RDMD, LEAF_KEY_CONFIG, LEAF_SYS_INFO, LEAF_SYS_INIT,
		LEAF_SYS_RD, LEAF_LP_INIT, LEAF_TDMR_INIT, LEAF_SYS_RDALL, LEAF_LP_SHUTDOWN,
		LEAF_SYS_CONFIG, LEAF_SYS_SHUTDOWN, LEAF_SYS_UPDATE, LEAF_SYS_DISABLE, 3,
	};
	unsigned int choice = fuzz_take(1), lp = fuzz_take(1) % 4;
	struct tdxmod_regs in = { .r10 = 10, .r11 = 11 };

	mc.no_entropy = choice & 0x40;
	mc.keyfail[lp].left = choice & 0x80;
	mc.keyfail[lp].result = fuzz_take(1) % 4;
	choice &= 0x3f;
	if (choice == 0x3f)
		return tdxmod_reload(m) || true;
	in.rax = choice < ARRAY_SIZE(leaves) ? leaves[choice] : fuzz_take(8);
	in.rcx = take_value();
	in.rdx = take_value();
	in.r8 = take_value();
	in.r9 = take_value();
	return call(lp, in);
}

void fuzz_run(void)
{
	unsigned int mode, i;

	boot();
	write_good_config();
	change_config();

	mode = fuzz_take(1);
	if (mode & 1) {
		fixture_sys_init();
		if (!m->platform.seamrr.size && configure() && mode & 2) {
			for (i = 0; i < m->nr_tdmrs; i++)
				finish_tdmr(&m->tdmrs[i]);
		}
	}
	for (i = 0; i < 16 && fuzz_can_take() && any_call(); i++)
		;
}
