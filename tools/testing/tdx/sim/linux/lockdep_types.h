/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_SIM_LINUX_LOCKDEP_TYPES_H
#define _TDX_SIM_LINUX_LOCKDEP_TYPES_H

struct lock_class_key {
	char unused;
};

struct lockdep_map {
	char unused;
};

#endif /* _TDX_SIM_LINUX_LOCKDEP_TYPES_H */
