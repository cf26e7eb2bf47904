/* SPDX-License-Identifier: GPL-2.0-only */
/* A FILE of the command line, which may be '-' for standard input. */
#ifndef _TDXCTL_INPUT_H
#define _TDXCTL_INPUT_H

#include <stdio.h>

FILE *input_open(const char *path, const char **source);
void input_close(FILE *stream);

#endif /* _TDXCTL_INPUT_H */
