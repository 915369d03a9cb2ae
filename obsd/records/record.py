"""One record of an agent, of which only declared keys can be read, and no text.

Owns the whitelist: an adapter gets identifiers, numbers, times, paths and truth values of the keys that it declares;
of contents it gets hashes. Whatever has not the shape that it should have is as if it were not there. Any thread.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from obsd.facts.records import Content, LineChange, Tokens
from obsd.line_hashes import as_bytes, content_of, split_lines
from obsd.records import line_changes
from obsd.records.line_changes import PatchedFile

_WORD = re.compile(r"[A-Za-z0-9_.:/@#+=|,\-]{1,160}")
_MAX_PATH_BYTES = 4096
_PLAIN_PATH = re.compile(r"(?:/[A-Za-z0-9_.\- ]{1,200}){1,20}")
"""Most paths; these need no other look, unless an element begins with a dot."""
_EARLIEST, _LATEST = 946_684_800.0, 32_503_680_000.0
"""The years 2000 and 3000: a time outside is none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How records are read: the keys that may be looked at, and the salt of lines' hashes."""

    keys: frozenset[str]
    salt: bytes


class Record:
    """A JSON object, read through a whitelist. Keys are a way into nested objects."""

    __slots__ = ("_data", "_reading")

    def __init__(self, data: Any, reading: Reading) -> None:
        self._data: dict[str, Any] = data if isinstance(data, dict) else {}
        self._reading = reading

    def __bool__(self) -> bool:
        return bool(self._data)

    def __repr__(self) -> str:
        return "Record"

    def has(self, *keys: str) -> bool:
        """Whether there is something that is not null."""
        return self._at(keys) is not None

    def word(self, *keys: str) -> str:
        """An identifier (of a session, a model, a tool …); empty when it has not the shape of one."""
        return word(self._at(keys))

    def flag(self, *keys: str, otherwise: bool = False) -> bool:
        """A truth value."""
        value = self._at(keys)
        return value if isinstance(value, bool) else otherwise

    def number(self, *keys: str) -> int:
        """A whole number that is not negative; 0 when it is none."""
        value = self._at(keys)
        usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15
        return int(value) if usable else 0

    def moment(self, *keys: str) -> float | None:
        """A time in Unix seconds, from RFC 3339 text or from milliseconds."""
        value = self._at(keys)
        if isinstance(value, str) and len(value) <= 40:
            return usable_time(_parsed_time(value))
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15:
            return usable_time(value / 1000)
        return None

    def path(self, *keys: str, cwd: str = "") -> str:
        """An absolute path, from a path, one relative to `cwd`, or a file URL; empty when it is none."""
        return absolute(self._at(keys), cwd)

    def sub(self, *keys: str) -> Record:
        """A nested object; an empty one when there is none."""
        return Record(self._at(keys), self._reading)

    def all(self, *keys: str) -> Iterator[Record]:
        """The objects of a list."""
        value = self._at(keys)
        for item in value if isinstance(value, list) else ():
            if isinstance(item, dict):
                yield Record(item, self._reading)

    def files(self, *keys: str, cwd: str = "") -> Iterator[tuple[str, Record]]:
        """The entries of an object whose keys are paths."""
        value = self._at(keys)
        for name, item in value.items() if isinstance(value, dict) else ():
            if path := absolute(name, cwd):
                yield path, Record(item, self._reading)

    def nested(self, *keys: str) -> Record:
        """The object, or the first one of the list, that a string holds as JSON; an empty one when it does not."""
        value = self._at(keys)
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                return Record(None, self._reading)
        if isinstance(value, list):
            value = next((item for item in value if isinstance(item, dict)), None)
        return Record(value, self._reading)

    def contains(self, part: str, *keys: str) -> bool:
        """Whether a text has this part."""
        return part in self._text(keys)

    def content(self, *keys: str) -> Content | None:
        """The hashes of a text that is a whole file."""
        value = self._at(keys)
        return content_of(as_bytes(value)) if isinstance(value, str) else None

    def whole(self, *keys: str) -> LineChange | None:
        """All lines of a text, as added."""
        value = self._at(keys)
        return line_changes.change_of(self.salt, split_lines(value), ()) if isinstance(value, str) else None

    def replaced(self, old: str, new: str) -> LineChange | None:
        """What a replacement of one string by another changes; it may begin and end inside of lines."""
        before, after = self._at((old,)), self._at((new,))
        if not isinstance(after, str):
            return None
        return line_changes.between(self.salt, before if isinstance(before, str) else "", after, exact=False)

    def edited(self, original: str, pairs: list[Record], old: str, new: str, everywhere: str) -> Content | None:
        """The hashes of a whole former content after the replacements of `pairs`; None when they do not fit it."""
        after = self._at((original,))
        if not isinstance(after, str):
            return None
        for pair in pairs:
            wanted, put = pair._text((old,)), pair._text((new,))
            if (not wanted and after) or wanted not in after:
                return None
            after = after.replace(wanted, put, -1 if pair.flag(everywhere) else 1)
        return content_of(as_bytes(after))

    def differs(self, before: str, after: str) -> LineChange | None:
        """What differs between a whole former content (none: a new file) and a whole later one."""
        old, new = self._at((before,)), self._at((after,))
        if not isinstance(new, str):
            return None
        return line_changes.between(self.salt, old if isinstance(old, str) else "", new)

    def unified(self, *keys: str) -> LineChange | None:
        """The lines of a unified diff."""
        return line_changes.unified(self.salt, self._text(keys))

    def git_diffs(self, *keys: str) -> list[LineChange | None]:
        """The lines of a git diff, file by file."""
        return [line_changes.unified(self.salt, part) for part in line_changes.split_git_diff(self._text(keys))]

    def numbered(self, *keys: str) -> LineChange | None:
        """The lines of a diff with numbers."""
        return line_changes.numbered(self.salt, self._text(keys))

    def hunks(self, list_key: str, lines_key: str) -> LineChange | None:
        """The lines of hunks, each a list of lines with their sign; None without hunks."""
        found = [hunk._at((lines_key,)) for hunk in self.all(list_key)]
        lines = [line for hunk in found if isinstance(hunk, list) for line in hunk if isinstance(line, str)]
        return line_changes.signed(self.salt, lines) if lines else None

    def marked(self, list_key: str, kind_key: str, text_key: str) -> LineChange | None:
        """The lines of a list whose entries say `added` or `removed`; None when there are none."""
        entries = [(entry.word(kind_key), entry._text((text_key,))) for entry in self.all(list_key)]
        added = [text for kind, text in entries if kind == "added"]
        removed = [text for kind, text in entries if kind == "removed"]
        return line_changes.change_of(self.salt, added, removed) if entries else None

    def patched(self, *keys: str) -> list[PatchedFile]:
        """The files of an `apply_patch` text."""
        return line_changes.patched(self.salt, self._text(keys))

    def tokens(self, **names: str) -> Tokens:
        """Numbers of tokens, by the names of `Tokens`."""
        return Tokens(**{name: self.number(*key.split(".")) for name, key in names.items()})

    @property
    def salt(self) -> bytes:
        """The key of lines' hashes."""
        return self._reading.salt

    def _text(self, keys: tuple[str, ...]) -> str:
        value = self._at(keys)
        return value if isinstance(value, str) else ""

    def _at(self, keys: tuple[str, ...]) -> Any:
        value: Any = self._data
        for key in keys:
            if key not in self._reading.keys:
                raise KeyError(f"{key} is not declared")
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value


def word(value: Any) -> str:
    """An identifier; empty when it has not the shape of one."""
    return value if isinstance(value, str) and _WORD.fullmatch(value) else ""


def absolute(value: Any, cwd: str) -> str:
    """A path, one relative to `cwd`, or a file URL, as an absolute path without `..`; empty when it is none."""
    if not isinstance(value, str) or not value or "\0" in value or "\n" in value:
        return ""
    if _PLAIN_PATH.fullmatch(value) and "/." not in value:
        return value
    if value.startswith("file://"):
        value = unquote(urlsplit(value).path)
    path = os.path.normpath(os.path.join(cwd, value))
    if not path.startswith("/") or "\0" in path or "\n" in path:
        return ""
    try:
        return "/" + path.lstrip("/") if len(os.fsencode(path)) <= _MAX_PATH_BYTES else ""
    except UnicodeEncodeError:
        return ""


def usable_time(value: float | None) -> float | None:
    """The time, when it is one that a clock could show."""
    return value if value is not None and _EARLIEST <= value <= _LATEST else None


def _parsed_time(value: str) -> float | None:
    try:
        parsed = datetime.fromisoformat(value)
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
