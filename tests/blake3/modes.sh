# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by run and vectors: the three modes, with the key and the context that
# the authors of BLAKE3 use for their own test vectors.

key='whats the Elvish word for friend'
context='BLAKE3 2019-12-27 16:29:52 test vectors context'

# peer MODE [ARGUMENT]...: digests by b3sum
peer() {
	peer_mode=$1
	shift
	case $peer_mode in
	hash) b3sum --no-names "$@" ;;
	keyed) printf %s "$key" | b3sum --no-names --keyed "$@" ;;
	derive) b3sum --no-names --derive-key "$context" "$@" ;;
	esac
}

# ours MODE [ARGUMENT]...: digests by the implementation under test
ours() {
	ours_mode=$1
	shift
	case $ours_mode in
	hash) "$b3" "$@" ;;
	keyed) "$b3" --keyed="$key" "$@" ;;
	derive) "$b3" --derive-key="$context" "$@" ;;
	esac
}
