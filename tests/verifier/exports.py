#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Both programs as people use them: single segments, trusted heads and keys,
and what `coconut audit prove` exports. What one says the other must say."""
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

import both
import make_logs

FAULT = re.compile(r"(\S+): row (\d+) at byte (\d+): .*\(([a-z-]+)\)$", re.M)
VERIFIED = re.compile(r"^verified (\d+) rows?, seq (\d+) to (\d+), head (\S+)",
                      re.M)


def say(command):
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    text = done.stdout + done.stderr
    found = FAULT.search(text) or VERIFIED.search(text)
    return done.returncode, found.groups() if found else text


class Both:
    def __init__(self, coconut, tap):
        self.coconut, self.tap = coconut, tap

    def expect(self, text, expected, *words):
        """Both say what is expected: a fault's name, or None for good."""
        ours = say([sys.executable, os.path.join(os.path.dirname(__file__),
                                                 "coconut_verify.py"), *words])
        theirs = say([self.coconut, "audit", "verify", *words]) \
            if self.coconut else ours
        name = ours[1][3] if ours[0] == 3 else None
        good = ours == theirs and name == expected and \
            ours[0] == (3 if expected else 0)
        self.tap.line(good, text, [] if good else [ours, theirs])


def a_log(rng, folder):
    """Give a log with three closed segments at least, and its files' paths."""
    log = make_logs.make(rng.random(), make_logs.Key(1), 3, 14)
    while len([s for s in log.segments if s.signature]) < 3 or \
            not log.last().rows:
        log = make_logs.make(rng.random(), make_logs.Key(1), 3, 14)
    make_logs.write(folder, log.files())
    return log, [os.path.join(folder, s.name()) for s in log.segments]


def heads(log, paths, ask, folder):
    def told(seq, value):
        return f"{seq}:{value.hex()}"

    last = log.seq()
    ask.expect("a head that is there", None, "--head", told(3, log.value(3)),
               "--head", told(last, log.head()), folder)
    ask.expect("one with another value", "fork", "--head",
               told(3, log.value(2)), folder)
    ask.expect("one of a later row", "rollback", "--head",
               told(last + 4, log.head()), folder)
    ask.expect("the first segment alone", None, paths[0])
    ask.expect("one alone, which tells what was before it", None, paths[1])
    before = log.segments[1].before.hex()
    ask.expect("one alone, after a hash", None, "--from-hash", before,
               paths[1])
    ask.expect("one alone, after another hash", "value", "--from-hash",
               "11" * 32, paths[1])
    ask.expect("two of them", None, paths[1], paths[2])
    ask.expect("two with one missing between them", "segment-missing",
               paths[0], paths[2])
    ask.expect("the open one alone, after a hash", None, "--from-hash",
               log.last().before.hex(), paths[-1])


def keys(log, ask, folder, scratch):
    for number, expected in ((1, None), (2, "key-unknown")):
        name = os.path.join(scratch, f"key{number}")
        with open(name, "w", encoding="ascii") as file:
            file.write(make_logs.Key(number).pem)
        ask.expect(f"key {number} told", expected, "--key", name, folder)
    with open(os.path.join(folder, "audit.pub"), "w",
              encoding="ascii") as file:
        file.write(make_logs.Key(2).pem + "what it was before:\n" +
                   make_logs.Key(1).pem)
    ask.expect("a second key beside the first", None, folder)


def exported(log, ask, folder, scratch):
    proof = os.path.join(scratch, "proof")
    closed = [s for s in log.segments if s.signature]
    first, last = closed[1].first, closed[2].first
    made = say([ask.coconut, "audit", "prove", "--from", str(first), "--to",
                str(last), "-o", proof, folder])
    ask.tap.line(made[0] == 0, "a range is exported",
                 [] if made[0] == 0 else [made])
    ask.expect("it verifies", None, proof)
    for what, name in (("last", last), ("first", first)):
        twin = os.path.join(scratch, what)
        shutil.copytree(proof, twin)
        os.remove(os.path.join(twin, f"{name:020}.sig"))
        ask.expect(f"not without the {what} signature", "signature-missing",
                   twin)
    twin = os.path.join(scratch, "ends early")
    shutil.copytree(proof, twin)
    os.remove(os.path.join(twin, f"{last:020}.sig"))
    os.remove(os.path.join(twin, f"{last:020}.seg"))
    ask.expect("nor without its last segment", "segment-missing", twin)
    twin = os.path.join(scratch, "short")
    shutil.copytree(proof, twin)
    segment = os.path.join(twin, f"{last:020}.seg")
    os.truncate(segment, os.path.getsize(segment) - len(closed[2].rows[-1]))
    ask.expect("nor when it is short of a row", "segment-replaced", twin)


def main():
    options = both.arguments(__doc__, 1)
    rng, tap = random.Random(options.seed), both.Tap()
    ask = Both(options.coconut, tap)
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "log")
        log, paths = a_log(rng, folder)
        heads(log, paths, ask, folder)
        if options.coconut:
            exported(log, ask, folder, scratch)
        keys(log, ask, folder, scratch)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
