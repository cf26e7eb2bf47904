/* SPDX-License-Identifier: GPL-2.0-only */
/* What every layout must be, whatever it was made from. */
#ifndef _TDX_TEST_LAYOUT_CHECK_H
#define _TDX_TEST_LAYOUT_CHECK_H

#include "tdmr_layout.h"

const char *layout_check(const struct tdmr_layout *layout);
bool layout_shares_pageblocks(const struct tdmr_layout *layout);
u64 layout_sys_config(const struct tdmr_layout *layout);

#endif /* _TDX_TEST_LAYOUT_CHECK_H */
