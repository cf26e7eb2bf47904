/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting until an initialisation is over. */
#ifndef _TDXCTL_FOLLOW_H
#define _TDXCTL_FOLLOW_H

#include "show.h"
#include "state.h"

int follow(const struct show *show, struct state *last);

#endif /* _TDXCTL_FOLLOW_H */
