"""Ignore rules as git has them: gitignore(5), and where that is silent, git's own dir.c and wildmatch.c.

libgit2 drops an exception to a rule of another file, and sees exceptions in ignored folders; so it is not asked. Names
and patterns are bytes, as in git: `?` stands for one byte.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from functools import lru_cache
from typing import NamedTuple

from obsd.watcher.wildmatch import expression

_MOST_BYTES = 1 << 20
_WILD = re.compile(rb"[*?\[\\]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

Stamp = tuple[int, int, int]


class Rule(NamedTuple):
    """One line: for a path below the folder of the file, or, where it has no slash, for a `name`.

    `text` is what it has to be, or what it has to end in (`ending`), or a regular expression for it (`wild`).
    """

    text: bytes
    ending: bool
    wild: bool
    name: bool
    folders_only: bool
    excepts: bool

    def fits(self, subject: bytes) -> bool:
        if self.wild:
            return _compiled(self.text)(subject) is not None
        return subject.endswith(self.text) if self.ending else subject == self.text


class RuleList:
    """The lines of one file; the last that matches decides."""

    def __init__(self, text: bytes) -> None:
        self._rules = list(_parse(text))[::-1]
        self.speaks = bool(self._rules)
        self._names = _Sieve(rule for rule in self._rules if rule.name)
        self._paths = _Sieve(rule for rule in self._rules if not rule.name)

    def verdict(self, path: bytes, name: bytes, folder: bool) -> bool | None:
        """Whether `path` (below the file's folder) is ignored; None: this file does not say."""
        if not (self._names.may_fit(name) or self._paths.may_fit(path)):
            return None
        for rule in self._rules:
            if (folder or not rule.folders_only) and rule.fits(name if rule.name else path):
                return not rule.excepts
        return None


class _Sieve:
    """Tells fast of most names that no rule fits them."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        given = list(rules)
        self._whole = {rule.text for rule in given if not rule.wild and not rule.ending}
        self._endings = tuple(rule.text for rule in given if rule.ending)
        wild = [b"(?:%s)" % rule.text for rule in given if rule.wild]
        self._wild = _compiled(b"|".join(wild)) if wild else None

    def may_fit(self, text: bytes) -> bool:
        if text in self._whole or text.endswith(self._endings):
            return True
        return self._wild is not None and self._wild(text) is not None


class Gitignore:
    """The rules of a working tree: `.gitignore` in every folder of `top`, then `files`, the first of more weight, then
    `lines`. Files are read again when they change; that is checked after `fresh`."""

    def __init__(
        self, top: str | None, files: Sequence[str] = (), lines: Sequence[str] = (), fold: bool = False
    ) -> None:
        """`fold`: small and capital letters are the same (core.ignoreCase), in ASCII as in git."""
        self._fold = fold
        self._top = None if top is None else os.fsencode(top)
        self._files = [os.fsencode(file) for file in files]
        self._lines = RuleList(b"\n".join(os.fsencode(line) for line in lines))
        self._read: dict[bytes, tuple[Stamp, RuleList]] = {}
        self._current: dict[bytes, RuleList | None] = {}
        self._folders: dict[bytes, bool] = {}
        self._lists: dict[bytes, list[tuple[int, RuleList]]] = {}
        self._frozen = False

    def fresh(self) -> None:
        """Files may have changed: what is asked from now on is answered by what they say now."""
        self._current.clear()
        self._folders.clear()
        self._lists.clear()

    def frozen(self) -> Gitignore:
        """The same rules as far as they have been read; whatever happens to the files, they stay."""
        made = copy(self)
        made._read, made._current, made._folders, made._lists = dict(self._read), {}, {}, {}
        made._frozen = True
        return made

    def ignores(self, path: str) -> bool:
        """Whether `path` (a folder's ends in "/"), or a folder that it is in, is ignored; tracked or not."""
        raw = os.fsencode(path)
        return self._ignores(raw[:-1], folder=True) if raw.endswith(b"/") else self._ignores(raw, folder=False)

    def _folded(self, text: bytes) -> bytes:
        """The rules of a file, in small letters where case does not matter: so are the names that they are held to."""
        return text.lower().replace(b"[:upper:]", b"[:lower:]") if self._fold else text

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
        prefix = path[:start]
        lists = self._lists.get(prefix)
        if lists is None:
            lists = self._lists[prefix] = list(self._find(prefix))
        for at, rules in lists:
            below = path[at:]
            verdict = (
                rules.verdict(below.lower(), name.lower(), folder) if self._fold else rules.verdict(below, name, folder)
            )
            if verdict is not None:
                return verdict
        return False

    def _find(self, prefix: bytes) -> Iterator[tuple[int, RuleList]]:
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
        if self._lines.speaks:
            yield 0, self._lines

    def _rules(self, file: bytes) -> RuleList | None:
        if file not in self._current:
            self._current[file] = self._load(file)
        return self._current[file]

    def _load(self, file: bytes) -> RuleList | None:
        if self._frozen:
            held = self._read.get(file)
            return None if held is None else held[1]
        try:
            found = os.stat(file, follow_symlinks=not file.endswith(b"/.gitignore"))
        except OSError:
            self._read.pop(file, None)
            return None
        stamp = (found.st_mtime_ns, found.st_size, found.st_ino)
        held = self._read.get(file)
        if held is None or held[0] != stamp:
            held = self._read[file] = (stamp, RuleList(self._folded(_content(file))))
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
        if pattern:
            yield from _rule(pattern, folders_only, excepts)


def _rule(pattern: bytes, folders_only: bool, excepts: bool) -> Iterator[Rule]:
    name = b"/" not in pattern
    pattern = pattern.removeprefix(b"/")
    ending = name and pattern.startswith(b"*") and not _WILD.search(pattern, 1)
    wild = _WILD.search(pattern)
    if ending or wild is None:
        yield Rule(pattern[ending:], ending, False, name, folders_only, excepts)
        return
    # git compares what has no wildcards by itself, and takes what follows for a whole pattern: `d/x**/y` has d/xa/y.
    literal = 0 if name else wild.start()
    found = expression(pattern[literal:], paths=not name)
    if found is not None:
        yield Rule(re.escape(pattern[:literal]) + found, False, True, name, folders_only, excepts)


@lru_cache(maxsize=512)
def _compiled(found: bytes) -> Callable[[bytes], object]:
    return re.compile(found, re.DOTALL).fullmatch


def _trimmed(line: bytes) -> bytes:
    """The line without its trailing spaces; one behind a backslash stays."""
    end, at = 0, 0
    while at < len(line):
        escaped = line[at : at + 1] == b"\\"
        at += 1 + escaped
        if escaped or line[at - 1 : at] != b" ":
            end = at
    return line[:end]
