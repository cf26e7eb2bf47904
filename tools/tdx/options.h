/* SPDX-License-Identifier: GPL-2.0-only */
/* Options of commands that have but switches. */
#ifndef _TDXCTL_OPTIONS_H
#define _TDXCTL_OPTIONS_H

#include <stdbool.h>

/**
 * struct option_switch - an option without a value
 * @name: without its dashes; NULL ends a list
 * @on: set to true where it is given
 */
struct option_switch {
	const char *name;
	bool *on;
};

int options_read(int argc, char **argv, const char *help,
		 const struct option_switch *switches, bool *helped);

#endif /* _TDXCTL_OPTIONS_H */
