/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of /proc and /sys; with TDXCTL_ROOT in the environment those below that
 * directory, so that what another machine has can be looked at.
 */
#ifndef _TDXCTL_SYSFILE_H
#define _TDXCTL_SYSFILE_H

#include <stdbool.h>
#include <stdio.h>

const char *sysfile_root(void);
FILE *sysfile_open(const char *path);
int sysfile_fd(const char *path, int flags);
char *sysfile_line(const char *path);
bool sysfile_list(const char *path, const char *prefix, unsigned int **numbers,
		  size_t *nr);

#endif /* _TDXCTL_SYSFILE_H */
