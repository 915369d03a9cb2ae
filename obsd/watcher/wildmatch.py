"""git's wildcards as regular expressions for bytes: the rules of wildmatch.c."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

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
_LONGEST = 4096
"""PATH_MAX: what stands for more bytes than that matches no path, and takes long to become an expression."""


class _Broken(Exception):
    """The pattern can match nothing."""


class _Atom(NamedTuple):
    """What stands for one byte; `byte` when it can be no other."""

    text: bytes
    byte: bytes = b""


class _Star(NamedTuple):
    """Any bytes of one name."""


class _Folders(NamedTuple):
    """`**` and the slash behind it: any number of folders; `some`: at least one, or what is left of a name."""

    some: bool


class _Everything(NamedTuple):
    """`**` at the end."""


_Part = _Atom | _Star | _Folders | _Everything


def expression(pattern: bytes, paths: bool) -> bytes | None:
    """A regular expression (to be matched as a whole, with DOTALL) for a pattern; None for one that matches nothing.

    `paths`: `*`, `?` and brackets do not match a slash, and `**` between slashes stands for any number of folders.

    It takes time in proportion to pattern times text, where a translation of each star by itself would try all ways to
    share the text among the stars. What stands between two stars has a length of its own, so the first place where it
    fits leaves most for the rest; likewise folders between two `**`. Atomic groups keep to that first place.
    """
    parts: list[_Part] = []
    at = bytes_needed = 0
    try:
        while at < len(pattern) and bytes_needed <= _LONGEST:
            part, at = _part(pattern, at, paths)
            parts.append(part)
            bytes_needed += isinstance(part, _Atom)
    except _Broken:
        return None
    return None if bytes_needed > _LONGEST else _joined(parts, b"[^/]" if paths else b".")


def _joined(parts: Sequence[_Part], any_byte: bytes) -> bytes:
    wide = [at for at, part in enumerate(parts) if isinstance(part, (_Folders, _Everything))]
    found = [_names(parts[: wide[0] if wide else len(parts)], any_byte)]
    for at, end in zip(wide, [*wide, len(parts)][1:], strict=True):
        part, names = parts[at], _names(parts[at + 1 : end], any_byte)
        if isinstance(part, _Everything):
            found.append(b".*")
        elif end == len(parts):
            found.append((b".*/%s" if part == _Folders(some=True) else b"(?:.*/)?%s") % names)
        else:
            found.append((b"(?>.*?/%s)" if part == _Folders(some=True) else b"(?>(?:.*?/)??%s)") % names)
    return b"".join(found)


def _names(parts: Sequence[_Part], any_byte: bytes) -> bytes:
    """Names with slashes between them, without `**`."""
    found: list[bytes] = []
    name: list[_Part] = []
    for part in parts:
        if isinstance(part, _Atom) and part.byte == b"/":
            found += [_name(name, any_byte), part.text]
            name = []
        else:
            name.append(part)
    return b"".join([*found, _name(name, any_byte)])


def _name(parts: Sequence[_Part], any_byte: bytes) -> bytes:
    between: list[list[_Atom]] = [[]]
    for part in parts:
        if isinstance(part, _Atom):
            between[-1].append(part)
        else:
            between.append([])
    first, *inner = (b"".join(atom.text for atom in atoms) for atoms in between)
    if not inner:
        return first
    found = (_first_place(atoms, any_byte) for atoms in between[1:-1])
    return b"".join([first, *found, any_byte, b"*", inner[-1]])


def _first_place(atoms: Sequence[_Atom], any_byte: bytes) -> bytes:
    """Everything up to the first place where atoms fit, and them. Where they begin with one byte, it is looked for."""
    text = b"".join(atom.text for atom in atoms)
    if not atoms[0].byte:
        return b"(?>%s*?%s)" % (any_byte, text)
    other = b"[^%s%s]*+" % (_hex(atoms[0].byte[0]), b"" if any_byte == b"." else b"/")
    if len(atoms) == 1:
        return other + text
    return b"(?>%s(?:(?!%s)%s%s)*+%s)" % (other, text, atoms[0].text, other, text)


def _part(pattern: bytes, at: int, paths: bool) -> tuple[_Part, int]:
    char = pattern[at : at + 1]
    if char == b"\\":
        if at + 1 == len(pattern):
            raise _Broken
        return _literal(pattern[at + 1 : at + 2]), at + 2
    if char == b"?":
        return _Atom(b"[^/]" if paths else b"."), at + 1
    if char == b"[":
        text, at = _bracket(pattern, at + 1, paths)
        return _Atom(text), at
    stars = _STARS.match(pattern, at)
    if stars is not None:
        return _star(pattern, at, stars.end(), paths)
    return _literal(char), at + 1


def _literal(char: bytes) -> _Atom:
    return _Atom(re.escape(char), char)


def _star(pattern: bytes, start: int, end: int, paths: bool) -> tuple[_Part, int]:
    rest = pattern[end:]
    bounded = (start == 0 or pattern[start - 1 : start] == b"/") and (not rest or rest.startswith((b"/", b"\\/")))
    if not paths or end - start < 2 or not bounded:
        return _Star(), end
    if not rest:
        return _Everything(), end
    # An escaped slash must be there, whatever the stars stand for; a plain one goes with them.
    return (_Folders(some=False), end + 1) if rest.startswith(b"/") else (_Folders(some=True), end + 2)


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
