"""What references name, by git's own files: loose ones, and packed ones without reading `packed-refs` whole.

Owns the search in `packed-refs`: a repository can have millions of references, of which one is wanted, and libgit2
keeps them all in memory. git sorts the file and says so in its first line, so a few parts of it are enough. Any thread,
and children; imports nothing heavy.
"""

from __future__ import annotations

import os
import re

from obsd.git.layout import Layout, is_id, read_pointer
from obsd.small_files import open_regular, read_at

_MOST_LINKS = 5
"""Symbolic references that lead to one another, as in git."""
_OWN = ("refs/bisect/", "refs/worktree/", "refs/rewritten/")
"""What each worktree has for itself (gitrepository-layout(5)), besides HEAD and its like."""
_PART = 1 << 16
"""More than any line has: names have at most some thousand bytes."""
_MOST_UNSORTED_BYTES = 64 << 20
_SORTED = re.compile(rb"# pack-refs with:.* sorted ")


def resolve(where: Layout, name: str = "HEAD") -> str | None:
    """The id that a reference names, in hexadecimal; empty where it names none yet, None where that cannot be read."""
    for _ in range(_MOST_LINKS):
        own = not name.startswith("refs/") or name.startswith(_OWN)
        text = read_pointer((where.git_dir if own else where.common_dir) / name)
        if text is None:
            return None if name == "HEAD" else packed(where, name)
        value = text.removeprefix("ref:").strip()
        if not text.startswith("ref:"):
            return value if is_id(value) else None
        if not value.startswith("refs/") or ".." in value:
            return None
        name = value
    return None


def packed(where: Layout, name: str) -> str | None:
    """The id that `packed-refs` has for a full reference name; empty for none, None where the file cannot be read."""
    try:
        with open_regular(where.common_dir / "packed-refs") as descriptor:
            return _find(descriptor, os.fsencode(name))
    except FileNotFoundError:
        return ""
    except (OSError, ValueError):
        return None


def _find(descriptor: int, name: bytes) -> str | None:
    low, high = 0, os.fstat(descriptor).st_size
    if high > 2 * _PART:
        head = read_at(descriptor, 0, _PART)
        if _SORTED.match(head.partition(b"\n")[0] + b" "):
            low = head.index(b"\n") + 1
            low, high = _narrowed(descriptor, low, high, name)
        elif high > _MOST_UNSORTED_BYTES:
            return None
    return _in_lines(read_at(descriptor, low, high - low), name)


def _narrowed(descriptor: int, low: int, high: int, name: bytes) -> tuple[int, int]:
    """The begin and the end of the few lines among which the name must be. Raises ValueError for what are no lines."""
    while high - low > 2 * _PART:
        middle = (low + high) // 2
        part = read_at(descriptor, middle, _PART)
        begin = part.index(b"\n") + 1
        # A line that begins with `^` belongs to the one before: it has the commit of a tag.
        while part.startswith(b"^", begin):
            begin = part.index(b"\n", begin) + 1
        _, _, found = part[begin : part.index(b"\n", begin)].partition(b" ")
        if not found:
            raise ValueError("no reference")
        if found <= name:
            low = middle + begin
        else:
            high = middle + begin
    return low, high


def _in_lines(data: bytes, name: bytes) -> str | None:
    at = data.find(b" " + name + b"\n")
    if at < 0:
        return ""
    found = data[data.rfind(b"\n", 0, at) + 1 : at].decode("ascii", "replace")
    return found if is_id(found) else None
