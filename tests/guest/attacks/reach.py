#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: reach.py query NAME=NUMBER... | ring

query calls agent_audit_query() with these fields of its arguments and prints
`bytes N`, `descriptor` or `errno NAME`. ring tries every road to the memory
that the audit rows are in before they are on disk, and prints a line for each:
`NAME: errno NAME`, or `NAME: reached`."""
import ctypes
import errno
import mmap
import os
import struct
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
errno.errorcode.setdefault(134, "ECAPABILITY")
QUERY, FOLLOW = 606, 1
FIELDS = ("flags aid seq events cap time_from time_to buf buf_size next_seq "
          "boot verdicts reserved").split()


def call(number, *arguments):
    result = LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result


def query(words):
    room = ctypes.create_string_buffer(1 << 16)
    values = dict.fromkeys(FIELDS, 0)
    values.update(buf=ctypes.addressof(room), buf_size=len(room.raw))
    values.update((name, int(number, 0)) for name, number in
                  (word.split("=") for word in words))
    arguments = struct.pack("<3Q2I6Q2I", *values.values())
    result = call(QUERY, ctypes.c_char_p(arguments),
                  ctypes.c_size_t(len(arguments)))
    return "descriptor" if values["flags"] & FOLLOW else f"bytes {result}"


def of_the_kernel():
    """Where in memory the kernel's data are; some other place of memory if
    that may not be known."""
    with open("/proc/iomem", encoding="ascii") as file:
        for line in file:
            if "Kernel data" in line:
                return int(line.split("-")[0], 16) & ~4095 or 1 << 26
    return 1 << 26


def opened(path, flags=os.O_RDWR):
    os.close(os.open(path, flags))


def memory():
    file = os.open("/dev/mem", os.O_RDWR)
    return mmap.mmap(file, 4096, offset=of_the_kernel())


def memory_read():
    os.pread(os.open("/dev/mem", os.O_RDONLY), 64, of_the_kernel())


def module():
    """What is no module is refused as such by who would take one."""
    text = ctypes.c_char_p(b"\x7fELF" + bytes(4096))
    try:
        call(175, text, ctypes.c_ulong(4100), ctypes.c_char_p(b""))
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise


def attach():
    if LIBC.ptrace(0x4206, 1, None, None) < 0:  # PTRACE_SEIZE
        raise OSError(ctypes.get_errno(), "")


def limit(number):
    """A limit of AID 1's that would do no harm."""
    def action():
        call(number, ctypes.c_char_p(struct.pack("<2Q2I2Q", 1, 1, 0, 0,
                                                 1 << 40, 0)),
             ctypes.c_size_t(40))
    return action


ROADS = {
    "/dev/mem mapped": memory,
    "/dev/mem read": memory_read,
    "/dev/kmem": lambda: opened("/dev/kmem"),
    "/proc/kcore": lambda: opened("/proc/kcore", os.O_RDONLY),
    "/dev/port": lambda: opened("/dev/port"),
    "iopl": lambda: call(172, ctypes.c_long(3)),
    "ioperm": lambda: call(173, ctypes.c_long(0xCF8), ctypes.c_long(8),
                           ctypes.c_long(1)),
    "kexec_load": lambda: call(246, 0, 0, None, 0),
    "kexec_file_load": lambda: call(320, -1, -1, 0, None, 0),
    "module": module,
    "memory of AID 1": lambda: opened("/proc/1/mem"),
    "tracing AID 1": attach,
    "tasks of AID 1": limit(602),
    "room of AID 1": limit(607),
}


def attempt(action):
    try:
        return action() if action is not None else ""
    except OSError as error:
        name = errno.errorcode.get(error.errno, str(error.errno))
        return f"errno {name}"


def main(words):
    if words[0] == "query":
        print(attempt(lambda: query(words[1:])))
    else:
        for name, action in ROADS.items():
            said = attempt(action)
            refused = isinstance(said, str) and said.startswith("errno")
            print(f"{name}: {said if refused else 'reached'}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("query", "ring"):
        sys.exit(__doc__)
    main(sys.argv[1:])
