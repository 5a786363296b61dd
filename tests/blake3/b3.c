// SPDX-License-Identifier: MIT
/*
 * Prints BLAKE3 digests made by kernel/tree/lib/crypto/blake3.c, of standard
 * input or of the usual test input (byte i is i mod 251), so that another
 * implementation can be held against it.
 */

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <crypto/blake3.h>

#define INPUT_MAX ((size_t)1 << 30)

static const char usage[] =
	"Usage: b3 [OPTION]... [LENGTH | FIRST-LAST]...\n"
	"Print the BLAKE3 digest of standard input, or of test input of each\n"
	"LENGTH in bytes, of which byte i is i mod 251.\n"
	"\n"
	"  -k, --keyed=KEY           keyed hash, with a key of 32 characters\n"
	"  -d, --derive-key=CONTEXT  derive a key from the input\n"
	"  -o, --output=BYTES        length of each digest (default 32)\n"
	"  -s, --split=BYTES         hash in pieces of this size; without it, the\n"
	"                            plain hash is the one-shot function\n"
	"  -w, --write=DIR           write each test input to DIR/LENGTH as well\n"
	"  -h, --help                print this help\n"
	"\n"
	"Exit status: 0 if all went well, 1 if reading or writing failed,\n"
	"2 if the command line is wrong.\n";

struct options {
	const char *key;
	const char *context;
	const char *dir;
	size_t output;
	size_t split;
};

static void __attribute__((noreturn, format(printf, 2, 3)))
fail(int status, const char *format, ...)
{
	va_list args;

	fputs("b3: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

/* Parses digits up to @end, which may be NULL for the end of the text. */
static size_t parse_size(const char *text, const char *end)
{
	unsigned long long value;
	char *stop;

	errno = 0;
	value = strtoull(text, &stop, 10);
	if (errno || stop == text || *text < '0' || *text > '9' ||
	    (end ? stop != end : *stop != '\0') || value > INPUT_MAX)
		fail(2, "'%s' is not a number of bytes from 0 to %zu", text,
		     INPUT_MAX);
	return value;
}

static void *allocate(size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		fail(1, "out of memory: cannot allocate %zu bytes", size);
	return memory;
}

static void print_digest(const uint8_t *digest, size_t len)
{
	for (size_t i = 0; i < len; i++)
		printf("%02x", digest[i]);
	putchar('\n');
}

static void begin(struct blake3_ctx *ctx, const struct options *opt)
{
	if (opt->key)
		blake3_init_keyed(ctx, (const uint8_t *)opt->key);
	else if (opt->context)
		blake3_init_derive_key(ctx, opt->context, strlen(opt->context));
	else
		blake3_init(ctx);
}

static void hash_input(uint8_t *digest, const uint8_t *data, size_t len,
		       const struct options *opt)
{
	size_t piece = opt->split ? opt->split : len;
	struct blake3_ctx *ctx;

	if (!opt->key && !opt->context && !opt->split &&
	    opt->output == BLAKE3_HASH_SIZE) {
		blake3(digest, data, len);
		return;
	}
	ctx = allocate(sizeof(*ctx));
	begin(ctx, opt);
	for (; len > piece; data += piece, len -= piece)
		blake3_update(ctx, data, piece);
	blake3_update(ctx, data, len);
	blake3_final(ctx, digest, opt->output);
	free(ctx);
}

static void write_input(const char *dir, const uint8_t *data, size_t len)
{
	size_t size = strlen(dir) + 32;
	char *path = allocate(size);
	FILE *file;

	snprintf(path, size, "%s/%zu", dir, len);
	file = fopen(path, "wb");
	if (!file)
		fail(1, "%s: %s", path, strerror(errno));
	if (fwrite(data, 1, len, file) != len || fclose(file))
		fail(1, "%s: cannot write: %s", path, strerror(errno));
	free(path);
}

/* Exactly @len bytes are allocated, so that a sanitizer sees a read past it. */
static void hash_length(size_t len, const struct options *opt)
{
	uint8_t *digest = allocate(opt->output);
	uint8_t *data = allocate(len);

	for (size_t i = 0; i < len; i++)
		data[i] = i % 251;
	if (opt->dir)
		write_input(opt->dir, data, len);
	hash_input(digest, data, len, opt);
	print_digest(digest, opt->output);
	free(data);
	free(digest);
}

static void hash_range(const char *text, const struct options *opt)
{
	const char *dash = strchr(text, '-');
	size_t first = parse_size(text, dash);
	size_t last = dash ? parse_size(dash + 1, NULL) : first;

	if (last < first)
		fail(2, "'%s' is a range that ends before it begins", text);
	for (size_t len = first; len <= last; len++)
		hash_length(len, opt);
}

static void hash_stdin(const struct options *opt)
{
	size_t size = opt->split ? opt->split : 65536, n;
	uint8_t *digest = allocate(opt->output);
	struct blake3_ctx *ctx = allocate(sizeof(*ctx));
	uint8_t *piece = allocate(size);

	begin(ctx, opt);
	while ((n = fread(piece, 1, size, stdin)) > 0)
		blake3_update(ctx, piece, n);
	if (ferror(stdin))
		fail(1, "standard input: %s", strerror(errno));
	blake3_final(ctx, digest, opt->output);
	print_digest(digest, opt->output);
	free(piece);
	free(ctx);
	free(digest);
}

static void parse_option(int letter, struct options *opt)
{
	switch (letter) {
	case 'k':
		if (strlen(optarg) != BLAKE3_KEY_SIZE)
			fail(2, "a key has 32 characters, this one %zu",
			     strlen(optarg));
		opt->key = optarg;
		break;
	case 'd':
		opt->context = optarg;
		break;
	case 'o':
		opt->output = parse_size(optarg, NULL);
		break;
	case 's':
		opt->split = parse_size(optarg, NULL);
		if (!opt->split)
			fail(2, "pieces of 0 bytes make no progress");
		break;
	case 'w':
		opt->dir = optarg;
		break;
	case 'h':
		fputs(usage, stdout);
		exit(0);
	default:
		fputs("Try 'b3 --help'.\n", stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "keyed", required_argument, NULL, 'k' },
		{ "derive-key", required_argument, NULL, 'd' },
		{ "output", required_argument, NULL, 'o' },
		{ "split", required_argument, NULL, 's' },
		{ "write", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options opt = { .output = BLAKE3_HASH_SIZE };
	int letter;

	while ((letter = getopt_long(argc, argv, "k:d:o:s:w:h", names, NULL)) !=
	       -1)
		parse_option(letter, &opt);
	if (opt.key && opt.context)
		fail(2, "--keyed and --derive-key exclude each other");

	if (optind == argc)
		hash_stdin(&opt);
	for (int i = optind; i < argc; i++)
		hash_range(argv[i], &opt);
	if (fflush(stdout) || ferror(stdout))
		fail(1, "cannot write the digests: %s", strerror(errno));
	return 0;
}
