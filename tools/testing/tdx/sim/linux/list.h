/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _TDX_SIM_LINUX_LIST_H
#define _TDX_SIM_LINUX_LIST_H

#include <linux/types.h>

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	entry->prev = head->prev;
	entry->next = head;
	head->prev->next = entry;
	head->prev = entry;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

#define list_for_each_entry(p, head, member)				\
	for (const struct list_head *_head = (head), *_at = _head->next;	\
	     _at != _head &&						\
	     (p = container_of(_at, __typeof__(p[0]), member), true);	\
	     _at = _at->next)

#endif /* _TDX_SIM_LINUX_LIST_H */
