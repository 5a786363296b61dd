#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: worker.sh PAPERS SECONDS: counts the papers' lines and stays a while.
set -eu
cat "$1"/*.txt | wc -l
exec sleep "$2"
