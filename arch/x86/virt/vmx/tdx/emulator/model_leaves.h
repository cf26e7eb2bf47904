/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers of the leaves that the model has or knows, without their version. */
#ifndef _TDXMOD_LEAVES_H
#define _TDXMOD_LEAVES_H

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

#endif
