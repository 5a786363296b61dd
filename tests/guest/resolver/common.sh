# SPDX-License-Identifier: MIT
# Sourced by the parts of tests/resolver: checks, the world, and an agent.
n=$1 failed=0
check() {
	local text=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n $text"
	else
		echo "not ok $n $text"
		failed=1
		[ ! -s /tmp/said ] || sed 's/^/# said: /' /tmp/said
	fi
}

# What a step of the last agent's ended with: said STEP PATTERN.
said() { grep -qE "^$1: $2" /tmp/said; }
unsaid() { ! grep -qE "$1" "$2"; }

# One agent after another, each with its steps.
agent() {
	local manifest=$1
	shift
	timeout 60 coconut agent spawn "$manifest" --wait -- "$@" >/tmp/said 2>&1
}
aid_of_last() { coconut audit show --event spawn --json | tail -n 1 | sed -n 's/.*"aid": *\([0-9]*\).*/\1/p'; }

# until COMMAND...: for as long as ten seconds.
until_true() {
	local i
	for i in $(seq 100); do
		"$@" && return
		sleep 0.1
	done
	return 1
}
alive() { timeout 10 coconut agent ps >/dev/null; }
resolver() { pgrep -x resolver; }

# Another file in its place, as those leave it who write it on every lease.
servers() {
	echo "$1" >/etc/coconut/upstream-resolv.conf.new
	mv /etc/coconut/upstream-resolv.conf.new /etc/coconut/upstream-resolv.conf
}
world() {
	mkdir -p /run/world
	servers 'nameserver 127.0.0.2'
	/mnt/host/world &
	until_true test -e /run/world/ready
}
# moves NAME TTL ADDRESS...: what the DNS says from now on.
moves() {
	local name=$1
	shift
	echo "$*" >"/run/world/$name.new"
	mv "/run/world/$name.new" "/run/world/$name"
}
asked() { grep -c "^$1 " /run/world/queries; }

finish() {
	dmesg | grep 'coconutd: ' | sed 's/^/# /'
	echo "# end of ${0##*/}"
	exit $failed
}
