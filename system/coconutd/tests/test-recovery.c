/* SPDX-License-Identifier: MIT */
/*
 * The chain on disk after a crash, at each byte.  A disk is written as PID 1
 * writes it, cut off or damaged, and taken up again; what was acknowledged must
 * be there, what was not may be gone, and the chain must go on.
 *
 * usage: test-recovery [SEED]
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "coconutd.h"
#include "tap.h"

#define ROWS_MAX 400
#define LOG "log"
#define STATE "state"

/* What is written, row by row, and where it stands in its segment. */
static struct coconut_row all[ROWS_MAX + 1];
static uint8_t raw[ROWS_MAX + 1][AGENT_AUDIT_ROW_MAX];
static uint64_t ends[ROWS_MAX + 1], segments[ROWS_MAX + 1];
static uint64_t aids[ROWS_MAX + 1];
static uint64_t last_row;
static unsigned int notes;
static char last_note[1024];

void note(const char *format, ...)
{
	va_list args;

	notes++;
	va_start(args, format);
	vsnprintf(last_note, sizeof(last_note), format, args);
	va_end(args);
}

/* ---- rows ------------------------------------------------------------ */

static void make_row(uint64_t seq)
{
	uint32_t payload = (uint32_t)(rand() % 200);
	uint32_t body = (AGENT_AUDIT_HEAD_SIZE + payload + 7) / 8 * 8;
	uint8_t hashed[AGENT_DIGEST_SIZE + 512] = { 0 };
	struct agent_audit_row head = {
		.size = htole32(body + AGENT_DIGEST_SIZE),
		.version = htole16(AGENT_AUDIT_VERSION),
		.event = htole16(AGENT_EVENT_USE),
		.seq = htole64(seq),
		.boot = htole64(1 + seq / 50),
		.time = htole64(1000 + seq),
		.aid = htole64((uint64_t)rand() % (seq + 1)),
		.payload_size = htole32(payload),
	};
	size_t offset = 0;

	memcpy(hashed, raw[seq - 1] + all[seq - 1].size - AGENT_DIGEST_SIZE,
	       seq > 1 ? AGENT_DIGEST_SIZE : 0);
	memcpy(hashed + AGENT_DIGEST_SIZE, &head, sizeof(head));
	for (uint32_t i = 0; i < payload; i++)
		hashed[AGENT_DIGEST_SIZE + sizeof(head) + i] = (uint8_t)rand();
	memcpy(raw[seq], hashed + AGENT_DIGEST_SIZE, body);
	coconut_digest(hashed, AGENT_DIGEST_SIZE + body, raw[seq] + body);
	coconut_row_next(raw[seq], sizeof(raw[seq]), &offset, &all[seq]);
	aids[seq] = all[seq].aid > aids[seq - 1] ? all[seq].aid : aids[seq - 1];
}

/* ---- the disk -------------------------------------------------------- */

static void run(const char *command)
{
	if (system(command)) {
		printf("Bail out! %s\n", command);
		exit(1);
	}
}

static void write_row(struct segment *segment, uint64_t seq)
{
	make_row(seq);
	if (segment_write(segment, raw[seq], all[seq].size))
		exit(1);
	ends[seq] = segment->point.bytes;
	segments[seq] = segment->point.segment;
	last_row = seq;
}

static void acknowledge(struct segment *segment, struct mark *mark)
{
	if (chain_sync(segment->fd) || mark_store(mark, &segment->point))
		exit(1);
}

/*
 * Three segments: of @count rows each the first two, the first signed if
 * @is_signed; of the third @count rows, all but the last @open acknowledged.
 */
static void make_disk(uint64_t count, unsigned int nr, uint64_t open,
		      bool is_signed)
{
	struct segment segment = { .dir = LOG, .fd = -1 };
	struct mark mark = { .fd = -1 };
	struct coconut_signature closed;
	uint64_t seq, n;

	run("rm -rf " LOG " " STATE "; mkdir " LOG " " STATE);
	if (mark_open(&mark, STATE))
		exit(1);
	for (seq = 1, n = 1; n <= nr; n++) {
		for (; seq <= n * count; seq++) {
			write_row(&segment, seq);
			if (n < nr ? seq == n * count :
				     seq == nr * count - open)
				acknowledge(&segment, &mark);
		}
		if (n == nr)
			break;
		segment_end(&segment, &closed);
		if (is_signed)
			archive_run(LOG, STATE, &closed);
	}
	segment_shut(&segment);
	close(mark.fd);
	run("rm -rf good; mkdir good; cp -r " LOG " " STATE " good");
}

static char *path_of(uint64_t first, char *path)
{
	sprintf(path, LOG "/%020" PRIu64 ".seg", first);
	return path;
}

/* The last segment as it was, its first @size bytes. */
static void restore(uint64_t first, size_t size)
{
	char good[128], path[100];
	uint8_t *data;
	size_t whole;

	sprintf(good, "good/%s", path_of(first, path));
	if (coconut_file_read(good, COCONUT_SEGMENT_MAX, &data, &whole, NULL) ||
	    coconut_file_write(path, data, size < whole ? size : whole, 0640,
			       NULL))
		exit(1);
	free(data);
}

static struct past learn(bool marked)
{
	struct mark mark = { .fd = -1 };
	struct chain_point point;
	struct past past;

	notes = 0;
	if (mark_open(&mark, STATE))
		exit(1);
	marked = marked && mark_load(&mark, &point);
	past_learn(LOG, marked ? &point : NULL, &past);
	close(mark.fd);
	return past;
}

static off_t size_of(uint64_t first)
{
	struct stat status;
	char path[100];

	return stat(path_of(first, path), &status) ? -1 : status.st_size;
}

/* Is it the row of that number, with all that is told of it? */
static bool is_at(const struct past *past, uint64_t seq)
{
	return past->point.seq == seq && past->point.aid == aids[seq] &&
	       past->point.boot == all[seq].boot &&
	       !memcmp(past->point.head,
		       raw[seq] + all[seq].size - AGENT_DIGEST_SIZE,
		       AGENT_DIGEST_SIZE);
}

/* The last row that ends within the first @size bytes of a segment. */
static uint64_t row_within(uint64_t first, uint64_t size)
{
	uint64_t seq = first - 1;

	while (seq < last_row && segments[seq + 1] == first &&
	       ends[seq + 1] <= size)
		seq++;
	return seq;
}

/* ---- after a cut of power -------------------------------------------- */

static void test_cuts(uint64_t count, unsigned int nr, bool marked)
{
	uint64_t first = (nr - 1) * count + 1, told = last_row - 5, seq;
	uint64_t size, from = marked ? ends[told] : 0;
	unsigned int wrong = 0;
	struct past past;

	for (size = from; size <= ends[last_row]; size++) {
		restore(first, size);
		past = learn(marked);
		seq = row_within(first, size);
		if (!is_at(&past, seq) || past.point.segment != first ||
		    past.point.bytes != (seq < first ? 0 : ends[seq]) ||
		    size_of(first) != (off_t)past.point.bytes)
			wrong++;
	}
	is_number(wrong, 0, "cut off at each byte that was not acknowledged");
}

/* A disk that loses what it has said to hold: seen, and not covered up. */
static void test_short(uint64_t count)
{
	uint64_t first = 2 * count + 1, told = last_row - 5, size;
	unsigned int wrong = 0;
	struct past past;

	for (size = 0; size < ends[told]; size++) {
		restore(first, size);
		past = learn(true);
		if (!is_at(&past, told) || past.point.segment || !notes ||
		    size_of(first) != (off_t)size)
			wrong++;
	}
	is_number(wrong, 0,
		  "what was acknowledged and is gone leaves a gap that shows");
}

/* How many files of rows that are not believed there are; removes them. */
static unsigned int take_bad(bool remove)
{
	unsigned int count;
	glob_t found;
	size_t i;

	glob(LOG "/*.bad", 0, NULL, &found);
	for (i = 0; remove && i < found.gl_pathc; i++)
		unlink(found.gl_pathv[i]);
	count = (unsigned int)found.gl_pathc;
	globfree(&found);
	return count;
}

static void flip_at(const char *path, uint64_t offset)
{
	uint8_t byte;
	int fd = open(path, O_RDWR);

	if (pread(fd, &byte, 1, (off_t)offset) != 1)
		exit(1);
	byte ^= (uint8_t)(1 << rand() % 8);
	if (pwrite(fd, &byte, 1, (off_t)offset) != 1)
		exit(1);
	close(fd);
}

static void flip(uint64_t first, uint64_t offset)
{
	char path[100];

	flip_at(path_of(first, path), offset);
}

static bool same_file(const char *a, const char *b)
{
	uint8_t *left, *right;
	size_t left_size, right_size;
	bool same;

	if (coconut_file_read(a, COCONUT_SEGMENT_MAX, &left, &left_size, NULL))
		return false;
	if (coconut_file_read(b, COCONUT_SEGMENT_MAX, &right, &right_size,
			      NULL)) {
		free(left);
		return false;
	}
	same = left_size == right_size && !memcmp(left, right, left_size);
	free(left);
	free(right);
	return same;
}

static void keep(const char *from, const char *to)
{
	uint8_t *data;
	size_t size;

	if (coconut_file_read(from, COCONUT_SEGMENT_MAX, &data, &size, NULL) ||
	    coconut_file_write(to, data, size, 0600, NULL))
		exit(1);
	free(data);
}

/* What was not acknowledged and is no row is kept, in another file. */
static void test_bad_tail(uint64_t count)
{
	uint64_t first = 2 * count + 1, told = last_row - 5, seq, offset;
	unsigned int wrong = 0, cut = 0;
	struct past past;

	for (offset = ends[told]; offset < ends[last_row]; offset++) {
		restore(first, SIZE_MAX);
		flip(first, offset);
		past = learn(true);
		seq = row_within(first, offset);
		cut += !take_bad(true);
		if (!is_at(&past, seq) || past.point.segment != first ||
		    size_of(first) != (off_t)ends[seq])
			wrong++;
	}
	is_number(wrong, 0, "each byte behind the mark changed");
	/* Sizes that lead beyond the end, in the head of a row: half a row. */
	ok(cut <= 5 * 8, "what is no row is moved aside");
}

/* What was acknowledged stays where it is, whatever has become of it. */
static void test_damage(uint64_t count)
{
	uint64_t first = 2 * count + 1, told = last_row - 5, offset;
	unsigned int wrong = 0;
	struct past past;
	char path[100];

	for (offset = 0; offset < ends[told]; offset++) {
		restore(first, SIZE_MAX);
		flip(first, offset);
		keep(path_of(first, path), "damaged");
		past = learn(true);
		if (!is_at(&past, last_row) || past.point.segment || !notes ||
		    !same_file(path, "damaged") || take_bad(false))
			wrong++;
		unlink("damaged");
	}
	is_number(wrong, 0, "each byte before the mark changed");
}

static void test_garbage(uint64_t count)
{
	uint64_t first = 2 * count + 1, told = last_row - 5;
	struct past past;
	char path[100], command[300];

	restore(first, ends[told]);
	sprintf(command, "head -c 3000 /dev/zero >>%s", path_of(first, path));
	run(command);
	past = learn(true);
	ok(is_at(&past, told) && take_bad(false) == 1 &&
		   size_of(first) == (off_t)ends[told],
	   "a tail of zeroes is moved aside");
	ok(strstr(last_note, "never acknowledged: moved to " LOG "/") != NULL,
	   "and told");
	run("test $(stat -c %s " LOG "/*.bad) = 3000");
	run(command);
	past = learn(true);
	ok(is_at(&past, told) && take_bad(false) == 2,
	   "and does not replace another");
	take_bad(true);
}

/* ---- the mark -------------------------------------------------------- */

static void test_marks(uint64_t count)
{
	uint64_t first = 2 * count + 1;
	unsigned int wrong = 0, place, offset;
	struct past past;

	for (place = 0; place < 2; place++) {
		for (offset = 0; offset < 160; offset++) {
			restore(first, SIZE_MAX);
			keep("good/" STATE "/mark", STATE "/mark");
			flip_at(STATE "/mark", place * 4096 + offset);
			past = learn(true);
			wrong += !is_at(&past, last_row);
		}
	}
	is_number(wrong, 0, "one mark half written leaves the other");
	run("head -c 8192 /dev/zero >" STATE "/mark");
	restore(first, SIZE_MAX);
	past = learn(true);
	ok(is_at(&past, last_row) && past.point.segment == first,
	   "without any mark the chain is read");
	run("cp good/" STATE "/mark " STATE "/");
}

/* ---- going on -------------------------------------------------------- */

/* All segments, one after another, are one chain of so many rows. */
static bool is_chain(uint64_t rows)
{
	struct coconut_segment *list;
	struct chain_point point = { 0 };
	char name[COCONUT_SEGMENT_NAME_MAX], path[100];
	size_t count, i, size, offset;
	struct coconut_row row;
	bool good = true;
	uint8_t *data;
	int found;

	if (coconut_segment_list(LOG, &list, &count, NULL))
		return false;
	for (i = 0; i < count; i++) {
		sprintf(path, LOG "/%s", coconut_segment_name(&list[i], name));
		if (list[i].first != point.seq + 1 ||
		    coconut_segment_read(path, &data, &size, NULL))
			return false;
		offset = 0;
		while ((found = coconut_row_next(data, size, &offset, &row)) ==
			       1 &&
		       chain_row_follows(&point, &row))
			chain_point_take(&point, &row);
		good = good && !found;
		free(data);
	}
	free(list);
	return good && point.seq == rows;
}

static void test_going_on(uint64_t count)
{
	unsigned int wrong = 0, i;
	uint64_t first = 2 * count + 1, told = last_row - 5, seq,
		 end = last_row;

	for (i = 0; i < 200; i++) {
		uint64_t span = ends[end] - ends[told] + 1;
		struct segment segment = { .dir = LOG, .fd = -1 };
		struct past past;

		restore(first, ends[told] + (uint64_t)rand() % span);
		past = learn(true);
		segment.point = past.point;
		for (seq = past.point.seq + 1; seq <= end; seq++) {
			if (segment_write(&segment, raw[seq], all[seq].size))
				wrong++;
		}
		segment_shut(&segment);
		wrong += !is_chain(end);
	}
	is_number(wrong, 0, "the chain goes on where it was cut");
}

static void test_new_segment(void)
{
	struct segment segment = { .dir = LOG, .fd = -1 };
	struct coconut_signature closed;
	struct past past;
	char path[100];

	make_disk(40, 3, 0, true);
	past = learn(true);
	segment.point = past.point;
	segment_end(&segment, &closed);
	ok(archive_run(LOG, STATE, &closed) == ARCHIVE_GOOD,
	   "the open one is closed and signed");
	past = learn(true);
	ok(is_at(&past, last_row) && !past.point.segment,
	   "what is signed is not written on");
	run("echo other >" LOG "/00000000000000000121.seg;"
	    "echo other >" LOG "/00000000000000000121.sig");
	segment.point = past.point;
	write_row(&segment, last_row + 1);
	ok(segments[last_row] == 121 && is_chain(last_row) &&
		   take_bad(false) == 2,
	   "files in the way of a new segment are moved aside");
	segment_shut(&segment);
	unlink(path_of(121, path));
}

/* ---- signatures and compression -------------------------------------- */

static bool checks(uint64_t first)
{
	struct coconut_signature signature;
	struct coconut_error error;
	uint8_t *text, *pem;
	size_t size, pem_size;
	char path[100];
	bool good;

	sprintf(path, LOG "/%020" PRIu64 ".sig", first);
	if (coconut_file_read(path, 4096, &text, &size, NULL) ||
	    coconut_file_read(LOG "/audit.pub", 4096, &pem, &pem_size, NULL))
		return false;
	good = !coconut_signature_check(text, size, pem, pem_size, &signature,
					&error) &&
	       signature.first == first && signature.last == first + 39 &&
	       signature.bytes == ends[first + 39] &&
	       signature.boot == all[first + 39].boot &&
	       !memcmp(signature.head, all[first + 39].chain, 32);
	free(text);
	free(pem);
	return good;
}

static bool there(const char *name)
{
	return !access(name, F_OK);
}

#define FILE1 LOG "/00000000000000000001"
#define FILE2 LOG "/00000000000000000041"

static void test_archive(void)
{
	struct stat status;

	make_disk(40, 3, 5, true);
	ok(checks(1) && checks(41) && !there(LOG "/00000000000000000081.sig"),
	   "closed segments are signed, the open one is not");
	ok(there(FILE1 ".seg.zst") && !there(FILE1 ".seg") &&
		   there(FILE2 ".seg") && !there(FILE2 ".seg.zst") &&
		   is_chain(last_row),
	   "older than the newest closed one they are compressed");
	ok(!stat(STATE "/key.pem", &status) && (status.st_mode & 07777) == 0600,
	   "the key is its owner's alone");
	run("rm " FILE2 ".sig; touch " FILE2 ".sig");
	archive_run(LOG, STATE, NULL);
	ok(checks(41), "a signature that is none is made again");
	run("sed -i s/^boot.*/boot\\ 7/ " FILE2 ".sig; cp " FILE2 ".sig kept");
	archive_run(LOG, STATE, NULL);
	ok(same_file("kept", FILE2 ".sig"), "one that is changed stays");
	run("cp good/" FILE2 ".sig " LOG "; cp " FILE1 ".seg.zst whole;"
	    "zstd -dq " FILE1 ".seg.zst; truncate -s 100 " FILE1 ".seg.zst;"
	    "touch " FILE1 ".seg.zst.a1B2c3 " FILE2 ".sig.a1B2c3");
	archive_run(LOG, STATE, NULL);
	ok(!there(FILE1 ".seg") && same_file(FILE1 ".seg.zst", "whole"),
	   "half a compressed one is made again");
	ok(!there(FILE1 ".seg.zst.a1B2c3") && !there(FILE2 ".sig.a1B2c3"),
	   "what was not finished is gone");
}

/* Between close and signature the machine went down. */
static void test_unsigned(void)
{
	make_disk(40, 3, 5, false);
	ok(archive_run(LOG, STATE, NULL) == ARCHIVE_GOOD && checks(41) &&
		   !there(FILE1 ".sig"),
	   "after a crash the newest closed one is signed");
	run("rm " FILE2 ".sig");
	flip(41, ends[50] + 100);
	archive_run(LOG, STATE, NULL);
	ok(!there(FILE2 ".sig") && strstr(last_note, "it is not signed"),
	   "not if its rows don't follow");
	run("cp good/" FILE2 ".seg " LOG);
	flip(81, 100);
	archive_run(LOG, STATE, NULL);
	ok(!there(FILE2 ".sig"), "nor if the next one's don't");
}

static void test_forged(void)
{
	struct coconut_signature closed = { .first = 41, .last = 80 };

	make_disk(40, 3, 5, false);
	closed.bytes = ends[80];
	closed.boot = all[80].boot;
	memcpy(closed.before, all[40].chain, 32);
	memcpy(closed.head, all[79].chain, 32);
	ok(archive_run(LOG, STATE, &closed) == ARCHIVE_REFUSED &&
		   !there(FILE2 ".sig"),
	   "what PID 1 has not written is not signed");
	memcpy(closed.head, all[80].chain, 32);
	ok(archive_run(LOG, STATE, &closed) == ARCHIVE_GOOD && checks(41),
	   "what it has written is");
}

static void test_keys(void)
{
	make_disk(40, 3, 5, true);
	run("rm " STATE "/key.pem " FILE2 ".sig");
	archive_run(LOG, STATE, NULL);
	ok(checks(1) && checks(41), "behind a lost key another one signs");
	run("test $(grep -c BEGIN " LOG "/audit.pub) = 2");
}

int main(int argc, char **argv)
{
	char directory[] = "/tmp/coconut-recovery-XXXXXX";
	char command[64];
	unsigned int seed = argc > 1 ? (unsigned int)atoi(argv[1]) : 1;

	printf("# seed %u\n", seed);
	srand(seed);
	if (!mkdtemp(directory) || chdir(directory))
		return 1;
	make_disk(40, 3, 5, true);
	test_cuts(40, 3, true);
	test_cuts(40, 3, false);
	test_short(40);
	test_bad_tail(40);
	test_damage(40);
	test_garbage(40);
	test_marks(40);
	test_going_on(40);
	make_disk(40, 2, 5, true);
	test_cuts(40, 2, true);
	make_disk(40, 1, 5, true);
	test_cuts(40, 1, true);
	test_cuts(40, 1, false);
	test_new_segment();
	test_archive();
	test_unsigned();
	test_forged();
	test_keys();
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ok(!system(command), "nothing is left");
	return tap_end();
}
