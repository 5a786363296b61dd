# SPDX-License-Identifier: MIT
"""Asks both verifiers about a log, and compares what they say."""
import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import tempfile
from types import SimpleNamespace

import coconut_verify
import make_logs


# How many logs one process of `coconut` is given.
BATCH = 40


def good(rows):
    """What is said of a log without a fault."""
    return "good", rows, None, None


def ask_python(files, heads=(), key=None):
    """Give what is wrong, the row, the file and the byte."""
    options = SimpleNamespace(head=heads, from_hash=None, key=key,
                              machine=None)
    try:
        done = coconut_verify.verify("", set(files), files.__getitem__,
                                     options)
    except coconut_verify.Fault as fault:
        return fault.name, fault.row, os.path.basename(fault.file), fault.offset
    return good(done.rows)


class Coconut:
    """`coconut audit verify`, two at a time."""

    def __init__(self, program):
        self.program = program
        self.folder = tempfile.mkdtemp(prefix="logs.")
        self.pool = concurrent.futures.ThreadPoolExecutor(2)

    def close(self):
        self.pool.shutdown()
        shutil.rmtree(self.folder)

    def ask(self, logs):
        """Give what ask_python() would give for each (files, heads, key);
        those without heads and key are asked many at once."""
        plain = [i for i, (_, heads, key) in enumerate(logs)
                 if not heads and key is None]
        groups = [plain[i:i + BATCH] for i in range(0, len(plain), BATCH)]
        groups += [[i] for i, (_, heads, key) in enumerate(logs)
                   if heads or key is not None]
        answers = {}
        said = self.pool.map(lambda group: self._ask([logs[i] for i in group]),
                             groups)
        for group, lines in zip(groups, said):
            answers.update(zip(group, lines))
        return [answers[i] for i in range(len(logs))]

    def _ask(self, logs):
        scratch = tempfile.mkdtemp(dir=self.folder)
        folders = [os.path.join(scratch, str(i)) for i in range(len(logs))]
        for folder, (files, heads, key) in zip(folders, logs):
            make_logs.write(folder, files)
        command = [self.program, "audit", "verify", "--json", "--each"]
        for seq, value in heads:
            command += ["--head", f"{seq}:{value.hex()}"]
        if key is not None:
            make_logs.write(scratch + "/key", {"pem": key})
            command += ["--key", scratch + "/key/pem"]
        done = subprocess.run(command + folders, capture_output=True,
                              check=False, text=True)
        shutil.rmtree(scratch)
        said = [told(line) for line in done.stdout.splitlines()]
        bad = any(name != "good" for name, *_ in said)
        if len(said) != len(logs) or done.returncode != (3 if bad else 0):
            complaint = f"exit {done.returncode}: {done.stderr[:200]}"
            return [(complaint, None, None, None)] * len(logs)
        return said


def told(line):
    """What a line of JSON says."""
    fields = json.loads(line)
    if fields["good"]:
        return good(fields["rows"])
    return (fields["fault"], fields["row"],
            os.path.basename(fields["segment"]), fields["offset"])


class Tap:
    """Counts what was as expected, and says so family by family."""

    def __init__(self):
        self.tests = self.failed = 0

    def line(self, good, text, details=()):
        self.tests += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.tests} - {text}")
        for detail in list(details)[:5]:
            print(f"# {detail}")

    def end(self):
        print(f"1..{self.tests}", flush=True)
        return 1 if self.failed else 0


def arguments(description, count):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--coconut", help="the program `coconut`; without it,"
                        " only the verifier in Python is asked")
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--real", help="a folder of logs of real machines")
    return parser.parse_args()
