/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_SIM_LINUX_CPUMASK_H
#define _TDX_SIM_LINUX_CPUMASK_H

#include "../cpus.h"

/* All CPUs of a description. */
struct cpumask;

#define for_each_online_cpu(cpu)					\
	for (unsigned int _i = 0; _i < cpus_nr() && ((cpu) = _i, true); _i++)

static inline void cpumask_copy(struct cpumask *to, const struct cpumask *from)
{
}

#endif /* _TDX_SIM_LINUX_CPUMASK_H */
