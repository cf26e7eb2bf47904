/* SPDX-License-Identifier: GPL-2.0-only */
/* A layout as TDH.SYS.CONFIG reads it. */
#ifndef _TDX_TEST_LAYOUT_INFO_H
#define _TDX_TEST_LAYOUT_INFO_H

#include "tdmr_layout.h"

/* TDMR_INFO and the array of pointers to them: aligned, so at this distance. */
#define LAYOUT_INFO_ALIGN	512
#define LAYOUT_INFO_WORDS	40
#define LAYOUT_INFO_AREAS	16

/* The least width of a physical address that a KeyID is part of. */
#define LAYOUT_MAX_PA		52
#define LAYOUT_KEYID_BITS	6

unsigned int layout_info_words(const struct tdmr_plan *plan,
			       u64 words[LAYOUT_INFO_WORDS]);
unsigned int layout_keyid_bits(const struct tdmr_layout *layout);

#endif /* _TDX_TEST_LAYOUT_INFO_H */
