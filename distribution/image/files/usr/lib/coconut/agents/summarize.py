#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: summarize.py PAPERS OUT: the first sentence of each paper, into one file.

An ordinary Python program: nothing in it knows of Coconut OS.
"""

import pathlib
import re
import sys

papers, out = map(pathlib.Path, sys.argv[1:3])
lines = []
for paper in sorted(papers.glob("*.txt")):
    title, _, body = paper.read_text().partition("\n")
    first = re.split(r"(?<=[.!?])\s", " ".join(body.split()), maxsplit=1)[0]
    lines.append(f"{title.strip()}: {first}")
out.write_text("\n".join(lines) + "\n")
print(f"{len(lines)} papers summarized in {out}")
