// SPDX-License-Identifier: MIT
/*
 * coconutd: the resolver, a child without authority that reads what strangers
 * write
 *
 * It is started with the first agent that holds a host by its name. Its socket
 * for queries stays open here, so that a query that comes while it is away
 * waits for its return. What it execs is not coconutd's image, so the kernel
 * puts it into AID 0; it runs as nobody, with another /etc/resolv.conf than
 * all others, for that leads to itself, and without the way to coconutd's
 * control socket.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coconutd.h"

#define RESOLVER_PATH "/usr/lib/coconut/resolver"
#define SERVERS "coconut/upstream-resolv.conf" /* in /etc */
#define NOBODY 65534
#define MEMORY_MAX (256UL << 20)
#define PAUSE_MIN_MS 100 /* from its death to its return */
#define PAUSE_MAX_MS 30000
#define PING_MS 15000 /* one that says nothing for so long stands still */
#define MESSAGES_AT_ONCE 16

static struct source control = { .fd = -1 };
static struct source timer = { .fd = -1 };
static int queries_fd = -1;
static pid_t resolver_pid;
static int pause_ms = PAUSE_MIN_MS;
static uint64_t heard;        /* messages since it was started */
static uint64_t heard_before; /* as many when it was pinged */

/* ---- the child ------------------------------------------------------- */

/* A number of its own, so that no target is a source. */
static void take_descriptors(int control_fd)
{
	int null = open("/dev/null", O_RDWR), i;

	control_fd = fcntl(control_fd, F_DUPFD, 10);
	queries_fd = fcntl(queries_fd, F_DUPFD, 10);
	for (i = 0; i < 3; i++) {
		if (dup2(null, i) < 0)
			_exit(126);
	}
	if (dup2(control_fd, RESOLVER_CONTROL_FD) < 0 ||
	    dup2(queries_fd, RESOLVER_QUERIES_FD) < 0 ||
	    close_range(RESOLVER_QUERIES_FD + 1, ~0U, 0))
		_exit(126);
}

/*
 * The C library looks for its servers in /etc/resolv.conf. In the resolver's
 * /etc there is nothing but that, a link to where /etc is now: so a new file
 * of servers is seen as soon as it is there.
 */
static void show_servers(void)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("/etc", RUN_DIR, NULL, MS_BIND, NULL) ||
	    mount("tmpfs", "/etc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0755,size=64k") ||
	    symlink(RUN_DIR "/" SERVERS, "/etc/resolv.conf"))
		_exit(126);
}

static void drop_powers(void)
{
	const struct rlimit memory = { MEMORY_MAX, MEMORY_MAX };
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_AS, &memory) || setrlimit(RLIMIT_CORE, &none) ||
	    setrlimit(RLIMIT_FSIZE, &none) || setgroups(0, NULL) ||
	    setresgid(NOBODY, NOBODY, NOBODY) ||
	    setresuid(NOBODY, NOBODY, NOBODY) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		_exit(126);
}

static __attribute__((noreturn)) void run(int control_fd)
{
	char *const argv[] = { "resolver", NULL };
	char *const envp[] = { NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	take_descriptors(control_fd);
	show_servers();
	drop_powers();
	execve(RESOLVER_PATH, argv, envp);
	_exit(127);
}

/* ---- the parent ------------------------------------------------------ */

static bool open_queries(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	if (queries_fd >= 0)
		return true;
	queries_fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (queries_fd >= 0 &&
	    !bind(queries_fd, (struct sockaddr *)&address, sizeof(address)))
		return true;
	note("cannot listen on port 53 of 127.0.0.1: %m; agents get no host by its name");
	if (queries_fd >= 0)
		close(queries_fd);
	queries_fd = -1;
	return false;
}

static void close_control(void)
{
	if (control.fd < 0)
		return;
	loop_remove(&control);
	close(control.fd);
	control.fd = -1;
}

/* Whatever it writes, PID 1 reads no more than a structure's fields. */
static bool is_message(const struct resolver_message *message, ssize_t size)
{
	return size == sizeof(*message) && message->name[0] &&
	       memchr(message->name, '\0', sizeof(message->name)) &&
	       message->nr_addresses <= RESOLVER_ADDRESSES_MAX &&
	       message->status <= RESOLVER_FAILED;
}

static void take_message(const struct resolver_message *message)
{
	heard++;
	if (message->kind == RESOLVER_ASK)
		hosts_ask(message->name);
	else if (message->kind == RESOLVER_FOUND)
		hosts_found(message);
}

static void handle_control(struct source *source, uint32_t events)
{
	struct resolver_message message;
	int i;

	(void)events;
	for (i = 0; i < MESSAGES_AT_ONCE && source->fd >= 0; i++) {
		ssize_t size = recv(source->fd, &message, sizeof(message),
				    MSG_DONTWAIT | MSG_TRUNC);

		if (size < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (size <= 0) {
			close_control();
			kill(resolver_pid, SIGKILL);
			return;
		}
		if (is_message(&message, size))
			take_message(&message);
	}
}

static void handle_timer(struct source *source, uint32_t events);

static void set_timer(int milliseconds)
{
	struct itimerspec when = {
		.it_value.tv_sec = milliseconds / 1000,
		.it_value.tv_nsec = milliseconds % 1000 * 1000000L,
	};

	if (timer.fd < 0) {
		timer.fd = timerfd_create(CLOCK_BOOTTIME,
					  TFD_CLOEXEC | TFD_NONBLOCK);
		timer.handle = handle_timer;
		loop_add(&timer, EPOLLIN);
	}
	timerfd_settime(timer.fd, 0, &when, NULL);
}

static void ping(void)
{
	static const struct resolver_message message = {
		.kind = RESOLVER_PING,
		.name = "coconutd",
	};

	heard_before = heard;
	resolver_send(&message);
	set_timer(PING_MS);
}

static void start(void)
{
	int ends[2];

	/* When it does not begin, it is tried again. */
	set_timer(PAUSE_MAX_MS);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		note("no socket for the resolver: %m");
		return;
	}
	resolver_pid = fork();
	if (!resolver_pid)
		run(ends[1]);
	close(ends[1]);
	if (resolver_pid < 0) {
		note("no resolver: %m");
		resolver_pid = 0;
		close(ends[0]);
		return;
	}
	heard = 0;
	control.fd = ends[0];
	control.handle = handle_control;
	loop_add(&control, EPOLLIN);
	ping();
}

static void handle_timer(struct source *source, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(source->fd, &count, sizeof(count)) < 0)
		return;
	if (is_shutting_down())
		return;
	if (!resolver_pid)
		start();
	else if (heard == heard_before)
		resolver_kill("it stands still");
	else
		ping();
}

/**
 * resolver_start - have a resolver, from now on
 */
void resolver_start(void)
{
	static bool wanted;

	if (!open_queries() || wanted)
		return;
	wanted = true;
	start();
}

/**
 * resolver_send - send the resolver a message
 * @message: the message
 *
 * PID 1 waits for nobody. Who does not get an answer asks again.
 *
 * Return: false when there is no resolver, or it has too much to read.
 */
bool resolver_send(const struct resolver_message *message)
{
	return control.fd >= 0 && send(control.fd, message, sizeof(*message),
				       MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

/**
 * resolver_kill - end a resolver that does not do its work
 * @why: for the log
 */
void resolver_kill(const char *why)
{
	if (!resolver_pid)
		return;
	note("the resolver is ended: %s", why);
	close_control();
	kill(resolver_pid, SIGKILL);
}

/**
 * resolver_reaped - a child has been waited for
 * @pid: the child
 * @status: its wait status
 *
 * Return: true if it was the resolver. Another follows, after a pause that
 * grows as long as none does any work.
 */
bool resolver_reaped(pid_t pid, int status)
{
	if (!resolver_pid || pid != resolver_pid)
		return false;
	resolver_pid = 0;
	close_control();
	if (is_shutting_down())
		return true;
	pause_ms = heard ? PAUSE_MIN_MS : 2 * pause_ms;
	if (pause_ms > PAUSE_MAX_MS)
		pause_ms = PAUSE_MAX_MS;
	note("the resolver has ended (%s %d); the next in %d ms",
	     WIFSIGNALED(status) ? "signal" : "status",
	     WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
	     pause_ms);
	set_timer(pause_ms);
	hosts_resolver_gone();
	return true;
}
