#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: fetch.py URL...: the size of what each URL gives, or why there is none."""

import sys
import urllib.error
import urllib.request

failed = 0
for url in sys.argv[1:]:
    try:
        with urllib.request.urlopen(url, timeout=10) as reply:
            print(f"{url}: {len(reply.read())} bytes")
    except (OSError, urllib.error.URLError) as error:
        cause = getattr(error, "reason", error)
        print(f"{url}: errno {getattr(cause, 'errno', None)}")
        failed += 1
sys.exit(1 if failed else 0)
