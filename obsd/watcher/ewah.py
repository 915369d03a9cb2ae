"""EWAH bitmaps, in which a split index says which entries of the shared one it replaces."""

from __future__ import annotations

import struct


def bits(data: bytes, at: int) -> tuple[set[int], int]:
    """The set bits of an EWAH bitmap (gitformat-bitmap(5), appendix A), and where it ends."""
    bits, words = struct.unpack_from(">II", data, at)
    at += 8
    found: set[int] = set()
    position, end = 0, at + 8 * words
    while at < end:
        (marker,) = struct.unpack_from(">Q", data, at)
        at += 8
        run, literals = marker >> 1 & 0xFFFFFFFF, marker >> 33
        if marker & 1:
            found.update(range(position, min(bits, position + 64 * run)))
        position += 64 * run
        for _ in range(literals):
            (word,) = struct.unpack_from(">Q", data, at)
            found.update(position + bit for bit in range(64) if word >> bit & 1)
            at += 8
            position += 64
    return found, end + 4
