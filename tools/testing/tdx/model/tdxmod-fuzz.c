// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: the first byte of the input chooses one of three.
 *
 * Leaves of the module: a configuration that is valid until the input changes it, then
 * calls as the input says, on any LP and with any registers.  Whatever comes, a call
 * that is refused changes nothing, registers that a leaf does not name keep their
 * values, an accepted TDMR can be initialized to its end, and the module writes only
 * where it may: to the PAMTs of the TDMR, in convertible memory that no TD can get, or
 * to pages of TDMRs if the leaf is one of TDs.
 *
 * Leaves of TDs: a module that is ready, a TD that has got as far as the input says, and
 * calls as above.
 *
 * Calls of P-SEAMLDR: a module that is good until the input changes it, signed again or
 * not, and calls on any LP.  Whatever comes, P-SEAMLDR reads and writes only where it
 * may, a refusal that says so changes nothing, and else there is either the module that
 * was asked for or none.
 *
 * The first EXPECT() that fails, here or in the fixture, aborts.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "fixture.h"

/* All memory that the host has. */
#define MEMORY_END		0x14000ULL
#define INFO_WORDS		40
#define INFO_STRIDE		64
#define MAX_TDMRS		4

/* Behind the pages of a module that is installed, one for INFO. */
#define LOADER_INFO		(FIXTURE_IMAGE + FIXTURE_NR_PAGES * SZ_4K)
#define LOADER_MEMORY_END	(LOADER_INFO + SZ_4K)

static struct tdxmod *const m = &mc.module;
static const u8 *fuzz_data;
static size_t fuzz_left;
/* RCX of the TDMR.INIT under way, and whether there is one, a SYS.DISABLE, or a TD leaf. */
static u64 initializing_base;
static bool initializing, disabling, managing;

bool check_equal(u64 got, u64 want, const char *what, const char *file, int line)
{
	if (got == want)
		return true;
	fprintf(stderr, "%s:%d: %s is 0x%llx, should be 0x%llx\n", file, line, what, got, want);
	abort();
}

/* The next bytes of the input as a number; behind its end, 0. */
static u64 fuzz_take(unsigned int bytes)
{
	u64 value = 0;

	for (; bytes && fuzz_left; bytes--, fuzz_left--)
		value = value << 8 | *fuzz_data++;
	return value;
}

static bool in_one_of(const struct tdxmod_range *ranges, unsigned int n, u64 pa)
{
	while (n--) {
		if (pa >= ranges[n].base && pa - ranges[n].base < ranges[n].size)
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

static bool in_any_pamt(u64 pa)
{
	unsigned int i;

	for (i = 0; i < m->nr_tdmrs; i++) {
		if (in_a_pamt(&m->tdmrs[i], pa))
			return true;
	}
	return false;
}

static bool in_a_tdmr(u64 pa)
{
	unsigned int i;

	for (i = 0; i < m->nr_tdmrs; i++) {
		if (pa >= m->tdmrs[i].base && pa - m->tdmrs[i].base < m->tdmrs[i].size)
			return true;
	}
	return false;
}

static void check_page(u64 pa)
{
	unsigned int i;

	if (pa == ~0ULL)
		return;
	EXPECT(!(pa % SZ_4K));
	EXPECT(!(pa >> (m->platform.maxpa - m->platform.keyid_bits)));
	EXPECT(!managing || in_any_pamt(pa) || in_a_tdmr(pa));
	if (!initializing && !disabling)
		return;
	EXPECT(in_a_cmr(pa));
	/* Hand-off data may have other PAMTs. */
	EXPECT(!disabling || m->handoff_valid || in_any_pamt(pa));
	for (i = 0; i < m->nr_tdmrs && initializing; i++) {
		EXPECT(!is_usable(&m->tdmrs[i], pa));
		EXPECT_EQ(in_a_pamt(&m->tdmrs[i], pa), m->tdmrs[i].base == initializing_base);
	}
}

static void boot(const struct tdxmod_platform *p, u64 memory_end)
{
	EXPECT_EQ(machine_init(&mc, p), 0);
	mc.memory_end = memory_end;
	mc.hook = check_page;
}

static void boot_module(void)
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
	boot(&p, MEMORY_END);
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
	switch (fuzz_take(1) % 7) {
	case 0:
		return fuzz_take(8);
	case 1:
		return SZ_4K * fuzz_take(3);
	case 2:
		return SZ_1G * fuzz_take(1) + SZ_4K * fuzz_take(1);
	case 3:
		return ~0ULL;
	case 5:
		return FIXTURE_PAGE(0, fuzz_take(1) % 32);
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
	EXPECT(leaf == LEAF_SYS_CONFIG || !memcmp(m->kot, was->kot, sizeof(m->kot)));
	EXPECT_EQ(m->disabling, was->disabling || (leaf == LEAF_SYS_DISABLE &&
						   regs.rax == INTERRUPTED_RESUMABLE));
}

/* Registers that a leaf does not name keep their values. */
static void check_registers(const struct tdxmod_regs *in)
{
	/* Bits: rcx 0, rdx 1, r8 2, r9 3, r10 4, r11 5. */
	static const u8 outputs[] = {
		[LEAF_MNG_RD] = 0x06,
		[LEAF_MNG_INIT] = 0x01,
		[LEAF_PAGE_RDMD] = 0x3f,
		[LEAF_PAGE_RECLAIM] = 0x3f,
		[LEAF_SYS_INFO] = 0x0a,
		[LEAF_SYS_INIT] = 0x1f,
		[LEAF_SYS_RD] = 0x06,
		[LEAF_LP_INIT] = 0x07,
		[LEAF_TDMR_INIT] = 0x02,
		[LEAF_SYS_RDALL] = 0x04,
		[LEAF_VP_WR] = 0x04,
	};
	u64 leaf = in->rax & ~0xff0000ULL;
	u8 named = leaf < ARRAY_SIZE(outputs) ? outputs[leaf] : 0;

	EXPECT(named & 0x01 || regs.rcx == in->rcx);
	EXPECT(named & 0x02 || regs.rdx == in->rdx);
	EXPECT(named & 0x04 || regs.r8 == in->r8);
	EXPECT(named & 0x08 || regs.r9 == in->r9);
	EXPECT(named & 0x10 || regs.r10 == in->r10);
	EXPECT(named & 0x20 || regs.r11 == in->r11);
}

/* A leaf of TDs, which does not read TD_PARAMS from any address. */
static bool is_td_leaf(u64 leaf)
{
	leaf &= 0xffff;
	return leaf && leaf <= LEAF_VP_INIT && leaf != LEAF_MNG_INIT;
}

/* One call with all that must hold for any.  False: the module is dead. */
static bool call(unsigned int lp, struct tdxmod_regs in)
{
	static struct tdxmod was;
	bool answered;

	memcpy(&was, m, offsetof(struct tdxmod, handoff));
	regs = in;
	initializing = in.rax == LEAF_TDMR_INIT;
	disabling = in.rax == LEAF_SYS_DISABLE;
	managing = is_td_leaf(in.rax) || in.rax == LEAF_PAGE_RECLAIM ||
		   in.rax == LEAF_PAGE_WBINVD || in.rax == LEAF_VP_WR;
	initializing_base = in.rcx;
	mc.memory_end = initializing || disabling || managing || in.rax == LEAF_MNG_INIT ?
			~0ULL : MEMORY_END;
	answered = tdxmod_seamcall(m, lp, &regs);
	managing = false;
	initializing = false;
	disabling = false;
	EXPECT(!mc.wrong_hkid);
	EXPECT(!atomic_read(&m->nr_inside));
	if (!answered) {
		EXPECT(m->dead);
		EXPECT(!memcmp(&in, &regs, sizeof(in)));
		return false;
	}
	EXPECT(!atomic_read(&m->global));
	EXPECT(!atomic_read(&m->kot_lock));
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

/* The first calls that make a TD. */
static void begin_td(void)
{
	unsigned int step, steps = fuzz_take(1) % (TD_FINALIZED + 1);

	mc.memory_end = ~0ULL;
	fixture_td_params();
	for (step = 0; step < steps; step++)
		EXPECT_EQ(fixture_td_step(0, FIXTURE_TD_HKID, 1, step), 0);
	/* Let calls get as far as the last check of the parameters. */
	if (fuzz_take(1) & 1)
		change_word(machine_word(&mc, FIXTURE_TD_PARAMS) + fuzz_take(1) % 128);
}

static bool any_call(void)
{
	static const u32 leaves[] = {
		LEAF_PAGE_RDMD, LEAF_KEY_CONFIG, LEAF_SYS_INFO, LEAF_SYS_INIT,
		LEAF_SYS_RD, LEAF_LP_INIT, LEAF_TDMR_INIT, LEAF_SYS_RDALL, LEAF_LP_SHUTDOWN,
		LEAF_SYS_CONFIG, LEAF_SYS_SHUTDOWN, LEAF_SYS_UPDATE, LEAF_SYS_DISABLE, 3,
		LEAF_MNG_CREATE, LEAF_MNG_KEY_CONFIG, LEAF_MNG_ADDCX, LEAF_MNG_INIT,
		LEAF_MNG_RD, LEAF_MR_FINALIZE, LEAF_MNG_VPFLUSHDONE, LEAF_CACHE_WB,
		LEAF_MNG_KEY_FREEID, LEAF_PAGE_RECLAIM, LEAF_PAGE_WBINVD, LEAF_VP_CREATE,
		LEAF_VP_ADDCX, LEAF_VP_INIT, 1 << 16 | LEAF_VP_INIT, LEAF_VP_WR, LEAF_VP_FLUSH,
		1 << 16 | LEAF_MNG_RD,
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
	in.rdx = in.rax == LEAF_MNG_INIT && in.rcx % 2 == 0 ? FIXTURE_TD_PARAMS : take_value();
	in.r8 = take_value();
	in.r9 = take_value();
	return call(lp, in);
}

static void any_calls(void)
{
	unsigned int i;

	for (i = 0; i < 32 && fuzz_left && any_call(); i++)
		EXPECT(atomic_read(&mc.td_pages) >= 0);
}

static void fuzz_module(void)
{
	unsigned int mode, i;

	boot_module();
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
	any_calls();
}

/* A module that is ready for TDs. */
static void fuzz_tds(void)
{
	fixture_ready(TDXMOD_SYS_DISABLE);
	m->platform.features0 |= BIT_ULL(20);
	m->platform.cache_parts = fuzz_take(1) % 4;
	m->tdmrs[0].next += SZ_1G;
	mc.hook = check_page;
	begin_td();
	any_calls();
}

/* P-SEAMLDR */

static void boot_loader(void)
{
	struct tdxmod_platform p = fixture_platform();

	p.nr_lps = 2;
	boot(&p, LOADER_MEMORY_END);
	/* How it came there does not matter here. */
	m->state = TDXMOD_SYS_READY;
	if (!(fuzz_take(1) & 1))
		EXPECT_EQ(CALL(0, LEAF_SYS_SHUTDOWN), 0);
}

static void write_module(void)
{
	static const struct tdxmod_build build = { .update_version = 1, .nr_handoff_pages = 13 };
	unsigned int changes = fuzz_take(1) % 8;
	u64 where;

	fixture_make_module(&build);
	while (changes--) {
		where = fuzz_take(2) % sizeof(fixture_module);
		((u8 *)&fixture_module)[where] = fuzz_take(1);
	}
	if (fuzz_take(1) & 1)
		fixture_sign_module();
	fixture_write_module();
}

static void check_replaced(const struct tdxmod *was)
{
	const struct tdxmod_image *image = (const void *)fixture_module.image;

	EXPECT(m->seam_ready);
	EXPECT_EQ(m->state, TDXMOD_SYSINIT_PENDING);
	EXPECT(m->handoff_valid && was->handoff_valid);
	EXPECT_EQ(m->loader.nr_remaining, was->loader.nr_remaining - 1);
	EXPECT_EQ(m->loader.extend.major_svn, was->loader.extend.major_svn);
	EXPECT(m->loader.extend.minor_svn >= was->loader.extend.minor_svn);
	EXPECT(!memcmp(&m->build, &image->build, sizeof(m->build)));
}

static void check_kept(const struct tdxmod *was)
{
	EXPECT(!memcmp(&m->build, &was->build, sizeof(was->build)));
	EXPECT(!memcmp(&m->loader.extend, &was->loader.extend, sizeof(was->loader.extend)));
	EXPECT_EQ(m->state, was->state);
	EXPECT_EQ(m->misfit, was->misfit);
	EXPECT_EQ(m->handoff_valid, was->handoff_valid);
	EXPECT_EQ(m->loader.nr_remaining, was->loader.nr_remaining);
}

static void check_install(const struct tdxmod *was)
{
	bool last = was->loader.nr_called && !m->loader.nr_called;

	EXPECT(regs.rdx <= 1);
	EXPECT(m->loader.nr_called < m->platform.nr_lps);
	if (last && !regs.rax) {
		check_replaced(was);
	} else if (regs.rdx) {
		EXPECT(last && regs.rax && !m->seam_ready && !m->loader.extend.valid);
	} else {
		check_kept(was);
		EXPECT_EQ(m->seam_ready, last && was->loader.was_ready);
	}
}

static void read_memory(u8 *to)
{
	u64 pa;

	for (pa = 0; pa < LOADER_MEMORY_END; pa += SZ_4K)
		memcpy(to + pa, machine_word(&mc, pa), SZ_4K);
}

static void call_loader(void)
{
	static u8 before[LOADER_MEMORY_END], after[LOADER_MEMORY_END];
	static struct tdxmod was;
	unsigned int choice = fuzz_take(1);
	struct tdxmod_regs in = {
		.rax = PSEAMLDR_INFO | (choice & 8 ? fuzz_take(1) : 1),
		.rcx = choice & 4 ? fuzz_take(8) : choice & 2 ? LOADER_INFO : FIXTURE_MODULE,
		.rdx = 77, .r8 = 8, .r9 = 9, .r10 = 10, .r11 = 11,
	};
	u64 pa = in.rcx & (BIT_ULL(m->platform.maxpa - m->platform.keyid_bits) - 1);

	mc.no_entropy = choice & 0x80;
	read_memory(before);
	was = *m;
	regs = in;
	EXPECT(tdxmod_seamldr(m, choice & 1, &regs));
	EXPECT_EQ(atomic_read(&m->loader.inside), 0);
	/* INFO writes where it was told to, and nothing else writes at all. */
	read_memory(after);
	if (in.rax == PSEAMLDR_INFO && !regs.rax && pa < sizeof(before))
		memcpy(before + pa, after + pa, sizeof(struct pseamldr_info));
	EXPECT(!memcmp(before, after, sizeof(before)));
	if (in.rax == PSEAMLDR_INSTALL)
		check_install(&was);
	else
		EXPECT_EQ(regs.rdx, 77);
	in.rax = regs.rax;
	in.rdx = regs.rdx;
	EXPECT(!memcmp(&in, &regs, sizeof(in)));
}

static void fuzz_loader(void)
{
	unsigned int i;

	boot_loader();
	write_module();
	for (i = 0; i < 64 && fuzz_left; i++)
		call_loader();
}

/* Under the name that libFuzzer calls. */
int fuzz_one_input(const u8 *data, size_t size);

int fuzz_one_input(const u8 *data, size_t size)
{
	fuzz_data = data;
	fuzz_left = size;
	switch (fuzz_take(1) % 3) {
	case 0:
		fuzz_module();
		break;
	case 1:
		fuzz_loader();
		break;
	default:
		fuzz_tds();
		break;
	}
	return 0;
}
