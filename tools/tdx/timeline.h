/* SPDX-License-Identifier: GPL-2.0-only */
/* When the lanes of a job ran, and on which CPUs, from a trace. */
#ifndef _TDXCTL_TIMELINE_H
#define _TDXCTL_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/**
 * struct bar - a lane at work, from one start to the stop that follows
 * @lane: which
 * @home: the node where it is at home
 * @cpu: where it started
 * @node: whose CPU that is
 * @last_cpu: where it stopped; it may have been elsewhere in between
 * @start: seconds
 * @end: seconds
 * @open: the trace has no stop
 * @steps: that the lane had made at the stop
 * @why: it came to rest
 * @row: index of its CPU's row
 * @level: in that row: lanes that ran at the same time do not share one
 */
struct bar {
	unsigned int lane;
	int home;
	unsigned int cpu;
	int node;
	unsigned int last_cpu;
	double start;
	double end;
	bool open;
	unsigned long steps;
	char why[16];
	size_t row;
	unsigned int level;
};

/**
 * struct row - a CPU on which lanes started
 * @cpu: which
 * @node: its node
 * @levels: lanes that ran at the same time, at most
 * @busy: seconds for which at least one ran
 * @end: when the last stopped
 */
struct row {
	unsigned int cpu;
	int node;
	unsigned int levels;
	double busy;
	double end;
};

/**
 * struct timeline - a job
 * @job: its name; NULL while none is known
 * @lanes: that it has
 * @error: its result, 0 if it has not ended
 * @start: seconds
 * @end: seconds: of the job, or of the trace
 * @ended: the trace has the job's end
 * @bars: in the order of their start
 * @nr_bars: how many
 * @room: for bars in @bars
 * @rows: by node, then CPU
 * @nr_rows: how many
 * @others: lines of other jobs
 * @orphans: stops of lanes whose start the trace does not have
 * @lost: the trace says that it is not complete
 */
struct timeline {
	char *job;
	unsigned int lanes;
	int error;
	double start;
	double end;
	bool ended;
	struct bar *bars;
	size_t nr_bars;
	size_t room;
	struct row *rows;
	size_t nr_rows;
	unsigned long others;
	unsigned long orphans;
	bool lost;
};

int timeline_read(struct timeline *t, FILE *stream, const char *name);
void timeline_arrange(struct timeline *t);
void timeline_free(struct timeline *t);
void timeline_svg(const struct timeline *t, FILE *out);

#endif /* _TDXCTL_TIMELINE_H */
