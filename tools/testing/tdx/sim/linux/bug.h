/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

/* What warns in the kernel ends a simulation. */
#define WARN_ONCE(condition, ...)			\
({							\
	if (condition) {				\
		fprintf(stderr, __VA_ARGS__);		\
		abort();				\
	}						\
	0;						\
})
#define WARN_ON_ONCE(condition)	WARN_ONCE(condition, "%s\n", #condition)
