// SPDX-License-Identifier: GPL-2.0-only
/* Sparse physical memory. */
#include <stdio.h>
#include <stdlib.h>

#include <linux/sizes.h>

#include "store.h"

static void *zeroed(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		fprintf(stderr, "out of memory\n");
		exit(2);
	}
	return p;
}

static struct store_page *find_slot(const struct store *s, u64 pa)
{
	size_t i = (pa / SZ_4K * 0x9E3779B97F4A7C15ULL) >> 20;

	for (;; i++) {
		struct store_page *slot = &s->slots[i & (s->nr_slots - 1)];

		if (!slot->memory || slot->pa == pa)
			return slot;
	}
}

static void grow(struct store *s)
{
	struct store bigger = { .nr_slots = s->nr_slots ? 2 * s->nr_slots : 1024 };
	size_t i;

	bigger.slots = zeroed(bigger.nr_slots, sizeof(*bigger.slots));
	bigger.nr_pages = s->nr_pages;
	for (i = 0; i < s->nr_slots; i++) {
		if (s->slots[i].memory)
			*find_slot(&bigger, s->slots[i].pa) = s->slots[i];
	}
	free(s->slots);
	*s = bigger;
}

void *store_page(struct store *s, u64 pa)
{
	struct store_page *slot = s->nr_slots ? find_slot(s, pa) : NULL;

	if (slot && slot->memory)
		return slot->memory;
	if (2 * s->nr_pages >= s->nr_slots)
		grow(s);
	slot = find_slot(s, pa);
	slot->pa = pa;
	slot->memory = zeroed(1, SZ_4K);
	s->nr_pages++;
	return slot->memory;
}

static u64 *word_at(struct store *s, u64 pa)
{
	u64 *page = store_page(s, pa & ~(u64)(SZ_4K - 1));

	return &page[(pa & (SZ_4K - 1)) / sizeof(u64)];
}

u64 store_read64(struct store *s, u64 pa)
{
	return *word_at(s, pa);
}

void store_write64(struct store *s, u64 pa, u64 value)
{
	*word_at(s, pa) = value;
}

void store_clear(struct store *s)
{
	size_t i;

	for (i = 0; i < s->nr_slots; i++)
		free(s->slots[i].memory);
	free(s->slots);
	*s = (struct store){};
}
