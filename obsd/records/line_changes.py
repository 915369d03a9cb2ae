"""The lines of an edit, out of the forms in which agents record it, as hashes.

Owns reading the forms: unified diffs, numbered diffs, `apply_patch` texts, hunks, strings that were replaced, contents
before and after. What goes in is text; what comes out is hashes and numbers. Pure, any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from obsd.facts.records import LineChange
from obsd.line_hashes import MAX_LINES, hash_lines, split_lines

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_NUMBERED = re.compile(r"([+-]) *\d+(?:: | )(.*)")
_FILE_HEADER = re.compile(r"\*\*\* (Add|Update|Delete) File: (.+)")
_MAX_COMPARED = 2_000
"""Lines up to which a replacement is compared line by line; what is longer differs from its first to its last one."""


@dataclass(frozen=True, slots=True)
class PatchedFile:
    """One file of an `apply_patch` text. `content` is the text of a file that it adds, for hashing alone."""

    verb: str
    path: str
    move_path: str
    change: LineChange
    content: str | None


def change_of(salt: bytes, added: Sequence[str], removed: Sequence[str], exact: bool = True) -> LineChange:
    """The hashes of added and removed lines; too many are not kept."""
    if len(added) > MAX_LINES or len(removed) > MAX_LINES:
        return LineChange(exact=exact, cut=True)
    return LineChange(hash_lines(salt, added), hash_lines(salt, removed), exact)


def unified(salt: bytes, text: str) -> LineChange | None:
    """The lines of a unified diff by the numbers in its hunks' headers; None when it has none, or is cut short."""
    added: list[str] = []
    removed: list[str] = []
    old = new = hunks = 0
    for line in text.split("\n"):
        if old <= 0 and new <= 0:
            if match := _HUNK.match(line):
                old, new = (1 if part is None else int(part) for part in match.groups())
                hunks += 1
        elif line.startswith("+"):
            new -= 1
            added.append(line[1:])
        elif line.startswith("-"):
            old -= 1
            removed.append(line[1:])
        elif not line.startswith("\\"):
            old, new = old - 1, new - 1
    return change_of(salt, added, removed) if hunks and old <= 0 and new <= 0 else None


def numbered(salt: bytes, text: str) -> LineChange | None:
    """The lines of a diff whose lines begin with sign and number (`+12 text`, `-3: text`); None when it has none."""
    matches = [match for line in text.split("\n") if (match := _NUMBERED.fullmatch(line))]
    added = [match[2] for match in matches if match[1] == "+"]
    removed = [match[2] for match in matches if match[1] == "-"]
    return change_of(salt, added, removed) if matches else None


def signed(salt: bytes, lines: Iterable[str]) -> LineChange:
    """The lines of hunks: each line begins with its sign."""
    kept = list(lines)
    added = [line[1:] for line in kept if line.startswith("+")]
    return change_of(salt, added, [line[1:] for line in kept if line.startswith("-")])


def between(salt: bytes, before: str, after: str, exact: bool = True) -> LineChange:
    """What differs between two texts. `exact` is False when they are parts of a file that may cut lines."""
    old, new = split_lines(before), split_lines(after)
    start = _common(old, new)
    old, new = old[start:], new[start:]
    end = _common(old[::-1], new[::-1])
    old, new = old[: len(old) - end], new[: len(new) - end]
    if len(old) > _MAX_COMPARED or len(new) > _MAX_COMPARED:
        return change_of(salt, new, old, exact)
    added: list[str] = []
    removed: list[str] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            removed += old[i1:i2]
            added += new[j1:j2]
    return change_of(salt, added, removed, exact)


def together(changes: Iterable[LineChange]) -> LineChange | None:
    """Several replacements of one call as one change; None of none."""
    kept = list(changes)
    if not kept:
        return None
    added = tuple(line for change in kept for line in change.added)
    removed = tuple(line for change in kept for line in change.removed)
    return LineChange(added, removed, all(c.exact for c in kept), any(c.cut for c in kept))


def patched(salt: bytes, text: str) -> list[PatchedFile]:
    """The files of an `apply_patch` text."""
    files: list[PatchedFile] = []
    verb = path = move = ""
    body: list[str] = []

    def close() -> None:
        if path:
            content = "".join(f"{line[1:]}\n" for line in body) if verb == "Add" else None
            files.append(PatchedFile(verb, path, move, signed(salt, body), content))

    for line in text.split("\n"):
        if match := _FILE_HEADER.fullmatch(line):
            close()
            verb, path, move, body = match[1], match[2], "", []
        elif line.startswith("*** Move to: "):
            move = line.removeprefix("*** Move to: ")
        elif line.startswith(("+", "-")):
            body.append(line)
    close()
    return files


def split_git_diff(text: str) -> list[str]:
    """A diff of several files, one text a file."""
    return [f"diff --git {part}" for part in re.split(r"(?m)^diff --git ", text)[1:]] or [text]


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    same = 0
    for a, b in zip(old, new, strict=False):
        if a != b:
            break
        same += 1
    return same
