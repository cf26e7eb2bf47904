/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/cpumask.h>

/* The CPUs of a description are those that may work. */
enum hk_type {
	HK_TYPE_DOMAIN,
	HK_TYPE_WQ,
};

static inline const struct cpumask *housekeeping_cpumask(enum hk_type type)
{
	return NULL;
}

static inline bool housekeeping_test_cpu(unsigned int cpu, enum hk_type type)
{
	return true;
}
