"""git's wildcards as regular expressions for bytes: the rules of wildmatch.c."""

from __future__ import annotations

import re

_CLASSES = {
    b"alnum": b"0-9A-Za-z",
    b"alpha": b"A-Za-z",
    b"blank": b" \\t",
    b"cntrl": b"\\x00-\\x1f\\x7f",
    b"digit": b"0-9",
    b"graph": b"\\x21-\\x7e",
    b"lower": b"a-z",
    b"print": b"\\x20-\\x7e",
    b"punct": b"\\x21-\\x2f\\x3a-\\x40\\x5b-\\x60\\x7b-\\x7e",
    b"space": b"\\x09-\\x0d\\x20",
    b"upper": b"A-Z",
    b"xdigit": b"0-9A-Fa-f",
}
_STARS = re.compile(rb"\*+")


class _Broken(Exception):
    """The pattern can match nothing."""


def expression(pattern: bytes, paths: bool) -> bytes | None:
    """A regular expression (to be matched as a whole, with DOTALL) for a pattern; None for one that matches nothing.

    `paths`: `*`, `?` and brackets do not match a slash, and `**` between slashes stands for any number of folders.
    """
    found, at = [], 0
    try:
        while at < len(pattern):
            part, at = _part(pattern, at, paths)
            found.append(part)
    except _Broken:
        return None
    return b"".join(found)


def _part(pattern: bytes, at: int, paths: bool) -> tuple[bytes, int]:
    char = pattern[at : at + 1]
    if char == b"\\":
        if at + 1 == len(pattern):
            raise _Broken
        return re.escape(pattern[at + 1 : at + 2]), at + 2
    if char == b"?":
        return (b"[^/]" if paths else b"."), at + 1
    if char == b"[":
        return _bracket(pattern, at + 1, paths)
    stars = _STARS.match(pattern, at)
    if stars is not None:
        return _star(pattern, at, stars.end(), paths)
    return re.escape(char), at + 1


def _star(pattern: bytes, start: int, end: int, paths: bool) -> tuple[bytes, int]:
    if not paths:
        return b".*", end
    rest = pattern[end:]
    bounded = (start == 0 or pattern[start - 1 : start] == b"/") and (not rest or rest.startswith((b"/", b"\\/")))
    if end - start < 2 or not bounded:
        return b"[^/]*", end
    if rest.startswith(b"/"):
        return b"(?:.*/)?", end + 1
    return b".*", end


def _bracket(pattern: bytes, at: int, paths: bool) -> tuple[bytes, int]:
    negated = pattern[at : at + 1] in (b"!", b"^")
    at += negated
    members: list[bytes] = []
    first = True
    while first or pattern[at : at + 1] != b"]":
        first = False
        member, at = _member(pattern, at)
        members.append(member)
    inside = b"".join(members)
    if negated:
        return b"[^%s%s]" % (inside, b"/" if paths else b""), at + 1
    if not inside:
        raise _Broken
    return (b"(?!/)[%s]" if paths else b"[%s]") % inside, at + 1


def _member(pattern: bytes, at: int) -> tuple[bytes, int]:
    """One character, range or class of a bracket; empty for a range that goes backwards."""
    if pattern.startswith(b"[:", at):
        end = pattern.find(b"]", at + 2)
        if end > 0 and pattern[end - 1 : end] == b":" and end > at + 2:
            named = _CLASSES.get(pattern[at + 2 : end - 1])
            if named is None:
                raise _Broken
            return named, end + 1
    low, at = _character(pattern, at)
    if pattern[at : at + 1] != b"-" or pattern[at + 1 : at + 2] in (b"]", b""):
        return _hex(low), at
    high, at = _character(pattern, at + 1)
    return (b"%s-%s" % (_hex(low), _hex(high)) if low <= high else _hex(low)), at


def _character(pattern: bytes, at: int) -> tuple[int, int]:
    at += pattern[at : at + 1] == b"\\"
    if at >= len(pattern):
        raise _Broken
    return pattern[at], at + 1


def _hex(char: int) -> bytes:
    return b"\\x%02x" % char
