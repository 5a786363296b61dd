#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: calls.sh OUTPUT COMPILER...
# Writes x86_64's system calls as lines of a C table, from the header in which
# the compiler finds their numbers.
set -eu
output=$1
shift
echo '#include <asm/unistd_64.h>' | "$@" -E -dM -x c - |
	sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$/\2 \1/p' | sort -n |
	sed 's/\([0-9]*\) \(.*\)/	[\1] = "\2",/' >"$output"
[ -s "$output" ]
