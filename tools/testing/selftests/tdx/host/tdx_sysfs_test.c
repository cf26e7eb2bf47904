// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does /sys/kernel/tdx say what is, wake those who poll, and do what it is
 * told?  As Documentation/ABI/testing/sysfs-kernel-tdx has it.
 *
 * Run as root with the emulated TDX module (tdx_emulator=on on the kernel
 * command line), which is reset after each test.  Nobody else should ask for
 * TDX meanwhile.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../kselftest_harness.h"
#include "machine.h"

#define TIMEOUT		300
#define TIMEOUT_MS	(TIMEOUT * 1000)
#define SOON_MS		10000

/* Seconds for each GiB of a lane */
#define SLOW		1000

/* Times that progress is seen */
#define ENOUGH		3

#define FOR_EVER	1000000
#define NOBODY		65534
#define GIB		(1024ULL << 20)
#define CALL		(4ULL << 20)

typedef unsigned long long u64;

static const char *missing(void)
{
	if (geteuid())
		return "not root";
	if (!emulator_present())
		return "no emulated TDX module: CONFIG_TDX_EMULATOR=y, tdx_emulator=on";
	if (!emulator_can_reset())
		return "no reset of the emulated TDX module: CONFIG_KUNIT=y";
	if (!shown())
		return "no " SHOWN ": CONFIG_TDX_BRINGUP=y, not tdx_host=off";

	return NULL;
}

FIXTURE(shown) {
	int status;
	int progress;
};

FIXTURE_SETUP(shown)
{
	const char *lack = missing();

	self->status = -1;
	self->progress = -1;
	if (lack)
		SKIP(return, "%s", lack);

	ASSERT_EQ(0, emulator_reset());
	self->status = open(SHOWN "/status", O_RDONLY);
	ASSERT_LE(0, self->status);
	self->progress = open(SHOWN "/progress", O_RDONLY);
	ASSERT_LE(0, self->progress);
}

FIXTURE_TEARDOWN(shown)
{
	char rule[64] = "";

	close(self->status);
	close(self->progress);
	EXPECT_EQ(0, audit_reports(rule, sizeof(rule)))
		TH_LOG("audit: %s", rule);
	EXPECT_EQ(0, emulator_dilate(1));
	EXPECT_EQ(0, emulator_reset());
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

static void expect_pair(struct __test_metadata *_metadata, const char *path,
			u64 first, u64 second)
{
	u64 a, b;

	ASSERT_EQ(0, shown_pair(path, &a, &b))
		TH_LOG("%s", path);
	EXPECT_EQ(first, a)
		TH_LOG("%s", path);
	EXPECT_EQ(second, b)
		TH_LOG("%s", path);
}

/* Read, so that poll(2) tells of changes after that. */
static bool read_at_start(int fd, char *text, size_t size)
{
	ssize_t n = pread(fd, text, size - 1, 0);

	if (n <= 0)
		return false;
	text[n] = '\0';

	return true;
}

static bool wakes(int fd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	return poll(&poll_fd, 1, timeout_ms) == 1 &&
	       poll_fd.revents == (POLLPRI | POLLERR);
}

TEST_F(shown, before_anybody_has_asked)
{
	char line[512];

	expect_mode(_metadata, SHOWN "/status", 0444);
	expect_mode(_metadata, SHOWN "/progress", 0444);
	expect_mode(_metadata, SHOWN "/enable", 0200);
	expect_mode(_metadata, SHOWN "/error", 0400);
	expect_mode(_metadata, SHOWN "/node0/progress", 0444);
	expect_mode(_metadata, SHOWN "/node0/lanes", 0444);

	EXPECT_TRUE(shown_status_is("unknown"));
	expect_pair(_metadata, SHOWN "/progress", 0, 0);
	expect_pair(_metadata, SHOWN "/node0/progress", 0, 0);
	expect_pair(_metadata, SHOWN "/node0/lanes", 0, 0);
	ASSERT_EQ(0, shown_error(line, sizeof(line)));
	EXPECT_STREQ("", line);

	/* Looking is not asking. */
	EXPECT_EQ(0, calls_in_all());
}

TEST_F(shown, garbage_is_refused)
{
	static const char * const garbage[] = {
		"0", "2", "-1", "11", " 1", "1 ", "1\n\n", "0x1", "y", "on",
		"true", "\n", "1 1",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(garbage); i++) {
		EXPECT_EQ(-EINVAL, shown_enable(garbage[i]))
			TH_LOG("\"%s\"", garbage[i]);
	}

	EXPECT_TRUE(shown_status_is("unknown"));
	EXPECT_EQ(0, calls_in_all());
}

/* 0 if nobody may not what nobody should not, and may the rest. */
static int try_as_nobody(void)
{
	u64 a, b;

	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return 1;
	if (shown_enable("1") != -EACCES)
		return 2;
	if (open(SHOWN "/error", O_RDONLY) >= 0 || errno != EACCES)
		return 3;
	if (!shown_status_is("unknown"))
		return 4;
	if (shown_pair(SHOWN "/progress", &a, &b) ||
	    shown_pair(SHOWN "/node0/lanes", &a, &b))
		return 5;

	return 0;
}

TEST_F(shown, others_than_root_may_look)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(try_as_nobody());
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));
	EXPECT_EQ(0, calls_in_all());
}

/* The sums over all nodes. */
static bool sum_nodes(u64 *done, u64 *total, u64 *unfinished, u64 *lanes)
{
	DIR *dir = opendir(SHOWN);
	char path[sizeof(SHOWN "/progress") + sizeof(((struct dirent *)0)->d_name)];
	struct dirent *entry;
	bool good = dir;
	u64 a, b;

	*done = *total = *unfinished = *lanes = 0;
	while (good && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "node", 4))
			continue;
		snprintf(path, sizeof(path), SHOWN "/%s/progress", entry->d_name);
		good = !shown_pair(path, &a, &b) && a <= b;
		*done += a;
		*total += b;
		snprintf(path, sizeof(path), SHOWN "/%s/lanes", entry->d_name);
		good = good && !shown_pair(path, &a, &b) && a <= b;
		*unfinished += a;
		*lanes += b;
	}
	if (dir)
		closedir(dir);

	return good;
}

static void expect_up(struct __test_metadata *_metadata)
{
	u64 total = gib_with_memory() * GIB;
	u64 done, all, unfinished, lanes;
	char line[512];

	EXPECT_TRUE(shown_status_is("initialized"));
	expect_pair(_metadata, SHOWN "/progress", total, total);
	ASSERT_TRUE(sum_nodes(&done, &all, &unfinished, &lanes));
	EXPECT_EQ(total, done);
	EXPECT_EQ(total, all);
	EXPECT_EQ(0, unfinished);
	EXPECT_LT(0, lanes);
	ASSERT_EQ(0, shown_error(line, sizeof(line)));
	EXPECT_STREQ("", line);

	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
	EXPECT_EQ((long)(total / CALL), calls_of(TDH_SYS_TDMR_INIT));
}

TEST_F_TIMEOUT(shown, enable_does_not_wait, TIMEOUT)
{
	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_EQ(0, shown_enable("1"));
	EXPECT_TRUE(shown_status_is("initializing"));

	/* Once more is not another time. */
	EXPECT_EQ(0, shown_enable("1\n"));
	ASSERT_EQ(0, shown_wait(TIMEOUT_MS));
	EXPECT_TRUE(shown_status_is("initialized"));
	EXPECT_EQ(0, shown_enable("1\n"));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
}

TEST_F_TIMEOUT(shown, all_is_done_in_the_end, TIMEOUT)
{
	ASSERT_EQ(0, shown_enable("1\n"));
	ASSERT_EQ(0, shown_wait(TIMEOUT_MS));
	expect_up(_metadata);
}

TEST_F_TIMEOUT(shown, status_wakes, TIMEOUT)
{
	char text[64];

	ASSERT_EQ(0, emulator_dilate(SLOW));
	ASSERT_TRUE(read_at_start(self->status, text, sizeof(text)));
	EXPECT_STREQ("unknown\n", text);
	EXPECT_FALSE(wakes(self->status, 200));

	ASSERT_EQ(0, shown_enable("1"));
	EXPECT_TRUE(wakes(self->status, SOON_MS));
	ASSERT_TRUE(read_at_start(self->status, text, sizeof(text)));
	EXPECT_STREQ("initializing\n", text);

	ASSERT_TRUE(wakes(self->status, TIMEOUT_MS));
	ASSERT_TRUE(read_at_start(self->status, text, sizeof(text)));
	EXPECT_STREQ("initialized\n", text);
	EXPECT_FALSE(wakes(self->status, 200));
}

/* The figures of the file, and of the nodes a moment later. */
static void expect_progress(struct __test_metadata *_metadata, int fd,
			    u64 *before, u64 *total)
{
	u64 done, nodes_done, nodes_total, unfinished, lanes;
	char text[64], *end;

	ASSERT_TRUE(read_at_start(fd, text, sizeof(text)));
	done = strtoull(text, &end, 10);
	*total = strtoull(end, &end, 10);
	EXPECT_STREQ("\n", end);
	EXPECT_LE(*before, done);
	EXPECT_EQ(0, done % CALL);
	*before = done;

	ASSERT_TRUE(sum_nodes(&nodes_done, &nodes_total, &unfinished, &lanes));
	EXPECT_LE(done, nodes_done);
	if (!*total)
		return;

	EXPECT_EQ(*total, nodes_total);
	/* The last byte is told when the module is ready, not before. */
	EXPECT_TRUE(done < *total || shown_status_is("initialized"));
}

/* Slower from the first progress that is seen, until enough of it has been. */
static void pace(struct __test_metadata *_metadata, int seen)
{
	if (seen == 1)
		ASSERT_EQ(0, emulator_dilate(10 * SLOW));
	if (seen == ENOUGH)
		ASSERT_EQ(0, emulator_dilate(SLOW));
}

TEST_F_TIMEOUT(shown, progress_wakes, TIMEOUT)
{
	u64 before = 0, total = 0;
	int woken = 0, between = 0;

	ASSERT_EQ(0, emulator_dilate(SLOW));
	expect_progress(_metadata, self->progress, &before, &total);
	EXPECT_FALSE(wakes(self->progress, 200));

	ASSERT_EQ(0, shown_enable("1"));
	do {
		ASSERT_TRUE(wakes(self->progress, TIMEOUT_MS));
		woken++;
		expect_progress(_metadata, self->progress, &before, &total);
		if (before && before < total)
			pace(_metadata, ++between);
	} while (!total || before < total);

	EXPECT_LE(ENOUGH, between)
		TH_LOG("woken %d times", woken);
	/* 100 and a few changes of the status. */
	EXPECT_GE(105, woken);
	EXPECT_FALSE(wakes(self->progress, 200));
}

TEST_F_TIMEOUT(shown, error_until_the_next_attempt, TIMEOUT)
{
	char line[512];

	ASSERT_EQ(0, emulator_inject(TDH_SYS_CONFIG, 0xC0000A1200000102, 0,
				     FOR_EVER));
	ASSERT_EQ(0, shown_enable("1"));
	ASSERT_EQ(0, shown_wait(TIMEOUT_MS));
	EXPECT_TRUE(shown_status_is("unknown"));
	expect_pair(_metadata, SHOWN "/progress", 0, 0);
	expect_pair(_metadata, SHOWN "/node0/lanes", 0, 0);
	ASSERT_EQ(0, shown_error(line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "TDH.SYS.CONFIG: TDX_PAMT_OVERLAP: "))
		TH_LOG("%s", line);
	EXPECT_STREQ(" (-22)", line + strlen(line) - strlen(" (-22)"));

	ASSERT_EQ(0, emulator_inject_nothing());
	ASSERT_EQ(0, shown_enable("1"));
	ASSERT_EQ(0, shown_wait(TIMEOUT_MS));
	EXPECT_TRUE(shown_status_is("initialized"));
	ASSERT_EQ(0, shown_error(line, sizeof(line)));
	EXPECT_STREQ("", line);
}

TEST_F_TIMEOUT(shown, error_for_good, TIMEOUT)
{
	char line[512];
	int i;

	ASSERT_EQ(0, emulator_inject(TDH_SYS_TDMR_INIT, 0xC000010000000001, 300,
				     FOR_EVER));
	ASSERT_TRUE(read_at_start(self->status, line, sizeof(line)));
	ASSERT_EQ(0, shown_enable("1"));
	ASSERT_EQ(0, shown_wait(TIMEOUT_MS));
	EXPECT_TRUE(wakes(self->status, SOON_MS));

	ASSERT_EQ(0, emulator_inject_nothing());
	for (i = 0; i < 2; i++) {
		EXPECT_TRUE(shown_status_is("error"));
		expect_pair(_metadata, SHOWN "/progress", 0, 0);
		ASSERT_EQ(0, shown_error(line, sizeof(line)));
		EXPECT_NE(NULL, strstr(line, "TDH.SYS.TDMR.INIT: TDX_OPERAND_INVALID"))
			TH_LOG("%s", line);
		EXPECT_STREQ(" (-22)", line + strlen(line) - strlen(" (-22)"));
		EXPECT_EQ(-EINVAL, shown_enable("1"));
	}

	ASSERT_EQ(0, emulator_reset());
	EXPECT_TRUE(shown_status_is("unknown"));
	ASSERT_EQ(0, shown_error(line, sizeof(line)));
	EXPECT_STREQ("", line);
}

TEST_HARNESS_MAIN
