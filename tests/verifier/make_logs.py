#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes logs as coconutd would have written them, of any shape.

usage: make_logs.py DIR [COUNT [SEED]]

Writes COUNT (1) logs to DIR/0, DIR/1, ...; the key they are signed with is no
secret. A log has boots that ended in good order, and by a cut of power after
which coconutd has cut the last segment back to its last whole row.
"""
import base64
import copy
import functools
import hashlib
import os
import random
import struct
import subprocess
import sys

import coconut_verify
import p256
import segments
from coconut_verify import HEAD

# Every row of a log is hashed by who makes it, and again, often, by the
# verifier: once is enough. And so it is for signatures.
blake3 = functools.lru_cache(1 << 20)(coconut_verify.blake3)
coconut_verify.blake3 = blake3
p256.verify = functools.lru_cache(1 << 20)(p256.verify)

EVENTS = range(2, 15)
USE, DENY, CALL, ATTEST, LIMIT = 7, 6, 13, 11, 14
MACHINE = "8c4f0a5be1d94f2f9d3c0e6f6a7b8c9d"


class Key:
    """A key to sign with, from a number."""

    def __init__(self, number):
        self.secret = self.number_of(b"key %d" % number)
        point = p256.affine(p256.sum_of_products(self.secret, 0, p256.G))
        self.spki = p256.SPKI + b"".join(n.to_bytes(32, "big") for n in point)
        self.name = hashlib.sha256(self.spki).hexdigest()
        text = base64.b64encode(self.spki).decode()
        self.pem = "\n".join(["-----BEGIN PUBLIC KEY-----", text[:64],
                              text[64:], "-----END PUBLIC KEY-----\n"])

    @staticmethod
    def number_of(data):
        return int.from_bytes(hashlib.sha256(data).digest(), "big") % p256.N

    def sign(self, message):
        """Give a signature in DER; always the same for a message."""
        digest = self.number_of(message)
        k = self.number_of(b"%d %d" % (self.secret, digest))
        r = p256.affine(p256.sum_of_products(k, 0, p256.G))[0] % p256.N
        s = (digest + r * self.secret) * pow(k, -1, p256.N) % p256.N
        body = integer(r) + integer(s)
        return b"\x30" + bytes([len(body)]) + body


def integer(number):
    content = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(content)]) + content


def seal(before, row, **changes):
    """Give a row (bytes) with fields changed, and the value that follows
    from the chain value before it."""
    fields = dict(zip(FIELDS, HEAD.unpack_from(row)), **changes)
    body = HEAD.pack(*fields.values()) + row[HEAD.size:-32]
    return body + blake3(before + body)


FIELDS = ("size version event seq boot time aid parent device inode pid cap "
          "verdict reason error payload_size").split()


def make_row(before, payload=b"", **fields):
    body = payload.ljust((len(payload) + 7) // 8 * 8, b"\0")
    values = dict.fromkeys(FIELDS, 0)
    values.update(fields, size=HEAD.size + len(body) + 32, version=1,
                  payload_size=len(payload))
    return seal(before, HEAD.pack(*values.values()) + body + bytes(32))


class Segment:
    """Rows, and what is signed of them; packed or not."""

    def __init__(self, first, before):
        self.first, self.before = first, before
        self.rows, self.signature, self.packed = [], None, False
        self.kept = False

    def name(self):
        return f"{self.first:020}.seg" + (".zst" if self.packed else "")

    def data(self):
        return b"".join(self.rows)

    def head(self):
        return self.rows[-1][-32:] if self.rows else self.before

    def content(self):
        return pack(self.data()) if self.packed else self.data()

    def sign(self, key, machine=MACHINE):
        boot = HEAD.unpack_from(self.rows[-1])[4]
        text = (f"coconut-segment 1\nfirst {self.first}\n"
                f"last {self.first + len(self.rows) - 1}\n"
                f"before {self.before.hex()}\nhead {self.head().hex()}\n"
                f"bytes {len(self.data())}\nboot {boot}\n"
                f"closed {1767225600 * 10**9 + self.first}\n"
                f"machine {machine}\nkey {key.name}\n").encode()
        signature = base64.b64encode(key.sign(text))
        self.signature = text + b"signature " + signature + b"\n"


@functools.lru_cache(4096)
def pack(data):
    return subprocess.run(["zstd", "-qc", "--check", f"--stream-size={len(data)}"],
                          input=data, capture_output=True, check=True).stdout


def rows_of(data):
    offset = 0
    while offset < len(data):
        size = HEAD.unpack_from(data, offset)[0]
        yield data[offset:offset + size]
        offset += size


class Log:
    """Segments in order, and the key that signs them."""

    def __init__(self, key):
        self.key, self.segments = key, [Segment(1, bytes(32))]
        self.pem, self.key_name = key.pem.encode(), key.name

    def copy(self):
        """A copy to be damaged, of the segments that have a file."""
        twin = copy.copy(self)
        twin.segments = [copy.copy(s) for s in self.segments if s.rows]
        for segment in twin.segments:
            segment.rows, segment.kept = list(segment.rows), True
        return twin

    def last(self):
        return self.segments[-1]

    def seq(self):
        return self.last().first + len(self.last().rows) - 1

    def head(self):
        return self.last().head()

    def boot(self):
        """Number of the last row's boot."""
        rows = [row for segment in self.segments for row in segment.rows]
        return HEAD.unpack_from(rows[-1])[4] if rows else 0

    def append(self, **fields):
        self.last().rows.append(
            make_row(self.head(), seq=self.seq() + 1, **fields))

    def close(self):
        if self.last().rows:
            self.last().sign(self.key)
            self.segments.append(Segment(self.seq() + 1, self.head()))

    def cut(self, size):
        """The power goes: size bytes of the open segment are on disk, and
        what is no whole row is cut off."""
        rows, kept = self.last().rows, 0
        while rows and kept < len(rows) and size >= len(rows[kept]):
            size -= len(rows[kept])
            kept += 1
        del rows[kept:]

    def value(self, seq):
        for segment in self.segments:
            if segment.first <= seq < segment.first + len(segment.rows):
                return segment.rows[seq - segment.first][-32:]
        return bytes(32)

    @classmethod
    def load(cls, folder):
        """A log that a machine wrote, whose key is not known."""
        def read(name):
            with open(os.path.join(folder, name), "rb") as file:
                return file.read()

        log, names = cls.__new__(cls), set(os.listdir(folder))
        log.key, log.segments, log.pem = None, [], read("audit.pub")
        log.key_name = hashlib.sha256(p256.read_pem(log.pem)[0]).hexdigest()
        before = bytes(32)
        for found in segments.segments_of(folder, names, read):
            segment = Segment(found.number, before)
            segment.signature, segment.packed = found.signature, found.packed
            segment.rows = list(rows_of(found.read()))
            before = segment.head()
            log.segments.append(segment)
        return log

    def files(self):
        """Give name -> content. A segment without rows has no file yet."""
        found = {"audit.pub": self.pem}
        for segment in self.segments:
            if segment.rows or segment.kept:
                found[segment.name()] = segment.content()
            if segment.signature is not None:
                found[f"{segment.first:020}.sig"] = segment.signature
        return found


class Maker:
    """Fills a log with what a machine might have seen."""

    def __init__(self, rng, key):
        self.rng, self.log = rng, Log(key)
        self.boot, self.agents, self.time = 0, [], 1767225600 * 10**9

    def payload(self):
        rng = self.rng
        size = rng.choice((0, 0, 8, rng.randrange(24), rng.randrange(24),
                           rng.randrange(120)))
        if rng.random() < 0.01:
            size = rng.choice((4096, 4095, 4089, rng.randrange(4097)))
        return rng.randbytes(size)

    def boot_lines(self):
        rng, log = self.rng, self.log
        lines = ["6.12.41-coconut"]
        if rng.random() < 0.95:
            lines += [f"build-id {rng.randbytes(20).hex()}",
                      f"previous {log.seq()}:{log.head().hex()}"]
        if rng.random() < 0.5:
            seq = rng.randint(max(0, log.seq() - 30), log.seq())
            lines += [rng.choice((f"tpm {seq}:{log.value(seq).hex()}",
                                  f"tpm {seq}:{log.value(seq).hex()}",
                                  "tpm new", "tpm lost"))]
            lines += [f"pcr{i} {rng.randbytes(32).hex()}" for i in range(3)]
        return ("\n".join(lines) + "\n").encode()

    def append(self, event, payload, **fields):
        self.time += self.rng.randrange(10**9)
        self.log.append(event=event, boot=self.boot, time=self.time,
                        payload=payload, **fields)

    def start(self):
        self.boot += 1
        self.append(1, self.boot_lines())
        self.agents = [1]

    def step(self):
        rng = self.rng
        event = rng.choice(EVENTS)
        fields = dict(aid=rng.choice(self.agents), parent=rng.randrange(4),
                      device=rng.getrandbits(rng.choice((8, 20, 64))),
                      inode=rng.getrandbits(rng.choice((8, 32, 64))),
                      pid=rng.randrange(1 << 22), cap=rng.randrange(40))
        payload = self.payload()
        if event == 2:
            self.agents.append(max(self.agents) + 1)
            payload = rng.randbytes(32) + b"agent-%d" % len(self.agents)
        elif event == CALL:
            payload = struct.pack("<6Q", *(rng.getrandbits(40)
                                           for _ in range(6)))
        elif event in (DENY, USE):
            fields.update(verdict=2 if event == DENY else 1,
                          error=13 if event == DENY else 0,
                          reason=rng.randrange(13))
        self.append(event, payload, **fields)
        if rng.random() < 0.06:
            self.log.close()

    def end(self):
        """A shutdown, or a cut of power: then the last rows may be lost."""
        if self.rng.random() < 0.5:
            open_bytes = len(self.log.last().data())
            self.log.cut(open_bytes - self.rng.randrange(300))
        self.boot = self.log.boot()

    def finish(self):
        """The old segments are packed, if their time has come."""
        closed = [s for s in self.log.segments if s.signature is not None]
        if self.rng.random() < 0.15:
            for segment in closed[:-1]:
                segment.packed = True


def make(seed, key, boots=None, steps=None):
    rng = random.Random(seed)
    maker = Maker(rng, key)
    for _ in range(boots or rng.choice((1, 1, 2, 3))):
        maker.start()
        for _ in range(steps or rng.randrange(16)):
            maker.step()
        maker.end()
    if not maker.log.seq():
        maker.start()
    maker.finish()
    return maker.log


def write(folder, files):
    os.makedirs(folder)
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)


def main():
    folder, count, seed = (sys.argv[1:] + ["1", "0"])[:3]
    for i in range(int(count)):
        write(os.path.join(folder, str(i)), make(int(seed) + i, Key(0)).files())


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    main()
