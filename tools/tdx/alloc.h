/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for a program that has nothing left to do without. */
#ifndef _TDXCTL_ALLOC_H
#define _TDXCTL_ALLOC_H

#include <stddef.h>

void *grow(void *array, size_t nr, size_t *room, size_t size);
void out_of_memory(void);

#endif /* _TDXCTL_ALLOC_H */
