/* SPDX-License-Identifier: MIT */
/* coconutd: what the child's units share: archive.c and archive_sign.c. */
#ifndef COCONUTD_ARCHIVE_H
#define COCONUTD_ARCHIVE_H

#include "chain.h"

#define ARCHIVE_LEVEL 6

/**
 * struct archive - closed segments being seen to
 * @dir: the directory of segments
 * @state_dir: where the key and the mark are
 * @key: what signs
 * @segments: what is in @dir
 * @count: how many
 */
struct archive {
	const char *dir;
	const char *state_dir;
	struct key key;
	struct coconut_segment *segments;
	size_t count;
};

char *archive_path(const struct archive *archive,
		   const struct coconut_segment *segment, char *path);
bool archive_is(const uint8_t *data, size_t size,
		const struct coconut_signature *signature);
enum archive_end archive_sign(struct archive *archive,
			      const struct coconut_signature *closed);
enum archive_end archive_sign_newest(struct archive *archive);

#endif /* COCONUTD_ARCHIVE_H */
