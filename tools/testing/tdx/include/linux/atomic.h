/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of the kernel's atomics and barriers that the model and lanework use. */
#ifndef _TDX_TEST_LINUX_ATOMIC_H
#define _TDX_TEST_LINUX_ATOMIC_H

#include <linux/compiler.h>
#include <linux/types.h>

/* The usual pair. */
#define smp_load_acquire(p)	__atomic_load_n((p), __ATOMIC_ACQUIRE)
/* Its other half. */
#define smp_store_release(p, v)	__atomic_store_n((p), (v), __ATOMIC_RELEASE)
/* A store and a full barrier, which x86 makes with XCHG as well. */
#define smp_store_mb(x, v)	((void)__atomic_exchange_n(&(x), (v), __ATOMIC_SEQ_CST))

/* Whether *p was *old and is new now.  If not, *old gets what is there. */
#define try_cmpxchg(p, old, new)	\
	__atomic_compare_exchange_n((p), (old), (new), false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)

static inline int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}

static inline int atomic_read_acquire(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);
}

static inline void atomic_set(atomic_t *v, int i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}

static inline void atomic_set_release(atomic_t *v, int i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);
}

static inline void atomic_inc(atomic_t *v)
{
	__atomic_fetch_add(&v->counter, 1, __ATOMIC_RELAXED);
}

static inline void atomic_andnot(int i, atomic_t *v)
{
	__atomic_fetch_and(&v->counter, ~i, __ATOMIC_RELAXED);
}

static inline int atomic_inc_return(atomic_t *v)
{
	return __atomic_add_fetch(&v->counter, 1, __ATOMIC_SEQ_CST);
}

static inline int atomic_dec_return(atomic_t *v)
{
	return __atomic_sub_fetch(&v->counter, 1, __ATOMIC_SEQ_CST);
}

static inline void atomic_dec(atomic_t *v)
{
	atomic_dec_return(v);
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
	return !atomic_dec_return(v);
}

static inline int atomic_dec_return_release(atomic_t *v)
{
	return __atomic_sub_fetch(&v->counter, 1, __ATOMIC_RELEASE);
}

/* Returns what was there; it was exchanged if that is @old. */
static inline int atomic_cmpxchg_acquire(atomic_t *v, int old, int new)
{
	__atomic_compare_exchange_n(&v->counter, &old, new, false,
				    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
	return old;
}

static inline bool atomic_inc_unless_negative(atomic_t *v)
{
	int old = atomic_read(v);

	do {
		if (old < 0)
			return false;
	} while (!__atomic_compare_exchange_n(&v->counter, &old, old + 1, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
	return true;
}

#endif /* _TDX_TEST_LINUX_ATOMIC_H */
