/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace when and where each lane runs, and why it comes to rest.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM lanework

#if !defined(_TRACE_LANEWORK_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_LANEWORK_H

#include <linux/lanework.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <linux/tracepoint.h>

TRACE_EVENT(lanework_job_start,
	    TP_PROTO(const struct lanework *job),
	    TP_ARGS(job),
	    TP_STRUCT__entry(__string(job, job->name)
			     __field(unsigned int, lanes)
			     __field(bool, workers)),
	    TP_fast_assign(__assign_str(job);
			   __entry->lanes = job->nr_lanes;
			   __entry->workers = job->wq;),
	    TP_printk("job=%s lanes=%u workers=%s", __get_str(job), __entry->lanes,
		      __entry->workers ? "yes" : "no")
);

TRACE_EVENT(lanework_job_end,
	    TP_PROTO(const struct lanework *job),
	    TP_ARGS(job),
	    TP_STRUCT__entry(__string(job, job->name)
			     __field(int, error)),
	    TP_fast_assign(__assign_str(job);
			   __entry->error = job->error;),
	    TP_printk("job=%s error=%d", __get_str(job), __entry->error)
);

TRACE_EVENT(lanework_lane_start,
	    TP_PROTO(const struct lane *lane),
	    TP_ARGS(lane),
	    TP_STRUCT__entry(__string(job, lane->job->name)
			     __field(unsigned int, lane)
			     __field(int, node)
			     __field(unsigned int, cpu)
			     __field(int, cpu_node)),
	    TP_fast_assign(__assign_str(job);
			   __entry->lane = lane->index;
			   __entry->node = lane->node;
			   __entry->cpu = raw_smp_processor_id();
			   __entry->cpu_node = cpu_to_node(__entry->cpu);),
	    TP_printk("job=%s lane=%u node=%d cpu=%u cpu_node=%d",
		      __get_str(job), __entry->lane, __entry->node,
		      __entry->cpu, __entry->cpu_node)
);

TRACE_EVENT(lanework_lane_stop,
	    TP_PROTO(const struct lane *lane, const char *why),
	    TP_ARGS(lane, why),
	    TP_STRUCT__entry(__string(job, lane->job->name)
			     __string(why, why)
			     __field(unsigned int, lane)
			     __field(unsigned int, cpu)
			     __field(int, cpu_node)
			     __field(unsigned long, steps)),
	    TP_fast_assign(__assign_str(job);
			   __assign_str(why);
			   __entry->lane = lane->index;
			   __entry->cpu = raw_smp_processor_id();
			   __entry->cpu_node = cpu_to_node(__entry->cpu);
			   __entry->steps = lane->steps;),
	    TP_printk("job=%s lane=%u cpu=%u cpu_node=%d steps=%lu why=%s",
		      __get_str(job), __entry->lane, __entry->cpu,
		      __entry->cpu_node, __entry->steps, __get_str(why))
);

#endif /* _TRACE_LANEWORK_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
