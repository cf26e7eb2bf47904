// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: a configuration that is valid until the input changes it,
 * then calls as the input says, on any LP and with any registers.
 *
 * Whatever comes, a call that is refused changes nothing, registers that a
 * leaf does not name keep their values, an accepted TDMR can be initialised
 * to its end, and the module writes only where it may: to the PAMTs of the
 * TDMR, in convertible memory that no TD can get.
 */
#include <stdio.h>
#include <stdlib.h>

#include <linux/sizes.h>

#include "../../../../arch/x86/virt/vmx/tdx/emulator/model.h"
#include "../../../../arch/x86/virt/vmx/tdx/emulator/model_leaves.h"
#include "fuzz.h"

#define ALREADY_INITIALIZED	0x00000A0300000000ULL

/* The host's buffers: pages from here on, all else is unbacked. */
#define HOST_PAGES		4
#define POINTERS		0x1000ULL
#define INFOS			0x2000ULL
#define INFO_WORDS		40
#define INFO_STRIDE		64
#define MAX_TDMRS		4

static struct tdxmod module;
static u64 host[HOST_PAGES][SZ_4K / sizeof(u64)];
/* What the leaf under way may ask for beside the host's buffers. */
static const struct tdxmod_tdmr *initialising;
static bool entropy;
static unsigned int pconfig_result;

static bool within(const struct tdxmod_range *r, u64 pa)
{
	return pa >= r->base && pa - r->base < r->size;
}

static bool in_a_pamt(const struct tdxmod_tdmr *t, u64 pa)
{
	return within(&t->pamt[TDXMOD_4K], pa) || within(&t->pamt[TDXMOD_2M], pa) ||
	       within(&t->pamt[TDXMOD_1G], pa);
}

static bool in_a_cmr(u64 pa)
{
	unsigned int i;

	for (i = 0; i < module.platform.nr_cmrs; i++) {
		if (within(&module.platform.cmrs[i], pa))
			return true;
	}
	return false;
}

/* Could a TD get this page? */
static bool is_usable(const struct tdxmod_tdmr *t, u64 pa)
{
	unsigned int i;

	if (pa < t->base || pa - t->base >= t->size)
		return false;
	for (i = 0; i < TDXMOD_MAX_RESERVED; i++) {
		if (within(&t->rsvd[i], pa - t->base))
			return false;
	}
	return true;
}

static void check_pamt_page(u64 pa)
{
	unsigned int i;

	REQUIRE(in_a_pamt(initialising, pa));
	REQUIRE(in_a_cmr(pa));
	for (i = 0; i < module.nr_tdmrs; i++)
		REQUIRE(!is_usable(&module.tdmrs[i], pa));
}

static void *get_page(void *ctx, u64 pa)
{
	static u64 pamt[SZ_4K / sizeof(u64)];

	REQUIRE(!(pa % SZ_4K));
	REQUIRE(!(pa >> (module.platform.maxpa - module.platform.keyid_bits)));
	if (initialising) {
		check_pamt_page(pa);
		return pamt;
	}
	return pa / SZ_4K < HOST_PAGES ? host[pa / SZ_4K] : NULL;
}

static enum tdxmod_pconfig do_pconfig(void *ctx, unsigned int lp, u32 hkid)
{
	REQUIRE(hkid >= module.platform.hkid_start);
	REQUIRE(hkid - module.platform.hkid_start < module.platform.hkid_count);
	return pconfig_result;
}

static bool do_rdrand(void *ctx, u64 *value)
{
	*value = 1;
	return entropy;
}

static const struct tdxmod_ops ops = {
	.page = get_page,
	.pconfig = do_pconfig,
	.rdrand = do_rdrand,
};

static void boot(void)
{
	static const u8 lp_package[] = { 0, 0, 1, 1 };
	struct tdxmod_platform p = {
		.nr_packages = 2,
		.nr_lps = ARRAY_SIZE(lp_package),
		.lp_package = lp_package,
		.maxpa = take(1) & 1 ? 46 : 52,
		.keyid_bits = 6,
		.hkid_start = 32,
		.hkid_count = 32,
		.nr_cmrs = 3,
		.cmrs = {
			{ 0, 0x80000000 },
			{ 0x100000000, 0x100000000 },
			{ 0x200000000, 0x100000000 },
		},
		.features0 = 0xF0EBF,
		.max_vcpus = 576,
	};
	u64 choice = take(1);

	p.differences = choice & 0xf;
	/* A hole, or a SEAMRR, somewhere in what was good. */
	if (choice & 0x10)
		p.cmrs[2].base += SZ_4K << (choice >> 5);
	if (choice & 0x20)
		p.seamrr = (struct tdxmod_range){ 0x2000, 0x1000 };

	initialising = NULL;
	entropy = true;
	pconfig_result = TDXMOD_PCONFIG_OK;
	REQUIRE(!tdxmod_init(&module, &p, &ops, NULL));
}

static u64 *info_word(unsigned int tdmr, unsigned int word)
{
	return &host[INFOS / SZ_4K][tdmr * INFO_STRIDE + word];
}

/* Adjacent TDMRs of 1 GiB, PAMTs below 2 GiB, two areas reserved in each. */
static void write_good_config(void)
{
	unsigned int i, w;

	memset(host, 0, sizeof(host));
	for (i = 0; i < MAX_TDMRS; i++) {
		u64 pamt = 0x10000000 + i * 0x1000000ULL;
		const u64 info[] = {
			0x100000000 + i * (u64)SZ_1G, SZ_1G,
			pamt, 0x1000, pamt + 0x1000, 0x2000, pamt + 0x3000, 0x400000,
			0x100000, 0x1000, 0x200000, 0x600000,
		};

		host[POINTERS / SZ_4K][i] = INFOS + i * INFO_STRIDE * sizeof(u64);
		for (w = 0; w < ARRAY_SIZE(info); w++)
			*info_word(i, w) = info[w];
	}
}

static void change_word(u64 *word)
{
	switch (take(1) % 6) {
	case 0:
		*word = take(8);
		break;
	case 1:
		*word += SZ_4K * take(2);
		break;
	case 2:
		*word -= SZ_4K * take(2);
		break;
	case 3:
		*word = SZ_4K * take(3);
		break;
	case 4:
		*word = SZ_1G * take(2);
		break;
	default:
		*word = *info_word(take(1) % MAX_TDMRS, take(1) % INFO_WORDS);
		break;
	}
}

static void change_config(void)
{
	unsigned int n = take(1) % 8;

	while (n--) {
		unsigned int tdmr = take(1) % (MAX_TDMRS + 1), word = take(1);

		if (tdmr == MAX_TDMRS)
			change_word(&host[POINTERS / SZ_4K][word % MAX_TDMRS]);
		else
			change_word(info_word(tdmr, word % INFO_WORDS));
	}
}

/* What a refused call must leave as it was.  HKID and KOT: see SYS.CONFIG. */
struct snapshot {
	int state;
	int global;
	int nr_init_lps;
	unsigned int nr_tdmrs;
	unsigned int packages_done;
	u32 package_mask;
	bool handoff_valid;
	struct tdxmod_tdmr tdmrs[MAX_TDMRS];
};

static void take_snapshot(struct snapshot *s)
{
	memset(s, 0, sizeof(*s));
	s->state = module.state;
	s->global = atomic_read(&module.global);
	s->nr_init_lps = atomic_read(&module.nr_init_lps);
	s->nr_tdmrs = module.nr_tdmrs;
	s->packages_done = module.packages_done;
	s->package_mask = module.package_mask;
	s->handoff_valid = module.handoff_valid;
	memcpy(s->tdmrs, module.tdmrs, s->nr_tdmrs * sizeof(s->tdmrs[0]));
}

static void check_unchanged(const struct snapshot *before, u32 hkid, u64 leaf)
{
	struct snapshot now;

	take_snapshot(&now);
	REQUIRE(!memcmp(&now, before, sizeof(now)));
	REQUIRE(leaf == LEAF_SYS_CONFIG || module.hkid == hkid);
}

/* Bits: rcx 0, rdx 1, r8 2, r9 3, r10 4, r11 5. */
static unsigned int outputs_of(u64 leaf)
{
	switch (leaf) {
	case LEAF_PAGE_RDMD:
		return 0x3f;
	case LEAF_SYS_INFO:
		return 0x0a;
	case LEAF_SYS_INIT:
		return 0x1f;
	case LEAF_SYS_RD:
		return 0x06;
	case LEAF_LP_INIT:
		return 0x07;
	case LEAF_TDMR_INIT:
		return 0x02;
	case LEAF_SYS_RDALL:
		return 0x04;
	default:
		return 0;
	}
}

static void check_registers(const struct tdxmod_regs *in, const struct tdxmod_regs *out)
{
	unsigned int outputs = outputs_of(in->rax);

	REQUIRE(outputs & 0x01 || out->rcx == in->rcx);
	REQUIRE(outputs & 0x02 || out->rdx == in->rdx);
	REQUIRE(outputs & 0x04 || out->r8 == in->r8);
	REQUIRE(outputs & 0x08 || out->r9 == in->r9);
	REQUIRE(outputs & 0x10 || out->r10 == in->r10);
	REQUIRE(outputs & 0x20 || out->r11 == in->r11);
}

static const struct tdxmod_tdmr *find_tdmr(u64 base)
{
	unsigned int i;

	for (i = 0; i < module.nr_tdmrs; i++) {
		if (module.tdmrs[i].base == base)
			return &module.tdmrs[i];
	}
	return NULL;
}

/* One call with all that must hold for any.  False: the module is dead. */
static bool call(unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdxmod_regs in = *regs;
	struct snapshot before;
	u32 hkid = module.hkid;
	bool answered;

	take_snapshot(&before);
	if (in.rax == LEAF_TDMR_INIT && module.state == TDXMOD_SYS_READY)
		initialising = find_tdmr(in.rcx);
	answered = tdxmod_seamcall(&module, lp, regs);
	initialising = NULL;
	REQUIRE(!atomic_read(&module.nr_inside));
	if (!answered) {
		REQUIRE(module.dead);
		REQUIRE(!memcmp(&in, regs, sizeof(in)));
		return false;
	}
	REQUIRE(!atomic_read(&module.global));
	check_registers(&in, regs);
	if (regs->rax)
		check_unchanged(&before, hkid, in.rax);
	return true;
}

static u64 plain_call(unsigned int lp, u64 leaf)
{
	struct tdxmod_regs regs = { .rax = leaf };

	REQUIRE(call(lp, &regs));
	return regs.rax;
}

static void init_all(void)
{
	unsigned int lp;

	REQUIRE(!plain_call(0, LEAF_SYS_INIT));
	for (lp = 0; lp < module.platform.nr_lps; lp++)
		REQUIRE(!plain_call(lp, LEAF_LP_INIT));
}

/* A page that TDs may get, or that holds a PAMT, is in a CMR. */
static void check_convertible(const struct tdxmod_tdmr *t, u64 pa)
{
	if (is_usable(t, pa) || in_a_pamt(t, pa))
		REQUIRE(in_a_cmr(pa));
}

static void check_edges(const struct tdxmod_tdmr *t, u64 base, u64 size)
{
	check_convertible(t, base - 1);
	check_convertible(t, base);
	check_convertible(t, base + size - 1);
	check_convertible(t, base + size);
}

/* What is true at every edge is true everywhere. */
static void check_accepted(const struct tdxmod_tdmr *t)
{
	unsigned int i;

	check_edges(t, t->base, t->size);
	for (i = 0; i < TDXMOD_NR_LEVELS; i++)
		check_edges(t, t->pamt[i].base, t->pamt[i].size);
	for (i = 0; i < TDXMOD_MAX_RESERVED && t->rsvd[i].size; i++)
		check_edges(t, t->base + t->rsvd[i].base, t->rsvd[i].size);
	for (i = 0; i < module.platform.nr_cmrs; i++)
		check_edges(t, module.platform.cmrs[i].base, module.platform.cmrs[i].size);
}

static bool configure(void)
{
	struct tdxmod_regs regs = {
		.rax = LEAF_SYS_CONFIG,
		.rcx = POINTERS,
		.rdx = take(1) % (MAX_TDMRS + 2),
		.r8 = 32,
	};
	unsigned int i;

	REQUIRE(call(0, &regs));
	REQUIRE(!regs.rax == (module.state == TDXMOD_SYSCONFIG_DONE));
	if (regs.rax)
		return false;
	for (i = 0; i < module.nr_tdmrs; i++)
		check_accepted(&module.tdmrs[i]);
	REQUIRE(!plain_call(1, LEAF_KEY_CONFIG));
	REQUIRE(!plain_call(2, LEAF_KEY_CONFIG));
	return true;
}

static void step_tdmr(const struct tdxmod_tdmr *t)
{
	struct tdxmod_regs regs = { .rax = LEAF_TDMR_INIT, .rcx = t->base };
	u64 next = t->next + SZ_4M;

	REQUIRE(call(3, &regs));
	REQUIRE(!regs.rax);
	REQUIRE(t->next == next);
	REQUIRE(regs.rdx == (next & ~(SZ_1G - 1ULL)));
}

/* A step anywhere and the last one: those between are alike. */
static void finish_tdmr(struct tdxmod_tdmr *t)
{
	u64 end = t->base + t->size;
	struct tdxmod_regs regs = { .rax = LEAF_TDMR_INIT, .rcx = t->base };

	t->next = t->base + take(2) * SZ_4M % t->size;
	step_tdmr(t);
	t->next = end - SZ_4M;
	step_tdmr(t);
	REQUIRE(t->next == end);
	REQUIRE(call(0, &regs));
	REQUIRE(regs.rax == ALREADY_INITIALIZED);
}

static u64 take_value(void)
{
	switch (take(1) % 5) {
	case 0:
		return take(8);
	case 1:
		return SZ_4K * take(1);
	case 2:
		return SZ_1G * take(1) + SZ_4K * take(1);
	case 3:
		return ~0ULL;
	default:
		return take(1);
	}
}

static bool any_call(void)
{
	static const u8 leaves[] = {
		LEAF_PAGE_RDMD, LEAF_KEY_CONFIG, LEAF_SYS_INFO, LEAF_SYS_INIT,
		LEAF_SYS_RD, LEAF_LP_INIT, LEAF_TDMR_INIT, LEAF_SYS_RDALL, 44,
		LEAF_SYS_CONFIG, LEAF_SYS_SHUTDOWN, LEAF_SYS_UPDATE, LEAF_SYS_DISABLE, 3,
	};
	unsigned int choice = take(1), lp = take(1) % 4;
	struct tdxmod_regs regs = {};

	entropy = !(choice & 0x40);
	pconfig_result = choice & 0x80 ? take(1) % 4 : TDXMOD_PCONFIG_OK;
	choice &= 0x3f;
	if (choice == 0x3f)
		return tdxmod_reload(&module) || true;
	regs.rax = choice < ARRAY_SIZE(leaves) ? leaves[choice] : take(8);
	regs.rcx = take_value();
	regs.rdx = take_value();
	regs.r8 = take_value();
	regs.r9 = take_value();
	regs.r10 = 10;
	regs.r11 = 11;
	return call(lp, &regs);
}

int fuzz_one_input(const u8 *data, size_t size)
{
	unsigned int mode, i;

	take_from(data, size);
	boot();
	write_good_config();
	change_config();

	mode = take(1);
	if (mode & 1) {
		init_all();
		if (!module.platform.seamrr.size && configure() && mode & 2) {
			for (i = 0; i < module.nr_tdmrs; i++)
				finish_tdmr(&module.tdmrs[i]);
		}
	}
	for (i = 0; i < 16 && can_take() && any_call(); i++)
		;
	return 0;
}
