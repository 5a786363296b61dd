# SPDX-License-Identifier: MIT
# For what runs in the machine: tests, the two verifiers, agents of the attacks.
n=${n:-0} failed=0
kernel=/var/log/coconut/kernel
check() {
	local text=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n $text"
	else
		echo "not ok $n $text"
		failed=1
		sed 's/^/# said: /' /tmp/said
	fi
}
said() { grep -qE -- "$1" /tmp/said; }
unsaid() { ! said "$1"; }
# What unpacks segments for the verifier in Python.
mkdir -p /run/zstd
printf '#!/bin/sh\nLD_LIBRARY_PATH=/mnt/host/zstd exec /mnt/host/zstd/zstd "$@"\n' >/run/zstd/zstd
chmod +x /run/zstd/zstd
PATH=$PATH:/run/zstd
# asks AGENT LINE: an agent, as root, does what a line of shell says.
asks() {
	timeout 60 coconut agent spawn --manifest "/mnt/host/$1.manifest" --wait -- "$2 2>&1" >/tmp/said 2>&1
	echo "status $?" >>/tmp/said
}
query() { asks nobody "python3 -B /mnt/host/reach.py query $1"; }
# both ARGUMENTS: what the verifiers say of a log, one after the other.
both() {
	coconut audit verify "$@" >/tmp/said.1 2>&1
	echo "status $?" >>/tmp/said.1
	python3 -B /mnt/host/verifier/coconut_verify.py "$@" >/tmp/said.2 2>&1
	echo "status $?" >>/tmp/said.2
	cat /tmp/said.1 /tmp/said.2 >/tmp/said
}
# named FAULT ROW FILE: both name it so.
named() {
	local said line="(^|/)$(basename "$3"): row $2 at byte [0-9]+: .*\\($1\\)$"
	for said in /tmp/said.1 /tmp/said.2; do
		grep -qE "$line" $said && grep -qx 'status 3' $said || return
	done
}
good() { grep -qx 'status 0' /tmp/said.1 && grep -qx 'status 0' /tmp/said.2; }
rows() { coconut audit show "$@" | wc -l; }
# attested: the head of the chain as SEQ:HASH.
attested() { coconut agent attest 1 | awk '$1 == "audit" { seq = $3 } $1 == "head" { print seq ":" $2 }'; }
until_true() {
	local i
	for i in $(seq 100); do
		"$@" && return
		sleep 0.1
	done
	return 1
}
signed() { [ -e "$kernel/$(printf '%020d' "$1").sig" ]; }
# rotate: closes a segment and waits for its signature.
rotate() {
	local first
	first=$(coconut audit rotate | sed -n 's/.*rows \([0-9]*\) to .*/\1/p')
	until_true signed "$first"
}
