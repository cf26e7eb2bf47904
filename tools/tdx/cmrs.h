/* SPDX-License-Identifier: GPL-2.0-only */
/* What a TDX module would say is convertible, as far as can be guessed. */
#ifndef _TDXCTL_CMRS_H
#define _TDXCTL_CMRS_H

#include "describe.h"
#include "ranges.h"

/**
 * struct cmr_guess - how the CMRs were guessed
 * @firmware: holes closed because firmware keeps them for itself
 * @small: holes closed because no module reports so many CMRs
 */
struct cmr_guess {
	unsigned int firmware;
	unsigned int small;
};

struct cmr_guess cmrs_guess(struct description *d, const struct ranges *ram,
			    const struct ranges *firmware);

#endif /* _TDXCTL_CMRS_H */
