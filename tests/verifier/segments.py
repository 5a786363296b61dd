# SPDX-License-Identifier: MIT
"""The files of a log: segments, packed or not, and what is signed of them."""
import base64
import binascii
import os
import re
import shutil
import subprocess

from p256 import Malformed

SEGMENT = re.compile(r"(\d{20})\.seg(\.zst)?")
NUMBER = rb"(0|[1-9]\d{0,19})\n"
SIGNATURE = re.compile(
    rb"(coconut-segment 1\nfirst " + NUMBER + rb"last " + NUMBER +
    rb"before ([0-9a-f]{64})\nhead ([0-9a-f]{64})\nbytes " + NUMBER +
    rb"boot " + NUMBER + rb"closed " + NUMBER +
    rb"machine ([0-9a-f]{32})\nkey ([0-9a-f]{64})\n)"
    rb"signature ([A-Za-z0-9+/]+={0,2})\n")


class Unreadable(Exception):
    """Nothing can be said of the log."""


class Signature:
    """The text of a .sig."""

    def __init__(self, text):
        found = SIGNATURE.fullmatch(text)
        if not found:
            raise Malformed("not the text of a signature")
        self.signed = found[1]
        self.first, self.last, self.bytes, self.boot = (
            int(found[i]) for i in (2, 3, 6, 7))
        self.before, self.head, self.machine, self.key = (
            bytes.fromhex(found[i].decode()) for i in (4, 5, 9, 10))
        try:
            self.der = base64.b64decode(found[11], validate=True)
        except binascii.Error as error:
            raise Malformed("base64 that is none") from error
        if base64.b64encode(self.der) != found[11]:
            raise Malformed("base64 in other words than its own")


class Segment:
    """A file of rows, and what is signed of it (bytes, or None)."""

    def __init__(self, name, read, signature, must_be_signed):
        self.name = name
        number, packed = SEGMENT.fullmatch(os.path.basename(name)).groups()
        self.number, self.packed = int(number), bool(packed)
        self.read, self.signature = read, signature
        self.must_be_signed = must_be_signed
        self.boot_before = self.size = 0


def unpack(data):
    """The content of a zstd frame; ValueError if it has none."""
    try:
        from compression import zstd  # Python 3.14
    except ImportError:
        program = shutil.which("zstd")
        if not program:
            raise Unreadable("packed with zstd, and there is neither Python "
                             "3.14 nor a program zstd to unpack it") from None
        done = subprocess.run([program, "-dcq"], input=data, check=False,
                              capture_output=True)
        if done.returncode:
            raise ValueError("it cannot be unpacked") from None
        return done.stdout
    try:
        return zstd.decompress(data)
    except zstd.ZstdError as error:
        raise ValueError("it cannot be unpacked") from error


def segments_of(folder, names, read, wanted=None):
    """Give the segments of a folder in order, or those of them wanted."""
    exported = "range" in names
    numbers = {}
    for name in sorted(names, reverse=True):  # .seg goes before .seg.zst
        if found := SEGMENT.fullmatch(name):
            numbers[int(found[1])] = name
    newest = max(numbers, default=0)
    found = []
    for number, name in sorted(numbers.items()):
        if wanted is not None and name not in wanted:
            continue
        sig = f"{number:020}.sig"

        def content(name=name):
            data = read(name)
            return unpack(data) if name.endswith(".zst") else data
        found.append(Segment(os.path.join(folder, name), content,
                             read(sig) if sig in names else None,
                             exported or number != newest))
    return found
