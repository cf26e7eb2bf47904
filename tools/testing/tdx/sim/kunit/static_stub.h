/* SPDX-License-Identifier: GPL-2.0-only */
/* No test replaces a function in the simulation. */
#define KUNIT_STATIC_STUB_REDIRECT(...)	do { } while (0)
