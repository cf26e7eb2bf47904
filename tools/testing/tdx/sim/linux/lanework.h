/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <string.h>

#define IS_ENABLED(...)	0
#define container_of(p, type, member)	((type *)((char *)(p) - offsetof(type, member)))

#include "../../../../../include/linux/lanework.h"
