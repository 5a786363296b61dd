#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: reader.py FILE...: reads each file, and says which it could not."""

import sys

failed = 0
for name in sys.argv[1:]:
    try:
        with open(name, "rb") as file:
            print(f"{name}: read {len(file.read())} bytes")
    except OSError as error:
        print(f"{name}: errno {error.errno}")
        failed += 1
sys.exit(1 if failed else 0)
