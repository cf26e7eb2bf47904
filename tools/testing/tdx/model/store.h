/* SPDX-License-Identifier: GPL-2.0-only */
/* Sparse physical memory: 4 KiB pages, zero until written. */
#ifndef _TDX_TEST_STORE_H
#define _TDX_TEST_STORE_H

#include <linux/types.h>

struct store_page {
	u64 pa;
	void *memory;		/* NULL: slot is free */
};

struct store {
	struct store_page *slots;	/* open addressing, a power of two of them */
	size_t nr_slots;
	size_t nr_pages;
};

/*
 * The page at @pa, page aligned.  Made if it is not there; looking up pages
 * that are there is safe from many threads at once.
 */
void *store_page(struct store *s, u64 pa);

u64 store_read64(struct store *s, u64 pa);
void store_write64(struct store *s, u64 pa, u64 value);
void store_clear(struct store *s);

#endif /* _TDX_TEST_STORE_H */
