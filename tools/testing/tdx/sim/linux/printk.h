/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

#define pr_notice(...)		fprintf(stderr, __VA_ARGS__)
