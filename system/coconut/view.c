// SPDX-License-Identifier: MIT
#include "view.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"

bool view_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no && *no) && term &&
	       strcmp(term, "dumb");
}

void view_ask(struct row_view *view, struct row_filter *ret_ask)
{
	const struct row_filter *filter = &view->filter;
	bool named = !filter->event || filter->event == AGENT_EVENT_USE;

	view->plain = !named;
	*ret_ask = *filter;
	if (named)
		ret_ask->cap = 0;
	/* The rows before tell what objects are called, and who spawned whom. */
	if (named || (filter->by_aid && filter->subtree))
		ret_ask->from = 1;
	if (filter->by_aid && filter->subtree)
		ret_ask->event = 0;
}

/* An agent is told of by each row that names its spawner. */
static bool is_family(struct row_view *view, const struct coconut_row *row)
{
	const uint64_t parent[3] = { row->parent }, self[3] = { row->aid };

	if (row->aid == view->filter.aid)
		return true;
	if (row->parent == view->filter.aid ||
	    view_table_find(&view->family, parent)) {
		view_table_add(&view->family, self, row->seq);
		return true;
	}
	return view_table_find(&view->family, self) != NULL;
}

/* AIDs are given out once, but no agent outlives a boot. */
static void resolve(struct row_view *view, struct coconut_row *row)
{
	const uint64_t key[3] = { row->aid, row->object[0], row->object[1] };
	struct view_entry *entry;

	if (row->event == AGENT_EVENT_BOOT)
		view_table_clear(&view->names);
	if (coconut_row_is_named(row)) {
		entry = view_table_add(&view->names, key, row->seq);
		view_entry_name(entry, row->payload, row->payload_size);
	} else if (coconut_row_wants_name(row)) {
		entry = view_table_find(&view->names, key);
		row->name = entry ? entry->name : NULL;
		row->name_size = entry ? entry->size : 0;
		row->named_by = entry ? entry->seq : 0;
	}
}

/* Where the event stands: after number, time, aid and pid. */
static char *event_of(char *line)
{
	int blanks;

	for (blanks = 0; blanks < 4 && line; blanks++) {
		line = strchr(line, ' ');
		line = line ? line + 1 : NULL;
	}
	return line;
}

static bool shows(const struct row_view *view, const struct coconut_row *row)
{
	char line[COCONUT_ROW_TEXT_MAX];
	const char *event;

	if (!view->filter.text)
		return true;
	coconut_row_format(row, line, sizeof(line));
	event = event_of(line);
	return event && strstr(event, view->filter.text);
}

bool view_take(struct row_view *view, struct coconut_row *row)
{
	const struct row_filter *filter = &view->filter;

	if (!view->plain)
		resolve(view, row);
	/* The family is learned from rows that are not shown as well. */
	if (filter->by_aid && filter->subtree && !is_family(view, row))
		return false;
	return row_filter_wants(filter, row) && shows(view, row);
}

static const char *colour_of(const struct coconut_row *row)
{
	switch (row->event) {
	case AGENT_EVENT_DENY:
	case AGENT_EVENT_REFUSE:
	case AGENT_EVENT_KILL:
		return "1;31";
	case AGENT_EVENT_USE:
		return "32";
	case AGENT_EVENT_GRANT:
	case AGENT_EVENT_REVOKE:
	case AGENT_EVENT_QUOTA:
	case AGENT_EVENT_LIMIT:
		return "33";
	case AGENT_EVENT_SPAWN:
	case AGENT_EVENT_EXIT:
	case AGENT_EVENT_BOOT:
		return "1;34";
	default:
		return "36";
	}
}

/* The event and its capability stand out, where and when it was recedes. */
static char *paint(const struct coconut_row *row, char *line)
{
	char *event = event_of(line), *rest, *text;
	int head, word;

	if (!event)
		return strdup(line);
	rest = event + strcspn(event, " ");
	if (row->cap && *rest)
		rest += 1 + strcspn(rest + 1, " ");
	head = (int)(event - line);
	word = (int)(rest - event);
	if (asprintf(&text, "\x1b[2m%.*s\x1b[0m\x1b[%sm%.*s\x1b[0m%s", head,
		     line, colour_of(row), word, event, rest) < 0)
		return NULL;
	return text;
}

char *view_text(const struct row_view *view, const struct coconut_row *row)
{
	char line[COCONUT_ROW_TEXT_MAX];

	if (view->json)
		coconut_row_json(row, line, sizeof(line));
	else
		coconut_row_format(row, line, sizeof(line));
	return view->colour && !view->json ? paint(row, line) : strdup(line);
}

void view_print(const struct row_view *view, const struct coconut_row *row)
{
	char *text = view_text(view, row);

	if (!text) {
		complain("out of memory");
		exit(EXIT_REFUSED);
	}
	puts(text);
	free(text);
}

void view_clear(struct row_view *view)
{
	view_table_clear(&view->names);
	view_table_clear(&view->family);
}
