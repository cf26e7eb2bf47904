// SPDX-License-Identifier: GPL-2.0-only
/* What JSON wants to have written its own way. */
#include <stdio.h>

#include "json.h"

/* What is not ASCII comes in file names alone, in whatever encoding. */
void json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}
