// SPDX-License-Identifier: GPL-2.0-only
/* Memory for a program that has nothing left to do without. */
#include <stdio.h>
#include <stdlib.h>

#include "alloc.h"

void out_of_memory(void)
{
	fputs("tdxctl: out of memory\n", stderr);
	exit(1);
}

/**
 * grow - room for one more
 * @array: as returned last time, first NULL
 * @nr: elements in it
 * @room: elements that it has room for; updated
 * @size: of an element
 *
 * Return: the array, perhaps elsewhere.
 */
void *grow(void *array, size_t nr, size_t *room, size_t size)
{
	if (nr < *room)
		return array;

	*room = *room ? 2 * *room : 16;
	array = reallocarray(array, *room, size);
	if (!array)
		out_of_memory();

	return array;
}
