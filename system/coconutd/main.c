// SPDX-License-Identifier: MIT
/*
 * coconutd: PID 1 of Coconut OS
 *
 * usage: coconutd		as PID 1, by the kernel
 *	  coconutd --help
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coconutd.h"

#define GRACE_MS 2000 /* from SIGTERM to SIGKILL at shutdown */

static struct source signals = { .fd = -1 };
static int log_fd = -1;
static bool shutting_down;
static int how_to_end;

/**
 * note - tell the kernel's log
 * @format: as printf(); one line without a newline
 */
void note(const char *format, ...)
{
	char text[1024];
	va_list args;
	int length;

	if (log_fd < 0)
		log_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	length = snprintf(text, sizeof(text), "<5>coconutd: ");
	va_start(args, format);
	vsnprintf(text + length, sizeof(text) - length - 1, format, args);
	va_end(args);
	/* A line that is not ended is shown when the next one begins. */
	strcat(text, "\n");
	if (log_fd < 0 || write(log_fd, text, strlen(text)) < 0)
		fputs(text, stderr);
}

/**
 * note_forget - in a child that has closed all descriptors: open the log anew
 */
void note_forget(void)
{
	log_fd = -1;
}

/**
 * request_shutdown - end the machine once this turn is over
 * @how: RB_POWER_OFF or RB_AUTOBOOT
 */
void request_shutdown(int how)
{
	shutting_down = true;
	how_to_end = how;
}

bool is_shutting_down(void)
{
	return shutting_down;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (!agent_reaped(pid, status) &&
		    !resolver_reaped(pid, status) && !close_reaped(pid, status))
			console_reaped(pid, status);
	}
}

static void handle_signals(struct source *source, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	while (read(source->fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap();
			break;
		case SIGINT:
			request_shutdown(RB_AUTOBOOT);
			break;
		case SIGTERM:
			request_shutdown(RB_POWER_OFF);
			break;
		}
	}
}

static void open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	signals.handle = handle_signals;
	loop_add(&signals, EPOLLIN);
	reboot(RB_DISABLE_CAD);
}

/* Wait until no child is left, or the grace is over. */
static void wait_for_all(int milliseconds)
{
	int status, waited;
	pid_t pid;

	for (waited = 0; waited < milliseconds; waited += 10) {
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
			if (!agent_reaped(pid, status) &&
			    !resolver_reaped(pid, status))
				close_reaped(pid, status);
		}
		if (pid < 0)
			return;
		loop_turn(10);
	}
}

/* Agents first, while the chain is still written; then all else. */
static void shut_down(void)
{
	note("shutting down");
	control_close();
	agent_end_all();
	kill(-1, SIGTERM);
	kill(-1, SIGCONT);
	wait_for_all(GRACE_MS);
	kill(-1, SIGKILL);
	wait_for_all(GRACE_MS);
	chain_drain();
	note("%llu rows on disk", (unsigned long long)chain_written());
	boot_halt(how_to_end);
}

int main(int argc, char **argv)
{
	if (getpid() != 1) {
		printf("usage: coconutd\n"
		       "PID 1 of Coconut OS: started by the kernel, never by hand.\n"
		       "Ask it with coconut(1); see coconutd(8).\n");
		return argc > 1 && !strcmp(argv[1], "--help") ? 0 : 2;
	}
	boot_mount();
	loop_init();
	open_signals();
	chain_open();
	keys_seed();
	control_open();
	console_start();
	while (!shutting_down) {
		loop_turn(-1);
		control_sweep();
	}
	shut_down();
	return 0;
}
