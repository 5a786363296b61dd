#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Every road into the kernel has a row: checks the two tables, writes docs.

usage: roads.py [--docs] [LINUX]

LINUX is the patched source, out/linux. Run in the project's folder.
"""
import os
import re
import sys

TABLES = os.environ.get("ROADS_TABLES", "kernel/roads")
LSM = "kernel/tree/security/coconut"
PATCHES = "kernel/patches"
SELFTESTS = "kernel/tree/tools/testing/selftests/coconut"
DOCS = os.environ.get("ROADS_DOCS", "docs/roads.md")
CALL_VERDICTS = ("gated", "closed", "harmless", "absent")
HOOK_VERDICTS = ("gated", "noted", "covered", "harmless", "internal")
PROBE = re.compile(r"[-+] (?:\S+\([^;]*\); )*\S+\(.*\) (=|!=) ([A-Za-z]+)$")

problems = []


def problem(text):
    problems.append(text)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def rows(path):
    """Give (heading, fields, lines below it) of each row."""
    heading, found = "", []
    for number, line in enumerate(read(path).splitlines(), 1):
        if line.startswith("# ---"):
            heading = line.strip("# -")
        elif line.startswith("\t") and found:
            found[-1][2].append(line.strip())
        elif line and not line.startswith("#"):
            fields = line.split(" | ")
            if len(fields) != 5:
                problem(f"{path}:{number}: a row has five fields")
                continue
            found.append((heading, fields, []))
    return found


def upstream_calls(linux):
    """Give name -> number, None for those that x86-64 has not."""
    calls = {}
    for line in read(f"{linux}/scripts/syscall.tbl").splitlines():
        words = line.split()
        if words and not line.startswith("#"):
            calls[words[2]] = None
    path = f"{linux}/arch/x86/entry/syscalls/syscall_64.tbl"
    for line in read(path).splitlines():
        words = line.split()
        if words and not line.startswith("#") and words[1] != "x32":
            calls[words[2]] = int(words[0])
    return calls


def upstream_hooks(linux):
    text = read(f"{linux}/include/linux/lsm_hook_defs.h")
    return re.findall(r"^LSM_HOOK\([^,]+, [^,]+, (\w+)", text, re.M)


def our_hooks():
    found = set()
    for name in os.listdir(LSM):
        if name.endswith(".c"):
            text = read(f"{LSM}/{name}")
            found.update(re.findall(r"LSM_HOOK_INIT\((\w+)", text))
    return found


def results(probes, sign):
    """Give what the probes of a sign should be answered with."""
    return [p.rsplit(" ", 1)[1] for p in probes
            if p.startswith(sign) and " = " in p]


def check_call(row, path):
    _, (number, name, verdict, cap, _), below = row
    probes = [line for line in below if not line.startswith("test ")]
    denied = results(probes, "-").count("ECAPABILITY")
    if verdict not in CALL_VERDICTS:
        problem(f"{path}: {name}: no verdict '{verdict}'")
    if (cap == "-") == (verdict == "gated"):
        problem(f"{path}: {name}: capabilities go with gated")
    for probe in probes:
        if not PROBE.match(probe):
            problem(f"{path}: {name}: not a probe: {probe}")
    if number == "-":
        return
    if not probes:
        problem(f"{path}: {name} has no probe")
    elif verdict == "gated" and not denied and len(probes) == len(below):
        problem(f"{path}: {name} is gated, and no probe is denied")
    elif verdict == "harmless" and denied:
        problem(f"{path}: {name} is harmless, and a probe is denied")
    elif verdict == "absent" and set(results(probes, "-")) != {"ENOSYS"}:
        problem(f"{path}: {name} is absent, and a probe is not ENOSYS")
    elif verdict == "closed":
        for sign in "-+":
            if set(results(probes, sign)) != {"ECAPABILITY"}:
                problem(f"{path}: {name} is closed: '{sign}' probes, denied")


def check_calls(linux):
    path = f"{TABLES}/syscalls.tbl"
    table, calls, seen = rows(path), upstream_calls(linux), set()
    for row in table:
        number, name = row[1][:2]
        if name in seen:
            problem(f"{path}: two rows for {name}")
        seen.add(name)
        if name not in calls:
            problem(f"{path}: there is no system call {name}")
        elif number != ("-" if calls[name] is None else str(calls[name])):
            problem(f"{path}: {name} has another number than {number}")
        check_call(row, path)
    for name, number in calls.items():
        if name not in seen:
            where = "" if number is None else f" ({number})"
            problem(f"syscall {name}{where} has no row in {path}: decide "
                    "what an agent may use of it")
    return table


def check_test(name, test, verdict, calls):
    if test == "-":
        if verdict not in ("internal", "noted"):
            problem(f"hook {name}: no test shows it")
    elif test.startswith("roads:"):
        if test[6:] not in calls:
            problem(f"hook {name}: there are no probes of {test[6:]}")
    elif not os.path.exists(f"{SELFTESTS}/{test}"):
        problem(f"hook {name}: there is no {SELFTESTS}/{test}")


def check_where(name, where):
    for number in re.findall(r"patch(?:es)? (\d{4})", where):
        if not any(f.startswith(number) for f in os.listdir(PATCHES)):
            problem(f"hook {name}: there is no patch {number}")


def check_hooks(linux, calls):
    path = f"{TABLES}/hooks.tbl"
    table, ours, seen = rows(path), our_hooks(), {}
    hooks = upstream_hooks(linux)
    for _, (name, verdict, where, _, test), _ in table:
        if name in seen:
            problem(f"{path}: two rows for {name}")
        seen[name] = verdict
        if name not in hooks:
            problem(f"{path}: there is no hook {name}")
        if verdict not in HOOK_VERDICTS:
            problem(f"{path}: {name}: no verdict '{verdict}'")
        taken = verdict in ("gated", "noted")
        if taken and name not in ours:
            problem(f"hook {name} is {verdict} in {path}, and {LSM} has no "
                    "LSM_HOOK_INIT of it")
        if name in ours and not taken:
            problem(f"hook {name} is {verdict} in {path}, and {LSM} has an "
                    "LSM_HOOK_INIT of it")
        check_where(name, where)
        check_test(name, test, verdict, calls)
    for name in hooks:
        if name not in seen:
            problem(f"hook {name} has no row in {path}: decide what becomes "
                    "of it")
    return table


def count(table, verdicts, at):
    numbers = [(sum(row[1][at] == v for row in table), v) for v in verdicts]
    return ", ".join(f"{n} {v}" for n, v in numbers)


def markdown(table, heads, columns):
    out, last = [], None
    for heading, fields, _ in table:
        if heading != last:
            out += ["", f"### {heading[:1].upper()}{heading[1:]}", "",
                    "| " + " | ".join(heads) + " |",
                    "|" + "---|" * len(heads)]
            last = heading
        cells = [fields[i] for i in columns]
        out.append("| " + " | ".join("" if c == "-" else c
                                     for c in cells) + " |")
    return "\n".join(out)


def written(text, calls, hooks):
    """Give docs/roads.md with its generated parts as the tables have them."""
    parts = {
        "syscalls": f"{len(calls)} calls: {count(calls, CALL_VERDICTS, 2)}.\n" +
                    markdown(calls, ("call", "", "capability", "why"),
                             (1, 2, 3, 4)),
        "hooks": f"{len(hooks)} hooks: {count(hooks, HOOK_VERDICTS, 1)}.\n" +
                 markdown(hooks, ("hook", "", "where", "why"), (0, 1, 2, 3)),
    }
    for name, part in parts.items():
        text = re.sub(f"(<!-- {name} -->\n).*?(\n<!-- /{name} -->)",
                      lambda m, p=part: m[1] + p + m[2], text, flags=re.S)
    return text


def main(words):
    write = "--docs" in words
    linux = next((w for w in words if not w.startswith("-")), "out/linux")
    calls = check_calls(linux)
    hooks = check_hooks(linux, {row[1][1] for row in calls if row[2]})
    docs = read(DOCS)
    wanted = written(docs, calls, hooks)
    if write:
        with open(DOCS, "w", encoding="utf-8") as file:
            file.write(wanted)
    elif docs != wanted:
        problem(f"{DOCS} is not as the tables have it: scripts/roads --docs")
    for text in problems:
        print(text, file=sys.stderr)
    if not problems:
        print(f"{len(calls)} system calls and {len(hooks)} hooks have a row")
    return 1 if problems else 0


sys.exit(main(sys.argv[1:]))
