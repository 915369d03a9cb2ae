"""The lines that stand in two contents of a text, wherever they stand.

Line ends and UTF-16, as a working tree may have them, are no difference. Pure but for libgit2's diff; in a reader.
"""

from __future__ import annotations

from contextlib import suppress

from obsd.git import line_diff

_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")


def pieces(new: bytes, old: bytes, most: int = line_diff.MAX_HUNKS) -> tuple[int, ...]:
    """Three numbers for each piece that stands in both: lines above it in the new text, above it in the old, its lines.

    Empty where nothing does, where one is binary, or where they differ in more than `most` places.
    """
    if old != new:
        old, new = plain(old), plain(new)
    found = line_diff.compare(old, new, most)
    if found is None or found.hunks is None:
        return ()
    result: list[int] = []
    at_old = at_new = 0
    hunks = found.hunks
    total = found.lines - found.added + found.removed
    for start, gone, came in [*zip(hunks[::3], hunks[1::3], hunks[2::3], strict=True), (total, 0, 0)]:
        if start > at_old:
            result += (at_new, at_old, start - at_old)
        at_new += start - at_old + came
        at_old = start + gone
    return tuple(result)


def plain(data: bytes) -> bytes:
    """A text as git would keep it: UTF-8, with one character at the end of a line."""
    if data.startswith(_BYTE_ORDER_MARKS):
        with suppress(UnicodeDecodeError):
            data = data.decode("utf-16").encode()
    return data.replace(b"\r\n", b"\n")
