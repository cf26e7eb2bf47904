/* SPDX-License-Identifier: GPL-2.0-only */
/* What this machine has. */
#ifndef _TDXCTL_HOST_H
#define _TDXCTL_HOST_H

#include "describe.h"
#include "notes.h"

int host_describe(struct description *d, struct notes *assumed,
		  struct notes *notes);

#endif /* _TDXCTL_HOST_H */
