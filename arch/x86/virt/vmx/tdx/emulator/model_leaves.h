/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of leaves, without version. */
#ifndef _TDX_EMULATOR_MODEL_LEAVES_H
#define _TDX_EMULATOR_MODEL_LEAVES_H

#define LEAF_VP_INIT		22
#define LEAF_PAGE_RDMD		24
#define LEAF_KEY_CONFIG		31
#define LEAF_SYS_INFO		32
#define LEAF_SYS_INIT		33
#define LEAF_SYS_RD		34
#define LEAF_LP_INIT		35
#define LEAF_TDMR_INIT		36
#define LEAF_SYS_RDALL		37
#define LEAF_LP_SHUTDOWN	44
#define LEAF_SYS_CONFIG		45
#define LEAF_SYS_SHUTDOWN	52
#define LEAF_SYS_UPDATE		53
#define LEAF_SYS_DISABLE	69

#endif /* _TDX_EMULATOR_MODEL_LEAVES_H */
