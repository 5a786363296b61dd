/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Agents below the test: spawned from the image's signed manifests, all of
 * them agent_child, which does what a line on its standard input says and
 * answers with a line.
 */
#ifndef COCONUT_TEST_CHILD_H
#define COCONUT_TEST_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define TESTS_DIR	"/usr/lib/coconut/tests"
#define CHILD_IMAGE	TESTS_DIR "/agent_child"
#define CHILD2_IMAGE	TESTS_DIR "/agent_child2"

/**
 * struct signed_manifest - a manifest and its signature
 * @manifest: the CBOR
 * @manifest_size: its length in bytes
 * @signature: the CMS signature
 * @signature_size: its length in bytes
 */
struct signed_manifest {
	uint8_t manifest[65536];
	size_t manifest_size;
	uint8_t signature[16384];
	size_t signature_size;
};

/**
 * struct child - an agent that the test talks to
 * @aid: its AID
 * @pid: its first task
 * @pidfd: of its first task
 * @to: its standard input
 * @from: its standard output
 * @value: what its last answer brought beside the errno; after a spawn that
 *	failed the capability at fault, or -1
 */
struct child {
	uint64_t aid;
	pid_t pid;
	int pidfd;
	int to;
	int from;
	long long value;
};

/* Return: 0, or a negative errno. */
int manifest_load(const char *name, struct signed_manifest *ret);
int manifest_load_from(const char *dir, const char *name,
		       struct signed_manifest *ret);

/* agent_spawn() with no child of its own to run: it exits at once. */
long spawn_raw(const struct signed_manifest *manifest, uint32_t *error_cap,
	       uint32_t *error_offset);

/* Return: 0; what the spawn said; or what the exec of the image said. */
int child_spawn(struct child *child, const char *name);
int child_spawn_image(struct child *child, const char *name,
		      const char *image);

/* child_spawn(), and these descriptors stay open in the agent. */
int child_spawn_keep(struct child *child, const char *name,
		     const uint32_t *keep, size_t nr_keep);

/* child_spawn(), which must succeed for the test to go on. */
void child_start(struct child *child, const char *name);

/* Return: 0 or the negative errno in the child's answer. */
int child_ask(struct child *child, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void child_tell(struct child *child, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Return: as child_ask(), -ETIMEDOUT after @ms, -EPIPE at the end. */
int child_answer(struct child *child, int ms);

/* Return: wait status of the first task, as waitpid() gives it. */
int child_wait(struct child *child);
/* Let it end by itself; or end the whole agent, whatever it does. */
int child_end(struct child *child);
void child_destroy(struct child *child);

/* Return: the agent's state, or a negative errno. */
long state_of(uint64_t aid);
/* Wait up to 5 s for a state, or for -ESRCH. Return: the last one seen. */
long await_state(uint64_t aid, long state);

#endif /* COCONUT_TEST_CHILD_H */
