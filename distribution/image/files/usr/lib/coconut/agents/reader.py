#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: reader.py [--why] FILE...

Reads each file, and says which it could not; with --why also for what reason.
"""

import os
import sys

names = sys.argv[1:]
why = names[:1] == ["--why"]
failed = 0
for name in names[why:]:
    try:
        with open(name, "rb") as file:
            print(f"{name}: read {len(file.read())} bytes")
    except OSError as error:
        print(f"{name}: errno {error.errno}")
        failed += 1
if why:
    sys.stdout.flush()
    os.execv("/usr/bin/coconut", ["coconut", "agent", "why"])
sys.exit(1 if failed else 0)
