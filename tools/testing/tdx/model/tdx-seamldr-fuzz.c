// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: a module that is good until the input changes it, signed
 * again or not, and calls of P-SEAMLDR on any LP.
 *
 * Whatever comes, P-SEAMLDR reads and writes only where it may, a refusal that
 * says so changes nothing, and else there is either the module that was asked
 * for or none.
 */
#include "fuzz.h"

#define MAX_CALLS	64
/* Pages that the host has: those of the module, and one for INFO behind them. */
#define NR_PAGES	8
#define INFO_PAGE	(FIXTURE_IMAGE + FIXTURE_NR_PAGES * SZ_4K)

static struct tdxmod *const m = &mc.module;

static void check_page(u64 pa)
{
	EXPECT(!(pa % SZ_4K));
	EXPECT(!(pa >> (m->platform.maxpa - m->platform.keyid_bits)));
}

static void boot(void)
{
	struct tdxmod_platform p = fixture_platform();

	p.nr_lps = 2;
	EXPECT_EQ(machine_init(&mc, &p), 0);
	mc.memory_end = NR_PAGES * SZ_4K;
	mc.hook = check_page;
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

	for (pa = 0; pa < NR_PAGES * SZ_4K; pa += SZ_4K)
		memcpy(to + pa, machine_word(&mc, pa), SZ_4K);
}

static void call(void)
{
	static u8 before[NR_PAGES * SZ_4K], after[NR_PAGES * SZ_4K];
	static struct tdxmod was;
	unsigned int choice = fuzz_take(1);
	struct tdxmod_regs in = {
		.rax = PSEAMLDR_INFO | (choice & 8 ? fuzz_take(1) : 1),
		.rcx = choice & 4 ? fuzz_take(8) : choice & 2 ? INFO_PAGE : FIXTURE_MODULE,
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

void fuzz_run(void)
{
	unsigned int i;

	boot();
	write_module();
	for (i = 0; i < MAX_CALLS && fuzz_can_take(); i++)
		call();
}
