// SPDX-License-Identifier: MIT
/*
 * profile: a QEMU plugin that counts where the instructions of a benchmark go
 *
 * usage: qemu -plugin profile.so,out=FILE
 *
 * bench.c marks in its code where an operation begins, and each batch of it
 * (mark.h). Between the marks each translated block that runs is counted. FILE
 * gets for each operation, in the order they ran,
 *
 *	operation BATCHES INSTRUCTIONS
 *	block ADDRESS LEAST ALL BYTES...
 *
 * where LEAST is how often the block ran in the batch that took the fewest
 * instructions, whose total is INSTRUCTIONS, and ALL how often in all batches;
 * BYTES are the block's code, an instruction a word.
 *
 * Debian's QEMU comes without the header of its plugins; what is used of that
 * interface is declared here.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

#define OPERATIONS_MAX 64
#define INSN_MAX 16

struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef void (*exec_fn)(unsigned int cpu, void *data);
typedef void (*translate_fn)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*exit_fn)(uint64_t id, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, translate_fn fn);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_fn fn,
					  int flags, void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    exec_fn fn, int flags, void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, exit_fn fn, void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *
qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *to,
			     size_t size);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

extern int qemu_plugin_version;
int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

int qemu_plugin_version = 4;

/* How often a block ran in an operation. */
struct count {
	uint64_t least, all;
	unsigned int least_batch;
};

struct block {
	uint64_t address;
	size_t insns;
	char *bytes;  /* in hexadecimal, a space before each instruction */
	uint64_t now; /* runs in this batch */
	struct block *touched; /* the next one that ran in this batch */
	struct count *counts;  /* by operation; NULL if it never counted */
	struct block *next;
};

struct operation {
	unsigned int batches;
	unsigned int least_batch;
	uint64_t least;
};

static struct operation operations[OPERATIONS_MAX];
static int operation = -1;
static struct block *blocks, *touched;
static bool running;
static char *out;

static void *allocate(size_t size)
{
	void *made = calloc(1, size);

	if (!made)
		abort();
	return made;
}

static void block_ran(unsigned int cpu, void *data)
{
	struct block *block = data;

	(void)cpu;
	if (!running)
		return;
	if (!block->now++) {
		block->touched = touched;
		touched = block;
	}
}

static uint64_t take_total(void)
{
	const struct block *block;
	uint64_t total = 0;

	for (block = touched; block; block = block->touched)
		total += block->now * block->insns;
	return total;
}

/* The batch is over: is it the one with the fewest instructions so far? */
static void take_batch(struct operation *op)
{
	uint64_t total = take_total();
	struct block *block;
	struct count *count;

	op->batches++;
	if (op->batches == 2 || total < op->least) {
		op->least = total;
		op->least_batch = op->batches;
	}
	for (block = touched; block; block = block->touched) {
		if (!block->counts)
			block->counts =
				allocate(OPERATIONS_MAX * sizeof(*count));
		count = &block->counts[operation];
		/* The first batch warms the caches. */
		if (op->batches > 1)
			count->all += block->now;
		if (op->least_batch == op->batches) {
			count->least = block->now;
			count->least_batch = op->batches;
		}
		block->now = 0;
	}
	touched = NULL;
}

static void mark_ran(unsigned int cpu, void *data)
{
	(void)cpu;
	switch ((uintptr_t)data) {
	case MARK_OPERATION:
		if (operation < OPERATIONS_MAX - 1)
			operation++;
		break;
	case MARK_BEGIN:
		running = operation >= 0;
		break;
	case MARK_END:
		if (running)
			take_batch(&operations[operation]);
		running = false;
		break;
	}
}

static void find_mark(struct qemu_plugin_insn *insn, const uint8_t *bytes,
		      size_t size)
{
	static const uint8_t nop[] = { MARK_OPCODE };
	uint32_t value;

	if (size != sizeof(nop) + sizeof(value) ||
	    memcmp(bytes, nop, sizeof(nop)))
		return;
	memcpy(&value, bytes + sizeof(nop), sizeof(value));
	if (value - MARK_VALUE > MARK_END)
		return;
	qemu_plugin_register_vcpu_insn_exec_cb(
		insn, mark_ran, 0, (void *)(uintptr_t)(value - MARK_VALUE));
}

static void translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	struct block *block = allocate(sizeof(*block));
	uint8_t bytes[INSN_MAX];
	char *at;
	size_t i, j, size;

	(void)id;
	block->address = qemu_plugin_tb_vaddr(tb);
	block->insns = qemu_plugin_tb_n_insns(tb);
	block->bytes = allocate(block->insns * (2 * INSN_MAX + 1) + 1);
	at = block->bytes;
	for (i = 0; i < block->insns; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		size = qemu_plugin_insn_size(insn);
		if (size > sizeof(bytes))
			size = sizeof(bytes);
		qemu_plugin_insn_data(insn, bytes, size);
		find_mark(insn, bytes, size);
		*at++ = ' ';
		for (j = 0; j < size; j++)
			at += sprintf(at, "%02x", bytes[j]);
	}
	block->next = blocks;
	blocks = block;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block_ran, 0, block);
}

static void write_operation(FILE *to, int index)
{
	const struct operation *op = &operations[index];
	const struct block *block;

	fprintf(to, "operation %u %llu\n", op->batches - 1,
		(unsigned long long)op->least);
	for (block = blocks; block; block = block->next) {
		const struct count *count = block->counts;

		if (!count || !count[index].all)
			continue;
		count += index;
		fprintf(to, "block %llx %llu %llu%s\n",
			(unsigned long long)block->address,
			(unsigned long long)(count->least_batch ==
							     op->least_batch ?
						     count->least :
						     0),
			(unsigned long long)count->all, block->bytes);
	}
}

static void write_all(uint64_t id, void *data)
{
	FILE *to = fopen(out, "w");
	int i;

	(void)id;
	(void)data;
	if (!to)
		abort();
	for (i = 0; i <= operation; i++)
		write_operation(to, i);
	if (fclose(to))
		abort();
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "profile: its one argument is out=FILE\n");
		return 1;
	}
	out = strdup(argv[0] + 4);
	qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
	qemu_plugin_register_atexit_cb(id, write_all, NULL);
	return 0;
}
