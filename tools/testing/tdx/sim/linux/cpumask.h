/* SPDX-License-Identifier: GPL-2.0-only */
#include "../cpus.h"

#define for_each_online_cpu(cpu)					\
	for (unsigned int _i = 0; _i < cpus_nr() && ((cpu) = _i, true); _i++)
