/* SPDX-License-Identifier: MIT */
/*
 * libcoconut: the userspace library of Coconut OS.
 *
 * Functions return 0 or a count when they succeed and a negative errno when
 * they fail; errno itself is not touched.  Those that take a struct
 * coconut_error also say what is wrong and where; it may be NULL.  What is
 * passed back through a ret_ parameter is untouched on failure.  Nothing in
 * the library keeps global state, so that different objects may be used from
 * different threads.
 */
#ifndef COCONUT_H
#define COCONUT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <linux/agent.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Errors ---------------------------------------------------------- */

/**
 * struct coconut_error - what went wrong, for a person
 * @code: a positive errno value, 0 when nothing went wrong
 * @line: line of the input at fault, from 1; 0 when there is none
 * @column: column of the input at fault, from 1; 0 when there is none
 * @where: the key, step or file at fault; may be empty
 * @message: one complete line with all of the above, without a final newline
 */
struct coconut_error {
	int code;
	unsigned int line;
	unsigned int column;
	char where[128];
	char message[512];
};

/**
 * coconut_strerror - describe an errno value, Coconut's own included
 * @error: errno value, positive or negative
 *
 * Return: a string that is never freed.
 */
const char *coconut_strerror(int error);

/* ---- Names of the ABI's numbers -------------------------------------- */

/* Each gives "unknown" for a number without a name. */
const char *coconut_state_name(uint32_t state);
const char *coconut_cap_id_name(uint32_t id);
const char *coconut_event_name(uint32_t event);
const char *coconut_reason_name(uint32_t reason);
const char *coconut_verdict_name(uint32_t verdict);
const char *coconut_relation_name(uint32_t relation);
const char *coconut_on_deny_name(uint32_t on_deny);
const char *coconut_audit_name(uint32_t audit);
const char *coconut_resource_name(uint32_t resource);
const char *coconut_tier_name(uint32_t tier);

/**
 * coconut_call_name - name of one of x86_64's system calls
 * @number: its number, as in a row of AGENT_EVENT_CALL
 *
 * Return: a name such as "openat", or "unknown".
 */
const char *coconut_call_name(uint64_t number);

/**
 * coconut_reason_text - what a reason means, for a person
 * @reason: enum agent_audit_reason
 *
 * Return: a clause such as "no capability covers it", never NULL.
 */
const char *coconut_reason_text(uint32_t reason);

/* Each gives the number, or -EINVAL for a name that is none. */
int coconut_state_from_name(const char *name);
int coconut_event_from_name(const char *name);
int coconut_verdict_from_name(const char *name);
int coconut_resource_from_name(const char *name);
int coconut_tier_from_name(const char *name);

/**
 * coconut_cap_id_from_name - number of a capability's dotted name
 * @name: dotted name
 *
 * Return: enum agent_cap_id, AGENT_CAP_USER for a dotted name that the kernel
 * does not decide, -EINVAL for what is no dotted name.
 */
int coconut_cap_id_from_name(const char *name);

/* ---- The eight system calls ------------------------------------------ */

/*
 * Thin wrappers: they pass the structure with its size and return what the
 * kernel returns, errors as negative errno values.
 */

/**
 * coconut_agent_spawn - make an agent (coconut_spawn() does all around it)
 * @args: see struct agent_spawn_args; with @stack 0 and AGENT_SPAWN_VFORK unset,
 *	because a child on another stack cannot return from this function
 *
 * Return: the AID in the spawner, 0 in the child, or a negative errno value.
 */
int64_t coconut_agent_spawn(struct agent_spawn_args *args);

/**
 * coconut_agent_attest - ask the kernel to vouch for an agent
 * @args: see struct agent_attest_args
 *
 * Return: bytes written, or a negative errno value.
 */
int64_t coconut_agent_attest(struct agent_attest_args *args);

/**
 * coconut_agent_quota - read or set a limit of an agent
 * @args: see struct agent_quota_args
 *
 * Return: 0, or a negative errno value.
 */
int coconut_agent_quota(struct agent_quota_args *args);

/**
 * coconut_cap_grant - give an agent a capability, or let it go on
 * @args: see struct agent_cap_grant_args
 *
 * Return: 0, or a negative errno value.
 */
int coconut_cap_grant(struct agent_cap_grant_args *args);

/**
 * coconut_cap_revoke - take a capability, freeze or end an agent
 * @args: see struct agent_cap_revoke_args
 *
 * Return: 0, or a negative errno value.
 */
int coconut_cap_revoke(struct agent_cap_revoke_args *args);

/**
 * coconut_cap_present - ask whether an agent holds a capability
 * @args: see struct agent_cap_present_args
 *
 * Return: 0 when it does, -ECAPABILITY when not, or another negative errno.
 */
int coconut_cap_present(struct agent_cap_present_args *args);

/**
 * coconut_audit_query - read, follow, commit or seed the audit chain
 * @args: see struct agent_audit_query_args
 *
 * Return: bytes written, a descriptor with AGENT_AUDIT_FOLLOW, or a negative
 * errno value.
 */
int64_t coconut_audit_query(struct agent_audit_query_args *args);

/**
 * coconut_memory_tier - read or set an agent's limit in a memory tier
 * @args: see struct agent_memory_tier_args
 *
 * Return: 0, or a negative errno value.
 */
int coconut_memory_tier(struct agent_memory_tier_args *args);

/* ---- Who the peer is, and why one was denied ------------------------- */

/**
 * coconut_peer_aid - which agent is at the other end of a unix socket
 * @fd: a connected socket, or one of a pair
 * @ret_aid: gets the AID of who connected, who listened, or who made the pair, at
 *	that time and whoever holds the sockets now; AGENT_AID_LEGACY for none
 *
 * Return: 0; -ENOTCONN for a socket without a peer, -EOPNOTSUPP for one of another
 * family, -ENOPROTOOPT from a kernel without agents.
 */
int coconut_peer_aid(int fd, uint64_t *ret_aid);

/**
 * coconut_denials - what an agent was denied last, and why
 * @aid: the agent, AGENT_AID_SELF for one's own, which needs no capability
 * @from: only those whose number is at least this
 * @denials: gets the denials, oldest first
 * @count: how many there is room for; AGENT_DENIALS_KEPT are enough
 * @ret_next: gets the number to go on from; may be NULL
 *
 * Return: how many there are, or a negative errno value.
 */
int coconut_denials(uint64_t aid, uint64_t from, struct agent_denial *denials,
		    size_t count, uint64_t *ret_next);

/* Room that is enough for any denial in coconut_denial_format() and _json(). */
#define COCONUT_DENIAL_TEXT_MAX 4096

/**
 * coconut_denial_format - write a denial as one line for people
 * @denial: the denial
 * @text: gets the line, without a final newline; what is not printable is
 *	escaped as \xNN
 * @size: room in bytes
 *
 * Return: length of the whole line in bytes, as snprintf().
 */
size_t coconut_denial_format(const struct agent_denial *denial, char *text,
			     size_t size);

/**
 * coconut_denial_json - write a denial as one JSON object on one line
 * @denial: the denial
 * @text: gets the object, without a final newline
 * @size: room in bytes
 *
 * Return: length of the whole object in bytes, as snprintf().
 */
size_t coconut_denial_json(const struct agent_denial *denial, char *text,
			   size_t size);

/**
 * coconut_trap_from_siginfo - what the SIGTRAP of a denial tells
 * @info: what the handler of SIGTRAP got
 * @ret_trap: gets it
 *
 * May be called in a signal handler.
 *
 * Return: 0, or -EINVAL for a signal of another origin.
 */
int coconut_trap_from_siginfo(const siginfo_t *info,
			      struct agent_trap *ret_trap);

/* ---- Files and digests ----------------------------------------------- */

/**
 * coconut_digest - BLAKE3 of a buffer
 * @data: the bytes
 * @size: how many
 * @digest: gets the digest
 */
void coconut_digest(const void *data, size_t size,
		    uint8_t digest[AGENT_DIGEST_SIZE]);

/**
 * coconut_digest_file - BLAKE3 of a file's contents
 * @path: the file
 * @digest: gets the digest
 * @error: may be NULL
 *
 * Return: 0, or a negative errno value.
 */
int coconut_digest_file(const char *path, uint8_t digest[AGENT_DIGEST_SIZE],
			struct coconut_error *error);

/**
 * coconut_hex - write bytes as lower-case hexadecimal digits
 * @data: the bytes
 * @size: how many
 * @text: gets 2 * @size digits and a NUL
 *
 * Return: @text.
 */
char *coconut_hex(const void *data, size_t size, char *text);

/**
 * coconut_unhex - read hexadecimal digits
 * @text: exactly 2 * @size digits and a NUL
 * @data: gets the bytes
 * @size: how many
 *
 * Return: 0, or -EINVAL.
 */
int coconut_unhex(const char *text, void *data, size_t size);

/**
 * coconut_file_read - read a whole file
 * @path: the file
 * @max: fail with -E2BIG beyond so many bytes
 * @ret_data: gets the bytes, to be given to free(); a NUL that is not counted
 *	follows them
 * @ret_size: gets how many
 * @error: may be NULL
 *
 * Return: 0, or a negative errno value.
 */
int coconut_file_read(const char *path, size_t max, uint8_t **ret_data,
		      size_t *ret_size, struct coconut_error *error);

/**
 * coconut_file_write - make or replace a file, all or nothing
 * @path: the file; its directory must be writable
 * @data: the bytes
 * @size: how many
 * @mode: permission bits
 * @error: may be NULL
 *
 * Return: 0 once the bytes are on disk, or a negative errno value.
 */
int coconut_file_write(const char *path, const void *data, size_t size,
		       mode_t mode, struct coconut_error *error);

/* ---- Capabilities ---------------------------------------------------- */

/**
 * struct coconut_cap - one capability
 * @id: enum agent_cap_id, in agreement with @name
 * @name: dotted name
 * @path: path scope (fs.*, unix.connect, dev.ioctl), otherwise NULL
 * @except: holes in it, NULL-terminated, or NULL
 * @nr_except: how many
 * @address: address scope (net.*), network byte order
 * @family: 4 or 6, 0 for any address
 * @prefix: how many leading bits of @address count
 * @protocol: 6 TCP, 17 UDP, 0 both
 * @port_low: first port
 * @port_high: last port
 * @relation: AGENT_REL_*
 * @lifetime: seconds from binding, 0 for no end
 * @uses: how many uses, 0 for no count
 * @hint: text for who reads a denial, or NULL
 * @scope: scope of a userspace capability, or NULL; of cap.grant the name of the
 *	capability that may be granted, NULL for all
 * @host: name of a host (net.connect), or NULL; without a @family instead of an
 *	address, with one it tells whose address it is
 * @rate: how many uses in each @period, 0 for no rate
 * @period: seconds, with a rate
 */
struct coconut_cap {
	uint32_t id;
	char name[AGENT_NAME_MAX];
	char *path;
	char **except;
	size_t nr_except;
	uint8_t address[16];
	uint8_t family;
	uint8_t prefix;
	uint8_t protocol;
	uint16_t port_low;
	uint16_t port_high;
	uint32_t relation;
	uint64_t lifetime;
	uint64_t uses;
	char *hint;
	char *scope;
	char *host;
	uint32_t rate;
	uint32_t period;
};

/**
 * coconut_cap_parse - read a capability as people write it
 * @text: see coconut-capabilities(7), such as
 *	"fs.read /home/maya except /home/maya/.ssh lifetime=60"
 * @ret_cap: gets the capability; give it to coconut_cap_clear()
 * @error: may be NULL; its column points into @text
 *
 * Return: 0, -EINVAL for a mistake in the text, -E2BIG, or -ENOMEM.
 */
int coconut_cap_parse(const char *text, struct coconut_cap *ret_cap,
		      struct coconut_error *error);

/**
 * coconut_cap_format - write a capability as people write it
 * @cap: the capability
 *
 * Return: text that coconut_cap_parse() reads, to be given to free(), or NULL
 * when memory is short.
 */
char *coconut_cap_format(const struct coconut_cap *cap);

/**
 * coconut_cap_encode - deterministic CBOR of a capability
 * @cap: the capability
 * @ret_data: gets the bytes, to be given to free()
 * @ret_size: gets how many
 * @error: may be NULL
 *
 * The kernel's own reader has accepted what this gives.
 *
 * Return: 0, -EINVAL for what is no valid capability, -E2BIG, or -ENOMEM.
 */
int coconut_cap_encode(const struct coconut_cap *cap, uint8_t **ret_data,
		       size_t *ret_size, struct coconut_error *error);

/**
 * coconut_cap_decode - read the CBOR of a capability
 * @data: the bytes
 * @size: how many; all of them must belong to the capability
 * @ret_cap: gets the capability; give it to coconut_cap_clear()
 * @error: may be NULL
 *
 * Return: 0, what the kernel's reader says (-EBADMSG, -EINVAL, -E2BIG), or
 * -ENOMEM.
 */
int coconut_cap_decode(const void *data, size_t size,
		       struct coconut_cap *ret_cap,
		       struct coconut_error *error);

/**
 * coconut_cap_clear - free what a capability holds, and make it empty
 * @cap: the capability, or NULL
 */
void coconut_cap_clear(struct coconut_cap *cap);

/* ---- Manifests ------------------------------------------------------- */

/**
 * struct coconut_manifest - a manifest
 * @name: the agent's name
 * @image: absolute path of the image
 * @digest: BLAKE3 of the image
 * @on_deny: AGENT_DENY_*
 * @limit_tasks: AGENT_QUOTA_UNLIMITED where there is none
 * @limit_agents: AGENT_QUOTA_UNLIMITED where there is none
 * @limit_ram: bytes, AGENT_QUOTA_UNLIMITED where there is none
 * @args: argv[1] and on, NULL-terminated; NULL when the manifest has none
 * @nr_args: how many
 * @env: NAME=value, NULL-terminated; NULL when the manifest has none
 * @nr_env: how many
 * @user: user to run as, or NULL
 * @cwd: working directory, or NULL
 * @audit: AGENT_AUDIT_*
 * @code: digests of code that may run beside the image and the base's, or NULL
 * @nr_code: how many
 * @caps: the capabilities
 * @nr_caps: how many
 */
struct coconut_manifest {
	char *name;
	char *image;
	uint8_t digest[AGENT_DIGEST_SIZE];
	uint32_t on_deny;
	uint64_t limit_tasks;
	uint64_t limit_agents;
	uint64_t limit_ram;
	char **args;
	size_t nr_args;
	char **env;
	size_t nr_env;
	char *user;
	char *cwd;
	uint32_t audit;
	uint8_t (*code)[AGENT_DIGEST_SIZE];
	size_t nr_code;
	struct coconut_cap *caps;
	size_t nr_caps;
};

/*
 * Do not look at the image and the files of code: the image's digest is the
 * YAML's own, or zeroes, and so are those of the files.
 */
#define COCONUT_YAML_NO_IMAGE (1U << 0)

/**
 * coconut_manifest_from_yaml - read a manifest as people write it
 * @path: the YAML file, see coconut-manifest(5)
 * @root: directory in which the image, the files of code and the profile's
 *	paths are looked up as in "/", or NULL
 * @flags: COCONUT_YAML_*
 * @ret_manifest: gets the manifest; give it to coconut_manifest_free()
 * @error: may be NULL; its message is "file:line:column: key: what is wrong"
 *
 * Return: 0, -EINVAL for a mistake in the file, or what reading it or the
 * image said.
 */
int coconut_manifest_from_yaml(const char *path, const char *root,
			       unsigned int flags,
			       struct coconut_manifest **ret_manifest,
			       struct coconut_error *error);

/**
 * coconut_manifest_from_yaml_text - the same for YAML in memory
 * @label: what errors call the file
 * @text: the YAML, UTF-8
 * @size: its length in bytes
 * @root: as for coconut_manifest_from_yaml()
 * @flags: as for coconut_manifest_from_yaml()
 * @ret_manifest: as for coconut_manifest_from_yaml()
 * @error: as for coconut_manifest_from_yaml()
 *
 * Return: as for coconut_manifest_from_yaml().
 */
int coconut_manifest_from_yaml_text(const char *label, const char *text,
				    size_t size, const char *root,
				    unsigned int flags,
				    struct coconut_manifest **ret_manifest,
				    struct coconut_error *error);

/**
 * coconut_manifest_encode - deterministic CBOR of a manifest
 * @manifest: the manifest
 * @ret_data: gets the bytes, to be given to free()
 * @ret_size: gets how many
 * @error: may be NULL
 *
 * The kernel's own reader has accepted what this gives.
 *
 * Return: 0, -EINVAL for what is no valid manifest, -E2BIG, or -ENOMEM.
 */
int coconut_manifest_encode(const struct coconut_manifest *manifest,
			    uint8_t **ret_data, size_t *ret_size,
			    struct coconut_error *error);

/**
 * coconut_manifest_check - the kernel's verdict on a compiled manifest
 * @data: the CBOR
 * @size: its length in bytes
 * @error: may be NULL; names the byte and the capability at fault
 *
 * Return: 0; -EBADMSG for what is not deterministic CBOR, -EINVAL for what is
 * no manifest, -E2BIG for what is beyond the kernel's bounds.
 */
int coconut_manifest_check(const void *data, size_t size,
			   struct coconut_error *error);

/**
 * coconut_manifest_decode - read a compiled manifest
 * @data: the CBOR
 * @size: its length in bytes
 * @ret_manifest: gets the manifest; give it to coconut_manifest_free()
 * @error: may be NULL
 *
 * Return: 0, as coconut_manifest_check(), or -ENOMEM.
 */
int coconut_manifest_decode(const void *data, size_t size,
			    struct coconut_manifest **ret_manifest,
			    struct coconut_error *error);

/**
 * coconut_manifest_print_yaml - write a manifest as YAML
 * @manifest: the manifest
 * @file: where to; coconut_manifest_from_yaml() reads it back
 *
 * Return: 0, or -EIO when the stream has failed.
 */
int coconut_manifest_print_yaml(const struct coconut_manifest *manifest,
				FILE *file);

/**
 * coconut_manifest_print_json - write a manifest as one JSON object
 * @manifest: the manifest
 * @file: where to; no newline follows
 *
 * Return: 0, or -EIO when the stream has failed.
 */
int coconut_manifest_print_json(const struct coconut_manifest *manifest,
				FILE *file);

/**
 * coconut_manifest_free - free a manifest and what it holds
 * @manifest: the manifest, or NULL
 */
void coconut_manifest_free(struct coconut_manifest *manifest);

/**
 * coconut_manifest_sign - make the detached signature of a compiled manifest
 * @data: the CBOR
 * @size: its length in bytes
 * @key: file of the private key, PEM
 * @certificate: file of the signer's certificate, PEM or DER
 * @ret_signature: gets the CMS signature, DER, to be given to free()
 * @ret_size: gets its length in bytes
 * @error: may be NULL
 *
 * Return: 0; -EINVAL for what is no manifest, no key or no certificate, or a
 * key that is not the certificate's; what reading the files said; -EIO when
 * OpenSSL fails otherwise.
 */
int coconut_manifest_sign(const void *data, size_t size, const char *key,
			  const char *certificate, uint8_t **ret_signature,
			  size_t *ret_size, struct coconut_error *error);

/**
 * coconut_manifest_verify - check a detached signature as the kernel would
 * @data: the CBOR
 * @size: its length in bytes
 * @signature: the CMS signature, DER
 * @signature_size: its length in bytes
 * @authority: file of certificates that are trusted, PEM or DER; those of the
 *	signer itself or of its issuer
 * @signer: gets the subject of the signer's certificate, as "/CN=..."
 * @signer_size: its length in bytes; @signer may be NULL when this is 0
 * @error: may be NULL
 *
 * Return: 0; -EBADMSG when the signature is not CMS, -ENOKEY when its signer
 * is not vouched for by @authority, -EKEYREJECTED when it is not over these
 * bytes; what reading @authority said.
 */
int coconut_manifest_verify(const void *data, size_t size,
			    const void *signature, size_t signature_size,
			    const char *authority, char *signer,
			    size_t signer_size, struct coconut_error *error);

/* ---- Spawning -------------------------------------------------------- */

/* Take on @uid, @gid and @groups before the exec. */
#define COCONUT_SPAWN_USER (1U << 0)
/* Begin a new session. */
#define COCONUT_SPAWN_SESSION (1U << 1)
/* Make @stdin_fd the controlling terminal; with COCONUT_SPAWN_SESSION. */
#define COCONUT_SPAWN_TERMINAL (1U << 2)

/**
 * struct coconut_spawned - an agent that has been spawned
 * @aid: its AID
 * @pid: its first task, a child of the caller that is to be waited for
 * @pidfd: close-on-exec descriptor of that task, to be closed
 */
struct coconut_spawned {
	uint64_t aid;
	pid_t pid;
	int pidfd;
};

/**
 * struct coconut_spawn_options - how to spawn an agent
 * @manifest: compiled manifest, CBOR
 * @manifest_size: its length in bytes
 * @signature: its detached CMS signature, DER
 * @signature_size: its length in bytes
 * @flags: COCONUT_SPAWN_*
 * @stdin_fd: descriptor that becomes 0, or -1 to keep the caller's
 * @stdout_fd: descriptor that becomes 1, or -1 to keep the caller's
 * @stderr_fd: descriptor that becomes 2, or -1 to keep the caller's
 * @uid: user, with COCONUT_SPAWN_USER
 * @gid: group, with COCONUT_SPAWN_USER
 * @groups: supplementary groups, with COCONUT_SPAWN_USER
 * @nr_groups: how many
 * @cwd: working directory, or NULL for the manifest's, or else "/"
 * @argv: whole argument vector, NULL-terminated, or NULL for the image's path
 *	followed by the manifest's args and @extra_args
 * @extra_args: NULL-terminated, or NULL
 * @envp: whole environment, NULL-terminated, or NULL for the manifest's
 * @keep_fds: descriptors beyond 2 that stay open in the agent under their own
 *	numbers, also those that are close-on-exec in the caller
 * @nr_keep_fds: how many, up to AGENT_KEEP_MAX
 * @prepare: called when there is an agent that does not run its image yet, to
 *	grant or limit what it needs from its first instruction on; a negative
 *	value ends the agent and is returned; NULL for nothing to prepare
 * @prepare_arg: for @prepare
 *
 * The other descriptors of the caller do not reach the agent, its signal
 * handlers, mask and ignored signals neither.  Initialise it with
 * COCONUT_SPAWN_OPTIONS_INIT.
 */
struct coconut_spawn_options {
	const void *manifest;
	size_t manifest_size;
	const void *signature;
	size_t signature_size;
	unsigned int flags;
	int stdin_fd;
	int stdout_fd;
	int stderr_fd;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t nr_groups;
	const char *cwd;
	const char *const *argv;
	const char *const *extra_args;
	const char *const *envp;
	const int *keep_fds;
	size_t nr_keep_fds;
	int (*prepare)(const struct coconut_spawned *spawned, void *arg);
	void *prepare_arg;
};
#define COCONUT_SPAWN_OPTIONS_INIT \
	{ .stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1 }

/**
 * coconut_spawn - spawn an agent and exec its image
 * @options: see there
 * @ret_spawned: gets the agent
 * @error: may be NULL; @where is the step that failed: "manifest", "spawn",
 *	"prepare", "dup", "session", "terminal", "groups", "gid", "uid", "chdir",
 *	"descriptors" or "exec"
 *
 * Returns once the image runs.  When a step fails, the child has been waited
 * for and nothing is left.
 *
 * Return: 0, or the negative errno value of the step that failed.
 */
int coconut_spawn(const struct coconut_spawn_options *options,
		  struct coconut_spawned *ret_spawned,
		  struct coconut_error *error);

/* ---- Audit ----------------------------------------------------------- */

/**
 * struct coconut_row - an audit row, in host byte order
 * @size: length in bytes of the whole row
 * @version: AGENT_AUDIT_VERSION
 * @event: enum agent_audit_event
 * @seq: number of the row in its chain, from 1
 * @boot: number of the boot
 * @time: CLOCK_REALTIME nanoseconds
 * @aid: the agent concerned
 * @parent: AID of its spawner
 * @object: two numbers, see enum agent_audit_event
 * @pid: the task
 * @cap: enum agent_cap_id or 0
 * @verdict: AGENT_VERDICT_*
 * @reason: enum agent_audit_reason
 * @error: positive errno value, or 0
 * @payload_size: bytes of payload
 * @payload: the payload, inside the buffer read
 * @raw: the whole row, inside the buffer read
 * @chain: its chain value, AGENT_DIGEST_SIZE bytes inside the buffer read
 * @name: for who has read the rows before: what the object of a use without a
 *	payload was called in the row that @named_by tells; NULL for nothing
 * @name_size: bytes of @name
 * @named_by: number of that row
 */
struct coconut_row {
	uint32_t size;
	uint16_t version;
	uint16_t event;
	uint64_t seq;
	uint64_t boot;
	uint64_t time;
	uint64_t aid;
	uint64_t parent;
	uint64_t object[2];
	uint32_t pid;
	uint16_t cap;
	uint8_t verdict;
	uint8_t reason;
	uint32_t error;
	uint32_t payload_size;
	const uint8_t *payload;
	const uint8_t *raw;
	const uint8_t *chain;
	const uint8_t *name;
	uint32_t name_size;
	uint64_t named_by;
};

/**
 * coconut_row_is_named - does a row tell what its object is called
 * @row: the row
 *
 * Return: whether it is a use of an object with two numbers and its payload is
 * the name, which later uses of it by the same agent leave out.
 */
bool coconut_row_is_named(const struct coconut_row *row);

/**
 * coconut_row_wants_name - is a row's object named in a row before it
 * @row: the row
 *
 * Return: whether it is a use of an object with two numbers, without its name.
 */
bool coconut_row_wants_name(const struct coconut_row *row);

/**
 * coconut_row_next - read the row at an offset of a buffer
 * @data: rows, one after another
 * @size: how many bytes
 * @offset: where the row starts; moved past it on success
 * @ret_row: gets the row
 *
 * Return: 1 for a row, 0 at the end of the buffer, -EAGAIN when the buffer
 * ends within the row, -EBADMSG when its sizes cannot be those of a row.
 */
int coconut_row_next(const void *data, size_t size, size_t *offset,
		     struct coconut_row *ret_row);

/* Room that is enough for any row in coconut_row_format() and _json(). */
#define COCONUT_ROW_TEXT_MAX 32768

/**
 * coconut_row_format - write a row as one line for people
 * @row: the row
 * @text: gets the line, without a final newline; what is not printable in a
 *	payload is escaped as \xNN
 * @size: room in bytes
 *
 * Return: length of the whole line in bytes, as snprintf().
 */
size_t coconut_row_format(const struct coconut_row *row, char *text,
			  size_t size);

/**
 * coconut_row_json - write a row as one JSON object on one line
 * @row: the row
 * @text: gets the object, without a final newline
 * @size: room in bytes
 *
 * Return: length of the whole object in bytes, as snprintf().
 */
size_t coconut_row_json(const struct coconut_row *row, char *text, size_t size);

/**
 * enum coconut_chain_fault - what is wrong with a chain
 * @COCONUT_CHAIN_GOOD: nothing
 * @COCONUT_CHAIN_SIZE: the row's sizes cannot be those of a row
 * @COCONUT_CHAIN_SEQUENCE: another row stands where this one is expected
 * @COCONUT_CHAIN_VALUE: its chain value is not that of its bytes and of the
 *	row before it
 * @COCONUT_CHAIN_VERSION: its version is unknown
 * @COCONUT_CHAIN_TRUNCATED: the rows end within it
 * @COCONUT_CHAIN_ANCHOR: a boot's first row tells another row before it
 * @COCONUT_CHAIN_SEGMENT_MISSING: no segment holds it
 * @COCONUT_CHAIN_SEGMENT_REPLACED: its segment is not what was signed, or begins
 *	with another row than its name tells
 * @COCONUT_CHAIN_SIGNATURE_MISSING: a closed segment has none
 * @COCONUT_CHAIN_SIGNATURE_BAD: it is none, or not over what it tells
 * @COCONUT_CHAIN_KEY_UNKNOWN: it is by a key that is not at hand
 * @COCONUT_CHAIN_MACHINE: it is another machine's
 * @COCONUT_CHAIN_ROLLBACK: an anchor tells of later rows than there are
 * @COCONUT_CHAIN_FORK: an anchor tells another chain value of a row
 * @COCONUT_CHAIN_BOOT: it is of another boot than the row before it and is not
 *	the first row of the next one, or the number goes back
 */
enum coconut_chain_fault {
	COCONUT_CHAIN_GOOD = 0,
	COCONUT_CHAIN_SIZE,
	COCONUT_CHAIN_SEQUENCE,
	COCONUT_CHAIN_VALUE,
	COCONUT_CHAIN_VERSION,
	COCONUT_CHAIN_TRUNCATED,
	COCONUT_CHAIN_ANCHOR,
	COCONUT_CHAIN_SEGMENT_MISSING,
	COCONUT_CHAIN_SEGMENT_REPLACED,
	COCONUT_CHAIN_SIGNATURE_MISSING,
	COCONUT_CHAIN_SIGNATURE_BAD,
	COCONUT_CHAIN_KEY_UNKNOWN,
	COCONUT_CHAIN_MACHINE,
	COCONUT_CHAIN_ROLLBACK,
	COCONUT_CHAIN_FORK,
	COCONUT_CHAIN_BOOT,
};

/**
 * struct coconut_anchor - what is known of a row from another source
 * @seq: its number
 * @head: its chain value
 */
struct coconut_anchor {
	uint64_t seq;
	uint8_t head[AGENT_DIGEST_SIZE];
};

/**
 * coconut_row_tells - what the first row of a boot tells of the chain before it
 * @row: the row
 * @key: "previous" for the row before it, "tpm" for what the TPM knew
 * @ret_anchor: gets what it tells
 *
 * Return: whether it is such a row and tells it.
 */
bool coconut_row_tells(const struct coconut_row *row, const char *key,
		       struct coconut_anchor *ret_anchor);

/* How many anchors one check takes. */
#define COCONUT_CHAIN_ANCHORS 8

/**
 * struct coconut_chain - a check of a chain, under way
 * @seq: sequence number of the last good row
 * @boot: number of its boot, 0 when it is not known
 * @head: its chain value
 * @rows: good rows seen
 * @bytes: bytes of good rows seen
 * @offset: where in the current segment the next row starts; after a fault,
 *	where the bad row does
 * @segment: name of the current segment, may be empty
 * @nr_anchors: how many @anchors there are
 * @anchors: see coconut_chain_anchor()
 * @fault: what is wrong with the first bad row
 * @expected_seq: number of the first bad row
 * @found_seq: the number that stands in it, if that is another; 0 otherwise
 * @pending_size: bytes in @pending
 * @pending: start of a row whose end is still to come
 */
struct coconut_chain {
	uint64_t seq;
	uint64_t boot;
	uint8_t head[AGENT_DIGEST_SIZE];
	uint64_t rows;
	uint64_t bytes;
	uint64_t offset;
	char segment[256];
	size_t nr_anchors;
	struct coconut_anchor anchors[COCONUT_CHAIN_ANCHORS];
	enum coconut_chain_fault fault;
	uint64_t expected_seq;
	uint64_t found_seq;
	uint32_t pending_size;
	uint8_t pending[AGENT_AUDIT_ROW_MAX];
};

/**
 * coconut_chain_init - begin to check a chain
 * @chain: the check; it holds nothing that would have to be freed
 * @seq: number of the last row known to be good, 0 before the first
 * @head: its chain value; NULL for zeroes
 */
void coconut_chain_init(struct coconut_chain *chain, uint64_t seq,
			const uint8_t *head);

/**
 * coconut_chain_anchor - tell what the chain must hold, from another source
 * @chain: the check, before any row
 * @seq: number of a row, as from an attestation's chain_seq, or a TPM
 * @head: its chain value
 *
 * coconut_chain_finish() fails when the chain ends before that row.
 *
 * Return: 0, or -ENOSPC after COCONUT_CHAIN_ANCHORS of them.
 */
int coconut_chain_anchor(struct coconut_chain *chain, uint64_t seq,
			 const uint8_t *head);

/**
 * coconut_chain_refuse - the chain is bad for a reason that is not in its rows
 * @chain: the check; one that has a fault already keeps it
 * @fault: what is wrong
 * @seq: the first row that cannot be believed
 * @offset: where in the current segment it starts
 * @error: may be NULL
 *
 * Return: -EBADMSG.
 */
int coconut_chain_refuse(struct coconut_chain *chain,
			 enum coconut_chain_fault fault, uint64_t seq,
			 uint64_t offset, struct coconut_error *error);

/**
 * coconut_chain_segment - the rows that follow stand in another file
 * @chain: the check
 * @name: the file's name, for messages
 * @error: may be NULL
 *
 * Return: 0, or -EBADMSG when the segment before it ends within a row, or the
 * chain has a fault already.
 */
int coconut_chain_segment(struct coconut_chain *chain, const char *name,
			  struct coconut_error *error);

/**
 * coconut_chain_feed - check some more rows
 * @chain: the check
 * @data: the next bytes of the segment; may begin and end within a row
 * @size: how many
 * @error: may be NULL; names the row, its offset and what is wrong
 *
 * Return: 0, or -EBADMSG for a bad row, here and in every later call.
 */
int coconut_chain_feed(struct coconut_chain *chain, const void *data,
		       size_t size, struct coconut_error *error);

/**
 * coconut_chain_finish - all rows have been seen
 * @chain: the check
 * @error: may be NULL
 *
 * Return: 0 for a good chain, or -EBADMSG: a bad row, an end within a row, or
 * before the anchor's row.
 */
int coconut_chain_finish(struct coconut_chain *chain,
			 struct coconut_error *error);

/**
 * coconut_chain_fault_name - a word for scripts
 * @fault: what is wrong
 *
 * Return: "good", "size", "sequence", "value", "version", "truncated", "anchor",
 * "segment-missing", "segment-replaced", "signature-missing", "signature-bad",
 * "key-unknown", "machine", "rollback", "fork" or "boot".
 */
const char *coconut_chain_fault_name(enum coconut_chain_fault fault);

/*
 * Segments: files of rows in a directory
 */

/* Room for the longest name of a segment or a signature, with the NUL. */
#define COCONUT_SEGMENT_NAME_MAX 32
/* No segment holds more bytes of rows; coconutd closes them long before. */
#define COCONUT_SEGMENT_MAX ((size_t)64 << 20)

/**
 * struct coconut_segment - a file of rows, as its directory tells
 * @first: number of its first row
 * @plain: %020u.seg is there
 * @packed: %020u.seg.zst is there; both for a moment, when it was just made
 * @has_signature: %020u.sig is there
 */
struct coconut_segment {
	uint64_t first;
	bool plain;
	bool packed;
	bool has_signature;
};

/**
 * coconut_segment_list - the segments of a directory
 * @directory: the directory
 * @ret_segments: gets them in the order of their rows, one for each first row;
 *	to be given to free(); NULL for none
 * @ret_count: gets how many
 * @error: may be NULL
 *
 * Return: 0, or a negative errno value.
 */
int coconut_segment_list(const char *directory,
			 struct coconut_segment **ret_segments,
			 size_t *ret_count, struct coconut_error *error);

/**
 * coconut_segment_name - the name of a segment's file
 * @segment: the segment; the plain file's where there are both
 * @name: gets it, COCONUT_SEGMENT_NAME_MAX bytes
 *
 * Return: @name.
 */
char *coconut_segment_name(const struct coconut_segment *segment, char *name);

/**
 * coconut_signature_name - the name of a segment's signature
 * @first: number of the segment's first row
 * @name: gets it, COCONUT_SEGMENT_NAME_MAX bytes
 *
 * Return: @name.
 */
char *coconut_signature_name(uint64_t first, char *name);

/**
 * coconut_segment_read - read all rows of a segment
 * @path: a .seg or a .seg.zst; of a .seg that is no longer there, its .seg.zst
 * @ret_data: gets the rows, to be given to free(); a NUL that is not counted
 *	follows them
 * @ret_size: gets how many bytes
 * @error: may be NULL
 *
 * Return: 0; -E2BIG beyond COCONUT_SEGMENT_MAX, -EBADMSG when what is compressed
 * is damaged, has something behind it, or does not tell its size; or another
 * negative errno value.
 */
int coconut_segment_read(const char *path, uint8_t **ret_data, size_t *ret_size,
			 struct coconut_error *error);

/**
 * coconut_segment_unpack - undo the compression of a segment
 * @data: the contents of a .seg.zst
 * @size: how many bytes
 * @ret_data: as in coconut_segment_read()
 * @ret_size: gets how many bytes
 *
 * Return: 0, -EBADMSG, or -ENOMEM.
 */
int coconut_segment_unpack(const void *data, size_t size, uint8_t **ret_data,
			   size_t *ret_size);

#define COCONUT_SIGNATURE_TEXT_MAX 1024
#define COCONUT_SIGNATURE_DER_MAX 80

/**
 * struct coconut_signature - what is signed of a closed segment
 * @first: number of its first row
 * @last: number of its last row
 * @before: chain value of the row before the first, zeroes for row 1
 * @head: chain value of the last row
 * @bytes: length of all its rows
 * @boot: number of the last row's boot
 * @closed: when it was closed, CLOCK_REALTIME nanoseconds
 * @machine: the machine's /etc/machine-id
 * @key: SHA-256 of the public key, as SubjectPublicKeyInfo in DER
 * @der: ECDSA signature over the lines of all the above
 * @der_size: its length in bytes
 */
struct coconut_signature {
	uint64_t first;
	uint64_t last;
	uint8_t before[AGENT_DIGEST_SIZE];
	uint8_t head[AGENT_DIGEST_SIZE];
	uint64_t bytes;
	uint64_t boot;
	uint64_t closed;
	uint8_t machine[16];
	uint8_t key[32];
	uint8_t der[COCONUT_SIGNATURE_DER_MAX];
	size_t der_size;
};

/**
 * coconut_signature_body - write the lines that are signed
 * @signature: the signature, without @der
 * @text: gets the lines; COCONUT_SIGNATURE_TEXT_MAX is room enough
 * @size: room in bytes
 *
 * Return: length of them all, as snprintf().
 */
size_t coconut_signature_body(const struct coconut_signature *signature,
			      char *text, size_t size);

/**
 * coconut_signature_format - write a .sig
 * @signature: the signature
 * @text: gets it; COCONUT_SIGNATURE_TEXT_MAX is room enough
 * @size: room in bytes
 *
 * Return: length of it all, as snprintf().
 */
size_t coconut_signature_format(const struct coconut_signature *signature,
				char *text, size_t size);

/**
 * coconut_signature_parse - read the text of a .sig, without checking it
 * @data: the text
 * @size: how many bytes
 * @ret_signature: gets what it tells
 * @error: may be NULL
 *
 * Return: 0, or -EBADMSG for what coconut_signature_format() does not write.
 */
int coconut_signature_parse(const void *data, size_t size,
			    struct coconut_signature *ret_signature,
			    struct coconut_error *error);

/**
 * coconut_signature_read - read a .sig, without checking it
 * @path: the file
 * @ret_signature: gets what it tells
 * @error: may be NULL
 *
 * Return: 0, -EBADMSG, or what reading fails with.
 */
int coconut_signature_read(const char *path,
			   struct coconut_signature *ret_signature,
			   struct coconut_error *error);

/**
 * coconut_signature_check - is a .sig signed with a known key
 * @data: its text
 * @size: how many bytes
 * @pem: public keys, one after another in PEM, as in audit.pub
 * @pem_size: how many bytes
 * @ret_signature: gets what it tells, when it is good
 * @error: may be NULL
 *
 * Whether the segment is what it tells, is for the caller to compare.
 *
 * Return: 0; -EBADMSG for what is no such text, -ENOKEY when it names a key that
 * is not in @pem, -EKEYREJECTED when the signature is not over these lines.
 */
int coconut_signature_check(const void *data, size_t size, const void *pem,
			    size_t pem_size,
			    struct coconut_signature *ret_signature,
			    struct coconut_error *error);

/**
 * coconut_signature_key - the fingerprint of a public key
 * @pem: public keys of P-256 in PEM; the last one counts
 * @size: how many bytes
 * @digest: gets the SHA-256 of its SubjectPublicKeyInfo in DER
 * @error: may be NULL
 *
 * Return: 0, or -EINVAL when there is none.
 */
int coconut_signature_key(const void *pem, size_t size,
			  uint8_t digest[AGENT_DIGEST_SIZE],
			  struct coconut_error *error);

/*
 * The chain's head in the TPM
 */

/**
 * struct coconut_tpm_head - what one of the kernel's two NV indices holds
 * @present: it holds a head; if not, the other fields are 0
 * @seq: number of a row that was on disk when it was written
 * @boot: number of the boot
 * @time: when it was written, CLOCK_REALTIME nanoseconds
 * @chain: the row's chain value
 */
struct coconut_tpm_head {
	bool present;
	uint64_t seq;
	uint64_t boot;
	uint64_t time;
	uint8_t chain[AGENT_DIGEST_SIZE];
};

/**
 * coconut_tpm_read - ask the TPM up to which row the log must go
 * @device: NULL for the machine's, /dev/tpmrm0
 * @ret_durable: the index that is written at boot, each hour and at shutdown
 * @ret_orderly: the index that is written each second, and holds nothing after
 *	a boot until then
 * @error: may be NULL
 *
 * Return: 0, also when an index is not defined or not written; -ENODEV when
 * there is no TPM 2.0, -EIO when it answers with an error, -EPROTO when what it
 * answers is none, -EBADMSG when an index holds something else, or what opening
 * and using the device fails with.
 */
int coconut_tpm_read(const char *device, struct coconut_tpm_head *ret_durable,
		     struct coconut_tpm_head *ret_orderly,
		     struct coconut_error *error);

/**
 * coconut_tpm_head_parse - read a TPM's answer to TPM2_NV_Read
 * @data: the answer
 * @size: its length in bytes
 * @ret_head: gets the head
 * @error: may be NULL
 *
 * Return: as coconut_tpm_read().
 */
int coconut_tpm_head_parse(const void *data, size_t size,
			   struct coconut_tpm_head *ret_head,
			   struct coconut_error *error);

#ifdef __cplusplus
}
#endif

#endif /* COCONUT_H */
