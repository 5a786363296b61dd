#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: hand COMMAND...
# Runs COMMAND, and meanwhile does what it writes to /tmp/selftest-hand/do: each
# line is a command for the shell, as root outside any agent. Its exit status
# goes to /tmp/selftest-hand/done. The exit status is COMMAND's.
dir=/tmp/selftest-hand
mkdir $dir && mkfifo $dir/do $dir/done || exit 99
# Open for both ways: nothing is lost between two commands.
(
	exec 3<>$dir/do 4<>$dir/done
	while read -r line <&3; do
		sh -c "$line" </dev/null >&2 3<&- 4<&-
		echo $? >&4
	done
) &
hand=$!
"$@"
status=$?
kill $hand
rm -r $dir
exit $status
