/* SPDX-License-Identifier: GPL-2.0-only */
/* Sentences that the user should read beside the figures. */
#ifndef _TDXCTL_NOTES_H
#define _TDXCTL_NOTES_H

#include <stddef.h>

#include <linux/compiler.h>

/**
 * struct notes - sentences in the order in which they were added
 * @text: the sentences
 * @nr: how many
 * @room: how many @text has room for
 */
struct notes {
	char **text;
	size_t nr;
	size_t room;
};

void __printf(2, 3) notes_add(struct notes *notes, const char *format, ...);
void notes_free(struct notes *notes);

#endif /* _TDXCTL_NOTES_H */
