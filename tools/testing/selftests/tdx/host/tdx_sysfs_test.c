// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files in /sys/kernel/tdx, as Documentation/ABI/testing/sysfs-kernel-tdx describes
 * them.
 *
 * Run as root with the emulated TDX module (tdx_emulator=on on the kernel command
 * line), which each test resets.  Nothing else may request TDX meanwhile.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../kselftest_harness.h"
#include "emulated.h"
#include "machine.h"

#define SOON_MS		10000

#define NOBODY		65534
#define GIB		(1024ULL << 20)
#define CALL_BYTES	(4ULL << 20)

typedef unsigned long long u64;

FIXTURE(sysfs) {
	int status;
};

FIXTURE_SETUP(sysfs)
{
	reset_emulator(_metadata);
	if (_metadata->exit_code)
		return;

	self->status = open(SYSFS "/status", O_RDONLY);
	ASSERT_LE(0, self->status)
		TH_LOG("no " SYSFS);
}

FIXTURE_TEARDOWN(sysfs)
{
	close(self->status);
	tidy_emulator(_metadata);
}

static void expect_mode(struct __test_metadata *_metadata, const char *path,
			mode_t mode)
{
	struct stat st;

	ASSERT_EQ(0, stat(path, &st))
		TH_LOG("%s", path);
	EXPECT_EQ(mode, st.st_mode & 0777)
		TH_LOG("%s", path);
	EXPECT_EQ(0, st.st_uid);
}

static bool read_progress(u64 *done, u64 *total)
{
	char end;

	return sscanf(read_line(SYSFS "/progress"), "%llu %llu%c", done, total, &end) == 2;
}

static void expect_progress(struct __test_metadata *_metadata, u64 done, u64 total)
{
	u64 is_done, is_total;

	ASSERT_TRUE(read_progress(&is_done, &is_total));
	EXPECT_EQ(done, is_done);
	EXPECT_EQ(total, is_total);
}

/* Read the file again: poll(2) reports changes after that. */
static void expect_status(struct __test_metadata *_metadata, int fd, const char *text)
{
	char is[64] = "";

	EXPECT_LT(0, pread(fd, is, sizeof(is) - 1, 0));
	EXPECT_STREQ(text, is);
}

/* Check that poll(2) reports a change of the file. */
static bool poll_status(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	return poll(&poll_fd, 1, timeout_ms) == 1 &&
	       poll_fd.revents == (POLLPRI | POLLERR);
}

TEST_F(sysfs, before_the_first_request)
{
	expect_mode(_metadata, SYSFS "/status", 0444);
	expect_mode(_metadata, SYSFS "/progress", 0444);
	expect_mode(_metadata, SYSFS "/enable", 0200);
	expect_mode(_metadata, SYSFS "/error", 0400);
	expect_mode(_metadata, SYSFS "/module_version", 0444);
	expect_mode(_metadata, SYSFS "/phases_ms/tdmr_init", 0444);

	EXPECT_TRUE(status_is("unknown"));
	expect_progress(_metadata, 0, 0);
	EXPECT_STREQ("", sysfs_error());
	EXPECT_STREQ("", read_line(SYSFS "/module_version"));

	/* Reading the files makes no request. */
	EXPECT_EQ(0, all_calls());
}

TEST_F(sysfs, garbage_is_rejected)
{
	static const char * const garbage[] = {
		"00", "2", "-1", "11", " 1", "1 ", "1\n\n", "0x1", "y", "on",
		"true", "\n", "1 1",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		EXPECT_EQ(-EINVAL, sysfs_enable(garbage[i]))
			TH_LOG("\"%s\"", garbage[i]);
	}

	EXPECT_TRUE(status_is("unknown"));
	EXPECT_EQ(0, all_calls());
}

/* The exit status is 0 if all permissions are right. */
static int try_as_nobody(void)
{
	u64 done, total;

	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return 1;
	if (sysfs_enable("1") != -EACCES || sysfs_enable("0") != -EACCES)
		return 2;
	if (open(SYSFS "/error", O_RDONLY) >= 0 || errno != EACCES)
		return 3;
	if (!status_is("unknown"))
		return 4;
	if (!read_progress(&done, &total))
		return 5;

	return 0;
}

TEST_F(sysfs, other_users_may_read)
{
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(try_as_nobody());
	EXPECT_EQ(0, exit_status(pid));
	EXPECT_EQ(0, all_calls());
}

TEST_F_TIMEOUT(sysfs, enable_does_not_wait, TIMEOUT)
{
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, sysfs_enable("1"));
	EXPECT_TRUE(status_is("initializing"));

	/* A second write makes no second request. */
	EXPECT_EQ(0, sysfs_enable("1\n"));
	ASSERT_TRUE(status_becomes("initialized"));
	EXPECT_EQ(0, sysfs_enable("1\n"));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(sysfs, all_is_done_at_the_end, TIMEOUT)
{
	u64 total = gib_with_memory() * GIB;

	ASSERT_EQ(0, sysfs_enable("1\n"));
	ASSERT_TRUE(status_becomes("initialized"));
	expect_progress(_metadata, total, total);
	EXPECT_STREQ("", sysfs_error());

	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
	EXPECT_EQ((long)(total / CALL_BYTES), calls_of(TDH_SYS_TDMR_INIT));
}

TEST_F_TIMEOUT(sysfs, status_can_be_polled, TIMEOUT)
{
	ASSERT_EQ(0, emulator_dilate(SLOW));
	expect_status(_metadata, self->status, "unknown\n");
	EXPECT_FALSE(poll_status(self->status, 200));

	ASSERT_EQ(0, sysfs_enable("1"));
	EXPECT_TRUE(poll_status(self->status, SOON_MS));
	expect_status(_metadata, self->status, "initializing\n");

	ASSERT_TRUE(poll_status(self->status, TIMEOUT * 1000));
	expect_status(_metadata, self->status, "initialized\n");
	EXPECT_FALSE(poll_status(self->status, 200));
}

/* It grows in steps of a call, and is complete only if the status is "initialized". */
TEST_F_TIMEOUT(sysfs, progress_grows, TIMEOUT)
{
	u64 before = 0, done, total;
	int steps = 0;

	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, sysfs_enable("1"));
	do {
		usleep(10 * 1000);
		ASSERT_TRUE(read_progress(&done, &total));
		EXPECT_LE(before, done);
		if (total)
			EXPECT_EQ(gib_with_memory() * GIB, total);
		steps += before < done && done < total;
		before = done;
	} while (!total || done < total);

	EXPECT_TRUE(status_is("initialized"));
	EXPECT_LT(1, steps);
}

/* Return the sum of the phases whose files are in @names, or -1. */
static long sum_of_phases(const char * const names[], size_t nr)
{
	char path[64], end;
	long sum = 0, ms;
	size_t i;

	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), SYSFS "/phases_ms/%s", names[i]);
		if (sscanf(read_line(path), "%ld%c", &ms, &end) != 1 || ms < 0)
			return -1;
		sum += ms;
	}

	return sum;
}

static bool is_version(const char *line)
{
	unsigned int major, minor, update;
	char end;

	return sscanf(line, "%u.%u.%2u%c", &major, &minor, &update, &end) == 3;
}

/* The phases of bring-up last as long as bring-up, but for the parts of milliseconds. */
TEST_F_TIMEOUT(sysfs, phases_and_version, TIMEOUT)
{
	static const char * const on[] = {
		"metadata", "memory", "pamt", "lp_init", "sys_config", "key_config", "tdmr_init",
	};
	static const char * const off[] = { "sys_disable", "lp_stop", "pamt_clear", "pamt_free" };
	long start, total, sum;

	ASSERT_EQ(0, emulator_dilate(10));
	start = now_ns();
	ASSERT_EQ(0, sysfs_enable("1"));
	ASSERT_TRUE(status_becomes("initialized"));
	total = (now_ns() - start) / 1000000;
	sum = sum_of_phases(on, ARRAY_SIZE(on));
	EXPECT_LT(0, sum_of_phases(&on[6], 1));
	EXPECT_GE(total, sum);
	EXPECT_LE(total / 2, sum)
		TH_LOG("%ld of %ld ms", sum, total);
	EXPECT_EQ(0, sum_of_phases(off, ARRAY_SIZE(off)));
	EXPECT_TRUE(is_version(read_line(SYSFS "/module_version")));

	/* Off keeps the times of bring-up, whether or not it succeeds. */
	ASSERT_EQ(0, emulator_inject(TDH_SYS_DISABLE, OPERAND_INVALID, 0, 1));
	EXPECT_EQ(-EIO, sysfs_enable("0"));
	EXPECT_EQ(sum, sum_of_phases(on, ARRAY_SIZE(on)));
	ASSERT_EQ(0, sysfs_enable("0"));
	EXPECT_EQ(sum, sum_of_phases(on, ARRAY_SIZE(on)));
	EXPECT_LT(0, sum_of_phases(off, ARRAY_SIZE(off)));
	EXPECT_STREQ("", read_line(SYSFS "/module_version"));
}

TEST_F_TIMEOUT(sysfs, error_until_the_next_attempt, TIMEOUT)
{
	ASSERT_EQ(0, emulator_inject(TDH_SYS_CONFIG, 0xC0000A1200000102, 0,
				     ALWAYS));
	ASSERT_EQ(0, sysfs_enable("1"));
	ASSERT_TRUE(status_becomes("unknown"));
	expect_progress(_metadata, 0, 0);
	EXPECT_TRUE(sysfs_error_is("TDH.SYS.CONFIG: TDX_PAMT_OVERLAP: ", -EIO))
		TH_LOG("%s", sysfs_error());

	ASSERT_EQ(0, emulator_inject_nothing());
	ASSERT_EQ(0, sysfs_enable("1"));
	ASSERT_TRUE(status_becomes("initialized"));
	EXPECT_STREQ("", sysfs_error());
}

TEST_F_TIMEOUT(sysfs, final_error, TIMEOUT)
{
	int i;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_TDMR_INIT, OPERAND_INVALID, 300,
				     ALWAYS));
	ASSERT_EQ(0, emulator_inject(TDH_SYS_DISABLE, OPERAND_INVALID, 0, 1));
	expect_status(_metadata, self->status, "unknown\n");
	ASSERT_EQ(0, sysfs_enable("1"));
	ASSERT_TRUE(status_becomes("error"));
	EXPECT_TRUE(poll_status(self->status, SOON_MS));

	ASSERT_EQ(0, emulator_inject_nothing());
	for (i = 0; i < 2; i++) {
		EXPECT_TRUE(status_is("error"));
		expect_progress(_metadata, 0, 0);
		EXPECT_TRUE(sysfs_error_is("TDH.SYS.TDMR.INIT: TDX_OPERAND_INVALID", -EIO))
			TH_LOG("%s", sysfs_error());
		EXPECT_EQ(-EIO, sysfs_enable("1"));
		EXPECT_EQ(-EIO, sysfs_enable("0"));
	}

	ASSERT_EQ(0, emulator_reset());
	EXPECT_TRUE(status_is("unknown"));
	EXPECT_STREQ("", sysfs_error());
}

TEST_HARNESS_MAIN
