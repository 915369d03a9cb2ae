"""Lines added and removed between two contents, equal to `git diff --no-index --numstat`."""

from __future__ import annotations

import hashlib
from typing import Any

import pygit2

_FORCE_TEXT: Any = pygit2.GIT_DIFF_FORCE_TEXT  # an enumeration since pygit2 1.14, a number before
_BINARY_PROBE_BYTES = 8000
"""git looks for a NUL in the first 8,000 bytes (buffer_is_binary in its xdiff-interface.c)."""


def content_id(data: bytes) -> bytes:
    """The raw git blob id (SHA-1) of `data`."""
    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).digest()


def is_binary(data: bytes) -> bool:
    """Whether git would take this for binary."""
    return b"\0" in data[:_BINARY_PROBE_BYTES]


def count(data: bytes) -> int:
    """Lines of a text; an unfinished last line is one."""
    return data.count(b"\n") + (not data.endswith(b"\n") if data else 0)


def changed(old: bytes, new: bytes) -> tuple[int, int] | None:
    """(added, removed); None where either is binary."""
    if (old and is_binary(old)) or (new and is_binary(new)):
        return None
    if not old or not new:
        return count(new), count(old)
    if new.startswith(old) and old.endswith(b"\n"):
        return count(new[len(old) :]), 0
    return _diff(old, new)


def _diff(old: bytes, new: bytes) -> tuple[int, int]:
    patch = pygit2.Patch.create_from(old, new, context_lines=0, flag=_FORCE_TEXT)
    _, added, removed = patch.line_stats
    return added, removed
