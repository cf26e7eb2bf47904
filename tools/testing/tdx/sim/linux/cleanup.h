/* SPDX-License-Identifier: GPL-2.0-only */
/* One thread: nobody to be kept out. */
#define guard(name)		guard_ ## name
#define guard_mutex(lock)	((void)(lock))
#define scoped_guard(...)	for (bool once = true; once; once = false)
