/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/lockdep_types.h>

static inline void lock_map_acquire(struct lockdep_map *map)
{
}

static inline void lock_map_release(struct lockdep_map *map)
{
}

static inline void lockdep_init_map(struct lockdep_map *map, const char *name,
				    struct lock_class_key *key, int subclass)
{
}
