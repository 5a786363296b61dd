# SPDX-License-Identifier: MIT
"""BLAKE3, the plain hash with 32 bytes of output, from its specification.

The seven rounds of the compression are written out once, as straight code
over local variables, because Python is several times faster that way.
"""
import struct

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
LANES = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
         (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
BLOCK, CHUNK = 64, 1024
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
WORDS = struct.Struct("<16I")

QUARTER = """
    v{a} = (v{a} + v{b} + m{x}) & 0xFFFFFFFF
    t = v{d} ^ v{a}
    v{d} = (t >> 16 | t << 16) & 0xFFFFFFFF
    v{c} = (v{c} + v{d}) & 0xFFFFFFFF
    t = v{b} ^ v{c}
    v{b} = (t >> 12 | t << 20) & 0xFFFFFFFF
    v{a} = (v{a} + v{b} + m{y}) & 0xFFFFFFFF
    t = v{d} ^ v{a}
    v{d} = (t >> 8 | t << 24) & 0xFFFFFFFF
    v{c} = (v{c} + v{d}) & 0xFFFFFFFF
    t = v{b} ^ v{c}
    v{b} = (t >> 7 | t << 25) & 0xFFFFFFFF"""


def _written_out():
    names = ", ".join(f"m{i}" for i in range(16))
    lines = ["def compress(chaining, words, counter, size, flags):",
             f"    {names} = words",
             "    " + ", ".join(f"v{i}" for i in range(8)) + " = chaining",
             "    v8, v9, v10, v11 = IV[:4]",
             "    v12, v13 = counter & 0xFFFFFFFF, counter >> 32",
             "    v14, v15 = size, flags"]
    order = list(range(16))
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(LANES):
            lines.append(QUARTER.format(a=a, b=b, c=c, d=d,
                                        x=order[2 * i], y=order[2 * i + 1]))
        order = [order[i] for i in PERMUTATION]
    lines.append("    return (" +
                 ", ".join(f"v{i} ^ v{i + 8}" for i in range(8)) + ")")
    return "\n".join(lines)


exec(_written_out())  # pylint: disable=exec-used


def _chunk(data, counter, root):
    """The chaining value of up to 1024 bytes."""
    chaining, flags = IV, CHUNK_START
    for at in range(0, max(len(data), 1), BLOCK):
        block = data[at:at + BLOCK]
        if at + BLOCK >= len(data):
            flags |= CHUNK_END | root
        words = WORDS.unpack(block.ljust(BLOCK, b"\0"))
        chaining = compress(chaining, words, counter, len(block), flags)
        flags = 0
    return chaining


def _tree(data, counter, root):
    """As _chunk(), of any length: the left half is the largest power of two
    of whole chunks that leaves something for the right."""
    if len(data) <= CHUNK:
        return _chunk(data, counter, root)
    chunks = (len(data) - 1) // CHUNK
    left = 1 << (chunks.bit_length() - 1)
    words = (_tree(data[:left * CHUNK], counter, 0) +
             _tree(data[left * CHUNK:], counter + left, 0))
    return compress(IV, words, 0, BLOCK, PARENT | root)


def blake3(data):
    """Give the 32 bytes of data's digest."""
    return struct.pack("<8I", *_tree(data, 0, ROOT))
