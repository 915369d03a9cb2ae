"""Ignore rules as git has them: gitignore(5), and where that is silent, git's own dir.c and wildmatch.c.

libgit2 drops an exception to a rule of another file, and sees exceptions in ignored folders; so it is not asked. Names
and patterns are bytes, as in git: `?` stands for one byte.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from obsd.watcher.wildmatch import expression

_MOST_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Stamp = tuple[int, int, int]


class Rule(NamedTuple):
    """One line. `expression` is for a path below the folder of the file, or, for a line without a slash, for a name."""

    expression: bytes
    pattern: re.Pattern[bytes]
    names: bool
    folders_only: bool
    excepts: bool


class RuleList:
    """The lines of one file; the last that matches decides."""

    def __init__(self, text: bytes) -> None:
        self._rules = list(_parse(text))[::-1]
        self._names = _any([rule.expression for rule in self._rules if rule.names])
        self._paths = _any([rule.expression for rule in self._rules if not rule.names])

    def verdict(self, path: bytes, name: bytes, folder: bool) -> bool | None:
        """Whether `path` (below the file's folder) is ignored; None: this file does not say."""
        if not (self._names and self._names(name)) and not (self._paths and self._paths(path)):
            return None
        for rule in self._rules:
            if rule.folders_only and not folder:
                continue
            if rule.pattern.fullmatch(name if rule.names else path):
                return not rule.excepts
        return None


class Gitignore:
    """The rules of a working tree: `.gitignore` in every folder of `top`, then `files`, the first of more weight, then
    `lines`. Files are read again when they change; that is looked at after `fresh`."""

    def __init__(self, top: str | None, files: Sequence[str] = (), lines: Sequence[str] = ()) -> None:
        self._top = None if top is None else os.fsencode(top)
        self._files = [os.fsencode(file) for file in files]
        self._lines = RuleList(b"\n".join(os.fsencode(line) for line in lines))
        self._read: dict[bytes, tuple[Stamp, RuleList]] = {}
        self._current: dict[bytes, RuleList | None] = {}
        self._folders: dict[bytes, bool] = {}

    def fresh(self) -> None:
        """Files may have changed: what is asked from now on is answered by what they say now."""
        self._current.clear()
        self._folders.clear()

    def ignores(self, path: str) -> bool:
        """Whether `path` (a folder's ends in "/"), or a folder that it is in, is ignored; tracked or not."""
        raw = os.fsencode(path)
        return (
            self._ignores(raw[:-1], folder=True) if raw.endswith(b"/") else self._ignores(raw, folder=False)
        )

    def _ignores(self, path: bytes, folder: bool) -> bool:
        above = path[: max(0, path.rfind(b"/"))]
        if above and self._folder(above):
            return True
        return self._verdict(path, folder)

    def _folder(self, path: bytes) -> bool:
        known = self._folders.get(path)
        if known is None:
            known = self._folders[path] = self._ignores(path, folder=True)
        return known

    def _verdict(self, path: bytes, folder: bool) -> bool:
        start = path.rfind(b"/") + 1
        name = path[start:]
        for at, rules in self._lists(path[:start]):
            verdict = rules.verdict(path[at:], name, folder)
            if verdict is not None:
                return verdict
        return False

    def _lists(self, prefix: bytes) -> Iterator[tuple[int, RuleList]]:
        """The lists that speak of files in a folder, with the length of their own folder's prefix."""
        if self._top is not None:
            at = len(prefix)
            while True:
                rules = self._rules(b"%s/%s.gitignore" % (self._top, prefix[:at]))
                if rules is not None:
                    yield at, rules
                if not at:
                    break
                at = prefix.rfind(b"/", 0, at - 1) + 1
        for file in self._files:
            rules = self._rules(file)
            if rules is not None:
                yield 0, rules
        yield 0, self._lines

    def _rules(self, file: bytes) -> RuleList | None:
        if file not in self._current:
            self._current[file] = self._look(file)
        return self._current[file]

    def _look(self, file: bytes) -> RuleList | None:
        try:
            found = os.stat(file, follow_symlinks=not file.endswith(b"/.gitignore"))
        except OSError:
            self._read.pop(file, None)
            return None
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        held = self._read.get(file)
        if held is None or held[0] != stamp:
            held = self._read[file] = (stamp, RuleList(_content(file)))
        return held[1]


def _content(file: bytes) -> bytes:
    """git follows no link that is called .gitignore, so neither does this."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        fd = os.open(file, flags | os.O_NOFOLLOW if file.endswith(b"/.gitignore") else flags)
    except OSError:
        return b""
    try:
        return os.read(fd, _MOST_BYTES)
    except OSError:
        return b""
    finally:
        os.close(fd)


def _parse(text: bytes) -> Iterator[Rule]:
    for line in text.removeprefix(_BYTE_ORDER_MARK).split(b"\n"):
        pattern = _trimmed(line.removesuffix(b"\r"))
        if not pattern or line.startswith(b"#"):
            continue
        excepts = pattern.startswith(b"!")
        pattern = pattern[excepts:]
        folders_only = pattern.endswith(b"/")
        pattern = pattern[: len(pattern) - folders_only]
        names = b"/" not in pattern
        found = expression(pattern.removeprefix(b"/"), paths=not names)
        if found is not None and pattern:
            yield Rule(found, re.compile(found, re.DOTALL), names, folders_only, excepts)


def _trimmed(line: bytes) -> bytes:
    """The line without its trailing spaces; one behind a backslash stays."""
    end, at = 0, 0
    while at < len(line):
        at += 2 if line[at : at + 1] == b"\\" else 1
        if line[at - 1 : at] != b" " or (at > 1 and line[at - 2 : at - 1] == b"\\"):
            end = at
    return line[:end]


def _any(expressions: list[bytes]) -> Callable[[bytes], object] | None:
    if not expressions:
        return None
    return re.compile(b"|".join(b"(?:%s)" % found for found in expressions), re.DOTALL).fullmatch
