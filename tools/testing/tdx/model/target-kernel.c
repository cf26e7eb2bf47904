// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vectors on the emulated module of the running kernel, by its SEAMCALL
 * instruction.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/array_size.h>

#include "../../../../arch/x86/virt/vmx/tdx/emulator/replay.h"
#include "target.h"

#define PATH	"/sys/kernel/debug/tdx_emulator/replay"

static int fd = -1;

static void unusable(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", PATH, what, strerror(errno));
	exit(2);
}

/* The program's CPUs from 0 on, without a gap. */
static unsigned int max_lps(void)
{
	unsigned int n = 0;
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		unusable("sched_getaffinity");
	while (n < CPU_SETSIZE && CPU_ISSET(n, &cpus))
		n++;
	return n;
}

static void open_once(void)
{
	if (fd >= 0)
		return;
	fd = open(PATH, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		unusable("open");
}

static bool begin(const struct tdxmod_platform *platform, bool sysinit, unsigned int init_lps)
{
	struct tdx_replay_platform p = {
		.nr_packages = platform->nr_packages,
		.nr_lps = platform->nr_lps,
		.maxpa = platform->maxpa,
		.keyid_bits = platform->keyid_bits,
		.hkid_start = platform->hkid_start,
		.hkid_count = platform->hkid_count,
		.sysinit = sysinit,
		.init_lps = init_lps,
		.nr_cmrs = platform->nr_cmrs,
		.seamrr = platform->seamrr,
	};

	memcpy(p.cmrs, platform->cmrs, sizeof(p.cmrs));
	open_once();
	if (!ioctl(fd, TDX_REPLAY_BEGIN, &p))
		return true;
	if (errno != EINVAL)
		unusable("begin");
	return false;
}

static void end(void)
{
	/* The next platform takes the place of this one. */
}

static void read_words(u64 pa, u64 *words, size_t n)
{
	size_t done = 0, size = n * sizeof(*words);

	while (done < size) {
		ssize_t got = pread(fd, (char *)words + done, size - done, pa + done);

		if (got <= 0)
			unusable("read");
		done += got;
	}
}

static void write_words(u64 pa, const u64 *words, size_t n)
{
	size_t done = 0, size = n * sizeof(*words);

	while (done < size) {
		ssize_t put = pwrite(fd, (const char *)words + done, size - done, pa + done);

		if (put <= 0)
			unusable("write");
		done += put;
	}
}

static void keyfail(unsigned int lp, enum tdxmod_pconfig result, u64 count)
{
	struct tdx_replay_keyfail k = { .lp = lp, .result = result, .count = count };

	if (ioctl(fd, TDX_REPLAY_KEYFAIL, &k))
		unusable("keyfail");
}

static enum target_lock lock(const u64 *base, bool hold)
{
	struct tdx_replay_lock l = { .hold = hold };

	if (base) {
		l.of_tdmr = true;
		l.base = *base;
	}
	if (!ioctl(fd, TDX_REPLAY_LOCK, &l))
		return TARGET_LOCK_MOVED;
	if (errno == EBUSY)
		return TARGET_LOCK_OTHERWISE;
	if (errno != ENOENT)
		unusable("lock");
	return TARGET_LOCK_NONE;
}

/* An LP calls: the program goes there. */
static void move_to(unsigned int lp)
{
	static unsigned int here = ~0U;
	cpu_set_t cpu;

	if (lp == here)
		return;
	CPU_ZERO(&cpu);
	CPU_SET(lp, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		unusable("sched_setaffinity");
	here = lp;
}

/* RBP and RSP are the kernel's own: it would not survive their loss. */
static const char *lost_register(const struct tdx_replay_call *c)
{
	const struct {
		const char *name;
		u64 value;
	} others[] = {
		{ "rbx is lost", c->rbx },
		{ "rsi is lost", c->rsi },
		{ "rdi is lost", c->rdi },
		{ "r12 is lost", c->r12 },
		{ "r13 is lost", c->r13 },
		{ "r14 is lost", c->r14 },
		{ "r15 is lost", c->r15 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i].value != TARGET_MARKER(i))
			return others[i].name;
	}
	return NULL;
}

/* An instruction that fails gives what Linux' wrapper makes of it as RAX. */
static const char *seamcall(unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdx_replay_call c = {
		.regs = *regs,
		.rbx = TARGET_MARKER(0),
		.rsi = TARGET_MARKER(1),
		.rdi = TARGET_MARKER(2),
		.r12 = TARGET_MARKER(3),
		.r13 = TARGET_MARKER(4),
		.r14 = TARGET_MARKER(5),
		.r15 = TARGET_MARKER(6),
		.lp = lp,
	};

	move_to(lp);
	if (ioctl(fd, TDX_REPLAY_CALL, &c))
		unusable("call");
	*regs = c.regs;
	if (c.wrong_hkid)
		return "PCONFIG for another than the global HKID";
	return lost_register(&c);
}

const struct target target_kernel = {
	.max_lps = max_lps,
	.begin = begin,
	.end = end,
	.read = read_words,
	.write = write_words,
	.keyfail = keyfail,
	.lock = lock,
	.seamcall = seamcall,
};
