/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace the phases of bring-up, and SEAMCALLs that fail.  The lanes have their own
 * events, see trace/events/lanework.h.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM tdx_bringup

#if !defined(_X86_VIRT_TDX_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _X86_VIRT_TDX_TRACE_H

#include <linux/tracepoint.h>

#include "steps.h"

TRACE_DEFINE_ENUM(TDX_PHASE_METADATA);
TRACE_DEFINE_ENUM(TDX_PHASE_MEMORY);
TRACE_DEFINE_ENUM(TDX_PHASE_PAMT);
TRACE_DEFINE_ENUM(TDX_PHASE_LP_INIT);
TRACE_DEFINE_ENUM(TDX_PHASE_CONFIG);
TRACE_DEFINE_ENUM(TDX_PHASE_KEYS);
TRACE_DEFINE_ENUM(TDX_PHASE_TDMRS);
TRACE_DEFINE_ENUM(TDX_PHASE_DISABLE);
TRACE_DEFINE_ENUM(TDX_PHASE_LP_STOP);
TRACE_DEFINE_ENUM(TDX_PHASE_CLEAR);
TRACE_DEFINE_ENUM(TDX_PHASE_FREE);

/* tdx_steps_print() and tdx_steps_print_off() use the same names. */
#define show_phase(phase)					\
	__print_symbolic(phase,					\
			 { TDX_PHASE_METADATA,	"metadata" },	\
			 { TDX_PHASE_MEMORY,	"memory" },	\
			 { TDX_PHASE_PAMT,	"PAMT" },	\
			 { TDX_PHASE_LP_INIT,	"LP.INIT" },	\
			 { TDX_PHASE_CONFIG,	"SYS.CONFIG" },	\
			 { TDX_PHASE_KEYS,	"KEY.CONFIG" },	\
			 { TDX_PHASE_TDMRS,	"TDMR.INIT" },	\
			 { TDX_PHASE_DISABLE,	"SYS.DISABLE" },	\
			 { TDX_PHASE_LP_STOP,	"LP stop" },	\
			 { TDX_PHASE_CLEAR,	"PAMT clear" },	\
			 { TDX_PHASE_FREE,	"PAMT free" })

TRACE_EVENT(tdx_phase_begin,
	    TP_PROTO(enum tdx_phase phase),
	    TP_ARGS(phase),
	    TP_STRUCT__entry(__field(unsigned int, phase)),
	    TP_fast_assign(__entry->phase = phase;),
	    TP_printk("phase=%s", show_phase(__entry->phase))
);

TRACE_EVENT(tdx_phase_end,
	    TP_PROTO(enum tdx_phase phase, int error),
	    TP_ARGS(phase, error),
	    TP_STRUCT__entry(__field(unsigned int, phase)
			     __field(int, error)),
	    TP_fast_assign(__entry->phase = phase;
			   __entry->error = error;),
	    TP_printk("phase=%s error=%d", show_phase(__entry->phase),
		      __entry->error)
);

/* Also traces calls that are repeated and succeed later. */
TRACE_EVENT(tdx_seamcall_error,
	    TP_PROTO(u64 leaf, u64 status, u64 rcx),
	    TP_ARGS(leaf, status, rcx),
	    TP_STRUCT__entry(__field(u64, leaf)
			     __field(u64, status)
			     __field(u64, rcx)),
	    TP_fast_assign(__entry->leaf = leaf;
			   __entry->status = status;
			   __entry->rcx = rcx;),
	    TP_printk("leaf=%llu status=0x%llx rcx=0x%llx",
		      __entry->leaf, __entry->status, __entry->rcx)
);

#endif /* _X86_VIRT_TDX_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

/* This part must be outside protection */
#include <trace/define_trace.h>
