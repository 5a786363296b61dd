#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A second verifier of the audit chain, written from docs/audit.md alone.

usage: coconut_verify.py [--head SEQ:HASH]... [--from-hash HEX] [--key FILE]
                         [--machine HEX] DIR | FILE...

DIR is a log as coconutd writes it, or what `coconut audit prove` exported;
FILEs are segments of one log, in any order.

  --head SEQ:HASH  row SEQ must be there and have this chain value, as an
                   attestation or a TPM told; may be repeated
  --from-hash HEX  chain value of the row before the first, which need not be 1
  --key FILE       the public keys (PEM) that may have signed the segments. The
                   audit.pub beside them, which is taken without it, is as good
                   as the folder is: who can write there can add a key
  --machine HEX    the machine-id that the segments are of

Exit status: 0 all is good, 3 a fault, which is named with its row, its file
and the byte where the row starts or would; 1 it could not be read, 2 usage.
"""
import argparse
import hashlib
import os
import re
import struct
import sys

import p256
from blake3 import blake3
from segments import SEGMENT, Signature, Unreadable, segments_of

HEAD = struct.Struct("<IHHQQQQQQQIHBBII")
VALUE, PAYLOAD_MAX, BOOT_EVENT = 32, 4096, 1
RANGE = re.compile(rb"coconut-range 1\nfrom (\d{1,20})\nto (\d{1,20})\n")
PREVIOUS = re.compile(rb"previous (\d{1,20}):([0-9a-f]{64})")
TPM = re.compile(rb"tpm (\d{1,20}):([0-9a-f]{64})")


class Fault(Exception):
    """The log is not what it was: the first thing that shows it."""

    def __init__(self, name, row, file, offset, text):
        super().__init__(f"{file}: row {row} at byte {offset}: {text} ({name})")
        self.name, self.row, self.file, self.offset = name, row, file, offset


class Row:
    """One row, as it stands in a segment at an offset."""

    def __init__(self, data, offset):
        (self.size, self.version, self.event, self.seq, self.boot, self.time,
         self.aid, self.parent, self.device, self.inode, self.pid, self.cap,
         self.verdict, self.reason, self.error,
         self.payload_size) = HEAD.unpack_from(data, offset)
        self.data, self.offset = data, offset

    def has_good_size(self):
        padded = (self.payload_size + 7) // 8 * 8
        return self.payload_size <= PAYLOAD_MAX and \
            self.size == HEAD.size + padded + VALUE

    def is_whole(self):
        return self.offset + self.size <= len(self.data)

    def hashed(self):
        return self.data[self.offset:self.offset + self.size - VALUE]

    def value(self):
        end = self.offset + self.size
        return self.data[end - VALUE:end]

    def lines(self):
        """Those of a boot row, after the one that names the kernel."""
        start = self.offset + HEAD.size
        text = self.data[start:start + self.payload_size]
        return text.split(b"\n")[1:]


class Verifier:
    """Goes through segments in order; raises the first Fault."""

    def __init__(self, keys=(), heads=(), machine=None):
        self.keys = {hashlib.sha256(key).digest(): key for key in keys}
        self.heads, self.machine = dict(heads), machine
        self.keys_used = set()
        self.seq, self.boot, self.rows, self.bytes = 0, 0, 0, 0
        self.head, self.start = bytes(VALUE), 0
        self.values = bytearray()
        self.signatures, self.signed_to = 0, 0
        self.tpm_rows, self.notes = 0, []
        self.file, self.end = None, 0

    def begin_after(self, seq, value):
        self.seq = self.start = seq
        self.head = value

    def fault(self, name, text, row=None, offset=0):
        row = self.seq + 1 if row is None else row
        return Fault(name, row, self.file, offset, text)

    def value_of(self, seq):
        """None for a row that was not seen."""
        if seq == 0 and self.start == 0:
            return bytes(VALUE)
        at = (seq - self.start - 1) * VALUE
        return bytes(self.values[at:at + VALUE]) or None if at >= 0 else None

    def check_numbers(self, row, first):
        if row.seq != self.seq + 1:
            name = "segment-replaced" if first else "sequence"
            raise self.fault(name, f"row {row.seq} stands in its place",
                             offset=row.offset)

    def check_boot(self, row):
        is_boot = row.event == BOOT_EVENT
        if self.seq == 0:
            good = row.boot == 1 and is_boot
        elif self.boot == 0:
            good = row.boot > 0
        else:
            good = row.boot == self.boot + is_boot
        if not good:
            raise self.fault("boot", f"event {row.event} of boot {row.boot} "
                             f"after boot {self.boot}", offset=row.offset)

    def check_told(self, row):
        """What the first row of a boot tells of those before it."""
        for line in row.lines():
            if found := PREVIOUS.fullmatch(line):
                told = int(found[1]), bytes.fromhex(found[2].decode())
                if told != (self.seq, self.head):
                    raise self.fault("anchor", "the boot went on from another"
                                     f" row {told[0]}", offset=row.offset)
            if found := TPM.fullmatch(line):
                self.tpm_rows += 1
                self.check_tpm(int(found[1]), found[2].decode(), row.offset)
            elif line in (b"tpm new", b"tpm lost") and self.seq:
                self.notes.append(f"row {row.seq}: {line.decode()}")

    def check_tpm(self, seq, value, offset):
        if seq > self.seq:
            raise self.fault("rollback", f"the TPM knew of row {seq}",
                             offset=offset)
        ours = self.value_of(seq)
        if ours and ours.hex() != value:
            raise self.fault("fork", f"the TPM knew of another row {seq}",
                             offset=offset)

    def check_row(self, data, offset, first):
        """Check the row at an offset; give its size."""
        if len(data) - offset < HEAD.size:
            raise self.fault("truncated", "the rows end within it",
                             offset=offset)
        row = Row(data, offset)
        if not row.has_good_size():
            raise self.fault("size", f"{row.size} bytes for a payload of "
                             f"{row.payload_size}", offset=offset)
        if not row.is_whole():
            raise self.fault("truncated", "the rows end within it",
                             offset=offset)
        self.check_numbers(row, first)
        value = blake3(self.head + row.hashed())
        if value != row.value():
            raise self.fault("value", "its chain value is not that of its "
                             "bytes and the row before", offset=offset)
        if row.version != 1:
            raise self.fault("version", f"version {row.version}",
                             offset=offset)
        self.check_boot(row)
        if row.event == BOOT_EVENT:
            self.check_told(row)
        if self.heads.get(row.seq, value) != value:
            raise self.fault("fork", "another value was told of it",
                             offset=offset)
        self.seq, self.boot, self.head = row.seq, row.boot, value
        self.values += value
        self.rows += 1
        return row.size

    def check_signature(self, segment):
        def bad(name, text):
            return self.fault(name, text, row=segment.number)

        if segment.signature is None:
            raise bad("signature-missing", "it is closed and not signed")
        try:
            told = Signature(segment.signature)
        except p256.Malformed as error:
            raise bad("signature-bad", str(error)) from error
        if told.key not in self.keys:
            raise bad("key-unknown", f"signed by key {told.key.hex()}")
        if not p256.verify(self.keys[told.key], told.signed, told.der):
            raise bad("signature-bad", "the signature is not over this text")
        if self.machine not in (None, told.machine):
            raise bad("machine", f"of machine {told.machine.hex()}")
        self.machine = told.machine
        self.keys_used.add(told.key)
        return told

    def check_against(self, told, segment, before, offsets):
        """Is the segment what was signed?"""
        if (told.first, told.before) != (segment.number, before):
            raise self.fault("segment-replaced", "another beginning was "
                             "signed", row=segment.number)
        if told.last < self.seq:
            row = max(told.last + 1, segment.number)
            raise self.fault("segment-replaced", f"row {told.last} was its "
                             "last when it was signed", row,
                             offsets[row - segment.number])
        if told.last > self.seq:
            raise self.fault("segment-replaced", f"row {told.last} was its "
                             "last when it was signed", offset=segment.size)
        if (told.head, told.bytes, told.boot) != (self.head, segment.size,
                                                  self.boot):
            raise self.fault("segment-replaced", "other rows were signed",
                             row=segment.number)

    def check_segment(self, segment):
        self.file = segment.name
        if segment.number > self.seq + 1:
            raise self.fault("segment-missing", "no segment holds it")
        if segment.number < self.seq + 1:
            raise self.fault("sequence", f"row {segment.number} comes again")
        try:
            data = segment.read()
        except ValueError as error:
            raise self.fault("segment-replaced", str(error)) from error
        before, offset, offsets = self.head, 0, []
        segment.size = len(data)
        while offset < len(data):
            offsets.append(offset)
            offset += self.check_row(data, offset, offset == 0)
        if segment.signature is not None or segment.must_be_signed:
            told = self.check_signature(segment)
            self.check_against(told, segment, before, offsets)
            self.signatures += 1
            self.signed_to = self.seq
        self.bytes += offset
        self.end = offset

    def finish(self, last_wanted=0):
        if last_wanted > self.seq:
            raise self.fault("segment-missing", "it was exported",
                             offset=self.end)
        for seq in sorted(self.heads):
            if seq > self.seq:
                raise self.fault("rollback", f"there was a row {seq}",
                                 offset=self.end)


def beginning(segments, exported, from_hash):
    """Give the number of the row before the first, and its chain value."""
    first = segments[0]
    if from_hash is not None:
        return first.number - 1, from_hash
    if not exported or first.number == 1:
        return 0, bytes(VALUE)
    try:
        return first.number - 1, Signature(first.signature or b"").before
    except p256.Malformed:
        name = "signature-bad" if first.signature else "signature-missing"
        raise Fault(name, first.number, first.name, 0, "nothing signed tells "
                    "what was before it") from None


def verify(folder, names, read, options, wanted=None):
    """Check a log; give the Verifier, or raise Fault."""
    segments = segments_of(folder, names, read, wanted)
    if not segments:
        raise Unreadable("there is no segment")
    exported = RANGE.fullmatch(read("range")) if "range" in names else None
    if "range" in names and not exported:
        raise Unreadable("the file range tells no range")
    pem = options.key
    if pem is None:
        pem = read("audit.pub") if "audit.pub" in names else b""
    verifier = Verifier(p256.read_pem(pem), options.head, options.machine)
    if exported and wanted is None and int(exported[1]) < segments[0].number:
        raise Fault("segment-missing", int(exported[1]), segments[0].name, 0,
                    "it was exported")
    verifier.begin_after(*beginning(segments, exported or wanted is not None,
                                    options.from_hash))
    for segment in segments:
        verifier.check_segment(segment)
    verifier.finish(int(exported[2]) if exported and wanted is None else 0)
    return verifier


def verify_paths(paths, options):
    folder, wanted = paths[0], None
    if not os.path.isdir(folder):
        folder = os.path.dirname(paths[0]) or "."
        wanted = {os.path.basename(path) for path in paths}
        if any((os.path.dirname(path) or ".") != folder for path in paths):
            raise Unreadable("the segments are not of one folder")
    elif len(paths) > 1:
        raise Unreadable("one folder at a time")
    names = set(os.listdir(folder))
    if wanted and not all(SEGMENT.fullmatch(name) and name in names
                          for name in wanted):
        raise Unreadable("a file that is not there or is no segment")

    def read(name):
        with open(os.path.join(folder, name), "rb") as file:
            return file.read()
    return verify(folder, names, read, options, wanted)


def report(verifier):
    print(f"verified {verifier.rows} rows, seq {verifier.start + 1} to "
          f"{verifier.seq}, head {verifier.head.hex()}")
    if verifier.signatures:
        print(f"{verifier.signatures} signatures checked, rows after "
              f"{verifier.signed_to} not signed yet")
        for key in sorted(verifier.keys_used):
            print(f"signed by key {key.hex()}")
    else:
        print("no signatures to check")
    print(f"TPM not compared; {verifier.tpm_rows} boots tell what it knew")
    for note in verifier.notes:
        print(note)


def told_head(text):
    seq, _, value = text.partition(":")
    return int(seq), told_value(value)


def told_value(text, size=VALUE):
    value = bytes.fromhex(text)
    if len(value) != size:
        raise ValueError(text)
    return value


def main():
    parser = argparse.ArgumentParser(
        usage=__doc__.partition("usage: ")[2], add_help=True)
    parser.add_argument("--head", type=told_head, action="append", default=[])
    parser.add_argument("--from-hash", type=told_value)
    parser.add_argument("--key", type=lambda path: open(path, "rb").read())
    parser.add_argument("--machine", type=lambda text: told_value(text, 16))
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    try:
        report(verify_paths(options.paths, options))
    except Fault as fault:
        print(fault)
        return 3
    except (OSError, Unreadable) as error:
        print(f"coconut_verify: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
