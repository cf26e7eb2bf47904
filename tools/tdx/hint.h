/* SPDX-License-Identifier: GPL-2.0-only */
/* What to do about an error of the kernel. */
#ifndef _TDXCTL_HINT_H
#define _TDXCTL_HINT_H

#include "state.h"

const char *hint_for(const struct state *s);
const char *hint_errno(int err);

#endif /* _TDXCTL_HINT_H */
