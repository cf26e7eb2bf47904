/* SPDX-License-Identifier: GPL-2.0-only */
/* A plan on standard output. */
#ifndef _TDXCTL_PRINT_H
#define _TDXCTL_PRINT_H

#include "plan.h"

void print_table(const struct plan *p);
void print_json(const struct plan *p);

#endif /* _TDXCTL_PRINT_H */
