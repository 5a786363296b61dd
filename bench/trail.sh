#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: trail.sh plain | linux | coalesced | uses | full
# Runs in the machine (bench/subject): what it costs to record opens, and a walk
# of 10 000 files, until the record has been given to the disk. Prints "name
# number", one a line, in instructions and bytes:
#
#   opens_own opens_all     for each open + close, of the task that does it, and
#                           of all that is done for it: by whoever seals, sends,
#                           receives and writes
#   opens_rows opens_bytes  and what is recorded of it, in hundredths
#   walk_*                  the same of the whole walk
#   segment_*               rows and bytes of the whole log, as it is written and
#                           as it is compressed
#
# Each figure is what a run has more than one of a single open has, so that what
# starts the program is in none.
set -euo pipefail
level=$1 dir=/tmp/bench opens=20000
programs=/usr/lib/coconut/bench
log=/var/log/coconut/kernel
case $level in
plain) tasks=() ;;
linux) tasks=(kauditd linux-audit) log=/var/log/audit ;;
*) tasks=(coconut-sealer coconutd) ;;
esac

work() {
	case $level in
	plain | linux) $programs/trail "$@" ;;
	*) coconut agent spawn --manifest /mnt/host/trail-"$level".manifest --wait -- "$@" ;;
	esac
}

helpers() {
	local task
	for task in "${tasks[@]}"; do $programs/cpu "$task" now; done | awk '{ sum += $2 } END { print sum + 0 }'
}

bytes() { { find $log -type f -name '*[gt]' -printf '%s\n' 2>/dev/null || :; } | awk '{ sum += $1 } END { print sum + 0 }'; }

# Lines of Linux's log, too, are rows.
rows() {
	case $level in
	plain) echo 0 ;;
	linux) wc -l <$log/audit.txt ;;
	*) coconut audit check --json | sed 's/.*"last": \([0-9]*\).*/\1/' ;;
	esac
}

# measure WORK...: own= helpers= rows= bytes= of it.
measure() {
	local before after
	before=("$(helpers)" "$(rows)" "$(bytes)")
	own=$(work "$@" | sed -n 's/.*_cpu //p')
	sleep 2
	after=("$(helpers)" "$(rows)" "$(bytes)")
	took=("$own" $((after[0] - before[0])) $((after[1] - before[1])) $((after[2] - before[2])))
}

more() { for i in 0 1 2 3; do took[i]=$((took[i] - single[i])); done; }

segment() {
	coconut audit rotate >/dev/null
	coconut agent spawn bench --wait >/dev/null
	coconut audit rotate >/dev/null
	until [ -e $log/00000000000000000001.seg.zst ]; do sleep 1; done
	sed -n 's/^last /segment_rows /p; s/^bytes /segment_bytes /p' $log/00000000000000000001.sig
	stat -c 'segment_compressed %s' $log/00000000000000000001.seg.zst
}

$programs/trail make 100 100 $dir/tree
$programs/trail walk $dir/tree >/dev/null
[ "$level" != linux ] || { mkdir -p $log && $programs/linux-audit $log/audit.txt; }
measure opens 1 $dir/file
measure opens 1 $dir/file
single=("${took[@]}")
measure opens $((opens + 1)) $dir/file
more
echo "opens_own $((took[0] / opens))"
echo "opens_all $(((took[0] + took[1]) / opens))"
echo "opens_rows_percent $((100 * took[2] / opens))"
echo "opens_bytes_percent $((100 * took[3] / opens))"
measure walk $dir/tree
more
echo "walk_own ${took[0]}"
echo "walk_all $((took[0] + took[1]))"
echo "walk_rows ${took[2]}"
echo "walk_bytes ${took[3]}"
case $level in
plain) ;;
linux) kill -TERM "$(pidof linux-audit)" && sleep 1 ;;
*) segment && coconut audit check --wait 30 >/dev/null ;;
esac
