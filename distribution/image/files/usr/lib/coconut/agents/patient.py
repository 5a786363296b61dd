#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: patient.py FILE: opens FILE once and goes on reading it until that fails."""

import os
import sys
import time

fd = os.open(sys.argv[1], os.O_RDONLY)
for reads in range(1, 1200):
    try:
        os.pread(fd, 16, 0)
    except OSError as error:
        print(f"read {reads}: errno {error.errno}")
        sys.exit(3)
    if reads == 1:
        print("reading", flush=True)
    time.sleep(0.05)
print("never refused")
