#!/usr/bin/python3
# SPDX-License-Identifier: MIT
# A hostile agent: reaches for what it may not have, as fast as it can, from
# eight processes, until it is ended or SECONDS are over.
import os
import sys
import time

end = time.monotonic() + float(sys.argv[1])
path = "/home/maya/.ssh/" + "x" * 200
for _ in range(7):
    if not os.fork():
        break
while time.monotonic() < end:
    try:
        os.stat(path)
    except OSError:
        pass
