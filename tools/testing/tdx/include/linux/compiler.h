/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accesses that other threads may race with.  Relaxed atomics rather than
 * volatile, so that ThreadSanitizer knows them for what they are.
 */
#ifndef _TDX_TEST_LINUX_COMPILER_H
#define _TDX_TEST_LINUX_COMPILER_H

#define READ_ONCE(x)		__atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v)	__atomic_store_n(&(x), (v), __ATOMIC_RELAXED)

#define __printf(f, a)		__attribute((format(printf, f, a)))
#define __packed		__attribute((packed))

#endif /* _TDX_TEST_LINUX_COMPILER_H */
