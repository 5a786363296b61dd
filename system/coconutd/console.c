// SPDX-License-Identifier: MIT
/*
 * coconutd: the console, where a legacy task runs
 *
 * What coconutd execs is another image than coconutd's, so the kernel puts it
 * into AID 0: it can ask coconutd, and it can ask the kernel for nothing.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "coconutd.h"

#define USER "maya"

static pid_t console_pid;
static bool ends_machine;

static void take_terminal(void)
{
	const char *devices[] = { "/dev/hvc0", "/dev/console" };
	int fd = -1;
	size_t i;

	setsid();
	for (i = 0; fd < 0 && i < sizeof(devices) / sizeof(devices[0]); i++)
		fd = open(devices[i], O_RDWR);
	if (fd < 0)
		_exit(1);
	ioctl(fd, TIOCSCTTY, 1);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	if (fd > 2)
		close(fd);
}

static void become_user(const char *name)
{
	struct passwd *user = getpwnam(name);

	if (!user)
		return;
	if (fchown(0, user->pw_uid, user->pw_gid) ||
	    initgroups(user->pw_name, user->pw_gid) || setgid(user->pw_gid) ||
	    setuid(user->pw_uid))
		_exit(1);
	setenv("HOME", user->pw_dir, 1);
	setenv("USER", user->pw_name, 1);
	setenv("LOGNAME", user->pw_name, 1);
	setenv("SHELL", user->pw_shell, 1);
	if (chdir(user->pw_dir))
		chdir("/");
}

static void run(const char *program)
{
	char term[32] = "linux";
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	take_terminal();
	clearenv();
	boot_option("TERM", term, sizeof(term));
	setenv("TERM", term, 1);
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 1);
	setenv("LANG", "C.UTF-8", 1);
	if (*program) {
		setenv("HOME", "/root", 1);
		execl(program, program, NULL);
	} else {
		become_user(USER);
		execl("/bin/bash", "-bash", NULL);
	}
	fprintf(stderr, "coconutd: cannot run %s: %m\n",
		*program ? program : "/bin/bash");
	_exit(127);
}

/**
 * console_start - start the console's program
 *
 * That is a login shell of the user's, again whenever it ends; or the program
 * of the kernel's option coconut.console=, with which the machine ends too.
 */
void console_start(void)
{
	char program[256] = "";

	ends_machine = boot_option("coconut.console", program, sizeof(program));
	console_pid = fork();
	if (!console_pid)
		run(program);
	if (console_pid < 0)
		note("no console: %m");
}

/**
 * console_reaped - a child has been waited for
 * @pid: the child
 * @status: its wait status
 *
 * Return: true if it was the console's program.
 */
bool console_reaped(pid_t pid, int status)
{
	static time_t last;
	time_t now = time(NULL);

	if (pid != console_pid)
		return false;
	if (ends_machine) {
		request_shutdown(RB_POWER_OFF);
		return true;
	}
	/* A shell that can't start must not eat the machine. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127 && now == last) {
		note("the console's shell does not start; the console is closed");
		return true;
	}
	last = now;
	if (!is_shutting_down())
		console_start();
	return true;
}
