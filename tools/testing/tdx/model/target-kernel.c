// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vectors on the emulated module of the running kernel, by its SEAMCALL
 * instruction.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../../../arch/x86/virt/vmx/tdx/emulator/replay.h"
#include "target.h"

#define REPLAY_FILE	"/sys/kernel/debug/tdx_emulator/replay"

static int kernel_fd = -1;

/* The program's CPUs from 0 on, without a gap. */
static unsigned int kernel_max_lps(void)
{
	unsigned int n = 0;
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(cpus), &cpus))
		err(2, "%s: sched_getaffinity", REPLAY_FILE);
	while (n < CPU_SETSIZE && CPU_ISSET(n, &cpus))
		n++;
	return n;
}

static bool kernel_begin(const struct tdxmod_platform *platform, bool sysinit,
			 unsigned int init_lps)
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
	if (kernel_fd < 0)
		kernel_fd = open(REPLAY_FILE, O_RDWR | O_CLOEXEC);
	if (kernel_fd < 0)
		err(2, "%s: open", REPLAY_FILE);
	if (!ioctl(kernel_fd, TDX_REPLAY_BEGIN, &p))
		return true;
	if (errno != EINVAL)
		err(2, "%s: begin", REPLAY_FILE);
	return false;
}

static void kernel_read(u64 pa, u64 *words, size_t n)
{
	size_t done = 0, size = n * sizeof(*words);
	ssize_t got;

	for (; done < size; done += got) {
		got = pread(kernel_fd, (char *)words + done, size - done, pa + done);
		if (got <= 0)
			err(2, "%s: read", REPLAY_FILE);
	}
}

static void kernel_write(u64 pa, const u64 *words, size_t n)
{
	size_t done = 0, size = n * sizeof(*words);
	ssize_t put;

	for (; done < size; done += put) {
		put = pwrite(kernel_fd, (const char *)words + done, size - done, pa + done);
		if (put <= 0)
			err(2, "%s: write", REPLAY_FILE);
	}
}

static void kernel_keyfail(unsigned int lp, enum tdxmod_pconfig result, u64 count)
{
	struct tdx_replay_keyfail k = { .lp = lp, .result = result, .count = count };

	if (ioctl(kernel_fd, TDX_REPLAY_KEYFAIL, &k))
		err(2, "%s: keyfail", REPLAY_FILE);
}

static int kernel_lock(const u64 *base, bool hold)
{
	struct tdx_replay_lock l = { .hold = hold, .of_tdmr = !!base, .base = base ? *base : 0 };

	if (!ioctl(kernel_fd, TDX_REPLAY_LOCK, &l))
		return 0;
	if (errno != EBUSY && errno != ENOENT)
		err(2, "%s: lock", REPLAY_FILE);
	return -errno;
}

/* An LP calls: the program goes there. */
static void kernel_move_to(unsigned int lp)
{
	static unsigned int here = ~0U;
	cpu_set_t cpu;

	if (lp == here)
		return;
	CPU_ZERO(&cpu);
	CPU_SET(lp, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		err(2, "%s: sched_setaffinity", REPLAY_FILE);
	here = lp;
}

/*
 * No leaf may touch the registers that the model does not have.  RBP and RSP are
 * the kernel's own: it would not survive their loss.
 *
 * An instruction that fails gives what Linux' wrapper makes of it as RAX.
 */
static const char *kernel_seamcall(unsigned int lp, struct tdxmod_regs *regs)
{
	struct tdx_replay_call in = {
		.regs = *regs,
		.rbx = 0xA5A5000000000000ULL,
		.rsi = 0xA5A5000000000001ULL,
		.rdi = 0xA5A5000000000002ULL,
		.r12 = 0xA5A5000000000003ULL,
		.r13 = 0xA5A5000000000004ULL,
		.r14 = 0xA5A5000000000005ULL,
		.r15 = 0xA5A5000000000006ULL,
		.lp = lp,
	};
	struct tdx_replay_call out = in;

	kernel_move_to(lp);
	if (ioctl(kernel_fd, TDX_REPLAY_CALL, &out))
		err(2, "%s: call", REPLAY_FILE);
	*regs = out.regs;
	if (out.wrong_hkid)
		return "PCONFIG for another than the global HKID";
	if (out.rbx != in.rbx || out.rsi != in.rsi || out.rdi != in.rdi)
		return "rbx, rsi or rdi is lost";
	if (out.r12 != in.r12 || out.r13 != in.r13 || out.r14 != in.r14 || out.r15 != in.r15)
		return "one of r12 to r15 is lost";
	return NULL;
}

const struct target target_kernel = {
	.max_lps = kernel_max_lps,
	.begin = kernel_begin,
	.read = kernel_read,
	.write = kernel_write,
	.keyfail = kernel_keyfail,
	.lock = kernel_lock,
	.seamcall = kernel_seamcall,
};
