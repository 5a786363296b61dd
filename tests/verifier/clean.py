#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Logs that are good: no verifier may find anything in them. And logs as a cut
of power leaves them, before coconutd has seen them: only the row that the last
segment ends in may be found, and it must be."""
import os
import random
import sys

import both
import damage
import make_logs


def cut_off(rng, log):
    """Give the files that the power going at any byte of the last segment
    leaves, and what is to be said of them. All segments before are signed; the
    last may be empty, or signed and whole."""
    log = log.copy()
    segment = log.last()
    if segment.signature:
        return log.files(), both.good(log.seq())
    size, index = rng.randrange(len(segment.data()) + 1), 0
    while index < len(segment.rows) and \
            size >= damage.place(segment, index + 1)[2]:
        index += 1
    row, file, offset = damage.place(segment, index)
    segment.rows = [segment.data()[:size]]
    if offset == size:
        return log.files(), both.good(row - 1)
    return log.files(), ("truncated", row, file, offset)


def good(rng, log):
    """Give a good log's files and, sometimes, a head that was told."""
    files, heads = log.files(), []
    if log.last().packed is False and rng.random() < 0.05 and log.last().rows:
        # Packed, and the power went before the other was removed.
        closed = [s for s in log.segments[:-1] if s.signature]
        for segment in closed[:1]:
            segment.packed = True
            files.update(log.files())
            files[segment.name()[:-4]] = segment.data()
    if rng.random() < 0.3:
        seq = rng.randint(1, log.seq())
        heads = [(seq, log.value(seq)), (log.seq(), log.head())]
    return files, heads


def compare(coconut, logs, wrong):
    said = [both.ask_python(files, heads) for files, heads, _ in logs]
    answers = coconut.ask([(files, heads, None) for files, heads, _ in logs]) \
        if coconut else said
    for (_, _, expected), ours, theirs in zip(logs, said, answers):
        if ours != expected:
            wrong.append(f"python: {ours} and not {expected}")
        if theirs != expected:
            wrong.append(f"coconut: {theirs} and not {expected}")


def main():
    options = both.arguments(__doc__, 1000)
    rng, tap = random.Random(options.seed), both.Tap()
    coconut = both.Coconut(options.coconut) if options.coconut else None
    keys = [make_logs.Key(i) for i in range(4)]
    logs = [make_logs.make(options.seed * 10**6 + i, rng.choice(keys))
            for i in range(options.count)]
    wrong = []
    compare(coconut, [good(rng, log) + (both.good(log.seq()),)
                      for log in logs], wrong)
    rows = sum(log.seq() for log in logs)
    tap.line(not wrong, f"{len(logs)} good logs, {rows} rows: no false alarm",
             wrong)
    wrong = []
    real = [make_logs.Log.load(os.path.join(options.real, name))
            for name in sorted(os.listdir(options.real))] \
        if options.real else []
    compare(coconut, [(log.files(), [(log.seq(), log.head())],
                       both.good(log.seq())) for log in real], wrong)
    tap.line(not wrong, f"{len(real)} logs of real machines", wrong)
    wrong = []
    crashed = [cut_off(rng, log) for log in logs[:options.count // 2]]
    compare(coconut, [(files, (), said) for files, said in crashed], wrong)
    tap.line(not wrong, f"{len(crashed)} logs as a cut of power leaves them: "
             "truncated at the row it cut, or good", wrong)
    if coconut:
        coconut.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
