// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: code, known by its contents
 *
 * What an agent runs or maps executable must be contents that the base image
 * holds or its manifest names.  They are hashed once; nobody can write to them
 * meanwhile.  While a mapping is made no writer is let in, which ends before
 * its maker is back in userspace; from then on the mapping itself keeps
 * writers out, and once there is none the first of them makes the digest void.
 */

#include <linux/binfmts.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/rcupdate_wait.h>
#include <linux/security.h>
#include <linux/shmem_fs.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/task_work.h>

#include "coconut.h"

#define CODE_SIZE_MAX	SZ_1G

static DEFINE_MUTEX(digests);

/*
 * Not where a server or another machine could change what was checked, and not
 * more than a program may have.
 */
static bool may_hold_code(const struct inode *inode)
{
	return S_ISREG(inode->i_mode) &&
	       i_size_read(inode) <= CODE_SIZE_MAX &&
	       (inode->i_sb->s_type->fs_flags & FS_REQUIRES_DEV ||
		shmem_mapping(inode->i_mapping));
}

static bool is_pinned(struct folio *folio)
{
	return folio_ref_count(folio) - folio_mapcount(folio) >=
	       GUP_PIN_COUNTING_BIAS;
}

/*
 * Pages that somebody has pinned can be written without a writer: by a device,
 * or by io_uring.  While writers are kept out there will be no new ones.
 */
static bool has_pinned(struct address_space *mapping)
{
	XA_STATE(xas, &mapping->i_pages, 0);
	struct folio *folio;
	bool pinned = false;

	rcu_read_lock();
	xas_for_each(&xas, folio, ULONG_MAX) {
		if (xas_retry(&xas, folio) || xa_is_value(folio))
			continue;
		pinned = is_pinned(folio);
		if (pinned)
			break;
		if (need_resched()) {
			xas_pause(&xas);
			cond_resched_rcu();
		}
	}
	rcu_read_unlock();
	return pinned;
}

/**
 * coconut_write_code - whether an inode may be opened for writing
 * @inode: the inode; its writer is counted already
 *
 * Context: May sleep.
 * Return: 0, or -ETXTBSY while it is code that an agent has mapped.
 */
int coconut_write_code(struct inode *inode)
{
	struct coconut_inode *blob = coconut_inode(inode);

	if (likely(!test_bit(COCONUT_INODE_CODE, &blob->flags)))
		return 0;
	if (mapping_mapped(inode->i_mapping))
		return -ETXTBSY;
	clear_bit(COCONUT_INODE_CODE, &blob->flags);
	return 0;
}

/* Nobody writes to the file while this is asked. */
static int find_digest(struct file *file, u8 digest[AGENT_DIGEST_SIZE])
{
	struct coconut_inode *blob = coconut_inode(file_inode(file));
	bool known;

	mutex_lock(&digests);
	known = test_bit(COCONUT_INODE_CODE, &blob->flags);
	if (known)
		memcpy(digest, blob->digest, AGENT_DIGEST_SIZE);
	mutex_unlock(&digests);
	if (known)
		return 0;
	if (has_pinned(file->f_mapping))
		return -ETXTBSY;
	return agent_digest_file(file, digest);
}

/* Only what is code to somebody is kept from those who write. */
static int keep_digest(const struct inode *inode,
		       const u8 digest[AGENT_DIGEST_SIZE])
{
	struct coconut_inode *blob = coconut_inode(inode);
	int err = -ENOMEM;

	mutex_lock(&digests);
	if (!blob->digest)
		blob->digest = kmalloc(AGENT_DIGEST_SIZE, GFP_KERNEL_ACCOUNT);
	if (blob->digest) {
		memcpy(blob->digest, digest, AGENT_DIGEST_SIZE);
		set_bit(COCONUT_INODE_DIGEST, &blob->flags);
		set_bit(COCONUT_INODE_CODE, &blob->flags);
		err = 0;
	}
	mutex_unlock(&digests);
	return err;
}

/**
 * struct guard - keeps writers away until its task is back in userspace
 * @work: runs then
 * @file: the file
 */
struct guard {
	struct callback_head work;
	struct file *file;
};

static void drop_guard(struct callback_head *work)
{
	struct guard *guard = container_of(work, struct guard, work);

	allow_write_access(guard->file);
	fput(guard->file);
	kfree(guard);
}

static int guard_file(struct file *file)
{
	struct guard *guard = kmalloc(sizeof(*guard), GFP_KERNEL);
	int err;

	if (!guard)
		return -ENOMEM;
	err = deny_write_access(file);
	if (err)
		goto free;
	guard->file = get_file(file);
	init_task_work(&guard->work, drop_guard);
	err = task_work_add(current, &guard->work, TWA_RESUME);
	if (!err)
		return 0;
	allow_write_access(file);
	fput(file);
free:
	kfree(guard);
	return err;
}

/**
 * coconut_code_digest - BLAKE3 of a file that is about to be run
 * @file: the file
 * @digest: the result
 *
 * Writers stay out until the caller is back in userspace.
 *
 * Return: 0, -ETXTBSY when somebody writes to it, -EACCES where contents can't
 * be held still, or what reading the file said.
 */
int coconut_code_digest(struct file *file, u8 digest[AGENT_DIGEST_SIZE])
{
	int err;

	if (!may_hold_code(file_inode(file)))
		return -EACCES;
	err = guard_file(file);
	return err ?: find_digest(file, digest);
}

/**
 * coconut_check_code - decide whether a file is code to an agent
 * @agent: who runs or maps it
 * @file: the file
 *
 * Return: 0, -ECAPABILITY, or as coconut_code_digest().
 */
int coconut_check_code(struct agent *agent, struct file *file)
{
	u8 digest[AGENT_DIGEST_SIZE];
	int err = -EACCES;

	/* Memory that has no place has writers that nobody counts. */
	if (!coconut_has_no_place(&file->f_path))
		err = coconut_code_digest(file, digest);
	if (err && err != -EACCES)
		return err;
	if (!err && agent_knows_code(agent, digest))
		return keep_digest(file_inode(file), digest);
	return coconut_deny_path(agent, AGENT_CAP_FS_EXEC, AGENT_REASON_CODE,
				 &file->f_path, false);
}

/* Each file of an exec: the script, its interpreter. */
static int hook_bprm_check_security(struct linux_binprm *bprm)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 : coconut_check_code(agent, bprm->file);
}

static int hook_bprm_creds_for_exec(struct linux_binprm *bprm)
{
	return agent_exec_check(bprm);
}

static void hook_bprm_committing_creds(const struct linux_binprm *bprm)
{
	agent_exec_committing();
}

static void hook_bprm_committed_creds(const struct linux_binprm *bprm)
{
	agent_exec_committed();
}

static int map_file(struct agent *agent, struct file *file, unsigned long prot,
		    bool shared)
{
	u32 mask = 0;
	int err;

	if (prot & PROT_READ)
		mask |= MAY_READ;
	if (prot & PROT_WRITE && shared)
		mask |= MAY_WRITE;
	if (prot & PROT_EXEC)
		mask |= MAY_EXEC;
	err = mask ? coconut_check_file(agent, file, mask) : 0;
	if (err || !(prot & PROT_EXEC))
		return err;
	if (coconut_has_no_place(&file->f_path))
		return coconut_need_cap(agent, AGENT_CAP_MEM_EXEC,
					"shared memory to run");
	/* What can be written and run is not the file's contents for long. */
	if (prot & PROT_WRITE)
		return coconut_need_cap(agent, AGENT_CAP_MEM_EXEC,
					"a mapping to write and run") ?:
		       coconut_check_code(agent, file);
	return coconut_check_code(agent, file);
}

/* Where the kernel would look for what a null pointer leads to. */
static int hook_mmap_addr(unsigned long addr)
{
	struct agent *agent = agent_confined();

	if (likely(!agent) || addr >= dac_mmap_min_addr)
		return 0;
	return coconut_close(agent, "memory at the lowest addresses");
}

static int hook_mmap_file(struct file *file, unsigned long reqprot,
			  unsigned long prot, unsigned long flags)
{
	struct agent *agent = agent_confined();

	if (likely(!agent))
		return 0;
	if (file)
		return map_file(agent, file, prot,
				(flags & MAP_TYPE) != MAP_PRIVATE);
	if (!(prot & PROT_EXEC))
		return 0;
	return coconut_need_cap(agent, AGENT_CAP_MEM_EXEC,
				"anonymous memory to run");
}

static int hook_file_mprotect(struct vm_area_struct *vma,
			      unsigned long reqprot, unsigned long prot)
{
	struct agent *agent = agent_confined();
	int err;

	if (likely(!agent))
		return 0;
	if (prot & PROT_EXEC && (!vma->vm_file || vma->anon_vma)) {
		err = coconut_need_cap(agent, AGENT_CAP_MEM_EXEC,
				       "memory that was written to run");
		if (err)
			return err;
	}
	return vma->vm_file ? map_file(agent, vma->vm_file, prot,
				       vma->vm_flags & VM_SHARED) : 0;
}

/**
 * agent_need_mem_exec - decide whether the caller may make memory executable
 *
 * Return: 0, or -ECAPABILITY.
 */
int agent_need_mem_exec(void)
{
	struct agent *agent = agent_confined();

	return likely(!agent) ? 0 :
	       coconut_need_cap(agent, AGENT_CAP_MEM_EXEC, "all memory to run");
}

static void hook_inode_free_security_rcu(void *inode_security)
{
	struct coconut_inode *blob = inode_security +
				     coconut_blob_sizes.lbs_inode;

	/* Only a regular file has one; a socket's inode has a number there. */
	if (test_bit(COCONUT_INODE_DIGEST, &blob->flags))
		kfree(blob->digest);
}

static struct security_hook_list hooks[] __ro_after_init = {
	LSM_HOOK_INIT(bprm_creds_for_exec, hook_bprm_creds_for_exec),
	LSM_HOOK_INIT(bprm_check_security, hook_bprm_check_security),
	LSM_HOOK_INIT(bprm_committing_creds, hook_bprm_committing_creds),
	LSM_HOOK_INIT(bprm_committed_creds, hook_bprm_committed_creds),
	LSM_HOOK_INIT(mmap_addr, hook_mmap_addr),
	LSM_HOOK_INIT(mmap_file, hook_mmap_file),
	LSM_HOOK_INIT(file_mprotect, hook_file_mprotect),
	LSM_HOOK_INIT(inode_free_security_rcu, hook_inode_free_security_rcu),
};

void __init coconut_add_code_hooks(void)
{
	security_add_hooks(hooks, ARRAY_SIZE(hooks), &coconut_lsmid);
}
