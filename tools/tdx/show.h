/* SPDX-License-Identifier: GPL-2.0-only */
/* How far TDX is, for a terminal, a log, or a program. */
#ifndef _TDXCTL_SHOW_H
#define _TDXCTL_SHOW_H

#include "eta.h"
#include "state.h"

/**
 * struct show - one way to show it
 * @timeout: show it again after so many ms even if nothing has changed, for
 *	the clock; -1: only changes
 * @progress: an initialisation runs
 * @end: none runs any more
 */
struct show {
	int timeout;
	void (*progress)(const struct state *now, const struct eta *eta);
	void (*end)(const struct state *last, const struct eta *eta);
};

extern const struct show show_bar;
extern const struct show show_lines;
extern const struct show show_json;

const struct show *show_choose(bool json);
bool bar_fits(void);
unsigned int show_percent(const struct state_part *part);
double show_gib(u64 bytes);
void show_status(const struct state *s);
void show_status_json(const struct state *s, const struct eta *eta);
void show_error(const struct state *s);

#endif /* _TDXCTL_SHOW_H */
