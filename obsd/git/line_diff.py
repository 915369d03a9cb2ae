"""The lines that were added and removed between two contents, equal to `git diff --no-index --numstat`, and where."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import pygit2

_FORCE_TEXT: Any = pygit2.GIT_DIFF_FORCE_TEXT  # an enumeration since pygit2 1.14, a number before
_BINARY_PROBE_BYTES = 8000
"""git looks for a NUL in the first 8,000 bytes (buffer_is_binary in its xdiff-interface.c)."""

MAX_HUNKS = 1_000
"""Of an edit in more places only the numbers of lines are known."""


class Difference(NamedTuple):
    """Lines added and removed, how many lines the new content has, and the hunks as in `obsd.facts.LineEdit` (None: too
    many)."""

    added: int
    removed: int
    lines: int
    hunks: tuple[int, ...] | None


def content_id(data: bytes) -> bytes:
    """The raw git blob id (SHA-1) of `data`."""
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).digest()


def is_binary(data: bytes) -> bool:
    """Whether git would take this for binary."""
    return b"\0" in data[:_BINARY_PROBE_BYTES]


def count(data: bytes) -> int:
    """Lines of a text; an unfinished last line is one."""
    return data.count(b"\n") + (not data.endswith(b"\n") if data else 0)


def compare(old: bytes, new: bytes, most: int = MAX_HUNKS) -> Difference | None:
    """What became of the lines; None where either content is binary. Hunks of up to `most` places are given."""
    if (old and is_binary(old)) or (new and is_binary(new)):
        return None
    if old == new:
        return Difference(0, 0, count(new), ())
    if not old or not new:
        added, removed = count(new), count(old)
        return Difference(added, removed, added, (0, removed, added))
    if new.startswith(old) and old.endswith(b"\n"):
        before, added = count(old), count(new[len(old) :])
        return Difference(added, 0, before + added, (before, 0, added))
    return _diff(old, new, most)


def _diff(old: bytes, new: bytes, most: int) -> Difference:
    patch = pygit2.Patch.create_from(old, new, context_lines=0, flag=_FORCE_TEXT)
    _, added, removed = patch.line_stats
    hunks = patch.hunks
    if len(hunks) > most:
        return Difference(added, removed, count(new), None)
    numbers: list[int] = []
    for hunk in hunks:
        gone = hunk.old_lines
        # A place where nothing goes is named by the line before it, any other by its first line.
        numbers += (hunk.old_start - 1 if gone else hunk.old_start, gone, hunk.new_lines)
    return Difference(added, removed, count(new), tuple(numbers))
