/* SPDX-License-Identifier: GPL-2.0-only */
/* As ftrace prints them, at the time of the simulation. */
#include <linux/lanework.h>

#include "../../cpus.h"

static inline void trace_lanework_job_start(const struct lanework *job)
{
	cpus_trace("lanework_job_start: job=%s lanes=%u left=%u workers=yes", job->name,
		   job->nr_lanes, atomic_read(&job->left));
}

static inline void trace_lanework_job_end(const struct lanework *job)
{
	cpus_trace("lanework_job_end: job=%s left=%u error=%d", job->name,
		   atomic_read(&job->left), job->error);
}

static inline void trace_lanework_lane_start(const struct lane *lane)
{
	cpus_trace("lanework_lane_start: job=%s lane=%u node=%d cpu=%u cpu_node=%d",
		   lane->job->name, lane->index, lane->node, cpus_here(), cpus_node_here());
}

static inline void trace_lanework_lane_stop(const struct lane *lane, const char *why)
{
	cpus_trace("lanework_lane_stop: job=%s lane=%u cpu=%u cpu_node=%d steps=%lu why=%s",
		   lane->job->name, lane->index, cpus_here(), cpus_node_here(),
		   lane->steps, why);
}
