# SPDX-License-Identifier: MIT
"""What all ways to damage a log need.

Each way takes a random.Random and a make_logs.Log of its own, and gives a
Case, or None when this log cannot be damaged so.
"""
import make_logs
from make_logs import HEAD


class Case:
    """Files to verify with heads told, and the fault: one of names, at a row
    that starts at a byte of a file."""

    def __init__(self, files, names, where, heads=()):
        self.files, self.heads = files, list(heads)
        self.names = {names} if isinstance(names, str) else set(names)
        self.row, self.file, self.offset = where
        self.key = None


def place(segment, index):
    """Where a row of a segment is, or would be."""
    offset = sum(len(row) for row in segment.rows[:index])
    return segment.first + index, segment.name(), offset


def any_row(rng, log):
    segment = rng.choice(log.segments)
    return segment, rng.randrange(len(segment.rows))


def out_of_turn(index):
    """What a row that is not the next one is called."""
    return "sequence" if index else "segment-replaced"


def told(log):
    return [(log.seq(), log.head())]


def fields(row):
    return dict(zip(make_logs.FIELDS, HEAD.unpack_from(row)))
