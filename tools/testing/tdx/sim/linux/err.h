/* SPDX-License-Identifier: GPL-2.0-only */
#define IS_ERR_VALUE(x)		((unsigned long)(x) >= (unsigned long)-4095)
