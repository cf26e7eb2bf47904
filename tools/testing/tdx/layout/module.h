/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LAYOUT_MODULE_H
#define _LAYOUT_MODULE_H

#include "tdmr.h"

bool module_refuses(const struct tdmr_host *host, const struct tdmr_layout *layout);

#endif /* _LAYOUT_MODULE_H */
