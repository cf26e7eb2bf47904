/* SPDX-License-Identifier: GPL-2.0-only */
/* A layout as a test vector. */
#ifndef _TDX_TEST_LAYOUT_VECTOR_H
#define _TDX_TEST_LAYOUT_VECTOR_H

#include "tdmr_layout.h"

int layout_vector_print(const struct tdmr_layout *layout);

#endif /* _TDX_TEST_LAYOUT_VECTOR_H */
