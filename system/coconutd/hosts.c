// SPDX-License-Identifier: MIT
/*
 * coconutd: hosts that agents hold by their names, and how long their
 * addresses are theirs
 *
 * A name is looked up when somebody asks for it, and again before its
 * addresses' time is over, for as long as an agent holds it: an address that
 * is still the host's goes on, another ends with its time.
 */

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "coconutd.h"

/* Seconds. */
#define TTL_MIN 5
#define TTL_MAX 3600
#define TTL_FILE 60  /* of what stands in the file of hosts */
#define MARGIN_MIN 2 /* so long before the end a name is looked up again */
#define MARGIN_MAX 30
#define RETRY 2       /* after a lookup that failed */
#define NEGATIVE 5    /* what is not there is not asked for again */
#define LOOKUP_MAX 30 /* a resolver that takes longer hangs */

/**
 * struct host - a host by its name; times are CLOCK_BOOTTIME nanoseconds
 * @next: another
 * @addresses: addresses that are its own
 * @nr_addresses: how many
 * @from_file: they stand in the file of hosts
 * @expires: when their time is over; 0 for no addresses
 * @refresh: when it is to be looked up again; 0 for not at all
 * @asked: when the lookup under way began; 0 for none
 * @failed_until: until then @status is what is said; 0 for no failure
 * @status: what the last lookup that failed said
 * @name: the name
 */
struct host {
	struct host *next;
	struct resolver_address addresses[RESOLVER_ADDRESSES_MAX];
	unsigned int nr_addresses;
	bool from_file;
	uint64_t expires;
	uint64_t refresh;
	uint64_t asked;
	uint64_t failed_until;
	uint32_t status;
	char name[AGENT_HOST_MAX + 1];
};

static struct host *hosts;
static struct source timer = { .fd = -1 };

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static struct host *find(const char *name)
{
	struct host *host;

	for (host = hosts; host && strcmp(host->name, name) != 0;
	     host = host->next)
		;
	return host;
}

static struct host *get(const char *name)
{
	struct host *host = find(name);

	if (host)
		return host;
	host = calloc(1, sizeof(*host));
	if (!host)
		abort();
	snprintf(host->name, sizeof(host->name), "%s", name);
	host->next = hosts;
	hosts = host;
	return host;
}

static bool is_fresh(const struct host *host, uint64_t now)
{
	return host->expires >= now + NS_PER_SECOND;
}

/* ---- what the resolver is told --------------------------------------- */

static bool send_message(uint32_t kind, uint32_t status, const char *name)
{
	struct resolver_message message = { .kind = kind, .status = status };

	snprintf(message.name, sizeof(message.name), "%s", name);
	return resolver_send(&message);
}

static void answer(const struct host *host, uint64_t now)
{
	struct resolver_message message = {
		.kind = RESOLVER_ANSWER,
		.ttl = (host->expires - now) / NS_PER_SECOND,
		.nr_addresses = host->nr_addresses,
	};

	memcpy(message.addresses, host->addresses, sizeof(message.addresses));
	snprintf(message.name, sizeof(message.name), "%s", host->name);
	resolver_send(&message);
}

/* ---- addresses ------------------------------------------------------- */

static void grant(const struct host *host, uint64_t now)
{
	holders_grant(host->name, host->addresses, host->nr_addresses, now,
		      host->expires);
}

/* All agents that hold the name have the addresses before anyone is told. */
static void renew(struct host *host, uint64_t ttl, uint64_t now)
{
	uint64_t margin = clamp(ttl / 3, MARGIN_MIN, MARGIN_MAX);

	host->expires = now + ttl * NS_PER_SECOND;
	host->refresh = host->expires - margin * NS_PER_SECOND;
	host->failed_until = 0;
	grant(host, now);
}

static bool take_from_file(struct host *host, uint64_t now)
{
	struct resolver_address addresses[RESOLVER_ADDRESSES_MAX];
	unsigned int count = addresses_of_file(host->name, addresses);

	if (!count)
		return false;
	memcpy(host->addresses, addresses, sizeof(addresses));
	host->nr_addresses = count;
	host->from_file = true;
	renew(host, TTL_FILE, now);
	return true;
}

/* Return: whether there is an address that may be granted. */
static bool take_found(struct host *host, const struct resolver_message *found,
		       uint64_t now)
{
	struct resolver_address good[RESOLVER_ADDRESSES_MAX] = { 0 };
	char text[INET6_ADDRSTRLEN];
	unsigned int i, count = 0;

	for (i = 0; i < found->nr_addresses; i++) {
		if (address_is_good(&found->addresses[i]))
			good[count++] = found->addresses[i];
		else
			note("%s: %s is not granted: the DNS has no say over this machine and its links",
			     host->name,
			     address_text(&found->addresses[i], text));
	}
	if (!count)
		return false;
	memcpy(host->addresses, good, sizeof(good));
	host->nr_addresses = count;
	host->from_file = false;
	renew(host, clamp(found->ttl, TTL_MIN, TTL_MAX), now);
	return true;
}

/* What an agent has goes on to its end. */
static void fail(struct host *host, uint32_t status, uint64_t now)
{
	uint64_t wait = status == RESOLVER_FAILED ? RETRY : NEGATIVE;

	host->status = status;
	host->failed_until = now + wait * NS_PER_SECOND;
	host->refresh = status == RESOLVER_FAILED && is_fresh(host, now) ?
				host->failed_until :
				0;
}

static void look_up(struct host *host, uint64_t now)
{
	if (host->asked)
		return;
	if (send_message(RESOLVER_LOOKUP, RESOLVER_GOOD, host->name))
		host->asked = now;
	else
		fail(host, RESOLVER_FAILED, now);
}

/* ---- the timer ------------------------------------------------------- */

static uint64_t next_event(const struct host *host)
{
	uint64_t times[] = { host->refresh, host->expires, host->failed_until,
			     host->asked ?
				     host->asked + LOOKUP_MAX * NS_PER_SECOND :
				     0 };
	uint64_t next = UINT64_MAX;
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		if (times[i] && times[i] < next)
			next = times[i];
	}
	return next;
}

static void refresh(struct host *host, uint64_t now)
{
	host->refresh = 0;
	if (!holders_want(host->name) || take_from_file(host, now))
		return;
	look_up(host, now);
}

static void pass_time(struct host *host, uint64_t now)
{
	if (host->asked && now >= host->asked + LOOKUP_MAX * NS_PER_SECOND) {
		host->asked = 0;
		resolver_kill("it does not answer");
	}
	if (host->failed_until && now >= host->failed_until)
		host->failed_until = 0;
	if (host->refresh && now >= host->refresh)
		refresh(host, now);
	if (host->expires && now >= host->expires) {
		host->expires = 0;
		host->nr_addresses = 0;
	}
}

static void handle_timer(struct source *source, uint32_t events);

static void set_timer(void)
{
	struct itimerspec when = { 0 };
	uint64_t next = UINT64_MAX;
	const struct host *host;

	for (host = hosts; host; host = host->next) {
		if (next_event(host) < next)
			next = next_event(host);
	}
	if (timer.fd < 0) {
		timer.fd = timerfd_create(CLOCK_BOOTTIME,
					  TFD_CLOEXEC | TFD_NONBLOCK);
		if (timer.fd < 0) {
			note("no timer for hosts: %m");
			return;
		}
		timer.handle = handle_timer;
		loop_add(&timer, EPOLLIN);
	}
	if (next != UINT64_MAX) {
		when.it_value.tv_sec = next / NS_PER_SECOND;
		when.it_value.tv_nsec = next % NS_PER_SECOND;
	}
	timerfd_settime(timer.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void handle_timer(struct source *source, uint32_t events)
{
	struct host **link = &hosts, *host;
	uint64_t now = loop_now(), count;

	(void)events;
	if (read(source->fd, &count, sizeof(count)) < 0)
		return;
	while ((host = *link)) {
		pass_time(host, now);
		if (next_event(host) != UINT64_MAX) {
			link = &host->next;
			continue;
		}
		*link = host->next;
		free(host);
	}
	set_timer();
}

/* ---- what others tell ------------------------------------------------ */

/**
 * hosts_prepare - an agent holds a host by its name from now on
 * @name: the name
 *
 * A program may read the file of hosts itself, and then asks nobody.
 */
void hosts_prepare(const char *name)
{
	struct host *host = find(name);
	uint64_t now = loop_now();
	struct resolver_address addresses[RESOLVER_ADDRESSES_MAX];

	if (host && host->from_file && is_fresh(host, now)) {
		grant(host, now);
		return;
	}
	if (!addresses_of_file(name, addresses))
		return;
	take_from_file(get(name), now);
	set_timer();
}

/**
 * hosts_ask - some program asks for a name
 * @name: the name
 */
void hosts_ask(const char *name)
{
	uint64_t now = loop_now();
	struct host *host;

	holders_catch_up();
	if (!holders_want(name)) {
		send_message(RESOLVER_ANSWER, RESOLVER_REFUSED, name);
		return;
	}
	host = get(name);
	if (is_fresh(host, now)) {
		grant(host, now);
		answer(host, now);
	} else if (host->failed_until > now) {
		send_message(RESOLVER_ANSWER, host->status, name);
	} else if (take_from_file(host, now)) {
		answer(host, now);
	} else {
		look_up(host, now);
	}
	set_timer();
}

/**
 * hosts_found - the resolver says what the servers said
 * @found: the message, valid in itself; what was not asked for is ignored
 */
void hosts_found(const struct resolver_message *found)
{
	struct host *host = find(found->name);
	uint64_t now = loop_now();

	if (!host || !host->asked)
		return;
	host->asked = 0;
	if (found->status == RESOLVER_GOOD && take_found(host, found, now)) {
		answer(host, now);
	} else {
		fail(host, found->status, now);
		send_message(RESOLVER_ANSWER, found->status, host->name);
	}
	set_timer();
}

/**
 * hosts_resolver_gone - what the resolver was asked for it will not answer
 */
void hosts_resolver_gone(void)
{
	struct host *host;

	for (host = hosts; host; host = host->next) {
		if (host->asked)
			fail(host, RESOLVER_FAILED, loop_now());
		host->asked = 0;
	}
	set_timer();
}
