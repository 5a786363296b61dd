#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds the BLAKE3, the ECDSA and the reading of keys that the verifier has
against known values, b3sum and openssl."""
import os
import random
import re
import subprocess
import sys
import tempfile

import both
import make_logs
import p256
from blake3 import blake3

KUNIT = "kernel/tree/lib/crypto/blake3_kunit.c"
# RFC 6979, A.2.5: the key, and the signatures with SHA-256.
POINT = ("60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
         "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299")
SIGNED = {
    b"sample":
        ("efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
         "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"),
    b"test":
        ("f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
         "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083")}


def der(r, s):
    body = make_logs.integer(r) + make_logs.integer(s)
    return b"\x30" + bytes([len(body)]) + body


def table_agrees():
    with open(KUNIT, encoding="utf-8") as file:
        found = re.findall(r'\{ (\d+), \{\n\t\t\{ "([0-9a-f]{64})" \}',
                           file.read())
    data = bytes(i % 251 for i in range(110000))
    return len(found) > 30 and all(
        blake3(data[:int(size)]).hex() == digest for size, digest in found)


def b3sum_agrees(rng):
    for size in [rng.randrange(4300) for _ in range(60)] + [1 << 16]:
        data = rng.randbytes(size)
        said = subprocess.run(["b3sum", "--no-names"], input=data, check=True,
                              capture_output=True).stdout
        if blake3(data).hex() != said.decode().strip():
            return False
    return True


def rfc_agrees():
    spki = p256.SPKI + bytes.fromhex(POINT)
    return all(p256.verify(spki, message, der(int(r, 16), int(s, 16)))
               for message, (r, s) in SIGNED.items())


def all_refused(rng):
    """Signatures that are none, near to one that is."""
    spki = p256.SPKI + bytes.fromhex(POINT)
    r, s = (int(text, 16) for text in SIGNED[b"sample"])
    pairs = [(0, s), (r, 0), (p256.N, s), (r, p256.N), (r + p256.N, s),
             (r, s + p256.N), (s, r), (r ^ 1, s), (r, s ^ 1), (0, 0), (1, 1)]
    pairs += [(r ^ 1 << rng.randrange(256), s) for _ in range(40)]
    off = bytearray(spki)
    off[-1] ^= 1
    return not any(p256.verify(spki, b"sample", der(*p)) for p in pairs) \
        and not p256.verify(bytes(off), b"sample", der(r, s)) \
        and not p256.verify(spki, b"Sample", der(r, s)) \
        and not p256.verify(spki, b"sample", der(r, s) + b"\0")


def openssl(folder, *words):
    return subprocess.run(("openssl",) + words, cwd=folder, check=False,
                          capture_output=True).returncode == 0


def save(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def load(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def openssl_is_believed(rng, folder):
    for i in range(10):
        openssl(folder, "ecparam", "-name", "prime256v1", "-genkey", "-noout",
                "-out", "key")
        openssl(folder, "pkey", "-in", "key", "-pubout", "-out", "pub")
        save(folder, "text", rng.randbytes(i * 100))
        openssl(folder, "dgst", "-sha256", "-sign", "key", "-out", "sig",
                "text")
        spki, = p256.read_pem(b"a key:\n" + load(folder, "pub"))
        if not p256.verify(spki, load(folder, "text"), load(folder, "sig")) \
                or p256.verify(spki, b"no", load(folder, "sig")):
            return False
    return True


def openssl_believes(rng, folder):
    for i in range(10):
        key, text = make_logs.Key(i), rng.randbytes(i * 100)
        save(folder, "pub", key.pem.encode())
        save(folder, "text", text)
        save(folder, "sig", key.sign(text))
        if not openssl(folder, "dgst", "-sha256", "-verify", "pub",
                       "-signature", "sig", "text"):
            return False
    return True


def main():
    rng, tap = random.Random(1), both.Tap()
    tap.line(table_agrees(), "BLAKE3: the table of the kernel's test")
    tap.line(b3sum_agrees(rng), "BLAKE3: as b3sum")
    tap.line(rfc_agrees(), "ECDSA: the signatures of RFC 6979")
    tap.line(all_refused(rng), "ECDSA: what is near a signature is none")
    with tempfile.TemporaryDirectory() as folder:
        tap.line(openssl_is_believed(rng, folder),
                 "ECDSA: keys and signatures made by openssl")
        tap.line(openssl_believes(rng, folder),
                 "the logs' own signatures, to openssl")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
