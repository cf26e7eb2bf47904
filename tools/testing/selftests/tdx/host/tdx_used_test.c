// SPDX-License-Identifier: GPL-2.0-only
/*
 * TDX comes up on a host whose memory is in use.
 *
 * A child fills most of the memory, so that the places of the PAMTs are in use, too.  The
 * kernel has to move pages away, or to take other memory, or to refuse with a reason.
 * Each test prints the time, the number of migrated pages, where the PAMTs are, and the
 * longest delay of another task that touches new memory, meanwhile and before.
 *
 * Run as root on a kernel with the options in `config` and tdx_emulator=on on the
 * kernel command line.  Each test resets the emulated TDX module.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define HUGE_2M		(21 << MAP_HUGE_SHIFT)
#define HUGE_1G		(30 << MAP_HUGE_SHIFT)
#define MIB		(1024L * 1024)

/* This part of the available memory is in use. */
#define USED_PERCENT	75

/* The rows of a node, and of its TDMRs: TDX_PAMT_PLACES each. */
#define MAX_PLACES	(2 * 16)

static long read_meminfo(const char *name)
{
	FILE *file = fopen("/proc/meminfo", "r");
	size_t len = strlen(name);
	long kib = -1;
	char line[128];

	while (file && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, name, len) && line[len] == ':')
			kib = strtol(line + len + 1, NULL, 10);
	}
	if (file)
		fclose(file);

	return kib;
}

static long read_vmstat(const char *name)
{
	FILE *file = fopen("/proc/vmstat", "r");
	long value, found = 0;
	char word[64];

	while (file && fscanf(file, "%63s %ld", word, &value) == 2) {
		if (!strcmp(word, name))
			found = value;
	}
	if (file)
		fclose(file);

	return found;
}

/* Return the node of an address, from the memory blocks of sysfs; -1 without a node. */
static int node_of(unsigned long long address)
{
	unsigned long long block;
	char path[96];
	int node;

	block = strtoull(read_line("/sys/devices/system/memory/block_size_bytes"), NULL, 16);
	for (node = 0; block && node < 64; node++) {
		snprintf(path, sizeof(path), "/sys/devices/system/node/node%d/memory%llu", node,
			 address / block);
		if (!access(path, F_OK))
			return node;
	}

	return -1;
}

/* Count the TDMRs whose PAMT is on another node. */
static int remote_pamts(void)
{
	FILE *file = fopen("/sys/kernel/debug/tdx_emulator/tdmrs", "r");
	unsigned long long base, size, pamt;
	int remote = 0;

	while (file && fscanf(file, "%llx %llx %llx", &base, &size, &pamt) == 3)
		remote += node_of(base) != node_of(pamt);
	if (file)
		fclose(file);

	return remote;
}

/* Kinds of use.  Each function fills @size bytes. */

static bool fill(char *memory, size_t size, int advice)
{
	if (memory == MAP_FAILED || (advice && madvise(memory, size, advice)))
		return false;

	return !madvise(memory, size, MADV_POPULATE_WRITE);
}

static char *map(size_t size, int flags)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1,
		    0);
}

static bool use_file(size_t size)
{
	int fd = memfd_create("used", 0);

	if (fd < 0 || ftruncate(fd, size))
		return false;

	return fill(mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), size, 0);
}

static bool use_small_pages(size_t size)
{
	return fill(map(size, 0), size, MADV_NOHUGEPAGE);
}

static bool use_thp(size_t size)
{
	return fill(map(size, 0), size, MADV_HUGEPAGE);
}

static bool use_mlocked(size_t size)
{
	char *memory = map(size, 0);

	return fill(memory, size, 0) && !mlock(memory, size);
}

static bool use_huge_2m(size_t size)
{
	return fill(map(size, MAP_HUGETLB | HUGE_2M), size, 0);
}

static bool use_huge_1g(size_t size)
{
	return fill(map(size, MAP_HUGETLB | HUGE_1G), size, 0);
}

/* Registered buffers of io_uring pin their pages for long.  A buffer has up to 1 GiB. */
static bool use_pinned(size_t size)
{
	struct io_uring_params params = {};
	struct iovec buffers[64];
	size_t nr, piece = 512 * MIB;
	int fd;

	fd = syscall(__NR_io_uring_setup, 1, &params);
	if (fd < 0)
		return false;
	for (nr = 0; nr < 64 && (nr + 1) * piece <= size; nr++) {
		buffers[nr] = (struct iovec) { map(piece, 0), piece };
		if (!fill(buffers[nr].iov_base, piece, 0))
			return false;
	}

	return !syscall(__NR_io_uring_register, fd, IORING_REGISTER_BUFFERS, buffers, nr);
}

/* Another task */

struct task {
	long worst_ns;
	bool stop;
};

/* Touch new memory and sleep, and find the longest delay of both. */
static void work(struct task *task)
{
	long start;

	while (!task->stop) {
		start = now_ns();
		munmap(memset(map(MIB, 0), 1, MIB), MIB);
		usleep(1000);
		start = now_ns() - start;
		if (start > task->worst_ns)
			task->worst_ns = start;
	}
}

struct use {
	size_t size;
	pid_t filler;
	pid_t worker;
	struct task *task;
};

FIXTURE(used) {
	struct use u;
};

FIXTURE_VARIANT(used) {
	bool (*use)(size_t size);
	long page_mib;		/* of hugetlb pages */
	bool may_fail;
};

FIXTURE_VARIANT_ADD(used, file) {
	.use = use_file,
};

FIXTURE_VARIANT_ADD(used, small_pages) {
	.use = use_small_pages,
};

FIXTURE_VARIANT_ADD(used, thp) {
	.use = use_thp,
};

FIXTURE_VARIANT_ADD(used, mlocked) {
	.use = use_mlocked,
};

FIXTURE_VARIANT_ADD(used, huge_2m) {
	.use = use_huge_2m,
	.page_mib = 2,
};

FIXTURE_VARIANT_ADD(used, huge_1g) {
	.use = use_huge_1g,
	.page_mib = 1024,
};

FIXTURE_VARIANT_ADD(used, pinned) {
	.use = use_pinned,
	.may_fail = true,
};

/* Pages of 1 GiB have to be reserved at boot: hugepagesz=1G hugepages=N. */
static size_t reserve(long page_mib, size_t size)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/mm/hugepages/hugepages-%ldkB/nr_hugepages",
		 page_mib * 1024);
	snprintf(text, sizeof(text), "%ld", (long)size / MIB / page_mib);
	if (page_mib == 2)
		write_file(path, text);

	return strtol(read_line(path), NULL, 10) * page_mib * MIB;
}

FIXTURE_SETUP(used)
{
	size_t size = read_meminfo("MemAvailable") * 1024 / 100 * USED_PERCENT;
	int ready[2];
	char byte;

	set_up(_metadata);
	if (_metadata->exit_code)
		return;

	if (variant->page_mib) {
		size = reserve(variant->page_mib, size);
		if (!size)
			SKIP(return, "no huge pages of %ld MiB", variant->page_mib);
	}
	self->u.size = size;
	ASSERT_EQ(0, pipe(ready));
	self->u.filler = fork();
	ASSERT_LE(0, self->u.filler);
	if (!self->u.filler) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		byte = variant->use(size);
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	close(ready[0]);
	close(ready[1]);
	if (!byte)
		SKIP(return, "cannot use %zu MiB of memory in this way", size / MIB);

	self->u.task = mmap(NULL, sizeof(struct task), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->u.task);
	self->u.worker = fork();
	ASSERT_LE(0, self->u.worker);
	if (!self->u.worker) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		work(self->u.task);
		_exit(0);
	}
}

static void release(struct __test_metadata *_metadata, struct use *u)
{
	if (u->worker) {
		u->task->stop = true;
		EXPECT_EQ(0, exit_status(u->worker));
	}
	if (u->filler) {
		kill(u->filler, SIGKILL);
		exit_status(u->filler);
	}
	u->worker = 0;
	u->filler = 0;
}

FIXTURE_TEARDOWN(used)
{
	release(_metadata, &self->u);
	reserve(2, 0);
	tear_down(_metadata);
}

TEST_F_TIMEOUT(used, comes_up, TIMEOUT)
{
	long migrated = read_vmstat("pgmigrate_success"), failed = read_vmstat("pgmigrate_fail");
	long start, ms, idle, pamt_pages;
	int ret;

	/* The other task has worked since the memory was filled. */
	sleep(1);
	idle = self->u.task->worst_ns;
	self->u.task->worst_ns = 0;
	start = now_ns();
	ret = enable_tdx();
	ms = (now_ns() - start) / 1000000;
	migrated = read_vmstat("pgmigrate_success") - migrated;
	failed = read_vmstat("pgmigrate_fail") - failed;
	TH_LOG("%zu of %ld MiB in use: %d after %ld ms", self->u.size / MIB,
	       read_meminfo("MemTotal") / 1024, ret, ms);
	TH_LOG("another task faulted and slept 1 ms: up to %ld us, before %ld us",
	       self->u.task->worst_ns / 1000, idle / 1000);
	TH_LOG("%ld pages migrated, %ld not; %d PAMTs remote", migrated, failed,
	       remote_pamts());

	/* 16 bytes for each page, and some for larger pages */
	pamt_pages = gib_with_memory() * (4 * MIB + 16384) / sysconf(_SC_PAGESIZE);
	EXPECT_LE(migrated, MAX_PLACES * pamt_pages);
	if (ret) {
		EXPECT_TRUE(variant->may_fail);
		EXPECT_TRUE(sysfs_error_is("of contiguous memory", -ENOMEM))
			TH_LOG("%s", sysfs_error());
		EXPECT_EQ(0, calls_of(TDH_SYS_CONFIG));
		release(_metadata, &self->u);
		EXPECT_EQ(0, try_tdx());
	}
	EXPECT_TRUE(status_is("initialized"));
}

TEST_HARNESS_MAIN
