/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_SIM_LINUX_MUTEX_H
#define _TDX_SIM_LINUX_MUTEX_H

struct mutex {
	char unused;
};

#define mutex_init(lock)	((void)(lock))

#endif /* _TDX_SIM_LINUX_MUTEX_H */
