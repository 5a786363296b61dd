# SPDX-License-Identifier: MIT
# What the parts of tests/audit that run in the machine share.
# shellcheck shell=bash
n=0 failed=0
log=/var/log/coconut/kernel
check() {
	local text=$1
	shift
	n=$((n + 1))
	if "$@"; then echo "ok - $text"; else echo "not ok - $text"; failed=1; fi
}
# wait_for SECONDS COMMAND...
wait_for() {
	local tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $((tries--)) -gt 0 ] || return 1
		sleep 0.1
	done
}
work() { coconut agent spawn wordcount --wait >/dev/null; }
# All segments but the newest have a signature; all but the two newest are compressed.
settled() {
	local segments plain signed
	segments=$(ls $log | grep -c '\.seg')
	plain=$(ls $log | grep -c '\.seg$')
	signed=$(ls $log | grep -c '\.sig$')
	[ "$signed" -ge $((segments - 1)) ] && [ "$plain" -le 2 ] && ! ls $log | grep -q '\.\(sig\|zst\)\.'
}
told() { dmesg | grep -q "coconutd: .*$1"; }
