# SPDX-License-Identifier: MIT
"""Segments and signatures gone, changed or another's; see damage.py."""
import base64

import make_logs
from damage import Case, fields, place, told
from damage_forged import reseal
from make_logs import make_row, seal
from segments import unpack

OTHER = make_logs.Key(99)
ELSEWHERE = "0123456789abcdef0123456789abcdef"


def segment_missing(rng, log):
    """segment missing"""
    if len(log.segments) < 2:
        return None
    index = rng.randrange(len(log.segments))
    heads, gone = told(log), log.segments.pop(index)
    files = log.files()
    if gone.signature and rng.random() < 0.5:
        files[f"{gone.first:020}.sig"] = gone.signature
    if index < len(log.segments):
        return Case(files, "segment-missing",
                    (gone.first, log.segments[index].name(), 0), heads)
    last = log.last()
    return Case(files, "rollback", place(last, len(last.rows)), heads)


def older_copy(rng, log):
    """segment replaced by an older copy of it"""
    signed = [s for s in log.segments if s.signature and len(s.rows) > 1]
    if not signed:
        return None
    segment = rng.choice(signed)
    del segment.rows[rng.randrange(1, len(segment.rows)):]
    if rng.random() < 0.3 and segment is not log.last():
        segment.signature = None
        return Case(log.files(), "signature-missing", place(segment, 0))
    return Case(log.files(), "segment-replaced",
                place(segment, len(segment.rows)))


def renamed(rng, log):
    """segment replaced by another one of the log"""
    if len(log.segments) < 2:
        return None
    one, two = rng.sample(log.segments, 2)
    one.rows = two.rows
    return Case(log.files(), "segment-replaced", place(one, 0))


def grown(rng, log):
    """rows in a closed segment that were not signed"""
    signed = [s for s in log.segments if s.signature]
    if not signed:
        return None
    segment = rng.choice(signed)
    where = place(segment, len(segment.rows))
    segment.rows.append(make_row(segment.head(), event=7, seq=where[0],
                                 boot=fields(segment.rows[-1])["boot"]))
    return Case(log.files(), "segment-replaced", where)


def stripped(rng, log):
    """signature stripped"""
    if len(log.segments) < 2:
        return None
    segment = rng.choice(log.segments[:-1])
    segment.signature = None
    return Case(log.files(), "signature-missing", place(segment, 0))


def signed_segment(rng, log):
    signed = [s for s in log.segments if s.signature]
    return rng.choice(signed) if signed else None


def signature_flipped(rng, log):
    """byte of a signature's text flipped, lost or added"""
    segment = signed_segment(rng, log)
    if not segment:
        return None
    text = bytearray(segment.signature)
    at = rng.randrange(len(text))
    kind = rng.random()
    if kind < 0.1:
        del text[at:]
    elif kind < 0.2:
        text.insert(at, rng.randrange(256))
    else:
        text[at] ^= rng.randrange(1, 256)
    if text == segment.signature:
        return None
    start = segment.signature.index(b"\nkey ") + 5
    names = "signature-bad"
    if kind >= 0.2 and start <= at < start + 64 and \
            chr(text[at]) in "0123456789abcdef":
        names = "key-unknown"
    segment.signature = bytes(text)
    return Case(log.files(), names, place(segment, 0))


def signature_reworded(rng, log):
    """the same signature in other words"""
    segment = signed_segment(rng, log)
    if not segment:
        return None
    text, _, coded = segment.signature.partition(b"signature ")
    der = base64.b64decode(coded)
    tails = [coded + b"\n", b" " + coded, coded.replace(b"\n", b"\r\n"),
             coded[:30] + b"\n" + coded[30:], coded.rstrip(b"\n"),
             base64.b64encode(der[:2] + b"\x02" + bytes([der[3] + 1, 0]) +
                              der[4:]) + b"\n",
             base64.b64encode(b"\x30\x81" + der[1:]) + b"\n",
             base64.b64encode(der + b"\0") + b"\n"]
    if coded.endswith(b"=\n"):
        alphabet = (b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                    b"0123456789+/")
        body = coded.rstrip(b"=\n")
        last = alphabet[alphabet.index(body[-1:]) + 1]
        tails.append(body[:-1] + bytes([last]) + coded[len(body):])
    segment.signature = text + b"signature " + rng.choice(tails)
    return Case(log.files(), "signature-bad", place(segment, 0))


def signature_of_another(rng, log):
    """signature of another segment"""
    segment, other = signed_segment(rng, log), signed_segment(rng, log)
    if segment is other:
        return None
    segment.signature = other.signature
    return Case(log.files(), "segment-replaced", place(segment, 0))


def other_key(rng, log):
    """signed by who has not the key"""
    segment = signed_segment(rng, log)
    if not segment:
        return None
    segment.sign(OTHER)
    names = "key-unknown"
    if rng.random() < 0.5:
        segment.signature = segment.signature.replace(
            OTHER.name.encode(), log.key_name.encode())
        names = "signature-bad"
    files = log.files()
    return Case(files, names, place(segment, 0))


def insider(rng, log):
    """forged and signed by who adds a key of their own to audit.pub"""
    segment = signed_segment(rng, log)
    if not segment:
        return None
    index = rng.randrange(len(segment.rows))
    segment.rows[index] = seal(bytes(32), segment.rows[index], aid=1 << 50)
    reseal(log)
    before = bytes(32)
    for one in log.segments:
        one.before, before = before, one.head()
        if one.signature and one.first >= segment.first:
            one.sign(OTHER)
    files = log.files()
    files["audit.pub"] += OTHER.pem.encode()
    case = Case(files, "key-unknown", place(segment, 0))
    case.key = log.pem
    return case


def no_key(rng, log):
    """public key removed, spoiled, or another's"""
    signed = [s for s in log.segments if s.signature]
    if not signed:
        return None
    files = log.files()
    files["audit.pub"] = rng.choice((
        OTHER.pem.encode(), b"", b"\0" * 178,
        files["audit.pub"].replace(b"BEGIN", b"BEG1N")))
    if rng.random() < 0.3:
        del files["audit.pub"]
    return Case(files, "key-unknown", place(signed[0], 0))


def packed_spoiled(rng, log):
    """packed segment spoiled"""
    closed = [s for s in log.segments[:-1] if s.signature]
    if not closed:
        return None
    segment = rng.choice(closed)
    segment.packed = True
    files = log.files()
    data = bytearray(files[segment.name()])
    if rng.random() < 0.2:
        del data[rng.randrange(len(data)):]
    else:
        data[rng.randrange(len(data))] ^= rng.randrange(1, 256)
    files[segment.name()] = bytes(data)
    try:
        if unpack(bytes(data)) == segment.data():
            return None
    except ValueError:
        pass
    return Case(files, "segment-replaced", place(segment, 0))


def other_machine(rng, log):
    """segment of another machine in its place"""
    segment = signed_segment(rng, log)
    if not segment:
        return None
    before = rng.randbytes(32)
    rows = []
    for i, row in enumerate(segment.rows):
        rows.append(seal(rows[-1][-32:] if rows else before, row,
                         aid=rng.randrange(1 << 40)))
    segment.rows = rows
    segment.sign(OTHER, ELSEWHERE)
    return Case(log.files(), "value", place(segment, 0))


def continued_elsewhere(rng, log):
    """log continued on another machine"""
    index = rng.randrange(len(log.segments))
    segment = log.segments[index]
    del log.segments[index + 1:]
    same_key = log.key and rng.random() < 0.5 and index
    segment.sign(log.key if same_key else OTHER,
                 ELSEWHERE)
    return Case(log.files(), "machine" if same_key else "key-unknown",
                place(segment, 0))


WAYS = [segment_missing, older_copy, renamed, grown, stripped,
        signature_flipped, signature_reworded, signature_of_another, other_key,
        insider, no_key, packed_spoiled, other_machine, continued_elsewhere]
