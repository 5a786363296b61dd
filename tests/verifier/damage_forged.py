# SPDX-License-Identifier: MIT
"""Rows forged by who knows the format, all that follows chained anew; see
damage.py."""
from damage import Case, any_row, fields, out_of_turn, place, told
from make_logs import HEAD, make_row, seal


def boot_payload(row, before, seq, log, careful):
    """A boot row's lines, as they must be after what was forged."""
    size = fields(row)["payload_size"]
    lines = row[HEAD.size:HEAD.size + size].split(b"\n")
    for i, line in enumerate(lines):
        if line.startswith(b"previous "):
            lines[i] = b"previous %d:%s" % (seq - 1, before.hex().encode())
        elif line.startswith(b"tpm ") and b":" in line and careful:
            known = min(int(line[4:].split(b":")[0]), seq - 1)
            lines[i] = b"tpm %d:%s" % (known,
                                       log.value(known).hex().encode())
    return b"\n".join(lines)


def reseal(log, told_too=True):
    """Number and chain all rows anew."""
    before, seq = bytes(32), 0
    for segment in log.segments:
        for i, row in enumerate(segment.rows):
            seq += 1
            values = fields(row)
            if values["event"] == 1 and told_too:
                payload = boot_payload(row, before, seq, log, True)
                version = values["version"]
                for known in ("size", "version", "payload_size", "seq"):
                    del values[known]
                row = make_row(before, payload, seq=seq, **values)
                row = seal(before, row, version=version)
            else:
                row = seal(before, row, seq=seq)
            segment.rows[i] = row
            before = row[-32:]


def found_later(log, segment, heads):
    """A forgery in a segment, resealed: what shows it, and where."""
    seq, value = heads[0]
    if segment.first <= seq < segment.first + len(segment.rows):
        return "fork", place(segment, seq - segment.first)
    assert segment.signature
    return "segment-replaced", place(segment, 0)


def forged(rng, log):
    """forged, chain computed anew to the end; a head is told"""
    heads = told(log)
    segment, index = any_row(rng, log)
    row = segment.rows[index]
    change = rng.choice((
        {"aid": rng.getrandbits(60)}, {"time": rng.getrandbits(60)},
        {"verdict": 77}, {"inode": rng.getrandbits(60)}, {"error": 1 << 30},
        {"cap": 0xFFF0}, {"pid": 1 << 31}, {"parent": rng.getrandbits(60)},
        {"reason": 211}, {"device": rng.getrandbits(60)}))
    segment.rows[index] = seal(bytes(32), row, **change)
    if segment.rows[index][:-32] == row[:-32]:
        return None
    reseal(log)
    return Case(log.files(), *found_later(log, segment, heads), heads)


def forged_at_end(rng, log):
    """last rows replaced by forged ones; a head is told"""
    heads = told(log)
    segment = log.last()
    index = rng.randrange(len(segment.rows))
    for i in range(index, len(segment.rows)):
        values = fields(segment.rows[i])
        if values["event"] == 1:
            return None
        before = segment.rows[i - 1][-32:] if i else segment.before
        segment.rows[i] = make_row(before, b"nothing happened", event=7, aid=1,
                                   seq=values["seq"], boot=values["boot"])
    for _ in range(rng.randrange(3)):
        log.append(event=7, boot=log.boot(), aid=1)
    seq = heads[0][0]
    return Case(log.files(), "fork", place(segment, seq - segment.first),
                heads)


def forged_removal(rng, log):
    """row removed, the rest numbered and chained anew; a head is told"""
    heads = told(log)
    segment, index = any_row(rng, log)
    if fields(segment.rows[index])["event"] == 1:
        return None
    if segment is not log.last() and len(segment.rows) == 1:
        return None
    del segment.rows[index]
    reseal(log)
    where = place(segment, len(segment.rows))
    names = "segment-replaced" if segment.signature else "rollback"
    return Case(log.files(), names, where, heads)


def forged_previous(rng, log):
    """forged, but for what the next boot tells of the row before it"""
    boots = [(s, i) for s in log.segments for i, row in enumerate(s.rows)
             if fields(row)["event"] == 1 and b"\nprevious " in row]
    if not boots:
        return None
    segment, index = rng.choice(boots)
    row = segment.rows[index]
    changed = bytearray(row)
    at = row.index(b"previous ") + len(b"previous ")
    at = row.index(b":", at) + 1 + rng.randrange(64)
    changed[at] = ord(rng.choice("0123456789abcdef"))
    if changed == row:
        return None
    segment.rows[index] = bytes(changed)
    where = place(segment, index)
    reseal(log, told_too=False)
    return Case(log.files(), "anchor", where)


def tpm_knew(rng, log):
    """the TPM told a boot of other rows than there are"""
    boots = [(s, i) for s in log.segments for i, row in enumerate(s.rows)
             if fields(row)["event"] == 1 and s.first + i > 1]
    if not boots:
        return None
    segment, index = rng.choice(boots)
    where, values = place(segment, index), fields(segment.rows[index])
    known, names = rng.choice(((where[0] + rng.randrange(5), "rollback"),
                               (rng.randrange(1, where[0]), "fork")))
    payload = b"6.12\ntpm %d:%s\n" % (known, rng.randbytes(32).hex().encode())
    segment.rows[index] = make_row(bytes(32), payload, event=1, seq=where[0],
                                   boot=values["boot"])
    reseal(log, told_too=False)
    # Boots before it told of other rows and are not touched by this.
    return Case(log.files(), names, where)


def wrong_boot(rng, log):
    """number of the boot wrong, chain computed anew"""
    segment, index = any_row(rng, log)
    row = segment.rows[index]
    values = fields(row)
    if values["event"] == 1 and rng.random() < 0.3:
        changed = seal(bytes(32), row, event=3)
    elif values["event"] != 1 and rng.random() < 0.3:
        changed = seal(bytes(32), row, event=1)
    else:
        boot = values["boot"] + rng.choice((-1, 1, 2, 1 << 40))
        changed = seal(bytes(32), row, boot=boot)
    segment.rows[index] = changed
    where = place(segment, index)
    reseal(log, told_too=False)
    return Case(log.files(), "boot", where)


def other_version(rng, log):
    """a version that is not known, chain computed anew"""
    segment, index = any_row(rng, log)
    where = place(segment, index)
    segment.rows[index] = seal(bytes(32), segment.rows[index],
                               version=rng.randrange(2, 1 << 16))
    reseal(log, told_too=False)
    return Case(log.files(), "version", where)


def boots_swapped(rng, log):
    """two boots swapped, as they are or numbered and chained anew"""
    rows = [row for segment in log.segments for row in segment.rows]
    boots = {}
    for row in rows:
        boots.setdefault(fields(row)["boot"], []).append(row)
    if len(boots) < 2:
        return None
    number = rng.randrange(1, len(boots))
    start = sum(len(boots[n]) for n in range(1, number))
    boots[number], boots[number + 1] = boots[number + 1], boots[number]
    rows = [row for n in sorted(boots) for row in boots[n]]
    for segment in log.segments:
        count = len(segment.rows)
        segment.rows, rows = rows[:count], rows[count:]
    segment = next(s for s in log.segments
                   if s.first <= start + 1 < s.first + len(s.rows))
    index = start + 1 - segment.first
    names = out_of_turn(index)
    if rng.random() < 0.5:
        names = "boot"
        reseal(log)
    return Case(log.files(), names, place(segment, index))


WAYS = [forged, forged_at_end, forged_removal, forged_previous, tpm_knew,
        wrong_boot, other_version, boots_swapped]
