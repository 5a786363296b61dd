// SPDX-License-Identifier: GPL-2.0
/*
 * Agents: why one was denied something, for itself to read
 *
 * An errno alone makes a program guess.  The last denials of each agent are
 * kept with what its manifest says about them, whatever audit.read it has.
 */

#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#include "agent.h"

/**
 * struct agent_hint - what a manifest says about one capability
 * @id: the capability
 * @size: bytes of @text
 * @text: where it stands among the texts
 */
struct agent_hint {
	u16 id;
	u16 size;
	u32 text;
};

/**
 * struct agent_hints - what a manifest says to who reads a denial
 * @nr: hints
 * @texts: all texts, one after another
 * @hints: one for each capability that has a text, in the manifest's order
 */
struct agent_hints {
	u32 nr;
	char *texts;
	struct agent_hint hints[] __counted_by(nr);
};

/**
 * struct agent_reasons - the last denials of an agent
 * @kept: by number modulo their count; NULL where memory was short
 */
struct agent_reasons {
	struct agent_denial *kept[AGENT_DENIALS_KEPT];
};

/**
 * agent_hints_keep - keep what a manifest says about its capabilities
 * @agent: a new agent
 * @caps: the capabilities of its manifest
 * @nr_caps: how many
 *
 * Return: 0, or -ENOMEM.
 */
int agent_hints_keep(struct agent *agent, struct agent_cap *const *caps,
		     u32 nr_caps)
{
	struct agent_hints *hints;
	u32 i, nr = 0, size = 0;

	for (i = 0; i < nr_caps; i++) {
		nr += caps[i]->spec.hint.size > 0;
		size += caps[i]->spec.hint.size;
	}
	if (!nr)
		return 0;
	hints = kvzalloc(struct_size(hints, hints, nr) + size,
			 GFP_KERNEL_ACCOUNT);
	if (!hints)
		return -ENOMEM;
	hints->nr = nr;
	hints->texts = (char *)&hints->hints[nr];
	for (i = 0, nr = 0, size = 0; i < nr_caps; i++) {
		const struct agent_cap_spec *spec = &caps[i]->spec;

		if (!spec->hint.size)
			continue;
		hints->hints[nr++] = (struct agent_hint) {
			spec->id, spec->hint.size, size,
		};
		memcpy(hints->texts + size, spec->hint.data, spec->hint.size);
		size += spec->hint.size;
	}
	agent->hints = hints;
	return 0;
}

static void find_hint(const struct agent *agent, struct agent_denial *denial)
{
	const struct agent_hints *hints = agent->hints;
	u32 i;

	for (i = 0; hints && i < hints->nr; i++) {
		const struct agent_hint *hint = &hints->hints[i];

		if (hint->id != denial->cap)
			continue;
		denial->hint_size = hint->size;
		memcpy(denial->hint, hints->texts + hint->text,
		       min_t(u32, hint->size, sizeof(denial->hint)));
		return;
	}
}

static void describe(const struct agent_audit_record *record, u64 number,
		     struct agent_denial *denial)
{
	*denial = (struct agent_denial) {
		.number = number,
		.time_ns = ktime_get_boottime_ns(),
		.object = { record->object[0], record->object[1] },
		.pid = task_pid_nr(current),
		.cap = record->cap,
		.reason = record->reason,
		.error = record->error,
		.text_size = record->payload_size,
	};
	if (record->payload_size)
		memcpy(denial->text, record->payload,
		       min_t(u32, record->payload_size, sizeof(denial->text)));
	find_hint(record->agent, denial);
}

/* The first denial of an agent makes room for the others. */
static struct agent_reasons *reasons_of(struct agent *agent)
{
	struct agent_reasons *reasons = READ_ONCE(agent->reasons), *other;

	if (reasons)
		return reasons;
	reasons = kzalloc(sizeof(*reasons), GFP_ATOMIC | __GFP_ACCOUNT);
	if (!reasons)
		return NULL;
	other = cmpxchg(&agent->reasons, NULL, reasons);
	if (!other)
		return reasons;
	kfree(reasons);
	return other;
}

/**
 * agent_reason_keep - keep a denial for the agent to read
 * @record: the denial, of an agent
 * @number: its number, 1 for the agent's first
 *
 * Context: Any.
 */
void agent_reason_keep(const struct agent_audit_record *record, u64 number)
{
	struct agent *agent = record->agent;
	struct agent_reasons *reasons = reasons_of(agent);
	struct agent_denial *denial, **slot;
	unsigned long flags;

	if (!reasons)
		return;
	denial = kmalloc(sizeof(*denial), GFP_ATOMIC | __GFP_ACCOUNT);
	if (!denial)
		return;
	describe(record, number, denial);
	slot = &reasons->kept[number % AGENT_DENIALS_KEPT];
	spin_lock_irqsave(&agent->lock, flags);
	/* Another thread's may have come between, with a later number. */
	if (!*slot || (*slot)->number < number)
		swap(*slot, denial);
	spin_unlock_irqrestore(&agent->lock, flags);
	kfree(denial);
}

static bool copy_reason(struct agent *agent, u64 number,
			struct agent_denial *to)
{
	struct agent_denial *const *slot;
	bool found;

	if (!READ_ONCE(agent->reasons))
		return false;
	slot = &agent->reasons->kept[number % AGENT_DENIALS_KEPT];
	spin_lock_irq(&agent->lock);
	found = *slot && (*slot)->number == number;
	if (found)
		*to = **slot;
	spin_unlock_irq(&agent->lock);
	return found;
}

/**
 * agent_reasons_read - tell why an agent was denied something
 * @agent: the agent
 * @args: the call's arguments; @args->next_seq is set
 *
 * Return: bytes written, -EINVAL without a buffer, -ENOSPC when not even one
 * fits, -EFAULT or -ENOMEM.
 */
long agent_reasons_read(struct agent *agent,
			struct agent_audit_query_args *args)
{
	u64 last = atomic64_read(&agent->denials), number = args->seq ?: 1;
	struct agent_denial *denial;
	u64 done = 0;
	long ret = 0;

	if (!args->buf_size)
		return -EINVAL;
	if (args->buf_size < sizeof(*denial))
		return -ENOSPC;
	if (last > AGENT_DENIALS_KEPT)
		number = max(number, last - AGENT_DENIALS_KEPT + 1);
	denial = kmalloc(sizeof(*denial), GFP_KERNEL);
	if (!denial)
		return -ENOMEM;
	for (; number <= last; number++) {
		if (!copy_reason(agent, number, denial))
			continue;
		if (args->buf_size - done < sizeof(*denial))
			break;
		if (copy_to_user(u64_to_user_ptr(args->buf + done), denial,
				 sizeof(*denial))) {
			ret = -EFAULT;
			break;
		}
		done += sizeof(*denial);
	}
	kfree(denial);
	args->next_seq = number;
	return ret ?: done;
}

/**
 * agent_reasons_free - free what agent_reason_keep() and the manifest kept
 * @agent: an agent that nobody can reach
 */
void agent_reasons_free(struct agent *agent)
{
	int i;

	for (i = 0; agent->reasons && i < AGENT_DENIALS_KEPT; i++)
		kfree(agent->reasons->kept[i]);
	kfree(agent->reasons);
	kvfree(agent->hints);
}
