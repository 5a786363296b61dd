// SPDX-License-Identifier: GPL-2.0
/* agent_child: other tasks, and what tasks share. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/ptrace.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "calls.h"
#include "child.h"
#include "child_matrix.h"
#include "child_ops.h"

static int result(long ret)
{
	return ret < 0 ? errno : 0;
}

/* list-tasks: how many processes /proc lists */
static int op_list_tasks(char **words, long long *value)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	(void)words;
	if (!dir)
		return errno;
	while ((entry = readdir(dir)))
		*value += entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
	closedir(dir);
	return 0;
}

static volatile sig_atomic_t heard;

static void hear(int sig)
{
	(void)sig;
	heard = 1;
}

/*
 * sigio OWNER: data comes to a socket, and the signal for that goes to OWNER, a
 * process or, negative, a group; the value is whether it came here
 */
static int op_sigio(char **words, long long *value)
{
	int pair[2], error = 0;

	heard = 0;
	signal(SIGUSR1, hear);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return EPROTO_OP;
	if (fcntl(pair[0], F_SETOWN, atoi(words[0])) ||
	    fcntl(pair[0], F_SETSIG, SIGUSR1) ||
	    fcntl(pair[0], F_SETFL, O_ASYNC))
		error = errno;
	else if (write(pair[1], "x", 1) != 1)
		error = EPROTO_OP;
	usleep(20000);
	*value = heard;
	close(pair[0]);
	close(pair[1]);
	signal(SIGUSR1, SIG_IGN);
	return error;
}

/* traceme: a child asks to be traced by this process */
static int op_traceme(char **words, long long *value)
{
	int status;
	pid_t pid = fork();

	(void)words;
	(void)value;
	if (!pid)
		_exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return EPROTO_OP;
	return WEXITSTATUS(status);
}

/* peek PID: seize it, stop it, read a word, let it go */
static int op_peek(char **words, long long *value)
{
	const pid_t pid = atoi(words[0]);
	int status, error;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) ||
	    ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) ||
	    waitpid(pid, &status, 0) != pid)
		return errno;
	errno = 0;
	*value = ptrace(PTRACE_PEEKDATA, pid, &heard, NULL);
	error = errno;
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return error;
}

/* In a child that its parent traces: an agent that idles. */
static void __attribute__((noreturn)) spawn_traced(const char *name)
{
	static struct signed_manifest manifest;
	struct agent_spawn_args args = { .exit_signal = SIGCHLD };
	char *const argv[] = { CHILD_IMAGE, "idle", NULL };
	char *const envp[] = { NULL };

	if (manifest_load(name, &manifest))
		_exit(EPROTO);
	args.manifest = (uintptr_t)manifest.manifest;
	args.manifest_size = manifest.manifest_size;
	args.signature = (uintptr_t)manifest.signature;
	args.signature_size = manifest.signature_size;
	raise(SIGSTOP);
	if (!CALL(spawn, &args)) {
		execve(CHILD_IMAGE, argv, envp);
		_exit(errno);
	}
	for (;;)
		pause();
}

/* Let what is traced go on; return how many others than @pid have come. */
static long long follow(pid_t pid)
{
	long long others = 0;
	int status, tries;
	pid_t stopped;

	for (tries = 0; tries < 100; tries++) {
		stopped = waitpid(-1, &status, __WALL | WNOHANG);
		if (stopped <= 0) {
			usleep(10000);
			continue;
		}
		others += stopped != pid;
		if (WIFSTOPPED(status))
			ptrace(PTRACE_CONT, stopped, NULL, NULL);
	}
	return others;
}

/*
 * trace-spawn NAME: trace a child that spawns an agent; the value is how many
 * tasks beside the child are traced by that
 */
static int op_trace_spawn(char **words, long long *value)
{
	const long follow_all = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
	int status;
	pid_t pid = fork();

	if (!pid)
		spawn_traced(words[0]);
	if (pid < 0 || waitpid(pid, &status, WUNTRACED) != pid ||
	    !WIFSTOPPED(status))
		return EPROTO_OP;
	if (ptrace(PTRACE_SEIZE, pid, NULL, follow_all)) {
		int error = errno;

		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return error;
	}
	kill(pid, SIGCONT);
	*value = follow(pid);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
	return 0;
}

static int use_shm(const char *how, int id, long long *value)
{
	void *at;

	if (!strcmp(how, "make"))
		return result(*value = shmget(id, 4096, IPC_CREAT | 0666));
	if (!strcmp(how, "find"))
		return result(*value = shmget(id, 4096, 0));
	if (!strcmp(how, "look")) {
		struct shmid_ds ds;

		return result(shmctl(id, IPC_STAT, &ds));
	}
	if (!strcmp(how, "remove"))
		return result(shmctl(id, IPC_RMID, NULL));
	at = shmat(id, NULL, 0);
	return at == (void *)-1 ? errno : result(shmdt(at));
}

static int use_sem(const char *how, int id, long long *value)
{
	struct sembuf up = { .sem_op = 1 };

	if (!strcmp(how, "make"))
		return result(*value = semget(id, 1, IPC_CREAT | 0666));
	if (!strcmp(how, "find"))
		return result(*value = semget(id, 1, 0));
	if (!strcmp(how, "look"))
		return result(semctl(id, 0, GETVAL));
	if (!strcmp(how, "remove"))
		return result(semctl(id, 0, IPC_RMID));
	return result(semop(id, &up, 1));
}

static int use_msg(const char *how, int id, long long *value)
{
	struct {
		long type;
		char text[8];
	} message = { .type = 1 };

	if (!strcmp(how, "make"))
		return result(*value = msgget(id, IPC_CREAT | 0666));
	if (!strcmp(how, "find"))
		return result(*value = msgget(id, 0));
	if (!strcmp(how, "look")) {
		struct msqid_ds ds;

		return result(msgctl(id, IPC_STAT, &ds));
	}
	if (!strcmp(how, "remove"))
		return result(msgctl(id, IPC_RMID, NULL));
	return result(msgsnd(id, &message, 1, IPC_NOWAIT));
}

/* ipc shm|sem|msg make|find KEY, look|use|remove ID */
static int op_ipc(char **words, long long *value)
{
	const int id = atoi(words[2]);

	switch (words[0][1]) {
	case 'h':
		return use_shm(words[1], id, value);
	case 'e':
		return use_sem(words[1], id, value);
	default:
		return use_msg(words[1], id, value);
	}
}

/* queue make|use|remove NAME */
static int op_queue(char **words, long long *value)
{
	const int flags = O_RDWR | O_NONBLOCK |
			  (strcmp(words[0], "make") ? 0 : O_CREAT);
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	mqd_t queue;

	(void)value;
	if (!strcmp(words[0], "remove"))
		return result(mq_unlink(words[1]));
	queue = mq_open(words[1], flags, 0666, &attr);
	if (queue < 0)
		return errno;
	return result(close_after(mq_send(queue, "x", 1, 0), queue));
}

const struct op relation_ops[] = {
	{ "list-tasks", 0, op_list_tasks },
	{ "sigio", 1, op_sigio },
	{ "traceme", 0, op_traceme },
	{ "peek", 1, op_peek },
	{ "trace-spawn", 1, op_trace_spawn },
	{ "ipc", 3, op_ipc },
	{ "queue", 2, op_queue },
	{ NULL, 0, NULL },
};
