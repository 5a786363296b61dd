# SPDX-License-Identifier: MIT
"""ECDSA over P-256 with SHA-256 (FIPS 186-5), and the little DER and PEM that
its keys and signatures come in. Not for secrets: its time depends on them.
"""
import base64
import binascii
import hashlib
import re

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
     0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
INFINITY = (1, 1, 0)

# SubjectPublicKeyInfo of a key on P-256, up to the point: SEQUENCE of the
# algorithm (id-ecPublicKey, prime256v1) and of a BIT STRING, whose point is
# not compressed.
SPKI = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200" "04")
PEM = re.compile(rb"^-----BEGIN PUBLIC KEY-----\s*$(.*?)"
                 rb"^-----END PUBLIC KEY-----\s*$", re.M | re.S)


class Malformed(Exception):
    """What was read is not what it should be."""


def double(point):
    x, y, z = point
    if not z:
        return point
    zz = z * z % P
    slope = 3 * (x - zz) * (x + zz) % P
    yy = y * y % P
    s = 4 * x * yy % P
    x3 = (slope * slope - 2 * s) % P
    return x3, (slope * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def add(point, other):
    x1, y1, z1 = point
    x2, y2, z2 = other
    if not z1:
        return other
    if not z2:
        return point
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, s1 = x1 * zz2 % P, y1 * zz2 * z2 % P
    h = (x2 * zz1 - u1) % P
    r = (y2 * zz1 * z1 - s1) % P
    if not h:
        return INFINITY if r else double(point)
    hh = h * h % P
    hhh, v = h * hh % P, u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, z1 * z2 * h % P


def affine(point):
    x, y, z = point
    inverse = pow(z, -1, P)
    return x * inverse**2 % P, y * inverse**3 % P


def sum_of_products(u1, u2, q):
    """u1 * G + u2 * q, both at once."""
    table = (INFINITY, G + (1,), q + (1,), add(G + (1,), q + (1,)))
    total = INFINITY
    for bit in range(255, -1, -1):
        total = double(total)
        total = add(total, table[(u1 >> bit & 1) | (u2 >> bit & 1) << 1])
    return total


def on_curve(x, y):
    return x < P and y < P and (y * y - x**3 + 3 * x - B) % P == 0


def read_der(data, tag):
    """Give the content of the element data begins with, and what follows."""
    if len(data) < 2 or data[0] != tag:
        raise Malformed("not the DER that was expected")
    size, start = data[1], 2
    if size >= 0x80:
        if size != 0x81 or len(data) < 3 or data[2] < 0x80:
            raise Malformed("a length that DER has not")
        size, start = data[2], 3
    if len(data) < start + size:
        raise Malformed("DER that ends early")
    return data[start:start + size], data[start + size:]


def read_integer(data):
    content, rest = read_der(data, 2)
    if not content or content[0] & 0x80 or \
            (len(content) > 1 and not content[0] and not content[1] & 0x80):
        raise Malformed("an integer that is negative or padded")
    return int.from_bytes(content, "big"), rest


def read_signature(data):
    """Give (r, s)."""
    content, rest = read_der(data, 0x30)
    r, more = read_integer(content)
    s, left = read_integer(more)
    if rest or left:
        raise Malformed("bytes after the signature")
    return r, s


def read_point(spki):
    """Give the point of a public key."""
    if len(spki) != len(SPKI) + 64 or not spki.startswith(SPKI):
        raise Malformed("not a public key on P-256")
    x = int.from_bytes(spki[-64:-32], "big")
    y = int.from_bytes(spki[-32:], "big")
    if not on_curve(x, y):
        raise Malformed("a point that is not on the curve")
    return x, y


def read_pem(text):
    """Give the keys (SubjectPublicKeyInfo, DER) that stand in a PEM text."""
    keys = []
    for body in PEM.findall(text):
        try:
            spki = base64.b64decode(b"".join(body.split()), validate=True)
            read_point(spki)
        except (binascii.Error, Malformed):
            continue
        keys.append(spki)
    return keys


def verify(spki, message, signature):
    """Is the signature (DER) over the message, by the key?"""
    try:
        q = read_point(spki)
        r, s = read_signature(signature)
    except Malformed:
        return False
    if not (0 < r < N and 0 < s < N):
        return False
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    inverse = pow(s, -1, N)
    point = sum_of_products(digest * inverse % N, r * inverse % N, q)
    return bool(point[2]) and affine(point)[0] % N == r
