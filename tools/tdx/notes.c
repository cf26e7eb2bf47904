// SPDX-License-Identifier: GPL-2.0-only
/* Sentences that the user should read beside the figures. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"
#include "notes.h"

void notes_add(struct notes *notes, const char *format, ...)
{
	va_list args;

	notes->text = grow(notes->text, notes->nr, &notes->room,
			   sizeof(*notes->text));
	va_start(args, format);
	if (vasprintf(&notes->text[notes->nr], format, args) < 0)
		out_of_memory();
	va_end(args);
	notes->nr++;
}

void notes_free(struct notes *notes)
{
	while (notes->nr)
		free(notes->text[--notes->nr]);
	free(notes->text);
	notes->text = NULL;
	notes->room = 0;
}
