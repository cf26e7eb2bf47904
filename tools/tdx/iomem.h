/* SPDX-License-Identifier: GPL-2.0-only */
/* What /proc/iomem says of memory. */
#ifndef _TDXCTL_IOMEM_H
#define _TDXCTL_IOMEM_H

#include "ranges.h"

/**
 * struct iomem - memory in /proc/iomem
 * @ram: System RAM, whole pages, without the first MiB
 * @firmware: memory that firmware keeps for itself
 * @added: bytes of @ram that came after boot
 * @hidden: addresses are shown to root only
 */
struct iomem {
	struct ranges ram;
	struct ranges firmware;
	u64 added;
	bool hidden;
};

bool iomem_read(struct iomem *m);
void iomem_free(struct iomem *m);

#endif /* _TDXCTL_IOMEM_H */
