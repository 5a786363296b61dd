#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Damages logs in thousands of ways; both verifiers must find each, as what it
is, at its row and byte."""
import os
import random
import sys

import both
import damage_files
import damage_forged
import damage_rows
import make_logs

WAYS = damage_rows.WAYS + damage_forged.WAYS + damage_files.WAYS


def logs_to_damage(seed, real):
    """Give real logs and some that were made, small enough to be quick."""
    found = [make_logs.make(seed * 1000 + i, make_logs.Key(i % 3), boots, 9)
             for i, boots in enumerate((1, 2, 2, 3, 3, 3, 4, 5) * 8)]
    for name in sorted(os.listdir(real)) if real else ():
        found += [make_logs.Log.load(os.path.join(real, name))] * 16
    return found


def cases(rng, way, logs, count):
    found = []
    for _ in range(count * 20):
        case = way(rng, rng.choice(logs).copy())
        if case:
            found.append(case)
        if len(found) == count:
            break
    return found


def judge(case, said):
    """Give what is wrong with what was said; None for nothing."""
    name, row, file, offset = said
    if name in case.names and (row, file, offset) == \
            (case.row, case.file, case.offset):
        return None
    return f"{said} and not {sorted(case.names)} " \
        f"{(case.row, case.file, case.offset)}"


def try_way(rng, way, logs, count, coconut):
    """Give how many cases there were, and what was said wrongly."""
    found = cases(rng, way, logs, count)
    said = [both.ask_python(case.files, case.heads, case.key)
            for case in found]
    if coconut:
        answers = coconut.ask([(case.files, case.heads, case.key)
                               for case in found])
    else:
        answers = said
    wrong = []
    for case, ours, theirs in zip(found, said, answers):
        for who, words in (("python", ours), ("coconut", theirs)):
            if complaint := judge(case, words):
                wrong.append(f"{who}: {complaint}")
        if ours != theirs:
            wrong.append(f"not the same: {ours} {theirs}")
    return len(found), wrong


def spoil(rng, files):
    """Do something to a file that may be of several."""
    name = rng.choice(sorted(files))
    data = bytearray(files[name])
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 8, 112, 144, 400)))
    # How much of a spoiled PEM is still a key is not ours to say.
    what = rng.randrange(2 if name == "audit.pub" else 7)
    if what == 0:
        del files[name]
    elif what == 1:
        files[name] = files[rng.choice(sorted(files))]
    elif what == 2:
        del data[at:end]
    elif what == 3:
        data[at:at] = data[at:end]
    elif what == 4:
        data[at:at] = rng.randbytes(end - at)
    elif data and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    if what > 1:
        files[name] = bytes(data)


def same_said(rng, logs, count, coconut):
    """Files spoiled in several ways at once, with no word on what should be
    said of it: both must say the same. Give what was not."""
    asked = []
    for _ in range(count):
        log = rng.choice(logs).copy()
        heads = [(log.seq(), log.head())] if rng.random() < 0.5 else []
        files = log.files()
        for _ in range(rng.choice((1, 2, 2, 3, 4))):
            if files:
                spoil(rng, files)
        if any(name.endswith(".seg") or name.endswith(".zst")
               for name in files):
            asked.append((files, heads, None))
    said = zip([both.ask_python(*one) for one in asked], coconut.ask(asked))
    return len(asked), [f"{ours} {theirs}" for ours, theirs in said
                        if ours != theirs]


def main():
    options = both.arguments(__doc__, 10200)
    rng, tap = random.Random(options.seed), both.Tap()
    coconut = both.Coconut(options.coconut) if options.coconut else None
    logs = logs_to_damage(options.seed, options.real)
    total = 0
    for way in WAYS:
        count, wrong = try_way(rng, way, logs,
                               -(-options.count // len(WAYS)), coconut)
        total += count
        tap.line(count and not wrong, f"{way.__doc__} ({count})", wrong)
    tap.line(total >= options.count * 0.99, f"{total} mutations")
    if coconut:
        count, wrong = same_said(rng, logs, options.count // 5, coconut)
        tap.line(not wrong, f"files spoiled in several ways at once ({count}):"
                 " both say the same", wrong)
        coconut.close()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
