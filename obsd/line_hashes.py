"""Hashes instead of text: of whole contents and of single lines, and how far they agree with a change.

Owns the one rule by which a line is hashed, so that what a watcher saw and what an agent recorded can be compared:
without its line end, keyed with the salt of this installation. Pure, any thread, standard library alone (watchers
may import it).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from obsd.facts.records import Content, FileWritten

SALT_BYTES = 16
"""Random bytes that an installation makes once, and keeps."""

MAX_LINES = 20_000
"""Lines of one edit that are kept as hashes; an edit with more is marked (`LineChange.cut`)."""

PARTIAL_LINES = 2
"""The first and the last line of a replacement may be parts of lines."""

Agreement = Literal["whole", "part", "none", "unchecked"]


def line_hash(salt: bytes, line: bytes) -> int:
    """64 bits of a line without its line end (LF or CR LF)."""
    bare = line.removesuffix(b"\n").removesuffix(b"\r")
    return int.from_bytes(hashlib.blake2b(bare, digest_size=8, key=salt).digest(), "big")


def content_of(data: bytes) -> Content:
    """The hashes of a whole file."""
    header = b"blob %d\0" % len(data)
    return Content(hashlib.sha256(data).hexdigest(), hashlib.sha1(header + data, usedforsecurity=False).hexdigest())


def as_bytes(text: str) -> bytes:
    """Text as the file has it; half a surrogate pair, which no UTF-8 has, becomes a question mark."""
    return text.encode("utf-8", "replace")


def split_lines(text: str) -> list[str]:
    """Lines as git counts them: ended by LF alone, the last with or without."""
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def hash_lines(salt: bytes, lines: Iterable[str]) -> tuple[int, ...]:
    """The hashes of lines of text."""
    return tuple(line_hash(salt, as_bytes(line)) for line in lines)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far a change agrees with the files of a session; `ours` has it for each added line of the change."""

    agreement: Agreement
    ours: tuple[bool, ...] = ()


def compare(
    written: Sequence[FileWritten], content: Content, added: Sequence[int], removed: Sequence[int] = ()
) -> Verdict:
    """Compares a change (the content that it left, the hashes of its lines) with what a session wrote to that file.

    `whole`: all of the change is the session's. `part`: the lines in `ours` are, the rest is somebody else's. `none`:
    nothing agrees. `unchecked`: the records hold nothing that could be compared. A change that adds no lines is
    compared by those that it removed. Lines are taken from the records once in a call; records whose lines explain an
    earlier change already are for the caller to leave out.
    """
    if any(_same(file.content, content) for file in written if file.content is not None):
        return Verdict("whole", (True,) * len(added))
    known = [file.lines for file in written if file.lines is not None and not file.lines.cut]
    lines = added or removed
    if not known or not lines:
        return Verdict("unchecked", (False,) * len(added))
    recorded = [line for change in known for line in (change.added if added else change.removed)]
    left = Counter(recorded)
    ours = tuple(_take(left, line) for line in lines)
    missing = len(ours) - sum(ours)
    spare = sum(PARTIAL_LINES for change in known if not change.exact)
    if not missing or (missing <= spare and len(lines) == len(recorded)):
        return Verdict("whole", (True,) * len(added))
    agreement: Agreement = "part" if any(ours) else "unchecked" if spare else "none"
    return Verdict(agreement, ours if added else ())


def _same(recorded: Content, seen: Content) -> bool:
    by_blob = bool(recorded.blob) and recorded.blob == seen.blob
    return by_blob or (bool(recorded.sha256) and recorded.sha256 == seen.sha256)


def _take(left: Counter[int], line: int) -> bool:
    if left[line] <= 0:
        return False
    left[line] -= 1
    return True
