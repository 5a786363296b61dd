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
        self.asked = 0

    def close(self):
        self.pool.shutdown()
        shutil.rmtree(self.folder)

    def ask(self, files, heads=(), key=None):
        """Give a future of what ask_python() would give."""
        self.asked += 1
        folder = os.path.join(self.folder, str(self.asked))
        return self.pool.submit(self._ask, folder, files, heads, key)

    def _ask(self, folder, files, heads, key):
        make_logs.write(folder, files)
        command = [self.program, "audit", "verify", "--json"]
        for seq, value in heads:
            command += ["--head", f"{seq}:{value.hex()}"]
        if key is not None:
            make_logs.write(folder + ".key", {"pem": key})
            command += ["--key", folder + ".key/pem"]
        done = subprocess.run(command + [folder], capture_output=True,
                              check=False, text=True)
        shutil.rmtree(folder)
        try:
            told = json.loads(done.stdout)
        except ValueError:
            return (f"exit {done.returncode}: {done.stderr.strip()}",
                    None, None, None)
        if told["good"] and done.returncode == 0:
            return good(told["rows"])
        file = os.path.basename(told["segment"])
        return told["fault"], told["row"], file, told["offset"]


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
