/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every test on the emulated TDX module begins and ends with.  Included
 * after kselftest_harness.h.
 */
#ifndef _TDX_HOST_EMULATED_H
#define _TDX_HOST_EMULATED_H

#include <unistd.h>

#include "machine.h"

#define CALLS_PER_GIB	256

/* A guest without acceleration and with a terabyte needs that long. */
#define TIMEOUT		300

static inline const char *missing_asker(void)
{
	if (geteuid())
		return "not root";
	if (!asker_present() && asker_load())
		return "no module tdx_test for this kernel";
	if (!asker_present())
		return "no debugfs at /sys/kernel/debug";

	return NULL;
}

/* The emulator first: the module is loaded only where a test will run. */
static inline const char *missing(void)
{
	if (geteuid())
		return "not root";
	if (!emulator_present())
		return "no emulated TDX module: CONFIG_TDX_EMULATOR=y, tdx_emulator=on";
	if (!emulator_can_reset())
		return "no reset of the emulated TDX module: CONFIG_KUNIT=y";

	return missing_asker();
}

/* One initialisation, however many asked. */
static inline void expect_one_initialisation(struct __test_metadata *_metadata)
{
	EXPECT_TRUE(status_is("initialized"));
	EXPECT_EQ(1, calls_of(TDH_SYS_INIT));
	EXPECT_EQ(online_cpus(), calls_of(TDH_SYS_LP_INIT));
	EXPECT_EQ(1, calls_of(TDH_SYS_CONFIG));
	EXPECT_EQ(packages(), calls_of(TDH_SYS_KEY_CONFIG));
	EXPECT_EQ(gib_with_memory() * CALLS_PER_GIB, calls_of(TDH_SYS_TDMR_INIT));
}

/* What every test on the emulated module begins and ends with */

static inline void start_afresh(struct __test_metadata *_metadata)
{
	const char *lack = missing();

	if (lack)
		SKIP(return, "%s", lack);

	ASSERT_EQ(0, emulator_reset());
	ASSERT_TRUE(status_is("unknown"));
	ASSERT_EQ(0, calls_in_all());
}

static inline void end_clean(struct __test_metadata *_metadata)
{
	char rule[64] = "";

	EXPECT_EQ(0, audit_reports(rule, sizeof(rule)))
		TH_LOG("audit: %s", rule);
	EXPECT_EQ(0, emulator_dilate(1));
	EXPECT_EQ(0, emulator_reset());
	EXPECT_EQ(0, asker_unload());
}

#endif /* _TDX_HOST_EMULATED_H */
