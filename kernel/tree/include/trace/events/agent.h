/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM agent

#if !defined(_TRACE_AGENT_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_AGENT_H

#include <linux/tracepoint.h>

TRACE_EVENT(agent_spawn,
	TP_PROTO(u64 aid, u64 parent, const char *name),
	TP_ARGS(aid, parent, name),
	TP_STRUCT__entry(
		__field(u64, aid)
		__field(u64, parent)
		__string(name, name)
	),
	TP_fast_assign(
		__entry->aid = aid;
		__entry->parent = parent;
		__assign_str(name);
	),
	TP_printk("aid=%llu parent=%llu name=%s", __entry->aid,
		  __entry->parent, __get_str(name))
);

/* A bundle is bound to an agent: the first one, or after a change. */
TRACE_EVENT(agent_bind,
	TP_PROTO(u64 aid, u64 generation, u32 caps, u32 roots),
	TP_ARGS(aid, generation, caps, roots),
	TP_STRUCT__entry(
		__field(u64, aid)
		__field(u64, generation)
		__field(u32, caps)
		__field(u32, roots)
	),
	TP_fast_assign(
		__entry->aid = aid;
		__entry->generation = generation;
		__entry->caps = caps;
		__entry->roots = roots;
	),
	TP_printk("aid=%llu generation=%llu caps=%u roots=%u", __entry->aid,
		  __entry->generation, __entry->caps, __entry->roots)
);

TRACE_EVENT(agent_deny,
	TP_PROTO(u64 aid, u32 cap, u32 reason, u64 number),
	TP_ARGS(aid, cap, reason, number),
	TP_STRUCT__entry(
		__field(u64, aid)
		__field(u64, number)
		__field(u32, cap)
		__field(u32, reason)
	),
	TP_fast_assign(
		__entry->aid = aid;
		__entry->number = number;
		__entry->cap = cap;
		__entry->reason = reason;
	),
	TP_printk("aid=%llu cap=%u reason=%u number=%llu", __entry->aid,
		  __entry->cap, __entry->reason, __entry->number)
);

TRACE_EVENT(agent_grant,
	TP_PROTO(u64 aid, u64 handle, u32 cap, u64 granter),
	TP_ARGS(aid, handle, cap, granter),
	TP_STRUCT__entry(
		__field(u64, aid)
		__field(u64, handle)
		__field(u64, granter)
		__field(u32, cap)
	),
	TP_fast_assign(
		__entry->aid = aid;
		__entry->handle = handle;
		__entry->granter = granter;
		__entry->cap = cap;
	),
	TP_printk("aid=%llu handle=%llu cap=%u granter=%llu", __entry->aid,
		  __entry->handle, __entry->cap, __entry->granter)
);

/* Each agent that loses something, and how many capabilities. */
TRACE_EVENT(agent_revoke,
	TP_PROTO(u64 aid, u64 handle, u32 removed, u64 revoker),
	TP_ARGS(aid, handle, removed, revoker),
	TP_STRUCT__entry(
		__field(u64, aid)
		__field(u64, handle)
		__field(u64, revoker)
		__field(u32, removed)
	),
	TP_fast_assign(
		__entry->aid = aid;
		__entry->handle = handle;
		__entry->revoker = revoker;
		__entry->removed = removed;
	),
	TP_printk("aid=%llu handle=%llu removed=%u revoker=%llu", __entry->aid,
		  __entry->handle, __entry->removed, __entry->revoker)
);

#endif /* _TRACE_AGENT_H */

#include <trace/define_trace.h>
