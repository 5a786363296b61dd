/* SPDX-License-Identifier: MIT */
/* Whole files, and digests. */
#include <crypto/blake3.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

void coconut_digest(const void *data, size_t size,
		    uint8_t digest[AGENT_DIGEST_SIZE])
{
	blake3(digest, data, size);
}

static ssize_t read_some(int fd, void *data, size_t size)
{
	ssize_t count;

	do
		count = read(fd, data, size);
	while (count < 0 && errno == EINTR);
	return count;
}

int coconut_digest_file(const char *path, uint8_t digest[AGENT_DIGEST_SIZE],
			struct coconut_error *error)
{
	struct blake3_ctx ctx;
	uint8_t data[16384];
	ssize_t count;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return fail_errno(error, errno, path, "open");
	blake3_init(&ctx);
	while ((count = read_some(fd, data, sizeof(data))) > 0)
		blake3_update(&ctx, data, count);
	if (count < 0) {
		int err = fail_errno(error, errno, path, "read");

		close(fd);
		return err;
	}
	close(fd);
	blake3_final(&ctx, digest, AGENT_DIGEST_SIZE);
	return 0;
}

char *coconut_hex(const void *data, size_t size, char *text)
{
	const uint8_t *byte = data;

	for (size_t i = 0; i < size; i++) {
		text[2 * i] = "0123456789abcdef"[byte[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[byte[i] & 15];
	}
	text[2 * size] = '\0';
	return text;
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return -1;
}

int coconut_unhex(const char *text, void *data, size_t size)
{
	uint8_t *byte = data;

	if (strlen(text) != 2 * size)
		return -EINVAL;
	for (size_t i = 0; i < size; i++) {
		int high = digit_value(text[2 * i]);
		int low = digit_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		byte[i] = high << 4 | low;
	}
	return 0;
}

/* The size that stat() tells is a hint: it is 0 for files of /proc. */
static size_t first_room(int fd, size_t max)
{
	struct stat status;

	if (fstat(fd, &status) || status.st_size <= 0 ||
	    (size_t)status.st_size > max)
		return 4096;
	return (size_t)status.st_size + 2;
}

static int read_all(int fd, size_t max, uint8_t **ret_data, size_t *ret_size)
{
	uint8_t *data = NULL, *grown;
	size_t size = 0, room = 0;
	ssize_t count;

	for (;;) {
		if (size + 1 >= room) {
			room = room ? 2 * room : first_room(fd, max);
			grown = realloc(data, room);
			if (!grown) {
				free(data);
				return -ENOMEM;
			}
			data = grown;
		}
		count = read_some(fd, data + size, room - size - 1);
		if (count <= 0)
			break;
		size += count;
		if (size > max)
			break;
	}
	if (count < 0 || size > max) {
		int err = count < 0 ? -errno : -E2BIG;

		free(data);
		return err;
	}
	data[size] = '\0';
	*ret_data = data;
	*ret_size = size;
	return 0;
}

int coconut_file_read(const char *path, size_t max, uint8_t **ret_data,
		      size_t *ret_size, struct coconut_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int err;

	if (fd < 0)
		return fail_errno(error, errno, path, "open");
	err = read_all(fd, max, ret_data, ret_size);
	close(fd);
	if (err == -E2BIG)
		return fail(error, E2BIG, path, "longer than %zu bytes", max);
	if (err)
		return fail_errno(error, -err, path, "read");
	return 0;
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t count = write(fd, data, size);

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		data += count;
		size -= count;
	}
	return 0;
}

/* The new name is on disk only once its directory is. */
static int sync_directory(const char *path)
{
	char *copy = strdup(path);
	int err = 0;
	int fd;

	if (!copy)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return -errno;
	/* Some filesystems cannot sync a directory, and say so. */
	if (fsync(fd) && errno != EINVAL)
		err = -errno;
	close(fd);
	return err;
}

static int write_temporary(char *temporary, const void *data, size_t size,
			   mode_t mode)
{
	int fd = mkostemp(temporary, O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, data, size);
	if (!err && (fchmod(fd, mode) || fsync(fd)))
		err = -errno;
	close(fd);
	if (err)
		unlink(temporary);
	return err;
}

int coconut_file_write(const char *path, const void *data, size_t size,
		       mode_t mode, struct coconut_error *error)
{
	char *temporary;
	int err;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return fail_memory(error);
	err = write_temporary(temporary, data, size, mode);
	if (!err && rename(temporary, path)) {
		err = -errno;
		unlink(temporary);
	}
	free(temporary);
	if (!err)
		err = sync_directory(path);
	if (err)
		return fail_errno(error, -err, path, "write");
	return 0;
}
