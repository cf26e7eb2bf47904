/* SPDX-License-Identifier: GPL-2.0-only */
/* The CPUs of a description are those that may work. */
enum hk_type {
	HK_TYPE_DOMAIN,
	HK_TYPE_WQ,
};

static inline bool housekeeping_test_cpu(unsigned int cpu, enum hk_type type)
{
	return true;
}
