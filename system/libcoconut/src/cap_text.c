/* SPDX-License-Identifier: MIT */
/*
 * The text grammar of capabilities:
 *
 *	NAME [SCOPE] [lifetime=SECONDS] [uses=COUNT] [rate=COUNT/PERIOD]
 *		[hint="TEXT"]
 *
 * SCOPE	PATH [except PATH]...
 *		ADDRESS:PORTS[/PROTOCOL] [host=NAME]
 *		host=NAME:PORTS[/PROTOCOL], for net.connect
 *		self | descendants | all
 *		NAME, for cap.grant: which capability may be granted
 *		WORD, for capabilities of userspace
 * PERIOD	[NUMBER]s, m or h
 *
 * Words are separated by blanks.  A word, or the part behind its "=", may be
 * quoted: "..." with \" and \\.
 */
#include "internal.h"

#define WORD_MAX 1100

/**
 * struct scanner - where the reading of a text stands
 * @start: the whole text
 * @at: what is not read yet
 * @word_at: where the current word starts
 * @word: the current word, quotes removed
 * @value: what follows the first bare "=" in @word, or NULL
 * @quoted: the word began with a quote
 * @error: where to tell what is wrong
 */
struct scanner {
	const char *start;
	const char *at;
	const char *word_at;
	char word[WORD_MAX];
	char *value;
	bool quoted;
	struct coconut_error *error;
};

static int fail_word(struct scanner *scanner, const char *what)
{
	unsigned int column = scanner->word_at - scanner->start + 1;
	int err = fail(scanner->error, EINVAL, NULL, "column %u: %s", column,
		       what);

	if (scanner->error) {
		scanner->error->line = 1;
		scanner->error->column = column;
	}
	return err;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Copies up to the closing quote, which @scanner->at is moved past. */
static int scan_quoted(struct scanner *scanner, size_t *size)
{
	const char *at = scanner->at + 1;

	for (; *at != '"'; at++) {
		if (*at == '\\')
			at++;
		if (!*at)
			return fail_word(scanner, "quote is not closed");
		if (*size + 1 >= WORD_MAX)
			return fail_word(scanner, "word too long");
		scanner->word[(*size)++] = *at;
	}
	scanner->at = at + 1;
	return 0;
}

/* Return: 1 for a word, 0 at the end, or a negative errno value. */
static int next_word(struct scanner *scanner)
{
	size_t size = 0;

	while (is_blank(*scanner->at))
		scanner->at++;
	scanner->word_at = scanner->at;
	scanner->value = NULL;
	scanner->quoted = *scanner->at == '"';
	if (!*scanner->at)
		return 0;
	while (*scanner->at && !is_blank(*scanner->at)) {
		if (*scanner->at == '"') {
			int err = scan_quoted(scanner, &size);

			if (err)
				return err;
			continue;
		}
		if (size + 1 >= WORD_MAX)
			return fail_word(scanner, "word too long");
		scanner->word[size++] = *scanner->at;
		if (*scanner->at++ == '=' && !scanner->value)
			scanner->value = scanner->word + size;
	}
	scanner->word[size] = '\0';
	if (!utf8_valid(scanner->word, size))
		return fail_word(scanner, "not UTF-8");
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)scanner->word[i] < 0x20)
			return fail_word(scanner, "control character");
	return 1;
}

/* The word that must come next. */
static int need_word(struct scanner *scanner, const char *missing)
{
	int found = next_word(scanner);

	if (found < 0)
		return found;
	return found ? 0 : fail_word(scanner, missing);
}

static int parse_except(struct scanner *scanner, struct coconut_cap *cap)
{
	const char *fault;
	int err = need_word(scanner, "a path must follow \"except\"");

	if (err)
		return err;
	fault = except_fault(cap->path, scanner->word);
	if (fault)
		return fail_word(scanner, fault);
	if (cap->nr_except == AGENT_EXCEPT_MAX)
		return fail_word(scanner, "more holes than 64");
	err = strings_add(&cap->except, &cap->nr_except, strdup(scanner->word));
	return err ? fail_memory(scanner->error) : 0;
}

static int parse_path(struct scanner *scanner, struct coconut_cap *cap)
{
	const char *fault = path_fault(scanner->word, 1023);

	if (fault)
		return fail_word(scanner, fault);
	cap->path = strdup(scanner->word);
	return cap->path ? 0 : fail_memory(scanner->error);
}

/*
 * Splits ADDRESS:PORTS[/PROTOCOL] in place; an IPv6 address is in brackets.
 * Only the slash after the last colon starts the protocol: the one before it
 * belongs to the prefix of the address.
 */
static const char *parse_endpoint(char *word, struct coconut_cap *cap)
{
	char *ports = strrchr(word, ':');
	const char *fault;
	char *protocol;
	size_t size;

	if (!ports || ports == word || ports[-1] == ':')
		return "not ADDRESS:PORTS[/PROTOCOL]";
	*ports++ = '\0';
	size = strlen(word);
	if (*word == '[' && word[size - 1] == ']') {
		word[size - 1] = '\0';
		word++;
	} else if (strchr(word, ':')) {
		return "an IPv6 address must be in [brackets]";
	}
	protocol = strchr(ports, '/');
	if (protocol)
		*protocol++ = '\0';
	fault = read_address(word, cap);
	if (!fault)
		fault = read_ports(ports, cap);
	if (!fault && protocol)
		fault = read_protocol(protocol, cap);
	return fault;
}

static int parse_value(struct scanner *scanner, const char *fault)
{
	return fault ? fail_word(scanner, fault) : 0;
}

/* NAME:PORTS[/PROTOCOL] behind a bare "host=": as of any address, but named. */
static int parse_host(struct scanner *scanner, struct coconut_cap *cap)
{
	char *ports = strchr(scanner->value, ':');
	const char *fault;
	char *protocol;

	if (!cap_id_has_host(cap->id))
		return fail_word(scanner, "only net.connect can name a host");
	if (!ports)
		return fail_word(scanner, "not host=NAME:PORTS[/PROTOCOL]");
	*ports++ = '\0';
	protocol = strchr(ports, '/');
	if (protocol)
		*protocol++ = '\0';
	fault = host_fault(scanner->value);
	if (!fault)
		fault = read_ports(ports, cap);
	if (!fault && protocol)
		fault = read_protocol(protocol, cap);
	if (fault)
		return fail_word(scanner, fault);
	cap->host = strdup(scanner->value);
	return cap->host ? 0 : fail_memory(scanner->error);
}

static int parse_net(struct scanner *scanner, struct coconut_cap *cap)
{
	if (!scanner->quoted && scanner->value == scanner->word + 5 &&
	    !strncmp(scanner->word, "host=", 5))
		return parse_host(scanner, cap);
	return parse_value(scanner, parse_endpoint(scanner->word, cap));
}

static int parse_text(struct scanner *scanner, struct coconut_cap *cap)
{
	const char *fault = scope_fault(cap->id, scanner->word);

	if (fault)
		return fail_word(scanner, fault);
	cap->scope = strdup(scanner->word);
	return cap->scope ? 0 : fail_memory(scanner->error);
}

static const char *scope_missing(uint32_t id)
{
	if (cap_id_has_path(id))
		return "this capability needs a path";
	if (cap_id_has_net(id))
		return "this capability needs ADDRESS:PORTS[/PROTOCOL]";
	if (cap_id_has_relation(id))
		return "this capability needs self, descendants or all";
	return NULL;
}

/* Reads the scope when the current word is one. */
static int parse_scope(struct scanner *scanner, struct coconut_cap *cap)
{
	if (cap_id_has_path(cap->id))
		return parse_path(scanner, cap);
	if (cap_id_has_net(cap->id))
		return parse_net(scanner, cap);
	if (cap_id_has_relation(cap->id))
		return parse_value(scanner, read_relation(scanner->word, cap));
	if (cap_id_has_text(cap->id))
		return parse_text(scanner, cap);
	return fail_word(scanner, "this capability has no scope");
}

static int parse_hint(struct scanner *scanner, struct coconut_cap *cap)
{
	size_t size = strlen(scanner->value);

	if (!size || size > 255)
		return fail_word(scanner, "hint is not 1 to 255 bytes long");
	if (cap->hint)
		return fail_word(scanner, "hint stands twice");
	cap->hint = strdup(scanner->value);
	return cap->hint ? 0 : fail_memory(scanner->error);
}

static int parse_count(struct scanner *scanner, uint64_t *number)
{
	if (*number)
		return fail_word(scanner, "option stands twice");
	return parse_value(scanner, read_count(scanner->value, number));
}

static int parse_lifetime(struct scanner *scanner, struct coconut_cap *cap)
{
	return parse_count(scanner, &cap->lifetime);
}

static int parse_uses(struct scanner *scanner, struct coconut_cap *cap)
{
	return parse_count(scanner, &cap->uses);
}

static int parse_rate(struct scanner *scanner, struct coconut_cap *cap)
{
	if (cap->rate)
		return fail_word(scanner, "option stands twice");
	return parse_value(scanner, read_rate(scanner->value, cap));
}

/* Behind an address: whose it is. */
static int parse_owner(struct scanner *scanner, struct coconut_cap *cap)
{
	const char *fault = host_fault(scanner->value);

	if (!cap_id_has_host(cap->id) || !cap->family)
		return fail_word(scanner, "host= goes with an address alone");
	if (cap->host)
		return fail_word(scanner, "option stands twice");
	if (fault)
		return fail_word(scanner, fault);
	cap->host = strdup(scanner->value);
	return cap->host ? 0 : fail_memory(scanner->error);
}

static const struct {
	const char *name;
	int (*parse)(struct scanner *scanner, struct coconut_cap *cap);
} known_options[] = {
	{ "lifetime=", parse_lifetime }, { "uses=", parse_uses },
	{ "rate=", parse_rate },         { "hint=", parse_hint },
	{ "host=", parse_owner },
};

static int parse_option(struct scanner *scanner, struct coconut_cap *cap)
{
	size_t size = scanner->value ? scanner->value - scanner->word : 0;

	if (!scanner->value || scanner->quoted)
		return fail_word(
			scanner,
			cap_id_has_path(cap->id) ?
				"only except, lifetime=, uses=, rate= and hint= can follow" :
				"only lifetime=, uses=, rate= and hint= can follow");
	for (size_t i = 0; i < ARRAY_SIZE(known_options); i++)
		if (strlen(known_options[i].name) == size &&
		    !memcmp(scanner->word, known_options[i].name, size))
			return known_options[i].parse(scanner, cap);
	return fail_word(
		scanner,
		"unknown option: not lifetime=, uses=, rate= or hint=");
}

static int parse_name(struct scanner *scanner, struct coconut_cap *cap)
{
	int err = need_word(scanner, "a capability's name is missing");
	int id;

	if (err)
		return err;
	id = coconut_cap_id_from_name(scanner->word);
	if (id < 0)
		return fail_word(scanner, "no capability has this name");
	cap->id = id;
	strcpy(cap->name, scanner->word);
	return 0;
}

static int parse_rest(struct scanner *scanner, struct coconut_cap *cap)
{
	bool options = false;
	int found;
	int err = 0;

	while (!err && (found = next_word(scanner)) > 0) {
		if (cap->path && !options && !scanner->quoted &&
		    !strcmp(scanner->word, "except")) {
			err = parse_except(scanner, cap);
		} else {
			err = parse_option(scanner, cap);
			options = true;
		}
	}
	return err ? err : found;
}

static int parse(struct scanner *scanner, struct coconut_cap *cap)
{
	const char *missing;
	int err = parse_name(scanner, cap);
	int found;

	if (err)
		return err;
	missing = scope_missing(cap->id);
	found = next_word(scanner);
	if (found < 0)
		return found;
	/* An optional scope is told from an option by the bare "=". */
	if (found && (missing || !scanner->value || scanner->quoted))
		err = parse_scope(scanner, cap);
	else if (found)
		err = parse_option(scanner, cap);
	else if (missing)
		err = fail_word(scanner, missing);
	return err ? err : parse_rest(scanner, cap);
}

int coconut_cap_parse(const char *text, struct coconut_cap *ret_cap,
		      struct coconut_error *error)
{
	struct scanner scanner = { .start = text, .at = text, .error = error };
	struct coconut_cap cap = { 0 };
	uint8_t *data;
	size_t size;
	int err = parse(&scanner, &cap);

	if (!err)
		err = coconut_cap_encode(&cap, &data, &size, error);
	if (err) {
		coconut_cap_clear(&cap);
		return err;
	}
	free(data);
	*ret_cap = cap;
	return 0;
}

static void add_word(struct text *text, const char *word)
{
	text_add(text, " ");
	if (*word && !strpbrk(word, " \t\"="))
		text_add(text, "%s", word);
	else
		text_add_quoted(text, word);
}

static void add_net(struct text *text, const struct coconut_cap *cap)
{
	if (cap->host && !cap->family) {
		text_add(text, " host=%s:", cap->host);
	} else {
		text_add(text, cap->family == 6 ? " [" : " ");
		add_address(text, cap);
		text_add(text, cap->family == 6 ? "]:" : ":");
	}
	add_ports(text, cap);
	if (cap->protocol)
		text_add(text, "/%s", protocol_name(cap->protocol));
	if (cap->host && cap->family)
		text_add(text, " host=%s", cap->host);
}

char *coconut_cap_format(const struct coconut_cap *cap)
{
	struct text text = { 0 };

	text_add(&text, "%s", cap->name);
	if (cap->path)
		add_word(&text, cap->path);
	for (size_t i = 0; i < cap->nr_except; i++) {
		text_add(&text, " except");
		add_word(&text, cap->except[i]);
	}
	if (cap_id_has_net(cap->id))
		add_net(&text, cap);
	if (cap_id_has_relation(cap->id))
		text_add(&text, " %s", coconut_relation_name(cap->relation));
	if (cap->scope)
		add_word(&text, cap->scope);
	if (cap->lifetime)
		text_add(&text, " lifetime=%ju", (uintmax_t)cap->lifetime);
	if (cap->uses)
		text_add(&text, " uses=%ju", (uintmax_t)cap->uses);
	if (cap->rate) {
		text_add(&text, " rate=");
		add_rate(&text, cap);
	}
	if (cap->hint) {
		text_add(&text, " hint=");
		text_add_quoted(&text, cap->hint);
	}
	if (text.failed) {
		free(text.data);
		return NULL;
	}
	return text.data;
}
