/* SPDX-License-Identifier: MIT */
/*
 * coconutd: PID 1. What its units share.
 *
 *	main.c		the order of things: boot, serve, shut down
 *	boot.c		mounts and devices
 *	loop.c		one epoll set, one handler for each descriptor
 *	keys.c		certificates into the kernel's keyring
 *	chain.c		rows from the kernel to the disk; chain.h has the rest
 *	agent.c		agents spawned here: their records, output and end
 *	console.c	the shell, a legacy task
 *	control.c	the socket and its clients
 *	peers.c		clients that are agents
 *	ops.c		what clients may ask, with ops_spawn.c and ops_caps.c
 *	revoker.c	the thread that revokes
 *	stream.c	rows from the disk to clients
 *	holders.c	agents that hold hosts by their names, with given.c
 *	hosts.c		these hosts, and how long an address is theirs
 *	addresses.c	which addresses a name may have
 *	resolver.c	the child that asks the DNS
 *	caps.c		capabilities listed, granted and revoked
 *	message.c	CBOR maps
 */
#ifndef COCONUTD_H
#define COCONUTD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <cbor.h>
#include <coconut.h>

#include "../resolver/protocol.h"

#define CHAIN_DIR "/var/log/coconut/kernel"
#define AUDIT_GROUP "audit"
#define OUTPUT_DIR "/var/log/coconut/agents"
#define KEYS_DIR "/etc/coconut/keys"
#define MANIFEST_DIR "/etc/coconut/manifests"
#define RUN_DIR "/run/coconutd"
#define CONTROL_PATH RUN_DIR "/control"
#define MESSAGE_MAX 65536
#define NS_PER_SECOND 1000000000ULL

/* ---- main.c ---------------------------------------------------------- */

void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void note_forget(void);
void request_shutdown(int how);
bool is_shutting_down(void);

/* ---- boot.c ---------------------------------------------------------- */

void boot_mount(void);
bool boot_option(const char *name, char *value, size_t size);
void boot_halt(int how);

/* ---- loop.c ---------------------------------------------------------- */

/**
 * struct source - a descriptor and who handles it
 * @fd: the descriptor
 * @handle: called with the EPOLL* bits that are set; may free the source after
 *	loop_remove()
 */
struct source {
	int fd;
	void (*handle)(struct source *source, uint32_t events);
};

void loop_init(void);
void loop_add(struct source *source, uint32_t events);
void loop_change(struct source *source, uint32_t events);
void loop_remove(struct source *source);
void loop_turn(int timeout_ms);
uint64_t loop_now(void);

/* ---- keys.c ---------------------------------------------------------- */

void keys_seed(void);

/* ---- chain.c, close.c ------------------------------------------------ */

void chain_open(void);
int chain_close(struct coconut_signature *ret_closed);
uint64_t chain_age(void);
void chain_drain(void);
bool chain_can_record(void);
uint64_t chain_boot(void);
uint64_t chain_written(void);
bool close_reaped(pid_t pid, int status);

/* ---- agent.c --------------------------------------------------------- */

struct client;

/**
 * struct agent_record - an agent spawned here, live or ended
 * @output: the read end of its output; fd -1 once that has ended
 * @next: the one spawned before it
 * @aid: its AID
 * @pid: its first task
 * @uid: the user it runs as
 * @name: its manifest's name
 * @running: its first task has not been waited for
 * @status: wait status, once not @running
 * @log_fd: what it printed goes here
 * @log_size: bytes written there so far
 * @follower: who is told what it prints and how it ends, or NULL
 */
struct agent_record {
	struct source output;
	struct agent_record *next;
	uint64_t aid;
	pid_t pid;
	uid_t uid;
	char name[AGENT_NAME_MAX];
	bool running;
	int status;
	int log_fd;
	uint64_t log_size;
	struct client *follower;
};

/**
 * struct spawn_request - what a client wants spawned
 * @manifest: compiled manifest
 * @manifest_size: its length in bytes
 * @signature: its signature
 * @signature_size: its length in bytes
 * @extra: more arguments, NULL-terminated, or NULL
 * @uid: who asks
 */
struct spawn_request {
	const void *manifest;
	size_t manifest_size;
	const void *signature;
	size_t signature_size;
	const char *const *extra;
	uid_t uid;
};

int agent_start(const struct spawn_request *request,
		struct agent_record **ret_record, struct coconut_error *error);
struct agent_record *agent_records(void);
struct agent_record *agent_record_find(uint64_t aid);
bool agent_reaped(pid_t pid, int status);
void agent_forget_follower(const struct client *client);
void agent_end_all(void);

/* ---- caps.c ---------------------------------------------------------- */

int64_t caps_list(uint64_t aid, const uint8_t **ret_list);
int cap_give(uint64_t aid, const struct coconut_cap *cap, uint64_t *ret_handle);
bool cap_is_held(uint64_t aid, const struct coconut_cap *cap);
bool cap_use(uint64_t aid, const struct coconut_cap *cap);
void cap_take(uint64_t aid, uint64_t handle);

/* ---- holders.c, hosts.c, addresses.c, resolver.c --------------------- */

void holders_update(uint64_t aid);
void holders_catch_up(void);
bool holders_want(const char *host);
void holders_grant(const char *host, const struct resolver_address *addresses,
		   unsigned int count, uint64_t now, uint64_t expires);
void holders_see(const struct coconut_row *row);

void hosts_prepare(const char *name);
void hosts_ask(const char *name);
void hosts_found(const struct resolver_message *found);
void hosts_resolver_gone(void);

bool address_is_good(const struct resolver_address *address);
const char *address_text(const struct resolver_address *address, char *text);
unsigned int addresses_of_file(const char *name,
			       struct resolver_address *addresses);

void resolver_start(void);
bool resolver_send(const struct resolver_message *message);
void resolver_kill(const char *why);
bool resolver_reaped(pid_t pid, int status);

/* ---- console.c ------------------------------------------------------- */

void console_start(void);
bool console_reaped(pid_t pid, int status);

/* ---- control.c, peers.c, ops.c, revoker.c, stream.c -------------------------------------- */

struct stream;

/**
 * struct client - a connection to the control socket
 * @source: its descriptor
 * @number: names it, and no other one ever
 * @uid: the peer's user
 * @aid: the peer's agent, AGENT_AID_LEGACY for none
 * @auditor: the peer may read the chain
 * @next: another connection
 * @stream: rows on their way to it, or NULL
 * @paused: nothing is read from it before it has its reply
 * @dead: it is gone; freed at the end of the turn
 */
struct client {
	struct source source;
	uint64_t number;
	uid_t uid;
	uint64_t aid;
	bool auditor;
	struct client *next;
	struct stream *stream;
	bool paused;
	bool dead;
};

void control_open(void);
void control_close(void);
void control_sweep(void);
struct client *client_find(uint64_t number);
void client_pause(struct client *client);
void client_resume(struct client *client);
void client_watch(struct client *client, bool writable);
int client_send(struct client *client, cbor_item_t *message);
void client_fail(struct client *client, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void ops_dispatch(struct client *client, const cbor_item_t *request);
void op_revoked(struct client *client, const struct agent_cap_revoke_args *args,
		int err);
void revoke_later(struct client *client,
		  const struct agent_cap_revoke_args *args);

uint64_t agent_parent(uint64_t aid);
bool peer_is_agent(const struct client *client);
bool peer_holds(const struct client *client, uint64_t aid, uint32_t id,
		bool use);
uint32_t peer_reach(const struct client *client, uint32_t id);
bool peer_reaches(const struct client *client, uint64_t aid, uint32_t reach);
void peer_refuse(struct client *client, const char *what);

void stream_begin(struct client *client, const cbor_item_t *request);
void stream_pump(struct client *client);
void stream_end(struct client *client);
void control_rows_written(void);

/* ---- message.c ------------------------------------------------------- */

cbor_item_t *message_new(bool ok);
void message_text(cbor_item_t *map, const char *key, const char *value);
void message_uint(cbor_item_t *map, const char *key, uint64_t value);
void message_bool(cbor_item_t *map, const char *key, bool value);
void message_bytes(cbor_item_t *map, const char *key, const void *data,
		   size_t size);
void message_item(cbor_item_t *map, const char *key, cbor_item_t *item);
const cbor_item_t *message_get(const cbor_item_t *map, const char *key);
bool message_get_uint(const cbor_item_t *map, const char *key, uint64_t *value);
bool message_get_bool(const cbor_item_t *map, const char *key);
char *message_get_text(const cbor_item_t *map, const char *key);
bool message_get_bytes(const cbor_item_t *map, const char *key,
		       const void **data, size_t *size);

#endif /* COCONUTD_H */
