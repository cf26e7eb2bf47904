/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LAYOUT_MODULE_H
#define _LAYOUT_MODULE_H

#include "tdmr.h"

/* A TDMR_INFO has room for this number of reserved areas. */
#define TDMR_INFO_AREAS		16

u64 module_sys_config(const struct tdmr_host *host, const struct tdmr_layout *layout);
int module_print_vector(const struct tdmr_host *host, const struct tdmr_layout *layout);

#endif /* _LAYOUT_MODULE_H */
