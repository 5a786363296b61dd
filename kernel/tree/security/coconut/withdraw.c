// SPDX-License-Identifier: GPL-2.0
/*
 * The coconut LSM: what an agent has open, mapped or waits for by what is gone
 *
 * Every use is asked about again once the bundle has changed. What is left to
 * do is to take away what is used without a question, and to end what waits:
 *
 *  - mappings lose their pages; a fault asks, and is answered with SIGBUS
 *  - TCP connections are reset and listeners closed
 *  - calls that block are begun again, which asks
 *  - who polls a file is told that something has happened
 */

#include <linux/fdtable.h>
#include <linux/highmem.h>
#include <linux/io_uring.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/ptrace.h>
#include <linux/resume_user_mode.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/task_work.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "coconut.h"

static atomic64_t last_sweep = ATOMIC64_INIT(0);

/* What it listened on is no listener any more. */
static bool is_closed(int nr, long err)
{
	return err == -EINVAL && (nr == __NR_accept || nr == __NR_accept4);
}

/*
 * Some calls say EINTR or ECONNABORTED where others are begun again by
 * themselves. Unless it was a signal of the program's own, they are too.
 */
static void begin_again(struct callback_head *work)
{
	struct pt_regs *regs = current_pt_regs();
	long err;
	int nr;

	kfree(work);
	if (current->flags & (PF_KTHREAD | PF_USER_WORKER | PF_EXITING) ||
	    task_sigpending(current))
		return;
	nr = syscall_get_nr(current, regs);
	if (nr < 0)
		return;
	err = syscall_get_error(current, regs);
	if (err == -EINTR || err == -ECONNABORTED || is_closed(nr, err))
		syscall_set_return_value(current, regs, -ERESTARTNOINTR, 0);
}

/**
 * coconut_begins_again - whether the caller was interrupted by a revocation
 *
 * For what comes back from no system call, and would say EINTR.
 *
 * Return: true if it was, once.
 */
bool coconut_begins_again(void)
{
	struct callback_head *work;

	work = task_work_cancel_func(current, begin_again);
	if (!work)
		return false;
	kfree(work);
	if (!task_work_pending(current))
		clear_notify_signal();
	return true;
}

static u32 interrupt(struct task_struct *task)
{
	struct callback_head *work;

	if (task == current || task->flags & PF_EXITING)
		return 0;
	/* One is enough for a task that does not come to run it. */
	work = task_work_cancel_func(task, begin_again);
	if (!work)
		work = kmalloc(sizeof(*work), GFP_ATOMIC);
	if (!work) {
		set_notify_signal(task);
		return 0;
	}
	init_task_work(work, begin_again);
	if (task_work_add(task, work, TWA_SIGNAL))
		kfree(work);
	return 1;
}

static void wake_waiter(struct file *file, wait_queue_head_t *queue,
			poll_table *table)
{
	wake_up_poll(queue, EPOLLIN | EPOLLRDNORM | EPOLLOUT | EPOLLWRNORM |
			    EPOLLERR | EPOLLHUP);
}

/* Who polls a file, with epoll or a ring as well, looks at it again. */
static void wake_waiters(struct file *file)
{
	poll_table table;

	init_poll_funcptr(&table, wake_waiter);
	vfs_poll(file, &table);
}

static bool is_lost(struct agent *agent, struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (S_ISSOCK(inode->i_mode))
		return !coconut_has_socket(agent, SOCKET_I((struct inode *)inode));
	/* It gave nothing before either. */
	if (!(READ_ONCE(coconut_file(file)->known) & COCONUT_FILE_RIGHTS))
		return false;
	return !coconut_has_file(agent, file, coconut_file_mask(file));
}

/**
 * struct sweep - a way over all that the tasks of an agent have
 * @owner: in whose name they have it
 * @number: of the sweep
 * @toll: what was taken away is added to it
 */
struct sweep {
	struct agent *owner;
	u64 number;
	struct agent_toll *toll;
};

static void sweep_file(struct file *file, void *arg)
{
	struct coconut_file *blob = coconut_file(file);
	const struct sweep *sweep = arg;

	if (READ_ONCE(blob->cut) == sweep->owner->aid ||
	    !is_lost(sweep->owner, file))
		return;
	WRITE_ONCE(blob->cut, sweep->owner->aid);
	sweep->toll->files++;
	if (S_ISSOCK(file_inode(file)->i_mode))
		coconut_cut_socket(sweep->owner, SOCKET_I(file_inode(file)));
	if (file->f_op->poll)
		wake_waiters(file);
}

/*
 * Threads share what their first one has. While it has it still, it had it when
 * this sweep went over it.
 */
static bool is_done(const struct task_struct *task, const void *leaders,
		    const void *own, const struct sweep *sweep)
{
	const struct task_struct *leader = READ_ONCE(task->group_leader);

	return leader != task &&
	       READ_ONCE(leader->agent_swept) == sweep->number &&
	       leaders && leaders == own;
}

static void sweep_files(struct sweep *sweep, struct task_struct *task)
{
	unsigned int fd;

	if (is_done(task, READ_ONCE(task->group_leader->files),
		    READ_ONCE(task->files), sweep))
		return;
	for (fd = 0; ; fd++) {
		struct file *file;

		rcu_read_lock();
		file = task_lookup_next_fdget_rcu(task, &fd);
		rcu_read_unlock();
		if (!file)
			return;
		sweep_file(file, sweep);
		if (io_is_uring_fops(file))
			io_uring_each_file(file, sweep_file, sweep);
		fput(file);
		cond_resched();
	}
}

/*
 * An agent goes on running what it runs: contents that were checked, and that
 * nobody can change.
 */
static bool is_code_mapping(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & VM_SHARED) &&
	       test_bit(COCONUT_INODE_CODE,
			&coconut_inode(file_inode(vma->vm_file))->flags);
}

static u32 mask_of(const struct vm_area_struct *vma)
{
	u32 mask = MAY_READ;

	if (vma->vm_flags & VM_SHARED && vma->vm_flags & VM_WRITE)
		mask |= MAY_WRITE;
	if (vma->vm_flags & VM_EXEC)
		mask |= MAY_EXEC;
	return mask;
}

static bool is_lost_mapping(struct agent *agent,
			    const struct vm_area_struct *vma)
{
	return vma->vm_file && !is_code_mapping(vma) &&
	       !coconut_has_file(agent, vma->vm_file, mask_of(vma));
}

/*
 * As a device's it is neither given huge pages without a fault, nor pinned, nor
 * merged with another mapping of the same file, nor copied by mremap().
 */
static void cut_mapping(struct vm_area_struct *vma, struct agent_toll *toll)
{
	vma_start_write(vma);
	if (!(vma->vm_flags & VM_IO))
		toll->mappings++;
	vm_flags_set(vma, VM_IO | VM_DONTEXPAND);
	zap_vma_pages(vma);
}

/* With the lock for writing no fault is under way that has asked before. */
static void sweep_mm(const struct sweep *sweep, struct mm_struct *mm)
{
	VMA_ITERATOR(at, mm, 0);
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	for_each_vma(at, vma) {
		if (is_lost_mapping(sweep->owner, vma))
			cut_mapping(vma, sweep->toll);
	}
	mmap_write_unlock(mm);
}

static void sweep_memory(const struct sweep *sweep, struct task_struct *task)
{
	struct mm_struct *mm;

	if (is_done(task, READ_ONCE(task->group_leader->mm),
		    READ_ONCE(task->mm), sweep))
		return;
	mm = get_task_mm(task);
	if (!mm)
		return;
	sweep_mm(sweep, mm);
	mmput(mm);
}

/**
 * coconut_sweep_task - take from one task the mappings that its agent has lost
 * @agent: its agent
 * @task: the task
 *
 * Context: May sleep.
 */
void coconut_sweep_task(struct agent *agent, struct task_struct *task)
{
	struct agent_toll toll = {};
	struct sweep sweep = { .owner = agent_of_code(agent), .toll = &toll };

	if (sweep.owner->aid != AGENT_AID_ROOT)
		sweep_memory(&sweep, task);
}

/**
 * coconut_withdraw - take away what an agent has by what it has lost
 * @agent: the agent, whose new bundle is published
 * @toll: what was taken is added to it
 *
 * Context: May sleep.
 */
void coconut_withdraw(struct agent *agent, struct agent_toll *toll)
{
	struct sweep sweep = { .owner = agent_of_code(agent), .toll = toll };
	struct task_struct *task;

	if (sweep.owner->aid == AGENT_AID_ROOT)
		return;
	mutex_lock(&agent->sweep);
	/* First, so that what ends now ends by what is asked next. */
	agent_each_task(agent, interrupt);
	sweep.number = atomic64_inc_return(&last_sweep);
	while ((task = agent_next_unswept(agent, sweep.number))) {
		sweep_files(&sweep, task);
		sweep_memory(&sweep, task);
		put_task_struct(task);
		cond_resched();
	}
	mutex_unlock(&agent->sweep);
}

static bool may_still_fault(struct agent *agent, struct file *file, u32 mask)
{
	static const u32 rights[] = { MAY_READ, MAY_WRITE, MAY_EXEC };
	int i;

	for (i = 0; i < ARRAY_SIZE(rights); i++) {
		if (mask & rights[i] &&
		    coconut_may_still(agent, coconut_cap_for(agent, file,
							     rights[i]),
				      &file->f_path, true))
			return false;
	}
	return true;
}

/**
 * coconut_may_fault - whether an agent may have a page of a mapped file
 * @agent: who needs it
 * @vma: the mapping
 *
 * Context: Any; does not sleep.
 * Return: false for SIGBUS.
 */
bool coconut_may_fault(struct agent *agent, struct vm_area_struct *vma)
{
	struct file *file = vma->vm_file;
	u32 mask = mask_of(vma);
	u64 generation;

	agent = agent_of_code(agent);
	if (!file || agent->aid == AGENT_AID_ROOT || is_code_mapping(vma))
		return true;
	generation = coconut_generation(agent);
	if (coconut_is_known(file, generation, mask) ||
	    coconut_has_no_place(&file->f_path))
		return true;
	if (!may_still_fault(agent, file, mask))
		return false;
	coconut_note_file(file, generation, mask);
	return true;
}

/**
 * coconut_may_pin - whether an agent may keep pages of a mapping for good
 * @vma: the mapping
 *
 * A private mapping is pinned by pages of its own.
 *
 * Return: true if so.
 */
bool coconut_may_pin(const struct vm_area_struct *vma)
{
	return !agent_confined() || !vma->vm_file ||
	       !(vma->vm_flags & VM_MAYSHARE) ||
	       coconut_has_no_place(&vma->vm_file->f_path);
}

/**
 * coconut_copies_from - whether a file has pages that splicing would lend
 * @file: the file
 *
 * Return: true if so; sockets and devices hand on what is read, once.
 */
bool coconut_copies_from(const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	return S_ISREG(mode) || S_ISBLK(mode);
}

static int copy_page_of_file(struct page **page)
{
	struct page *copy;

	if (PageAnon(*page))
		return 0;
	copy = alloc_page(GFP_KERNEL_ACCOUNT);
	if (!copy)
		return -ENOMEM;
	copy_highpage(copy, *page);
	put_page(*page);
	*page = copy;
	return 0;
}

/**
 * coconut_copy_pages - pages to hand on
 * @pages: pages, referenced; those of files are replaced by copies
 * @nr_pages: how many
 *
 * Context: May sleep.
 * Return: 0, or -ENOMEM; then all of them are put.
 */
int coconut_copy_pages(struct page **pages, u32 nr_pages)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < nr_pages; i++)
		err = copy_page_of_file(&pages[i]);
	for (i = 0; err && i < nr_pages; i++)
		put_page(pages[i]);
	return err;
}
