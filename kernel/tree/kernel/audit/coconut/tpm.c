// SPDX-License-Identifier: GPL-2.0
/*
 * The audit chain: its root in the TPM
 *
 * A thread of its own tells the TPM the last row that is on disk, so nobody who
 * writes or seals rows ever waits for a TPM.  A row that is sealed only is not
 * told: were it lost with the power, the log would look rolled back.
 *
 * There are two indices, for a cell of a TPM's flash bears some 100 000 writes:
 *
 * - The durable one goes to the flash at once.  It is written at boot, at
 *   shutdown, and each hour in which the head has moved: 24 times a day, and
 *   twice for each boot.
 * - The orderly one is kept in the TPM's memory, and in the flash only by
 *   TPM2_Shutdown.  It is written whenever the head has moved, at most once a
 *   second.  It is for who asks the running machine, or has the TPM certify
 *   what it holds: a reset of the TPM, and so each boot, leaves it unwritten.
 *
 * So after an orderly shutdown the TPM knows the last row, and after a cut of
 * power one that is at most an hour old.  What it tells at boot, before it is
 * written again, stands in the first row of the boot: a log that was exchanged
 * while the machine was off says so itself from then on.
 */

#include <linux/agent_audit.h>
#include <linux/agent_tpm.h>
#include <linux/completion.h>
#include <linux/device/driver.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/reboot.h>
#include <linux/timekeeping.h>

#include "chain.h"
#include "tpm.h"

#define ORDERLY_PERIOD	HZ
#define DURABLE_PERIOD	(60 * 60 * HZ)
#define RETRY_PERIOD	(60 * HZ)	/* after a write that failed */
#define BOOT_TIMEOUT	(10 * HZ)	/* for a TPM that does not answer */
#define BOOT_PCRS	8

/**
 * enum told - what the TPM said at boot
 * @TOLD_NOTHING: there is none, or it is older than 2.0
 * @TOLD_HEAD: a head
 * @TOLD_NEW: the indices were not there, or had never been written
 * @TOLD_LOST: they could not be read, or were not ours
 */
enum told {
	TOLD_NOTHING,
	TOLD_HEAD,
	TOLD_NEW,
	TOLD_LOST,
};

/**
 * struct tpm_root - the TPM and what is known of it
 * @ready: done once the fields for the boot's row can be read
 * @chip: the TPM, referenced; NULL for none
 * @told: what it said at boot
 * @head: the head that it told, the later of two
 * @pcrs: its PCRs at boot, in the bank of SHA-256
 * @has_pcr: which of them there are
 * @lock: guards what follows
 * @orderly: number of the row in the orderly index, of this boot
 * @durable: number of the row in the durable index, of this boot
 * @due: jiffies when the durable one is to be written again
 * @failing: the last write failed
 * @closed: the machine goes down, and nothing more is written
 */
static struct tpm_root {
	struct completion ready;
	struct tpm_chip *chip;
	enum told told;
	struct audit_nv_head head;
	u8 pcrs[BOOT_PCRS][AGENT_DIGEST_SIZE];
	u32 has_pcr;
	struct mutex lock;	/* orderly, durable, due, failing, closed */
	u64 orderly;
	u64 durable;
	unsigned long due;
	bool failing;
	bool closed;
} root = {
	.ready = COMPLETION_INITIALIZER(root.ready),
	.lock = __MUTEX_INITIALIZER(root.lock),
};

static struct tpm_chip *find_chip(void)
{
	struct tpm_chip *chip = tpm_default_chip();

	if (chip && tpm_is_tpm2(chip) <= 0) {
		put_device(&chip->dev);
		chip = NULL;
	}
	return chip;
}

static void learn_head(const struct audit_nv_head *head)
{
	if (root.told != TOLD_HEAD ||
	    le64_to_cpu(head->seq) > le64_to_cpu(root.head.seq))
		root.head = *head;
	root.told = TOLD_HEAD;
}

/* Read an index, and have it ready to be written. */
static void take_index(u32 index, bool *lost)
{
	struct audit_nv_head head;
	int err = audit_nv_read(root.chip, index, &head);

	if (!err)
		learn_head(&head);
	else if (err != -ENOENT && err != -ENODATA)
		*lost = true;
	/* Another's, in our place: it would have to be there for each boot. */
	if (err == -EILSEQ)
		err = audit_nv_undefine(root.chip, index) ?: -ENOENT;
	if (err == -ENOENT)
		err = audit_nv_define(root.chip, index);
	if (err && err != -ENODATA)
		pr_warn("coconut: TPM index 0x%08x can't be used: %d\n", index,
			err);
}

static void read_pcrs(void)
{
	struct tpm_digest digest = { .alg_id = TPM_ALG_SHA256 };
	u32 i;

	for (i = 0; i < BOOT_PCRS; i++) {
		if (tpm_pcr_read(root.chip, i, &digest))
			continue;
		memcpy(root.pcrs[i], digest.digest, AGENT_DIGEST_SIZE);
		root.has_pcr |= BIT(i);
	}
}

static void learn(void)
{
	bool lost = false;

	take_index(AUDIT_NV_DURABLE, &lost);
	take_index(AUDIT_NV_ORDERLY, &lost);
	if (root.told != TOLD_HEAD)
		root.told = lost ? TOLD_LOST : TOLD_NEW;
	read_pcrs();
	root.due = jiffies;
}

static int write_head(u32 index, u64 seq, const u8 chain[AGENT_DIGEST_SIZE])
{
	struct audit_nv_head head = {
		.magic = AUDIT_NV_MAGIC,
		.seq = cpu_to_le64(seq),
		.boot = cpu_to_le64(agent_audit_boot()),
		.time = cpu_to_le64(ktime_get_real_ns()),
	};
	int err;

	memcpy(head.chain, chain, sizeof(head.chain));
	err = audit_nv_write(root.chip, index, &head);
	if (err && !root.failing)
		pr_warn("coconut: the TPM does not take the chain's head: %d\n",
			err);
	root.failing = err;
	return err;
}

/* What has moved and is due; @last: the machine goes down. */
static void write_heads(bool last)
{
	u8 chain[AGENT_DIGEST_SIZE];
	u64 seq;
	int err;

	lockdep_assert_held(&root.lock);
	agent_audit_saved(&seq, chain);
	if (seq != root.orderly &&
	    !write_head(AUDIT_NV_ORDERLY, seq, chain))
		root.orderly = seq;
	if (seq == root.durable || !(last || time_after_eq(jiffies, root.due)))
		return;
	err = write_head(AUDIT_NV_DURABLE, seq, chain);
	if (!err)
		root.durable = seq;
	root.due = jiffies + (err ? RETRY_PERIOD : DURABLE_PERIOD);
}

static int keep_root(void *unused)
{
	bool closed = false;

	/* The probe of a TPM may go on beside the boot, but for the first row. */
	wait_for_device_probe();
	root.chip = find_chip();
	if (root.chip)
		learn();
	complete_all(&root.ready);
	while (root.chip && !closed) {
		mutex_lock(&root.lock);
		closed = root.closed;
		if (!closed)
			write_heads(false);
		mutex_unlock(&root.lock);
		schedule_timeout_idle(ORDERLY_PERIOD);
	}
	return 0;
}

/*
 * Before the driver sends TPM2_Shutdown. All rows that AID 1 will ever save in
 * this boot are saved: it is AID 1 that has asked for the shutdown.
 */
static int write_last(struct notifier_block *block, unsigned long action,
		      void *data)
{
	if (!completion_done(&root.ready) || !root.chip)
		return NOTIFY_DONE;
	mutex_lock(&root.lock);
	write_heads(true);
	root.closed = true;
	mutex_unlock(&root.lock);
	return NOTIFY_DONE;
}

static u32 print_told(char *text, size_t size)
{
	switch (root.told) {
	case TOLD_HEAD:
		return scnprintf(text, size, "tpm %llu:%*phN\n",
				 le64_to_cpu(root.head.seq), AGENT_DIGEST_SIZE,
				 root.head.chain);
	case TOLD_NEW:
		return scnprintf(text, size, "tpm new\n");
	case TOLD_LOST:
		return scnprintf(text, size, "tpm lost\n");
	default:
		return 0;
	}
}

/**
 * agent_audit_tpm_text - what the first row of the boot tells of the TPM
 * @text: gets lines, each with its newline, and a NUL
 * @size: room there; 700 bytes are enough
 *
 * Without a TPM there are none.
 *
 * Context: May sleep, as long as a TPM takes to answer.
 * Return: length of the text.
 */
u32 agent_audit_tpm_text(char *text, size_t size)
{
	u32 i, length;

	if (!wait_for_completion_timeout(&root.ready, BOOT_TIMEOUT))
		return scnprintf(text, size, "tpm lost\n");
	length = print_told(text, size);
	for (i = 0; i < BOOT_PCRS; i++)
		if (root.has_pcr & BIT(i))
			length += scnprintf(text + length, size - length,
					    "pcr%u %*phN\n", i,
					    AGENT_DIGEST_SIZE, root.pcrs[i]);
	return length;
}

static int __init start_root(void)
{
	static struct notifier_block going_down = { .notifier_call = write_last };
	struct task_struct *task;

	register_reboot_notifier(&going_down);
	task = kthread_run(keep_root, NULL, "coconut-tpm");
	if (IS_ERR(task)) {
		pr_err("coconut: no thread for the TPM: %ld\n", PTR_ERR(task));
		complete_all(&root.ready);
	}
	return 0;
}
late_initcall(start_root);
