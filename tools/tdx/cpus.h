/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs in lists like 0-27,56-83, as ranges of their numbers. */
#ifndef _TDXCTL_CPUS_H
#define _TDXCTL_CPUS_H

#include "ranges.h"

void cpus_read(const char *path, struct ranges *cpus);
void cpus_read_isolated(struct ranges *isolated);
unsigned int cpus_count(const struct ranges *cpus, const struct ranges *without);

#endif /* _TDXCTL_CPUS_H */
