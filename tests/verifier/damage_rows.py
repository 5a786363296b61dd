# SPDX-License-Identifier: MIT
"""Damage to rows, by who knows nothing of the format; see damage.py."""
from damage import Case, any_row, out_of_turn, place, told
from make_logs import HEAD

ANY = {"size", "sequence", "value", "truncated", "segment-replaced"}
FIELDS = (("size", 0, 4), ("version", 4, 6), ("event", 6, 8), ("seq", 8, 16),
          ("boot", 16, 24), ("time", 24, 32), ("aid", 32, 40),
          ("parent", 40, 48), ("object", 48, 64), ("pid", 64, 68),
          ("cap", 68, 70), ("verdict", 70, 71), ("reason", 71, 72),
          ("error", 72, 76), ("payload_size", 76, 80),
          ("chain value", -32, 0))


def flip(rng, log, start, end):
    """Change a byte of a row between two offsets."""
    segment, index = any_row(rng, log)
    row = bytearray(segment.rows[index])
    at = rng.randrange(start if start >= 0 else len(row) + start,
                       end if end > 0 else len(row) + end)
    row[at] ^= rng.randrange(1, 256)
    where = place(segment, index)
    segment.rows[index] = bytes(row)
    if at < 4:
        names = "size"
    elif 8 <= at < 16:
        names = out_of_turn(index)
    else:
        names = {"size", "value"} if 76 <= at < 80 else "value"
    return Case(log.files(), names, where)


def flipped(start, end, name):
    def damage(rng, log):
        return flip(rng, log, start, end)
    damage.__doc__ = f"byte flipped: {name}"
    return damage


def payload_flipped(rng, log):
    """byte flipped: payload and padding"""
    segment, index = any_row(rng, log)
    row = segment.rows[index]
    if len(row) == HEAD.size + 32:
        return None
    changed = bytearray(row)
    changed[rng.randrange(HEAD.size, len(row) - 32)] ^= rng.randrange(1, 256)
    where = place(segment, index)
    segment.rows[index] = bytes(changed)
    return Case(log.files(), "value", where)


def overwritten(rng, log):
    """up to 512 bytes written over, anywhere"""
    segment = rng.choice(log.segments)
    data = segment.data()
    at = rng.randrange(len(data))
    size = rng.randrange(1, 513)
    new = rng.choice((bytes(size), rng.randbytes(size)))[:len(data) - at]
    changed = data[:at] + new + data[at + len(new):]
    first = next((i for i, (a, b) in enumerate(zip(data, changed)) if a != b),
                 None)
    if first is None:
        return None
    index = 0
    while sum(len(row) for row in segment.rows[:index + 1]) <= first:
        index += 1
    where = place(segment, index)
    segment.rows = [changed]
    return Case(log.files(), ANY, where)


def removed(rng, log):
    """row removed"""
    heads, last = told(log), log.last()
    segment, index = any_row(rng, log)
    where = place(segment, index)
    del segment.rows[index]
    if index < len(segment.rows):
        names = out_of_turn(index)
    else:
        names = "rollback" if not segment.signature else "segment-replaced"
    assert segment is last or names != "rollback"
    return Case(log.files(), names, where, heads)


def swapped(rng, log):
    """two rows swapped"""
    places = [(s, i) for s in log.segments for i in range(len(s.rows))]
    if len(places) < 2:
        return None
    one, two = sorted(rng.sample(range(len(places)), 2))
    (s1, i1), (s2, i2) = places[one], places[two]
    where = place(s1, i1)
    s1.rows[i1], s2.rows[i2] = s2.rows[i2], s1.rows[i1]
    return Case(log.files(), out_of_turn(i1), where)


def doubled(rng, log):
    """row doubled, there or elsewhere"""
    segment, index = any_row(rng, log)
    row = segment.rows[index]
    if rng.random() < 0.5:
        segment, index = any_row(rng, log)
        if segment.rows[index] == row:
            return None
        where = place(segment, index)
    else:
        index += 1
        where = place(segment, index)
    segment.rows.insert(index, row)
    return Case(log.files(), out_of_turn(index), where)


def cut_short(rng, log):
    """segment cut at any byte"""
    heads = told(log)
    segment = rng.choice(log.segments)
    size, index = rng.randrange(len(segment.data())), 0
    while sum(len(row) for row in segment.rows[:index + 1]) <= size:
        index += 1
    where = place(segment, index)
    names = "truncated"
    if where[2] == size:
        names = "segment-replaced" if segment.signature else "rollback"
    segment.rows = [segment.data()[:size]]
    return Case(log.files(), names, where, heads)


def lengthened(rng, log):
    """bytes appended to a segment"""
    segment = rng.choice(log.segments)
    where = place(segment, len(segment.rows))
    size = rng.choice((rng.randrange(1, 80), rng.randrange(80, 300)))
    segment.rows.append(rng.choice((bytes(size), rng.randbytes(size))))
    return Case(log.files(), "truncated" if size < 80 else "size", where)


def rolled_back(rng, log):
    """whole log rolled back to an older copy; a head is told"""
    heads = told(log)
    while len(log.segments) > 1 and rng.random() < 0.5:
        log.segments.pop()
    segment = log.last()
    if rng.random() < 0.5 and segment.signature and log.segments[1:]:
        segment.signature = None
    if not segment.signature:
        del segment.rows[rng.randrange(len(segment.rows)):]
        segment.packed = False  # it was the open one then
    if log.seq() == heads[0][0]:
        return None
    return Case(log.files(), "rollback", place(segment, len(segment.rows)),
                heads)


WAYS = [flipped(start, end, name) for name, start, end in FIELDS] + [
    payload_flipped, overwritten, removed, swapped, doubled, cut_short,
    lengthened, rolled_back]
