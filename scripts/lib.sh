# SPDX-License-Identifier: MIT
# What the scripts share: where things are, progress lines, and the build root.
# Sourced by bash with `set -euo pipefail`.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/coconut
out=$top/out

suite=trixie
build_packages=(
	gcc libc6-dev make bc bison flex perl patch python3 rsync xz-utils zstd cpio kmod
	libelf-dev libssl-dev openssl ccache meson ninja-build pkg-config
	libcbor-dev libcyaml-dev libyaml-dev libzstd-dev scdoc man-db
	sparse clang-format cppcheck cbmc spin valgrind b3sum
	clang libclang-rt-19-dev trinity libcap-dev
	openssh-client e2fsprogs util-linux procps
	linux-source-6.12 qemu-system-x86 seabios swtpm
)
guest_packages=(
	bash dash coreutils findutils grep sed gawk procps util-linux iproute2
	iputils-ping less nano curl openssl openssh-client ca-certificates
	python3 e2fsprogs kmod libcbor0.10 libcyaml1 libyaml-0-2 libssl3t64 libzstd1
)

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# step TEXT COMMAND...: one progress line, the output in out/log, its tail when it fails.
step() {
	local text=$1 log started=$SECONDS status=0
	shift
	mkdir -p "$out/log"
	log=$out/log/$(printf '%s' "${text%% (*}" | tr -cs 'A-Za-z0-9' '-' | cut -c1-48).log
	printf '%s ... ' "$text" >&2
	"$@" >"$log" 2>&1 || status=$?
	if [ $status = 0 ]; then
		printf 'done (%d s)\n' $((SECONDS - started)) >&2
		return 0
	fi
	printf 'FAILED (status %d)\n' $status >&2
	tail -n 30 "$log" >&2
	say "The whole log: ${log#"$top"/}"
	exit 1
}

# key WORD...: a short name for what was made from these inputs.
key() { printf '%s\n' "$@" | sha256sum | cut -c1-12; }

buildroot=$cache/buildroot-$(key "$suite" "${build_packages[@]}" 1)
guestroot=$cache/guestroot-$(key "$suite" "${guest_packages[@]}" 1)

# locked NAME COMMAND...: one at a time among all clones that share the cache.
locked() {
	local name=$1
	shift
	mkdir -p "$cache"
	(
		flock 9
		"$@"
	) 9>"$cache/.lock-$name"
}
