#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: forge.py DIR

What an insider does who knows the format and has no key: in a log at DIR the
second row is changed, all that follows is chained anew, each segment that was
signed is signed again with a key of their own, which audit.pub gets as well."""
import os
import sys

import make_logs
from damage_forged import reseal

log = make_logs.Log.load(sys.argv[1])
own = make_logs.Key(4711)
log.segments[0].rows[1] = make_logs.seal(bytes(32), log.segments[0].rows[1],
                                         aid=4711)
reseal(log)
before = bytes(32)
for segment in log.segments:
    segment.before, before = before, segment.head()
    if segment.signature:
        segment.sign(own)
log.pem += own.pem.encode()
for name, content in log.files().items():
    with open(os.path.join(sys.argv[1], name), "wb") as file:
        file.write(content)
