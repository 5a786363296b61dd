#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: wordcount.sh PAPERS: the words of all papers, and the ten most used.
# Each stage of the pipelines is a process of its own; all are one agent.
set -eu
cat "$1"/*.txt | wc -w
cat "$1"/*.txt | tr -cs 'A-Za-z' '\n' | tr 'A-Z' 'a-z' | sort | uniq -c | sort -rn | head -n 10
