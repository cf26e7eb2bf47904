/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LAYOUT_JUDGE_H
#define _LAYOUT_JUDGE_H

#include "tdmr.h"

const char *judge_layout(const struct tdmr_host *host, const struct tdmr_layout *layout);
bool judge_rows_are_local(const struct tdmr_host *host, const struct tdmr_layout *layout);
u32 judge_best(const struct tdmr_host *host);
enum tdmr_trouble judge_input(const struct tdmr_host *host);

/* The judgement of the model of the TDX module. */
bool module_refuses(const struct tdmr_host *host, const struct tdmr_layout *layout);

#endif /* _LAYOUT_JUDGE_H */
